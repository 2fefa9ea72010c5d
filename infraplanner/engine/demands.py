"""What one job of a plan sends between its machines, by their ids."""

from __future__ import annotations

from infraplanner.catalog.types import Llm
from infraplanner.compile.parts import Catalogue
from infraplanner.model.document import Snapshot

from . import kernel_cache

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed


def demand_of_job(snapshot: Snapshot, catalog: Catalogue, job: str) -> dict[tuple[str, str], float] | str:
    """Bytes a step from machine to machine, or one sentence why the job is not predicted."""
    kernel_cache.prepare_once()
    from infraplanner.kernels.training_types import Job

    from . import training
    from .job_traffic import machines
    from .jobs import training_jobs
    from .pools import PoolSolver
    from .stages import settled_result
    from .traffic import job_demand
    from .workspace import Workspace

    space = Workspace(catalog, PoolSolver())
    space.follow(snapshot, None)
    settled_result(space, frozenset(), None)
    case = next(case for case in training_jobs(space) if case.job.id == job)
    compiled = space.compiled
    assert compiled is not None
    if case.tokens_per_s is None:
        return case.refusal
    pool = compiled.tables["pools"].index[case.job.pool]
    placed = machines(compiled, pool, case.accelerator_count, frozenset())
    llm = compiled.parts.catalogue.find(case.job.model)
    if placed is None or not isinstance(llm, Llm):
        return "its machines are not all placed."
    part = compiled.parts.accelerators[int(compiled.bodies.accelerator[compiled.bodies.pool == pool].max())]
    tune = training.tune(part, case.job.precision, training.software(part), compiled.rule)
    found = job_demand(training.shape(llm), Job(*case.line), tune, placed)
    names = compiled.tables["racks"].ids + compiled.tables["devices"].ids
    return {
        (names[found.sources[k]], names[target]): float(found.amount_b[k])
        for row, target in enumerate(found.targets.tolist())
        for k in range(found.start[row], found.start[row + 1])
    }
