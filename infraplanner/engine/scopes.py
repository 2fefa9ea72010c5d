"""The four walls of every rack, so that a row, a pool or a selection can be judged by itself."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plant import AIR
from infraplanner.results.slopes import Places
from infraplanner.results.snapshot import FabricResult, PowerResult, ThermalResult, ThroughputResult

from .jobs import JobCase, memory_frac
from .walls import head_used, node_use
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOWHERE, ITSELF = -2, -1
"""Nothing is known, and the rack itself."""


class RackWalls(NamedTuple):
    """Use of each wall by rack (1 = at the limit, NaN unknown), and what fills it there; see `Places`."""

    used: dict[str, Floats]
    places: Places


def rack_walls(
    space: Workspace,
    power: PowerResult,
    thermal: ThermalResult,
    fabric: FabricResult,
    throughput: ThroughputResult,
    jobs: tuple[JobCase, ...] = (),
) -> RackWalls:
    """The four walls of every rack.

    power: the fullest node that it hangs on, up to the grid | memory: the pool or job that its accelerators belong to |
    thermal: its inlet air, its chips, and the fullest unit of its loop, of its hall's air and of the loops behind them |
    copper: its fullest link, by load and by reach.
    """
    compiled = space.compiled
    assert compiled is not None
    count = len(compiled.tables["racks"])
    with np.errstate(all="ignore"):
        found = {
            "power": _power(space, power, count),
            "memory": _memory(space, throughput, jobs, count),
            "thermal": _thermal(space, thermal, count),
            "copper": _copper(space, fabric, count),
        }
    rows = {wall: row for wall, (_, row) in found.items()}
    return RackWalls({wall: used for wall, (used, _) in found.items()}, Places(rows, *_shares(space)))


def _shares(space: Workspace) -> tuple[Ints, Ints, Floats]:
    """Pairs of rack and pool, and the share of the pool's powered accelerators that stand in the rack."""
    compiled = space.compiled
    assert compiled is not None
    bodies, pools = compiled.bodies, len(compiled.tables["pools"])
    here = (bodies.rack >= 0) & (bodies.pool >= 0) & (bodies.accelerator_count > 0.0)
    here[here] &= space.alive.powered[bodies.rack[here]]
    pairs, pair = np.unique(bodies.rack[here] * pools + bodies.pool[here], return_inverse=True)
    counts = np.bincount(pair, bodies.accelerator_count[here], pairs.size)
    rack, pool = np.divmod(pairs, max(pools, 1))
    total = np.bincount(pool, counts, pools)
    return rack, pool, counts / total[pool]


def _fullest(target: Ints, values: Floats, source: Ints, count: int) -> tuple[Floats, Ints]:
    """For each of `count` targets the largest of the values that point at it, and its source, of equal ones the first; NaN
    and -2 where none does.
    """
    known = (target >= 0) & np.isfinite(values)
    if not known.all():
        target, values, source = target[known], values[known], source[known]
    used, row = np.full(count, -np.inf), np.full(count, np.iinfo(np.int64).max)
    np.maximum.at(used, target, values)
    first = values == used[target]
    np.minimum.at(row, target[first], source[first])
    empty = np.isneginf(used)
    used[empty], row[empty] = np.nan, NOWHERE
    return used, row


def _larger(first: tuple[Floats, Ints], second: tuple[Floats, Ints]) -> tuple[Floats, Ints]:
    """Of two findings by rack the larger."""
    beyond = np.isnan(first[0]) | (second[0] > first[0])
    beyond &= np.isfinite(second[0])
    return np.where(beyond, second[0], first[0]), np.where(beyond, second[1], first[1])


def _power(space: Workspace, power: PowerResult, count: int) -> tuple[Floats, Ints]:
    compiled = space.compiled
    assert compiled is not None
    feeds = compiled.tables["feeds"]
    source, target = feeds["source@power"], feeds["target@racks"]
    used = node_use(space, power)
    between = feeds["target@power"]
    nodes = _downstream((used, np.arange(used.size)), source, between)
    return _taken(nodes, source, target, count)


