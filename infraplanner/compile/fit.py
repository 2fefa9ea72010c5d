"""Loss curves: `loss = capacity (a + b x + c x^2)` fitted to published efficiencies, with no negative coefficient."""

from __future__ import annotations

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
    flat = unit.efficiency_min_frac if unit.efficiency_min_frac is not None else unit.efficiency_max_frac
    if flat is not None:
        return (0.0, 1.0 / flat - 1.0, 0.0)
    return (0.0, 0.0, 0.0) if unit.power_kind in LOSSLESS_KINDS else UNKNOWN


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
