"""Opening, saving and exporting, with problems told in a list that leaves the plan at hand untouched."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QListWidget,
    QMenu,
    QMessageBox,
    QVBoxLayout,
)

from infraplanner.io.cable_schedule import csv_bytes, schedule_rows, xlsx_bytes
from infraplanner.io.plan_reader import PlanError, read_plan
from infraplanner.io.plan_writer import plan_bytes
from infraplanner.io.recovery import Journal, Recovery, find_recoveries
from infraplanner.io.save import PlanLock
from infraplanner.model.document import DocumentError
from infraplanner.model.entities import Hall
from infraplanner.places import resources_dir
from infraplanner.session import ChangedOnDiskError
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.canvas.export import export_picture, thumbnail
from infraplanner.ui.settings import Settings

if TYPE_CHECKING:
    from infraplanner.ui.main_window import MainWindow

JOURNAL_MS = 5000
FILTER = "Plans (*.yaml *.yml)"


class Files(QObject):
    """File verbs of the window."""

    def __init__(self, window: MainWindow, bridge: Bridge, settings: Settings) -> None:
        super().__init__(window)
        self.window_, self.bridge, self.settings = window, bridge, settings
        self._journal = Journal()
        self._journalled = -1
        self._writer: threading.Thread | None = None
        self._lock: PlanLock | None = None
        self._timer = QTimer(self, interval=JOURNAL_MS)
        self._timer.timeout.connect(self.keep)
        self._timer.start()
        bridge.saved.connect(self._forget_journal)
        self._thumbs: dict[tuple[str, bool], QPixmap | None] = {}

    # --- opening

    def templates(self) -> list[Path]:
        """Example plans, simplest first."""
        return sorted((resources_dir() / "templates").glob("*.yaml"), key=lambda path: (path.stat().st_size, path.name))

    def thumbnail(self, path: Path) -> QPixmap | None:
        """A small picture of a plan, drawn by the painter of the floor; None when it cannot be read."""
        from infraplanner.ui.panels.welcome import THUMB  # noqa: PLC0415 - size belongs to the page
        from infraplanner.ui.theme.current import current  # noqa: PLC0415

        key = str(path), current().theme.is_dark
        if key not in self._thumbs:
            try:
                document = read_plan(path, self.bridge.session.catalog).document
                self._thumbs[key] = thumbnail(document, self.bridge.session.catalog.find, THUMB)
            except (PlanError, OSError):
                self._thumbs[key] = None
        return self._thumbs[key]

    def new(self) -> None:
        """An empty hall of the usual size."""
        self.new_sized(18_000, 9_000)

    def new_sized(self, width_mm: int, depth_mm: int) -> None:
        """An empty hall."""
        if self.may_leave():
            self.bridge.session.new(Hall(id="hall-1", name="Hall 1", width_mm=width_mm, depth_mm=depth_mm))
            self.bridge.select([])
            self.bridge.announce_opened()

    def open(self) -> None:
        """Ask for a file."""
        path, _ = QFileDialog.getOpenFileName(self.window_, self.tr("Open a plan"), self._folder(), FILTER)
        if path:
            self.open_path(path)

    def open_template(self, path: str) -> None:
        """Open an example as a plan of its own, so that it cannot be overwritten by accident."""
        if self._open(path):
            self.bridge.session.path = None
            self.window_.refresh_state()

    def open_path(self, path: str) -> None:
        """Open a file and remember it."""
        if self._open(path):
            self.settings.note_recent(Path(path))

    def _open(self, path: str) -> bool:
        if not self.may_leave():
            return False
        try:
            self.bridge.session.open(path)
        except (PlanError, OSError) as error:
            self._tell(self.tr("{0} could not be opened.").format(Path(path).name), str(error).splitlines())
            return False
        self._forget_journal()
        self._take_lock(Path(path))
        self.bridge.select([])
        self.bridge.announce_opened()
        if self.bridge.session.warnings:
            warnings = self.bridge.session.warnings
            self.bridge.refused.emit(f"{warnings[0]}" + (f" (+{len(warnings) - 1})" if len(warnings) > 1 else ""))
        return True

    def fill_recent(self, menu: QMenu) -> None:
        """Recent files."""
        menu.clear()
        for text in self.settings.recent():
            menu.addAction(Path(text).name, partial(self.open_path, text)).setToolTip(text)
        if menu.isEmpty():
            menu.addAction(self.tr("Nothing opened yet")).setEnabled(False)

    # --- nothing lost

    def keep(self, *, wait: bool = False) -> None:
        """Keep a copy of unsaved work; it is written beside the window's thread. Also called every few seconds."""
        session = self.bridge.session
        if self._writer is not None and self._writer.is_alive():
            return
        if not session.is_modified or session.document.revision == self._journalled:
            return
        self._journalled = session.document.revision
        snapshot, catalog, path = session.document.snapshot(), session.catalog, session.path
        edits = session.undo_stack.history()[1]
        self._writer = threading.Thread(
            target=lambda: self._journal.write(plan_bytes(snapshot, catalog), path, edits), name="infraplanner-journal"
        )
        self._writer.start()
        if wait:
            self._writer.join()

    def _forget_journal(self) -> None:
        if self._writer is not None:
            self._writer.join()
        self._journalled = -1
        self._journal.clear()

    def stop(self) -> None:
        """The window closes and everything is saved or given up."""
        self._timer.stop()
        self._forget_journal()
        self._take_lock(None)

    def _take_lock(self, path: Path | None) -> None:
        """Say so when someone else has this plan open; saving is then guarded by the check of what is on disk."""
        if self._lock is not None:
            self._lock.release()
        ours = path is not None and path.resolve().is_relative_to(resources_dir().resolve())
        self._lock = PlanLock(path) if path and not ours else None  # shipped examples are everyone's
        owner = self._lock.acquire() if self._lock else None
        if owner is not None and path is not None:
            self.bridge.refused.emit(self.tr("{0} is also open by {1}.").format(path.name, owner))

    def recoveries(self) -> list[Recovery]:
        """Unsaved work of programs that died."""
        return find_recoveries()

    def recover(self, recovery: Recovery) -> None:
        """Open unsaved work; it counts as edited, and its copy is kept until it is saved or discarded."""
        if not self.may_leave():
            return
        session = self.bridge.session
        try:
            plan = read_plan(recovery.read(), session.catalog, name=recovery.data_path.name)
        except (PlanError, OSError, ValueError) as error:
            self._tell(self.tr("The unsaved work could not be read."), str(error).splitlines())
            return
        session.open_document(plan.document, recovery.plan_path)
        session.undo_stack.mark_recovered()
        self.keep(wait=True)
        recovery.discard()
        self.bridge.select([])
        self.bridge.announce_opened()

    # --- saving

    def save(self) -> bool:
        """Save to the plan's file, or ask for one."""
        if self.bridge.session.path is None:
            return self.save_as()
        return self._save(self.bridge.session.path)

    def save_as(self) -> bool:
        """Ask where to save."""
        path, _ = QFileDialog.getSaveFileName(self.window_, self.tr("Save the plan"), self._folder(), FILTER)
        return bool(path) and self._save(Path(path) if Path(path).suffix else Path(path + ".yaml"))

    def _save(self, path: Path, *, overwrite: bool = False) -> bool:
        try:
            self.bridge.save(path, overwrite=overwrite)
        except ChangedOnDiskError as error:
            return self._ask_overwrite(path, str(error))
        except (OSError, DocumentError, ValueError) as error:
            self._tell(self.tr("The plan could not be saved. It is still open and unchanged."), [str(error)])
            return False
        self.settings.note_recent(path)
        return True

    def _ask_overwrite(self, path: Path, reason: str) -> bool:
        """Someone else wrote the file: overwrite it (theirs becomes a backup), save elsewhere, or do nothing."""
        box = QMessageBox(self.window_)
        box.setWindowTitle("Infraplanner")
        box.setText(reason)
        box.setInformativeText(
            self.tr("Your plan is untouched. If you overwrite, the other version is kept as a backup.")
        )
        elsewhere = box.addButton(self.tr("Save as ..."), QMessageBox.ButtonRole.AcceptRole)
        over = box.addButton(self.tr("Overwrite"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        if box.clickedButton() is over:
            return self._save(path, overwrite=True)
        return self.save_as() if box.clickedButton() is elsewhere else False

    def may_leave(self) -> bool:
        """True when nothing would be lost, or the user says so."""
        if not self.bridge.session.is_modified:
            return True
        box = QMessageBox(self.window_)
        box.setWindowTitle("Infraplanner")
        box.setText(self.tr("The plan has edits that are not saved."))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        if answer == buttons.Save:
            return self.save()
        return answer == buttons.Discard

    def export(self, kind: str) -> None:
        """Write a picture of the floor as it is shown."""
        name = (self.bridge.session.path.stem if self.bridge.session.path else "plan") + f".{kind}"
        path, _ = QFileDialog.getSaveFileName(
            self.window_, self.tr("Export"), str(Path(self._folder()) / name), f"*.{kind}"
        )
        if path:
            try:
                export_picture(self.window_.floor, Path(path), kind)
            except OSError as error:
                self._tell(self.tr("The picture could not be written."), [str(error)])
                return
            self.bridge.refused.emit(self.tr("Written: {0}").format(path))

    def export_schedule(self, kind: str) -> None:
        """Write the cable schedule of the newest result as CSV or XLSX."""
        session = self.bridge.session
        if session.result is None:
            self.bridge.refused.emit(self.tr("There is no result yet; a schedule needs one."))
            return
        name = (session.path.stem if session.path else "plan") + f"-cables.{kind}"
        path, _ = QFileDialog.getSaveFileName(
            self.window_, self.tr("Export"), str(Path(self._folder()) / name), f"*.{kind}"
        )
        if path:
            rows = schedule_rows(session.document, session.result.fabric)
            try:
                Path(path).write_bytes(csv_bytes(rows) if kind == "csv" else xlsx_bytes(rows))
            except OSError as error:
                self._tell(self.tr("The schedule could not be written."), [str(error)])
                return
            self.bridge.refused.emit(self.tr("Written: {0}").format(path))

    def _folder(self) -> str:
        path = self.bridge.session.path
        return str(path.parent) if path else str(Path.home())

    def _tell(self, head: str, problems: list[str]) -> None:
        """A list of sentences; the plan at hand is untouched."""
        dialog = QDialog(self.window_)
        dialog.setWindowTitle("Infraplanner")
        dialog.resize(720, 320)
        layout = QVBoxLayout(dialog)
        title = QLabel(head)
        title.setObjectName("title")
        layout.addWidget(title)
        layout.addWidget(QLabel(self.tr("The plan on screen is untouched. What was found:")))
        found = QListWidget()
        found.setWordWrap(True)
        found.addItems(problems)
        layout.addWidget(found, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.close)
        layout.addWidget(buttons)
        self.problems = problems
        QTimer.singleShot(0, dialog.open)
