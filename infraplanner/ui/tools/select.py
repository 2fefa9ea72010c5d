"""Select, move, marquee, nudge, turn, delete and duplicate."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

from infraplanner.edit import Delete, Duplicate, Move, Rotate
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.units import scaled, whole

from .base import Tool, tr

DRAG_START_PX = 4
SNAP_PX = 8
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}


class SelectTool(Tool):
    """The arrow: click selects, drag moves, drag on the floor frames."""

    name = "select"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._from: QPointF | None = None
        self._drag: Any = None
        self._typed = ""
        self._shift = (0, 0)
        self._before: ResultSnapshot | None = None
        self.bridge.result.connect(self._show_effect)

    def hint(self) -> str:
        """What the status bar says."""
        if self._drag is not None:
            typed = f"  {tr('Distance')}: {self._typed} mm" if self._typed else ""
            return tr("Drag to move. Hold Alt to place freely, type a distance, Esc cancels.") + typed
        return tr("Click to select, drag to move, drag on the floor to frame. Shift adds, Ctrl takes away.")

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Select what is under the pointer, or begin a frame."""
        self._from = point
        key = self.view.body_at(point)
        selection = self.bridge.selection
        if key is None:
            return
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.bridge.select([k for k in selection if k != key] if key in selection else [*selection, key])
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.bridge.select([*selection, key])
        elif key not in selection:
            self.bridge.select([key])

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier, pressed: bool) -> None:
        """Hover, drag or frame."""
        if not pressed or self._from is None:
            self.view.hover = self.view.body_at(point)
            return
        if self._drag is not None:
            if not self._typed:  # a typed distance holds until it is deleted or entered
                self._follow(point, modifiers)
        elif self.view.marquee is not None:
            self.view.marquee = (self._from, point)
        elif (point - self._from).manhattanLength() >= DRAG_START_PX:
            self._begin(point, modifiers)

    def _begin(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        assert self._from is not None
        key = self.view.body_at(self._from)
        if key is None or key not in self.bridge.selection:
            self.view.marquee = (self._from, point)
            return
        self._before = self.bridge.session.result
        self._drag = self.bridge.begin_drag(Move(self._ids(), 0, 0).label)
        if self._drag is not None:
            self.view.set_moving(frozenset(self._ids()))
            self.hint_changed.emit(self.hint())
            self._follow(point, modifiers)

    def _ids(self) -> list[str]:
        index = self.view.scene.bodies.index
        return [key for key in self.bridge.selection if key in index]

    def _follow(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        start = self.view.camera.to_world(self._from)
        now = self.view.camera.to_world(point)
        dx, dy = now[0] - start[0], now[1] - start[1]
        if modifiers & Qt.KeyboardModifier.ShiftModifier:  # one axis only
            dx, dy = (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)
        free = bool(modifiers & Qt.KeyboardModifier.AltModifier) or not self.snapping
        self._apply(*self._snapped(dx, dy, free))

    def _snapped(self, dx: float, dy: float, free: bool) -> tuple[int, int]:
        self.view.guides = ()
        if free:
            return round(dx), round(dy)
        found = self.view.snap_shift(self._ids(), self._shift, dx, dy, SNAP_PX)
        self.view.guides = found.guides
        return found.dx_mm, found.dy_mm

    def _apply(self, dx: int, dy: int) -> None:
        if self.bridge.update_drag(self._drag, Move(self._ids(), dx, dy)):
            self._shift = (dx, dy)
            self._show_effect(self.bridge.session.result)

    def _show_effect(self, result: ResultSnapshot | None) -> None:
        """The read-out beside the ghost: how far, and what that does."""
        if self._drag is None:
            return
        dx, dy = self._shift
        rows = [(tr("Shift"), f"{whole(dx)}, {whole(dy)} mm")]
        before = self._before
        if result is not None and before is not None:
            power = (result.summary.it_power_kw or 0.0) - (before.summary.it_power_kw or 0.0)
            rows.append((tr("IT power"), _signed(*scaled(1e3 * power, "W"))))
            rows += self._own_links(result)
            if result.summary.tokens_per_s is not None:
                rows.append((tr("Throughput"), " ".join(scaled(result.summary.tokens_per_s, "tok/s"))))
        self.view.readout = rows
        self.view.update()

    def _own_links(self, result: ResultSnapshot) -> list[tuple[str, str]]:
        """The longest cable of what moves, with its medium."""
        document = self.bridge.session.document
        ids = set(self._ids())
        ids |= {key for key, device in document.table("devices").items() if device.rack in ids}
        fabric = result.fabric
        links = document.table("links")
        best = None
        for row, key in enumerate(fabric.link_ids):
            link = links.get(key)
            if link is not None and (link.a in ids or link.b in ids):
                length = float(fabric.ordered_m[row])
                if best is None or length > best[0]:
                    best = (length, row)
        if best is None:
            return []
        medium = self.bridge.session.catalog.find(fabric.medium[best[1]])
        name = getattr(medium, "name", tr("no medium reaches"))
        return [(tr("Longest link"), f"{best[0]:.1f} m  {name}")]

    def release(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """End the gesture: one undo entry."""
        start, self._from = self._from, None
        if self._drag is not None:
            drag, self._drag = self._drag, None
            drag.commit()
            self._end_drag()
        elif self.view.marquee is not None and start is not None:
            ids = self.view.bodies_in(start, point)
            self.view.marquee = None
            self._take_frame(ids, modifiers)
        elif start is not None and self.view.body_at(point) is None and not modifiers:
            self.bridge.select([])

    def _take_frame(self, ids: list[str], modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            ids = [*self.bridge.selection, *ids]
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            ids = [key for key in self.bridge.selection if key not in ids]
        self.bridge.select(ids)

    def _end_drag(self) -> None:
        self._typed, self._shift = "", (0, 0)
        self.view.set_moving(frozenset())
        self.hint_changed.emit(self.hint())

    @property
    def busy(self) -> bool:
        """True while something is dragged."""
        return self._drag is not None

    def cancel(self) -> None:
        """Escape: the plan is as before the drag; outside a gesture nothing is selected any more."""
        if not self._abort() and self._from is None:
            self.bridge.select([])

    def stop(self) -> None:
        """Another tool: end the gesture, keep the selection."""
        self._abort()

    def _abort(self) -> bool:
        """Drop the drag or frame in hand; False when there is none."""
        drag, self._drag = self._drag, None
        held = drag is not None or self.view.marquee is not None
        self.view.marquee = None
        if held:
            self._from = None
        if drag is not None:
            drag.cancel()
            self._end_drag()
        return held

    def key(self, event: QKeyEvent) -> bool:
        """Arrows nudge, R turns, Delete deletes; digits during a drag set the distance."""
        if self._drag is not None and self._type(event):
            return True
        step = _ARROWS.get(Qt.Key(event.key()))
        ids = self._ids()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if step and ids and self._drag is None:
            size = 100 if shift else 1 if control else 10
            self.bridge.execute(Move(ids, step[0] * size, step[1] * size))
        elif event.key() == Qt.Key.Key_R and ids and not control and self._drag is None:
            self.bridge.execute(Rotate(ids, 15 if shift else 90))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.bridge.selection and self._drag is None:
            self.bridge.execute(Delete(list(self.bridge.selection)))
        else:
            return super().key(event)
        return True

    def _type(self, event: QKeyEvent) -> bool:
        """Typed millimetres along the present direction of the drag."""
        text = event.text()
        if event.key() == Qt.Key.Key_Backspace:
            self._typed = self._typed[:-1]
        elif text.isdigit():
            self._typed += text
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.release(self.view.pointer or QPointF(), Qt.KeyboardModifier.NoModifier)
            return True
        else:
            return False
        if self._typed:
            dx, dy = self._shift
            length = int(self._typed)
            self.view.guides = ()
            if abs(dx) >= abs(dy):
                self._apply(length if dx >= 0 else -length, 0)
            else:
                self._apply(0, length if dy >= 0 else -length)
        self.hint_changed.emit(self.hint())
        return True

    def duplicate(self) -> None:
        """Ctrl+D: a copy one width to the right, selected."""
        ids = self._ids()
        if not ids:
            return
        before = set(self.bridge.session.document.ids())
        left, _, right, _ = self.view.frame_of(ids)
        if self.bridge.execute(Duplicate(ids, round(right - left), 0)):
            self.bridge.flush()
            index = self.view.scene.bodies.index
            self.bridge.select(
                [key for key in self.bridge.session.document.ids() if key not in before and key in index]
            )


def _signed(figure: str, unit: str) -> str:
    return f"{figure} {unit}" if figure.startswith("\u2212") or figure == "0" else f"+{figure} {unit}"
