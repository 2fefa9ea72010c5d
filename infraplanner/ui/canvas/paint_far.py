"""A large hall from far away: cables, coolant and feeds as hair lines, laid out once a scene and drawn a few calls a repaint.

Below FAR_PX_PER_M a rack is a few pixels wide: casings, dashes, tap-offs and short drops would not be seen and cost most
of a repaint (17 s for 10,000 racks, against a few milliseconds this way).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from infraplanner.ui.theme.tokens import Theme

from .batch import draw_rects
from .camera import Camera
from .link_colours import colour_of, name_of
from .paint_bodies import SMALL_PX
from .paint_lines import LOOP_OFFSETS_MM, all_ribbons, comb_level, feed_groups, front, loop_lanes, ribbon_width
from .scene import KINDS, RACK_KINDS, Bodies, Floats, Ints, Scene

T = TypeVar("T")

FAR_PX_PER_M = 22.0
BLOCK_PX_PER_M = 4.0
"""Below this a rack is under three pixels wide, and racks side by side are drawn as one block."""
TRACK_MM = 100.0
"""Lines nearer than this are one line from far away."""
UNIT_KINDS = range(RACK_KINDS, len(KINDS))
COARSE_MM = (1600.0, 1200.0, 800.0, 400.0)
SHORT_MM = 1000.0
"""Drops shorter than this hide beside their rack."""


def is_far(camera: Camera) -> bool:
    """True where single racks can no longer be told apart from their lines."""
    return camera.px_per_m < FAR_PX_PER_M


def is_block(camera: Camera) -> bool:
    """True where racks of a row run into one another."""
    return camera.px_per_m < BLOCK_PX_PER_M


def paint_blocks(painter: QPainter, theme: Theme, camera: Camera, scene: Scene) -> Ints:
    """Fill rows of racks block by block and small units; returns the rows of the bodies that are left to be drawn one by one."""
    bodies = scene.bodies
    if "blocks" not in scene.memo:
        scene.memo["blocks"] = [blocks(bodies, kind) for kind in range(RACK_KINDS)]
    small, large = _units(scene, camera)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.save()
    _to_origin(painter, camera)

    def fills() -> list[Floats]:
        edges = [*scene.memo["blocks"], *(bodies.bounds(small[bodies.kind[small] == k]) for k in UNIT_KINDS)]
        return [_bars(rows, camera.scale) for rows in edges]

    for kind, rects in zip(KINDS, _at_scale(scene, "blocks px", camera.scale, fills), strict=True):
        painter.setBrush(theme.colour(f"obj.{kind}_fill"))
        draw_rects(painter, rects)
    painter.restore()
    return large


def _units(scene: Scene, camera: Camera) -> tuple[Ints, Ints]:
    """Rows of units of which the fill alone can be seen, and of the larger ones."""

    def split() -> tuple[Ints, Ints]:
        rows = np.flatnonzero(scene.bodies.kind >= RACK_KINDS)
        edges = scene.bodies.bounds(rows)
        shorter = np.minimum(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])
        large = shorter * camera.scale >= SMALL_PX
        return rows[~large], rows[large]

    return _at_scale(scene, "units", camera.scale, split)


def _at_scale(scene: Scene, key: str, scale: float, make: Callable[[], T]) -> T:
    """What depends on the zoom but not on where the view is, kept with the scene until the zoom changes."""
    known = scene.memo.get(key)
    if known is None or known[0] != scale:
        known = scene.memo[key] = (scale, make())
    value: T = known[1]
    return value


def _bars(edges: Floats, scale: float, width: float = 0.0) -> Floats:
    """(n, 4) left, top, width, height in px from the world's origin, at least `width` wide and high."""
    bars = np.empty((len(edges), 4))
    bars[:, 0], bars[:, 1] = edges[:, 0] * scale, -edges[:, 3] * scale
    np.maximum((edges[:, 2] - edges[:, 0]) * scale, width, out=bars[:, 2])
    np.maximum((edges[:, 3] - edges[:, 1]) * scale, width, out=bars[:, 3])
    return bars


def _to_origin(painter: QPainter, camera: Camera) -> None:
    """Shift the painter so that the world's origin is at its 0, 0; Qt leaves out what is not in view."""
    painter.translate(camera.to_screen(0.0, 0.0))


