"""Colours, sizes and names: contrast recomputed, no colour outside the tokens, nothing too small, nothing unreachable."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QAction, QFont
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QListView, QToolButton, QWidget

from infraplanner.places import resources_dir
from infraplanner.ui.actions import SPECS, TOOL_BAR
from infraplanner.ui.main_window import MainWindow
from infraplanner.ui.theme import fonts, maps
from infraplanner.ui.theme.style import style_sheet
from infraplanner.ui.theme.tokens import Theme, raw_tokens, theme

from .conftest import Driver

UI = Path(__file__).resolve().parents[2] / "infraplanner" / "ui"
THEMES = ("dark", "light")
GRAPHICS = ("wall", "status", "media", "feed", "liquid", "air", "selection")
ON_GRAPHICS = ("surface.canvas", "surface.floor", "surface.panel", "surface.raised")


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB hex colour, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """WCAG contrast ratio: black on white is 21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def surfaces(of: Theme) -> list[str]:
    """All surfaces of a theme."""
    return [value for key, value in of.colours.items() if key.startswith("surface.")]


def test_the_formula_knows_its_ends() -> None:
    """Black on white is 21, a colour on itself 1, mid grey #767676 on white the well-known 4.54."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#3A4CC8", "#3A4CC8") == 1.0
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("name", THEMES)
def test_text_reads_on_every_surface(name: str) -> None:
    """At least 4.5 for each text colour on each surface; disabled text is exempt, fills have text of their own."""
    tokens = theme(name)
    for ink in ("text.primary", "text.secondary", "text.muted", "text.link"):
        worst = min(contrast(tokens.hex(ink), surface) for surface in surfaces(tokens))
        assert worst >= 4.5, (ink, worst)
        stated = raw_tokens()["themes"][name]["text"][ink.partition(".")[2]]["contrast"]
        assert worst == pytest.approx(stated, abs=0.02), ink
    assert contrast(tokens.hex("text.on_accent"), tokens.hex("accent.base")) >= 4.5
    for wall in ("power", "memory", "thermal", "copper"):
        assert contrast(tokens.hex("text.on_data"), tokens.hex(f"wall.{wall}")) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_graphics_stand_out_from_what_they_lie_on(name: str) -> None:
    """At least 3 for data colours, selection, control borders and series."""
    tokens = theme(name)
    keys = [key for key in tokens.colours if key.partition(".")[0] in GRAPHICS and key != "selection.casing"]
    for key, surface in product(keys, ON_GRAPHICS):
        assert contrast(tokens.hex(key), tokens.hex(surface)) >= 3.0, (key, surface)
    for key, surface in product(
        ("border.control", "border.focus"), ("surface.panel", "surface.raised", "surface.canvas")
    ):
        assert contrast(tokens.hex(key), tokens.hex(surface)) >= 3.0, (key, surface)
    series = [key for key in tokens.colours if key.startswith("series.")]
    assert len(series) == 8
    for key, surface in product(series, ("surface.canvas", "surface.panel")):
        assert contrast(tokens.hex(key), tokens.hex(surface)) >= 3.0, (key, surface)


@pytest.mark.parametrize("name", THEMES)
def test_names_read_on_the_fills_of_bodies(name: str) -> None:
    """Rack names on each kind's fill."""
    tokens = theme(name)
    for kind in ("rack", "net", "storage", "cooling", "power"):
        assert contrast(tokens.hex("obj.text"), tokens.hex(f"obj.{kind}_fill")) >= 4.5


