"""The plan as a tree: halls, rows, pools, loops, links; a click selects, a double click zooms."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from infraplanner.model.changes import ChangeSet
from infraplanner.ui.bridge import Bridge

GROUPS = (
    ("site", "Site"),
    ("halls", "Halls"),
    ("racks", "Racks"),
    ("cooling", "Cooling"),
    ("loops", "Coolant loops"),
    ("power", "Power"),
    ("pools", "Serving pools"),
    ("workloads", "Workloads"),
    ("tariff", "Tariff"),
    ("links", "Links"),
)
MOST_ITEMS = 500


class TreePanel(QTreeWidget):
    """Filled lazily: a group's records appear when it is opened."""

    zoom_wanted = Signal(list)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.setHeaderHidden(True)
        self.setIndentation(14)
        self.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Plan"))
        self._quiet = False
        self._timer = QTimer(self, singleShot=True, interval=200)
        self._timer.timeout.connect(self.fill)
        self.itemExpanded.connect(self._expand)
        self.itemSelectionChanged.connect(self._select)
        self.itemDoubleClicked.connect(
            lambda item, _column: self.zoom_wanted.emit([item.data(0, Qt.ItemDataRole.UserRole) or ""])
        )
        bridge.changed.connect(self._take_changes)
        bridge.opened.connect(self.fill)
        self.fill()

    def _take_changes(self, changes: ChangeSet) -> None:
        if changes.whole or any(change.added or change.removed for change in changes.tables.values()):
            self._timer.start()

    def fill(self) -> None:
        """Groups with counts; open groups stay open."""
        items = [item for i in range(self.topLevelItemCount()) if (item := self.topLevelItem(i)) is not None]
        opened = {item.data(0, Qt.ItemDataRole.UserRole + 1) for item in items if item.isExpanded()}
        self._quiet = True
        self.clear()
        document = self.bridge.session.document
        for table, title in GROUPS:
            count = len(document.table(table))
            item = QTreeWidgetItem([f"{self.tr(title)}  {count}"])
            item.setData(0, Qt.ItemDataRole.UserRole + 1, table)
            item.setChildIndicatorPolicy(
                QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator
                if count
                else QTreeWidgetItem.ChildIndicatorPolicy.DontShowIndicator
            )
            self.addTopLevelItem(item)
            item.setExpanded(table in opened)
        self._quiet = False

    def _expand(self, item: QTreeWidgetItem) -> None:
        table = item.data(0, Qt.ItemDataRole.UserRole + 1)
        if table is None or item.childCount():
            return
        records = sorted(self.bridge.session.document.table(table).items())
        for key, record in records[:MOST_ITEMS]:
            note = record.name or getattr(record, "profile", "") or getattr(record, "model", "")
            child = QTreeWidgetItem([f"{key}   {note}".rstrip()])
            child.setData(0, Qt.ItemDataRole.UserRole, key)
            item.addChild(child)
        if len(records) > MOST_ITEMS:
            more = QTreeWidgetItem([self.tr("{0} more; search with Ctrl+K").format(len(records) - MOST_ITEMS)])
            more.setDisabled(True)
            item.addChild(more)

    def _select(self) -> None:
        ids = [item.data(0, Qt.ItemDataRole.UserRole) for item in self.selectedItems()]
        ids = [key for key in ids if key]
        if ids and not self._quiet:
            self.bridge.select(ids)
