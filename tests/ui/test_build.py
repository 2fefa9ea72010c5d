"""Placing parts and connecting them, by mouse, by keys and by drop."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from infraplanner.ui.panels.catalogue import MIME, ROLE

from .conftest import Driver

ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


def search(drive: Driver, text: str) -> Any:
    """Type into the catalogue's field and wait for its list."""
    catalogue = drive.window.catalogue
    catalogue.search.setFocus()
    QTest.keyClicks(catalogue.search, text)
    catalogue.fill()
    return catalogue


def new_ids(drive: Driver, table: str, before: set[str]) -> set[str]:
    """Ids added to a table."""
    return set(drive.session.document.table(table)) - before


def test_enter_in_the_search_field_takes_a_part_and_a_click_places_it(drive: Driver) -> None:
    """Keyboard to choose, mouse to place; with Alt exactly where the pointer is. It stays in the hand until Escape."""
    before = set(drive.session.document.table("racks"))
    catalogue = search(drive, "gb200 nvl72")
    QTest.keyClick(catalogue.search, Qt.Key.Key_Return)
    assert drive.floor.tool is drive.window.tools["place"]
    where = drive.point(12_345, 8_700)
    drive.move(where, ALT)
    assert drive.floor.preview is not None
    drive.click(where, ALT)
    drive.settle()
    (made,) = new_ids(drive, "racks", before)
    assert (drive.record(made).x_mm, drive.record(made).y_mm) == (12_345, 8_700)
    assert drive.bridge.selection == (made,)
    assert made in drive.floor.scene.bodies.index
    assert made in drive.session.result.power.rack_ids
    drive.click(drive.point(13_500, 8_700), ALT)
    assert len(new_ids(drive, "racks", before)) == 2
    drive.key(Qt.Key.Key_Escape)
    assert drive.floor.tool is drive.window.tools["select"]
    assert drive.floor.preview is None


def test_keyboard_only_path_places_a_part(drive: Driver) -> None:
    """Enter on a row of the list takes it, R turns it, Enter on the floor puts it down."""
    before = set(drive.session.document.table("cooling"))
    catalogue = search(drive, "xdu1350")
    model = catalogue.list.model()
    row = next(i for i in range(model.rowCount()) if model.index(i, 0).data(ROLE).profile is not None)
    catalogue.list.setFocus()
    catalogue.list.setCurrentIndex(model.index(row, 0))
    QTest.keyClick(catalogue.list, Qt.Key.Key_Return)
    assert drive.floor.tool is drive.window.tools["place"]
    assert drive.floor.hasFocus()
    drive.key(Qt.Key.Key_R)
    drive.key(Qt.Key.Key_Return)
    (made,) = new_ids(drive, "cooling", before)
    assert drive.record(made).profile == "cdu-xdu1350"
    assert drive.record(made).rotation_deg == 90


