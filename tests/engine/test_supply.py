"""Sources in a plan: dispatch, fuel, carbon, cost, modes; conductors of its feeds; maintenance and redundancy."""

from __future__ import annotations

import json

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.compile.rules import constants
from infraplanner.compile.wires import ambient_factor, grouping_factor
from infraplanner.engine import evaluate
from infraplanner.io.results_json import contract
from infraplanner.model.document import Document
from infraplanner.model.entities import Feed, PowerNode, Site
from tests.engine.halls import add, pod
from tests.engine.test_evaluate import change


def with_bus(racks: int = 4) -> Document:
    """The pod behind a bus that a utility of 200 kW, gas engines, sun and a battery feed in that order."""
    doc = pod(racks=racks)
    add(doc, "site", Site(id="site", region="us-virginia"))
    at = {"hall": "hall", "y_mm": 14000}
    change(doc, "power", "grid", rating_kw=200.0, dispatch=1)
    add(
        doc,
        "power",
        PowerNode(id="bus", profile="switchgear-mv", x_mm=500, **at),
        PowerNode(id="sun", profile="pv-utility", rating_kw=100.0, available_frac=0.25, x_mm=600, **at),
        PowerNode(
            id="gas",
            profile="engine-gas",
            rating_kw=1200.0,
            units=4,
            spare=1,
            stage_frac=0.8,
            dispatch=2,
            x_mm=700,
            **at,
        ),
        PowerNode(id="store", profile="bess-dea", rating_kw=2000.0, energy_kwh=500.0, dispatch=3, x_mm=800, **at),
    )
    for source in ("sun", "grid", "gas", "store"):
        add(doc, "feeds", Feed(id=f"f-{source}-bus", source=source, target="bus"))
    for side in "ab":
        change(doc, "feeds", f"f-tx-{side}", source="bus")
    return doc


def supply_of(doc: Document, catalog: Catalog, *failed: str):
    result = evaluate(doc.snapshot(), catalog, failed=frozenset(failed))
    assert result.failures == ()
    found = result.power.supply
    return found, dict(zip(found.source_ids, range(len(found.source_ids)), strict=True)), result


def test_sources_are_used_in_order_up_to_what_they_give(catalog: Catalog) -> None:
    supply, row, result = supply_of(with_bus(), catalog)
    assert supply.mode == "parallel"
    assert supply.source_out_w[row["sun"]] == pytest.approx(25e3)
    assert supply.source_out_w[row["grid"]] == pytest.approx(200e3)
    rest = 1e3 * result.summary.facility_power_kw - 225e3
    assert supply.source_out_w[row["gas"]] == pytest.approx(rest, rel=1e-9)
    assert supply.source_out_w[row["store"]] == 0.0
    # As many engines as keep each below 80 % of 300 kW, and one more.
    assert supply.source_running[row["gas"]] == min(4, np.ceil(rest / 240e3) + 1)


def test_fuel_carbon_and_cost_add_up_by_source(catalog: Catalog) -> None:
    supply, row, _ = supply_of(with_bus(), catalog)
    gas, grid = supply.source_out_w[row["gas"]] / 1e3, 200.0
    assert supply.source_fuel_w[row["gas"]] == pytest.approx(1e3 * gas / 0.45, rel=1e-6)
    region = catalog.get("us-virginia")
    by_hand = gas / 0.45 * 0.198 + grid * region.carbon_g_per_kwh / 1e3
    assert supply.carbon_kg_per_h == pytest.approx(by_hand, rel=1e-6)
    assert supply.source_carbon_kg_per_h[row["sun"]] == 0.0
    cost = gas / 0.45 * catalog.constant("power.fuel_usd_per_kwh.natural-gas") + grid * region.electricity_usd_per_kwh
    assert np.nansum(supply.source_usd_per_h) == pytest.approx(cost, rel=1e-6)


def test_a_tariff_of_its_own_wins(catalog: Catalog) -> None:
    doc = with_bus()
    change(doc, "power", "grid", electricity_usd_per_kwh=0.5, carbon_g_per_kwh=10.0)
    supply, row, _ = supply_of(doc, catalog)
    assert supply.source_usd_per_h[row["grid"]] == pytest.approx(100.0)
    assert supply.source_carbon_kg_per_h[row["grid"]] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("failed", "mode"),
    [((), "parallel"), (("gas", "sun"), "grid"), (("grid",), "backup"), (("grid", "gas", "sun"), "store")],
)
def test_modes_follow_from_who_carries(catalog: Catalog, failed: tuple[str, ...], mode: str) -> None:
    assert supply_of(with_bus(), catalog, *failed)[0].mode == mode


def test_a_backup_waits_although_the_source_before_it_is_overloaded(catalog: Catalog) -> None:
    doc = with_bus()
    change(doc, "power", "gas", mode="backup")
    supply, row, _ = supply_of(doc, catalog)
    assert supply.source_out_w[row["gas"]] == 0.0
    assert supply.source_out_w[row["grid"]] > 200e3
    supply, row, _ = supply_of(doc, catalog, "grid", "sun")
    assert supply.source_out_w[row["gas"]] > 200e3


