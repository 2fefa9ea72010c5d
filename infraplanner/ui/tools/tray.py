"""Draw a tray: click corner after corner, Enter or a double click ends it; T changes its tier."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPen

from infraplanner.edit import Place
from infraplanner.model.entities import Tray
from infraplanner.model.ids import next_free_id
from infraplanner.ui.theme.current import current

from .base import Tool, tr

TIERS = ("data", "fibre", "power")
GRID_MM = 50
STEP_MM = {"data": 0, "fibre": 300, "power": 600}
"""How much higher each tier hangs than the lowest, so that they pass over one another."""
Spot = tuple[int, int]


class TrayTool(Tool):
    """A polyline of straight pieces, level or upright unless Alt is held."""

    name = "tray"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.points: list[Spot] = []
        self.tier = TIERS[0]
        self._at: Spot | None = None

    def hint(self) -> str:
        """What the status bar says."""
        return tr(
            "Click the corners of a {0} tray. Enter ends it, Backspace takes a corner back, T changes the tier."
        ).format(tr(self.tier))

    def start(self) -> None:
        """The tool was chosen."""
        super().start()
        self.view.preview = self._paint

    def stop(self) -> None:
        """Another tool."""
        super().stop()
        self.view.preview = None

    def cancel(self) -> None:
        """Forget what was begun."""
        self.points, self._at = [], None

    def _spot(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> Spot:
        x, y = (round(value / GRID_MM) * GRID_MM for value in self.view.camera.to_world(point))
        if self.points and not modifiers & Qt.KeyboardModifier.AltModifier:
            left, bottom = self.points[-1]
            x, y = (x, bottom) if abs(x - left) >= abs(y - bottom) else (left, y)
        return int(x), int(y)

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """One more corner; on the last one again, the end."""
        spot = self._spot(point, modifiers)
        if self.points and spot == self.points[-1]:
            self.finish()
        else:
            self.points.append(spot)

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier, pressed: bool) -> None:
        """The next piece follows the pointer."""
        self._at = self._spot(point, modifiers)

    def key(self, event: QKeyEvent) -> bool:
        """Enter, Backspace and T; Escape first forgets what was begun."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish()
        elif event.key() == Qt.Key.Key_Backspace and self.points:
            self.points.pop()
        elif event.key() == Qt.Key.Key_T and not event.modifiers():
            self.tier = TIERS[(TIERS.index(self.tier) + 1) % len(TIERS)]
            self.hint_changed.emit(self.hint())
        elif event.key() == Qt.Key.Key_Escape and self.points:
            self.cancel()
        else:
            return super().key(event)
        return True

    @property
    def busy(self) -> bool:
        """T and Backspace belong to a tray that was begun."""
        return bool(self.points)

    def finish(self) -> None:
        """Put the tray into the plan when it has two corners."""
        session = self.bridge.session
        halls = session.document.table("halls")
        if len(self.points) >= 2 and halls:
            taken: Any = session.document.ids()
            usual = session.catalog.constant("cable.tray_elevation_m") or 0.0
            record = Tray(
                id=next_free_id("tray-0", taken), hall=next(iter(halls)), points_mm=tuple(self.points),
                elevation_mm=round(1000 * usual) + STEP_MM[self.tier], tier=self.tier,  # type: ignore[arg-type]
            )  # fmt: skip
            self.bridge.execute(Place("trays", record))
        self.cancel()

    def _paint(self, painter: QPainter, camera: Any) -> None:
        spots = [*self.points, *([self._at] if self._at is not None and self.points else [])]
        if len(spots) < 2:
            return
        painter.setPen(QPen(current().theme.colour("accent.line"), 3, Qt.PenStyle.DashLine))
        screen = [camera.to_screen(*spot) for spot in spots]
        for one, other in pairwise(screen):
            painter.drawLine(one, other)
