"""The heart of the program: while a rack is dragged, power, heat, cables and tokens answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from infraplanner.catalog.types import Constant
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import evaluate_once
from infraplanner.ui.main_window import MainWindow

from .conftest import Driver

Fingerprint = Callable[[ResultSnapshot], str]
ALT = Qt.KeyboardModifier.AltModifier
RACK = "A02"
LEFT_MM = -3000
"""Away from its switches: every cable of A02 to A03 and A04 grows by 3 m."""


def chart_values(drive: Driver) -> dict[str, Any]:
    """What the charts and the headline show, as the user reads it."""
    charts, cells = drive.window.charts, drive.window.headline.cells
    shown = {f"links.{key}": value for key, value in charts.links.values().items()}
    shown |= {f"waterfall.{key}": value for key, value in charts.waterfall.values().items()}
    return shown | {f"headline.{key}": (cell.value, cell.change) for key, cell in cells.items()}


def show_link_chart(drive: Driver) -> None:
    """The overview leaves the link chart out at this width: put it beside the others."""
    drive.window.charts.links.setVisible(True)
    drive.settle()
    assert drive.window.charts.links.isVisible()
    assert drive.window.charts.waterfall.isVisible()


def link(result: ResultSnapshot, key: str) -> dict[str, Any]:
    """Length, ordered length, medium and watts of one bundle."""
    fabric = result.fabric
    row = fabric.link_ids.index(key)
    return {
        "length_m": float(fabric.length_m[row]),
        "ordered_m": float(fabric.ordered_m[row]),
        "medium": fabric.medium[row],
        "power_w": float(fabric.power_w[row]),
    }


def port_height_m(drive: Driver, end: str) -> float:
    """Height of a link's end: the top of a rack, the middle of a device's units."""
    record, catalog = drive.record(end), drive.session.catalog
    if not hasattr(record, "u"):
        return float(catalog.find(record.profile).height_mm) / 1e3
    frame = catalog.find(drive.record(record.rack).profile)
    units = catalog.find(record.profile).rack_units or 1.0
    return float((record.u - 1 + units / 2) * frame.unit_mm / 1e3)


def hand_length_m(drive: Driver, key: str) -> float:
    """Across to the tray over the own row, along it (and along the bridge at 12 m between the rows), across and down.

    The trays over both rows run from 9.6 to 15 m; a rack beyond an end is as far from it as it stands outside.
    """
    record = drive.record(key)
    a, b = drive.record(record.a), drive.record(record.b)
    a, b = (drive.record(end.rack) if hasattr(end, "u") else end for end in (a, b))
    trays = drive.session.document.table("trays")
    level = {"A": trays["tray-a"].points_mm[0][1], "B": trays["tray-b"].points_mm[0][1]}
    feet = [min(15_000, max(9600, end.x_mm)) for end in (a, b)]
    across = sum(abs(end.x_mm - foot) + abs(end.y_mm - level[end.row]) for end, foot in zip((a, b), feet, strict=True))
    bridge = trays["tray-x"].points_mm[0][0]
    along = abs(feet[0] - feet[1])
    if a.row != b.row:
        along = sum(abs(foot - bridge) for foot in feet) + abs(level["A"] - level["B"])
    rise = sum(abs(trays["tray-a"].elevation_mm / 1e3 - port_height_m(drive, end)) for end in (record.a, record.b))
    return (across + along) / 1e3 + rise


def hand_ordered_m(drive: Driver, length_m: float, material: str) -> float:
    """The shortest stock length at or above `L (1 + slack) + 2 service loops`, from the catalogue's constants."""
    constant = drive.session.catalog.constant
    need = length_m * (1 + constant("cable.slack_frac")) + 2 * constant("cable.service_loop_m")
    stock = [
        c.value for c in drive.session.catalog.of(Constant).values() if c.id.startswith(f"cable.stock_{material}_m.")
    ]
    fitting = [length for length in sorted(stock) if length >= need - 1e-9]
    return fitting[0] if fitting else math.ceil(need)


def begin_drag(drive: Driver, dx_mm: float, modifiers: Any = ALT, steps: int = 12) -> QPointF:
    """Press on the rack and pull it along x without letting go; returns where the pointer is."""
    start = drive.at(RACK)
    end = start + QPointF(dx_mm * drive.floor.camera.scale, 0)
    drive.drag(start, end, modifiers, steps)
    return end


