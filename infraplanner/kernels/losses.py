"""The loss of a converter, written once: a quadratic of its load with up to two knees."""

from __future__ import annotations

import numpy as np

from ._jit import inlined, kernel
from .arrays import Floats, Matrix

# Columns of a matrix of curves, one row a part; `compile.fit.Curve` has them in this order.
A, B, C, RISE_1, KNEE_1, RISE_2, KNEE_2 = range(7)
COLUMNS = 7


@inlined
def loss_frac(x: float, curves: Matrix, i: int) -> float:
    """Loss over rating at the load x = output / rating: `a + b x + c x^2 + d1 max(0, x - k1) + d2 max(0, x - k2)`.

    Valid for 0 <= x <= 1.2. Beyond its knee a rise d changes the slope; 0 where there is no knee. A rise may be
    negative (supplies that switch phases off), the loss itself never falls with load. NaN: no curve.
    Worked: Titanium, (0.009456, 0.016548, 0, 0.010343, 0.2, 0.129246, 0.5) at x = 1: 0.0989, so 91 %.
    Reference: quadratic UPS loss of open simulators, and loss linear between the points of a certificate.
    """
    loss: float = (
        curves[i, A]
        + x * (curves[i, B] + x * curves[i, C])
        + curves[i, RISE_1] * max(0.0, x - curves[i, KNEE_1])
        + curves[i, RISE_2] * max(0.0, x - curves[i, KNEE_2])
    )
    return loss


@inlined
def is_proportional(curves: Matrix, i: int) -> bool:
    """Whether the loss is a share of the output, whatever the rating."""
    return bool(curves[i, A] == 0.0 and curves[i, C] == 0.0 and curves[i, RISE_1] == 0.0 and curves[i, RISE_2] == 0.0)


@inlined
def stage_loss(out_w: float, rating_w: float, curves: Matrix, i: int) -> float:
    """Loss of a converter [W]: rating times `loss_frac`; Pin = Pout + loss.

    Without a rating only a proportional loss is defined; anything else is NaN, which means unknown.
    Worked: 1.25 MW, (0.013, 0.006, 0.011), 625 kW out: 1.25e6 (0.013 + 0.003 + 0.00275) = 23.4 kW, so 96.4 %.
    """
    loss = np.nan
    if is_proportional(curves, i):
        loss = out_w * curves[i, B]
    elif rating_w > 0.0:
        loss = rating_w * loss_frac(out_w / rating_w, curves, i)
    return loss


@kernel
def stage_output(in_w: float, rating_w: float, curves: Matrix, i: int) -> float:
    """Output of a converter whose input is given [W]: the root of x + `loss_frac`(x) - in / rating = 0; at least 0.

    Beyond a knee the curve is another quadratic; which knees lie below the output shows from the input at each.
    Worked: 1.25 MW, (0.013, 0.006, 0.011), 648.4 kW in: 625 kW out.
    """
    share = in_w / rating_w
    fixed, slope, bend = curves[i, A], 1.0 + curves[i, B], curves[i, C]
    if share <= fixed:
        return 0.0
    for k in (RISE_1, RISE_2):
        knee = curves[i, k + 1]
        if curves[i, k] != 0.0 and share > knee + loss_frac(knee, curves, i):
            fixed -= curves[i, k] * knee
            slope += curves[i, k]
    y = share - fixed
    if bend <= 0.0:
        return float(rating_w * y / slope)
    return float(rating_w * 2.0 * y / (slope + np.sqrt(slope * slope + 4.0 * bend * y)))


@kernel
def loss_fracs(x: Floats, curves: Matrix) -> Floats:
    """`loss_frac` of many parts, each at its own load."""
    out = np.empty(x.size)
    for i in range(x.size):
        out[i] = loss_frac(x[i], curves, i)
    return out
