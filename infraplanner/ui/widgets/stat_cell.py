"""A headline figure: label, value with unit on one baseline, and what it moved against the reference."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from infraplanner.ui.theme import fonts, icons
from infraplanner.ui.theme.current import current


class StatCell(QWidget):
    """One cell of the headline strip. Unknown shows an en dash and keeps its reason in the tooltip."""

    clicked = Signal()
    why_wanted = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.value = "–"
        self.unit = ""
        self.change = ""
        self.better: bool | None = None
        self.note = ""
        self.provisional = False
        self.stale = False
        self.setMinimumWidth(118)
        self.setMaximumWidth(206)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(61)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """206 x 61 as designed."""
        return QSize(206, 61)

    def show_value(
        self, value: str, unit: str, *, provisional: bool = False, tooltip: str = "", note: str = ""
    ) -> None:
        """Show a figure; called at most 30 times a second, never animated. `note` is its uncertainty band."""
        self.value, self.unit, self.provisional, self.stale, self.note = value, unit, provisional, False, note
        self.setToolTip(tooltip)
        self.setAccessibleName(f"{self.title}: {value} {unit} {note}".rstrip())
        self.update()

    def show_change(self, text: str, better: bool | None) -> None:
        """The change against the reference; `better` decides the colour, the arrow the direction."""
        self.change, self.better = text, better
        self.update()

    def mark_stale(self) -> None:
        """An edit was made that this figure does not know yet."""
        self.stale = True
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw label, value, unit, change and band."""
        theme = current().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        caption = fonts.font(fonts.CAPTION, fonts.MEDIUM)
        painter.setFont(caption)
        painter.setPen(theme.colour("text.secondary"))
        painter.drawText(QRectF(16, 8, self.width() - 24, 16), Qt.AlignmentFlag.AlignLeft, self.title)
        known = self.value != "–"
        ink = theme.colour("text.muted" if self.stale or not known else "text.primary")
        head = fonts.font(fonts.HEADLINE, fonts.STRONG)
        painter.setFont(head)
        painter.setPen(ink)
        shown = self.value + ("~" if self.provisional and known else "")
        painter.drawText(
            QRectF(16, 25, self.width() - 18, 30), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown
        )
        x = 16 + QFontMetricsF(head).horizontalAdvance(shown) + 6
        painter.setFont(fonts.font(fonts.BODY))
        painter.setPen(theme.colour("text.secondary"))
        painter.drawText(
            QRectF(x, 29, self.width() - x, 26), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.unit
        )
        caption_ink = theme.colour("text.muted")
        if self.note and known:
            small = fonts.font(fonts.CAPTION)
            used = x + QFontMetricsF(fonts.font(fonts.BODY)).horizontalAdvance(self.unit) + 8
            room = self.width() - 10 - QFontMetricsF(small).horizontalAdvance(self.note)
            above = not self.change and not self.stale
            if above or used <= room:  # beside the label, or below the change; else only in the tooltip
                painter.setFont(small)
                painter.setPen(caption_ink)
                box = QRectF(0, 8 if above else 38, self.width() - 10, 16)
                painter.drawText(box, Qt.AlignmentFlag.AlignRight, self.note)
        if self.stale and known:
            icons.draw(painter, "clock", theme.colour("text.muted"), self.width() - 26, 8, 14)
        elif self.change:
            name = "text.muted" if self.better is None else "status.ok" if self.better else "status.warning"
            painter.setFont(fonts.font(fonts.CAPTION, fonts.MEDIUM))
            painter.setPen(theme.colour(name))
            painter.drawText(QRectF(0, 8, self.width() - 10, 16), Qt.AlignmentFlag.AlignRight, self.change)
        painter.setPen(theme.colour("border.subtle"))
        painter.drawLine(self.width() - 1, 14, self.width() - 1, 48)
        if self.hasFocus():
            painter.setPen(theme.colour("border.focus"))
            painter.drawRect(1, 1, self.width() - 4, self.height() - 3)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the figure's chart."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Chart or reason."""
        menu = QMenu(self)
        menu.addAction(self.tr("Why this figure?"), self.why_wanted.emit)
        menu.addAction(self.tr("Show its chart"), self.clicked.emit)
        menu.exec(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the chart, a question mark the reason."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        elif event.text() == "?":
            self.why_wanted.emit()
        else:
            super().keyPressEvent(event)
