"""Heat from the die into the coolant and from the coolant into facility water: exchangers, cold plates, throttling."""

from __future__ import annotations

import numpy as np

from ._jit import kernel
from .arrays import Floats


@kernel
def effectiveness(ntu_ratio: float, capacity_ratio: float) -> float:
    """Effectiveness of a counterflow exchanger: (1 - e) / (1 - Cr e), e = exp(-NTU (1 - Cr)); Cr = 1: NTU/(1 + NTU).

    `capacity_ratio` is Cmin/Cmax in 0..1. Worked: NTU 4, Cr 0.5: 0.928. Reference: Kays and London.
    """
    if abs(1.0 - capacity_ratio) < 1e-9:
        return ntu_ratio / (1.0 + ntu_ratio)
    rest = 1.0 - capacity_ratio
    fallen = -np.expm1(-ntu_ratio * rest)  # 1 - e without the loss of digits near equal capacities
    return float(fallen / (rest + capacity_ratio * fallen))


@kernel
def ntu_of_effectiveness(effect_frac: float, capacity_ratio: float) -> float:
    """NTU at which a counterflow exchanger reaches an effectiveness; the inverse of `effectiveness`, NaN from 1 on."""
    if effect_frac >= 1.0:
        return np.nan
    if abs(1.0 - capacity_ratio) < 1e-9:
        return effect_frac / (1.0 - effect_frac)
    return float(np.log((1.0 - effect_frac * capacity_ratio) / (1.0 - effect_frac)) / (1.0 - capacity_ratio))


@kernel
def film_conductance(ua_w_per_k: float, hot_ratio: float, cold_ratio: float, exponent: float) -> float:
    """UA away from rating [W/K], two equal films in series: 2 UA0 / (r1^-m + r2^-m), r = flow over rated flow.

    m about 0.7 for plates. Worked: half the flow on one side, m = 0.7: 1.624 + 1 = 2.624, so 0.762 UA0.
    """
    return float(2.0 * ua_w_per_k / (hot_ratio**-exponent + cold_ratio**-exponent))


@kernel
def rated_conductance(
    heat_w: float, hot_w_per_k: float, cold_w_per_k: float, hot_in_c: float, cold_in_c: float
) -> float:
    """UA [W/K] of an exchanger from one rating point: heat, both capacity flows rho cp V and both inlets."""
    least = min(hot_w_per_k, cold_w_per_k)
    ratio = least / max(hot_w_per_k, cold_w_per_k)
    return ntu_of_effectiveness(heat_w / (least * (hot_in_c - cold_in_c)), ratio) * least


@kernel
def exchanged_heat(
    ua_w_per_k: float, hot_w_per_k: float, cold_w_per_k: float, hot_in_c: float, cold_in_c: float
) -> float:
    """Heat from the hot to the cold side [W]: eps Cmin (T_hot,in - T_cold,in)."""
    least = min(hot_w_per_k, cold_w_per_k)
    ratio = least / max(hot_w_per_k, cold_w_per_k)
    return effectiveness(ua_w_per_k / least, ratio) * least * (hot_in_c - cold_in_c)


@kernel
def approach(heat_w: float, ua_w_per_k: float, hot_w_per_k: float, cold_w_per_k: float) -> float:
    """Supply of the technology loop above the supply of facility water [K]: Q/(eps Cmin) - Q/C_hot.

    Falls in proportion to the heat while flows stand. Worked: see the validation rows of a 2 MW unit.
    """
    least = min(hot_w_per_k, cold_w_per_k)
    effect = effectiveness(ua_w_per_k / least, least / max(hot_w_per_k, cold_w_per_k))
    return heat_w / (effect * least) - heat_w / hot_w_per_k


@kernel
def facility_supply(return_c: float, heat_w: float, hot_w_per_k: float, approach_k: float) -> float:
    """Warmest facility water that still holds a return temperature of the technology loop [degC]: T_ret - Q/C - approach.

    Worked: 45 degC, 2 MW over 131.6 kW/K, 3 K: 26.8 degC.
    """
    return return_c - heat_w / hot_w_per_k - approach_k


