"""A chip that says how a number is known: DS, EST, MEAS, CALC, USER."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current

CHIP_OF = {
    "measured": "MEAS",
    "primary": "DS",
    "published": "DS",
    "secondary": "EST",
    "derived": "CALC",
    "default": "EST",
    "unverified": "EST",
}
_COLOUR = {
    "DS": "status.ok",
    "MEAS": "status.ok",
    "EST": "status.warning",
    "CALC": "text.secondary",
    "USER": "accent.line",
}


class SourceChip(QWidget):
    """40 x 18; hover tells source and grade."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self.setFixedSize(44, 20)

    def sizeHint(self) -> QSize:
        """Fixed."""
        return QSize(44, 20)

    def show_chip(self, text: str, tooltip: str = "") -> None:
        """Show a kind of source, or nothing."""
        self.text = text
        self.setToolTip(tooltip)
        self.setAccessibleName(f"{text} {tooltip}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """An outlined tag."""
        if not self.text:
            return
        theme = current().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = theme.colour(_COLOUR.get(self.text, "text.secondary"))
        painter.setPen(colour)
        painter.drawRoundedRect(QRectF(0.5, 1.5, 42, 17), 3, 3)
        painter.setFont(fonts.font(fonts.CAPTION, fonts.MEDIUM))
        painter.drawText(QRectF(0, 1, 43, 18), Qt.AlignmentFlag.AlignCenter, self.text)
