"""Checks of the catalogue itself: every number accounted for, every reference resolved, every unit plausible."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from infraplanner.text.suggest import stem

from .types import Accelerator, Constant, Frame, LinkMedium, PowerUnit, Profile, Region, RequestShape, System

if TYPE_CHECKING:
    from .catalog import Catalog

_RANGES: dict[str, tuple[float, float]] = {
    "_frac": (0.0, 1.0),
    "_c": (-60.0, 200.0),
    "_mm": (0.1, 100_000.0),
    "_kg": (0.01, 100_000.0),
    "_k": (0.0, 100.0),
    "_count": (1.0, 1e6),
    "_m": (0.01, 100_000.0),
    "_usd": (0.0, 1e9),
}
_PLAIN = frozenset(
    {"id", "name", "aliases", "vendor", "status", "confidence", "sources", "provenance", "alternatives", "note"}
)
_ORDERED: tuple[tuple[type[Profile], tuple[str, ...]], ...] = (
    (System, ("power_idle_w", "power_typical_w", "power_max_w")),
    (System, ("price_usd_low", "price_usd_high")),
    (System, ("inlet_min_c", "inlet_max_c")),
    (System, ("coolant_supply_c", "coolant_supply_max_c")),
    (Accelerator, ("price_usd_low", "price_usd_high")),
    (Accelerator, ("idle_w", "tdp_w")),
    (Frame, ("mass_kg", "static_load_kg")),
    (PowerUnit, ("efficiency_min_frac", "efficiency_max_frac")),
    (PowerUnit, ("capacity_min_kw", "capacity_max_kw")),
    (Region, ("electricity_low_usd_per_kwh", "electricity_high_usd_per_kwh")),
    (RequestShape, ("tpot_limit_s", "ttft_limit_s")),
    (Constant, ("low", "value", "high")),
)


def verify(catalog: Catalog) -> list[str]:
    """What is wrong with a catalogue, one sentence each."""
    out: list[str] = list(catalog.problems)
    owners: dict[str, str] = {}
    for profile in catalog:
        for alias in profile.aliases:
            owner = owners.setdefault(alias.casefold(), profile.id)
            if owner != profile.id:
                out.append(f"Profile {profile.id}: the alias {alias} is also one of {owner}.")
        own = catalog.find(profile.id)
        if own is not profile:
            out.append(f"Profile {profile.id}: the id is not unique.")
    for profile in catalog:
        out += [f"Profile {profile.id}: {text}." for text in _faults(catalog, profile)]
    out += [
        f"Alias {alias} of {owner} is the id of another profile."
        for alias, owner in owners.items()
        if _taken(catalog, alias, owner)
    ]
    return out


def _taken(catalog: Catalog, alias: str, owner: str) -> bool:
    found = catalog.find(alias)
    return found is not None and found.id != owner


def numbers(profile: Profile) -> Iterator[tuple[str, float]]:
    """Every number of a profile with its field; numbers inside lists and mappings go by the field's name."""
    for name in profile.__struct_fields__:
        if name not in _PLAIN:
            yield from _inside(name, getattr(profile, name))


def _inside(name: str, value: object) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield name, value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _inside(name, item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _inside(name, item)
    elif hasattr(value, "__struct_fields__"):
        for part in value.__struct_fields__:
            yield from _inside(name, getattr(value, part))


def _faults(catalog: Catalog, profile: Profile) -> Iterator[str]:
    for name in dict(numbers(profile)):
        known = catalog.provenance(profile, name)
        if not known.sources:
            yield f"field {name} has no source"
    yield from _unresolved(catalog, profile)
    yield from _implausible(profile)
    if isinstance(profile, Constant) and not profile.unit:
        yield "the constant has no unit"


def _unresolved(catalog: Catalog, profile: Profile) -> Iterator[str]:
    fields = set(profile.__struct_fields__)
    named = set(profile.sources)
    for name, known in profile.provenance.items():
        named |= set(known.sources)
        if name.split(".", maxsplit=1)[0] not in fields:
            yield f"provenance names the unknown field {name}"
    for other in profile.alternatives:
        named |= set(other.sources)
        if other.field not in fields:
            yield f"an alternative names the unknown field {other.field}"
        if not other.sources:
            yield f"the alternative of {other.field} has no source"
    for source in sorted(named - catalog.sources.keys()):
        yield f"the source {source} is not listed"
    for part in getattr(profile, "accelerators", ()):
        if part.id not in catalog.of(Accelerator):
            yield f"the accelerator {part.id} is unknown"
    wiring = getattr(profile, "scale_up", None)
    if wiring is not None:
        if wiring.medium not in catalog.of(LinkMedium):
            yield f"the link {wiring.medium} is unknown"
        if wiring.switch and wiring.switch not in catalog.of(System):
            yield f"the switch {wiring.switch} is unknown"
        if min(wiring.links_per_accelerator, wiring.switch_count) < 1:
            yield "a scale-up domain has no links or no switches"


def _implausible(profile: Profile) -> Iterator[str]:
    for name in profile.__struct_fields__:
        value = getattr(profile, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        suffix = name[len(stem(name)) :]
        # The loss of a generator is the fuel's heat and exceeds its output.
        low, high = (0.0, 10.0) if name.startswith("loss_") else _RANGES.get(suffix, (-1e18, 1e18))
        if not low <= value <= high:
            yield f"field {name} is {value}, outside {low:g} to {high:g}"
    for cls, names in _ORDERED:
        if isinstance(profile, cls):
            values = [(name, getattr(profile, name)) for name in names if getattr(profile, name) is not None]
            for (first, a), (second, b) in pairwise(values):
                if a > b:
                    yield f"field {first} ({a:g}) is above {second} ({b:g})"