@kernel
def flow_for_return(
    heat_w: float, supply_c: float, return_c: float, density_kg_per_m3: float, heat_j_per_kg_k: float
) -> float:
    """Flow that keeps the return at a constant temperature [m3/s]: Q / (rho cp (T_ret - T_sup)); infinite at no rise.

    Worked: 121.5 kW of 135 kW, 25 to 55 degC, water: 59 L/min.
    """
    rise = return_c - supply_c
    return heat_w / (density_kg_per_m3 * heat_j_per_kg_k * rise) if rise > 0.0 else np.inf


@kernel
def plate_resistance(
    flow_m3_per_s: float, plate_a_k_per_w: float, plate_b_k_per_w: float, exponent: float, reference_m3_per_s: float
) -> float:
    """Case to inlet resistance of a cold plate [K/W]: a + b (V/V0)^n, n negative.

    V0 is the unit in which the fit was made (1 L/min). Worked: 0.01771 + 0.00655 V^-1.257 at 1 L/min: 0.02426.
    """
    return float(plate_a_k_per_w + plate_b_k_per_w * (flow_m3_per_s / reference_m3_per_s) ** exponent)


@kernel
def _plate_line(
    exponent: float, flow_m3_per_s: Floats, resistance_k_per_w: Floats, reference_m3_per_s: float, apart_m3_per_s: float
) -> tuple[float, float, float]:
    """Best (a, b) for a given exponent and the sum of squared relative errors; the point at `apart_m3_per_s` is left
    out.
    """
    sw, sx, sy, sxx, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(flow_m3_per_s.size):
        if abs(flow_m3_per_s[i] - apart_m3_per_s) > 0.03 * flow_m3_per_s[i]:
            w = resistance_k_per_w[i] ** -2.0
            x = (flow_m3_per_s[i] / reference_m3_per_s) ** exponent
            y = resistance_k_per_w[i]
            sw, sx, sy, sxx, sxy = sw + w, sx + w * x, sy + w * y, sxx + w * x * x, sxy + w * x * y
    b = (sw * sxy - sx * sy) / (sw * sxx - sx * sx)
    a = (sy - b * sx) / sw
    miss = 0.0
    for i in range(flow_m3_per_s.size):
        if abs(flow_m3_per_s[i] - apart_m3_per_s) > 0.03 * flow_m3_per_s[i]:
            x = (flow_m3_per_s[i] / reference_m3_per_s) ** exponent
            miss += ((a + b * x) / resistance_k_per_w[i] - 1.0) ** 2
    return a, b, miss


@kernel
def fit_plate(
    flow_m3_per_s: Floats, resistance_k_per_w: Floats, reference_m3_per_s: float, apart_m3_per_s: float
) -> tuple[float, float, float]:
    """(a, b, n) of R = a + b (V/V0)^n by least squares of relative errors; n by golden section in -3..-0.2.

    Points within 3 % of `apart_m3_per_s` are left out, so that a measured flow can be predicted from the others. Needs
    four points.
    """
    low, high, golden = -3.0, -0.2, 0.6180339887498949
    left, right = high - golden * (high - low), low + golden * (high - low)
    for _ in range(60):
        first = _plate_line(left, flow_m3_per_s, resistance_k_per_w, reference_m3_per_s, apart_m3_per_s)[2]
        second = _plate_line(right, flow_m3_per_s, resistance_k_per_w, reference_m3_per_s, apart_m3_per_s)[2]
        if first < second:
            high, right = right, left
            left = high - golden * (high - low)
        else:
            low, left = left, right
            right = low + golden * (high - low)
    n = 0.5 * (low + high)
    a, b, _ = _plate_line(n, flow_m3_per_s, resistance_k_per_w, reference_m3_per_s, apart_m3_per_s)
    return a, b, n


@kernel
def case_temperature(inlet_c: float, power_w: float, plate_k_per_w: float) -> float:
    """Case temperature [degC]: T_in + R P. Worked: 40 degC, 1,400 W, 0.0212 K/W: 69.7 degC."""
    return inlet_c + plate_k_per_w * power_w


