"""Fabric: shortest-path searches and fractional equal-cost routing on the drawn graph."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints


class Graph(NamedTuple):
    """Endpoints as nodes; neighbours of v are rows `start[v]:start[v+1]` of `neighbour`, over bundle `link`, in
    direction `side` (0 from a to b, 1 back). Only nodes that `forwards` pass traffic on. `weight` is cables of each
    such row.
    """

    start: Ints
    neighbour: Ints
    link: Ints
    side: Ints
    forwards: Flags
    weight: Floats


@kernel
def breadth_first(graph: Graph, alive: Flags, target: int, distance: Ints, order: Ints) -> int:
    """Hops from every node to `target` (-1: none) and the nodes in order of distance; returns how many were reached.

    Nodes that do not forward end a path: they may be source or target only. Dead nodes are passed over.
    """
    distance[:] = -1
    if not alive[target]:
        return 0
    distance[target] = 0
    order[0] = target
    head, tail = 0, 1
    while head < tail:
        v = order[head]
        head += 1
        if v != target and not graph.forwards[v]:
            continue
        for k in range(graph.start[v], graph.start[v + 1]):
            u = graph.neighbour[k]
            if distance[u] < 0 and alive[u]:
                distance[u] = distance[v] + 1
                order[tail] = u
                tail += 1
    return tail


@kernel
def push(graph: Graph, distance: Ints, order: Ints, reached: int, demand: Floats, flow: Floats, load: Floats) -> float:
    """Send `demand` of every node to the search's target by fractional ECMP; returns the demand that has no path.

    Nodes from far to near: `f_v = D_v + inflow`, split over neighbours one hop nearer in proportion to cables. Adds to
    `load[link, side]`; demand and load share any unit. Worked: two equal paths carry one half each.
    Reference: interconnect model 3.1; exact, one pass over the edges.
    """
    flow[:] = demand
    lost = 0.0
    for v in range(demand.size):
        if distance[v] < 0:
            lost += demand[v]
    for j in range(reached - 1, 0, -1):
        v = order[j]
        if flow[v] == 0.0:
            continue
        total = 0.0
        for k in range(graph.start[v], graph.start[v + 1]):
            u = graph.neighbour[k]
            if distance[u] == distance[v] - 1 and (graph.forwards[u] or distance[u] == 0):
                total += graph.weight[k]
        for k in range(graph.start[v], graph.start[v + 1]):
            u = graph.neighbour[k]
            if distance[u] == distance[v] - 1 and (graph.forwards[u] or distance[u] == 0):
                part = flow[v] * graph.weight[k] / total
                flow[u] += part
                load[graph.link[k], graph.side[k]] += part
    return lost


@kernel
def route_uniform(
    graph: Graph, alive: Flags, sources: Ints, source_share: Floats, targets: Ints, target_share: Floats, load: Floats
) -> float:
    """Load of a unit demand spread over all source-target pairs by their shares; returns the part without a path.

    Traffic inside one node stays off the fabric. One search and one push a target.
    """
    n = graph.start.size - 1
    distance = np.empty(n, np.int64)
    order = np.empty(n, np.int64)
    demand = np.zeros(n)
    flow = np.empty(n)
    lost = 0.0
    for t in range(targets.size):
        demand[:] = 0.0
        for s in range(sources.size):
            if sources[s] != targets[t]:
                demand[sources[s]] += source_share[s] * target_share[t]
        reached = breadth_first(graph, alive, targets[t], distance, order)
        if reached == 0:
            lost += demand.sum()
        else:
            lost += push(graph, distance, order, reached, demand, flow, load)
    return lost


@kernel
def throughput_factor(load: Floats, capacity: Floats) -> tuple[float, int]:
    """How much of the routed demand fits, `theta = min c / x` over both directions, and the bundle that binds (-1:
    none).
    """
    theta = np.inf
    binding = -1
    for i in range(load.shape[0]):
        x = max(load[i, 0], load[i, 1])
        if x > 0.0 and capacity[i] / x < theta:
            theta = capacity[i] / x
            binding = i
    return theta, binding
