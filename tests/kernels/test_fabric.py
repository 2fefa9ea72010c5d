"""Fractional ECMP against networkx on small graphs."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.kernels import fabric


def graph_of(nodes: int, links: list[tuple[int, int]], forwards: list[bool] | None = None) -> fabric.Graph:
    """A graph with one cable a link."""
    arcs = sorted([(a, b, k, 0) for k, (a, b) in enumerate(links)] + [(b, a, k, 1) for k, (a, b) in enumerate(links)])
    start = np.searchsorted(np.array([arc[0] for arc in arcs]), np.arange(nodes + 1)).astype(np.int64)
    columns = [np.array([arc[k] for arc in arcs], dtype=np.int64) for k in (1, 2, 3)]
    able = np.ones(nodes, bool) if forwards is None else np.array(forwards)
    return fabric.Graph(start, *columns, able, np.ones(len(arcs)))


def oracle(nodes: int, links: list[tuple[int, int]], source: int, target: int) -> np.ndarray:
    """Split at every node evenly over the neighbours that are one hop nearer, computed on networkx distances."""
    graph = nx.Graph(links)
    graph.add_nodes_from(range(nodes))
    away = nx.single_source_shortest_path_length(graph, target)
    load = np.zeros((len(links), 2))
    flow = np.zeros(nodes)
    flow[source] = 1.0
    for node in sorted(away, key=lambda item: -away[item]):
        nearer = [
            (k, int(b == node), a if b == node else b)
            for k, (a, b) in enumerate(links)
            if node in (a, b) and away[a if b == node else b] == away[node] - 1
        ]
        for k, side, other in nearer:
            load[k, side] += flow[node] / len(nearer)
            flow[other] += flow[node] / len(nearer)
    return load


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], int, int]:
    nodes = draw(st.integers(3, 9))
    tree = [(draw(st.integers(0, k - 1)), k) for k in range(1, nodes)]
    pairs = [(a, b) for a in range(nodes) for b in range(a + 1, nodes) if (a, b) not in tree]
    more = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=12)) if pairs else []
    source, target = draw(st.permutations(range(nodes)))[:2]
    return nodes, tree + more, source, target


@settings(max_examples=120, deadline=None)
@given(cases())
def test_loads_agree_with_networkx(case: tuple[int, list[tuple[int, int]], int, int]) -> None:
    nodes, links, source, target = case
    load = np.zeros((len(links), 2))
    lost = fabric.route_uniform(
        graph_of(nodes, links),
        np.ones(nodes, bool),
        np.array([source]),
        np.ones(1),
        np.array([target]),
        np.ones(1),
        load,
    )
    assert lost == 0.0
    np.testing.assert_allclose(load, oracle(nodes, links, source, target), atol=1e-12)


def test_two_spines_carry_one_half_each() -> None:
    links = [(0, 2), (0, 3), (1, 2), (1, 3)]
    load = np.zeros((4, 2))
    one = np.ones(1)
    fabric.route_uniform(graph_of(4, links), np.ones(4, bool), np.array([0]), one, np.array([1]), one, load)
    assert load.max(axis=1).tolist() == [0.5, 0.5, 0.5, 0.5]
    theta, binding = fabric.throughput_factor(load, np.array([400.0, 400.0, 400.0, 100.0]))
    assert (theta, binding) == (200.0, 3)


def test_servers_do_not_pass_traffic_on_and_dead_nodes_are_gone() -> None:
    links = [(0, 1), (1, 2), (0, 3), (3, 4), (4, 2)]
    forwards = [False, False, False, True, True]
    load, one = np.zeros((5, 2)), np.ones(1)
    graph, ends = graph_of(5, links, forwards), (np.array([0]), one, np.array([2]), one)
    lost = fabric.route_uniform(graph, np.ones(5, bool), *ends, load)
    assert lost == 0.0
    assert load[:, 0].tolist() == [0.0, 0.0, 1.0, 1.0, 1.0]
    alive = np.array([True, True, True, False, True])
    lost = fabric.route_uniform(graph, alive, *ends, np.zeros((5, 2)))
    assert lost == pytest.approx(1.0)
