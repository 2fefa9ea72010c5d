"""PUE and WUE over a year of weather, month by month, as the pair that they are."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.theme import fonts
from infraplanner.units import number

from .base import Chart, PlainAxis, short

NAME_PX = 36
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

LAST_MONTH = 11


def _lean(month: int) -> float:
    """Where a label stands over its bar: inwards over the first and last month, else in the middle."""
    return 0.15 if month == 0 else 0.85 if month == LAST_MONTH else 0.5


class PlantYearChart(Chart):
    """Bars: PUE above 1. Line: water per IT energy, on the right axis."""

    title = "Plant year"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bars = pg.BarGraphItem(x=[0], y0=[1.0], height=[0], width=0.7)
        self.plot.addItem(self._bars)
        item = self.plot.getPlotItem()
        self.right = PlainAxis("right")
        item.setAxisItems({"right": self.right})
        item.showAxis("right")
        self._water_view = pg.ViewBox(enableMouse=False)
        item.scene().addItem(self._water_view)
        self.right.linkToView(self._water_view)
        self._water_view.setXLink(item)
        self._water = pg.PlotCurveItem()
        self._dots = pg.ScatterPlotItem(size=7)
        self._water_view.addItem(self._water)
        self._water_view.addItem(self._dots)
        self._texts: list[pg.TextItem] = []
        item.getViewBox().sigResized.connect(self._resize_water)

    def _resize_water(self) -> None:
        box = self.plot.getPlotItem().getViewBox()
        self._water_view.setGeometry(box.sceneBoundingRect())

    def draw(self, result: ResultSnapshot) -> None:
        """Twelve months."""
        year = result.year
        if year.pue is None or len(year.month_pue) != 12:
            self.say(year.note or self.tr("A year needs a plan that is fed and cooled."))
            return
        x = np.arange(12, dtype=float)
        self.shown = {
            "pue": year.pue, "wue_l_per_kwh": year.wue_l_per_kwh, "water_m3": year.water_m3, "free_hours": year.free_hours,
            "missed_hours": year.missed_hours,
        }  # fmt: skip
        self._bars.setOpts(
            x=x, y0=np.ones(12), height=year.month_pue - 1.0, brush=self.colour("wall.thermal"), pen=pg.mkPen(None)
        )
        colour = self.colour("liquid.supply")
        self._water.setData(x, year.month_wue_l_per_kwh)
        self._water.setPen(pg.mkPen(colour, width=2, style=Qt.PenStyle.DashLine))
        self._dots.setData(x, year.month_wue_l_per_kwh, brush=colour, pen=pg.mkPen(self.colour("selection.casing")))
        for text in self._texts:
            self.plot.removeItem(text)
        self._texts = []
        for k in (int(np.argmin(year.month_pue)), int(np.argmax(year.month_pue))):
            text = pg.TextItem(
                short(float(year.month_pue[k]), 4), color=self.colour("text.primary"), anchor=(_lean(k), 1)
            )
            text.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
            text.setPos(k, float(year.month_pue[k]))
            self.plot.addItem(text)
            self._texts.append(text)
        narrow = self.width() < 12 * NAME_PX  # the letter alone tells a month by its place
        names = [(float(k), name[0] if narrow else name) for k, name in enumerate(MONTHS)]
        self.bottom.names = dict(names)
        self.bottom.setTicks([names])
        self.right.setPen(self.colour("border.control"))
        self.right.setTextPen(self.colour("text.secondary"))
        self.right.setTickFont(fonts.font(fonts.CAPTION))
        self.right.setLabel("WUE, L/kWh", color=self.colour("text.secondary").name(), **{"font-size": "12px"})
        hours = self.tr("{0} h free, {1} h partly").format(number(year.free_hours, 4), number(year.partial_hours, 4))
        missed = self.tr(", {0} h above set point").format(year.missed_hours) if year.missed_hours else ""
        self.scope.setText(
            f"PUE {number(year.pue, 4)}  ·  WUE {number(year.wue_l_per_kwh or 0.0, 3)} L/kWh  ·  {hours}{missed}"
            f"  ·  {year.place.removeprefix('Typical year, ')}"
        )
        self.legend.show_entries(
            [("PUE", "wall.thermal", Qt.PenStyle.SolidLine), ("WUE", "liquid.supply", Qt.PenStyle.DashLine)]
        )
        self.label_left("PUE")
        self.fix_range((-0.6, 11.6), (1.0, 1.0 + 1.25 * float(year.month_pue.max() - 1.0)))
        top = float(year.month_wue_l_per_kwh.max())
        self._water_view.setYRange(0.0, 1.25 * top if top > 0.0 else 1.0, padding=0)
        self._resize_water()
        self.show_plot()
