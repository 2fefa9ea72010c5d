"""What an edit changed: enough for the compiler to patch arrays and for the window to repaint only what moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class TableChange:
    """Ids added and removed, and for each modified id the names of the changed fields."""

    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    modified: dict[str, set[str]] = field(default_factory=dict)

    def is_empty(self) -> bool:
        """True when nothing of this table changed."""
        return not (self.added or self.removed or self.modified)

    def then(self, later: TableChange) -> TableChange:
        """The one change that has the effect of this one followed by `later`.

        An id removed and added again may differ in any field, so it is reported as removed and added at once.
        """
        out = TableChange(set(self.added), set(self.removed), {k: set(v) for k, v in self.modified.items()})
        for key in later.removed:
            if key in out.added:
                out.added.discard(key)
            else:
                out.removed.add(key)
            out.modified.pop(key, None)
        out.added |= later.added
        for key, names in later.modified.items():
            if key not in out.added:
                out.modified.setdefault(key, set()).update(names)
        return out


@dataclass(slots=True)
class ChangeSet:
    """All tables' changes up to `revision`. `whole` means: forget everything and read the document anew."""

    revision: int = 0
    tables: dict[str, TableChange] = field(default_factory=dict)
    whole: bool = False

    def is_empty(self) -> bool:
        """True when no table changed."""
        return not self.whole and all(change.is_empty() for change in self.tables.values())

    def table(self, name: str) -> TableChange:
        """The change of one table (an empty one when it has none)."""
        return self.tables.get(name) or TableChange()

    def then(self, later: ChangeSet) -> ChangeSet:
        """Merge with a later change set; the result stands for both."""
        merged: dict[str, TableChange] = {}
        for name in self.tables.keys() | later.tables.keys():
            change = self.table(name).then(later.table(name))
            if not change.is_empty():
                merged[name] = change
        return ChangeSet(later.revision, merged, self.whole or later.whole)

    def touches(self, fields: Mapping[str, frozenset[str]]) -> bool:
        """True when a record was added to or removed from one of these tables, or one of the named fields changed."""
        if self.whole:
            return True
        return any(_touches(self.tables.get(name), names) for name, names in fields.items())


def _touches(change: TableChange | None, names: frozenset[str]) -> bool:
    if change is None:
        return False
    if change.added or change.removed:
        return True
    return any(not names.isdisjoint(changed) for changed in change.modified.values())


def changed_fields(old: Any, new: Any) -> set[str]:
    """Names of the fields in which two records of one class differ."""
    return {name for name in old.__struct_fields__ if getattr(old, name) != getattr(new, name)}
