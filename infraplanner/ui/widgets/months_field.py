"""Twelve small buttons for the months that something holds in; none pressed means all of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

LETTERS = "JFMAMJJASOND"
NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
COLUMNS = 6


class MonthsField(QWidget):
    """`committed` carries the months as a tuple of numbers from 1; empty means all."""

    committed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        self.buttons = [QPushButton(letter, self) for letter in LETTERS]
        for index, button in enumerate(self.buttons):
            button.setObjectName("month")
            button.setCheckable(True)
            button.setToolTip(self.tr(NAMES[index]))
            button.setAccessibleName(self.tr(NAMES[index]))
            button.clicked.connect(self._commit)
            grid.addWidget(button, index // COLUMNS, index % COLUMNS)

    def show_value(self, months: Sequence[int] | None, *, mixed: bool = False) -> None:
        """Press the buttons of these months; of all where none is named."""
        pressed = set() if mixed else set(months or range(1, 13))
        for index, button in enumerate(self.buttons):
            button.setChecked(index + 1 in pressed)
        self.setToolTip(self.tr("mixed") if mixed else "")

    def _commit(self) -> None:
        months = tuple(index + 1 for index, button in enumerate(self.buttons) if button.isChecked())
        self.committed.emit(() if len(months) == len(self.buttons) else months)
