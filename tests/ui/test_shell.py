"""The window around the plan: palette, themes, overlays, charts that hide and charts that fail."""

from __future__ import annotations

import gc
import weakref
from collections import Counter

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.app import collect_between_events
from infraplanner.ui.canvas.overlays import OVERLAYS
from infraplanner.ui.theme.current import current

from .conftest import Driver, settle

CTRL = Qt.KeyboardModifier.ControlModifier


def pixels(widget: QWidget) -> np.ndarray:
    """(height, width, 3) of what a widget shows."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def commonest(picture: np.ndarray, share: float = 0.01) -> set[str]:
    """Colours that cover at least a share of a picture."""
    packed = (picture.astype(np.int64) * [65536, 256, 1]).sum(axis=2).ravel()
    counts = Counter(packed.tolist())
    return {f"#{code:06X}" for code, count in counts.items() if count >= share * len(packed)}


def palette(drive: Driver, text: str) -> list[str]:
    """Open the palette, type, and return what it offers."""
    drive.key(Qt.Key.Key_K, CTRL)
    assert drive.window.palette_.isVisible()
    QTest.keyClicks(drive.window.palette_.field, text)
    entries = drive.window.palette_.list
    return [entries.item(row).text() for row in range(entries.count())]


def enter(drive: Driver) -> None:
    """Run the first entry."""
    QTest.keyClick(drive.window.palette_.field, Qt.Key.Key_Return)
    drive.settle()


def test_palette_does_an_action(drive: Driver) -> None:
    """Typed letters find it, Enter does it, and it is offered first the next time."""
    assert drive.window.actions_["snap"].isChecked()
    found = palette(drive, "snap")
    assert found[0].startswith("Snap to grid")
    enter(drive)
    assert not drive.window.actions_["snap"].isChecked()
    assert not drive.window.palette_.isVisible()
    assert not any(tool.snapping for tool in drive.window.tools.values())


def test_palette_finds_a_rack_and_goes_there(drive: Driver) -> None:
    """An id selects and centres."""
    assert any(entry.startswith("B05") for entry in palette(drive, "b05"))
    enter(drive)
    assert drive.bridge.selection == ("B05",)


def test_palette_takes_a_profile_into_the_hand(drive: Driver) -> None:
    """A part by name: the place tool holds it."""
    found = palette(drive, "gb300 nvl72")
    assert "gb300-nvl72" in found[0].lower()
    enter(drive)
    assert drive.floor.tool is drive.window.tools["place"]


def test_palette_moves_with_arrows_and_closes_with_escape(drive: Driver) -> None:
    """Down and up go round; Escape leaves everything as it was."""
    palette(drive, "zoom")
    field, entries = drive.window.palette_.field, drive.window.palette_.list
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert entries.currentRow() == 1
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert entries.currentRow() == entries.count() - 1
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not drive.window.palette_.isVisible()
    assert drive.history() == []


def test_the_theme_switches_live_and_leaves_nothing_of_the_old_one(drive: Driver) -> None:
    """Canvas, charts, docks and bars: no surface colour of the dark theme covers anything in the light one."""
    dark = current().theme
    surfaces = {dark.hex(name).upper() for name in dark.colours if name.startswith("surface.")}
    assert commonest(pixels(drive.window)) & surfaces
    drive.key(Qt.Key.Key_T, CTRL)
    drive.settle()
    light = current().theme
    assert not light.is_dark
    assert drive.window.settings.get("theme") == "light"
    for chart in drive.window.charts.charts:
        assert chart.plot.backgroundBrush().color() == light.colour("surface.panel")
    canvas = commonest(pixels(drive.floor))
    assert {light.hex("surface.floor").upper(), light.hex("surface.canvas").upper()} & canvas
    assert not commonest(pixels(drive.window), 0.0005) & surfaces
    drive.key(Qt.Key.Key_T, CTRL)
    drive.settle()
    assert current().theme.is_dark
    gone = {light.hex(name).upper() for name in light.colours if name.startswith("surface.")}
    assert not commonest(pixels(drive.window), 0.002) & (gone - surfaces)


def test_overlays_colour_the_floor_and_say_why_some_cannot(drive: Driver) -> None:
    """Each available overlay changes the picture; the others are greyed with a reason."""
    plain = pixels(drive.floor)
    for key, _, why_not in OVERLAYS:
        button = drive.window.overlays.buttons[key]
        if why_not:
            assert not button.isEnabled()
            assert button.toolTip() == why_not
            continue
        button.click()
        settle()
        assert drive.floor.overlay_key == key
        differs = not np.array_equal(pixels(drive.floor), plain)
        assert differs == (key not in ("none", "findings")), key
        assert not drive.floor.fault
    drive.key(Qt.Key.Key_2)
    overlay = drive.floor.overlay
    assert overlay is not None
    assert (overlay.key, overlay.unit) == ("power", "kW")
    row = drive.floor.scene.bodies.index["A01"]
    rack = drive.session.result.power.rack_ids.index("A01")
    assert overlay.values[row] == pytest.approx(drive.session.result.power.rack_power_w[rack] / 1e3)


def test_hidden_charts_rest_and_catch_up_when_shown(drive: Driver) -> None:
    """A chart nobody sees draws nothing, and draws the last result once when it is opened."""
    charts = drive.window.charts
    charts.open_chart(charts.waterfall)
    settle()
    hidden, shown = charts.heat.updates, charts.waterfall.updates
    drive.click(drive.at("A01"))
    for _ in range(5):
        drive.key(Qt.Key.Key_Right)
        drive.settle()
    assert charts.heat.updates == hidden
    assert charts.waterfall.updates >= shown + 5
    charts.open_chart(charts.heat)
    settle()
    assert charts.heat.updates == hidden + 1
    assert charts.heat.revision == drive.session.result.revision


def test_a_failing_chart_shows_its_own_error_and_the_rest_live_on(
    drive: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence with a button for the details; the others draw the new result; it recovers by itself."""
    charts = drive.window.charts

    def broken(_result: ResultSnapshot) -> None:
        raise RuntimeError("no such bar")

    with monkeypatch.context() as patch:
        patch.setattr(charts.waterfall, "draw", broken)
        drive.click(drive.at("A01"))
        drive.key(Qt.Key.Key_Right)
        drive.settle()
        assert "no such bar" in charts.waterfall.message.text()
        assert charts.waterfall.message.isVisible()
        assert charts.tokens.revision == drive.session.result.revision
        assert "error" not in charts.tokens.values()
        charts.waterfall.copy.click()
        assert "RuntimeError: no such bar" in QApplication.clipboard().text()
    drive.key(Qt.Key.Key_Right)
    drive.settle()
    assert not charts.waterfall.message.isVisible()
    assert charts.waterfall.values()["IT"] > 0


