"""Pipes, pumps and a branched coolant network: pressure drop, flow and how a pump's flow divides over the racks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints


class Branches(NamedTuple):
    """A branched supply main with its return beside it, parents before children; row 0 hangs on the pump.

    Row i: the piece of main from `parent` (-1: the pump) to this node, supply and return in one `length_m`, `bore_m`,
    `roughness_m` and the sum of its fittings `fittings_ratio`; and what the node feeds, `drop = coefficient |Q|^exponent`
    (infinity: nothing, or a shut valve). The exponent is one for all consumers.
    """

    parent: Ints
    bore_m: Floats
    length_m: Floats
    roughness_m: Floats
    fittings_ratio: Floats
    coefficient: Floats


class BranchFlows(NamedTuple):
    """Results per row: flow in the main, flow through the consumer, pressure across the consumer; `share` is scratch."""

    main_m3_per_s: Floats
    rack_m3_per_s: Floats
    rack_pa: Floats
    share: Floats


@kernel
def velocity(flow_m3_per_s: float, bore_m: float) -> float:
    """Mean velocity in a round pipe [m/s]: Q / (pi D^2 / 4). Worked: 150 L/min in 50 mm: 1.273 m/s."""
    return flow_m3_per_s / (0.25 * np.pi * bore_m * bore_m)


@kernel
def reynolds(flow_m3_per_s: float, bore_m: float, density_kg_per_m3: float, viscosity_pa_s: float) -> float:
    """Reynolds number rho |v| D / mu. Worked: 1.273 m/s, 50 mm, 1,000 kg/m3, 1 mPa s: 63,662."""
    return density_kg_per_m3 * abs(velocity(flow_m3_per_s, bore_m)) * bore_m / viscosity_pa_s


@kernel
def flow_regime(reynolds_ratio: float) -> int:
    """0 laminar (Re < 2300), 1 in between, where the factor is only a blend and is to be flagged, 2 turbulent (Re >
    4000).
    """
    if reynolds_ratio < 2300.0:
        return 0
    return 1 if reynolds_ratio <= 4000.0 else 2


@kernel
def _colebrook(reynolds_ratio: float, roughness_frac: float) -> float:
    """Darcy factor by Colebrook, Newton in x = 1/sqrt(f) from Haaland's value; four steps reach rounding."""
    rough = roughness_frac / 3.7
    slope = 2.51 / reynolds_ratio
    x = -1.8 * np.log10(rough**1.11 + 6.9 / reynolds_ratio)
    for _ in range(4):
        inner = rough + slope * x
        x -= (x + 2.0 * np.log10(inner)) / (1.0 + 2.0 * slope / (inner * np.log(10.0)))
    return float(1.0 / (x * x))


@kernel
def friction_factor(reynolds_ratio: float, roughness_frac: float) -> float:
    """Darcy friction factor: 64/Re below 2300, Colebrook above 4000, a cubic blend between their end values.

    `roughness_frac` is roughness over bore. Valid up to 0.05. Worked: Re 63,662 and 0.0009 give 0.022982. Reference:
    Colebrook 1939.
    """
    if reynolds_ratio <= 0.0:
        return np.inf
    if reynolds_ratio < 2300.0:
        return 64.0 / reynolds_ratio
    if reynolds_ratio > 4000.0:
        return _colebrook(reynolds_ratio, roughness_frac)
    s = (reynolds_ratio - 2300.0) / 1700.0
    weight = s * s * (3.0 - 2.0 * s)
    return (1.0 - weight) * 64.0 / 2300.0 + weight * _colebrook(4000.0, roughness_frac)


@kernel
def pipe_drop(
    flow_m3_per_s: float,
    bore_m: float,
    length_m: float,
    roughness_m: float,
    density_kg_per_m3: float,
    viscosity_pa_s: float,
) -> float:
    """Friction pressure drop of a straight pipe [Pa], signed with the flow: f L/D rho v|v| / 2 (Darcy-Weisbach).

    Worked: 150 L/min of 1,000 kg/m3 and 1 mPa s through 20 m of 50 mm at 45 um: 7,452 Pa.
    """
    if flow_m3_per_s == 0.0:
        return 0.0
    v = velocity(flow_m3_per_s, bore_m)
    number = reynolds(flow_m3_per_s, bore_m, density_kg_per_m3, viscosity_pa_s)
    return friction_factor(number, roughness_m / bore_m) * length_m / bore_m * 0.5 * density_kg_per_m3 * v * abs(v)


