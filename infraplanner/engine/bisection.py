"""Cuts and disjoint paths of the drawn fabric, by maximum flow over its cables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def edges(compiled: Compiled, failed: frozenset[str] = frozenset()) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Both ends of every drawn bundle and light path in service, as nodes, the bundle, its cables and their rate [bit/s]."""
    graph, alive = bind.graph(compiled, failed), alive_nodes(compiled, failed)
    first = graph.side == 0
    source = np.repeat(np.arange(graph.start.size - 1), np.diff(graph.start))
    # A bundle is met from both ends; one of them is enough, and which of a light path's two halves it is does not matter.
    keep = first & alive[source] & alive[graph.neighbour]
    rate = compiled.tables["links"]["rate_bps"][graph.link]
    return source[keep], graph.neighbour[keep], graph.link[keep], graph.weight[keep], (rate * graph.weight)[keep]


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


@dataclass(frozen=True, slots=True)
class Net:
    """What is drawn and in service, as edges: both ends, bundle, cables and rate [bit/s] of each; which nodes are hosts,
    and the rate that is plugged into each node.
    """

    count: int
    source: Ints
    target: Ints
    link: Ints
    cables: Floats
    rate_bps: Floats
    forwards: Flags
    hosting: Flags
    ports_bps: Floats

    def cut(self, left: Ints, right: Ints) -> Cut:
        """Bandwidth between the hosts among two sets of nodes, given in rising order."""
        one, other = (nodes[self.hosting[nodes] & (self.ports_bps[nodes] > 0.0)] for nodes in (left, right))
        asked = min(float(self.ports_bps[one].sum()), float(self.ports_bps[other].sum()))
        through = flow(self.count, self.source, self.target, self.rate_bps, one, other, GIGA)
        return Cut(through, asked, one.size, other.size)

    def matrix(self, weight: Floats | None = None) -> csr_array:
        """The edges both ways as a sparse matrix."""
        values = np.ones(self.source.size) if weight is None else weight
        ends = (np.concatenate([self.source, self.target]), np.concatenate([self.target, self.source]))
        return csr_array((np.concatenate([values, values]), ends), shape=(self.count, self.count))

    def distance(self, hosts: Ints) -> Ints:
        """Hops of every node from the nearest host; -1 where there is no way."""
        out = np.full(self.count, -1, np.int64)
        out[hosts] = 0
        rows, edge = hosts, self.matrix()
        for hop in range(1, self.count):
            seen = np.zeros(self.count)
            seen[rows] = 1.0
            rows = np.flatnonzero((edge @ seen > 0.0) & (out < 0))
            if not rows.size:
                break
            out[rows] = hop
        return out


def net_of(compiled: Compiled, failed: frozenset[str] = frozenset()) -> Net:
    """The drawn fabric without what failed. Nodes that forward are no hosts, but for machines of a torus."""
    net = compiled.network
    source, target, link, cables, rate = edges(compiled, failed)
    count = net.graph_start.size - 1
    ports = (np.bincount(source, rate, count) + np.bincount(target, rate, count)).astype(np.float64)
    hosting = ~net.forwards
    hosting[machines(compiled)] = True
    return Net(count, source, target, link, cables, rate, net.forwards, hosting, ports)


MODE_STEPS = 80
MODE_SEED = 20_260_402


def slowest_mode(net: Net, stop: Callable[[], None] = lambda: None) -> Floats:
    """A vector that tells the two halves of a graph apart that are joined least: close to the second eigenvector of its
    random walk, by power iteration from a fixed start.
    """
    weight = net.matrix(net.rate_bps)
    degree = np.maximum(weight.sum(axis=1), 1.0)
    steady = degree / degree.sum()
    vector = np.random.default_rng(MODE_SEED).standard_normal(net.count)
    for _ in range(MODE_STEPS):
        stop()
        vector = 0.5 * (vector + (weight @ vector) / degree)  # half a step keeps two-sided graphs from swinging
        vector -= float(steady @ vector)
        vector /= max(1e-300, float(np.abs(vector).max()))
    return vector


def cut(compiled: Compiled, left: Sequence[int], right: Sequence[int], failed: frozenset[str] = frozenset()) -> Cut:
    """Bandwidth between the hosts among two sets of nodes; switches stand on whichever side gives the least (a true
    minimum cut).
    """
    return net_of(compiled, failed).cut(*(np.array(sorted(set(nodes)), dtype=np.int64) for nodes in (left, right)))


def disjoint_paths(compiled: Compiled, a: int, b: int, failed: frozenset[str] = frozenset()) -> int:
    """How many ways lead from one node to another that share no cable (Menger): 1 means that one cable parts them."""
    source, target, _, cables, _ = edges(compiled, failed)
    count = compiled.network.graph_start.size - 1
    return round(flow(count, source, target, cables, np.array([a]), np.array([b]), 1.0))


def machines(compiled: Compiled) -> Ints:
    """Nodes with accelerators that carry a cable, in plan order."""
    bodies, net = compiled.bodies, compiled.network
    mine = np.flatnonzero((bodies.accelerator_count > 0.0) & (bodies.rack >= 0))
    nodes = np.where(net.linked[bodies.node[mine]], bodies.node[mine], bodies.rack[mine])
    found: Ints = np.unique(nodes[net.linked[nodes]]).astype(np.int64)
    return found


def machines_in(compiled: Compiled, failed: frozenset[str] = frozenset()) -> Ints:
    """Those of them in service."""
    nodes = machines(compiled)
    hosts: Ints = nodes[alive_nodes(compiled, failed)[nodes]]
    return hosts


def halves(compiled: Compiled, failed: frozenset[str] = frozenset()) -> Cut | None:
    """The cut between the two halves of all machines with accelerators, in plan order; None with fewer than two."""
    hosts = machines_in(compiled, failed)
    if hosts.size < 2:
        return None
    half = hosts.size // 2
    return cut(compiled, hosts[:half].tolist(), hosts[half : 2 * half].tolist(), failed)
