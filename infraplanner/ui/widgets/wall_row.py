"""A row of the walls panel: tile, bar from 0 to 120 %, limit line, where, and the BINDS or NEXT tag."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from infraplanner.results.snapshot import WallResult
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current

LETTERS = {"power": "P", "memory": "M", "thermal": "T", "copper": "C"}
TOP = 1.2


def tile(painter: QPainter, wall: str, box: QRectF) -> None:
    """The wall's tile with its letter: the same everywhere."""
    theme = current().theme
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(f"wall.{wall}") if wall in LETTERS else theme.colour("text.muted"))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(theme.colour("text.on_data"))
    painter.setFont(fonts.font(fonts.CAPTION if box.width() < 28 else fonts.TITLE, fonts.TILE))
    letter = LETTERS.get(wall, {"compute": "F", "demand": "D"}.get(wall, "–"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)


class WallRow(QWidget):
    """One wall, 62 px. The trail of the last edits runs behind the number."""

    where_clicked = Signal(str)

    def __init__(self, wall: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wall = wall
        self.title = title
        self.result = WallResult()
        self.tag = ""
        self.reference: float | None = None
        self.band: tuple[float, float] | None = None
        self.trail: list[float] = []
        self.setFixedHeight(62)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        """As designed."""
        return QSize(300, 62)

    def show_result(self, result: WallResult, tag: str, settled: bool) -> None:
        """Show a wall; `tag` is BINDS, NEXT or empty; settled results are added to the trail."""
        self.result, self.tag = result, tag
        if settled and result.utilisation is not None:
            self.trail = [*self.trail, result.utilisation][-30:]
        percent = "unknown" if result.utilisation is None else f"{100 * result.utilisation:.0f} %"
        self.setAccessibleName(f"{self.title} {percent} {self.tag} {result.where or ''}")
        self.setToolTip(result.note)
        self.update()

    def show_band(self, band: tuple[float, float] | None) -> None:
        """5 to 95 % of the samples as shares of what is used; None while unknown."""
        self.band = band
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the row."""
        theme = current().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = theme.colour(f"wall.{self.wall}")
        if self.tag == "BINDS":
            painter.fillRect(self.rect(), theme.colour(f"wall.{self.wall}", theme.tint("wall_row")))
            painter.fillRect(0, 0, 3, self.height(), colour)
        tile(painter, self.wall, QRectF(12, 8, 24, 24))
        face = fonts.font(fonts.BODY, fonts.STRONG)
        painter.setFont(face)
        painter.setPen(theme.colour("text.primary"))
        painter.drawText(QRectF(46, 5, 120, 17), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.title)
        if self.tag:
            self._tag(painter, 46 + QFontMetricsF(face).horizontalAdvance(self.title) + 8)
        small = fonts.font(fonts.CAPTION)
        painter.setFont(small)
        where = self.result.where or self.result.note or "–"
        painter.setPen(theme.colour("text.link" if self.result.where else "text.muted"))
        text = QFontMetricsF(small).elidedText(where, Qt.TextElideMode.ElideRight, self.width() - 46 - 84)
        painter.drawText(QRectF(46, 22, self.width() - 130, 16), Qt.AlignmentFlag.AlignLeft, text)
        self._number(painter)
        self._bar(painter)

    def _tag(self, painter: QPainter, x: float) -> None:
        theme = current().theme
        colour = theme.colour(f"wall.{self.wall}")
        face = fonts.font(fonts.CAPTION, fonts.TILE)
        box = QRectF(x, 6, QFontMetricsF(face).horizontalAdvance(self.tag) + 10, 16)
        filled = self.tag == "BINDS"
        painter.setPen(Qt.PenStyle.NoPen if filled else colour)
        painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(theme.colour("text.on_data") if filled else colour)
        painter.setFont(face)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.tag)

    def _number(self, painter: QPainter) -> None:
        theme = current().theme
        value = self.result.utilisation
        self._trail(painter)
        painter.setFont(fonts.font(fonts.PANEL_NUMBER, fonts.STRONG))
        over = value is not None and value > 1.0
        painter.setPen(theme.colour(f"wall.{self.wall}" if self.tag == "BINDS" or over else "text.primary"))
        text = "–" if value is None else f"{100 * value:.0f} %"
        painter.drawText(
            QRectF(0, 6, self.width() - 14, 22), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text
        )

    def _trail(self, painter: QPainter) -> None:
        if len(self.trail) < 3:
            return
        theme = current().theme
        low, high = min(self.trail), max(self.trail)
        span = max(high - low, 0.02)
        right, width = self.width() - 70.0, 60.0
        points = [
            QPointF(right - width + width * i / (len(self.trail) - 1), 30 - 18 * (v - low) / span)
            for i, v in enumerate(self.trail)
        ]
        painter.setPen(theme.colour(f"wall.{self.wall}", 0.6))
        painter.drawPolyline(points)

    def _bar_box(self) -> QRectF:
        return QRectF(46, 44, self.width() - 60, 7)

    def _bar(self, painter: QPainter) -> None:
        theme = current().theme
        bar = self._bar_box()
        painter.setPen(theme.colour("border.strong"))
        painter.setBrush(theme.colour("surface.canvas"))
        painter.drawRect(bar)
        value = self.result.utilisation
        colour = theme.colour(f"wall.{self.wall}")
        limit_x = bar.left() + bar.width() / TOP
        if value is not None:
            width = bar.width() * min(max(value, 0.0), TOP) / TOP
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRect(QRectF(bar.left(), bar.top(), width, bar.height()))
            if value > 1.0:
                painter.setBrush(theme.colour("surface.canvas"))
                over = QRectF(limit_x, bar.top(), bar.left() + width - limit_x, bar.height())
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.fillRect(over, theme.colour("surface.canvas", 0.35))
                painter.setPen(theme.colour("text.primary"))
                x = over.left()
                while x < over.right():
                    painter.drawLine(QPointF(x, over.bottom()), QPointF(min(x + 5, over.right()), over.top()))
                    x += 4
        if value is not None and self.band is not None:
            self._hatch(painter, bar, value)
        painter.fillRect(QRectF(limit_x - 1, bar.top() - 5, 2, bar.height() + 10), theme.colour("text.primary"))
        if self.reference is not None:
            x = bar.left() + bar.width() * min(self.reference, TOP) / TOP
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("text.muted"))
            painter.drawPolygon(
                [QPointF(x, bar.bottom() + 2), QPointF(x - 4, bar.bottom() + 8), QPointF(x + 4, bar.bottom() + 8)]
            )

    def _hatch(self, painter: QPainter, bar: QRectF, value: float) -> None:
        """The uncertain stretch: hatched, with ticks at both ends."""
        assert self.band is not None
        ends = [bar.left() + bar.width() * min(max(value * end, 0.0), TOP) / TOP for end in self.band]
        if ends[1] - ends[0] < 2.0:
            return
        ink = current().theme.colour("text.primary")
        box = QRectF(ends[0], bar.top(), ends[1] - ends[0], bar.height())
        painter.save()
        painter.setClipRect(box)
        painter.setPen(ink)
        x = box.left() - bar.height()
        while x < box.right():
            painter.drawLine(QPointF(x, box.bottom()), QPointF(x + bar.height(), box.top()))
            x += 4
        painter.restore()
        painter.setPen(ink)
        for x in ends:
            painter.drawLine(QPointF(x, bar.top() - 2), QPointF(x, bar.bottom() + 2))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over the place."""
        over = self.result.where is not None and 20 <= event.position().y() <= 40
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Zoom to what binds."""
        if self.result.where:
            self.where_clicked.emit(self.result.where)
