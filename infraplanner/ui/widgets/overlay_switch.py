"""The overlay switch at the right end of the canvas tabs."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QWidget


class OverlaySwitch(QWidget):
    """One segment an overlay; those not modelled yet are greyed and say why."""

    chosen = Signal(str)

    def __init__(self, overlays: Iterable[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(2)
        self.caption = QLabel(self.tr("Overlay"), self)
        self.caption.setObjectName("secondary")
        layout.addWidget(self.caption)
        self.group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        for key, title, why_not in overlays:
            button = QPushButton(title, self)
            button.setObjectName("seg")
            button.setCheckable(True)
            button.setChecked(key == "none")
            button.setEnabled(not why_not)
            button.setToolTip(why_not)
            self.group.addButton(button)
            self.buttons[key] = button
            button.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))
            layout.addWidget(button)

    def choose(self, key: str) -> None:
        """Choose an overlay as if it had been clicked."""
        self.buttons[key].setChecked(True)
        self.chosen.emit(key)

    def compact(self, width: int) -> None:
        """With little room the overlays not modelled yet are hidden first, then the caption."""
        for button in self.buttons.values():
            button.setVisible(button.isEnabled() or width > 700)
        self.caption.setVisible(width > 480)
