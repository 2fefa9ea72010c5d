"""A transaction: the only door through which a document changes; it remembers enough to go back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec

from infraplanner.model.document import Document, DocumentError
from infraplanner.model.entities import REFERENCES, Record
from infraplanner.model.validate import problems

R = TypeVar("R", bound=Record)


class EditError(DocumentError):
    """A command that cannot be carried out; the message is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """One record before and after; None stands for absent."""

    table: str
    record_id: str
    before: Record | None
    after: Record | None


@dataclass(slots=True)
class Transaction:
    """Writes to a document and records every step, so that it can be rolled back or undone."""

    document: Document
    steps: list[Step] = field(default_factory=list)

    def put(self, table: str, record: Record) -> None:
        """Add or replace a record after checking its ranges. Raises EditError in one sentence."""
        for name, found, expected in problems(table, record):
            raise EditError(f"{table} {record.id}: {name} is {found}; expected {expected}.")
        self._check_references(table, record)
        before = self.document.put(table, record)
        self.steps.append(Step(table, record.id, before, record))

    def change(self, table: str, record_id: str, **fields: Any) -> None:
        """Replace some fields of a record; types are checked as the file reader checks them."""
        old = self.document.table(table).get(record_id)
        if old is None:
            raise EditError(f"There is no record {record_id} in table {table}.")
        unknown = [name for name in fields if name not in old.__struct_fields__ or name in ("id", "unknown")]
        if unknown:
            raise EditError(f"{table} {record_id} has no field {unknown[0]} that can be set.")
        plain = msgspec.to_builtins(old) | {"id": old.id}
        plain.pop("unknown", None)
        try:
            new = msgspec.convert(plain | msgspec.to_builtins(fields), type(old))
        except msgspec.ValidationError as error:
            raise EditError(f"{table} {record_id}: {_plain(error)}.") from None
        self.put(table, msgspec.structs.replace(new, unknown=old.unknown))

    def move(self, table: str, record_id: str, x_mm: int, y_mm: int, rotation_deg: int | None = None) -> None:
        """The short way for a drag: only integers change, so nothing needs to be re-validated but their type."""
        old = self.document.table(table)[record_id]
        turn = old.rotation_deg if rotation_deg is None else rotation_deg % 360
        new = msgspec.structs.replace(old, x_mm=int(x_mm), y_mm=int(y_mm), rotation_deg=turn)
        self.steps.append(Step(table, record_id, old, new))
        self.document.put(table, new)

    def remove(self, table: str, record_id: str) -> None:
        """Take a record out."""
        before = self.document.remove(table, record_id)
        self.steps.append(Step(table, record_id, before, None))

    def roll_back(self) -> None:
        """Undo every step of this transaction, last first, and forget them."""
        restore(self.document, self.steps, backwards=True)
        self.steps.clear()

    def _check_references(self, table: str, record: Record) -> None:
        ids = self.document.ids()
        for name, tables in REFERENCES.get(table, {}).items():
            target = getattr(record, name)
            if target and ids.get(target) not in tables:
                raise EditError(
                    f"{table} {record.id}: {name} names {target}, which is no record of {' or '.join(tables)}."
                )


class Command(Protocol):
    """One intention of the user; applies itself to a transaction and never touches a view."""

    @property
    def label(self) -> str:
        """What the history calls it, such as `Move 3 racks`."""

    def apply(self, edit: Transaction) -> None:
        """Carry it out. Raises EditError; the caller then rolls back."""


def restore(document: Document, steps: list[Step], *, backwards: bool) -> None:
    """Replay steps forwards (redo) or backwards (undo)."""
    for step in reversed(steps) if backwards else steps:
        record = step.before if backwards else step.after
        if record is None:
            document.remove(step.table, step.record_id)
        else:
            document.put(step.table, record)


def _plain(error: msgspec.ValidationError) -> str:
    """msgspec's `Expected `int`, got `float` - at `$.x_mm`` as `x_mm: expected int, got float`."""
    what, _, where = str(error).replace("`", "").partition(" - at $.")
    return f"{where}: {what[0].lower()}{what[1:]}" if where else what
