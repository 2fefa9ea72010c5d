"""The electricity bill, hour by hour over the typical year: the plan's own load against the periods of the site's tariff.

Load of an hour: IT at the use that the classes' arrival patterns give that hour (mean over the year as `use_frac` says),
times facility over IT of that hour's weather. Tariff: periods, their short form (peak price and hours), the flat price for
all other hours. Where two periods price one hour the dearer holds, so that their order says nothing. Reference: economics
model A2 and B1.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Record
from infraplanner.compile.parts import Catalogue
from infraplanner.kernels import tariff as laws
from infraplanner.model.entities import Site, TariffPeriod
from infraplanner.results.tariff import FLAT, BillPeriod, ElectricityBill, Overlap
from infraplanner.units import J_PER_KWH, KILO, S_PER_H

from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MONTHS, DAY_H, KINDS, DAYS = 12, 24, 2, 365
SLOTS = MONTHS * KINDS * DAY_H
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
WEEKEND = 5
"""Weekday number of Saturday, Monday being 0."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PRICE_YEAR = 2026
"""Whose calendar holds where the plan states no price year: the price book's."""
PEAK = "peak"
"""Id of the short form's row."""
HALVINGS = 50
LEAST_OWN_USD = 1e-9
"""A kWh that costs less beside the grid's is rounding."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One row of a tariff in force: price [USD/kWh, NaN: none], demand charge [USD/kW/month, NaN: none], and the part of
    every slot that it covers.
    """

    id: str
    name: str
    usd_per_kwh: float
    charge: float
    covers: Floats


@dataclass(frozen=True, slots=True)
class Load:
    """A year of hours: facility power at the year's use, and the power that demand charges are taken on [W]."""

    facility_w: Floats
    demand_w: Floats
    shaped: bool
    hourly: bool

    @property
    def kwh(self) -> float:
        """Energy of the year."""
        return float(self.facility_w.sum()) * S_PER_H / J_PER_KWH


@lru_cache(maxsize=16)
def slots_of(first_weekday: int) -> tuple[Ints, Floats]:
    """Slot of every hour of a year of 365 days that begins on this weekday (0 is Monday), and the hours of every slot."""
    day = np.repeat(np.arange(DAYS), DAY_H)
    month = np.repeat(np.arange(MONTHS), MONTH_DAYS)[day]
    kind = ((day + first_weekday) % 7 >= WEEKEND).astype(np.int64)
    slot: Ints = (month * KINDS + kind) * DAY_H + np.tile(np.arange(DAY_H), DAYS)
    hours: Floats = np.bincount(slot, minlength=SLOTS).astype(np.float64)
    return slot, hours


def first_weekday(site: object) -> int:
    """Weekday on which the plan's price year begins."""
    year = site.price_year if isinstance(site, Site) and site.price_year is not None else PRICE_YEAR
    return datetime.date(year, 1, 1).weekday()


def hours_covered(start_h: float, end_h: float) -> Floats:
    """The part of each hour of a day between two times, over midnight where the end comes first."""
    hour = np.arange(DAY_H, dtype=np.float64)

    def between(low: float, high: float) -> Floats:
        inside: Floats = np.clip(np.minimum(hour + 1.0, high) - np.maximum(hour, low), 0.0, 1.0)
        return inside

    covered: Floats = between(start_h, end_h) if start_h < end_h else between(start_h, DAY_H) + between(0.0, end_h)
    return covered


def period_covers(period: TariffPeriod) -> Floats:
    """The slots of a period."""
    return _covers(period.months, period.days, hours_covered(period.start_h, period.end_h))


def _covers(months: Sequence[int], days: str, hours: Floats) -> Floats:
    month, kind = np.zeros(MONTHS), np.zeros(KINDS)
    month[[at - 1 for at in months] if months else slice(None)] = 1.0
    kind[{"all": slice(None), "weekday": slice(0, 1), "weekend": slice(1, 2)}[days]] = 1.0
    days_of = np.outer(month, kind).ravel()
    covered: Floats = np.outer(days_of, hours).ravel()
    return covered


def rates_of(
    site: object, periods: Sequence[TariffPeriod], flat: float, charge: float, peak_end_h: float, ratio: float = 1.0
) -> list[Rate]:
    """All rows in force, the flat one first; `charge` is that of all hours, `ratio` moves the prices of energy."""
    rows = [Rate(FLAT, "Flat price", flat, charge, np.ones(SLOTS))]
    for period in sorted(periods, key=lambda item: item.id):
        price = math.nan if period.usd_per_kwh is None else period.usd_per_kwh * ratio
        own = math.nan if period.demand_usd_per_kw_month is None else period.demand_usd_per_kw_month
        rows.append(Rate(period.id, period.name or period.id, price, own, period_covers(period)))
    if isinstance(site, Site) and site.peak_usd_per_kwh is not None and site.peak_hours:
        hours = min(site.peak_hours, DAY_H)
        covered = hours_covered((peak_end_h - hours) % DAY_H, peak_end_h) if hours < DAY_H else np.ones(DAY_H)
        rows.append(Rate(PEAK, "Peak price", site.peak_usd_per_kwh * ratio, math.nan, _covers((), "all", covered)))
    return rows


