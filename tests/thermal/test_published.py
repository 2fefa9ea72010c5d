"""Published figures of the way from die to sky, reproduced from profiles and laws: flows, plates, chillers, heat flux."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import CoolingUnit
from infraplanner.checks import run
from infraplanner.compile.rules import constants
from infraplanner.engine import evaluate
from infraplanner.kernels import exchange, plant_year
from infraplanner.kernels.cooling import curve_at
from infraplanner.model.entities import Site
from tests.engine.halls import add

from .halls import air_hall

L_PER_MIN = 1.0 / 60e3
LENOVO = {25.0: 59.0, 30.0: 71.0, 35.0: 89.0, 40.0: 119.0, 45.0: 177.0}
"""Supply temperature and flow in L/min of the GB300 rack of 135 kW, 90 % of it in the coolant (LP2357, table 27)."""
LIQUID_W = 0.9 * 135e3
RETURN_C = 55.0
CHILLER = {10.0: 4.05, 20.0: 3.76, 25.0: 3.50, 35.0: 2.96, 40.0: 2.73}
"""Outdoor air and COP at full load, water of 6.67 degC, by EnergyPlus's curves at a rated COP of 3."""


def flow_l_per_min(catalog: Catalog, fluid: str, supply_c: float) -> float:
    """Flow with which the return stands at 55 degC, properties at the mean temperature."""
    data = {name: np.array(column) for name, column in catalog.get(f"fluid-table.{fluid}").data.items()}  # type: ignore[attr-defined]
    middle = 0.5 * (supply_c + RETURN_C)
    density, capacity = (
        exchange.table_at(middle, data["temperature_c"], data[name])
        for name in ("density_kg_per_m3", "heat_capacity_j_per_kg_k")
    )
    return float(exchange.flow_for_return(LIQUID_W, supply_c, RETURN_C, density, capacity)) / L_PER_MIN


@pytest.mark.parametrize("supply_c", sorted(LENOVO))
def test_a_constant_return_explains_the_published_flows_with_water(catalog: Catalog, supply_c: float) -> None:
    water, glycol = (flow_l_per_min(catalog, fluid, supply_c) for fluid in ("water", "pg25"))
    print(f"{supply_c:.0f} degC: published {LENOVO[supply_c]:.0f}, water {water:.1f}, PG25 {glycol:.1f} L/min")
    assert water == pytest.approx(LENOVO[supply_c], rel=0.03)
    assert 1.03 < glycol / water < 1.06


def test_the_plate_law_follows_all_its_published_points(catalog: Catalog) -> None:
    plate = catalog.get("cp-oam-pg25")
    points = catalog.get("fit.oam-pg25").data  # type: ignore[attr-defined]
    assert isinstance(plate, CoolingUnit)
    law = plate.plate_a_k_per_w, plate.plate_b_k_per_w, plate.plate_exponent
    found = [exchange.plate_resistance(v * L_PER_MIN, *law, L_PER_MIN) for v in points["flow_l_per_min"]]
    error = np.array(found) / np.array(points["resistance_k_per_w"]) - 1.0
    assert len(error) == 11
    assert np.abs(error).max() < 0.03


@pytest.mark.parametrize("outdoor_c", sorted(CHILLER))
def test_chillers_follow_the_published_curve(catalog: Catalog, outdoor_c: float) -> None:
    """An hour of the plant year at full load and the water for which the curve was made."""
    part, rule = catalog.get("chiller-air"), constants(catalog)
    assert isinstance(part, CoolingUnit)
    air_c, cop = (np.array(column) for column in zip(*sorted(part.cop_points), strict=True))
    assert curve_at(outdoor_c, air_c, cop, 0, cop.size) == pytest.approx(CHILLER[outdoor_c], rel=0.005)
    one, none = np.ones(1), np.zeros(1)
    yards = plant_year.Yards(
        1e6 * one, rule("thermal.chiller_evaporator_c") * one, 6.0 * one, -np.ones(1, np.int64), none, none, none, none, none,
        none, none, none, np.zeros(1, np.int64), 1e6 * one, one, 3.0 * one, np.array([0, cop.size]), air_c, cop,
        np.array(part.part_load_poly), rule("thermal.chiller_evaporator_c") * one, rule("thermal.chiller_condenser_k") * one,
        rule("thermal.chiller_lift_least_k") * one,
    )  # fmt: skip
    hour = plant_year.Hours(np.zeros(1), np.zeros(1), np.zeros(1, np.int64), np.zeros(1))
    plant_year.plant_year(yards, outdoor_c * one, 0.8 * outdoor_c * one, 0.2, yards.supply_c, np.zeros(1), hour)
    full = sum(part.part_load_poly)
    assert 1e6 / hour.power_w[0] * full == pytest.approx(CHILLER[outdoor_c], rel=0.005)
    assert full == pytest.approx(1.0, rel=0.01)


def test_warmer_water_costs_a_plant_less_in_a_hot_year(catalog: Catalog) -> None:
    """The same hall on water of 10 and of 16 degC from chillers without an economiser."""
    found = []
    for supply_c in (10.0, 16.0):
        document = air_hall(crahs=12, containment="cold")
        record = document.table("loops")["chw"]
        document.remove("loops", "chw")
        add(document, "loops", type(record)(id="chw", kind="facility", fluid="water", supply_c=supply_c, rise_k=6.0))
        add(document, "site", Site(id="site", region="us-arizona"))
        found.append(evaluate(document.snapshot(), catalog, check=run))
    assert found[1].summary.pue is None or found[1].summary.pue < found[0].summary.pue  # type: ignore[operator]
    cold, warm = (float(np.nansum(result.thermal.unit_power_w)) for result in found)
    assert warm < 0.95 * cold


def test_the_die_of_an_h100_carries_86_w_per_cm2_at_its_rating(catalog: Catalog) -> None:
    result = evaluate(air_hall(crahs=12).snapshot(), catalog)
    share = result.power.rack_power_w / result.power.rack_nameplate_w
    flux = result.thermal.rack_die_flux_w_per_cm2 / share
    assert flux == pytest.approx(np.full(flux.size, 86.0), rel=0.005)
    assert result.thermal.die_hot_spot_ratio == (2.0, 4.0)
