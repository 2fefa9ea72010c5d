"""Opening, saving and leaving: problems are told in full and the plan at hand stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QFileDialog, QListWidget, QMessageBox

from infraplanner.ui.main_window import MainWindow

from .conftest import POD, Driver, dialogs_of, settle

COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def sentences(dialog: QDialog) -> list[str]:
    """The problems that a dialog lists."""
    found = dialog.findChild(QListWidget)
    assert found is not None
    return [found.item(row).text() for row in range(found.count())]


def shut(dialog: QDialog) -> None:
    """Press its close button."""
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    box.button(QDialogButtonBox.StandardButton.Close).click()
    settle()
    assert not dialog.isVisible()


def nudge(drive: Driver) -> None:
    """One edit."""
    drive.click(drive.at("A01"))
    drive.key(Qt.Key.Key_Right)
    drive.settle()


HALL = (
    "format: infraplanner/plan\nversion: 1\nmin_reader: 1\nhalls:\n"
    '- {"id": "hall-1", "width_mm": 9000, "depth_mm": 9000}\nracks:\n'
)
WRONG_REFERENCES = HALL + (
    '- {"id": "R1", "hall": "hall-1", "x_mm": 1000, "y_mm": 1000, "profile": "no-such-rack"}\n'
    '- {"id": "R2", "hall": "hall-1", "x_mm": 3000, "y_mm": 1000, "profile": "gb200-nvl72"}\n'
    '- {"id": "R2", "hall": "hall-1", "x_mm": 3000, "y_mm": 3000, "profile": "gb200-nvl72"}\n'
    '- {"id": "R3", "hall": "nowhere", "x_mm": 5000, "y_mm": 1000, "profile": "gb200-nvl72"}\n'
)
WRONG_VALUES = HALL + (
    '- {"id": "R1", "hall": "hall-1", "x_mm": "wide", "y_mm": 1000, "profile": "gb200-nvl72"}\n'
    '- {"id": "R2", "hall": "hall-1", "x_mm": 3000, "y_mm": .nan, "profile": "gb200-nvl72"}\n'
    '- {"hall": "hall-1", "x_mm": 3000, "y_mm": 3000, "profile": "gb200-nvl72"}\n'
)


@pytest.mark.parametrize(
    ("text", "words"),
    [(WRONG_REFERENCES, ("no-such-rack", "R2", "nowhere")), (WRONG_VALUES, ("x_mm", "y_mm", "id"))],
    ids=["references", "values"],
)
def test_a_broken_file_lists_every_problem_and_touches_nothing(
    drive: Driver, tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    """Three faults, three sentences with line and column; the pod stays on the screen and in the title."""
    broken = tmp_path / "broken.yaml"
    broken.write_text(text, encoding="utf-8")
    before, title = drive.session.to_bytes(), drive.window.windowTitle()
    drive.window.files.open_path(str(broken))
    settle()
    (dialog,) = dialogs_of(drive.window)
    told = sentences(dialog)
    assert len(told) == 3
    for sentence, word in zip(told, words, strict=True):
        assert word in sentence
        assert "broken.yaml, line " in sentence
    assert drive.session.to_bytes() == before
    assert drive.window.windowTitle() == title
    assert str(broken) not in drive.window.settings.recent()
    shut(dialog)


@pytest.mark.parametrize("make", ["missing", "folder", "binary"])
def test_what_is_no_plan_is_told_in_words(drive: Driver, tmp_path: Path, make: str) -> None:
    """A missing file, a folder, a picture: one dialog, no traceback, the plan stays."""
    path = tmp_path / "thing.yaml"
    if make == "folder":
        path.mkdir()
    elif make == "binary":
        path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    before = drive.session.to_bytes()
    drive.window.files.open_path(str(path))
    settle()
    (dialog,) = dialogs_of(drive.window)
    assert sentences(dialog)
    assert drive.session.to_bytes() == before
    shut(dialog)


def test_saving_where_nothing_can_be_written_tells_and_keeps_the_plan(
    drive: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edit is still there, still unsaved, under the old name; nothing is left in the folder."""
    nudge(drive)
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    target = tmp_path / "file" / "plan.yaml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    before = drive.session.to_bytes()
    drive.window.actions_["save_as"].trigger()
    settle()
    (dialog,) = dialogs_of(drive.window)
    assert sentences(dialog)[0]
    assert drive.session.to_bytes() == before
    assert drive.session.is_modified
    assert drive.session.path == POD
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]
    shut(dialog)


