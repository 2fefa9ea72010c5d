"""Power graphs for tests, and an auditor that adds up losses from curves and currents in plain Python."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from infraplanner.compile.chain import children_first, group
from infraplanner.kernels import legs as conductors
from infraplanner.kernels import power

UPS = (0.013, 0.006, 0.011)
TITANIUM = (0.0094563, 0.0165485, 0.0, 0.0103425, 0.2, 0.1292459, 0.5)
ORV3 = (0.0041341, 0.0224891, 0.0, -0.0127906, 0.3, 0.0371993, 0.5)
"""Curves with knees: a, b, c, then rise and knee twice."""


@dataclass
class Net:
    """Feeds between nodes (parent, child, weight, rank) and of each load (node, weight, side, rank). `curves`: one a node,
    instead of `curve` for all.
    """

    nodes: int
    edges: list[tuple[int, int, float, int]]
    loads: list[list[tuple[int, float, int, int]]]
    watts: np.ndarray
    rating_w: float = 1e6
    curve: tuple[float, ...] = UPS
    curves: list[tuple[float, ...]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    ohm: dict[int, float] = field(default_factory=dict)
    volts: float = 800.0
    ampacity: float = math.nan


def whole(*curve: float) -> tuple[float, ...]:
    """A curve as the kernels take it; what is not stated is none."""
    return (*curve, *(0.0, 0.0, 0.0, 0.0, math.inf, 0.0, math.inf)[len(curve) :])


def curves_of(*curves: tuple[float, ...]) -> np.ndarray:
    """Rows of the kernels' matrix."""
    return np.array([whole(*curve) for curve in curves])


def chain_of(net: Net) -> power.Chain:
    """The kernel's arrays; `more` overrides columns by name."""
    nodes = net.nodes
    start, rows = group(np.array([edge[1] for edge in net.edges], dtype=np.int64), nodes)
    edges = [net.edges[row] for row in rows]
    flat = [(m, *feed) for m, feeds in enumerate(net.loads) for feed in feeds]
    load_start, load_rows = group(np.array([feed[0] for feed in flat], dtype=np.int64), len(net.loads))
    take = [flat[row] for row in load_rows]

    def column(items: list[Any], kind: Any) -> np.ndarray:
        return np.array(items, dtype=kind)

    source = column([edge[0] for edge in edges], np.int64)
    rank = column([edge[3] for edge in edges], np.int64)
    load_rank = column([feed[4] for feed in take], np.int64)
    chain = power.Chain(
        order=children_first(start, source),
        rating_w=np.full(nodes, net.rating_w),
        curves=curves_of(*(net.curves or [net.curve] * nodes)),
        units_count=np.ones(nodes),
        spare_count=np.zeros(nodes),
        stage_frac=np.zeros(nodes),
        standby_frac=np.zeros(nodes),
        give_w=np.full(nodes, np.inf),
        backup=np.zeros(nodes, bool),
        ranked=_ranked(start, rank),
        feed_start=start,
        feed_source=source,
        feed_weight=column([edge[2] for edge in edges], np.float64),
        feed_rank=rank,
        load_start=load_start,
        load_source=column([feed[1] for feed in take], np.int64),
        load_weight=column([feed[2] for feed in take], np.float64),
        load_side=column([feed[3] for feed in take], np.int64),
        load_rank=load_rank,
        load_ranked=_ranked(load_start, load_rank),
    )
    return chain._replace(**net.more)


def _ranked(start: np.ndarray, rank: np.ndarray) -> np.ndarray:
    return np.array([len(set(rank[a:b].tolist())) > 1 for a, b in pairwise(start.tolist())], dtype=bool)


