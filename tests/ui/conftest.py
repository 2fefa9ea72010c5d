"""The window, driven as a user drives it, and checks that it leaves nothing behind."""

from __future__ import annotations

import gc
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QThread, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from infraplanner.io.results_json import contract
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.app import make_window
from infraplanner.ui.main_window import MainWindow
from infraplanner.ui.settings import Settings

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "resources" / "templates"
POD = TEMPLATES / "nvl72-pod.yaml"


def settle() -> None:
    """Deliver what waits in the event queue, deferred deletions included."""
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def engine_threads() -> list[str]:
    """Names of the engine threads that are alive."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("infraplanner-")]


def running(kind: type[QObject], roots: list[QWidget]) -> list[str]:
    """Timers that tick or threads that run below some widgets."""
    found = []
    for root in roots:
        for child in root.findChildren(kind):
            active = child.isActive() if isinstance(child, QTimer) else child.isRunning()  # type: ignore[attr-defined]
            if active:
                found.append(f"{type(child).__name__} of {type(child.parent()).__name__}")
    return found


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Fail when a test leaves a window, a running timer, a thread of Qt or an engine thread behind."""
    before = set(map(id, QApplication.topLevelWidgets()))
    gc.disable()
    yield
    settle()
    gc.collect(1)  # as the window's own timer does: here nothing of Qt is under way
    gc.enable()
    strays = [w for w in QApplication.topLevelWidgets() if id(w) not in before and w.isVisible()]
    kept = [w for w in QApplication.topLevelWidgets() if id(w) not in before]
    timers = running(QTimer, kept)
    threads = running(QThread, kept)
    assert not strays, f"windows left open: {[type(w).__name__ for w in strays]}"
    assert not timers, f"timers left running: {timers}"
    assert not threads, f"threads of Qt left running: {threads}"
    assert not engine_threads(), f"engine threads left alive: {engine_threads()}"


class Driver:
    """A window with hands: everything goes through real events."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.floor = window.floor
        self.bridge = window.bridge
        self.session = window.bridge.session
        self._held = Qt.MouseButton.NoButton

    def open(self, path: Path = POD) -> None:
        """Open a plan and let the first result arrive."""
        self.window.files.open_path(str(path))
        self.settle()

    def settle(self) -> None:
        """Deliver changes and results that wait for their timers, and events."""
        settle()
        self.bridge.flush()
        settle()

    def at(self, key: str) -> QPointF:
        """Screen point in the middle of a body."""
        bodies = self.floor.scene.bodies
        row = bodies.index[key]
        return self.floor.camera.to_screen(float(bodies.x_mm[row]), float(bodies.y_mm[row]))

    def point(self, x_mm: float, y_mm: float) -> QPointF:
        """Screen point of a point of the hall."""
        return self.floor.camera.to_screen(x_mm, y_mm)

    def show_all(self) -> None:
        """The whole hall in view, at once."""
        self.floor.set_camera(self.floor.camera.fitted(*self.floor.scene.extent()))

    def record(self, key: str) -> Any:
        """The record of an id."""
        document = self.session.document
        return document.table(document.ids()[key])[key]

    def mouse(self, kind: QEvent.Type, at: QPointF, button: Any, buttons: Any, modifiers: Any) -> None:
        """One mouse event, at a fraction of a pixel, which QTest cannot do."""
        where = QPointF(self.floor.mapToGlobal(at))
        QApplication.sendEvent(self.floor, QMouseEvent(kind, at, where, button, buttons, modifiers))
        QApplication.processEvents()

    def press(self, at: QPointF, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """Left button down."""
        self._held = Qt.MouseButton.LeftButton
        self.mouse(QEvent.Type.MouseButtonPress, at, self._held, self._held, modifiers)

    def move(self, at: QPointF, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """The pointer moves, with the button held if it is."""
        self.mouse(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, self._held, modifiers)

    def release(self, at: QPointF, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """Left button up."""
        self._held = Qt.MouseButton.NoButton
        self.mouse(QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.LeftButton, self._held, modifiers)

    def click(self, at: QPointF, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """Press and release."""
        self.press(at, modifiers)
        self.release(at, modifiers)

    def drag(
        self, start: QPointF, end: QPointF, modifiers: Any = Qt.KeyboardModifier.NoModifier, steps: int = 12
    ) -> None:
        """Press, move in steps, and hold: the test looks before it lets go."""
        self.press(start, Qt.KeyboardModifier.NoModifier)
        for step in range(1, steps + 1):
            self.move(start + (end - start) * (step / steps), modifiers)

    def key(self, key: Any, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """A key on the floor."""
        QTest.keyClick(self.floor, key, modifiers)

    def type(self, text: str) -> None:
        """Letters on the floor."""
        QTest.keyClicks(self.floor, text)

    def history(self) -> list[str]:
        """Labels of what can be undone."""
        labels, done = self.session.undo_stack.history()
        return labels[:done]


def close(window: MainWindow) -> None:
    """Close without the question about unsaved work, and wait for the engine's threads."""
    window.bridge.session.undo_stack.mark_saved()
    window.close()
    window.deleteLater()
    settle()


@pytest.fixture
def window(qapp: QApplication) -> Iterator[MainWindow]:
    """A real window at 1440 x 900 that evaluates in its own thread."""
    made = make_window(Settings(), "dark", force_sync=True)
    made.resize(1440, 900)
    made.show()
    settle()
    yield made
    close(made)


@pytest.fixture
def drive(window: MainWindow) -> Driver:
    """The window with the pod open."""
    driver = Driver(window)
    driver.open()
    return driver


@pytest.fixture
def threaded(qapp: QApplication) -> Iterator[MainWindow]:
    """A real window with the two engine threads."""
    made = make_window(Settings(), "dark")
    made.resize(1440, 900)
    made.show()
    settle()
    yield made
    close(made)


@pytest.fixture
def fingerprint() -> Callable[[ResultSnapshot], str]:
    """Hash of the JSON contract of a result, without what depends on the run."""

    def digest(result: ResultSnapshot) -> str:
        data = contract(result, plan={})
        for key in ("revision", "provisional", "elapsed_s", "timing", "engine"):
            data.pop(key, None)
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()

    return digest


def dialogs_of(window: MainWindow) -> list[QDialog]:
    """Dialogs that are open."""
    return [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]
