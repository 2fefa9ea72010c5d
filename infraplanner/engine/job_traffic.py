"""Load of training jobs on the drawn links: exact where it is quick, else an estimate from some of the destinations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Llm
from infraplanner.compile.plan import Compiled
from infraplanner.kernels.traffic import hashed_shares, max_min_rates
from infraplanner.kernels.training_types import Device, Job, Shape, Tune
from infraplanner.units import BITS_PER_BYTE

from . import bind, training
from .jobs import JobCase
from .reduced import Reduced, classes, passes, reduce_graph, route
from .routes import NO_PATH_FRAC, JobRoute, alive_nodes, felt_nodes, felt_of, pool_endpoints, with_homes
from .scale_up import slowest_share
from .storage_traffic import read_b, readers, saved_b_per_s, storage_nodes, with_storage
from .traffic import Demand, job_demand
from .workspace import Workspace

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ARCS_EXACT = 5_000_000
"""Edges up to which every destination is routed at once: about 50 ms. Beyond, as many destinations as fit are drawn by lot;
the exact answer follows when it is asked for.
"""
SEED = 20_260_401


@dataclass(frozen=True, slots=True)
class JobLoad:
    """Bytes a step on every bundle and direction, the share of the demand without a path, and how many destinations of
    all were routed (fewer: an unbiased estimate). `rate_frac` is the share of its rate that each reaches when whole flows
    are hashed over equal paths; None: packets are sprayed.
    """

    load_b: Floats
    lost_frac: float
    routed_count: int
    target_count: int
    rate_frac: Floats | None = None
    by_kind_b: dict[str, float] = field(default_factory=dict)
    """Bytes a step that leave machines or storage, by what sends them."""
    inside_b: float = 0.0
    """Bytes a step that a rank sends inside its machine, on average."""

    @property
    def is_estimate(self) -> bool:
        """True when not every destination was routed."""
        return self.routed_count < self.target_count


def machines(compiled: Compiled, pool: int, ranks: int, failed: frozenset[str]) -> Ints | None:
    """Where each rank stands: fabric nodes in plan order, every accelerator one rank; None when there are too few."""
    nodes, counts = pool_endpoints(compiled, pool, failed)
    placed = np.repeat(nodes, counts.astype(np.int64))
    return placed[:ranks] if placed.size >= ranks else None


def reduced(space: Workspace, failed: frozenset[str]) -> Reduced:
    """The plan's fabric made small, with its searches; kept until the network changes."""
    compiled = space.compiled
    assert compiled is not None
    if failed not in space.reduced:
        space.reduced[failed] = reduce_graph(bind.graph(compiled, failed), alive_nodes(compiled, failed))
    found: Reduced = space.reduced[failed]
    return found


