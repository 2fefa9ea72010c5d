"""Trays as a graph: polylines cut where they meet, junctions, and a grid that finds the tray over a rack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from infraplanner.units import MM_PER_M

from .parts import Floats, Ints
from .rules import Lookup
from .table import Table

CELL_M = 4.0
SNAP_M = 1e-3
"""Tray ends this close to a centre line touch it even on a tray without width."""


@dataclass(frozen=True, slots=True)
class TrayArrays:
    """See `kernels.trays.Segments`. `tray` is the row of each piece's tray, `edge_*` the junctions' neighbours with the
    way between them [m], `group` the connected trays that a piece belongs to, `has_trays` tells halls with data trays.
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
    tray: Ints
    group: Ints
    edge_start: Ints
    edge_node: Ints
    edge_piece: Ints
    edge_m: Floats
    node_count: int
    has_trays: Ints


def build_trays(tables: Mapping[str, Table], records: Mapping[str, Any], rule: Lookup) -> TrayArrays:
    """Cut all data trays where they cross or touch and number the junctions.

    Two trays meet when their centre lines cross, or when one ends within the width of the other, at heights that cables
    change over.
    """
    trays, halls = tables["trays"], len(tables["halls"])
    lines, widths = _lines(trays, records)
    join_m = rule("cable.tray_join_m")
    cuts = _cuts(lines, widths, join_m)
    return _pieces(lines, cuts, trays, halls, rule("cable.drop_max_m"))


@dataclass(slots=True)
class _Lines:
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    z: Floats
    hall: Ints
    tray: Ints

    @property
    def length(self) -> Floats:
        out: Floats = np.hypot(self.x1 - self.x0, self.y1 - self.y0)
        return out


def _lines(trays: Table, records: Mapping[str, Any]) -> tuple[_Lines, Floats]:
    rows: list[tuple[float, float, float, float, int]] = []
    width = []
    for row, key in enumerate(trays.ids):
        if not trays["carries_data"][row] or trays["hall@halls"][row] < 0:
            continue
        points = records[key].points_mm
        for (xa, ya), (xb, yb) in pairwise(points):
            if (xa, ya) != (xb, yb):
                rows.append((xa, ya, xb, yb, row))
                width.append(records[key].width_mm / MM_PER_M)
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    tray = table[:, 4].astype(np.int64)
    place = table[:, :4] / MM_PER_M
    x0, y0, x1, y1 = place.T.copy()
    lines = _Lines(x0, y0, x1, y1, trays["elevation_m"][tray], trays["hall@halls"][tray], tray)
    return lines, np.array(width, dtype=np.float64)


Join = tuple[int, float, int, float, float]
"""Two lines, where along each [m], and the way between [m]."""


def _cuts(lines: _Lines, width: Floats, join_m: float) -> list[Join]:
    """All places where two lines meet."""
    found: list[Join] = []
    count = lines.x0.size
    length = lines.length
    low_x, high_x = np.minimum(lines.x0, lines.x1) - width, np.maximum(lines.x0, lines.x1) + width
    low_y, high_y = np.minimum(lines.y0, lines.y1) - width, np.maximum(lines.y0, lines.y1) + width
    for i in range(count):
        near = np.arange(i + 1, count)
        near = near[
            (lines.hall[near] == lines.hall[i])
            & (np.abs(lines.z[near] - lines.z[i]) <= join_m + 1e-9)
            & (low_x[near] <= high_x[i])
            & (high_x[near] >= low_x[i])
            & (low_y[near] <= high_y[i])
            & (high_y[near] >= low_y[i])
        ]
        for j in near.tolist():
            step = float(abs(lines.z[j] - lines.z[i]))
            found += [
                (i, s, j, t, gap + step) for s, t, gap in _meet(lines, length, i, j, float(width[i]), float(width[j]))
            ]
    return found


def _meet(
    lines: _Lines, length: Floats, i: int, j: int, width_i: float, width_j: float
) -> list[tuple[float, float, float]]:
    """Where along both lines they meet and the gap between: a crossing, or ends within the other's half width."""
    ux, uy = (lines.x1[i] - lines.x0[i]) / length[i], (lines.y1[i] - lines.y0[i]) / length[i]
    vx, vy = (lines.x1[j] - lines.x0[j]) / length[j], (lines.y1[j] - lines.y0[j]) / length[j]
    wx, wy = lines.x0[j] - lines.x0[i], lines.y0[j] - lines.y0[i]
    turn = ux * vy - uy * vx
    if abs(turn) > 1e-9:
        s, t = (wx * vy - wy * vx) / turn, (wx * uy - wy * ux) / turn
        if -SNAP_M <= s <= length[i] + SNAP_M and -SNAP_M <= t <= length[j] + SNAP_M:
            return [(float(np.clip(s, 0, length[i])), float(np.clip(t, 0, length[j])), 0.0)]
    out: dict[tuple[float, float], float] = {}
    for own, other, half, swap in ((i, j, width_j / 2, False), (j, i, width_i / 2, True)):
        for at, px, py in ((0.0, lines.x0[own], lines.y0[own]), (float(length[own]), lines.x1[own], lines.y1[own])):
            dx, dy = (
                (lines.x1[other] - lines.x0[other]) / length[other],
                (lines.y1[other] - lines.y0[other]) / length[other],
            )
            t = float(np.clip((px - lines.x0[other]) * dx + (py - lines.y0[other]) * dy, 0.0, length[other]))
            gap = float(np.hypot(px - lines.x0[other] - t * dx, py - lines.y0[other] - t * dy))
            if gap <= half + SNAP_M:
                out[(t, at) if swap else (at, t)] = 0.0 if gap <= SNAP_M else gap
    return [(s, t, gap) for (s, t), gap in out.items()]


