"""A power graph given as plain arrays, without a plan: for benchmarks and comparisons on graphs of any size."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.chain import children_first, group
from infraplanner.compile.fit import Curve

from . import kernel_cache

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RATING_W = 50e6
CURVE = Curve(0.0006, 0.0, 0.0075)


@dataclass(slots=True)
class PowerNet:
    """Nodes by their parent (-1: a source), and the two nodes that feed each load of so many watts."""

    parent: Ints
    feeders: Ints
    load_w: Floats
    held: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RadialSide:
    """One side as a radial three-phase net: row i is the line from `parent` (-1: the source) to node i and its load."""

    parent: Ints
    resistance_ohm: Floats
    reactance_ohm: Floats
    load_w: Floats
    load_var: Floats
    source_v: float


@dataclass(frozen=True, slots=True)
class RadialSolved:
    """Voltage at every node [V], loss of all lines [W], passes."""

    volts: Floats
    loss_w: float
    passes: int


def _kernel_form(net: PowerNet) -> tuple[object, ...]:
    """Chain, empty conductors, flows and state of a net, built once."""
    if "form" not in net.held:
        kernel_cache.prepare_once()
        from infraplanner.kernels.legs import LegFlows, start_legs
        from infraplanner.kernels.power import Chain, Flows

        from .bind import NO_LEGS, buffers

        nodes, loads = net.parent.size, net.load_w.size
        child = np.flatnonzero(net.parent >= 0)
        start, rows = group(child, nodes)
        source = net.parent[child][rows]
        feeds = net.feeders.reshape(-1)
        none, off = np.zeros(nodes), np.zeros(nodes, np.bool_)
        chain = Chain(
            children_first(start, source), np.full(nodes, RATING_W), np.tile(CURVE, (nodes, 1)),
            np.ones(nodes), none, none, none, np.full(nodes, RATING_W), off, off,
            start, source, np.ones(source.size), np.zeros(source.size, np.int64),
            np.arange(0, 2 * loads + 1, 2), feeds, np.ones(feeds.size), np.tile([1, 2], loads),
            np.zeros(feeds.size, np.int64), np.zeros(loads, np.bool_),
        )  # fmt: skip
        sizes = {"served": loads, "side": loads, "fed": loads, "part": source.size + feeds.size}
        flows = buffers(Flows, **sizes, **{"": nodes})
        trial = buffers(Flows, **sizes, **{"": nodes})
        state = buffers(LegFlows, leg=0, node=nodes)
        start_legs(NO_LEGS, state)
        net.held["form"] = (chain, NO_LEGS, flows, trial, state, np.ones(nodes, np.bool_))
    form: tuple[object, ...] = net.held["form"]  # type: ignore[assignment]
    return form


def sweep_once(net: PowerNet) -> float:
    """Who is live and what every node carries; returns the input of all sources [W]."""
    chain, legs, flows, _, state, alive = _kernel_form(net)
    from infraplanner.kernels.power import balance, energise, sweep

    energise(chain, alive, flows)  # type: ignore[arg-type]
    sweep(chain, legs, net.load_w, flows, state)  # type: ignore[arg-type]
    return float(balance(chain, flows, state)[0])  # type: ignore[arg-type]


def fail_all(net: PowerNet, count: int) -> Floats:
    """Load lost [W] when each of the first `count` nodes fails."""
    chain, legs, flows, trial, state, alive = _kernel_form(net)
    from infraplanner.kernels.outages import Outages, run_outages

    from .bind import buffers
    from .outages import loads_by_node

    sweep_once(net)
    cases = np.arange(min(count, net.parent.size))
    out = buffers(Outages, peak=net.parent.size, **{"": cases.size})
    fed_by = loads_by_node(chain)  # type: ignore[arg-type]
    run_outages(
        chain, legs, alive, net.load_w, np.full(net.parent.size, RATING_W), fed_by, flows, trial, state, state,  # type: ignore[arg-type]
        cases, 0, cases.size, np.zeros(net.load_w.size, np.int64), out,
    )  # fmt: skip
    return out.unserved_w


def radial_side(net: PowerNet, source_v: float, load_w: float, power_factor: float) -> RadialSide:
    """Side A with a line on every edge and every load on its own node; lines get thinner with depth."""
    nodes = net.parent.size
    roots = np.flatnonzero(net.parent < 0)
    first = np.arange(roots[0], roots[1]) if roots.size > 1 else np.arange(nodes)
    feeder = net.feeders[:, 0]
    parent = np.concatenate([net.parent[first], feeder])
    rng = np.random.default_rng(7)
    depth = np.zeros(nodes, np.int64)
    for row in first[1:].tolist():
        depth[row] = depth[net.parent[row]] + 1
    levels = np.concatenate([depth[first], depth[feeder] + 1])
    resistance = 0.05 * 3.0**levels * rng.uniform(0.8, 1.2, parent.size)
    loads = np.concatenate([np.zeros(first.size), load_w * rng.uniform(0.5, 1.5, feeder.size)])
    reactive = loads * np.tan(np.arccos(power_factor))
    return RadialSide(parent, resistance, 0.4 * resistance, loads, reactive, source_v)


def solve_radial(side: RadialSide, tolerance_v: float = 1e-4, passes: int = 50) -> RadialSolved:
    """Voltages and losses by backward and forward sweeps; raises ArithmeticError when no solution is found."""
    kernel_cache.prepare_once()
    from infraplanner.kernels.conductors import Radial, RadialState, radial_sweep

    count = side.parent.size
    state = RadialState(*(np.zeros(count) for _ in range(5)))
    net = Radial(side.parent, side.resistance_ohm, side.reactance_ohm, side.load_w, side.load_var)
    found, row, done = radial_sweep(net, side.source_v, tolerance_v, passes, state)
    if found != 0:
        raise ArithmeticError(f"The radial net has no solution: state {found} at row {row} after {done} passes.")
    return RadialSolved(np.hypot(state.real_v, state.imag_v), float(state.loss_w.sum()), int(done))
