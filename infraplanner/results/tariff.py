"""The electricity bill of a year by period of its tariff. Money in USD of the plan's year."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FLAT = ""
"""Id of the row of all hours that no period prices; its demand charge is that of all hours."""


def _none() -> Floats:
    return np.empty((0, 0))


@dataclass(frozen=True, slots=True)
class BillPeriod:
    """One period of the tariff: what it prices and what it charges, each None where it does not.

    `hours_count` a year it covers; energy in kWh is what it prices. `month_peak_kw` is the highest hour of each month within
    it, empty where it charges nothing.
    """

    id: str
    name: str
    hours_count: float
    usd_per_kwh: float | None
    energy_kwh: float
    energy_usd: float
    demand_usd_per_kw_month: float | None
    month_peak_kw: tuple[float, ...]
    demand_usd: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two periods that both price the same hours; the dearer one holds there."""

    first: str
    second: str
    hours_count: float


@dataclass(frozen=True, slots=True)
class ElectricityBill:
    """A year's bill. Prices by month and hour [USD/kWh, 12 x 24], and the mean load behind them [kW]."""

    periods: tuple[BillPeriod, ...] = ()
    energy_usd: float = 0.0
    demand_usd: float = 0.0
    own_usd: float = 0.0
    """Energy of the plan's own sources, which no tariff prices."""
    mean_usd_per_kwh: float | None = None
    """All energy over what it costs, without demand charges."""
    overlaps: tuple[Overlap, ...] = ()
    weekday_usd_per_kwh: Floats = field(default_factory=_none)
    weekend_usd_per_kwh: Floats = field(default_factory=_none)
    weekday_kw: Floats = field(default_factory=_none)
    weekend_kw: Floats = field(default_factory=_none)
    first_day: str = ""
    """The day of the week that the year begins on."""
    hourly: bool = False
    """True when the cooling plant's power follows the weather of the year."""
    shaped: bool = False
    """True when the load follows arrival patterns; else it is steady at its mean, and its peak is the output shown."""