def test_a_node_in_maintenance_is_dead_without_a_what_if(catalog: Catalog) -> None:
    doc = pod(racks=4)
    change(doc, "power", "ups-a", maintenance=True)
    power = evaluate(doc.snapshot(), catalog).power
    row = power.node_ids.index("ups-a")
    assert power.node_out_w[row] == 0.0
    assert not power.node_live[row]
    assert power.rack_powered.all()
    assert "ups-a" not in power.outages.case_ids


def test_money_and_carbon_follow_the_sources(catalog: Catalog) -> None:
    clean = with_bus()
    change(clean, "power", "gas", carbon_g_per_kwh=0.0)
    dirty = evaluate(with_bus().snapshot(), catalog).economics.located_kg_per_year
    assert evaluate(clean.snapshot(), catalog).economics.located_kg_per_year < 0.6 * dirty


def test_ambient_factors_are_those_of_the_code(catalog: Catalog) -> None:
    """75 degC column: 0.94, 0.88 and 0.82 at 31 to 35, 36 to 40, 41 to 45 degC."""
    found = ambient_factor(np.array([30.0, 35.0, 40.0, 45.0, 80.0]), np.full(5, 75.0), np.full(5, 30.0))
    assert found == pytest.approx([1.0, 0.94, 0.88, 0.82, 0.0], abs=0.005)
    assert grouping_factor(np.array([3.0, 4.0, 7.0, 20.0]), constants(catalog)).tolist() == [1.0, 0.8, 0.7, 0.5]


def test_a_conductor_loses_what_its_current_and_temperature_say(catalog: Catalog) -> None:
    doc = pod(racks=4)
    change(doc, "feeds", "f-bus-a", conductor="cable-cu-750-415v", length_mm=50_000, runs=4, ambient_c=35.0)
    power = evaluate(doc.snapshot(), catalog).power
    wiring = power.wiring
    assert wiring.wire_ids == ("f-bus-a",)
    amperes, kelvin = float(wiring.wire_a[0]), float(wiring.wire_c[0])
    assert amperes == pytest.approx(wiring.wire_w[0] / (np.sqrt(3) * 0.98 * wiring.wire_end_v[0]), rel=1e-4)
    assert kelvin == pytest.approx(35 + 45 * (amperes / (4 * 475)) ** 2, rel=1e-4)
    ohm = 1.724e-8 * (1 + 0.00393 * (kelvin - 20)) * 50 / (4 * 380e-6)
    assert wiring.wire_loss_w[0] == pytest.approx(3 * amperes**2 * ohm, rel=1e-4)
    assert wiring.wire_allowed_a[0] == pytest.approx(4 * 475 * np.sqrt(40 / 45))
    row = power.node_ids.index("ups-a")
    bus = power.node_ids.index("bus-a")
    assert power.node_out_w[row] > power.node_in_w[bus] + 0.99 * wiring.wire_loss_w[0]
    assert abs(power.residual_w) <= 1e-12 * power.waterfall[0].power_w


def test_a_conductor_without_length_runs_along_the_walls(catalog: Catalog) -> None:
    doc = pod(racks=4)
    change(doc, "feeds", "f-r001-a", conductor="cable-cu-4-0-415v")
    here = evaluate(doc.snapshot(), catalog).power.wiring.wire_length_m[0]
    bus, rack = doc.table("power")["bus-a"], doc.table("racks")["r001"]
    assert here == pytest.approx((abs(bus.x_mm - rack.x_mm) + abs(bus.y_mm - rack.y_mm)) / 1e3)
    change(doc, "racks", "r001", x_mm=rack.x_mm + 1000)
    assert evaluate(doc.snapshot(), catalog).power.wiring.wire_length_m[0] != here


def test_staged_units_lose_less_at_part_load(catalog: Catalog) -> None:
    doc = pod(racks=4)
    for side in "ab":
        change(doc, "power", f"ups-{side}", units=8, rating_kw=4000.0)
    apart = evaluate(doc.snapshot(), catalog).power
    for side in "ab":
        change(doc, "power", f"ups-{side}", stage_frac=0.8, spare=1)
    staged = evaluate(doc.snapshot(), catalog).power
    row = apart.node_ids.index("ups-a")
    assert staged.node_loss_w[row] < 0.7 * apart.node_loss_w[row]
    assert next(s for s in staged.outages.schemes if "ups-a" in s.ids).scheme == "N+1"


def test_the_json_has_all_of_it_and_no_nan(catalog: Catalog) -> None:
    data = contract(evaluate(with_bus().snapshot(), catalog), {})["power"]
    assert {"supply", "conductors", "outages", "redundancy", "core", "bursts"} <= data.keys()
    text = json.dumps(data, allow_nan=False)
    assert len(data["supply"]["sources"]) == 4
    assert "Infinity" not in text
