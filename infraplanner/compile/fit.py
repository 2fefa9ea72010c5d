"""Loss curves fitted to published efficiencies: `capacity (a + b x + c x^2)` with no negative coefficient, and knees where
that misses a published point.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from infraplanner.catalog.types import PowerUnit

from .parts import Floats

LOSSLESS_KINDS = frozenset({"utility", "grid", "contact", "switchgear", "feeder"})
"""Kinds that stand for a connection and have no conversion loss of their own."""

SOURCE_KINDS = frozenset(
    {"diesel_genset", "gas_turbine", "combined_cycle", "gas_engine", "fuel_cell", "pv", "nuclear", "utility", "grid"}
)
"""Kinds that make electricity: their published efficiency is of fuel, so none of it is an electrical loss."""

LINEAR_RULE = "Vout/Vin"
"""What a profile says of a linear regulator: its input current is its output current."""

NEAR_FRAC = 1e-3
"""How far a quadratic may miss a published efficiency before knees are used: a tenth of a point, as data sheets round."""


class Curve(NamedTuple):
    """Loss over rating `a + b x + c x^2 + d1 max(0, x - k1) + d2 max(0, x - k2)` at the load x; see `kernels.losses`.

    Knees rise; one that is not used is infinite.
    """

    a_frac: float
    b_frac: float = 0.0
    c_frac: float = 0.0
    rise_1_frac: float = 0.0
    knee_1_frac: float = np.inf
    rise_2_frac: float = 0.0
    knee_2_frac: float = np.inf


UNKNOWN = Curve(np.nan, np.nan, np.nan)
LOSSLESS = Curve(0.0)


def loss_curve(unit: PowerUnit | None) -> Curve:
    """Loss of a power part: as published, else fitted to its efficiency points, else flat at its best efficiency.

    NaN when the profile says nothing about losses.
    """
    if unit is None:
        return UNKNOWN
    if unit.power_kind in SOURCE_KINDS:
        return LOSSLESS
    given = (unit.loss_a_frac, unit.loss_b_frac, unit.loss_c_frac)
    if unit.loss_knees or any(value is not None for value in given):
        stated = sorted(unit.loss_knees, key=lambda knee: knee.load_frac)
        knees = [number for knee in stated for number in (knee.rise_frac, knee.load_frac)]
        return Curve(given[0] or 0.0, given[1] or 0.0, given[2] or 0.0, *knees)
    if unit.efficiency_points:
        return fit_points(tuple((point.load_frac, point.efficiency_frac) for point in unit.efficiency_points))
    if unit.details.get("eff_rule") == LINEAR_RULE:
        return _linear(unit)
    flat = unit.efficiency_min_frac if unit.efficiency_min_frac is not None else unit.efficiency_max_frac
    if flat is not None:
        return Curve(0.0, 1.0 / flat - 1.0)
    return LOSSLESS if unit.power_kind in LOSSLESS_KINDS else UNKNOWN


def eco_curve(unit: PowerUnit | None) -> Curve:
    """Curve of a UPS on its bypass: its own, scaled so that the best efficiency is the one published for eco mode; its
    own as it is when none is published.

    Worked: a = 0.0181, b = 0.0084, c = 0.0153 (96 % at best) and 99.3 % in eco mode: 98.5 % at a quarter of the load,
    the lower end of what the same data sheet gives.
    """
    own = loss_curve(unit)
    best = None if unit is None else unit.eco_max_frac if unit.eco_max_frac is not None else unit.eco_min_frac
    least = least_loss(own)
    if best is None or not least > 0.0:
        return own
    scale = (1.0 / best - 1.0) / least
    a, b, c, rise_1, knee_1, rise_2, knee_2 = own
    return Curve(a * scale, b * scale, c * scale, rise_1 * scale, knee_1, rise_2 * scale, knee_2)


def least_loss(curve: Curve) -> float:
    """Loss over output at the best load up to 1; NaN for an unknown curve.

    Between knees it is `a / x + b + c x`, least at x = sqrt(a / c) or at an end; a and b there are those of the piece. Without
    a fixed loss full load is taken, for the least is at none.
    """
    a, b, c = curve[:3]
    knees = ((curve.knee_1_frac, curve.rise_1_frac), (curve.knee_2_frac, curve.rise_2_frac))
    bends = [(knee, rise) for knee, rise in knees if knee < 1.0]
    found = []
    for (start, rise), end in zip([(0.0, 0.0), *bends], [*(knee for knee, _ in bends), 1.0], strict=True):
        a, b = a - rise * start, b + rise
        x = min(max(float(np.sqrt(a / c)), start), end) if c > 0.0 and a > 0.0 else end
        found.append(a / x + b + c * x)
    return min(found) if curve.a_frac != 0.0 else a + b + c


def volts_of(text: str) -> float | None:
    """The first number of a voltage as profiles write it, such as `0.8 V`; None without one."""
    found = re.match(r"\s*(\d+(?:\.\d+)?)", text)
    return float(found.group(1)) if found else None


def _linear(unit: PowerUnit) -> Curve:
    """A linear regulator burns its drop: loss over output is Vin / Vout - 1. Worked: 0.9 to 0.8 V: 12.5 %."""
    above, below = volts_of(unit.input_volts), volts_of(unit.output_volts)
    return Curve(0.0, above / below - 1.0) if above and below else UNKNOWN


@cache
def fit_points(points: tuple[tuple[float, float], ...]) -> Curve:
    """Curve through published (load, efficiency), where the loss is `x_k (1/eta_k - 1)`.

    A quadratic with a, b, c >= 0 by least squares; where it misses a point by more than `NEAR_FRAC`, straight pieces with
    knees at published loads, if they come nearer. One point at full load gives a proportional loss; one point below it is
    taken as the peak, so `a = c x^2` there.
    Worked: 98.94 % at 35 % load: loss 0.003750, a = 0.001875, c = 0.01531.
    """
    x = np.array([point[0] for point in points])
    efficiency = np.array([point[1] for point in points])
    loss = x * (1.0 / efficiency - 1.0)
    if len(points) == 1:
        if x[0] >= 1.0:
            return Curve(0.0, float(loss[0] / x[0]))
        return Curve(float(loss[0] / 2.0), 0.0, float(loss[0] / (2.0 * x[0] ** 2)))
    smooth, fitted = _quadratic(x, loss)
    miss = _worst(x, fitted, efficiency)
    if not miss > NEAR_FRAC:
        return smooth
    pieces, nearest = _pieces(x, loss, efficiency)
    return pieces if nearest < miss else smooth


def _quadratic(x: Floats, loss: Floats) -> tuple[Curve, Floats]:
    """Least squares with a, b, c >= 0 (all subsets of active terms are tried), and the losses that it gives."""
    terms = np.stack([np.ones_like(x), x, x * x], axis=1)
    best, best_error = np.full(3, np.nan), np.inf
    for size in range(1, min(3, x.size) + 1):
        for active in combinations(range(3), size):
            solution, *_ = np.linalg.lstsq(terms[:, active], loss, rcond=None)
            error = float(np.sum((terms[:, active] @ solution - loss) ** 2))
            if solution.min() >= 0.0 and error < best_error - 1e-18:
                best = np.zeros(3)
                best[list(active)] = solution
                best_error = error
    return Curve(*best.tolist()), terms @ best


def _pieces(x: Floats, loss: Floats, efficiency: Floats) -> tuple[Curve, float]:
    """Straight pieces between at most two knees, and by how much they miss; no loss at rest below zero, none that falls.

    With up to four points they pass through all of them; with more, the best two knees in least squares of efficiency.
    """
    best, nearest = UNKNOWN, np.inf
    inner = np.unique(x)[1:-1]
    weight = efficiency**2 / x  # what a change of loss does to the efficiency
    for knees in combinations(inner.tolist(), min(2, inner.size)):
        terms = np.stack([np.ones_like(x), x, *(np.maximum(0.0, x - knee) for knee in knees)], axis=1)
        solution, *_ = np.linalg.lstsq(terms * weight[:, None], loss * weight, rcond=None)
        miss = _worst(x, terms @ solution, efficiency)
        if solution[0] >= 0.0 and np.cumsum(solution[1:]).min() >= 0.0 and miss < nearest:
            a, b, *rises = solution.tolist()
            bent = [number for pair in zip(rises, knees, strict=True) for number in pair]
            best, nearest = Curve(a, b, 0.0, *bent), miss
    return best, nearest


def _worst(x: Floats, loss: Floats, efficiency: Floats) -> float:
    """The largest difference between the efficiencies of a curve and those published."""
    return float(np.abs(x / (x + loss) - efficiency).max())