def shares_of(rates: Sequence[Rate]) -> Floats:
    """The part of every slot's energy that each row prices: the dearest first, what is left at the flat price."""
    share = np.zeros((len(rates), SLOTS))
    left = np.ones(SLOTS)
    priced = [row for row, rate in enumerate(rates) if row and math.isfinite(rate.usd_per_kwh)]
    for row in sorted(priced, key=lambda row: (-rates[row].usd_per_kwh, rates[row].id)):
        share[row] = np.minimum(left, rates[row].covers)
        left -= share[row]
    share[0] = left
    return share


def overlaps_of(rates: Sequence[Rate], hours: Floats) -> tuple[Overlap, ...]:
    """Pairs of periods that price the same hours."""
    priced = [rate for rate in rates[1:] if math.isfinite(rate.usd_per_kwh)]
    found = []
    for i, first in enumerate(priced):
        for second in priced[i + 1 :]:
            both = float(np.clip(first.covers + second.covers - 1.0, 0.0, 1.0) @ hours)
            if both > 0.0:
                found.append(Overlap(first.id, second.id, both))
    return tuple(found)


# --- load


def day_shape(peak: float, trough: float, weekend: float, peak_h: float) -> Floats:
    """Load over its mean by kind of day and hour (2 x 24): a day's first two harmonics through peak and trough, on weekends
    times a factor. Reference: economics model B1.
    """
    angle = 2.0 * np.pi * (np.arange(DAY_H) + 0.5 - peak_h) / DAY_H
    first, second = 0.5 * (peak - trough), 0.5 * (peak + trough) - 1.0
    day = np.clip(1.0 + first * np.cos(angle) + second * np.cos(2.0 * angle), 0.0, None)
    shape: Floats = np.stack([day, weekend * day])
    return shape


def use_by_hour(shape: Floats, hours: Floats, use: float) -> Floats:
    """Use of every kind of day and hour with this shape, never above 1, whose mean over the year is `use`.

    `hours` a year of each. What would pass 1 is served in other hours, in proportion to their load.
    """
    total = float(hours.sum())
    low, high = 0.0, 1.0
    while float((np.minimum(1.0, high * shape) * hours).sum()) < use * total and high < 1e9:
        high *= 2.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if float((np.minimum(1.0, middle * shape) * hours).sum()) < use * total:
            low = middle
        else:
            high = middle
    found: Floats = np.minimum(1.0, high * shape)
    return found


def pattern_shape(space: Workspace, serving: float, peak_h: float) -> Floats | None:
    """The day of all classes together, by their output; what trains is steady. None where no class names a pattern."""
    assert space.compiled is not None
    assert space.snapshot is not None
    catalogue = space.compiled.parts.catalogue
    shape, weight, known = np.zeros((KINDS, DAY_H)), 0.0, False
    for _, row in sorted(space.snapshot.table("workloads").items()):
        if not row.kind or not row.offered_requests_per_s:
            continue
        own = pattern_of(catalogue, row.pattern, peak_h)
        known |= own is not None
        mine = row.offered_requests_per_s * (row.output_tokens or _output_of(catalogue, row.profile))
        shape += mine * (np.ones_like(shape) if own is None else own)
        weight += mine
    if not known or weight <= 0.0:
        return None
    mixed: Floats = serving * shape / weight + (1.0 - serving)
    return mixed


def _output_of(catalogue: Catalogue, profile: str) -> float:
    return float(getattr(catalogue.find(profile) if profile else None, "output_tokens", None) or 1.0)


def pattern_of(catalogue: Catalogue, name: str, peak_h: float) -> Floats | None:
    """Load over its mean by kind of day and hour of an arrival pattern; None where it states no peak and trough."""
    found = catalogue.find(name) if name else None
    data: dict[str, Any] = found.data if isinstance(found, Record) else {}
    if not all(isinstance(data.get(key), int | float) for key in ("peak_to_mean", "trough_to_mean")):
        return None
    peak, trough = float(data["peak_to_mean"]), float(data["trough_to_mean"])
    return day_shape(peak, trough, float(data.get("weekend_factor", 1.0)), float(data.get("peak_h", peak_h)))


def load_of(
    *, facility_w: float, it_w: float, swing_w: float, use: float, shape: Floats | None, ratio: Floats | None,
    weekday: int,
) -> Load:  # fmt: skip
    """The year's hours of a plan whose IT gives back `swing_w` at no use. `ratio`: facility power of each hour at full
    output over its present one; None: as now in every hour.
    """
    slot, hours = slots_of(weekday)
    of_hour = ratio if ratio is not None and ratio.size else np.ones(slot.size)
    idle = min(1.0, swing_w / it_w) if it_w > 0.0 else 0.0
    full = facility_w * of_hour
    if shape is None:
        return Load(full * (1.0 - (1.0 - use) * idle), full, False, ratio is not None)
    kinds = hours.reshape(MONTHS, KINDS, DAY_H).sum(axis=0)
    each = np.tile(use_by_hour(shape, kinds, use).ravel(), MONTHS)[slot]
    loaded = full * (1.0 - (1.0 - each) * idle)
    return Load(loaded, loaded, True, ratio is not None)


