"""Demand on the drawn fabric: the KV cache on its way from prefill to decode pools."""

from __future__ import annotations

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
class Routes:
    """All decode pools' routes by pool row."""

    by_pool: dict[int, PoolRoute] = field(default_factory=dict)


def find_routes(compiled: Compiled, cases: list[PoolCase], failed: frozenset[str]) -> Routes:
    """Route every decode pool's cache transfer; traffic is even over pairs of accelerators."""
    rows = compiled.tables["pools"]
    out: dict[int, PoolRoute] = {}
    capacity = compiled.tables["links"]["rate_bps"] * compiled.tables["links"]["count"]
    capacity = capacity * compiled.rule("inference.link_efficiency")
    for row, case in enumerate(cases):
        source = int(rows["prefill_pool@pools"][row])
        if case.case is None or source < 0 or case.pool.phase != "decode":
            continue
        load = np.zeros((len(compiled.tables["links"]), 2))
        starts, start_share = _endpoints(compiled, source, failed)
        stops, stop_share = _endpoints(compiled, row, failed)
        if not starts.size or not stops.size:
            continue
        alive = _alive_nodes(compiled, failed)
        lost = route_uniform(bind.graph(compiled), alive, starts, start_share, stops, stop_share, load)
        bits = kv_bytes(case.case.model, case.case.tune, case.case.request.input_tokens) * BITS_PER_BYTE
        theta, binding = throughput_factor(load, capacity)
        limit = 0.0 if lost > 1e-12 else theta / bits
        out[row] = PoolRoute(load, bits, limit, binding, lost)
    return Routes(out)


def _endpoints(compiled: Compiled, pool: int, failed: frozenset[str]) -> tuple[NDArray[np.int64], Floats]:
    """Fabric nodes of a pool's accelerators and each one's share of them: the device when links end on it, else its
    rack.
    """
    bodies, net = compiled.bodies, compiled.network
    mine = np.flatnonzero((bodies.pool == pool) & (bodies.accelerator_count > 0.0) & (bodies.rack >= 0))
    nodes = np.where(net.linked[bodies.node[mine]], bodies.node[mine], bodies.rack[mine])
    alive = _alive_nodes(compiled, failed)[nodes]
    unique, inverse = np.unique(nodes[alive], return_inverse=True)
    share: Floats = np.bincount(inverse, bodies.accelerator_count[mine][alive], unique.size).astype(np.float64)
    return unique.astype(np.int64), share / share.sum() if unique.size else share


def _alive_nodes(compiled: Compiled, failed: frozenset[str]) -> NDArray[np.bool_]:
    racks, devices = compiled.tables["racks"], compiled.tables["devices"]
    alive = np.ones(len(racks) + len(devices), np.bool_)
    if failed:
        dead_racks = [racks.index[key] for key in failed if key in racks.index]
        alive[dead_racks] = False
        alive[[len(racks) + devices.index[key] for key in failed if key in devices.index]] = False
        alive[len(racks) :] &= ~np.isin(devices["rack@racks"], dead_racks)
    return alive


def link_load(routes: Routes, rate_per_s: Floats, links: int) -> Floats:
    """Traffic on every bundle in its busier direction [bit/s] at the pools' requests/s."""
    total = np.zeros((links, 2))
    for row, found in routes.by_pool.items():
        if rate_per_s[row] > 0.0:
            total += found.load * (found.bits_per_request * rate_per_s[row])
    busiest: Floats = total.max(axis=1) if links else np.empty(0)
    return busiest
