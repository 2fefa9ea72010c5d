"""Selecting and editing on the floor with mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from .conftest import Driver

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_a_frame_drawn_to_the_right_encloses_and_to_the_left_touches(drive: Driver) -> None:
    """The same two corners: only what lies inside, or all that is met."""
    low, high = drive.point(9850, 7800), drive.point(11_090, 6300)
    drive.drag(low, high)
    assert drive.floor.marquee is not None
    drive.release(high)
    assert drive.floor.marquee is None
    assert set(drive.bridge.selection) == {"A01"}
    right, left = drive.point(11_090, 7800), drive.point(9850, 6300)
    drive.drag(right, left)
    drive.release(left)
    assert set(drive.bridge.selection) == {"cdu-1", "A01", "A02"}
    assert drive.history() == []


def test_clicks_select_add_and_take_away(drive: Driver) -> None:
    """Plain click replaces, Shift adds, Ctrl takes away or adds, a click on the floor clears."""
    drive.click(drive.at("A01"))
    assert drive.bridge.selection == ("A01",)
    drive.click(drive.at("B05"), SHIFT)
    assert drive.bridge.selection == ("A01", "B05")
    drive.click(drive.at("A01"), CTRL)
    assert drive.bridge.selection == ("B05",)
    drive.click(drive.at("A02"), CTRL)
    assert drive.bridge.selection == ("B05", "A02")
    drive.click(drive.point(12_000, 8200))
    assert drive.bridge.selection == ()


@pytest.mark.parametrize(("modifier", "step_mm"), [(Qt.KeyboardModifier.NoModifier, 10), (SHIFT, 100), (CTRL, 1)])
def test_arrows_nudge(drive: Driver, modifier: Qt.KeyboardModifier, step_mm: int) -> None:
    """10 mm, 100 with Shift, 1 with Ctrl; y is up."""
    drive.click(drive.at("A01"))
    x_mm, y_mm = drive.record("A01").x_mm, drive.record("A01").y_mm
    drive.key(Qt.Key.Key_Right, modifier)
    assert (drive.record("A01").x_mm, drive.record("A01").y_mm) == (x_mm + step_mm, y_mm)
    drive.key(Qt.Key.Key_Up, modifier)
    assert drive.record("A01").y_mm == y_mm + step_mm
    drive.key(Qt.Key.Key_Left, modifier)
    drive.key(Qt.Key.Key_Down, modifier)
    assert (drive.record("A01").x_mm, drive.record("A01").y_mm) == (x_mm, y_mm)
    assert len(drive.history()) == 4


def test_r_turns_a_quarter_and_shift_r_a_notch(drive: Driver) -> None:
    """90 and 15 degrees, counter-clockwise, modulo a full turn."""
    drive.click(drive.at("A01"))
    before = drive.record("A01").rotation_deg
    drive.key(Qt.Key.Key_R)
    assert drive.record("A01").rotation_deg == (before + 90) % 360
    drive.key(Qt.Key.Key_R, SHIFT)
    assert drive.record("A01").rotation_deg == (before + 105) % 360


def test_delete_takes_a_rack_with_its_cables_and_undo_brings_all_back(drive: Driver) -> None:
    """Nothing may point at what is gone; one undo restores every byte."""
    before = drive.session.to_bytes()
    drive.click(drive.at("B01"))
    drive.key(Qt.Key.Key_Delete)
    drive.settle()
    document = drive.session.document
    assert "B01" not in document.table("racks")
    assert not [link for link in document.table("links").values() if "B01" in (link.a, link.b)]
    assert drive.bridge.selection == ()
    assert "B01" not in drive.floor.scene.bodies.index
    drive.key(Qt.Key.Key_Z, CTRL)
    drive.settle()
    assert drive.session.to_bytes() == before
    assert drive.bridge.selection == ("B01",)


def test_ctrl_d_duplicates_beside_and_selects_the_copy(drive: Driver) -> None:
    """A copy one width to the right, with an id of its own."""
    drive.click(drive.at("A08"))
    before = set(drive.session.document.table("racks"))
    drive.key(Qt.Key.Key_D, CTRL)
    drive.settle()
    (copy,) = set(drive.session.document.table("racks")) - before
    assert drive.bridge.selection == (copy,)
    assert drive.record(copy).profile == drive.record("A08").profile
    assert drive.record(copy).x_mm == drive.record("A08").x_mm + 600
    assert drive.record(copy).y_mm == drive.record("A08").y_mm


def test_undo_and_redo_bring_the_selection_back(drive: Driver) -> None:
    """What an edit was about is selected again, whatever was selected since."""
    drive.click(drive.at("A01"))
    drive.key(Qt.Key.Key_Right)
    drive.click(drive.at("B02"))
    drive.key(Qt.Key.Key_Z, CTRL)
    assert drive.bridge.selection == ("A01",)
    drive.click(drive.at("B02"))
    drive.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert drive.bridge.selection == ("A01",)
    assert drive.record("A01").x_mm == 10_210


def test_history_panel_goes_back_and_forth(drive: Driver) -> None:
    """A click on an entry goes to the state after it."""
    drive.click(drive.at("A01"))
    for _ in range(3):
        drive.key(Qt.Key.Key_Right)
    drive.settle()
    panel = drive.window.history.list
    assert panel.count() == 3
    panel.itemClicked.emit(panel.item(0))
    drive.settle()
    assert drive.record("A01").x_mm == 10_210
    panel.itemClicked.emit(panel.item(2))
    assert drive.record("A01").x_mm == 10_230


def test_select_all_and_same_type(drive: Driver) -> None:
    """Ctrl+A takes what stands on the floor, Ctrl+Shift+A what is of the same profile."""
    drive.click(drive.at("A01"))
    drive.key(Qt.Key.Key_A, CTRL | SHIFT)
    assert set(drive.bridge.selection) == {"A01", "A02", "A05", "A06", "B01", "B02", "B05", "B06"}
    drive.key(Qt.Key.Key_A, CTRL)
    assert set(drive.bridge.selection) == set(drive.floor.scene.bodies.ids)