def test_charts_follow_a_real_mouse_before_the_button_is_released(drive: Driver) -> None:
    """QTest's own mouse: press, forty moves, and every step shows in the charts while the button is down."""
    show_link_chart(drive)
    drive.window.actions_["snap"].trigger()
    start = drive.at(RACK).toPoint()
    before = chart_values(drive)
    seen_total, seen_power = set(), set()
    QTest.mousePress(drive.floor, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 41):
        QTest.mouseMove(drive.floor, start - QPoint(step * 3, 0))
        drive.settle()
        shown = chart_values(drive)
        seen_total.add(shown["links.total_m"])
        seen_power.add(shown["links.power_w"])
    during = chart_values(drive)
    assert drive.floor.moving == {RACK}
    assert drive.session.result is not None
    assert drive.session.result.provisional
    assert len(seen_total) > 20, "cable length follows nearly every step"
    assert len(seen_power) > 2, "watts rise in steps, as one medium after another gives up"
    assert during["links.power_w"] > before["links.power_w"]
    changed = {key.partition(".")[0] for key in before if before[key] != during[key]}
    assert changed == {"links", "waterfall", "headline"}
    assert during["waterfall.IT"] > before["waterfall.IT"]
    assert drive.history() == []
    QTest.mouseRelease(drive.floor, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start - QPoint(120, 0))
    drive.settle()
    assert drive.history() == ["Move A02"]
    assert not drive.session.result.provisional


def test_three_metres_lengthen_cables_and_turn_copper_into_optics_by_hand_computed_amounts(drive: Driver) -> None:
    """A02 moved 3 m to the left: passive copper to leaf 1 becomes an optical cable, and 287.2 W more are drawn."""
    show_link_chart(drive)
    keys = ["l-A02-leaf-01", "l-A02-leaf-02", "l-A02-leaf-18", "l-A02-eth-1", "l-A02-A08"]
    before_m = {key: hand_length_m(drive, key) for key in keys}
    assert drive.session.result is not None
    before, shown_before = drive.session.result, chart_values(drive)
    for key in keys:
        assert link(before, key)["length_m"] == pytest.approx(before_m[key], abs=1e-9)
    drive.release(begin_drag(drive, LEFT_MM), ALT)
    drive.settle()
    after, shown_after = drive.session.result, chart_values(drive)
    assert drive.record(RACK).x_mm == 10_800 + LEFT_MM
    media = {
        "l-A02-leaf-01": ("dac", "multimode"),
        "l-A02-leaf-02": ("aec", "multimode"),
        "l-A02-leaf-18": ("multimode", "multimode"),
        "l-A02-eth-1": ("aec", "multimode"),
        "l-A02-A08": (None, None),
    }
    find = drive.session.catalog.find
    for key in keys:
        old, new = link(before, key), link(after, key)
        assert new["length_m"] - old["length_m"] == pytest.approx(3.0, abs=1e-9)
        for state, length, family in ((old, before_m[key], media[key][0]), (new, before_m[key] + 3, media[key][1])):
            medium = find(state["medium"])
            material = "fibre" if medium.family in ("multimode", "single_mode") else "copper"
            assert state["ordered_m"] == hand_ordered_m(drive, length, material)
            assert state["ordered_m"] <= medium.reach_m
            assert family in (None, medium.family)
            count = drive.record(key).count
            assert state["power_w"] == pytest.approx(2 * count * (medium.power_per_end_w or 0.0))
            if family is not None:
                assert shown_after["links.lengths_m"][key] == link(after, key)["ordered_m"]
    # Leaf 1 of copper at 0.1 W an end, leaves 2 to 9 and two Ethernet links of active copper at 6 W: all at 9 W now.
    grown_w = 4 * 2 * (9.0 - 0.1) + 8 * 4 * 2 * (9.0 - 6.0) + 2 * 2 * 2 * (9.0 - 6.0)
    assert grown_w == pytest.approx(287.2)
    assert shown_after["links.power_w"] - shown_before["links.power_w"] == pytest.approx(grown_w)
    assert shown_after["waterfall.IT"] > shown_before["waterfall.IT"]


def test_typed_distance_moves_by_exactly_that(drive: Driver) -> None:
    """A short pull to the left, 3000 typed, Enter: 3 m whatever the mouse said."""
    before = drive.session.to_bytes()
    begin_drag(drive, -400)
    drive.type("3000")
    assert drive.record(RACK).x_mm == 10_800 - 3000
    assert "3000 mm" in drive.window.hint.text()
    drive.move(drive.at(RACK) + QPointF(30, 4))
    assert drive.record(RACK).x_mm == 10_800 - 3000, "a trembling hand does not undo what was typed"
    drive.key(Qt.Key.Key_Return)
    drive.release(drive.at(RACK))
    drive.settle()
    assert drive.record(RACK).x_mm == 10_800 - 3000
    assert drive.history() == ["Move A02"]
    drive.bridge.undo()
    assert drive.session.to_bytes() == before


