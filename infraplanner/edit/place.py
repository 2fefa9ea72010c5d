"""Commands that place, move, turn, copy and delete what stands on the floor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from infraplanner.model.entities import REFERENCES, TABLES, Placed, Record
from infraplanner.model.geometry import rotate_point
from infraplanner.model.ids import next_free_id

from .transaction import EditError, Transaction

PLACED = tuple(name for name, kind in TABLES.items() if issubclass(kind, Placed))
"""Tables whose records stand at a point of a hall."""


@dataclass(frozen=True, slots=True)
class Place:
    """Add one record."""

    table: str
    record: Record

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"Place {self.record.id}"

    def apply(self, edit: Transaction) -> None:
        """Add it; an id already in use is refused, never overwritten."""
        if self.record.id in edit.document.table(self.table):
            raise EditError(f"The id {self.record.id} is already used in table {self.table}.")
        edit.put(self.table, self.record)


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Add `count` copies of a record along a line, `pitch` apart, with running ids: the row tool."""

    table: str
    first: Placed
    count: int
    pitch_x_mm: int
    pitch_y_mm: int = 0

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"Place a row of {self.count}"

    def apply(self, edit: Transaction) -> None:
        """Place them one after another; ids count up from the first."""
        record = self.first
        for index in range(self.count):
            if index:
                record = msgspec.structs.replace(
                    record,
                    id=next_free_id(record.id, edit.document.ids()),  # type: ignore[arg-type]
                    x_mm=self.first.x_mm + index * self.pitch_x_mm,
                    y_mm=self.first.y_mm + index * self.pitch_y_mm,
                )
            Place(self.table, record).apply(edit)


def _count_label(verb: str, ids: Sequence[str]) -> str:
    return f"{verb} {ids[0]}" if len(ids) == 1 else f"{verb} {len(ids)} objects"


def _placed(edit: Transaction, ids: Iterable[str]) -> list[tuple[str, Any]]:
    known = edit.document.ids()
    found = []
    for record_id in ids:
        table = known.get(record_id)
        if table not in PLACED:
            raise EditError(f"{record_id} is not an object on the floor.")
        record = edit.document.table(table)[record_id]
        if record.locked:
            raise EditError(f"{record_id} is locked.")
        found.append((table, record))
    return found


@dataclass(frozen=True, slots=True)
class Move:
    """Shift objects by whole millimetres."""

    ids: Sequence[str]
    dx_mm: int
    dy_mm: int

    @property
    def label(self) -> str:
        """What the history calls it."""
        return _count_label("Move", self.ids)

    def apply(self, edit: Transaction) -> None:
        """Shift each; a locked object refuses and nothing moves."""
        for table, record in _placed(edit, self.ids):
            edit.move(table, record.id, record.x_mm + self.dx_mm, record.y_mm + self.dy_mm)


@dataclass(frozen=True, slots=True)
class MoveTo:
    """Put one object's centre at a point."""

    table: str
    record_id: str
    x_mm: int
    y_mm: int

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"Move {self.record_id}"

    def apply(self, edit: Transaction) -> None:
        """Set the centre."""
        _placed(edit, [self.record_id])
        edit.move(self.table, self.record_id, self.x_mm, self.y_mm)


@dataclass(frozen=True, slots=True)
class Rotate:
    """Turn objects counter-clockwise: one about its own centre, several about their common centre."""

    ids: Sequence[str]
    degrees: int

    @property
    def label(self) -> str:
        """What the history calls it."""
        return _count_label("Rotate", self.ids)

    def apply(self, edit: Transaction) -> None:
        """Turn each about the centre of all centres' bounding box."""
        found = _placed(edit, self.ids)
        xs = [record.x_mm for _, record in found]
        ys = [record.y_mm for _, record in found]
        centre = ((min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2)
        for table, record in found:
            x_mm, y_mm = rotate_point(record.x_mm, record.y_mm, *centre, self.degrees)
            edit.move(table, record.id, x_mm, y_mm, record.rotation_deg + self.degrees)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Copy objects with an offset; devices in a copied rack are copied too, links and feeds are not."""

    ids: Sequence[str]
    dx_mm: int
    dy_mm: int

    @property
    def label(self) -> str:
        """What the history calls it."""
        return _count_label("Duplicate", self.ids)

    def apply(self, edit: Transaction) -> None:
        """Copy each under the next free id."""
        for table, record in _placed(edit, self.ids):
            taken: Any = edit.document.ids()
            copy_id = next_free_id(record.id, taken)
            edit.put(
                table,
                msgspec.structs.replace(
                    record, id=copy_id, x_mm=record.x_mm + self.dx_mm, y_mm=record.y_mm + self.dy_mm
                ),
            )
            if table == "racks":
                self._copy_devices(edit, record.id, copy_id)

    @staticmethod
    def _copy_devices(edit: Transaction, old_rack: str, new_rack: str) -> None:
        inside = [device for device in edit.document.table("devices").values() if device.rack == old_rack]
        for device in sorted(inside, key=lambda device: device.id):
            taken: Any = edit.document.ids()
            copy_id = next_free_id(device.id, taken)
            edit.put("devices", msgspec.structs.replace(device, id=copy_id, rack=new_rack))


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove records and what cannot exist without them; optional references to them are cleared."""

    ids: Sequence[str]

    @property
    def label(self) -> str:
        """What the history calls it."""
        return _count_label("Delete", self.ids)

    def apply(self, edit: Transaction) -> None:
        """Remove dependants first (a rack's devices, links and feeds), then the records themselves."""
        known = edit.document.ids()
        for record_id in self.ids:
            if record_id not in known:
                raise EditError(f"There is no object {record_id}.")
            record = edit.document.table(known[record_id])[record_id]
            if getattr(record, "locked", False):
                raise EditError(f"{record_id} is locked.")
        doomed = self._closure(edit, set(self.ids))
        self._clear_optional(edit, doomed)
        self._remove_notes(edit, doomed)
        for record_id in sorted(doomed):
            edit.remove(edit.document.ids()[record_id], record_id)

    @staticmethod
    def _closure(edit: Transaction, doomed: set[str]) -> set[str]:
        """Everything that names a doomed record in a required field, transitively."""
        while True:
            size = len(doomed)
            for table, names in _REQUIRED.items():
                for record in edit.document.table(table).values():
                    if record.id not in doomed and any(getattr(record, name) in doomed for name in names):
                        doomed.add(record.id)
            if len(doomed) == size:
                return doomed

    @staticmethod
    def _clear_optional(edit: Transaction, doomed: set[str]) -> None:
        for table, names in _OPTIONAL.items():
            for record in list(edit.document.table(table).values()):
                lost = {name: "" for name in names if getattr(record, name) in doomed}
                if lost and record.id not in doomed:
                    edit.put(table, msgspec.structs.replace(record, **lost))

    @staticmethod
    def _remove_notes(edit: Transaction, doomed: set[str]) -> None:
        for table in ("comments", "waivers"):
            doomed.update(record.id for record in edit.document.table(table).values() if record.target in doomed)


def _split_references() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    required: dict[str, list[str]] = {}
    optional: dict[str, list[str]] = {}
    for table, names in REFERENCES.items():
        needed = {field.name for field in msgspec.structs.fields(TABLES[table]) if field.required}
        for name in names:
            (required if name in needed else optional).setdefault(table, []).append(name)
    required.pop("views", None)
    optional.pop("views", None)
    return required, optional


_REQUIRED, _OPTIONAL = _split_references()
