"""The thermal side of a settled state: air field, chips, and the clocks that flow back into pools until both agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from infraplanner.kernels.chips import ChipState
from infraplanner.kernels.frame import Pools, Totals
from infraplanner.results.air import AirResult
from infraplanner.results.chips import ChipResult
from infraplanner.results.loops import LoopsResult
from infraplanner.results.ride import RideRow
from infraplanner.units import L_PER_M3, S_PER_MIN

from .air import AirModel
from .chips import (
    DRY,
    HELD,
    RUNAWAY,
    THROTTLED,
    TOO_HOT,
    UNKNOWN,
    ChipSet,
    chip_set,
    chip_state,
    hottest,
    slowdown,
    slowed,
    wanted_load,
    with_clocks,
)
from .loops import loops_result
from .ride import ride_rows
from .workspace import Workspace

Floats = NDArray[np.float64]
CLOCK_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Thermal:
    """What a settled state found; a live frame takes it over. `clock_frac` belongs to `pools`."""

    air: AirResult = field(default_factory=AirResult)
    chips: ChipResult = field(default_factory=ChipResult)
    pools: tuple[str, ...] = ()
    clock_frac: Floats = field(default_factory=lambda: np.empty(0))
    loops: LoopsResult = field(default_factory=LoopsResult)
    ride: tuple[RideRow, ...] = ()
    racks: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    def clocks(self, pools: tuple[str, ...]) -> Floats:
        """The clock of each of these pools; 1 for one that this state does not know."""
        held = dict(zip(self.pools, self.clock_frac.tolist(), strict=True))
        return np.array([held.get(key, 1.0) for key in pools], dtype=np.float64)

    def fits(self, space: Workspace) -> bool:
        """True when rows of racks and units are still the same."""
        assert space.compiled is not None
        tables = space.compiled.tables
        return self.racks == tables["racks"].ids and self.units == tables["cooling"].ids


def couple(
    space: Workspace,
    pools: Pools,
    failed: frozenset[str],
    totals: Totals,
    pause: Callable[[], None],
    borrowed: Thermal | None = None,
    *,
    quick: bool = False,
    fresh_loops: bool = False,
) -> tuple[Thermal, Pools, Totals]:
    """Field, chips and frame in turn until no pool's clock moves; returns the pools and totals at those clocks.

    Without a throttled chip one pass is enough. The frame's buffers hold the last state. With `borrowed` the air field
    and the loops' flows are those of that state where its rows still stand, otherwise unknown. A `quick` field starts
    from the last one; with `fresh_loops` the loops are not borrowed.
    """
    assert space.compiled is not None
    compiled = space.compiled
    ids = compiled.tables["pools"].ids
    if space.air_model is None:
        space.air_model = AirModel()
    model: AirModel = space.air_model
    held = chip_set(space)
    clock = np.ones(len(ids))
    now = pools
    passes = int(compiled.rule("engine.coupling_passes_count"))
    for _ in range(passes):
        if borrowed is None:
            air = model.solve(space, pause, quick=quick)
            pause()
            loops = loops_result(space)
        else:
            air, loops = _held(space, borrowed)
            loops = loops_result(space) if fresh_loops else loops
        wanted = wanted_load(space, held, clock)
        given = np.where(loops.rack_reach_frac < 1.0, loops.rack_reach_frac, 1.0)
        state = chip_state(space, held, wanted, air.rack_worst_c, given)
        later = with_clocks(held, state, len(ids))
        moved = float(np.abs(later - clock).max()) if clock.size else 0.0
        if moved <= CLOCK_TOLERANCE:
            break
        clock = later
        now = slowed(pools, space.cases, clock)
        totals = space.run(now, failed)
    space.chips = (held, wanted, air.rack_worst_c, given)
    tables = compiled.tables
    chips = _chips(space, held, state)
    ride = ride_rows(space, air, chips, loops) if borrowed is None else borrowed.ride
    found = Thermal(air, chips, ids, clock, loops, ride, tables["racks"].ids, tables["cooling"].ids)
    return found, now, totals


def _held(space: Workspace, borrowed: Thermal) -> tuple[AirResult, LoopsResult]:
    """Air and loops of a state whose racks and units are these; else none."""
    assert space.compiled is not None
    if borrowed.fits(space):
        return borrowed.air, borrowed.loops
    unknown = np.full(len(space.compiled.tables["racks"]), np.nan)
    return AirResult(rack_inlet_c=unknown), LoopsResult(rack_reach_frac=unknown)


def _chips(space: Workspace, held: ChipSet, state: ChipState) -> ChipResult:
    assert space.compiled is not None
    ids = space.compiled.tables["racks"].ids
    powered = space.alive.powered
    best = hottest(held, state, len(ids))

    def named(code: int) -> tuple[str, ...]:
        rows = np.unique(held.chips.rack[state.state == code])
        return tuple(ids[row] for row in rows.tolist() if powered[row])

    return ChipResult(
        best["case"], best["junction"], best["clock"], best["inlet"], best["power"],
        best["flow"] * L_PER_M3 * S_PER_MIN, best["sink"], best["most"], held.limits.case_c, named(THROTTLED),
        named(TOO_HOT), named(RUNAWAY), named(HELD), named(DRY),
    )  # fmt: skip


def clocks_at(space: Workspace, margin_ratio: float) -> Floats | None:
    """Clock of each pool when every chip's head under its limit is scaled; None when no chip's temperature is known."""
    if space.chips is None:
        return None
    held, wanted, air_c, given = space.chips
    state = chip_state(space, held, wanted, air_c, given, margin_ratio)
    if not (state.state != UNKNOWN).any():
        return None
    return with_clocks(held, state, len(space.cases))


def clock_rates(space: Workspace, margin_ratio: float) -> Floats | None:
    """Rate of each pool over its rate at full clock under a scaled head; None when no chip's temperature is known."""
    clock = clocks_at(space, margin_ratio)
    if clock is None:
        return None
    return np.array([slowdown(case, float(new)) for case, new in zip(space.cases, clock, strict=True)])
