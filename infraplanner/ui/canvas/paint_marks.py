"""Selection, hover, ghosts, guides, findings, marquee, measure: what comes and goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPolygonF

from infraplanner.results.findings import Finding
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.tokens import Theme
from infraplanner.ui.widgets.severity import stamp_glyph
from infraplanner.units import whole

from .camera import Camera
from .ink import cased, hatch, label, pen, pill
from .scene import Bodies
from .snapping import Guide

OUTLINED_PX = 10.0
"""Smaller bodies are marked by the glyph of their finding alone: no dash would be seen."""


def body_path(camera: Camera, bodies: Bodies, row: int, grow_px: float = 0.0) -> QPainterPath:
    """Outline of a body's footprint, turned as it stands."""
    turn = np.radians(bodies.turn_deg[row])
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    grow = grow_px / camera.scale
    w, d = float(bodies.width_mm[row]) / 2 + grow, float(bodies.depth_mm[row]) / 2 + grow
    x, y = float(bodies.x_mm[row]), float(bodies.y_mm[row])
    corners = [(-w, -d), (w, -d), (w, d), (-w, d)]
    path = QPainterPath()
    path.addPolygon(
        QPolygonF([camera.to_screen(x + cx * cos - cy * sin, y + cx * sin + cy * cos) for cx, cy in corners])
    )
    path.closeSubpath()
    return path


def frame_of(bodies: Bodies, rows: Sequence[int]) -> tuple[float, float, float, float]:
    """World frame (left, bottom, right, top) around bodies, mm."""
    edges = bodies.bounds()[list(rows)]
    return edges[:, 0].min(), edges[:, 1].min(), edges[:, 2].max(), edges[:, 3].max()