def test_a_part_is_dropped_where_the_pointer_is(drive: Driver) -> None:
    """Drag from the catalogue: the ghost shows on the way, the record stands snapped within reach of the drop."""
    before = set(drive.session.document.table("racks"))
    data = QMimeData()
    data.setData(MIME, b"storage-flash")
    at, button, copy = drive.point(12_000, 9_000), Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(at.toPoint(), copy, data, button, NONE)
    QApplication.sendEvent(drive.floor, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(drive.floor, QDragMoveEvent(at.toPoint(), copy, data, button, NONE))
    QApplication.sendEvent(drive.floor, QDropEvent(at, copy, data, button, NONE))
    drive.settle()
    (made,) = new_ids(drive, "racks", before)
    record = drive.record(made)
    assert record.profile == "storage-flash"
    assert abs(record.x_mm - 12_000) <= 400
    assert abs(record.y_mm - 9_000) <= 400
    assert drive.floor.preview is None


def test_link_tool_joins_two_racks_and_the_engine_chooses_the_medium(drive: Driver) -> None:
    """L, press on one rack, release on the other: one record that says auto, and a length in the chart's data."""
    before = set(drive.session.document.table("links"))
    drive.key(Qt.Key.Key_L)
    assert drive.floor.tool is drive.window.tools["link"]
    drive.drag(drive.at("A05"), drive.at("B05"))
    assert drive.floor.rubber is not None
    drive.release(drive.at("B05"))
    drive.settle()
    (made,) = new_ids(drive, "links", before)
    link = drive.record(made)
    assert (link.a, link.b, link.medium) == ("A05", "B05", "auto")
    fabric = drive.session.result.fabric
    row = fabric.link_ids.index(made)
    assert fabric.medium[row]
    assert fabric.length_m[row] > 2.8
    assert drive.floor.rubber is None


def test_two_clicks_make_a_link_too_and_a_link_to_a_pump_is_refused_in_words(drive: Driver) -> None:
    """Click, click; and what cannot be joined is told in the status line and leaves no entry."""
    drive.key(Qt.Key.Key_L)
    drive.click(drive.at("A05"))
    drive.click(drive.at("A06"))
    assert drive.history() == ["Link A05 to A06"]
    drive.click(drive.at("A05"))
    drive.click(drive.at("cdu-1"))
    assert drive.history() == ["Link A05 to A06"]
    assert "cdu-1" in drive.window.hint.text() or drive.floor.tool is drive.window.tools["link"]


def test_a_medium_from_the_catalogue_is_pinned(drive: Driver) -> None:
    """A link part taken into the hand pins rate and medium of what is drawn."""
    before = set(drive.session.document.table("links"))
    drive.window.take_part("aoc_400g_sr")
    drive.drag(drive.at("A05"), drive.at("B06"))
    drive.release(drive.at("B06"))
    (made,) = new_ids(drive, "links", before)
    assert drive.record(made).medium == "aoc_400g_sr"
    assert drive.record(made).rate_gbps == 400.0


def test_feed_tool_feeds_and_refuses_a_cycle(drive: Driver) -> None:
    """E from a switchboard to a rack; back to its own source power would run in a circle, which is refused."""
    drive.show_all()
    before = set(drive.session.document.table("feeds"))
    told: list[str] = []
    drive.bridge.refused.connect(told.append)
    drive.key(Qt.Key.Key_E)
    drive.drag(drive.at("lv-a"), drive.at("A08"))
    drive.release(drive.at("A08"))
    (made,) = new_ids(drive, "feeds", before)
    feed = drive.record(made)
    assert (feed.source, feed.target, feed.side) == ("lv-a", "A08", drive.record("lv-a").side)
    bytes_before = drive.session.to_bytes()
    drive.drag(drive.at("lv-a"), drive.at("util-a"))
    drive.release(drive.at("util-a"))
    assert drive.session.to_bytes() == bytes_before
    assert told
    assert "cycle" in told[-1]
    drive.drag(drive.at("A01"), drive.at("A02"))
    drive.release(drive.at("A02"))
    assert "starts at a power unit" in told[-1]
    assert drive.session.to_bytes() == bytes_before


def test_coolant_tool_puts_a_rack_on_a_loop(drive: Driver) -> None:
    """C from a CDU to a rack; the rack's flow shows in the next result."""
    drive.key(Qt.Key.Key_C)
    drive.drag(drive.at("cdu-3"), drive.at("A01"))
    drive.release(drive.at("A01"))
    drive.settle()
    assert drive.record("A01").loop == "tcs-b"
    drive.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert drive.record("A01").loop == "tcs-a"


def test_measure_reads_millimetres_and_leaves_no_edit(drive: Driver) -> None:
    """M, drag: two points of the hall; Shift keeps it level."""
    drive.key(Qt.Key.Key_M)
    start, end = drive.point(10_000, 8_000), drive.point(12_500, 8_400)
    drive.press(start)
    drive.move(end)
    assert drive.floor.measure is not None
    (x0, y0), (x1, y1) = drive.floor.measure
    assert (round(x1 - x0), round(y1 - y0)) == (2500, 400)
    drive.move(end + QPointF(0, 3), Qt.KeyboardModifier.ShiftModifier)
    assert drive.floor.measure[0][1] == drive.floor.measure[1][1]
    drive.release(end)
    assert drive.history() == []
