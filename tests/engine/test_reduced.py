"""The reduced graph gives the loads of the full one, to 1e-12, whatever is merged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.edit.topologies import Ask, build


def graph_of(edges: list[tuple[int, int, float]], forwards: list[bool]):  # type: ignore[no-untyped-def]
    from infraplanner.kernels.fabric import Graph  # noqa: PLC0415

    n = len(forwards)
    arcs = sorted(
        [(a, b, k, 0, w) for k, (a, b, w) in enumerate(edges)] + [(b, a, k, 1, w) for k, (a, b, w) in enumerate(edges)]
    )
    start = np.searchsorted(np.array([arc[0] for arc in arcs]), np.arange(n + 1)).astype(np.int64)
    columns = [np.array([arc[k] for arc in arcs], dtype=np.int64) for k in (1, 2, 3)]
    return Graph(start, *columns, np.array(forwards), np.array([arc[4] for arc in arcs], dtype=float))


def demand_of(pairs: dict[tuple[int, int], float]):  # type: ignore[no-untyped-def]
    from infraplanner.engine.traffic import Demand  # noqa: PLC0415

    items = sorted((t, s, x) for (s, t), x in pairs.items())
    targets = np.array(sorted({t for t, _, _ in items}), dtype=np.int64)
    start = np.searchsorted(np.array([t for t, _, _ in items]), np.append(targets, targets[-1] + 1)).astype(np.int64)
    return Demand(
        targets, start, np.array([s for _, s, _ in items], dtype=np.int64), np.array([x for _, _, x in items]), {}
    )


def compare(graph, alive, demand, links: int) -> None:  # type: ignore[no-untyped-def]
    from infraplanner.engine.reduced import reduce_graph, route  # noqa: PLC0415
    from infraplanner.kernels.traffic import route_pairs  # noqa: PLC0415

    full = np.zeros((links, 2))
    lost = route_pairs(graph, alive, demand.targets, demand.start, demand.sources, demand.amount_b, full)
    small = reduce_graph(graph, alive)
    for grouped in (False, True):
        found = route(small, demand, demand.amount_b, grouped=grouped)
        scale = max(1.0, full.max())
        np.testing.assert_allclose(small.spread(found.arc, links), full, rtol=1e-12, atol=1e-12 * scale)
        assert found.lost == pytest.approx(lost, rel=1e-12, abs=1e-12)


@st.composite
def fabrics(draw: st.DrawFn):  # type: ignore[no-untyped-def]
    """Leaves and spines, machines on one or more leaves, some bundles told apart, some things dead."""
    spines, leaves, hosts = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(2, 9))
    edges = []
    for leaf in range(leaves):
        for spine in range(spines):
            if draw(st.integers(0, 9)):
                edges += [(spine, spines + leaf, float(draw(st.sampled_from([1, 1, 2]))))] * draw(st.integers(1, 2))
    for host in range(hosts):
        for leaf in draw(st.sets(st.integers(0, leaves - 1), min_size=1, max_size=min(2, leaves))):
            edges += [(spines + leaf, spines + leaves + host, 1.0)] * draw(st.integers(1, 2))
    forwards = [True] * (spines + leaves) + [False] * hosts
    alive = [draw(st.integers(0, 14)) > 0 for _ in forwards]
    first = spines + leaves
    pairs = {
        (first + s, first + t): float(draw(st.integers(1, 5)))
        for s in range(hosts)
        for t in range(hosts)
        if s != t and draw(st.booleans())
    }
    if draw(st.booleans()):
        pairs[first, 0] = 2.0  # a switch may be asked for too
    pairs[first, first + 1] = 3.0
    return edges, forwards, alive, pairs


@settings(max_examples=300, deadline=None)
@given(fabrics())
def test_any_small_fabric_loads_alike(case) -> None:  # type: ignore[no-untyped-def]
    edges, forwards, alive, pairs = case
    compare(graph_of(edges, forwards), np.array(alive), demand_of(pairs), len(edges))


@pytest.mark.parametrize("kind", ["clos-2", "clos-3", "rail-optimised", "dual-plane", "dragonfly", "slim-fly"])
def test_generated_fabrics_load_alike(kind: str) -> None:
    ask = {"clos-3": Ask(128, 1, 8), "dragonfly": Ask(64, 1, 7), "slim-fly": Ask(100, 1, 11)}.get(kind, Ask(24, 4, 16))
    made = build(kind, ask)
    node: dict[object, int] = {host: host for host in range(ask.hosts)}
    for name in made.switches:
        node[name] = len(node)
    edges = [(node[w.a], node[w.b], float(w.count)) for w in made.wires]
    forwards = [False] * ask.hosts + [True] * len(made.switches)
    random = np.random.default_rng(5)
    pairs = {(s, (s + 1) % ask.hosts): 7.0 for s in range(ask.hosts)}
    for s, t in random.integers(0, ask.hosts, (400, 2)).tolist():
        if s != t:
            pairs[s, t] = float(random.uniform(1.0, 9.0))
    graph = graph_of(edges, forwards)
    compare(graph, np.ones(len(node), bool), demand_of(pairs), len(edges))


def test_twins_cut_the_passes_to_pairs_of_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen pods of a fat tree: 128 leaves, but from each pod's leaves to each other's one push."""
    from infraplanner.engine import reduced  # noqa: PLC0415

    ask = Ask(4 * 64, 1, 16, pod_leaves=8)
    made = build("clos-3", ask)
    node: dict[object, int] = {host: host for host in range(ask.hosts)}
    for name in made.switches:
        node[name] = len(node)
    edges = [(node[w.a], node[w.b], float(w.count)) for w in made.wires]
    graph = graph_of(edges, [False] * ask.hosts + [True] * len(made.switches))
    pairs = {(s, t): 1.0 for s in range(ask.hosts) for t in range(ask.hosts) if s != t}
    counted, totals = [], 10
    real = reduced.push_classes
    monkeypatch.setattr(reduced, "push_classes", lambda *a: counted.append(a[totals].size) or real(*a))
    monkeypatch.delattr(reduced, "_push")
    small = reduced.reduce_graph(graph, np.ones(len(node), bool))
    found = reduced.route(small, demand_of(pairs), np.ones(len(pairs)))
    pods = len({name.split("-")[0] for name in made.switches if name.startswith("pod")})
    assert sum(counted) == pods * (pods - 1)
    assert found.lost == 0.0


