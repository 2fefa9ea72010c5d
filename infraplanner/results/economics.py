"""Money and carbon of a plan. Every figure says in `conventions` how it is counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


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
    conventions: tuple[str, ...] = ()
