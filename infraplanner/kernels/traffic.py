"""Traffic on the fabric: demand matrices routed by ECMP, derating by hash collisions, and max-min fair rates."""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints
from .fabric import Graph, breadth_first, push

SMALL = 1e-12
"""Relative room or weight that counts as none."""


@kernel
def route_pairs(
    graph: Graph, alive: Flags, targets: Ints, start: Ints, sources: Ints, demand: Floats, load: Floats
) -> float:
    """Load of a demand matrix by fractional ECMP; returns the demand that has no path.

    Target `targets[t]` is asked `demand[k]` by `sources[k]` for k in `start[t]:start[t + 1]` (any unit, which `load[link,
    side]` then has too). One search and one push a target. Worked: 10 from A to B over two equal paths puts 5 on each.
    Reference: interconnect model 3.1.
    """
    n = graph.start.size - 1
    distance = np.empty(n, np.int64)
    order = np.empty(n, np.int64)
    asked = np.zeros(n)
    flow = np.empty(n)
    lost = 0.0
    for t in range(targets.size):
        for k in range(start[t], start[t + 1]):
            if sources[k] != targets[t]:
                asked[sources[k]] += demand[k]
        reached = breadth_first(graph, alive, targets[t], distance, order)
        if reached == 0:
            lost += asked.sum()
        else:
            lost += push(graph, distance, order, reached, asked, flow, load)
        for k in range(start[t], start[t + 1]):
            asked[sources[k]] = 0.0
    return lost


@kernel
def collision_efficiency(flows_count: float, links_count: float) -> float:
    """Share of n equal links' rate that k hashed flows reach: mean share k/n over the expected busiest, `k/n + sqrt(2
    (k/n) ln n)`, 1 with one link. Packet spraying has 1.

    Worked: 16 flows on 16 links reach 1 / (1 + sqrt(2 ln 16)) = 0.298; 256 flows on 16 links 0.630. Reference:
    interconnect model 3.1.
    """
    if links_count <= 1.0 or flows_count <= 0.0:
        return 1.0
    mean = flows_count / links_count
    return mean / (mean + sqrt(2.0 * mean * log(links_count)))


@kernel
def hashed_shares(flows_count: Floats, group_count: Floats, cables: Floats, share: Floats) -> None:
    """Share of its rate that each row reaches when flows are hashed: `flows_count` that it carries on `cables`, and
    `group_count` as `push_grouped` leaves it. k flows choose among n = group / flows cables, of which this row has `cables`.
    """
    for i in range(flows_count.size):
        share[i] = 1.0
        if flows_count[i] > 0.0:
            among = group_count[i] / flows_count[i]
            share[i] = collision_efficiency(among * flows_count[i] / cables[i], among)


@kernel
def tightest(room_b_per_s: Floats, weight: Floats) -> tuple[float, int]:
    """How much all rates can rise together [B/s] until a link is full, and that link; infinite and -1 when none limits."""
    rise, tight = np.inf, -1
    for i in range(weight.size):
        if weight[i] > SMALL:
            here = max(0.0, room_b_per_s[i]) / weight[i]
            if here < rise:
                rise, tight = here, i
    return rise, tight


@kernel
def is_stopped(start: Ints, link: Ints, flow_row: int, room_b_per_s: Floats, capacity_b_per_s: Floats) -> bool:
    """True when a link that the flow uses is full."""
    full = False
    for k in range(start[flow_row], start[flow_row + 1]):
        full |= room_b_per_s[link[k]] <= SMALL * capacity_b_per_s[link[k]]
    return full


@kernel
def max_min_rates(start: Ints, link: Ints, share: Floats, capacity_b_per_s: Floats, rate_b_per_s: Floats) -> int:
    """Max-min fair rates of flows by progressive filling; returns how many links were filled.

    Flow f uses links `link[k]` with the fraction `share[k]` of its rate, k in `start[f]:start[f + 1]`. All rates rise
    together until a link is full; its flows keep theirs, the rest go on. A flow without links is unbounded (infinite).
    Worked: two flows over one link of 10 and one of them also over a link of 2: 2 and 8. Reference: interconnect model
    3.1.
    """
    room = capacity_b_per_s.copy()
    weight = np.zeros(room.size)
    for k in range(link.size):
        weight[link[k]] += share[k]
    rate_b_per_s[:] = np.inf
    free = np.diff(start) > 0
    level, filled = 0.0, 0
    while free.any():
        rise, tight = tightest(room, weight)
        if tight < 0:
            break
        level += rise
        filled += 1
        room -= rise * weight
        room[tight] = 0.0
        for f in range(free.size):
            if free[f] and is_stopped(start, link, f, room, capacity_b_per_s):
                rate_b_per_s[f], free[f] = level, False
                for k in range(start[f], start[f + 1]):
                    weight[link[k]] -= share[k]
    return filled


@kernel
def push_grouped(
    graph: Graph,
    distance: Ints,
    order: Ints,
    reached: int,
    demand: Floats,
    flow: Floats,
    load: Floats,
    group_count: Floats,
) -> float:
    """`fabric.push` for hashed flows: also adds to `group_count[row]` the load times the cables of all equal next hops that it
    was one of; returns demand without a path.

    `group_count / load` is then the mean number of cables that a flow had to choose among at this row. Loads are by row of the
    graph. Worked: 10 over two equal next hops of 4 cables each: loads 5 and 5, group counts 40 and 40, so 8 cables.
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
                load[k] += part
                group_count[k] += part * total
    return lost
