"""Which cooling technique still carries a rack: published bands of kW a rack beside what the rack draws."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from infraplanner.catalog.types import Constant
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.units import KILO, number

from .base import Chart

PREFIX = "technique."


class TechniquesChart(Chart):
    """One band a technique from its usual to its largest load; a line at the selected rack, else at the largest."""

    title = "What still carries this rack"

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        self._bridge = bridge
        super().__init__(parent)  # type: ignore[arg-type]
        self._bands = pg.BarGraphItem(x0=[0], y=[0], width=[0], height=0.56)
        self._line = pg.InfiniteLine(0, angle=90)
        self._note = pg.TextItem("", anchor=(0, 0))
        self._note.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
        for item in (self._bands, self._line, self._note):
            self.plot.addItem(item)
        self.plot.showGrid(x=True, y=False, alpha=0.18)
        bridge.selection_changed.connect(self._again)

    def _again(self) -> None:
        if self._result is not None and self.isVisible():
            self._draw(self._result)

    def bands(self) -> list[tuple[str, float, float, float]]:
        """(name, least, usual, most) in kW a rack, weakest technique first."""
        found = self._bridge.session.catalog.of(Constant)
        rows = [c for key, c in found.items() if key.startswith(PREFIX)]
        made = [(c.name, c.low if c.low is not None else 0.0, c.value, c.high or c.value) for c in rows]
        return sorted(made, key=lambda row: (row[3], row[2]))

    def draw(self, result: ResultSnapshot) -> None:
        """Bands that end before the line are faded: they no longer carry the rack."""
        bands, racks = self.bands(), result.power.rack_ids
        if not racks or not bands:
            self.say(self.tr("Place a rack to see which technique carries it."))
            return
        picked = next((key for key in self._bridge.selection if key in set(racks)), None)
        row = racks.index(picked) if picked else int(np.nanargmax(result.power.rack_nameplate_w))
        load = float(result.power.rack_nameplate_w[row]) / KILO
        y = np.arange(len(bands), dtype=float)
        low, most = np.array([band[1] for band in bands]), np.array([band[3] for band in bands])
        carries = most >= load
        brushes = [self.colour("wall.thermal", 0.9 if fine else 0.3) for fine in carries]
        self._bands.setOpts(x0=low, y=y, width=most - low, height=0.56, brushes=brushes, pen=pg.mkPen(None))
        self._line.setValue(load)
        self._line.setPen(pg.mkPen(self.colour("accent.line"), width=2))
        self._note.setText(f" {racks[row]}: {number(load)} kW", color=self.colour("text.primary"))
        self._note.setPos(load, len(bands) + 0.75)
        names = [(float(k), band[0]) for k, band in enumerate(bands)]
        self.left.names = dict(names)
        self.left.setTicks([names])
        self.shown = {band[0]: bool(fine) for band, fine in zip(bands, carries, strict=True)} | {"kw": load}
        self.scope.setText(self.tr("nameplate; bands are published or planning values, see the catalogue"))
        self.legend.show_entries([(self.tr("rack"), "accent.line", Qt.PenStyle.SolidLine)])
        self.label_bottom(self.tr("kW a rack"))
        self.fix_range((0, 1.12 * max(float(most.max()), load)), (-0.6, len(bands) + 0.8))
        self.show_plot()
