"""Pictures of the canvas against references: the pod, dark and light, at a pinned size with the bundled font.

INFRAPLANNER_WRITE_SNAPSHOTS=1 writes new references; look at them before committing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from infraplanner.catalog.loader import load_catalog
from infraplanner.session import Session, evaluate_once
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.canvas.view import FloorView
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current

HERE = Path(__file__).resolve().parent
POD = HERE.parents[1] / "resources" / "templates" / "nvl72-pod.yaml"
WRITE = "INFRAPLANNER_WRITE_SNAPSHOTS"
SIZE = (1440, 900)
LEAST_SHARE, TOLERANCE = 0.995, 1


def pixels(image: QImage) -> np.ndarray:
    """(height, width, 3) of an image."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(plain.constBits(), dtype=np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return data[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def share_alike(one: QImage, other: QImage) -> float:
    """Share of pixels whose channels all differ by at most the tolerance."""
    if one.size() != other.size():
        return 0.0
    apart = np.abs(pixels(one).astype(int) - pixels(other).astype(int)).max(axis=2)
    return float((apart <= TOLERANCE).mean())


@pytest.fixture
def floor(qapp: QApplication) -> Iterator[FloorView]:
    """The pod with its settled result, no selection, no pointer."""
    session = Session(load_catalog(), force_sync=True, idle=True)
    current().use("dark")
    view = FloorView(Bridge(session))
    view.resize(*SIZE)
    session.open(POD)
    view.reopen()
    view.take_result(evaluate_once(session))
    yield view
    view.bridge.detach()
    view.close()
    session.close()


def why_not(reference: QImage) -> str:
    """Why this machine's pictures cannot be compared with the reference; empty when they can."""
    if not sys.platform.startswith("linux") or QGuiApplication.platformName() != "offscreen":
        return "references are drawn on Linux with the offscreen platform"
    if not fonts.family().startswith("Inter"):
        return f"the bundled font is not in use, but {fonts.family()}"
    if reference.text("Qt").rpartition(".")[0] != qVersion().rpartition(".")[0]:
        return f"the reference was drawn with Qt {reference.text('Qt')}, this is {qVersion()}"
    return ""


@pytest.mark.parametrize("overlay", ["none", "power"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pod_looks_as_it_did(floor: FloorView, theme: str, overlay: str, tmp_path: Path) -> None:
    """At least 99.5 % of the pixels within 1 of the reference, and the same picture drawn twice is the same."""
    current().use(theme)
    floor.set_overlay(overlay)
    image = floor.grab().toImage()
    assert share_alike(image, floor.grab().toImage()) == 1.0
    path = HERE / "references" / f"pod-{theme}-{overlay}.png"
    if os.environ.get(WRITE):
        path.parent.mkdir(exist_ok=True)
        image.setText("Qt", qVersion())
        assert image.save(str(path))
        pytest.skip(f"wrote {path.name}")
    reference = QImage(str(path))
    assert not reference.isNull(), f"{path.name} is missing; write it with {WRITE}=1"
    if reason := why_not(reference):
        pytest.skip(reason)
    share = share_alike(image, reference)
    if share < LEAST_SHARE:
        image.save(str(tmp_path / path.name))
    assert share >= LEAST_SHARE, f"only {100 * share:.2f} % alike; see {tmp_path / path.name}, or write with {WRITE}=1"


def test_the_comparison_sees_a_moved_rack(floor: FloorView) -> None:
    """A guard of the guard: one rack shifted by half a metre is more than the tolerance allows."""
    before = floor.grab().toImage()
    other = before.copy()
    for x in range(700, 760):
        for y in range(400, 520):
            other.setPixelColor(x, y, current().theme.colour("status.error"))
    assert share_alike(before, other) < LEAST_SHARE
