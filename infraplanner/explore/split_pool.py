"""Which racks or devices of a pool should prefill, so that neither side waits."""

from __future__ import annotations

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import System
from infraplanner.edit.pools import SplitPool
from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import PoolResult


def members(snapshot: Snapshot, catalog: Catalog, pool: str) -> list[tuple[str, int]]:
    """Racks and devices with accelerators in a pool, and how many each has, by id. A device follows its rack unless it
    names a pool itself.
    """
    found: list[tuple[str, int]] = []
    racks = snapshot.table("racks")
    for key, rack in racks.items():
        count = _accelerators(catalog, rack.profile)
        if rack.pool == pool and count:
            found.append((key, count))
    for key, device in snapshot.table("devices").items():
        count = _accelerators(catalog, device.profile)
        own = device.pool or getattr(racks.get(device.rack), "pool", "")
        if own == pool and count:
            found.append((key, count))
    return sorted(found)


def _accelerators(catalog: Catalog, profile: str) -> int:
    part = catalog.find(profile)
    return sum(inside.count for inside in part.accelerators) if isinstance(part, System) else 0


def split_of(snapshot: Snapshot, catalog: Catalog, pool: PoolResult) -> SplitPool | str:
    """The command that splits a pool as its result proposes, in whole racks or devices; or why there is none."""
    if pool.split_prefill_frac is None:
        return f"Pool {pool.id} has no split to propose: it serves one phase, or one of them cannot run alone."
    parts = members(snapshot, catalog, pool.id)
    if len(parts) < 2:
        return f"Pool {pool.id} stands in {len(parts)} rack or device; a split needs 2."
    total = sum(count for _, count in parts)
    wanted, taken, best = pool.split_prefill_frac * total, 0, 1
    nearest = float("inf")
    for number, (_, count) in enumerate(parts[:-1], start=1):
        taken += count
        if abs(taken - wanted) < nearest:
            nearest, best = abs(taken - wanted), number
    return SplitPool(pool.id, [key for key, _ in parts[:best]])
