"""Request classes routed to pools by complexity, model and latency limit, at the mean and at the peak of their day.

A pool serves a class when its model has the parameters that the class needs, the request fits its context, and the best
layout meets both latency limits. What it serves of a class alone is its capacity for it; classes share a pool in
proportion to the time they take (economics model B2). Disaggregated pools keep to their own workload.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from infraplanner.catalog.types import Llm, Record
from infraplanner.model.entities import Workload
from infraplanner.results.routing import ClassRoutes, PoolShare, Route, RoutingResult
from infraplanner.units import KILO

from .load import load_point
from .pools import PoolCase
from .solvers.assignment import assign, headroom
from .tuning import sram_family
from .workspace import Workspace

Floats = NDArray[np.float64]
LEAST_FRAC = 1e-6
MISSED_LIMIT = 4
"""State of a solution whose limits not even one sequence meets."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A class on a pool: its case, what the whole pool serves of it, or why it cannot."""

    case: PoolCase | None
    per_s: float
    instances: int
    refusal: str = ""


def routing_result(space: Workspace) -> RoutingResult:
    """All workloads that name a kind and a rate; empty when there is none."""
    snapshot, compiled = space.snapshot, space.compiled
    assert snapshot is not None
    assert compiled is not None
    classes = [row for _, row in sorted(snapshot.table("workloads").items()) if row.kind and row.offered_requests_per_s]
    open_pools = [i for i, case in enumerate(space.cases) if case.pool.phase == "both" and case.code != "training"]
    if not classes or not open_pools:
        return RoutingResult()
    pairs = [[_pair(space, row, pool) for pool in open_pools] for row in classes]
    capacity = np.array([[pair.per_s for pair in line] for line in pairs])
    cost = _watts_a_request(space, open_pools, capacity)
    mean = np.array([float(row.offered_requests_per_s) for row in classes])
    peak = mean * np.array([_peak_ratio(space, row) for row in classes])
    flows, peak_flows = assign(mean, capacity, cost), assign(peak, capacity, cost)
    use, peak_use = _use(flows, capacity), _use(peak_flows, capacity)
    ids = [space.cases[i].pool.id for i in open_pools]
    told = tuple(
        _class(row, line, ids, mean[i], peak[i], flows[i], peak_flows[i], use)
        for i, (row, line) in enumerate(zip(classes, pairs, strict=True))
    )
    tokens = np.array([_output_tokens(line) for line in pairs])
    shares = tuple(
        PoolShare(
            ids[j], float(use[j]), float(peak_use[j]), float(flows[:, j] @ tokens), _execution(space.cases[pool]),
            {row.id: float(flows[i, j] / capacity[i, j]) for i, row in enumerate(classes) if flows[i, j] > 0.0},
        )
        for j, pool in enumerate(open_pools)
    )  # fmt: skip
    return RoutingResult(told, shares, float(flows.sum(axis=1) @ tokens), headroom(peak, capacity))


def _pair(space: Workspace, row: Workload, index: int) -> _Pair:
    """One class on one pool; sessions that do not stick to an instance find their prefix on one in so many."""
    compiled, own = space.compiled, space.cases[index]
    assert compiled is not None
    llm = compiled.parts.catalogue.find(own.pool.model)
    if not isinstance(llm, Llm):
        return _Pair(None, 0.0, 0, f"the model {own.pool.model} is not in the catalogue")
    if row.complexity_b is not None and llm.params_total_b * own.pool.layers_kept_frac < row.complexity_b:
        return _Pair(None, 0.0, 0, f"{llm.name} has {llm.params_total_b:g} of {row.complexity_b:g} B parameters needed")
    case = space.solver.pair(own.pool, row, compiled, index)
    if case.solution is None:
        return _Pair(case, 0.0, 0, case.refusal or "nothing is predicted")
    powered = float(space.served.instances[index]) if own.solution is not None else 0.0
    size = _size(case)
    instances = math.floor(case.accelerators / size + 1e-9)
    if own.solution is not None:  # accelerators of dark racks serve nobody
        instances = min(instances, math.floor(powered * _size(own) / size + 1e-9))
    if case.solution.state == MISSED_LIMIT:
        return _Pair(case, 0.0, instances, _missed(case, row))
    if not row.sticky and instances > 1 and case.case is not None and case.case.request.hit_frac > 0.0:
        loose = structs.replace(row, prefix_hit_frac=case.case.request.hit_frac / instances)
        case = space.solver.pair(own.pool, loose, compiled, index)
        if case.solution is None or case.solution.state == MISSED_LIMIT:
            return _Pair(case, 0.0, instances, _missed(case, row))
    assert case.solution is not None
    if row.deterministic and _execution(own) != "deterministic":
        return _Pair(case, 0.0, instances, "its passes vary from batch to batch, the class asks for fixed times")
    return _Pair(case, instances * case.solution.point.requests_per_s, instances)


