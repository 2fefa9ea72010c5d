"""Heat management: halls and loops that slow their accelerators until their units carry the heat within capacity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec import structs

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import CoolingUnit
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.model.document import Document
from infraplanner.model.entities import Loop
from infraplanner.results.snapshot import ResultSnapshot
from tests.engine.halls import add, pod
from tests.engine.test_holds import work

from .test_thermal_wall import air_plan, change, scaled, tokens


def cooled(cdu: str = "cdu-rack-250", managed: str = "tcs", racks: int = 8) -> Document:
    """A pod with two CDUs that are too small, on a loop that is kept to what they carry."""
    doc = pod(racks)
    for unit in ("cdu1", "cdu2"):
        change(doc, "cooling", unit, profile=cdu)
    if managed:
        change(doc, "loops", managed, manage_heat=True)
    return doc


def sized(catalog: Catalog, key: str, capacity_kw: float) -> Catalog:
    """The catalogue with another capacity of one cooling unit."""
    parts = [
        structs.replace(p, capacity_kw=capacity_kw) if isinstance(p, CoolingUnit) and p.id == key else p
        for p in catalog
    ]
    return Catalog(parts, catalog.sources)


def load(result: ResultSnapshot, unit: str) -> float:
    """Heat of a unit over its capacity."""
    thermal = result.thermal
    row = thermal.unit_ids.index(unit)
    return float(thermal.unit_heat_w[row] / thermal.unit_capacity_w[row])


def rules(result: ResultSnapshot) -> set[str]:
    return {finding.rule for finding in result.findings}


def test_a_loop_is_kept_to_what_its_units_carry(catalog: Catalog) -> None:
    free, held = (evaluate(cooled(managed=name).snapshot(), catalog, check=run) for name in ("", "tcs"))
    assert load(free, "cdu1") > 1.05
    assert "cooling.over-capacity" in rules(free)
    assert load(held, "cdu1") == pytest.approx(1.0, abs=1e-6)
    assert "cooling.over-capacity" not in rules(held)
    (said,) = (finding for finding in held.findings if finding.rule == "cooling.held")
    assert said.targets[0] == "tcs"
    assert "8 racks" in said.message
    clock = held.power.rack_held_frac[[key != "leaf" for key in held.power.rack_ids]]
    assert np.ptp(clock) < 1e-12
    ample = evaluate(pod(8).snapshot(), catalog)
    assert tokens(held) == pytest.approx(work(ample, clock[0]) * tokens(ample), rel=1e-9)


def test_management_of_ample_cooling_changes_nothing(catalog: Catalog) -> None:
    free, held = (evaluate(cooled("cdu-deschutes", name).snapshot(), catalog) for name in ("", "tcs"))
    assert tokens(free) == tokens(held)
    assert np.array_equal(free.power.rack_power_w, held.power.rack_power_w)
    assert held.walls["thermal"].elasticity == 0.0


def test_a_loop_further_out_holds_the_racks_of_all_loops_that_reject_to_it(catalog: Catalog) -> None:
    """Dry coolers at their limit slow racks that touch only the loop inside."""
    doc = pod(4)
    whole = evaluate(doc.snapshot(), catalog)
    need_w = float(whole.thermal.unit_heat_w[whole.thermal.unit_ids.index("dry1")])
    less = sized(catalog, "drycooler", 0.85 * need_w / 1e3)
    change(doc, "loops", "fws", manage_heat=True)
    held = evaluate(doc.snapshot(), less, check=run)
    assert load(held, "dry1") == pytest.approx(1.0, abs=1e-6)
    assert load(held, "cdu1") < 0.9
    assert 0.8 < tokens(held) / tokens(whole) < 0.98
    assert any(finding.rule == "cooling.held" and finding.targets[0] == "fws" for finding in held.findings)


def test_an_air_cooled_hall_is_kept_to_its_air_units(catalog: Catalog) -> None:
    doc = air_plan(3)
    free = evaluate(doc.snapshot(), catalog)
    change(doc, "halls", "hall", manage_heat=True)
    held = evaluate(doc.snapshot(), catalog, check=run)
    assert max(load(free, unit) for unit in free.thermal.unit_ids if unit.startswith("crah")) > 1.0
    assert max(load(held, unit) for unit in held.thermal.unit_ids if unit.startswith("crah")) == pytest.approx(
        1.0, abs=1e-6
    )
    assert tokens(held) < tokens(evaluate(air_plan(8).snapshot(), catalog))
    assert "cooling.over-capacity" not in rules(held)


@pytest.mark.parametrize("kind", ["loop", "hall"])
def test_the_thermal_wall_has_the_slope_of_a_plain_re_evaluation(catalog: Catalog, kind: str) -> None:
    if kind == "loop":
        doc, catalog, unit = cooled("cdu-deschutes"), sized(catalog, "cdu-deschutes", 190.0), "cdu1"
    else:
        doc, unit = air_plan(3), "crah0"
        change(doc, "halls", "hall", manage_heat=True)
    here = evaluate(doc.snapshot(), catalog)
    assert load(here, unit) == pytest.approx(1.0, abs=1e-6)
    up, down = (tokens(evaluate(doc.snapshot(), scaled(catalog, factor))) for factor in (1.01, 0.99))
    assert here.summary.binding_wall == "thermal"
    assert math.log(up / down) / math.log(1.01 / 0.99) == pytest.approx(here.walls["thermal"].elasticity, rel=5e-3)


def test_idle_heat_above_capacity_stays_an_error(catalog: Catalog) -> None:
    """Slowing cannot go below idle: then tokens are 0 and the unit is named."""
    result = evaluate(cooled("cdu-rack-80").snapshot(), catalog, check=run)
    assert tokens(result) == 0.0
    assert "cooling.over-capacity" in rules(result)


def test_a_failed_unit_leaves_the_managed_loop_with_the_other(catalog: Catalog) -> None:
    doc = cooled(racks=4)
    lost = evaluate(doc.snapshot(), catalog, failed=frozenset({"cdu2"}))
    assert load(lost, "cdu1") == pytest.approx(1.0, abs=1e-6)
    assert 0.5 < tokens(lost) / tokens(evaluate(doc.snapshot(), catalog)) < 0.98


def test_loops_in_a_ring_do_not_hang(catalog: Catalog) -> None:
    """Managed loops that reject to each other: a finding, and an answer."""
    doc = cooled()
    add(doc, "loops", Loop(id="ring", manage_heat=True))
    change(doc, "cooling", "cdu1", source_loop="tcs")
    result = evaluate(doc.snapshot(), catalog, check=run)
    assert "cooling.loop-cycle" in rules(result)
    assert result.failures == ()
