"""One open plan: document, undo, engine, checks and file, wired together. CLI and window hold exactly this object."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.checks.registry import run as run_checks
from infraplanner.compile.scale_up import has_part
from infraplanner.edit import ApplyScenario, Command, DragSession, EditError, UndoStack
from infraplanner.engine import Engine, compare_chains, evaluate
from infraplanner.engine.threads import TRAFFIC
from infraplanner.explore.compare import compare_scenarios
from infraplanner.explore.fabric_report import cut_report, optical_rows
from infraplanner.explore.failures import FailureCost, cost_of, rank_failures
from infraplanner.explore.growth import growth
from infraplanner.explore.ladder import Ladder, ladder
from infraplanner.explore.levers import Lever, rank_levers
from infraplanner.explore.link_margins import LinkMargins, link_margins
from infraplanner.explore.telemetry import link_report
from infraplanner.explore.why import Step, why
from infraplanner.io.plan_reader import read_plan
from infraplanner.io.plan_writer import plan_bytes
from infraplanner.io.save import save_plan
from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Document
from infraplanner.model.entities import TABLES, Hall, Site
from infraplanner.places import resources_dir
from infraplanner.results.chains import ChainAlternative
from infraplanner.results.comparison import Case
from infraplanner.results.growth import GrowthResult
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.results.uncertainty import UncertaintyResult

SWITCH_INTERVAL_S = 0.00005
"""The engine thread gives the interpreter away at every array operation and must win it back within a frame: 0.5 ms cost
40 ms at the 95th percentile of a busy drag, 0.1 ms 20 ms and more, 0.05 ms 12 to 17 ms; below that nothing is gained."""

OnChanged = Callable[[ChangeSet], None]
OnResult = Callable[[ResultSnapshot], None]
OnProgress = Callable[[str, int, int], None]
OnFailure = Callable[[str], None]


class ChangedOnDiskError(EditError):
    """The plan's file holds something else than what was opened or saved last."""


class LiveDrag:
    """A drag whose every step reaches listeners and engine."""

    def __init__(self, session: Session, drag: DragSession) -> None:
        self._session = session
        self._drag = drag

    def update(self, command: Command) -> ChangeSet:
        """Show the state after `command`, in place of the state of the last update. Raises EditError."""
        try:
            changes = self._drag.update(command)
        except EditError:
            self._session.announce(self._session.document.take_changes(), dragging=True)
            raise
        return self._session.announce(changes, dragging=True)

    def commit(self) -> ChangeSet:
        """End it as one undo entry and have the settled result computed."""
        changes = self._drag.commit()
        return self._session.announce(changes, dragging=False, always=True)

    def cancel(self) -> ChangeSet:
        """End it as if it had never begun."""
        changes = self._drag.cancel()
        return self._session.announce(changes, dragging=False, always=True)

    @property
    def is_open(self) -> bool:
        """False once committed or cancelled."""
        return self._drag.is_open


