"""Traffic between classes of twins: one search and one push tell the loads of all of their members."""

from __future__ import annotations

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints
from .fabric import Graph


@kernel
def pass_unit(
    graph: Graph, back: Ints, home: Ints, distance: Ints, order: Ints, reached: int, begin: int, goal: int, weight: float,
    flow: Floats, leave_frac: Floats, arrive_frac: Floats, load: Floats, group_count: Floats,
) -> None:  # fmt: skip
    """Send a unit from `begin` to the goal of a search by fractional ECMP, and add `weight` of it to rows in between.

    What leaves the one and enters the other goes to row 0 of `leave_frac` and `arrive_frac`, by neighbour in their order
    without single-homed machines (`home`), times the cables of equal next hops to row 1.
    """
    flow[:] = 0.0
    flow[begin] = 1.0
    for j in range(reached - 1, 0, -1):
        v = order[j]
        if flow[v] == 0.0:
            continue
        cables = 0.0
        for k in range(graph.start[v], graph.start[v + 1]):
            u = graph.neighbour[k]
            if distance[u] == distance[v] - 1 and (graph.forwards[u] or distance[u] == 0):
                cables += graph.weight[k]
        inner = 0
        for k in range(graph.start[v], graph.start[v + 1]):
            u = graph.neighbour[k]
            if distance[u] == distance[v] - 1 and (graph.forwards[u] or distance[u] == 0):
                part = flow[v] * graph.weight[k] / cables
                flow[u] += part
                if v == begin and home[u] < 0:
                    leave_frac[0, inner], leave_frac[1, inner] = part, part * cables
                elif u == goal and home[v] < 0:
                    at = inner_before(graph, home, goal, back[k])
                    arrive_frac[0, at], arrive_frac[1, at] = part, part * cables
                else:
                    load[k] += weight * part
                    group_count[k] += weight * (part * cables)
            if home[u] < 0:
                inner += 1


@kernel
def inner_before(graph: Graph, home: Ints, node: int, row: int) -> int:
    """How many neighbours that are no single-homed machines a node has before one of its rows."""
    count = 0
    for k in range(graph.start[node], row):
        if home[graph.neighbour[k]] < 0:
            count += 1
    return count


@kernel
def share_out(
    graph: Graph, back: Ints, home: Ints, outward: bool, ends: Ints, demand: Floats, flow: Floats, end_frac: Floats, load: Floats,
    group_count: Floats,
) -> None:  # fmt: skip
    """First hops of twins (`outward`) or last ones: each one's demand by the shares of one of them. `flow` is scratch of zeros
    by node and stays so.
    """
    for i in range(ends.size):
        flow[ends[i]] += demand[i]
    for i in range(ends.size):
        v = ends[i]
        if flow[v] != 0.0:  # else told already
            inner = 0
            for k in range(graph.start[v], graph.start[v + 1]):
                if home[graph.neighbour[k]] < 0:
                    row = k if outward else back[k]
                    load[row] += flow[v] * end_frac[0, inner]
                    group_count[row] += flow[v] * end_frac[1, inner]
                    inner += 1
            flow[v] = 0.0


@kernel
def push_classes(
    graph: Graph, back: Ints, home: Ints, distance: Ints, order: Ints, reached: int, source: Ints, target: Ints,
    demand: Floats, first: Ints, class_demand: Floats, goal: int, load: Floats, group_count: Floats, cut: Flags,
) -> None:  # fmt: skip
    """Load of demand towards the members of one class of twins, from others; rows `first[c]:first[c + 1]` come from the
    members of one class each, `class_demand[c]` together. Adds to `load` and `group_count` (see `push_grouped`) by row of
    the graph, and marks in `cut` those classes that have no way.

    `goal` is the member that the search (`distance`, `order`, `reached`) is of. A unit goes from one member to the goal;
    interior rows carry it times the total, first and last ones what each member sends and gets. `back` is the row of the
    other direction, `home` the one neighbour of a single-homed machine (-1 none), to which no twin's traffic goes.
    Worked: two twins that send 3 and 5 over one switch load their own rows with 3 and 5 and those behind with 8.
    """
    nodes, most = graph.start.size - 1, 0
    flow, own = np.zeros(nodes), np.zeros(nodes)
    for v in range(nodes):
        most = max(most, graph.start[v + 1] - graph.start[v])
    leave_frac, arrive_frac = np.empty((2, most)), np.empty((2, most))
    for c in range(class_demand.size):
        begin, end = first[c], first[c + 1]
        if distance[source[begin]] < 0:
            cut[c] = True
            continue
        leave_frac[:] = 0.0
        arrive_frac[:] = 0.0
        pass_unit(
            graph, back, home, distance, order, reached, source[begin], goal, class_demand[c], flow, leave_frac,
            arrive_frac, load, group_count,
        )  # fmt: skip
        for side in range(2):  # a written-out True and False would be compiled apart
            outward = side == 0
            ends, share = (source, leave_frac) if outward else (target, arrive_frac)
            share_out(graph, back, home, outward, ends[begin:end], demand[begin:end], own, share, load, group_count)


@kernel
def push_twins(
    graph: Graph, back: Ints, home: Ints, source: Ints, target: Ints, demand: Floats, load: Floats,
    group_count: Floats, cut: Flags,
) -> None:  # fmt: skip
    """Load of demand between twins: two hops over every neighbour that they share and that passes traffic on, in
    proportion to cables. Adds to `load` and `group_count` by row of the graph, and marks rows of the demand without a way.

    A hop into a twin's own single-homed machine is no way. Worked: 6 over two shared switches of one cable each is 3 up and
    3 down on either.
    """
    for row in range(source.size):
        s, t = source[row], target[row]
        total = 0.0
        for k in range(graph.start[s], graph.start[s + 1]):
            near = graph.neighbour[k]
            if graph.forwards[near] and home[near] < 0:
                total += graph.weight[k]
        if total <= 0.0:
            cut[row] = True
            continue
        j = graph.start[t]
        for k in range(graph.start[s], graph.start[s + 1]):
            near = graph.neighbour[k]
            if graph.forwards[near] and home[near] < 0:
                part = demand[row] * graph.weight[k] / total
                load[k] += part
                group_count[k] += part * total
                while graph.neighbour[j] < near:  # both in rising order
                    j += 1
                last = back[j]
                load[last] += part
                group_count[last] += part * graph.weight[last]
