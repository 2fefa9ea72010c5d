"""Training jobs of a plan: tokens a second on the pool's powered accelerators, in the layout the job pins."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product

import numpy as np

from infraplanner.catalog.types import Accelerator, Llm
from infraplanner.compile.parts import Catalogue
from infraplanner.compile.plan import Compiled
from infraplanner.compile.rules import Lookup
from infraplanner.kernels.arrays import Floats
from infraplanner.kernels.draw import held_clock
from infraplanner.kernels.goodput import goodput, loss, optimum, time_to_train
from infraplanner.kernels.training import KEEP_ALL, RECOMPUTE_CORE, RECOMPUTE_LAYER, step
from infraplanner.kernels.training_state import memory, read_job, search
from infraplanner.kernels.training_types import Device, Shape, Step, Tune
from infraplanner.model.entities import Job
from infraplanner.results.jobs import JobResult
from infraplanner.units import GIGA, H_PER_YEAR, S_PER_H

from . import training
from .scale_up import slowest_share
from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class JobCase:
    """One job: tokens a second and the accelerators in step, or one sentence why it is not predicted."""

    job: Job
    tokens_per_s: float | None = None
    accelerator_count: int = 0
    line: tuple[float, ...] = ()
    """The layout in force, as `read_job` reads it."""
    step_s: float = math.nan
    refusal: str = ""
    pace_frac: float | None = None
    binding: int = -1
    """Row of the bundle that holds it back (-1 none)."""
    collision_frac: float | None = None
    estimate: bool = False
    kept_frac: float = 1.0
    """Share of its dynamic power that caps and heat management leave the slowest rack of it; the others wait for that one."""
    clock_frac: float = 1.0
    solved: tuple[Shape, Device, Tune] | None = None
    """Model, accelerator and constants that it was solved with."""
    sent_b_per_s: dict[str, float] = field(default_factory=dict)


def training_jobs(space: Workspace, failed: frozenset[str] = frozenset()) -> tuple[JobCase, ...]:
    """All jobs in id order; the first job of a pool has all of it."""
    compiled, snapshot = space.compiled, space.snapshot
    if compiled is None or snapshot is None:
        return ()
    taken: dict[str, str] = {}
    out: list[JobCase] = []
    for _, job in sorted(snapshot.table("jobs").items()):
        if job.pool in taken:
            out.append(JobCase(job, refusal=f"The pool {job.pool} already trains job {taken[job.pool]}."))
            continue
        taken[job.pool] = job.id
        out.append(_case(space, compiled, job, failed))
    return tuple(out)


def _case(space: Workspace, compiled: Compiled, job: Job, failed: frozenset[str]) -> JobCase:
    pools = compiled.tables["pools"].ids
    if job.pool not in pools:
        return JobCase(job, refusal=f"The pool {job.pool} is not in the plan.")
    row = pools.index(job.pool)
    held = space.job_models.get(job.id)
    if held is None or held[0] is not compiled.bodies or held[1] is not job or held[2] != failed:
        held = space.job_models[job.id] = (compiled.bodies, job, failed, _model(compiled, row, job, failed))
    model: _Model | str = held[3]
    if isinstance(model, str):
        return JobCase(job, refusal=model)
    count = space.served.accelerators[row]
    if not math.isfinite(count):
        return JobCase(job, refusal="How many accelerators have power is unknown.")
    shape, device, tune, fused = model
    found = _solve(shape, device, tune, job, int(count), fused)
    if isinstance(found, str):
        return JobCase(job, refusal=found)
    case = JobCase(job, *found, solved=(shape, device, tune))
    clock = float(space.clock_frac[row]) if space.clock_frac.size else 1.0
    least = compiled.rule("thermal.clock_min_frac")
    return slowed_job(case, kept_by_caps(space, row, space.kept_frac), clock, least)


_Model = tuple[Shape, Device, Tune, bool]


def _model(compiled: Compiled, row: int, job: Job, failed: frozenset[str]) -> _Model | str:
    """Model, accelerator and constants of a job, and whether its attention is fused; else why it is not predicted."""
    part, llm = _part(compiled, row), compiled.parts.catalogue.find(job.model)
    if part is None:
        return "The pool has no accelerators of one type."
    if not isinstance(llm, Llm):
        return f"The model {job.model} is not in the catalogue."
    kept = slowest_share(compiled, row, failed)
    if kept == 0.0 and job.tp > 1:
        return "A scale-up domain of the pool has lost all of its links."
    style, device = training.software(part), training.device(part, job.precision)
    device = device._replace(scale_up_b_per_s=device.scale_up_b_per_s * kept)
    return training.shape(llm), device, training.tune(part, job.precision, style, compiled.rule), style == "tuned"


def kept_by_caps(space: Workspace, pool: int, kept_frac: Floats) -> float:
    """Share of its dynamic power that the slowest powered rack of a pool keeps, of those that all racks keep."""
    assert space.compiled is not None
    if not (kept_frac < 1.0).any():
        return 1.0
    bodies = space.compiled.bodies
    racks = bodies.rack[(bodies.pool == pool) & (bodies.rack >= 0) & (bodies.accelerator_count > 0.0)]
    racks = racks[space.alive.powered[racks]]
    return float(kept_frac[racks].min()) if racks.size else 1.0


def slowed_job(case: JobCase, kept_frac: float, clock_frac: float, least_clock_frac: float) -> JobCase:
    """A job whose chips allow this clock, and whose slowest rack keeps this share of the dynamic power there.

    What the dies compute takes 1/clock as long, the rest of a step as long as before.
    """
    if case.tokens_per_s is None or case.solved is None or (kept_frac >= 1.0 and clock_frac >= 1.0):
        return case
    shape, device, tune = case.solved
    rate = job_speed(
        step(shape, read_job(np.array([case.line]), 0), device, tune), kept_frac, clock_frac, least_clock_frac
    )
    if rate <= 0.0:
        return replace(case, tokens_per_s=None, kept_frac=0.0, refusal="Power caps leave its accelerators no work.")
    return replace(
        case, tokens_per_s=case.tokens_per_s * rate, step_s=case.step_s / rate, kept_frac=kept_frac, clock_frac=clock_frac
    )  # fmt: skip


def job_speed(whole: Step, kept_frac: float, clock_frac: float, least_clock_frac: float) -> float:
    """Speed of a step at a clock and a share of the dynamic power there, over that at full clock."""
    clock, time = held_clock(kept_frac, least_clock_frac)
    return float(time * clocked(whole, clock_frac * clock))


def clocked(whole: Step, clock_frac: float) -> float:
    """Speed of a step at a clock over that at full clock."""
    # Bubbles and stragglers grow with the rest of the step, and so have its share.
    share = (whole.compute_s + whole.recompute_s + whole.head_s) / (whole.total_s - whole.bubble_s - whole.straggler_s)
    share = min(1.0, share)
    return 1.0 / (share / clock_frac + 1.0 - share)


def memory_frac(case: JobCase) -> float:
    """Bytes that a job holds on an accelerator over those that it may; NaN when it is not predicted."""
    if case.solved is None or case.tokens_per_s is None:
        return math.nan
    shape, device, tune = case.solved
    held_b = memory(shape, read_job(np.array([case.line]), 0), tune).total_b + tune.reserve_b
    return held_b / (device.memory_b * tune.usable_frac)


def network_frac(case: JobCase) -> float:
    """Visible communication over step time; NaN when the job is not predicted."""
    if case.solved is None or case.tokens_per_s is None:
        return math.nan
    shape, device, tune = case.solved
    whole = step(shape, read_job(np.array([case.line]), 0), device, tune)
    own = (whole.tensor_s + whole.exchange_s + whole.pipeline_s + whole.data_s) / whole.total_s
    return 1.0 - (1.0 - own) * (1.0 if case.pace_frac is None else case.pace_frac)


def _part(compiled: Compiled, row: int) -> Accelerator | None:
    """The accelerator type of a pool, when it has just one."""
    bodies = compiled.bodies
    mine = (bodies.pool == row) & (bodies.accelerator_count > 0.0) & (bodies.accelerator >= 0)
    kinds = np.unique(bodies.accelerator[mine])
    return compiled.parts.accelerators[kinds[0]] if kinds.size == 1 else None


@lru_cache(maxsize=256)
def _solve(
    shape: Shape, device: Device, tune: Tune, job: Job, count: int, fused: bool
) -> tuple[float, int, tuple[float, ...], float] | str:
    """Tokens a second, accelerators in step, layout and step time; interleaving and recompute are the fastest that fit."""
    group = job.tp * job.cp * job.pp
    copies = _copies(job, count // group)
    if copies == 0:
        return f"{count} powered accelerators; one copy of the model in this layout needs {group}."
    if (copies * job.cp) % job.ep:
        return f"An expert group of {job.ep} does not divide {copies * job.cp} ranks."
    table = np.array(list(_lines(shape, job, copies, fused)), dtype=float)
    best = search(shape, table, device, tune, np.zeros((len(table), 2)))
    if best < 0:
        least = min(memory(shape, read_job(table, row), tune).total_b for row in range(len(table)))
        short = least + tune.reserve_b - device.memory_b * tune.usable_frac
        if not math.isfinite(short) or short <= 0.0:
            return "A rate of the accelerator or its links is unknown: not predicted."
        return f"{short / GIGA:.1f} GB short on every accelerator, with everything recomputed."
    total_s = step(shape, read_job(table, best), device, tune).total_s
    line = tuple(float(value) for value in table[best])
    return job.global_batch * job.sequence_tokens / total_s, copies * group, line, total_s


def _copies(job: Job, most: int) -> int:
    """The most data-parallel copies into which the batch divides; 0 when there is none."""
    micro = max(1, job.micro_batch)
    return next(
        (d for d in range(min(most, job.global_batch // micro), 0, -1) if job.global_batch % (d * micro) == 0), 0
    )


def _lines(shape: Shape, job: Job, copies: int, fused: bool) -> Iterable[tuple[float, ...]]:
    layers = -int(-shape.layers // job.pp)
    whole = job.pp > 1 and job.global_batch // (copies * job.micro_batch) % job.pp == 0
    chunks = [v for v in range(1, layers + 1) if layers % v == 0] if whole else [1]
    for v, again in product(chunks, (KEEP_ALL, RECOMPUTE_CORE, RECOMPUTE_LAYER)):
        cut = 1.0 if fused or again == RECOMPUTE_CORE else 0.0
        yield (
            job.tp, job.cp, job.pp, copies, job.ep, v, job.micro_batch, job.global_batch, job.sequence_tokens, again,
            cut, 1.0, float(fused), 0.0,
        )  # fmt: skip


def job_results(
    jobs: Iterable[JobCase], catalogue: Catalogue, rule: Lookup, links: tuple[str, ...] = ()
) -> tuple[JobResult, ...]:
    """Speed, goodput, end and expected loss of every job, by published rates of failures and saving."""
    return tuple(_outcome(case, catalogue.find(case.job.model), rule, links) for case in jobs)


def _outcome(case: JobCase, llm: object, rule: Lookup, links: tuple[str, ...]) -> JobResult:
    job = case.job
    if case.tokens_per_s is None or not isinstance(llm, Llm):
        return JobResult(job.id, job.model, job.pool, not_predicted=case.refusal)
    size, trained = llm.params_total_b * GIGA, llm.params_active_b * GIGA
    count = float(case.accelerator_count)
    save_s = size * rule("training.checkpoint_bytes") / (count * rule("training.checkpoint_b_per_s"))
    rate = rule("training.failures_per_year") / (H_PER_YEAR * S_PER_H)
    kept = goodput(count, rate, save_s, rule("training.recover_s"))
    effective = case.tokens_per_s * kept.goodput_frac
    law, tokens = training.law("refit", rule), job.tokens_total
    best = optimum(law, 6.0 * trained * tokens) if tokens else None
    return JobResult(
        id=job.id,
        model=job.model,
        pool=job.pool,
        accelerator_count=case.accelerator_count,
        tokens_per_s=case.tokens_per_s,
        goodput_frac=_known(kept.goodput_frac),
        effective_tokens_per_s=_known(effective),
        mtbf_s=_known(kept.mtbf_s),
        checkpoint_interval_s=_known(kept.interval_s),
        time_to_train_s=_known(time_to_train(tokens, case.tokens_per_s, kept.goodput_frac)) if tokens else None,
        loss=_known(loss(law, trained, tokens)) if tokens else None,
        optimal_tokens=_known(best.token_count) if best else None,
        optimal_parameters=_known(best.parameter_count) if best else None,
        pace_frac=case.pace_frac,
        binding_link=links[case.binding] if 0 <= case.binding < len(links) else "",
        collision_frac=case.collision_frac,
        estimate=case.estimate,
        sent_b_per_s={kind: b * (case.pace_frac or 0.0) for kind, b in case.sent_b_per_s.items()},
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def total_tokens_per_s(jobs: Iterable[JobCase]) -> float | None:
    """Of all predicted jobs; None when none is."""
    rates = [case.tokens_per_s for case in jobs if case.tokens_per_s is not None]
    return sum(rates) if rates else None


def job_notes(jobs: Iterable[JobCase]) -> list[str]:
    """Why jobs are not predicted, at most three."""
    return [f"Job {case.job.id}: {case.refusal}" for case in jobs if case.refusal][:3]
