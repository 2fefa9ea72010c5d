"""Growth over years: scenarios with a year are phases that stay; demand grows and answers the price of a token.

`Q(y) = Q0 (1 + g)^y (c(y) / c(0))^-e`, each class with its own growth g and elasticity e, c the cost of a million tokens of
the plan as built in that year (economics model A2: elasticity is a scenario, never a fact). The present cost discounts
capital when it is spent and running cost every year.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from msgspec import structs

from infraplanner.catalog import Catalog
from infraplanner.edit import ApplyScenario, EditError, UndoStack
from infraplanner.engine.evaluate import evaluate
from infraplanner.model.document import Document, Snapshot
from infraplanner.model.entities import TABLES, Scenario, Site, Workload
from infraplanner.results.growth import GrowthResult, YearOfGrowth
from infraplanner.results.snapshot import ResultSnapshot

YEARS = 5
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
    for year in range(years + 1):
        if stop():
            return None
        built = _build(document, phases, year)
        # The price of a token is the plan's own; demand follows it, so the plan is solved before its demand is known.
        plain = evaluate(document.snapshot(), catalog)
        price = plain.summary.usd_per_million_tokens
        first = price if first is None else first
        asked = {row.id: _demand(row, year, price, first) for row in classes}
        found = evaluate(_with_demand(document.snapshot(), asked), catalog)
        rows.append(_row(year, built, found, rows, price))
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
    year: int, built: tuple[str, ...], found: ResultSnapshot, before: list[YearOfGrowth], price: float | None
) -> YearOfGrowth:
    routing = found.throughput.routing
    demand = sum(row.peak_per_s * row.output_tokens for row in routing.classes)
    room = routing.headroom_ratio or 0.0
    spent = sum(row.capex_usd or 0.0 for row in before)
    capex = None if found.summary.capex_usd is None else found.summary.capex_usd - spent
    served = sum((row.peak_per_s - row.peak_unserved_per_s) * row.output_tokens for row in routing.classes)
    return YearOfGrowth(
        year, built, demand, demand * room, served, 1.0 / room if room > 0.0 else math.inf, capex,
        found.economics.opex_usd_per_year, price,
    )  # fmt: skip


def _present(rows: list[YearOfGrowth], rate: float) -> float | None:
    total = 0.0
    for row in rows:
        if row.capex_usd is None or row.running_usd is None:
            return None
        total += (row.capex_usd + row.running_usd) / (1.0 + rate) ** row.year
    return total
