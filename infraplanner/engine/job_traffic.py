"""Load of training jobs on the drawn links: exact where it is quick, else an estimate from some of the destinations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.kernels.traffic import route_pairs

from . import bind
from .routes import alive_nodes, pool_endpoints
from .traffic import Demand

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ARCS_A_CHUNK = 2_000_000
"""Edges that are visited between two looks at whether a newer edit has come: about 20 ms."""
ARCS_EXACT = 20_000_000
"""Edges up to which every destination is routed: about 0.2 s. Beyond, as many destinations as fit are drawn by lot."""
SEED = 20_260_401


@dataclass(frozen=True, slots=True)
class JobLoad:
    """Bytes a step on every bundle and direction, the share of the demand without a path, and how many destinations of
    all were routed (fewer: an unbiased estimate).
    """

    load_b: Floats
    lost_frac: float
    routed_count: int
    target_count: int

    @property
    def is_estimate(self) -> bool:
        """True when not every destination was routed."""
        return self.routed_count < self.target_count


def machines(compiled: Compiled, pool: int, ranks: int, failed: frozenset[str]) -> Ints | None:
    """Where each rank stands: fabric nodes in plan order, every accelerator one rank; None when there are too few."""
    nodes, counts = pool_endpoints(compiled, pool, failed)
    placed = np.repeat(nodes, counts.astype(np.int64))
    return placed[:ranks] if placed.size >= ranks else None


def route_job(
    compiled: Compiled, demand: Demand, failed: frozenset[str], stop: Callable[[], None] = lambda: None
) -> JobLoad:
    """Route a job's demand by fractional ECMP; `stop` is called between chunks and may raise."""
    links = len(compiled.tables["links"])
    load = np.zeros((links, 2))
    total = float(demand.amount_b.sum())
    if total <= 0.0:
        return JobLoad(load, 0.0, 0, 0)
    graph, alive = bind.graph(compiled), alive_nodes(compiled, failed)
    count = demand.targets.size
    arcs = max(1, graph.neighbour.size)
    most = max(1, ARCS_EXACT // arcs)
    rows = np.arange(count)
    if count > most:
        rows = np.sort(np.random.default_rng(SEED).choice(count, most, replace=False))
    chunk = max(1, ARCS_A_CHUNK // arcs)
    lost = routed = 0.0
    for first in range(0, rows.size, chunk):
        stop()
        part = rows[first : first + chunk]
        targets, start, picked = _rows(demand, part)
        routed += float(demand.amount_b[picked].sum())
        lost += route_pairs(graph, alive, targets, start, demand.sources[picked], demand.amount_b[picked], load)
    scale = total / routed if routed > 0.0 else 1.0
    return JobLoad(load * scale, lost / routed if routed > 0.0 else math.nan, int(rows.size), count)


def _rows(demand: Demand, rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Targets, row starts and entries of some rows of a demand matrix."""
    first, size = demand.start[rows], demand.start[rows + 1] - demand.start[rows]
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    picked = np.arange(start[-1]) - np.repeat(start[:-1] - first, size)
    return demand.targets[rows].copy(), start, picked
