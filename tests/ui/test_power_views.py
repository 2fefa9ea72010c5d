"""Power in the window: feeds drawn by drag, lines that are feeds, sources, sides, bursts and chains as charts."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest

from infraplanner.ui.canvas.power_tree import worst_failure
from infraplanner.ui.canvas.tree_layout import GAP_X
from infraplanner.ui.canvas.tree_lines import elbow
from infraplanner.ui.main_window import MainWindow

from .conftest import Driver


@pytest.fixture
def pod(drive: Driver) -> MainWindow:
    drive.window.tabs.setCurrentIndex(1)
    return drive.window


def test_a_drag_from_box_to_box_is_a_feed_that_can_be_undone(pod: MainWindow, drive: Driver) -> None:
    tree = pod.power_tree
    start, end = (tree.tree.boxes[key].center().toPoint() for key in ("ups-a", "bus-A-b"))
    before = set(pod.bridge.session.document.table("feeds"))
    QTest.mousePress(tree, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(tree, start + QPoint(20, 4))
    QTest.mouseMove(tree, end)
    QTest.mouseRelease(tree, Qt.MouseButton.LeftButton, pos=end)
    feeds = pod.bridge.session.document.table("feeds")
    new = (set(feeds) - before).pop()
    assert (feeds[new].source, feeds[new].target, feeds[new].side) == ("ups-a", "bus-A-b", "a")
    pod.bridge.undo()
    assert set(pod.bridge.session.document.table("feeds")) == before


def test_a_drag_onto_what_feeds_it_is_refused_as_a_ring(pod: MainWindow) -> None:
    said: list[str] = []
    pod.bridge.refused.connect(said.append)
    tree = pod.power_tree
    start, end = (tree.tree.boxes[key].center().toPoint() for key in ("ups-a", "tx-a"))
    QTest.mousePress(tree, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(tree, start + QPoint(20, 4))
    QTest.mouseMove(tree, end)
    QTest.mouseRelease(tree, Qt.MouseButton.LeftButton, pos=end)
    assert said
    assert "cycle" in said[0]


def test_a_drag_of_a_line_re_routes_its_nearer_end_as_one_step(pod: MainWindow, drive: Driver) -> None:
    tree, session = pod.power_tree, pod.bridge.session
    line = ("ups-a", "bus-A-a", "a")
    before = session.document.table("feeds")["f-ups-a-bus-A-a"]
    corners = tree.tree.routes[line]
    start, end = (corners[0] + QPointF(1, 0)).toPoint(), tree.tree.boxes["ups-b"].center().toPoint()
    QTest.mousePress(tree, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(tree, start + QPoint(4, 20))
    QTest.mouseMove(tree, end)
    assert tree._fixed_end() == corners[-1]
    QTest.mouseRelease(tree, Qt.MouseButton.LeftButton, pos=end)
    drive.settle()
    feed = session.document.table("feeds")["f-ups-a-bus-A-a"]
    assert (feed.source, feed.target, feed.side, feed.conductor) == ("ups-b", "bus-A-a", "b", before.conductor)
    assert any(f.rule == "power.shared-path" or "ups-b" in f.targets for f in session.result.findings)
    pod.bridge.undo()
    assert session.document.table("feeds")["f-ups-a-bus-A-a"] == before


def test_the_far_end_of_a_line_moves_to_another_target(pod: MainWindow, drive: Driver) -> None:
    tree, session = pod.power_tree, pod.bridge.session
    corners = tree.tree.routes["ups-a", "bus-A-a", "a"]
    start, end = (corners[-1] - QPointF(1, 0)).toPoint(), tree.tree.boxes["bus-A-b"].center().toPoint()
    QTest.mousePress(tree, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(tree, start + QPoint(-4, 20))
    QTest.mouseMove(tree, end)
    QTest.mouseRelease(tree, Qt.MouseButton.LeftButton, pos=end)
    assert session.document.table("feeds")["f-ups-a-bus-A-a"].target == "bus-A-b"
    pod.bridge.undo()


def test_no_line_runs_through_a_box_that_it_does_not_feed(pod: MainWindow) -> None:
    tree = pod.power_tree.tree
    for (source, target, _), corners in tree.routes.items():
        for a, b in pairwise(corners):
            piece = QRectF(min(a.x(), b.x()), min(a.y(), b.y()), abs(a.x() - b.x()) + 1e-3, abs(a.y() - b.y()) + 1e-3)
            for key, box in tree.boxes.items():
                assert key in (source, target) or not box.intersects(piece), (source, target, key)


def test_one_failed_ups_says_what_is_lost_and_who_takes_over(pod: MainWindow, drive: Driver) -> None:
    pod.bridge.toggle_failed(["ups-a"])
    pod.bridge.session.wait_idle()
    drive.settle()
    said = pod.bridge.what_if
    assert "ups-a failed" in said
    assert "no rack loses power" in said
    assert "16 racks on one feed" in said
    assert re.search(r"ups-b takes over, (1|2)\d to (3|4)\d %", said), said
    assert "tokens unchanged" in said
    pod.power_tree.grab()
    pod.bridge.repair_all()
    pod.bridge.session.wait_idle()
    drive.settle()


def test_a_click_on_a_line_selects_its_feed_and_the_inspector_edits_it(pod: MainWindow, drive: Driver) -> None:
    tree = pod.power_tree
    points = elbow(tree.tree.boxes["lv-a"], tree.tree.boxes["ups-a"], "a", GAP_X)
    at = QPointF((points[0].x() + points[1].x()) / 2, points[0].y())
    QTest.mouseClick(tree, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert pod.bridge.selection == ("f-lv-a-ups-a",)
    fields = pod.inspector.fields
    box = fields["conductor"]
    assert box.findData("cable-cu-750-415v") > 0
    box.setCurrentIndex(box.findData("cable-cu-750-415v"))
    box.activated.emit(box.currentIndex())
    drive.settle()
    assert pod.bridge.session.document.table("feeds")["f-lv-a-ups-a"].conductor == "cable-cu-750-415v"
    assert "f-lv-a-ups-a" in pod.bridge.session.result.power.wiring.wire_ids
    assert "A" in pod.inspector.outputs["amperes"].text()


def test_the_worst_single_failure_stands_over_the_tree(pod: MainWindow) -> None:
    text = worst_failure(pod.bridge.session.result)
    assert text.startswith("Fed by the grid")
    assert "no load is lost" in text


def test_maintenance_and_units_are_fields_of_a_node(pod: MainWindow, drive: Driver) -> None:
    pod.bridge.select(["ups-a"])
    box = pod.inspector.fields["maintenance"]
    box.setCurrentIndex(box.findData(True))
    box.activated.emit(box.currentIndex())
    drive.settle()
    assert pod.bridge.session.document.table("power")["ups-a"].maintenance is True
    assert {"units", "spare", "dispatch", "mode", "energy_kwh"} <= pod.inspector.fields.keys()


def test_charts_of_power_show_the_result(pod: MainWindow, drive: Driver) -> None:
    charts = pod.charts
    for chart in (charts.sources, charts.balance, charts.bursts):
        charts.open_chart(chart)
        drive.settle()
        assert chart.shown, chart.title
        assert "error" not in chart.shown
    assert charts.sources.table.rowCount() == 2
    assert set(charts.balance.shown) == {"A", "B"}
    assert "Whole site" in charts.bursts.shown
    charts.open_chart(charts.chains)
    drive.settle()
    assert charts.chains.shown["chain.dc-800v-sst"] > charts.chains.shown["chain.dc-54v"]


def test_the_wide_waterfall_goes_on_to_the_dies(pod: MainWindow, drive: Driver) -> None:
    charts = pod.charts
    charts.open_chart(charts.waterfall)
    drive.settle()
    assert ("Die" in charts.waterfall.shown) == (charts.waterfall.width() >= 640)