def _taken(found: tuple[Floats, Ints], source: Ints, target: Ints, count: int) -> tuple[Floats, Ints]:
    """What the targets of some edges find at their sources."""
    edges = (source >= 0) & (target >= 0)
    source, target = source[edges], target[edges]
    used, row = found
    return _fullest(target, used[source], row[source], count)


def _downstream(found: tuple[Floats, Ints], source: Ints, target: Ints) -> tuple[Floats, Ints]:
    """Each node with the largest of itself and all that it hangs on, along edges from source to target."""
    edges = (source >= 0) & (target >= 0)
    source, target = source[edges], target[edges]
    for _ in range(found[0].size):
        above = _fullest(target, found[0][source], found[1][source], found[0].size)
        if not (above[0] > found[0]).any() and not (np.isnan(found[0]) & np.isfinite(above[0])).any():
            break
        found = _larger(found, above)
    return found


def _memory(
    space: Workspace, throughput: ThroughputResult, jobs: tuple[JobCase, ...], count: int
) -> tuple[Floats, Ints]:
    compiled = space.compiled
    assert compiled is not None
    used = np.array(
        [
            np.nan if pool.memory_used_frac is None else max(pool.memory_used_frac, pool.memory_time_frac or 0.0)
            for pool in throughput.pools
        ]
        + [np.nan]
    )
    for job in jobs:
        row = compiled.tables["pools"].index[job.job.pool]
        used[row] = np.fmax(used[row], memory_frac(job))
    bodies = compiled.bodies
    held = (bodies.rack >= 0) & (bodies.pool >= 0)
    if len(used) < 2:
        return np.full(count, np.nan), np.full(count, NOWHERE)
    return _fullest(bodies.rack[held], used[bodies.pool[held]], bodies.pool[held], count)


def _thermal(space: Workspace, thermal: ThermalResult, count: int) -> tuple[Floats, Ints]:
    compiled = space.compiled
    assert compiled is not None
    racks, cooling = compiled.tables["racks"], compiled.tables["cooling"]
    own = np.fmax(*head_used(space, thermal))
    found = own, np.where(np.isfinite(own), ITSELF, NOWHERE)
    units = np.fmax(thermal.unit_load_frac, thermal.unit_flow_frac), np.arange(len(cooling))
    loop, feeding, everywhere = cooling["loop@loops"], cooling["source_loop@loops"], np.arange(len(cooling))
    by_loop = _fullest(loop, *units, len(compiled.tables["loops"]))
    by_loop = _downstream(by_loop, feeding, loop)
    units = _larger(units, _taken(by_loop, feeding, everywhere, len(cooling)))
    at_hall = np.where(compiled.plant.kind == AIR, cooling["hall@halls"], -1)
    by_hall = _taken(units, everywhere, at_hall, len(compiled.tables["halls"]))
    breathing = np.where(thermal.rack_air_w > 0.0, racks["hall@halls"], -1)
    for at, (used, row) in ((breathing, by_hall), (racks["loop@loops"], by_loop)):
        if used.size:
            there = np.where(at >= 0, used[at], np.nan), np.where(at >= 0, row[at], NOWHERE)
            found = _larger(found, there)
    return found


def _copper(space: Workspace, fabric: FabricResult, count: int) -> tuple[Floats, Ints]:
    compiled = space.compiled
    assert compiled is not None
    if not len(fabric.link_ids):
        return np.full(count, np.nan), np.full(count, NOWHERE)
    reach = np.asarray(fabric.need_m) / np.asarray(fabric.reach_m)
    used = np.fmax(np.where(np.isfinite(reach), reach, np.nan), np.asarray(fabric.load_frac))
    rows, net = np.arange(used.size), compiled.network
    return _larger(_fullest(net.a_rack, used, rows, count), _fullest(net.b_rack, used, rows, count))
