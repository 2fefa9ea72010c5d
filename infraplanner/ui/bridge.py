"""The only adapter between the session and Qt: callables become signals in the window's thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from infraplanner.edit import Command, EditError, SetLightPaths
from infraplanner.explore.split_pool import split_of
from infraplanner.model.changes import ChangeSet
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.results.switches import layout_switches
from infraplanner.session import LiveDrag, Session, can_fail
from infraplanner.ui.what_if import what_if_text

if TYPE_CHECKING:
    from infraplanner.explore.why import Step

FRAME_MS = 16
RESULT_MS = 33
"""Results reach charts at most 30 times a second."""


class Bridge(QObject):
    """Signals of one session, and its verbs with errors turned into a status line."""

    changed = Signal(object)
    result = Signal(object)
    progress = Signal(str, int, int)
    failed = Signal(str)
    saved = Signal()
    opened = Signal()
    refused = Signal(str)
    selection_changed = Signal()
    failures_ranked = Signal(object)
    levers_ranked = Signal(object)
    scenarios_compared = Signal(object)
    uncertain = Signal(object)
    ladder_found = Signal(object)
    growth_found = Signal(object)
    validated = Signal(object)
    noticed = Signal(str)
    """Something that follows from an edit and deserves a line, such as another layout of a pool."""
    chains_compared = Signal(object)
    cut_found = Signal(object)
    paths_found = Signal(str, object)

    _result_arrived = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.selection: tuple[str, ...] = ()
        self.what_if = ""
        self.healthy: ResultSnapshot | None = None
        self._rest: ResultSnapshot | None = None
        self._pending = ChangeSet()
        self._latest: ResultSnapshot | None = None
        self._change_timer = QTimer(self, singleShot=True, interval=0)
        self._change_timer.timeout.connect(self._flush_changes)
        self._result_timer = QTimer(self, singleShot=True, interval=RESULT_MS)
        self._result_timer.timeout.connect(self._flush_result)
        self._result_arrived.connect(self._take_result)
        self.paths_found.connect(self._take_paths)
        session.on_changed.append(self._take_changes)
        session.on_result.append(self._result_arrived.emit)
        session.on_progress.append(self.progress.emit)
        session.on_failure.append(self.failed.emit)

    def detach(self) -> None:
        """Stop listening; the session may live on."""
        self._change_timer.stop()
        self._result_timer.stop()
        for listeners, own in (
            (self.session.on_changed, self._take_changes),
            (self.session.on_result, self._result_arrived.emit),
            (self.session.on_progress, self.progress.emit),
            (self.session.on_failure, self.failed.emit),
        ):
            if own in listeners:
                listeners.remove(own)  # type: ignore[arg-type]

    # --- what comes from the session

    def _take_changes(self, changes: ChangeSet) -> None:
        self._pending = self._pending.then(changes) if not self._pending.is_empty() else changes
        if not self._change_timer.isActive():
            self._change_timer.start()

    def _flush_changes(self) -> None:
        changes, self._pending = self._pending, ChangeSet()
        known = self.session.document.ids()
        out = self.session.failed
        if any(key not in known for key in out):
            left = [key for key in out if can_fail(self.session.document, self.session.catalog, key)]
            if len(left) < len(out):
                self.session.set_failed(left)
        if any(key not in known for key in self.selection):
            self.select([key for key in self.selection if key in known])
        self.changed.emit(changes)

    def announce_opened(self) -> None:
        """Tell that another plan is open, and after that its result if there is one already."""
        self._rest = None
        self.opened.emit()
        result = self.session.result
        if result is not None and result.revision == self.session.document.revision:
            self._latest = result
            self._result_timer.start()

    def flush(self) -> None:
        """Deliver what waits now (tests, and before a measurement)."""
        if self._change_timer.isActive():
            self._change_timer.stop()
            self._flush_changes()
        if self._latest is not None:
            self._result_timer.stop()
            self._flush_result()

    def _take_result(self, result: ResultSnapshot) -> None:
        first = self._latest is None and not self._result_timer.isActive()
        self._latest = result
        if first:
            self._flush_result()
            self._result_timer.start()

    def _flush_result(self) -> None:
        result, self._latest = self._latest, None
        if result is not None:
            self._note_what_if(result)
            self.result.emit(result)
            self._note_switches(result)
            self._result_timer.start()

    def _note_switches(self, result: ResultSnapshot) -> None:
        """Name the pools that run in another layout since the input last rested."""
        if result.provisional:
            return
        switched = layout_switches(self._rest, result) if self._rest is not None else []
        self._rest = result
        if switched:
            more = "" if len(switched) < 3 else self.tr(" and {0} more").format(len(switched) - 2)
            self.noticed.emit(self.tr("Layout switched: {0}").format("; ".join(switched[:2]) + more))

    def _note_what_if(self, result: ResultSnapshot) -> None:
        """The line that says which failure is shown and what it costs."""
        if not result.failed:
            self.what_if = ""
            if not result.provisional:
                self.healthy = result
            return
        self.what_if = what_if_text(result, self.healthy)

    # --- what goes to the session

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except EditError as error:
            self.refused.emit(str(error))

    def execute(self, command: Command) -> bool:
        """Carry out a command; False when it was refused (the reason went out as `refused`)."""
        before = self.session.undo_text, self.session.document.revision
        with self._reporting():
            self.session.execute(command, self.context())
        return before != (self.session.undo_text, self.session.document.revision)

    def begin_drag(self, label: str) -> LiveDrag | None:
        """Start a live edit, or None when another one is open."""
        with self._reporting():
            return self.session.begin_drag(label, self.context())
        return None

    def update_drag(self, drag: LiveDrag, command: Command) -> bool:
        """Show the next state of a live edit; False when it was refused."""
        try:
            drag.update(command)
        except EditError as error:
            self.refused.emit(str(error))
            return False
        return True

    def undo(self) -> None:
        """Take back the last edit and select what it was about."""
        self._restore(self.session.undo())

    def redo(self) -> None:
        """Bring back what was undone."""
        self._restore(self.session.redo())

    def toggle_failed(self, ids: list[str] | tuple[str, ...]) -> None:
        """Fail what works and repair what has failed: a what-if that edits nothing."""
        self.session.set_failed(self.session.failed ^ frozenset(ids))

    def why(self, figure: str, result: ResultSnapshot) -> Step:
        """A headline figure traced back to inputs and sources."""
        return self.session.why(figure, result)

    def find_growth(self) -> None:
        """Ask for the plan over years; the answer comes as `growth_found`."""
        self.session.find_growth(self.growth_found.emit)

    def find_ladder(self) -> None:
        """Ask for the ladder; the answer comes as `ladder_found`."""
        self.session.find_ladder(self.ladder_found.emit)

    def find_uncertainty(self) -> None:
        """Ask for bands of the headline figures; the answer comes as `uncertain`."""
        self.session.find_uncertainty(self.uncertain.emit)

    def compare_scenarios(self) -> None:
        """Ask for the plan and its scenarios side by side; the answer comes as `scenarios_compared`."""
        self.session.compare_scenarios(self.scenarios_compared.emit)

    def rank_levers(self) -> None:
        """Ask for what one more unit buys; the answer comes as `levers_ranked`."""
        self.session.rank_levers(self.levers_ranked.emit)

    def reconfigure(self) -> None:
        """Turn the mirrors of all optical switches to the first job's demand, as one undoable edit."""
        jobs = sorted(self.session.document.table("jobs"))
        if not jobs:
            self.refused.emit(self.tr("The plan has no job whose demand optical switches could follow."))
            return
        self.session.light_paths(jobs[0], lambda paths: self.paths_found.emit(jobs[0], paths), self.refused.emit)

    def _take_paths(self, job: str, paths: object) -> None:
        self.execute(SetLightPaths(paths, self.tr("Optical switches for {0}").format(job)))  # type: ignore[arg-type]

    def ask_cut(self, left: list[str]) -> None:
        """Ask for the bandwidth between these racks and all others; the answer comes as `cut_found`."""
        self.session.find_cut(left, self.cut_found.emit)

    def rank_failures(self) -> None:
        """Ask for every single failure, ranked; the answer comes as `failures_ranked`."""
        self.session.rank_failures(self.failures_ranked.emit)

    def compare_chains(self, load_w: float = 1e6) -> None:
        """Ask for the supply chains side by side; the answer comes as `chains_compared`."""
        self.session.compare_chains(load_w, self.chains_compared.emit)

    def validate(self, paths: list[str]) -> None:
        """Predict the rows of measured files; the report comes as `validated`, a fault as `failed`."""
        self.session.validate(paths, self.validated.emit)

    def split_pool(self) -> None:
        """Split the pool of the selection, or the only one, as its result proposes; a sentence says why not."""
        result, session = self.session.result, self.session
        if result is None:
            return
        chosen = {
            session.document.table("racks")[key].pool
            for key in self.selection
            if key in session.document.table("racks")
        }
        pools = [
            pool for pool in result.throughput.pools if not chosen or pool.id in chosen or pool.id in self.selection
        ]
        able = [pool for pool in pools if pool.split_prefill_frac is not None]
        if not able:
            self.noticed.emit(
                self.tr("No pool here can be split: each serves one phase, or one of them cannot run alone.")
            )
            return
        if len(able) != 1:
            self.noticed.emit(
                self.tr("Select a rack of the pool to split; {0} pools could be meant.").format(len(able))
            )
            return
        found = split_of(session.document.snapshot(), session.catalog, able[0])
        if isinstance(found, str):
            self.noticed.emit(found)
        else:
            self.execute(found)

    def repair_all(self) -> None:
        """End the what-if."""
        self.session.set_failed(())

    def context(self) -> Any:
        """What undo gives back with an edit: the selection."""
        return {"selection": self.selection}

    def _restore(self, context: Any) -> None:
        if context:
            known = self.session.document.ids()
            self.select([key for key in context["selection"] if key in known])

    def select(self, ids: list[str] | tuple[str, ...]) -> None:
        """Make these objects the selection."""
        wanted = tuple(dict.fromkeys(ids))
        if wanted != self.selection:
            self.selection = wanted
            self.selection_changed.emit()

    def save(self, path: str | Path | None = None, *, overwrite: bool = False) -> bool:
        """Save the plan; False when there is no file yet."""
        if path is None and self.session.path is None:
            return False
        self.session.save(path, overwrite=overwrite)
        self.saved.emit()
        return True
