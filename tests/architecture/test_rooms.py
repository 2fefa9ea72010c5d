"""Who may import whom, proved at every run; and no room but `ui` ever loads Qt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]

_IMPORT_ALL = """
import importlib, pkgutil, sys
import infraplanner
for module in pkgutil.walk_packages(infraplanner.__path__, "infraplanner."):
    name = module.name
    if name.startswith("infraplanner.ui") or name in ("infraplanner.__main__", "infraplanner.cli.drawing"):
        continue
    importlib.import_module(name)
qt = sorted(name for name in sys.modules if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph", "qtpy"))
assert not qt, qt
print("rooms", sum(name.startswith("infraplanner.") for name in sys.modules))
"""

_START = """
import sys
from infraplanner.catalog.loader import load_catalog
from infraplanner.session import Session
session = Session(load_catalog())
assert "numba" not in sys.modules, "Numba is loaded before the first paint"
session.close()
"""


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=REPO, capture_output=True, text=True, check=False
    )


def test_import_contracts() -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    assert "0 broken" in result.stdout


def test_everything_is_typed() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "infraplanner"], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-4000:]


def test_ruff_has_nothing_to_say() -> None:
    for command in (["check"], ["format", "--check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "infraplanner", "tests", "packaging"],
            cwd=REPO,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout[-4000:]


def test_no_room_but_ui_loads_qt() -> None:
    result = _python(_IMPORT_ALL)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout.split()[-1]) > 40


def test_a_session_starts_without_numba() -> None:
    result = _python(_START)
    assert result.returncode == 0, result.stderr


def test_top_level_is_what_was_agreed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True, check=False)
    if tracked.returncode != 0:  # an unpacked source archive has no history to ask
        return
    names = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    agreed = {"pyproject.toml", "infraplanner", "resources", "profiles", "tests", "packaging", "README.md"}
    assert {name for name in names if not name.startswith(".")} <= agreed
