"""Money and carbon of the whole plan: capital by object, the cost of a year, the cost of a token, carbon.

Conventions: USD of the price book's year, real; a year has 8,760 hours; capital is paid as an annuity over each object's
life; prices are the middle of their range, and the low and high ends assume that all prices err the same way. Reference:
economics model A2 and A4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Accelerator, Constant, Record, System
from infraplanner.compile.parts import Catalogue
from infraplanner.compile.plan import Compiled
from infraplanner.kernels import economics as laws
from infraplanner.kernels.frame import Totals
from infraplanner.kernels.losses import loss_fracs
from infraplanner.kernels.serving import configuration
from infraplanner.model.entities import Site, TariffPeriod
from infraplanner.results.economics import CloudOffer, CostLine, EconomicsResult, PoolCost
from infraplanner.results.snapshot import ThroughputResult
from infraplanner.results.tariff import ElectricityBill
from infraplanner.units import H_PER_YEAR, J_PER_KWH, KILO, MEGA, S_PER_H

from .money import carbon_methods, deployments, levelised_sources, works
from .pools import Case
from .tariff import electricity, first_weekday, load_of, pattern_shape, periods_of
from .workspace import Workspace

Floats = NDArray[np.float64]
capital_recovery: Callable[[float, float], float] = getattr(laws.capital_recovery, "py_func", laws.capital_recovery)
token_cost: Callable[[float, float, float, float, float], float] = getattr(laws.token_cost, "py_func", laws.token_cost)
"""A few scalars a result: calling the compiled forms would cost more, and give the lock away each time."""
Span = tuple[float, float, float]
"""A figure: in force, low end, high end."""
IT, LINKS, PLANT, BUILDING = "it", "link", "plant", "building"
NOT_MOVED: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Book:
    """Prices and planning values in force; a Span each."""

    catalogue: Catalogue
    moved: Mapping[str, float] = field(default_factory=dict)
    """Share of the way from the middle of its price range to an end, by line: -1 the low, 1 the high end."""

    def span(self, name: str) -> Span:
        """A constant of the price book with its range; NaN when there is none."""
        profile = self.catalogue.find(f"cost.{name}")
        if not isinstance(profile, Constant):
            return (math.nan, math.nan, math.nan)
        low = profile.value if profile.low is None else profile.low
        return profile.value, low, profile.value if profile.high is None else profile.high

    def value(self, name: str) -> float:
        """The figure in force."""
        return self.span(name)[0]


def economics_result(
    space: Workspace,
    totals: Totals,
    throughput: ThroughputResult,
    moved: Mapping[str, float] = NOT_MOVED,
    hours: Floats | None = None,
) -> EconomicsResult:
    """Everything that money and carbon say of this frame; `moved` as in `Book`, `hours` as `YearResult.hour_ratio`."""
    compiled, snapshot = space.compiled, space.snapshot
    assert compiled is not None
    assert snapshot is not None
    book = Book(compiled.parts.catalogue, moved)
    site = snapshot.table("site").get("site")
    rate, life = _own(site, "discount_rate_frac", book.value("rate_frac")), _lives(site, book)
    use = _own(site, "use_frac", book.value("use_frac"))
    capex = [_moved(line, book.moved.get(line.name, 0.0)) for line in _capex(space, totals, book)]
    serving = _serving_share(space)
    mean_it_w = totals.it_w - (1.0 - use) * _swing(space)
    charges = demand_charges(site, book, periods_of(space))
    bill, kwh = _bill(space, totals, book, use=use, serving=serving, hours=hours, charge=charges[0])
    mean_w = kwh * J_PER_KWH / (H_PER_YEAR * S_PER_H)
    price = space.usd_per_kwh if bill.mean_usd_per_kwh is None else bill.mean_usd_per_kwh
    year = [
        *(_annuity(line, rate, life[line.category]) for line in capex),
        *_running(space, totals, book, capex, bill=bill, charges=charges, mean_it_w=mean_it_w),
    ]
    unknown = sum(line.unknown_count for line in capex if line.category == IT and line.name == ACCELERATED)
    total = math.fsum(line.usd for line in year) if not unknown else math.nan
    tokens = math.fsum(pool.tokens_per_s or 0.0 for pool in throughput.pools)
    accelerators = float(compiled.bodies.accelerator_count.sum())
    embodied = accelerators * book.value("embodied_kg_per_accelerator") / life[IT]
    located = kwh * space.carbon_g_per_kwh / KILO
    span_s = H_PER_YEAR * S_PER_H
    each = token_cost(total * serving, tokens, use, 1.0, span_s) * MEGA
    carbon = token_cost((located + embodied) * serving, tokens, use, 1.0, span_s) * MEGA
    once = math.fsum(line.usd for line in capex)
    nameplate_w = float(np.nansum(compiled.bodies.max_w))
    cloud = _cloud(compiled, total, accelerators)
    scope1 = _scope1(space) * mean_w / totals.facility_w if totals.facility_w > 0.0 else 0.0
    return EconomicsResult(
        energy_usd_per_year=_known(bill.energy_usd),
        energy_kwh_per_year=_known(kwh),
        link_capex_usd=float(totals.cables.price_usd),
        capex_lines=tuple(capex),
        year_lines=tuple(year),
        capex_usd=_known(once) if not unknown else None,
        capex_low_usd=_known(math.fsum(line.low_usd for line in capex)) if not unknown else None,
        capex_high_usd=_known(math.fsum(line.high_usd for line in capex)) if not unknown else None,
        opex_usd_per_year=_known(math.fsum(line.usd for line in year if line.running)),
        total_usd_per_year=_known(total),
        usd_per_million_tokens=_known(each),
        idle_usd_per_year=_known(total * (1.0 - use)),
        use_frac=use,
        serving_share_frac=serving,
        located_kg_per_year=_known(located),
        embodied_kg_per_year=_known(embodied),
        kg_co2e_per_million_tokens=_known(carbon),
        pools=tuple(_pool_cost(space, row, total * serving, use, throughput) for row in range(len(space.cases))),
        rack_usd_per_year=space.recycler.copy(
            "rack_usd", _rack_cost(space, totals, book, rate=rate, life=life[IT], use=use, price=price)
        ),
        bill=bill,
        cloud=cloud,
        deployments=deployments(
            value=book.value,
            capex=capex,
            year=year,
            total_usd=total,
            rate=rate,
            tokens_a_year=tokens * use * span_s,
            serving=serving,
            it_w=nameplate_w,
            mean_it_w=mean_it_w,
            price_usd_per_kwh=price,
            accelerators=accelerators,
            use=use,
            cloud=cloud,
        ),
        sources=levelised_sources(space, book.value, rate),
        carbon=carbon_methods(space, site, kwh, located, embodied, scope1),
        training_usd_per_year=_known(total * (1.0 - serving)),
        conventions=_conventions(space, totals, capex, use=use, rate=rate, unknown=unknown, book=book, bill=bill),
    )


def _scope1(space: Workspace) -> float:
    """Carbon burnt on site in a year at the present load [kg]."""
    compiled = space.compiled
    assert compiled is not None
    sources = compiled.sources
    row = sources.row
    if not row.size or not sources.fuelled.any():
        return 0.0
    out, rating = space.flows.out_w[row], compiled.tables["power"]["rating_w"][row]
    x = np.where(rating > 0.0, out / rating, 0.0)
    burnt = rating * (x + loss_fracs(x, sources.fuel_curves))
    burning = sources.fuelled & (out > 0.0)
    kg_per_s = np.where(burning, burnt * sources.fuel_carbon_g_per_kwh, 0.0) / J_PER_KWH / KILO
    return float(np.nansum(kg_per_s)) * H_PER_YEAR * S_PER_H


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _own(site: object, name: str, default: float) -> float:
    """The plan's own figure, else the price book's."""
    value = getattr(site, name, None) if isinstance(site, Site) else None
    return default if value is None else float(value)


def _lives(site: object, book: Book) -> dict[str, float]:
    return {
        IT: _own(site, "it_life_years", book.value("it_life_years")),
        LINKS: book.value("link_life_years"),
        PLANT: book.value("plant_life_years"),
        BUILDING: book.value("building_life_years"),
    }


# --- capital

ACCELERATED = "Accelerator systems"


def _capex(space: Workspace, totals: Totals, book: Book) -> list[CostLine]:
    """One line a class of objects; what has no price is counted, not guessed."""
    compiled = space.compiled
    assert compiled is not None
    parts, tables, bodies = compiled.parts, compiled.tables, compiled.bodies
    prices, classes = system_prices(cast(Hashable, parts.catalogue), book.value("server_factor"))
    count = np.bincount(bodies.system, minlength=len(parts.systems)).astype(np.float64)
    lines = [
        _line(name, IT, count[classes == name], prices[classes == name])
        for name in (ACCELERATED, "Switches", "Storage and support")
        if count[classes == name].any()
    ]
    cables = totals.cables
    if len(tables["links"]):
        each = float(cables.price_usd)
        lines.append(CostLine("Links", LINKS, each, each, each, unknown_count=int(cables.unknown_price)))
    for table, name, kinds, watts in (
        ("power", "Power", [unit.power_kind for unit in parts.power], tables["power"]["rating_w"]),
        ("cooling", "Cooling", [unit.cooling_kind for unit in parts.cooling], compiled.plant.capacity_w),
    ):
        if len(tables[table]):
            spans = np.array([*(book.span(f"capex_usd_per_kw.{kind}") for kind in kinds), (math.nan,) * 3])
            lines.append(_line(name, PLANT, watts / KILO, spans[tables[table]["unit"]]))
    nameplate_kw = float(np.nansum(bodies.max_w)) / KILO
    if len(tables["halls"]) and nameplate_kw > 0.0:
        lines.append(
            _line("Building", BUILDING, np.array([nameplate_kw]), np.array([book.span("building_usd_per_kw")]))
        )
        low, mid, high = (end / KILO for end in sorted(book.span("house_usd_per_kw")))
        rest = works(lines, nameplate_kw * KILO, (mid, low, high))
        lines += [rest] if rest is not None else []
    return lines


def _moved(line: CostLine, share: float) -> CostLine:
    """A line at another point of its price range; lines without one move by the share itself."""
    if not share:
        return line
    end = line.high_usd if share > 0.0 else line.low_usd
    usd = line.usd * (1.0 + share) if end == line.usd else line.usd + abs(share) * (end - line.usd)
    return replace(line, usd=max(0.0, usd))


def _line(name: str, category: str, count: Floats, spans: Floats) -> CostLine:
    """A line from amounts and a price span each; what has an amount but no price is counted apart."""
    cost = count[:, None] * spans
    known = np.isfinite(cost).all(axis=1)
    sums = cost[known].sum(axis=0).tolist()
    lost = int(((count > 0.0) | np.isnan(count))[~known].sum()) if category == PLANT else int(count[~known].sum())
    return CostLine(name, category, sums[0], sums[1], sums[2], unknown_count=lost)


@lru_cache(maxsize=8)
def system_prices(catalogue: Any, server_factor: float) -> tuple[Floats, NDArray[np.str_]]:
    """Price span of every system profile in id order [USD], and the class it is counted in.

    A system without a price of its own costs its accelerators times `server_factor`; NaN when those have none either.
    """
    rows, classes = [], []
    for system in sorted(catalogue.of(System).values(), key=lambda profile: profile.id):
        low, high = system.price_usd_low, system.price_usd_high
        if (low is None or high is None) and system.accelerators:
            ends = [_accelerator_price(catalogue, item.id) for item in system.accelerators]
            counts = [item.count for item in system.accelerators]
            low, high = (
                sum(count * end[side] for count, end in zip(counts, ends, strict=True)) * server_factor
                for side in (0, 1)
            )
        span = (math.nan, math.nan) if low is None or high is None else (float(low), float(high))
        rows.append((0.5 * (span[0] + span[1]), *span))
        switch = system.system_kind in ("switch", "scale_up_switch", "ocs", "network")
        classes.append(ACCELERATED if system.accelerators else "Switches" if switch else "Storage and support")
    return np.array(rows).reshape(-1, 3), np.array(classes)


def _accelerator_price(catalogue: Catalogue, accelerator_id: str) -> tuple[float, float]:
    part = catalogue.find(accelerator_id)
    if not isinstance(part, Accelerator) or part.price_usd_low is None or part.price_usd_high is None:
        return math.nan, math.nan
    return part.price_usd_low, part.price_usd_high


# --- a year


def _annuity(line: CostLine, rate_frac: float, life_years: float) -> CostLine:
    share = float(capital_recovery(rate_frac, life_years))
    return CostLine(line.name, line.category, line.usd * share, line.low_usd * share, line.high_usd * share)


def _swing(space: Workspace) -> float:
    """What IT draws less when nothing is asked of it [W]: systems in pools idle, the others draw what they draw."""
    compiled = space.compiled
    assert compiled is not None
    bodies = compiled.bodies
    pooled = (bodies.pool >= 0) & (bodies.accelerator_count > 0.0)
    return max(0.0, float(np.nansum((space.draw.body_w[: bodies.rack.size] - bodies.idle_w)[pooled])))


def _bill(
    space: Workspace, totals: Totals, book: Book, *, use: float, serving: float, hours: Floats | None, charge: float
) -> tuple[ElectricityBill, float]:
    """The year's bill and its energy [kWh]."""
    assert space.snapshot is not None
    peak_h = book.value("day_peak_h")
    load = load_of(
        facility_w=totals.facility_w, it_w=totals.it_w, swing_w=_swing(space), use=use, ratio=hours,
        shape=pattern_shape(space, serving, peak_h) if math.isfinite(peak_h) else None,
        weekday=first_weekday(space.snapshot.table("site").get("site")),
    )  # fmt: skip
    bill = electricity(
        space, load, grid_w=_grid_w(space, totals), facility_w=totals.facility_w, charge=charge, value=book.value
    )
    return bill, load.kwh


