"""What could be changed in the cooling: colder coolant, a larger unit where the fullest stands, one more beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import CoolingUnit
from infraplanner.edit import Command, PutRecords, SetFields
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import TABLES, Cooling, Record
from infraplanner.model.ids import next_free_id
from infraplanner.results.snapshot import ResultSnapshot

from .free_place import free_place_mm

COOLER_K = 2.0
ALIKE_FRAC = 1e-3
"""Units whose load differs by less are equally full: all of them change together."""


def cooling_offers(snapshot: Snapshot, catalog: Catalog, result: ResultSnapshot) -> Iterator[tuple[str, Command]]:
    """Words and command of every change worth trying."""
    yield from _colder(snapshot)
    units = snapshot.table("cooling")
    load = {
        key: float(share)
        for key, share in zip(result.thermal.unit_ids, result.thermal.unit_load_frac, strict=True)
        if math.isfinite(share) and key in units
    }
    if not load or max(load.values()) <= 0.0:
        return
    top = max(load.values())
    full = [units[key] for key in sorted(load) if load[key] >= (1.0 - ALIKE_FRAC) * top]
    alike = [unit for unit in full if isinstance(unit, Cooling) and unit.profile == full[0].profile]
    part = catalog.find(alike[0].profile) if alike else None
    if not isinstance(part, CoolingUnit):
        return
    larger = _larger(catalog, part)
    if larger is not None:
        change = SetFields("cooling", [unit.id for unit in alike], {"profile": larger.id})
        yield f"{_names(alike)} as {larger.name}", change
    more = _one_more(snapshot, catalog, alike[-1])
    if more is not None:
        yield f"+1 {part.name}", more


def _names(units: list[Cooling]) -> str:
    return units[0].id if len(units) == 1 else f"{units[0].id} and {len(units) - 1} like it"


def _colder(snapshot: Snapshot) -> Iterator[tuple[str, Command]]:
    """Colder supply in the loops of the racks."""
    used = {rack.loop for rack in snapshot.table("racks").values() if rack.loop}
    records: list[tuple[str, Record]] = []
    for key in sorted(used):
        loop = snapshot.table("loops").get(key)
        if loop is not None and loop.supply_c is not None:
            records.append(("loops", msgspec.structs.replace(loop, supply_c=loop.supply_c - COOLER_K)))
    if records:
        yield f"Coolant {COOLER_K:g} K colder", PutRecords("Colder coolant", records)


def _larger(catalog: Catalog, part: CoolingUnit) -> CoolingUnit | None:
    """The next larger unit of the same kind that fits where this one stands."""
    if part.capacity_kw is None or part.width_mm is None or part.depth_mm is None:
        return None
    fits = [
        other
        for other in catalog.of(CoolingUnit).values()
        if other.cooling_kind == part.cooling_kind
        and (other.capacity_kw or 0.0) > part.capacity_kw
        and other.width_mm is not None
        and other.depth_mm is not None
        and other.width_mm <= part.width_mm
        and other.depth_mm <= part.depth_mm
    ]
    return min(fits, key=lambda other: (other.capacity_kw or 0.0, other.id)) if fits else None


def _one_more(snapshot: Snapshot, catalog: Catalog, unit: Cooling) -> Command | None:
    """The same unit once more beside its row, on the same loops and feeds; None when nothing is free."""
    place = free_place_mm(snapshot, catalog, unit)
    if place is None:
        return None
    taken: dict[str, object] = {key: name for name in TABLES for key in snapshot.table(name)}
    new = msgspec.structs.replace(unit, id=next_free_id(unit.id, taken), x_mm=place[0], y_mm=place[1])
    taken[new.id] = "cooling"
    records: list[tuple[str, Record]] = [("cooling", new)]
    for _, feed in sorted(snapshot.table("feeds").items()):
        if feed.target == unit.id:
            key = next_free_id(feed.id, taken)
            taken[key] = "feeds"
            records.append(("feeds", msgspec.structs.replace(feed, id=key, target=new.id)))
    return PutRecords(f"One more {unit.id}", records)
