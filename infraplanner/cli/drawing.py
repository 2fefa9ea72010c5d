"""Drawings and window figures for the command line: the one CLI module that loads `ui`, by name and only when asked.

`python -m infraplanner.cli.drawing repaint N` and `... start` print one JSON object each for `infraplanner bench`.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from infraplanner.catalog.loader import load_catalog
from infraplanner.session import Session, evaluate_once

from .display import missing_display
from .errors import UserError

VIEW_PX = (1440, 900)
WARM_RUNS = 3
EXAMPLE = "nvl72-pod.yaml"
"""What a start opens: the plan that the first command of the manual opens."""
_STARTED = "started "


def _ui(name: str) -> Any:
    """A module of `ui`; Qt is told to draw offscreen when there is no display."""
    if missing_display() is not None:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return importlib.import_module(f"infraplanner.ui.{name}")


def _floor(session: Session, theme: str) -> tuple[Any, Any]:
    """The application and a floor view of the session's plan."""
    app = _ui("app").make_application()
    _ui("theme.current").current().use(theme)
    view = _ui("canvas.view").FloorView(_ui("bridge").Bridge(session))
    return app, view


def export_drawing(
    session: Session, out_path: str | Path, kind: str, *, theme: str = "light", overlay: str = "none"
) -> None:
    """Draw the whole plan as `png` or `svg` with the painter of the screen.

    Raises UserError for an overlay that there is none of, and OSError with the file's name when it cannot be written; then
    nothing is left behind, and a file that was there stays whole.
    """
    known = [key for key, _, why_not in _ui("canvas.overlays").OVERLAYS if not why_not]
    if overlay not in known:
        raise UserError(f"There is no overlay “{overlay}”; expected one of {', '.join(known)}.")
    target = Path(out_path)
    draft = _draft(target)
    try:
        result = evaluate_once(session)
        _, view = _floor(session, theme)
        view.set_overlay(overlay)
        view.take_result(result)
        _ui("canvas.export").export_picture(view, draft, kind)
        if draft.stat().st_size == 0:
            raise OSError(5, "The drawing could not be written", str(target))
        draft.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(target)) from error
    finally:
        draft.unlink(missing_ok=True)


def _draft(target: Path) -> Path:
    """An empty file beside the target, so that only a whole drawing ever takes its name."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix or ".tmp", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    os.close(handle)
    Path(name).chmod(0o644)
    return Path(name)


def repaint_ms(count: int, runs: int = 15) -> float:
    """Median time of a full repaint, still picture dropped, of a generated hall of `count` racks that is all in view, ms."""
    generate = importlib.import_module("infraplanner.validation.generate")
    session = Session(load_catalog(), force_sync=True, idle=True)
    session.open_document(generate.generate_plan(count))
    app, view = _floor(session, "dark")
    view.resize(*VIEW_PX)
    view.take_result(evaluate_once(session))
    view.show()
    view.set_camera(view.camera.resized(*VIEW_PX).fitted(*view.scene.extent(), margin_px=46))
    app.processEvents()
    times = []
    for run in range(runs + 3):
        view.set_layers(view.layers)  # drops the still picture
        start = time.perf_counter()
        view.repaint()
        if run >= 3:
            times.append(1e3 * (time.perf_counter() - start))
    view.close()
    session.close()
    return statistics.median(times)


def start_times() -> dict[str, float | None]:
    """Seconds from the start of a process to a painted window whose plan takes an edit: kernels cached, and never compiled."""
    with tempfile.TemporaryDirectory(prefix="infraplanner-start-") as folder:
        first = _start_once(Path(folder), "--to-the-end")
        warm = [_start_once(Path(folder)) for _ in range(WARM_RUNS)]
    return {"warm_s": statistics.median(warm), "first_s": first}


def _start_once(folder: Path, *arguments: str) -> float:
    """One start with its own cache and state; the clock stops at the child's line, the child may then go on compiling."""
    environment = os.environ | {
        "INFRAPLANNER_CACHE": str(folder / "cache"),
        "INFRAPLANNER_STATE": str(folder / "state"),
    }
    if missing_display() is not None:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    code = f"from infraplanner.cli.drawing import start_child; start_child({list(arguments)!r})"
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        elapsed = time.perf_counter() - begin
        _, complaint = child.communicate()
    if not line.startswith(_STARTED):
        raise UserError(f"The window did not start: {(complaint.strip() or line).splitlines()[-1]}")
    return elapsed


def start_child(arguments: list[str]) -> None:
    """What `infraplanner PLAN` does up to the first edit; prints when the window is painted and the edit is in the plan."""
    app_module = _ui("app")
    app = app_module.make_application()
    window = app_module.make_window(_ui("settings").Settings())
    window.show()
    app.processEvents()
    early = "numba" in sys.modules
    session = window.bridge.session
    session.prepare()
    window.files.open_template(str(next(path for path in window.files.templates() if path.name == EXAMPLE)))
    rack = next(iter(session.document.table("racks")))
    window.bridge.execute(importlib.import_module("infraplanner.edit").Move([rack], 10, 0))
    app.processEvents()
    sys.stdout.write(f"{_STARTED}{json.dumps({'numba_before_paint': early})}\n")
    sys.stdout.flush()
    if "--to-the-end" in arguments:
        session.wait_idle(300.0)
        session.close()
    sys.stdout.flush()
    os._exit(0)  # the engine may be compiling: nothing of this process is wanted any more


def main(arguments: list[str]) -> int:
    """`repaint N` or `start`."""
    if arguments[:1] == ["repaint"] and len(arguments) == 2:
        answer: dict[str, float | None] = {"repaint_ms": repaint_ms(int(arguments[1]))}
    elif arguments == ["start"]:
        answer = start_times()
    else:
        sys.stderr.write("usage: python -m infraplanner.cli.drawing repaint N | start\n")
        return 2
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
