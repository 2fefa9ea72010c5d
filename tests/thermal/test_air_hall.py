"""The air field of whole halls: failures, deficits, containment, heat that closes, and what is no result."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import air, evaluate
from infraplanner.engine.air import AirModel
from infraplanner.engine.pools import PoolSolver
from infraplanner.engine.stages import settled_result
from infraplanner.engine.workspace import Workspace
from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, Loop, Rack, Site
from infraplanner.results.snapshot import ResultSnapshot
from tests.engine.halls import add
from tests.engine.test_evaluate import change

from .halls import ROW, air_hall


def settled(document: Document, catalog: Catalog, *failed: str) -> ResultSnapshot:
    result = evaluate(document.snapshot(), catalog, failed=frozenset(failed), check=run)
    assert result.failures == ()
    return result


def inlets(result: ResultSnapshot) -> dict[str, float]:
    return dict(zip(result.power.rack_ids, result.thermal.air.rack_inlet_c.tolist(), strict=True))


def rules_of(result: ResultSnapshot) -> set[str]:
    return {finding.rule for finding in result.findings}


def test_enough_supply_keeps_racks_cool_and_everything_balances(catalog: Catalog) -> None:
    result = settled(air_hall(crahs=12, containment="cold"), catalog)
    hall = result.thermal.air.halls[0]
    assert hall.state == "settled"
    assert hall.supply_m3_per_s == pytest.approx(1.05 * hall.demand_m3_per_s)
    assert (hall.mass_residual_frac or 1.0) < 1e-12
    assert abs(hall.heat_residual_frac or 1.0) < 1e-4
    assert max(inlets(result).values()) < 22.0 + 1.0
    assert np.nanmin(result.thermal.air.rack_capture_frac) > 0.9


def test_one_unit_less_shows_recirculation_at_the_ends_of_rows(catalog: Catalog) -> None:
    document = air_hall(crahs=10)
    before = settled(document, catalog)
    after = settled(document, catalog, "crah0")
    hall = after.thermal.air.halls[0]
    deficit = 1.0 - hall.supply_m3_per_s / hall.demand_m3_per_s
    assert 0.1 < deficit < 0.15
    mean_before, mean_after = np.nanmean(list(inlets(before).values())), np.nanmean(list(inlets(after).values()))
    assert mean_after > mean_before
    row = [inlets(after)[f"r0a{k:02d}"] for k in range(ROW)]
    assert min(row[0], row[-1]) > max(row[4:8]) + 1.0  # what comes round the corner is warm
    assert "air.inlet-over-advice" in rules_of(after)


def test_capping_hot_aisles_brings_inlets_back_to_supply(catalog: Catalog) -> None:
    open_hall = settled(air_hall(crahs=10, raised=0), catalog)
    capped = settled(air_hall(crahs=12, containment="hot", raised=0), catalog)
    assert np.nanmax(capped.thermal.air.rack_inlet_c) < 23.0
    assert np.nanmean(capped.thermal.air.rack_inlet_c) < np.nanmean(open_hall.thermal.air.rack_inlet_c)
    assert capped.thermal.air.halls[0].return_c == pytest.approx(22.0 + 12.0 / 1.05, abs=0.01)


def test_heat_closes_over_hall_loops_and_plant(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    document = air_hall(crahs=12)
    space = Workspace(catalog, PoolSolver())
    space.follow(document.snapshot(), None)
    result = settled_result(space, frozenset(), None)[0]
    monkeypatch.setattr(air, "TOLERANCE_K", 1e-11)
    hall = AirModel().solve(space).halls[0]
    assert abs(hall.heat_residual_frac or 1.0) < 1e-9
    thermal = result.thermal
    racks = float(result.power.rack_power_w.sum())
    air_units = [row for row, key in enumerate(thermal.unit_ids) if key.startswith("crah")]
    assert thermal.unit_heat_w[air_units].sum() == pytest.approx(racks, rel=1e-9)
    into_loop = (thermal.unit_heat_w + thermal.unit_power_w)[air_units].sum()
    assert thermal.loop_heat_w[0] == pytest.approx(into_loop, rel=1e-9)
    chillers = [row for row, key in enumerate(thermal.unit_ids) if key.startswith("ch") and "crah" not in key]
    assert thermal.unit_heat_w[chillers].sum() == pytest.approx(into_loop, rel=1e-9)
    assert hall.heat_w == pytest.approx(racks, rel=1e-9)


def test_no_supply_and_too_little_supply_are_named_and_show_no_field(catalog: Catalog) -> None:
    document = air_hall(crahs=1)
    hot = settled(document, catalog)
    assert hot.thermal.air.halls[0].state == "runaway"
    dark = settled(document, catalog, "crah0")
    assert dark.thermal.air.halls[0].state == "no_supply"
    for result in (hot, dark):
        assert not result.thermal.air.halls[0].temperature_c.size
        assert np.isnan(result.thermal.air.rack_inlet_c).all()
        found = [f for f in result.findings if f.rule == "air.no-field"]
        assert len(found) == 1
        assert "hall" in found[0].message
        assert found[0].targets == ("hall",)


def test_a_rack_on_a_perforated_tile_and_one_that_cannot_breathe(catalog: Catalog) -> None:
    document = air_hall(crahs=12)
    add(document, "racks", Rack(id="odd", hall="hall", x_mm=10500, y_mm=3000, profile="dgx-h100-rack4"))
    found = {f.rule: f for f in settled(document, catalog).findings}
    assert "2 perforated tiles" in found["air.tile-under-rack"].message
    assert found["air.tile-under-rack"].targets == ("odd",)
    document = air_hall(crahs=12)
    for k in range(3):  # walled in on all sides that it breathes through
        for n in range(4):
            add(document, "racks",
                Rack(id=f"w{k}{n}", hall="hall", x_mm=20700 + 600 * k, y_mm=1500 + 1200 * n, profile="orv3-frame"))  # fmt: skip
    change(document, "racks", "w11", profile="dgx-h100-rack4")
    assert {f.targets for f in settled(document, catalog).findings if f.rule == "air.no-opening"} == {("w11",)}


def test_thin_air_needs_more_of_it(catalog: Catalog) -> None:
    low = settled(air_hall(crahs=12), catalog).thermal.air.halls[0]
    document = air_hall(crahs=12)
    add(document, "site", Site(id="site", altitude_m=1500.0))
    high = settled(document, catalog).thermal.air.halls[0]
    assert high.demand_m3_per_s / low.demand_m3_per_s == pytest.approx(1.0 / 0.8345, rel=0.01)  # standard atmosphere


def test_a_field_depends_on_the_plan_alone(catalog: Catalog) -> None:
    document = air_hall(crahs=12)
    space = Workspace(catalog, PoolSolver())
    space.follow(document.snapshot(), None)
    first = settled_result(space, frozenset(), None)[0]
    settled_result(space, frozenset({"crah3"}), None)
    again = settled_result(space, frozenset(), None)[0]
    np.testing.assert_array_equal(first.thermal.air.rack_inlet_c, again.thermal.air.rack_inlet_c)


def test_a_frozen_loop_is_named(catalog: Catalog) -> None:
    document = air_hall(crahs=12)
    add(document, "loops", Loop(id="chw", kind="facility", fluid="water", supply_c=-2.0, rise_k=6.0))
    found = [f for f in settled(document, catalog).findings if f.rule == "cooling.frozen"]
    assert [f.targets for f in found] == [("chw",)]
    assert "freezes at 0.0 °C" in found[0].message


def test_rear_doors_take_the_heat_where_it_leaves(catalog: Catalog) -> None:
    plain, doored = air_hall(crahs=10), air_hall(crahs=10)
    for k in range(ROW):
        y = 3600 + 600 + 600 + 125
        add(doored, "cooling", Cooling(
            id=f"door{k:02d}", hall="hall", x_mm=8700 + 600 * k, y_mm=y, rotation_deg=180, profile="rdhx-active",
            source_loop="chw",
        ))  # fmt: skip
    before, after = settled(plain, catalog), settled(doored, catalog)
    hall = after.thermal.air.halls[0]
    assert hall.state == "settled"
    assert abs(hall.heat_residual_frac or 1.0) < 1e-4
    assert (hall.return_c or 99.0) < (before.thermal.air.halls[0].return_c or 0.0) - 1.0
    assert np.nanmax(after.thermal.air.rack_inlet_c) <= np.nanmax(before.thermal.air.rack_inlet_c) + 1e-6
    assert "air.no-opening" not in rules_of(after)


def test_doors_alone_hold_a_hall(catalog: Catalog) -> None:
    document = air_hall(crahs=0)
    for pair in range(2):
        for k in range(ROW):
            for name, y, turn in (("a", 1325, 180), ("b", 2275, 0)):
                add(document, "cooling", Cooling(
                    id=f"door{pair}{name}{k:02d}", hall="hall", x_mm=8700 + 600 * k, y_mm=3600 + 6000 * pair + y,
                    rotation_deg=turn, profile="rdhx-active", source_loop="chw",
                ))  # fmt: skip
    hall = settled(document, catalog).thermal.air.halls[0]
    assert hall.state == "settled"
    assert hall.supply_m3_per_s == 0.0
    assert np.nanmax(hall.temperature_c) == pytest.approx(22.0, abs=0.01)
    assert abs(hall.heat_residual_frac or 1.0) < 1e-4
