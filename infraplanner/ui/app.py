"""Start the window: paint first, then load Numba and prepare the models in the background."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from infraplanner.catalog.loader import load_catalog
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


def make_window(settings: Settings, theme: str | None = None, *, force_sync: bool = False) -> MainWindow:
    """A window on the welcome page, dressed, not yet shown."""
    current().use(theme or settings.get("theme", "dark"))
    session = Session(load_catalog(), force_sync=force_sync)
    window = MainWindow(session, settings)
    window.setWindowIcon(QIcon(icons.pixmap("rack", current().theme.hex("accent.line"), 64)))
    return window


def run_window(path: str | None = None, theme: str | None = None) -> int:
    """Open the window on a plan, or on the welcome page; returns the exit code."""
    app = make_application()
    window = make_window(Settings(), theme)
    window.show()
    app.processEvents()  # the first paint comes before anything heavy

    def begin() -> None:
        window.bridge.session.engine.warm_up()
        if path:
            if Path(path).is_relative_to(
                window.files.templates()[0].parent if window.files.templates() else Path(path)
            ):
                window.files.open_template(path)
            else:
                window.files.open_path(path)

    QTimer.singleShot(0, begin)
    return int(app.exec())
