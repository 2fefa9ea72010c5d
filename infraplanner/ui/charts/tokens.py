"""Tokens: throughput of an accelerator against the speed one user sees, with the point in force and its error band."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from infraplanner.results.snapshot import PoolResult, ResultSnapshot
from infraplanner.ui.theme import fonts

from .base import SERIES_STYLE, Chart, short

MOST_POOLS = 4


class TokensChart(Chart):
    """One curve a pool; the disc is where the pool runs."""

    title = "Throughput"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._curves = [pg.PlotCurveItem() for _ in range(MOST_POOLS)]
        self._points = [pg.ScatterPlotItem(size=11) for _ in range(MOST_POOLS)]
        self._texts = [pg.TextItem("", anchor=(0, 1)) for _ in range(MOST_POOLS)]
        self._bands = [pg.ErrorBarItem(beam=0.0) for _ in range(MOST_POOLS)]
        for item in (*self._curves, *self._bands, *self._points, *self._texts):
            self.plot.addItem(item)
        for text in self._texts:
            text.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))

    def draw(self, result: ResultSnapshot) -> None:
        """Curves of the first pools; the rest is named in the scope."""
        pools = result.throughput.pools
        if not pools:
            self.say(self.tr("Nothing is served yet. Give racks to a pool that serves a model."))
            return
        self.shown = {pool.id: pool.tokens_per_s for pool in pools} | {"tokens_per_s": result.summary.tokens_per_s}
        drawn = [pool for pool in pools if len(pool.curve_tokens_per_s_per_user)][:MOST_POOLS]
        if not drawn:
            reasons = [f"{pool.id}: {pool.not_predicted or short(pool.tokens_per_s or 0) + ' tok/s'}" for pool in pools]
            self.say("\n".join(reasons))
            return
        limits = [self._show(slot, pool) for slot, pool in enumerate(drawn)]
        for slot in range(len(drawn), MOST_POOLS):
            for item in (self._curves[slot], self._bands[slot], self._points[slot], self._texts[slot]):
                item.setVisible(False)
        self.legend.show_entries([(pool.id, f"series.{i}", SERIES_STYLE[i]) for i, pool in enumerate(drawn)])
        refused = [pool.id for pool in pools if pool.not_predicted]
        self.scope.setText(self.tr("not predicted: {0}").format(", ".join(refused)) if refused else "")
        self._part_labels(drawn)
        self.label_left(self.tr("tok/s per accel."))
        self.label_bottom(self.tr("tok/s per user"))
        self.fix_range((0, 1.06 * max(x for x, _ in limits)), (0, 1.18 * max(y for _, y in limits)))
        self.show_plot()

    def _part_labels(self, drawn: list[PoolResult]) -> None:
        """Labels of points at nearly the same speed go above and below, so that they do not cover each other."""
        ranked = sorted(range(len(drawn)), key=lambda slot: -(drawn[slot].tokens_per_s_per_accelerator or 0.0))
        for rank, slot in enumerate(ranked):
            self._texts[slot].setAnchor((0, 1 if rank % 2 == 0 else 0))

    def _show(self, slot: int, pool: PoolResult) -> tuple[float, float]:
        x = np.asarray(pool.curve_tokens_per_s_per_user, dtype=float)
        y = np.asarray(pool.curve_tokens_per_s_per_accelerator, dtype=float)
        colour = self.colour(f"series.{slot}")
        curve, point, text = self._curves[slot], self._points[slot], self._texts[slot]
        curve.setVisible(True)
        curve.setData(x, y)
        curve.setPen(pg.mkPen(colour, width=2, style=SERIES_STYLE[slot]))
        known = bool(pool.tpot_s and pool.tokens_per_s_per_accelerator)
        point.setVisible(known)
        text.setVisible(known)
        if known:
            speed, rate = 1.0 / float(pool.tpot_s or 1.0), float(pool.tokens_per_s_per_accelerator or 0.0)
            point.setData([speed], [rate], brush=colour, pen=pg.mkPen(self.colour("selection.casing"), width=1.5))
            text.setText(f" {short(rate)} at {short(speed)}", color=self.colour("text.primary"))
            text.setPos(speed, rate)
        self._show_band(slot, pool)
        return float(np.nanmax(x)), float(np.nanmax(y))

    def _show_band(self, slot: int, pool: PoolResult) -> None:
        """The error band of the point in force, as a bar through it."""
        band, low, high = self._bands[slot], pool.band_low_frac, pool.band_high_frac
        rate = pool.tokens_per_s_per_accelerator
        drawn = bool(pool.tpot_s and rate) and low is not None and high is not None
        band.setVisible(drawn)
        if drawn and rate and low is not None and high is not None:
            at = np.array([1.0 / float(pool.tpot_s or 1.0)])
            ends = {"bottom": np.array([-low * rate]), "top": np.array([high * rate])}
            band.setData(x=at, y=np.array([rate]), pen=pg.mkPen(self.colour(f"series.{slot}", 0.45), width=5), **ends)
