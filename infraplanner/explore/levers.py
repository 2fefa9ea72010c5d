"""What one more unit buys: changes that the catalogue offers, each evaluated with all models, ranked by tokens gained."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, System
from infraplanner.edit import Command, EditError, PutRecords, SetFields, UndoStack
from infraplanner.engine.evaluate import evaluate
from infraplanner.model.document import Document, Snapshot
from infraplanner.model.entities import TABLES, Pool, Rack
from infraplanner.model.ids import next_free_id
from infraplanner.results.economics import capital_added_usd
from infraplanner.results.snapshot import ResultSnapshot

from .cooling_offers import cooling_offers
from .free_place import free_place_mm
from .purchases import Thing, longest, purchases, things
from .shadow_offers import shadow_offers

NARROWER = {"bf16": "fp8", "fp8": "fp4"}
RATE_OF = {"fp8": "fp8_tflops", "fp4": "fp4_tflops"}
MORE_KW = 100.0
MORE_CAP = 0.1
ALIKE_FRAC = 1e-3
"""Nodes that are as full as the fullest to within this change together."""
SIGNIFICANT_FRAC = 1e-4
"""Smaller changes of tokens/s count as none: they are below the coupling's own tolerance in sum."""
NO_HOUSE = (0.0, 0.0, 0.0)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Offer:
    """A change that could be made: which wall it works on, in words, and the command that makes it."""

    wall: str
    text: str
    command: Command
    note: str = ""
    for_sale: bool = True
    """False for what only says what a wall is worth: it has no price and is no step of a ladder."""


@dataclass(frozen=True, slots=True)
class Lever:
    """An offer with what it buys: output, share of the plan's output, capital (None: unknown), and what binds then."""

    offer: Offer
    tokens_gained_per_s: float
    gain_frac: float
    capex_usd: float | None
    binding_wall: str | None
    lead_weeks: float | None = None
    """From order to delivery of what takes longest; 0 where nothing is bought, None where that is unknown."""


def offers(snapshot: Snapshot, catalog: Catalog, result: ResultSnapshot) -> list[Offer]:
    """All changes worth trying on a plan; deterministic order."""
    found: list[Offer] = []
    for pool_id, pool in sorted(snapshot.table("pools").items()):
        found += _pool_offers(snapshot, catalog, pool_id, pool)
    found += _copper_offers(snapshot, result)
    found += [Offer("thermal", text, command) for text, command in cooling_offers(snapshot, catalog, result)]
    found += _power_offers(snapshot, result)
    found += [
        Offer(shadow.wall, shadow.text, shadow.command, shadow.note, for_sale=False)
        for shadow in shadow_offers(snapshot, catalog, result)
    ]
    return found


def rank_levers(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    progress: Progress = lambda _done, _total: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Lever] | None:
    """What each offer buys, the best first; offers that change nothing come last. None when `stop` said so."""
    base = evaluate(snapshot, catalog)
    if not output(base):
        return []
    todo = offers(snapshot, catalog, base)
    had = things(snapshot, catalog, base)
    levers: list[Lever] = []
    for step, offer in enumerate(todo):
        if stop():
            return None
        changed = applied(snapshot, offer.command)
        if changed is not None:
            after = evaluate(changed, catalog)
            levers.append(_weigh(offer, base, after, _lead(offer, had, (changed, after), catalog)))
        progress(step + 1, len(todo))
    return sorted(levers, key=lambda lever: (-lever.tokens_gained_per_s, lever.offer.text))


def output(result: ResultSnapshot) -> float:
    """Tokens/s that a plan serves; where it serves none, those that it trains on."""
    summary = result.summary
    return summary.tokens_per_s or summary.training_tokens_per_s or 0.0


def applied(snapshot: Snapshot, command: Command) -> Snapshot | None:
    """The plan after a command, the plan itself untouched; None when the command refuses."""
    document = Document({name: dict(snapshot.table(name)) for name in TABLES}, dict(snapshot.header))
    try:
        UndoStack(document).execute(command)
    except EditError:
        return None
    return document.snapshot()


def _lead(
    offer: Offer, had: dict[str, Thing], later: tuple[Snapshot, ResultSnapshot], catalog: Catalog
) -> float | None:  # fmt: skip
    """Weeks until everything that a change brings is there, the house not counted: one unit more is no new house."""
    if not offer.for_sale:
        return None
    slow = longest(purchases(had, things(later[0], catalog, later[1]), NO_HOUSE, catalog))
    return 0.0 if slow is None else slow.lead_weeks


