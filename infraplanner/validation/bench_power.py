"""Power figures of `bench`, in a process of their own: a large A/B graph, all its single failures, the voltages of its
radial side, and pandapower on that same net where it is installed. JSON on stdout.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.engine.power_net import PowerNet, fail_all, radial_side, solve_radial, sweep_once
from infraplanner.units import KILO, MEGA

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NODES, FAILURES, ROUNDS = 20_000, 500, 15
FAN_OUT = (2, 5, 6, 15)
"""Per side: transformers of a connection, UPS of a transformer, panels of a UPS, busways of a panel."""
VOLTAGE_V, LOAD_W, POWER_FACTOR = 13_800.0, 500.0, 0.98


@dataclass(frozen=True, slots=True)
class Compared:
    """What two solvers say of one net."""

    loss_error_frac: float
    voltage_error_frac: float
    ours_s: float
    theirs_s: float


def ab_graph(nodes: int = NODES) -> PowerNet:
    """A graph of so many nodes, loads included: two connections, each with transformers, UPS, panels and busways, and
    two-corded loads with one cord on each side.
    """
    parents: list[int] = []
    for side in range(2):
        parents.append(-1)
        level = [len(parents) - 1]
        for count in FAN_OUT:
            below = []
            for parent in level:
                for _ in range(count):
                    parents.append(parent)
                    below.append(len(parents) - 1)
            level = below
        if side == 0:
            first = level
    loads = nodes - len(parents)
    cord = np.arange(loads) % len(first)
    a, b = np.array(first)[cord], np.array(level)[cord]
    return PowerNet(np.array(parents), np.stack([a, b], axis=1), np.full(loads, 1.0e3))


def measure() -> dict[str, Any]:
    """All figures."""
    net = ab_graph()
    pass_s = _median(lambda: sweep_once(net))
    failures_s = _median(lambda: fail_all(net, FAILURES), 5)
    side = radial_side(net, VOLTAGE_V, LOAD_W, POWER_FACTOR)
    solved = solve_radial(side)
    drop_s = _median(lambda: solve_radial(side))
    out: dict[str, Any] = {
        "nodes": NODES,
        "failures": FAILURES,
        "pass_ms": KILO * pass_s,
        "failures_ms": KILO * failures_s,
        "radial_nodes": int(side.parent.size) + 1,
        "voltage_drop_ms": KILO * drop_s,
        "passes": solved.passes,
        "pandapower": None,
    }
    if importlib.util.find_spec("pandapower") is not None:
        found = compare(side, drop_s)
        out["pandapower"] = {
            "ms": KILO * found.theirs_s,
            "speed_ratio": found.theirs_s / found.ours_s,
            "loss_error_frac": found.loss_error_frac,
            "voltage_error_frac": found.voltage_error_frac,
        }
    return out


def compare(side: Any, ours_s: float) -> Compared:
    """The same net in pandapower: sum of line losses, and the largest difference of a bus voltage."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net, run = pandapower_net(side)
        run()
        theirs_s = _median(run, 3)
    solved = solve_radial(side)
    loss = float(net.res_line.pl_mw.sum()) * MEGA
    volts = net.res_bus.vm_pu.to_numpy()[1:]
    return Compared(
        loss_error_frac=abs(solved.loss_w / loss - 1.0),
        voltage_error_frac=float(np.max(np.abs(solved.volts / side.source_v - volts))),
        ours_s=ours_s,
        theirs_s=theirs_s,
    )


def pandapower_net(side: Any) -> tuple[Any, Callable[[], None]]:
    """The radial net as pandapower holds it, and its power flow (Newton's method, compiled where it can be)."""
    import pandapower as pp  # noqa: PLC0415 - an extra, not needed otherwise

    count = side.parent.size
    net = pp.create_empty_network(f_hz=50.0)
    buses = pp.create_buses(net, count + 1, vn_kv=side.source_v / KILO)
    pp.create_ext_grid(net, bus=buses[0], vm_pu=1.0)
    pp.create_lines_from_parameters(
        net, from_buses=np.asarray(buses)[side.parent + 1], to_buses=np.asarray(buses)[1:], length_km=np.ones(count),
        r_ohm_per_km=side.resistance_ohm, x_ohm_per_km=side.reactance_ohm, c_nf_per_km=np.zeros(count),
        max_i_ka=np.full(count, 10.0),
    )  # fmt: skip
    loaded = np.flatnonzero(side.load_w > 0.0)
    pp.create_loads(
        net, buses=np.asarray(buses)[loaded + 1], p_mw=side.load_w[loaded] / MEGA, q_mvar=side.load_var[loaded] / MEGA
    )

    def run() -> None:
        pp.runpp(net, algorithm="nr", init="flat", calculate_voltage_angles=False, numba=True, tolerance_mva=1e-8)

    return net, run


def _median(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
