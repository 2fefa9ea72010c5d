"""Serving pools: which accelerators serve which model, the layout in force, and what one instance can do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from infraplanner.catalog.types import Accelerator, Llm, RequestShape
from infraplanner.compile.parts import column
from infraplanner.compile.plan import Compiled
from infraplanner.kernels.draw import activity
from infraplanner.kernels.inference import Device, Layout, Model, Tuning, kv_bytes, weight_bytes
from infraplanner.kernels.serving import (
    BATCH,
    COLUMNS,
    STATE,
    Point,
    Request,
    best_batch,
    configuration,
    curve,
    free_bytes,
    run_rate,
    search,
)
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Pool
from infraplanner.results.snapshot import Refusal
from infraplanner.units import GIGA

from . import refusals, tuning

Floats = NDArray[np.float64]
CURVE_STEPS, CURVE_STEPS_MIN, CURVE_BUDGET = 24, 8, 3000
"""Batches tried a layout for the front: fewer where many layouts share the budget, so that a search stays within 20 ms."""
CURVE_POINTS = 64
TP_LIMIT = 4096
CHIP_LIMIT = 100_000
STAGES = (1, 2, 4)
"""Pipeline stages that are tried where the plan leaves them open."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that decides how one instance of a pool performs; equal cases share one solution."""

    model: Model
    device: Device
    tune: Tuning
    request: Request
    pinned: tuple[int, int, int, int, int]
    accelerators: int
    weights: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Solution:
    """Best layout and batch of a case and its figures; `state` as in `serving.best_batch`."""

    layout: Layout
    batch: float
    state: int
    point: Point
    activity_frac: float
    weight_b: float
    kv_b: float
    free_b: float
    curve_user: Floats
    curve_accelerator: Floats


@dataclass(frozen=True, slots=True)
class PoolCase:
    """One pool of the plan: its record, accelerators, case and solution, or why it is not predicted."""

    pool: Pool
    accelerator: Accelerator | None
    accelerators: float
    case: Case | None = None
    solution: Solution | None = None
    refusal: str = ""
    code: Refusal = ""
    offered_per_s: float = math.inf
    arrival_cv: float | None = None
    """Coefficient of variation of the times between requests; None unknown."""


class PoolSolver:
    """Finds and remembers solutions; the search runs once a case, whatever is edited elsewhere."""

    def __init__(self, size: int = 512) -> None:
        self._solved: dict[Case, Solution | str] = {}
        self._size = size

    def cases(self, snapshot: Snapshot, compiled: Compiled) -> list[PoolCase]:
        """All pools in id order."""
        bodies = compiled.bodies
        pools, workloads = snapshot.table("pools"), snapshot.table("workloads")
        trains = {job.pool for job in snapshot.table("jobs").values()}
        out: list[PoolCase] = []
        for row, pool_id in enumerate(compiled.tables["pools"].ids):
            pool: Pool = pools[pool_id]
            mine = (bodies.pool == row) & (bodies.accelerator_count > 0.0) & (bodies.accelerator >= 0)
            workload = workloads.get(pool.workload)
            if workload is None and pool_id in trains:
                out.append(_training(pool, float(bodies.accelerator_count[mine].sum())))
                continue
            out.append(self._case(pool, workload, compiled, mine))
        return out

    def pair(self, pool: Pool, workload: Any, compiled: Compiled, row: int) -> PoolCase:
        """The pool of a row serving another workload than its own."""
        bodies = compiled.bodies
        mine = (bodies.pool == row) & (bodies.accelerator_count > 0.0) & (bodies.accelerator >= 0)
        return self._case(pool, workload, compiled, mine)

    def _case(self, pool: Pool, workload: Any, compiled: Compiled, mine: NDArray[np.bool_]) -> PoolCase:
        bodies = compiled.bodies
        kinds, total = np.unique(bodies.accelerator[mine]), float(bodies.accelerator_count[mine].sum())
        find = compiled.parts.catalogue.find
        part = compiled.parts.accelerators[kinds[0]] if kinds.size == 1 else None
        llm = find(pool.model)
        shape = find(workload.profile) if workload is not None and workload.profile else None
        asked = tuning.request(pool, workload, shape if isinstance(shape, RequestShape) else None)
        code, refusal = refusals.refusal(pool, kinds.size, llm, asked, part)
        offered = getattr(workload, "offered_requests_per_s", None)
        if refusal or part is None or asked is None or not isinstance(llm, Llm):
            return PoolCase(pool, part, total, refusal=refusal, code=code)
        limit = math.inf if offered is None else float(offered)
        own_cv = getattr(workload, "arrival_cv", None)
        spread = own_cv if own_cv is not None else getattr(shape, "arrival_cv", None)
        beside = host_memory(compiled, mine)
        best: PoolCase | None = None
        for weights in tuning.weight_choices(part, pool.weights, llm.weight_format):
            own = structs.replace(pool, weights=weights)
            case = case_of(own, part, llm, asked, total, compiled.rule)
            case = replace(case, device=case.device._replace(host_memory_b=beside))
            found = self._solve(case)
            if isinstance(found, str):
                text = f"{llm.name} on {part.name}: {found}"
                tried = PoolCase(own, part, total, case, None, text, "does_not_fit", limit)
            else:
                tried = PoolCase(own, part, total, case, found, offered_per_s=limit, arrival_cv=spread)
            best = tried if best is None or _better(tried, best) else best
        assert best is not None
        return best

    def _solve(self, case: Case) -> Solution | str:
        found = self._solved.get(case)
        if found is None:
            found = solve(case)
            if len(self._solved) >= self._size:
                self._solved.pop(next(iter(self._solved)))
            self._solved[case] = found
        return found


