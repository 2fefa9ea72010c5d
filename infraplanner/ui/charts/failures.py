"""Every single failure, ranked by tokens lost; a double click shows it as a what-if."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.units import number, scaled

from .base import Chart

if TYPE_CHECKING:
    from infraplanner.explore.failures import FailureCost

COLUMNS = (
    "What fails", "Kind", "Alike", "Tokens/s lost", "Share", "Trained/s lost", "Bandwidth lost", "Bisection lost",
    "Collectives longer", "IT power lost", "Racks dark", "Racks too warm", "Warmest inlet", "Then overloaded",
)  # fmt: skip
NUMBERS = frozenset(range(2, 13))
KINDS = {
    "power": "power", "cooling": "cooling", "racks": "rack", "devices": "device", "supplies": "own supply", "links": "link",
    "scale_up": "scale-up part",
}  # fmt: skip


class FailuresChart(Chart):
    """A table instead of a plot; filled in the background when it is shown and the plan is at rest."""

    title = "Single failures"
    picked = Signal(list)

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge = bridge
        self._asked = -1
        self._waiting_revision = -1
        self.costs: list[FailureCost] = []
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAccessibleName(self.tr("Single failures"))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        for column, name in enumerate(COLUMNS):
            side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
            head = QTableWidgetItem(self.tr(name))
            head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.table.setHorizontalHeaderItem(column, head)
        self.table.itemSelectionChanged.connect(self._pick)
        self.table.itemDoubleClicked.connect(lambda item: self._fail(item.row()))
        self.stack.addWidget(self.table)
        bridge.failures_ranked.connect(self.show_costs)

    def draw(self, result: ResultSnapshot) -> None:
        """A settled result of a plan at rest asks for the ranking; a what-if or a drag leaves the table alone."""
        if result.provisional or result.failed:
            return
        if not len(result.power.rack_ids):
            self.say(self.tr("Place something to see what its failure costs."))
            return
        if result.revision != self._asked:
            self._asked = result.revision
            if not self.costs:
                self.say(self.tr("Failing everything once ..."))
            self._bridge.rank_failures()

    def show_costs(self, costs: list[FailureCost]) -> None:
        """Fill the table, the worst first."""
        self.costs = costs
        self.shown = {cost.label or cost.ids[0]: cost.tokens_lost_per_s for cost in costs}
        self.table.setRowCount(len(costs))
        for row, cost in enumerate(costs):
            for column, text in enumerate(_texts(cost)):
                item = QTableWidgetItem(text)
                if column in NUMBERS:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        counted = sum(cost.count for cost in costs)
        self.scope.setText(
            self.tr("{0} failures, {1} of them different; a double click shows one").format(counted, len(costs))
        )
        self.stack.setCurrentWidget(self.table)

    def _pick(self) -> None:
        rows = {index.row() for index in self.table.selectedIndexes()}
        self.picked.emit([key.partition(":")[0] for row in sorted(rows) for key in self.costs[row].ids])

    def _fail(self, row: int) -> None:
        if self.costs[row].table == "supplies" and self.costs[row].it_lost_w == 0.0:
            return  # nothing would change
        self._bridge.repair_all()
        self._bridge.toggle_failed([self.costs[row].ids[0]])

    def values(self) -> dict[str, Any]:
        """Tokens lost by what fails."""
        return self.shown


def _amount(value: float | None, unit: str) -> str:
    """A loss in its unit; a dash where it is unknown."""
    return "\u2013" if value is None else "0" if value == 0 else " ".join(scaled(value, unit))


def _texts(cost: FailureCost) -> list[str]:
    more = f" +{cost.count - 1}" if cost.count > 1 else ""
    return [
        (cost.label or cost.ids[0]) + more,
        KINDS.get(cost.table, cost.table),
        str(cost.count),
        "0" if cost.tokens_lost_per_s == 0 else " ".join(scaled(cost.tokens_lost_per_s, "tok/s")),
        f"{number(100 * cost.tokens_lost_frac)} %",
        "0" if cost.training_lost_per_s == 0 else " ".join(scaled(cost.training_lost_per_s, "tok/s")),
        "0" if cost.bandwidth_lost_bps == 0 else " ".join(scaled(cost.bandwidth_lost_bps, "b/s")),
        _amount(cost.bisection_lost_bps, "b/s"),
        _amount(cost.collective_added_s, "s"),
        " ".join(scaled(cost.it_lost_w, "W")),
        str(cost.dark_racks),
        str(cost.warm_racks),
        "–" if cost.inlet_c is None else f"{number(cost.inlet_c, 3)} °C",
        ", ".join(cost.overloaded[:4]) or "–",
    ]
