"""Loss of cooling: seconds until machines throttle and until they switch off."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from infraplanner.results.ride import RideRow
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.theme import fonts
from infraplanner.units import number

from .base import Chart

MOST_ROWS = 8
NAMES = {"air": "Air", "loop": "Loop", "chip": "Chips"}


class RideChart(Chart):
    """Two bars a row: throttle, then trip; the soonest rows."""

    title = "Loss of cooling"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._trip = pg.BarGraphItem(x0=[0], y=[0], width=[0], height=0.6)
        self._throttle = pg.BarGraphItem(x0=[0], y=[0], width=[0], height=0.6)
        self.plot.addItem(self._trip)
        self.plot.addItem(self._throttle)
        self._texts: list[pg.TextItem] = []
        self.plot.showGrid(x=True, y=False, alpha=0.18)

    def draw(self, result: ResultSnapshot) -> None:
        """The soonest row on top."""
        rows = [row for row in result.thermal.ride if row.throttle_s is not None]
        if not rows:
            self.say(self.tr("Nothing is timed yet: it takes racks on loops or in a hall with an air field."))
            return
        rows = sorted(rows, key=lambda row: row.throttle_s or 0.0)[:MOST_ROWS][::-1]
        y = np.arange(len(rows), dtype=float)
        throttle = np.array([row.throttle_s or 0.0 for row in rows])
        trip = np.array([row.trip_s if row.trip_s is not None else np.nan for row in rows])
        self.shown = {f"{row.kind}.{row.where}": row.throttle_s for row in rows}
        none = pg.mkPen(None)
        self._throttle.setOpts(
            x0=np.zeros(len(rows)), y=y, width=throttle, brush=self.colour("status.warning"), pen=none
        )
        rest = np.nan_to_num(trip - throttle)
        self._trip.setOpts(x0=throttle, y=y, width=rest, brush=self.colour("status.error", 0.75), pen=none)
        for text in self._texts:
            self.plot.removeItem(text)
        self._texts = [self._label(k, row) for k, row in enumerate(rows)]
        names = [(float(k), f"{NAMES[row.kind]} {row.where}") for k, row in enumerate(rows)]
        self.left.names = dict(names)
        self.left.setTicks([names])
        self.scope.setText(rows[-1].note)
        solid = Qt.PenStyle.SolidLine
        self.legend.show_entries(
            [(self.tr("until throttling"), "status.warning", solid), (self.tr("until off"), "status.error", solid)]
        )
        self.label_bottom(self.tr("seconds"))
        self.fix_range((0, 1.55 * float(np.nanmax(np.append(trip, throttle)))), (-0.6, len(rows) - 0.4))
        self.show_plot()

    def _said(self, row: RideRow) -> str:
        """Whether the plan does so when its grid fails, by what feeds its pumps and fans."""
        if row.holds is None or row.backing is None:
            return ""
        if row.holds:
            return self.tr(", back before") if row.spared else self.tr(", as fed here")
        return self.tr(", not as fed here")

    def _label(self, place: int, row: RideRow) -> pg.TextItem:
        end = row.trip_s if row.trip_s is not None else row.throttle_s or 0.0
        trip = number(row.trip_s, 3) if row.trip_s is not None else "–"
        text = pg.TextItem(
            f" {number(row.throttle_s or 0.0, 3)}, {trip} s{self._said(row)}",
            color=self.colour("text.primary"),
            anchor=(0, 0.5),
        )
        text.setFont(fonts.font(fonts.CAPTION))
        text.setPos(end, place)
        self.plot.addItem(text)
        return text