def test_no_colour_stands_outside_the_tokens() -> None:
    """No hex literal, no named Qt colour, no rgb() in the window's code."""
    wanted = re.compile(r"""["']#[0-9A-Fa-f]{3,8}\b|GlobalColor\.(?!transparent)\w+|\brgba?\(""")
    found = [
        f"{path.relative_to(UI)}:{number}: {line.strip()}"
        for path in sorted(UI.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if wanted.search(line)
    ]
    assert not found


@pytest.mark.parametrize("name", THEMES)
def test_nothing_is_set_under_twelve_pixels(name: str) -> None:
    """Named sizes, the style sheet, and sizes given to charts."""
    least = raw_tokens()["font"]["minimum_px"]
    assert least == 12
    assert min(fonts.CAPTION, fonts.BODY, fonts.TITLE, fonts.PANEL_NUMBER, fonts.HEADLINE) >= least
    assert {fonts.CAPTION, fonts.BODY, fonts.TITLE, fonts.PANEL_NUMBER, fonts.HEADLINE} == set(
        raw_tokens()["font"]["px"].values()
    )
    sizes = [int(size) for size in re.findall(r"font-size:\s*(\d+)px", style_sheet(theme(name)))]
    assert sizes
    assert min(sizes) >= least
    for path in UI.rglob("*.py"):
        given = re.findall(r'font-size"?:\s*"?(\d+)px', path.read_text(encoding="utf-8"))
        assert all(int(size) >= least for size in given), path


def test_every_widget_of_the_window_shows_text_of_twelve_pixels_or_more(drive: Driver) -> None:
    """As it is really shown, style sheet and inheritance applied."""
    small = [
        (type(widget).__name__, widget.objectName(), widget.fontInfo().pixelSize())
        for widget in drive.window.findChildren(QWidget)
        if isinstance(widget, QLabel | QLineEdit | QAbstractButton | QComboBox | QListView)
        and widget.fontInfo().pixelSize() < 12
    ]
    assert not small
    tick = drive.window.charts.waterfall.left.style["tickFont"]
    assert isinstance(tick, QFont)
    assert tick.pixelSize() >= 12


def test_every_icon_that_is_named_exists_and_is_drawn_in_the_text_colour() -> None:
    """Also those that painters and panels name; all are single-coloured vectors."""
    folder = resources_dir() / "icons"
    named = {spec.icon for spec in SPECS if spec.icon}
    for path in UI.rglob("*.py"):
        named |= set(re.findall(r'icons\.(?:draw|icon|pixmap)\(\s*(?:painter,\s*)?"([\w-]+)"', path.read_text("utf-8")))
    assert len(named) > 30
    for name in sorted(named):
        text = (folder / f"{name}.svg").read_text(encoding="utf-8")
        assert "currentColor" in text, name


def test_colour_maps_have_256_rows_of_bytes() -> None:
    """Shipped tables and the maps made of them, each different from end to end."""
    tables = sorted((resources_dir() / "maps").glob("*.csv"))
    assert tables
    for path in tables:
        assert maps.table(path.stem).shape == (256, 3)
    for overlay, dark in product(("power", "link_load", "heat_flux", "temperature"), (True, False)):
        rows = maps.overlay_map(overlay, dark)
        assert rows.shape == (256, 3)
        assert rows.dtype == np.uint8
        assert len(np.unique(rows, axis=0)) > 200


def test_unknown_is_grey_and_not_the_lowest_colour() -> None:
    """NaN must not look like little."""
    rows = maps.overlay_map("power", True)
    shown = maps.colours(np.array([0.0, np.nan, 10.0, 99.0]), 0.0, 10.0, rows)
    assert shown[1].tolist() == [128, 128, 128]
    assert shown[0].tolist() == rows[0].tolist()
    assert shown[2].tolist() == shown[3].tolist() == rows[255].tolist()


def test_every_action_is_in_a_menu_and_shortcuts_are_unique(window: MainWindow) -> None:
    """Whatever can be done is found in a menu with its shortcut; no two share one."""
    in_menus = {action for menu in window.menus.values() for action in menu.actions()}
    for spec in SPECS:
        action = window.actions_[spec.key]
        assert action in in_menus, spec.key
        assert action.shortcut().toString() or spec.menu, spec.key
        assert action.text()
    shortcuts = [a.shortcut().toString() for a in window.findChildren(QAction) if a.shortcut().toString()]
    assert len(shortcuts) == len(set(shortcuts))
    assert sum(bool(spec.shortcut) for spec in SPECS) >= len(SPECS) - 1


def test_main_controls_have_accessible_names_and_targets_of_24_pixels(drive: Driver) -> None:
    """Tool buttons, floor, catalogue, search, inspector fields, headline cells with value and unit, walls."""
    window = drive.window
    drive.click(drive.at("A01"))
    drive.settle()
    bar = {window.actions_[key]: key for group in TOOL_BAR for key in group}
    buttons = [button for button in window.findChildren(QToolButton) if button.defaultAction() in bar]
    assert len(buttons) == len(bar)
    for button in buttons:
        assert button.accessibleName()
        assert min(button.width(), button.height()) >= 24
    for widget in (window.floor, window.catalogue.search, window.catalogue.list, window.tree, window.history.list):
        assert widget.accessibleName(), widget
    for box in window.inspector.fields.values():
        assert box.accessibleName()
    for cell in window.headline.cells.values():
        assert cell.value in cell.accessibleName()
        assert cell.title in cell.accessibleName()
    assert "Binding wall" in window.headline.binding.accessibleName()
    for row in window.walls.rows.values():
        assert "%" in row.accessibleName()
    for button in window.overlays.buttons.values():
        if button.isVisible():
            assert button.height() >= 24


def test_f6_goes_round_the_panels(drive: Driver) -> None:
    """Every stop takes the focus, and after the last comes the first."""
    drive.floor.setFocus()
    seen = []
    for _ in range(5):
        drive.window.actions_["next_dock"].trigger()
        seen.append(type(drive.window.focusWidget()).__name__)
    assert seen[-1] == "FloorView"
    assert len(set(seen)) == 5
