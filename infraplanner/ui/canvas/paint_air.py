"""The air of a hall on its floor: temperature as a picture below everything, arrows of the flow, inlet labels."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from infraplanner.results.air import HallAir
from infraplanner.ui.theme import fonts, maps
from infraplanner.ui.theme.tokens import Theme
from infraplanner.units import MM_PER_M, number

from .batch import draw_lines
from .camera import HALL, Camera
from .ink import label, pen, pill
from .overlays import Overlay
from .paint_floor import outline_path
from .scene import Bodies, Floats, Scene

ARROW_PX = 46.0
SLOW_M_PER_S = 0.02
FAST_M_PER_S = 1.0
LABEL_PX = 27.0


def paint_air(
    painter: QPainter, theme: Theme, camera: Camera, scene: Scene, halls: tuple[HallAir, ...], overlay: Overlay
) -> None:
    """Every hall's field; where there is none, the sentence that says why."""
    records = scene.snapshot.table("halls")
    for air in halls:
        hall = records.get(air.hall)
        if hall is None:
            continue
        if air.state != "settled":
            if air.note:
                centre = outline_path(camera, hall).boundingRect().center()
                pill(painter, theme, centre, air.note, "surface.overlay", "status.warning", fonts.STRONG)
            continue
        painter.save()
        painter.setClipPath(outline_path(camera, hall), Qt.ClipOperation.IntersectClip)
        _picture(painter, theme, camera, air, overlay)
        _arrows(painter, theme, camera, air)
        painter.restore()


def filled(values: Floats) -> Floats:
    """A field whose unknown cells take the mean of their known neighbours, ring by ring, so that no grey shows beside a
    rack; cells far from any known one stay unknown.
    """
    field = values.copy()
    for _ in range(4):
        gaps = np.isnan(field)
        if not gaps.any():
            break
        padded = np.pad(field, 1, constant_values=np.nan)
        around = np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
        count = np.isfinite(around).sum(axis=0)
        total = np.nansum(around, axis=0)
        near = gaps & (count > 0)
        field[near] = total[near] / count[near]
    return field


def _picture(painter: QPainter, theme: Theme, camera: Camera, air: HallAir, overlay: Overlay) -> None:
    field = filled(air.temperature_c.reshape(air.ny, air.nx))[::-1]
    shade = maps.colours(field.ravel(), overlay.low, overlay.high, maps.overlay_map(overlay.key, theme.is_dark))
    alpha = np.where(np.isnan(field.ravel()), 0, 255).astype(np.uint8)
    pixels = np.ascontiguousarray(np.concatenate([shade, alpha[:, None]], axis=1))
    image = QImage(pixels.tobytes(), air.nx, air.ny, 4 * air.nx, QImage.Format.Format_RGBA8888)
    side = air.cell_m * MM_PER_M
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.setOpacity(0.82)
    painter.drawImage(camera.rect(0.0, 0.0, air.nx * side, air.ny * side), image)
    painter.setOpacity(1.0)


def _arrows(painter: QPainter, theme: Theme, camera: Camera, air: HallAir) -> None:
    """One arrow every ARROW_PX or so, its length by the square root of the speed; still air has none."""
    side = air.cell_m * MM_PER_M
    step = max(1, round(ARROW_PX / (side * camera.scale)))
    rows, columns = np.meshgrid(np.arange(step // 2, air.ny, step), np.arange(step // 2, air.nx, step), indexing="ij")
    cells = (rows * air.nx + columns).ravel()
    cells = cells[np.isfinite(air.temperature_c[cells])]
    vx, vy = air.x_m_per_s[cells], air.y_m_per_s[cells]
    speed = np.hypot(vx, vy)
    moving = speed > SLOW_M_PER_S
    cells, vx, vy, speed = cells[moving], vx[moving], vy[moving], speed[moving]
    length = 0.8 * ARROW_PX * np.sqrt(np.minimum(speed / FAST_M_PER_S, 1.0))
    ux, uy = vx / speed, -vy / speed
    x = camera.xs((cells % air.nx + 0.5) * side)
    y = camera.ys((cells // air.nx + 0.5) * side)
    tip_x, tip_y = x + ux * length / 2, y + uy * length / 2
    shaft = np.stack([x - ux * length / 2, y - uy * length / 2, tip_x, tip_y], axis=1)
    head = np.minimum(5.0, 0.45 * length)
    barbs = [
        np.stack([tip_x, tip_y, tip_x - head * (ux * 0.87 - uy * turn), tip_y - head * (uy * 0.87 + ux * turn)], axis=1)
        for turn in (0.5, -0.5)
    ]
    lines = np.concatenate([shaft, *barbs])
    for colour, width in (("selection.casing", 3.0), ("text.primary", 1.25)):
        painter.setPen(pen(theme.colour(colour, 0.5 if width > 2 else 0.9), width))
        draw_lines(painter, lines)


def paint_inlet_labels(
    painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, overlay: Overlay, level: int
) -> None:
    """The inlet temperature at the front of every rack that is wide enough for it."""
    face = fonts.font(fonts.CAPTION, fonts.STRONG)
    height = QFontMetricsF(face).height()
    if level == HALL:
        return
    left, bottom, right, top = camera.world_bounds()
    for row in np.flatnonzero(np.isfinite(overlay.values) & (bodies.kind < 3)).tolist():
        x, y = float(bodies.x_mm[row]), float(bodies.y_mm[row])
        if not (left < x < right and bottom < y < top) or bodies.width_mm[row] * camera.scale < LABEL_PX:
            continue
        turn = np.radians(bodies.turn_deg[row])
        away = float(bodies.depth_mm[row]) / 2 * camera.scale + 0.6 * height
        at = camera.to_screen(x, y) + QPointF(np.sin(turn) * away, np.cos(turn) * away)
        text = number(float(overlay.values[row]), 3)
        box = QRectF(0, 0, QFontMetricsF(face).horizontalAdvance(text) + 6, height)
        box.moveCenter(at)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("surface.overlay", 0.86))
        painter.drawRoundedRect(box, 3, 3)
        hot = overlay.values[row] > overlay.lines[0] if overlay.lines else False
        ink = theme.colour("status.error" if hot else "text.primary")
        label(painter, box, text, ink, face, Qt.AlignmentFlag.AlignCenter)
