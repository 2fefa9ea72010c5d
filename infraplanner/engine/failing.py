"""What remains of a plan with some records out of service: many failures of one plan, compiled once.

Only what failures are ranked by is told. What a failure cannot reach is taken from the plan with nothing failed: the air
field and the loops while the same cooling units run, and routed traffic while nothing that carries it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plant import AIR
from infraplanner.results.fabric import FabricFigures
from infraplanner.results.outages import OutageResult, SupplyClass
from infraplanner.results.scale_up import ScaleUpResult
from infraplanner.results.snapshot import FabricResult, PowerResult, ResultSnapshot, Summary, ThermalResult
from infraplanner.units import KILO

from .assemble import pool_tokens
from .fabric_figures import fabric_figures
from .job_traffic import job_routes, paced
from .jobs import JobCase, total_tokens_per_s, training_jobs
from .rack_supplies import supply_classes
from .routes import JobRoute, Routes, UnitLoads, find_routes
from .scale_up import scale_up_of
from .stages import Guard, Settled, Solved, solved_frame
from .thermal import Thermal
from .workspace import Workspace

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Healthy:
    """The plan with nothing failed: its air, chips and clocks, which cooling units run, and its routed unit demand."""

    thermal: Thermal
    running: Flags
    unit_loads: UnitLoads = field(default_factory=dict)


class Failures:
    """Evaluates one plan without what failed, again and again. Not shared between threads.

    `reuse` False routes and tells domains anew for each failure, which changes no figure.
    """

    def __init__(self, space: Workspace, *, reuse: bool = True) -> None:
        self._space, self._reuse, self._healthy = space, reuse, Healthy(Thermal(), np.empty(0, np.bool_))
        space.brief = True
        self._known = False
        self.result(frozenset())

    def result(self, failed: frozenset[str]) -> ResultSnapshot:
        """What remains, as far as failures are ranked by it; with nothing out of service also the racks' own supplies by
        class. Its arrays are overwritten by the next evaluation on the same workspace: read them before.
        """
        space, guard = self._space, Guard()
        compiled, snapshot = space.compiled, space.snapshot
        assert compiled is not None
        assert snapshot is not None
        unit_loads = dict(self._healthy.unit_loads) if self._reuse else {}
        if self._reuse:
            space.forget_failures()
        else:
            space.forget_routes()
        routes = guard.run("fabric routing", lambda: find_routes(compiled, space.cases, failed, unit_loads), Routes())
        solved = self._solve(failed, routes, guard)
        if solved is None:
            return ResultSnapshot(snapshot.revision, provisional=True, failed=failed, failures=tuple(guard.failures))
        known, _, totals = solved
        if not self._known:
            self._known, self._healthy = True, Healthy(known, space.alive.running.copy(), unit_loads)
        jobs = guard.run("training", lambda: training_jobs(space, failed), tuple[JobCase, ...]())
        found = guard.run("job traffic", lambda: job_routes(space, jobs, failed), tuple[JobRoute, ...]())
        jobs = paced(jobs, found)
        figures = guard.run(
            "fabric figures",
            lambda: fabric_figures(space, jobs, failed, guard.pause, quick=bool(failed)),
            FabricFigures(),
        )
        inside = guard.run("scale-up", lambda: scale_up_of(space, failed, found), ScaleUpResult())
        classes: tuple[SupplyClass, ...] = ()
        if not failed:
            classes = guard.run(
                "rack supplies", lambda: supply_classes(compiled, space.draw.body_w), tuple[SupplyClass, ...]()
            )
        return ResultSnapshot(
            revision=snapshot.revision,
            provisional=True,
            failed=failed,
            passes=int(totals.passes),
            summary=Summary(
                it_power_kw=float(totals.it_w / KILO),
                tokens_per_s=_tokens_per_s(space),
                training_tokens_per_s=total_tokens_per_s(jobs),
            ),
            power=replace(self._power(), outages=OutageResult(supplies=classes)),
            thermal=self._thermal(known),
            fabric=FabricResult(figures=figures, scale_up=inside),
            failures=tuple(guard.failures),
        )

    def _solve(self, failed: frozenset[str], routes: Routes, guard: Guard) -> Solved | None:
        """The frame. Where other air units run than in the healthy plan its air field is solved anew, where only others of
        the loops' the loops are; clocks follow.
        """
        space, healthy = self._space, self._healthy
        if not self._known:
            return solved_frame(space, routes, None, failed, guard, fresh_loops=True)
        solved = solved_frame(space, routes, Settled(routes, thermal=healthy.thermal), failed, guard)
        moved = space.alive.running != healthy.running
        if moved.any():
            assert space.compiled is not None
            airy = bool((moved & (space.compiled.plant.kind == AIR)).any())
            borrowed = None if airy else healthy.thermal
            solved = solved_frame(space, routes, None, failed, guard, borrowed, fresh_loops=True)
        return solved

    def _power(self) -> PowerResult:
        """Load of every node and which racks run."""
        space = self._space
        assert space.compiled is not None
        table = space.compiled.tables["power"]
        with np.errstate(all="ignore"):
            load = space.flows.out_w / table["rating_w"]
        return PowerResult(node_ids=table.ids, node_load_frac=load, rack_powered=space.alive.powered)

    def _thermal(self, known: Thermal) -> ThermalResult:
        """Load of every cooling unit, and the air that racks breathe."""
        space = self._space
        assert space.compiled is not None
        with np.errstate(all="ignore"):
            load = space.plant.unit_heat_w / space.compiled.plant.capacity_w
        found = known if known.fits(space) else Thermal()
        return ThermalResult(unit_ids=space.compiled.tables["cooling"].ids, unit_load_frac=load, air=found.air)


def _tokens_per_s(space: Workspace) -> float | None:
    """Of all predicted pools; None when none is."""
    rates = [pool_tokens(space, row) for row in range(len(space.cases))]
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None
