"""From the die to the sky: temperatures along the way of one rack's heat, with the limits it passes under."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts

from .base import Chart, short

WIDE_PX = 110


@dataclass(frozen=True, slots=True)
class Step:
    """One landing of the staircase: what it is, its temperature, its colour, and the limit it must stay under."""

    name: str
    celsius: float
    colour: str
    limit_c: float | None = None


def hottest_rack(result: ResultSnapshot) -> str | None:
    """The rack whose chips are warmest; without known chips the one with the warmest inlet."""
    for values in (result.thermal.chips.rack_case_c, result.thermal.air.rack_inlet_c):
        if len(values) and np.isfinite(values).any():
            return result.power.rack_ids[int(np.nanargmax(values))]
    return None


def staircase(snapshot: Snapshot, result: ResultSnapshot, rack: str) -> list[Step]:
    """The landings of one rack from the outdoor air up to the junction; what is unknown is left out."""
    thermal = result.thermal
    row = result.power.rack_ids.index(rack)
    record = snapshot.table("racks").get(rack)
    chips, air = thermal.chips, thermal.air
    supply = dict(zip(thermal.loop_ids, thermal.loop_supply_c.tolist(), strict=True))
    case = float(chips.rack_case_c[row]) if len(chips.rack_case_c) else math.nan
    inlet = float(chips.rack_chip_inlet_c[row]) if len(chips.rack_chip_inlet_c) else math.nan
    loop = record.loop if record is not None else ""
    breathed = float(air.rack_worst_c[row]) if len(air.rack_inlet_c) else math.nan
    wet = bool(loop) and math.isfinite(inlet) and not math.isclose(inlet, breathed, abs_tol=1e-6)
    steps = [Step("Sky", thermal.outdoor_dry_c if thermal.outdoor_dry_c is not None else math.nan, "text.muted")]
    if wet:
        steps += _water(snapshot, supply, loop)
        steps.append(Step("Coolant", inlet, "liquid.supply"))
    else:
        hall = next((h for h in air.halls if record is not None and h.hall == record.hall), None)
        steps.append(Step("Supply air", hall.supply_c if hall and hall.supply_c is not None else math.nan, "air.cold"))
        steps.append(
            Step("Rack inlet", float(air.rack_inlet_c[row]) if len(air.rack_inlet_c) else math.nan, "air.cold")
        )
    steps.append(Step("Case", case, "wall.thermal", chips.case_limit_c))
    junction = float(chips.rack_junction_c[row]) if len(chips.rack_junction_c) else math.nan
    steps.append(Step("Die", junction, "status.error"))
    return [step for step in steps if math.isfinite(step.celsius)]


def plug_steps(snapshot: Snapshot, result: ResultSnapshot, link: str) -> list[Step]:
    """The landings of one link's warmer plug, from the outdoor air over what its rack breathes to its case."""
    plugs, air = result.thermal.plugs, result.thermal.air
    row = plugs.link_ids.index(link) if link in plugs.link_ids else -1
    if row < 0 or not math.isfinite(plugs.case_c[row]) or not 0 <= plugs.rack[row] < len(result.power.rack_ids):
        return []
    rack = result.power.rack_ids[plugs.rack[row]]
    record = snapshot.table("racks").get(rack)
    hall = next((h for h in air.halls if record is not None and h.hall == record.hall), None)
    sky = result.thermal.outdoor_dry_c
    modules = plugs.module_w[row] > 0.0
    steps = [
        Step("Sky", math.nan if sky is None else sky, "text.muted"),
        Step("Supply air", math.nan if hall is None or hall.supply_c is None else hall.supply_c, "air.cold"),
        Step(f"Inlet {rack}", float(air.rack_worst_c[plugs.rack[row]]), "air.cold"),
        Step("Plug", float(plugs.case_c[row]), "wall.thermal", plugs.limit_c),
        Step("Bare plug", float(plugs.bare_c[row]) if modules else math.nan, "text.muted"),
    ]
    return [step for step in steps if math.isfinite(step.celsius)]


