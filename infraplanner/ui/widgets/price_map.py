"""A year of electricity prices as people look at them: months down, hours across, coloured by price, with its scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from infraplanner.ui.theme import fonts, maps
from infraplanner.ui.theme.current import current
from infraplanner.units import number

Floats = NDArray[np.float64]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOURS = 24
TICKS_H = (0, 6, 12, 18, 24)
NAME_W, TICK_H, TITLE_H, LEGEND_H, GAP = 30.0, 18.0, 18.0, 32.0, 10.0
LEAST_ROW_H = 9.0
TEXT_H = 14.0
SIDE_BY_SIDE_W = 420
"""From this width on weekdays and weekends stand beside each other."""


class PriceMap(QWidget):
    """Two pictures of 12 months by 24 hours, weekdays and weekends; one where they are alike. Hover tells a price."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures: list[tuple[str, Floats]] = []
        self.unit = "$/kWh"
        self._boxes: list[tuple[QRectF, int]] = []
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Price of electricity by month and hour"))
        current().changed.connect(self.update)

    def show_prices(self, weekday: Floats, weekend: Floats) -> None:
        """Prices [USD/kWh], 12 x 24 each; empty arrays show nothing."""
        if not weekday.size:
            self.pictures = []
        elif np.array_equal(weekday, weekend):
            self.pictures = [(self.tr("Every day"), weekday)]
        else:
            self.pictures = [(self.tr("Weekdays"), weekday), (self.tr("Weekends"), weekend)]
        self.setAccessibleDescription(self._told())
        self.updateGeometry()
        self.update()

    def _told(self) -> str:
        low, high = self.span()
        return f"{number(low, 3)} to {number(high, 3)} {self.unit}" if self.pictures else ""

    def span(self) -> tuple[float, float]:
        """Lowest and highest price shown."""
        values = [values for _, values in self.pictures]
        return (float(np.min(values)), float(np.max(values))) if values else (0.0, 0.0)

    def _beside(self, width: float) -> bool:
        return len(self.pictures) > 1 and width >= SIDE_BY_SIDE_W

    def hasHeightForWidth(self) -> bool:
        """Stacked pictures are taller."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Rows of at least ten pixels."""
        stacked = 1 if self._beside(width) else max(1, len(self.pictures))
        return round(stacked * (TITLE_H + 12 * 10 + TICK_H + GAP) + LEGEND_H)

    def sizeHint(self) -> QSize:
        """As wide as the inspector."""
        return QSize(270, self.heightForWidth(270))

    def minimumSizeHint(self) -> QSize:
        """Rows that can still be told apart."""
        return QSize(200, round(TITLE_H + 12 * 6 + TICK_H + LEGEND_H))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Pictures, their axes, and the scale below."""
        painter = QPainter(self)
        painter.setFont(fonts.font(fonts.CAPTION))
        self._boxes = []
        if not self.pictures:
            return
        count, beside = len(self.pictures), self._beside(self.width())
        wide = (self.width() - (GAP if beside else 0.0)) / (count if beside else 1)
        high = (self.height() - LEGEND_H) / (1 if beside else count)
        for index, (name, values) in enumerate(self.pictures):
            left, top = (index * (wide + GAP), 0.0) if beside else (0.0, index * high)
            box = QRectF(
                left + NAME_W, top + TITLE_H, wide - NAME_W - 10, high - TITLE_H - TICK_H - (0 if beside else GAP)
            )
            self._boxes.append((box, index))
            self._picture(painter, box, name, values)
        self._legend(painter, QRectF(NAME_W, self.height() - LEGEND_H + 4, self.width() - NAME_W - 10, LEGEND_H - 4))

    def _colours(self, values: Floats) -> NDArray[np.uint8]:
        low, high = self.span()
        rows = maps.overlay_map("cost", current().theme.is_dark)
        return maps.colours(values.ravel(), low, high, rows).reshape(*values.shape, 3)

    def _picture(self, painter: QPainter, box: QRectF, name: str, values: Floats) -> None:
        theme = current().theme
        pixels = np.ascontiguousarray(self._colours(values))
        rows, columns = values.shape
        image = QImage(pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
        painter.drawImage(box, image)
        painter.setPen(theme.colour("text.primary"))
        painter.drawText(
            QRectF(box.left(), box.top() - TITLE_H, box.width(), TITLE_H), Qt.AlignmentFlag.AlignVCenter, name
        )
        painter.setPen(theme.colour("text.secondary"))
        each = box.height() / rows
        step = 1 if each >= TEXT_H else 2 if 2 * each >= TEXT_H else 3
        for month in range(0, rows, step):
            at = QRectF(0, box.top() + month * each - (TEXT_H - each) / 2, NAME_W - 5, TEXT_H)
            at.moveLeft(box.left() - NAME_W)
            painter.drawText(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, MONTHS[month])
        for hour in TICKS_H:
            x = box.left() + box.width() * hour / HOURS
            painter.drawLine(round(x), round(box.bottom()), round(x), round(box.bottom()) + 3)
            at = QRectF(x - 20, box.bottom() + 2, 40, TICK_H - 2)
            align = Qt.AlignmentFlag.AlignHCenter
            if hour == HOURS:
                at, align = QRectF(x - 40, box.bottom() + 2, 44, TICK_H - 2), Qt.AlignmentFlag.AlignRight
            painter.drawText(at, align, f"{hour} h" if hour == HOURS else str(hour))

    def _legend(self, painter: QPainter, box: QRectF) -> None:
        low, high = self.span()
        theme = current().theme
        bar = QRectF(box.left(), box.top(), box.width(), 8)
        if high > low:
            rows = maps.overlay_map("cost", theme.is_dark)
            pixels = np.ascontiguousarray(rows[None, :, :])
            painter.drawImage(bar, QImage(pixels.data, len(rows), 1, 3 * len(rows), QImage.Format.Format_RGB888))
        else:
            painter.fillRect(bar, QColor(*self._colours(np.array([[low]]))[0, 0].tolist()))
        painter.setPen(theme.colour("text.secondary"))
        words = QRectF(box.left(), box.top() + 9, box.width(), TEXT_H + 2)
        if high > low:
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft, number(low, 3))
            painter.drawText(words, Qt.AlignmentFlag.AlignRight, f"{number(high, 3)} {self.unit}")
        else:
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft, f"{number(low, 3)} {self.unit}")

    def price_at(self, x: float, y: float) -> tuple[str, int, int, float] | None:
        """Picture, month, hour and price below a point; None beside the pictures."""
        for box, index in self._boxes:
            if box.contains(x, y):
                name, values = self.pictures[index]
                month = min(11, int(12 * (y - box.top()) / box.height()))
                hour = min(HOURS - 1, int(HOURS * (x - box.left()) / box.width()))
                return name, month, hour, float(values[month, hour])
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the price below the pointer."""
        found = self.price_at(event.position().x(), event.position().y())
        if found is None:
            QToolTip.hideText()
            return
        name, month, hour, price = found
        QToolTip.showText(
            event.globalPosition().toPoint(),
            f"{MONTHS[month]}, {name.lower()}, {hour}\u2013{hour + 1} h: {number(price, 4)} {self.unit}",
            self,
        )