def _missed(case: PoolCase, row: Workload) -> str:
    if case.solution is None or case.case is None:
        return case.refusal
    point, limits = case.solution.point, case.case.request
    if point.ttft_s > limits.ttft_limit_s:
        got, asked, what = point.ttft_s, limits.ttft_limit_s, "first token"
    else:
        got, asked, what = point.tpot_s, limits.tpot_limit_s, "token"
    return f"{what} after {KILO * got:.3g} ms at best, {KILO * asked:.3g} ms asked"


def _size(case: PoolCase) -> float:
    assert case.solution is not None
    layout = case.solution.layout
    return layout.tp * layout.pp * layout.dp


def _execution(case: PoolCase) -> str:
    part = case.accelerator
    return "deterministic" if part is not None and sram_family(part) else "variable"


def _peak_ratio(space: Workspace, row: Workload) -> float:
    """Peak over mean of the class's day; 1 where the plan names no pattern."""
    assert space.compiled is not None
    found = space.compiled.parts.catalogue.find(row.pattern) if row.pattern else None
    ratio = found.data.get("peak_to_mean") if isinstance(found, Record) else None
    return float(ratio) if isinstance(ratio, int | float) else 1.0


def _watts_a_request(space: Workspace, pools: list[int], capacity: Floats) -> Floats:
    """Energy of a request on each pool [J]: the nameplate of its accelerators' systems over what it serves."""
    compiled = space.compiled
    assert compiled is not None
    bodies = compiled.bodies
    watts = np.where(bodies.accelerator_count > 0.0, np.nan_to_num(bodies.max_w), 0.0)
    own = np.array([float(watts[bodies.pool == pool].sum()) for pool in pools])
    with np.errstate(all="ignore"):
        joules = own / capacity
    return np.where(np.isfinite(joules), joules, 0.0)


def _use(flows: Floats, capacity: Floats) -> Floats:
    with np.errstate(all="ignore"):
        share = np.where(capacity > 0.0, flows / capacity, 0.0)
    out: Floats = share.sum(axis=0)
    return out


def _output_tokens(line: list[_Pair]) -> float:
    return next(
        (p.case.case.request.output_tokens for p in line if p.case is not None and p.case.case is not None), 0.0
    )


def _class(
    row: Workload, line: list[_Pair], ids: list[str], mean: float, peak: float, flows: Floats, peaks: Floats, use: Floats
) -> ClassRoutes:  # fmt: skip
    routes = []
    for j, pair in enumerate(line):
        if flows[j] <= LEAST_FRAC * mean and peaks[j] <= LEAST_FRAC * peak:
            continue
        assert pair.case is not None
        assert pair.case.case is not None
        assert pair.case.solution is not None
        rate = pair.case.solution.point.requests_per_s * min(1.0, float(use[j]))
        at = load_point(pair.case.case, pair.case.solution, rate, pair.case.arrival_cv)
        routes.append(Route(ids[j], float(flows[j]), float(peaks[j]), at.ttft_s, at.ttft_p95_s, at.tpot_s))
    refusals = {key: pair.refusal for key, pair in zip(ids, line, strict=True) if pair.refusal}
    able = any(pair.per_s > 0.0 for pair in line)
    mean, peak = float(mean), float(peak)
    missing, at_peak = max(0.0, mean - float(flows.sum())), max(0.0, peak - float(peaks.sum()))
    unserved = missing if missing > LEAST_FRAC * mean else 0.0
    short = at_peak if at_peak > LEAST_FRAC * peak else 0.0
    remedy = "" if able else _remedy(row, line)
    output = _output_tokens(line)
    return ClassRoutes(row.id, row.kind, mean, peak, unserved, short, tuple(routes), refusals, output, remedy)


def _remedy(row: Workload, line: list[_Pair]) -> str:
    """What would serve a class that no pool can: the nearest of the reasons, turned round."""
    if row.complexity_b is not None and all("parameters" in pair.refusal for pair in line):
        return f"a pool whose model has at least {row.complexity_b:g} B parameters"
    if any("asked" in pair.refusal for pair in line):
        return "a looser latency limit, a smaller model, or accelerators with more memory bandwidth"
    if row.deterministic:
        return "a pool of accelerators with fixed pass times"
    return "a pool with accelerators whose rates are known"
