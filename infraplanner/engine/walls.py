"""The four walls: how close each is to its limit, and where."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infraplanner.kernels.frame import Totals
from infraplanner.results.snapshot import WALLS, FabricResult, PowerResult, ThermalResult, ThroughputResult, WallResult

from .elasticity import Elasticities
from .jobs import JobCase, memory_frac, network_frac
from .workspace import Workspace

Floats = NDArray[np.float64]
LEAST_HEAD_K = 1.0
Place = tuple[float | None, str | None]
NOTES = {
    "power": "Worst node over its continuous limit (80 % of the rating behind breakers) or its power cap.",
    "memory": "Larger of bytes held over usable bytes and memory time over step time, in the worst pool.",
    "thermal": "Worst of unit heat and flow over capacity, and of inlet and case temperature between supply and limit.",
    "copper": "Worst of link load, needed length over reach, and visible communication over step time.",
}


def places(
    space: Workspace,
    totals: Totals,
    power: PowerResult,
    thermal: ThermalResult,
    fabric: FabricResult,
    throughput: ThroughputResult,
    jobs: tuple[JobCase, ...] = (),
) -> dict[str, Place]:
    """Utilisation of every wall (1 = at the limit) and the id that binds; None where nothing is known."""
    return {
        "power": _worst((node_use(space, power), power.node_ids)),
        "memory": _memory_use(throughput, jobs),
        "thermal": _thermal_use(space, thermal, power.rack_ids),
        "copper": _copper_use(space, totals, fabric, jobs),
    }


def wall_results(found: dict[str, Place], slopes: Elasticities, bound: str | None) -> dict[str, WallResult]:
    """All walls; `next` stands at the one that binds."""
    return {
        wall: WallResult(
            utilisation=found[wall][0],
            elasticity=getattr(slopes, wall),
            where=found[wall][1],
            next=slopes.next if wall == bound else None,
            next_factor=slopes.next_factor if wall == bound else None,
            note=NOTES[wall],
        )
        for wall in WALLS
    }


def node_use(space: Workspace, power: PowerResult) -> Floats:
    """Output of every power node over what it may carry all the time, or over what power management lets it give."""
    assert space.compiled is not None
    cap_w = space.compiled.tables["power"]["cap_w"]
    found: Floats = np.fmax(power.node_load_frac / continuous(space), power.node_out_w / cap_w)
    return found


def continuous(space: Workspace) -> Floats:
    """Share of its rating that each power node may carry all the time."""
    assert space.compiled is not None
    return np.where(space.compiled.chain.breaker, space.compiled.rule("power.continuous_load_frac"), 1.0)


def _worst(*columns: tuple[Floats, tuple[str, ...]]) -> tuple[float | None, str | None]:
    best, where = -math.inf, None
    for values, ids in columns:
        known = np.where(np.isfinite(values), values, -np.inf)
        if known.size and known.max() > best:
            best, where = float(known.max()), ids[int(known.argmax())]
    return (best, where) if math.isfinite(best) else (None, None)


def _thermal_use(space: Workspace, thermal: ThermalResult, racks: tuple[str, ...]) -> Place:
    columns = [(thermal.unit_load_frac, thermal.unit_ids), (thermal.unit_flow_frac, thermal.unit_ids)]
    inlet, case = head_used(space, thermal)
    return _worst(*columns, (inlet, racks), (case, racks))


def head_used(space: Workspace, thermal: ThermalResult) -> tuple[Floats, Floats]:
    """(temperature - supply) / (limit - supply) of every rack's inlet air and of its hottest case; NaN where unknown.

    A supply at or above the limit leaves no head: the excess is then counted in whole kelvins on top of 1.
    """
    assert space.compiled is not None
    count = len(space.compiled.tables["racks"])
    inlet, case = np.full(count, np.nan), np.full(count, np.nan)
    air, chips = thermal.air, thermal.chips
    with np.errstate(all="ignore"):
        if air.rack_inlet_c.size == count:
            supply = np.append(_supply_air(space, thermal), np.nan)[space.compiled.tables["racks"]["hall@halls"]]
            inlet = _head(air.rack_inlet_c, supply, space.compiled.inlet_limits())
        if chips.rack_case_c.size == count and chips.case_limit_c is not None:
            limit = np.full(count, chips.case_limit_c)
            case = _head(chips.rack_case_c, chips.rack_chip_inlet_c, limit)
    return inlet, case


def _head(now_c: Floats, supply_c: Floats, limit_c: Floats) -> Floats:
    head = limit_c - supply_c
    out: Floats = np.where(head > LEAST_HEAD_K, (now_c - supply_c) / head, 1.0 + (now_c - limit_c) / LEAST_HEAD_K)
    return out


def _supply_air(space: Workspace, thermal: ThermalResult) -> Floats:
    """Supply air of each hall as the field found it."""
    assert space.compiled is not None
    found = {hall.hall: hall.supply_c for hall in thermal.air.halls if hall.supply_c is not None}
    return np.array([found.get(key, np.nan) for key in space.compiled.tables["halls"].ids], dtype=np.float64)


def _memory_use(throughput: ThroughputResult, jobs: tuple[JobCase, ...]) -> Place:
    pairs = [(memory_frac(case), case.job.id) for case in jobs if not math.isnan(memory_frac(case))]
    pairs += [
        (max(pool.memory_used_frac or 0.0, pool.memory_time_frac or 0.0), pool.id)
        for pool in throughput.pools
        if pool.memory_used_frac is not None
    ]
    return max(pairs, key=lambda pair: pair[0]) if pairs else (None, None)


def _copper_use(space: Workspace, totals: Totals, fabric: FabricResult, jobs: tuple[JobCase, ...]) -> Place:
    used, where = (None, None)
    if fabric.load_frac is not space.no_load:
        used, where = _worst((fabric.load_frac, fabric.link_ids))
    row = totals.cables.worst_row
    if row >= 0 and (used is None or totals.cables.worst_reach_ratio > used):
        used, where = float(totals.cables.worst_reach_ratio), fabric.link_ids[row]
    shares = [(case.solution.point.network_frac, case.pool.id) for case in space.cases if case.solution is not None]
    shares += [(network_frac(case), case.job.id) for case in jobs]
    for share, key in shares:
        if not math.isnan(share) and (used is None or share > used):
            used, where = share, key
    return used, where
