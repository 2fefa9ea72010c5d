"""Check this machine: Python, libraries, display, folders, profiles."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from infraplanner import places
from infraplanner.catalog.loader import load_catalog
from infraplanner.version import __version__

from .display import missing_display
from .errors import FINDINGS, OK

_LIBRARIES = ("PySide6-Essentials", "pyqtgraph", "numpy", "numba", "scipy", "PyYAML", "msgspec", "platformdirs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`infraplanner doctor` takes no arguments."""
    parser.set_defaults()


def run(_options: argparse.Namespace) -> int:
    """Print one line a check; exit code 1 when one fails."""
    checks = [_python(), *map(_library, _LIBRARIES), _pyside_pin(), _display(), *_folders(), _profiles(), _kernels()]
    for good, text in checks:
        sys.stdout.write(f"{'ok  ' if good else 'FAIL'}  {text}\n")
    return OK if all(good for good, _ in checks) else FINDINGS


def _python() -> tuple[bool, str]:
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return (
        good,
        f"infraplanner {__version__} on CPython {platform.python_version()} (needs 3.11 to 3.13), {os.cpu_count()} cores",
    )


def _library(name: str) -> tuple[bool, str]:
    try:
        return True, f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return False, f"{name} is not installed"


def _pyside_pin() -> tuple[bool, str]:
    try:
        version = importlib.metadata.version("PySide6-Essentials")
    except importlib.metadata.PackageNotFoundError:
        return False, "PySide6-Essentials is not installed: no window"
    broken = sys.version_info[:2] == (3, 11) and version.startswith("6.12.")
    return not broken, "PySide6 6.12 aborts CPython 3.11; install 6.11" if broken else "PySide6 and CPython go together"


def _display() -> tuple[bool, str]:
    reason = missing_display()
    return True, "a display is there" if reason is None else f"{reason} Everything but the window works"


def _folders() -> list[tuple[bool, str]]:
    return [_writable(folder) for folder in (places.cache_dir(), places.state_dir())]


def _writable(folder: Path) -> tuple[bool, str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return False, f"{folder} cannot be written: {error.strerror}"
    return True, f"{folder} can be written"


def _profiles() -> tuple[bool, str]:
    return _guarded(_verify_profiles)


def _verify_profiles() -> tuple[bool, str]:
    catalog = load_catalog()
    problems = catalog.verify()
    return not problems, f"{len(catalog)} profiles, {len(problems)} problems"


def _kernels() -> tuple[bool, str]:
    return _guarded(_compile_kernels)


def _compile_kernels() -> tuple[bool, str]:
    from infraplanner.engine import Engine  # noqa: PLC0415 - loads Numba

    failures: list[str] = []
    start = time.perf_counter()
    engine = Engine(load_catalog(), on_result=lambda _result: None, on_failure=failures.append, force_sync=True)
    engine.warm_up()
    engine.close()
    return not failures, failures[0] if failures else f"all kernels ready in {time.perf_counter() - start:.1f} s"


def _guarded(check: Callable[[], tuple[bool, str]]) -> tuple[bool, str]:
    try:
        return check()
    except Exception as error:  # a doctor reports, it does not fall ill
        return False, f"{type(error).__name__}: {error}"
