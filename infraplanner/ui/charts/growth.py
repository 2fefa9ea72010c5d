"""Capacity and demand over years: when the pools are full, and what each phase adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.units import KILO, MEGA, number

from .base import SERIES_STYLE, Chart

if TYPE_CHECKING:
    from infraplanner.results.growth import GrowthResult


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
        self._name_phases(found, factor, top)
        self.label_left(unit)
        self.label_bottom(self.tr("year"))
        self.fix_range((0.0, float(edges[-1])), (0.0, 1.25 * top / factor))
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
                made.setPos(row.year + 0.05, 1.24 * top / factor)
                self.plot.addItem(made)
                self._texts.append(made)

    def values(self) -> dict[str, Any]:
        """Demand and capacity by year."""
        return self.shown
