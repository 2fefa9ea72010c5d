"""What sits on a chip or around it: two-phase plates, baths, boiling baths and solid-state modules, each with its limit."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.kernels.exchange import critical_flux
from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, Hall, Loop, Rack
from infraplanner.results.snapshot import ResultSnapshot
from tests.engine.halls import add
from tests.engine.test_evaluate import change


def hall(rack: str = "gb200-nvl72", **more: object) -> Document:
    """One rack on a loop of 32 degC that facility water of 27 degC cools, a fan wall, and a cooler outdoors."""
    doc = Document()
    add(doc, "halls", Hall(id="hall", width_mm=12000, depth_mm=9000))
    add(doc, "halls", Hall(id="yard", width_mm=12000, depth_mm=6000))
    add(doc, "loops", Loop(id="tcs", fluid="pg25", supply_c=32.0, rise_k=10.0))
    add(doc, "loops", Loop(id="fws", kind="facility", fluid="water", supply_c=27.0, rise_k=10.0))
    add(doc, "racks", Rack(id="r", hall="hall", x_mm=6000, y_mm=4000, profile=rack, loop="tcs", **more))
    add(doc, "cooling", Cooling(id="wall", hall="hall", x_mm=1500, y_mm=4000, rotation_deg=90, profile="fanwall-210",
                                source_loop="fws"))  # fmt: skip
    add(doc, "cooling", Cooling(id="cdu", hall="hall", x_mm=10000, y_mm=7000, profile="cdu-xdu1350", loop="tcs",
                                source_loop="fws"))  # fmt: skip
    add(doc, "cooling", Cooling(id="dry", hall="yard", x_mm=6000, y_mm=3000, profile="drycooler", loop="fws"))
    doc.take_changes()
    return doc


def bath(profile: str, rack: str = "gb200-nvl72") -> Document:
    """The same with a tank in place of the CDU."""
    doc = hall(rack)
    change(doc, "cooling", "cdu", profile=profile)
    change(doc, "loops", "tcs", fluid="dielectric")
    return doc


def settled(doc: Document, catalog: Catalog) -> ResultSnapshot:
    result = evaluate(doc.snapshot(), catalog, check=run)
    assert result.failures == ()
    return result


def rules(result: ResultSnapshot) -> set[str]:
    return {finding.rule for finding in result.findings}


def test_water_dries_out_at_its_textbook_flux() -> None:
    assert critical_flux(2.257e6, 958.4, 0.598, 0.0589) == pytest.approx(1.11e6, rel=0.02)


def test_a_two_phase_plate_boils_at_its_supply_and_has_a_limit_of_its_own(catalog: Catalog) -> None:
    plain, boiling = settled(hall(), catalog), settled(hall(plate="cp-2phase"), catalog)
    chips = boiling.thermal.chips
    area_mm2 = catalog.get("gb200").die_area_mm2 or 1200.0 / 85.0 * 100.0  # type: ignore[attr-defined]
    assert chips.rack_chip_inlet_c[0] == pytest.approx(32.0)
    assert chips.rack_sink_k_per_w[0] == pytest.approx(0.010 / max(1.0, area_mm2 / 1600.0))
    assert chips.rack_most_w[0] == pytest.approx(250.0 * area_mm2 / 100.0)
    assert chips.rack_case_c[0] < plain.thermal.chips.rack_case_c[0]
    assert not np.isfinite(plain.thermal.chips.rack_most_w[0])
    warm = hall(plate="cp-2phase")
    change(warm, "loops", "tcs", supply_c=40.0)
    assert settled(warm, catalog).thermal.chips.rack_case_c[0] > chips.rack_case_c[0] + 7.0


def test_a_bath_takes_all_heat_and_its_chips_stand_in_the_middle_of_it(catalog: Catalog) -> None:
    result = settled(bath("imm-1phase"), catalog)
    thermal = result.thermal
    assert thermal.rack_air_w[0] == pytest.approx(0.0, abs=1e-6)
    assert thermal.rack_liquid_w[0] == pytest.approx(result.power.rack_power_w[0])
    supply = thermal.loop_supply_c[list(thermal.loop_ids).index("tcs")]
    assert supply == pytest.approx(27.0 + 7.5)
    assert thermal.chips.rack_chip_inlet_c[0] == pytest.approx(supply + 5.0)
    assert "cooling.air-only-in-bath" not in rules(result)


def test_a_boiling_bath_holds_its_boiling_point_and_names_what_dries_out(catalog: Catalog) -> None:
    result = settled(bath("imm-2phase"), catalog)
    assert result.thermal.chips.rack_chip_inlet_c[0] == pytest.approx(49.05)
    data = catalog.get("boiling.novec649").data  # type: ignore[attr-defined]
    flux = critical_flux(
        data["latent_j_per_kg"], data["liquid_kg_per_m3"], data["vapour_kg_per_m3"], data["surface_n_per_m"]
    )
    area_mm2 = catalog.get("gb200").die_area_mm2 or 1200.0 / 85.0 * 100.0  # type: ignore[attr-defined]
    assert result.thermal.chips.rack_most_w[0] == pytest.approx(flux * 9.0 * area_mm2 * 1e-6)
    assert "chip.dried-out" not in rules(result)


def test_a_tank_above_its_rating_is_named(catalog: Catalog) -> None:
    doc = bath("imm-1phase")
    add(doc, "racks", Rack(id="r2", hall="hall", x_mm=7200, y_mm=4000, profile="gb200-nvl72", loop="tcs"))
    assert "cooling.over-capacity" in rules(settled(doc, catalog))


def test_modules_carry_little_and_draw_power(catalog: Catalog) -> None:
    plain, small = (
        settled(hall("dgx-h100-rack4"), catalog),
        settled(hall("dgx-h100-rack4", plate="airjet-mini"), catalog),
    )
    assert small.thermal.chips.rack_most_w[0] == pytest.approx(4 * 4.5)
    assert "chip.dried-out" in rules(small)
    assert small.thermal.chips.rack_clock_frac[0] == pytest.approx(0.3)
    drawn = small.power.rack_nameplate_w[0] - plain.power.rack_nameplate_w[0]
    assert drawn == pytest.approx(32 * 4 * 1.0)


def test_a_cool_part_needs_few_modules(catalog: Catalog) -> None:
    """An edge part of 15 W takes four modules and stays at full clock."""
    import msgspec  # noqa: PLC0415

    from infraplanner.catalog import Catalog as Book  # noqa: PLC0415

    parts = [msgspec.structs.replace(part, tdp_w=15.0) if part.id == "h100-sxm" else part for part in catalog]
    result = settled(hall("dgx-h100-rack4", plate="airjet-mini"), Book(parts, catalog.sources))
    assert result.thermal.chips.rack_clock_frac[0] == pytest.approx(1.0)
    assert not {"chip.dried-out", "chip.held-back"} & rules(result)
    assert result.thermal.chips.rack_case_c[0] > result.thermal.air.rack_inlet_c[0] + 10.0


def test_a_dielectric_loop_has_the_properties_of_its_liquid(catalog: Catalog) -> None:
    oil, glycol = settled(bath("imm-1phase"), catalog), settled(hall(), catalog)
    flow = [r.thermal.rack_flow_l_per_min[0] / r.thermal.rack_liquid_w[0] for r in (oil, glycol)]
    assert flow[0] > 2.0 * flow[1]
