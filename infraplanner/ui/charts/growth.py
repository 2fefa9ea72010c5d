"""Capacity and demand over years: when the pools are full, what each phase adds, and what it pays for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.units import KILO, MEGA, number, scaled

from .bars import Bars
from .base import SERIES_STYLE, Chart, short

if TYPE_CHECKING:
    from infraplanner.results.growth import GrowthResult, YearOfGrowth


PHASE_LINE = 0.2
"""Room above the curves for one line of phases' names, in shares of their height."""


class GrowthChart(Chart):
    """Steps: what the pools can take at the peaks; line: what is asked. Phases are named where they begin."""

    title = "Growth"

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge, self._asked = bridge, -1
        self.found: GrowthResult | None = None
        self._capacity, self._demand = pg.PlotCurveItem(), pg.PlotDataItem()
        self.plot.addItem(self._capacity)
        self.plot.addItem(self._demand)
        self._texts: list[pg.TextItem] = []
        bridge.growth_found.connect(self.show_found)
        bridge.opened.connect(self._lose)

    def _lose(self) -> None:
        self.found, self._asked = None, -1

    def show_found(self, found: GrowthResult) -> None:
        """New years."""
        self.found = found
        if self._result is not None:
            self._draw(self._result)

    def draw(self, result: ResultSnapshot) -> None:
        """A plan at rest with classes asks for its years."""
        if not result.provisional and not result.failed and result.revision != self._asked:
            self._asked = result.revision
            self._bridge.find_growth()
        found = self.found
        if found is None or not found.years:
            self.shown = {}
            self.scope.setText("")
            self.say(found.note if found is not None else self.tr("Solving the years ..."))
            return
        years = np.array([row.year for row in found.years], dtype=float)
        demand = np.array([row.demand_per_s for row in found.years])
        capacity = np.array([row.capacity_per_s for row in found.years])
        top = float(max(demand.max(), capacity.max()))
        factor, unit = (MEGA, "M tok/s") if top >= MEGA else (KILO, "k tok/s")
        edges = np.append(years, years[-1] + 1.0)
        self._capacity.setData(edges, capacity / factor, stepMode="center")
        self._capacity.setPen(pg.mkPen(self.colour("series.0"), width=2))
        self._demand.setData(years + 0.5, demand / factor, symbol="o", symbolSize=7)
        self._demand.setPen(pg.mkPen(self.colour("series.1"), width=2, style=SERIES_STYLE[1]))
        self._demand.setSymbolBrush(pg.mkBrush(self.colour("series.1")))
        self._demand.setSymbolPen(pg.mkPen(self.colour("series.1")))
        high = 1.05 + PHASE_LINE * max(1, *(len(row.phases) for row in found.years))
        self._name_phases(found, factor, high * top)
        self.label_left(unit)
        self.label_bottom(self.tr("year"))
        self.fix_range((0.0, float(edges[-1])), (0.0, high * top / factor))
        self.legend.show_entries(
            [(self.tr("capacity"), "series.0", SERIES_STYLE[0]), (self.tr("peak demand"), "series.1", SERIES_STYLE[1])]
        )
        full = (
            self.tr("fits throughout")
            if found.full_year is None
            else self.tr("full in year {0}").format(found.full_year)
        )
        cost = "" if found.cost_usd is None else f", {number(found.cost_usd / MEGA)} M$"
        self.scope.setText(full + cost)
        self.shown = {str(row.year): [row.demand_per_s, row.capacity_per_s] for row in found.years}
        self.show_plot()

    def _name_phases(self, found: GrowthResult, factor: float, top: float) -> None:
        for text in self._texts:
            self.plot.removeItem(text)
        self._texts = []
        for row in found.years:
            if row.phases:
                made = pg.TextItem("\n".join(row.phases), color=self.colour("text.primary"), anchor=(0, 0))
                made.setFont(fonts.font(fonts.CAPTION))
                made.setPos(row.year + 0.05, top / factor)
                self.plot.addItem(made)
                self._texts.append(made)

    def values(self) -> dict[str, Any]:
        """Demand and capacity by year."""
        return self.shown


