"""Times of single kernels on a compiled plan, beside a plain copy of the bytes that each must touch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from infraplanner.compile.parts import Catalogue
from infraplanner.model.document import Snapshot

from . import kernel_cache

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed

ROUNDS = 41
INFERENCE_STEPS = 4096
NAMES = ("power_chain", "liquid", "air_flow", "air_temperature", "link", "ecmp", "inference", "training")


@dataclass(frozen=True, slots=True)
class KernelTime:
    """Evaluations a second, bytes touched, and the time over that of a copy of these bytes; None: no such kernel yet."""

    name: str
    evaluations_per_s: float | None = None
    bytes_moved: int | None = None
    copy_ratio: float | None = None


def measure_kernels(snapshot: Snapshot, catalog: Catalogue) -> list[KernelTime]:
    """All kernels by name, in the order of NAMES, on one plan; medians of many rounds."""
    kernel_cache.prepare_once()
    from infraplanner.kernels.cooling import run_plant
    from infraplanner.kernels.fabric import route_uniform
    from infraplanner.kernels.links import lay_cables
    from infraplanner.kernels.power import sweep

    from . import bind
    from .pools import PoolSolver
    from .stages import settled_result
    from .workspace import Workspace

    space = Workspace(catalog, PoolSolver())
    space.follow(snapshot, None)
    settled_result(space, frozenset(), None)
    compiled = space.compiled
    assert compiled is not None
    chain, units, loops = bind.chain(compiled), bind.units(compiled), bind.loops(compiled)
    legs = bind.legs(compiled)
    graph, ends = bind.graph(compiled), bind.ends(compiled, space.cable_c)
    media, route = bind.media(compiled.parts, compiled.rule), bind.route(compiled.parts, compiled.rule)
    racks = bind.racks(compiled)
    plant = space.trays.segments, space.trays.ways, space.trays.drops
    climate, rows = space.climate, np.arange(space.cables.length_m.size)
    alive = np.ones(graph.start.size - 1, dtype=bool)
    node = np.flatnonzero(np.diff(graph.start) > 0)[:1].astype(np.int64)
    sources = np.flatnonzero(np.diff(graph.start) > 0).astype(np.int64)[-64:]
    share, one = np.full(sources.size, 1.0 / max(1, sources.size)), np.ones(node.size)
    load = np.zeros((rows.size, 2))
    found = {
        "power_chain": _timed(
            lambda: sweep(chain, legs, space.load_w, space.flows, space.leg_flows),
            [*chain, *space.flows, space.load_w],
        ),
        "liquid": _timed(
            lambda: run_plant(units, loops, space.alive.running, climate.dry_bulb_c, climate.wet_bulb_c, space.plant),
            [*units, *loops, *space.plant],
        ),
        **_air(space),
        "link": _timed(
            lambda: lay_cables(rows, ends, racks.x_m, racks.y_m, media, route, *plant, space.cables),
            [rows, *ends, *space.cables],
        ),
        "ecmp": _timed(lambda: route_uniform(graph, alive, sources, share, node, one, load), [*graph, load]),
        "inference": _inference(space),
        "training": _training(catalog),
    }
    return [KernelTime(name, *found[name]) if name in found else KernelTime(name) for name in NAMES]


def _air(space: object) -> dict[str, tuple[float, int, float]]:
    """The air field of the plan's first hall: flow from a factored matrix, temperature from one start value."""
    from .air import bench_case

    found = {}
    for name, (call, touched) in bench_case(space).items():  # type: ignore[arg-type]
        found[name] = _timed(call, touched)
    return found


def _timed(call: Callable[[], object], touched: Iterable[object]) -> tuple[float, int, float]:
    """Calls a second, bytes, and time over that of a copy."""
    arrays = [array for array in touched if isinstance(array, np.ndarray)]
    size = sum(array.nbytes for array in arrays)
    source = np.zeros(max(1, size // 8))
    target = np.empty_like(source)
    call()
    own, copy = _median(call), _median(lambda: np.copyto(target, source))
    return 1.0 / own, size, own / copy


def _median(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _inference(space: object) -> tuple[float | None, None, None]:
    """Configurations a second, evaluated inside one compiled call as the layout search does."""
    from infraplanner.kernels.serving import curve

    cases = [case.case for case in space.cases if case.case is not None and case.solution is not None]  # type: ignore[attr-defined]
    if not cases:
        return None, None, None
    case = cases[0]
    solution = next(pool.solution for pool in space.cases if pool.case is case)  # type: ignore[attr-defined]
    layouts = np.array([list(solution.layout)])
    points = np.zeros((INFERENCE_STEPS, 2))

    def evaluate_all() -> int:
        return int(curve(case.model, case.device, case.tune, case.request, layouts, INFERENCE_STEPS, points))

    count = evaluate_all()
    return count / _median(evaluate_all), None, None


def _training(catalog: Catalogue) -> tuple[float | None, None, None]:
    """Steps and memories of layouts a second, evaluated inside one compiled call as a layout search does."""
    from infraplanner.kernels.training_state import search

    from .training import bench_case

    case = bench_case(catalog)
    if case is None:
        return None, None, None
    shape, device, tune, table = case
    out = np.zeros((len(table), 2))
    return len(table) / _median(lambda: search(shape, table, device, tune, out)), None, None


def traffic_ms(snapshot: Snapshot, catalog: Catalogue) -> float | None:
    """Milliseconds to route all jobs' traffic of a plan, graph and searches made anew; None without a job."""
    kernel_cache.prepare_once()
    from .job_traffic import job_routes
    from .jobs import training_jobs
    from .pools import PoolSolver
    from .stages import settled_result
    from .workspace import Workspace

    space = Workspace(catalog, PoolSolver())
    space.follow(snapshot, None)
    settled_result(space, frozenset(), None)
    jobs = training_jobs(space)
    if not space.job_loads:
        return None

    def route_all() -> None:
        space.job_loads.clear()
        space.reduced.clear()
        job_routes(space, jobs, frozenset())

    return 1e3 * _median(route_all, rounds=9)
