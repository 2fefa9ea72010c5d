"""Cuts and disjoint paths of the drawn fabric, by maximum flow over its cables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from infraplanner.compile.plan import Compiled
from infraplanner.units import GIGA

from . import bind
from .routes import alive_nodes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
STEPS_MAX = 2**31 - 2
"""scipy's flow is made of 32-bit integers."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Bandwidth between two sides in one direction [bit/s], host ports on the smaller side, and how many stand on each."""

    bandwidth_bps: float
    asked_bps: float
    left_count: int
    right_count: int

    @property
    def share(self) -> float | None:
        """Bandwidth over what the smaller side's hosts can send; None without hosts on both sides."""
        return self.bandwidth_bps / self.asked_bps if self.asked_bps > 0.0 else None


def edges(compiled: Compiled, failed: frozenset[str] = frozenset()) -> tuple[Ints, Ints, Floats, Floats]:
    """Both ends of every drawn bundle and light path in service, as nodes, its cables and their rate [bit/s]."""
    graph, alive = bind.graph(compiled, failed), alive_nodes(compiled, failed)
    first = graph.side == 0
    source = np.repeat(np.arange(graph.start.size - 1), np.diff(graph.start))
    # A bundle is met from both ends; one of them is enough, and which of a light path's two halves it is does not matter.
    keep = first & alive[source] & alive[graph.neighbour]
    rate = compiled.tables["links"]["rate_bps"][graph.link]
    return source[keep], graph.neighbour[keep], graph.weight[keep], (rate * graph.weight)[keep]


def flow(count: int, source: Ints, target: Ints, capacity: Floats, left: Ints, right: Ints, unit: float) -> float:
    """Most flow from the nodes `left` to the nodes `right` over undirected edges, in the unit of `capacity`.

    Capacities are rounded to whole multiples of `unit`. Exact by Dinic's algorithm on integers.
    """
    steps = np.rint(capacity / unit).astype(np.int64)
    if not left.size or not right.size or not steps.size:
        return 0.0
    whole = int(steps.sum())
    # The total may not pass 32 bits; coarser steps then.
    coarse = max(1, -(-whole // STEPS_MAX))
    steps //= coarse
    own = np.bincount(source, steps, count) + np.bincount(target, steps, count)
    inflow, outflow = own[left], own[right]
    rows = np.concatenate([source, target, np.full(left.size, count), right])
    columns = np.concatenate([target, source, left, np.full(right.size, count + 1)])
    values = np.concatenate([steps, steps, inflow, outflow]).astype(np.int32)
    graph = csr_array((values, (rows, columns)), shape=(count + 2, count + 2), dtype=np.int32)
    graph.sum_duplicates()
    graph.eliminate_zeros()
    graph = csr_array((graph.data, graph.indices.astype(np.int32), graph.indptr.astype(np.int32)), shape=graph.shape)
    return float(maximum_flow(graph, count, count + 1).flow_value) * unit * coarse


def cut(compiled: Compiled, left: Sequence[int], right: Sequence[int], failed: frozenset[str] = frozenset()) -> Cut:
    """Bandwidth between the hosts among two sets of nodes; switches stand on whichever side gives the least (a true
    minimum cut). Nodes that forward are no hosts, but for machines of a torus.
    """
    net = compiled.network
    source, target, _, rate = edges(compiled, failed)
    count = net.graph_start.size - 1
    ports = np.bincount(source, rate, count) + np.bincount(target, rate, count)

    hosting = ~net.forwards
    hosting[machines(compiled)] = True

    def hosts(nodes: Sequence[int]) -> Ints:
        chosen = np.array(sorted(set(nodes)), dtype=np.int64)
        return chosen[hosting[chosen] & (ports[chosen] > 0.0)] if chosen.size else chosen

    one, other = hosts(left), hosts(right)
    asked = min(float(ports[one].sum()), float(ports[other].sum()))
    return Cut(flow(count, source, target, rate, one, other, GIGA), asked, one.size, other.size)


def disjoint_paths(compiled: Compiled, a: int, b: int, failed: frozenset[str] = frozenset()) -> int:
    """How many ways lead from one node to another that share no cable (Menger): 1 means that one cable parts them."""
    source, target, cables, _ = edges(compiled, failed)
    count = compiled.network.graph_start.size - 1
    return round(flow(count, source, target, cables, np.array([a]), np.array([b]), 1.0))


def machines(compiled: Compiled) -> Ints:
    """Nodes with accelerators that carry a cable, in plan order."""
    bodies, net = compiled.bodies, compiled.network
    mine = np.flatnonzero((bodies.accelerator_count > 0.0) & (bodies.rack >= 0))
    nodes = np.where(net.linked[bodies.node[mine]], bodies.node[mine], bodies.rack[mine])
    found: Ints = np.unique(nodes[net.linked[nodes]]).astype(np.int64)
    return found


def halves(compiled: Compiled, failed: frozenset[str] = frozenset()) -> Cut | None:
    """The cut between the two halves of all machines with accelerators, in plan order; None with fewer than two."""
    nodes = machines(compiled)
    hosts = nodes[alive_nodes(compiled, failed)[nodes]]
    if hosts.size < 2:
        return None
    half = hosts.size // 2
    return cut(compiled, hosts[:half].tolist(), hosts[half : 2 * half].tolist(), failed)