class Session:
    """Holds a plan. `on_changed` is called in the caller's thread, `on_result` and `on_progress` in the engine's."""

    def __init__(self, catalog: Catalog, *, force_sync: bool = False, idle: bool = False) -> None:
        """`force_sync` evaluates in the caller's thread (tests, CLI); `idle` evaluates only when asked to."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._idle = idle
        self._base_catalog = catalog
        self.catalog = catalog
        self.document = Document()
        self.path: Path | None = None
        self._on_disk: str | None = None
        self.warnings: list[str] = []
        self.failed: frozenset[str] = frozenset()
        self.result: ResultSnapshot | None = None
        self.on_changed: list[OnChanged] = []
        self.on_result: list[OnResult] = []
        self.on_progress: list[OnProgress] = []
        self.on_failure: list[OnFailure] = []
        self.undo_stack = UndoStack(self.document)
        self.engine = Engine(
            catalog,
            on_result=self._take_result,
            on_progress=self._take_progress,
            on_failure=self._take_failure,
            check=run_checks,
            force_sync=force_sync,
        )

    # --- files

    def open(self, path: str | Path) -> None:
        """Read a plan and show it. Raises io.PlanError with every problem; the plan at hand stays as it was."""
        plan = read_plan(Path(path), self._base_catalog)
        self.open_document(plan.document, Path(path))
        self.warnings = [str(warning) for warning in plan.warnings]

    def open_document(self, document: Document, path: Path | None = None) -> None:
        """Show a document made elsewhere (a template, a generated hall, an import)."""
        document.revision = self.document.revision + 1  # results of the plan before must look older
        self.document = document
        self.undo_stack = UndoStack(document)
        self.undo_stack.mark_saved()
        self.path = path
        self._on_disk = _hash_of(path)
        self.warnings = []
        self.result = None
        if self.failed:
            self.failed = frozenset()
            self.engine.set_failed(self.failed)
        self.catalog = self._base_catalog.with_embedded(document.table("profiles"))
        self.engine.set_catalog(self.catalog)
        self.announce(ChangeSet(document.revision, whole=True), dragging=False, always=True)

    def new(self, hall: Hall | None = None) -> None:
        """Start with one empty hall."""
        room = hall or Hall(id="hall-1", name="Hall 1", width_mm=18_000, depth_mm=9_000)
        self.open_document(Document({"halls": {room.id: room}, "site": {"site": Site(id="site")}}))

    def save(self, path: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Write the plan safely (see io.save). Raises SaveError in one sentence; the old file stays whole.

        Raises ChangedOnDiskError when the plan's own file is not what was opened or saved last: someone else wrote it.
        `overwrite` saves all the same (the other version becomes a backup).
        """
        target = Path(path) if path else self.path
        if target is None:
            raise EditError("This plan has no file yet; choose one with Save as.")
        now = _hash_of(target)
        if not overwrite and target == self.path and now is not None and now != self._on_disk:
            raise ChangedOnDiskError(f"{target.name} was changed on disk by someone else since it was opened.")
        data = self.to_bytes()
        save_plan(target, data)
        self._on_disk = hashlib.sha256(data).hexdigest()
        self.path = target
        self.undo_stack.mark_saved()
        return target

    def to_bytes(self) -> bytes:
        """The plan as the file would hold it, with the profiles it uses."""
        return plan_bytes(self.document, self.catalog)

    def describe(self) -> dict[str, Any]:
        """Which plan this is: file, revision, content hash (of the canonical bytes), counts."""
        tables = {
            name: len(self.document.table(name)) for name in ("racks", "devices", "links", "power", "cooling", "pools")
        }
        return {
            "path": str(self.path) if self.path else None,
            "revision": self.document.revision,
            "sha256": hashlib.sha256(self.to_bytes()).hexdigest(),
            "counts": tables,
        }

    @property
    def is_modified(self) -> bool:
        """True when there is something to save."""
        return self.undo_stack.is_modified

    # --- edits

    def execute(self, command: Command, context: Any = None) -> ChangeSet:
        """Carry out a command as one undo entry. Raises EditError; the plan is then as before."""
        return self.announce(self.undo_stack.execute(command, context), dragging=False)

    def begin_drag(self, label: str, context: Any = None) -> LiveDrag:
        """Start a live edit that follows the mouse."""
        return LiveDrag(self, self.undo_stack.begin_drag(label, context))

    def undo(self) -> Any:
        """Take back the last edit; returns the context given with it (selection, view) or None."""
        changes, entry = self.undo_stack.undo()
        self.announce(changes, dragging=False)
        return entry.context if entry else None

    def redo(self) -> Any:
        """Carry out again what was undone; returns its context or None."""
        changes, entry = self.undo_stack.redo()
        self.announce(changes, dragging=False)
        return entry.context if entry else None

    @property
    def undo_text(self) -> str | None:
        """Label of what undo takes back."""
        return self.undo_stack.undo_text

    @property
    def redo_text(self) -> str | None:
        """Label of what redo brings back."""
        return self.undo_stack.redo_text

    # --- results

    def announce(self, changes: ChangeSet, *, dragging: bool, always: bool = False) -> ChangeSet:
        """Tell listeners and engine what changed; `always` submits even an empty change (a drag that ended)."""
        if changes.is_empty() and not always:
            return changes
        if not self._idle:
            self.engine.submit(self.document.snapshot(), changes, dragging=dragging)
        for listener in list(self.on_changed):
            listener(changes)
        return changes

    def set_failed(self, ids: Iterable[str]) -> None:
        """Take objects out of service as a what-if; the plan itself is not edited. Raises EditError for an unknown id."""
        wanted = frozenset(ids)
        check_failures(self.document, self.catalog, wanted)
        self.failed = wanted
        self.engine.set_failed(wanted)

    def rank_failures(self, done: Callable[[list[FailureCost]], None]) -> None:
        """Rank every single failure of the plan in the background once it is idle; `done` is called in that thread.

        An edit stops it: ask again when its result is settled.
        """
        snapshot, catalog = self.document.snapshot(), self.catalog

        def job(stop: Callable[[], bool]) -> None:
            costs = rank_failures(snapshot, catalog, stop=stop)
            if costs is not None:
                done(costs)

        self.engine.run_when_idle(job, "failures")

    def rank_levers(self, done: Callable[[list[Lever]], None]) -> None:
        """Try what the catalogue offers and rank it by tokens gained, in the background; `done` is called in that thread.

        An edit stops it: ask again when its result is settled.
        """
        snapshot, catalog = self.document.snapshot(), self.catalog

        def job(stop: Callable[[], bool]) -> None:
            levers = rank_levers(snapshot, catalog, stop=stop)
            if levers is not None:
                done(levers)

        self.engine.run_when_idle(job, "levers")

    def find_cut(self, left: Sequence[str], done: Callable[[dict[str, Any]], None]) -> None:
        """Bandwidth between these racks and all others, in the background; `done` is called in that thread."""
        snapshot, catalog, failed = self.document.snapshot(), self.catalog, self.failed

        def job(_stop: Callable[[], bool]) -> None:
            done(cut_report(snapshot, catalog, failed, left))

        self.engine.run_when_idle(job, "cut")

    def optical_rows(self) -> list[dict[str, Any]]:
        """The plan's optical switches beside packet switches; empty without any."""
        return optical_rows(self.document, self.catalog)

    def light_paths(self, job: str, done: Callable[[Any], None], refused: Callable[[str], None]) -> None:
        """Mirror settings for a job's demand, in the background; `done` or `refused` is called in that thread."""
        snapshot, catalog = self.document.snapshot(), self.catalog

        def work(_stop: Callable[[], bool]) -> None:
            from infraplanner.explore.optics import paths_for_job  # noqa: PLC0415 - only when asked for

            try:
                done(paths_for_job(snapshot, catalog, job))
            except EditError as error:
                refused(str(error))

        self.engine.run_when_idle(work, "light paths")

    def link_report(self, link: str) -> dict[str, Any]:
        """One link in full as the newest result has it. Raises EditError when there is no such link or no result."""
        if self.result is None:
            raise EditError("There is no result yet.")
        return link_report(self.document, self.catalog, self.result.fabric, link, self.result.thermal.plugs)

    def link_margins(self, result: ResultSnapshot) -> LinkMargins:
        """What the loss of every link of a result leaves, and the bit errors that follow."""
        return link_margins(self.document.snapshot(), self.catalog, result.fabric)

    def find_ladder(self, done: Callable[[Ladder], None]) -> None:
        """Take one binding wall after another down by the cheapest change, in the background; `done` is called there.

        An edit stops it: ask again when its result is settled.
        """
        snapshot, catalog = self.document.snapshot(), self.catalog

        def job(stop: Callable[[], bool]) -> None:
            found = ladder(snapshot, catalog, stop=stop)
            if found is not None:
                done(found)

        self.engine.run_when_idle(job, "ladder")

    def why(self, figure: str, result: ResultSnapshot) -> Step:
        """A headline figure of a result of the present plan traced back to inputs and sources. Raises KeyError."""
        return why(self.document.snapshot(), self.catalog, result, figure)

    def find_growth(self, done: Callable[[GrowthResult], None]) -> None:
        """The plan over years, in the background; `done` is called in that thread. A phase that fails is reported there."""
        snapshot, catalog = self.document.snapshot(), self.catalog

        def job(stop: Callable[[], bool]) -> None:
            try:
                found = growth(snapshot, catalog, stop=stop)
            except EditError as error:
                found = GrowthResult(note=str(error))
            if found is not None:
                done(found)

        self.engine.run_when_idle(job, "growth")

    def find_uncertainty(self, done: Callable[[UncertaintyResult], None]) -> None:
        """Bands of all headline figures and what moves them, in the background; `done` is called in that thread.

        An edit stops it: ask again when its result is settled.
        """
        snapshot, catalog = self.document.snapshot(), self.catalog

        def job(stop: Callable[[], bool]) -> None:
            from infraplanner.explore.uncertainty import uncertainty  # noqa: PLC0415 - loads SciPy

            found = uncertainty(snapshot, catalog, stop=stop)
            if found is not None:
                done(found)

        self.engine.run_when_idle(job, "uncertainty")

    def compare_chains(self, load_w: float, done: Callable[[tuple[ChainAlternative, ...]], None]) -> None:
        """Supply chains of the catalogue side by side, in the background; `done` is called in that thread."""
        catalog = self.catalog

        def job(_stop: Callable[[], bool]) -> None:
            done(compare_chains(catalog, load_w))

        self.engine.run_when_idle(job, "chains")

    def compare_scenarios(self, done: Callable[[list[Case]], None]) -> None:
        """Solve the plan and each of its scenarios in the background; `done` is called in that thread."""
        snapshot, catalog = self.document.snapshot(), self.catalog

        def job(stop: Callable[[], bool]) -> None:
            cases = compare_scenarios(snapshot, catalog, stop=stop)
            if cases is not None:
                done(cases)

        self.engine.run_when_idle(job, "scenarios")

    def validate(self, paths: Sequence[str | Path], done: Callable[[dict[str, Any]], None]) -> None:
        """Predict measured rows in the background with the profiles in force; `done` gets the report of `validate`."""
        catalog = self.catalog

        def job(_stop: Callable[[], bool]) -> None:
            from infraplanner.validation.predictors import all_predictors, all_ratios  # noqa: PLC0415 - only when asked for
            from infraplanner.validation.report import validate  # noqa: PLC0415

            done(validate([Path(path) for path in paths], all_predictors(catalog), all_ratios(catalog)))

        self.engine.run_when_idle(job, "validate")

    def prepare(self) -> None:
        """Compile or load all kernels in the background: those of a drag first, then all the others on a shipped example."""
        self.engine.warm_up()
        self.engine.run_when_idle(lambda _stop: load_kernels(self._base_catalog), "prepare")

    def wait_idle(self, timeout_s: float = 60.0) -> bool:
        """Block until the engine has nothing to do; False when that took too long. For tests and the CLI."""
        return self.engine.wait_idle(timeout_s)

    def close(self) -> None:
        """Stop the engine's threads."""
        self.engine.close()

    def _take_result(self, result: ResultSnapshot) -> None:
        self.result = result
        for listener in list(self.on_result):
            listener(result)

    def _take_progress(self, done: int, total: int, what: str) -> None:
        text = "Routing all traffic" if what == TRAFFIC else "Preparing models"
        for listener in list(self.on_progress):
            listener(text, done, total)

    def _take_failure(self, text: str) -> None:
        for listener in list(self.on_failure):
            listener(text)


