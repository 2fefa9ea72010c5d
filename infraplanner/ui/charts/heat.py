"""Cooling units: load and flow against their limits."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.theme import fonts

from .base import Chart

MOST_BARS = 24
LABEL_PX, GAP_PX = 42, 14


class HeatChart(Chart):
    """Two bars a unit: heat over capacity, and coolant flow over the flow it is rated for."""

    title = "Cooling load"

    def __init__(self, parent: object = None) -> None:
        self._ids: list[str] = []
        super().__init__(parent)  # type: ignore[arg-type]
        self._heat = pg.BarGraphItem(x=[0], height=[0], width=0.34)
        self._flow = pg.BarGraphItem(x=[0], height=[0], width=0.34)
        self._limit = pg.InfiniteLine(100, angle=0)
        self._advice = pg.InfiniteLine(80, angle=0)
        self._note = pg.TextItem("", anchor=(0, 1))
        self._note.setFont(fonts.font(fonts.CAPTION))
        for item in (self._heat, self._flow, self._limit, self._advice, self._note):
            self.plot.addItem(item)

    def resizeEvent(self, event: object) -> None:
        """Another width takes another number of names."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._name_bars()

    def _name_bars(self) -> None:
        """Only as many names as fit."""
        metrics = QFontMetricsF(fonts.font(fonts.CAPTION))
        each = max((metrics.horizontalAdvance(key) + GAP_PX for key in self._ids), default=0.0)
        every = max(1, math.ceil(len(self._ids) * max(LABEL_PX, each) / max(1, self.width() - 70)))
        names = [(float(i), key) for i, key in enumerate(self._ids) if i % every == 0]
        self.bottom.names = dict(names)
        self.bottom.setTicks([names])

    def draw(self, result: ResultSnapshot) -> None:
        """The most loaded units first."""
        thermal = result.thermal
        if not thermal.unit_ids:
            self.say(self.tr("No cooling unit yet. Drag one from the catalogue onto the floor."))
            return
        load = np.nan_to_num(np.asarray(thermal.unit_load_frac)) * 100
        flow = np.nan_to_num(np.asarray(thermal.unit_flow_frac)) * 100
        order = np.arange(len(load)) if len(load) <= MOST_BARS else np.argsort(-load, kind="stable")[:MOST_BARS]
        ids = [thermal.unit_ids[row] for row in order]
        x = np.arange(len(order), dtype=float)
        self.shown = {"heat_kw": float(np.nansum(thermal.unit_heat_w) / 1e3)}
        self.shown |= {key: float(load[row]) for key, row in zip(ids, order, strict=True)}
        none = pg.mkPen(None)
        self._heat.setOpts(x=x - 0.18, height=load[order], brush=self.colour("wall.thermal"), pen=none)
        self._flow.setOpts(x=x + 0.18, height=flow[order], brush=self.colour("liquid.supply"), pen=none)
        self._limit.setPen(pg.mkPen(self.colour("status.error"), width=1, style=Qt.PenStyle.DashLine))
        self._advice.setPen(pg.mkPen(self.colour("status.warning"), width=1))
        self._note.setText(self.tr("rating 100 %"), color=self.colour("text.secondary"))
        self._note.setPos(-0.55, 100)
        self._ids = ids
        self._name_bars()
        self.label_left("%")
        solid = Qt.PenStyle.SolidLine
        self.legend.show_entries([(self.tr("heat"), "wall.thermal", solid), (self.tr("flow"), "liquid.supply", solid)])
        top = max(118.0, 1.1 * float(max(load.max(), flow.max())))
        self.fix_range((-0.6, len(ids) - 0.4), (0, top))
        self.show_plot()
