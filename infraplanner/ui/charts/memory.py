"""The memory wall in pictures: roofline, memory of one accelerator, cost of every limit, gain of every doubling, and the
widening gap between compute and bandwidth.
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF

from infraplanner.results.diagnosis import LEVERS, LIMITS, PoolDiagnosis, RooflinePoint
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.units import GIGA, TERA

from .bars import Bars
from .base import SERIES_STYLE, Chart, short

MOST_POOLS = 4
LEAST_SHARE = 0.05
"""Per cent below which a bar counts as nothing."""
MARKERS = {"prefill": "t", "decode": "o"}
"""Decode is a disc and prefill a triangle wherever the two stand together."""
PARTS = (
    ("weights", "series.0", Qt.BrushStyle.SolidPattern),
    ("cache", "series.1", Qt.BrushStyle.SolidPattern),
    ("reserve", "series.2", Qt.BrushStyle.BDiagPattern),
    ("free", "border.control", Qt.BrushStyle.Dense6Pattern),
)
NAMES = {
    "compute": "Compute",
    "memory_bandwidth": "HBM rate",
    "memory_capacity": "HBM size",
    "kv_capacity": "KV space",
    "scale_up": "Scale-up",
    "scale_out": "Scale-out",
    "host": "Host, fixed",
}


def _diagnoses(result: ResultSnapshot) -> list[PoolDiagnosis]:
    return list(result.throughput.diagnoses[:MOST_POOLS])


class PoolChart(Chart):
    """A chart of the predicted pools; says why there is nothing when there is none."""

    def draw(self, result: ResultSnapshot) -> None:
        """Hand the pools on, or say what is missing."""
        found = _diagnoses(result)
        if not found:
            self.shown = {}
            reasons = [f"{pool.id}: {pool.not_predicted}" for pool in result.throughput.pools if pool.not_predicted]
            self.say("\n".join(reasons) or self.tr("Nothing is served yet. Give racks to a pool that serves a model."))
            return
        left_out = len(result.throughput.diagnoses) - len(found)
        self.scope.setText(self.tr("+ {0} pools").format(left_out) if left_out else "")
        self.draw_pools(found)
        self.show_plot()

    def draw_pools(self, found: list[PoolDiagnosis]) -> None:
        """Draw at most MOST_POOLS pools."""
        raise NotImplementedError


class RooflineChart(PoolChart):
    """Rate against arithmetic intensity, both logarithmic: a roof an accelerator type, a point a phase."""

    title = "Roofline"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._roofs = [pg.PlotCurveItem() for _ in range(MOST_POOLS)]
        self._points = pg.ScatterPlotItem(size=11)
        self._texts = [pg.TextItem("", anchor=(0, 0.5)) for _ in range(2 * MOST_POOLS)]
        self._ridge = pg.TextItem("", anchor=(0.5, 1))
        for item in (*self._roofs, self._points, *self._texts, self._ridge):
            self.plot.addItem(item)
        for text in (*self._texts, self._ridge):
            text.setFont(fonts.font(fonts.CAPTION))

    def draw_pools(self, found: list[PoolDiagnosis]) -> None:
        """Roofs and points; the label of a point says the share of the bandwidth in use."""
        points = [(slot, point) for slot, pool in enumerate(found) for point in pool.points]
        ridge = max(pool.ridge_flop_per_b for pool in found)
        low = 0.4 * min([pool.ridge_flop_per_b for pool in found] + [p.intensity_flop_per_b for _, p in points])
        high = 4.0 * max([ridge] + [p.intensity_flop_per_b for _, p in points])
        self._roof_lines(found, low, high)
        self._points.setData(
            x=[np.log10(p.intensity_flop_per_b) for _, p in points],
            y=[np.log10(p.flop_per_s / TERA) for _, p in points],
            symbol=[MARKERS[p.phase] for _, p in points],
            brush=[self.colour(f"series.{slot}") for slot, _ in points],
            pen=pg.mkPen(self.colour("selection.casing"), width=1.5),
        )
        self.shown = {
            f"{found[slot].id}.{p.phase}": {"intensity": p.intensity_flop_per_b, "mbu": p.bandwidth_used_frac}
            for slot, p in points
        } | {"ridge": {pool.id: pool.ridge_flop_per_b for pool in found}}
        self.legend.show_entries([(pool.id, f"series.{i}", SERIES_STYLE[i]) for i, pool in enumerate(found)])
        self.label_left("TFLOP/s")
        self.label_bottom(self.tr("FLOP/B   \u25cf decode  \u25bc prefill"))
        rates = [pool.peak_flop_per_s / TERA for pool in found] + [p.flop_per_s / TERA for _, p in points]
        x, y = (np.log10(low), np.log10(high)), (np.log10(0.4 * min(rates)), np.log10(3.0 * max(rates)))
        for axis, (start, end) in ((self.bottom, x), (self.left, y)):
            ticks = [(float(k), _power_of_ten(k)) for k in range(int(np.ceil(start)), int(np.floor(end)) + 1)]
            axis.names = dict(ticks)
            axis.setTicks([ticks])
        self.fix_range(x, y)
        self._name_points([point for _, point in points], x, y)

    def _name_points(self, points: list[RooflinePoint], x: tuple[float, float], y: tuple[float, float]) -> None:
        """What each point uses most, beside it; a label that would cover another or leave the chart is left out."""
        metrics = QFontMetricsF(fonts.font(fonts.CAPTION))
        across, along = max(60, self.width() - 78), max(40, self.height() - 70)
        spots = [
            (
                (np.log10(p.intensity_flop_per_b) - x[0]) / (x[1] - x[0]) * across,
                (y[1] - np.log10(p.flop_per_s / TERA)) / (y[1] - y[0]) * along,
            )
            for p in points
        ]
        taken = [QRectF(px - 6, py - 6, 12, 12) for px, py in spots]
        whole = QRectF(0, 0, across, along)
        for slot, text in enumerate(self._texts):
            text.setVisible(False)
            if slot >= len(points):
                continue
            point, (px, py) = points[slot], spots[slot]
            used = max(point.bandwidth_used_frac, point.compute_used_frac)
            words = f"{100 * used:.0f} % " + ("HBM" if used == point.bandwidth_used_frac else "FLOP/s")
            width = metrics.horizontalAdvance(words) + 4
            for left, top, anchor in (
                (px + 9, py - 8, (-0.1, 0.5)),
                (px - 9 - width, py - 8, (1.1, 0.5)),
                (px - width / 2, py - 24, (0.5, 1.3)),
                (px - width / 2, py + 8, (0.5, -0.3)),
            ):
                box = QRectF(left, top, width, 16)
                if whole.contains(box) and not any(box.intersects(other) for other in taken):
                    taken.append(box)
                    text.setText(words, color=self.colour("text.primary"))
                    text.setAnchor(anchor)
                    text.setPos(np.log10(point.intensity_flop_per_b), np.log10(point.flop_per_s / TERA))
                    text.setVisible(True)
                    break

    def _roof_lines(self, found: list[PoolDiagnosis], low: float, high: float) -> None:
        seen: set[tuple[float, float]] = set()
        for slot, roof in enumerate(self._roofs):
            drawn = slot < len(found)
            if drawn:
                pool = found[slot]
                key = (pool.peak_flop_per_s, pool.peak_memory_b_per_s)
                drawn, fresh = key not in seen, key
                seen.add(fresh)
                x = np.array([low, pool.ridge_flop_per_b, high])
                y = np.minimum(x * pool.peak_memory_b_per_s, pool.peak_flop_per_s) / TERA
                roof.setData(np.log10(x), np.log10(y))
                roof.setPen(pg.mkPen(self.colour("text.secondary"), width=2, style=SERIES_STYLE[len(seen) - 1]))
            roof.setVisible(drawn)
        top = max(found, key=lambda pool: pool.peak_flop_per_s)
        text = self.tr("ridge {0}, {1}").format(short(top.ridge_flop_per_b), top.precision)
        self._ridge.setText(text, color=self.colour("text.secondary"))
        self._ridge.setPos(np.log10(top.ridge_flop_per_b), np.log10(top.peak_flop_per_s / TERA))


def _power_of_ten(exponent: int) -> str:
    return f"{10**exponent:,}".replace(",", "\u202f") if exponent >= 0 else f"{10.0**exponent:g}"


class MemoryMapChart(Bars, PoolChart):
    """What lies in the memory of one accelerator of each pool."""

    title = "Memory map"

    def draw_pools(self, found: list[PoolDiagnosis]) -> None:
        """Stacked bars in GB, weights at the left; the figure is the share in use."""
        self.begin()
        at = -np.arange(len(found), dtype=float)
        sizes = {
            "weights": [pool.weight_b for pool in found],
            "cache": [pool.kv_b for pool in found],
            "reserve": [max(0.0, pool.reserve_b) for pool in found],
            "free": [pool.free_b for pool in found],
        }
        level = np.zeros(len(found))
        for name, colour, pattern in PARTS:
            width = np.array(sizes[name]) / GIGA
            brush = pg.mkBrush(self.colour(colour))
            brush.setStyle(pattern)
            edge = pg.mkPen(self.colour("surface.panel"))
            self.bar(x0=level, y=at, height=0.62, width=width, brush=brush, pen=edge)
            level = level + width
        for index, pool in enumerate(found):
            self.text(f"{100 * (1.0 - pool.free_b / pool.memory_b):.0f} %", float(level[index]), at[index], (0, 0.5))
        self.shown = {
            pool.id: {name: sizes[name][i] for name, _, _ in PARTS} | {"memory": pool.memory_b}
            for i, pool in enumerate(found)
        }
        self.name_left(at, [pool.id for pool in found])
        words = (self.tr("weights"), self.tr("KV"), self.tr("reserve"), self.tr("free"))
        marks = (
            f"<span style='color:{self.colour(colour).name()}'>\u25a0</span> {word}"
            for word, (_, colour, _) in zip(words, PARTS, strict=True)
        )
        self.label_bottom("GB\u2003" + "\u2002".join(marks))  # four names are too many for the title's row
        self.fix_range((0, 1.2 * float(level.max())), (0.4 - len(found), 0.6))


class ShareChart(Bars, PoolChart):
    """One bar a resource, in per cent, of one pool: the one at the memory wall first; a click goes to the next."""

    resources: tuple[str, ...] = ()
    field = ""
    sign = ""

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)
        self._next = 0
        self._where = ""
        self.plot.setToolTip(self.tr("Click for the next pool"))
        self.plot.scene().sigMouseClicked.connect(self._turn)

    def draw(self, result: ResultSnapshot) -> None:
        """Remember which pool binds, then draw."""
        self._where = result.walls["memory"].where or ""
        super().draw(result)

    def _turn(self, _event: object) -> None:
        self._next += 1
        if self._result is not None:
            self._draw(self._result)

    def draw_pools(self, found: list[PoolDiagnosis]) -> None:
        """Bars from the top in the resources' order, each with its figure."""
        self.begin()
        first = next((i for i, pool in enumerate(found) if pool.id == self._where), 0)
        slot = (first + self._next) % len(found)
        pool, names = found[slot], list(self.resources)
        shares = 100 * np.array([getattr(pool, self.field)[name] for name in names])
        at = -np.arange(len(names), dtype=float)
        self.bar(x0=0.0, y=at, height=0.62, width=shares, brush=self.colour(f"series.{slot}"), pen=pg.mkPen(None))
        for y, share in zip(at.tolist(), shares.tolist(), strict=True):
            self.text(f"{self.sign}{short(share, 2)}" if share >= LEAST_SHARE else "0", share, y, (0, 0.5))
        self.shown = {each.id: dict(getattr(each, self.field)) for each in found} | {"pool": pool.id}
        self.scope.setText(pool.id)
        self.name_left(at, [NAMES[name] for name in names])
        self.label_bottom("%")
        self.fix_range((0, max(10.0, 1.3 * float(shares.max()))), (0.6 - len(names), 0.6))


