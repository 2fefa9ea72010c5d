"""Every single failure of the power tree at the present load and at nameplate, and the redundancy that follows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.chain import group
from infraplanner.compile.table import Table
from infraplanner.kernels.legs import LegFlows, start_legs
from infraplanner.kernels.outages import FedBy, Outages, run_outages
from infraplanner.kernels.power import Chain, Flows, drop, energise, sweep
from infraplanner.results.outages import OutageResult, Redundancy

from . import bind
from .kept import keep
from .rack_supplies import supply_classes
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NAMED = ((0.5, "2N"), (2.0 / 3.0, "3N/2"), (0.75, "4N/3"))
PASSES, SETTLED_FRAC = 8, 1e-9
"""Passes of voltages and temperatures of the conductors with nothing failed."""
CHUNK = 64
"""Failures between two looks at whether a newer edit has come."""


def outages_of(space: Workspace, pause: Callable[[], None] = lambda: None) -> OutageResult:
    """The single failures of the frame in force; those found before while document and frame are the same."""
    draw, alive = space.draw, space.alive
    arrays = (space.load_w, draw.body_w, draw.nameplate_w, alive.node, alive.powered)
    held = space.kept.get("outages")
    if held is None or not held.holds(space, (), arrays):
        held = space.kept["outages"] = keep(space, (), arrays, outage_result(space, pause))
    found: OutageResult = held.value
    return found


def outage_result(space: Workspace, pause: Callable[[], None] = lambda: None) -> OutageResult:
    """Fail every live node that is no load's own, one at a time; a node of several units loses one of them. Once at the
    present load and once with every rack at its nameplate; conductors lose what their current says. Limits are the
    nodes' ratings.
    """
    compiled = space.compiled
    assert compiled is not None
    supplies = supply_classes(compiled, space.draw.body_w)
    table = compiled.tables["power"]
    if not len(table):
        return OutageResult(supplies=supplies)
    present = _Trial(space, space.load_w)
    cases = np.flatnonzero(present.before.live).astype(np.int64)
    now = present.fail(cases, pause)
    most = _Trial(space, nameplate_load(space)).fail(cases, pause)
    return OutageResult(
        case_ids=tuple(table.ids[row] for row in cases.tolist()),
        case_unit=tuple((table["units"][cases] > 1.0).tolist()),
        case_unserved_w=now.unserved_w,
        case_dark=now.dark,
        case_single=now.single,
        case_overloaded=now.overloaded,
        case_worst=_named(table, now.worst_node),
        case_worst_frac=now.worst_frac,
        case_nameplate_unserved_w=most.unserved_w,
        case_nameplate_overloaded=most.overloaded,
        case_nameplate_worst=_named(table, most.worst_node),
        case_nameplate_worst_frac=most.worst_frac,
        supplies=supplies,
        schemes=_schemes(space, present.before.out_w, now, most, cases),
    )


def nameplate_load(space: Workspace) -> Floats:
    """Every rack that runs at the most it may draw under its cap, cooling units in proportion [W]."""
    compiled = space.compiled
    assert compiled is not None
    racks = len(compiled.tables["racks"])
    caps = np.minimum(1.0, compiled.tables["racks"]["cap_frac"])
    load = space.load_w.copy()
    most = np.where(space.alive.powered, np.nan_to_num(space.draw.nameplate_w) * caps, 0.0)
    load[:racks] = np.maximum(load[:racks], most)
    now = float(space.load_w[:racks].sum())
    load[racks:] *= float(load[:racks].sum()) / now if now > 0.0 else 1.0
    return load


class _Trial:
    """A swept state with nothing failed beyond the what-if at hand, and what single failures change in it."""

    def __init__(self, space: Workspace, load_w: Floats) -> None:
        compiled = space.compiled
        assert compiled is not None
        chain = bind.chain(compiled)
        self.chain = chain._replace(
            rating_w=chain.rating_w.copy(), units_count=chain.units_count.copy(), give_w=chain.give_w.copy()
        )
        self.legs, self.load_w, self.alive = bind.legs(compiled), load_w, space.alive.node.copy()
        self.limit_w = compiled.tables["power"]["rating_w"].copy()
        nodes, loads, rows = self.limit_w.size, load_w.size, self.legs.cold_ohm.size
        self.before, self.trial = _flows(nodes, loads, chain), _flows(nodes, loads, chain)
        self.state = bind.buffers(LegFlows, leg=rows, node=nodes)
        start_legs(self.legs, self.state)
        energise(self.chain, self.alive, self.before)
        for _ in range(PASSES if rows else 1):
            sweep(self.chain, self.legs, load_w, self.before, self.state)
            if not rows or drop(self.chain, self.legs, self.before, self.state) <= SETTLED_FRAC:
                break

    def fail(self, cases: Ints, pause: Callable[[], None]) -> Outages:
        """Every case, with a look between chunks at whether to go on."""
        out = _outages(cases.size, self.limit_w.size)
        fed_by = loads_by_node(self.chain)
        seen = np.zeros(self.load_w.size, np.int64)
        kept = LegFlows._make(array.copy() for array in self.state)
        for first in range(0, cases.size, CHUNK):
            pause()
            run_outages(
                self.chain, self.legs, self.alive, self.load_w, self.limit_w, fed_by, self.before, self.trial,
                self.state, kept, cases, first, min(cases.size, first + CHUNK), seen, out,
            )  # fmt: skip
        return out


def _named(table: Table, rows: Ints) -> tuple[str, ...]:
    """Ids of nodes; an empty text for none."""
    return tuple(table.ids[row] if row >= 0 else "" for row in rows.tolist())


def loads_by_node(chain: Chain) -> FedBy:
    """The loads behind every node, and the islands of the graph: nodes joined by feeds or by a load on several of them."""
    nodes, loads = chain.feed_start.size - 1, chain.load_start.size - 1
    owner = np.repeat(np.arange(loads), np.diff(chain.load_start))
    start, rows = group(chain.load_source, nodes)
    child = np.repeat(np.arange(nodes), np.diff(chain.feed_start))
    # Two feeds of one load join the nodes that they come from.
    joined = np.flatnonzero(owner[1:] == owner[:-1])
    a = np.concatenate([chain.feed_source, chain.load_source[joined]])
    b = np.concatenate([child, chain.load_source[joined + 1]])
    island = np.arange(nodes)
    while a.size:
        low = np.minimum(island[a], island[b])
        before = island.copy()
        np.minimum.at(island, a, low)
        np.minimum.at(island, b, low)
        island = island[island]
        if np.array_equal(island, before):
            break
    _, numbers = np.unique(island, return_inverse=True)
    island_start, members = group(numbers[chain.order], int(numbers.max(initial=-1)) + 1)
    return FedBy(start, owner[rows], numbers.astype(np.int64), island_start, chain.order[members])


def _flows(nodes: int, loads: int, chain: Chain) -> Flows:
    feeds = chain.feed_source.size + chain.load_source.size
    return bind.buffers(Flows, served=loads, side=loads, fed=loads, part=feeds, **{"": nodes})


def _outages(cases: int, nodes: int) -> Outages:
    return bind.buffers(Outages, peak=nodes, **{"": cases})


def _schemes(space: Workspace, out_w: Floats, found: Outages, most: Outages, cases: Ints) -> tuple[Redundancy, ...]:
    """Redundancy of every group of alike nodes: same part, same rating, fed by and feeding the same kinds of things."""
    compiled = space.compiled
    assert compiled is not None
    table = compiled.tables["power"]
    lost = np.zeros(len(table))
    lost[cases] = found.unserved_w
    children = _fed_nodes(compiled.chain.feed_start, compiled.chain.feed_source, len(table))
    groups: dict[tuple[int, float], list[int]] = {}
    for row in cases.tolist():
        groups.setdefault((int(table["unit"][row]), float(table["rating_w"][row])), []).append(row)
    schemes = []
    for (code, rating), rows in sorted(groups.items(), key=lambda item: item[1][0]):
        kind = compiled.parts.power[code].power_kind if code >= 0 else ""
        members = np.array(rows)
        carried = out_w[members] > 0.0
        with np.errstate(all="ignore"):
            growth = np.where(carried, found.peak_w[members] / out_w[members], np.nan)
        limit = 1.0 / float(np.nanmax(growth)) if carried.any() else 1.0
        peak, top = float(found.peak_w[members].max()), float(most.peak_w[members].max())
        schemes.append(
            Redundancy(
                scheme=_name(table, children, rows, carried, growth, bool((lost[members] > 0.0).any()), limit),
                kind=kind,
                ids=tuple(table.ids[row] for row in rows),
                limit_frac=limit,
                after_frac=peak / rating if rating > 0.0 else None,
                after_nameplate_frac=top / rating if rating > 0.0 else None,
            )
        )
    return tuple(schemes)


def _name(
    table: Table,
    children: list[frozenset[int]],
    rows: list[int],
    carried: Flags,
    growth: Floats,
    loses: bool,
    limit: float,
) -> str:
    """What engineers call it."""
    spare = int(table["spare"][rows].min())
    if spare > 0 and (table["units"][rows] > 1.0).all():
        return f"N+{spare}"
    if not carried.any():
        return "spare"
    if not carried.all():
        return "block redundant"
    if loses or limit > 1.0 - 1e-9:
        return "N"
    if len(rows) > 1 and children[rows[0]] and len({children[row] for row in rows}) == 1:
        return f"N+1 of {len(rows)}"
    if np.ptp(growth) < 0.05:
        for share, name in NAMED:  # fixed losses of what fails with a node make it a little more than the textbook's
            if -1e-3 < limit - share < 0.06:
                return name
    return "distributed"


def _fed_nodes(start: Ints, source: Ints, nodes: int) -> list[frozenset[int]]:
    """Nodes that each node feeds."""
    found: list[set[int]] = [set() for _ in range(nodes)]
    target = np.repeat(np.arange(nodes), np.diff(start))
    for parent, child in zip(source.tolist(), target.tolist(), strict=True):
        found[parent].add(child)
    return [frozenset(each) for each in found]
