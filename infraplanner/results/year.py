"""The plant over a year of weather, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class WaterClass:
    """A facility water class: the plant of this plan at that supply temperature over the same year."""

    name: str
    supply_c: float
    pue: float | None
    wue_l_per_kwh: float | None
    free_hours: int
    chiller_hours: int
    missed_hours: int


@dataclass(frozen=True, slots=True)
class YearResult:
    """PUE and WUE as a pair (they trade against each other), water, and hours: all heat free, some, none; and hours in
    which water gets warmer than its set point. `synthetic`: made from the place's two means.
    """

    place: str = ""
    synthetic: bool = False
    note: str = ""
    pue: float | None = None
    ere: float | None = None
    """Energy reuse effectiveness: facility energy less reused heat, over IT energy; equal to PUE without reuse."""
    wue_l_per_kwh: float | None = None
    water_m3: float | None = None
    energy_kwh: float | None = None
    free_hours: int = 0
    partial_hours: int = 0
    chiller_hours: int = 0
    missed_hours: int = 0
    worst_miss_k: float = 0.0
    month_pue: Floats = field(default_factory=_none)
    month_wue_l_per_kwh: Floats = field(default_factory=_none)
    month_free_hours: Floats = field(default_factory=_none)
    classes: tuple[WaterClass, ...] = ()
    hour_ratio: Floats = field(default_factory=_none)
    """Facility power of every hour of that weather at the output shown, over the present one; empty without a year."""
