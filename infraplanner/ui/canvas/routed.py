"""Cables along their way over the trays: which stretches of tray they lie in, and where they come down to their racks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infraplanner.results.cable_ways import CableWays, TrayGrid
from infraplanner.units import MM_PER_M

from .scene import Bodies, Flags, Floats, Ints

CODES = 32
"""More than there are colours of cables."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Bundles between two bodies: rows of both ends, colour code, and how many cables."""

    a: Ints
    b: Ints
    code: Ints
    count: Floats

    def pick(self, keep: Flags) -> Runs:
        """Some of them."""
        return Runs(self.a[keep], self.b[keep], self.code[keep], self.count[keep])


Lines = tuple[Floats, Floats, Ints]
"""Lines in mm (n, 4), cables and colour code of each."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Stretches of tray that cables lie in: piece, colour code, from and to along it [m], and how many."""

    piece: Ints
    code: Ints
    low_m: Floats
    high_m: Floats
    count: Floats


def lay(bodies: Bodies, runs: Runs, ways: CableWays, row: Ints, shift_mm: Floats) -> tuple[Lines, Runs]:
    """Lines of all runs whose racks meet over the trays, and the runs that are left.

    `row` is each body's rack in `ways` (-1: none), `shift_mm` how far each run's colour lies beside the trays' middle.
    """
    grid, ra, rb = ways.grid, row[runs.a], row[runs.b]
    s, t = np.where(ra < 0, -1, ways.piece[ra]), np.where(rb < 0, -1, ways.piece[rb])
    near = (s >= 0) & (t >= 0)
    if not near.any():
        return (np.empty((0, 4)), np.empty(0), np.empty(0, dtype=np.int64)), runs
    some, rest = runs.pick(near), runs.pick(~near)
    s, t, at_s, at_t, shift_mm = s[near], t[near], ways.along_m[ra[near]], ways.along_m[rb[near]], shift_mm[near]
    total, leave, enter, out, back = _ways(grid, s, t, at_s, at_t)
    met = np.isfinite(total)
    rest = Runs(*(np.concatenate(pair) for pair in zip(_columns(rest), _columns(some.pick(~met)), strict=True)))
    some, shift_mm = some.pick(met), shift_mm[met]
    s, t, leave, enter = (column[met] for column in (s, t, leave, enter))
    at_s, at_t, out, back = (column[met] for column in (at_s, at_t, out, back))
    same = leave < 0
    lines = _stretches(
        grid,
        Passed(*(np.concatenate(parts) for parts in zip(
            (s, some.code, np.minimum(at_s, np.where(same, at_t, out)), np.maximum(at_s, np.where(same, at_t, out)), some.count),
            (t[~same], some.code[~same], np.minimum(at_t, back)[~same], np.maximum(at_t, back)[~same], some.count[~same]),
            _chain(grid, leave[~same], enter[~same], some.code[~same], some.count[~same]),
            strict=True,
        ))),
        dict(zip(some.code.tolist(), shift_mm.tolist(), strict=True)),
    )  # fmt: skip
    ends = Runs(np.concatenate([some.a, some.b]), np.concatenate([s, t]), np.tile(some.code, 2), np.tile(some.count, 2))
    downs = _downs(bodies, grid, ends, np.concatenate([at_s, at_t]), np.tile(shift_mm, 2))
    laid = tuple(np.concatenate(pair) for pair in zip(lines, downs, strict=True))
    return laid, rest  # type: ignore[return-value]


def _columns(runs: Runs) -> tuple[Ints, Ints, Ints, Floats]:
    return runs.a, runs.b, runs.code, runs.count


def _length_m(grid: TrayGrid) -> Floats:
    out: Floats = np.hypot(grid.ends_m[:, 2] - grid.ends_m[:, 0], grid.ends_m[:, 3] - grid.ends_m[:, 1])
    return out


def _ways(grid: TrayGrid, s: Ints, t: Ints, at_s: Floats, at_t: Floats) -> tuple[Floats, Ints, Ints, Floats, Floats]:
    """For runs from piece s to piece t: metres over the trays (infinite: they do not meet), the junctions where the way
    leaves s and enters t (-1 on one piece), and how far along the two pieces these lie.
    """
    length = _length_m(grid)
    best = np.where(s == t, np.abs(at_s - at_t), np.inf)
    leave, enter = np.full(s.size, -1), np.full(s.size, -1)
    out, back = at_s.copy(), at_t.copy()
    for one in (0, 1):
        u, end_s = grid.nodes[s, one], length[s] * one
        for other in (0, 1):
            v, end_t = grid.nodes[t, other], length[t] * other
            both = (u >= 0) & (v >= 0)
            hop = np.full(s.size, np.inf)
            hop[both] = grid.hop_m[u[both] * grid.node_count + v[both]]
            total = np.abs(at_s - end_s) + hop + np.abs(at_t - end_t)
            shorter = total < best
            best = np.where(shorter, total, best)
            leave, enter = np.where(shorter, u, leave), np.where(shorter, v, enter)
            out, back = np.where(shorter, end_s, out), np.where(shorter, end_t, back)
    return best, leave, enter, out, back


