"""A plan over years: phases that are built, demand that grows, and when the pools are full."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class YearOfGrowth:
    """One year. Demand and capacity in output tokens/s at the peaks of the classes' days; money in USD of the plan's year."""

    year: int
    phases: tuple[str, ...]
    demand_per_s: float
    capacity_per_s: float
    served_per_s: float
    use_frac: float
    capex_usd: float | None
    running_usd: float | None
    usd_per_million_tokens: float | None


@dataclass(frozen=True, slots=True)
class GrowthResult:
    """All years; `full_year` is the first in which the peaks do not fit, `cost_usd` the present cost of all years."""

    years: tuple[YearOfGrowth, ...] = ()
    full_year: int | None = None
    cost_usd: float | None = None
    note: str = ""
