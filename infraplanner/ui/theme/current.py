"""The theme in force, and a signal when it changes; painters ask here, they never keep colours."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from . import style
from .tokens import Theme, theme


class Current(QObject):
    """Holds the theme of the running window."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = theme("dark")

    def use(self, name: str) -> None:
        """Switch to `dark` or `light` and repaint everything."""
        self.theme = theme(name)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            style.apply(app, self.theme)
        self.changed.emit()


_CURRENT: list[Current] = []


def current() -> Current:
    """The one holder; made at first use, after the application."""
    if not _CURRENT:
        _CURRENT.append(Current())
    return _CURRENT[0]