def _pieces(lines: _Lines, cuts: list[Join], trays: Table, halls: int, reach_m: float) -> TrayArrays:
    marks: list[dict[float, int]] = [{} for _ in range(lines.x0.size)]
    parent: list[int] = []

    def mark(line: int, at: float) -> int:
        for known, number in marks[line].items():
            if abs(known - at) <= SNAP_M:
                return number
        marks[line][at] = len(parent)
        parent.append(len(parent))
        return len(parent) - 1

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    steps: list[tuple[int, int, float]] = []
    for i, s, j, t, gap in cuts:
        one, other = mark(i, s), mark(j, t)
        if gap == 0.0:
            parent[max(root(one), root(other))] = min(root(one), root(other))
        else:
            steps.append((one, other, gap))
    names = {node: number for number, node in enumerate(sorted({root(node) for node in range(len(parent))}))}
    rows: list[tuple[float, ...]] = []
    joints: list[tuple[int, int]] = []
    source: list[int] = []
    for line in range(lines.x0.size):
        length = float(lines.length[line])
        ends = {at: names[root(node)] for at, node in marks[line].items()}
        stops = sorted({0.0, length, *ends})
        stops = [at for k, at in enumerate(stops) if k == 0 or at - stops[k - 1] > SNAP_M or at == length]
        for first, second in pairwise(stops):
            if second - first <= SNAP_M:
                continue
            share = np.array([first, second]) / length
            x = lines.x0[line] + share * (lines.x1[line] - lines.x0[line])
            y = lines.y0[line] + share * (lines.y1[line] - lines.y0[line])
            rows.append((x[0], y[0], x[1], y[1]))
            joints.append((_at(ends, first), _at(ends, second)))
            source.append(line)
    place = np.array(rows, dtype=np.float64).reshape(-1, 4)
    joint = np.array(joints, dtype=np.int64).reshape(-1, 2)
    line_of = np.array(source, dtype=np.int64)
    edges = [(int(u), int(v), piece) for piece, (u, v) in enumerate(joint.tolist()) if u >= 0 and v >= 0]
    far = np.hypot(place[:, 2] - place[:, 0], place[:, 3] - place[:, 1])
    table = [(u, v, piece, float(far[piece])) for u, v, piece in edges]
    table += [(names[root(a)], names[root(b)], -1, gap) for a, b, gap in steps if root(a) != root(b)]
    both = [*table, *((v, u, piece, way) for u, v, piece, way in table)]
    both.sort()
    start = np.searchsorted(np.array([row[0] for row in both], dtype=np.int64), np.arange(len(names) + 1))
    has = np.zeros(max(1, halls), np.int64)
    carries = trays["carries_data"] & (trays["hall@halls"] >= 0)
    has[trays["hall@halls"][carries]] = 1
    cell_start, cell_row, grid = _grid(place, reach_m)
    x0, y0, x1, y1 = place.T.copy()
    return TrayArrays(
        x0, y0, x1, y1, lines.z[line_of], lines.hall[line_of], joint[:, 0].copy(), joint[:, 1].copy(),
        cell_start, cell_row, grid, lines.tray[line_of], _groups(joint, both, len(names)), start.astype(np.int64),
        np.array([row[1] for row in both], dtype=np.int64), np.array([row[2] for row in both], dtype=np.int64),
        np.array([row[3] for row in both], dtype=np.float64), len(names), has,
    )  # fmt: skip


def _at(ends: dict[float, int], at: float) -> int:
    return next((node for known, node in ends.items() if abs(known - at) <= SNAP_M), -1)


def _groups(joint: Ints, edges: list[tuple[int, int, int, float]], nodes: int) -> Ints:
    """Number of the connected trays that each piece belongs to; a piece without a junction is alone."""
    parent = list(range(nodes))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for u, v, _, _ in edges:
        parent[max(root(u), root(v))] = min(root(u), root(v))
    out = np.empty(joint.shape[0], np.int64)
    for piece, (u, v) in enumerate(joint.tolist()):
        node = max(u, v)
        out[piece] = root(node) if node >= 0 else nodes + piece
    return out


def _grid(place: Floats, reach_m: float) -> tuple[Ints, Ints, Floats]:
    """Pieces near each cell of a grid over all trays and what they reach."""
    if not place.size:
        return np.zeros(2, np.int64), np.empty(0, np.int64), np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    low = np.minimum(place[:, :2], place[:, 2:]) - reach_m
    high = np.maximum(place[:, :2], place[:, 2:]) + reach_m
    corner = low.min(axis=0)
    size = np.ceil((high.max(axis=0) - corner) / CELL_M).astype(np.int64) + 1
    first, last = ((low - corner) / CELL_M).astype(np.int64), ((high - corner) / CELL_M).astype(np.int64)
    cells, rows = [], []
    for piece in range(place.shape[0]):
        x = np.arange(first[piece, 0], last[piece, 0] + 1)
        y = np.arange(first[piece, 1], last[piece, 1] + 1)
        cells.append((y[:, None] * size[0] + x[None, :]).ravel())
        rows.append(np.full(x.size * y.size, piece))
    cell, row = np.concatenate(cells), np.concatenate(rows)
    order = np.argsort(cell, kind="stable")
    start = np.searchsorted(cell[order], np.arange(size[0] * size[1] + 1))
    grid = np.array([corner[0], corner[1], CELL_M, size[0], size[1]], dtype=np.float64)
    return start.astype(np.int64), row[order].astype(np.int64), grid
