"""Training tokens/s as a function of the walls' capacities, layouts kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infraplanner.kernels.training import step
from infraplanner.kernels.training_state import read_job

from . import bind
from .elasticity import Capacity, Flags, Floats, Model, power_limited
from .job_traffic import JobLoad, felt, job_loads, shared
from .jobs import JobCase, job_speed, kept_by_caps
from .thermal_slope import clocks_at
from .workspace import Workspace


class Training(Model):
    """Tokens/s of all jobs, through the same kernels as the jobs themselves."""

    trains = True

    def __init__(self, space: Workspace, jobs: tuple[JobCase, ...], failed: frozenset[str]) -> None:
        assert space.compiled is not None
        self._space = space
        self._known_ends = {}
        self._jobs = tuple(case for case in jobs if case.solved is not None and case.tokens_per_s is not None)
        loads = job_loads(space, self._jobs, felt(space, self._jobs, failed))
        self._loads: dict[str, JobLoad] = {case.job.id: load for case, load in loads}
        self._pools = [space.compiled.tables["pools"].index[case.job.pool] for case in self._jobs]
        self._bodies = bind.bodies(space.compiled, np.empty(0, np.int64))
        self.power_limited = power_limited(space.compiled)
        self.heat_limited = bind.heat_managed(space.compiled) or clocks_at(space, 1.0) is not None
        self.managed = self.power_limited or bind.heat_managed(space.compiled)

    def met(self) -> Flags:
        """Jobs train as fast as they can."""
        assert self._space.compiled is not None
        return np.zeros(len(self._space.compiled.tables["pools"]), np.bool_)

    def pool_tokens(self, at: Capacity) -> Floats:
        """Tokens/s that each pool trains on, with capacities scaled."""
        kept, clock = self._kept(at), clocks_at(self._space, at.thermal)
        cases = [
            self._solve(case, at, kept_by_caps(self._space, pool, kept), 1.0 if clock is None else float(clock[pool]))
            for case, pool in zip(self._jobs, self._pools, strict=True)
        ]
        pairs = [(case, self._loads[case.job.id]) for case in cases if case.job.id in self._loads]
        pace = {route.id: route.pace_frac for route in shared(self._space, pairs, at.copper)}
        assert self._space.compiled is not None
        out = np.full(len(self._space.compiled.tables["pools"]), np.nan)
        for case, pool in zip(cases, self._pools, strict=True):
            out[pool] = np.nansum([out[pool], (case.tokens_per_s or 0.0) * pace.get(case.job.id, 1.0)])
        return out

    def _kept(self, at: Capacity) -> Floats:
        space = self._space
        if at.power == at.thermal == 1.0 or not self.managed:
            return space.kept_frac
        served = bind.copied(space.served)
        return space.try_caps(self._bodies, space.pools, at.power, at.thermal, served)

    def _solve(self, case: JobCase, at: Capacity, kept_frac: float, clock_frac: float) -> JobCase:
        assert case.solved is not None
        shape, device, tune = case.solved
        device = device._replace(
            flop_per_s=device.flop_per_s * at.compute,
            attention_flop_per_s=device.attention_flop_per_s * at.compute,
            memory_b=device.memory_b * at.memory,
            memory_b_per_s=device.memory_b_per_s * at.memory,
            scale_up_b_per_s=device.scale_up_b_per_s * at.copper,
            scale_out_b_per_s=device.scale_out_b_per_s * at.copper,
        )
        whole = step(shape, read_job(np.array([case.line]), 0), device, tune)
        assert self._space.compiled is not None
        least = self._space.compiled.rule("thermal.clock_min_frac")
        seconds = whole.total_s / job_speed(whole, kept_frac, clock_frac, least) if kept_frac > 0.0 else np.inf
        tokens = case.job.global_batch * case.job.sequence_tokens
        return replace(case, tokens_per_s=tokens / seconds, step_s=seconds)


def trained(space: Workspace, jobs: tuple[JobCase, ...], failed: frozenset[str]) -> Training | None:
    """The model of a plan's jobs; None when none is predicted."""
    return Training(space, jobs, failed) if any(case.tokens_per_s for case in jobs) else None
