"""Demand on the drawn fabric: the KV cache on its way from prefill to decode pools, and training jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.kernels.fabric import route_uniform, throughput_factor
from infraplanner.kernels.inference import kv_bytes
from infraplanner.units import BITS_PER_BYTE

from . import bind
from .pools import PoolCase

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NO_PATH_FRAC = 1e-12


@dataclass(frozen=True, slots=True)
class PoolRoute:
    """Routed unit demand of one decode pool: share of it on every bundle and direction, bits a request, the most
    requests/s that the links carry, the bundle that binds (-1 none) and the share of demand without a path.
    """

    load: Floats
    bits_per_request: float
    limit_per_s: float
    binding: int
    lost_frac: float


@dataclass(frozen=True, slots=True)
class JobRoute:
    """A training job's traffic: bit/s on every bundle and direction at its own pace, the share of that pace that the links
    carry (1: all of it), the bundle that binds (-1 none), the share without a path, and whether it is an estimate.
    """

    id: str
    load_bps: Floats
    pace_frac: float
    binding: int
    lost_frac: float
    estimate: bool
    collision_frac: float = 1.0
    """Share of its rate that the bundle that binds reaches when flows collide on it."""
    sent_b_per_s: dict[str, float] = field(default_factory=dict)
    """What leaves machines and storage at the job's own pace, by group."""
    pool: str = ""
    inside_b_per_s: float = 0.0
    """What a rank sends inside its machine at that pace."""


@dataclass(frozen=True, slots=True)
class Routes:
    """All decode pools' routes by pool row, and all training jobs' in plan order."""

    by_pool: dict[int, PoolRoute] = field(default_factory=dict)
    jobs: tuple[JobRoute, ...] = ()
    jobs_bps: Floats | None = None
    """Traffic of all jobs at their pace on every bundle and direction."""


UnitLoads = dict[tuple[int, frozenset[str]], tuple[Floats, float]]
"""Routed unit demand by decode pool and failed records that it feels: load of every bundle and direction, and the share
without a path.
"""

ARCS_A_CHUNK = 2_000_000
"""Edges that are visited between two looks at whether a newer edit has come: about 20 ms."""


def find_routes(
    compiled: Compiled,
    cases: list[PoolCase],
    failed: frozenset[str],
    known: UnitLoads,
    stop: Callable[[], None] = lambda: None,
) -> Routes:
    """Route every decode pool's cache transfer; traffic is even over pairs of accelerators.

    `known` keeps unit loads between evaluations of an unchanged network; `stop` is called between chunks and may raise.
    """
    links = compiled.tables["links"]
    out: dict[int, PoolRoute] = {}
    capacity = links["rate_bps"] * links["count"] * compiled.rule("inference.link_efficiency")
    for row, case in enumerate(cases):
        source = int(compiled.tables["pools"]["prefill_pool@pools"][row])
        if case.case is None or source < 0 or case.pool.phase != "decode":
            continue
        felt = felt_of(compiled, failed, felt_nodes(compiled, (source, row))) if failed else failed
        if (row, felt) not in known:
            known[row, felt] = _unit_load(compiled, source, row, felt, stop)
        load, lost = known[row, felt]
        bits = kv_bytes(case.case.model, case.case.tune, case.case.request.input_tokens) * BITS_PER_BYTE
        theta, binding = throughput_factor(load, capacity)
        limit = 0.0 if lost > NO_PATH_FRAC else theta / bits
        out[row] = PoolRoute(load, bits, limit, binding, lost)
    return Routes(out)


