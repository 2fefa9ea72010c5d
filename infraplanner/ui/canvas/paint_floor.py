"""Paper, grid, halls, zones, columns, doors and trays: what stands still."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF

from infraplanner.model.entities import Hall, Zone
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.tokens import Theme

from .batch import draw_lines, draw_rects
from .camera import HALL, Camera
from .ink import cased, hatch, label, pen, pill, polyline
from .paint_far import is_far, paint_far
from .scene import Floats, Scene

WALL_MM = 200


def paint_floor(
    painter: QPainter, theme: Theme, camera: Camera, scene: Scene, level: int, layers: frozenset[str]
) -> None:
    """Everything below the bodies."""
    halls = list(scene.snapshot.table("halls").values())
    for hall in halls:
        painter.fillPath(outline_path(camera, hall), theme.colour("surface.floor"))
    if "grid" in layers:
        for hall in halls:
            _grid(painter, theme, camera, hall)
    far = is_far(camera)
    if "zones" in layers:
        _zones(painter, theme, camera, scene, far)
    for hall in halls:
        _walls(painter, theme, camera, hall)
    for door in scene.snapshot.table("doors").values():
        _door(painter, theme, camera, door)
    for column in scene.snapshot.table("columns").values():
        _column(painter, theme, camera, column)
    if "trays" in layers and far:
        paint_far(painter, theme, camera, scene, "trays")
    elif "trays" in layers:
        for tray in scene.snapshot.table("trays").values():
            _tray(painter, theme, camera, tray, level)


def outline(hall: Hall) -> list[tuple[int, int]]:
    """Corners of a hall in mm; the rectangle when it has no outline of its own."""
    corners = list(hall.outline_mm)
    return corners or [(0, 0), (hall.width_mm, 0), (hall.width_mm, hall.depth_mm), (0, hall.depth_mm)]


def outline_path(camera: Camera, hall: Hall) -> QPainterPath:
    """The hall's floor on the screen."""
    path = QPainterPath()
    path.addPolygon(QPolygonF([camera.to_screen(x, y) for x, y in outline(hall)]))
    path.closeSubpath()
    return path


def grid_steps(px_per_m: float, tile_mm: int) -> list[tuple[float, str]]:
    """(step in mm, colour name) of the grids worth drawing, finest first; tiles of the hall replace the 500 mm grid."""
    steps: list[tuple[float, str]] = []
    fine = tile_mm or 500
    if px_per_m >= 400:
        steps.append((100, "obj.grid_minor"))
    if fine * px_per_m / 1000 >= 8:
        steps.append((fine, "obj.grid_minor"))
    coarse = 1000.0 if not tile_mm else tile_mm * 2.0
    while coarse * px_per_m / 1000 < 14:
        coarse *= 5
    steps.append((coarse, "obj.grid_major"))
    return steps


