"""Parts of a plan that people ask about by name: the site, each hall, row and pool, each rack."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .document import Snapshot

Kind = Literal["site", "hall", "row", "pool", "rack"]


class Part(NamedTuple):
    """A part and the racks that it consists of, in id order."""

    kind: Kind
    id: str
    racks: tuple[str, ...]


def parts(snapshot: Snapshot) -> list[Part]:
    """The site, then halls, rows, pools and racks by name; parts without racks are left out.

    A row is called by its name, or by hall and name (`hall-1/A`) where the plan has several halls.
    """
    racks = dict(sorted(snapshot.table("racks").items()))
    halls: dict[str, list[str]] = {}
    rows: dict[str, list[str]] = {}
    pools: dict[str, dict[str, None]] = {}
    several = len(snapshot.table("halls")) > 1
    for key, rack in racks.items():
        halls.setdefault(rack.hall, []).append(key)
        if rack.row:
            rows.setdefault(f"{rack.hall}/{rack.row}" if several else rack.row, []).append(key)
        if rack.pool:
            pools.setdefault(rack.pool, {})[key] = None
    for _, device in sorted(snapshot.table("devices").items()):
        if device.pool and device.rack in racks:
            pools.setdefault(device.pool, {})[device.rack] = None
    found = [Part("site", "site", tuple(racks))] if racks else []
    found += [Part("hall", key, tuple(keys)) for key, keys in sorted(halls.items())]
    found += [Part("row", key, tuple(keys)) for key, keys in sorted(rows.items())]
    found += [Part("pool", key, tuple(sorted(keys))) for key, keys in sorted(pools.items())]
    return found + [Part("rack", key, (key,)) for key in racks]
