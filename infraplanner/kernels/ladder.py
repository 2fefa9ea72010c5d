"""A pair of headers with racks between them, the return led back the way it came (direct) or on to the far end (reverse)."""

from __future__ import annotations

import numpy as np

from ._jit import kernel
from .arrays import Floats
from .hydraulics import Branches, BranchFlows, divide_flow, fittings_drop, pipe_drop


@kernel
def path_drops(
    net: Branches, flow_m3_per_s: Floats, reverse: int, density_kg_per_m3: float, viscosity_pa_s: float, out_pa: Floats
) -> float:
    """Drop of the headers on the way through each rack [Pa], at given flows of the racks; returns the total flow.

    Racks stand in a row, the first next to the pumps; `net.length_m` holds supply and return together. Direct: supply
    and return piece before rack i both carry what racks i and on take. Reverse: the return piece behind rack i carries
    what racks up to i gave, and the whole return leads back from the far end.
    """
    n = flow_m3_per_s.size
    total = flow_m3_per_s.sum()
    passed, drop = 0.0, 0.0
    for i in range(n):  # along the supply
        drop += _piece(net, i, total - passed, density_kg_per_m3, viscosity_pa_s)
        out_pa[i] = drop
        passed += flow_m3_per_s[i]
    if reverse == 0:
        for i in range(n):
            out_pa[i] *= 2.0
        return float(total)
    home = 0.0
    for i in range(n):
        home += _piece(net, i, total, density_kg_per_m3, viscosity_pa_s)  # back from the far end, past every piece
    gathered = total
    behind = home
    for i in range(n - 1, -1, -1):
        out_pa[i] += behind
        gathered -= flow_m3_per_s[i]
        if i > 0:
            behind += _piece(net, i, gathered, density_kg_per_m3, viscosity_pa_s)
    return float(total)


@kernel
def _piece(net: Branches, i: int, flow_m3_per_s: float, density_kg_per_m3: float, viscosity_pa_s: float) -> float:
    """Drop of one piece of one header [Pa]: half of what the pair holds."""
    flow = max(flow_m3_per_s, 0.0)
    return pipe_drop(
        flow, net.bore_m[i], 0.5 * net.length_m[i], net.roughness_m[i], density_kg_per_m3, viscosity_pa_s
    ) + fittings_drop(flow, net.bore_m[i], 0.5 * net.fittings_ratio[i], density_kg_per_m3)


@kernel
def divide_ladder(
    net: Branches, reverse: int, exponent: float, lift_pa: float, slope: float, density_kg_per_m3: float,
    viscosity_pa_s: float, tolerance_frac: float, passes: int, out: BranchFlows,
) -> tuple[float, float, int]:  # fmt: skip
    """Balance racks between two headers against a pump; returns as `divide_flow` does, which is faster where the return
    is direct.

    Headers' drops at the last flows; then the pressure at which racks and pump agree on one total, by bisection; halves
    of old and new flows until none moves by more than `tolerance_frac` of the total.
    """
    n = net.parent.size
    for i in range(n):
        out.rack_m3_per_s[i] = (0.5 * lift_pa / net.coefficient[i]) ** (1.0 / exponent)
    total, change = 0.0, np.inf
    for done in range(passes):
        path_drops(net, out.rack_m3_per_s, reverse, density_kg_per_m3, viscosity_pa_s, out.share)
        low, high = 0.0, lift_pa
        for _ in range(60):
            middle = 0.5 * (low + high)
            asked = _asked(net, middle, exponent, out)
            if asked > np.sqrt(max(lift_pa - middle, 0.0) / slope):
                high = middle
            else:
                low = middle
        head = 0.5 * (low + high)
        total = _asked(net, head, exponent, out)
        change = 0.0
        for i in range(n):
            found = (max(head - out.share[i], 0.0) / net.coefficient[i]) ** (1.0 / exponent)
            change = max(change, abs(found - out.rack_m3_per_s[i]))
            out.rack_m3_per_s[i] = 0.5 * (found + out.rack_m3_per_s[i])
            out.rack_pa[i] = max(head - out.share[i], 0.0)
        change = change / total if total > 0.0 else (np.inf if lift_pa > 0.0 else 0.0)
        if change <= tolerance_frac:
            return total, change, done + 1
    return total, change, passes