def route_job(
    compiled: Compiled,
    demand: Demand,
    failed: frozenset[str],
    stop: Callable[[], None] = lambda: None,
    *,
    small: Reduced | None = None,
    exact: bool = False,
    flows_per_pair: float | None = None,
) -> JobLoad:
    """Route a job's demand by fractional ECMP; `stop` is called between passes and may raise.

    `exact` routes every destination however long it takes. `flows_per_pair`: so many flows between two machines are
    hashed over equal paths.
    """
    links = len(compiled.tables["links"])
    load = np.zeros((links, 2))
    total = float(demand.amount_b.sum())
    if total <= 0.0:
        return JobLoad(load, 0.0, 0, 0)
    if small is None:
        small = reduce_graph(bind.graph(compiled, failed), alive_nodes(compiled, failed))
    size = demand.targets.size
    most = max(1, ARCS_EXACT // max(1, small.arcs))
    part = demand
    if not exact and size > most and passes(small, demand) > most:
        part = _some(demand, np.sort(np.random.default_rng(SEED).choice(size, most, replace=False)))
    found = route(small, part, part.amount_b, stop=stop)
    routed = float(part.amount_b.sum())
    scale = total / routed if routed > 0.0 else 1.0
    rate = None
    if flows_per_pair is not None:
        rate = _hashed(small, part, flows_per_pair, size / part.targets.size, links, stop)
    lost = found.lost / routed if routed > 0.0 else math.nan
    arcs_b = small.spread(found.arc, links) * scale
    return JobLoad(arcs_b, lost, int(part.targets.size), size, rate, demand.by_kind_b)


def _hashed(
    small: Reduced, demand: Demand, flows_per_pair: float, scale: float, links: int, stop: Callable[[], None]
) -> Floats:
    """Share of its rate that every bundle and direction reaches with so many flows between two machines."""
    found = route(small, demand, np.full(demand.amount_b.size, flows_per_pair), grouped=True, stop=stop)
    share = np.ones(small.arcs)
    hashed_shares(found.arc * scale, found.group * scale, small.graph.weight, share)
    out = np.ones((links, 2))
    held = small.row_arc >= 0
    out[small.row_link[held], small.row_side[held]] = share[small.row_arc[held]]
    return out


def _some(demand: Demand, rows: Ints) -> Demand:
    """The part of a demand matrix that goes to some of its targets."""
    targets, start, picked = _rows(demand, rows)
    return Demand(targets, start, demand.sources[picked], demand.amount_b[picked], demand.by_kind_b)


def _rows(demand: Demand, rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Targets, row starts and entries of some rows of a demand matrix."""
    first, size = demand.start[rows], demand.start[rows + 1] - demand.start[rows]
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    picked = np.arange(start[-1]) - np.repeat(start[:-1] - first, size)
    return demand.targets[rows].copy(), start, picked


def job_routes(
    space: Workspace, jobs: tuple[JobCase, ...], failed: frozenset[str], stop: Callable[[], None] = lambda: None
) -> tuple[JobRoute, ...]:
    """Routes of all predicted jobs whose machines carry links, at the pace that max-min fair shares of the links allow.

    Loads are kept until network or layout change.
    """
    failed = felt(space, jobs, failed)
    return shared(space, job_loads(space, jobs, failed, stop))


def job_loads(
    space: Workspace, jobs: tuple[JobCase, ...], failed: frozenset[str], stop: Callable[[], None] = lambda: None
) -> list[tuple[JobCase, JobLoad]]:
    """Loads of all predicted jobs whose machines carry links, with what of the failures they feel."""
    found = [(case, _job_load(space, case, failed, stop)) for case in jobs if case.tokens_per_s]
    return [(case, load) for case, load in found if load is not None]


def felt(space: Workspace, jobs: tuple[JobCase, ...], failed: frozenset[str]) -> frozenset[str]:
    """Those of the failures that the traffic of jobs can feel: links, what passes packets on or stores, the jobs' own
    machines, and racks with any of these. All others leave loads as they are, and so does what passes packets on but
    carries none of theirs while nothing else fails: no shortest path of theirs leads over it.
    """
    compiled = space.compiled
    assert compiled is not None
    if not failed:
        return failed
    pools = tuple(compiled.tables["pools"].index[case.job.pool] for case in jobs)
    if pools not in space.felt:
        systems = np.concatenate([compiled.tables["racks"]["system"], compiled.tables["devices"]["system"]])
        kinds = np.array([*(part.system_kind == "storage" for part in compiled.parts.systems), False], dtype=np.bool_)
        space.felt[pools] = tuple(felt_nodes(compiled, pools, kinds[systems], passing=way) for way in (True, False))
    node, ends = space.felt[pools]
    found = felt_of(compiled, failed, node)
    return frozenset() if found and _idle(space, jobs, found, ends) else found


def _idle(space: Workspace, jobs: tuple[JobCase, ...], failed: frozenset[str], ends: Flags) -> bool:
    """Whether nothing of this carries traffic of the jobs, or begins or ends it, as far as it was routed already."""
    compiled = space.compiled
    assert compiled is not None
    known = [space.job_loads.get(_key(case, frozenset())) for case in jobs if case.tokens_per_s]
    loads: list[JobLoad] = [load for load in known if load is not None and not (space.exact and load.is_estimate)]
    if len(loads) < len(known):
        return False
    held = space.felt.get("busy")
    if held is None or len(held[0]) != len(loads) or any(a is not b for a, b in zip(held[0], loads, strict=True)):
        used = np.zeros(len(compiled.tables["links"]), np.bool_)
        for load in loads:
            used |= (load.load_b > 0.0).any(axis=1)
        net = compiled.network
        node = np.zeros(net.graph_start.size - 1, np.bool_)
        node[np.repeat(np.arange(node.size), np.diff(net.graph_start))[used[net.link]]] = True
        held = space.felt["busy"] = loads, used, with_homes(compiled, node[: ends.size])
    _, used, node = held
    links = compiled.tables["links"].index
    carried = any(used[links[key]] for key in failed if key in links)
    return not carried and not felt_of(compiled, failed - links.keys(), node | ends)


def _key(case: JobCase, failed: frozenset[str]) -> tuple[object, ...]:
    """What the load of a job follows from, beside the network."""
    job = case.job
    return job.id, case.line, failed, job.balancing, job.flows_per_pair, job.dataset_b_per_token


@dataclass(frozen=True, slots=True)
class JobParts:
    """A job as the models of its steps take it; `flows_per_pair` None: packets are sprayed."""

    shape: Shape
    ranks: Job
    device: Device
    tune: Tune
    llm: Llm
    flows_per_pair: float | None


def job_parts(space: Workspace, case: JobCase, failed: frozenset[str]) -> JobParts:
    """Shape, layout and accelerator of a predicted job, its links as what failed leaves them."""
    compiled, job = space.compiled, case.job
    assert compiled is not None
    pool = compiled.tables["pools"].index[job.pool]
    part = compiled.parts.accelerators[int(compiled.bodies.accelerator[compiled.bodies.pool == pool].max())]
    llm = compiled.parts.catalogue.find(job.model)
    assert isinstance(llm, Llm)
    device = training.device(part, job.precision)
    device = device._replace(scale_up_b_per_s=device.scale_up_b_per_s * slowest_share(compiled, pool, failed))
    flows = float(job.flows_per_pair or compiled.rule("fabric.flows_per_pair")) if job.balancing == "hash" else None
    tune = training.tune(part, job.precision, training.software(part), compiled.rule)
    return JobParts(training.shape(llm), Job(*case.line), device, tune, llm, flows)


def placed_ranks(compiled: Compiled, case: JobCase, failed: frozenset[str]) -> Ints | None:
    """Where the ranks of a job stand; None when there are too few or none carries a link."""
    pool = compiled.tables["pools"].index[case.job.pool]
    placed = machines(compiled, pool, case.accelerator_count, failed)
    return placed if placed is not None and compiled.network.linked[placed].any() else None


def _job_load(space: Workspace, case: JobCase, failed: frozenset[str], stop: Callable[[], None]) -> JobLoad | None:
    compiled, job = space.compiled, case.job
    assert compiled is not None
    placed = placed_ranks(compiled, case, failed)
    if placed is None:
        return None
    key = _key(case, failed)
    found: JobLoad | None = space.job_loads.get(key)
    if found is None or (space.exact and found.is_estimate):
        parts = job_parts(space, case, failed)
        demand, small = job_demand(parts.shape, parts.ranks, parts.tune, placed), reduced(space, failed)
        saved = saved_b_per_s(parts.llm, float(case.accelerator_count), compiled.rule) * case.step_s
        reading, read = readers(case.line, placed), read_b(job, compiled.rule)
        demand = with_storage(demand, placed, reading, storage_nodes(compiled, small), small, saved, read)
        flows = parts.flows_per_pair
        if space.exact and space.routing is not None:
            stop = _counted(stop, space.routing, classes(small, demand) * (1 if flows is None else 2))
        found = route_job(compiled, demand, failed, stop, small=small, exact=space.exact, flows_per_pair=flows)
        found = replace(found, inside_b=demand.inside_b / placed.size)
        space.job_loads[key] = found
    return found


def _counted(stop: Callable[[], None], tell: Callable[[int, int], None], total: int) -> Callable[[], None]:
    """`stop` that also tells how often it was called."""
    calls = count(1)

    def look() -> None:
        tell(min(next(calls), total), total)
        stop()

    return look


def shared(space: Workspace, loads: list[tuple[JobCase, JobLoad]], copper_ratio: float = 1.0) -> tuple[JobRoute, ...]:
    """Max-min fair pace of jobs that share links: all rise together until a link of theirs is full or they run at their
    own pace. `copper_ratio` scales what the links carry. Reference: interconnect model 3.1.
    """
    compiled = space.compiled
    assert compiled is not None
    links = compiled.tables["links"]
    capacity = copper_ratio * links["rate_bps"] * links["count"] * compiled.rule("training.scale_out_efficiency")
    both = np.repeat(capacity, 2)
    end = both.size
    starts, rows, shares = [0], [], []
    for number, (case, load) in enumerate(loads):
        asked = (load.load_b * (BITS_PER_BYTE / case.step_s)).ravel()
        if load.rate_frac is not None:
            asked = asked / load.rate_frac.ravel()  # what collides takes up more of the link than it carries
        used = np.flatnonzero(asked > 0.0)
        rows.append(np.append(used, end + number))
        shares.append(np.append(asked[used], 1.0))
        starts.append(starts[-1] + used.size + 1)
    if not loads:
        return ()
    limit = np.concatenate([both, np.ones(len(loads))])
    pace = np.empty(len(loads))
    row, share, start = np.concatenate(rows).astype(np.int64), np.concatenate(shares), np.array(starts, dtype=np.int64)
    max_min_rates(start, row, share, limit, pace)
    total = np.bincount(row, share * np.repeat(pace, np.diff(start)), limit.size) / limit
    out = []
    for number, (case, load) in enumerate(loads):
        mine = row[start[number] : start[number + 1] - 1]
        tight = int(mine[np.argmax(total[mine])]) if mine.size and pace[number] < 1.0 else -1
        lost = 0.0 if load.lost_frac < NO_PATH_FRAC else load.lost_frac
        load_bps = load.load_b * (BITS_PER_BYTE / case.step_s)
        kept = 1.0 if load.rate_frac is None or tight < 0 else float(load.rate_frac.ravel()[tight])
        out.append(
            JobRoute(case.job.id, load_bps, min(1.0, float(pace[number])), tight // 2 if tight >= 0 else -1, lost,
                     load.is_estimate, kept, {kind: b / case.step_s for kind, b in load.by_kind_b.items()},
                     case.job.pool, load.inside_b / case.step_s)
        )  # fmt: skip
    return tuple(out)


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
    return replace(
        case, tokens_per_s=case.tokens_per_s * route.pace_frac, pace_frac=route.pace_frac, binding=route.binding,
        collision_frac=route.collision_frac, estimate=route.estimate, sent_b_per_s=route.sent_b_per_s,
    )  # fmt: skip
