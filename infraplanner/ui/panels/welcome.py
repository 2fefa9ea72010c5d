"""The welcome page: new hall, open, templates with thumbnails, recent files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPixmap, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from infraplanner.io.recovery import Recovery
from infraplanner.ui.widgets.unit_field import UnitField

TEXTS = {
    "h100-pilot": ("H100 pilot", "4 air-cooled racks of two DGX H100, one row"),
    "nvl72-pod": ("NVL72 pod", "8 GB200 NVL72 racks, CDUs, A/B feeds, InfiniBand"),
    "sram-row": ("SRAM row", "GPUs beside LPU, in-memory and wafer systems, one row"),
    "tpu-ocs-pod": ("TPU torus", "64 cubes of 64 TPU v4, 48 optical circuit switches"),
    "training-16k-h100": ("Training hall", "16,384 H100, pods of 3,072 on RoCE, a 405B model"),
    "rubin-800v": ("Rubin on 800 V", "Racks of 600 kW, 800 V DC, own gas turbines, an air permit"),
    "edge-site": ("Edge site", "2 cabinets in a small room, held to what one cooler carries"),
    "deepseek-day": ("A published day", "227 H800 nodes, DeepSeek's tokens and costs of a day"),
    "hall-20mw": ("20 MW hall", "400 racks, 126 of them NVL72, 30,000 cables"),
}
THUMB = QSize(216, 130)
PAUSE_MS = 20
"""Between two pictures: what the user does comes first."""


class WelcomePage(QScrollArea):
    """Nothing but ways to begin."""

    new_wanted = Signal(int, int)
    open_wanted = Signal()
    template_wanted = Signal(str)
    recent_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.width_field = UnitField("mm", whole=True)
        self.depth_field = UnitField("mm", whole=True)
        self.width_field.show_value(18_000)
        self.depth_field.show_value(9_000)
        self._size = [18_000, 9_000]
        self.width_field.committed.connect(lambda value: self._size.__setitem__(0, int(value)))
        self.depth_field.committed.connect(lambda value: self._size.__setitem__(1, int(value)))
        self.recent_box = QVBoxLayout()
        self.recent_box.setSpacing(2)
        self.recovery_box = QVBoxLayout()
        self.recovery_box.setSpacing(8)
        self.cards: dict[str, QPushButton] = {}
        self.thumbs: dict[str, QLabel] = {}
        self._pictures: list[Callable[[], None]] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(16)
        body = QWidget()
        outer = QHBoxLayout(body)
        outer.setContentsMargins(36, 36, 24, 24)
        outer.setSpacing(36)
        outer.addLayout(self._left(), 0)
        outer.addLayout(self._right(), 1)
        self.setWidget(body)

    def _left(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        title = QLabel("Infraplanner")
        title.setObjectName("hero")
        note = QLabel(self.tr("Plan an AI data hall to scale and see\npower, memory, heat and copper answer."))
        note.setObjectName("secondary")
        create = QPushButton(self.tr("New hall"))
        create.setObjectName("primary")
        create.clicked.connect(self._new)
        opener = QPushButton(self.tr("Open ..."))
        opener.clicked.connect(self.open_wanted)
        sizes = QGridLayout()
        sizes.setSpacing(6)
        for row, (name, field) in enumerate(
            ((self.tr("Width"), self.width_field), (self.tr("Depth"), self.depth_field))
        ):
            caption = QLabel(name)
            caption.setObjectName("secondary")
            field.setFixedWidth(120)
            sizes.addWidget(caption, row, 0)
            sizes.addWidget(field, row, 1)
        column.addWidget(title)
        column.addWidget(note)
        column.addSpacing(16)
        column.addLayout(sizes)
        column.addWidget(create)
        column.addSpacing(8)
        column.addWidget(opener)
        column.addSpacing(24)
        recent = QLabel(self.tr("Recent"))
        recent.setObjectName("section")
        column.addWidget(recent)
        column.addLayout(self.recent_box)
        column.addStretch(1)
        return column

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(12)
        head = QLabel(self.tr("Start from an example"))
        head.setObjectName("title")
        column.addLayout(self.recovery_box)
        column.addWidget(head)
        column.addLayout(self._grid)
        column.addStretch(1)
        return column

    def _new(self) -> None:
        self.width_field.commit()
        self.depth_field.commit()
        self.new_wanted.emit(*self._size)

    def show_templates(self, paths: list[Path], thumbnail: Callable[[Path], QPixmap | None]) -> None:
        """One card a template; pictures follow one by one, those that cannot be drawn are left out."""
        for index, path in enumerate(paths):
            title, text = TEXTS.get(path.stem, (path.stem, ""))
            card = self.cards.get(path.stem) or QPushButton()
            card.setObjectName("card")
            card.setFixedSize(THUMB.width() + 24, THUMB.height() + 76)
            card.setAccessibleName(f"{title}: {text}")
            if path.stem not in self.cards:
                card.clicked.connect(lambda _checked=False, path=path: self.template_wanted.emit(str(path)))
                self.thumbs[path.stem] = self._fill_card(card, title, text)
                self._grid.addWidget(
                    card, index // 2, index % 2, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
                )
                self.cards[path.stem] = card
        self._grid.setColumnStretch(2, 1)
        self._pictures = [partial(self._draw_thumb, path, thumbnail) for path in reversed(paths)]
        if self.isVisible():
            QTimer.singleShot(PAUSE_MS, self._draw_next)

    def _draw_thumb(self, path: Path, thumbnail: Callable[[Path], QPixmap | None]) -> None:
        picture = thumbnail(path)
        if picture is not None:
            self.thumbs[path.stem].setPixmap(picture)

    def _draw_next(self) -> None:
        """One picture a turn of the event loop: reading a large plan must keep neither the first paint nor a click waiting."""
        if self._pictures and self.isVisible():
            self._pictures.pop()()
            QTimer.singleShot(PAUSE_MS, self._draw_next)

    def showEvent(self, event: QShowEvent) -> None:
        """Go on with the pictures that are still to be drawn."""
        super().showEvent(event)
        QTimer.singleShot(PAUSE_MS, self._draw_next)

    @staticmethod
    def _fill_card(card: QPushButton, title: str, text: str) -> QLabel:
        column = QVBoxLayout(card)
        column.setContentsMargins(11, 11, 11, 9)
        column.setSpacing(4)
        thumb = QLabel()
        thumb.setFixedSize(THUMB)
        head = QLabel(title)
        head.setObjectName("dockTitle")
        note = QLabel(text)
        note.setObjectName("secondary")
        note.setWordWrap(True)
        for label in (thumb, head, note):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)
        return thumb

    def show_recoveries(self, found: list[Recovery], recover: Callable[[Recovery], None]) -> None:
        """A card for each piece of unsaved work: keep it (first), or discard it."""
        while (item := self.recovery_box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for recovery in found:
            self.recovery_box.addWidget(self._recovery_card(recovery, recover))

    def _recovery_card(self, recovery: Recovery, recover: Callable[[Recovery], None]) -> QWidget:
        card = QFrame()
        card.setObjectName("recovery")
        row = QHBoxLayout(card)
        row.setContentsMargins(14, 10, 14, 10)
        name = recovery.plan_path.name if recovery.plan_path else self.tr("an unnamed plan")
        when = recovery.written[:19].replace("T", " ")
        text = QLabel(self.tr("Unsaved work on {0}: {1} edits, {2} UTC").format(name, recovery.edits, when))
        text.setWordWrap(True)
        keep = QPushButton(self.tr("Keep recovered"))
        keep.setObjectName("primary")
        keep.clicked.connect(lambda: recover(recovery))
        drop = QPushButton(self.tr("Discard"))
        drop.clicked.connect(recovery.discard)
        drop.clicked.connect(card.hide)
        row.addWidget(text, 1)
        row.addWidget(keep)
        row.addWidget(drop)
        return card

    def show_recent(self, paths: list[str]) -> None:
        """Recent files with their folder."""
        while (item := self.recent_box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for text in paths[:8]:
            path = Path(text)
            button = QPushButton(f"{path.name}   {path.parent.name}")
            button.setObjectName("link")
            button.setToolTip(text)
            button.clicked.connect(lambda _checked=False, text=text: self.recent_wanted.emit(text))
            self.recent_box.addWidget(button)
        if not paths:
            label = QLabel(self.tr("Nothing opened yet."))
            label.setObjectName("muted")
            self.recent_box.addWidget(label)
