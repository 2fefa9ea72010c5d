"""Electricity bills by time of use: a year of hours sorted into slots, energy and monthly peaks priced by period.

A slot is a month, a kind of day and an hour of the day: 12 x 2 x 24 of them. Periods are rows over slots, so that prices and
shares are small tables whatever the length of the year.
"""

from __future__ import annotations

from ._jit import kernel
from .arrays import Floats, Ints

SLOTS_A_MONTH = 48
"""Two kinds of day of 24 hours."""


@kernel
def by_slot(load_w: Floats, slot: Ints, hour_s: float, energy_j: Floats, peak_w: Floats) -> None:
    """Energy [J] and highest hour [W] of every slot of a year of hourly mean loads; slots without an hour stay 0."""
    energy_j[:] = 0.0
    peak_w[:] = 0.0
    for h in range(load_w.size):
        at = slot[h]
        energy_j[at] += load_w[h] * hour_s
        peak_w[at] = max(peak_w[at], load_w[h])


@kernel
def bill(
    energy_j: Floats, peak_w: Floats, share: Floats, price_usd_per_j: Floats, covers: Floats, charge_usd_per_w: Floats,
    period_j: Floats, energy_usd: Floats, month_peak_w: Floats, demand_usd: Floats,
) -> None:  # fmt: skip
    """The bill of every period: its share of each slot's energy at its price, and its charge on each month's peak in it.

    `share` and `covers` are periods x slots in one row: the part of a slot's energy that a period prices, and whether its
    hours count for its peak (above 0). `month_peak_w` is periods x 12. Worked: 1 kW all January at 0.10 USD/kWh with 10
    USD/kW: 744 kWh, 74.40 USD of energy and 10 USD of demand.
    """
    slots = energy_j.size
    for p in range(price_usd_per_j.size):
        used = 0.0
        for s in range(slots):
            used += share[p * slots + s] * energy_j[s]
        period_j[p] = used
        energy_usd[p] = used * price_usd_per_j[p]
        total = 0.0
        for month in range(slots // SLOTS_A_MONTH):
            top = 0.0
            for s in range(month * SLOTS_A_MONTH, (month + 1) * SLOTS_A_MONTH):
                if covers[p * slots + s] > 0.0:
                    top = max(top, peak_w[s])
            month_peak_w[p * (slots // SLOTS_A_MONTH) + month] = top
            total += top
        demand_usd[p] = total * charge_usd_per_w[p]
