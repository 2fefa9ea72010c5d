"""A chart panel: title row with legend, a plot in the window's look, and empty, stale and failed states."""

from __future__ import annotations

import traceback
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.ui.widgets.elided_label import ElidedLabel
from infraplanner.units import number

TITLE_GAPS_PX, LEAST_SCOPE_PX = 32, 70
"""What stands around title and legend, and how much of the scope they leave."""
SERIES_STYLE = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)


LEAST_NAME_PX = 24
SAMPLE_PX = 34
"""A line sample with its gaps."""


class PlainAxis(pg.AxisItem):
    """Ticks as we write numbers: no automatic prefix, true minus, thin spaces."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.names: dict[float, str] = {}
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """Names where the chart gave some, else numbers with as many decimals as the spacing needs."""
        if self.names:
            return [self.names.get(round(value, 6), "") for value in values]
        digits = max(0, -int(f"{spacing:e}".partition("e")[2])) if spacing else 0
        return [f"{value:,.{digits}f}".replace(",", "\u202f").replace("-", "\u2212") for value in values]


def _elision(name: str) -> Qt.TextElideMode:
    """Words are told by how they begin, ids by both ends."""
    return Qt.TextElideMode.ElideRight if " " in name else Qt.TextElideMode.ElideMiddle


class LegendRow(QWidget):
    """Line samples with names, right of the title; below it where the names do not fit there."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[tuple[str, str, Qt.PenStyle]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(20)

    def show_entries(self, entries: list[tuple[str, str, Qt.PenStyle]]) -> None:
        """(name, colour token, dash) of each series."""
        if entries != self.entries:
            self.entries = entries
            self.setToolTip("\n".join(name for name, _, _ in entries))
            self.update()
            self.changed.emit()

    def wanted_px(self) -> int:
        """Width in which all names stand in full; 0 without entries."""
        metrics = QFontMetrics(fonts.font(fonts.CAPTION))
        return sum(metrics.horizontalAdvance(name) + SAMPLE_PX for name, _, _ in self.entries) + 4 * bool(self.entries)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """From the right end leftwards; names give way evenly where the row is short, and are left out below a few letters."""
        theme = current().theme
        painter = QPainter(self)
        painter.setFont(fonts.font(fonts.CAPTION))
        metrics = painter.fontMetrics()
        room = (self.width() - 4) // max(1, len(self.entries)) - SAMPLE_PX
        wanted = self.wanted_px() - 4
        x = float(self.width()) - 4
        for full, colour, dash in reversed(self.entries):
            fits = wanted <= self.width() - 4
            name = full if fits else metrics.elidedText(full, _elision(full), room)
            width = metrics.horizontalAdvance(name) if room >= LEAST_NAME_PX or fits else 0
            if width:
                x -= width
                painter.setPen(theme.colour("text.secondary"))
                painter.drawText(QRectF(x, 0, width + 2, 20), Qt.AlignmentFlag.AlignVCenter, name)
            x -= 22
            painter.setPen(QPen(theme.colour(colour), 2, dash))
            painter.drawLine(int(x), 10, int(x + 16), 10)
            x -= 12