def test_saving_writes_the_bytes_and_clears_the_mark(
    drive: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Save as, then the title, the status and the recent files say so; the file opens to the same bytes."""
    nudge(drive)
    assert "edited" in drive.window.windowTitle()
    target = tmp_path / "mine.yaml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    drive.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert target.read_bytes() == drive.session.to_bytes()
    assert drive.window.windowTitle().startswith("mine.yaml -")
    assert drive.window.settings.recent()[0] == str(target)
    drive.open(target)
    assert drive.session.to_bytes() == target.read_bytes()


def test_a_template_opens_from_the_welcome_page_as_a_plan_without_a_file(window: MainWindow) -> None:
    """A click on a card; the example itself cannot be overwritten by Save."""
    assert window.stack.currentWidget() is window.welcome
    assert set(window.welcome.cards) == {path.stem for path in window.files.templates()}
    window.welcome.cards["nvl72-pod"].click()
    settle()
    assert window.stack.currentWidget() is window.floor
    assert window.bridge.session.path is None
    assert len(window.bridge.session.document.table("racks")) == 16
    window.bridge.flush()
    assert window.headline.cells["it_power_kw"].value != "–"


def test_a_new_hall_from_the_welcome_page_is_empty_and_says_what_to_do(window: MainWindow) -> None:
    """Charts have a sentence instead of axes, headline cells an en dash."""
    window.files.new_sized(18_000, 9_000)
    settle()
    window.bridge.flush()
    assert window.stack.currentWidget() is window.floor
    assert not window.bridge.session.document.table("racks")
    assert window.charts.waterfall.message.isVisible()
    assert window.headline.cells["tokens_per_s"].value == "–"


def test_a_plan_file_dropped_on_the_window_opens(drive: Driver, tmp_path: Path) -> None:
    """Anywhere on the window; other files are not accepted."""
    plan = tmp_path / "dropped.yaml"
    shutil.copy(POD.parent / "h100-pilot.yaml", plan)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(plan))])
    at = QPointF(300, 20)
    enter = QDragEnterEvent(at.toPoint(), COPY, data, LEFT, NONE)
    QApplication.sendEvent(drive.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(drive.window, QDropEvent(at, COPY, data, LEFT, NONE))
    drive.settle()
    assert drive.session.path == plan
    other = QMimeData()
    other.setUrls([QUrl.fromLocalFile(str(tmp_path / "photo.png"))])
    refused = QDragEnterEvent(at.toPoint(), COPY, other, LEFT, NONE)
    refused.ignore()
    QApplication.sendEvent(drive.window, refused)
    assert not refused.isAccepted()


def test_closing_with_unsaved_edits_asks(drive: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel stays; Discard leaves. Without edits nothing is asked."""
    asked: list[str] = []

    def answer(box: QMessageBox) -> int:
        asked.append(box.text())
        return choice

    monkeypatch.setattr(QMessageBox, "exec", answer)
    nudge(drive)
    choice = QMessageBox.StandardButton.Cancel
    assert not drive.window.close()
    assert drive.window.isVisible()
    assert "not saved" in asked[0]
    choice = QMessageBox.StandardButton.Discard
    assert drive.window.close()
    assert len(asked) == 2


def test_closing_without_edits_asks_nothing(drive: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not after an edit that was undone."""
    monkeypatch.setattr(QMessageBox, "exec", lambda _box: pytest.fail("nothing to ask"))
    nudge(drive)
    drive.bridge.undo()
    assert drive.window.close()


def test_the_picture_is_exported_and_an_unwritable_place_is_told(
    drive: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PNG and SVG through the window's own verbs."""
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        target = tmp_path / f"floor.{kind}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, target=target: (str(target), ""))
        drive.window.actions_[f"export_{kind}"].trigger()
        assert target.read_bytes().startswith(start)
        assert target.stat().st_size > 20_000
        nowhere = tmp_path / "none" / f"floor.{kind}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, target=nowhere: (str(target), ""))
        drive.window.actions_[f"export_{kind}"].trigger()
        settle()
        (dialog,) = dialogs_of(drive.window)
        assert sentences(dialog)[0]
        shut(dialog)
