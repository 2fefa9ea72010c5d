"""The bottom dock: charts side by side as far as they fit, and what they are of."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTabBar, QToolButton, QVBoxLayout, QWidget

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge

from .base import Chart
from .copper import MarginChart, MediaChart
from .cost import CarbonChart, RentChart, YearChart
from .fabric import FabricChart
from .failures import FailuresChart
from .growth import GrowthChart, PhaseChart
from .heat import HeatChart
from .link_detail import LinkDetail
from .links import LinkChart, LoadChart
from .loops import LoopsChart
from .memory import DoublingChart, GapChart, LimitsChart, MemoryMapChart, RooflineChart
from .optical import OpticalChart
from .plant_year import PlantYearChart
from .power import BalanceChart, BurstChart, ChainsChart, SourcesChart
from .ride import RideChart
from .routing import ClassesChart, RoutingChart
from .scenarios import ScenarioChart, ScenarioDots
from .staircase import StaircaseChart
from .tariff import BillChart, PriceChart
from .techniques import TechniquesChart
from .tokens import TokensChart
from .tornado import tornado_charts
from .waterfall import WaterfallChart
from .why import WhyChart

FOUR, THREE, TWO = 1240, 850, 560


class ChartDock(QWidget):
    """Tabs choose the charts of one wall, or the overview; a chart that was asked for stands alone."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.waterfall, self.heat = WaterfallChart(), HeatChart()
        self.links, self.load, self.margin, self.media = LinkChart(bridge), LoadChart(), MarginChart(), MediaChart()
        self.link_detail, self.fabric, self.optical = LinkDetail(bridge), FabricChart(), OpticalChart(bridge)
        self.tokens, self.failures = TokensChart(), FailuresChart(bridge)
        self.scenarios, self.chains, self.why = ScenarioChart(bridge), ChainsChart(bridge), WhyChart(bridge)
        self.sources, self.balance, self.bursts = SourcesChart(), BalanceChart(), BurstChart()
        self.cost_lines, self.token_cost, self.carbon = YearChart(), RentChart(), CarbonChart()
        self.roofline, self.memory_map = RooflineChart(), MemoryMapChart()
        self.limits, self.doubling, self.gap = LimitsChart(), DoublingChart(), GapChart(bridge)
        self.staircase, self.techniques = StaircaseChart(bridge), TechniquesChart(bridge)
        self.loops, self.plant_year, self.ride = LoopsChart(bridge), PlantYearChart(), RideChart()
        self.groups: tuple[tuple[str, list[Chart]], ...] = (
            (self.tr("Power"), [self.waterfall, self.sources, self.bursts, self.balance, self.chains]),
            (self.tr("Memory"), [self.roofline, self.memory_map, self.limits, self.doubling, self.gap]),
            (self.tr("Thermal"), [self.heat, self.staircase, self.plant_year, self.techniques, self.ride, self.loops]),
            (
                self.tr("Copper"),
                [self.links, self.margin, self.media, self.load, self.link_detail, self.fabric, self.optical],
            ),
            (self.tr("Tokens"), [self.tokens, RoutingChart(), ClassesChart()]),
            (self.tr("Cost"), [self.cost_lines, BillChart(), self.token_cost, self.carbon, PriceChart()]),
            (self.tr("Bands"), [*tornado_charts(bridge)]),
            (self.tr("Failures"), [self.failures]),
            (self.tr("Scenarios"), [self.scenarios, ScenarioDots(bridge), GrowthChart(bridge), PhaseChart(bridge)]),
            (self.tr("Why"), [self.why]),
        )
        self.overview: list[Chart] = [self.waterfall, self.tokens, self.links, self.heat]
        """What the overview shows, in order of importance; one, two, three or four of them by width."""
        self.charts: list[Chart] = [chart for _, charts in self.groups for chart in charts]
        self._alone: Chart | None = None
        self._lay_out()
        self.tabs.currentChanged.connect(self._turn_to)
        bridge.result.connect(self.take)
        bridge.opened.connect(self._forget)
        self._follow(bridge)
        bridge.progress.connect(self._progress)
        self._arrange()

    def _lay_out(self) -> None:
        """Tabs with the state at their right, below them the charts in a row."""
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        for name in (self.tr("Overview"), *(name for name, _ in self.groups)):
            self.tabs.addTab(name)
        self._first = 0
        self.more = QToolButton()
        self.more.setAutoRaise(True)
        self.more.setToolTip(self.tr("Next charts of this tab"))
        self.more.clicked.connect(self._next_page)
        self.state = QLabel("")
        self.state.setObjectName("muted")
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 12, 0)
        head.addWidget(self.tabs)
        head.addWidget(self.more)
        head.addStretch(1)
        head.addWidget(self.state)
        self.row = QHBoxLayout()
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(0)
        for chart in self.charts:
            self.row.addWidget(chart, chart.room)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(self.row, 1)

    def take(self, result: ResultSnapshot) -> None:
        """Hand a result to all charts; hidden ones keep it for later."""
        for chart in self.charts:
            chart.take(result)
        state = self.tr("provisional") if result.provisional else self.tr("settled")
        if result.refreshing:
            state = self.tr("refreshing {0}").format(", ".join(result.refreshing))
        passes = self.tr("{0} passes").format(result.passes) if result.passes else ""
        parts = [f"rev {result.revision}", state, f"{1e3 * result.elapsed_s:.1f} ms", passes]
        told = parts if self.width() >= FOUR else parts[:2]  # a narrow dock leaves the room to its tabs
        self.state.setText("  ·  ".join(part for part in told if part))
        self.state.setToolTip("  ·  ".join(part for part in parts if part))

    def set_dragging(self, dragging: bool) -> None:
        """Axes stand still during a drag and re-fit on release."""
        for chart in self.charts:
            chart.set_dragging(dragging)

    def _progress(self, text: str, done: int, total: int) -> None:
        self.state.setText(f"{text} {done} / {total}" if done < total else "")

    def _follow(self, bridge: Bridge) -> None:
        """Selection out of the table of sources, and the racks' rows for the balance of the sides."""
        self.sources.picked.connect(bridge.select)
        bridge.opened.connect(self._name_rows)
        bridge.changed.connect(
            lambda changes: self._name_rows() if changes.whole or "racks" in changes.tables else None
        )

    def _name_rows(self) -> None:
        """Racks are grouped by row in the balance of the sides."""
        racks = self.bridge.session.document.table("racks")
        self.balance.rows = {key: record.row for key, record in racks.items()}

    def _forget(self) -> None:
        for chart in self.charts:
            chart.say(self.tr("Computing ..."))

    def open_chart(self, chart: Chart) -> None:
        """Show one chart large, in its tab."""
        self.tabs.setCurrentIndex(next(i for i, (_, charts) in enumerate(self.groups, 1) if chart in charts))
        self._alone = chart
        self._arrange()

    def resizeEvent(self, event: object) -> None:
        """As many charts as fit."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._arrange()

    def _turn_to(self) -> None:
        self._alone, self._first = None, 0
        self._arrange()

    def _next_page(self) -> None:
        self._first += self._room()
        self._arrange()

    def _room(self) -> int:
        """How many charts fit side by side."""
        width = self.width()
        return 4 if width >= FOUR else 3 if width >= THREE else 2 if width >= TWO else 1

    def _arrange(self) -> None:
        """The overview shows its first charts; a tab with more charts than fit turns its pages with the button."""
        index, count = self.tabs.currentIndex(), self._room()
        wanted = self.groups[index - 1][1] if index > 0 else self.overview[:count]
        if self._alone is not None:
            wanted = [self._alone]
        if self._first >= len(wanted):
            self._first = 0
        pages = -(-len(wanted) // count)
        self.more.setVisible(pages > 1)
        self.more.setText(self.tr("{0} of {1}  \u203a").format(self._first // count + 1, pages))
        page = wanted[self._first : self._first + count]
        for chart in self.charts:
            chart.setVisible(chart in page)

    def sizeHint(self) -> QSize:
        """As designed at 1440 x 900."""
        return QSize(890, 208)
