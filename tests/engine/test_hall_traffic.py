"""Loads of whole halls: a random 1 % of their destinations against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.io import read_plan
from infraplanner.places import resources_dir
from infraplanner.validation.generate import generate_plan

SOURCES = 12


@pytest.mark.parametrize("name", ["hall-20mw.yaml", "generated"])
def test_a_sample_of_a_large_halls_destinations_loads_as_networkx_says(catalog: Catalog, name: str) -> None:
    from infraplanner.compile.plan import compile_plan  # noqa: PLC0415
    from infraplanner.engine import bind, bisection  # noqa: PLC0415
    from infraplanner.engine.reduced import Reduced, reduce_graph, route  # noqa: PLC0415
    from infraplanner.engine.routes import alive_nodes  # noqa: PLC0415
    from infraplanner.engine.traffic import Demand  # noqa: PLC0415

    def weights(small: Reduced) -> dict[tuple[int, int], float]:
        source = np.repeat(np.arange(small.alive.size), np.diff(small.graph.start))
        pairs = zip(source.tolist(), small.graph.neighbour.tolist(), strict=True)
        return dict(zip(pairs, small.graph.weight.tolist(), strict=True))

    plan = (
        generate_plan(400) if name == "generated" else read_plan(resources_dir() / "templates" / name, catalog).document
    )
    compiled = compile_plan(plan.snapshot(), catalog)
    small = reduce_graph(bind.graph(compiled), alive_nodes(compiled, frozenset()))
    nodes = bisection.machines(compiled)
    random = np.random.default_rng(11)
    targets = np.sort(random.choice(nodes, -(-nodes.size // 100), replace=False))
    sources = np.sort(random.choice(np.setdiff1d(nodes, targets), SOURCES, replace=False))
    amount = random.uniform(1.0, 9.0, targets.size * SOURCES)
    start = SOURCES * np.arange(targets.size + 1)
    found = route(small, Demand(targets, start, np.tile(sources, targets.size), amount, {}), amount)

    weight = weights(small)
    graph = nx.Graph(weight.keys())
    forwards = small.graph.forwards
    oracle: dict[tuple[int, int], float] = {}
    lost = 0.0
    for t, target in enumerate(targets.tolist()):
        passing = {n for n in graph if forwards[n] or n == target}  # machines pass nothing on
        away = nx.single_source_shortest_path_length(graph.subgraph(passing), target)
        flow = dict.fromkeys(graph, 0.0)
        for s, source in enumerate(sources.tolist()):
            near = [away[n] for n in graph[source] if n in passing and n in away]
            if near:
                away[source] = 1 + min(near)
                flow[source] += amount[start[t] + s]
            else:
                lost += amount[start[t] + s]
        for node in sorted(away, key=lambda n: -away[n]):
            if flow[node] == 0.0 or node == target:
                continue
            nearer = [n for n in graph[node] if n in passing and away.get(n) == away[node] - 1]
            total = sum(weight[node, n] for n in nearer)
            for n in nearer:
                part = flow[node] * weight[node, n] / total
                flow[n] += part
                oracle[node, n] = oracle.get((node, n), 0.0) + part
    used = {pair: float(load) for pair, load in zip(weight, found.arc.tolist(), strict=True) if load > 0.0}
    assert used.keys() == oracle.keys()
    for pair, load in oracle.items():
        np.testing.assert_allclose(used[pair], load, rtol=1e-12)
    assert found.lost == pytest.approx(lost, abs=1e-9)
    assert lost < 0.5 * amount.sum()
