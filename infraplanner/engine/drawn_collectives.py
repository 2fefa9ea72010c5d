"""Collectives of every pool at the bandwidth that the drawn graph gives its machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from infraplanner.compile.parts import Catalogue
from infraplanner.compile.plan import Compiled, compile_plan
from infraplanner.model.document import Snapshot
from infraplanner.results.fabric import Collective
from infraplanner.units import BITS_PER_BYTE

from . import kernel_cache

if TYPE_CHECKING:
    from .reduced import Reduced

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed

GIB_B = 2.0**30


def drawn_collectives(
    snapshot: Snapshot, catalogue: Catalogue, failed: frozenset[str] = frozenset(), size_b: float = GIB_B
) -> tuple[Collective, ...]:
    """Ring, tree, double tree, hierarchical and in-network all-reduce, and all-to-all, of every pool with cables.

    Between machines every accelerator has its part of what max-min fair routing of a ring leaves to the slowest machine;
    all-to-all is bounded by the narrowest cut between the pool's halves too. Reference: interconnect model 3.4.
    """
    kernel_cache.prepare_once()
    from . import bind
    from .reduced import reduce_graph
    from .routes import alive_nodes

    compiled = compile_plan(snapshot, catalogue)
    small = reduce_graph(bind.graph(compiled, failed), alive_nodes(compiled, failed))
    return pool_collectives(compiled, small, failed, lambda: None, size_b)


def pool_collectives(
    compiled: Compiled, small: Reduced, failed: frozenset[str], stop: Callable[[], None], size_b: float = GIB_B
) -> tuple[Collective, ...]:
    """The same of a compiled plan whose fabric was made small; `stop` is called between passes and may raise."""
    out: list[Collective] = []
    for row, pool in enumerate(compiled.tables["pools"].ids):
        out += _of_pool(compiled, small, row, pool, failed, stop, size_b)
    return tuple(out)


def ring_rate(
    compiled: Compiled, nodes: np.ndarray, small: Reduced, stop: Callable[[], None] = lambda: None
) -> float | None:
    """Bytes/s that every machine can send to the next around a ring at once; None when one has no way."""
    from .reduced import route
    from .traffic import Demand

    count = nodes.size
    order = np.argsort(np.roll(nodes, -1))
    target, source = np.roll(nodes, -1)[order], nodes[order]
    demand = Demand(target, np.arange(count + 1), source, np.ones(count), {})
    found = route(small, demand, demand.amount_b, stop=stop)
    if found.lost > 0.0:
        return None
    links = compiled.tables["links"]
    load = small.spread(found.arc, len(links)).max(axis=1)
    used = load > 0.0
    capacity = links["rate_bps"] * links["count"] * compiled.rule("collective.nic_efficiency")
    return float((capacity[used] / load[used]).min()) / BITS_PER_BYTE


def _of_pool(
    compiled: Compiled,
    small: Reduced,
    row: int,
    pool: str,
    failed: frozenset[str],
    stop: Callable[[], None],
    size_b: float,
) -> list[Collective]:
    from infraplanner.kernels import collectives as c

    from . import bisection
    from .routes import pool_endpoints

    nodes, counts = pool_endpoints(compiled, row, failed)
    if nodes.size < 2 or not compiled.network.linked[nodes].all():
        return []
    rate = ring_rate(compiled, nodes, small, stop)
    codes = compiled.bodies.accelerator[(compiled.bodies.pool == row) & (compiled.bodies.accelerator >= 0)]
    part = compiled.parts.accelerators[int(codes[0])]
    if rate is None or part.scale_up_gb_per_s is None:
        return []
    rule = compiled.rule
    inner, outer = float(counts.min()), float(nodes.size)
    ranks = float(counts.sum())
    hop, up_hop = rule("collective.scale_out_hop_s"), rule("collective.scale_up_hop_s")
    line = part.scale_up_gb_per_s * 1e9
    each = rate / inner
    half = nodes.size // 2
    cut = bisection.cut(compiled, nodes[:half].tolist(), nodes[half : 2 * half].tolist(), failed).bandwidth_bps
    eta = rule("collective.in_network_efficiency")
    ring = c.ring_all_reduce(size_b, ranks, hop, each)
    times = {
        "ring all-reduce": (c.ALL_REDUCE, ring),
        "tree all-reduce": (c.ALL_REDUCE, c.tree_all_reduce(size_b, ranks, hop, 0.5 * each)),
        "double-tree all-reduce": (c.ALL_REDUCE, c.double_tree_all_reduce(size_b, ranks, hop, each)),
        "hierarchical all-reduce": (
            c.ALL_REDUCE,
            c.hierarchical_all_reduce(
                size_b, inner, outer, up_hop, hop, line * rule("collective.ring_efficiency"), each
            ),
        ),
        "in-network all-reduce": (c.ALL_REDUCE, c.in_network_all_reduce(size_b, ranks, hop, each * eta)),
        "all-gather": (c.ALL_GATHER, c.all_gather(size_b, ranks, hop, each)),
        "all-to-all": (
            c.ALL_TO_ALL, c.all_to_all(size_b, ranks, hop, each, cut / BITS_PER_BYTE if cut > 0.0 else np.inf),
        ),
    }  # fmt: skip
    return [
        Collective(
            pool, int(nodes.size), int(ranks), name, float(time), float(c.busbw_ratio(kind, ranks) * size_b / time)
        )
        for name, (kind, time) in times.items()
    ]