def demand_charges(site: object, book: Book, periods: Sequence[TariffPeriod]) -> Span:
    """Demand charge of all hours with its range [USD/kW/month]: the site's own; none beside periods that charge themselves;
    the price book's beside an energy price or periods of the site's own; none beside a regional price, for that is the
    average of whole bills, demand charges in them.
    """
    own = getattr(site, "demand_usd_per_kw_month", None)
    if own is not None:
        return (own, own, own)
    if any(period.demand_usd_per_kw_month is not None for period in periods):
        return (0.0, 0.0, 0.0)
    if periods or getattr(site, "electricity_usd_per_kwh", None) is not None:
        return book.span("demand_usd_per_kw_month")
    return (0.0, 0.0, 0.0)


def _grid_w(space: Workspace, totals: Totals) -> float:
    """What the grid gives at the load shown [W]; all of it in a plan that draws no sources."""
    assert space.compiled is not None
    sources = space.compiled.sources
    if not sources.row.size:
        return totals.facility_w
    return float(np.nansum(space.flows.out_w[sources.row[sources.utility]]))


def _running(
    space: Workspace, totals: Totals, book: Book, capex: Sequence[CostLine], *, bill: ElectricityBill, charges: Span,
    mean_it_w: float,
) -> list[CostLine]:  # fmt: skip
    """Energy, demand charge, water, staff and maintenance of a year."""
    compiled = space.compiled
    assert compiled is not None
    nameplate_mw = float(np.nansum(compiled.bodies.max_w)) / MEGA
    names = ("staff_fixed_count", "staff_count_per_mw", "staff_count_max_per_mw")
    heads = [  # a small room shares the people of a larger site
        min(fixed + each * nameplate_mw, most * nameplate_mw)
        for fixed, each, most in zip(*map(book.span, names), strict=True)
    ]
    wages = book.span("staff_usd_per_year")
    flat = bill.periods[0].demand_usd if bill.periods else 0.0
    demand = [bill.demand_usd + flat * (end / charges[0] - 1.0) if charges[0] else bill.demand_usd for end in charges]
    litres = totals.water_m3_per_s * H_PER_YEAR * S_PER_H * (mean_it_w / totals.it_w if totals.it_w > 0.0 else 1.0)
    energy = bill.energy_usd
    rows: list[tuple[str, Sequence[float]]] = [
        ("Energy", (energy, energy, energy)),
        ("Demand charge", demand),
        ("Water", [litres * end for end in book.span("water_usd_per_m3")]),
        ("Staff", [count * wage for count, wage in zip(heads, wages, strict=True)]),
    ]
    for name, categories, share in (
        ("Maintenance of IT", (IT, LINKS), "maintenance_it_frac"),
        ("Maintenance of plant", (PLANT, BUILDING), "maintenance_plant_frac"),
    ):
        mine = [line for line in capex if line.category in categories]
        ends = book.span(share)
        cost = [
            math.fsum(getattr(line, field) for line in mine) * end
            for field, end in zip(("usd", "low_usd", "high_usd"), ends, strict=True)
        ]
        rows.append((name, cost))
    return [CostLine(name, "running", cost[0], cost[1], cost[2], running=True) for name, cost in rows]