def test_hashed_flows_know_among_how_many_cables_they_choose() -> None:
    """Two leaves, four spines, two cables each: eight equal cables up, two down, one to the machine."""
    from infraplanner.engine.reduced import reduce_graph, route  # noqa: PLC0415

    edges = [(spine, 4 + leaf, 2.0) for spine in range(4) for leaf in range(2)] + [(4, 6, 3.0), (5, 7, 3.0)]
    graph = graph_of(edges, [True] * 6 + [False] * 2)
    small = reduce_graph(graph, np.ones(8, bool))
    demand = demand_of({(6, 7): 10.0})
    found = route(small, demand, demand.amount_b, grouped=True)
    load = small.spread(found.arc, len(edges))
    group = small.spread(found.group, len(edges))
    with np.errstate(invalid="ignore"):
        among = group / load
    up, down = among[:8:2, 1], among[1:8:2, 0]
    np.testing.assert_allclose(up, 8.0)  # from leaf 4 (end b) to the spines
    np.testing.assert_allclose(down, 2.0)
    assert among[8, 1] == 3.0
    assert among[9, 0] == 3.0


def test_searches_beyond_their_memory_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fabric that may keep two searches loads its links as one that keeps all."""
    from infraplanner.engine import reduced  # noqa: PLC0415

    nodes = 12
    edges = [(spine, 4 + leaf, 1.0) for spine in range(4) for leaf in range(4)] + [
        (4 + k, 8 + k, 1.0) for k in range(4)
    ]
    graph = graph_of(edges, [True] * 8 + [False] * 4)
    demand = demand_of({(8 + s, 8 + t): 1.0 + s for s in range(4) for t in range(4) if s != t})
    whole = reduced.reduce_graph(graph, np.ones(nodes, bool))
    found = reduced.route(whole, demand, demand.amount_b)
    for target in range(nodes):
        whole.tree(target)
    assert len(whole.trees) == nodes
    monkeypatch.setattr(reduced, "TREES_B", 2 * 16 * nodes)
    small = reduced.reduce_graph(graph, np.ones(nodes, bool))
    for target in range(nodes):
        assert np.array_equal(small.tree(target).distance, whole.tree(target).distance)
    assert len(small.trees) == 2
    assert np.array_equal(reduced.route(small, demand, demand.amount_b).arc, found.arc)
