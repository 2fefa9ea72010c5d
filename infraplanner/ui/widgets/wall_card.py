"""A wall at full size: how much is used and how sure that is, where, what one per cent more buys, and the last edits."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen

from infraplanner.results.snapshot import WallResult
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.units import number

from .wall_row import TOP, WallRow, tile

CARD_PX = 124
MARKS = (0, 25, 50, 75, 100)


class WallCard(WallRow):
    """The row of the panel, drawn large."""

    def __init__(self, wall: str, title: str) -> None:
        super().__init__(wall, title)
        self.next_words = ""
        self.setFixedHeight(CARD_PX)

    def sizeHint(self) -> QSize:
        """As designed."""
        return QSize(560, CARD_PX)

    def show_wall(self, result: WallResult, tag: str, settled: bool, next_words: str) -> None:
        """Show a wall; `next_words` says what binds after it."""
        self.next_words = next_words
        self.show_result(result, tag, settled)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the card."""
        theme = current().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        binds = self.tag == "BINDS" or self.tag.startswith("MAY")
        card = QRectF(0.5, 4.5, self.width() - 1, self.height() - 9)
        painter.setPen(theme.colour(f"wall.{self.wall}") if binds else theme.colour("border.subtle"))
        painter.setBrush(
            theme.colour(f"wall.{self.wall}", theme.tint("wall_row")) if binds else theme.colour("surface.raised")
        )
        painter.drawRoundedRect(card, 6, 6)
        tile(painter, self.wall, QRectF(14, 18, 32, 32))
        title = fonts.font(fonts.TITLE, fonts.STRONG)
        painter.setFont(title)
        painter.setPen(theme.colour("text.primary"))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(58, 14, 160, 20), left, self.title)
        if self.tag:
            painter.save()
            painter.translate(0, 10)
            self._tag(painter, 58 + QFontMetricsF(title).horizontalAdvance(self.title) + 10)
            painter.restore()
        self._where(painter)
        self._edits(painter)
        self._figure(painter)
        painter.save()
        painter.translate(12, 16)
        self._bar(painter)
        painter.restore()
        self._feet(painter)

    def _bar_box(self) -> QRectF:
        return QRectF(46, 46, self.width() - 72, 11)

    def _where(self, painter: QPainter) -> None:
        theme, small = current().theme, fonts.font(fonts.CAPTION)
        painter.setFont(small)
        painter.setPen(theme.colour("text.link" if self.result.where else "text.muted"))
        room = self.width() * 0.42 - 58
        text = QFontMetricsF(small).elidedText(self.result.where or "–", Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(58, 35, room, 16), Qt.AlignmentFlag.AlignLeft, text)

    def _figure(self, painter: QPainter) -> None:
        theme, value = current().theme, self.result.utilisation
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(fonts.font(fonts.HEADLINE, fonts.STRONG))
        over = value is not None and value > 1.0
        painter.setPen(theme.colour(f"wall.{self.wall}" if self.tag == "BINDS" or over else "text.primary"))
        text = "–" if value is None else f"{100 * value:.0f} %"
        painter.drawText(QRectF(0, 10, self.width() - 16, 26), right, text)
        if value is not None and self.band is not None:
            painter.setFont(fonts.font(fonts.CAPTION))
            painter.setPen(theme.colour("text.muted"))
            ends = " – ".join(f"{100 * value * end:.0f}" for end in self.band)
            painter.drawText(QRectF(0, 35, self.width() - 16, 16), right, f"{ends} %")

    def _edits(self, painter: QPainter) -> None:
        """The last edits as a line, with its caption."""
        if len(self.trail) < 3:
            return
        theme = current().theme
        box = QRectF(self.width() * 0.48, 16, self.width() * 0.2, 20)
        low, high = min(self.trail), max(self.trail)
        span = max(high - low, 0.02)
        points = [
            QPointF(
                box.left() + box.width() * i / (len(self.trail) - 1), box.bottom() - box.height() * (v - low) / span
            )
            for i, v in enumerate(self.trail)
        ]
        painter.setPen(QPen(theme.colour(f"wall.{self.wall}"), 1.5))
        painter.drawPolyline(points)
        painter.setBrush(theme.colour(f"wall.{self.wall}"))
        painter.drawEllipse(points[-1], 2.5, 2.5)
        painter.setFont(fonts.font(fonts.CAPTION))
        painter.setPen(theme.colour("text.muted"))
        words = self.tr("last {0} edits").format(len(self.trail))
        painter.drawText(QRectF(box.left(), 37, box.width() + 40, 14), Qt.AlignmentFlag.AlignLeft, words)

    def _feet(self, painter: QPainter) -> None:
        """Scale below the bar, then elasticity, what follows and how the wall is measured."""
        theme = current().theme
        box = self._bar_box()
        painter.setFont(fonts.font(fonts.CAPTION))
        painter.setPen(theme.colour("text.muted"))
        for mark in MARKS:
            x = 12 + box.left() + box.width() * mark / 100 / TOP
            words = f"{mark} %" if mark == MARKS[-1] else str(mark)
            side = Qt.AlignmentFlag.AlignLeft if mark == 0 else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(QRectF(x if mark == 0 else x - 30, 76, 60, 14), side, words)
        slope = self.result.elasticity
        known = self.tr("no model links it to tokens") if slope is None else number(slope, 2)
        parts = [(self.tr("elasticity"), known)]
        if self.next_words:
            parts.append((self.tr("then"), self.next_words))
        x = 58.0
        for caption, words in parts:
            for text, weight, ink in ((caption, fonts.NORMAL, "text.secondary"), (words, fonts.STRONG, "text.primary")):
                face = fonts.font(fonts.CAPTION, weight)
                painter.setFont(face)
                painter.setPen(theme.colour(ink))
                width = QFontMetricsF(face).horizontalAdvance(text)
                painter.drawText(QRectF(x, 94, width + 2, 16), Qt.AlignmentFlag.AlignLeft, text)
                x += width + 6
            x += 18
        small = fonts.font(fonts.CAPTION)
        painter.setFont(small)
        painter.setPen(theme.colour("text.muted"))
        room = self.width() - 16 - x
        if room > 60:
            text = QFontMetricsF(small).elidedText(self.result.note, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(x, 94, room, 16), Qt.AlignmentFlag.AlignLeft, text)