def test_layers_hide_what_they_name(drive: Driver) -> None:
    """Without its layer nothing of it is drawn; with it the picture is as before."""
    before = pixels(drive.floor)
    for key in ("links", "bodies", "loops", "grid"):
        box = drive.window.layers.boxes[key]
        box.setChecked(False)
        settle()
        assert not np.array_equal(pixels(drive.floor), before), key
        box.setChecked(True)
        settle()
    assert np.array_equal(pixels(drive.floor), before)


def test_presentation_hides_all_docks_and_brings_them_back(drive: Driver) -> None:
    """F11 and F11."""
    drive.key(Qt.Key.Key_F11)
    assert not any(dock.isVisible() for dock in drive.window.docks)
    drive.key(Qt.Key.Key_F11)
    settle()
    assert all(dock.isVisible() for dock in drive.window.docks)


def test_every_overlap_of_docks_is_an_error(drive: Driver) -> None:
    """No dock covers another or the floor, at the two sizes that were designed."""
    for width, height in ((1440, 900), (1920, 1080)):
        drive.window.resize(width, height)
        drive.window.reset_layout()
        settle()
        boxes = [dock.geometry() for dock in drive.window.docks if dock.isVisible()]
        boxes.append(drive.window.centralWidget().geometry())
        for index, box in enumerate(boxes):
            assert drive.window.rect().contains(box)
            assert not any(box.intersects(other) for other in boxes[index + 1 :])


def test_cycles_are_collected_between_events_only(qapp: QApplication, window: object) -> None:
    """A widget that dies while Qt holds the lock of a signal would wait for ever, so Python's own collection is off."""
    assert window is not None
    assert not gc.isenabled()
    collector = collect_between_events()
    assert collector.timer.isActive()
    assert collector.timer.thread() is qapp.thread()
    gc.collect()
    lost = Lost()
    lost.itself = lost
    gone = weakref.ref(lost)
    del lost
    rest = [[] for _ in range(collector.threshold[0] + 1)]
    assert gone() is not None
    collector.timer.timeout.emit()
    assert gone() is None
    assert len(rest) > collector.threshold[0]


class Lost:
    """Something that only a collection of cycles finds."""

    itself: Lost
