"""Layers: what is drawn, and the undo history below."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QListWidget, QVBoxLayout, QWidget

from infraplanner.ui.bridge import Bridge

from .inspector import section_head

NAMES = {
    "grid": "Grid",
    "zones": "Zones and aisles",
    "trays": "Trays",
    "links": "Links",
    "feeds": "Power feeds",
    "loops": "Coolant",
    "bodies": "Racks and units",
    "findings": "Findings",
}


class LayersPanel(QWidget):
    """One box a layer."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(2)
        layout.addWidget(section_head(self.tr("Shown on the floor")))
        self.boxes: dict[str, QCheckBox] = {}
        for key, title in NAMES.items():
            box = QCheckBox(self.tr(title))
            box.setChecked(True)
            box.toggled.connect(self._emit)
            layout.addWidget(box)
            self.boxes[key] = box
        layout.addStretch(1)

    def visible(self) -> frozenset[str]:
        """Keys of the layers that are shown."""
        return frozenset(key for key, box in self.boxes.items() if box.isChecked())

    def _emit(self) -> None:
        self.changed.emit(self.visible())


class HistoryPanel(QWidget):
    """All edits, done ones first; a click goes there."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("History"))
        self.empty = QLabel(self.tr("Nothing edited yet. Every edit appears here and can be taken back."))
        self.empty.setObjectName("muted")
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(12, 10, 12, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        self.list.itemClicked.connect(lambda item: self._go(self.list.row(item)))
        bridge.changed.connect(lambda _changes: self.fill())
        bridge.opened.connect(self.fill)

    def fill(self) -> None:
        """Show the stack; what was undone is greyed."""
        labels, done = self.bridge.session.undo_stack.history()
        self.list.clear()
        self.empty.setVisible(not labels)
        for index, label in enumerate(labels):
            self.list.addItem(label)
            if index >= done:
                self.list.item(index).setForeground(self.palette().placeholderText())
        if done:
            self.list.setCurrentRow(done - 1)

    def _go(self, row: int) -> None:
        _, done = self.bridge.session.undo_stack.history()
        for _ in range(done - row - 1):
            self.bridge.undo()
        for _ in range(row + 1 - done):
            self.bridge.redo()
