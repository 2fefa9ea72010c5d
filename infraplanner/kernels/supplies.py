"""Supplies made of equal units, and the efficiency of a converter over a range of load."""

from __future__ import annotations

from ._jit import kernel
from .losses import KNEE_1, KNEE_2, CurveRow, loss_frac


@kernel
def group_rating(units_count: int, unit_w: float, spare_count: int) -> float:
    """Power that equal units carry with some of them failed [W]: (n - k) P. Worked: six of 3 kW, one spare: 15 kW."""
    return max(0, units_count - spare_count) * unit_w


@kernel
def efficiency(load_frac: float, curve: CurveRow) -> float:
    """Output over input of a converter at a load x: x / (x + loss), see `losses.loss_frac`; 0 at no load.

    Worked: (0.0055, 0, 0.03) at full load: 1 / 1.0355 = 96.6 %.
    """
    if load_frac <= 0.0:
        return 0.0
    return load_frac / (load_frac + loss_frac(load_frac, curve))


@kernel
def least_efficiency(low_frac: float, high_frac: float, curve: CurveRow) -> float:
    """Lowest efficiency over a range of load: at one of its ends or at a knee inside.

    Between knees loss over output is a'/x + b' + c x: convex for a' >= 0 and rising for a' < 0, so highest at an end.
    """
    least = min(efficiency(low_frac, curve), efficiency(high_frac, curve))
    for knee in (curve[KNEE_1], curve[KNEE_2]):
        if low_frac < knee < high_frac:
            least = min(least, efficiency(knee, curve))
    return least
