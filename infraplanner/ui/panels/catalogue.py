"""The catalogue: search, sections with counts, filter chips; drag a row onto the floor or press Enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from infraplanner.catalog.types import (
    CoolingUnit,
    Frame,
    LinkMedium,
    Llm,
    PowerUnit,
    Profile,
    RequestShape,
    System,
)
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts, icons
from infraplanner.ui.theme.current import current
from infraplanner.units import number, scaled

MIME = "application/x-infraplanner-profile"
ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
MEDIA_TOKEN = {"dac": "dac", "acc": "aec", "aec": "aec", "cartridge": "dac", "backplane": "dac", "multimode": "multimode",
               "single_mode": "single_mode", "co_packaged": "single_mode", "optical_switch": "optical_switch"}  # fmt: skip
DASHES = {
    "dac": [1.0, 1.2],
    "aec": [2.0, 1.6],
    "multimode": [5.0, 2.0],
    "single_mode": None,
    "optical_switch": [7.0, 2.0, 1.5, 2.0],
}


@dataclass(frozen=True, slots=True)
class Row:
    """A section head (no profile) or a part."""

    title: str
    detail: str = ""
    figure: str = ""
    icon: str = ""
    profile: Profile | None = None
    count: int = 0
    section: str = ""


def _facts(profile: Profile, *parts: str) -> str:
    """One line of the facts that decide; announced and doubtful parts say so in words."""
    words = [part for part in parts if part]
    if profile.status.startswith("announced"):
        words.append("announced")
    if profile.doubtful:
        words.append("doubtful")
    return " · ".join(words)


def describe(profile: Profile, find: Any) -> Row | None:
    """The row of a profile, or None for what is neither placed, connected nor served."""
    if isinstance(profile, System):
        return _system_row(profile, find)
    if isinstance(profile, Frame):
        size = f"{number(profile.width_mm, 4)} x {number(profile.depth_mm, 4)} mm" if profile.width_mm else ""
        return Row(
            profile.name, _facts(profile, size), f"{profile.unit_count or '–'} U", "rack", profile, section="Frames"
        )
    if isinstance(profile, CoolingUnit):
        liquid = "cdu" in profile.cooling_kind or "liquid" in profile.cooling_kind
        flow = f"{number(profile.flow_l_per_min)} L/min" if profile.flow_l_per_min else ""
        approach = f"approach {number(profile.approach_k)} K" if profile.approach_k else ""
        facts = _facts(profile, approach, flow) or profile.cooling_kind.replace("_", " ")
        return Row(profile.name, facts, _kw(profile.capacity_kw),
                   "cooling" if liquid else "fan", profile, section="Cooling")  # fmt: skip
    if isinstance(profile, PowerUnit):
        best = profile.efficiency_max_frac or max((p.efficiency_frac for p in profile.efficiency_points), default=None)
        detail = _facts(profile, profile.power_kind.replace("_", " "), f"{number(100 * best, 3)} %" if best else "")
        return Row(
            profile.name,
            detail,
            _kw(profile.capacity_kw),
            "ups" if "ups" in profile.power_kind else "power",
            profile,
            section="Power",
        )
    if isinstance(profile, LinkMedium):
        rate = f"{number(profile.rate_gbps)} Gb/s" if profile.rate_gbps else "any rate"
        watts = f"{number(profile.power_per_end_w)} W an end" if profile.power_per_end_w is not None else ""
        reach = f"{number(profile.reach_m)} m" if profile.reach_m else "–"
        return Row(profile.name, _facts(profile, rate, watts), reach, "link", profile, section="Links")
    if isinstance(profile, Llm):
        detail = _facts(
            profile,
            f"{number(profile.params_active_b)} B active" if profile.experts else "dense",
            f"{profile.layers} layers",
        )
        return Row(profile.name, detail, f"{number(profile.params_total_b)} B", "model", profile, section="Models")
    if isinstance(profile, RequestShape):
        detail = f"{number(profile.input_tokens)} in, {number(profile.output_tokens)} out"
        return Row(profile.name, detail, "", "workload", profile, section="Workloads")
    return None


def _system_row(profile: System, find: Any) -> Row:
    count = sum(part.count for part in profile.accelerators)
    kind = profile.system_kind
    first = find(profile.accelerators[0].id) if profile.accelerators else None
    chips = f"{count} {getattr(first, 'name', profile.accelerators[0].id)}" if count else ""
    air = "air" if not profile.liquid_frac else f"liquid {number(100 * profile.liquid_frac)} %"
    section = {
        "switch": "Switches", "scale_up_switch": "Switches", "ocs": "Switches", "network": "Network and storage",
        "storage": "Network and storage", "management": "Network and storage", "cpu": "Network and storage", "power": "Power",
        "server": "Servers",
    }.get(kind, "Accelerator racks")  # fmt: skip
    icon = {"Switches": "network", "Network and storage": "storage", "Servers": "cpu-rack"}.get(section, "accelerator")
    power = profile.power_max_w or profile.power_typical_w
    return Row(
        profile.name,
        _facts(profile, chips, air),
        " ".join(scaled(power, "W")) if power else "–",
        icon,
        profile,
        section=section,
    )


def _kw(value: float | None) -> str:
    return " ".join(scaled(1e3 * value, "W")) if value else "–"


SECTIONS = (
    "Accelerator racks",
    "Servers",
    "Frames",
    "Network and storage",
    "Switches",
    "Cooling",
    "Power",
    "Links",
    "Models",
    "Workloads",
)


class CatalogueModel(QAbstractListModel):
    """Rows after filter and folding."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Number of rows."""
        return len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Title for screen readers, the row for the painter, source notes as tooltip."""
        row = self.rows[index.row()]
        if role == ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.title} {row.detail} {row.figure}".strip()
        if role == Qt.ItemDataRole.ToolTipRole and row.profile is not None:
            note = f"\n{row.profile.note}" if row.profile.note else ""
            return f"{row.profile.name} ({row.profile.id})\n{row.profile.confidence}: {', '.join(row.profile.sources)}{note}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Parts can be dragged."""
        row = self.rows[index.row()]
        base = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return base | Qt.ItemFlag.ItemIsDragEnabled if row.profile is not None else base

    def mimeTypes(self) -> list[str]:
        """Our own type."""
        return [MIME]

    def mimeData(self, indexes: Any) -> QMimeData:
        """The profile's id."""
        data = QMimeData()
        for index in indexes:
            row = self.rows[index.row()]
            if row.profile is not None:
                data.setData(MIME, row.profile.id.encode())
        return data

    def show_rows(self, rows: list[Row]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()


class CatalogueDelegate(QStyledItemDelegate):
    """44 px rows with an icon well; section heads 26 px."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        """Row heights."""
        return QSize(100, 44 if index.data(ROLE).profile is not None else 26)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw a row."""
        row: Row = index.data(ROLE)
        theme = current().theme
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected and row.profile is not None:
            painter.fillRect(box, theme.colour("accent.tint"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.colour("surface.hover"))
        if row.profile is None:
            self._section(painter, box, row)
        else:
            self._part(painter, box, row)
        painter.restore()

    @staticmethod
    def _section(painter: QPainter, box: QRectF, row: Row) -> None:
        theme = current().theme
        muted = theme.colour("text.secondary")
        icons.draw(
            painter,
            "caret-right" if row.detail == "folded" else "caret-down",
            muted,
            box.left() + 8,
            box.center().y() - 6,
            12,
        )
        painter.setPen(muted)
        painter.setFont(fonts.font(fonts.CAPTION, fonts.MEDIUM))
        painter.drawText(box.adjusted(26, 0, -12, 0), Qt.AlignmentFlag.AlignVCenter, row.title)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box.adjusted(0, 0, -14, 0), right, str(row.count))

    @staticmethod
    def _part(painter: QPainter, box: QRectF, row: Row) -> None:
        theme = current().theme
        x = box.left() + 10
        if isinstance(row.profile, LinkMedium):
            token = MEDIA_TOKEN.get(row.profile.family, "single_mode")
            line = QPen(theme.colour(f"media.{token}"), 3)
            dash = DASHES[token]
            if dash:
                line.setDashPattern(dash)
            line.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(line)
            painter.drawLine(int(x), int(box.center().y()), int(x + 32), int(box.center().y()))
        else:
            well = QRectF(x, box.top() + 6, 32, 32)
            painter.setPen(theme.colour("border.subtle"))
            painter.setBrush(theme.colour("surface.raised"))
            painter.drawRoundedRect(well, 4, 4)
            icons.draw(painter, row.icon, theme.colour("text.secondary"), well.center().x() - 8, well.center().y() - 8)
        bold, small = fonts.font(fonts.BODY, fonts.MEDIUM), fonts.font(fonts.CAPTION)
        figure_face = fonts.font(fonts.CAPTION, fonts.STRONG)
        figure_width = QFontMetricsF(figure_face).horizontalAdvance(row.figure)
        left, right = box.left() + 52, box.right() - 12
        painter.setPen(theme.colour("text.primary"))
        painter.setFont(figure_face)
        painter.drawText(
            QRectF(left, box.top() + 5, right - left, 17),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            row.figure,
        )
        painter.setFont(bold)
        title = QFontMetricsF(bold).elidedText(row.title, Qt.TextElideMode.ElideRight, right - left - figure_width - 8)
        painter.drawText(QRectF(left, box.top() + 5, right - left, 17), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(small)
        painter.setPen(theme.colour("text.secondary"))
        detail = QFontMetricsF(small).elidedText(row.detail, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRectF(left, box.top() + 22, right - left, 16), Qt.AlignmentFlag.AlignVCenter, detail)


class CatalogueView(QListView):
    """Enter takes a part into the hand."""

    taken = Signal(str)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return and Enter activate."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.activated.emit(self.currentIndex())
            return
        super().keyPressEvent(event)


class CataloguePanel(QWidget):
    """Search field, chips, list."""

    taken = Signal(str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.folded = {"Frames", "Servers", "Switches", "Models", "Workloads"}
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Search the catalogue"))
        self.search.setFixedHeight(30)
        self.chips = QButtonGroup(self)
        chips = QHBoxLayout()
        chips.setContentsMargins(0, 0, 0, 0)
        chips.setSpacing(6)
        for key, title in (
            ("all", self.tr("All")),
            ("liquid", self.tr("Liquid")),
            ("air", self.tr("Air")),
            ("plan", self.tr("In plan")),
        ):
            chip = QPushButton(title)
            chip.setObjectName("chip")
            chip.setCheckable(True)
            chip.setChecked(key == "all")
            chip.setProperty("key", key)
            self.chips.addButton(chip)
            chips.addWidget(chip)
        chips.addStretch(1)
        self.model = CatalogueModel()
        self.list = CatalogueView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(CatalogueDelegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setDragEnabled(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setUniformItemSizes(False)
        self.list.setAccessibleName(self.tr("Catalogue"))
        head = QVBoxLayout()
        head.setContentsMargins(10, 10, 10, 8)
        head.setSpacing(8)
        head.addWidget(self.search)
        head.addLayout(chips)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        self._delay = QTimer(self, singleShot=True, interval=60)
        self._delay.timeout.connect(self.fill)
        self.search.textChanged.connect(lambda _text: self._delay.start())
        self.search.returnPressed.connect(self._take_first)
        self.chips.buttonClicked.connect(lambda _button: self.fill())
        self.list.clicked.connect(self._clicked)
        self.list.activated.connect(self._activated)
        bridge.opened.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """Rebuild the rows for the present search and chip."""
        catalog = self.bridge.session.catalog
        text = self.search.text().strip()
        found = [describe(profile, catalog.find) for profile in self._profiles(text)]
        rows = [row for row in found if row is not None and self._passes(row)]
        self.search.setPlaceholderText(self.tr("Search {0} profiles").format(len(rows) if not text else len(catalog)))
        out: list[Row] = []
        for section in SECTIONS:
            members = [row for row in rows if row.section == section]
            if members:
                folded = section in self.folded and not text
                out.append(Row(section, "folded" if folded else "", count=len(members)))
                out += [] if folded else members
        self.model.show_rows(out)

    def _profiles(self, text: str) -> list[Profile]:
        catalog = self.bridge.session.catalog
        if text:
            return list(catalog.search(text, limit=80))
        kinds: tuple[type[Profile], ...] = (System, Frame, CoolingUnit, PowerUnit, LinkMedium, Llm, RequestShape)
        profiles = [profile for kind in kinds for profile in catalog.of(kind).values()]
        # Newest shipping parts first: that is what most plans are made of.
        return sorted(profiles, key=lambda p: (not p.status.startswith("shipping"), -(p.year or 0), p.name))

    def _passes(self, row: Row) -> bool:
        checked = self.chips.checkedButton()
        key = checked.property("key") if checked else "all"
        profile = row.profile
        if key == "liquid":
            return bool(getattr(profile, "liquid_frac", 0)) or "cdu" in getattr(profile, "cooling_kind", "")
        if key == "air":
            return getattr(profile, "liquid_frac", None) == 0 or "cra" in getattr(profile, "cooling_kind", "")
        if key == "plan":
            return profile is not None and profile.id in self._used()
        return True

    def _used(self) -> set[str]:
        document = self.bridge.session.document
        used = {
            record.profile
            for table in ("racks", "devices", "cooling", "power", "workloads")
            for record in document.table(table).values()
        }
        used |= {link.medium for link in document.table("links").values()}
        return used | {pool.model for pool in document.table("pools").values()}

    def _clicked(self, index: QModelIndex) -> None:
        row: Row = index.data(ROLE)
        if row.profile is None:
            self.folded ^= {row.title}
            self.fill()

    def _activated(self, index: QModelIndex) -> None:
        row: Row = index.data(ROLE)
        if row.profile is not None:
            self.taken.emit(row.profile.id)

    def _take_first(self) -> None:
        for row in self.model.rows:
            if row.profile is not None:
                self.taken.emit(row.profile.id)
                return
