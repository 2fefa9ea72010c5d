"""Every action of the window in one table: menus, tool bar, palette and shortcut sheet are made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from infraplanner.ui.theme import icons
from infraplanner.ui.theme.current import current


@dataclass(frozen=True, slots=True)
class Spec:
    """An action: key, text, menu, shortcut, icon; `tool` and `toggle` actions can be checked."""

    key: str
    text: str
    menu: str
    shortcut: str = ""
    icon: str = ""
    checkable: bool = False


SPECS = (
    Spec("new", "New hall", "File", "Ctrl+N", "new"),
    Spec("open", "Open ...", "File", "Ctrl+O", "open"),
    Spec("welcome", "Start page", "File", "Ctrl+Shift+H", "hall"),
    Spec("save", "Save", "File", "Ctrl+S", "save"),
    Spec("save_as", "Save as ...", "File", "Ctrl+Shift+S", "save-as"),
    Spec("export_png", "Export picture (PNG) ...", "File", "Ctrl+E", "export"),
    Spec("export_svg", "Export drawing (SVG) ...", "File", "Ctrl+Shift+E", "export"),
    Spec("export_csv", "Export cable schedule (CSV) ...", "File", "Ctrl+Shift+C", "export"),
    Spec("export_xlsx", "Export cable schedule (XLSX) ...", "File", "Ctrl+Shift+L", "export"),
    Spec("quit", "Quit", "File", "Ctrl+Q", "close"),
    Spec("undo", "Undo", "Edit", "Ctrl+Z", "undo"),
    Spec("redo", "Redo", "Edit", "Ctrl+Shift+Z", "redo"),
    Spec("duplicate", "Duplicate", "Edit", "Ctrl+D", "copy"),
    Spec("rotate", "Rotate 90°", "Edit", "R", "rotate"),
    Spec("delete", "Delete", "Edit", "Del", "delete"),
    Spec("select_all", "Select all", "Edit", "Ctrl+A", "marquee"),
    Spec("select_same", "Select same type", "Edit", "Ctrl+Shift+A", "marquee"),
    Spec("fit", "Zoom to hall", "View", "F", "zoom-fit"),
    Spec("zoom_selection", "Zoom to selection", "View", "Shift+F", "search"),
    Spec("zoom_in", "Zoom in", "View", "Ctrl++", "zoom-in"),
    Spec("zoom_out", "Zoom out", "View", "Ctrl+-", "zoom-out"),
    Spec("theme", "Light or dark", "View", "Ctrl+T", "sun"),
    Spec("presentation", "Presentation", "View", "F11", "pop-out", True),
    Spec("reset_layout", "Reset layout", "View", "Ctrl+0", "reset"),
    Spec("tool_select", "Select and move", "Insert", "V", "select", True),
    Spec("tool_pan", "Pan", "Insert", "H", "pan", True),
    Spec("tool_place", "Place from catalogue", "Insert", "P", "rack", True),
    Spec("tool_link", "Draw link", "Insert", "L", "link", True),
    Spec("tool_feed", "Draw power feed", "Insert", "E", "power", True),
    Spec("tool_loop", "Connect coolant", "Insert", "C", "cooling", True),
    Spec("tool_cut", "Cut through the fabric", "Insert", "K", "", True),
    Spec("make_fabric", "Build fabric ...", "Insert", "Ctrl+Shift+F", "network"),
    Spec("tool_tray", "Draw tray", "Insert", "Y", "tray", True),
    Spec("reconfigure", "Optical switches for the job", "Insert", "Ctrl+Shift+O", "ocs"),
    Spec("tool_measure", "Measure", "Insert", "M", "measure", True),
    Spec("snap", "Snap to grid and edges", "Insert", "S", "snap", True),
    Spec("overlay_none", "No overlay", "Analyse", "1"),
    Spec("overlay_power", "Overlay: power", "Analyse", "2"),
    Spec("overlay_heat_flux", "Overlay: heat flux", "Analyse", "3"),
    Spec("overlay_link_load", "Overlay: links by medium", "Analyse", "4"),
    Spec("overlay_link_traffic", "Overlay: links by load", "Analyse", "7"),
    Spec("overlay_link_margin", "Overlay: links by reach in use", "Analyse", "8"),
    Spec("overlay_findings", "Overlay: findings", "Analyse", "5"),
    Spec("overlay_temperature", "Overlay: inlet temperature", "Analyse", "6"),
    Spec("why", "Why this figure?", "Analyse", "Ctrl+Shift+Y", "info"),
    Spec("price_book", "Price book ...", "Analyse", "Ctrl+Shift+B", "chart"),
    Spec("validate", "Validate against measured rows ...", "Analyse", "Ctrl+Shift+V", "chart"),
    Spec("link_detail", "Link in full", "Analyse", "Ctrl+L", "link"),
    Spec("fail", "Fail or repair (what-if)", "Analyse", "X", "error"),
    Spec("tool_fail", "Fail by clicking", "Analyse", "Ctrl+Shift+X", "error", True),
    Spec("repair_all", "Repair all", "Analyse", "Shift+X", "ok"),
    Spec("split_pool", "Split pool into prefill and decode", "Analyse", "Ctrl+Shift+P", "chart"),
    Spec("next_finding", "Next finding", "Analyse", "F8", "warning"),
    Spec("palette", "Do or find anything", "Help", "Ctrl+K", "command"),
    Spec("next_dock", "Next panel", "Window", "F6", "layers"),
    Spec("shortcuts", "Shortcuts", "Help", "F1", "keyboard"),
    Spec("licences", "Licences", "Help", "", "info"),
)
MENUS = ("File", "Edit", "View", "Insert", "Analyse", "Window", "Help")
TOOL_BAR = (
    ("save", "undo", "redo"),
    ("tool_select", "tool_pan"),
    ("tool_place", "tool_link", "tool_feed", "tool_loop"),
    ("tool_measure", "tool_fail"),
    ("snap",),
)


class Actions(QObject):
    """QActions by key, tinted with the theme."""

    def __init__(self, parent: QObject, verbs: dict[str, Callable[..., object]]) -> None:
        super().__init__(parent)
        self.by_key: dict[str, QAction] = {}
        for spec in SPECS:
            action = QAction(self.tr(spec.text), parent)
            action.setCheckable(spec.checkable)
            if spec.shortcut:
                action.setShortcut(QKeySequence(spec.shortcut))
                action.setToolTip(f"{self.tr(spec.text)}  ({action.shortcut().toString()})")
            verb = verbs[spec.key]
            action.triggered.connect(lambda _checked=False, verb=verb: verb())
            self.by_key[spec.key] = action
        self.tint()
        current().changed.connect(self.tint)

    def __getitem__(self, key: str) -> QAction:
        return self.by_key[key]

    def tint(self) -> None:
        """Icons in the theme's colours."""
        theme = current().theme
        for spec in SPECS:
            if spec.icon:
                self.by_key[spec.key].setIcon(
                    icons.icon(spec.icon, theme.hex("text.secondary"), theme.hex("text.disabled"))
                )
