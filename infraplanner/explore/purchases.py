"""What a change of a plan buys, object by object: capital of what came new or changed, and how long it takes to arrive.

A thing of another profile is paid in full and what it replaces brings nothing back; the same thing made larger pays the
difference. The house grows with the rated IT power by its published price; what plant and shell of the change leave of that
growth are building works. Reference: economics model A2.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Constant, CoolingUnit, PowerUnit, System
from infraplanner.model.document import Snapshot
from infraplanner.results.economics import WORKS
from infraplanner.results.growth import Purchase
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.units import KILO

if TYPE_CHECKING:
    from infraplanner.engine.economics import Book

IT, POWER, COOLING, FABRIC, BUILDING = "IT", "power", "cooling", "fabric", "building works"
CATEGORIES = (IT, POWER, COOLING, FABRIC, BUILDING)
LEAD = "lead.weeks."
OTHER = "other"
FABRIC_KINDS = ("switch", "scale_up_switch", "ocs", "network")
SHELL = "Building"
BUILDING_LEAD = "building"


@dataclass(frozen=True, slots=True)
class Thing:
    """One record that costs something: what it is, its size, its price [USD, NaN: unknown], and the kind that leads."""

    category: str
    what: str
    usd: float
    kind: str


def things(snapshot: Snapshot, catalog: Catalog, result: ResultSnapshot) -> dict[str, Thing]:
    """Every record of a plan that has a price, by id."""
    from infraplanner.engine.economics import Book  # noqa: PLC0415 - loads Numba, only when something is bought

    known = catalog.with_embedded(snapshot.table("profiles"))
    book = Book(known)
    return dict([*_machines(snapshot, known, book), *_plant(snapshot, known, book, result), *_links(result)])


def _machines(snapshot: Snapshot, known: Catalog, book: Book) -> Iterator[tuple[str, Thing]]:
    from infraplanner.engine.economics import system_prices  # noqa: PLC0415 - as above

    prices, _ = system_prices(cast(Hashable, known), book.value("server_factor"))
    systems = sorted(known.of(System).values(), key=lambda profile: profile.id)
    price_of = {part.id: float(price) for part, price in zip(systems, prices[:, 0], strict=True)}
    for table in ("racks", "devices"):
        for key, record in snapshot.table(table).items():
            part = known.find(record.profile)
            if isinstance(part, System):
                switch = part.system_kind in FABRIC_KINDS
                kind = "accelerators" if part.accelerators else "switches" if switch else "servers"
                yield key, Thing(FABRIC if switch else IT, part.name, price_of[part.id], kind)


def _plant(
    snapshot: Snapshot, known: Catalog, book: Book, result: ResultSnapshot
) -> Iterator[tuple[str, Thing]]:  # fmt: skip
    power, thermal = result.power, result.thermal
    watts: dict[str, tuple[str, float]] = {
        **{key: (POWER, w) for key, w in zip(power.node_ids, power.node_rating_w.tolist(), strict=True)},
        **{key: (COOLING, w) for key, w in zip(thermal.unit_ids, thermal.unit_capacity_w.tolist(), strict=True)},
    }
    for table in ("power", "cooling"):
        for key, record in snapshot.table(table).items():
            part = known.find(record.profile)
            if key in watts and isinstance(part, PowerUnit | CoolingUnit):
                kind = part.power_kind if isinstance(part, PowerUnit) else part.cooling_kind
                category, rated = watts[key]
                yield key, Thing(category, part.name, book.value(f"capex_usd_per_kw.{kind}") * rated / KILO, kind)


def _links(result: ResultSnapshot) -> Iterator[tuple[str, Thing]]:
    fabric = result.fabric
    for row, key in enumerate(fabric.link_ids):
        yield key, Thing(FABRIC, f"{fabric.medium[row]} cables", float(fabric.price_usd[row]), "links")


def purchases(
    before: dict[str, Thing] | None, after: dict[str, Thing], house: tuple[float, float, float], catalog: Catalog
) -> tuple[Purchase, ...]:
    """What came new between two states, grouped by what it is, the dearest first; with no state before everything.

    `house` is what plant, shell and works cost before and after, and the shell's growth, as the plan's capital has them.
    """
    found: dict[tuple[str, str, str], list[float]] = {}
    for key, thing in sorted(after.items()):
        old = before.get(key) if before is not None else None
        paid = thing.usd if old is None or old.what != thing.what else max(0.0, thing.usd - old.usd)
        if old is None or old.what != thing.what or paid > 0.0 or math.isnan(paid):
            found.setdefault((thing.category, thing.what, thing.kind), []).append(paid)
    plant = math.fsum(
        cost for (category, _, _), costs in found.items() if category in (POWER, COOLING) for cost in costs
        if math.isfinite(cost)
    )  # fmt: skip
    shell = max(0.0, house[2])
    works = max(0.0, house[1] - house[0] - plant - shell)
    if shell > 0.0:
        found[BUILDING, SHELL, BUILDING_LEAD] = [shell]
    if works > 0.0:
        found[BUILDING, WORKS, BUILDING_LEAD] = [works]
    rows = [
        Purchase(
            category, what, len(costs), math.fsum(cost for cost in costs if math.isfinite(cost)),
            sum(1 for cost in costs if not math.isfinite(cost)), lead_weeks(catalog, kind),
        )
        for (category, what, kind), costs in found.items()
    ]  # fmt: skip
    return tuple(
        sorted((row for row in rows if row.usd > 0.0 or row.unknown_count), key=lambda row: (-row.usd, row.what))
    )


def house_of(result: ResultSnapshot) -> tuple[float, float]:
    """What plant, shell and works of a plan cost together, and its shell alone [USD]."""
    lines = result.economics.capex_lines
    whole = math.fsum(line.usd for line in lines if line.category in ("plant", "building"))
    return whole, math.fsum(line.usd for line in lines if line.name == SHELL)


def bought(
    earlier: tuple[Snapshot, ResultSnapshot] | None, later: tuple[Snapshot, ResultSnapshot], catalog: Catalog
) -> tuple[Purchase, ...]:
    """What was bought between two solved states of a plan; everything where there is none before."""
    before = things(earlier[0], catalog, earlier[1]) if earlier is not None else None
    had = house_of(earlier[1]) if earlier is not None else (0.0, 0.0)
    has = house_of(later[1])
    return purchases(before, things(later[0], catalog, later[1]), (had[0], has[0], has[1] - had[1]), catalog)


def lead_weeks(catalog: Catalog, kind: str) -> float | None:
    """Weeks from order to delivery of a kind of part, by the price book; that of other parts where it names none."""
    for name in (kind, OTHER):
        found: Any = catalog.find(f"{LEAD}{name}")
        if isinstance(found, Constant):
            return found.value
    return None


def longest(rows: tuple[Purchase, ...]) -> Purchase | None:
    """What takes longest to arrive."""
    known = [row for row in rows if row.lead_weeks is not None]
    return max(known, key=lambda row: (row.lead_weeks or 0.0, row.usd, row.what), default=None)