@kernel
def die_flux(power_w: float, die_m2: float) -> float:
    """Mean heat flux of a die [W/m2]; 1 W/cm2 is 1e4. Worked: 700 W on 814 mm2: 86.0 W/cm2."""
    return power_w / die_m2


@kernel
def critical_flux(
    latent_j_per_kg: float, liquid_kg_per_m3: float, vapour_kg_per_m3: float, surface_n_per_m: float
) -> float:
    """Heat flux at which a flat surface in a pool of saturated liquid dries out [W/m2].

    q = 0.131 h_fg rho_v^0.5 (sigma g (rho_l - rho_v))^0.25. Plain surfaces; porous ones reach two to three times as
    much. Worked: water at 100 degC (2.257 MJ/kg, 958.4, 0.598 kg/m3, 58.9 mN/m): 1.11 MW/m2. Reference: Zuber 1959.
    """
    lift = (surface_n_per_m * 9.80665 * max(0.0, liquid_kg_per_m3 - vapour_kg_per_m3)) ** 0.25
    return float(0.131 * latent_j_per_kg * vapour_kg_per_m3**0.5 * lift)


@kernel
def throttle(
    inlet_c: float,
    limit_c: float,
    total_k_per_w: float,
    idle_w: float,
    dynamic_w: float,
    leakage_per_k: float,
    leakage_c: float,
    clock_min_frac: float,
) -> tuple[float, float, float, int]:
    """Clock, power [W], junction temperature [degC] and state of a chip: 0 free, 1 throttled, 2 too hot at the lowest
    clock, 3 thermal runaway.

    P = (P_idle + P_dyn s^3) (1 + beta (Tj - T_ref)), Tj = T_in + R P. For a given s this fixed point is linear:
    P = P0 (1 + beta (T_in - T_ref)) / (1 - beta R P0); it has none once beta R P0 >= 1, which is runaway (power and
    temperature then infinite). `total_k_per_w` is plate plus junction to case. Worked: 40 degC, limit 85, 0.05 K/W, 1,200 W
    wanted of which 200 idle, no leakage: 900 W allowed, s = 0.888.
    """
    allowed = (limit_c - inlet_c) / total_k_per_w / (1.0 + leakage_per_k * (limit_c - leakage_c))
    cube = (allowed - idle_w) / dynamic_w if dynamic_w > 0.0 else np.inf
    clock, state = 1.0, 0
    if cube < 1.0:
        clock = max(clock_min_frac, max(cube, 0.0) ** (1.0 / 3.0))
        state = 1 if clock**3 <= cube * (1.0 + 1e-12) else 2
    base = idle_w + dynamic_w * clock**3
    if state == 0 and base > allowed * (1.0 + 1e-12):  # nothing but idle power, and that is too much
        state = 2
    gain = leakage_per_k * total_k_per_w * base
    if gain >= 1.0:
        return clock, np.inf, np.inf, 3
    power = base * (1.0 + leakage_per_k * (inlet_c - leakage_c)) / (1.0 - gain)
    return clock, power, inlet_c + total_k_per_w * power, state


@kernel
def plate_inlets(
    supply_c: float, power_w: Floats, flow_m3_per_s: float, rho_cp_j_per_m3_k: float, inlet_c: Floats
) -> float:
    """Inlets of plates in series, each the outlet of the one before, into `inlet_c`; returns the last outlet [degC]."""
    t = supply_c
    for i in range(power_w.size):
        inlet_c[i] = t
        t += power_w[i] / (rho_cp_j_per_m3_k * flow_m3_per_s)
    return t


@kernel
def table_at(x: float, xs: Floats, ys: Floats) -> float:
    """Linear interpolation in a table with rising `xs`; NaN outside it, so that a property is never extrapolated."""
    if not (x >= xs[0] and x <= xs[-1]):
        return np.nan
    low, high = 0, xs.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if xs[middle] <= x:
            low = middle
        else:
            high = middle
    return float(ys[low] + (ys[high] - ys[low]) * (x - xs[low]) / (xs[high] - xs[low]))
