"""The price book: every planning price with its range, grade, date and source; a typed figure becomes the plan's own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from infraplanner.catalog.catalog import KIND_OF_CLASS, profile_data
from infraplanner.catalog.types import Constant
from infraplanner.edit import PutRecords, RemoveRecords
from infraplanner.model.entities import EmbeddedProfile
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.units import plain

PREFIXES = ("cost.", "lead.")
TABLE = "profiles"
COLUMNS = ("Entry", "In force", "Unit", "Low", "High", "As of", "Grade", "Source")
VALUE = 1
FIGURES = (VALUE, 3, 4)
ROW_PX = 26


class PriceBook(QDialog):
    """Stays open beside the plan; every entry is an undoable edit of it, and no file of the catalogue changes."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.setWindowTitle(self.tr("Price book"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1180, 620)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search prices"))
        self.search.setAccessibleName(self.tr("Search prices"))
        self.search.textChanged.connect(self._filter)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels([self.tr(name) for name in COLUMNS])
        self.table.setAccessibleName(self.tr("Price book"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW_PX)
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate((400, 100, 130, 90, 90, 70, 90)):
            self.table.setColumnWidth(column, width)
        for column in FIGURES:
            title = self.table.horizontalHeaderItem(column)
            if title is not None:
                title.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.note = QLabel()
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        self.back = QPushButton(self.tr("Back to the catalogue"))
        self.back.setToolTip(self.tr("Give up the plan's own figures of the selected rows"))
        self.back.clicked.connect(self._reset)
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.back)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 1)
        layout.addLayout(foot)
        self._filling = False
        self.table.itemChanged.connect(self._edited)
        self.table.itemSelectionChanged.connect(self._selected)
        bridge.changed.connect(self._take_changes)
        bridge.opened.connect(self.fill)
        self.fill()

    def entries(self) -> list[Constant]:
        """All prices in force, the plan's own in their place, by name."""
        session = self.bridge.session
        known = session.catalog.with_embedded(session.document.table(TABLE))
        return sorted(
            (entry for key, entry in known.of(Constant).items() if key.startswith(PREFIXES)),
            key=lambda entry: entry.name,
        )

    def _own(self, entry: Constant) -> bool:
        return self.bridge.session.catalog.find(entry.id) != entry

    def fill(self) -> None:
        """All rows anew."""
        entries = self.entries()
        catalog = self.bridge.session.catalog
        self._filling = True
        self.table.setRowCount(len(entries))
        for line, entry in enumerate(entries):
            own = self._own(entry)
            known = catalog.provenance(entry, "value")
            titles = [catalog.sources[key].title for key in known.sources if key in catalog.sources]
            texts = (
                entry.name, plain(entry.value), entry.unit, "" if entry.low is None else plain(entry.low),
                "" if entry.high is None else plain(entry.high), entry.as_of,
                self.tr("this plan") if own else known.confidence, "; ".join(titles),
            )  # fmt: skip
            shipped = catalog.find(entry.id)
            tip = entry.note
            if own and isinstance(shipped, Constant):
                tip = self.tr("The catalogue has {0} {1}. {2}").format(plain(shipped.value), entry.unit, entry.note)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, entry.id)
                item.setToolTip("\n".join(part for part in (text, tip) if part))
                side = Qt.AlignmentFlag.AlignRight if column in FIGURES else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
                item.setFlags(flags | Qt.ItemFlag.ItemIsEditable if column == VALUE else flags)
                if own and column in (0, VALUE):
                    item.setFont(fonts.font(fonts.BODY, fonts.STRONG))
                self.table.setItem(line, column, item)
        self._filling = False
        self._filter(self.search.text())
        self._selected()

    def _take_changes(self, changes: object) -> None:
        if getattr(changes, "whole", False) or TABLE in getattr(changes, "tables", {}):
            self.fill()

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for line in range(self.table.rowCount()):
            row = " ".join(item.text().lower() for column in (0, 2, 6, 7) if (item := self.table.item(line, column)))
            self.table.setRowHidden(line, not all(word in row for word in words))

    def _chosen(self) -> list[Constant]:
        ids = {item.data(Qt.ItemDataRole.UserRole) for item in self.table.selectedItems()}
        return [entry for entry in self.entries() if entry.id in ids]

    def _selected(self) -> None:
        chosen = self._chosen()
        self.back.setEnabled(any(self._own(entry) for entry in chosen))
        default = self.tr("Type a figure to make it the plan's own. Prices are in USD of 2026, real.")
        self.note.setText((chosen[0].note or default) if len(chosen) == 1 else default)

    def _edited(self, item: QTableWidgetItem) -> None:
        """A typed figure becomes the plan's own, with the range drawn out to it; nonsense is told and changes nothing."""
        if self._filling or item.column() != VALUE:
            return
        key = item.data(Qt.ItemDataRole.UserRole)
        entry = next(entry for entry in self.entries() if entry.id == key)
        typed = item.text()
        text = typed.replace("\u202f", "").replace(" ", "").replace("\u2212", "-")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not 0.0 <= value < float("inf"):
            self.fill()
            self.note.setText(
                self.tr("{0}: “{1}” is no price; a number of at least 0 in {2} is expected.").format(
                    entry.name, typed, entry.unit
                )
            )
            return
        if value == entry.value:
            self.fill()
            return
        ends = [end for end in (entry.low, entry.high) if end is not None]
        data = profile_data(entry) | {"value": value}
        if ends:
            data |= {"low": min(value, *ends), "high": max(value, *ends)}
        made = EmbeddedProfile(id=entry.id, kind=KIND_OF_CLASS[Constant], data=data)
        self.bridge.execute(PutRecords(self.tr("Price: {0}").format(entry.name), [(TABLE, made)]))

    def _reset(self) -> None:
        own = [entry.id for entry in self._chosen() if self._own(entry)]
        if own:
            self.bridge.execute(RemoveRecords(self.tr("Price of the catalogue"), [(TABLE, key) for key in own]))
