"""The loss of a converter, written once: a quadratic of its load with up to two knees."""

from __future__ import annotations

import numpy as np

from ._jit import inlined, kernel
from .arrays import Floats, Matrix

# Columns of a matrix of curves, one row a part; `compile.fit.Curve` has them in this order.
A, B, C, RISE_1, KNEE_1, RISE_2, KNEE_2 = range(7)
COLUMNS = 7


CurveRow = tuple[float, float, float, float, float, float, float]


@inlined
def row_of(curves: Matrix, i: int) -> CurveRow:
    """One part's curve as plain numbers: handed on inside loops, they cost nothing, while an array counts a reference."""
    return (
        curves[i, A], curves[i, B], curves[i, C], curves[i, RISE_1], curves[i, KNEE_1], curves[i, RISE_2],
        curves[i, KNEE_2],
    )  # fmt: skip


@inlined
def loss_frac(x: float, curve: CurveRow) -> float:
    """Loss over rating at the load x = output / rating: `a + b x + c x^2 + d1 max(0, x - k1) + d2 max(0, x - k2)`.

    Valid for 0 <= x <= 1.2. Beyond its knee a rise d changes the slope; k1 <= k2, and a knee that is not used is infinite.
    A rise may be negative (supplies that switch phases off), the loss itself never falls with load. NaN: no curve.
    Worked: Titanium, (0.009456, 0.016548, 0, 0.010343, 0.2, 0.129244, 0.5) at x = 1: 0.0989, so 91 %.
    Reference: quadratic UPS loss of open simulators, and loss linear between the points of a certificate.
    """
    a, b, c, rise_1, knee_1, rise_2, knee_2 = curve
    loss = a + x * (b + x * c)
    if x > knee_1:
        loss += rise_1 * (x - knee_1)
        if x > knee_2:
            loss += rise_2 * (x - knee_2)
    return loss


@inlined
def stage_loss(out_w: float, rating_w: float, curve: CurveRow) -> float:
    """Loss of a converter [W]: rating times `loss_frac`; Pin = Pout + loss.

    Without a rating only a loss that is a share of the output is defined; anything else is NaN, which means unknown.
    Worked: 1.25 MW, (0.013, 0.006, 0.011), 625 kW out: 1.25e6 (0.013 + 0.003 + 0.00275) = 23.4 kW, so 96.4 %.
    """
    a, b, c, rise_1, _, rise_2, _ = curve
    loss = np.nan
    if a == 0.0 and c == 0.0 and rise_1 == 0.0 and rise_2 == 0.0:
        loss = out_w * b
    elif rating_w > 0.0:
        loss = rating_w * loss_frac(out_w / rating_w, curve)
    return loss


@kernel
def stage_output(in_w: float, rating_w: float, curve: CurveRow) -> float:
    """Output of a converter whose input is given [W]: the root of x + `loss_frac`(x) - in / rating = 0; at least 0.

    Beyond a knee the curve is another quadratic; which knees lie below the output shows from the input at each.
    Worked: 1.25 MW, (0.013, 0.006, 0.011), 648.4 kW in: 625 kW out.
    """
    fixed, slope, bend, rise_1, knee_1, rise_2, knee_2 = curve
    slope += 1.0
    share = in_w / rating_w
    if share <= fixed:
        return 0.0
    if share > knee_1 + loss_frac(knee_1, curve):
        fixed -= rise_1 * knee_1
        slope += rise_1
        if share > knee_2 + loss_frac(knee_2, curve):
            fixed -= rise_2 * knee_2
            slope += rise_2
    y = share - fixed
    if bend <= 0.0:
        return rating_w * y / slope
    return float(rating_w * 2.0 * y / (slope + np.sqrt(slope * slope + 4.0 * bend * y)))


@kernel
def loss_fracs(x: Floats, curves: Matrix) -> Floats:
    """`loss_frac` of many parts, each at its own load."""
    out = np.empty(x.size)
    for i in range(x.size):
        out[i] = loss_frac(x[i], row_of(curves, i))
    return out