def legs_of(net: Net, chain: power.Chain) -> conductors.Legs:
    """DC conductors of the given resistance; none at all when `ohm` is empty."""
    rows = chain.feed_source.size + chain.load_source.size if net.ohm else 0
    cold = np.array([net.ohm.get(row, 0.0) for row in range(rows)])

    def same(value: float) -> np.ndarray:
        return np.full(rows, value)

    return conductors.Legs(
        cold, same(0.0), same(net.volts), same(1.0), same(1.0), same(1.0), same(0.0), same(net.ampacity), same(75.0),
        same(30.0), same(30.0), same(0.00393), np.zeros(net.nodes, bool),
    )  # fmt: skip


@dataclass
class Run:
    """One settled state."""

    chain: power.Chain
    legs: conductors.Legs
    flows: power.Flows
    state: conductors.LegFlows
    unserved_w: float
    passes: int


def run(net: Net, alive: np.ndarray | None = None, plain: bool = False) -> Run:
    """Energise, then sweep and drop until voltages stand still."""
    chain = chain_of(net)
    legs = legs_of(net, chain)
    nodes, loads, rows = net.nodes, len(net.loads), legs.cold_ohm.size

    def zeros(count: int) -> np.ndarray:
        return np.zeros(count)

    flows = power.Flows(
        zeros(nodes), zeros(nodes), zeros(nodes), np.zeros(nodes, bool), zeros(nodes), zeros(loads), zeros(loads),
        zeros(loads), np.zeros(loads, bool), zeros(chain.feed_source.size + chain.load_source.size),
    )  # fmt: skip
    state = conductors.LegFlows(*(zeros(rows) for _ in range(5)), np.zeros(rows, bool), zeros(nodes))

    def kernel(entry: Any) -> Any:
        return entry.py_func if plain else entry

    kernel(power.energise)(chain, np.ones(nodes, bool) if alive is None else alive, flows)
    kernel(conductors.start_legs)(legs, state)
    unserved, passes = 0.0, 0
    for passes in range(1, 60):  # noqa: B007 - how many it took is a result
        unserved = kernel(power.sweep)(chain, legs, net.watts, flows, state)
        if kernel(power.drop)(chain, legs, flows, state) <= 1e-12:
            break
    return Run(chain, legs, flows, state, float(unserved), passes)


def audit(net: Net, done: Run) -> tuple[float, float, float]:
    """Roots' input, served load, and every loss anew: curves at each node's output, I^2 R of every feed [W].

    Uses the results' outputs and currents only; none of the kernels' code.
    """
    flows, chain = done.flows, done.chain
    lost = []
    for i in range(net.nodes):
        if not flows.live[i]:
            continue
        count, rating = float(chain.units_count[i]), float(chain.rating_w[i])
        stage, spare, out = float(chain.stage_frac[i]), float(chain.spare_count[i]), float(flows.out_w[i])
        unit, on = rating / count, count
        if stage > 0:
            on = min(count, max(1.0, math.ceil(out / (unit * stage) - 1e-12) + spare))
        x = out / on / unit
        a, b, c, *bends = net.curves[i] if net.curves else net.curve
        over = sum(rise * (x - knee) for rise, knee in zip(bends[::2], bends[1::2], strict=True) if x > knee)
        lost.append(on * unit * (a + b * x + c * x * x + over))
        lost.append((count - on) * unit * float(chain.standby_frac[i]))
    if net.ohm:
        heat = done.state
        for row, cold in net.ohm.items():
            if row < heat.leg_a.size:
                warm = cold * (1 + 0.00393 * (_temperature(net, done, row) - 20))
                lost.append(float(heat.leg_a[row]) ** 2 * warm)
    fed = {i for i in range(net.nodes) if chain.feed_start[i] == chain.feed_start[i + 1] and flows.live[i]}
    roots = math.fsum(float(flows.in_w[i]) for i in fed)
    return roots, math.fsum(flows.served_w.tolist()), math.fsum(lost)


def _temperature(net: Net, done: Run, row: int) -> float:
    """The temperature that a settled pass has used, from the settled current."""
    if math.isnan(net.ampacity):
        return 30.0
    return min(30.0 + 45.0 * (float(done.state.leg_a[row]) / net.ampacity) ** 2, 250.0)
