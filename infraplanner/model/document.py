"""The document: one dict a table, records replaced and never mutated, so that a snapshot is a shallow copy."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from .changes import ChangeSet, TableChange, changed_fields
from .entities import OWN_NAME_SPACE, TABLES, Record

Remarks = dict[tuple[str, str], tuple[tuple[str, ...], str]]
"""Comments of the plan's file, above and beside what they belong to: a table and an id, or another place of the file."""


class DocumentError(ValueError):
    """An edit that the document refuses; the message is one plain sentence."""


class Snapshot:
    """An immutable view of a document at one revision; safe to read from any thread."""

    __slots__ = ("_tables", "header", "remarks", "revision")

    def __init__(
        self,
        tables: dict[str, dict[str, Record]],
        revision: int,
        header: dict[str, Any],
        remarks: Remarks | None = None,
    ) -> None:
        self._tables = tables
        self.revision = revision
        self.header = header
        self.remarks = remarks or {}

    def table(self, name: str) -> MappingProxyType[str, Any]:
        """Read-only mapping id -> record of one table."""
        return MappingProxyType(self._tables[name])

    def tables(self) -> dict[str, dict[str, Record]]:
        """The tables by name, to make a variant from: replace a table, never change one."""
        return dict(self._tables)

    def find(self, record_id: str) -> tuple[str, Record] | None:
        """The table and record that carry this id (profiles and views have name spaces of their own)."""
        for name, records in self._tables.items():
            if name not in OWN_NAME_SPACE and record_id in records:
                return name, records[record_id]
        return None

    def records(self) -> Iterator[tuple[str, Record]]:
        """Every record with its table's name, tables and ids in code-point order."""
        for name in sorted(self._tables):
            for key in sorted(self._tables[name]):
                yield name, self._tables[name][key]


class Document(Snapshot):
    """The plan being edited. Only commands call `put` and `remove`; readers take a `snapshot()`.

    `header` holds top-level fields of the file that this program does not know, so that they survive a round trip, and
    `remarks` its comments. Those of a record that is gone wait for its return, by undo or under the same id.
    """

    __slots__ = ("_frozen", "_ids", "_pending")

    def __init__(
        self,
        tables: dict[str, dict[str, Record]] | None = None,
        header: dict[str, Any] | None = None,
        remarks: Remarks | None = None,
    ) -> None:
        super().__init__({name: {} for name in TABLES}, 0, header or {}, remarks)
        self._pending: dict[str, TableChange] = {}
        self._frozen: dict[str, dict[str, Record]] = {}
        self._ids: dict[str, str] = {}
        for name, records in (tables or {}).items():
            self._fill(name, list(records.values()))
        self._pending = {}

    def _fill(self, table: str, records: list[Record]) -> None:
        """Take in a whole table at once when nothing is wrong with it: opening a large plan spends its time here."""
        fresh = {record.id: record for record in records}
        shared = table not in OWN_NAME_SPACE
        sound = len(fresh) == len(records) and set(map(type, records)) <= {TABLES[table]}
        if not sound or (shared and not self._ids.keys().isdisjoint(fresh)):
            for record in records:
                self.put(table, record)
            return
        self._tables[table] = fresh
        if shared:
            self._ids.update(dict.fromkeys(fresh, table))

    def snapshot(self) -> Snapshot:
        """A frozen copy of the present state; only tables edited since the last snapshot are copied (shallowly)."""
        for name, records in self._tables.items():
            if name not in self._frozen:
                self._frozen[name] = dict(records)
        return Snapshot(dict(self._frozen), self.revision, self.header, self.remarks)

    def ids(self) -> dict[str, str]:
        """Id -> table of every record in the shared name space."""
        return self._ids

    def put(self, table: str, record: Record) -> Record | None:
        """Add or replace a record; returns what stood there. Raises DocumentError when the id is taken elsewhere."""
        if type(record) is not TABLES[table]:
            raise DocumentError(f"A record of table {table} must be a {TABLES[table].__name__}.")
        owner = self._ids.get(record.id)
        if table not in OWN_NAME_SPACE and owner not in (None, table):
            raise DocumentError(f"The id {record.id} is already used in table {owner}.")
        old = self._tables[table].get(record.id)
        self._tables[table][record.id] = record
        self._frozen.pop(table, None)
        if table not in OWN_NAME_SPACE:
            self._ids[record.id] = table
        self._note_put(table, old, record)
        return old

    def remove(self, table: str, record_id: str) -> Record:
        """Take a record out and return it. Raises DocumentError when it is not there."""
        old = self._tables[table].pop(record_id, None)
        if old is None:
            raise DocumentError(f"There is no record {record_id} in table {table}.")
        self._frozen.pop(table, None)
        if table not in OWN_NAME_SPACE:
            del self._ids[record_id]
        step = TableChange(removed={record_id})
        self._pending[table] = self._pending.get(table, TableChange()).then(step)
        return old

    def take_changes(self) -> ChangeSet:
        """What changed since the last call; raises the revision when anything did."""
        tables = {name: change for name, change in self._pending.items() if not change.is_empty()}
        self._pending = {}
        if tables:
            self.revision += 1
        return ChangeSet(self.revision, tables)

    def _note_put(self, table: str, old: Record | None, new: Record) -> None:
        change = self._pending.setdefault(table, TableChange())
        if old is None:
            change.added.add(new.id)
        elif new.id not in change.added:
            names = changed_fields(old, new)
            if names:
                change.modified.setdefault(new.id, set()).update(names)
