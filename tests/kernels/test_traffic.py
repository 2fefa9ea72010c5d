"""Demand matrices, collisions and max-min fairness against networkx, closed forms and a brute-force oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.kernels import traffic

from .test_fabric import graph_of, oracle


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_pairs_add_up_to_single_routes(data: st.DataObject) -> None:
    """A matrix of demands loads links as its single demands do one by one on networkx distances."""
    nodes = data.draw(st.integers(3, 8))
    every = [(a, b) for a in range(nodes) for b in range(a + 1, nodes)]
    links = data.draw(st.lists(st.sampled_from(every), min_size=nodes, max_size=3 * nodes, unique=True))
    asked = data.draw(st.lists(st.tuples(st.sampled_from(every), st.integers(1, 9)), min_size=1, max_size=6))
    graph = graph_of(nodes, links)
    alive = np.ones(nodes, np.bool_)
    matrix: dict[int, list[tuple[int, float]]] = {}
    for (source, target), amount in asked:
        matrix.setdefault(target, []).append((source, float(amount)))
    targets = np.array(sorted(matrix), dtype=np.int64)
    rows = [matrix[int(t)] for t in targets]
    start = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    sources = np.array([s for row in rows for s, _ in row], dtype=np.int64)
    amount = np.array([a for row in rows for _, a in row])
    load = np.zeros((len(links), 2))
    lost = traffic.route_pairs(graph, alive, targets, start, sources, amount, load)
    wanted, missing = np.zeros((len(links), 2)), 0.0
    for (source, target), volume in asked:
        part = oracle(nodes, links, source, target)
        wanted += volume * part
        missing += volume if not part.any() else 0.0
    np.testing.assert_allclose(load, wanted, atol=1e-9)
    assert lost == pytest.approx(missing)


def test_collisions_have_their_worked_numbers() -> None:
    assert traffic.collision_efficiency(16.0, 16.0) == pytest.approx(0.298, abs=1e-3)
    assert traffic.collision_efficiency(256.0, 16.0) == pytest.approx(0.630, abs=2e-3)
    assert traffic.collision_efficiency(5.0, 1.0) == 1.0
    rising = [traffic.collision_efficiency(float(k), 32.0) for k in (8, 64, 512, 4096, 1e6)]
    assert rising == sorted(rising)
    assert rising[-1] > 0.98


def brute_force(flows: list[list[int]], capacity: list[float]) -> np.ndarray:
    """Max-min by definition: raise all unfrozen flows by tiny steps until each is stopped by a full link."""
    rate = np.zeros(len(flows))
    alive = set(range(len(flows)))
    used = np.zeros(len(capacity))
    step = 1e-3
    while alive:
        for f in sorted(alive):
            if any(used[i] + step * sum(1 for g in alive if i in flows[g]) > capacity[i] + 1e-9 for i in flows[f]):
                alive.discard(f)
                break
        else:
            for f in alive:
                rate[f] += step
                for i in flows[f]:
                    used[i] += step
    return rate


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True), min_size=1, max_size=5),
    st.lists(st.integers(1, 4), min_size=5, max_size=5),
)
def test_max_min_agrees_with_brute_force(flows: list[list[int]], capacity: list[int]) -> None:
    start = np.cumsum([0, *map(len, flows)]).astype(np.int64)
    link = np.array([i for flow in flows for i in flow], dtype=np.int64)
    rate = np.zeros(len(flows))
    traffic.max_min_rates(start, link, np.ones(link.size), np.array(capacity, dtype=float), rate)
    np.testing.assert_allclose(rate, brute_force(flows, [float(c) for c in capacity]), atol=0.02)
    used = np.bincount(link, np.repeat(rate, np.diff(start)), 5)
    assert (used <= np.array(capacity) * (1 + 1e-9)).all()


def test_max_min_has_its_worked_number_and_leaves_free_flows_free() -> None:
    start, link = np.array([0, 1, 3, 3]), np.array([0, 0, 1])
    rate = np.zeros(3)
    filled = traffic.max_min_rates(start, link, np.ones(3), np.array([10.0, 2.0]), rate)
    assert rate.tolist() == [8.0, 2.0, np.inf]
    assert filled == 2


def test_compiled_equals_plain() -> None:
    start, link, capacity = np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([3.0, 4.0])
    a, b = np.zeros(2), np.zeros(2)
    traffic.max_min_rates(start, link, np.ones(3), capacity, a)
    traffic.max_min_rates.py_func(start, link, np.ones(3), capacity, b)  # type: ignore[attr-defined]
    assert a.tolist() == b.tolist()
    plain = traffic.collision_efficiency.py_func(64.0, 8.0)  # type: ignore[attr-defined]
    assert traffic.collision_efficiency(64.0, 8.0) == pytest.approx(plain, rel=1e-15)
