"""One stacked bar of shares, largest first, labelled inside where there is room."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current

from .wall_row import LETTERS


class StackBar(QWidget):
    """Elasticities of the walls, normalised to 100 %."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shares: list[tuple[str, float]] = []
        self.setFixedHeight(22)

    def show_shares(self, shares: dict[str, float]) -> None:
        """Show positive shares; nothing is drawn when there are none."""
        total = sum(value for value in shares.values() if value > 0)
        ranked = sorted(shares.items(), key=lambda item: -item[1])
        self.shares = [(name, value / total) for name, value in ranked if value > 0] if total > 0 else []
        self.setAccessibleName(", ".join(f"{name} {100 * share:.0f} %" for name, share in self.shares))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the segments."""
        theme = current().theme
        painter = QPainter(self)
        x = 0.0
        painter.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
        for name, share in self.shares:
            width = share * self.width()
            box = QRectF(x, 2, max(1.0, width - 1), 18)
            painter.fillRect(box, theme.colour(f"wall.{name}") if name in LETTERS else theme.colour("text.muted"))
            letter = LETTERS.get(name, name.title())
            metrics, room = painter.fontMetrics(), box.width() - 4
            text = next(
                (
                    words
                    for words in (f" {letter} {100 * share:.0f} %", f" {letter}")
                    if metrics.horizontalAdvance(words) <= room
                ),
                "",
            )
            if text:
                painter.setPen(theme.colour("text.on_data"))
                painter.drawText(
                    box.adjusted(2, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text
                )
            x += width
