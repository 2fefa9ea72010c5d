"""Which pools run in another layout than before, said once the input rests."""

from __future__ import annotations

from .snapshot import PoolResult, ResultSnapshot


def layout_switches(before: ResultSnapshot, after: ResultSnapshot) -> list[str]:
    """One line a pool whose chosen layout or format of weights is another than in the earlier result.

    Pools that came, went or are not predicted in one of them say nothing here.
    """
    known = {pool.id: pool for pool in before.throughput.pools if pool.instance_count}
    out = []
    for pool in after.throughput.pools:
        old = known.get(pool.id)
        if old is not None and pool.instance_count and _spell(old) != _spell(pool):
            out.append(f"{pool.id}: {_spell(old)} -> {_spell(pool)}")
    return out


def _spell(pool: PoolResult) -> str:
    return f"tp {pool.tp}, pp {pool.pp}, ep {pool.ep}, dp {pool.dp}, {pool.weights}"
