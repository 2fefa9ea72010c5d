"""A free place in an object's own row: where one more like it would stand."""

from __future__ import annotations

from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.model.document import Snapshot

USUAL_WIDTH_MM, USUAL_DEPTH_MM = 600.0, 1200.0
"""Where a profile does not say."""
STANDING = ("racks", "cooling", "power")


def footprint_mm(record: Any, catalog: Catalog) -> tuple[float, float]:
    """Extent along x and y of a placed object, turned as it stands."""
    part: Any = catalog.find(record.profile)
    width = float(getattr(part, "width_mm", None) or USUAL_WIDTH_MM)
    depth = float(getattr(part, "depth_mm", None) or USUAL_DEPTH_MM)
    return (depth, width) if round(record.rotation_deg / 90.0) % 2 else (width, depth)


def free_place_mm(snapshot: Snapshot, catalog: Catalog, record: Any) -> tuple[int, int] | None:
    """Centre of the nearest place beside something that stands in the record's row (or column, where it is turned), clear of
    everything else and inside the hall's box; None when there is none. Rooms that are no box are left to the checks.
    """
    hall: Any = snapshot.table("halls").get(record.hall)
    if hall is None:
        return None
    wide, deep = footprint_mm(record, catalog)
    turned = round(record.rotation_deg / 90.0) % 2 == 1
    others = [
        (other.x_mm, other.y_mm, *footprint_mm(other, catalog))
        for name in STANDING
        for other in snapshot.table(name).values()
        if other.hall == record.hall
    ]

    def clear(x: float, y: float) -> bool:
        if not (wide / 2 <= x <= hall.width_mm - wide / 2 and deep / 2 <= y <= hall.depth_mm - deep / 2):
            return False
        return all(abs(x - ox) >= (wide + ow) / 2 or abs(y - oy) >= (deep + od) / 2 for ox, oy, ow, od in others)

    found = []
    for ox, oy, ow, od in others:
        for side in (1, -1):
            if turned and abs(ox - record.x_mm) < (wide + ow) / 2:
                found.append((float(record.x_mm), oy + side * (deep + od) / 2))
            elif not turned and abs(oy - record.y_mm) < (deep + od) / 2:
                found.append((ox + side * (wide + ow) / 2, float(record.y_mm)))
    found.sort(key=lambda at: (abs(at[0] - record.x_mm) + abs(at[1] - record.y_mm), at))
    return next(((round(x), round(y)) for x, y in found if clear(round(x), round(y))), None)
