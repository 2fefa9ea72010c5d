"""A large hall from far away: cables, coolant and feeds as hair lines, laid out once a scene and drawn a few calls a repaint.

Below FAR_PX_PER_M a rack is a few pixels wide: casings, dashes, tap-offs and short drops would not be seen and cost most
of a repaint (17 s for 10,000 racks, against a few milliseconds this way).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from infraplanner.ui.theme.tokens import Theme

from .batch import draw_rects
from .camera import Camera
from .paint_lines import LOOP_OFFSETS_MM, all_ribbons, comb_level, feed_groups, front, loop_lanes, ribbon_width
from .scene import FAMILIES, KINDS, RACK_KINDS, Bodies, Floats, Ints, Scene

FAR_PX_PER_M = 22.0
BLOCK_PX_PER_M = 4.0
"""Below this a rack is under three pixels wide, and racks side by side are drawn as one block."""
TRACK_MM = 100.0
"""Lines nearer than this are one line from far away."""
COARSE_MM = (1600.0, 400.0)
SHORT_MM = 1000.0
"""Drops shorter than this hide beside their rack."""


def is_far(camera: Camera) -> bool:
    """True where single racks can no longer be told apart from their lines."""
    return camera.px_per_m < FAR_PX_PER_M


def is_block(camera: Camera) -> bool:
    """True where racks of a row run into one another."""
    return camera.px_per_m < BLOCK_PX_PER_M


def paint_blocks(painter: QPainter, theme: Theme, camera: Camera, scene: Scene) -> Ints:
    """Fill rows of racks block by block; returns the rows of the bodies that are left to be drawn one by one."""
    if "blocks" not in scene.memo:
        scene.memo["blocks"] = [(kind, blocks(scene.bodies, number)) for number, kind in enumerate(KINDS[:RACK_KINDS])]
        scene.memo["units"] = np.flatnonzero(scene.bodies.kind >= RACK_KINDS)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    for kind, edges in scene.memo["blocks"]:
        painter.setBrush(theme.colour(f"obj.{kind}_fill"))
        x, y = camera.xs(edges[:, 0]), camera.ys(edges[:, 3])
        size = (edges[:, 2:] - edges[:, :2]) * camera.scale
        draw_rects(painter, np.concatenate([x[:, None], y[:, None], size], axis=1))
    units: Ints = scene.memo["units"]
    return units


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
    """Draw a layer's lines that are in view, not smoothed."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    left, bottom, right, top = camera.world_bounds()
    for name, width, lines in far_lines(scene, layer, _track_mm(camera)):
        seen = (lines[:, 2] >= left) & (lines[:, 0] <= right) & (lines[:, 3] >= bottom) & (lines[:, 1] <= top)
        kept = lines[seen]
        x, y = camera.xs(kept[:, 0]), camera.ys(kept[:, 3])
        across, along = (kept[:, 2] - kept[:, 0]) * camera.scale, (kept[:, 3] - kept[:, 1]) * camera.scale
        bars = np.stack([x, y, np.maximum(across, width), np.maximum(along, width)], axis=1)  # bars need no stroker
        colour = name if name != "status.error" or resolved else "border.control"
        painter.setBrush(_faded(theme, colour, opacity))
        draw_rects(painter, bars)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _faded(theme: Theme, name: str, opacity: float) -> QColor:
    """A colour mixed with the floor's: blending thousands of bars would cost more than drawing them."""
    ink, floor = theme.colour(name), theme.colour("surface.floor")
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
    upright = runs.lines[:, 0] == runs.lines[:, 2]
    keep = ~upright | (np.abs(runs.lines[:, 1] - runs.lines[:, 3]) >= SHORT_MM)
    lines, thick, families = runs.lines[keep], thick[keep], runs.family[keep]
    out: list[tuple[str, float, Floats]] = []
    for family in np.unique(families):
        name = f"media.{FAMILIES[family]}" if family >= 0 else "status.error"
        out += [
            (name, float(width), lines[(families == family) & (thick == width)])
            for width in np.unique(thick[families == family])
        ]
    return out


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
