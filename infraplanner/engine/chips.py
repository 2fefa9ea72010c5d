"""Chips of the plan as kernel arguments, and what their temperatures mean for pools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.parts import column
from infraplanner.compile.plan import Compiled
from infraplanner.kernels.chips import Chips, ChipState, Limits, chip_temperatures
from infraplanner.kernels.frame import Pools
from infraplanner.units import L_PER_M3, S_PER_MIN

from . import bind
from .pools import PoolCase
from .sinks import BATH, BOILING_BATH, BOILING_PLATE, MODULES, SINK, Sinks, sinks
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
THROTTLED, TOO_HOT, RUNAWAY, UNKNOWN, HELD, DRY = 1, 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class ChipSet:
    """Rows of the bodies that carry accelerators, and the kernel's arguments of them."""

    body: Ints
    pool: Ints
    flow_share: Floats
    sinks: Sinks
    chips: Chips
    limits: Limits


def chip_limits(compiled: Compiled) -> Limits:
    """Planning limits and resistances."""
    rule = compiled.rule
    return Limits(
        rule("thermal.case_limit_c"), rule("thermal.heatsink_k_per_w"), rule("thermal.junction_case_k_per_w"),
        rule("thermal.leakage_per_k"), rule("thermal.leakage_reference_c"), rule("thermal.clock_min_frac"),
        1.0 / (L_PER_M3 * S_PER_MIN),
    )  # fmt: skip


def chip_set(space: Workspace) -> ChipSet:
    """All bodies with accelerators that stand in a rack and whose chip power is known."""
    compiled = space.compiled
    assert compiled is not None
    bodies, parts = compiled.bodies, compiled.parts
    tdp = column(parts.accelerators, "tdp_w")[bodies.accelerator]
    known = np.isfinite(tdp) & (bodies.max_w > 0.0)
    rows = np.flatnonzero((bodies.accelerator >= 0) & (bodies.rack >= 0) & (bodies.accelerator_count > 0) & known)
    wet = bodies.liquid_frac[rows] > 0.0
    rack = bodies.rack[rows]
    held_by = sinks(compiled, rack, wet, tdp[rows], bodies.accelerator[rows])
    liquid = np.zeros(len(compiled.tables["racks"]))
    held = bodies.rack >= 0
    own = np.nan_to_num(bodies.max_w * bodies.liquid_frac)
    np.add.at(liquid, bodies.rack[held], own[held])
    with np.errstate(all="ignore"):
        share = own[rows] / liquid[rack]
        idle = tdp[rows] * np.nan_to_num(bodies.idle_w[rows] / bodies.max_w[rows])
    chips = Chips(
        rack, bodies.accelerator_count[rows], tdp[rows], np.minimum(idle, tdp[rows]),
        (held_by.kind != SINK).astype(np.int64), held_by.a_k_per_w, held_by.b_k_per_w, held_by.exponent,
    )  # fmt: skip
    return ChipSet(rows, bodies.pool[rows], np.nan_to_num(share), held_by, chips, chip_limits(compiled))


def chip_state(
    space: Workspace, held: ChipSet, wanted_frac: Floats, air_c: Floats, given_frac: Floats, margin_ratio: float = 1.0
) -> ChipState:
    """Temperatures and clocks at a wanted share of dynamic power. `given_frac` is what pumps give each rack of the
    coolant it wants; `margin_ratio` scales the conductance of the chips' sinks.
    """
    compiled = space.compiled
    assert compiled is not None
    racks, plant = compiled.tables["racks"], space.plant
    rack = held.chips.rack
    loop = racks["loop@loops"][rack]
    coolant = np.append(plant.loop_supply_c, np.nan)[loop]
    flow = (plant.rack_flow_m3_per_s * given_frac)[rack] * held.flow_share
    kind = held.sinks.kind
    with np.errstate(all="ignore"):
        rise = plant.loop_heat_w / (compiled.plant.rho_cp_j_per_m3_k * plant.loop_flow_m3_per_s)
    bath = coolant + 0.5 * np.nan_to_num(np.append(rise, 0.0)[loop])  # the middle of a tank
    inlet = np.where((kind == SINK) | (kind == MODULES), air_c[rack], coolant)
    inlet = np.where(kind == BATH, bath, inlet)
    inlet = np.where(kind == BOILING_BATH, np.fmax(held.sinks.boil_c, coolant), inlet)
    boils = np.append(compiled.plant.rho_cp_j_per_m3_k != compiled.plant.liquid_j_per_m3_k, False)[loop]
    inlet = np.where((kind == BOILING_PLATE) & boils, coolant + np.append(rise, np.nan)[loop], inlet)
    away = held.sinks.latent_j_per_m3 * flow / held.chips.chip_count
    out = bind.buffers(ChipState, **{"": held.body.size})
    chip_temperatures(
        held.chips, held.limits, wanted_frac, flow, inlet, np.fmin(held.sinks.most_w, away), margin_ratio, out
    )
    return out


