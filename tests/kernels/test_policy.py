"""The compilation policy: one decorator, no fast-math, one signature a kernel after warm-up, lazy import, own cache
folder.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infraplanner import kernels
from infraplanner.engine import kernel_cache
from infraplanner.kernels import warmup

FOLDER = Path(kernels.__file__).parent
PACKAGE = FOLDER.parent


def test_numba_is_named_in_the_policy_file_only() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        if path.name not in ("_jit.py", "kernel_cache.py"):
            assert not re.search(r"\bnjit\b|import numba|from numba", text), path
        assert "fastmath=True" not in text, path
        assert "prange" not in text or path.parent != FOLDER, path


def test_kernels_import_numpy_and_numba_only() -> None:
    for path in FOLDER.glob("*.py"):
        for line in path.read_text().splitlines():
            match = re.match(r"(?:from|import) ([\w.]+)", line)
            if match:
                root = match.group(1)
                allowed = root.startswith(".") or root in {
                    "__future__", "collections.abc", "typing", "math", "numpy", "numpy.typing", "numba", "functools",
                }  # fmt: skip
                assert allowed, (path, line)


def test_after_warm_up_every_kernel_has_one_signature() -> None:
    steps: list[tuple[int, int, str]] = []
    count = warmup.warm_up(lambda done, total, name: steps.append((done, total, name)))
    assert steps[0][0] == 0
    assert steps[-1][:2] == (count, count)
    assert warmup.warm_up_parts() == len(warmup.PARTS)
    for info in pkgutil.iter_modules([str(FOLDER)]):
        module = importlib.import_module(f"infraplanner.kernels.{info.name}")
        for name, value in vars(module).items():
            if hasattr(value, "signatures") and value.py_func.__module__ == module.__name__:
                assert len(value.signatures) <= 1, (name, value.signatures)


def test_importing_engine_and_checks_does_not_import_numba() -> None:
    code = "import sys, infraplanner.engine, infraplanner.checks; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=PACKAGE.parent).returncode == 0


def test_the_cache_folder_names_version_and_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numba  # noqa: PLC0415 - only to restore what the program has set

    monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.setenv("INFRAPLANNER_CACHE", str(tmp_path))
    folder = kernel_cache.prepare()
    assert folder.parent == tmp_path
    assert folder.name.endswith(kernel_cache.source_hash())
    assert str(folder) == numba.config.CACHE_DIR


def test_an_unwritable_cache_falls_back_to_a_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numba  # noqa: PLC0415

    monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("INFRAPLANNER_CACHE", str(blocked))
    assert kernel_cache.prepare().is_dir()


def test_a_first_answer_loads_no_kernel_that_warm_up_left_out() -> None:
    """In a process of its own: after the warm-up and a shipped example, a hall with a training job asks for no other."""
    code = """
import importlib, pkgutil, sys
from infraplanner.engine import kernel_cache
kernel_cache.prepare_once()
from infraplanner import kernels
from infraplanner.catalog.loader import load_catalog
from infraplanner.engine import evaluate
from infraplanner.kernels import warmup
from infraplanner.session import load_kernels
from infraplanner.validation.generate import generate_plan

def loaded():
    parts = [importlib.import_module("infraplanner.kernels." + one.name) for one in pkgutil.iter_modules(kernels.__path__)]
    return {part.__name__ + "." + key for part in parts for key, value in vars(part).items() if getattr(value, "overloads", ())}

warmup.warm_up()
catalog = load_catalog()
load_kernels(catalog)
before = loaded()
evaluate(generate_plan(40).snapshot(), catalog)
sys.exit(", ".join(sorted(loaded() - before)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
