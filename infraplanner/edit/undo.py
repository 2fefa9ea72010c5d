"""The undo stack: every edit is one entry; a drag is one entry however often the mouse moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Document

from .transaction import Command, EditError, Step, Transaction, restore


@dataclass(frozen=True, slots=True)
class Entry:
    """One undoable edit; `context` is whatever the window wants back with it (selection, view)."""

    label: str
    steps: tuple[Step, ...]
    context: Any = None


class DragSession:
    """A live edit: the document follows the mouse, Escape reverts, release makes one undo entry."""

    def __init__(self, stack: UndoStack, label: str, context: Any = None) -> None:
        self._stack = stack
        self._label = label
        self._context = context
        self._edit: Transaction | None = Transaction(stack.document)

    @property
    def is_open(self) -> bool:
        """False once committed or cancelled."""
        return self._edit is not None

    def update(self, command: Command) -> ChangeSet:
        """Replace the state of the last update by that of `command`; on an error the document is as before the drag."""
        edit = self._require()
        edit.roll_back()
        try:
            command.apply(edit)
        except Exception:
            edit.roll_back()
            raise
        return self._stack.document.take_changes()

    def commit(self) -> ChangeSet:
        """End the drag as one undo entry (none if nothing changed in the end)."""
        edit = self._require()
        self._edit = None
        self._stack.close_drag()
        if any(step.before != step.after for step in edit.steps):
            self._stack.push(Entry(self._label, tuple(edit.steps), self._context))
        return self._stack.document.take_changes()

    def cancel(self) -> ChangeSet:
        """End the drag as if it had never begun."""
        edit = self._require()
        self._edit = None
        self._stack.close_drag()
        edit.roll_back()
        return self._stack.document.take_changes()

    def _require(self) -> Transaction:
        if self._edit is None:
            raise EditError("This drag has already ended.")
        return self._edit


@dataclass(slots=True)
class UndoStack:
    """Executes commands on one document and keeps what is needed to undo and redo them."""

    document: Document
    limit: int = 1000
    _done: list[Entry] = field(default_factory=list)
    _undone: list[Entry] = field(default_factory=list)
    _drag: DragSession | None = None
    _saved: Entry | None = None
    _saved_lost: bool = False

    def execute(self, command: Command, context: Any = None) -> ChangeSet:
        """Apply a command as one entry. If it raises, the document is exactly as before."""
        if self._drag is not None:
            raise EditError("Finish the drag first.")
        edit = Transaction(self.document)
        try:
            command.apply(edit)
        except Exception:
            edit.roll_back()
            self.document.take_changes()
            raise
        if any(step.before != step.after for step in edit.steps):
            self.push(Entry(command.label, tuple(edit.steps), context))
        return self.document.take_changes()

    def begin_drag(self, label: str, context: Any = None) -> DragSession:
        """Start a live edit; only one may be open."""
        if self._drag is not None:
            raise EditError("Another drag is still open.")
        self._drag = DragSession(self, label, context)
        return self._drag

    def close_drag(self) -> None:
        """Called by the drag itself when it ends."""
        self._drag = None

    def push(self, entry: Entry) -> None:
        """Add an entry and forget what could be redone."""
        if self._saved is not None and self._saved in self._undone:
            self._saved_lost = True
        self._undone.clear()
        self._done.append(entry)
        if len(self._done) > self.limit:
            if self._saved is None:
                self._saved_lost = True
            del self._done[0]

    def undo(self) -> tuple[ChangeSet, Entry | None]:
        """Take back the last entry; nothing happens when there is none."""
        return self._step(self._done, self._undone, backwards=True)

    def redo(self) -> tuple[ChangeSet, Entry | None]:
        """Carry out again what was last undone."""
        return self._step(self._undone, self._done, backwards=False)

    def _step(self, source: list[Entry], target: list[Entry], *, backwards: bool) -> tuple[ChangeSet, Entry | None]:
        if self._drag is not None or not source:
            return ChangeSet(self.document.revision), None
        entry = source.pop()
        restore(self.document, list(entry.steps), backwards=backwards)
        target.append(entry)
        return self.document.take_changes(), entry

    @property
    def undo_text(self) -> str | None:
        """Label of what `undo` would take back, or None."""
        return self._done[-1].label if self._done else None

    @property
    def redo_text(self) -> str | None:
        """Label of what `redo` would carry out, or None."""
        return self._undone[-1].label if self._undone else None

    def history(self) -> tuple[list[str], int]:
        """All labels, done then undone, and how many of them are done."""
        labels = [entry.label for entry in self._done] + [entry.label for entry in reversed(self._undone)]
        return labels, len(self._done)

    def mark_saved(self) -> None:
        """Remember that the present state is on disk."""
        self._saved = self._done[-1] if self._done else None
        self._saved_lost = False

    def mark_recovered(self) -> None:
        """The present state is on no disk, although nothing was edited in this stack."""
        self._saved_lost = True

    @property
    def is_modified(self) -> bool:
        """True when the present state is not the saved one."""
        top = self._done[-1] if self._done else None
        return self._saved_lost or top is not self._saved