# --- tokens


def _serving_share(space: Workspace) -> float:
    """Share of the accelerators' rated power that serves; the rest trains. All of it when nothing trains."""
    compiled, snapshot = space.compiled, space.snapshot
    assert compiled is not None
    assert snapshot is not None
    bodies, index = compiled.bodies, compiled.tables["pools"].index
    trained = {index[job.pool] for job in snapshot.table("jobs").values() if job.pool in index}
    if not trained:
        return 1.0
    mine = bodies.accelerator_count > 0.0
    training = mine & np.isin(bodies.pool, sorted(trained))
    watts = np.nan_to_num(bodies.max_w)
    total = float(watts[mine].sum())
    return 1.0 - float(watts[training].sum()) / total if total > 0.0 else 1.0


def _pool_cost(space: Workspace, row: int, serving_usd: float, use: float, throughput: ThroughputResult) -> PoolCost:
    """Cost of a pool's input and output tokens by the time of its devices that each takes."""
    compiled = space.compiled
    assert compiled is not None
    case, found = space.cases[row], throughput.pools[row]
    bodies = compiled.bodies
    watts = np.where(bodies.accelerator_count > 0.0, np.nan_to_num(bodies.max_w), 0.0)
    pooled = float(watts[bodies.pool >= 0].sum())
    share = float(watts[bodies.pool == row].sum()) / pooled if pooled > 0.0 else math.nan
    usd = serving_usd * share
    none = PoolCost(case.pool.id, _known(usd), None, None)
    if case.case is None or case.solution is None or not found.requests_per_s:
        return none
    request, busy = case.case.request, prefill_share(case.case, case.solution.layout, case.solution.batch)
    span_s = H_PER_YEAR * S_PER_H
    into = token_cost(usd * busy, found.requests_per_s * request.input_tokens, use, 1.0, span_s) * MEGA
    out = token_cost(usd * (1.0 - busy), found.requests_per_s * request.output_tokens, use, 1.0, span_s) * MEGA
    return PoolCost(case.pool.id, _known(usd), _known(into) if busy else None, _known(out) if busy < 1.0 else None)


