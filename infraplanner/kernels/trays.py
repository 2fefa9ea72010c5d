"""Cable trays: where a rack's cables drop in, how far it is along the trays to another rack, and what fills them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints


class Segments(NamedTuple):
    """Straight pieces of data trays between junctions, one row each: ends and elevation [m], hall, and the junctions at
    both ends (-1: a dead end). `cell_start`/`cell_row` list the pieces near each cell of a grid; `grid_m` is its lower-left
    corner, the side of a cell [m], and its cells along x and y.
    """

    x0_m: Floats
    y0_m: Floats
    x1_m: Floats
    y1_m: Floats
    z_m: Floats
    hall: Ints
    node0: Ints
    node1: Ints
    cell_start: Ints
    cell_row: Ints
    grid_m: Floats


class Drops(NamedTuple):
    """Where each rack's cables enter the trays, one row a rack: piece (-1: none near, -2: the hall has no trays), metres
    along it from its first end, and metres across the floor to it.
    """

    piece: Ints
    along_m: Floats
    off_m: Floats


class Ways(NamedTuple):
    """Shortest ways between junctions: `hop_m[u * n + v]` in metres (infinite: none), n in `size`, and `before` the last
    junction before v on the way from u (-1: none).
    """

    size: Ints
    hop_m: Floats
    before: Ints


@kernel
def drop_in(
    racks: Ints, x_m: Floats, y_m: Floats, hall: Ints, trays: Segments, has_trays: Ints, reach_m: float, drops: Drops
) -> None:
    """Find the nearest piece of tray for each listed rack: least `|dx| + |dy|` across the floor, within `reach_m`.

    Ties go to the first piece. Worked: a rack 0.3 m beside a tray along x drops in 0.3 m away at its own x.
    """
    for k in range(racks.size):
        i = racks[k]
        drops.piece[i], drops.along_m[i], drops.off_m[i] = -1, 0.0, 0.0
        if hall[i] < 0 or has_trays[hall[i]] == 0:
            drops.piece[i] = -2
            continue
        column = int((x_m[i] - trays.grid_m[0]) / trays.grid_m[2])
        line = int((y_m[i] - trays.grid_m[1]) / trays.grid_m[2])
        if column < 0 or line < 0 or column >= trays.grid_m[3] or line >= trays.grid_m[4]:
            continue
        best = reach_m * (1.0 + 1e-9)
        cell = line * int(trays.grid_m[3]) + column
        for p in range(trays.cell_start[cell], trays.cell_start[cell + 1]):
            s = trays.cell_row[p]
            if trays.hall[s] != hall[i]:
                continue
            dx, dy = trays.x1_m[s] - trays.x0_m[s], trays.y1_m[s] - trays.y0_m[s]
            length = np.sqrt(dx * dx + dy * dy)
            t = 0.0
            if length > 0.0:
                t = ((x_m[i] - trays.x0_m[s]) * dx + (y_m[i] - trays.y0_m[s]) * dy) / (length * length)
                t = min(1.0, max(0.0, t))
            off = abs(x_m[i] - trays.x0_m[s] - t * dx) + abs(y_m[i] - trays.y0_m[s] - t * dy)
            if off < best:
                best = off
                drops.piece[i], drops.along_m[i], drops.off_m[i] = s, t * length, off


@kernel
def piece_length(trays: Segments, s: int) -> float:
    """Length of a piece of tray [m]."""
    dx, dy = trays.x1_m[s] - trays.x0_m[s], trays.y1_m[s] - trays.y0_m[s]
    return float(np.sqrt(dx * dx + dy * dy))


@kernel
def way_between(trays: Segments, ways: Ways, drops: Drops, a: int, b: int) -> tuple[float, int, int]:
    """Metres along the trays from where rack a drops in to where b does, and the junctions at which the way leaves a's
    piece and enters b's (-1, -1 on one piece); infinite when the trays do not meet.
    """
    s, t = drops.piece[a], drops.piece[b]
    best, leave, enter = np.inf, -1, -1
    if s == t:
        best = abs(drops.along_m[a] - drops.along_m[b])
    size = ways.size[0]
    for one in range(2):
        u = trays.node0[s] if one == 0 else trays.node1[s]
        if u < 0:
            continue
        out = drops.along_m[a] if one == 0 else piece_length(trays, s) - drops.along_m[a]
        for other in range(2):
            v = trays.node0[t] if other == 0 else trays.node1[t]
            if v < 0:
                continue
            back = drops.along_m[b] if other == 0 else piece_length(trays, t) - drops.along_m[b]
            total = out + ways.hop_m[u * size + v] + back
            if total < best:
                best, leave, enter = total, u, v
    return best, leave, enter


@kernel
def load_trays(
    rows: Ints,
    a_rack: Ints,
    b_rack: Ints,
    cables: Floats,
    medium: Ints,
    area: Ints,
    mass: Ints,
    edge_start: Ints,
    edge_node: Ints,
    edge_piece: Ints,
    trays: Segments,
    ways: Ways,
    drops: Drops,
    sign: int,
    filled: Ints,
    carried: Ints,
) -> None:
    """Add (or with -1 take away) the cross-sections and weights of the given bundles on every piece that they pass.

    `area` and `mass` are whole numbers a cable of each medium [um2, mg/m], so that what is added and taken away again
    leaves nothing behind. Pieces are passed whole or in part; a cable fills what it touches. `edge_start`, `edge_node`,
    `edge_piece` list each junction's neighbours and the piece between (-1: a change of height).
    """
    size = ways.size[0]
    for k in range(rows.size):
        i = rows[k]
        a, b, m = a_rack[i], b_rack[i], medium[i]
        if a < 0 or b < 0 or a == b or m < 0 or drops.piece[a] < 0 or drops.piece[b] < 0:
            continue
        length, leave, enter = way_between(trays, ways, drops, a, b)
        if not length < np.inf:
            continue
        count = int(cables[i]) * sign
        filled[drops.piece[a]] += count * area[m]
        carried[drops.piece[a]] += count * mass[m]
        if drops.piece[b] != drops.piece[a]:
            filled[drops.piece[b]] += count * area[m]
            carried[drops.piece[b]] += count * mass[m]
        if leave < 0:
            continue
        v = enter
        while v != leave:
            u = ways.before[leave * size + v]
            for p in range(edge_start[u], edge_start[u + 1]):
                if edge_node[p] == v:
                    s = edge_piece[p]
                    if s >= 0 and s != drops.piece[a] and s != drops.piece[b]:
                        filled[s] += count * area[m]
                        carried[s] += count * mass[m]
                    break
            v = u