def _water(snapshot: Snapshot, supply: dict[str, float], loop: str) -> list[Step]:
    """Loops between the sky and a technology loop, outermost first."""
    steps: list[Step] = []
    seen = {loop}
    while True:
        units = snapshot.table("cooling").values()
        above = next((u.source_loop for u in units if u.loop == loop and u.source_loop), "")
        if not above or above in seen:
            return steps[::-1]
        seen.add(above)
        steps.append(Step(f"Loop {above}", supply.get(above, math.nan), "liquid.supply"))
        loop = above


class StaircaseChart(Chart):
    """Bars that rise from the sky to the die, each with its temperature; the selected link's plug or the selected rack, else
    the hottest rack."""

    title = "Die to sky"

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        self._bridge = bridge
        super().__init__(parent)  # type: ignore[arg-type]
        self._bars = pg.BarGraphItem(x=[0], height=[0], width=0.86)
        self._limit = pg.PlotCurveItem()
        self.plot.addItem(self._bars)
        self.plot.addItem(self._limit)
        self._texts: list[pg.TextItem] = []
        bridge.selection_changed.connect(self._again)

    def _again(self) -> None:
        if self._result is not None and self.isVisible():
            self._draw(self._result)

    def draw(self, result: ResultSnapshot) -> None:
        """One bar a landing."""
        racks = set(result.power.rack_ids)
        rack = next((key for key in self._bridge.selection if key in racks), None) or hottest_rack(result)
        snapshot = self._bridge.session.document.snapshot()
        link = next((key for key in self._bridge.selection if key in snapshot.table("links")), "")
        steps = plug_steps(snapshot, result, link) if link else []
        if not steps:
            link, steps = "", staircase(snapshot, result, rack) if rack else []
        if len(steps) < 2:
            self.say(self.tr("No rack's cooling is known yet: it takes racks with chips, and loops or air units."))
            return
        x = np.arange(len(steps), dtype=float)
        heights = np.array([step.celsius for step in steps])
        self.shown = {step.name: step.celsius for step in steps}
        self._bars.setOpts(
            x=x, height=heights, brushes=[self.colour(step.colour) for step in steps], pen=pg.mkPen(None)
        )
        limits = [(k, step.limit_c) for k, step in enumerate(steps) if step.limit_c is not None]
        if limits:
            at, limit = limits[0][0], float(limits[0][1] or 0.0)
            self._limit.setData([at - 0.5, at + 0.5], [limit, limit])
        self._limit.setPen(pg.mkPen(self.colour("status.error"), width=2, style=Qt.PenStyle.DashLine))
        self._label(steps)
        metrics = QFontMetricsF(fonts.font(fonts.CAPTION))
        room = max(24.0, (self.width() - 50) / max(1, len(steps)))
        elide = Qt.TextElideMode.ElideRight
        names = [(float(k), metrics.elidedText(step.name, elide, room)) for k, step in enumerate(steps)]
        self.bottom.names = dict(names)
        self.bottom.setTicks([names])
        self.scope.setText(self.tr("link {0}").format(link) if link else self.tr("rack {0}").format(rack))
        self.legend.show_entries([(self.tr("case limit"), "status.error", Qt.PenStyle.DashLine)] if limits else [])
        self.label_left("°C")
        top = max([*heights, *(limit for _, limit in limits if limit is not None)])
        self.fix_range((-0.6, len(steps) - 0.4), (min(0.0, float(heights.min())), 1.18 * float(top)))
        self.show_plot()

    def _label(self, steps: list[Step]) -> None:
        for text in self._texts:
            self.plot.removeItem(text)
        self._texts = []
        wide = self.width() / len(steps) > WIDE_PX
        before: float | None = None
        for k, step in enumerate(steps):
            rise = "" if before is None or not wide else f"  ({step.celsius - before:+.1f})".replace("-", "−")
            text = pg.TextItem(f"{short(step.celsius)}{rise}", color=self.colour("text.primary"), anchor=(0.5, 1))
            text.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
            text.setPos(k, step.celsius)
            self.plot.addItem(text)
            self._texts.append(text)
            before = step.celsius
