"""The four walls of a part of the plan: a hall, a row, a rack, a pool's racks or any selection of racks.

How full a wall is, is that of the fullest thing that serves one of the racks. What one per cent more would buy is the slope
of the pools that stand there, each weighted by the tokens that it makes there; racks of one pool count alike, since a pool's
instances run one layout at one pace. What binds follows from the slopes by the rule that holds for the whole plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .slopes import Slopes
from .snapshot import WALLS, ResultSnapshot, WallResult

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SIGNIFICANT = 0.01
"""Slope from which a wall counts as one that binds."""
CAPACITIES = (*WALLS, "compute")
NOTES = {
    "power": "The fullest node that one of these racks hangs on, up to the grid.",
    "memory": "The fullest pool or job that their accelerators belong to.",
    "thermal": "Their inlet air, their chips, and the fullest unit that cools them or stands behind one that does.",
    "copper": "Their fullest link, by load and by reach.",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Walls of some racks, what binds them, and the tokens/s that they make."""

    walls: dict[str, WallResult]
    binding_wall: str | None
    tokens_per_s: float


def scope(result: ResultSnapshot, racks: Sequence[str]) -> Scope | None:
    """The walls of these racks in a settled result; None in one that knows no walls by rack (a drag), or of no known rack.

    Worked: racks of pool a (3 tokens/s, memory slope 0.4) and b (1 token/s, 0.8): 0.75 x 0.4 + 0.25 x 0.8 = 0.5.
    """
    index = {key: row for row, key in enumerate(result.power.rack_ids)}
    rows = np.array([index[key] for key in racks if key in index], dtype=np.int64)
    if not rows.size or not result.rack_walls:
        return None
    used = {wall: _fullest(result, wall, rows) for wall in WALLS}
    slopes, places = result.slopes, result.places
    if slopes is None or places is None or slopes.tokens_per_s.size == 0:
        walls = {wall: WallResult(value, None, where, note=NOTES[wall]) for wall, (value, where) in used.items()}
        return Scope(walls, None, 0.0)
    mine = np.isin(places.rack, rows)
    share = np.bincount(places.pool[mine], places.share_frac[mine], slopes.tokens_per_s.size).astype(np.float64)
    known = weighted(slopes, share)
    full = {wall: value for wall, (value, _) in used.items() if value is not None}
    bound = binding(known, full, met=_met(slopes, share)) if known is not None else None
    later, factor = _next(slopes, share, bound, full)
    walls = {
        wall: WallResult(
            value, None if known is None else known[wall], where, later if wall == bound else None,
            factor if wall == bound else None, NOTES[wall],
        )
        for wall, (value, where) in used.items()
    }  # fmt: skip
    return Scope(walls, bound, _made(slopes, share))


def weighted(slopes: Slopes, share_frac: Floats) -> dict[str, float | None] | None:
    """Slopes of some racks that hold these shares of the pools; None where they make no tokens."""
    made = np.nan_to_num(slopes.tokens_per_s) * share_frac
    if (made[~slopes.trains] > 0.0).any():
        made = np.where(slopes.trains, 0.0, made)
    total = float(made.sum())
    if not total > 0.0:
        return None
    out: dict[str, float | None] = {}
    for row, name in enumerate(CAPACITIES):
        own = slopes.slope[row]
        counted = (made > 0.0) & np.isfinite(own)
        out[name] = float((own[counted] * made[counted]).sum() / total) if counted.any() else None
    return out


def binding(slopes: Mapping[str, float | None], used: Mapping[str, float], *, met: bool) -> str:
    """The wall of highest slope when that is at least 0.01; else `compute`, `demand` or `none`; ties by utilisation."""
    known = {wall: slopes.get(wall) for wall in WALLS}
    strong = {wall: value for wall, value in known.items() if value is not None and value >= SIGNIFICANT}
    if strong:
        return max(strong, key=lambda wall: (round(strong[wall], 9), used.get(wall, 0.0)))
    compute = slopes.get("compute")
    if compute is not None and compute >= SIGNIFICANT:
        return "compute"
    return "demand" if met else "none"


def _made(slopes: Slopes, share: Floats) -> float:
    """Tokens/s that some racks serve; where they serve none, that they train on."""
    made = np.nan_to_num(slopes.tokens_per_s) * share
    return float(made[~slopes.trains].sum()) or float(made.sum())


def _met(slopes: Slopes, share: Floats) -> bool:
    here = (share > 0.0) & (np.nan_to_num(slopes.tokens_per_s) > 0.0)
    return bool(here.any()) and bool(slopes.met[here].all())


def _next(
    slopes: Slopes, share: Floats, bound: str | None, used: Mapping[str, float]
) -> tuple[str | None, float | None]:
    """What binds these racks after their binding wall grew by the smallest factor tried that changes it, and that factor."""
    for factor, grown in slopes.grown.get(bound or "", ()):
        known = weighted(grown, share)
        if known is not None and (after := binding(known, used, met=_met(grown, share))) != bound:
            return after, factor
    return None, None


def _fullest(result: ResultSnapshot, wall: str, rows: Ints) -> tuple[float | None, str | None]:
    """How full a wall is for the fullest of some racks, and the id of what fills it."""
    values = result.rack_walls[wall][rows]
    if not np.isfinite(values).any():
        return None, None
    row = int(rows[int(np.nanargmax(values))])
    value = float(result.rack_walls[wall][row])
    at = int(result.places.row[wall][row]) if result.places is not None and wall in result.places.row else -2
    ids = {
        "power": result.power.node_ids,
        "memory": tuple(pool.id for pool in result.throughput.pools),
        "thermal": result.thermal.unit_ids,
        "copper": result.fabric.link_ids,
    }[wall]
    return value, ids[at] if 0 <= at < len(ids) else result.power.rack_ids[row]
