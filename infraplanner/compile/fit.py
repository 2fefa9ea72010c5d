"""Loss curves: `loss = capacity (a + b x + c x^2)` fitted to published efficiencies, with no negative coefficient."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations

import numpy as np

from infraplanner.catalog.types import PowerUnit

LOSSLESS_KINDS = frozenset({"utility", "grid", "contact", "switchgear", "feeder"})
"""Kinds that stand for a connection and have no conversion loss of their own."""

SOURCE_KINDS = frozenset(
    {"diesel_genset", "gas_turbine", "combined_cycle", "gas_engine", "fuel_cell", "pv", "nuclear", "utility", "grid"}
)
"""Kinds that make electricity: their published efficiency is of fuel, so none of it is an electrical loss."""

LINEAR_RULE = "Vout/Vin"
"""What a profile says of a linear regulator: its input current is its output current."""

Coefficients = tuple[float, float, float]
UNKNOWN: Coefficients = (np.nan, np.nan, np.nan)


def loss_coefficients(unit: PowerUnit | None) -> Coefficients:
    """Coefficients of a power part: as published, else fitted to its efficiency points, else flat at its best
    efficiency.

    NaN when the profile says nothing about losses.
    """
    if unit is None:
        return UNKNOWN
    if unit.power_kind in SOURCE_KINDS:
        return (0.0, 0.0, 0.0)
    given = (unit.loss_a_frac, unit.loss_b_frac, unit.loss_c_frac)
    if any(value is not None for value in given):
        return (given[0] or 0.0, given[1] or 0.0, given[2] or 0.0)
    if unit.efficiency_points:
        return fit_points(tuple((point.load_frac, point.efficiency_frac) for point in unit.efficiency_points))
    if unit.details.get("eff_rule") == LINEAR_RULE:
        return _linear(unit)
    flat = unit.efficiency_min_frac if unit.efficiency_min_frac is not None else unit.efficiency_max_frac
    if flat is not None:
        return (0.0, 1.0 / flat - 1.0, 0.0)
    return (0.0, 0.0, 0.0) if unit.power_kind in LOSSLESS_KINDS else UNKNOWN


def eco_coefficients(unit: PowerUnit | None) -> Coefficients:
    """Coefficients of a UPS on its bypass: its own curve, scaled so that the best efficiency is the one published for
    eco mode; its own curve as it is when none is published.

    Worked: a = 0.0181, b = 0.0084, c = 0.0153 (96 % at best) and 99.3 % in eco mode: 98.5 % at a quarter of the load,
    the lower end of what the same data sheet gives.
    """
    own = loss_coefficients(unit)
    best = None if unit is None else unit.eco_max_frac if unit.eco_max_frac is not None else unit.eco_min_frac
    least = least_loss(own)
    if best is None or not least > 0.0:
        return own
    scale = (1.0 / best - 1.0) / least
    return (own[0] * scale, own[1] * scale, own[2] * scale)


def least_loss(curve: Coefficients) -> float:
    """Loss over output at the best load, `a / x + b + c x` at x = sqrt(a / c), at most 1; NaN for an unknown curve."""
    a, b, c = curve
    x = min(1.0, float(np.sqrt(a / c))) if c > 0.0 and a > 0.0 else 1.0
    return a / x + b + c * x


def volts_of(text: str) -> float | None:
    """The first number of a voltage as profiles write it, such as `0.8 V`; None without one."""
    found = re.match(r"\s*(\d+(?:\.\d+)?)", text)
    return float(found.group(1)) if found else None


def _linear(unit: PowerUnit) -> Coefficients:
    """A linear regulator burns its drop: loss over output is Vin / Vout - 1. Worked: 0.9 to 0.8 V: 12.5 %."""
    above, below = volts_of(unit.input_volts), volts_of(unit.output_volts)
    return (0.0, above / below - 1.0, 0.0) if above and below else UNKNOWN


@cache
def fit_points(points: tuple[tuple[float, float], ...]) -> Coefficients:
    """Least squares through `loss_k = x_k (1/eta_k - 1)` with a, b, c >= 0 (all subsets of active terms are tried).

    One point at full load gives a proportional loss; one point below it is taken as the peak, so `a = c x^2` there.
    Worked: 98.94 % at 35 % load: loss 0.003750, a = 0.001875, c = 0.01531.
    """
    x = np.array([point[0] for point in points])
    loss = x * (1.0 / np.array([point[1] for point in points]) - 1.0)
    if len(points) == 1:
        if x[0] >= 1.0:
            return (0.0, float(loss[0] / x[0]), 0.0)
        return (float(loss[0] / 2.0), 0.0, float(loss[0] / (2.0 * x[0] ** 2)))
    terms = np.stack([np.ones_like(x), x, x * x], axis=1)
    best, best_error = UNKNOWN, np.inf
    for size in range(1, min(3, len(points)) + 1):
        for active in combinations(range(3), size):
            solution, *_ = np.linalg.lstsq(terms[:, active], loss, rcond=None)
            error = float(np.sum((terms[:, active] @ solution - loss) ** 2))
            if solution.min() >= 0.0 and error < best_error - 1e-18:
                full = [0.0, 0.0, 0.0]
                for place, value in zip(active, solution, strict=True):
                    full[place] = float(value)
                best, best_error = (full[0], full[1], full[2]), error
    return best
