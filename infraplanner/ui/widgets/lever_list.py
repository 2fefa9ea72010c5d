"""What one more unit buys: a row a change, with the wall it works on, in words, and what it gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.units import number, scaled

from .wall_row import tile

if TYPE_CHECKING:
    from infraplanner.explore.levers import Lever

ROW_PX, GAIN_PX = 26, 66


class LeverRow(QWidget):
    """One change; Enter or a double click makes it."""

    wanted = Signal(object)
    kept = Signal(object)

    def __init__(self, lever: Lever, top: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lever, self.top = lever, top
        self.setFixedHeight(ROW_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        gain = " ".join(scaled(lever.tokens_gained_per_s, "tok/s"))
        price = "unknown" if lever.capex_usd is None else " ".join(scaled(lever.capex_usd, "$"))
        note = f"; {lever.offer.note}" if lever.offer.note else ""
        lines = (
            f"{lever.offer.text}: +{gain}, {number(100 * lever.gain_frac, 2)} %{note}",
            f"Capital {price}; binds then: {lever.binding_wall or 'nothing'}",
            "Enter or a double click makes the change; undo takes it back. A right click keeps it as a scenario.",
        )
        self.setToolTip("\n".join(lines))
        self.setAccessibleName(lines[0])

    def sizeHint(self) -> QSize:
        """As designed."""
        return QSize(280, ROW_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Tile, words, gain, and a bar as long as the gain."""
        theme, wall = current().theme, self.lever.offer.wall
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.fillRect(self.rect(), theme.colour("surface.hover"))
        tile(painter, wall, QRectF(0, 4, 18, 18))
        strong, plain = fonts.font(fonts.CAPTION, fonts.STRONG), fonts.font(fonts.CAPTION)
        value, unit = scaled(self.lever.tokens_gained_per_s, "")
        gain = f"+{value} {unit}".strip()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(strong)
        painter.setPen(theme.colour("text.primary"))
        painter.drawText(
            QRectF(self.width() - GAIN_PX, 0, GAIN_PX, ROW_PX - 3), middle | Qt.AlignmentFlag.AlignRight, gain
        )
        painter.setFont(plain)
        room = self.width() - GAIN_PX - 30
        words = QFontMetricsF(plain).elidedText(self.lever.offer.text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(26, 0, room, ROW_PX - 3), middle, words)
        if self.top > 0.0:
            length = GAIN_PX * self.lever.tokens_gained_per_s / self.top
            painter.fillRect(QRectF(self.width() - length, ROW_PX - 4, length, 2), theme.colour(f"wall.{wall}"))

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Make the change."""
        self.wanted.emit(self.lever)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Make it, or keep it as a scenario."""
        menu = QMenu(self)
        menu.addAction(self.tr("Make this change"), lambda: self.wanted.emit(self.lever))
        menu.addAction(self.tr("Keep as a scenario"), lambda: self.kept.emit(self.lever))
        menu.exec(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter makes the change."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wanted.emit(self.lever)
        else:
            super().keyPressEvent(event)
