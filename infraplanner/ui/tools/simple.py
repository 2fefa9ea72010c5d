"""Pan, measure, fail by clicking."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt

from .base import Tool, tr


class PanTool(Tool):
    """The hand: drag shifts the paper."""

    name = "pan"
    cursor = Qt.CursorShape.OpenHandCursor

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._last: QPointF | None = None

    def hint(self) -> str:
        """What the status bar says."""
        return tr("Drag to move the paper, turn the wheel to zoom.")

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Grab."""
        self._last = point
        self.view.setCursor(Qt.CursorShape.ClosedHandCursor)

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier, pressed: bool) -> None:
        """Shift."""
        if pressed and self._last is not None:
            delta = point - self._last
            self._last = point
            self.view.set_camera(self.view.camera.panned(delta.x(), delta.y()))

    def release(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Let go."""
        self._last = None
        self.view.setCursor(self.cursor)


class FailTool(Tool):
    """The switch: a click fails an object or repairs it, and the field and the figures follow."""

    name = "fail"
    cursor = Qt.CursorShape.PointingHandCursor

    def hint(self) -> str:
        """What the status bar says."""
        return tr("Click a cooling unit, a power node or a rack to fail it, again to repair it. Escape ends.")

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Fail what lies under the pointer."""
        key = self.view.body_at(point)
        if key is not None:
            self.bridge.select([key])
            self.bridge.toggle_failed([key])


class MeasureTool(Tool):
    """The ruler: press, drag, read."""

    name = "measure"
    cursor = Qt.CursorShape.CrossCursor

    def hint(self) -> str:
        """What the status bar says."""
        return tr("Drag to measure. Shift keeps it level or upright.")

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """First point."""
        at = self.view.camera.to_world(point)
        self.view.measure = (at, at)

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier, pressed: bool) -> None:
        """Second point follows."""
        if not pressed or self.view.measure is None:
            return
        start, end = self.view.measure[0], self.view.camera.to_world(point)
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            level = abs(end[0] - start[0]) >= abs(end[1] - start[1])
            end = (end[0], start[1]) if level else (start[0], end[1])
        self.view.measure = (start, end)

    def cancel(self) -> None:
        """Escape."""
        self.view.measure = None

    def stop(self) -> None:
        """Another tool."""
        self.view.measure = None