def paint_selection(painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, rows: Sequence[int]) -> None:
    """Outline and handles; several bodies share one frame."""
    line = pen(theme.colour("selection.line"), 2)
    for row in rows:
        cased(painter, theme, body_path(camera, bodies, row, 1), line)
    if not rows:
        return
    box = camera.rect(*frame_of(bodies, rows))
    if len(rows) > 1:
        painter.setPen(pen(theme.colour("selection.line"), 1, [4.0, 3.0]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(-6, -6, 6, 6))
        box = box.adjusted(-6, -6, 6, 6)
    painter.setPen(pen(theme.colour("selection.line"), 1.5))
    painter.setBrush(theme.colour("surface.raised"))
    for corner in (box.topLeft(), box.topRight(), box.bottomLeft(), box.bottomRight()):
        painter.drawRect(QRectF(corner.x() - 4, corner.y() - 4, 8, 8))


def paint_failed(
    painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, failed: Iterable[str], lost: Iterable[str]
) -> None:
    """Failed bodies: half desaturated under a thick cross with a pill; bodies that lost power: a broken outline."""
    colour = theme.colour("status.error")
    for key in lost:
        row = bodies.index.get(key, -1)
        if row >= 0:
            cased(painter, theme, body_path(camera, bodies, row), pen(colour, 2, [2.0, 3.0]))
    for key in sorted(failed):
        row = bodies.index.get(key, -1)
        if row < 0:
            continue
        path = body_path(camera, bodies, row)
        box = path.boundingRect()
        painter.fillPath(path, theme.colour("surface.canvas", 0.5))
        cross = QPainterPath(box.topLeft())
        cross.lineTo(box.bottomRight())
        cross.moveTo(box.topRight())
        cross.lineTo(box.bottomLeft())
        cased(painter, theme, cross, pen(colour, 3))
        if box.width() > 30:
            pill(
                painter,
                theme,
                box.center(),
                "FAILED" if box.width() > 58 else "x",
                "status.error",
                "text.on_data",
                fonts.STRONG,
            )


def paint_hover(painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, row: int) -> None:
    """A thin outline under the pointer."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen(theme.colour("selection.hover")))
    painter.drawPath(body_path(camera, bodies, row))


def paint_marquee(painter: QPainter, theme: Theme, start: QPointF, end: QPointF) -> None:
    """Left to right encloses (solid), right to left touches (dashed)."""
    colour = theme.colour("selection.marquee")
    painter.setPen(pen(colour, 1, [4.0, 3.0] if end.x() < start.x() else None))
    painter.setBrush(theme.colour("selection.marquee", theme.tint("marquee")))
    painter.drawRect(QRectF(start, end).normalized())


def paint_ghosts(
    painter: QPainter,
    theme: Theme,
    camera: Camera,
    bodies: Bodies,
    rows: Iterable[int],
    clashes: Sequence[tuple[int, int]],
) -> None:
    """Moving bodies as ghosts: green and ticked where they may stand, red and hatched where they collide."""
    bad = {row for row, _ in clashes}
    for row in rows:
        name = "selection.ghost_bad" if row in bad else "selection.ghost_ok"
        path = body_path(camera, bodies, row)
        painter.fillPath(path, theme.colour(name, theme.tint("ghost")))
        cased(painter, theme, path, pen(theme.colour(name), 2, [5.0, 3.0]))
    for row, other in clashes:
        overlap = body_path(camera, bodies, row).intersected(body_path(camera, bodies, other))
        painter.fillPath(overlap, hatch(theme.colour("selection.ghost_bad"), dense=True))


def paint_guides(painter: QPainter, theme: Theme, camera: Camera, guides: Iterable[Guide]) -> None:
    """Dashed lines through both objects, with a glyph that says what snapped."""
    for guide in guides:
        if guide.axis == "x":
            a, b = camera.to_screen(guide.at_mm, guide.low_mm), camera.to_screen(guide.at_mm, guide.high_mm)
        else:
            a, b = camera.to_screen(guide.low_mm, guide.at_mm), camera.to_screen(guide.high_mm, guide.at_mm)
        path = QPainterPath(a)
        path.lineTo(b)
        cased(painter, theme, path, pen(theme.colour("accent.line"), 1, [4.0, 3.0]))
        painter.setBrush(theme.colour("accent.line"))
        painter.setPen(Qt.PenStyle.NoPen)
        for end in (a, b):
            box = QRectF(end.x() - 3, end.y() - 3, 6, 6)
            if guide.glyph == "centre":
                painter.drawEllipse(box)
            else:
                painter.drawRect(box)


def paint_distance(
    painter: QPainter, theme: Theme, camera: Camera, a: tuple[float, float], b: tuple[float, float]
) -> None:
    """A dimension line with its length in millimetres."""
    start, end = camera.to_screen(*a), camera.to_screen(*b)
    path = QPainterPath(start)
    path.lineTo(end)
    cased(painter, theme, path, pen(theme.colour("accent.line"), 1))
    length = float(np.hypot(b[0] - a[0], b[1] - a[1]))
    pill(
        painter,
        theme,
        (start + end) / 2,
        f"{whole(length)} mm",
        "accent.base",
        "text.on_accent",
        fonts.STRONG,
    )


def paint_findings(
    painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, findings: Sequence[Finding]
) -> None:
    """A dashed zone in the severity's colour around what a finding is about, with its glyph and number."""
    for number_, finding in enumerate(findings, 1):
        rows = [bodies.index[key] for key in finding.targets[:8] if key in bodies.index]
        if not rows or finding.waived:
            continue
        line = pen(theme.colour(f"status.{finding.severity}"), 2, [3.0, 2.0])
        for row in rows:
            if max(bodies.width_mm[row], bodies.depth_mm[row]) * camera.scale >= OUTLINED_PX:
                cased(painter, theme, body_path(camera, bodies, row, 3), line)
        box = body_path(camera, bodies, rows[0]).boundingRect()
        stamp_glyph(painter, theme, finding.severity, QPointF(box.left() + 2, box.top() - 2), str(number_))


def paint_readout(
    painter: QPainter, theme: Theme, at: QPointF, rows: Sequence[tuple[str, str]], bounds: QRectF
) -> None:
    """The box beside a ghost: what the move does, label left, figure right."""
    if not rows:
        return
    face, strong = fonts.font(fonts.CAPTION), fonts.font(fonts.CAPTION, fonts.STRONG)
    widths = QFontMetricsF(face), QFontMetricsF(strong)
    width = max(widths[0].horizontalAdvance(a) + widths[1].horizontalAdvance(b) for a, b in rows) + 44
    box = QRectF(at.x() + 18, at.y() + 14, max(170.0, width), 20.0 * len(rows) + 12)
    if box.right() > bounds.right() - 8:
        box.moveRight(at.x() - 18)
        if at.y() - 40 - box.height() > 30:
            box.moveBottom(at.y() - 40)  # above the pointer, so that it does not cover the row that is being worked on
    if box.bottom() > bounds.bottom() - 8:
        box.moveBottom(bounds.bottom() - 8)
    painter.setPen(pen(theme.colour("border.strong")))
    painter.setBrush(theme.colour("surface.overlay", 0.97))
    painter.drawRoundedRect(box, 6, 6)
    for index, (name, figure) in enumerate(rows):
        line = QRectF(box.left() + 12, box.top() + 6 + 20 * index, box.width() - 24, 20)
        label(painter, line, name, theme.colour("text.secondary"), face)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        label(painter, line, figure, theme.colour("text.primary"), strong, right)


def paint_banner(painter: QPainter, theme: Theme, camera: Camera, text: str) -> None:
    """What is failed and lost at the top of the floor, and below it what no longer has a second way or gets warm."""
    if text:
        first, _, second = text.partition("\n")
        pill(painter, theme, QPointF(camera.width / 2, 40), first, "status.error", "text.on_data", fonts.STRONG)
        if second:
            pill(
                painter, theme, QPointF(camera.width / 2, 60), second, "surface.overlay", "status.warning", fonts.STRONG
            )
