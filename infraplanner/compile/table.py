"""One table of the plan as columns of arrays in id order, patched row by row.

Rows are kept in id order and not swap-removed: then a patched table equals a full compile bit for bit, sums run in one
order whatever the history of edits, and results need no reordering. Additions and removals cost one gather per column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .parts import Flags, Ints, Parts

Array = NDArray[Any]
Maker = Callable[[Sequence[Any], Parts], dict[str, Array]]


@dataclass(frozen=True, slots=True)
class Spec:
    """How a table becomes columns: `make` gives plain columns, `refs` names fields that refer to records of other
    tables.
    """

    make: Maker
    refs: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Table:
    """Ids in code-point order, their row numbers, and columns. A reference `f` to table T is column `f@T` (-1: not
    there).
    """

    name: str
    spec: Spec
    ids: tuple[str, ...] = ()
    index: dict[str, int] = field(default_factory=dict)
    columns: dict[str, Array] = field(default_factory=dict)
    _shared: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, column: str) -> Array:
        return self.columns[column]

    def twin(self) -> Table:
        """The same rows; the arrays are one until either of both is patched."""
        self._shared = True
        return Table(self.name, self.spec, self.ids, self.index, dict(self.columns), True)

    def _own(self) -> None:
        if self._shared:
            self.columns = {name: values.copy() for name, values in self.columns.items()}
            self._shared = False

    def fill(self, records: Mapping[str, Any], parts: Parts) -> None:
        """Compile all records anew (references excepted)."""
        self._shared = False
        self.ids = tuple(sorted(records))
        self.index = dict(zip(self.ids, range(len(self.ids)), strict=True))
        self.columns = self._make(list(map(records.__getitem__, self.ids)), parts)

    def _make(self, rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
        columns = self.spec.make(rows, parts)
        for name, targets in self.spec.refs.items():
            columns[f"{name}?"] = np.zeros(len(rows), dtype=np.bool_)
            for target in targets:
                columns[f"{name}@{target}"] = np.full(len(rows), -1, dtype=np.int64)
        return columns

    def patch(self, records: Mapping[str, Any], touched: Iterable[str], parts: Parts) -> tuple[Ints, Ints | None]:
        """Bring the named rows up to date; returns the rows rewritten and, after a change of rows, old row -> new row
        (-1).
        """
        self._own()
        keys = sorted(touched)
        changed = [key for key in keys if key in records]
        removed = [self.index[key] for key in keys if key not in records and key in self.index]
        added = [key for key in changed if key not in self.index]
        remap = self._relay(removed, added) if removed or added else None
        rows = np.array([self.index[key] for key in changed], dtype=np.int64)
        if changed:
            for name, values in self._make([records[key] for key in changed], parts).items():
                self.columns[name][rows] = values
        return rows, remap

    def _relay(self, removed: list[int], added: list[str]) -> Ints:
        keep = np.ones(len(self.ids), dtype=np.bool_)
        keep[removed] = False
        gone = {self.ids[row] for row in removed}
        kept = [key for key in self.ids if key not in gone] if gone else list(self.ids)
        self.ids = tuple(sorted(kept + added))
        self.index = dict(zip(self.ids, range(len(self.ids)), strict=True))
        free = np.ones(len(self.ids), dtype=np.bool_)
        free[[self.index[key] for key in added]] = False
        places = np.flatnonzero(free)
        for name, old in self.columns.items():
            new = np.zeros((len(self.ids), *old.shape[1:]), dtype=old.dtype)
            new[places] = old[keep]
            self.columns[name] = new
        remap = np.full(keep.size, -1, dtype=np.int64)
        remap[keep] = places
        return remap

    def follow(self, target: str, remap: Ints) -> None:
        """Renumber references to a table whose rows moved; what was removed becomes -1."""
        for name, targets in self.spec.refs.items():
            if target in targets:
                self._own()
                column = self.columns[f"{name}@{target}"]
                held = column >= 0
                column[held] = remap[column[held]]

    def resolve(self, records: Mapping[str, Any], tables: Mapping[str, Table], rows: Ints | None = None) -> None:
        """Look up references of the given rows, or of every row whose reference is not resolved.

        An id belongs to one table of the plan only, so what the first table has is not looked for in the next.
        """
        picked: list[Any] | None = None
        for name, targets in self.spec.refs.items():
            open_rows = self._unresolved(name, targets) if rows is None else rows
            if not len(open_rows):
                continue
            self._own()
            if rows is None or picked is None:
                keys = map(self.ids.__getitem__, open_rows.tolist())
                picked = list(map(records.__getitem__, keys))
            texts = list(map(attrgetter(name), picked))
            if rows is not None:
                self.columns[f"{name}?"][rows] = np.fromiter(map(bool, texts), np.bool_, len(texts))
                for target in targets:
                    self.columns[f"{name}@{target}"][rows] = -1
            for target in targets:
                found = np.fromiter(map(tables[target].index.get, texts, repeat(-1)), np.int64, len(texts))
                self.columns[f"{name}@{target}"][open_rows] = found
                missing = np.flatnonzero(found < 0)
                open_rows, texts = open_rows[missing], [texts[k] for k in missing.tolist()]

    def _unresolved(self, name: str, targets: tuple[str, ...]) -> Ints:
        open_rows: Flags = self.columns[f"{name}?"].copy()
        for target in targets:
            open_rows &= self.columns[f"{name}@{target}"] < 0
        return np.flatnonzero(open_rows)