def blocks(bodies: Bodies, kind: int) -> Floats:
    """Left, bottom, right, top of runs of racks of one kind that stand side by side along x, mm."""
    edges = bodies.bounds()[bodies.kind == kind]
    if not len(edges):
        return edges
    edges = edges[np.lexsort((edges[:, 0], edges[:, 3], edges[:, 1]))]
    follows = (edges[1:, 1] == edges[:-1, 1]) & (edges[1:, 3] == edges[:-1, 3])
    follows &= np.abs(edges[1:, 0] - edges[:-1, 2]) <= TRACK_MM
    first = np.flatnonzero(np.concatenate([[True], ~follows]))
    last = np.concatenate([first[1:], [len(edges)]]) - 1
    return np.concatenate([edges[first][:, :2], edges[last][:, 2:]], axis=1)


def far_lines(scene: Scene, layer: str, track_mm: float = TRACK_MM) -> list[tuple[str, float, Floats]]:
    """(colour name, width in px, lines in mm) of a layer; kept with the scene, because it does not depend on the view."""
    key = f"{layer} {track_mm}"
    if key not in scene.memo:
        make = {"links": _links, "loops": _loops, "feeds": _feeds, "trays": _trays}[layer]
        scene.memo[key] = [(name, width, joined(lines, track_mm)) for name, width, lines in make(scene)]
    made: list[tuple[str, float, Floats]] = scene.memo[key]
    return made


def _track_mm(camera: Camera) -> float:
    """Lines nearer than about a pixel are one."""
    return next((track for track in COARSE_MM if track * camera.scale <= 1.1), TRACK_MM)


def paint_far(
    painter: QPainter, theme: Theme, camera: Camera, scene: Scene, layer: str, opacity: float = 1.0, *,
    resolved: bool = True,
) -> None:  # fmt: skip
    """Draw a layer's lines, not smoothed."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.save()
    _to_origin(painter, camera)

    def bars() -> list[tuple[str, Floats]]:  # bars need no stroker
        made = far_lines(scene, layer, _track_mm(camera))
        return [(name, _bars(lines, camera.scale, width)) for name, width, lines in made]

    for name, rects in _at_scale(scene, f"{layer} px", camera.scale, bars):
        colour = name if name != "status.error" or resolved else "border.control"
        painter.setBrush(_faded(theme, colour, opacity))
        draw_rects(painter, rects)
    painter.restore()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _faded(theme: Theme, name: str, opacity: float) -> QColor:
    """A colour mixed with the floor's: blending thousands of bars would cost more than drawing them."""
    ink, floor = colour_of(theme, name), theme.colour("surface.floor")
    mixed = [
        round(opacity * a + (1 - opacity) * b)
        for a, b in zip(ink.getRgb()[:3], floor.getRgb()[:3], strict=True)  # type: ignore[index]
    ]
    return QColor(*mixed)


def _links(scene: Scene) -> list[tuple[str, float, Floats]]:
    runs = all_ribbons(scene)
    if not len(runs.count):
        return []
    thick = np.clip(np.round(0.5 * ribbon_width(runs.count, 0)), 1.0, 3.0)
    across = np.abs(runs.lines[:, :2] - runs.lines[:, 2:])
    slanted = np.flatnonzero((across > 0.0).all(axis=1))
    keep = (across[:, 0] > 0.0) | (across[:, 1] >= SHORT_MM)
    keep[slanted] = False
    lines = np.concatenate([runs.lines[keep], *_stairs(runs.lines[slanted])])
    thick = np.concatenate([thick[keep], np.tile(thick[slanted], 2)])
    families = np.concatenate([runs.family[keep], np.tile(runs.family[slanted], 2)])
    out: list[tuple[str, float, Floats]] = []
    for family in np.unique(families):
        name = name_of(int(family))
        out += [
            (name, float(width), lines[(families == family) & (thick == width)])
            for width in np.unique(thick[families == family])
        ]
    return out


