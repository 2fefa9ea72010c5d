"""The wheel carries profiles and resources, and works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = "import os, sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(folder / done.stdout.split()[-1]) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def _run(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-P", "-m", "infraplanner", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_has_what_the_program_needs(unpacked: Path) -> None:
    data = unpacked / "infraplanner" / "_data"
    assert (data / "resources" / "templates" / "nvl72-pod.yaml").is_file()
    assert (data / "resources" / "themes" / "tokens.yaml").is_file()
    assert list((data / "profiles").glob("*.yaml"))
    assert not (unpacked / "tests").exists()


def test_an_installed_wheel_works_from_any_folder(unpacked: Path, tmp_path: Path) -> None:
    done = _run(unpacked, tmp_path, "profiles", "list", "--kind", "accelerator")
    assert done.returncode == 0, done.stderr
    assert "h100-sxm" in done.stdout
    plan = unpacked / "infraplanner" / "_data" / "resources" / "templates" / "h100-pilot.yaml"
    done = _run(unpacked, tmp_path, "evaluate", str(plan))
    assert done.returncode == 0, done.stderr
    assert "IT power" in done.stdout