def host_memory(compiled: Compiled, mine: NDArray[np.bool_]) -> float:
    """Host memory beside one accelerator of a pool [B]: the least of its servers, the usual where no profile says."""
    bodies = compiled.bodies
    stated = (
        column(compiled.parts.systems, "host_memory_gb")[bodies.system[mine]] * GIGA / bodies.accelerator_count[mine]
    )
    known = stated[np.isfinite(stated)]
    return float(known.min()) if known.size else compiled.rule("inference.host_memory_b")


def case_of(
    pool: Pool, part: Accelerator, llm: Llm, asked: Request, total: float, rule: Callable[[str], float]
) -> Case:
    """Everything that decides how an instance of this pool performs; weights must be named, not `auto`."""
    return Case(
        model=tuning.model(llm, pool),
        device=tuning.device(part, pool.weights, total, pool, rule),
        tune=tuning.tuning(part, pool, rule, moe=bool(llm.experts), layers=llm.layers),
        request=asked,
        pinned=(pool.tp, pool.pp, _experts(pool, llm), pool.dp, pool.batch or 0),
        accelerators=int(min(total, _useful(part, pool))),
        weights=(
            rule("inference.activity_weight.compute"),
            rule("inference.activity_weight.memory"),
            rule("inference.activity_weight.link"),
        ),
    )


