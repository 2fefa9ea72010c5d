"""Heavy parts that are kept between two evaluations of one state: the same figures, and anew as soon as anything moves."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import outages, thermal
from infraplanner.engine.evaluate import evaluate
from infraplanner.engine.tiers import Tier
from infraplanner.model.changes import ChangeSet
from infraplanner.results.snapshot import ResultSnapshot

from .halls import pod
from .test_evaluate import change


def same(a: object, b: object) -> None:
    """All arrays and numbers of two results of a part are equal to the last bit."""
    for item in fields(a):  # type: ignore[arg-type]
        one, two = getattr(a, item.name), getattr(b, item.name)
        if isinstance(one, np.ndarray):
            assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f"), item.name
        elif isinstance(one, float | int | str | None):
            assert one == two, item.name


def alike(a: ResultSnapshot, b: ResultSnapshot) -> None:
    same(a.thermal.chips, b.thermal.chips)
    same(a.thermal.air, b.thermal.air)
    same(a.power.outages, b.power.outages)
    same(a.summary, b.summary)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often air and chips were settled and single failures tried."""
    times = {"thermal": 0, "outages": 0}
    settle, tried = thermal.settle_clocks, outages.outage_result

    def clocks(*arguments: object, **more: object) -> object:
        times["thermal"] += 1
        return settle(*arguments, **more)  # type: ignore[arg-type]

    def single(*arguments: object) -> object:
        times["outages"] += 1
        return tried(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(thermal, "settle_clocks", clocks)
    monkeypatch.setattr(outages, "outage_result", single)
    return times


def test_a_second_evaluation_of_the_same_state_finds_what_the_first_found(
    catalog: Catalog, counted: dict[str, int]
) -> None:
    doc = pod(racks=4)
    tier = Tier(catalog, run)
    tier.follow(doc.snapshot(), ChangeSet(doc.revision, {}, whole=True))
    first, _ = tier.settle()
    assert counted == {"thermal": 1, "outages": 1}
    again, _ = tier.finish(lambda: False, frozenset(), lambda _done, _total: None)
    assert counted == {"thermal": 1, "outages": 1}
    alike(first, again)


def test_a_failure_or_an_edit_is_worked_out_anew(catalog: Catalog, counted: dict[str, int]) -> None:
    doc = pod(racks=4)
    tier = Tier(catalog, run)
    tier.follow(doc.snapshot(), ChangeSet(doc.revision, {}, whole=True))
    whole, _ = tier.settle()
    broken, _ = tier.settle(failed=frozenset({"cdu1", "ups-a"}))
    assert counted == {"thermal": 2, "outages": 2}
    assert broken.power.outages.case_ids != whole.power.outages.case_ids
    tier.settle()
    doc.take_changes()
    change(doc, "loops", "tcs", supply_c=45.0)
    tier.follow(doc.snapshot(), doc.take_changes())
    counted.update(thermal=0, outages=0)
    warm, _ = tier.settle()
    assert counted["thermal"] == 1
    alike(warm, evaluate(doc.snapshot(), catalog, check=run))
    assert np.nanmax(warm.thermal.chips.rack_case_c) > np.nanmax(whole.thermal.chips.rack_case_c) + 5.0
