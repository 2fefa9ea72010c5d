"""Grid to core: where the power goes, as a waterfall."""

from __future__ import annotations

import pyqtgraph as pg

from infraplanner.results.snapshot import ResultSnapshot, WaterfallStep
from infraplanner.ui.theme import fonts

from .base import Chart, short

SITE_STEPS = 6

_SHORT = {
    "Distribution": "Dist", "Cooling": "Cool", "Other IT": "Other", "Power shelf": "Shelf", "Rack bar 54 V": "Bar",
    "Rack bar 800 V": "Bar", "IBC 48 to 12 V": "IBC", "IBC 800 to 12 V": "IBC", "Regulator": "VRM",
    "Last millimetres": "mm to die",
}  # fmt: skip
_COLOUR = {"total": "series.0", "loss": "wall.power", "cooling": "liquid.supply", "other": "text.muted"}
WIDE = 640
"""From this width on the chart goes on from the racks to the dies, with shares of the grid's power."""


class WaterfallChart(Chart):
    """Totals stand on the axis, losses hang between them; the axis may start above zero, with a break mark."""

    title = "Grid to core"

    def __init__(self, parent: object = None) -> None:
        self._wide = False
        super().__init__(parent)  # type: ignore[arg-type]
        self._bars: list[pg.BarGraphItem] = []
        self._texts: list[pg.TextItem] = []
        self._steps = pg.PlotCurveItem(pen=pg.mkPen("w"), connect="pairs")
        self.plot.addItem(self._steps)

    def draw(self, result: ResultSnapshot) -> None:
        """One bar a step."""
        steps = result.power.waterfall
        self._wide = self.width() >= WIDE
        if not self._wide:
            steps = steps[:SITE_STEPS]
        if not steps or max(step.power_w for step in steps) <= 0:
            self.say(self.tr("No power tree yet. Place a utility connection and feed a rack from it."))
            return
        factor, unit = (1e-6, "MW") if max(s.power_w for s in steps) >= 1e7 else (1e-3, "kW")
        boxes = _boxes(steps, factor)
        self.shown = {step.label: step.power_w for step in steps}
        self.scope.setText(self._scope(result))
        floor = self._floor(boxes)
        self._place(steps, boxes, floor, factor)
        names = [(float(i), _SHORT.get(step.label, step.label)) for i, step in enumerate(steps)]
        self.bottom.names = dict(names)
        self.bottom.setTicks([names])
        self.label_left(unit)
        top = max(high for _, high in boxes)
        self.fix_range((-0.6, len(steps) - 0.4), (floor, top + (0.45 if self._wide else 0.16) * (top - floor)))
        self.show_plot()

    def _scope(self, result: ResultSnapshot) -> str:
        """PUE and, where there is room, tokens per joule on the way."""
        summary, core = result.summary, result.power.core
        parts = [self.tr("PUE {0}").format(short(summary.pue, 4) if summary.pue else "–")]
        if self._wide and core.tokens_per_j_grid is not None and core.tokens_per_j_rack is not None:
            parts.append(self.tr("tokens per joule: grid {0}").format(short(core.tokens_per_j_grid)))
            parts.append(self.tr("rack {0}").format(short(core.tokens_per_j_rack)))
            if core.tokens_per_j_die is not None:
                parts.append(self.tr("die {0}").format(short(core.tokens_per_j_die)))
        return "  ·  ".join(parts)

    def resizeEvent(self, event: object) -> None:
        """More room, more of the way."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        if self._result is not None and self.isVisible() and (self.width() >= WIDE) != self._wide:
            self._draw(self._result)

    @staticmethod
    def _floor(boxes: list[tuple[float, float]]) -> float:
        """Start the axis where the losses can be seen, at a round number below the smallest total."""
        low = min(low if low > 0 else high for low, high in boxes)
        top = max(high for _, high in boxes)
        span = top - low
        if span <= 0 or low < 0.5 * top:
            return 0.0
        start = low - 0.5 * span
        step = 10.0 ** int(f"{span:e}".partition("e")[2])
        return max(0.0, int(start / step) * step)

    def _place(
        self, steps: tuple[WaterfallStep, ...], boxes: list[tuple[float, float]], floor: float, factor: float
    ) -> None:
        while len(self._bars) < len(steps):
            bar, text = pg.BarGraphItem(x=[0], height=[0], width=0.62), pg.TextItem("", anchor=(0.5, 1))
            text.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
            self._bars.append(bar)
            self._texts.append(text)
            self.plot.addItem(bar)
            self.plot.addItem(text)
        for index, (bar, text) in enumerate(zip(self._bars, self._texts, strict=True)):
            visible = index < len(steps)
            bar.setVisible(visible)
            text.setVisible(visible)
            if not visible:
                continue
            low, high = boxes[index]
            low = max(low, floor)
            brush = self.colour(_COLOUR[steps[index].kind])
            bar.setOpts(x=[index], y0=[low], height=[max(high - low, 0)], brush=brush, pen=pg.mkPen(None))
            sign = "" if steps[index].kind == "total" else "\u2212"
            figure = short(steps[index].power_w * factor, 3 if steps[index].kind == "total" else 2)
            if self._wide and steps[0].power_w > 0:
                figure += f"\n{100 * steps[index].power_w / steps[0].power_w:.1f} %"
            text.setText(sign + figure, color=self.colour("text.primary"))
            text.setPos(index, high)
        joints = [(i + 0.31, boxes[i][0] if steps[i].kind != "total" else boxes[i][1]) for i in range(len(steps) - 1)]
        xs = [x for i, (start, _) in enumerate(joints) for x in (start, i + 1 - 0.31)]
        ys = [y for _, level in joints for y in (level, level)]
        self._steps.setData(xs, ys, connect="pairs")
        self._steps.setPen(pg.mkPen(self.colour("text.muted"), width=1))


def _boxes(steps: tuple[WaterfallStep, ...], factor: float) -> list[tuple[float, float]]:
    """(low, high) of every bar."""
    level = 0.0
    boxes = []
    for step in steps:
        size = step.power_w * factor
        if step.kind == "total":
            level = size
            boxes.append((0.0, size))
        else:
            boxes.append((level - size, level))
            level -= size
    return boxes