# --- bill


def bill_of(
    rates: Sequence[Rate], load: Load, grid_frac: float, own_usd_per_kwh: float, weekday: int
) -> ElectricityBill:
    """What the grid's share of this load costs by this tariff. `own_usd_per_kwh`: what a kWh of the facility costs from the
    plan's own sources.
    """
    slot, hours = slots_of(weekday)
    energy, used, peak = np.empty(SLOTS), np.empty(SLOTS), np.empty(SLOTS)
    laws.by_slot(load.facility_w * grid_frac, slot, S_PER_H, energy, used)
    laws.by_slot(load.demand_w * grid_frac, slot, S_PER_H, used, peak)
    count = len(rates)
    share = shares_of(rates)
    price = np.array([rate.usd_per_kwh for rate in rates])
    charge = np.array([rate.charge for rate in rates])
    covers = np.array([rate.covers for rate in rates])
    period_j, energy_usd, demand_usd = np.empty(count), np.empty(count), np.empty(count)
    month_w = np.empty(count * MONTHS)
    laws.bill(
        energy, peak, share.ravel(), np.nan_to_num(price) / J_PER_KWH, covers.ravel(), np.nan_to_num(charge) / KILO,
        period_j, energy_usd, month_w, demand_usd,
    )  # fmt: skip
    peaks = month_w.reshape(count, MONTHS) / KILO
    rows = []
    for row, rate in enumerate(rates):
        priced, charged = math.isfinite(rate.usd_per_kwh), math.isfinite(rate.charge) and rate.charge != 0.0
        covered = float((share[0] if row == 0 else rate.covers) @ hours)
        rows.append(BillPeriod(
            rate.id, rate.name, covered, rate.usd_per_kwh if priced else None, float(period_j[row]) / J_PER_KWH,
            float(energy_usd[row]), rate.charge if charged else None,
            tuple(peaks[row].tolist()) if charged else (), float(demand_usd[row]),
        ))  # fmt: skip
    own = own_usd_per_kwh * load.kwh
    spent = math.fsum(row.energy_usd for row in rows)
    grid = (share.T @ np.nan_to_num(price)).reshape(MONTHS, KINDS, DAY_H)
    with np.errstate(all="ignore"):
        mean = np.nan_to_num(np.bincount(slot, load.facility_w, SLOTS) / hours).reshape(MONTHS, KINDS, DAY_H) / KILO
    return ElectricityBill(
        periods=tuple(rows),
        energy_usd=spent + own,
        demand_usd=math.fsum(row.demand_usd for row in rows),
        own_usd=own,
        mean_usd_per_kwh=(spent + own) / load.kwh if load.kwh > 0.0 else None,
        overlaps=overlaps_of(rates, hours),
        weekday_usd_per_kwh=grid[:, 0].copy(),
        weekend_usd_per_kwh=grid[:, 1].copy(),
        weekday_kw=mean[:, 0].copy(),
        weekend_kw=mean[:, 1].copy(),
        first_day=WEEKDAYS[weekday],
        hourly=load.hourly,
        shaped=load.shaped,
    )


def periods_of(space: Workspace) -> list[TariffPeriod]:
    """The plan's periods in id order."""
    assert space.snapshot is not None
    return [row for _, row in sorted(space.snapshot.table("tariff").items()) if isinstance(row, TariffPeriod)]


def electricity(
    space: Workspace, load: Load, *, grid_w: float, facility_w: float, charge: float, value: Callable[[str], float]
) -> ElectricityBill:
    """The bill of a plan: the grid's share by its tariff, the plan's own sources at what they cost now."""
    assert space.snapshot is not None
    site = space.snapshot.table("site").get("site")
    grid, own = 1.0, 0.0
    if space.mix[0] is not None:  # else the grid alone carries, on the site's figures
        grid = grid_w / facility_w if facility_w > 0.0 else 0.0
        own = space.usd_per_kwh - grid * _grid_price(space)
    flat = space.usd_per_kwh if space.mix[0] is None else _grid_price(space)
    end = value("peak_end_h")
    rates = rates_of(site, periods_of(space), flat, charge, end if math.isfinite(end) else DAY_H, space.tariff_ratio)
    return bill_of(rates, load, grid, own if abs(own) > LEAST_OWN_USD else 0.0, first_weekday(site))


def _grid_price(space: Workspace) -> float:
    """Flat price of what the grid gives: its node's own where the plan states one, else the site's."""
    assert space.compiled is not None
    sources = space.compiled.sources
    if not sources.row.size:
        return space.climate.usd_per_kwh
    mine = sources.utility & (space.flows.out_w[sources.row] > 0.0)
    out = space.flows.out_w[sources.row][mine]
    price = np.where(np.isnan(sources.given_usd_per_kwh), space.climate.usd_per_kwh, sources.given_usd_per_kwh)[mine]
    return float(out @ price / out.sum()) if out.size and out.sum() > 0.0 else space.climate.usd_per_kwh