@kernel
def _asked(net: Branches, head_pa: float, exponent: float, out: BranchFlows) -> float:
    """What all racks together draw at a pump's pressure [m3/s]."""
    total = 0.0
    for i in range(net.parent.size):
        total += (max(head_pa - out.share[i], 0.0) / net.coefficient[i]) ** (1.0 / exponent)
    return float(total)


@kernel
def balance(
    net: Branches, reverse: int, exponent: float, lift_pa: float, slope: float, density_kg_per_m3: float,
    viscosity_pa_s: float, tolerance_frac: float, passes: int, out: BranchFlows,
) -> tuple[float, float, int]:  # fmt: skip
    """The network by the faster of both ways."""
    if reverse == 0:
        return divide_flow(
            net, exponent, lift_pa, slope, density_kg_per_m3, viscosity_pa_s, tolerance_frac, passes, out
        )
    return divide_ladder(
        net, reverse, exponent, lift_pa, slope, density_kg_per_m3, viscosity_pa_s, tolerance_frac, 4 * passes, out
    )


@kernel
def throttle_valves(
    net: Branches, wanted_m3_per_s: Floats, reverse: int, exponent: float, density_kg_per_m3: float,
    viscosity_pa_s: float, scratch_pa: Floats,
) -> None:  # fmt: skip
    """Set every rack's balancing valve so that all get what they want at once: the worst-placed one stays open, the others
    take up what the headers leave over. Raises `net.coefficient`.
    """
    path_drops(net, wanted_m3_per_s, reverse, density_kg_per_m3, viscosity_pa_s, scratch_pa)
    most = 0.0
    for i in range(scratch_pa.size):
        most = max(most, scratch_pa[i] + net.coefficient[i] * wanted_m3_per_s[i] ** exponent)
    for i in range(scratch_pa.size):
        net.coefficient[i] = (most - scratch_pa[i]) / wanted_m3_per_s[i] ** exponent


@kernel
def least_share(wanted_m3_per_s: Floats, out: BranchFlows) -> float:
    """Smallest flow of a rack over what it wants."""
    least = np.inf
    for i in range(wanted_m3_per_s.size):
        if wanted_m3_per_s[i] > 0.0:
            least = min(least, out.rack_m3_per_s[i] / wanted_m3_per_s[i])
    return float(least)


@kernel
def least_speed(
    net: Branches, reverse: int, exponent: float, lift_pa: float, slope: float, density_kg_per_m3: float,
    viscosity_pa_s: float, wanted_m3_per_s: Floats, tolerance_frac: float, passes: int, out: BranchFlows,
) -> tuple[float, float, float]:  # fmt: skip
    """Slowest pump speed at which every rack gets what it wants; returns it, the pumps' flow [m3/s] there and the last
    relative change. Lift falls with the square of the speed; 1 is full speed, also when that is not enough.

    Regula falsi (Illinois) between standstill and full speed: flow grows nearly in proportion to speed, so four or five
    balances do.
    """
    over = 1e-6
    low, high = 0.0, 1.0
    total, change, _ = balance(
        net, reverse, exponent, lift_pa, slope, density_kg_per_m3, viscosity_pa_s, tolerance_frac, passes, out
    )
    above = least_share(wanted_m3_per_s, out) - 1.0
    if not (above > over):
        return 1.0, total, change
    below = -1.0
    speed = 1.0
    for _ in range(40):
        speed = (low * above - high * below) / (above - below)
        total, change, _ = balance(
            net, reverse, exponent, lift_pa * speed * speed, slope, density_kg_per_m3, viscosity_pa_s, tolerance_frac,
            passes, out,
        )  # fmt: skip
        excess = least_share(wanted_m3_per_s, out) - 1.0 - over
        if abs(excess) <= over or not change <= tolerance_frac:
            break
        if excess > 0.0:
            high, above, below = speed, excess, 0.5 * below
        else:
            low, below, above = speed, excess, 0.5 * above
    return speed, total, change
