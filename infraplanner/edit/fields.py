"""Commands that set fields or put whole records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infraplanner.model.entities import Record

from .transaction import Transaction


@dataclass(frozen=True, slots=True)
class SetFields:
    """Set the same fields of one or many records of a table (the inspector's multi-edit)."""

    table: str
    ids: Sequence[str]
    fields: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What the history calls it."""
        names = ", ".join(self.fields)
        return f"Set {names} of {self.ids[0] if len(self.ids) == 1 else f'{len(self.ids)} objects'}"

    def apply(self, edit: Transaction) -> None:
        """Set the fields record by record; one refusal rolls all back."""
        for record_id in self.ids:
            edit.change(self.table, record_id, **self.fields)


@dataclass(frozen=True, slots=True)
class PutRecords:
    """Add or replace several records as one edit (site data, workloads, profile updates)."""

    text: str
    records: Sequence[tuple[str, Record]]

    @property
    def label(self) -> str:
        """What the history calls it."""
        return self.text

    def apply(self, edit: Transaction) -> None:
        """Put them in the given order, so that a record may refer to an earlier one."""
        for table, record in self.records:
            edit.put(table, record)


@dataclass(frozen=True, slots=True)
class ReplaceTable:
    """Give a table other records as one edit (a whole tariff)."""

    text: str
    table: str
    records: Sequence[Record]

    @property
    def label(self) -> str:
        """What the history calls it."""
        return self.text

    def apply(self, edit: Transaction) -> None:
        """Those of before go, these come."""
        for record_id in sorted(edit.document.table(self.table)):
            edit.remove(self.table, record_id)
        for record in self.records:
            edit.put(self.table, record)


@dataclass(frozen=True, slots=True)
class RemoveRecords:
    """Remove records that nothing refers to, such as the plan's own copies of profiles."""

    text: str
    records: Sequence[tuple[str, str]]

    @property
    def label(self) -> str:
        """What the history calls it."""
        return self.text

    def apply(self, edit: Transaction) -> None:
        """Remove each."""
        for table, record_id in self.records:
            edit.remove(table, record_id)