def load_kernels(catalog: Catalog) -> None:
    """Solve a shipped example once, so that every kernel of a settled result is compiled and loaded."""
    example = resources_dir() / "templates" / "nvl72-pod.yaml"
    evaluate(read_plan(example, catalog).document.snapshot(), catalog, check=run_checks)


def evaluate_once(
    session: Session, scenario: str | None = None, failed: frozenset[str] = frozenset()
) -> ResultSnapshot:
    """The settled result of the session's plan with a scenario applied and some objects out of service.

    The session's own document stays as it is. Raises EditError for an unknown scenario or id.
    """
    document = _patched(session, scenario)
    check_failures(document, session.catalog, failed)
    return evaluate(document.snapshot(), session.catalog, failed=failed, check=run_checks)


def failure_cost(session: Session, result: ResultSnapshot, scenario: str | None = None) -> FailureCost:
    """What a result with something out of service lost against the same plan in full service."""
    snapshot = _patched(session, scenario).snapshot()
    return cost_of(snapshot, session.catalog, evaluate(snapshot, session.catalog), result)


def rank_once(
    session: Session, scenario: str | None = None, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> list[FailureCost]:
    """Every single failure of the plan with a scenario applied, the worst first."""
    return rank_failures(_patched(session, scenario).snapshot(), session.catalog, progress=progress) or []


def _patched(session: Session, scenario: str | None) -> Document:
    """The session's document, or a copy with a scenario applied."""
    document = session.document
    if scenario is not None:
        document = Document({name: dict(document.table(name)) for name in TABLES}, dict(document.header))
        UndoStack(document).execute(ApplyScenario(scenario))
    return document


def can_fail(document: Document, catalog: Catalog, name: str) -> bool:
    """Whether a name is an object of the plan, or a scale-up switch or cartridge that one implies (`A01:switch-3`)."""
    return name in document.ids() or has_part(document, catalog.with_embedded(document.table("profiles")), name)


def check_failures(document: Document, catalog: Catalog, failed: Iterable[str]) -> None:
    """Raises EditError for the first name that could not fail."""
    for name in sorted(failed):
        if not can_fail(document, catalog, name):
            raise EditError(f"There is no object {name} in the plan that could fail.")


def _hash_of(path: Path | None) -> str | None:
    """SHA-256 of a file's bytes; None when there is no such file or it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path else None
    except OSError:
        return None
