"""Unsaved work of a program that died is found, whole or not at all; that of a living one is left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infraplanner.io.recovery import Journal, find_recoveries


def _dead_pid() -> int:
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def _orphan(state: Path) -> None:
    """Make the copies look as if their program had died."""
    for meta in (state / "recovery").glob("*.json"):
        data = json.loads(meta.read_text(encoding="utf-8"))
        meta.write_text(json.dumps(data | {"pid": _dead_pid()}), encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="whether a process lives can only be asked on POSIX")
def test_work_of_a_dead_program_is_offered(tmp_path: Path) -> None:
    assert Journal(tmp_path).write(b"plan", Path("/plans/hall.yaml"), 3)
    assert find_recoveries(tmp_path) == []  # it is ours, and we live
    _orphan(tmp_path)
    (found,) = find_recoveries(tmp_path)
    assert found.read() == b"plan"
    assert (found.plan_path, found.edits) == (Path("/plans/hall.yaml"), 3)
    found.discard()
    assert find_recoveries(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="whether a process lives can only be asked on POSIX")
def test_a_damaged_copy_is_told(tmp_path: Path) -> None:
    Journal(tmp_path).write(b"plan", None, 1)
    _orphan(tmp_path)
    (found,) = find_recoveries(tmp_path)
    found.data_path.write_bytes(b"pl")
    with pytest.raises(ValueError, match="damaged"):
        found.read()


def test_saving_clears_and_nonsense_is_ignored(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(b"one", None, 1)
    journal.write(b"two", None, 2)
    folder = tmp_path / "recovery"
    assert len(list(folder.glob("*.yaml"))) == 1
    journal.clear()
    assert list(folder.iterdir()) == []
    (folder / "x.json").write_text("[", encoding="utf-8")
    assert find_recoveries(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_no_disaster(tmp_path: Path) -> None:
    (tmp_path / "recovery").write_text("a file where the folder should be", encoding="utf-8")
    assert not Journal(tmp_path).write(b"plan", None, 1)
    assert find_recoveries(tmp_path) == []
