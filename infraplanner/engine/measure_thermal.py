"""Times of the thermal parts of a settled result: air field, liquid loops, plant year."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from infraplanner.compile.parts import Catalogue
from infraplanner.model.document import Snapshot
from infraplanner.units import KILO

from . import kernel_cache

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed

ROUNDS = 9


@dataclass(frozen=True, slots=True)
class AirTimes:
    """The air field of a plan, with its size: after a power edit with geometry and factors kept, from the last field and
    from one temperature; and with a new geometry.
    """

    racks: int
    cells: int
    sweeps: int
    state: str
    update_ms: float
    settled_ms: float
    geometry_ms: float


def air_times(snapshot: Snapshot, catalogue: Catalogue) -> AirTimes:
    """Times of the whole field: flow, temperature, velocities, what every rack breathes, and (but for the update) capture."""
    kernel_cache.prepare_once()
    from .air import AirModel
    from .stages import settled_result

    space = _space(snapshot, catalogue)
    settled_result(space, frozenset(), None)
    model = AirModel()
    found = model.solve(space)
    hall = max(found.halls, key=lambda hall: hall.nx * hall.ny)
    draw = space.draw.air_w
    turn = iter(range(10_000))

    def edit() -> None:
        draw[next(turn) % draw.size] *= 0.9  # one rack's power
        model.solve(space, quick=True)

    def cold() -> None:
        draw[next(turn) % draw.size] *= 0.9
        model.solve(space)

    update = _median(edit)
    settled = _median(cold)
    geometry = _median(lambda: AirModel().solve(space), 5)
    racks = int(np.isfinite(found.rack_inlet_c).sum())
    return AirTimes(racks, hall.nx * hall.ny, hall.sweeps, hall.state, KILO * update, KILO * settled, KILO * geometry)


def loop_times(snapshot: Snapshot, catalogue: Catalogue) -> dict[str, float]:
    """All loops of a plan from nothing: the networks with their pumps, speeds and spare units."""
    kernel_cache.prepare_once()
    from .loops import loops_result
    from .stages import settled_result

    space = _space(snapshot, catalogue)
    settled_result(space, frozenset(), None)

    def anew() -> None:
        space.loop_flows = None
        loops_result(space)

    found = loops_result(space)
    racks = sum(loop.racks for loop in found.loops)
    return {"racks": racks, "loops": len(found.loops), "ms": KILO * _median(anew)}


def network_ms(racks: int = 1000) -> float:
    """One header of 1.2 m bore with so many racks on it, balanced against its pumps; a made-up net, for its time only."""
    kernel_cache.prepare_once()
    from infraplanner.kernels.hydraulics import Branches, BranchFlows, divide_flow

    from . import bind

    each = np.ones(racks)
    flow, drop = 2e-3, 60e3  # 120 L/min and 60 kPa a rack
    net = Branches(np.arange(-1, racks - 1, dtype=np.int64), 1.2 * each, 2.4 * each, 4.5e-5 * each, 0.8 * each,
                   drop / flow**1.9 * each)  # fmt: skip
    out: BranchFlows = bind.buffers(BranchFlows, **{"": racks})
    return KILO * _median(lambda: divide_flow(net, 1.9, 2e5, 1e5 / (racks * flow) ** 2, 1010.0, 1.1e-3, 1e-6, 60, out))


def year_ms(snapshot: Snapshot, catalogue: Catalogue) -> float:
    """A plan's plant through 8,760 hours, once as it is and once for every class of facility water."""
    kernel_cache.prepare_once()
    from .stages import settled_result
    from .year import year_result

    space = _space(snapshot, catalogue)
    settled_result(space, frozenset(), None)
    totals = space.totals
    return KILO * _median(lambda: year_result(space, totals, True))


def _space(snapshot: Snapshot, catalogue: Catalogue):  # type: ignore[no-untyped-def]
    from .pools import PoolSolver
    from .workspace import Workspace

    space = Workspace(catalogue, PoolSolver())
    space.follow(snapshot, None)
    return space


def _median(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))
