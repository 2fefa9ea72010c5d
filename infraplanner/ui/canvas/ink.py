"""Pens, casings and labels that all painters share."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.tokens import Theme

DASHES = {
    "dac": [1.0, 1.2],
    "aec": [2.0, 1.6],
    "multimode": [5.0, 2.0],
    "single_mode": None,
    "optical_switch": [7.0, 2.0, 1.5, 2.0],
    "feed.b": [5.0, 1.5],
    "return": [4.0, 1.5],
}
"""Dash patterns in pen widths, the second cue of every line colour."""


def pen(colour: QColor, width: float = 1.0, dash: list[float] | None = None) -> QPen:
    """A cosmetic pen with flat caps."""
    made = QPen(colour, width)
    made.setCosmetic(True)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    made.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if dash:
        made.setDashPattern(dash)
    return made


def cased(painter: QPainter, theme: Theme, path: QPainterPath, line: QPen) -> None:
    """Draw a path over a dark (light in the light theme) casing, so that it stands on any heat map."""
    casing = pen(theme.colour("selection.casing", theme.tint("casing")), line.widthF() + 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(casing)
    painter.drawPath(path)
    painter.setPen(line)
    painter.drawPath(path)


def polyline(points: list[QPointF]) -> QPainterPath:
    """An open path through points."""
    path = QPainterPath(points[0])
    for point in points[1:]:
        path.lineTo(point)
    return path


def pill(
    painter: QPainter, theme: Theme, at: QPointF, text: str, fill: str = "surface.overlay", ink: str = "text.primary",
    weight: int = fonts.MEDIUM,
) -> QRectF:  # fmt: skip
    """A small rounded label centred at a point; returns its box."""
    face = fonts.font(fonts.CAPTION, weight)
    metrics = QFontMetricsF(face)
    box = QRectF(0, 0, metrics.horizontalAdvance(text) + 12, 18)
    box.moveCenter(at)
    box.moveTo(round(box.left()), round(box.top()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(fill, 0.94))
    painter.drawRoundedRect(box, 4, 4)
    label(painter, box, text, theme.colour(ink), face, Qt.AlignmentFlag.AlignCenter)
    return box


def label(
    painter: QPainter, box: QRectF, text: str, colour: QColor, face: QFont,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
) -> None:  # fmt: skip
    """Text in a box."""
    painter.setFont(face)
    painter.setPen(colour)
    painter.drawText(box, align, text)


def hatch(colour: QColor, dense: bool = False) -> QBrush:
    """A 45 degree hatch."""
    return QBrush(colour, Qt.BrushStyle.BDiagPattern if not dense else Qt.BrushStyle.DiagCrossPattern)


def fits(text: str, face: QFont, width: float) -> bool:
    """True when a text fits into a width; labels that do not are dropped, never shrunk."""
    return QFontMetricsF(face).horizontalAdvance(text) <= width