def _experts(pool: Pool, llm: Llm) -> int:
    """Expert parallelism that is pinned: by `ep`, or by the slices of an expert where the width is pinned too."""
    if pool.ep or not pool.moe_tp or not llm.experts or not (pool.tp and pool.dp):
        return pool.ep
    return max(1, pool.tp * pool.dp // pool.moe_tp)


def _better(one: PoolCase, other: PoolCase) -> bool:
    """Whether a precision serves more tokens a second and accelerator than another, limits met before missed."""

    def value(case: PoolCase) -> tuple[bool, bool, float]:
        found = case.solution
        if found is None:
            return (False, False, 0.0)
        size = found.layout.tp * found.layout.pp * found.layout.dp
        return (True, found.state != 4, found.point.tokens_per_s / size)

    return value(one) > value(other)


def _useful(part: Accelerator, pool: Pool) -> float:
    """Accelerators beyond which more of them change no layout: the island, or a wider pinned layout; none for parts that
    spread layers over chips.
    """
    if tuning.sram_family(part):
        return math.inf
    pinned = max(1, pool.tp) * max(1, pool.pp) * max(1, pool.dp)
    stages = STAGES[-1] if pool.pp == 0 else 1
    return max((part.scale_up_domain_count or 1) * stages, pinned)


def _training(pool: Pool, total: float) -> PoolCase:
    return PoolCase(pool, None, total, refusal="The pool trains a job; it is fully active.", code="training")


def candidate_layouts(case: Case) -> Floats:
    """Layouts to try, one row (tp, pp, ep, dp): powers of two inside the scale-up island, pinned values kept.

    Without pinned values nothing leaves its island but whole stages that the engine chose itself; the island's own size
    is tried even when it is no power of two. Stages are 1, 2 or 4 where the plan leaves them open. Parts that hold layers
    on chip line up as many chips as it takes, up to all.
    """
    if case.tune.sram_layer_s > 0.0:
        return _chip_rows(case)
    open_stages = case.pinned[1] == 0
    stages = [s for s in STAGES if s <= case.accelerators] if open_stages else [case.pinned[1]]
    rows = sorted({row for count in stages for row in _stage_rows(case, count)})
    kept = [row for row in rows if row[0] * row[1] * row[3] <= case.accelerators]
    return np.array(kept or rows[:1], dtype=np.float64).reshape(-1, 4)


def _stage_rows(case: Case, stages: int) -> list[tuple[int, int, int, int]]:
    tp, pinned, ep, dp, _ = case.pinned
    island = int(case.device.domain_count)
    alone = min(island, case.accelerators) // stages if pinned else min(island, case.accelerators // stages)
    limit = max(1, alone)
    sizes = sorted({*_powers(limit), limit})
    moe = case.model.moe_layers > 0
    rows = []
    for size in sizes:
        for t in [tp] if tp else [p for p in _powers(size) if size % p == 0]:
            d = dp or (max(1, size // t) if moe else 1)
            width = t * d
            if (tp == 0 or dp == 0) and (width > limit and not tp and not dp):
                continue
            choices = [ep] if ep else _expert_splits(width, d) if moe else [1]
            rows += [(t, stages, e, d) for e in choices if e <= case.model.expert_count or not moe]
    return rows


def _chip_rows(case: Case) -> Floats:
    """Numbers of chips in line, about a fifth apart, from one to all; or the pinned one."""
    if case.pinned[1] > 1:
        return np.array([[1.0, float(case.pinned[1]), 1.0, 1.0]])
    counts, n = {case.accelerators}, 1
    while n < case.accelerators:
        counts.add(n)
        n = max(n + 1, n * 6 // 5)
    return np.array([(1.0, float(count), 1.0, 1.0) for count in sorted(counts)])


def _expert_splits(width: int, dp: int) -> list[int]:
    """Expert parallelism to try: over all devices of a layer with data-parallel attention, else every power of two."""
    return [width] if dp > 1 else [p for p in _powers(width) if width % p == 0]


def _powers(limit: int) -> list[int]:
    return [1 << k for k in range(limit.bit_length()) if 1 << k <= limit]


def solve(case: Case) -> Solution | str:
    """The best layout, batch and curve of a case, or one sentence saying why there is none."""
    layouts = candidate_layouts(case)
    table = np.zeros((len(layouts), COLUMNS))
    best = search(case.model, case.device, case.tune, case.request, layouts, float(case.pinned[4]), table)
    if best < 0:
        return does_not_fit(case, layouts)
    layout = Layout(*(float(value) for value in layouts[best]))
    batch = float(table[best, BATCH])
    point = Point(*configuration(case.model, case.device, layout, case.tune, case.request, batch))
    held = case.request.input_tokens
    if case.request.phase != 1.0:
        held += case.tune.kv_growth_frac * case.request.output_tokens
    shards = min(layout.tp, case.model.kv_shards_max) * layout.pp * layout.dp
    users, speeds = _frontier(case, layouts)
    return Solution(
        layout=layout,
        batch=batch,
        state=int(table[best, STATE]),
        point=point,
        activity_frac=activity(point.compute_frac, point.memory_frac, point.network_frac, case.weights),
        weight_b=weight_bytes(case.model, case.tune, layout),
        kv_b=kv_bytes(case.model, case.tune, held) * batch / shards,
        free_b=free_bytes(case.model, case.device, layout, case.tune),
        curve_user=users,
        curve_accelerator=speeds,
    )


def operating_point(case: Case, run_count: float = 0.0) -> tuple[Point, int] | str:
    """Figures and state of a case whose layout is pinned, without search or curve; or why there is none.

    A pinned batch beyond the cache queues: its excess waits `(B - B_max) / X` for a place (Little's law). `run_count`
    above 0: the rates are those of a run of so many requests, first to last.
    """
    tp, pp, ep, dp, pinned = (float(value) for value in case.pinned)
    layout = Layout(tp, pp, ep, dp)
    batch, state = best_batch(case.model, case.device, layout, case.tune, case.request, pinned, 1.0)
    if state == 0:
        return does_not_fit(case, np.array([list(layout)]))
    point = Point(*configuration(case.model, case.device, layout, case.tune, case.request, batch))
    if pinned > batch:
        point = point._replace(ttft_s=point.ttft_s + (pinned - batch) / point.requests_per_s)
    if run_count > 0.0:
        batch = min(batch, run_count)
        rate = run_rate(case.model, case.device, layout, case.tune, case.request, batch, run_count)
        point = point._replace(tokens_per_s=rate, requests_per_s=rate / case.request.output_tokens)
    return point, int(state)


def _frontier(case: Case, layouts: Floats) -> tuple[Floats, Floats]:
    """The Pareto front of speed per user against throughput per accelerator, at most 64 points, slowest user first."""
    steps = max(CURVE_STEPS_MIN, min(CURVE_STEPS, CURVE_BUDGET // max(1, len(layouts))))
    points = np.zeros((len(layouts) * steps, 2))
    count = curve(case.model, case.device, case.tune, case.request, layouts, steps, points)
    rows = points[:count]
    rows = rows[np.lexsort((-rows[:, 1], -rows[:, 0]))]
    best = np.maximum.accumulate(np.concatenate([[-np.inf], rows[:, 1]]))[:-1] if count else np.empty(0)
    front = rows[rows[:, 1] > best][::-1] if count else rows
    if len(front) > CURVE_POINTS:
        front = front[np.linspace(0, len(front) - 1, CURVE_POINTS).round().astype(np.int64)]
    users, speeds = front[:, 0].copy(), front[:, 1].copy()
    users.setflags(write=False)
    speeds.setflags(write=False)
    return users, speeds


def does_not_fit(case: Case, layouts: Floats) -> str:
    """How many bytes an accelerator is short of at the widest layout tried, and the smallest tensor split that fits."""
    widest = max((tuple(row) for row in layouts), key=lambda row: row[0] * row[1] * row[3])
    layout = Layout(*(float(value) for value in widest))
    short = case_shortage(case, layout)
    if math.isnan(short):
        return "a rate or size of the accelerator is unknown"
    if case.tune.sram_layer_s > 0.0:
        return _chips_short(case, short)
    tp = 1
    while tp <= TP_LIMIT and case_shortage(case, Layout(float(tp), layout.pp, 1.0, 1.0)) > 0.0:
        tp *= 2
    fits = f"the smallest tensor split that fits is {tp}" if tp <= TP_LIMIT else "no tensor split fits"
    return f"weights and one sequence are {short / 1e9:.1f} GB an accelerator too large at {_spell(layout)}; {fits}."


def _chips_short(case: Case, short: float) -> str:
    chips = 1
    while chips <= CHIP_LIMIT and case_shortage(case, Layout(1.0, float(chips), 1.0, 1.0)) > 0.0:
        chips += max(1, chips // 16)
    fits = f"about {chips} chips in line would hold them" if chips <= CHIP_LIMIT else "no number of chips holds them"
    return f"weights and one sequence are {short / 1e9:.2f} GB a chip too large on {case.accelerators} chips; {fits}."


def case_shortage(case: Case, layout: Layout) -> float:
    """Bytes an accelerator lacks for the weights and one sequence; zero or less when they fit."""
    held = case.request.input_tokens + case.tune.kv_growth_frac * case.request.output_tokens
    shards = min(layout.tp, case.model.kv_shards_max) * layout.pp * layout.dp
    one = kv_bytes(case.model, case.tune, held) / shards
    return one - free_bytes(case.model, case.device, layout, case.tune)


def _spell(layout: Layout) -> str:
    return f"tp {layout.tp:.0f}, pp {layout.pp:.0f}, dp {layout.dp:.0f}"
