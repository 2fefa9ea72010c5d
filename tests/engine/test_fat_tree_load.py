"""Loads of a full three-tier fat tree under all-to-all traffic against the arithmetic of its symmetry."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.engine.reduced import reduce_graph, route
from infraplanner.engine.traffic import Demand
from infraplanner.kernels.fabric import Graph


def _fat_tree(k: int) -> tuple[Graph, int, dict[tuple[int, int], str]]:
    """k pods of k/2 leaves and k/2 aggregation switches, (k/2)^2 cores; hosts come first. Kind of every pair of nodes."""
    half = k // 2
    hosts = k * half * half
    leaf, agg, core = hosts, hosts + k * half, hosts + 2 * k * half
    kinds: dict[tuple[int, int], str] = {}
    for host in range(hosts):
        kinds[host, leaf + host // half] = "host"
    for pod in range(k):
        for one in range(half):
            for other in range(half):
                kinds[leaf + pod * half + one, agg + pod * half + other] = "leaf"
                kinds[agg + pod * half + one, core + one * half + other] = "core"
    count = core + half * half
    ends = sorted(
        (a, b, link, side) for link, pair in enumerate(kinds) for side, (a, b) in enumerate((pair, pair[::-1]))
    )
    columns = np.array(ends, dtype=np.int64).T
    start = np.concatenate([[0], np.cumsum(np.bincount(columns[0], minlength=count))]).astype(np.int64)
    forwards = np.arange(count) >= hosts
    return (
        Graph(start, columns[1].copy(), columns[2].copy(), columns[3].copy(), forwards, np.ones(columns.shape[1])),
        hosts,
        kinds,
    )


@pytest.mark.parametrize("k", [4, 8])
def test_all_to_all_loads_every_link_of_a_tier_by_the_closed_form(k: int) -> None:
    graph, hosts, kinds = _fat_tree(k)
    small = reduce_graph(graph, np.ones(graph.start.size - 1, np.bool_))
    every = np.arange(hosts)
    source = np.tile(every, hosts)
    target = np.repeat(every, hosts)
    keep = source != target
    start = np.arange(hosts + 1) * (hosts - 1)
    demand = Demand(every, start, source[keep], np.ones(int(keep.sum())), {})
    found = route(small, demand, demand.amount_b)
    assert found.lost == 0.0
    half = k // 2
    leaf, pod = half, half * half
    want = {
        "host": hosts - 1,  # to all others
        "leaf": leaf * (hosts - leaf) / half,  # what leaves a leaf, over its uplinks
        "core": pod * (hosts - pod) / (half * half),  # what leaves a pod, over its links to the cores
    }
    names = list(kinds.values())
    loads = np.zeros((len(kinds), 2))
    loads[small.row_link, small.row_side] = found.arc[small.row_arc]
    for kind, expected in want.items():
        rows = [row for row, name in enumerate(names) if name == kind]
        assert loads[rows] == pytest.approx(expected, rel=1e-12)