def _stairs(lines: Floats) -> tuple[Floats, Floats]:
    """Slanted lines as one step each, level and then upright: bars run along the axes."""
    x0, y0, x1, y1 = lines.T
    return np.stack([x0, y0, x1, y0], axis=1), np.stack([x1, y0, x1, y1], axis=1)


def joined(lines: Floats, track_mm: float = TRACK_MM) -> Floats:
    """Level and upright lines, lower left end first, with those that touch or overlap on one track made one."""
    ends = np.concatenate([np.minimum(lines[:, :2], lines[:, 2:]), np.maximum(lines[:, :2], lines[:, 2:])], axis=1)
    level = ends[:, 1] == ends[:, 3]
    flipped = _joined_level(ends[~level][:, [1, 0, 3, 2]], track_mm)
    return np.concatenate([_joined_level(ends[level], track_mm), flipped[:, [1, 0, 3, 2]]])


def _joined_level(lines: Floats, track_mm: float) -> Floats:
    if not len(lines):
        return lines
    track = np.round(lines[:, 1] / track_mm).astype(np.int64)
    order = np.lexsort((lines[:, 0], track))
    lines, track = lines[order], track[order]
    apart = (track - track[0]) * (np.abs(lines).max() * 4 + 1)  # tracks lie far from each other on one axis
    start, end = lines[:, 0] + apart, np.maximum.accumulate(lines[:, 2] + apart)
    first = np.flatnonzero(np.concatenate([[True], start[1:] > end[:-1] + track_mm]))
    last = np.concatenate([first[1:], [len(lines)]]) - 1
    y = lines[first, 1]
    return np.stack([lines[first, 0], y, end[last] - apart[last], y], axis=1)


def _trays(scene: Scene) -> list[tuple[str, float, Floats]]:
    runs = [(*a, *b) for tray in scene.snapshot.table("trays").values() for a, b in pairwise(tray.points_mm)]
    lines = np.array(runs, dtype=float).reshape(-1, 4)
    return [("border.strong", 1.0, lines[(lines[:, 0] == lines[:, 2]) | (lines[:, 1] == lines[:, 3])])]


def _loops(scene: Scene) -> list[tuple[str, float, Floats]]:
    bodies = scene.bodies
    lines: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name, _ in LOOP_OFFSETS_MM}
    for same, others in loop_lanes(scene):
        points = [front(bodies, row) for row in same]
        if not points:
            continue
        y = float(np.median([point[1] for point in points]))
        away = 1.0 if y > float(np.median(bodies.y_mm[same])) else -1.0
        other_x, other_y = bodies.x_mm[others].tolist(), bodies.y_mm[others].tolist()
        xs = [point[0] for point in points] + other_x
        for name, offset in LOOP_OFFSETS_MM:
            level, shift = y + away * offset, away * offset
            lines[name].append((min(xs) - offset, level, max(xs) + offset, level))
            lines[name] += [(x + shift, level, x + shift, to) for x, to in zip(other_x, other_y, strict=True)]
    return [(name, 1.0, np.array(rows).reshape(-1, 4)) for name, rows in lines.items()]


def _feeds(scene: Scene) -> list[tuple[str, float, Floats]]:
    bodies = scene.bodies
    by_name: dict[str, list[tuple[float, float, float, float]]] = {}
    for (source, side, lane), targets in feed_groups(scene).items():
        lines = by_name.setdefault(f"feed.{side}" if side in ("a", "b") else "text.muted", [])
        x, y = float(bodies.x_mm[source]), float(bodies.y_mm[source])
        if np.isnan(lane):
            lines += [line for target in targets for line in _elbow(bodies, x, y, target)]
        else:
            level, xs = comb_level(bodies, targets, side)
            far = max(xs, key=lambda end: abs(end - x))
            lines += [(x, y, x, level), (x, level, far, level)]
    return [(name, 1.0, np.array(lines).reshape(-1, 4)) for name, lines in by_name.items()]


def _elbow(bodies: Bodies, x: float, y: float, target: int) -> list[tuple[float, float, float, float]]:
    to_x, to_y = float(bodies.x_mm[target]), float(bodies.y_mm[target])
    corner = (x, to_y) if abs(to_x - x) > abs(to_y - y) else (to_x, y)
    return [(x, y, *corner), (*corner, to_x, to_y)]