CATEGORIES = (
    ("IT", "series.0"), ("power", "wall.power"), ("cooling", "liquid.supply"), ("fabric", "series.3"),
    ("building works", "text.muted"),
)  # fmt: skip
ORDER_PX = 380
"""From this width on there is room to say how far ahead a phase is ordered."""
SHORT = {"building works": "works"}


class PhaseChart(Bars):
    """Capital of every year that builds something, by what it is for; what a week later costs stands behind it."""

    title = "Phases pay"

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)
        self.found: GrowthResult | None = None
        bridge.growth_found.connect(self.show_found)
        bridge.opened.connect(self._lose)

    def _lose(self) -> None:
        self.found = None

    def show_found(self, found: GrowthResult) -> None:
        """New years."""
        self.found = found
        if self._result is not None:
            self._draw(self._result)

    def draw(self, result: ResultSnapshot) -> None:
        """A row a year that pays, in the order of the years."""
        self.begin()
        found = self.found
        rows = [row for row in found.years if row.purchases] if found is not None else []
        if found is None or not rows:
            self.shown = {}
            self.scope.setText("")
            none = self.tr("Nothing here has a price.") if found is not None else self.tr("Solving the years ...")
            self.say(found.note or none if found is not None else none)
            return
        sums = np.array([
            [sum(item.usd for item in row.purchases if item.category == name) for name, _ in CATEGORIES] for row in rows
        ])  # fmt: skip
        totals = sums.sum(axis=1)
        factor, unit = (MEGA, "M$") if totals.max() >= MEGA else (KILO, "k$")
        at = -np.arange(len(rows), dtype=float)
        left = np.zeros(len(rows))
        for column, (_, colour) in enumerate(CATEGORIES):
            width = sums[:, column] / factor
            self.bar(x0=left, y=at, height=0.62, width=width, brush=self.colour(colour), pen=pg.mkPen(None))
            left = left + width
        for y, row, total in zip(at.tolist(), rows, totals.tolist(), strict=True):
            late = row.delay.usd if row.delay is not None else None
            tail = "" if late is None else self.tr("   a week late: {0}").format(" ".join(scaled(late, "$")))
            if row.delay is not None and row.delay.lead_weeks and self.width() >= ORDER_PX:
                tail += self.tr(", order {0} weeks ahead").format(number(row.delay.lead_weeks))
            self.text(short(total / factor) + tail, total / factor, y, (0, 0.5))
        self.name_left(at, [self.tr("year {0}").format(row.year) for row in rows])
        self.label_bottom(self.tr("{0}; {1} in all").format(unit, short(float(totals.sum()) / factor)))
        self.fix_range((0, 1.8 * max(1e-12, float(totals.max()) / factor)), (0.4 - max(len(rows), 3), 0.6))
        self.scope.setText("")
        told = "\n".join(_told(row) for row in rows)
        self.plot.setToolTip(told)
        used = [entry for column, entry in enumerate(CATEGORIES) if sums[:, column].any()]
        self.legend.show_entries([(self.tr(SHORT.get(name, name)), colour, SERIES_STYLE[0]) for name, colour in used])
        self.shown = {
            str(row.year): {name: float(value) for (name, _), value in zip(CATEGORIES, line, strict=True)}
            for row, line in zip(rows, sums, strict=True)
        }
        self.show_plot()


def _told(row: YearOfGrowth) -> str:
    """A year's purchases in words."""
    lines = [f"Year {row.year}: " + (", ".join(row.phases) or "as drawn")]
    for item in row.purchases:
        price = "price unknown" if item.unknown_count == item.count else " ".join(scaled(item.usd, "$"))
        lead = "" if item.lead_weeks is None else f", {number(item.lead_weeks)} weeks"
        lines.append(f"  {item.count} x {item.what}: {price}{lead}")
    return "\n".join(lines)