@lru_cache(maxsize=512)
def prefill_share(case: Case, layout: Any, batch: float) -> float:
    """Share of an instance's time that prefill takes: its rate over the rate of an instance that only prefills."""
    phase = case.request.phase
    if phase != 0.0:
        return 1.0 if phase == 1.0 else 0.0
    both = configuration(case.model, case.device, layout, case.tune, case.request, batch)
    alone = configuration(case.model, case.device, layout, case.tune, case.request._replace(phase=1.0), batch)
    return float(min(1.0, both[1] / alone[1]))


def _rack_cost(
    space: Workspace, totals: Totals, book: Book, *, rate: float, life: float, use: float, price: float
) -> Floats:
    """What stands in each rack and the energy it takes [USD/yr]."""
    compiled = space.compiled
    assert compiled is not None
    bodies, racks = compiled.bodies, len(compiled.tables["racks"])
    prices, _ = system_prices(cast(Hashable, compiled.parts.catalogue), book.value("server_factor"))
    held = bodies.rack >= 0
    own = prices[bodies.system, 0][held]
    yearly = own * (float(capital_recovery(rate, life)) + book.value("maintenance_it_frac"))
    capital = np.bincount(bodies.rack[held], yearly, racks).astype(
        np.float64
    )  # a body of unknown price makes its rack unknown
    pooled = held & (bodies.pool >= 0) & (bodies.accelerator_count > 0.0)
    swing = np.nan_to_num(space.draw.body_w[: bodies.rack.size] - bodies.idle_w)[pooled]
    mean_w = space.draw.rack_w - (1.0 - use) * np.bincount(bodies.rack[pooled], np.maximum(swing, 0.0), racks)
    overhead = totals.facility_w / totals.it_w if totals.it_w > 0.0 else 1.0
    kwh = mean_w * overhead * H_PER_YEAR * S_PER_H / J_PER_KWH
    return np.where(np.bincount(bodies.rack[held], minlength=racks) > 0, capital, np.nan) + kwh * price


