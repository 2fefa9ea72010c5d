"""The drawn fabric as a whole: worst halves, tiers, and collectives of pools and jobs at the bandwidth that it gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.kernels.training_types import Job as Ranks
from infraplanner.kernels.training_types import Shape
from infraplanner.results.fabric import FabricFigures, Halves, JobCollective, Tier
from infraplanner.units import BITS_PER_BYTE

from .bisection import Net, machines_in, net_of, slowest_mode
from .drawn_collectives import pool_collectives
from .job_traffic import JobParts, felt, job_parts, placed_ranks, reduced, route_job
from .jobs import JobCase
from .reduced import Reduced
from .traffic import KINDS, job_demand, rank_bytes
from .workspace import Workspace

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FIGURES_KEPT = 64


def felt_by_fabric(compiled: Compiled, failed: frozenset[str]) -> frozenset[str]:
    """Those of the failures that take a link, a switch, a machine with links or part of a scale-up domain away."""
    racks, devices, links = (compiled.tables[name].index for name in ("racks", "devices", "links"))
    linked, held = compiled.network.linked, compiled.tables["devices"]["rack@racks"]

    def feels(key: str) -> bool:
        if key in links or ":" in key:
            return True
        if key in racks:
            return bool(linked[racks[key]]) or bool(linked[len(racks) :][held == racks[key]].any())
        return key in devices and bool(linked[len(racks) + devices[key]])

    return frozenset(key for key in failed if feels(key))


def fabric_figures(
    space: Workspace,
    jobs: tuple[JobCase, ...],
    failed: frozenset[str],
    stop: Callable[[], None],
    *,
    quick: bool = False,
) -> FabricFigures:
    """All figures of the plan without what failed; kept until the network, the bodies or the jobs change.

    `quick`, for ranking many failures, looks only at the halves that were worst with nothing failed (which must be known),
    and leaves tiers, what no job feels, and the pools' collectives where there is a job.
    """
    compiled = space.compiled
    assert compiled is not None
    gone = felt_by_fabric(compiled, failed)
    key = gone, tuple((case.job, case.line, bool(case.tokens_per_s)) for case in jobs)
    held: FabricFigures | None = space.figures.get(key)
    if held is not None and not (space.exact and any(row.estimate for row in held.jobs)):
        return held
    healthy: FabricFigures | None = space.healthy
    if quick and healthy is not None and healthy.halves:
        return _quick(space, compiled, jobs, gone, stop, healthy)
    hosts = machines_in(compiled, gone)
    if hosts.size < 2:
        return FabricFigures()
    net, small = net_of(compiled, gone), reduced(space, gone)
    halves = worst_halves(net, small, hosts, stop)
    tiers = tiers_of(compiled, net, hosts)
    pools = pool_collectives(compiled, small, gone, stop)
    found = FabricFigures(halves, tiers, pools, _jobs(space, jobs, gone, small, stop), float(net.rate_bps.sum()))
    if len(space.figures) >= FIGURES_KEPT:
        space.figures.clear()
    space.figures[key] = found
    if not gone:
        space.healthy = found
    return found


def _quick(
    space: Workspace, compiled: Compiled, jobs: tuple[JobCase, ...], gone: frozenset[str], stop: Callable[[], None],
    healthy: FabricFigures,
) -> FabricFigures:  # fmt: skip
    hosts, net = machines_in(compiled, gone), net_of(compiled, gone)
    if hosts.size < 2:
        return FabricFigures(bandwidth_bps=float(net.rate_bps.sum()))
    name, small = healthy.halves[0].name, felt(space, jobs, gone)
    traffic = small | {key for key in gone if ":" in key}
    halves = worst_halves(net, reduced(space, gone) if name == "hops" else None, hosts, stop, {name})
    of_jobs = _jobs(space, jobs, traffic, reduced(space, small), stop) if traffic else healthy.jobs
    pools = () if jobs else pool_collectives(compiled, reduced(space, gone), gone, stop)
    return FabricFigures(halves, (), pools, of_jobs, float(net.rate_bps.sum()))


def _jobs(
    space: Workspace, jobs: tuple[JobCase, ...], failed: frozenset[str], small: Reduced, stop: Callable[[], None]
) -> tuple[JobCollective, ...]:
    out: list[JobCollective] = []
    for case in jobs:
        stop()
        out += job_collectives(space, case, failed, small, stop)
    return tuple(out)


def worst_halves(
    net: Net, small: Reduced | None, hosts: Ints, stop: Callable[[], None], names: set[str] | None = None
) -> tuple[Halves, ...]:
    """Cuts between halves of the machines told apart in several ways, the one of least bandwidth first.

    No cut of a few tells the minimum over all halves (that is hard); the textbook's halves are among these for all
    topologies that the generators make.
    """
    orders: dict[str, Callable[[], Ints]] = {
        "plan order": lambda: hosts,
        "in turn": lambda: np.concatenate([hosts[::2], hosts[1::2]]),
        "hops": lambda: hosts[np.argsort(_hops(small, int(hosts[0]))[hosts], kind="stable")],
        "spectral": lambda: hosts[np.argsort(slowest_mode(net, stop)[hosts], kind="stable")],
    }
    half = hosts.size // 2
    out = []
    for name, order in orders.items():
        if names is None or name in names:
            stop()
            nodes = order()
            left = nodes[: -(-nodes.size // 2)] if name == "in turn" else nodes[:half]
            found = net.cut(np.sort(left[:half]), np.sort(nodes[left.size : left.size + half]))
            out.append(Halves(name, found.bandwidth_bps, found.share, found.left_count, found.right_count))
    return tuple(sorted(out, key=lambda row: (row.bandwidth_bps, list(orders).index(row.name))))


def _hops(small: Reduced | None, node: int) -> Ints:
    assert small is not None
    return small.tree(node).distance


def hops_of_links(compiled: Compiled, net: Net, hosts: Ints) -> Ints:
    """Hops from the nearest machine over each bundle, its own included (1: it ends on one); 0 where none is joined."""
    distance = net.distance(hosts)
    count = len(compiled.tables["links"])
    out = np.full(count, np.iinfo(np.int64).max)
    near = np.minimum(distance[net.source], distance[net.target])
    np.minimum.at(out, net.link[near >= 0], near[near >= 0] + 1)
    return np.where(out == np.iinfo(np.int64).max, 0, out)


def tiers_of(compiled: Compiled, net: Net, hosts: Ints) -> tuple[Tier, ...]:
    """Links in service by their hops from the machines, which are no matter of drawing: a star has one tier."""
    hop = hops_of_links(compiled, net, hosts)
    used = np.zeros(hop.size, np.bool_)
    used[net.link] = True
    links = compiled.tables["links"]
    each = links["rate_bps"] * links["count"]
    out: list[Tier] = []
    for number in np.unique(hop[used & (hop > 0)]).tolist():
        mine = used & (hop == number)
        total = float(each[mine].sum())
        over = out[-1].bandwidth_bps / total if out and total > 0.0 else None
        out.append(Tier(int(number), int(mine.sum()), int(links["count"][mine].sum()), total, over))
    return tuple(out)


def job_collectives(
    space: Workspace, case: JobCase, failed: frozenset[str], small: Reduced, stop: Callable[[], None]
) -> list[JobCollective]:
    """Every group of a job alone: bytes over the links that are busiest with them, plus the latency of its hops."""
    compiled = space.compiled
    assert compiled is not None
    parts = job_parts(space, case, failed) if case.tokens_per_s else None
    placed = placed_ranks(compiled, case, failed) if parts is not None else None
    if parts is None or placed is None:
        return []
    sent = rank_bytes(parts.shape, parts.ranks, parts.tune)
    out = []
    for kind in KINDS:
        ranks, calls, hops = _calls(parts.shape, parts.ranks, kind)
        if sent[kind] > 0.0 and ranks > 1:
            out.append(_group(space, case, parts, placed, failed, small, stop, kind, (ranks, calls, hops), sent[kind]))
    return out


def _group(
    space: Workspace, case: JobCase, parts: JobParts, placed: Ints, failed: frozenset[str], small: Reduced,
    stop: Callable[[], None], kind: str, shape: tuple[int, float, float], sent_b: float,
) -> JobCollective:  # fmt: skip
    compiled, estimate = space.compiled, False
    assert compiled is not None
    ranks, calls, hops = shape
    demand = job_demand(parts.shape, parts.ranks, parts.tune, placed, only=kind)
    outside_s = 0.0
    if demand.amount_b.size:
        flows = parts.flows_per_pair
        load = route_job(compiled, demand, failed, stop, small=small, exact=space.exact, flows_per_pair=flows)
        estimate = load.is_estimate
        links = compiled.tables["links"]
        rate = (links["rate_bps"] * links["count"] * compiled.rule("training.scale_out_efficiency"))[:, None]
        if load.rate_frac is not None:
            rate = rate * load.rate_frac
        outside_s = float((load.load_b * BITS_PER_BYTE / rate).max(initial=0.0))
    inside = demand.inside_b / placed.size
    near = parts.device.scale_up_b_per_s * parts.tune.scale_up_eta
    inside_s = inside / near if inside > 0.0 else 0.0
    scope = "fabric" if inside <= 0.0 else "domain" if not demand.amount_b.size else "both"
    hop_s = parts.tune.scale_up_hop_s if scope == "domain" else parts.tune.scale_out_hop_s
    time_s = max(outside_s, inside_s) + calls * hops * hop_s
    return JobCollective(case.job.id, kind, scope, ranks, calls, sent_b, time_s, sent_b / time_s, estimate)


def _calls(shape: Shape, job: Ranks, kind: str) -> tuple[int, float, float]:
    """Ranks of a group, collectives a step, and hops of each one after another. Reference: interconnect model 3.2, 3.4."""
    micro = job.batch / (job.dp * job.micro_batch)
    layers, group = shape.layers / job.pp, job.dp * job.cp
    table = {
        "tensor": (job.tp, 4.0 * layers * micro, 2.0 * (job.tp - 1.0)),
        "context": (job.cp, 2.0 * layers * micro, job.cp - 1.0),
        "pipeline": (job.pp, 2.0 * job.interleave * micro, 1.0),
        "data": (group, 1.0, 2.0 * (group - 1.0)),
        "expert": (job.ep, 4.0 * shape.moe_layers / job.pp * micro, job.ep - 1.0),
    }
    ranks, calls, hops = table[kind]
    return int(ranks), float(calls), float(hops)
