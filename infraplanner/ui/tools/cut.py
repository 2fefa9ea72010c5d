"""The cut: a line across the floor, and the bandwidth between the machines on its two sides."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current

from .base import Tool, tr

Point = tuple[float, float]
LABEL_PX = 22
"""The figure stands so far above the middle of the line."""


class CutTool(Tool):
    """Press, drag across the hall, let go: machines are told apart by the line, however far it is drawn on."""

    name = "cut"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._line: tuple[Point, Point] | None = None
        self.answer = ""
        self.found: dict[str, Any] | None = None
        self.bridge.cut_found.connect(self._show)

    def hint(self) -> str:
        """What the status bar says."""
        return tr(
            "Drag a line across the floor: the bandwidth between the machines on its sides. Shift keeps it straight."
        )

    def start(self) -> None:
        """The tool was chosen."""
        super().start()
        self.view.preview = self._paint

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """First point."""
        at = self.view.camera.to_world(point)
        self._line, self.answer, self.found = (at, at), "", None

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier, pressed: bool) -> None:
        """Second point follows."""
        if not pressed or self._line is None:
            return
        start, end = self._line[0], self.view.camera.to_world(point)
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            level = abs(end[0] - start[0]) >= abs(end[1] - start[1])
            end = (end[0], start[1]) if level else (start[0], end[1])
        self._line = (start, end)

    def release(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Ask for the bandwidth across."""
        left = self.left_of()
        if left:
            self.answer = tr("Computing ...")
            self.bridge.ask_cut(left)
        else:
            self.answer = tr("All racks stand on one side of this line.")
        self.hint_changed.emit(self.answer)

    def left_of(self) -> list[str]:
        """Racks on the left of the line as it was drawn; none when all stand on one side."""
        if self._line is None or self._line[0] == self._line[1]:
            return []
        (xa, ya), (xb, yb) = self._line
        bodies = self.view.scene.bodies
        racks = np.array([table == "racks" for table in bodies.tables])
        side = (xb - xa) * (bodies.y_mm - ya) - (yb - ya) * (bodies.x_mm - xa) > 0.0
        left = [key for key, keep in zip(bodies.ids, racks & side, strict=True) if keep]
        return left if 0 < len(left) < int(racks.sum()) else []

    def _show(self, found: dict[str, Any]) -> None:
        self.found = found
        share = found["cut_share"]
        full = "" if share is None else tr(", {0} % of what the smaller side can send").format(f"{100 * share:.0f}")
        self.answer = tr("{0} Tb/s across, {1} machines against {2}{3}").format(
            f"{found['cut_bps'] / 1e12:.1f}", found["cut_hosts"], found["cut_other_hosts"], full
        )
        self.hint_changed.emit(self.answer)
        self.view.update()

    def _paint(self, painter: QPainter, camera: Any) -> None:
        if self._line is None:
            return
        theme = current().theme
        a, b = (camera.to_screen(*point) for point in self._line)
        painter.setPen(QPen(theme.colour("selection.casing"), 5))
        painter.drawLine(a, b)
        painter.setPen(QPen(theme.colour("wall.copper"), 2, Qt.PenStyle.DashLine))
        painter.drawLine(a, b)
        if self.answer:
            painter.setFont(fonts.font(fonts.BODY))
            metrics = painter.fontMetrics()
            box = metrics.boundingRect(self.answer).adjusted(-8, -5, 8, 5)
            box.moveCenter(((a + b) / 2).toPoint() - QPoint(0, LABEL_PX))
            painter.setPen(QPen(theme.colour("border.control"), 1))
            painter.setBrush(theme.colour("surface.panel"))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(theme.colour("text.primary"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.answer)

    def cancel(self) -> None:
        """Escape."""
        self._line, self.answer, self.found = None, "", None

    def stop(self) -> None:
        """Another tool."""
        super().stop()
        self.view.preview = None
