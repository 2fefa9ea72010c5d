"""What stands behind the pumps and fans of a plan when the grid fails: stores, a generator that has to start, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.chain import UPS_KINDS
from infraplanner.compile.sources import STORE_KINDS
from infraplanner.results.ride import Backing

from .supply import CARRIES_W
from .workspace import Workspace

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Backed:
    """One row a cooling unit: whether a live feed is drawn to it, whether a UPS, a store or an own source that already
    carries stands on its way, and the soonest
    start of an own source that reaches it [s]; infinity without one."""

    drawn: Flags
    rides: Flags
    start_s: NDArray[np.float64]


def backed_units(space: Workspace) -> Backed:
    """Walk the power tree from its sources down to every unit."""
    compiled = space.compiled
    assert compiled is not None
    chain, sources, power = compiled.chain, compiled.sources, compiled.tables["power"]
    parts, live = compiled.parts, space.flows.live
    kinds = [parts.power[code].power_kind if code >= 0 else "" for code in power["unit"].tolist()]
    bridges = np.array([kind in UPS_KINDS or kind in STORE_KINDS for kind in kinds], dtype=np.bool_) & live
    start = np.full(len(power), np.inf)
    own = live[sources.row] & ~sources.utility & ~sources.store
    waits = own & np.isfinite(sources.start_s)
    start[sources.row[waits]] = sources.start_s[waits]
    bridges[sources.row[own & (space.flows.out_w[sources.row] > CARRIES_W)]] = True
    drawn = live.copy()
    for node in chain.order[::-1].tolist():  # sources first: what reaches a node reaches all beneath it
        above = chain.feed_source[chain.feed_start[node] : chain.feed_start[node + 1]]
        above = above[live[above]]
        if above.size and live[node]:
            bridges[node] |= bool(bridges[above].any())
            start[node] = min(start[node], float(start[above].min()))
    racks, units = len(compiled.tables["racks"]), len(compiled.tables["cooling"])
    out = Backed(np.zeros(units, np.bool_), np.zeros(units, np.bool_), np.full(units, np.inf))
    for unit in range(units):
        above = chain.load_source[chain.load_start[racks + unit] : chain.load_start[racks + unit + 1]]
        above = above[drawn[above]]
        if above.size:
            out.drawn[unit] = True
            out.rides[unit] = bool(bridges[above].any())
            out.start_s[unit] = float(start[above].min())
    return out


def backing(backed: Backed, units: Ints, restart_s: float) -> Backing:
    """What holds for these units together."""
    known = units[backed.drawn[units]]
    if not known.size:
        return Backing("unknown", 0, int(units.size), None)
    riding = int(backed.rides[known].sum())
    stopped = known[~backed.rides[known]]
    start = float(backed.start_s[stopped].min()) if stopped.size else 0.0
    back = start + restart_s if stopped.size and np.isfinite(start) else None
    state = "ride" if riding == units.size else "part" if riding else "stop"
    return Backing(state, riding, int(units.size), back)  # type: ignore[arg-type]


def words(found: Backing, what: str) -> str:
    """One clause for a note: "the 2 pumps run on, fed through a UPS, battery or own source"."""
    if found.state == "unknown":
        return f"what feeds the {found.units} {what} is not drawn"
    if found.state == "ride":
        return f"when the grid fails the {found.units} {what} run on, fed through a UPS, battery or own source"
    back = (
        "for good, no own source reaches them"
        if found.back_s is None
        else f"for {found.back_s:.0f} s, until a generator runs"
    )
    if found.state == "part":
        return f"when the grid fails {found.riding} of {found.units} {what} run on through a UPS or battery, the others stop {back}"
    return f"when the grid fails the {found.units} {what} stop {back}"
