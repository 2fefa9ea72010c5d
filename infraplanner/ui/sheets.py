"""The shortcut sheet and the licences."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from infraplanner.places import resources_dir
from infraplanner.ui.actions import MENUS, SPECS

CANVAS_KEYS = (
    ("Arrows", "Move 10 mm (Shift 100, Ctrl 1)"),
    ("R, Shift+R", "Turn 90° (15°)"),
    ("Alt", "While dragging: place freely"),
    ("Digits, Enter", "While dragging: exact distance in mm"),
    ("Shift, Ctrl + click", "Add to, take from the selection"),
    ("Wheel, middle button, Space", "Zoom, pan"),
    ("Esc", "Cancel"),
)


def show_shortcuts(parent: QWidget) -> QDialog:
    """F1: all shortcuts by menu."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(dialog.tr("Shortcuts"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.resize(760, 560)
    body = QWidget()
    grid = QGridLayout(body)
    grid.setHorizontalSpacing(28)
    lines = [0, 0]
    groups = [(menu, [(s.shortcut, s.text) for s in SPECS if s.menu == menu and s.shortcut]) for menu in MENUS]
    for index, (name, entries) in enumerate([*groups, ("On the floor", list(CANVAS_KEYS))]):
        side = index % 2
        head = QLabel(name)
        head.setObjectName("dockTitle")
        grid.addWidget(head, lines[side], 2 * side, 1, 2)
        lines[side] += 1
        for keys, text in entries:
            key = QLabel(keys)
            key.setObjectName("secondary")
            grid.addWidget(key, lines[side], 2 * side)
            grid.addWidget(QLabel(text), lines[side], 2 * side + 1)
            lines[side] += 1
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(body)
    QVBoxLayout(dialog).addWidget(area)
    dialog.open()
    return dialog


def show_licences(parent: QWidget) -> QDialog:
    """What is bundled, under which licence."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(dialog.tr("Licences"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.resize(720, 420)
    text = QPlainTextEdit((resources_dir() / "LICENSES.md").read_text(encoding="utf-8"))
    text.setReadOnly(True)
    QVBoxLayout(dialog).addWidget(text)
    dialog.open()
    return dialog
