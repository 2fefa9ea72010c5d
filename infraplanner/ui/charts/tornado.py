"""What moves a headline figure: each uncertain input alone to its ends, over the figure's own band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.units import KILO, MEGA, number

from .bars import Bars

if TYPE_CHECKING:
    from infraplanner.results.uncertainty import UncertaintyResult

ROW_PX = 19
FIGURES: tuple[tuple[str, str, str, float], ...] = (
    ("usd_per_million_tokens", "cost", "$ a million tokens", 1.0),
    ("tokens_per_s", "throughput", "k tok/s", 1e-3),
    ("tokens_per_j", "energy", "tokens a joule", 1.0),
    ("kg_co2e_per_million_tokens", "carbon", "g a million tokens", 1e3),
    ("training_tokens_per_s", "training", "k tok/s", 1e-3),
    ("capex_usd", "capital", "M$", 1e-6),
    ("opex_usd_per_year", "running cost", "M$ a year", 1e-6),
    ("pue", "PUE", "facility over IT power", 1.0),
    ("it_power_kw", "IT power", "kW", 1.0),
    ("wall.power", "power wall", "%", 1e2),
    ("wall.memory", "memory wall", "%", 1e2),
    ("wall.thermal", "thermal wall", "%", 1e2),
    ("wall.copper", "copper wall", "%", 1e2),
)
"""Headlines that a tornado can be drawn for: figure, name, unit, factor into it."""
SHOWN = 4
"""Charts side by side; they begin with the first headlines of the list."""
RATES = frozenset({"tokens_per_s", "training_tokens_per_s"})


class TornadoChart(Bars):
    """Bars from the low to the high end, the widest first, about the value in force; behind them the 5 to 95 % band.

    Always of the whole site: prices, weather and energy are the same for all its halls, rows and racks, and so is what an
    uncertain input moves.
    """

    title = "What moves"

    def __init__(self, bridge: Bridge, figure: str) -> None:
        super().__init__()
        self.choice = QComboBox(self)
        self.choice.setObjectName("head")
        self.choice.setAccessibleName(self.tr("Headline that the chart is drawn for"))
        for key, name, _, _ in FIGURES:
            self.choice.addItem(self.tr("What moves {0}").format(self.tr(name)), key)
        self.choice.setCurrentIndex(self.choice.findData(figure))
        self.choice.wheelEvent = lambda event: event.ignore()  # type: ignore[method-assign]
        self.choice.currentIndexChanged.connect(lambda _index: self._redraw())
        head = self.layout().itemAt(0).layout()  # type: ignore[union-attr]
        assert isinstance(head, QHBoxLayout)
        head.insertWidget(0, self.choice)
        self.head.hide()  # the choice is the title
        self.found: UncertaintyResult | None = None
        self._bridge, self._asked = bridge, -1
        self._line = pg.InfiniteLine(0.0, 90)
        self._band = pg.LinearRegionItem((0.0, 1.0), movable=False)
        self._band.setZValue(-10)
        for line in self._band.lines:
            line.setPen(pg.mkPen(None))
        self.plot.addItem(self._band)
        self.plot.addItem(self._line)
        self.say(self.tr("Bands follow when the hand rests."))
        bridge.uncertain.connect(self.show_found)
        bridge.opened.connect(self._lose)

    @property
    def figure(self) -> str:
        """The headline that is drawn."""
        return str(self.choice.currentData())

    def _redraw(self) -> None:
        if self._result is not None:
            self._draw(self._result)

    def _lose(self) -> None:
        self.found = None

    def _ask(self, result: ResultSnapshot) -> None:
        """Ask for samples of a plan at rest that has none yet; the answer goes to all that show bands."""
        held = self.found.revision if self.found is not None else -1
        if not result.provisional and not result.failed and result.revision not in (held, self._asked):
            self._asked = result.revision
            self._bridge.find_uncertainty()

    def show_found(self, found: UncertaintyResult) -> None:
        """New samples; a hidden chart draws them when it is shown."""
        self.found = found
        if self._result is not None:
            self._draw(self._result)

    def _scale(self, value: float) -> tuple[float, str]:
        """Factor and unit in which a figure has few digits."""
        if self.figure in RATES and value >= MEGA:
            return 1.0 / MEGA, "M tok/s"
        _, _, unit, factor = FIGURES[self.choice.currentIndex()]
        if unit.startswith("M$") and value < MEGA:
            return 1.0 / KILO, unit.replace("M$", "k$")
        return factor, unit

    def draw(self, result: ResultSnapshot) -> None:
        """The bands of the last plan at rest; nothing while there are none."""
        self._ask(result)
        band = self.found.bands.get(self.figure) if self.found is not None else None
        if self.found is None or band is None or band.p5 is None or band.p95 is None:
            self.shown = {}
            self.scope.setText("")
            known = self.found is not None
            self.say(
                self.tr("This plan has no such figure.") if known else self.tr("Bands follow when the hand rests.")
            )
            return
        names = {item.id: item for item in self.found.inputs}
        room = max(2, (self.height() - 84) // ROW_PX)
        swings = self.found.swings.get(self.figure, ())[:room]
        factor, unit = self._scale(band.value or 0.0)
        base = factor * (band.value or 0.0)
        low, high = (factor * end for end in (band.p5, band.p95))
        self.begin()
        at = -np.arange(len(swings), dtype=float)
        for ends, colour in (("at_low", "series.1"), ("at_high", "series.0")):
            to = factor * np.array([getattr(swing, ends) for swing in swings])
            if len(swings):
                self.bar(
                    x0=np.minimum(base, to), y=at, height=0.6, width=np.abs(to - base), brush=self.colour(colour),
                    pen=pg.mkPen(None),
                )  # fmt: skip
        self._line.setPos(base)
        self._line.setPen(pg.mkPen(self.colour("text.secondary"), width=1))
        self._band.setRegion((low, high))
        self._band.setBrush(pg.mkBrush(self.colour("series.0", 0.14)))
        ends_of = [factor * end for swing in swings for end in (swing.at_low, swing.at_high)]
        left, right = min([low, base, *ends_of]), max([high, base, *ends_of])
        pad = 0.06 * max(right - left, 1e-12)
        self.name_left(at, [names[swing.input].name for swing in swings])
        self.left.setToolTip("\n".join(_told(names[swing.input]) for swing in swings))
        self.label_bottom(self.tr("{0}, whole site").format(unit))
        self.fix_range((left - pad, right + pad), (0.5 - max(1, len(swings)), 0.5))
        whole = self.tr("The whole site: what is uncertain is the same for all its halls, rows and racks.")
        samples = self.tr("5 to 95 % of {0} samples, seed {1}").format(self.found.sample_count, self.found.seed)
        self.choice.setToolTip(f"{whole}\n{number(low)} \u2013 {number(high)} {unit}: {samples}")
        solid = Qt.PenStyle.SolidLine
        self.legend.show_entries([(self.tr("low"), "series.1", solid), (self.tr("high"), "series.0", solid)])
        self.shown = {swing.input: [swing.at_low, swing.at_high] for swing in swings} | {"band": [band.p5, band.p95]}
        self.show_plot()


def _told(item: object) -> str:
    low, high = getattr(item, "low", 0.0), getattr(item, "high", 0.0)
    name, unit, note = (getattr(item, field, "") for field in ("name", "unit", "note"))
    return f"{name}: {number(low)} to {number(high)} {unit}" + (f" ({note})" if note else "")


def tornado_charts(bridge: Bridge) -> list[TornadoChart]:
    """One chart each for the headlines that people ask about first; every one can be turned to another."""
    return [TornadoChart(bridge, figure) for figure, _, _, _ in FIGURES[:SHOWN]]