def wanted_load(space: Workspace, held: ChipSet, clock_frac: Floats) -> Floats:
    """Share of dynamic power that each body's chips would take at full clock, from what they draw at the present one."""
    compiled = space.compiled
    assert compiled is not None
    bodies = compiled.bodies
    drawn = space.draw.body_w[: bodies.rack.size][held.body]
    span = bodies.max_w[held.body] - bodies.idle_w[held.body]
    cube = np.append(clock_frac, 1.0)[held.pool] ** 3
    with np.errstate(all="ignore"):
        share = (drawn - bodies.idle_w[held.body]) / span / cube
    return np.clip(np.where(np.isfinite(share), share, 0.0), 0.0, 1.0)


def slowed(pools: Pools, cases: list[PoolCase], clock_frac: Floats) -> Pools:
    """Pools at a clock: the compute-bound share of a step takes 1/s as long, dynamic power falls with s^3."""
    if not (clock_frac < 1.0).any():
        return pools
    rate, active, compute = pools.rate_per_s.copy(), pools.activity_frac.copy(), pools.compute_frac.copy()
    for row, case in enumerate(cases):
        slower = slowdown(case, float(clock_frac[row]))
        rate[row] *= slower
        active[row] *= clock_frac[row] ** 3
        compute[row] *= slower / clock_frac[row]  # computing takes a larger part of the longer step
    return pools._replace(rate_per_s=rate, activity_frac=active, compute_frac=compute)


def slowdown(case: PoolCase, clock_frac: float) -> float:
    """Rate at a clock over the rate at full clock."""
    share = case.solution.point.compute_frac if case.solution is not None else 1.0
    return 1.0 / (share / clock_frac + 1.0 - share)


def with_clocks(held: ChipSet, state: ChipState, count: int) -> Floats:
    """Mean clock of every pool over its accelerators; 1 for one without any."""
    total, weighted = np.zeros(count), np.zeros(count)
    inside = held.pool >= 0
    np.add.at(total, held.pool[inside], held.chips.chip_count[inside])
    np.add.at(weighted, held.pool[inside], (held.chips.chip_count * state.clock_frac)[inside])
    return np.where(total > 0.0, weighted / np.maximum(total, 1.0), 1.0)


def hottest(held: ChipSet, state: ChipState, racks: int) -> dict[str, Floats]:
    """Per rack, of its hottest chip: case, junction, clock, inlet, watts, plate flow, resistance, most watts; NaN without one."""
    out = {
        name: np.full(racks, np.nan) for name in ("case", "junction", "clock", "inlet", "power", "flow", "sink", "most")
    }
    known = np.flatnonzero(np.isfinite(state.inlet_c) & (state.state != UNKNOWN))
    order = known[np.argsort(np.nan_to_num(state.case_c[known], posinf=1e9), kind="stable")]
    rack = held.chips.rack[order]
    columns = (state.case_c, state.junction_c, state.clock_frac, state.inlet_c, state.chip_w, state.flow_m3_per_s,
               state.sink_k_per_w, state.most_w)  # fmt: skip
    for values, column_c in zip(out.values(), columns, strict=True):
        values[rack] = column_c[order]  # the last of a rack, its hottest, stays
    return out
