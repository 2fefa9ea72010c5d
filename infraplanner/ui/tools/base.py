"""What every tool has, and the small part of the canvas that tools may use."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent

from infraplanner.ui.bridge import Bridge


class Tool(QObject):
    """A mode of the canvas. `view` is the floor: camera, picking, ghosts."""

    hint_changed = Signal(str)
    finished = Signal()

    name = "tool"
    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, view: Any, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self.bridge = bridge
        self.snapping = True

    @property
    def busy(self) -> bool:
        """True during a gesture that takes typed figures: keys then belong to it and are no shortcuts."""
        return False

    def hint(self) -> str:
        """What the status bar says while the tool is active."""
        return ""

    def start(self) -> None:
        """The tool was chosen."""
        self.view.setCursor(self.cursor)
        self.hint_changed.emit(self.hint())

    def stop(self) -> None:
        """Another tool was chosen; leave nothing half done."""
        self.cancel()

    def cancel(self) -> None:
        """Escape."""

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Left button down."""

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier, pressed: bool) -> None:
        """Pointer moved."""

    def release(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Left button up."""

    def key(self, event: QKeyEvent) -> bool:
        """A key; True when the tool took it."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancel()
            self.finished.emit()
            return True
        return False


def tr(text: str) -> str:
    """Translation of a tool's text."""
    return QCoreApplication.translate("tools", text)
