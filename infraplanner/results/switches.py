"""What is otherwise than in an earlier result: layouts of pools once the input rests, and who takes over in a what-if."""

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


def load_moved(before: ResultSnapshot, after: ResultSnapshot) -> tuple[str, float, float] | None:
    """The power node whose share of its rating has grown most, with both shares; None when none has grown."""
    old = dict(zip(before.power.node_ids, before.power.node_load_frac, strict=True))
    grown = [
        (float(share - old[key]), key, float(share))
        for key, share in zip(after.power.node_ids, after.power.node_load_frac, strict=True)
        if key in old and share - old[key] > 0.0
    ]
    if not grown:
        return None
    most, key, share = max(grown)
    return key, share - most, share
