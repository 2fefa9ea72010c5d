"""Why a headline figure is what it is: a tree of formulas, inputs and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHeaderView, QTreeWidget, QTreeWidgetItem

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.widgets.source_chip import CHIP_OF

from .base import Chart

if TYPE_CHECKING:
    from infraplanner.explore.why import Step

FIGURES: tuple[tuple[str, str], ...] = (
    ("usd_per_million_tokens", "Cost"),
    ("tokens_per_s", "Throughput"),
    ("tokens_per_j", "Energy"),
    ("pue", "PUE"),
    ("it_power_kw", "IT power"),
    ("kg_co2e_per_million_tokens", "Carbon"),
    ("binding_wall", "Binding wall"),
)
COLUMNS = ("Figure", "Value", "How it follows", "Known from", "Grade")
ID_ROLE = Qt.ItemDataRole.UserRole
OPEN_LEVELS = 2


class WhyChart(Chart):
    """A tree instead of a plot: the figure at the top, what it is made of below, down to inputs and their sources."""

    title = "Why"
    zoom_wanted = Signal(list)

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge = bridge
        self.choice = QComboBox()
        for key, name in FIGURES:
            self.choice.addItem(self.tr(name), key)
        self.choice.currentIndexChanged.connect(self._again)
        row = self.layout().itemAt(0).layout()  # type: ignore[union-attr]
        row.insertWidget(1, self.choice)  # type: ignore[union-attr]
        self.tree = QTreeWidget()
        self.tree.setColumnCount(len(COLUMNS))
        self.tree.setHeaderLabels([self.tr(name) for name in COLUMNS])
        self.tree.setUniformRowHeights(True)
        self.tree.setAccessibleName(self.tr("Why"))
        header = self.tree.header()
        for column, width in enumerate((260, 130, 340, 300, 60)):
            header.resizeSection(column, width)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        self.tree.itemDoubleClicked.connect(self._go)
        self.stack.addWidget(self.tree)

    def ask(self, figure: str) -> None:
        """Show the trace of a figure."""
        index = self.choice.findData(figure)
        if index >= 0:
            self.choice.setCurrentIndex(index)
        self._again()

    def _again(self) -> None:
        if self._result is not None:
            self._draw(self._result)

    def draw(self, result: ResultSnapshot) -> None:
        """Trace anew; during a drag the tree of the last plan at rest stands."""
        if result.provisional:
            return
        found = self._bridge.why(str(self.choice.currentData()), result)
        self.tree.clear()
        top = self._item(found)
        self.tree.addTopLevelItem(top)
        self._open(top, OPEN_LEVELS)
        self.shown = {"label": found.label, "value": found.value, "steps": [step.label for step in found.steps]}
        self.stack.setCurrentWidget(self.tree)

    def _item(self, step: Step) -> QTreeWidgetItem:
        value = step.text() if step.value is not None else step.unit or "\u2013"
        grade = "USER" if step.grade == "plan" else CHIP_OF.get(step.grade, "")
        item = QTreeWidgetItem([step.label, value, step.formula, step.source, grade])
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(0, ID_ROLE, step.target)
        for column, text in ((2, step.formula), (3, step.source)):
            item.setForeground(column, QColor(self.colour("text.secondary")))
            item.setToolTip(column, text)
        item.setToolTip(4, step.grade)
        if step.target:
            item.setForeground(0, QColor(self.colour("text.link")))
        for below in step.steps:
            item.addChild(self._item(below))
        return item

    def _open(self, item: QTreeWidgetItem | None, levels: int) -> None:
        if item is None:
            return
        item.setExpanded(levels > 0)
        for index in range(item.childCount() if levels > 1 else 0):
            self._open(item.child(index), levels - 1)

    def _go(self, item: QTreeWidgetItem) -> None:
        target = item.data(0, ID_ROLE)
        if target:
            self.zoom_wanted.emit([target])

    def values(self) -> dict[str, Any]:
        """The figure and what it is made of."""
        return self.shown