def _chain(
    grid: TrayGrid, leave: Ints, enter: Ints, code: Ints, count: Floats
) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Whole pieces between the junctions, as columns of `Passed`; runs between the same two junctions walk together."""
    size = max(1, grid.node_count)
    walks, where = np.unique((leave * size + enter) * CODES + code + 1, return_inverse=True)
    cables = np.bincount(where.ravel(), count, walks.size).astype(np.float64)
    pair, code = np.divmod(walks, CODES)
    code = code - 1
    leave, v = np.divmod(pair, size)
    keys = grid.edge_from * size + grid.edge_to
    pieces: list[Ints] = [np.empty(0, dtype=np.int64)]
    codes: list[Ints] = [np.empty(0, dtype=np.int64)]
    counts: list[Floats] = [np.empty(0)]
    on = np.flatnonzero(v != leave)
    while on.size:
        u = grid.before[leave[on] * size + v[on]]
        piece = grid.edge_piece[np.searchsorted(keys, u * size + v[on])]
        lies = piece >= 0
        pieces.append(piece[lies])
        codes.append(code[on][lies])
        counts.append(cables[on][lies])
        v[on] = u
        on = on[u != leave[on]]
    piece = np.concatenate(pieces)
    return piece, np.concatenate(codes), np.zeros(piece.size), _length_m(grid)[piece], np.concatenate(counts)


def _stretches(grid: TrayGrid, passed: Passed, shift_mm: dict[int, float]) -> Lines:
    """Lines along the pieces, cut where the number of cables changes."""
    key = np.tile(passed.piece * CODES + passed.code + 1, 2)
    at = np.concatenate([passed.low_m, passed.high_m])
    change = np.concatenate([passed.count, -passed.count])
    order = np.lexsort((at, key))
    key, at = key[order], at[order]
    carried = np.cumsum(change[order])[:-1]
    rows = np.flatnonzero((key[1:] == key[:-1]) & (at[1:] > at[:-1]) & (carried > 0.5))
    piece, code = np.divmod(key[rows], CODES)
    ends, length = grid.ends_m[piece], _length_m(grid)[piece]
    beside = np.array([shift_mm[one] for one in (code - 1).tolist()])
    share = (at[rows] / length, at[rows + 1] / length)
    columns = [
        (ends[:, axis] + (ends[:, axis + 2] - ends[:, axis]) * part) * MM_PER_M + beside
        for part in share
        for axis in (0, 1)
    ]
    return np.stack(columns, axis=1), carried[rows], code - 1


def _downs(bodies: Bodies, grid: TrayGrid, ends: Runs, along_m: Floats, shift_mm: Floats) -> Lines:
    """From each body to where it drops in, one line a body and colour; `ends.b` is the piece. Square across the tray first."""
    unique, first, where = np.unique(ends.a * CODES + ends.code + 1, return_index=True, return_inverse=True)
    count = np.bincount(where.ravel(), ends.count, unique.size).astype(np.float64)
    body, piece, code, along, beside = (v[first] for v in (ends.a, ends.b, ends.code, along_m, shift_mm))
    ax, ay, bx, by = grid.ends_m[piece].T
    share = along / np.maximum(np.hypot(bx - ax, by - ay), 1e-9)
    to_x, to_y = (ax + (bx - ax) * share) * MM_PER_M + beside, (ay + (by - ay) * share) * MM_PER_M + beside
    level = np.abs(bx - ax) >= np.abs(by - ay)
    x, y = bodies.x_mm[body] + np.where(level, beside, 0.0), bodies.y_mm[body] + np.where(level, 0.0, beside)
    corner_x, corner_y = np.where(level, x, to_x), np.where(level, to_y, y)
    lines = np.concatenate(
        [np.stack([x, y, corner_x, corner_y], axis=1), np.stack([corner_x, corner_y, to_x, to_y], axis=1)]
    )
    keep = np.abs(lines[:, :2] - lines[:, 2:]).sum(axis=1) > 0.5
    return lines[keep], np.tile(count, 2)[keep], np.tile(code, 2)[keep]
