"""What the pools ask of the frame: rates and activity of one instance, demand, and what the fabric carries."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infraplanner.kernels.frame import Pools

from .pools import PoolCase
from .routes import Routes
from .workspace import Workspace

Floats = NDArray[np.float64]


def pool_inputs(space: Workspace, routes: Routes) -> Pools:
    """The pools' rows of the frame; NaN rates mean that a pool is not predicted."""
    cases = space.cases
    count = len(cases)
    size = np.ones(count)
    rate = np.full(count, np.nan)
    active = np.ones(count)
    link = np.full(count, np.inf)
    compute = np.ones(count)
    for row, case in enumerate(cases):
        if case.solution is not None:
            layout = case.solution.layout
            size[row] = layout.tp * layout.pp * layout.dp
            rate[row] = case.solution.point.requests_per_s
            active[row] = case.solution.activity_frac
            compute[row] = case.solution.point.compute_frac
        found = routes.by_pool.get(row)
        if found is not None:
            link[row] = found.limit_per_s
    assert space.compiled is not None
    least = np.full(count, space.compiled.rule("thermal.clock_min_frac"))
    prefill = space.compiled.tables["pools"]["prefill_pool@pools"]
    decodes = np.array([case.pool.phase == "decode" for case in cases], dtype=np.bool_)
    prefill = np.where(decodes, prefill, -1).astype(np.int64)
    return Pools(size, rate, active, _offered(cases, size, rate), link, compute, least, prefill)


def _offered(cases: list[PoolCase], size: Floats, rate: Floats) -> Floats:
    """Demand of each pool [requests/s]; pools that share a workload divide it by what they can serve."""
    able: dict[str, float] = {}
    own = [0.0] * len(cases)
    for row, case in enumerate(cases):
        if case.pool.phase != "prefill" and not math.isnan(rate[row]):
            own[row] = math.floor(case.accelerators / size[row] + 1e-9) * rate[row]
            able[case.pool.workload] = able.get(case.pool.workload, 0.0) + own[row]
    out = np.full(len(cases), np.inf)
    for row, case in enumerate(cases):
        total = able.get(case.pool.workload, 0.0)
        if case.pool.phase != "prefill" and math.isfinite(case.offered_per_s):
            out[row] = case.offered_per_s * (own[row] / total if total > 0.0 else 1.0)
    return out


def with_rates(pools: Pools, rate_per_s: Floats, link_per_s: Floats, compute_frac: Floats) -> Pools:
    """The same pools with other rates of an instance, shares of the time in which it computes, and limits of the fabric."""
    return pools._replace(rate_per_s=rate_per_s, link_per_s=link_per_s, compute_frac=compute_frac)
