"""Loads of a hall of 400 racks: a random 1 % of its destinations against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np

from infraplanner import places
from infraplanner.catalog import load_catalog
from infraplanner.validation.generate import generate_plan

DESTINATIONS = 3


def test_a_sample_of_a_large_halls_destinations_loads_as_networkx_says() -> None:
    from infraplanner.compile.plan import compile_plan  # noqa: PLC0415
    from infraplanner.engine import bind  # noqa: PLC0415
    from infraplanner.engine.reduced import reduce_graph, route  # noqa: PLC0415
    from infraplanner.engine.routes import alive_nodes, pool_endpoints  # noqa: PLC0415
    from infraplanner.engine.traffic import Demand  # noqa: PLC0415

    compiled = compile_plan(generate_plan(400).snapshot(), load_catalog(places.shipped_profiles_dir()))
    small = reduce_graph(bind.graph(compiled), alive_nodes(compiled, frozenset()))
    nodes, _ = pool_endpoints(compiled, compiled.tables["pools"].index["serve"], frozenset())
    random = np.random.default_rng(11)
    targets = np.sort(random.choice(nodes, DESTINATIONS, replace=False))  # of some 200: 1 % and more
    sources = np.sort(random.choice(np.setdiff1d(nodes, targets), 12, replace=False))
    amount = random.uniform(1.0, 9.0, DESTINATIONS * sources.size)
    start = sources.size * np.arange(DESTINATIONS + 1)
    demand = Demand(targets, start, np.tile(sources, DESTINATIONS), amount, {})
    found = route(small, demand, amount)
    assert found.lost == 0.0
    graph = nx.Graph()
    weight = {}
    for node in range(small.alive.size):
        part = small.own(node)
        for other, cables in zip(small.graph.neighbour[part].tolist(), small.graph.weight[part].tolist(), strict=True):
            graph.add_edge(node, other)
            weight[node, other] = cables
    forwards = small.graph.forwards
    oracle: dict[tuple[int, int], float] = {}
    for t, target in enumerate(targets.tolist()):
        inner = graph.subgraph([n for n in graph if forwards[n] or n == target or n in set(sources.tolist())])
        away = nx.single_source_shortest_path_length(
            inner.subgraph([n for n in inner if forwards[n] or n == target]), target
        )
        flow = dict.fromkeys(inner, 0.0)
        for s, source in enumerate(sources.tolist()):
            away[source] = 1 + min(away[n] for n in inner[source] if n in away and forwards[n])
            flow[source] += amount[start[t] + s]
        for node in sorted(away, key=lambda n: -away[n]):
            if flow[node] == 0.0:
                continue
            nearer = [n for n in inner[node] if away.get(n) == away[node] - 1 and (forwards[n] or n == target)]
            total = sum(weight[node, n] for n in nearer)
            for n in nearer:
                part = flow[node] * weight[node, n] / total
                flow[n] += part
                oracle[node, n] = oracle.get((node, n), 0.0) + part
    loads = {
        (node, int(small.graph.neighbour[k])): float(found.arc[k])
        for node in range(small.alive.size)
        for k in range(small.own(node).start, small.own(node).stop)
        if found.arc[k] > 0.0
    }
    assert loads.keys() == oracle.keys()
    for key, value in oracle.items():
        np.testing.assert_allclose(loads[key], value, rtol=1e-12)
