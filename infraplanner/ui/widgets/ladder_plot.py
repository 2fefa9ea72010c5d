"""The ladder as bars: the plan, then each change, in the colour of the wall that stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.units import number, scaled

from .wall_row import LETTERS, tile

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

    from infraplanner.explore.ladder import Ladder, Rung

HEAD_PX, AXIS_PX = 26, 8
TILE_PX, LINE_PX = 18, 15
FOOT_PX = 4 * LINE_PX + 10


class LadderPlot(QWidget):
    """A bar a rung with its error band; below it the change and what it costs. A double click makes the changes up to it."""

    wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ladder: Ladder | None = None
        self.message = ""
        self.setMinimumHeight(200)

    def show_ladder(self, ladder: Ladder | None, message: str = "") -> None:
        """Show rungs, or a sentence in their place."""
        self.ladder, self.message = ladder, message
        rungs = ladder.rungs if ladder is not None else ()
        words = (f"{number(r.tokens_per_s)} tok/s, {r.binding_wall} binds" for r in rungs)
        self.setAccessibleName("; ".join(words) or message)
        self.update()

    def _slot(self, index: int) -> QRectF:
        count = len(self.ladder.rungs) if self.ladder is not None else 1
        width = (self.width() - AXIS_PX) / max(1, count)
        return QRectF(AXIS_PX + index * width, HEAD_PX, width, self.height() - HEAD_PX - FOOT_PX)

    def _hit(self, x: float) -> int:
        count = len(self.ladder.rungs) if self.ladder is not None else 0
        return next((i for i in range(count) if self._slot(i).left() <= x < self._slot(i).right()), -1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bars from zero, joined by dashed lines from each top to the next."""
        theme = current().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rungs = self.ladder.rungs if self.ladder is not None else ()
        if not rungs:
            painter.setFont(fonts.font(fonts.BODY))
            painter.setPen(theme.colour("text.muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.message)
            return
        top = max(rung.high_per_s or rung.tokens_per_s for rung in rungs)
        for index, rung in enumerate(rungs):
            self._bar(painter, index, rung, top, rungs[index + 1] if index + 1 < len(rungs) else None)
        painter.setPen(theme.colour("border.control"))
        base = self._slot(0).bottom()
        painter.drawLine(AXIS_PX, int(base), self.width(), int(base))

    def _bar(self, painter: QPainter, index: int, rung: Rung, top: float, later: Rung | None) -> None:
        theme, slot = current().theme, self._slot(index)
        name = f"wall.{rung.binding_wall}" if rung.binding_wall in LETTERS else "text.muted"
        height = slot.height() * rung.tokens_per_s / top
        width = min(96.0, 0.72 * slot.width())
        box = QRectF(slot.center().x() - width / 2, slot.bottom() - height, width, height)
        painter.fillRect(box, theme.colour(name, 0.55 if index else 1.0))
        painter.fillRect(QRectF(box.left(), box.top(), box.width(), 3), theme.colour(name))
        if later is not None:
            painter.setPen(QPen(theme.colour("text.muted"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(int(box.right()), int(box.top()), int(self._slot(index + 1).center().x()), int(box.top()))
        above = box.top()
        if rung.low_per_s is not None and rung.high_per_s is not None:
            ends = [slot.bottom() - slot.height() * end / top for end in (rung.low_per_s, rung.high_per_s)]
            painter.setPen(QPen(theme.colour("text.primary"), 1.5))
            x = int(box.center().x())
            painter.drawLine(x, int(ends[0]), x, int(ends[1]))
            for end in ends:
                painter.drawLine(x - 4, int(end), x + 4, int(end))
            above = ends[1]
        tile(painter, rung.binding_wall, QRectF(box.center().x() - TILE_PX / 2, box.bottom() - 24, TILE_PX, TILE_PX))
        painter.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
        painter.setPen(theme.colour("text.primary"))
        value = " ".join(scaled(rung.tokens_per_s, "")).strip()
        painter.drawText(QRectF(slot.left(), above - 20, slot.width(), 18), Qt.AlignmentFlag.AlignCenter, value)
        self._foot(painter, slot, rung)

    def _foot(self, painter: QPainter, slot: QRectF, rung: Rung) -> None:
        theme = current().theme
        strong, plain = fonts.font(fonts.CAPTION, fonts.STRONG), fonts.font(fonts.CAPTION)
        change = rung.change.text if rung.change is not None else self.tr("now")
        price = "" if rung.change is None else _price(rung.capex_usd)
        gain = f"+{number(100 * rung.gain_frac, 2)} %" if rung.change is not None else rung.where
        room = slot.width() - 8
        painter.setFont(strong)
        painter.setPen(theme.colour("text.primary"))
        head = QRectF(slot.left() + 4, slot.bottom() + 4, room, 2 * LINE_PX)
        wrapped = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(head, wrapped, change)
        painter.setFont(plain)
        painter.setPen(theme.colour("text.secondary"))
        for line, text in enumerate((gain, price)):
            words = QFontMetricsF(plain).elidedText(text, Qt.TextElideMode.ElideMiddle, room)
            box = QRectF(slot.left() + 4, slot.bottom() + 6 + LINE_PX * (2 + line), room, LINE_PX)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def event(self, event: QEvent) -> bool:
        """A tooltip a bar: the change in full."""
        if isinstance(event, QHelpEvent) and self.ladder is not None:
            index = self._hit(event.pos().x())
            if index >= 0:
                QToolTip.showText(event.globalPos(), self._told(index), self)
                return True
        return super().event(event)

    def _told(self, index: int) -> str:
        assert self.ladder is not None
        rung = self.ladder.rungs[index]
        tokens = " ".join(scaled(rung.tokens_per_s, "tok/s"))
        lines = [f"{tokens}; {rung.binding_wall} binds {rung.where}".rstrip()]
        if rung.change is not None:
            lines.insert(0, f"{rung.change.text}: +{number(100 * rung.gain_frac, 2)} %, {_price(rung.capex_usd)}")
            lines.append(self.tr("A double click makes all changes up to here."))
        return "\n".join(lines)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Make the changes up to a bar."""
        index = self._hit(event.position().x())
        if index > 0:
            self.wanted.emit(index)


def _price(usd: float | None) -> str:
    return "$ ?" if usd is None else "$ 0" if abs(usd) < 1.0 else " ".join(scaled(usd, "$"))
