"""Place a catalogue part: drag it in, or pick it and click; it keeps placing until Escape."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter

from infraplanner.catalog.types import RACK_SYSTEMS, CoolingUnit, Frame, PowerUnit, System
from infraplanner.edit import Place
from infraplanner.model.entities import Cooling, Placed, PowerNode, Rack
from infraplanner.model.geometry import footprint_bounds
from infraplanner.model.ids import next_free_id
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current

from .base import Tool, tr
from .fit import is_fitted

_RECORDS: dict[str, type[Placed]] = {"racks": Rack, "cooling": Cooling, "power": PowerNode}
_STEMS = {"racks": "R00", "cooling": "cool-0", "power": "pwr-0"}


def table_of(profile: Any) -> str | None:
    """The table a profile is placed in; None when it does not stand on the floor."""
    if isinstance(profile, Frame) or (isinstance(profile, System) and profile.system_kind in RACK_SYSTEMS):
        return "racks"
    if isinstance(profile, CoolingUnit):
        return None if is_fitted(profile) else "cooling"
    return "power" if isinstance(profile, PowerUnit) else None


class PlaceTool(Tool):
    """Puts one part per click; R turns it before."""

    name = "place"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.profile_id = ""
        self.rotation_deg = 0
        self._at: tuple[int, int] | None = None

    def hint(self) -> str:
        """What the status bar says."""
        profile = self.bridge.session.catalog.find(self.profile_id)
        name = getattr(profile, "name", tr("a part from the catalogue"))
        return tr("Click to place {0}. R turns it, Esc ends.").format(name)

    def choose(self, profile_id: str) -> bool:
        """Take a part into the hand; False when it does not stand on the floor."""
        if table_of(self.bridge.session.catalog.find(profile_id)) is None:
            self.bridge.refused.emit(tr("{0} does not stand on the floor.").format(profile_id))
            return False
        self.profile_id = profile_id
        self.hint_changed.emit(self.hint())
        return True

    def record_at(self, profile_id: str, x_mm: float, y_mm: float, snap: bool) -> tuple[str, Placed] | None:
        """The record that would be placed here, or None when the plan has no hall."""
        session = self.bridge.session
        table = table_of(session.catalog.find(profile_id))
        halls = session.document.table("halls")
        if table is None or not halls:
            return None
        width, depth = self.view.footprint_of(table, profile_id)
        box = footprint_bounds(0, 0, width, depth, self.rotation_deg)
        if snap:
            left, bottom = round((x_mm + box.left) / 100) * 100, round((y_mm + box.bottom) / 100) * 100
            found = self.view.snap_box((left, bottom, left + box.right - box.left, bottom + box.top - box.bottom))
            x_mm, y_mm = left - box.left + found[0], bottom - box.bottom + found[1]
        hall = next(iter(halls))
        stem = self._stem(table, profile_id)
        taken: Any = session.document.ids()
        record = _RECORDS[table](
            id=next_free_id(stem, taken), hall=hall, profile=profile_id, x_mm=round(x_mm), y_mm=round(y_mm),
            rotation_deg=self.rotation_deg,
        )  # type: ignore[call-arg]  # fmt: skip
        return table, record

    def _stem(self, table: str, profile_id: str) -> str:
        """Continue the numbering of the last part of this kind."""
        same = [key for key, r in self.bridge.session.document.table(table).items() if r.profile == profile_id]
        return max(same) if same else _STEMS[table]

    def place(self, profile_id: str, x_mm: float, y_mm: float, *, snap: bool = True) -> str | None:
        """Place a part centred at a world point; returns its id."""
        found = self.record_at(profile_id, x_mm, y_mm, snap)
        if found is None:
            return None
        if self.bridge.execute(Place(*found)):
            self.bridge.select([found[1].id])
            return found[1].id
        return None

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Place it."""
        if self.profile_id:
            snap = self.snapping and not modifiers & Qt.KeyboardModifier.AltModifier
            self.place(self.profile_id, *self.view.camera.to_world(point), snap=snap)

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier, pressed: bool) -> None:
        """The ghost follows."""
        if self.profile_id:
            self.ghost(self.profile_id, point, modifiers)

    def ghost(self, profile_id: str, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Show where a part would go."""
        snap = self.snapping and not modifiers & Qt.KeyboardModifier.AltModifier
        x_mm, y_mm = self.view.camera.to_world(point)
        found = self.record_at(profile_id, x_mm, y_mm, snap)
        if found is None:
            self.view.preview = None
            return
        table, record = found
        width, depth = self.view.footprint_of(table, profile_id)
        box = footprint_bounds(record.x_mm, record.y_mm, width, depth, record.rotation_deg)

        def paint(painter: QPainter, camera: Any) -> None:
            theme = current().theme
            area: QRectF = camera.rect(box.left, box.bottom, box.right, box.top)
            clash = self.view.clashes(box)
            colour = theme.colour("selection.ghost_bad" if clash else "selection.ghost_ok")
            fill = theme.colour("selection.ghost_bad" if clash else "selection.ghost_ok", theme.tint("ghost"))
            painter.fillRect(area, fill)
            painter.setPen(colour)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area)
            painter.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, record.id)

        self.view.preview = paint

    def hover_drop(self, profile_id: str, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """A catalogue row is being dragged over the floor."""
        self.ghost(profile_id, point, modifiers)

    def stop(self) -> None:
        """Another tool."""
        self.view.preview = None

    def cancel(self) -> None:
        """Escape: nothing in the hand."""
        self.view.preview = None
        self.profile_id = ""

    def key(self, event: QKeyEvent) -> bool:
        """R turns; Enter places at the pointer or in the middle of the view."""
        if event.key() == Qt.Key.Key_R:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.rotation_deg = (self.rotation_deg + (15 if shift else 90)) % 360
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.profile_id:
            point = self.view.pointer or QPointF(self.view.width() / 2, self.view.height() / 2)
            self.press(point, Qt.KeyboardModifier.NoModifier)
            return True
        return super().key(event)
