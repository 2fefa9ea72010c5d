"""Money and carbon in closed form: annuities, yearly cost, energy, tokens, levelised energy, hourly matching."""

from __future__ import annotations

import numpy as np

from ._jit import kernel
from .arrays import Floats


@kernel
def capital_recovery(rate_frac: float, periods_count: float) -> float:
    """Yearly payment for one unit of capital: i / (1 - (1 + i)^-n), 1/n at i = 0. Worked: 10 %, 4 years: 0.3154708."""
    if abs(rate_frac) < 1e-12:
        return 1.0 / periods_count
    return float(rate_frac / -np.expm1(-periods_count * np.log1p(rate_frac)))


@kernel
def annuity(capital_usd: float, residual_usd: float, rate_frac: float, periods_count: float) -> float:
    """Yearly cost of capital with a residual value [USD/yr]: (C - S (1 + i)^-n) CRF."""
    kept = residual_usd * (1.0 + rate_frac) ** -periods_count
    return float((capital_usd - kept) * capital_recovery(rate_frac, periods_count))


@kernel
def yearly_cost(capital_usd: Floats, life_count: Floats, rate_frac: float, running_usd: float) -> float:
    """Total cost of a year [USD]: sum of C_k CRF(i, n_k) plus running cost.

    Worked: 26e9 over 5 and 12e9 over 14 years at 7 %, 0.9e9 running: 8.613e9.
    """
    total = running_usd
    for k in range(capital_usd.size):
        total += capital_usd[k] * capital_recovery(rate_frac, life_count[k])
    return total


@kernel
def energy_cost(
    mean_w: float, peak_w: float, energy_usd_per_j: float, demand_usd_per_w: float, span_s: float, months_count: float
) -> float:
    """Cost of electricity over a span [USD]: mean power, span and price, plus months of demand charge on the peak."""
    return mean_w * span_s * energy_usd_per_j + months_count * demand_usd_per_w * peak_w


@kernel
def rental(units_count: float, price_usd_per_s: float, span_s: float) -> float:
    """Cost of rented units over a span [USD]; 2 USD an hour is 5.56e-4 a second. Worked: 1,814 for 24 h: 87,072."""
    return units_count * price_usd_per_s * span_s


@kernel
def instalment(lines_usd: Floats, once_usd: float, periods_count: float) -> float:
    """Bill of one period [USD]: its lines and an equal part of what is paid once."""
    return float(lines_usd.sum() + once_usd / periods_count)


@kernel
def revenue(tokens: Floats, price_usd: Floats) -> float:
    """Revenue [USD]: sum of tokens of each class times its price a token."""
    return np.sum(tokens * price_usd)


@kernel
def token_cost(cost_usd: float, tokens_per_s: float, use_frac: float, goodput_frac: float, span_s: float) -> float:
    """Cost of one token [USD]: cost of a span over the tokens it yields, `rate u G span`; infinite without tokens."""
    made = tokens_per_s * use_frac * goodput_frac * span_s
    return cost_usd / made if made > 0.0 else np.inf


@kernel
def profit_ratio(revenue_usd: float, cost_usd: float) -> float:
    """Profit over cost (not over revenue): (R - C) / C."""
    return (revenue_usd - cost_usd) / cost_usd


@kernel
def levelised_energy(
    capital_usd_per_w: float,
    fixed_usd_per_w: float,
    rate_frac: float,
    periods_count: float,
    capacity_frac: float,
    heat_ratio: float,
    fuel_usd_per_j: float,
    variable_usd_per_j: float,
    year_s: float,
) -> float:
    """Levelised cost of electricity [USD/J]: (C CRF + F) / (CF year) + HR p_fuel + VOM, F a year's fixed cost a watt.

    `heat_ratio` is fuel energy over electric energy. Worked: 2,000 USD/kW, 8 %, 20 years, 0.85, 6.8 MMBtu/MWh at 4: 59.6
    USD/MWh.
    """
    fixed = (capital_usd_per_w * capital_recovery(rate_frac, periods_count) + fixed_usd_per_w) / (
        capacity_frac * year_s
    )
    return fixed + heat_ratio * fuel_usd_per_j + variable_usd_per_j


@kernel
def matched_carbon(load_j: Floats, clean_j: Floats, grid_kg_per_j: Floats) -> tuple[float, float, float]:
    """Carbon of purchased electricity [kg] three ways: by location, matched over the whole span, matched hour by hour.

    sum E e;  max(0, sum E - sum C) at the load-weighted factor;  sum max(0, E - C) e.
    """
    located = np.sum(load_j * grid_kg_per_j)
    used = load_j.sum()
    yearly = max(0.0, used - clean_j.sum()) * (located / used if used > 0.0 else 0.0)
    return located, yearly, np.sum(np.maximum(0.0, load_j - clean_j) * grid_kg_per_j)
