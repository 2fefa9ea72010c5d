"""Racks, cooling and power units at three levels of detail."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPolygonF

from infraplanner.ui.theme import fonts, icons
from infraplanner.ui.theme.tokens import Theme
from infraplanner.units import number

from .batch import draw_lines, draw_rects
from .camera import HALL, RACK, Camera
from .ink import hatch, label, pen
from .overlays import Overlay
from .scene import KINDS, LOOKS, RACK_KINDS, Bodies, Flags, Floats, Ints

SMALL_PX = 5.0
INSET = np.array([1.0, 1.0, -2.0, -2.0])


@dataclass(frozen=True, slots=True)
class BodyFigures:
    """Per body: kW drawn or moved (NaN: none), load over rating (NaN: none), and whether load is past its limit."""

    power_kw: Floats
    load_frac: Floats


def screen_rects(camera: Camera, edges: Floats) -> Floats:
    """(n, 4) left, top, width, height in px of world bounds."""
    rects = np.empty((len(edges), 4))
    rects[:, 0], rects[:, 1] = camera.xs(edges[:, 0]), camera.ys(edges[:, 3])
    rects[:, 2] = (edges[:, 2] - edges[:, 0]) * camera.scale
    rects[:, 3] = (edges[:, 3] - edges[:, 1]) * camera.scale
    return rects


def visible_bodies(camera: Camera, bodies: Bodies, rows: Ints | None = None) -> tuple[Ints, Floats]:
    """Rows (of all, or of those given) whose footprint is in view, and their rectangles on the screen."""
    edges = bodies.bounds() if rows is None else bodies.bounds(rows)
    left, bottom, right, top = camera.world_bounds()
    seen = (edges[:, 0] < right) & (edges[:, 2] > left) & (edges[:, 1] < top) & (edges[:, 3] > bottom)
    kept = np.flatnonzero(seen)
    return kept if rows is None else rows[kept], screen_rects(camera, edges[kept])


def paint_bodies(
    painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, rows: Ints | None, level: int,
    figures: BodyFigures | None, overlay: Overlay | None,
) -> None:  # fmt: skip
    """Draw bodies: fills in batches, and what is readable at this level one by one."""
    rows, rects = visible_bodies(camera, bodies, rows)  # None: all of them
    if not len(rows):
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    large = np.minimum(rects[:, 2], rects[:, 3]) >= SMALL_PX  # of smaller ones the fill alone tells where they are
    framed = _frames(painter, theme, bodies, rows, rects, large)
    _fills(painter, theme, bodies, rows, np.where(framed[:, None], rects + INSET, rects), overlay)
    _borders(painter, theme, bodies, rows[large & ~framed], rects[large & ~framed])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    _edges(painter, theme, camera, bodies, rows[large], level)
    if level > HALL:
        for row, rect in zip(rows.tolist(), rects.tolist(), strict=True):
            _detail(painter, theme, bodies, row, QRectF(*rect), level, figures, overlay)


def _frames(painter: QPainter, theme: Theme, bodies: Bodies, rows: Ints, rects: Floats, large: Flags) -> Flags:
    """Hair lines around small units, drawn as filled rectangles below their fill: strokes would cost most of a repaint.

    Returns which bodies have got theirs.
    """
    small = large & (bodies.kind[rows] >= RACK_KINDS) & (np.minimum(rects[:, 2], rects[:, 3]) < 2 * SMALL_PX)
    if not small.any():
        return small
    painter.setPen(Qt.PenStyle.NoPen)
    for code, name in enumerate(LOOKS):
        pick = small & (bodies.look[rows] == code)
        painter.setBrush(theme.colour(name))
        draw_rects(painter, rects[pick])
    return small


def _fills(painter: QPainter, theme: Theme, bodies: Bodies, rows: Ints, rects: Floats, overlay: Overlay | None) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    coloured = np.zeros(len(rows), dtype=bool)
    if overlay is not None:
        known = np.isfinite(overlay.values[rows])
        shade = overlay.colours(theme)[rows]
        packed = (shade.astype(np.int64) * [65536, 256, 1]).sum(axis=1) >> 3  # near-equal colours share a call
        for code in np.unique(packed[known]):
            pick = known & (packed == code)
            painter.setBrush(QColor(*shade[np.flatnonzero(pick)[0]].tolist()))
            draw_rects(painter, rects[pick])
        coloured = known
    for kind, name in enumerate(KINDS):
        pick = (bodies.kind[rows] == kind) & ~coloured
        painter.setBrush(theme.colour(f"obj.{name}_fill"))
        draw_rects(painter, rects[pick])


def _borders(painter: QPainter, theme: Theme, bodies: Bodies, rows: Ints, rects: Floats) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    plain = bodies.kind[rows] < RACK_KINDS
    painter.setPen(pen(theme.colour("obj.rack_line")))
    draw_rects(painter, rects[plain])
    look = bodies.look[rows]
    for code, name in enumerate(LOOKS):
        pick = ~plain & (look == code)
        if pick.any():
            painter.setPen(pen(theme.colour(name), 2.0 if code else 1.0))
            draw_rects(painter, rects[pick])


def _edges(painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, rows: Ints, level: int) -> None:
    """Front edge solid in cold colour, rear edge hatched in hot colour (racks and air units)."""
    rows = rows[(bodies.kind[rows] < RACK_KINDS)]
    if not len(rows):
        return
    turn = np.radians(bodies.turn_deg[rows])
    cos, sin = np.cos(turn), np.sin(turn)
    half_w, half_d = bodies.width_mm[rows] / 2, bodies.depth_mm[rows] / 2
    inset = (1.5 if level == HALL else 2.5) / camera.scale
    for front, name, width, dash in (
        (True, "air.cold", 2.0 if level == HALL else 4.0, None),
        (False, "air.hot", 3.0, [0.6, 0.6]),
    ):
        if level == HALL and not front:
            continue
        reach = (half_d - inset) * (-1.0 if front else 1.0)
        mid_x, mid_y = bodies.x_mm[rows] - sin * reach, bodies.y_mm[rows] + cos * reach
        dx, dy = cos * (half_w - inset), sin * (half_w - inset)
        lines = np.stack(
            [camera.xs(mid_x - dx), camera.ys(mid_y - dy), camera.xs(mid_x + dx), camera.ys(mid_y + dy)], axis=1
        )
        painter.setPen(pen(theme.colour(name), width, dash))
        draw_lines(painter, lines)


def _ink_on(theme: Theme, overlay: Overlay | None, row: int) -> QColor:
    """Text colour that reads on a body's fill."""
    if overlay is None or not np.isfinite(overlay.values[row]):
        return theme.colour("obj.text")
    red, green, blue = (int(v) for v in overlay.colours(theme)[row])
    bright = 0.299 * red + 0.587 * green + 0.114 * blue
    return theme.colour("surface.canvas") if (bright > 135) == theme.is_dark else theme.colour("text.primary")


