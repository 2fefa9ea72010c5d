"""What happens within seconds: heating without cooling, stored energy, and bursts behind a store."""

from __future__ import annotations

import numpy as np

from ._jit import kernel
from .arrays import Floats


@kernel
def heating_rate(power_w: float, capacity_j_per_k: float) -> float:
    """Temperature rise of a lump without cooling [K/s]: P / C. Worked: 120 kW on 40 kg of water: 0.717 K/s."""
    return power_w / capacity_j_per_k


@kernel
def time_to_limit(power_w: float, capacity_j_per_k: float, start_c: float, limit_c: float) -> float:
    """Time until a lump without cooling reaches a limit [s]: C (T_lim - T0) / P. Worked: 20 K at 0.717 K/s: 27.9 s."""
    return capacity_j_per_k * (limit_c - start_c) / power_w if power_w > 0.0 else np.inf


@kernel
def _mean_growth(x: float) -> float:
    """(e^x - 1) / x, the mean of e^(x s) over 0..1; 1 at x = 0."""
    return np.expm1(x) / x if abs(x) > 1e-8 else 1.0 + 0.5 * x


@kernel
def _mean_growth_slope(x: float) -> float:
    """Derivative of `_mean_growth`, for two equal eigenvalues."""
    if abs(x) < 1e-4:
        return 0.5 + x / 3.0
    return float((np.exp(x) * (x - 1.0) + 1.0) / (x * x))


@kernel
def two_node_step(
    first_c: float,
    second_c: float,
    step_s: float,
    first_w: float,
    second_w: float,
    first_j_per_k: float,
    second_j_per_k: float,
    link_w_per_k: float,
    sink_w_per_k: float,
    sink_c: float,
) -> tuple[float, float]:
    """Both temperatures after a step of any length [degC], exact for constant power.

    C1 T1' = P1 - G (T1 - T2);  C2 T2' = P2 + G (T1 - T2) - H (T2 - Ts). With x' = A x + b: x(t) = x0 + t f(A t) (A x0 +
    b), f(z) = (e^z - 1)/z, f of the matrix from its two real eigenvalues, so nothing breaks at H = 0 (no cooling).
    """
    a11, a12 = -link_w_per_k / first_j_per_k, link_w_per_k / first_j_per_k
    a21, a22 = link_w_per_k / second_j_per_k, -(link_w_per_k + sink_w_per_k) / second_j_per_k
    d1 = a11 * first_c + a12 * second_c + first_w / first_j_per_k
    d2 = a21 * first_c + a22 * second_c + (second_w + sink_w_per_k * sink_c) / second_j_per_k
    half = 0.5 * (a11 + a22)
    root = np.sqrt(max(0.0, 0.25 * (a11 - a22) ** 2 + a12 * a21))
    slow, fast = (half + root) * step_s, (half - root) * step_s
    f = _mean_growth(slow)
    slope = (f - _mean_growth(fast)) / (slow - fast) if slow - fast > 1e-7 else _mean_growth_slope(slow)
    m11, m12 = a11 * step_s - slow, a12 * step_s
    m21, m22 = a21 * step_s, a22 * step_s - slow
    first = first_c + step_s * (f * d1 + slope * (m11 * d1 + m12 * d2))
    second = second_c + step_s * (f * d2 + slope * (m21 * d1 + m22 * d2))
    return first, second


@kernel
def two_node_time(
    first_c: float,
    second_c: float,
    limit_c: float,
    horizon_s: float,
    first_w: float,
    second_w: float,
    first_j_per_k: float,
    second_j_per_k: float,
    link_w_per_k: float,
    sink_w_per_k: float,
    sink_c: float,
) -> float:
    """Time until the first node reaches a limit [s], by bisection of the exact step; infinite when not within the
    horizon.

    The first node must rise monotonically, as it does when cooling is lost.
    """
    if first_c >= limit_c:
        return 0.0
    low, high = 0.0, horizon_s
    for k in range(64):
        middle = high if k == 0 else 0.5 * (low + high)
        reached = two_node_step(
            first_c, second_c, middle, first_w, second_w, first_j_per_k, second_j_per_k, link_w_per_k, sink_w_per_k,
            sink_c,
        )[0]  # fmt: skip
        if reached >= limit_c:
            high = middle
        elif k == 0:
            return np.inf
        else:
            low = middle
    return high


@kernel
def ride_through(stored_j: float, usable_frac: float, efficiency_frac: float, load_w: float) -> float:
    """How long a store carries a load [s]: E u eta / P. Worked: 60 J at 3 kW: 20 ms; 500 kWh, 0.8, 0.96, 5 MW: 276.5 s."""
    return stored_j * usable_frac * efficiency_frac / load_w if load_w > 0.0 else np.inf


@kernel
def smooth(
    load_w: Floats, step_s: float, tau_s: float, capacity_j: float, start_j: float, grid_w: Floats, stored_j: Floats
) -> tuple[float, float, float]:
    """What the grid sees behind a capacitor or battery that filters with time constant tau; returns its peak [W], its
    swing [W] and its steepest ramp [W/s].

    P_grid' = (P_load - P_grid) / tau, exact over each step of constant load; the store takes the difference and lies in
    0..capacity. When it would run empty or full the grid carries what it cannot. Lossless: losses belong to the
    converter. A sine of frequency f leaves A / sqrt(1 + (2 pi f tau)^2).
    """
    decay = np.exp(-step_s / tau_s) if tau_s > 0.0 else 0.0
    grid, energy = load_w[0], start_j
    ramp, peak, least = 0.0, -np.inf, np.inf
    for i in range(load_w.size):
        relaxed = load_w[i] + (grid - load_w[i]) * decay
        mean = load_w[i] + (grid - load_w[i]) * (1.0 - decay) * (tau_s / step_s)
        after = energy + (mean - load_w[i]) * step_s
        bounded = min(max(after, 0.0), capacity_j)
        if bounded != after:
            relaxed = load_w[i] + (bounded - energy) / step_s
            mean = relaxed
        ramp = max(ramp, abs(relaxed - grid) / step_s)
        grid, energy = relaxed, bounded
        grid_w[i], stored_j[i] = mean, energy
        peak, least = max(peak, mean), min(least, mean)
    return peak, peak - least, ramp
