"""All links as a table: sort by any column, filter by words and medium, a click selects, a double click zooms to the ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from infraplanner.catalog.types import LinkMedium
from infraplanner.results.snapshot import FabricResult, ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme.current import current
from infraplanner.units import number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Index = QModelIndex | QPersistentModelIndex
SHARE_ROLE = Qt.ItemDataRole.UserRole + 1
"""Share of a limit, for the bar in the cell."""
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("id", "Link", 0), ("a", "From", 0), ("b", "To", 0), ("count", "Cables", 0), ("rate", "Gb/s", 4),
    ("medium", "Medium", 0), ("length", "Routed m", 3), ("ordered", "Ordered m", 3), ("reach", "Reach m", 3),
    ("used", "Reach used %", 3), ("load", "Load %", 3), ("power", "W", 3), ("energy", "pJ/bit", 3),
    ("cable", "Cable \u00b0C", 3), ("margin", "Margin dB", 3), ("errors", "Errors clear", 3), ("price", "$", 4),
    ("latency", "ns", 3),
)  # fmt: skip
"""Key, header, significant digits (0: text or whole numbers)."""
TIPS = {
    "used": "Routed length with slack and loops, of what the medium reaches",
    "energy": "Both ends together for one bit in one direction",
    "cable": "Temperature that copper was judged at: the warmer, the more it loses",
    "margin": "Loss budget less loss at the ordered length",
    "errors": "Powers of ten by which bit errors stay below what correction is designed for; an estimate, at most this much",
}
ENDS = ("id", "a", "b", "count", "rate", "medium")
VIEWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Cabling", (*ENDS, "length", "ordered", "reach", "used", "load", "power", "price")),
    ("Telemetry", ("id", "a", "b", "medium", "load", "margin", "errors", "cable", "power", "energy", "latency")),
    ("All columns", tuple(key for key, _, _ in COLUMNS)),
)
"""What the table shows at a time: how cables run, or what their ports would report."""
TEXTS = ("id", "a", "b", "medium")
NEAR_FRAC = 0.9


class LinkModel(QAbstractTableModel):
    """Columns of the newest result in the order and selection in force; nothing is made per row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns: dict[str, Any] = {key: np.empty(0) for key, _, _ in COLUMNS}
        self.rows: Ints = np.empty(0, dtype=np.int64)
        self.words, self.family, self.near = "", "", False
        self.sort_key, self.descending = "used", True

    def take(self, fabric: FabricResult, columns: dict[str, Any], families: NDArray[np.str_]) -> None:
        """New figures; rows keep their places while neither links nor the view of them changed."""
        same = len(self.columns["id"]) == len(fabric.link_ids) and bool(
            np.array_equal(self.columns["id"], columns["id"])
        )
        self.columns, self.families = columns, families
        if same and len(self.rows):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(COLUMNS) - 1))
        else:
            self.arrange()

    def arrange(self) -> None:
        """Filter, then sort; unknown figures stand last."""
        self.beginResetModel()
        count = len(self.columns["id"])
        keep = np.ones(count, dtype=np.bool_)
        for word in self.words.lower().split():
            hit = np.zeros(count, dtype=np.bool_)
            for key in TEXTS:
                hit |= np.char.find(np.char.lower(self.columns[key]), word) >= 0
            keep &= hit
        if self.family and count:
            keep &= self.families == self.family
        if self.near and count:
            worst = np.fmax(self.columns["used"], self.columns["load"])
            keep &= ~(worst < 100 * NEAR_FRAC)  # what is unknown needs a look too
        rows = np.flatnonzero(keep)
        values = self.columns[self.sort_key][rows] if count else np.empty(0)
        if values.dtype.kind == "f":
            order = np.argsort(
                np.where(np.isnan(values), -np.inf, values) * (-1 if self.descending else 1), kind="stable"
            )
            known = ~np.isnan(values[order])
            order = np.concatenate([order[known], order[~known]])
        else:
            order = np.argsort(values, kind="stable")[:: -1 if self.descending else 1]
        self.rows = rows[order].astype(np.int64)
        self.endResetModel()

    # --- what Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Links that pass the filter."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """As many as COLUMNS."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name with unit."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.tr(COLUMNS[section][1])
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(section)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return self.tr(TIPS.get(COLUMNS[section][0], COLUMNS[section][1]))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, side, or the share of a limit."""
        key, _, digits = COLUMNS[index.column()]
        row = self.rows[index.row()]
        value = self.columns[key][row]
        if role == Qt.ItemDataRole.DisplayRole:
            if key in TEXTS:
                return str(value) or "\u2013"
            return number(float(value), digits) if digits else f"{value:.0f}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        if role == SHARE_ROLE and key in ("used", "load"):
            return float(value) / 100
        return None

    @staticmethod
    def _side(column: int) -> int:
        side = Qt.AlignmentFlag.AlignLeft if COLUMNS[column][0] in TEXTS else Qt.AlignmentFlag.AlignRight
        return int(side | Qt.AlignmentFlag.AlignVCenter)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column of the header."""
        self.sort_key, self.descending = COLUMNS[column][0], order == Qt.SortOrder.DescendingOrder
        self.arrange()


