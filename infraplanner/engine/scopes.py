"""The four walls of every rack, so that a row, a pool or a selection can be judged by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plant import AIR
from infraplanner.results.snapshot import FabricResult, PowerResult, ThermalResult, ThroughputResult

from .walls import head_used, node_use
from .workspace import Workspace

Floats = NDArray[np.float64]


def rack_walls(
    space: Workspace, power: PowerResult, thermal: ThermalResult, fabric: FabricResult, throughput: ThroughputResult
) -> dict[str, Floats]:
    """Use of each wall by rack (1 = at the limit), NaN where unknown.

    power: the fullest node that feeds it | memory: the pool that its accelerators belong to | thermal: its inlet air, its
    chips, and the fullest unit of its loop and of its hall's air | copper: its fullest link, by load and by reach.
    """
    compiled = space.compiled
    assert compiled is not None
    count = len(compiled.tables["racks"])
    with np.errstate(all="ignore"):
        return {
            "power": _power(space, power, count),
            "memory": _memory(space, throughput, count),
            "thermal": _thermal(space, thermal, count),
            "copper": _copper(space, fabric, count),
        }


def _power(space: Workspace, power: PowerResult, count: int) -> Floats:
    compiled = space.compiled
    assert compiled is not None
    out = np.full(count, np.nan)
    feeds = compiled.tables["feeds"]
    source, target = feeds["source@power"], feeds["target@racks"]
    mine = (source >= 0) & (target >= 0)
    load = node_use(space, power)
    np.fmax.at(out, target[mine], load[source[mine]])
    return out


def _memory(space: Workspace, throughput: ThroughputResult, count: int) -> Floats:
    compiled = space.compiled
    assert compiled is not None
    used = np.array(
        [
            np.nan if pool.memory_used_frac is None else max(pool.memory_used_frac, pool.memory_time_frac or 0.0)
            for pool in throughput.pools
        ]
        + [np.nan]
    )
    bodies = compiled.bodies
    held = (bodies.rack >= 0) & (bodies.pool >= 0)
    out = np.full(count, np.nan)
    if len(used) > 1:
        np.fmax.at(out, bodies.rack[held], used[bodies.pool[held]])
    return out


def _thermal(space: Workspace, thermal: ThermalResult, count: int) -> Floats:
    compiled = space.compiled
    assert compiled is not None
    inlet, case = head_used(space, thermal)
    out = np.fmax(inlet, case)
    unit = np.fmax(thermal.unit_load_frac, thermal.unit_flow_frac)
    loop = compiled.tables["cooling"]["loop@loops"]
    by_loop = np.full(len(compiled.tables["loops"]) + 1, np.nan)
    np.fmax.at(by_loop, loop[loop >= 0], unit[loop >= 0])
    mine = compiled.tables["racks"]["loop@loops"]
    hall, air = compiled.tables["cooling"]["hall@halls"], compiled.plant.kind == AIR
    by_hall = np.full(len(compiled.tables["halls"]) + 1, np.nan)
    np.fmax.at(by_hall, hall[air & (hall >= 0)], unit[air & (hall >= 0)])
    around = np.where(thermal.rack_air_w > 0.0, by_hall[compiled.tables["racks"]["hall@halls"]], np.nan)
    found: Floats = np.fmax(np.fmax(out, around), np.where(mine >= 0, by_loop[mine], np.nan))
    return found


def _copper(space: Workspace, fabric: FabricResult, count: int) -> Floats:
    compiled = space.compiled
    assert compiled is not None
    out = np.full(count, np.nan)
    if not len(fabric.link_ids):
        return out
    reach = np.asarray(fabric.need_m) / np.asarray(fabric.reach_m)
    load = np.asarray(fabric.load_frac)
    used = np.fmax(np.where(np.isfinite(reach), reach, np.nan), load)
    for end in (compiled.network.a_rack, compiled.network.b_rack):
        mine = end >= 0
        np.fmax.at(out, end[mine], used[mine])
    return out
