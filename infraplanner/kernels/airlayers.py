"""Exchange between two layers of a hall's air: turbulence that stratification damps, overturning, plumes of exhaust."""

from __future__ import annotations

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints


@kernel
def buoyancy(excess_k: float, ambient_c: float) -> float:
    """Acceleration of air that is so much warmer than its surroundings [m/s2]: g dT / T. Worked: 10 K at 20 degC: 0.335."""
    return 9.80665 * excess_k / (ambient_c + 273.15)


@kernel
def damping(low_c: float, high_c: float, gap_m: float, speed_m_per_s: float) -> float:
    """Share of the vertical diffusivity that a stable layering leaves: (1 + 10/3 Ri)^-1.5, Ri = g' dz / u^2.

    1 where the upper layer is not warmer; 0 in still, stable air. Worked: 1 K over 1.5 m at 20 degC and 0.3 m/s: Ri
    0.557, 0.207. Reference: Munk and Anderson 1948, J. Marine Research 7, for heat.
    """
    if high_c <= low_c:
        return 1.0
    if speed_m_per_s <= 0.0:
        return 0.0
    richardson = buoyancy(high_c - low_c, low_c) * gap_m / speed_m_per_s**2
    return float((1.0 + 10.0 / 3.0 * richardson) ** -1.5)


@kernel
def overturning(low_c: float, high_c: float, area_m2: float) -> float:
    """Air that warm air below and colder air above exchange through an opening, each way [m3/s]: 0.055 sqrt(g' D^5), D of
    the circle of that area; 0 where the upper layer is not colder.

    Worked: 5 K over 20 degC through 0.36 m2: 0.0085 m3/s. Reference: Epstein 1988, J. Heat Transfer 110.
    """
    if low_c <= high_c:
        return 0.0
    across_m = (4.0 * area_m2 / np.pi) ** 0.5
    return float(0.055 * (buoyancy(low_c - high_c, high_c) * across_m**5) ** 0.5)


@kernel
def plume_flow(
    flow_m3_per_s: float, excess_k: float, ambient_c: float, width_m: float, rise_m: float, entrainment_ratio: float
) -> float:
    """Air that the exhaust of a rack carries up over a height as a plane plume [m3/s]: (2 alpha)^(2/3) B^(1/3) z a metre of
    width, B = flow g' / width.

    What rises is replaced from above, so this is an exchange. 0 where the exhaust is no warmer than what lies above.
    Worked: 0.5 m3/s, 10 K over 25 degC, 0.6 m wide, 0.55 m up, alpha 0.13: 0.0873 m3/s. Reference: Morton, Taylor and
    Turner 1956; alpha 0.10 to 0.16 in List 1982, Ann. Rev. Fluid Mech. 14.
    """
    if excess_k <= 0.0 or flow_m3_per_s <= 0.0:
        return 0.0
    flux = flow_m3_per_s * buoyancy(excess_k, ambient_c) / width_m
    return float((2.0 * entrainment_ratio) ** (2.0 / 3.0) * flux ** (1.0 / 3.0) * rise_m * width_m)


@kernel
def exchange_flows(
    low: Ints, high: Ints, field_c: Floats, speed_m_per_s: Floats, area_m2: float, gap_m: float,
    diffusivity_m2_per_s: float, exchange_m3_per_s: Floats,
) -> None:  # fmt: skip
    """Exchange of every column [m3/s each way] by turbulence and overturning: D A / dz damped, and what overturns.

    `low`, `high` are the cells of the columns in `field_c`, `speed_m_per_s` the faster of both layers. Plumes are added
    by `add_plumes`.
    """
    for k in range(low.size):
        below, above = field_c[low[k]], field_c[high[k]]
        still = diffusivity_m2_per_s * area_m2 / gap_m
        kept = damping(below, above, gap_m, speed_m_per_s[k])
        exchange_m3_per_s[k] = still * kept + overturning(below, above, area_m2)


@kernel
def add_plumes(
    out_start: Ints, out_cell: Ints, flow_m3_per_s: Floats, leaving_c: Floats, column: Ints, high: Ints,
    field_c: Floats, cell_m: float, rise_m: float, entrainment_ratio: float, exchange_m3_per_s: Floats,
) -> None:  # fmt: skip
    """Add the plumes over the outlets of bodies in the lower layer, each spread over its outlet cells. `column[c]` is the
    column of cell c of the lower layer, -1 where none is open above it.
    """
    for s in range(flow_m3_per_s.size):
        count = out_start[s + 1] - out_start[s]
        for k in range(out_start[s], out_start[s + 1]):
            place = column[out_cell[k]]
            if place >= 0:
                above = field_c[high[place]]
                part = flow_m3_per_s[s] / count
                exchange_m3_per_s[place] += plume_flow(
                    part, leaving_c[s] - above, above, cell_m, rise_m, entrainment_ratio
                )
