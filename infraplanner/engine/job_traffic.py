"""Load of training jobs on the drawn links: exact where it is quick, else an estimate from some of the destinations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Llm
from infraplanner.compile.plan import Compiled
from infraplanner.kernels.fabric import throughput_factor
from infraplanner.kernels.traffic import route_pairs
from infraplanner.kernels.training_types import Job
from infraplanner.units import BITS_PER_BYTE

from . import bind, training
from .jobs import JobCase
from .routes import NO_PATH_FRAC, JobRoute, alive_nodes, pool_endpoints
from .traffic import Demand, job_demand
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ARCS_A_CHUNK = 2_000_000
"""Edges that are visited between two looks at whether a newer edit has come: about 20 ms."""
ARCS_EXACT = 20_000_000
"""Edges up to which every destination is routed: about 0.2 s. Beyond, as many destinations as fit are drawn by lot."""
SEED = 20_260_401


@dataclass(frozen=True, slots=True)
class JobLoad:
    """Bytes a step on every bundle and direction, the share of the demand without a path, and how many destinations of
    all were routed (fewer: an unbiased estimate).
    """

    load_b: Floats
    lost_frac: float
    routed_count: int
    target_count: int

    @property
    def is_estimate(self) -> bool:
        """True when not every destination was routed."""
        return self.routed_count < self.target_count


def machines(compiled: Compiled, pool: int, ranks: int, failed: frozenset[str]) -> Ints | None:
    """Where each rank stands: fabric nodes in plan order, every accelerator one rank; None when there are too few."""
    nodes, counts = pool_endpoints(compiled, pool, failed)
    placed = np.repeat(nodes, counts.astype(np.int64))
    return placed[:ranks] if placed.size >= ranks else None


def route_job(
    compiled: Compiled, demand: Demand, failed: frozenset[str], stop: Callable[[], None] = lambda: None
) -> JobLoad:
    """Route a job's demand by fractional ECMP; `stop` is called between chunks and may raise."""
    links = len(compiled.tables["links"])
    load = np.zeros((links, 2))
    total = float(demand.amount_b.sum())
    if total <= 0.0:
        return JobLoad(load, 0.0, 0, 0)
    graph, alive = bind.graph(compiled), alive_nodes(compiled, failed)
    count = demand.targets.size
    arcs = max(1, graph.neighbour.size)
    most = max(1, ARCS_EXACT // arcs)
    rows = np.arange(count)
    if count > most:
        rows = np.sort(np.random.default_rng(SEED).choice(count, most, replace=False))
    chunk = max(1, ARCS_A_CHUNK // arcs)
    lost = routed = 0.0
    for first in range(0, rows.size, chunk):
        stop()
        part = rows[first : first + chunk]
        targets, start, picked = _rows(demand, part)
        routed += float(demand.amount_b[picked].sum())
        lost += route_pairs(graph, alive, targets, start, demand.sources[picked], demand.amount_b[picked], load)
    scale = total / routed if routed > 0.0 else 1.0
    return JobLoad(load * scale, lost / routed if routed > 0.0 else math.nan, int(rows.size), count)


def _rows(demand: Demand, rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Targets, row starts and entries of some rows of a demand matrix."""
    first, size = demand.start[rows], demand.start[rows + 1] - demand.start[rows]
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    picked = np.arange(start[-1]) - np.repeat(start[:-1] - first, size)
    return demand.targets[rows].copy(), start, picked


def job_routes(
    space: Workspace, jobs: tuple[JobCase, ...], failed: frozenset[str], stop: Callable[[], None] = lambda: None
) -> tuple[JobRoute, ...]:
    """Routes of all predicted jobs whose machines carry links; loads are kept until network or layout change."""
    out = []
    for case in jobs:
        route = _job_route(space, case, failed, stop) if case.tokens_per_s else None
        if route is not None:
            out.append(route)
    return tuple(out)


def _job_route(space: Workspace, case: JobCase, failed: frozenset[str], stop: Callable[[], None]) -> JobRoute | None:
    compiled = space.compiled
    assert compiled is not None
    pool = compiled.tables["pools"].index[case.job.pool]
    placed = machines(compiled, pool, case.accelerator_count, failed)
    if placed is None or not compiled.network.linked[placed].any():
        return None
    key = (case.job.id, case.line, failed)
    found = space.job_loads.get(key)
    if found is None:
        part = compiled.parts.accelerators[int(compiled.bodies.accelerator[compiled.bodies.pool == pool].max())]
        llm = compiled.parts.catalogue.find(case.job.model)
        assert isinstance(llm, Llm)
        tune = training.tune(part, case.job.precision, training.software(part), compiled.rule)
        demand = job_demand(training.shape(llm), Job(*case.line), tune, placed)
        found = space.job_loads[key] = route_job(compiled, demand, failed, stop)
    links = compiled.tables["links"]
    load_bps = found.load_b * (BITS_PER_BYTE / case.step_s)
    capacity = links["rate_bps"] * links["count"] * compiled.rule("training.scale_out_efficiency")
    theta, binding = throughput_factor(load_bps, capacity)
    lost = 0.0 if found.lost_frac < NO_PATH_FRAC else found.lost_frac
    return JobRoute(case.job.id, load_bps, min(1.0, theta), binding, lost, found.is_estimate)


def paced(jobs: tuple[JobCase, ...], routes: tuple[JobRoute, ...]) -> tuple[JobCase, ...]:
    """Jobs at the pace that their links carry; one whose traffic has no path is refused.

    A step cannot end before its busiest bundle has carried its bytes, so tokens/s falls with the share of the pace that
    fits. Reference: interconnect model 3.1.
    """
    by_id = {route.id: route for route in routes}
    return tuple(_paced(case, by_id.get(case.job.id)) for case in jobs)


def _paced(case: JobCase, route: JobRoute | None) -> JobCase:
    if route is None or case.tokens_per_s is None:
        return case
    if route.lost_frac > 0.0:
        text = f"{100 * route.lost_frac:.2g} % of its traffic has no drawn path between its racks; all of it needs one."
        return replace(case, tokens_per_s=None, refusal=text)
    return replace(case, tokens_per_s=case.tokens_per_s * route.pace_frac)
