"""The four walls: how close each is to its limit, where, and what one per cent more of it would buy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.kernels.frame import Pools, Served, Totals, serve_pools
from infraplanner.kernels.inference import Layout
from infraplanner.kernels.serving import best_batch, configuration
from infraplanner.results.snapshot import FabricResult, PowerResult, ThermalResult, ThroughputResult, WallResult

from . import bind
from .demand import with_rates
from .pools import Case
from .workspace import Workspace

Floats = NDArray[np.float64]
STEP = 0.01
SIGNIFICANT = 0.01


@dataclass(frozen=True, slots=True)
class Elasticities:
    """d ln(tokens/s) / d ln(capacity) of each wall and of the compute rate; None where no model links the two."""

    power: float | None
    memory: float | None
    thermal: float | None
    copper: float | None
    compute: float | None


Scale = Callable[[Case, float], Case]


def _scaled(case: Case, **factors: float) -> Case:
    device = case.device
    return replace(case, device=device._replace(**{key: getattr(device, key) * f for key, f in factors.items()}))


def _same(case: Case, _factor: float) -> Case:
    return case


def _memory(case: Case, factor: float) -> Case:
    return _scaled(case, memory_b=factor, memory_b_per_s=factor)


def _compute(case: Case, factor: float) -> Case:
    return _scaled(case, flop_per_s=factor, attention_flop_per_s=factor)


def _copper(case: Case, factor: float) -> Case:
    return _scaled(case, scale_up_b_per_s=factor, scale_out_b_per_s=factor)


def instance_rate(case: Case, layout: Layout) -> float:
    """Requests/s of one instance at the best batch of real size (no rounding, so that it can be differentiated)."""
    batch, state = best_batch(case.model, case.device, layout, case.tune, case.request, float(case.pinned[4]), 0.0)
    if state == 0:
        return math.nan
    return float(configuration(case.model, case.device, layout, case.tune, case.request, batch)[1])


def elasticities(space: Workspace, pools: Pools) -> Elasticities:
    """Central differences of ln(tokens/s) for +-1 % of every capacity of a wall, layouts kept."""
    if not any(case.solution is not None for case in space.cases):
        return Elasticities(None, None, None, None, None)
    power = _difference(space, pools, _same, caps=True) if np.isfinite(_caps(space)).any() else 0.0
    return Elasticities(
        power=power,
        memory=_difference(space, pools, _memory),
        thermal=None,
        copper=_difference(space, pools, _copper, links=True),
        compute=_difference(space, pools, _compute),
    )


def _caps(space: Workspace) -> Floats:
    return space.compiled.tables["racks"]["cap_frac"] if space.compiled is not None else np.empty(0)


def _difference(
    space: Workspace, pools: Pools, scale: Scale, *, links: bool = False, caps: bool = False
) -> float | None:
    up = _tokens(space, pools, scale, 1.0 + STEP, links, caps)
    down = _tokens(space, pools, scale, 1.0 - STEP, links, caps)
    if not (up > 0.0 and down > 0.0):
        return None
    return math.log(up / down) / math.log((1.0 + STEP) / (1.0 - STEP))


def _tokens(space: Workspace, pools: Pools, scale: Scale, factor: float, links: bool, caps: bool) -> float:
    """Output tokens/s of all pools with scaled capacities, through the same kernels as the frame."""
    rate = pools.rate_per_s.copy()
    for row, case in enumerate(space.cases):
        if case.case is not None and case.solution is not None:
            rate[row] = instance_rate(scale(case.case, factor), case.solution.layout)
    changed = with_rates(pools, rate, pools.link_per_s * factor if links else pools.link_per_s)
    assert space.compiled is not None
    bodies = bind.bodies(space.compiled, np.empty(0, np.int64))
    served: Served = bind.buffers(Served, **{"": len(space.cases)})
    serve_pools(bodies, space.alive.powered, changed, served)
    kept = space.served.derate_frac * (factor if caps else 1.0)
    total = 0.0
    for row, case in enumerate(space.cases):
        if case.case is not None and case.pool.phase != "prefill" and not math.isnan(served.rate_per_s[row]):
            total += served.rate_per_s[row] * min(1.0, kept[row]) * case.case.request.output_tokens
    return total


def wall_results(
    space: Workspace,
    totals: Totals,
    power: PowerResult,
    thermal: ThermalResult,
    fabric: FabricResult,
    throughput: ThroughputResult,
    slopes: Elasticities,
) -> dict[str, WallResult]:
    """Utilisation and place of every wall."""
    found = {
        "power": _worst((power.node_load_frac / _continuous(space), power.node_ids)),
        "memory": _memory_use(throughput),
        "thermal": _worst((thermal.unit_load_frac, thermal.unit_ids), (thermal.unit_flow_frac, thermal.unit_ids)),
        "copper": _copper_use(space, totals, fabric),
    }
    notes = {
        "power": "Worst node over its continuous limit (80 % of the rating behind breakers).",
        "memory": "Larger of bytes held over usable bytes and memory time over step time, in the worst pool.",
        "thermal": "Worst unit by heat or flow over capacity; inlet and case temperatures are not modelled yet.",
        "copper": "Worst of link load, ordered length over reach, and visible communication over step time.",
    }
    return {
        wall: WallResult(utilisation=used, elasticity=getattr(slopes, wall), where=where, note=notes[wall])
        for wall, (used, where) in found.items()
    }


def _continuous(space: Workspace) -> Floats:
    assert space.compiled is not None
    return np.where(space.compiled.chain.breaker, space.compiled.rule("power.continuous_load_frac"), 1.0)


def _worst(*columns: tuple[Floats, tuple[str, ...]]) -> tuple[float | None, str | None]:
    best, where = -math.inf, None
    for values, ids in columns:
        known = np.where(np.isfinite(values), values, -np.inf)
        if known.size and known.max() > best:
            best, where = float(known.max()), ids[int(known.argmax())]
    return (best, where) if math.isfinite(best) else (None, None)


def _memory_use(throughput: ThroughputResult) -> tuple[float | None, str | None]:
    pairs = [
        (max(pool.memory_used_frac or 0.0, pool.memory_time_frac or 0.0), pool.id)
        for pool in throughput.pools
        if pool.memory_used_frac is not None
    ]
    return max(pairs, key=lambda pair: pair[0]) if pairs else (None, None)


def _copper_use(space: Workspace, totals: Totals, fabric: FabricResult) -> tuple[float | None, str | None]:
    used, where = (None, None)
    if fabric.load_frac is not space.no_load:
        used, where = _worst((fabric.load_frac, fabric.link_ids))
    row = totals.cables.worst_row
    if row >= 0 and (used is None or totals.cables.worst_reach_ratio > used):
        used, where = float(totals.cables.worst_reach_ratio), fabric.link_ids[row]
    for case in space.cases:
        share = case.solution.point.network_frac if case.solution is not None else math.nan
        if not math.isnan(share) and (used is None or share > used):
            used, where = share, case.pool.id
    return used, where


def binding_wall(walls: dict[str, WallResult], slopes: Elasticities, limiters: list[str]) -> str | None:
    """The wall of highest elasticity when it is at least 0.01; else `compute`, `demand` or `none`; None without
    pools.
    """
    if not limiters:
        return None
    known = {wall: result.elasticity for wall, result in walls.items() if result.elasticity is not None}
    strong = {wall: value for wall, value in known.items() if value >= SIGNIFICANT}
    if strong:
        return max(strong, key=lambda wall: (round(strong[wall], 9), walls[wall].utilisation or 0.0))
    if slopes.compute is not None and slopes.compute >= SIGNIFICANT:
        return "compute"
    return "demand" if all(name == "demand" for name in limiters) else "none"
