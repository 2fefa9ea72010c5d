"""The engine's threads: coalescing, latest wins, nothing stale, settled equals evaluate, no thread left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import Engine, evaluate
from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Document, Snapshot
from infraplanner.model.entities import TABLES
from infraplanner.results.snapshot import ResultSnapshot

from .halls import pod
from .test_evaluate import change, comparable

WHOLE = ChangeSet(0, {}, whole=True)
TIMEOUT_S = 120.0


def move(document: Document, x_mm: int) -> tuple[Snapshot, ChangeSet]:
    change(document, "racks", "r001", x_mm=x_mm)
    changes = document.take_changes()
    return document.snapshot(), changes


@pytest.fixture
def start(catalog: Catalog) -> Iterator[Callable[..., tuple[Engine, list[ResultSnapshot]]]]:
    engines: list[Engine] = []

    def make(**more: Any) -> tuple[Engine, list[ResultSnapshot]]:
        got: list[ResultSnapshot] = []
        engine = Engine(catalog, on_result=more.pop("on_result", got.append), **more)
        engines.append(engine)
        return engine, got

    before = set(threading.enumerate())
    yield make
    for engine in engines:
        engine.close()
    assert set(threading.enumerate()) <= before


def test_a_drag_is_provisional_and_its_release_settles_to_evaluate(catalog: Catalog, start: Any) -> None:
    document = pod()
    engine, got = start(check=run)
    engine.submit(document.snapshot(), WHOLE, dragging=False)
    assert engine.wait_idle(TIMEOUT_S)
    assert not got[-1].provisional
    for x_mm in range(3000, 6000, 500):
        engine.submit(*move(document, x_mm), dragging=True)
        assert engine.wait_idle(TIMEOUT_S)
        assert got[-1].provisional
        assert got[-1].revision == document.revision
    lengths = [result.fabric.total_length_m for result in got if result.provisional]
    assert len(set(lengths)) > 3
    engine.submit(document.snapshot(), ChangeSet(document.revision), dragging=False)
    assert engine.wait_idle(TIMEOUT_S)
    settled = got[-1]
    assert not settled.provisional
    assert comparable(settled) == comparable(evaluate(document.snapshot(), catalog, check=run))


def test_a_flood_is_coalesced_and_the_latest_wins(start: Any) -> None:
    document = pod()
    gate = threading.Event()
    got: list[ResultSnapshot] = []

    def slow(result: ResultSnapshot) -> None:
        got.append(result)
        gate.wait(TIMEOUT_S)

    engine, _ = start(on_result=slow)
    engine.submit(document.snapshot(), WHOLE, dragging=True)
    deadline = time.monotonic() + TIMEOUT_S
    while not got and time.monotonic() < deadline:
        time.sleep(0.001)
    for k in range(200):
        engine.submit(*move(document, 3000 + k), dragging=True)
    gate.set()
    assert engine.wait_idle(TIMEOUT_S)
    assert len(got) == 2
    assert got[-1].revision == document.revision
    index = got[-1].fabric.link_ids.index("l-r001-0")
    assert got[-1].fabric.length_m[index] - got[0].fabric.length_m[index] == pytest.approx(0.499)


def test_revisions_never_go_back(start: Any) -> None:
    document = pod()
    engine, got = start()
    engine.submit(document.snapshot(), WHOLE, dragging=False)
    for k in range(30):
        engine.submit(*move(document, 3000 + 10 * k), dragging=k % 3 != 0)
        time.sleep(0.002)
    engine.submit(document.snapshot(), ChangeSet(document.revision), dragging=False)
    assert engine.wait_idle(TIMEOUT_S)
    order = [(result.revision, not result.provisional) for result in got]
    assert order == sorted(order)
    assert order[-1] == (document.revision, True)


def test_force_sync_has_no_threads(catalog: Catalog) -> None:
    before = threading.active_count()
    got: list[ResultSnapshot] = []
    engine = Engine(catalog, on_result=got.append, force_sync=True)
    assert threading.active_count() == before
    document = pod()
    engine.submit(document.snapshot(), WHOLE, dragging=False)
    engine.submit(*move(document, 5000), dragging=True)
    assert [result.provisional for result in got] == [False, True]
    assert engine.wait_idle(0.0)
    engine.close()
    engine.submit(*move(document, 5100), dragging=True)
    assert len(got) == 2


def test_warm_up_reports_progress(start: Any) -> None:
    steps: list[tuple[int, int, str]] = []
    engine, _ = start(on_progress=lambda done, total, name: steps.append((done, total, name)))
    engine.warm_up()
    assert engine.wait_idle(TIMEOUT_S)
    assert steps[0][0] == 0
    assert steps[-1][0] == steps[-1][1]


def test_another_catalogue_evaluates_the_plan_anew(catalog: Catalog, start: Any) -> None:
    document = pod()
    engine, got = start()
    engine.submit(document.snapshot(), WHOLE, dragging=False)
    assert engine.wait_idle(TIMEOUT_S)
    half = [
        msgspec.structs.replace(profile, power_max_w=profile.power_max_w / 2)
        if profile.id == "gb200-nvl72"  # type: ignore[attr-defined]
        else profile
        for profile in catalog
    ]
    engine.set_catalog(Catalog(half, catalog.sources))
    assert engine.wait_idle(TIMEOUT_S)
    assert got[-1].power.rack_nameplate_w[1] < 0.6 * got[0].power.rack_nameplate_w[1]


def test_a_broken_plan_is_reported_and_the_engine_goes_on(start: Any) -> None:
    failures: list[str] = []
    document = pod()
    engine, got = start(on_failure=failures.append)
    tables = {name: dict(document.table(name)) for name in TABLES}
    tables["racks"]["r001"] = object()
    bad = Snapshot(tables, document.revision, {})
    engine.submit(bad, WHOLE, dragging=False)
    assert engine.wait_idle(TIMEOUT_S)
    assert failures
    assert got[-1].failures
    engine.submit(document.snapshot(), WHOLE, dragging=False)
    assert engine.wait_idle(TIMEOUT_S)
    assert got[-1].failures == ()


def test_wait_idle_gives_up_in_time_and_close_is_final(start: Any) -> None:
    gate = threading.Event()
    engine, _ = start(on_result=lambda _result: gate.wait(TIMEOUT_S))
    engine.submit(pod().snapshot(), WHOLE, dragging=True)
    assert not engine.wait_idle(0.05)
    gate.set()
    assert engine.wait_idle(TIMEOUT_S)
    engine.close()
    engine.close()


def test_results_in_hand_are_not_overwritten_by_later_frames(start: Any) -> None:
    document = pod()
    engine, got = start(force_sync=True)
    engine.submit(document.snapshot(), WHOLE, dragging=False)
    first = got[-1].fabric.length_m
    copy = first.copy()
    for k in range(20):
        engine.submit(*move(document, 4000 + 100 * k), dragging=True)
    np.testing.assert_array_equal(first, copy)
    kept = [result.fabric.length_m for result in got]
    assert len({array.tobytes() for array in kept}) == 21


def test_a_drag_frame_recomputes_only_the_moved_racks_cables(catalog: Catalog) -> None:
    from infraplanner.engine.pools import PoolSolver  # noqa: PLC0415 - kernels stay out of collection
    from infraplanner.engine.workspace import Workspace  # noqa: PLC0415

    document = pod()
    space = Workspace(catalog, PoolSolver())
    space.follow(document.snapshot(), None)
    assert space.dirty_links == 64
    snapshot, changes = move(document, 5000)
    space.run(_pools(space), frozenset())
    space.follow(snapshot, changes)
    assert space.dirty_links == 8


def _pools(space: Any) -> Any:
    from infraplanner.engine.demand import pool_inputs  # noqa: PLC0415
    from infraplanner.engine.routes import Routes  # noqa: PLC0415

    return pool_inputs(space, Routes())
