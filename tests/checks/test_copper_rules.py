"""Rules of the copper wall speak when their fault is put in, with the numbers and the ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infraplanner.catalog import Catalog
from infraplanner.io.plan_reader import read_plan
from infraplanner.io.plan_writer import plan_bytes
from infraplanner.model.document import Document
from infraplanner.model.entities import Pipe
from tests.engine.halls import add
from tests.engine.test_evaluate import change

from .copper_faults import FAULTS, near_power
from .test_rules import findings, sound


@pytest.mark.parametrize(("rule", "put", "words"), FAULTS, ids=[f"{f[0]}-{f[1].__name__}" for f in FAULTS])
def test_the_rule_speaks(rule: str, put: Callable[[Document], Any], words: tuple[str, ...], catalog: Catalog) -> None:
    document = sound()
    assert rule not in {finding.rule for finding in findings(document, catalog)}
    put(document)
    found = [finding for finding in findings(document, catalog) if finding.rule == rule]
    assert found
    for word in words:
        assert any(word in finding.message for finding in found), [finding.message for finding in found]
    known = document.ids()
    assert all(target in known for finding in found for target in finding.targets)


PIPES = {
    "crosses": {"points_mm": ((5000, 0), (5000, 6000))},
    "far": {"points_mm": ((2000, 3360), (9000, 3360))},
    "below": {"points_mm": ((2000, 3000), (9000, 3000)), "elevation_mm": 300},
    "past its end": {"points_mm": ((24_000, 3000), (30_000, 3000))},
}


@pytest.mark.parametrize("case", PIPES)
def test_pipes_that_cross_are_far_or_run_below_are_no_fault(case: str, catalog: Catalog) -> None:
    document = sound()
    add(document, "pipes", Pipe(id="main", hall="hall", dn_mm=100, **PIPES[case]))  # type: ignore[arg-type]
    assert "tray.near-pipe" not in {finding.rule for finding in findings(document, catalog)}


def test_fibre_does_not_mind_power(catalog: Catalog) -> None:
    document = sound()
    near_power(document)
    change(document, "trays", "tray", tier="fibre")
    assert "tray.near-power" not in {finding.rule for finding in findings(document, catalog)}


def test_the_height_of_a_pipe_is_kept_in_the_file(catalog: Catalog) -> None:
    document = sound()
    add(document, "pipes", Pipe(id="main", hall="hall", points_mm=((0, 0), (1000, 0)), elevation_mm=3100))
    again = read_plan(plan_bytes(document.snapshot(), catalog), catalog)
    assert again.document.table("pipes")["main"].elevation_mm == 3100
