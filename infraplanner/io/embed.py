"""Which profiles a plan uses, and the copies that it carries of them."""

from __future__ import annotations

from infraplanner.catalog import Catalog
from infraplanner.catalog.catalog import KIND_OF_CLASS, decode_embedded, profile_data
from infraplanner.catalog.types import Constant, System
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import PROFILE_FIELDS, EmbeddedProfile


def used_profiles(document: Snapshot) -> set[str]:
    """Ids of the profiles that records and scenarios of the document name."""
    used: set[str] = set()
    for table, fields in PROFILE_FIELDS.items():
        for name in fields:
            used.update(getattr(record, name) for record in document.table(table).values())
    tables = {key: table for table in PROFILE_FIELDS for key in document.table(table)}
    for scenario in document.table("scenarios").values():
        for patch in scenario.patches:
            if patch.adds:
                fields = PROFILE_FIELDS.get(str(patch.value.get("table", "")), {})
                used |= {str(patch.value[field]) for field in fields if patch.value.get(field)}
            if patch.field in PROFILE_FIELDS.get(tables.get(patch.target, ""), {}) and isinstance(patch.value, str):
                used.add(patch.value)
    used.update(link.medium for link in document.table("links").values())
    used.update(site.region for site in document.table("site").values())
    return used - {"", "auto"}


def embedded_profiles(document: Snapshot, catalog: Catalog) -> list[EmbeddedProfile]:
    """The copies to write: the plan's own where it has them, the catalogue's for the rest, and what those contain.

    A copy that nothing uses any more is dropped, unless the catalogue could not give it back: neither a profile that it does
    not have, nor a constant with another value, such as a price of the plan's own.
    """
    own: dict[str, EmbeddedProfile] = dict(document.table("profiles"))
    known = catalog.with_embedded(own)
    out: dict[str, EmbeddedProfile] = {}
    waiting = sorted(used_profiles(document))
    while waiting:
        profile = known.find(waiting.pop())
        if profile is None or profile.id in out:
            continue
        out[profile.id] = EmbeddedProfile(
            id=profile.id,
            kind=KIND_OF_CLASS[type(profile)],
            data=profile_data(profile),
            unknown=_unknown(own, profile.id),
        )
        if isinstance(profile, System):
            waiting += [part.id for part in profile.accelerators]
            if profile.scale_up is not None:
                waiting += [part for part in (profile.scale_up.medium, profile.scale_up.switch) if part]
    for key, record in own.items():
        if key not in out and (catalog.find(key) is None or not _readable(record) or _own_value(known, catalog, key)):
            out[key] = record
    return list(out.values())


def _unknown(own: dict[str, EmbeddedProfile], key: str) -> tuple[tuple[str, object], ...]:
    return own[key].unknown if key in own else ()


def _own_value(known: Catalog, catalog: Catalog, key: str) -> bool:
    own, shipped = known.find(key), catalog.find(key)
    return isinstance(own, Constant) and own != shipped


def _readable(record: EmbeddedProfile) -> bool:
    try:
        decode_embedded(record.id, record.kind, record.data)
    except ValueError:
        return False
    return True
