"""A large plan answers twice: at once without its heavy parts, which it names, then settled, equal to `evaluate`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.edit import SetFields
from infraplanner.engine import evaluate, stages
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import Session
from tests.thermal.halls import air_hall

from .halls import pod
from .test_evaluate import comparable

LATER = ("single failures", "year", "walls by rack", "what binds next", "bisection and collectives")


@pytest.fixture
def answers(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Session, list[ResultSnapshot]]]:
    """A session that takes its plans for large ones, and what it answered."""
    monkeypatch.setattr(stages, "SMALL_CELLS", 0)
    session = Session(catalog, force_sync=True)
    got: list[ResultSnapshot] = []
    session.on_result.append(got.append)
    yield session, got
    session.close()


def test_the_first_answer_names_what_it_left_out(
    answers: tuple[Session, list[ResultSnapshot]], catalog: Catalog
) -> None:
    session, got = answers
    session.open_document(pod(racks=4))
    first, settled = got
    assert (first.provisional, first.refreshing) == (True, LATER)
    assert (settled.provisional, settled.refreshing) == (False, ())
    assert first.power.outages.case_ids == ()
    assert len(settled.power.outages.case_ids) == 9
    assert first.summary.tokens_per_s == settled.summary.tokens_per_s
    assert first.thermal.air.rack_inlet_c == pytest.approx(settled.thermal.air.rack_inlet_c, nan_ok=True)
    assert comparable(settled) == comparable(evaluate(session.document.snapshot(), catalog, check=run))


def test_a_borrowed_field_is_said_to_be_one_and_settles_to_evaluate(
    answers: tuple[Session, list[ResultSnapshot]], catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "FIRST_CELLS", 0)
    monkeypatch.setattr(stages, "WARM_CELLS", 0)
    session, got = answers
    session.open_document(pod(racks=4))
    assert got[0].refreshing == (*LATER, "air field", "loops")
    assert np.isnan(got[0].thermal.air.rack_inlet_c).all()
    before = got[-1]
    row = before.power.rack_ids.index("r001")
    session.execute(SetFields("racks", ["r001"], {"power_cap_frac": 0.5}))
    first, settled = got[-2:]
    assert first.refreshing == (*LATER, "air field", "loops")
    assert first.power.rack_power_w[row] == settled.power.rack_power_w[row]
    assert first.thermal.rack_air_w[row] < before.thermal.rack_air_w[row]
    assert first.thermal.air is before.thermal.air
    assert settled.thermal.air is not before.thermal.air
    assert first.power.outages is before.power.outages
    assert comparable(settled) == comparable(evaluate(session.document.snapshot(), catalog, check=run))


def test_a_quick_field_starts_from_the_last_and_is_close_to_the_settled_one(
    answers: tuple[Session, list[ResultSnapshot]], catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "FIRST_CELLS", 0)
    session, got = answers
    session.open_document(air_hall(crahs=9))
    session.execute(SetFields("racks", ["r0a00"], {"power_cap_frac": 0.6}))
    first, settled = got[-2:]
    assert first.refreshing == (*LATER, "air field")
    quick, exact = first.thermal.air.halls[0], settled.thermal.air.halls[0]
    assert quick.sweeps < exact.sweeps
    assert first.thermal.air.rack_inlet_c == pytest.approx(settled.thermal.air.rack_inlet_c, abs=0.05)
    assert (first.thermal.air.rack_inlet_c != got[-3].thermal.air.rack_inlet_c).any()
    assert comparable(settled) == comparable(evaluate(session.document.snapshot(), catalog, check=run))


def test_nothing_of_another_plan_is_shown(
    answers: tuple[Session, list[ResultSnapshot]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "FIRST_CELLS", 0)
    monkeypatch.setattr(stages, "WARM_CELLS", 0)
    session, got = answers
    session.open_document(pod(racks=4))
    session.open_document(pod(racks=4))
    assert np.isnan(got[-2].thermal.air.rack_inlet_c).all()
    assert got[-2].year.pue is None


def test_a_small_plan_answers_once(catalog: Catalog) -> None:
    session = Session(catalog, force_sync=True)
    got: list[ResultSnapshot] = []
    session.on_result.append(got.append)
    session.open_document(pod(racks=4))
    session.close()
    assert [result.refreshing for result in got] == [()]
