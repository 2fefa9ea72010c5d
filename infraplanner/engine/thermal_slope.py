"""Clocks of the pools when every thermal capacity is scaled: coolers, flows, conductances, and the chips' own sinks."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.kernels.cooling import Plant
from infraplanner.kernels.draw import Draw
from infraplanner.kernels.frame import Served
from infraplanner.kernels.legs import LegFlows
from infraplanner.kernels.power import Flows

from .air_floor import air_cells
from .chips import UNKNOWN, chip_state, slowed, with_clocks
from .clocks import ClockSearch
from .thermal import Coupled, Source, settle_clocks
from .workspace import Workspace

Floats = NDArray[np.float64]
FREE_RATIO = 0.9
"""Chips that keep their clock with this much of their head feel no change of a capacity by a few per cent."""
CELLS = 30_000
"""Cells of the halls' floors up to which capacities that are scaled by much are followed through the air field."""


def clocks_at(space: Workspace, factor: float) -> Floats | None:
    """Clock of each pool with all thermal capacities times `factor`; None when no chip's temperature is known.

    Coolers' heat and flow, exchangers' UA and chips' sinks are scaled; then frame, loops, air field and clocks settle
    anew. Where no chip is near its limit nothing has to.
    """
    now: Coupled | None = space.chips
    if now is None or not ((now.state.state != UNKNOWN) | (now.air_c[now.held.chips.rack] > 0.0)).any():
        return None
    return _clocks(space, now, factor)


def _clocks(space: Workspace, now: Coupled, factor: float) -> Floats:
    if factor == 1.0:
        return now.clock_frac
    margin_ratio = FREE_RATIO * min(1.0, factor)
    ones = np.ones(now.clock_frac.size)
    if (now.clock_frac == 1.0).all():
        tight = chip_state(space, now.held, now.wanted, now.air_c, now.given, margin_ratio)
        if factor > 1.0 or (with_clocks(now.held, tight, ones.size) == 1.0).all():
            return ones
    small = abs(factor - 1.0) < 0.1
    if not small and air_cells(space) > CELLS:
        return _heads_alone(space, now, factor)
    return _solved(space, now, factor)


def _heads_alone(space: Workspace, now: Coupled, factor: float) -> Floats:
    """Clocks when only the chips' own sinks grow; for halls whose field takes long."""
    state = chip_state(space, now.held, now.wanted, now.air_c, now.given, factor)
    return with_clocks(now.held, state, now.clock_frac.size)


def _solved(space: Workspace, now: Coupled, factor: float) -> Floats:
    scratch = _scratch(space, factor)
    pools = slowed(now.base, scratch.cases, now.clock_frac)
    totals = scratch.run(pools, now.failed)
    search = ClockSearch(now.clock_frac, now.held.limits.clock_min_frac, now.slopes)
    source = Source(scratch, lambda: None, again=True)
    return settle_clocks(scratch, now.base, now.failed, totals, search, source, factor)[0].clock_frac


def _scratch(space: Workspace, factor: float) -> Workspace:
    """The same plan with scaled capacities and buffers of its own; cables stay where they are."""
    assert space.compiled is not None
    scratch = copy.copy(space)
    compiled: Compiled = copy.copy(space.compiled)
    plant = compiled.plant
    compiled.plant = replace(
        plant, capacity_w=plant.capacity_w * factor, flow_m3_per_s=plant.flow_m3_per_s * factor,
        hot_w_per_k=plant.hot_w_per_k * factor, cold_w_per_k=plant.cold_w_per_k * factor,
    )  # fmt: skip
    scratch.compiled, scratch.loop_flows = compiled, None
    if space.air_model is not None:
        scratch.air_model = space.air_model.twin()
    for name, kind in (("draw", Draw), ("flows", Flows), ("leg_flows", LegFlows), ("plant", Plant), ("served", Served)):
        held = getattr(space, name)
        setattr(scratch, name, kind(*(np.zeros_like(array) for array in held)))
    scratch.kept_frac, scratch.load_w = np.ones_like(space.kept_frac), np.zeros_like(space.load_w)
    return scratch