class Chart(QWidget):
    """Base of all charts. Subclasses implement `draw(result)` and fill `shown`."""

    title = "Chart"
    unit = ""
    room = 1
    """Its share of the row, against the others of its tab."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: dict[str, Any] = {}
        self.revision = -1
        self.updates = 0
        self._waiting: ResultSnapshot | None = None
        self._result: ResultSnapshot | None = None
        self.dragging = False
        self.head = QLabel(self.title, self)
        self.head.setObjectName("dockTitle")
        self.head.setFixedHeight(20)
        self.scope = ElidedLabel("", self)
        self.scope.setObjectName("muted")
        self.legend, self.low_legend = LegendRow(self), LegendRow(self)
        self.legend.changed.connect(self._place_legend)
        row = QHBoxLayout()
        row.setContentsMargins(10, 6, 6, 0)
        row.setSpacing(8)
        row.addWidget(self.head)
        row.addWidget(self.scope)
        row.addWidget(self.legend, 100)
        row.addStretch(1)  # keeps the scope beside the title while the legend is below
        self.plot = self._make_plot()
        self.message = QLabel("", self)
        self.message.setObjectName("muted")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.copy = QPushButton(self.tr("Copy details"), self)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(str(self.shown.get("error", ""))))
        self.copy.hide()
        note = QWidget(self)
        column = QVBoxLayout(note)
        column.addStretch(1)
        column.addWidget(self.message)
        column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.stack = QStackedLayout()
        self.stack.addWidget(note)
        self.stack.addWidget(self.plot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 2)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.low_legend)
        layout.addLayout(self.stack, 1)
        self.low_legend.hide()
        self.setMinimumWidth(200)
        self.dress()
        current().changed.connect(self._redress)
        self.say(self.tr("Open or draw a plan to see this."))

    def _make_plot(self) -> pg.PlotWidget:
        self.left, self.bottom = PlainAxis("left"), PlainAxis("bottom")
        # Without menus from the start: each would be built first, and there are some forty charts.
        plot = pg.PlotWidget(
            axisItems={"left": self.left, "bottom": self.bottom}, viewBox=pg.ViewBox(enableMenu=False), enableMenu=False
        )
        plot.hideButtons()
        plot.setFrameShape(plot.Shape.NoFrame)
        item = plot.getPlotItem()
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        item.getViewBox().setMouseEnabled(x=True, y=False)
        item.layout.setContentsMargins(2, 4, 10, 2)
        return plot

    def _place_legend(self) -> None:
        """Beside the title where all names fit in full, else in a row of its own, where they have the chart's width."""
        beside = self.head.sizeHint().width() + min(self.scope.sizeHint().width(), LEAST_SCOPE_PX)
        low = self.legend.wanted_px() > self.width() - beside - TITLE_GAPS_PX
        self.low_legend.show_entries(self.legend.entries)
        self.low_legend.setVisible(low)
        self.legend.setVisible(not low)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The legend looks for its place anew."""
        super().resizeEvent(event)
        self._place_legend()

    # --- look

    def dress(self) -> None:
        """Colours and fonts of the theme in force."""
        theme = current().theme
        self.plot.setBackground(theme.colour("surface.panel"))
        for axis in (self.left, self.bottom):
            axis.setPen(theme.colour("border.control"))
            axis.setTextPen(theme.colour("text.secondary"))
            axis.setTickFont(fonts.font(fonts.CAPTION))
            axis.setStyle(tickLength=-4, tickTextOffset=4)
        self.plot.showGrid(x=False, y=True, alpha=0.18)

    def _redress(self) -> None:
        self.dress()
        if self._result is not None:
            self._draw(self._result)

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """A token colour."""
        return current().theme.colour(name, alpha)

    def label_left(self, text: str) -> None:
        """Unit at the left axis."""
        self.left.setLabel(text, color=current().theme.hex("text.secondary"), **{"font-size": "12px"})
        self.left.showLabel(bool(text))

    def label_bottom(self, text: str) -> None:
        """Quantity and unit below."""
        self.bottom.setLabel(text, color=current().theme.hex("text.secondary"), **{"font-size": "12px"})
        self.bottom.showLabel(bool(text))

    # --- results

    def take(self, result: ResultSnapshot) -> None:
        """A new result; a hidden chart keeps only the last one and draws it when it is shown."""
        if not self.isVisible():
            self._waiting = result
            return
        self._draw(result)

    def showEvent(self, event: object) -> None:
        """Draw what waited."""
        super().showEvent(event)  # type: ignore[arg-type]
        if self._waiting is not None:
            result, self._waiting = self._waiting, None
            self._draw(result)

    def _draw(self, result: ResultSnapshot) -> None:
        self.updates += 1
        self._result = result
        self.revision = result.revision
        try:
            self.draw(result)
        except Exception as error:  # one chart's fault must not take the others down
            self.shown = {"error": traceback.format_exc()}
            self.say(self.tr("This chart failed: {0}. The rest goes on.").format(error))
            self.copy.show()
            return
        self.copy.hide()

    def draw(self, result: ResultSnapshot) -> None:
        """Draw a result."""
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """What is shown right now, as plain numbers and texts."""
        return self.shown

    def say(self, text: str) -> None:
        """Show a sentence in place of the plot."""
        self.message.setText(text)
        self.stack.setCurrentIndex(0)

    def show_plot(self) -> None:
        """Show the plot."""
        self.stack.setCurrentIndex(1)

    def fix_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Set axis ranges; while something is dragged they stay as they are unless a value would leave them."""
        view = self.plot.getPlotItem().getViewBox()
        (x0, x1), (y0, y1) = view.viewRange()
        if self.dragging and x0 <= x[0] and x[1] <= x1 and y0 <= y[0] and y[1] <= y1:
            return
        view.setRange(xRange=x, yRange=y, padding=0)

    def set_dragging(self, dragging: bool) -> None:
        """Ranges re-fit on release."""
        self.dragging = dragging


def short(value: float, digits: int = 3) -> str:
    """A figure on a bar or point."""
    return number(value, digits)
