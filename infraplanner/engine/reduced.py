"""The fabric made small without losing anything: parallel bundles as one, single-homed machines on their switch, twins.

Twins are nodes with the same neighbours over the same cables. Traffic between two classes of twins takes the same way
whichever members talk, so that one search and one push a pair of classes tells the load of all: interior loads add up by
linearity, first and last hops are each member's own. Reference: interconnect model 3.3; exact to rounding (1e-12).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from infraplanner.kernels.fabric import Graph, breadth_first, push
from infraplanner.kernels.traffic import push_grouped
from infraplanner.kernels.twins import push_classes, push_twins

from .traffic import Demand

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


TREES_B = 8_000_000
"""Memory for searches that are kept with a reduced fabric."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A search from one target: hops of every node and the nodes in their order, as far as they were reached."""

    distance: Ints
    order: Ints
    reached: int


@dataclass(slots=True)
class Reduced:
    """One row (arc) a pair of neighbours; `row_arc` tells the arc of every row of the full graph and `row_share` its part.

    `home` is the one neighbour of a single-homed machine (-1: none). `trees` keeps searches while the graph stays.
    """

    graph: Graph
    alive: Flags
    row_arc: Ints
    row_share: Floats
    row_link: Ints
    row_side: Ints
    back: Ints
    home: Ints
    twin: Ints
    trees: dict[int, Tree] = field(default_factory=dict)
    _island: Ints | None = None

    @property
    def arcs(self) -> int:
        """How many rows a search looks at."""
        return int(self.graph.neighbour.size)

    def tree(self, target: int) -> Tree:
        """The search from a target; as many as `TREES_B` holds are kept, those of a large hall would fill a gigabyte."""
        found = self.trees.get(target)
        if found is None:
            distance, order = np.empty(self.alive.size, np.int64), np.empty(self.alive.size, np.int64)
            reached = breadth_first(self.graph, self.alive, target, distance, order)
            found = Tree(distance, order, int(reached))
            if (len(self.trees) + 1) * (distance.nbytes + order.nbytes) <= TREES_B:
                self.trees[target] = found
        return found

    def joined(self, nodes: Ints, others: Ints) -> Flags:
        """Whether each of `nodes` has a way to the one of `others` beside it: both are plugged into one part of the fabric."""
        (one, island), (other, beyond) = self._plugged(nodes), self._plugged(others)
        span = self.alive.size
        out = np.zeros(nodes.size, np.bool_)
        out[one[np.isin(one * span + island, other * span + beyond)]] = True
        return out

    def _plugged(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Rows of `nodes` with a part of the fabric that each is in or plugged into."""
        graph = self.graph
        if self._island is None:
            count = self.alive.size
            source = np.repeat(np.arange(count), np.diff(graph.start))
            inner = graph.forwards[source] & graph.forwards[graph.neighbour]
            ends = (source[inner], graph.neighbour[inner])
            links = csr_array((np.ones(ends[0].size, np.int8), ends), shape=(count, count))
            self._island = connected_components(links, directed=False)[1].astype(np.int64)
        size = np.diff(graph.start)[nodes]
        row = np.repeat(np.arange(nodes.size), size)
        arc = np.arange(row.size) - np.repeat(np.cumsum(size) - size, size) + graph.start[nodes][row]
        near = graph.neighbour[arc]
        outside = graph.forwards[near] & ~graph.forwards[nodes][row]
        within = np.flatnonzero(graph.forwards[nodes])
        row = np.concatenate([row[outside], within])
        return row, self._island[np.concatenate([near[outside], nodes[within]])]

    def own(self, node: int) -> slice:
        """Arcs that leave a node, by neighbour."""
        return slice(int(self.graph.start[node]), int(self.graph.start[node + 1]))

    def spread(self, load: Floats, links: int) -> Floats:
        """Load of arcs as load of every bundle and direction."""
        out = np.zeros((links, 2))
        held = self.row_arc >= 0
        np.add.at(out, (self.row_link[held], self.row_side[held]), load[self.row_arc[held]] * self.row_share[held])
        return out


def reduce_graph(graph: Graph, alive: Flags) -> Reduced:
    """Merge parallel rows, find single-homed machines and twins."""
    count = graph.start.size - 1
    source = np.repeat(np.arange(count), np.diff(graph.start))
    live = alive[source] & alive[graph.neighbour]
    keys = source * count + graph.neighbour
    held = keys[live]
    order = np.argsort(held, kind="stable")  # rows come grouped by node, which this sort makes use of
    fresh = np.diff(held[order], prepend=-1) != 0
    pairs = held[order][fresh]
    arc = np.empty(held.size, np.int64)
    arc[order] = np.cumsum(fresh) - 1
    weight = np.bincount(arc, graph.weight[live], pairs.size).astype(np.float64)
    row_arc = np.full(source.size, -1, np.int64)
    row_arc[live] = arc
    share = np.zeros(source.size)
    share[live] = graph.weight[live] / weight[arc]
    start = np.searchsorted(pairs, np.arange(count + 1) * count).astype(np.int64)
    ends, other = pairs // count if count else pairs, pairs % count if count else pairs
    back = np.searchsorted(pairs, other * count + ends).astype(np.int64)
    rows = np.arange(pairs.size, dtype=np.int64)
    small = Graph(start, other.astype(np.int64), rows, np.zeros(pairs.size, np.int64), graph.forwards, weight)
    home = np.full(count, -1, np.int64)
    single = np.flatnonzero((np.diff(start) == 1) & ~graph.forwards)
    up = other[start[single]]
    well = graph.forwards[up]
    home[single[well]] = up[well]
    return Reduced(small, alive, row_arc, share, graph.link, graph.side, back, home, _twins(small, home))


MIX_A, MIX_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


def _twins(graph: Graph, home: Ints) -> Ints:
    """Class of every node by its neighbours but single-homed machines, and their cables; a node without any is alone.

    Nodes are brought together by a hash of their rows and then compared row by row, so that only true twins are merged.
    """
    count = graph.start.size - 1
    out = np.arange(count, dtype=np.int64)
    source = np.repeat(out, np.diff(graph.start))
    inner = (home[graph.neighbour] < 0) & (home[source] < 0)
    near, cables, source = graph.neighbour[inner], graph.weight[inner], source[inner]
    if not source.size:
        return out
    degree = np.bincount(source, minlength=count)
    first = np.concatenate([[0], np.cumsum(degree)])
    with np.errstate(over="ignore"):
        mixed = (near.astype(np.uint64) + np.uint64(1)) * MIX_A ^ cables.view(np.uint64) * MIX_B
        mixed = (mixed ^ (mixed >> np.uint64(29))) * MIX_B
        nodes = np.flatnonzero(degree)
        sign = np.add.reduceat(mixed, first[nodes]) + graph.forwards[nodes].astype(np.uint64)
    _, lowest, group = np.unique(sign, return_index=True, return_inverse=True)
    rival = out.copy()
    rival[nodes] = nodes[lowest][group]
    same = (degree[rival] == degree) & (graph.forwards[rival] == graph.forwards)
    rows = np.flatnonzero(same[source])
    other = first[rival[source[rows]]] + rows - first[source[rows]]
    differs = (near[rows] != near[other]) | (cables[rows] != cables[other])
    same[source[rows[differs]]] = False
    out[nodes] = np.where(same[nodes], rival[nodes], nodes)
    return out


@dataclass(slots=True)
class Loads:
    """Load of every arc, the mean number of equal cables that it was one of (times load), demand without a path, and the
    pairs that have none, as `target * nodes + source`.
    """

    arc: Floats
    group: Floats
    lost: float = 0.0
    cut: set[int] = field(default_factory=set)

    def lose(self, source: Ints, target: Ints, amount: Floats, count: int) -> None:
        """There is no way for these."""
        self.lost += float(amount.sum())
        self.cut.update((target * count + source).tolist())


def route(
    small: Reduced, demand: Demand, amount: Floats, *, grouped: bool = False, stop: Callable[[], None] = lambda: None
) -> Loads:
    """Load of a demand matrix by fractional ECMP over the reduced graph; `amount` stands for the demand's own figures.

    Pairs of twin classes are routed once where that is fewer passes than one a target. Equal to `route_pairs` on the full
    graph to 1e-12. `stop` is called between passes and may raise.
    """
    count = small.alive.size
    out = Loads(np.zeros(small.arcs), np.zeros(small.arcs))
    end = np.repeat(demand.targets, np.diff(demand.start))
    dead = ~(small.alive[demand.sources] & small.alive[end])
    apart = demand.sources != end
    out.lost += float(amount[apart & dead].sum())
    keep = apart & ~dead
    begin, end, amount = demand.sources[keep], end[keep], amount[keep]
    at_source, at_target = _anchor(small, begin), _anchor(small, end)
    pair = at_target * count + at_source
    inside = at_source == at_target
    keys, where = np.unique(pair[~inside], return_inverse=True)
    total = np.bincount(where, amount[~inside], keys.size).astype(np.float64)
    _anchors(small, keys % count, keys // count, total, out, grouped=grouped, stop=stop)
    way = ~np.isin(pair, np.array(sorted(out.cut), dtype=np.int64)) if out.cut else np.ones(pair.size, np.bool_)
    _end_hops(small, begin[way], end[way], amount[way], out)
    return out


def _anchors(
    small: Reduced, source: Ints, target: Ints, amount: Floats, out: Loads, *, grouped: bool, stop: Callable[[], None]
) -> None:
    """Demand between switches, and machines that hang on several."""
    same = small.twin[source] == small.twin[target]
    _between_twins(small, source[same], target[same], amount[same], out)
    source, target, amount = source[~same], target[~same], amount[~same]
    of_target = small.twin[target]
    order = np.argsort(of_target, kind="stable")
    source, target, amount, of_target = source[order], target[order], amount[order], of_target[order]
    first = np.flatnonzero(np.diff(of_target, prepend=-1))
    for begin, end in zip(first.tolist(), np.append(first[1:], of_target.size)[: first.size].tolist(), strict=True):
        stop()
        part = slice(begin, end)
        _to_class(small, source[part], target[part], amount[part], out, grouped=grouped)


def passes(small: Reduced, demand: Demand) -> int:
    """How many pushes over the graph routing takes, at most."""
    return int(np.unique(_anchor(small, demand.targets)).size)


def classes(small: Reduced, demand: Demand) -> int:
    """How many times routing looks at whether it should stop."""
    return int(np.unique(small.twin[_anchor(small, demand.targets)]).size)


def _anchor(small: Reduced, nodes: Ints) -> Ints:
    return np.where(small.home[nodes] >= 0, small.home[nodes], nodes)


def _end_hops(small: Reduced, source: Ints, target: Ints, amount: Floats, out: Loads) -> None:
    """First and last hops of single-homed machines whose demand has a way."""
    start, back, weight = small.graph.start, small.back, small.graph.weight
    up, down = small.home[source] >= 0, small.home[target] >= 0
    for arcs, load in ((start[source[up]], amount[up]), (back[start[target[down]]], amount[down])):
        np.add.at(out.arc, arcs, load)
        np.add.at(out.group, arcs, load * weight[arcs])


def _between_twins(small: Reduced, source: Ints, target: Ints, amount: Floats, out: Loads) -> None:
    """Twins are two hops apart over every neighbour that they share and that passes traffic on."""
    cut = np.zeros(source.size, np.bool_)
    push_twins(small.graph, small.back, small.home, source, target, amount, out.arc, out.group, cut)
    if cut.any():
        out.lose(source[cut], target[cut], amount[cut], small.alive.size)


def _to_class(small: Reduced, source: Ints, target: Ints, amount: Floats, out: Loads, *, grouped: bool) -> None:
    """All demand towards the members of one class of twins."""
    members, sources = np.unique(target), small.twin[source]
    kinds = np.unique(sources)
    near = small.graph.neighbour[small.own(int(members[0]))]
    if kinds.size >= members.size or np.isin(source, near).any():
        for t in members.tolist():
            mine = target == t
            asked = np.bincount(source[mine], amount[mine], small.alive.size).astype(np.float64)
            _push(small, t, asked, out, grouped=grouped)
        return
    order = np.argsort(sources, kind="stable")
    source, target, amount, sources = source[order], target[order], amount[order], sources[order]
    first = np.append(np.searchsorted(sources, kinds), sources.size).astype(np.int64)
    total, cut = np.add.reduceat(amount, first[:-1]), np.zeros(kinds.size, np.bool_)
    goal = int(members[0])
    tree = small.tree(goal)
    push_classes(
        small.graph, small.back, small.home, tree.distance, tree.order, tree.reached, source, target, amount, first,
        total, goal, out.arc, out.group, cut,
    )  # fmt: skip
    for kind in np.flatnonzero(cut).tolist():
        part = slice(first[kind], first[kind + 1])
        out.lose(source[part], target[part], amount[part], small.alive.size)


def _push(small: Reduced, target: int, asked: Floats, out: Loads, *, grouped: bool) -> None:
    tree = small.tree(target)
    cut = np.flatnonzero((asked > 0.0) & (tree.distance < 0))
    if cut.size:
        out.lose(cut, np.full(cut.size, target), asked[cut], asked.size)
        asked[cut] = 0.0
    flow = np.empty(asked.size)
    if grouped:
        push_grouped(small.graph, tree.distance, tree.order, tree.reached, asked, flow, out.arc, out.group)
    else:
        push(small.graph, tree.distance, tree.order, tree.reached, asked, flow, out.arc[:, None])