def _detail(
    painter: QPainter, theme: Theme, bodies: Bodies, row: int, box: QRectF, level: int, figures: BodyFigures | None,
    overlay: Overlay | None,
) -> None:  # fmt: skip
    """Name, icon, airflow triangle and heat badge, as far as there is room."""
    if box.width() < 22 or box.height() < 22:
        return
    ink = _ink_on(theme, overlay, row)
    if bodies.kind[row] < 3:
        _triangle(painter, theme, bodies, row, box)
    title_face = fonts.font(fonts.CAPTION, fonts.STRONG)
    title = bodies.titles[row]
    room = QFontMetricsF(title_face).horizontalAdvance(title) <= box.width() - 2
    front_on_top = bodies.kind[row] < 3 and 90 < int(bodies.turn_deg[row]) % 360 < 270
    y = box.top() + (14.0 if front_on_top else min(7.0, box.height() * 0.1))
    if bodies.kind[row] == 4 and box.width() > 70:
        _power_text(painter, theme, bodies, row, box, figures)
        return
    if room and box.height() > 26:
        label(painter, QRectF(box.left(), y, box.width(), 16), title, ink, title_face, Qt.AlignmentFlag.AlignCenter)
        y += 18
    if box.bottom() - y > 44:
        icons.draw(painter, bodies.icons[row], ink, box.center().x() - 8, y)
        y += 20
    if figures is not None:
        _badge(painter, theme, bodies, row, box, y, figures)
    if level == RACK and box.bottom() - y > 80:
        face = fonts.font(fonts.CAPTION)
        text = QFontMetricsF(face).elidedText(bodies.details[row], Qt.TextElideMode.ElideRight, box.width() - 12)
        label(
            painter,
            QRectF(box.left() + 6, box.bottom() - 30, box.width() - 12, 16),
            text,
            ink,
            face,
            Qt.AlignmentFlag.AlignCenter,
        )


