"""The severity glyph: octagon, triangle, circle, square; shape and colour both tell."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from infraplanner.ui.theme import fonts, tokens
from infraplanner.ui.theme.tokens import Theme


def severity_glyph(painter: QPainter, theme: Theme, severity: str, at: QPointF, text: str, radius: float = 8.0) -> None:
    """Draw the glyph of `error`, `warning`, `info` or `waived` with a short text in it."""
    painter.setPen(QPen(theme.colour("selection.casing"), 1))
    painter.setBrush(theme.colour(f"status.{severity}"))
    sides = {"error": 8, "warning": 3, "waived": 4}.get(severity)
    if sides is None:
        painter.drawEllipse(at, radius, radius)
    else:
        size = radius * (1.35 if sides == 3 else 1.08)
        offset = math.pi / 8 if sides == 8 else math.pi / 4 if sides == 4 else -math.pi / 2
        angles = [offset + index * 2 * math.pi / sides for index in range(sides)]
        painter.drawPolygon(QPolygonF([at + QPointF(size * math.cos(a), size * math.sin(a)) for a in angles]))
    box = QRectF(at.x() - radius, at.y() - radius + (2 if sides == 3 else 0), 2 * radius, 2 * radius)
    painter.setFont(fonts.font(fonts.CAPTION, fonts.TILE))
    painter.setPen(theme.colour("text.on_data"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


GLYPH_PX = 28
"""Side of the picture that holds a glyph of the usual size."""


def stamp_glyph(painter: QPainter, theme: Theme, severity: str, at: QPointF, text: str) -> None:
    """The same from a picture made once, to whole pixels: for the screen, where many are drawn at every repaint."""
    ratio = painter.device().devicePixelRatio()
    half = GLYPH_PX / 2
    painter.drawPixmap(round(at.x() - half), round(at.y() - half), _picture(theme.name, severity, text, ratio))


@lru_cache(maxsize=1024)
def _picture(theme: str, severity: str, text: str, ratio: float) -> QPixmap:
    made = QPixmap(round(GLYPH_PX * ratio), round(GLYPH_PX * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    severity_glyph(painter, tokens.theme(theme), severity, QPointF(GLYPH_PX / 2, GLYPH_PX / 2), text)
    painter.end()
    return made