def _unit_load(
    compiled: Compiled, source: int, target: int, failed: frozenset[str], stop: Callable[[], None]
) -> tuple[Floats, float]:
    """Fractional ECMP of a unit demand from one pool to another, a few destinations at a time."""
    load = np.zeros((len(compiled.tables["links"]), 2))
    starts, start_share = pool_endpoints(compiled, source, failed)
    stops, stop_share = pool_endpoints(compiled, target, failed)
    if not starts.size or not stops.size:
        return load, 1.0
    start_share, stop_share = start_share / start_share.sum(), stop_share / stop_share.sum()
    alive, graph = alive_nodes(compiled, failed), bind.graph(compiled, failed)
    chunk = max(1, ARCS_A_CHUNK // max(graph.neighbour.size, 1))
    lost = 0.0
    for first in range(0, stops.size, chunk):
        stop()
        part = slice(first, first + chunk)
        lost += route_uniform(graph, alive, starts, start_share, stops[part].copy(), stop_share[part].copy(), load)
    return load, lost


def pool_endpoints(compiled: Compiled, pool: int, failed: frozenset[str]) -> tuple[NDArray[np.int64], Floats]:
    """Fabric nodes of a pool's accelerators and how many stand at each: the device when links end on it, else its rack."""
    bodies, net = compiled.bodies, compiled.network
    mine = np.flatnonzero((bodies.pool == pool) & (bodies.accelerator_count > 0.0) & (bodies.rack >= 0))
    nodes = np.where(net.linked[bodies.node[mine]], bodies.node[mine], bodies.rack[mine])
    alive = alive_nodes(compiled, failed)[nodes]
    unique, inverse = np.unique(nodes[alive], return_inverse=True)
    share: Floats = np.bincount(inverse, bodies.accelerator_count[mine][alive], unique.size).astype(np.float64)
    return unique.astype(np.int64), share


def alive_nodes(compiled: Compiled, failed: frozenset[str]) -> NDArray[np.bool_]:
    """Which racks, devices and light paths are in service; a device falls with its rack, a light path with its switch."""
    racks, devices = compiled.tables["racks"], compiled.tables["devices"]
    alive = np.ones(len(racks) + len(devices), np.bool_)
    if failed:
        dead_racks = [racks.index[key] for key in failed if key in racks.index]
        alive[dead_racks] = False
        alive[[len(racks) + devices.index[key] for key in failed if key in devices.index]] = False
        alive[len(racks) :] &= ~np.isin(devices["rack@racks"], dead_racks)
    paths = compiled.network.paths.device
    return np.concatenate([alive, alive[paths]]) if paths.size else alive


def felt_nodes(compiled: Compiled, pools: Iterable[int], also: Flags | None = None, *, passing: bool = True) -> Flags:
    """Racks and devices whose failure the traffic between some pools can feel: what passes packets on (when `passing`), the
    pools' own machines, optical switches, `also` others, and racks with any of these.
    """
    bodies, net, devices = compiled.bodies, compiled.network, compiled.tables["devices"]
    racks = len(compiled.tables["racks"])
    node = net.forwards[: racks + len(devices)] & passing
    if also is not None:
        node |= also
    node[bodies.node[np.isin(bodies.pool, list(pools))]] = True
    node[net.paths.device] = True
    return with_homes(compiled, node)


def with_homes(compiled: Compiled, node: Flags) -> Flags:
    """Flagged nodes, and the racks that flagged devices stand in."""
    home = compiled.tables["devices"]["rack@racks"][node[len(compiled.tables["racks"]) :]]
    node[home[home >= 0]] = True
    return node


def felt_of(compiled: Compiled, failed: frozenset[str], node: Flags) -> frozenset[str]:
    """Those of the failures that are links or stand at one of the flagged nodes."""
    racks, devices, links = (compiled.tables[name].index for name in ("racks", "devices", "links"))

    def feels(key: str) -> bool:
        row = racks[key] if key in racks else len(racks) + devices[key] if key in devices else -1
        return bool(node[row]) if row >= 0 else key in links

    return frozenset(key for key in failed if feels(key))


def link_load(routes: Routes, rate_per_s: Floats, links: int) -> Floats:
    """Traffic on every bundle in its busier direction [bit/s] at the pools' requests/s and the jobs' pace."""
    own = routes.jobs_bps if routes.jobs_bps is not None and len(routes.jobs_bps) == links else None
    if own is not None and not routes.by_pool:
        return np.maximum(own[:, 0], own[:, 1])
    total = np.zeros((links, 2)) if own is None else own.copy()
    for row, found in routes.by_pool.items():
        if rate_per_s[row] > 0.0:
            total += found.load * (found.bits_per_request * rate_per_s[row])
    return np.maximum(total[:, 0], total[:, 1])


def together(jobs: tuple[JobRoute, ...]) -> Floats | None:
    """Traffic of all jobs at their pace on every bundle and direction [bit/s]; None without a job."""
    parts = [job.load_bps * job.pace_frac for job in jobs]
    return sum(parts[1:], parts[0]) if parts else None
