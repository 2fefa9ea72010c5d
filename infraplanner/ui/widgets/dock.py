"""Docks with our own 30 px header: title, scope in muted text, at most two icons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from infraplanner.ui.theme import icons
from infraplanner.ui.theme.current import current


class DockHeader(QWidget):
    """The title bar of a dock."""

    def __init__(self, title: str, scope: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dockHeader")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(30)
        self.title = QLabel(title, self)
        self.title.setObjectName("dockTitle")
        self.scope: QLabel | QPushButton = QLabel(scope, self)
        self.scope.setObjectName("muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 8, 0)
        layout.addWidget(self.title)
        layout.addStretch(1)
        layout.addWidget(self.scope)
        self.buttons = layout

    def offer_scopes(self, fill: Callable[[QMenu], None], tip: str) -> None:
        """What the panel is about can be chosen from a menu, made anew each time it opens; all but the whole is a chip."""
        menu = QMenu(self)
        menu.aboutToShow.connect(menu.clear)
        menu.aboutToShow.connect(lambda: fill(menu))
        chosen = QPushButton(self.scope.text(), self)
        chosen.setObjectName("scope")
        chosen.setToolTip(tip)
        chosen.setAccessibleName(tip)
        chosen.setMenu(menu)
        self.buttons.replaceWidget(self.scope, chosen)
        self.scope.deleteLater()
        self.scope = chosen

    def show_scope(self, text: str, *, part: bool) -> None:
        """Name what the panel is about; a part stands out."""
        self.scope.setText(text)
        if self.scope.property("part") != part:
            self.scope.setProperty("part", part)
            self.scope.style().unpolish(self.scope)
            self.scope.style().polish(self.scope)

    def sizeHint(self) -> QSize:
        """Docks ask for this and nothing else."""
        return QSize(100, 30)

    def minimumSizeHint(self) -> QSize:
        """Never squeezed."""
        return QSize(60, 30)

    def add_button(self, icon: str, tip: str) -> QToolButton:
        """An icon button at the right end."""
        button = QToolButton(self)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFixedSize(24, 24)

        def tint() -> None:
            button.setIcon(icons.icon(icon, current().theme.hex("text.secondary"), size=16))

        tint()
        current().changed.connect(tint)
        self.buttons.addWidget(button)
        return button


def make_dock(name: str, title: str, content: QWidget, scope: str = "") -> QDockWidget:
    """A dock that remembers its place under `name`."""
    dock = QDockWidget(title)
    dock.setObjectName(name)
    header = DockHeader(title, scope)
    dock.setTitleBarWidget(header)
    dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetClosable
                     | QDockWidget.DockWidgetFeature.DockWidgetFloatable)  # fmt: skip
    content.setObjectName(content.objectName() or "panel")
    content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    content.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
    dock.setWidget(content)
    return dock
