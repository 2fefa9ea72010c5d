"""Scenarios side by side: the headline figures of the plan and of each named scenario, with what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from infraplanner.results.snapshot import ResultSnapshot, Summary
from infraplanner.ui.bridge import Bridge
from infraplanner.units import number, scaled

from .base import Chart

if TYPE_CHECKING:
    from infraplanner.explore.compare import Case

FIGURES: tuple[tuple[str, str, str, float, int], ...] = (
    ("it_power_kw", "IT power", "W", 1e3, 0),
    ("pue", "PUE", "", 1.0, -1),
    ("tokens_per_s", "Throughput", "tok/s", 1.0, 1),
    ("tokens_per_j", "Energy", "tok/J", 1.0, 1),
    ("usd_per_million_tokens", "Cost", "$/M tok", 1.0, -1),
    ("kg_co2e_per_million_tokens", "Carbon", "g/M tok", 1e3, -1),
    ("capex_usd", "Capital", "$", 1.0, -1),
)
"""Field, caption, unit, factor, and whether more is better (1), worse (-1) or neither (0)."""
PLAIN = frozenset({"", "tok/J", "$/M tok"})
LEAST_CHANGE = 5e-5


class ScenarioChart(Chart):
    """A table instead of a plot: a row a figure, a column a scenario; solved in the background when it is shown."""

    title = "Scenarios"

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
        rows = [*(caption for _, caption, *_ in FIGURES), self.tr("Binding wall")]
        self.table.setColumnCount(len(cases))
        self.table.setRowCount(len(rows))
        self.table.setVerticalHeaderLabels([self.tr(row) for row in rows])
        base = cases[0].result
        self.shown = {case.id or "plan": case.result.summary.tokens_per_s for case in cases if case.result is not None}
        for column, case in enumerate(cases):
            self.table.setHorizontalHeaderItem(column, QTableWidgetItem(case.name or self.tr("Plan as it stands")))
            if case.result is None or base is None:
                self._put(0, column, case.refusal, "status.error")
                continue
            for row, figure in enumerate(FIGURES):
                text, better = _figure(case.result.summary, None if column == 0 else base.summary, figure)
                ink = "" if better is None else "status.ok" if better else "status.warning"
                self._put(row, column, text, ink)
            self._put(len(FIGURES), column, case.result.summary.binding_wall or "\u2013", "")
        self.scope.setText(self.tr("{0} beside the plan").format(len(cases) - 1))
        self.stack.setCurrentWidget(self.table)

    def _put(self, row: int, column: int, text: str, ink: str) -> None:
        item = QTableWidgetItem(text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if ink:
            item.setForeground(QColor(self.colour(ink)))
        self.table.setItem(row, column, item)

    def values(self) -> dict[str, Any]:
        """Tokens/s by scenario."""
        return self.shown


def _figure(
    summary: Summary, base: Summary | None, figure: tuple[str, str, str, float, int]
) -> tuple[str, bool | None]:
    """A figure with its change against the plan, and whether that is better (None: neither)."""
    key, _, unit, factor, sense = figure
    value = getattr(summary, key)
    if value is None:
        return "\u2013", None
    text = number(factor * value, 3) + f" {unit}".rstrip() if unit in PLAIN else " ".join(scaled(factor * value, unit))
    before = getattr(base, key) if base is not None else None
    if not before or abs(value / before - 1) < LEAST_CHANGE:
        return text, None
    share = value / before - 1
    arrow = "\u25b2" if share > 0 else "\u25bc"
    better = None if not sense else (share > 0) == (sense > 0)
    return f"{text}   {arrow} {number(100 * abs(share), 2)} %", better
