"""Drawings without a display, and the figures of the window that `bench` prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infraplanner.cli.main import main

REPO = Path(__file__).resolve().parents[2]
POD = REPO / "resources" / "templates" / "nvl72-pod.yaml"


def _child(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh process without a display."""
    kept = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, *arguments], env=kept | environment, cwd=REPO, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG\r\n"), ("svg", b"<?xml")])
def test_a_drawing_is_made_without_a_display(tmp_path: Path, kind: str, start: bytes) -> None:
    """The whole hall, nothing on stderr, and the same bytes the second time (SVG)."""
    outputs = [tmp_path / f"{name}.{kind}" for name in ("one", "two")]
    for out in outputs:
        done = _child("-m", "infraplanner", "export", str(POD), "--to", kind, "-o", str(out))
        assert (done.returncode, done.stderr) == (0, "")
        assert out.read_bytes().startswith(start)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"one.{kind}", f"two.{kind}"]
    if kind == "svg":
        assert "A01" in outputs[0].read_text(encoding="utf-8")


def test_theme_and_overlay_change_the_drawing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Four different pictures; an unknown overlay is refused with the ones there are."""
    pictures = []
    for index, extra in enumerate(([], ["--theme", "dark"], ["--overlay", "power"], ["--overlay", "heat_flux"])):
        out = tmp_path / f"{index}.png"
        assert main(["export", str(POD), "--to", "png", "-o", str(out), *extra]) == 0
        pictures.append(out.read_bytes())
    assert len(set(pictures)) == 4
    assert main(["export", str(POD), "--to", "png", "-o", str(tmp_path / "x.png"), "--overlay", "glitter"]) == 2
    assert "glitter" in (told := capsys.readouterr().err)
    assert "heat_flux" in told
    assert "Traceback" not in told
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_an_unwritable_place_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """A folder that is not there, a file in its place, a folder as the target: exit code 2, the path, no traceback."""
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    for target in (tmp_path / "none" / "a.png", tmp_path / "file" / "a.png", tmp_path):
        assert main(["export", str(POD), "--to", kind, "-o", str(target)]) == 2
        told = capsys.readouterr().err
        assert str(target) in told
        assert "Traceback" not in told
        assert told.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_failed_drawing_leaves_the_old_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a whole drawing takes the name."""
    out = tmp_path / "pod.png"
    assert main(["export", str(POD), "--to", "png", "-o", str(out)]) == 0
    before = out.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("infraplanner.ui.canvas.export.export_picture", full)
    assert main(["export", str(POD), "--to", "png", "-o", str(out)]) == 2
    assert out.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["pod.png"]


def test_numba_is_not_loaded_before_the_first_paint(tmp_path: Path) -> None:
    """The window paints and takes an edit while the models are still being prepared."""
    code = "from infraplanner.cli.drawing import start_child; start_child([])"
    done = _child("-c", code, INFRAPLANNER_STATE=str(tmp_path / "state"), INFRAPLANNER_CACHE=str(tmp_path / "cache"))
    line = done.stdout.splitlines()[0]
    assert line.startswith("started ")
    assert json.loads(line.removeprefix("started ")) == {"numba_before_paint": False}


def test_repaint_prints_one_figure() -> None:
    """JSON with a positive number; wrong words are a usage error."""
    done = _child("-m", "infraplanner.cli.drawing", "repaint", "40")
    assert done.returncode == 0, done.stderr
    figure = json.loads(done.stdout)
    assert list(figure) == ["repaint_ms"]
    assert figure["repaint_ms"] > 0
    assert _child("-m", "infraplanner.cli.drawing", "paint").returncode == 2