def _cloud(compiled: Compiled, total_usd: float, accelerators: float) -> tuple[CloudOffer, ...]:
    """What the same accelerators cost to rent, and the use above which owning them is cheaper."""
    codes = compiled.bodies.accelerator[compiled.bodies.accelerator >= 0]
    if not codes.size or not math.isfinite(total_usd) or len(np.unique(codes)) != 1:
        return ()
    part = compiled.parts.accelerators[int(codes[0])].id
    own_hour = total_usd / (accelerators * H_PER_YEAR)
    return tuple(
        CloudOffer(tier, price, own_hour, own_hour / price)
        for kind, tier, price in cloud_prices(cast(Hashable, compiled.parts.catalogue))
        if kind == part
    )


@lru_cache(maxsize=8)
def cloud_prices(catalogue: Any) -> tuple[tuple[str, str, float], ...]:
    """(accelerator id, tier, USD an accelerator hour) of every price in the book."""
    out = []
    for key, record in sorted(catalogue.of(Record).items()):
        if record.topic != "cloud_price":
            continue
        part = key.removeprefix("cloud_price.").split(".")[0].removesuffix("-superchip")
        data: dict[str, Any] = record.data
        ends = [data[name] for name in ("value", "low", "high") if isinstance(data.get(name), int | float)]
        if not ends:
            continue
        price = float(data["value"]) if "value" in data else float(np.mean(ends))
        each = 2.0 if key.endswith("-superchip") else 1.0
        out.append((part, str(data.get("tier", "")), price / each))
    return tuple(out)


