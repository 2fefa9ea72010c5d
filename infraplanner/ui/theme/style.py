"""Palette and style sheet of the whole window, made from the tokens."""

from __future__ import annotations

from string import Template

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from . import fonts
from .tokens import Theme

_SHEET = Template("""
* { outline: none; }
QWidget { color: $text_primary; font-size: 13px; }
QMainWindow, QDialog { background: $surface_window; }
QMainWindow::separator { background: $border_subtle; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent_line; }
QToolTip { background: $surface_overlay; color: $text_primary; border: 1px solid $border_strong; padding: 6px 8px; }

QMenuBar { background: $surface_window; padding: 0 6px; font-weight: 500; }
QMenuBar::item { padding: 6px 9px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $surface_hover; }
QMenu { background: $surface_overlay; border: 1px solid $border_strong; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 28px; border-radius: 4px; min-height: 18px; }
QMenu::item:selected { background: $surface_hover; }
QMenu::item:disabled { color: $text_disabled; }
QMenu::icon { padding-left: 6px; }
QMenu::separator { height: 1px; background: $border_subtle; margin: 4px 6px; }

QToolBar { background: $surface_window; border: none; border-bottom: 1px solid $border_subtle; spacing: 2px; padding: 0 8px; }
QToolBar::separator { background: $border_strong; width: 1px; margin: 10px 6px; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 3px; }
QToolButton:hover { background: $surface_hover; }
QToolButton:pressed { background: $surface_pressed; }
QToolButton:checked { background: $accent_tint; border-color: $accent_line; }
QToolButton:focus { border-color: $border_focus; }
QToolButton:disabled { color: $text_disabled; }
QToolButton#text { padding: 3px 8px; }
QToolButton::menu-indicator { image: none; }

QPushButton { background: $surface_raised; border: 1px solid $border_control; border-radius: 4px; padding: 0 10px;
  min-height: 26px; font-weight: 500; }
QPushButton:hover { background: $surface_hover; }
QPushButton:pressed { background: $surface_pressed; }
QPushButton:focus { border: 2px solid $border_focus; padding: 0 9px; min-height: 24px; }
QPushButton:disabled { color: $text_disabled; border-color: $border_subtle; }
QPushButton#primary { background: $accent_base; border-color: $accent_base; color: $text_on_accent; }
QPushButton#primary:hover { background: $accent_hover; }
QPushButton#primary:pressed { background: $accent_pressed; }
QPushButton#flat { background: transparent; border-color: transparent; }
QPushButton#flat:hover { background: $surface_hover; }
QPushButton#field { background: $surface_canvas; border: 1px solid $border_control; color: $text_muted; text-align: left;
  font-weight: 400; padding: 0 10px; }
QPushButton#field:hover { border-color: $accent_line; }
QPushButton#scope { border: none; background: transparent; color: $text_muted; padding: 0 6px; min-height: 22px; font-size: 12px; }
QPushButton#scope:hover, QPushButton#scope:focus { color: $text_primary; }
QPushButton#scope[part="true"] { background: $accent_base; color: $text_on_accent; border-radius: 11px; padding: 0 10px; }
QPushButton#chip { border-radius: 13px; padding: 0 10px; min-height: 24px; font-size: 12px; background: $surface_raised; }
QPushButton#chip:checked { background: $accent_base; border-color: $accent_base; color: $text_on_accent; }
QPushButton#seg { border: none; border-radius: 4px; min-height: 24px; padding: 0 8px; font-size: 12px;
  background: transparent; }
QPushButton#seg:hover { background: $surface_hover; }
QPushButton#seg:checked { background: $accent_base; color: $text_on_accent; }
QPushButton#seg:focus { border: 1px solid $border_focus; padding: 0 7px; }
QPushButton#seg:disabled { color: $text_disabled; }
QComboBox#head { min-height: 18px; max-height: 18px; padding: 0 6px; font-size: 12px; font-weight: 600; background: transparent;
  border-color: $border_subtle; }
QPushButton#month { min-height: 20px; padding: 0; font-size: 12px; background: transparent; border-color: $border_subtle; }
QPushButton#month:checked { background: $accent_tint; border-color: $accent_line; }
QPushButton#link { background: transparent; border: none; color: $text_link; text-align: left; padding: 0; min-height: 18px;
  font-size: 12px; font-weight: 400; }
QPushButton#link:hover { text-decoration: underline; }
QPushButton#card { background: $surface_raised; border: 1px solid $border_subtle; border-radius: 6px; text-align: left; }
QPushButton#card:hover { border-color: $accent_line; }
QPushButton#card:focus { border: 2px solid $border_focus; }

QLineEdit, QSpinBox, QComboBox, QPlainTextEdit { background: $surface_canvas; border: 1px solid $border_control;
  border-radius: 4px;
  padding: 0 6px; min-height: 22px; selection-background-color: $accent_base; selection-color: $text_on_accent; }
QLineEdit:focus, QComboBox:focus, QSpinBox:focus { border: 2px solid $border_focus; padding: 0 5px; min-height: 20px; }
QLineEdit[bad="true"] { border: 2px solid $status_error; }
QLineEdit:disabled, QComboBox:disabled { color: $text_disabled; border-color: $border_subtle; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox QAbstractItemView { background: $surface_overlay; border: 1px solid $border_strong;
  selection-background-color: $surface_hover;
  selection-color: $text_primary; }

QDockWidget { font-weight: 600; }
QDockWidget > QWidget { background: $surface_panel; }
#panel { background: $surface_panel; }
#dockHeader { background: $surface_header; border-bottom: 1px solid $border_subtle; }
#dockTitle { font-weight: 600; }
#canvasTabs { background: $surface_window; border-bottom: 1px solid $border_subtle; }
#headline { background: $surface_panel; border-bottom: 1px solid $border_subtle; }
#secondary { color: $text_secondary; font-size: 12px; }
#muted { color: $text_muted; font-size: 12px; }
#section { color: $text_secondary; font-size: 12px; font-weight: 500; }
#recovery { background: $surface_raised; border: 1px solid $status_warning; border-radius: 6px; }
#sectionRule { background: $border_subtle; }
#title { font-size: 15px; font-weight: 600; }
#hero { font-size: 22px; font-weight: 600; }
#reason { color: $status_error; font-size: 12px; }

QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $text_secondary; padding: 6px 9px; border: none;
  border-top: 2px solid transparent; font-weight: 500; }
QTabWidget QTabBar::tab { padding: 6px 7px; font-size: 12px; }
QTabBar::tab:selected { color: $text_primary; border-top: 2px solid $accent_line; background: $surface_panel; }
QTabBar::tab:hover { color: $text_primary; }
QTabBar::tab:disabled { color: $text_disabled; }
QTabBar::tab:focus { border: 1px solid $border_focus; }
QTabWidget::pane { border: none; }

QTreeView, QListView, QTableView { background: $surface_panel; border: none; alternate-background-color: $surface_panel; }
QTreeView::item, QListView::item { min-height: 24px; border: none; padding: 0 2px; }
QTreeView::item:hover, QListView::item:hover, QTableView::item:hover { background: $surface_hover; color: $text_primary; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected { background: $accent_tint;
  color: $text_primary; }
QHeaderView { background: $surface_panel; }
QHeaderView::section { background: $surface_panel; color: $text_secondary; border: none;
  border-bottom: 1px solid $border_strong;
  padding: 0 6px; font-size: 12px; font-weight: 600; height: 26px; }
QTableView { gridline-color: $border_subtle; }
QTableCornerButton::section { background: $surface_panel; border: none; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar::handle { background: $border_control; border-radius: 2px; }
QScrollBar::handle:vertical { min-height: 24px; margin: 0 2px; }
QScrollBar::handle:horizontal { min-width: 24px; margin: 2px 0; }
QScrollBar::handle:hover { margin: 0; border-radius: 4px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QStatusBar { background: $surface_window; border-top: 1px solid $border_subtle; font-size: 12px; color: $text_secondary; }
QStatusBar QLabel { font-size: 12px; color: $text_secondary; padding: 0 6px; }
QStatusBar::item { border: none; }
QSplitter::handle { background: $border_subtle; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QCheckBox { spacing: 8px; min-height: 24px; }
QProgressBar { background: transparent; border: none; max-height: 2px; }
QProgressBar::chunk { background: $accent_line; }
""")


def style_sheet(theme: Theme) -> str:
    """The style sheet of a theme."""
    return _SHEET.substitute({name.replace(".", "_"): value for name, value in theme.colours.items()})


def palette(theme: Theme) -> QPalette:
    """The palette for what the style sheet does not reach."""
    made = QPalette()
    role = QPalette.ColorRole
    for which, name in (
        (role.Window, "surface.window"),
        (role.WindowText, "text.primary"),
        (role.Base, "surface.panel"),
        (role.AlternateBase, "surface.panel"),
        (role.Text, "text.primary"),
        (role.PlaceholderText, "text.muted"),
        (role.Button, "surface.raised"),
        (role.ButtonText, "text.primary"),
        (role.ToolTipBase, "surface.overlay"),
        (role.ToolTipText, "text.primary"),
        (role.Highlight, "accent.base"),
        (role.HighlightedText, "text.on_accent"),
        (role.Link, "text.link"),
        (role.Mid, "border.strong"),
    ):
        made.setColor(which, theme.colour(name))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, theme.colour("text.disabled"))
    return made


def apply(app: QApplication, theme: Theme) -> None:
    """Dress the whole application; may be called again to switch themes live."""
    if app.style() is None or app.style().objectName() != "fusion":
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(fonts.font())
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme))