class LimitsChart(ShareChart):
    """How much of the time a token takes would go if one limit were gone."""

    title = "Time lost to each limit"
    resources, field = LIMITS, "saving_frac"


class DoublingChart(ShareChart):
    """Gain in the pool's own rate from twice as much of one resource."""

    title = "Twice as much buys"
    resources, field, sign = LEVERS, "doubling_gain_frac", "+"


class GapChart(PoolChart):
    """How compute outgrows bandwidth from one generation to the next, at the rates of the last twenty years."""

    title = "Compute against bandwidth"

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge = bridge
        self._curves = [pg.PlotCurveItem() for _ in range(3)]
        self._text = pg.TextItem("", anchor=(0, 0))
        self._text.setFont(fonts.font(fonts.CAPTION))
        for item in (*self._curves, self._text):
            self.plot.addItem(item)

    def draw_pools(self, found: list[PoolDiagnosis]) -> None:
        """Growth over today's accelerator, logarithmic; and what utilisation a memory-bound phase is left with."""
        rates = [self._rate(name) for name in ("compute_growth_2y", "bandwidth_growth_2y", "interconnect_growth_2y")]
        if any(rate is None for rate in rates):
            self.say(self.tr("The growth rates are not in the catalogue."))
            return
        years = np.arange(0.0, 11.0)
        styles = (("series.0", 0), ("series.1", 1), ("series.2", 2))
        for curve, rate, (name, dash) in zip(self._curves, rates, styles, strict=True):
            curve.setData(years, np.log10(float(rate or 1.0)) * years / 2)
            curve.setPen(pg.mkPen(self.colour(name), width=2, style=SERIES_STYLE[dash]))
        decode = [point for pool in found for point in pool.points if point.phase == "decode"]
        compute, bandwidth = float(rates[0] or 1.0), float(rates[1] or 1.0)
        gap = (compute / bandwidth) ** 5
        self.shown = {"gap_after_10_years": gap}
        if decode:
            now = max(point.compute_used_frac for point in decode)
            self.shown["decode_compute_used_frac"] = [now, now / gap]
            words = self.tr("today's decode uses {0} % of compute,\nin 10 years {1} % at the same batch")
            text = words.format(short(100 * now, 2), short(100 * now / gap, 2))
            self._text.setText(text, color=self.colour("text.secondary"))
            self._text.setPos(0.2, 1.08 * float(np.log10(compute) * 5))
        self._text.setVisible(bool(decode))
        solid = (self.tr("compute"), self.tr("memory bandwidth"), self.tr("links"))
        entries = zip(solid, styles, strict=True)
        self.legend.show_entries([(word, name, SERIES_STYLE[dash]) for word, (name, dash) in entries])
        top = float(np.log10(compute) * 5)
        ticks = [(float(k), _power_of_ten(k) + "×") for k in range(int(top) + 1)]
        self.left.names = dict(ticks)
        self.left.setTicks([ticks])
        self.label_left(self.tr("growth"))
        self.label_bottom(self.tr("years from now"))
        self.fix_range((0, 10), (0, 1.1 * top))

    def _rate(self, name: str) -> float | None:
        profile = self._bridge.session.catalog.find(f"trend.{name}")
        value = getattr(profile, "value", None)
        return None if value is None else float(value)
