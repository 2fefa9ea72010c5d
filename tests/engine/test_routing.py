"""Request classes over pools: feasibility by model, context and limits; an assignment that fits, at least energy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.checks.registry import run as run_checks
from infraplanner.engine.evaluate import evaluate
from infraplanner.engine.solvers.assignment import assign, headroom
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Workload
from infraplanner.results.routing import RoutingResult


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module")
def row(catalog: Catalog) -> Snapshot:
    return read_plan(places.resources_dir() / "templates" / "sram-row.yaml", catalog).document.snapshot()


def routed(row: Snapshot, catalog: Catalog, *classes: Workload) -> RoutingResult:
    tables = row.tables()
    kept = {key: w for key, w in tables["workloads"].items() if not getattr(w, "kind", "")}
    tables["workloads"] = kept | {w.id: w for w in classes}
    return evaluate(Snapshot(tables, 1, {}), catalog).throughput.routing


def test_classes_go_where_their_complexity_and_limits_allow(row: Snapshot, catalog: Catalog) -> None:
    found = evaluate(row, catalog, check=run_checks)
    routing = found.throughput.routing
    served = {c.id: {route.pool for route in c.routes} for c in routing.classes}
    assert served["answers"] == {"gpu"}  # the only model of 60 B and more
    assert served["agents"] == {"gpu"}
    assert served["robots"] <= {"cards", "lpu"}  # 5 ms a token, fixed pass times
    gpu = next(c for c in routing.classes if c.id == "robots").refusals["gpu"]
    assert "ms asked" in gpu
    assert all(c.unserved_per_s == 0.0 for c in routing.classes)
    assert not [f for f in found.findings if f.rule.startswith("class.")]
    for pool in routing.pools:
        assert pool.use_frac == pytest.approx(sum(pool.by_class_frac.values()))
        assert pool.use_frac <= 1.0 + 1e-9
        assert pool.execution == ("variable" if pool.id in ("gpu", "processors") else "deterministic")
    tokens = sum(
        route.requests_per_s * {"answers": 1024, "agents": 1024, "robots": 64, "nightly": 1024, "digests": 1024}[c.id]
        for c in routing.classes
        for route in c.routes
    )
    assert routing.tokens_per_s == pytest.approx(tokens, rel=1e-6)


def test_processors_take_what_small_models_cannot_and_accelerators_need_not(row: Snapshot, catalog: Catalog) -> None:
    """A sparse model of 30 B on sockets is slow and frugal: it serves the class without a hurry, the GPUs its peak."""
    routing = evaluate(row, catalog).throughput.routing
    digests = next(c for c in routing.classes if c.id == "digests")
    flows = {route.pool: (route.requests_per_s, route.peak_requests_per_s) for route in digests.routes}
    assert flows["processors"][0] == pytest.approx(digests.offered_per_s)
    assert flows["gpu"][0] == pytest.approx(0.0, abs=1e-6)
    assert flows["gpu"][1] > 0.0
    assert sum(peak for _, peak in flows.values()) == pytest.approx(digests.peak_per_s)
    assert next(p for p in routing.pools if p.id == "processors").peak_use_frac == pytest.approx(1.0)
    robots = next(c for c in routing.classes if c.id == "robots")
    assert "ms asked" in robots.refusals["processors"]


def test_a_class_that_no_pool_can_serve_says_what_would(row: Snapshot, catalog: Catalog) -> None:
    tables = row.tables()
    huge = Workload(id="huge", kind="agentic", profile="chat-1k-1k", complexity_b=400.0, offered_requests_per_s=1.0)
    tables["workloads"] = tables["workloads"] | {"huge": huge}
    found = evaluate(Snapshot(tables, 1, {}), catalog, check=run_checks)
    sentence = next(f for f in found.findings if f.rule == "class.no-pool")
    assert sentence.severity == "error"
    assert sentence.targets == ("huge",)
    assert "a pool whose model has at least 400 B parameters" in sentence.message
    assert found.throughput.routing.headroom_ratio == 0.0


def test_the_peak_of_the_day_is_what_does_not_fit(row: Snapshot, catalog: Catalog) -> None:
    def offered(rate: float, pattern: str) -> RoutingResult:
        only = Workload(
            id="chatty", kind="generative", profile="chat-1k-1k", complexity_b=60.0, offered_requests_per_s=rate,
            pattern=pattern,
        )  # fmt: skip
        return routed(row, catalog, only)

    flat = offered(30.0, "")
    assert flat.headroom_ratio is not None
    limit = 30.0 * flat.headroom_ratio
    steady = offered(0.9 * limit, "")
    daily = offered(0.9 * limit, "office-hours")
    assert steady.classes[0].peak_unserved_per_s == 0.0
    assert daily.classes[0].unserved_per_s == 0.0
    assert daily.classes[0].peak_per_s == pytest.approx(2.2 * 0.9 * limit)
    assert daily.classes[0].peak_unserved_per_s == pytest.approx(2.2 * 0.9 * limit - limit, rel=1e-6)
    assert daily.headroom_ratio == pytest.approx(1 / (2.2 * 0.9), rel=1e-6)


def test_sessions_that_wander_lose_their_prefix(row: Snapshot, catalog: Catalog) -> None:
    """With four instances a request finds its prefix on one of them: prefill is paid again, capacity falls."""

    def room(sticky: bool) -> float:
        one = Workload(
            id="agents", kind="agentic", profile="agent-32k-1k", complexity_b=60.0, offered_requests_per_s=1.0,
            sticky=sticky,
        )  # fmt: skip
        found = routed(row, catalog, one).headroom_ratio
        assert found is not None
        return found

    assert room(sticky=False) < 0.8 * room(sticky=True)


def test_a_plan_without_classes_has_no_routing(row: Snapshot, catalog: Catalog) -> None:
    assert routed(row, catalog) == RoutingResult()


def test_the_cheaper_pool_fills_first() -> None:
    capacity = np.array([[10.0, 10.0]])
    flows = assign(np.array([12.0]), capacity, np.array([[2.0, 1.0]]))
    np.testing.assert_allclose(flows, [[2.0, 10.0]])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**31 - 1))
def test_assignment_against_a_fine_grid(classes: int, pools: int, seed: int) -> None:
    """No split of every class on a grid serves more, and none that serves as much costs less."""
    rng = np.random.default_rng(seed)
    demand = rng.uniform(0.5, 4.0, classes)
    capacity = np.where(rng.random((classes, pools)) < 0.8, rng.uniform(1.0, 6.0, (classes, pools)), 0.0)
    cost = rng.uniform(1.0, 3.0, (classes, pools))
    flows = assign(demand, capacity, cost)
    with np.errstate(all="ignore"):
        share = np.where(capacity > 0, 1.0 / capacity, 0.0)
    assert (flows >= -1e-9).all()
    assert (flows[capacity == 0.0] == 0.0).all()
    assert ((flows * share).sum(axis=0) <= 1.0 + 1e-7).all()
    assert (flows.sum(axis=1) <= demand + 1e-7).all()
    steps = np.linspace(0.0, 1.0, 4)
    splits = [s for s in itertools.product(steps, repeat=pools) if sum(s) <= 1.0 + 1e-9]
    best = flows.sum()
    for choice in itertools.islice(itertools.product(splits, repeat=classes), 3000):
        trial = np.array(choice) * demand[:, None]
        if (trial[capacity == 0.0] > 0.0).any() or ((trial * share).sum(axis=0) > 1.0 + 1e-9).any():
            continue
        assert trial.sum() <= best + 1e-7
        if trial.sum() >= best - 1e-9:
            assert (trial * cost).sum() >= (flows * cost).sum() - 1e-6


def test_headroom_is_the_largest_factor() -> None:
    capacity = np.array([[4.0, 0.0], [2.0, 6.0]])
    demand = np.array([1.0, 3.0])
    most = headroom(demand, capacity)
    assert assign(most * demand, capacity, np.ones_like(capacity)).sum() == pytest.approx(most * demand.sum())
    over = 1.01 * most * demand
    assert assign(over, capacity, np.ones_like(capacity)).sum() < over.sum() - 1e-6
