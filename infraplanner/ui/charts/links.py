"""Links: ordered length against the reach of the medium in force."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from infraplanner.catalog.types import LinkMedium
from infraplanner.results.coded import CodedText
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge

from .base import Chart, short

FAMILY_COLOUR = {
    "dac": ("dac", "o"), "acc": ("aec", "s"), "aec": ("aec", "s"), "cartridge": ("dac", "o"), "backplane": ("dac", "o"),
    "multimode": ("multimode", "t"), "single_mode": ("single_mode", "d"), "co_packaged": ("single_mode", "d"),
    "optical_switch": ("optical_switch", "x"),
}  # fmt: skip
_NAMES = {
    "dac": "copper",
    "aec": "active copper",
    "multimode": "multimode",
    "single_mode": "single mode",
    "optical_switch": "OCS",
}
MOST_POINTS = 2000


class LinkChart(Chart):
    """How long cables are and how much of the reach is used; colour and marker tell the medium.

    Cables are ordered in stock lengths, so that many bundles fall on one point: it is drawn once, larger for more.
    """

    title = "Link reach"

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge = bridge
        self._scatter = pg.ScatterPlotItem(size=7, pxMode=True)
        self._limit = pg.InfiniteLine(100, angle=0)
        for item in (self._scatter, self._limit):
            self.plot.addItem(item)

    def draw(self, result: ResultSnapshot) -> None:
        """One point for every length of a medium, at most 2,000."""
        fabric = result.fabric
        if not fabric.link_ids:
            self.say(self.tr("No link yet. Draw a link (L) between two racks."))
            return
        length = np.asarray(fabric.ordered_m, dtype=float)
        rows, count = _alike(length, fabric.medium)
        share = 100 * length[rows] / np.where(fabric.reach_m[rows] > 0, fabric.reach_m[rows], np.nan)
        looks = [FAMILY_COLOUR.get(self._family(fabric.medium[int(row)]), ("", "+")) for row in rows]
        brushes = {name: self.colour(f"media.{name}" if name else "status.error") for name, _ in set(looks)}
        self._scatter.setData(
            x=length[rows], y=np.minimum(np.nan_to_num(share, nan=112.0), 118.0), symbol=[s for _, s in looks],
            size=np.minimum(6.0 + 1.5 * np.log10(count), 13.0), brush=[brushes[name] for name, _ in looks],
            pen=pg.mkPen(self.colour("surface.panel"), width=0.5),
        )  # fmt: skip
        self.shown = {
            "longest_m": float(np.nanmax(length)),
            "total_m": float(fabric.total_length_m),
            "power_w": float(np.nansum(fabric.power_w)),
            "lengths_m": dict(zip(fabric.link_ids, length.tolist(), strict=True)) if len(length) <= MOST_POINTS else {},
            "media": dict(fabric.count_by_family),
        }
        self.scope.setText(
            self.tr("{0} kW, longest {1} m").format(short(self.shown["power_w"] / 1e3), short(self.shown["longest_m"]))
        )
        self._limit.setPen(pg.mkPen(self.colour("status.error"), width=1, style=Qt.PenStyle.DashLine))
        self.label_left(self.tr("% of reach"))
        self.label_bottom(self.tr("cable length, m"))
        used = sorted({name for name, _ in looks})
        solid = Qt.PenStyle.SolidLine
        self.legend.show_entries([(_NAMES.get(n, "none"), f"media.{n}" if n else "status.error", solid) for n in used])
        self.fix_range((0, 1.08 * max(1.0, self.shown["longest_m"])), (0, 122))
        self.show_plot()

    def _family(self, medium: str) -> str:
        profile = self._bridge.session.catalog.find(medium) if medium else None
        return profile.family if isinstance(profile, LinkMedium) else ""


def _alike(length_m: NDArray[np.float64], media: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First row of every (length, medium) pair and how many bundles share it, the longest first."""
    if isinstance(media, CodedText):
        codes = media.codes
    else:
        known = {name: code for code, name in enumerate(dict.fromkeys(media))}
        codes = np.array([known[name] for name in media], dtype=np.int64)
    keys = np.nan_to_num(length_m * 1000).astype(np.int64) * 4096 + codes + 1
    _, rows, count = np.unique(keys, return_index=True, return_counts=True)
    order = np.argsort(-length_m[rows], kind="stable")[:MOST_POINTS]
    return rows[order].astype(np.int64), count[order].astype(np.int64)


class LoadChart(Chart):
    """Link load: bundles sorted by the share of their capacity in use."""

    title = "Link load"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._curve = pg.PlotCurveItem(stepMode="right")
        self._limit = pg.InfiniteLine(100, angle=0)
        for item in (self._curve, self._limit):
            self.plot.addItem(item)

    def draw(self, result: ResultSnapshot) -> None:
        """Sorted from the most loaded down."""
        load = np.asarray(result.fabric.load_frac, dtype=float)
        known = np.sort(load[np.isfinite(load)])[::-1] * 100
        if not len(known) or known[0] <= 0:
            self.shown = {"worst_percent": 0.0}
            self.say(
                self.tr("No traffic crosses the drawn links: every served model stays inside its scale-up domain.")
            )
            return
        carried = known[known > 0]
        share = np.linspace(0, 100, len(known))
        self.shown = {"worst_percent": float(known[0]), "loaded_bundles": len(carried)}
        self._curve.setData(share, known)
        self._curve.setPen(pg.mkPen(self.colour("series.0"), width=2))
        self._curve.setFillLevel(0)
        self._curve.setBrush(self.colour("series.0", 0.18))
        self._limit.setPen(pg.mkPen(self.colour("status.error"), width=1, style=Qt.PenStyle.DashLine))
        self.scope.setText(self.tr("worst {0} %").format(short(known[0])))
        self.label_left("%")
        self.label_bottom(self.tr("share of bundles, sorted, %"))
        self.fix_range((0, 100), (0, max(1.15 * known[0], 10.0)))
        self.show_plot()
