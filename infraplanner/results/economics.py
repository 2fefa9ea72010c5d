"""Money and carbon of a plan. Every figure says in `conventions` how it is counted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .tariff import ElectricityBill

WORKS = "Works and services"
"""What a finished house costs beyond its listed parts, by its published price a watt: it shrinks when a part is added."""


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of capital [USD] or of a year's cost [USD/yr] with both ends of its price range."""

    name: str
    category: str
    usd: float
    low_usd: float
    high_usd: float
    unknown_count: int = 0
    """Objects, or bundles of links, that have no price and are not in the sum."""
    running: bool = False
    """True for what is paid every year, false for capital."""


@dataclass(frozen=True, slots=True)
class PoolCost:
    """A pool's share of the year's cost, and what a million of its input and output tokens cost by device time."""

    id: str
    usd_per_year: float | None
    usd_per_million_input_tokens: float | None
    usd_per_million_output_tokens: float | None


@dataclass(frozen=True, slots=True)
class CloudOffer:
    """Renting the plan's accelerators: price, own cost of the same hour, and the use above which owning is cheaper."""

    tier: str
    usd_per_accelerator_hour: float
    own_usd_per_accelerator_hour: float
    break_even_use_frac: float
    """Above 1 renting is cheaper at any use."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The same machines housed another way. `break_even_use_frac`: use above which the own hall costs less (clouds only)."""

    name: str
    usd_per_year: float
    capex_usd: float
    usd_per_million_tokens: float | None
    break_even_use_frac: float | None


@dataclass(frozen=True, slots=True)
class LevelisedSource:
    """Own generation: cost of a MWh over its life at the present load, of which fuel; load, and fuel over electric energy."""

    id: str
    usd_per_mwh: float
    fuel_usd_per_mwh: float
    load_frac: float
    heat_ratio: float | None


@dataclass(frozen=True, slots=True)
class CarbonMethods:
    """Carbon of a year [kg]: burnt on site, bought by location, by market over the year, matched hour by hour, embodied."""

    scope1_kg: float | None = None
    location_kg: float | None = None
    market_kg: float | None = None
    hourly_kg: float | None = None
    embodied_kg: float | None = None
    clean_frac: float = 0.0
    clean_kind: str = "flat"


@dataclass(frozen=True, slots=True)
class EconomicsResult:
    """Money and carbon as far as they are modelled; `conventions` says how each is counted."""

    energy_usd_per_year: float | None = None
    energy_kwh_per_year: float | None = None
    link_capex_usd: float | None = None
    capex_lines: tuple[CostLine, ...] = ()
    year_lines: tuple[CostLine, ...] = ()
    capex_usd: float | None = None
    capex_low_usd: float | None = None
    capex_high_usd: float | None = None
    opex_usd_per_year: float | None = None
    total_usd_per_year: float | None = None
    usd_per_million_tokens: float | None = None
    idle_usd_per_year: float | None = None
    use_frac: float | None = None
    serving_share_frac: float | None = None
    located_kg_per_year: float | None = None
    embodied_kg_per_year: float | None = None
    kg_co2e_per_million_tokens: float | None = None
    pools: tuple[PoolCost, ...] = ()
    rack_usd_per_year: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Annuity and maintenance of what stands in each rack and its energy with its share of cooling and losses, in
    PowerResult.rack_ids' order; NaN where a price is unknown. Plant, building and people are not in it."""
    cloud: tuple[CloudOffer, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    sources: tuple[LevelisedSource, ...] = ()
    carbon: CarbonMethods = field(default_factory=CarbonMethods)
    training_usd_per_year: float | None = None
    """Share of the year's cost that training jobs take, by rated power; the rest serves."""
    bill: ElectricityBill = field(default_factory=ElectricityBill)
    """Energy and demand charges by period of the tariff."""
    conventions: tuple[str, ...] = ()


def capital_added_usd(before: EconomicsResult, after: EconomicsResult) -> float | None:
    """What a change of a plan costs [USD]: the difference of all capital, or of the listed parts where that is more.

    Works are what a house of this size costs beyond its parts, so that one more cooler takes from them what it adds; whoever
    buys it pays for it all the same. None when either sum is unknown or something without a price came in.
    """
    if before.capex_usd is None or after.capex_usd is None:
        return None
    lost = [sum(line.unknown_count for line in each.capex_lines) for each in (before, after)]
    if lost[1] > lost[0]:
        return None
    listed = [math.fsum(line.usd for line in each.capex_lines if line.name != WORKS) for each in (before, after)]
    return max(after.capex_usd - before.capex_usd, listed[1] - listed[0])
