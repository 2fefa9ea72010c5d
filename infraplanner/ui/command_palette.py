"""Ctrl+K: one field over actions, objects and profiles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from infraplanner.ui.actions import SPECS, Actions
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import icons
from infraplanner.ui.theme.current import current

WIDTH, HEIGHT, TOP = 640, 420, 120
MOST = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be done or found."""

    title: str
    kind: str
    icon: str
    run: Callable[[], object]


def score(text: str, title: str) -> float | None:
    """How well a typed text matches: whole name, start of a word, inside, letters in order; None is no match."""
    want, have = text.lower(), title.lower()
    if not want:
        return 1.0
    if want == have:
        return 5.0
    at = have.find(want)
    if at == 0:
        return 4.0
    if at > 0:
        return 3.0 if have[at - 1] in " -_(" else 2.0
    position = -1
    for letter in want:
        position = have.find(letter, position + 1)
        if position < 0:
            return None
    return 1.0 - len(have) / 1000


class CommandPalette(QFrame):
    """A floating list; Enter does it, Escape closes."""

    def __init__(
        self,
        window: QWidget,
        bridge: Bridge,
        actions: Actions,
        place: Callable[[str], object],
        find: Callable[[str], object],
    ):
        super().__init__(window)
        self.window_, self.bridge, self.actions_, self._place, self._find = window, bridge, actions, place, find
        self.recent: list[str] = []
        self.setObjectName("palette")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Do or find anything"))
        self.field.setFixedHeight(36)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        self.field.textChanged.connect(self.fill)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self.run())
        self.hide()

    def open(self) -> None:
        """Show it, centred near the top."""
        width = min(WIDTH, self.window_.width() - 40)
        self.setGeometry((self.window_.width() - width) // 2, TOP, width, HEIGHT)
        self.field.clear()
        self.fill("")
        self.show()
        self.raise_()
        self.field.setFocus()

    def entries(self, text: str) -> list[Entry]:
        """Ranked matches."""
        found: list[tuple[float, Entry]] = []
        for spec in SPECS:
            rank = score(text, spec.text)
            if rank is not None:
                bonus = 0.5 if spec.key in self.recent else 0.0
                shortcut = self.actions_[spec.key].shortcut().toString()
                entry = Entry(spec.text, shortcut or spec.menu, spec.icon or "chart", self.actions_[spec.key].trigger)
                found.append((rank + bonus + 0.2, entry))
        if text:
            for key, table in self.bridge.session.document.ids().items():
                rank = score(text, key)
                if rank is not None and rank >= 2:
                    found.append((rank, Entry(key, table, "rack", partial(self._find, key))))
            found += [
                (1.5, Entry(profile.name, profile.id, "catalogue", partial(self._place, profile.id)))
                for profile in self.bridge.session.catalog.search(text, limit=20)
            ]
        found.sort(key=lambda pair: -pair[0])
        return [entry for _, entry in found[:MOST]]

    def fill(self, text: str) -> None:
        """Show matches."""
        self.list.clear()
        for entry in self.entries(text.strip()):
            item = QListWidgetItem(
                icons.icon(entry.icon, current().theme.hex("text.secondary"), size=16), f"{entry.title}    {entry.kind}"
            )
            item.setData(Qt.ItemDataRole.UserRole, entry)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def run(self) -> None:
        """Do what is chosen."""
        item = self.list.currentItem()
        self.hide()
        if item is not None:
            entry: Entry = item.data(Qt.ItemDataRole.UserRole)
            self.recent = [key.key for key in SPECS if key.text == entry.title] + self.recent[:7]
            entry.run()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Arrows move, Enter runs, Escape and leaving close."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step:
                self.list.setCurrentRow((self.list.currentRow() + step) % max(1, self.list.count()))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.run()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.hide()
                return True
        elif event.type() == QEvent.Type.FocusOut and not self.list.underMouse():
            self.hide()
        return False
