"""A plan over years: phases that are built, demand that grows, and when the pools are full."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Purchase:
    """Equal parts that a phase buys: how many, what they cost together [USD], how many have no price, and how long they
    take from order to delivery.
    """

    category: str
    what: str
    count: int
    usd: float
    unknown_count: int
    lead_weeks: float | None


@dataclass(frozen=True, slots=True)
class Delay:
    """What a week costs by which a year's phases come late: their capital stands idle, and tokens are not served.

    `idle_usd` is a week of the capital's annuities. `tokens` are output tokens of that week that only the phases let the
    plan serve, `tokens_usd` those at what the plan's own tokens cost that year.
    """

    idle_usd: float | None
    tokens: float
    tokens_usd: float | None
    lead_weeks: float | None
    lead_part: str

    @property
    def usd(self) -> float | None:
        """All of it."""
        return None if self.idle_usd is None else self.idle_usd + (self.tokens_usd or 0.0)


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
    purchases: tuple[Purchase, ...] = ()
    present_usd: float | None = None
    """Capital and running cost of this year as of year 0."""
    delay: Delay | None = None
    """Of a year with phases."""


@dataclass(frozen=True, slots=True)
class GrowthResult:
    """All years; `full_year` is the first in which the peaks do not fit, `cost_usd` the present cost of all years."""

    years: tuple[YearOfGrowth, ...] = ()
    full_year: int | None = None
    cost_usd: float | None = None
    note: str = ""
