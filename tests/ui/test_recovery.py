"""Nothing is lost: a copy of unsaved work, recovery on the start page, and two windows on one file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton

from infraplanner.edit import Move
from infraplanner.places import state_dir
from infraplanner.session import ChangedOnDiskError
from infraplanner.ui.main_window import MainWindow
from tests.io.test_io_recovery import _dead_pid

PILOT = Path(__file__).resolve().parents[2] / "resources" / "templates" / "h100-pilot.yaml"


@pytest.fixture
def plan(window: MainWindow, tmp_path: Path) -> Path:
    path = tmp_path / "hall.yaml"
    path.write_bytes(PILOT.read_bytes())
    window.files.open_path(str(path))
    window.bridge.flush()
    return path


def _copies() -> list[Path]:
    return sorted((state_dir() / "recovery").glob("*.yaml"))


def test_unsaved_work_is_kept_until_it_is_saved(window: MainWindow, plan: Path) -> None:
    window.files.keep(wait=True)
    assert _copies() == []  # nothing edited, nothing to keep
    window.bridge.execute(Move(["A01"], 100, 0))
    window.files.keep(wait=True)
    (copy,) = _copies()
    assert copy.read_bytes() == window.bridge.session.to_bytes()
    assert plan.read_bytes() == PILOT.read_bytes()
    assert window.files.save()
    assert _copies() == []


@pytest.mark.skipif(os.name != "posix", reason="whether a process lives can only be asked on POSIX")
def test_work_of_a_killed_program_comes_back(window: MainWindow, plan: Path) -> None:
    window.bridge.execute(Move(["A01"], 100, 0))
    wanted = window.bridge.session.to_bytes()
    window.files.keep(wait=True)
    meta = _copies()[0].with_suffix(".json")
    dead = json.loads(meta.read_text(encoding="utf-8")) | {"pid": _dead_pid()}
    meta.rename(meta.with_name("dead.json"))
    _copies()[0].rename(meta.with_name("dead.yaml"))
    meta.with_name("dead.json").write_text(json.dumps(dead), encoding="utf-8")
    window.bridge.undo()
    window.show_welcome()
    keep = next(button for button in window.welcome.findChildren(QPushButton) if button.text() == "Keep recovered")
    keep.click()
    assert window.bridge.session.to_bytes() == wanted
    assert window.bridge.session.path == plan
    assert window.bridge.session.is_modified
    assert window.files.recoveries() == []
    assert window.files.save()
    assert plan.read_bytes() == wanted


def test_a_file_that_someone_else_wrote_is_not_overwritten(
    window: MainWindow, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.bridge.execute(Move(["A01"], 100, 0))
    theirs = plan.read_bytes() + b"# theirs\n"
    plan.write_bytes(theirs)
    with pytest.raises(ChangedOnDiskError, match="changed on disk"):
        window.bridge.session.save()
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text()) or 0)
    assert not window.files.save()
    assert asked
    assert "hall.yaml was changed on disk" in asked[0]
    assert plan.read_bytes() == theirs
    window.bridge.session.save(overwrite=True)
    assert plan.read_bytes() == window.bridge.session.to_bytes()
    assert not window.bridge.session.is_modified


def test_a_plan_open_elsewhere_is_told(window: MainWindow, plan: Path) -> None:
    lock = plan.with_name(f".{plan.name}.lock")
    assert lock.is_file()
    window.files.open_path(str(PILOT))
    assert not lock.exists()
    lock.write_text(json.dumps({"user": "someone", "host": "another-machine", "pid": 1}), encoding="utf-8")
    said: list[str] = []
    window.bridge.refused.connect(said.append)
    window.files.open_path(str(plan))
    assert any("also open by someone on another-machine" in text for text in said)
