"""Opening, saving and exporting, with problems told in a list that leaves the plan at hand untouched."""

from __future__ import annotations

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

from infraplanner.io.plan_reader import PlanError, read_plan
from infraplanner.model.document import DocumentError
from infraplanner.model.entities import Hall
from infraplanner.places import resources_dir
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.canvas.export import export_picture, thumbnail
from infraplanner.ui.settings import Settings

if TYPE_CHECKING:
    from infraplanner.ui.main_window import MainWindow

FILTER = "Plans (*.yaml *.yml)"


class Files(QObject):
    """File verbs of the window."""

    def __init__(self, window: MainWindow, bridge: Bridge, settings: Settings) -> None:
        super().__init__(window)
        self.window_, self.bridge, self.settings = window, bridge, settings
        self._thumbs: dict[tuple[str, bool], QPixmap | None] = {}

    # --- opening

    def templates(self) -> list[Path]:
        """Example plans, simplest first."""
        return sorted((resources_dir() / "templates").glob("*.yaml"))

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
            self.bridge.opened.emit()

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
        self.bridge.select([])
        self.bridge.opened.emit()
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

    def _save(self, path: Path) -> bool:
        try:
            self.bridge.save(path)
        except (OSError, DocumentError, ValueError) as error:
            self._tell(self.tr("The plan could not be saved. It is still open and unchanged."), [str(error)])
            return False
        self.settings.note_recent(path)
        return True

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