def _energy_words(space: Workspace, bill: ElectricityBill) -> list[str]:
    """How energy and demand are counted."""
    assert space.snapshot is not None
    site = space.snapshot.table("site").get("site")
    cooling = "cooling by the weather of each hour" if bill.hourly else "PUE as now"
    load = (
        "the arrival patterns of the classes" if bill.shaped else "a steady load, for no class has an arrival pattern"
    )
    words = [f"Energy: facility power hour by hour over 8,760 hours, {cooling}, {load}."]
    periods = [row.name for row in bill.periods[1:]]
    if periods:
        words.append(
            f"Tariff: {', '.join(periods)}; all other hours at the flat price; a year that begins on a {bill.first_day}, in "
            "standard time, without holidays; where two periods price one hour the dearer holds."
        )
    charged = any(row.demand_usd_per_kw_month is not None for row in bill.periods)
    if charged:
        peak = "the highest hour" if bill.shaped else "the highest hour at the output shown"
        words.append(f"Demand charge: on {peak} of each month within its period, hourly means.")
    elif not periods and getattr(site, "electricity_usd_per_kwh", None) is None:
        words.append("The price of energy is an average of whole bills, demand charges in it.")
    return words


def _conventions(
    space: Workspace, totals: Totals, capex: Sequence[CostLine], *, use: float, rate: float, unknown: int, book: Book,
    bill: ElectricityBill,
) -> tuple[str, ...]:  # fmt: skip
    notes = [
        f"Money: USD of 2026, real, {100 * rate:g} % a year, 8,760 hours a year, all costs on output tokens.",
        f"Use: {100 * use:g} % of the output shown, over the year; idle accelerators draw their idle power.",
        *_energy_words(space, bill),
        "Carbon: grid electricity by location and accelerators made over their life; buildings, plant and fuel are left out.",
    ]
    if space.climate.price_assumed:
        notes.append("Electricity price: planning value, the plan gives no region or price.")
    if space.mix[1] is not None:
        notes.append("Carbon of energy: that of the plan's own sources at the present load.")
    elif space.climate.carbon_assumed:
        notes.append("Grid carbon: planning value, the plan gives no region or figure.")
    notes += [f"{line.name}: without {line.unknown_count} of unknown price." for line in capex if line.unknown_count]
    if unknown:
        notes.append("No cost per token: the price of some accelerators is unknown.")
    if capex and not math.isfinite(book.value("rate_frac")):
        notes.append("The catalogue has no price book.")
    return tuple(notes)
