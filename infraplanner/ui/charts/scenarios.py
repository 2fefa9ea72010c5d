"""Scenarios side by side: the headline figures of the plan and of each named scenario, with what changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import renderSymbol
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from infraplanner.results.comparison import Case, Figure, change_frac, known_figures, told
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.units import number

from .base import SERIES_STYLE, Chart

COLOURS = 8
SYMBOLS = ("o", "s", "t1", "d")
DOT_PX = 9
SPREAD = 0.5
"""Share of a row over which the dots of its scenarios lie."""


class ScenarioChart(Chart):
    """A table instead of a plot: a row a figure, a column a scenario; solved in the background when it is shown."""

    title = "Scenarios"
    room = 2

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge = bridge
        self._asked = -1
        self.table = QTableWidget(0, 0)
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setAccessibleName(self.tr("Scenarios"))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.stack.addWidget(self.table)
        bridge.scenarios_compared.connect(self.show_cases)

    def draw(self, result: ResultSnapshot) -> None:
        """A settled result of a plan with scenarios asks for the comparison."""
        if result.provisional or result.failed:
            return
        if not self._bridge.session.document.table("scenarios"):
            self.shown = {}
            self.scope.setText("")
            self.say(self.tr("No scenario yet. A right click on what one more unit buys keeps it as one."))
            return
        if result.revision != self._asked:
            self._asked = result.revision
            self._bridge.compare_scenarios()

    def show_cases(self, cases: list[Case]) -> None:
        """Fill the table; the plan itself stands first."""
        figures = known_figures(cases)
        rows = [*(figure.caption for figure in figures), self.tr("Binding wall")]
        self.table.setColumnCount(len(cases))
        self.table.setRowCount(len(rows))
        self.table.setVerticalHeaderLabels([self.tr(row) for row in rows])
        base = cases[0].result
        self.shown = {case.id or "plan": case.result.summary.tokens_per_s for case in cases if case.result is not None}
        for column, case in enumerate(cases):
            head = QTableWidgetItem(case.name or self.tr("Plan as it stands"))
            if case.id and case.result is not None:  # named by the sign of its dots
                head.setIcon(self._sign([each for each in cases[1:] if each.result is not None].index(case)))
            self.table.setHorizontalHeaderItem(column, head)
            if case.result is None or base is None:
                self._put(0, column, case.refusal, "status.error")
                continue
            for row, figure in enumerate(figures):
                text, better = _figure(case, None if column == 0 else cases[0], figure)
                ink = "" if better is None else "status.ok" if better else "status.warning"
                self._put(row, column, text, ink)
            self._put(len(figures), column, case.result.summary.binding_wall or "\u2013", "")
        self.scope.setText(self.tr("{0} beside the plan").format(len(cases) - 1))
        self.stack.setCurrentWidget(self.table)

    def _put(self, row: int, column: int, text: str, ink: str) -> None:
        item = QTableWidgetItem(text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if ink:
            item.setForeground(QColor(self.colour(ink)))
        self.table.setItem(row, column, item)

    def _sign(self, place: int) -> QIcon:
        ink = self.colour(f"series.{place % COLOURS}")
        drawn = renderSymbol(SYMBOLS[place % len(SYMBOLS)], DOT_PX, pg.mkPen(ink), pg.mkBrush(ink))
        return QIcon(QPixmap.fromImage(drawn))

    def values(self) -> dict[str, Any]:
        """Tokens/s by scenario."""
        return self.shown


class ScenarioDots(Chart):
    """A row a figure, a dot a scenario: how far each lies from the plan. Filled dots are for the better, hollow for the worse."""

    title = "Change by scenario"

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge = bridge
        self._cases: list[Case] = []
        self._dots: list[pg.ScatterPlotItem] = []
        self._zero = pg.InfiniteLine(0.0, 90)
        self.plot.addItem(self._zero)
        self.plot.showGrid(x=True, y=False, alpha=0.18)
        bridge.scenarios_compared.connect(self._keep)

    def dress(self) -> None:
        """Colours of the theme in force; lines along the changes, none along the rows."""
        super().dress()
        self.plot.showGrid(x=True, y=False, alpha=0.18)

    def _keep(self, cases: list[Case]) -> None:
        self._cases = cases
        if self._result is not None:
            self._draw(self._result)

    def draw(self, result: ResultSnapshot) -> None:
        """The last comparison, as long as the plan has scenarios."""
        solved = [case for case in self._cases[1:] if case.result is not None]
        if not self._bridge.session.document.table("scenarios") or not solved:
            self.shown = {}
            self.legend.show_entries([])
            self.say(self.tr("Dots follow when scenarios are solved."))
            return
        figures = known_figures(self._cases)
        for item in self._dots:
            self.plot.removeItem(item)
        self._dots, self.shown, reached = [], {}, [-0.01, 0.01]
        for place, case in enumerate(solved):
            shift = SPREAD * ((place + 0.5) / len(solved) - 0.5)
            points = [
                (change, -row - shift, figure)
                for row, figure in enumerate(figures)
                if (change := change_frac(case, self._cases[0], figure))
            ]
            self.shown[case.id] = {figure.field: change for change, _, figure in points}
            reached += [change for change, _, _ in points]
            ink = self.colour(f"series.{place % COLOURS}")
            self._dots.append(
                pg.ScatterPlotItem(
                    x=[100.0 * change for change, _, _ in points], y=[y for _, y, _ in points], size=DOT_PX,
                    symbol=SYMBOLS[place % len(SYMBOLS)], pen=pg.mkPen(ink, width=1.5),
                    brush=[pg.mkBrush(ink if change * figure.sense >= 0.0 else None) for change, _, figure in points],
                    data=[f"{case.name}: {figure.caption} {100.0 * change:+.3g} %" for change, _, figure in points],
                    hoverable=True, tip=lambda x, y, data: data,
                )
            )  # fmt: skip
            self.plot.addItem(self._dots[-1])
        self._zero.setPen(pg.mkPen(self.colour("text.secondary"), width=1))
        rows = np.arange(len(figures))
        self.left.names = {float(-row): self.tr(figure.caption) for row, figure in zip(rows, figures, strict=True)}
        self.left.setTicks([[(float(-row), self.left.names[float(-row)]) for row in rows]])
        self.label_bottom(self.tr("change against the plan, %"))
        low, high = 100.0 * min(reached), 100.0 * max(reached)
        pad = 0.08 * (high - low)
        self.fix_range((low - pad, high + pad), (0.6 - len(figures), 0.6))
        self.legend.show_entries(
            [
                (case.name, f"series.{place % COLOURS}", SERIES_STYLE[place % len(SERIES_STYLE)])
                for place, case in enumerate(solved)
            ]
        )
        self.plot.setToolTip(self.tr("Filled: for the better. Hollow: for the worse. No dot: as in the plan."))
        self.show_plot()


def _figure(case: Case, base: Case | None, figure: Figure) -> tuple[str, bool | None]:
    """A figure with its change against the plan, and whether that is better (None: neither)."""
    share = change_frac(case, base, figure) if base is not None else None
    if not share:
        return told(case, figure), None
    arrow = "\u25b2" if share > 0 else "\u25bc"
    better = None if not figure.sense else (share > 0) == (figure.sense > 0)
    return f"{told(case, figure)}   {arrow} {number(100 * abs(share), 2)} %", better