@kernel
def fittings_drop(flow_m3_per_s: float, bore_m: float, fittings_ratio: float, density_kg_per_m3: float) -> float:
    """Drop over fittings and quick disconnects [Pa]: K rho v|v| / 2. Worked: K 3 at 1.273 m/s of water: 2,432 Pa."""
    v = velocity(flow_m3_per_s, bore_m)
    return fittings_ratio * 0.5 * density_kg_per_m3 * v * abs(v)


@kernel
def pump_power(flow_m3_per_s: float, drop_pa: float, efficiency_frac: float) -> float:
    """Electric power of a pump [W]: Q dp / eta, wire to water. Worked: 150 L/min, 1 bar, 0.65: 384.6 W."""
    return flow_m3_per_s * drop_pa / efficiency_frac


@kernel
def power_drop(flow_m3_per_s: float, coefficient: float, exponent: float) -> float:
    """Drop of a rack, node or cold plate with its hoses [Pa]: k |Q|^(n-1) Q, k in Pa/(m3/s)^n, n about 1.9."""
    return float(coefficient * abs(flow_m3_per_s) ** (exponent - 1.0) * flow_m3_per_s)


@kernel
def fit_power_drop(
    flow_m3_per_s: Floats, drop_pa: Floats, apart_m3_per_s: float, apart_frac: float
) -> tuple[float, float]:
    """(k, n) of dp = k Q^n by least squares in logarithms, leaving out points within `apart_frac` of `apart_m3_per_s`.

    Leaving out the flow that is to be predicted keeps a prediction apart from its own measurement. NaN with fewer than
    two points.
    """
    count, sx, sy, sxx, sxy = 0, 0.0, 0.0, 0.0, 0.0
    for i in range(flow_m3_per_s.size):
        if abs(flow_m3_per_s[i] - apart_m3_per_s) <= apart_frac * flow_m3_per_s[i]:
            continue
        x, y = np.log(flow_m3_per_s[i]), np.log(drop_pa[i])
        count += 1
        sx, sy, sxx, sxy = sx + x, sy + y, sxx + x * x, sxy + x * y
    if count < 2:
        return np.nan, np.nan
    exponent = (count * sxy - sx * sy) / (count * sxx - sx * sx)
    return np.exp((sy - exponent * sx) / count), exponent


@kernel
def pipe_heat(
    bore_m: float, velocity_m_per_s: float, rise_k: float, density_kg_per_m3: float, heat_j_per_kg_k: float
) -> float:
    """Heat that a pipe carries away at a velocity and a temperature rise [W]: v A rho cp dT.

    Worked: 108.2 mm, 2.3 m/s, 10 K, PG25 (1,012.5 x 3,957): 847 kW.
    """
    return velocity_m_per_s * 0.25 * np.pi * bore_m * bore_m * density_kg_per_m3 * heat_j_per_kg_k * rise_k


@kernel
def flow_by_rise(heat_w: float, rise_k: float, density_kg_per_m3: float, heat_j_per_kg_k: float) -> float:
    """Flow that takes up heat at a temperature rise [m3/s]: Q / (rho cp dT). Worked: 1 kW, 10 K, PG25: 1.50 L/min."""
    return heat_w / (density_kg_per_m3 * heat_j_per_kg_k * rise_k)


@kernel
def flow_by_specific(heat_w: float, flow_m3_per_j: float) -> float:
    """Flow by specific flow [m3/s], as vendors state it: 1.5 L/min/kW is 2.5e-8 m3/J. Never beside a stated rise."""
    return heat_w * flow_m3_per_j


@kernel
def rise_of_flow(heat_w: float, flow_m3_per_s: float, density_kg_per_m3: float, heat_j_per_kg_k: float) -> float:
    """Temperature rise of a flow that takes up heat [K]: Q / (rho cp V)."""
    return heat_w / (density_kg_per_m3 * heat_j_per_kg_k * flow_m3_per_s)


@kernel
def operating_flow(lift_pa: float, slope: float, coefficient: float, exponent: float) -> float:
    """Where a pump's curve `lift - slope Q^2` meets `coefficient Q^exponent` [m3/s], by Newton from the right.

    The difference is concave and falls monotonically for Q > 0, so Newton from a point beyond the root closes in
    without overshoot. 0 when the pump has no lift.
    """
    if lift_pa <= 0.0 or coefficient == np.inf:
        return 0.0
    flow = (lift_pa / coefficient) ** (1.0 / exponent) if coefficient > 0.0 else np.sqrt(lift_pa / slope)
    for _ in range(60):
        system = coefficient * flow**exponent
        excess = system + slope * flow * flow - lift_pa
        step = excess * flow / (exponent * system + 2.0 * slope * flow * flow)
        flow -= step
        if abs(step) <= 1e-14 * flow:
            break
    return float(flow)


