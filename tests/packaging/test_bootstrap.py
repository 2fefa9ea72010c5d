"""The set-up script: standard library only, exact locks, the PySide6 markers."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

REPO = Path(__file__).resolve().parents[2]
PACKAGING = REPO / "packaging"


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", PACKAGING / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_uses_the_standard_library_only() -> None:
    tree = ast.parse((PACKAGING / "bootstrap.py").read_text(encoding="utf-8"))
    names = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    names |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", ["lock-run.txt", "lock-test.txt"])
def test_locks_are_exact(name: str) -> None:
    lines = [line for line in (PACKAGING / name).read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*(; python_version .*)?", line) for line in lines)


def test_pyside_is_pinned_away_from_the_version_that_aborts() -> None:
    lock = (PACKAGING / "lock-run.txt").read_text(encoding="utf-8")
    assert 'PySide6-Essentials==6.11.3; python_version < "3.12"' in lock
    assert 'PySide6-Essentials==6.12.0; python_version >= "3.12"' in lock


def test_this_interpreter_is_taken_when_it_fits(bootstrap: ModuleType) -> None:
    assert bootstrap.find_python() == sys.executable


def test_another_interpreter_is_looked_for_and_its_lack_is_said(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "SUPPORTED", ((9, 9),))
    with pytest.raises(SystemExit, match=r"3\.11, 3\.12 or 3\.13 is needed"):
        bootstrap.find_python()


def test_missing_libraries_are_named_by_their_package(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "loads", lambda library: library != "libEGL.so.1")
    monkeypatch.setattr(bootstrap, "apt_install", lambda _packages: False)
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    bootstrap.ensure_libraries()
    assert capsys.readouterr().out.strip().endswith("sudo apt-get install libegl1")
