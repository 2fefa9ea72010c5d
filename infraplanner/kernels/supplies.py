"""Supplies made of equal units, and the efficiency of a converter over a range of load."""

from __future__ import annotations

import numpy as np

from ._jit import kernel


@kernel
def group_rating(units_count: int, unit_w: float, spare_count: int) -> float:
    """Power that equal units carry with some of them failed [W]: (n - k) P. Worked: six of 3 kW, one spare: 15 kW."""
    return max(0, units_count - spare_count) * unit_w


@kernel
def efficiency(load_frac: float, a_frac: float, b_frac: float, c_frac: float) -> float:
    """Output over input of a converter with loss `rating (a + b x + c x^2)`: x / (x + a + b x + c x^2); 0 at no load.

    Worked: (0.0055, 0, 0.03) at full load: 1 / 1.0355 = 96.6 %.
    """
    if load_frac <= 0.0:
        return 0.0
    return load_frac / (load_frac + a_frac + load_frac * (b_frac + load_frac * c_frac))


@kernel
def least_efficiency(low_frac: float, high_frac: float, a_frac: float, b_frac: float, c_frac: float) -> float:
    """Lowest efficiency over a range of load. Loss over output, a/x + b + c x, is convex, so it lies at an end."""
    return min(efficiency(low_frac, a_frac, b_frac, c_frac), efficiency(high_frac, a_frac, b_frac, c_frac))


@kernel
def best_load(a_frac: float, c_frac: float) -> float:
    """Load fraction of highest efficiency, sqrt(a / c) and at most 1; 1 when no loss grows with the square."""
    return min(1.0, np.sqrt(a_frac / c_frac)) if c_frac > 0.0 else 1.0
