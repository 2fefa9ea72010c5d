"""Request classes over pools: how full each pool is and with what, and how every class is served."""

from __future__ import annotations

from itertools import starmap
from typing import Any

import numpy as np
import pyqtgraph as pg

from infraplanner.results.routing import ClassRoutes, RoutingResult
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.units import number

from .bars import Bars
from .base import SERIES_STYLE
from .tables import TableChart

NOBODY = "No class yet. Give a workload a kind and an offered rate, and it is routed to the pools that can serve it."
SERIES = 8


class RoutingChart(Bars):
    """A bar a pool: the share of its time that each class takes at the mean load; a tick stands at the peak of the day."""

    title = "Requests over pools"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)
        self._peaks = pg.ScatterPlotItem(symbol="|", size=16)
        self._limit = pg.InfiniteLine(100.0, 90)
        for item in (self._peaks, self._limit):
            self.plot.addItem(item)

    def draw(self, result: ResultSnapshot) -> None:
        """Stacks in the classes' order."""
        found = result.throughput.routing
        if not found.pools:
            self.shown = {}
            self.scope.setText("")
            self.say(self.tr(NOBODY))
            return
        self.begin()
        at = -np.arange(len(found.pools), dtype=float)
        start = np.zeros(len(found.pools))
        for index, row in enumerate(found.classes):
            share = 100 * np.array([pool.by_class_frac.get(row.id, 0.0) for pool in found.pools])
            self.bar(
                x0=start.copy(), y=at, height=0.6, width=share, brush=self.colour(f"series.{index % SERIES}"),
                pen=pg.mkPen(None),
            )  # fmt: skip
            start += share
        peaks = [100 * pool.peak_use_frac for pool in found.pools]
        self._peaks.setData(peaks, at, pen=pg.mkPen(self.colour("text.primary"), width=2))
        self._limit.setPen(pg.mkPen(self.colour("status.error"), width=1, style=SERIES_STYLE[1]))
        for y, pool in zip(at.tolist(), found.pools, strict=True):
            where = 100 * max(pool.use_frac, pool.peak_use_frac) + 2
            self.text(f"{number(100 * pool.use_frac, 2)} %", where, y, (0, 0.5))
        self.name_left(at, [pool.id for pool in found.pools])
        self.label_bottom(self.tr("% of the pool's time; tick: peak of the day"))
        self.fix_range((0, max(118.0, 1.15 * max(peaks))), (0.5 - len(found.pools), 0.5))
        self.legend.show_entries(
            [(row.id, f"series.{index % SERIES}", SERIES_STYLE[0]) for index, row in enumerate(found.classes)]
        )
        room = found.headroom_ratio
        self.scope.setText(self.tr("peaks fit {0} times").format(number(room, 2)) if room else self.tr("no headroom"))
        self.shown = {pool.id: pool.use_frac for pool in found.pools}
        self.show_plot()


class ClassesChart(TableChart):
    """A row a class: what is asked, where it goes, what its users wait, and what is left over."""

    title = "Request classes"
    columns = ("Class", "Kind", "req/s", "peak", "Served by", "TTFT p95", "TPOT", "Unserved at peak")
    numbers = frozenset({2, 3, 5, 6})

    def draw(self, result: ResultSnapshot) -> None:
        """One line a class."""
        found: RoutingResult = result.throughput.routing
        self.shown = {row.id: {route.pool: route.requests_per_s for route in row.routes} for row in found.classes}
        if not found.classes:
            self.say(self.tr(NOBODY))
            return
        self.fill([_cells(row) for row in found.classes])

    def values(self) -> dict[str, Any]:
        """Requests/s by class and pool."""
        return self.shown


def _cells(row: ClassRoutes) -> tuple[str, ...]:
    total = sum(route.requests_per_s for route in row.routes) or 1.0
    places = ", ".join(f"{route.pool} {100 * route.requests_per_s / total:.0f} %" for route in row.routes)
    slowest = max((route.ttft_p95_s or 0.0 for route in row.routes), default=0.0)
    token = max((route.tpot_s or 0.0 for route in row.routes), default=0.0)
    short = f"{number(row.peak_unserved_per_s)} req/s" if row.peak_unserved_per_s else "0"
    left = f"all: needs {row.remedy}" if row.remedy else short
    return (
        row.id, row.kind, number(row.offered_per_s), number(row.peak_per_s), places or "\u2013",
        *starmap(_seconds, ((slowest, 2), (token, 2))), left,
    )  # fmt: skip


def _seconds(value: float, digits: int) -> str:
    return (
        "\u2013" if not value else f"{number(value, digits)} s" if value >= 1.0 else f"{number(1e3 * value, digits)} ms"
    )
