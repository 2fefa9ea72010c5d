"""The thermal side of a settled state: air field, chips, and the clocks that flow back into pools until both agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plant import CDU
from infraplanner.kernels.chips import ChipState
from infraplanner.kernels.frame import Pools, Totals
from infraplanner.results.air import AirResult
from infraplanner.results.chips import ChipResult
from infraplanner.results.loops import LoopsResult
from infraplanner.results.plugs import MemoryResult, PlugResult
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
    slowed,
    wanted_load,
    with_clocks,
)
from .clocks import LOOSE, PASSES, ClockSearch
from .kept import keep
from .loops import loops_result
from .plugs import memory_result, plug_result
from .ride import ride_rows
from .workspace import Workspace

Floats = NDArray[np.float64]
UNBEARABLE_C = 300.0
"""Stands for air that warms without bound: no chip bears it."""


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
    plugs: PlugResult = field(default_factory=PlugResult)
    memory: MemoryResult = field(default_factory=MemoryResult)

    def clocks(self, pools: tuple[str, ...]) -> Floats:
        """The clock of each of these pools; 1 for one that this state does not know."""
        held = dict(zip(self.pools, self.clock_frac.tolist(), strict=True))
        return np.array([held.get(key, 1.0) for key in pools], dtype=np.float64)

    def fits(self, space: Workspace) -> bool:
        """True when rows of racks and units are still the same."""
        assert space.compiled is not None
        tables = space.compiled.tables
        return self.racks == tables["racks"].ids and self.units == tables["cooling"].ids


@dataclass(frozen=True, slots=True)
class Coupled:
    """Where clocks, air, loops and chips agree: inputs and results of the last pass, and how to get there again."""

    held: ChipSet
    wanted: Floats
    air_c: Floats
    given: Floats
    state: ChipState
    air: AirResult
    loops: LoopsResult
    clock_frac: Floats
    slopes: Floats
    """How clocks that chips allow answer to those they have."""
    base: Pools
    """Pools at full clock."""
    failed: frozenset[str]


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
    tables = space.compiled.tables
    ids = tables["pools"].ids
    words = (failed, space.brief)
    whole = borrowed is None and not quick
    arrays = (
        *pools,
        space.draw.air_w,
        space.draw.liquid_w,
        space.draw.rack_w,
        space.plant.unit_heat_w,
        space.alive.running,
    )
    held = space.kept.get("thermal")
    if whole and held is not None and held.holds(space, words, arrays):
        known, slow, space.chips = held.value
        return known, slow, totals if slow is pools or not (known.clock_frac < 1.0).any() else space.run(slow, failed)
    marks = keep(space, words, arrays, None)
    source = Source(space, pause, borrowed, quick, fresh_loops)
    search = ClockSearch(np.ones(len(ids)), chip_set(space).limits.clock_min_frac)
    found, now, totals = settle_clocks(space, pools, failed, totals, search, source)
    space.chips = found
    chips = _chips(space, found.held, found.state)
    asked = borrowed is None and not space.brief
    ride = ride_rows(space, found.air, chips, found.loops) if asked else borrowed.ride if borrowed is not None else ()
    plugs = plug_result(space, found.air) if asked else borrowed.plugs if borrowed is not None else PlugResult()
    memory = memory_result(space, found.air) if asked else borrowed.memory if borrowed is not None else MemoryResult()
    thermal = Thermal(
        found.air,
        chips,
        ids,
        found.clock_frac,
        found.loops,
        ride,
        tables["racks"].ids,
        tables["cooling"].ids,
        plugs,
        memory,
    )
    if whole:
        space.kept["thermal"] = replace(marks, value=(thermal, now, found))
    return thermal, now, totals


@dataclass
class Source:
    """Air and loops of one pass: solved, or those of a state before."""

    space: Workspace
    pause: Callable[[], None]
    borrowed: Thermal | None = None
    quick: bool = False
    fresh_loops: bool = False
    again: bool = False

    def __call__(self) -> tuple[AirResult, LoopsResult]:
        space = self.space
        if self.borrowed is not None:
            air, loops = _held(space, self.borrowed)
            return air, loops_result(space) if self.fresh_loops else loops
        if space.air_model is None:
            space.air_model = AirModel()
        model: AirModel = space.air_model
        air = model.solve(space, self.pause, quick=self.quick, again=self.again)
        self.again = not self.quick
        self.pause()
        return air, loops_result(space)


def settle_clocks(
    space: Workspace, pools: Pools, failed: frozenset[str], totals: Totals, search: ClockSearch, source: Source,
    margin_ratio: float = 1.0,
) -> tuple[Coupled, Pools, Totals]:  # fmt: skip
    """Frames at the clocks of the search until the chips allow just these. `pools` are those at full clock, the frame in
    force is at the clocks that the search starts from. Raises ArithmeticError when they do not settle.
    """
    held = chip_set(space)
    now = slowed(pools, space.cases, search.clock)
    for _ in range(PASSES):
        air, loops = source()
        wanted = wanted_load(space, held, search.clock)
        given = _given(space, loops)
        air_c = np.where(_choked(space, air), UNBEARABLE_C, air.rack_worst_c)
        state = chip_state(space, held, wanted, air_c, given, margin_ratio)
        clock = search.clock
        if search.settled(with_clocks(held, state, clock.size)):
            break
        now = slowed(pools, space.cases, search.clock)
        totals = space.run(now, failed)
    else:
        clock = search.clock
        if search.misfit > LOOSE:
            raise ArithmeticError(f"clocks and cooling still differ by {search.misfit:.1e} after {PASSES} passes")
    gone = _choked(space, air)[held.chips.rack] & ~np.isfinite(air.rack_worst_c[held.chips.rack])
    for values in (state.case_c, state.junction_c, state.inlet_c):
        values[gone] = np.nan
    state.state[gone] = UNKNOWN
    return Coupled(held, wanted, air_c, given, state, air, loops, clock, search.slopes, pools, failed), now, totals


def _choked(space: Workspace, air: AirResult) -> NDArray[np.bool_]:
    """Racks in halls whose air has no steady state although air units stand there: their chips go to the lowest clock."""
    compiled = space.compiled
    assert compiled is not None
    halls = compiled.tables["halls"]
    equipped = np.diff(compiled.plant.air_start) > 0
    hot = np.zeros(len(halls) + 1, np.bool_)
    for hall in air.halls:
        row = halls.index.get(hall.hall, -1)
        hot[row] = row >= 0 and (hall.state == "runaway" or (hall.state == "no_supply" and equipped[row]))
    out: NDArray[np.bool_] = hot[compiled.tables["racks"]["hall@halls"]] & np.isnan(air.rack_worst_c)
    return out


def _given(space: Workspace, loops: LoopsResult) -> Floats:
    """Share of the coolant it wants that each rack gets: as its loop's network says, at most what the pumps are rated
    for where that is unknown.
    """
    compiled = space.compiled
    assert compiled is not None
    plant, cooling = compiled.plant, compiled.tables["cooling"]
    running = (plant.kind == CDU) & space.alive.running & (cooling["loop@loops"] >= 0)
    running &= space.plant.unit_heat_w > 0.0
    rated = np.bincount(cooling["loop@loops"][running], plant.flow_m3_per_s[running], len(compiled.tables["loops"]))
    with np.errstate(all="ignore"):
        pumped = rated / space.plant.loop_flow_m3_per_s
    loop = compiled.tables["racks"]["loop@loops"]
    most = np.append(np.where(rated > 0.0, pumped, np.nan), np.nan)[loop]  # NaN: nothing is known of the pumps
    reach = np.where(np.isnan(loops.rack_reach_frac), most, loops.rack_reach_frac)
    return np.where(reach < 1.0, reach, 1.0)


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
