"""Failing something as a what-if: nothing is edited, everything answers, and it ends without a trace."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from infraplanner.edit import Delete, EditError, SetFields
from infraplanner.io.plan_writer import plan_bytes
from infraplanner.model.document import Document
from infraplanner.model.entities import Feed, Hall, PowerNode
from infraplanner.session import evaluate_once
from infraplanner.ui.canvas.power_tree import lay_out
from infraplanner.ui.main_window import MainWindow
from tests.thermal.halls import air_hall

POD = Path(__file__).resolve().parents[2] / "resources" / "templates" / "nvl72-pod.yaml"


@pytest.fixture
def pod(window: MainWindow) -> MainWindow:
    window.files.open_path(str(POD))
    window.bridge.flush()
    return window


def _result(window: MainWindow) -> Any:
    window.bridge.session.wait_idle()
    window.bridge.flush()
    return window.bridge.session.result


def test_a_failed_ups_loads_the_other_and_edits_nothing(pod: MainWindow) -> None:
    session = pod.bridge.session
    before, healthy = session.to_bytes(), _result(pod)
    pod.bridge.select(["ups-a"])
    pod.actions_["fail"].trigger()
    broken = _result(pod)
    rows = {key: row for row, key in enumerate(broken.power.node_ids)}
    assert broken.failed == {"ups-a"}
    assert broken.power.node_out_w[rows["ups-a"]] == 0
    assert broken.power.node_out_w[rows["ups-b"]] > 1.8 * healthy.power.node_out_w[rows["ups-b"]]
    assert "ups-a failed" in pod.bridge.what_if
    assert session.to_bytes() == before
    assert not session.is_modified
    assert broken.summary == evaluate_once(session, failed=frozenset({"ups-a"})).summary
    pod.actions_["repair_all"].trigger()
    assert _result(pod).summary == healthy.summary
    assert pod.bridge.what_if == ""


def test_both_sides_failed_darken_the_racks(pod: MainWindow) -> None:
    healthy = _result(pod)
    pod.bridge.toggle_failed(["ups-a", "ups-b"])
    dark = _result(pod)
    assert not dark.power.rack_powered.all()
    assert (dark.summary.tokens_per_s or 0.0) < healthy.summary.tokens_per_s
    assert "racks without power: " in pod.bridge.what_if
    pod.grab()  # paints crosses, pills and banner
    pod.bridge.repair_all()
    _result(pod)


def test_deleting_what_has_failed_ends_its_failure(pod: MainWindow) -> None:
    pod.bridge.toggle_failed(["A01"])
    pod.bridge.execute(Delete(["A01"]))
    pod.bridge.flush()
    assert pod.bridge.session.failed == frozenset()
    with pytest.raises(EditError, match="no object A01"):
        pod.bridge.session.set_failed({"A01"})
    pod.bridge.undo()


def test_opening_another_plan_ends_the_what_if(pod: MainWindow) -> None:
    pod.bridge.toggle_failed(["ups-a"])
    pod.files.open_path(str(POD.with_name("h100-pilot.yaml")))
    assert pod.bridge.session.failed == frozenset()
    assert not _result(pod).failed


def test_the_table_of_failures_fills_and_shows_one(pod: MainWindow) -> None:
    chart = pod.charts.failures
    pod.charts.open_chart(chart)
    _result(pod)
    assert chart.table.rowCount() == len(chart.costs) > 20
    worst = chart.costs[0]
    assert chart.values()[worst.ids[0]] == worst.tokens_lost_per_s > 0
    chart.table.selectRow(0)
    assert set(pod.bridge.selection) == set(worst.ids)
    chart.table.itemDoubleClicked.emit(chart.table.item(0, 0))
    broken = _result(pod)
    assert broken.failed == {worst.ids[0]}
    pod.bridge.repair_all()
    _result(pod)


def test_the_power_tree_shows_who_feeds_whom(pod: MainWindow) -> None:
    pod.tabs.setCurrentIndex(1)
    tree = pod.power_tree.tree
    document = pod.bridge.session.document
    assert set(tree.boxes) == set(document.table("power"))
    loads = [key for group in tree.groups for key in group.ids]
    assert sorted(loads) == sorted([*document.table("racks"), *document.table("cooling")])
    for source, target, _side in tree.lines:
        assert tree.boxes[source].right() < tree.boxes[target].left()
    box = tree.boxes["ups-a"]
    assert tree.at(box.center()) == "ups-a"
    QTest.mouseClick(pod.power_tree, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert pod.bridge.selection == ("ups-a",)
    QTest.mouseDClick(pod.power_tree, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert _result(pod).failed == {"ups-a"}
    pod.grab()
    pod.bridge.repair_all()
    _result(pod)


def test_a_ring_of_feeds_still_draws() -> None:
    tables: dict[str, dict[str, Any]] = {
        "halls": {"h": Hall(id="h", width_mm=9000, depth_mm=9000)},
        "power": {key: PowerNode(id=key, hall="h", profile="ups", x_mm=0, y_mm=0) for key in ("u", "v")},
        "feeds": {"f": Feed(id="f", source="u", target="v"), "g": Feed(id="g", source="v", target="u")},
    }
    assert set(lay_out(Document(tables).snapshot()).boxes) == {"u", "v"}


def test_a_failed_air_unit_says_what_gets_warm(window: MainWindow, tmp_path: Path) -> None:
    """Nothing of the load is lost by it, whatever the plan's racks lack before."""
    path = tmp_path / "hall.yaml"
    path.write_bytes(plan_bytes(air_hall(crahs=10).snapshot(), window.bridge.session.catalog))
    window.files.open_path(str(path))
    window.bridge.flush()
    _result(window)
    window.bridge.toggle_failed(["crah0"])
    _result(window)
    said = window.bridge.what_if
    assert "crah0 failed" in said
    assert "load lost" not in said
    assert "air of hall covers 88 % of what racks draw" in said
    assert re.search(r"warmest inlet r\d\w\d\d, \d\d\.\d °C, before \d\d\.\d °C", said), said
    assert "takes over" not in said


def test_what_is_dark_and_overloaded_is_named(pod: MainWindow) -> None:
    _result(pod)
    pod.bridge.execute(SetFields("power", ["ups-b"], {"rating_kw": 500.0}))
    _result(pod)
    pod.bridge.toggle_failed(["ups-a"])
    _result(pod)
    assert re.search(r"overloaded: ups-b 1\d\d %", pod.bridge.what_if), pod.bridge.what_if
    pod.bridge.toggle_failed(["ups-b"])
    _result(pod)
    assert "racks without power: 16 (A01, A02, A03 ...)" in pod.bridge.what_if


def test_groups_say_which_side_is_left(pod: MainWindow) -> None:
    _result(pod)
    tree = pod.power_tree
    assert {tree._lost(group) for group in tree.tree.groups} == {""}
    pod.bridge.toggle_failed(["ups-a"])
    _result(pod)
    said = {group.title: tree._lost(group) for group in tree.tree.groups if "Row" in group.title}
    assert set(said.values()) == {"only B left"}
    pod.bridge.toggle_failed(["ups-b"])
    _result(pod)
    assert {tree._lost(group) for group in tree.tree.groups if "Row" in group.title} == {"no side left"}
