"""Growth over years: scenarios with a year are phases that stay; demand grows and answers the price of a token.

`Q(y) = Q0 (1 + g)^y (c(y) / c(0))^-e`, each class with its own growth g and elasticity e, c the cost of a million tokens of
the plan as built in that year (economics model A2: elasticity is a scenario, never a fact). The present cost discounts
capital when it is spent and running cost every year. A phase pays for what it brings, object by object (`purchases`); a
week by which it comes late costs a week of its annuities and the tokens that only it lets the plan serve.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from msgspec import structs

from infraplanner.catalog import Catalog
from infraplanner.edit import ApplyScenario, EditError, UndoStack
from infraplanner.engine.evaluate import evaluate
from infraplanner.model.document import Document, Snapshot
from infraplanner.model.entities import TABLES, Scenario, Site, Workload
from infraplanner.results.growth import Delay, GrowthResult, Purchase, YearOfGrowth
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.units import H_PER_YEAR, MEGA, S_PER_H

from .purchases import BUILDING, COOLING, FABRIC, POWER, bought, longest

YEARS = 5
DAYS_A_WEEK = 7.0
WEEKS_A_YEAR = H_PER_YEAR / 24.0 / DAYS_A_WEEK
S_A_WEEK = DAYS_A_WEEK * 24.0 * S_PER_H
WEEK_DAYS = (5.0, 2.0)
"""Working days and days of the weekend."""
RATE = "cost.rate_frac"
Progress = Callable[[int, int], None]


def growth(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    years: int = YEARS,
    progress: Progress = lambda _done, _total: None,
    stop: Callable[[], bool] = lambda: False,
) -> GrowthResult | None:
    """Year by year from 0 to `years`; None when `stop` said so. Raises EditError when a phase cannot be applied."""
    classes = [row for _, row in sorted(snapshot.table("workloads").items()) if row.kind and row.offered_requests_per_s]
    if not classes:
        return GrowthResult(note="No class yet. Give a workload a kind, an offered rate and a growth a year.")
    phases = sorted(
        (row for row in snapshot.table("scenarios").values() if row.year is not None),
        key=lambda row: (row.year, row.id),
    )
    site = snapshot.table("site").get("site")
    own = site.discount_rate_frac if isinstance(site, Site) else None
    rate = catalog.constant(RATE) if own is None else own
    document = Document({name: dict(snapshot.table(name)) for name in TABLES}, dict(snapshot.header))
    rows: list[YearOfGrowth] = []
    first: float | None = None
    before: tuple[Snapshot, ResultSnapshot] | None = None
    for year in range(years + 1):
        if stop():
            return None
        bare = document.snapshot()
        built = _build(document, phases, year)
        # The price of a token is the plan's own; demand follows it, so the plan is solved before its demand is known.
        plain = evaluate(document.snapshot(), catalog)
        price = plain.summary.usd_per_million_tokens
        first = price if first is None else first
        asked = {row.id: _demand(row, year, price, first) for row in classes}
        found = evaluate(_with_demand(document.snapshot(), asked), catalog)
        paid = () if before is not None and not built else bought(before, (document.snapshot(), plain), catalog)
        row = _row(year, built, found, paid, price, rate)
        if built and year:
            late = evaluate(_with_demand(bare, asked), catalog)
            each = [_mean_served(state, document.snapshot(), catalog) for state in (late, found)]
            row = replace(row, delay=_delay(row, site, each[0], each[1], catalog, rate))
        rows.append(row)
        before = document.snapshot(), plain
        progress(year + 1, years + 1)
    full = next((row.year for row in rows if row.use_frac > 1.0), None)
    return GrowthResult(tuple(rows), full, _present(rows, rate))


def _build(document: Document, phases: list[Scenario], year: int) -> tuple[str, ...]:
    mine = [phase for phase in phases if phase.year == year]
    for phase in mine:
        try:
            UndoStack(document).execute(ApplyScenario(phase.id))
        except EditError as error:
            raise EditError(f"Phase {phase.id} of year {year}: {error}") from None
    return tuple(phase.name or phase.id for phase in mine)


def _demand(row: Workload, year: int, price: float | None, first: float | None) -> float:
    """Requests/s of a class in a year; without a price nothing answers to it."""
    grown = float(row.offered_requests_per_s or 0.0) * (1.0 + (row.growth_frac_per_year or 0.0)) ** year
    if price and first and row.price_elasticity:
        grown *= (price / first) ** -row.price_elasticity
    return grown


def _with_demand(snapshot: Snapshot, asked: dict[str, float]) -> Snapshot:
    tables = snapshot.tables()
    tables["workloads"] = {
        key: structs.replace(row, offered_requests_per_s=asked[key]) if key in asked else row
        for key, row in tables["workloads"].items()
    }
    return Snapshot(tables, snapshot.revision, snapshot.header)


def _row(
    year: int,
    built: tuple[str, ...],
    found: ResultSnapshot,
    paid: tuple[Purchase, ...],
    price: float | None,
    rate: float,
) -> YearOfGrowth:
    routing = found.throughput.routing
    demand = sum(row.peak_per_s * row.output_tokens for row in routing.classes)
    room = routing.headroom_ratio or 0.0
    capex = None if found.summary.capex_usd is None else math.fsum(row.usd for row in paid)
    running = found.economics.opex_usd_per_year
    present = None if capex is None or running is None else (capex + running) / (1.0 + rate) ** year
    return YearOfGrowth(
        year, built, demand, demand * room, _served(found), 1.0 / room if room > 0.0 else math.inf, capex, running, price,
        paid, present,
    )  # fmt: skip


def _served(found: ResultSnapshot) -> float:
    classes = found.throughput.routing.classes
    return sum((row.peak_per_s - row.peak_unserved_per_s) * row.output_tokens for row in classes)


def _delay(row: YearOfGrowth, site: object, late: float, served: float, catalog: Catalog, rate: float) -> Delay:
    """What a week without the year's phases costs; `late` and `served` are the output tokens/s of a mean week without and
    with them, at the demand of that year.
    """
    idle = None
    if row.capex_usd is not None:
        idle = math.fsum(item.usd * _recovery(item, site, catalog, rate) for item in row.purchases) / WEEKS_A_YEAR
    lost = max(0.0, served - late) * S_A_WEEK
    price = row.usd_per_million_tokens
    slow = longest(row.purchases)
    return Delay(
        idle, lost, None if price is None else lost * price / MEGA, None if slow is None else slow.lead_weeks,
        "" if slow is None else slow.what,
    )  # fmt: skip


def _recovery(item: Purchase, site: object, catalog: Catalog, rate: float) -> float:
    """Yearly payment for one unit of a purchase's capital."""
    from infraplanner.engine.economics import capital_recovery  # noqa: PLC0415 - loads Numba, only when years are solved

    own = site.it_life_years if isinstance(site, Site) else None
    name = {POWER: "plant", COOLING: "plant", BUILDING: "building"}.get(item.category, "it")
    name = "link" if item.category == FABRIC and item.what.endswith("cables") else name
    life = own if own is not None and name == "it" else catalog.constant(f"cost.{name}_life_years")
    return float(capital_recovery(rate, life))


def _mean_served(found: ResultSnapshot, snapshot: Snapshot, catalog: Catalog) -> float:
    """Output tokens/s served over a mean week: the classes' days against what the pools take of their mix at the peak."""
    from infraplanner.engine.tariff import pattern_of  # noqa: PLC0415 - as above

    routing = found.throughput.routing
    known, peak_h = catalog.with_embedded(snapshot.table("profiles")), catalog.constant("cost.day_peak_h")
    workloads = snapshot.table("workloads")
    asked = np.zeros((2, 24))
    top = 0.0
    for row in routing.classes:
        day = pattern_of(known, getattr(workloads.get(row.id), "pattern", ""), peak_h)
        asked += row.offered_per_s * row.output_tokens * (np.ones((2, 24)) if day is None else day)
        top += row.peak_per_s * row.output_tokens
    served = np.minimum(asked, top * (routing.headroom_ratio or 0.0))
    return float(np.average(served.mean(axis=1), weights=WEEK_DAYS))


def _present(rows: list[YearOfGrowth], rate: float) -> float | None:
    total = 0.0
    for row in rows:
        if row.capex_usd is None or row.running_usd is None:
            return None
        total += (row.capex_usd + row.running_usd) / (1.0 + rate) ** row.year
    return total
