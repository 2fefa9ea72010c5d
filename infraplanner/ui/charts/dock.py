"""The bottom dock: charts side by side as far as they fit, and what they are of."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTabBar, QVBoxLayout, QWidget

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge

from .base import Chart
from .failures import FailuresChart
from .heat import HeatChart
from .links import LinkChart, LoadChart
from .power import BalanceChart, BurstChart, ChainsChart, SourcesChart
from .tokens import TokensChart
from .waterfall import WaterfallChart

FOUR, THREE, TWO = 1240, 850, 560


class ChartDock(QWidget):
    """Tabs choose one chart large, or the overview of several."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.waterfall = WaterfallChart()
        self.heat = HeatChart()
        self.links = LinkChart(bridge)
        self.load = LoadChart()
        self.tokens = TokensChart()
        self.failures = FailuresChart(bridge)
        self.sources = SourcesChart()
        self.balance = BalanceChart()
        self.bursts = BurstChart()
        self.chains = ChainsChart(bridge)
        self.charts: list[Chart] = [self.waterfall, self.heat, self.tokens, self.links, self.load, self.failures]
        self.charts += [self.sources, self.balance, self.bursts, self.chains]
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        for name in (
            self.tr("Overview"),
            self.tr("Power"),
            self.tr("Thermal"),
            self.tr("Tokens"),
            self.tr("Links"),
            self.tr("Link load"),
            self.tr("Failures"),
            self.tr("Sources"),
            self.tr("A and B"),
            self.tr("Bursts"),
            self.tr("Supply chains"),
        ):
            self.tabs.addTab(name)
        self.state = QLabel("")
        self.state.setObjectName("muted")
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 12, 0)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.state)
        self.row = QHBoxLayout()
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(0)
        for chart in self.charts:
            self.row.addWidget(chart, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(self.row, 1)
        self.tabs.currentChanged.connect(self._arrange)
        bridge.result.connect(self.take)
        bridge.opened.connect(self._forget)
        bridge.opened.connect(self._name_rows)
        bridge.changed.connect(lambda changes: self._name_rows() if changes.whole or changes.table("racks") else None)
        self.sources.picked.connect(bridge.select)
        bridge.progress.connect(self._progress)
        self._arrange()

    def take(self, result: ResultSnapshot) -> None:
        """Hand a result to all charts; hidden ones keep it for later."""
        for chart in self.charts:
            chart.take(result)
        state = self.tr("provisional") if result.provisional else self.tr("settled")
        passes = self.tr("{0} passes").format(result.passes) if result.passes else ""
        parts = [f"rev {result.revision}", state, f"{1e3 * result.elapsed_s:.1f} ms", passes]
        self.state.setText("  ·  ".join(part for part in parts if part))

    def set_dragging(self, dragging: bool) -> None:
        """Axes stand still during a drag and re-fit on release."""
        for chart in self.charts:
            chart.set_dragging(dragging)

    def _progress(self, text: str, done: int, total: int) -> None:
        self.state.setText(f"{text} {done} / {total}" if done < total else "")

    def _name_rows(self) -> None:
        """Racks are grouped by row in the balance of the sides."""
        racks = self.bridge.session.document.table("racks")
        self.balance.rows = {key: record.row for key, record in racks.items()}

    def _forget(self) -> None:
        for chart in self.charts:
            chart.say(self.tr("Computing ..."))

    def open_chart(self, chart: Chart) -> None:
        """Show one chart large."""
        self.tabs.setCurrentIndex(1 + self.charts.index(chart))

    def resizeEvent(self, event: object) -> None:
        """As many charts as fit."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._arrange()

    def _arrange(self) -> None:
        index = self.tabs.currentIndex()
        if index > 0:
            shown = {index - 1}
        else:
            width = self.width()
            count = 4 if width >= FOUR else 3 if width >= THREE else 2 if width >= TWO else 1
            shown = {0, 1, 2, 3} if count == 4 else {0, 2, 3} if count == 3 else {0, 2} if count == 2 else {0}
        for position, chart in enumerate(self.charts):
            chart.setVisible(position in shown)

    def sizeHint(self) -> QSize:
        """As designed at 1440 x 900."""
        return QSize(890, 208)
