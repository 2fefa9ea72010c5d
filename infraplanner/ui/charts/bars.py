"""Horizontal bars with names at the left and figures at their ends."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from infraplanner.results.snapshot import Floats
from infraplanner.ui.theme import fonts

from .base import Chart


class Bars(Chart):
    """Bars and labels that need not be made anew at each result."""

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bars: list[pg.BarGraphItem] = []
        self._texts: list[pg.TextItem] = []

    def begin(self) -> None:
        """Hide all bars and texts; `bar` and `text` show them again."""
        self._used_bars = self._used_texts = 0
        for item in (*self._bars, *self._texts):
            item.setVisible(False)

    def bar(self, **opts: object) -> None:
        """One set of bars."""
        if self._used_bars == len(self._bars):
            self._bars.append(pg.BarGraphItem(x=[0], height=[0], width=0.6))
            self.plot.addItem(self._bars[-1])
        item = self._bars[self._used_bars]
        item.setOpts(**{"x": None, "x0": None, "y0": None, "y": None, "height": None, "width": None, **opts})
        item.setVisible(True)
        self._used_bars += 1

    def text(self, words: str, x: float, y: float, anchor: tuple[float, float]) -> None:
        """One direct label."""
        if self._used_texts == len(self._texts):
            made = pg.TextItem("")
            made.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
            self._texts.append(made)
            self.plot.addItem(made)
        item = self._texts[self._used_texts]
        item.setText(words, color=self.colour("text.primary"))
        item.setAnchor(anchor)
        item.setPos(x, y)
        item.setVisible(True)
        self._used_texts += 1

    def name_left(self, at: Floats, names: list[str]) -> None:
        """Names left of the bars, shortened to a third of the chart."""
        metrics = QFontMetricsF(fonts.font(fonts.CAPTION))
        room, elide = max(60.0, self.width() / 3), Qt.TextElideMode.ElideMiddle
        ticks = [(y, metrics.elidedText(name, elide, room)) for y, name in zip(at.tolist(), names, strict=True)]
        self.left.names = dict(ticks)
        self.left.setTicks([ticks])