def _grid(painter: QPainter, theme: Theme, camera: Camera, hall: Hall) -> None:
    left, bottom, right, top = camera.world_bounds()
    left, right = max(0.0, left), min(float(hall.width_mm), right)
    bottom, top = max(0.0, bottom), min(float(hall.depth_mm), top)
    if left >= right or bottom >= top:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.save()
    if hall.outline_mm:  # lines of a rectangular hall end at its walls anyhow
        painter.setClipPath(outline_path(camera, hall), Qt.ClipOperation.IntersectClip)
    for step, colour in grid_steps(camera.px_per_m, hall.tile_mm):
        xs: Floats = np.arange(math.ceil(left / step), math.floor(right / step) + 1, dtype=np.float64) * step
        ys: Floats = np.arange(math.ceil(bottom / step), math.floor(top / step) + 1, dtype=np.float64) * step
        painter.setPen(pen(theme.colour(colour)))
        screen_x, screen_y = camera.xs(xs), camera.ys(ys)
        ends = camera.to_screen(left, bottom), camera.to_screen(right, top)
        draw_lines(
            painter,
            np.stack([screen_x, np.full_like(xs, ends[0].y()), screen_x, np.full_like(xs, ends[1].y())], axis=1),
        )
        draw_lines(
            painter,
            np.stack([np.full_like(ys, ends[0].x()), screen_y, np.full_like(ys, ends[1].x()), screen_y], axis=1),
        )
    painter.restore()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _walls(painter: QPainter, theme: Theme, camera: Camera, hall: Hall) -> None:
    inner = outline_path(camera, hall)
    band = WALL_MM * camera.scale
    if hall.outline_mm or band < 3:
        painter.setPen(pen(theme.colour("obj.wall_line"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(inner)
        return
    box = inner.boundingRect()
    outer = QPainterPath()
    outer.addRect(box.adjusted(-band, -band, band, band))
    ring = outer.subtracted(inner)
    painter.fillPath(ring, theme.colour("surface.panel"))
    painter.fillPath(ring, hatch(theme.colour("obj.wall_line", 0.55)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen(theme.colour("obj.wall_line")))
    painter.drawPath(inner)
    painter.drawRect(box.adjusted(-band, -band, band, band))


NAMES = {"hot_aisle": "Hot aisle", "cold_aisle": "Cold aisle", "perforated": "Perforated tiles"}


def zone_rect(camera: Camera, zone: Zone) -> QRectF:
    """A zone on the screen."""
    half_x, half_y = zone.width_mm / 2, zone.depth_mm / 2
    return camera.rect(zone.x_mm - half_x, zone.y_mm - half_y, zone.x_mm + half_x, zone.y_mm + half_y)


def _zones(painter: QPainter, theme: Theme, camera: Camera, scene: Scene, far: bool) -> None:
    aisles, others = _aisles(scene)
    for zone in scene.snapshot.table("zones").values() if not far else others:
        _zone(painter, theme, camera, zone)
    if not far:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for kind, boxes in aisles.items():
        x, y = camera.xs(boxes[:, 0] - boxes[:, 2] / 2), camera.ys(boxes[:, 1] + boxes[:, 3] / 2)
        painter.setBrush(
            theme.colour("air.hot" if kind == "hot_aisle" else "air.cold", theme.tint("containment") + 0.1)
        )
        draw_rects(painter, np.stack([x, y, boxes[:, 2] * camera.scale, boxes[:, 3] * camera.scale], axis=1))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _aisles(scene: Scene) -> tuple[dict[str, Floats], list[Zone]]:
    """(n, 4) centre and size of the aisles of each kind, mm, and the zones of other kinds; kept with the scene."""
    if "zones" not in scene.memo:
        rows: dict[str, list[tuple[int, int, int, int]]] = {"hot_aisle": [], "cold_aisle": []}
        zones = list(scene.snapshot.table("zones").values())
        for zone in zones:
            if zone.kind in rows:
                rows[zone.kind].append((zone.x_mm, zone.y_mm, zone.width_mm, zone.depth_mm))
        aisles = {kind: np.array(boxes, dtype=float).reshape(-1, 4) for kind, boxes in rows.items()}
        scene.memo["zones"] = aisles, [zone for zone in zones if zone.kind not in rows]
    kept: tuple[dict[str, Floats], list[Zone]] = scene.memo["zones"]
    return kept


def _zone(painter: QPainter, theme: Theme, camera: Camera, zone: Zone) -> None:
    box = zone_rect(camera, zone)
    tint = theme.tint("containment")
    look = {
        "hot_aisle": ("air.hot", [7.0, 2.0, 1.5, 2.0], 2.0),
        "cold_aisle": ("air.cold", [7.0, 2.0, 1.5, 2.0], 2.0),
        "keep_out": ("border.strong", [4.0, 3.0], 1.0),
        "perforated": ("air.cold", [1.5, 2.0], 1.0),
        "room": ("border.strong", None, 1.0),
    }
    colour, dash, width = look[zone.kind]
    painter.setPen(pen(theme.colour(colour, 0.9), width, dash))
    if zone.kind in ("keep_out", "perforated"):
        painter.setBrush(hatch(theme.colour(colour)))
    else:
        painter.setBrush(theme.colour(colour, tint if zone.kind != "room" else 0.12))
    painter.drawRect(box)


def paint_zone_names(painter: QPainter, theme: Theme, camera: Camera, scene: Scene, level: int) -> None:
    """Names of zones, over the lines that run through them."""
    if is_far(camera):
        return
    for zone in scene.snapshot.table("zones").values():
        box = zone_rect(camera, zone)
        name = zone.name or NAMES.get(zone.kind, "")
        if name and level > HALL and box.width() > 90 and box.height() > 24:
            place = box.center() if zone.kind != "room" else QPointF(box.center().x(), box.top() + 14)
            pill(painter, theme, place, name, ink="text.secondary")


def _column(painter: QPainter, theme: Theme, camera: Camera, column: object) -> None:
    box = zone_rect(camera, column)  # type: ignore[arg-type]
    painter.setPen(pen(theme.colour("obj.wall_line")))
    painter.setBrush(theme.colour("surface.panel"))
    painter.drawRect(box)
    painter.drawLine(box.topLeft(), box.bottomRight())
    painter.drawLine(box.topRight(), box.bottomLeft())


def _door(painter: QPainter, theme: Theme, camera: Camera, door: object) -> None:
    x, y, half = door.x_mm, door.y_mm, door.width_mm / 2  # type: ignore[attr-defined]
    upright = door.rotation_deg % 180 == 90  # type: ignore[attr-defined]
    a = camera.to_screen(x, y - half) if upright else camera.to_screen(x - half, y)
    b = camera.to_screen(x, y + half) if upright else camera.to_screen(x + half, y)
    painter.setPen(pen(theme.colour("surface.floor"), max(3.0, WALL_MM * camera.scale * 0.6)))
    painter.drawLine(a, b)
    painter.setPen(pen(theme.colour("obj.wall_line"), 1, [1.0, 2.0]))
    painter.drawLine(a, b)


def _tray(painter: QPainter, theme: Theme, camera: Camera, tray: object, level: int) -> None:
    points = [camera.to_screen(x, y) for x, y in tray.points_mm]  # type: ignore[attr-defined]
    width = max(2.0, tray.width_mm * camera.scale)  # type: ignore[attr-defined]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = polyline(points)
    band = pen(theme.colour("obj.tray", 0.22), width)
    painter.setPen(band)
    painter.drawPath(path)
    if width < 5:
        return
    for a, b in pairwise(points):
        _ladder(painter, theme, camera, a, b, width)
    if level > HALL and (points[0] - points[-1]).manhattanLength() > 260:
        name = f"Tray {tray.id}"  # type: ignore[attr-defined]
        face = fonts.font(fonts.CAPTION)
        box = QRectF(points[0].x() + 6, points[0].y() - width / 2 - 17, 120, 16)
        label(painter, box, name, theme.colour("text.muted"), face)


def _ladder(painter: QPainter, theme: Theme, camera: Camera, a: QPointF, b: QPointF, width: float) -> None:
    length = math.hypot(b.x() - a.x(), b.y() - a.y())
    if length < 1:
        return
    along = QPointF((b.x() - a.x()) / length, (b.y() - a.y()) / length)
    side = QPointF(-along.y() * width / 2, along.x() * width / 2)
    painter.setPen(pen(theme.colour("obj.tray", 0.7)))
    painter.drawLine(a + side, b + side)
    painter.drawLine(a - side, b - side)
    step = 300 * camera.scale
    if step >= 9:
        at = np.arange(step / 2, length, step)
        x, y = a.x() + along.x() * at, a.y() + along.y() * at
        painter.setPen(pen(theme.colour("obj.tray", 0.35)))
        draw_lines(painter, np.stack([x + side.x(), y + side.y(), x - side.x(), y - side.y()], axis=1))


def paint_pipes(painter: QPainter, theme: Theme, camera: Camera, scene: Scene) -> None:
    """Drawn pipe runs: supply solid, return dashed, with flow triangles."""
    widths = {25: 2.0, 50: 3.0, 100: 4.0}
    for pipe in scene.snapshot.table("pipes").values():
        width = next((w for dn, w in widths.items() if pipe.dn_mm <= dn), 6.0)
        supply = pipe.side == "supply"
        line = pen(theme.colour("liquid.supply" if supply else "liquid.ret"), width, None if supply else [4.0, 1.5])
        cased(painter, theme, polyline([camera.to_screen(x, y) for x, y in pipe.points_mm]), line)