def _triangle(painter: QPainter, theme: Theme, bodies: Bodies, row: int, box: QRectF) -> None:
    """A small triangle at the front edge that points into the rack."""
    turn = math.radians(float(bodies.turn_deg[row]))
    inward = QPointF(-math.sin(turn), -math.cos(turn))  # on the screen, where y runs down
    side = QPointF(-inward.y(), inward.x())
    reach = box.height() / 2 if abs(inward.y()) > 0.5 else box.width() / 2
    tip = box.center() - inward * (reach - 13)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("air.cold"))
    painter.drawPolygon(QPolygonF([tip, tip - inward * 6 + side * 4.5, tip - inward * 6 - side * 4.5]))


def _power_text(
    painter: QPainter, theme: Theme, bodies: Bodies, row: int, box: QRectF, figures: BodyFigures | None
) -> None:
    """Power units: name and load on the left, side badge is drawn with the feeds."""
    ink = theme.colour("obj.text")
    inner = box.adjusted(7, 4, -22, -4)
    face = fonts.font(fonts.CAPTION, fonts.STRONG)
    name = QFontMetricsF(face).elidedText(bodies.titles[row], Qt.TextElideMode.ElideRight, inner.width())
    label(painter, QRectF(inner.left(), inner.top(), inner.width(), 16), name, ink, face)
    lines = [bodies.details[row]]
    if figures is not None and math.isfinite(figures.load_frac[row]):
        lines = [f"load {100 * figures.load_frac[row]:.0f} %", *lines]
    small = fonts.font(fonts.CAPTION)
    for index, line in enumerate(lines):
        y = inner.top() + 17 + 15 * index
        if y + 14 <= inner.bottom() + 3:
            text = QFontMetricsF(small).elidedText(line, Qt.TextElideMode.ElideRight, inner.width() + 14)
            label(painter, QRectF(inner.left(), y, inner.width() + 14, 15), text, theme.colour("text.secondary"), small)


def _badge(
    painter: QPainter, theme: Theme, bodies: Bodies, row: int, box: QRectF, y: float, figures: BodyFigures
) -> None:
    """Heat badge: kW (percent of rating for cooling units) and a 3 px load bar under it."""
    power, load = figures.power_kw[row], figures.load_frac[row]
    if bodies.kind[row] == 3:
        text = f"{100 * load:.0f} %" if math.isfinite(load) else "–"
    else:
        text = number(float(power), 3) if math.isfinite(power) else "–"
    face = fonts.font(fonts.CAPTION, fonts.STRONG)
    if (
        bodies.kind[row] != 3
        and QFontMetricsF(face).horizontalAdvance(text) + 8 > box.width() - 4
        and math.isfinite(power)
    ):
        text = f"{power:.0f}"  # a narrow rack shows whole kilowatts rather than nothing
    width = min(max(24.0, QFontMetricsF(face).horizontalAdvance(text) + 8), box.width() - 3)
    if QFontMetricsF(face).horizontalAdvance(text) + 2 > width or box.bottom() - y < 24:
        return
    badge = QRectF(box.center().x() - width / 2, y + 1, width, 17)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("surface.canvas"))
    painter.drawRoundedRect(badge, 3, 3)
    hot = math.isfinite(load) and load > 1.0
    label(
        painter,
        badge,
        text,
        theme.colour("wall.thermal" if hot else "text.primary"),
        face,
        Qt.AlignmentFlag.AlignCenter,
    )
    bar = QRectF(badge.left(), badge.bottom() + 2, badge.width(), 3)
    if math.isfinite(load) and bar.bottom() < box.bottom():
        painter.setBrush(theme.colour("surface.canvas"))
        painter.drawRect(bar)
        name = "wall.thermal" if bodies.kind[row] == 3 or hot else "wall.power"
        painter.setBrush(theme.colour(name))
        painter.drawRect(QRectF(bar.left(), bar.top(), bar.width() * min(1.0, load), 3))
        if hot:
            painter.setBrush(hatch(theme.colour("surface.canvas"), dense=True))
            painter.drawRect(bar)