def _weigh(offer: Offer, base: ResultSnapshot, after: ResultSnapshot, lead: float | None = None) -> Lever:
    before = output(base)
    gained = output(after) - before
    if abs(gained) < SIGNIFICANT_FRAC * before:
        gained = 0.0
    price = capital_added_usd(base.economics, after.economics) if offer.for_sale else None
    return Lever(offer, gained, gained / before, price, after.summary.binding_wall, lead)


# --- offers


def _pool_offers(snapshot: Snapshot, catalog: Catalog, pool_id: str, pool: Pool) -> Iterator[Offer]:
    """Another layout, narrower numbers, one more rack of the same, and the next generation in the same places."""
    racks = [rack for _, rack in sorted(snapshot.table("racks").items()) if rack.pool == pool_id]
    systems = {rack.profile: catalog.find(rack.profile) for rack in racks}
    servers = _servers(snapshot, pool_id, {rack.id for rack in racks})
    parts = [_accelerator(catalog, system) for system in (*systems.values(), *map(catalog.find, servers))]
    part = next((found for found in parts if found is not None), None)
    if pool.tp or pool.dp or pool.ep:
        free = SetFields("pools", [pool_id], {"tp": 0, "ep": 0, "dp": 0})
        yield Offer("copper", f"Layout of {pool_id} left to the engine", free)
    yield from _narrower(pool_id, pool, part)
    for profile, system in systems.items():
        if isinstance(system, System) and system.accelerators:
            mine = [rack for rack in racks if rack.profile == profile]
            command = _one_more(snapshot, catalog, mine[-1])
            if command is not None:
                yield Offer("memory", f"+1 {_short(system)} in {pool_id}", command)
            for better in _successors(catalog, system, part):
                change = SetFields("racks", [rack.id for rack in mine], {"profile": better.id})
                yield Offer("memory", f"{pool_id} on {_short(better)}", change)
    for profile, ids in servers.items():
        server = catalog.find(profile)
        if isinstance(server, System) and server.accelerators:
            for better in _successors(catalog, server, part):
                if better.rack_units is not None and better.rack_units <= (server.rack_units or 0.0):
                    change = SetFields("devices", ids, {"profile": better.id})
                    yield Offer("memory", f"{pool_id} on {_short(better)}", change)


def _servers(snapshot: Snapshot, pool_id: str, racks: set[str]) -> dict[str, list[str]]:
    """Devices of a pool by profile: its own, and those without a pool in its racks."""
    found: dict[str, list[str]] = {}
    for _, device in sorted(snapshot.table("devices").items()):
        if device.pool == pool_id or (not device.pool and device.rack in racks):
            found.setdefault(device.profile, []).append(device.id)
    return found


def _narrower(pool_id: str, pool: Pool, part: Accelerator | None) -> Iterator[Offer]:
    for field, words in (("kv", "KV cache"), ("weights", "Weights")):
        narrow = NARROWER.get(getattr(pool, field), "")
        known = field == "kv" or (part is not None and getattr(part, RATE_OF.get(narrow, ""), None) is not None)
        if narrow and known and (field == "weights" or narrow == "fp8"):
            change = SetFields("pools", [pool_id], {field: narrow})
            yield Offer("memory", f"{words} of {pool_id} in {narrow.upper()}", change, "check quality")


def _accelerator(catalog: Catalog, system: object) -> Accelerator | None:
    if not isinstance(system, System) or not system.accelerators:
        return None
    found = catalog.find(system.accelerators[0].id)
    return found if isinstance(found, Accelerator) else None


def _short(system: System) -> str:
    return system.name.split(" (")[0]