def test_one_undo_restores_bytes_and_results(drive: Driver, fingerprint: Fingerprint) -> None:
    """Document bytes and every figure of the result are what they were, and redo brings the move back."""
    assert drive.session.result is not None
    bytes_before, print_before = drive.session.to_bytes(), fingerprint(drive.session.result)
    drive.release(begin_drag(drive, LEFT_MM), ALT)
    drive.settle()
    bytes_after, print_after = drive.session.to_bytes(), fingerprint(drive.session.result)
    assert bytes_after != bytes_before
    assert print_after != print_before
    drive.window.actions_["undo"].trigger()
    drive.settle()
    assert drive.session.to_bytes() == bytes_before
    assert fingerprint(drive.session.result) == print_before
    drive.window.actions_["redo"].trigger()
    drive.settle()
    assert drive.session.to_bytes() == bytes_after
    assert fingerprint(drive.session.result) == print_after


def test_escape_during_a_drag_leaves_everything_as_it_was(drive: Driver, fingerprint: Fingerprint) -> None:
    """The plan, the history and the figures; the release that follows does nothing."""
    assert drive.session.result is not None
    bytes_before, print_before = drive.session.to_bytes(), fingerprint(drive.session.result)
    end = begin_drag(drive, LEFT_MM)
    assert drive.session.to_bytes() != bytes_before
    drive.key(Qt.Key.Key_Escape)
    drive.move(end)
    drive.release(end)
    drive.settle()
    assert drive.session.to_bytes() == bytes_before
    assert drive.history() == []
    assert not drive.session.is_modified
    assert fingerprint(drive.session.result) == print_before
    assert drive.bridge.selection == (RACK,)


def test_a_drag_of_many_steps_is_one_entry_and_a_drag_back_is_none(drive: Driver) -> None:
    """Sixty steps are one entry in the history panel; a pull that returns to its start is no edit at all."""
    end = begin_drag(drive, 1500, ALT, steps=60)
    drive.release(end, ALT)
    drive.settle()
    assert drive.history() == ["Move A02"]
    assert drive.window.history.list.count() == 1
    start = drive.at(RACK)
    drive.drag(start, start + QPointF(80, 0), ALT)
    drive.move(start, ALT)
    drive.release(start, ALT)
    drive.settle()
    assert drive.history() == ["Move A02"]


def test_snapping_holds_to_neighbours_and_alt_sets_free(drive: Driver) -> None:
    """Near the edge of its old neighbour a rack snaps to it exactly; with Alt it stays where the mouse is."""
    start = drive.at(RACK)
    near = start + QPointF(-1843 * drive.floor.camera.scale, 0)
    drive.drag(start, near)
    snapped = drive.record(RACK).x_mm
    drive.move(near, ALT)
    assert drive.record(RACK).x_mm == 10_800 - 1843
    assert snapped != 10_800 - 1843
    assert not drive.floor.guides
    drive.key(Qt.Key.Key_Escape)
    drive.release(near)


def test_threads_show_provisional_figures_while_moving_and_the_settled_one_after(
    threaded: MainWindow, qtbot: QtBot, fingerprint: Fingerprint
) -> None:
    """With the two engine threads: results arrive while the mouse moves, and the last equals one plain evaluation."""
    drive = Driver(threaded)
    drive.open()
    session = drive.session
    qtbot.waitUntil(lambda: session.result is not None and not session.result.provisional, timeout=60_000)
    drive.settle()
    shown: list[tuple[bool, float]] = []
    drive.bridge.result.connect(lambda result: shown.append((result.provisional, float(result.fabric.total_length_m))))
    start = drive.at(RACK)
    drive.press(start)
    for step in range(1, 41):
        drive.move(start + QPointF(step * LEFT_MM * drive.floor.camera.scale / 40, 0), ALT)
        if step % 10 == 0:
            revision = session.document.revision
            qtbot.waitUntil(lambda revision=revision: session.result.revision >= revision, timeout=20_000)
            count = len(shown)
            qtbot.waitUntil(lambda count=count: len(shown) >= min(count, 4) and bool(shown), timeout=20_000)
    assert len({length for provisional, length in shown if provisional}) >= 2
    assert all(provisional for provisional, _ in shown), "nothing settles while the button is down"
    drive.release(start + QPointF(LEFT_MM * drive.floor.camera.scale, 0), ALT)
    revision = session.document.revision
    qtbot.waitUntil(lambda: session.result.revision == revision and not session.result.provisional, timeout=60_000)
    assert session.wait_idle()
    drive.settle()
    assert shown[-1][0] is False
    assert fingerprint(session.result) == fingerprint(evaluate_once(session))
