"""The program's own performance figures, measured on the path that the window uses.

Every size runs in a process of its own, so that memory figures do not add up. Times are of this machine at this moment:
compare ratios within one run.
"""

from __future__ import annotations

import gc
import math
import os
import platform
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.edit import Move, SetFields
from infraplanner.engine.measure import traffic_ms
from infraplanner.io.plan_reader import read_plan
from infraplanner.io.save import save_plan
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import Session, load_kernels
from infraplanner.units import KILO

from .generate import generate_plan

SCHEMA = "infraplanner/bench"
VERSION = 1
FRAMES = 200
STEP_MM = 10


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


def rss_mb() -> float | None:
    """Resident memory of this process in 1e6 B, None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure_size(racks: int, links: int | None, seed: int = 1) -> dict[str, Any]:
    """All figures of one size but repaint; runs the real command -> document -> arrays -> kernels -> snapshot path."""
    catalog = load_catalog()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.yaml"
        session = Session(catalog, force_sync=True, idle=True)
        session.open_document(generate_plan(racks, links, seed))
        save_s = _seconds(lambda: save_plan(path, session.to_bytes()))
        session.close()
        open_s = _seconds(lambda: read_plan(path, catalog))
        figures = _live_figures(path, catalog, seed)
    return {
        "racks": racks,
        "links": figures.pop("links"),
        **figures,
        "open_s": open_s,
        "save_s": save_s,
    }


def _live_figures(path: Path, catalog: Catalog, seed: int) -> dict[str, Any]:
    warm = Session(catalog, force_sync=True)
    warm.engine.warm_up()
    load_kernels(catalog)
    warm.close()
    figures, rack = _rest_figures(path, catalog, seed)
    gc.collect()  # one plan at a time: what follows opens it anew, on the engine's own threads
    busy = _busy_frames(path, catalog, rack)
    return {**figures, "drag_busy_p95_ms": KILO * float(np.percentile(busy, 95))}


def _rest_figures(path: Path, catalog: Catalog, seed: int) -> tuple[dict[str, Any], str]:
    """Figures of a session in this thread, and the rack that they moved."""
    session = Session(catalog, force_sync=True)
    arrived: list[float] = []
    session.on_result.append(lambda _: arrived.append(time.perf_counter()))
    first = _answers(partial(session.open_document, read_plan(path, catalog).document), arrived)
    rack = random.Random(seed).choice(sorted(session.document.table("racks")))
    frames = _drag_frames(session, rack)
    switch = _switch_rack(session)
    switch_frames = _drag_frames(session, switch) if switch else []
    full = np.median([_answers(edit, arrived) for edit in _power_edits(session, rack)], axis=0)
    ecmp_ms = traffic_ms(session.document.snapshot(), catalog)
    links = len(session.document.table("links"))
    cables = _cables_of(session, switch) if switch else None
    session.close()
    figures = {
        "links": links,
        "drag_p50_ms": KILO * float(np.percentile(frames, 50)),
        "drag_p95_ms": KILO * float(np.percentile(frames, 95)),
        "switch_drag_p95_ms": KILO * float(np.percentile(switch_frames, 95)) if switch_frames else None,
        "switch_drag_cables": cables,
        "ecmp_ms": ecmp_ms,
        "full_ms": KILO * float(full[0]),
        "full_complete_ms": KILO * float(full[1]),
        "first_ms": KILO * first[0],
        "first_complete_ms": KILO * first[1],
    }
    return figures, rack


def _answers(action: Callable[[], object], arrived: list[float]) -> tuple[float, float]:
    """Seconds until the first answer at rest, and until the settled one with all heavy parts; one for a small plan."""
    arrived.clear()
    start = time.perf_counter()
    action()
    return arrived[0] - start, arrived[-1] - start


def _drag_frames(session: Session, rack: str) -> list[float]:
    drag = session.begin_drag(f"Move {rack}")
    shifts = range(STEP_MM, (FRAMES + 1) * STEP_MM, STEP_MM)
    times = [_seconds(partial(drag.update, Move([rack], shift, 0))) for shift in shifts]
    drag.commit()
    return times


CABLES = 128


def _cables_of(session: Session, rack: str) -> int:
    """Cables that end in a rack or on a device in it."""
    inside = {rack, *(key for key, row in session.document.table("devices").items() if row.rack == rack)}
    return sum(
        link.count for link in session.document.table("links").values() if (link.a in inside) != (link.b in inside)
    )


def _switch_rack(session: Session) -> str | None:
    """The rack with switches whose cables, at least 128, are fewest; None without any."""
    held = sorted({row.rack for row in session.document.table("devices").values()})
    some = [(count, rack) for rack in held[:40] if (count := _cables_of(session, rack)) >= CABLES]
    return min(some)[1] if some else None


def _power_edits(session: Session, rack: str, count: int = 9) -> list[Callable[[], object]]:
    caps = [0.8 + 0.01 * step for step in range(count)]
    return [partial(session.execute, SetFields("racks", [rack], {"power_cap_frac": cap})) for cap in caps]


def _busy_frames(path: Path, catalog: Catalog, rack: str) -> list[float]:
    """From the edit to its result on the live thread while the main thread computes in Python."""
    arrived = threading.Event()
    wanted = [0]

    def note(result: ResultSnapshot) -> None:
        if result.revision >= wanted[0]:
            arrived.set()

    session = Session(catalog)
    session.open(path)
    session.wait_idle()
    session.on_result.append(note)
    drag = session.begin_drag(f"Move {rack}")
    times = []
    for frame in range(1, FRAMES + 1):
        arrived.clear()
        wanted[0] = session.document.revision + 1
        start = time.perf_counter()
        drag.update(Move([rack], frame * STEP_MM, 0))
        while not arrived.is_set() and time.perf_counter() - start < 5.0:
            sum(math.sqrt(number) for number in range(200))
        times.append(time.perf_counter() - start)
    drag.cancel()
    session.wait_idle()
    session.close()
    return times


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def scaling_exponent(sizes: list[dict[str, Any]]) -> float | None:
    """Slope of log(drag time) over log(racks) from 1,000 racks up; None with fewer than two such sizes."""
    points = [(size["racks"], size["drag_p50_ms"]) for size in sizes if size["racks"] >= 1000]
    if len(points) < 2:
        return None
    x, y = np.log(np.array(points, dtype=float)).T
    return float(np.polyfit(x, y, 1)[0])


if __name__ == "__main__":
    import json

    count = int(sys.argv[1])
    links = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else None
    sys.stdout.write(json.dumps(measure_size(count, links)))