def _successors(catalog: Catalog, system: System, part: Accelerator | None) -> Iterator[System]:
    """Racks of the same kind and footprint whose accelerators have more bandwidth, all rates known."""
    if part is None or part.memory_bw_tb_per_s is None:
        return
    for _, other in sorted(catalog.of(System).items()):
        newer = _accelerator(catalog, other)
        if (
            other.id == system.id
            or other.system_kind != system.system_kind
            or newer is None
            or other.power_max_w is None
        ):
            continue
        if (other.width_mm, other.depth_mm) != (system.width_mm, system.depth_mm) or other.vendor != system.vendor:
            continue
        rates = (newer.bf16_tflops, newer.memory_gb, newer.memory_bw_tb_per_s, newer.scale_up_gb_per_s)
        if None in rates or newer.status.startswith("announced"):
            continue
        if (newer.memory_bw_tb_per_s or 0.0, newer.memory_gb or 0.0) > (part.memory_bw_tb_per_s, part.memory_gb or 0.0):
            yield other


def _one_more(snapshot: Snapshot, catalog: Catalog, rack: Rack) -> PutRecords | None:
    """The same rack once more at a free place of its row, with feeds, cables and coolant like its model; None when the
    row is full.
    """
    place = free_place_mm(snapshot, catalog, rack)
    if place is None:
        return None
    taken: Any = {key: name for name in TABLES for key in snapshot.table(name)}
    new = msgspec.structs.replace(rack, id=next_free_id(rack.id, taken), x_mm=place[0], y_mm=place[1])
    records: list[tuple[str, Any]] = [("racks", new)]
    taken[new.id] = "racks"
    for table, ends in (("feeds", ("target",)), ("links", ("a", "b"))):
        for _, record in sorted(snapshot.table(table).items()):
            mine = [end for end in ends if getattr(record, end) == rack.id]
            if mine:
                key = next_free_id(record.id, taken)
                taken[key] = table
                records.append((table, msgspec.structs.replace(record, id=key, **dict.fromkeys(mine, new.id))))
    return PutRecords(f"One more {rack.id}", records)


def _copper_offers(snapshot: Snapshot, result: ResultSnapshot) -> Iterator[Offer]:
    """Twice the cables of the busiest bundles."""
    load = result.fabric.load_frac
    if not len(load) or not float(load.max(initial=0.0)) > 0.0:
        return
    top = float(load.max())
    busy = [key for key, share in zip(result.fabric.link_ids, load, strict=True) if share >= 0.999 * top]
    links = snapshot.table("links")
    records = [("links", msgspec.structs.replace(links[key], count=2 * links[key].count)) for key in busy]
    name = busy[0] if len(busy) == 1 else f"{busy[0]} and {len(busy) - 1} like it"
    yield Offer("copper", f"Twice the cables of {name}", PutRecords("Twice the busiest cables", records))


def _power_offers(snapshot: Snapshot, result: ResultSnapshot) -> Iterator[Offer]:
    """Room at the most loaded node, and looser caps of nodes and racks."""
    tight = [
        (float(out) / float(cap), key, float(cap) / 1e3)
        for key, out, cap in zip(result.power.node_ids, result.power.node_out_w, result.power.node_cap_w, strict=True)
        if math.isfinite(cap) and out > 0.0
    ]
    if tight:
        share, key, cap_kw = max(tight)
        more_kw = float(f"{min(MORE_KW, MORE_CAP * cap_kw):.2g}")
        alike = [each for full, each, own_kw in tight if own_kw == cap_kw and full >= share * (1.0 - ALIKE_FRAC)]
        change = SetFields("power", alike, {"power_cap_kw": cap_kw + more_kw})
        names = key if len(alike) == 1 else f"{alike[0]} and {len(alike) - 1} like it"
        yield Offer("power", f"+{more_kw:g} kW under the cap of {names}", change)
    load = result.power.node_load_frac
    known = [(share, key) for key, share in zip(result.power.node_ids, load, strict=True) if math.isfinite(share)]
    if known:
        _, key = max(known)
        rating_kw = float(result.power.node_rating_w[result.power.node_ids.index(key)]) / 1e3
        change = SetFields("power", [key], {"rating_kw": rating_kw + MORE_KW})
        yield Offer("power", f"+{MORE_KW:g} kW at {key}", change)
    capped = [rack for _, rack in sorted(snapshot.table("racks").items()) if rack.power_cap_frac is not None]
    if capped:
        records = [
            ("racks", msgspec.structs.replace(rack, power_cap_frac=min(1.0, rack.power_cap_frac + MORE_CAP)))
            for rack in capped
        ]
        yield Offer("power", f"Power caps +{100 * MORE_CAP:g} %", PutRecords("Looser power caps", records))