class ShareDelegate(QStyledItemDelegate):
    """A bar of at most 40 % of the cell behind the figure; beyond the limit it changes colour and the figure is marked."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Cell first, so that the bar is seen on a selected row too; the figure stands to the right of it."""
        super().paint(painter, option, index)
        share = index.data(SHARE_ROLE)
        if share is not None and np.isfinite(share):
            theme = current().theme
            over = share > 1.0 + 1e-9
            colour = QColor(theme.colour("status.error" if over else "wall.copper"))
            colour.setAlphaF(0.55)
            box = QRectF(option.rect)
            width = 0.4 * box.width() * min(max(share, 0.0), 1.0)
            painter.fillRect(QRectF(box.left() + 4, box.top() + 7, width, box.height() - 14), colour)


class LinkTable(QWidget):
    """Filter row above the table; keeps only the newest result while hidden."""

    zoom_wanted = Signal(list)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self._waiting: ResultSnapshot | None = None
        self._quiet = False
        self.model = LinkModel(self)
        self.words = QLineEdit(self)
        self.words.setPlaceholderText(self.tr("Filter by link, end or medium"))
        self.words.setClearButtonEnabled(True)
        self.words.setMaximumWidth(280)
        self.family = QComboBox(self)
        self.near = QComboBox(self)
        self.near.addItems([self.tr("All links"), self.tr("Above 90 % of reach or rate")])
        self.columns = QComboBox(self)
        self.columns.setAccessibleName(self.tr("Columns"))
        self.columns.addItems([self.tr(name) for name, _ in VIEWS])
        self.count = QLabel("", self)
        self.count.setObjectName("muted")
        row = QHBoxLayout()
        row.setContentsMargins(8, 6, 12, 6)
        for widget in (self.words, self.family, self.near, self.columns):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.count)
        self.view = QTableView(self)
        self.view.setModel(self.model)
        self.view.setItemDelegate(ShareDelegate(self.view))
        self.view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn([key for key, _, _ in COLUMNS].index("used"), Qt.SortOrder.DescendingOrder)
        self.view.setWordWrap(False)
        self.view.setAccessibleName(self.tr("Links"))
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(26)
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.view.horizontalHeader().setHighlightSections(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        self._timer = QTimer(self, singleShot=True, interval=150)
        self._timer.timeout.connect(self._filter)
        self.words.textChanged.connect(lambda _text: self._timer.start())
        self.family.currentIndexChanged.connect(lambda _index: self._filter())
        self.near.currentIndexChanged.connect(lambda _index: self._filter())
        self.columns.currentIndexChanged.connect(self._show_columns)
        self._show_columns(0)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._select())
        self.view.doubleClicked.connect(self._zoom)
        bridge.result.connect(self.take)
        self.wide = False

    def take(self, result: ResultSnapshot) -> None:
        """A new result; hidden, it only waits."""
        if not self.isVisible():
            self._waiting = result
            return
        self._show(result)

    def showEvent(self, event: object) -> None:
        """Show what waited."""
        super().showEvent(event)  # type: ignore[arg-type]
        if self._waiting is not None:
            result, self._waiting = self._waiting, None
            self._show(result)

    def _show(self, result: ResultSnapshot) -> None:
        fabric = result.fabric
        names = list(fabric.medium)
        find = self.bridge.session.catalog.find
        known = {name: find(name) for name in set(names) if name}
        family = {name: part.family if isinstance(part, LinkMedium) else "" for name, part in known.items()}
        families = np.array([family.get(name, "") for name in names], dtype=np.str_)
        self._fill_families(families)
        self.model.take(fabric, self._columns(result, names), families)
        if not self.wide and len(self.model.rows):
            self.view.resizeColumnsToContents()
            self.wide = True
        self._say()

    def _columns(self, result: ResultSnapshot, names: list[str]) -> dict[str, Any]:
        fabric, margins = result.fabric, self.bridge.session.link_margins(result)
        links = self.bridge.session.document.table("links")
        held = [links.get(key) for key in fabric.link_ids]
        reach = np.asarray(fabric.reach_m, dtype=float)
        with np.errstate(all="ignore"):
            used = 100 * np.asarray(fabric.need_m, dtype=float) / reach
        count = np.array([link.count if link else 0 for link in held], dtype=float)
        rate = np.array([link.rate_gbps if link else np.nan for link in held], dtype=float)
        power = np.asarray(fabric.power_w, dtype=float)
        with np.errstate(all="ignore"):
            energy = 1e3 * power / (rate * count)
        return {
            "id": np.array(fabric.link_ids, dtype=np.str_),
            "a": np.array([link.a if link else "" for link in held], dtype=np.str_),
            "b": np.array([link.b if link else "" for link in held], dtype=np.str_),
            "count": count,
            "rate": rate,
            "medium": np.array(names, dtype=np.str_),
            "length": np.asarray(fabric.length_m, dtype=float),
            "ordered": np.asarray(fabric.ordered_m, dtype=float),
            "reach": reach,
            "used": used,
            "load": 100 * np.asarray(fabric.load_frac, dtype=float),
            "power": power,
            "energy": energy,
            "cable": np.where(np.isfinite(reach), np.asarray(fabric.cable_c, dtype=float), np.nan),
            "margin": margins.margin_db,
            "errors": margins.decades,
            "price": np.asarray(fabric.price_usd, dtype=float),
            "latency": 1e9 * np.asarray(fabric.latency_s, dtype=float),
        }

    def _fill_families(self, families: NDArray[np.str_]) -> None:
        wanted = ["", *sorted(set(families.tolist()) - {""})]
        if wanted != [self.family.itemData(i) for i in range(self.family.count())]:
            kept = self.family.currentData()
            self._quiet = True
            self.family.clear()
            for name in wanted:
                self.family.addItem(name.replace("_", " ") or self.tr("All media"), name)
            self.family.setCurrentIndex(max(0, self.family.findData(kept)))
            self._quiet = False

    def _filter(self) -> None:
        if self._quiet:
            return
        self.model.words = self.words.text()
        self.model.family = self.family.currentData() or ""
        self.model.near = self.near.currentIndex() == 1
        self.model.arrange()
        self._say()

    def _show_columns(self, choice: int) -> None:
        for column, (key, _, _) in enumerate(COLUMNS):
            self.view.setColumnHidden(column, key not in VIEWS[choice][1])

    def _say(self) -> None:
        rows = self.model.rows
        cables = float(self.model.columns["count"][rows].sum()) if len(rows) else 0.0
        watts = float(np.nansum(self.model.columns["power"][rows])) if len(rows) else 0.0
        self.count.setText(
            self.tr("{0} of {1} bundles, {2} cables, {3} kW").format(
                len(rows), len(self.model.columns["id"]), f"{cables:.0f}", number(watts / 1e3, 3)
            )
        )

    def _select(self) -> None:
        chosen = self.view.selectionModel().selectedRows()
        ids = [str(self.model.columns["id"][self.model.rows[index.row()]]) for index in chosen]
        if ids:
            self.bridge.select(ids)

    def _zoom(self, index: QModelIndex) -> None:
        """To the racks at both ends."""
        row = self.model.rows[index.row()]
        devices = self.bridge.session.document.table("devices")
        ends = [str(self.model.columns[key][row]) for key in ("a", "b")]
        self.zoom_wanted.emit([devices[end].rack if end in devices else end for end in ends])
