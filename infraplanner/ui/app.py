"""Start the window: paint first, then load Numba and prepare the models in the background."""

from __future__ import annotations

import sys
import traceback
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from pyqtgraph.util.garbage_collector import GarbageCollector
from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from infraplanner.catalog.loader import load_catalog
from infraplanner.places import keep_details
from infraplanner.session import Session
from infraplanner.ui.main_window import MainWindow
from infraplanner.ui.settings import Settings
from infraplanner.ui.theme import icons
from infraplanner.ui.theme.current import current


def make_application(arguments: list[str] | None = None) -> QApplication:
    """The one QApplication of the process."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(arguments or sys.argv[:1])
    app.setApplicationName("Infraplanner")
    app.setApplicationDisplayName("Infraplanner")
    app.setDesktopFileName("infraplanner")
    return app


@lru_cache(maxsize=1)
def collect_between_events() -> GarbageCollector:
    """From now on reference cycles are collected by a timer of the window's thread alone, once a second.

    Python would do so wherever it happens to stand: in an engine thread, where a widget must not die, or while Qt holds the
    lock of a signal that is being disconnected, for which the dying widget then waits for ever.
    """
    return GarbageCollector(interval=1.0)


def make_window(settings: Settings, theme: str | None = None, *, force_sync: bool = False) -> MainWindow:
    """A window on the welcome page, dressed, not yet shown."""
    collect_between_events()
    current().use(theme or settings.get("theme", "dark"))
    session = Session(load_catalog(), force_sync=force_sync)
    window = MainWindow(session, settings)
    window.setWindowIcon(QIcon(icons.pixmap("rack", current().theme.hex("accent.line"), 64)))
    return window


def _note_fault(
    window: MainWindow, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """A fault in a slot: kept in a file, told in the status bar, and the window lives on."""
    if issubclass(kind, KeyboardInterrupt):
        window.close()
        return
    place = keep_details("".join(traceback.format_exception(kind, error, trace)))
    window.hint.setText(
        window.tr("Internal error: {0}. The plan is untouched. {1}").format(f"{kind.__name__}: {error}", place)
    )


def run_window(path: str | None = None, theme: str | None = None) -> int:
    """Open the window on a plan, or on the welcome page; returns the exit code."""
    app = make_application()
    window = make_window(Settings(), theme)
    sys.excepthook = lambda kind, error, trace: _note_fault(window, kind, error, trace)
    window.show()
    app.processEvents()  # the first paint comes before anything heavy

    def begin() -> None:
        window.bridge.session.prepare()
        if path:
            if Path(path).is_relative_to(
                window.files.templates()[0].parent if window.files.templates() else Path(path)
            ):
                window.files.open_template(path)
            else:
                window.files.open_path(path)

    QTimer.singleShot(0, begin)
    return int(app.exec())
