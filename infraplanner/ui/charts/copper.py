"""The copper wall in pictures: how much of its reach every bundle leaves, and what the media draw and cost."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from infraplanner.results.snapshot import ResultSnapshot

from .bars import Bars
from .base import Chart, short
from .links import FAMILY_COLOUR

BINS = np.arange(0.0, 130.0, 10.0)
NAMES = {
    "dac": "passive copper", "acc": "active copper", "aec": "retimed copper", "cartridge": "cartridge",
    "backplane": "backplane", "multimode": "multimode", "single_mode": "single mode", "co_packaged": "co-packaged",
    "optical_switch": "optical switch",
}  # fmt: skip


class MarginChart(Chart):
    """Cables by the share of their reach that the run needs; past the line nothing reaches."""

    title = "Reach in use"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bars = pg.BarGraphItem(x=[0], height=[0], width=9.0)
        self._limit = pg.InfiniteLine(100, angle=90)
        for item in (self._bars, self._limit):
            self.plot.addItem(item)

    def draw(self, result: ResultSnapshot) -> None:
        """One bar a tenth of the reach; what no medium reaches is counted in the last."""
        fabric = result.fabric
        if not fabric.link_ids:
            self.say(self.tr("No link yet. Draw a link (L) between two racks."))
            return
        with np.errstate(all="ignore"):
            used = 100 * np.asarray(fabric.need_m, dtype=float) / np.asarray(fabric.reach_m, dtype=float)
        lost = int((~np.isfinite(used)).sum())
        counts, _ = np.histogram(np.minimum(np.where(np.isfinite(used), used, BINS[-1] - 1), BINS[-1] - 1), BINS)
        over = int((used > 100.0 + 1e-9).sum()) + lost
        self.shown = {
            "bundles": counts.tolist(),
            "without_reach": over,
            "worst_percent": float(np.nanmax(used, initial=0.0)),
        }
        brushes = [self.colour("status.error" if low >= 100.0 else "wall.copper") for low in BINS[:-1]]
        self._bars.setOpts(
            x=BINS[:-1] + 5.0, height=counts.astype(float), width=9.0, brushes=brushes, brush=None, pen=pg.mkPen(None)
        )
        self._limit.setPen(pg.mkPen(self.colour("status.error"), width=1, style=Qt.PenStyle.DashLine))
        self.scope.setText(
            self.tr("{0} without reach").format(over)
            if over
            else self.tr("worst {0} %").format(short(self.shown["worst_percent"]))
        )
        self.label_left(self.tr("bundles"))
        self.label_bottom(self.tr("run with slack and loops, % of reach"))
        self.fix_range((0, BINS[-1]), (0, 1.12 * max(1.0, float(counts.max()))))
        self.show_plot()


class MediaChart(Bars):
    """Watts of each medium, with cables in the name."""

    title = "Power by medium"

    def draw(self, result: ResultSnapshot) -> None:
        """The hungriest first."""
        self.begin()
        fabric = result.fabric
        ranked = sorted(fabric.power_by_family_w.items(), key=lambda item: -item[1])
        if not ranked:
            self.shown = {}
            self.say(self.tr("No link yet. Draw a link (L) between two racks."))
            return
        at = -np.arange(len(ranked), dtype=float)
        watts = np.array([value for _, value in ranked]) / 1e3
        brushes = [self.colour(f"media.{FAMILY_COLOUR[name][0]}") for name, _ in ranked]
        self.bar(x0=0.0, y=at, height=0.62, width=watts, brushes=brushes, brush=None, pen=pg.mkPen(None))
        for y, value in zip(at.tolist(), watts.tolist(), strict=True):
            self.text(short(value, 3), value, y, (0, 0.5))
        self.name_left(at, [f"{NAMES[name]} ({fabric.count_by_family[name]})" for name, _ in ranked])
        self.shown = dict(fabric.power_by_family_w)
        self.scope.setText(self.tr("{0} kW").format(short(float(watts.sum()))))
        self.label_bottom("kW")
        self.fix_range((0, 1.25 * max(1e-9, float(watts.max()))), (0.4 - len(ranked), 0.6))
        self.show_plot()