@kernel
def _main_coefficient(
    net: Branches, i: int, flow_m3_per_s: float, exponent: float, density_kg_per_m3: float, viscosity_pa_s: float
) -> float:
    """The main's drop at this flow written as k Q^n with the consumers' exponent."""
    if net.length_m[i] == 0.0 and net.fittings_ratio[i] == 0.0:
        return 0.0
    drop = pipe_drop(
        flow_m3_per_s, net.bore_m[i], net.length_m[i], net.roughness_m[i], density_kg_per_m3, viscosity_pa_s
    ) + fittings_drop(flow_m3_per_s, net.bore_m[i], net.fittings_ratio[i], density_kg_per_m3)
    return float(drop / flow_m3_per_s**exponent)


@kernel
def divide_flow(
    net: Branches,
    exponent: float,
    lift_pa: float,
    slope: float,
    density_kg_per_m3: float,
    viscosity_pa_s: float,
    tolerance_frac: float,
    passes: int,
    out: BranchFlows,
) -> tuple[float, float, int]:
    """Balance a branched network against a pump; returns pump flow [m3/s], the last relative change, passes used.

    With one exponent for mains and racks, parallel branches add as k^(-1/n) and series as k, so a sweep up, one Newton
    step sequence for the pump and a sweep down are exact. The mains' Darcy drop at the last flow is written in that
    form, and passes repeat until no flow moves by more than `tolerance_frac` (of the pump's flow). A change above the
    tolerance at the end means: not converged, do not show. `lift_pa`, `slope`: pump dp = lift - slope Q^2.
    """
    rows = net.parent.size
    out.main_m3_per_s[:] = 0.0
    for i in range(rows):
        out.main_m3_per_s[i] = 0.25 * np.pi * net.bore_m[i] * net.bore_m[i]  # 1 m/s to start with
    total, change = 0.0, np.inf
    for done in range(passes):
        _admit(net, exponent, density_kg_per_m3, viscosity_pa_s, out)
        admitted = out.rack_pa[0]
        last = total
        total = operating_flow(lift_pa, slope, admitted**-exponent if admitted > 0.0 else np.inf, exponent)
        change = max(_descend(net, lift_pa - slope * total * total, exponent, total, out), abs(total - last))
        change = change / total if total > 0.0 else 0.0
        if change <= tolerance_frac:
            return total, change, done + 1
    return total, change, passes


@kernel
def _admit(net: Branches, exponent: float, density_kg_per_m3: float, viscosity_pa_s: float, out: BranchFlows) -> None:
    """Leaves first: admittance k^(-1/n) of what hangs at each node behind its main, into `rack_pa`; `share` keeps the
    node's own sum.
    """
    root = 1.0 / exponent
    for i in range(net.parent.size):
        out.share[i] = net.coefficient[i] ** -root
    for i in range(net.parent.size - 1, -1, -1):
        inner = out.share[i]
        flow = out.main_m3_per_s[i]
        if inner > 0.0 and flow > 0.0:
            main = _main_coefficient(net, i, flow, exponent, density_kg_per_m3, viscosity_pa_s)
            out.rack_pa[i] = (main + inner**-exponent) ** -root
        else:
            out.rack_pa[i] = 0.0
        if net.parent[i] >= 0:
            out.share[net.parent[i]] += out.rack_pa[i]


@kernel
def _descend(net: Branches, pump_pa: float, exponent: float, total_m3_per_s: float, out: BranchFlows) -> float:
    """Root first: pressure over each node and its flows; returns the largest change of a main's flow [m3/s]."""
    worst = 0.0
    root = 1.0 / exponent
    for i in range(net.parent.size):
        above = net.parent[i]
        head = pump_pa if above < 0 else out.rack_pa[above]
        flow = total_m3_per_s if above < 0 else out.rack_pa[i] * head**root
        worst = max(worst, abs(flow - out.main_m3_per_s[i]))
        out.main_m3_per_s[i] = flow
        out.rack_pa[i] = (flow / out.share[i]) ** exponent if out.share[i] > 0.0 else head
        out.rack_m3_per_s[i] = net.coefficient[i] ** -root * out.rack_pa[i] ** root
    return worst
