"""The copper wall in the window: fabrics built, cut and coloured, a link in full, a medium locked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog

from infraplanner.ui.fabric_dialog import FabricDialog

from .conftest import POD, Driver, dialogs_of

LINK = "l-A02-leaf-01"


def test_a_fabric_is_built_from_the_menu_and_undone_as_one_edit(drive: Driver) -> None:
    before = drive.session.to_bytes()
    drive.bridge.select(["A01", "A02", "B01", "B02"])
    drive.window.actions_["make_fabric"].trigger()
    (dialog,) = [d for d in dialogs_of(drive.window) if isinstance(d, FabricDialog)]
    dialog.kind.setCurrentIndex(dialog.kind.findData("rail-only"))
    build = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert build.isEnabled()
    assert "4 hosts" in dialog.answer.text()
    dialog.into.setText("A04, B04")
    dialog._build()
    assert "72 of its 72 ports" in dialog.answer.text()
    dialog.replace.setChecked(True)
    QTest.mouseClick(build, Qt.MouseButton.LeftButton)
    drive.settle()
    assert drive.history() == ["Rail-only for 4 hosts"]
    made = [key for key in drive.session.document.table("devices") if key.startswith("fab-")]
    assert made
    drive.bridge.undo()
    assert drive.session.to_bytes() == before


def test_what_cannot_be_built_says_why_before_it_is_tried(drive: Driver) -> None:
    dialog = FabricDialog(drive.bridge, drive.window)
    dialog.kind.setCurrentIndex(dialog.kind.findData("ocs-torus"))
    assert "optical circuit switch" in dialog.answer.text()
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    dialog.sides.setText("4, x")
    assert "three whole numbers" in dialog.answer.text()
    dialog.close()


def test_a_line_across_the_floor_tells_the_bandwidth_across(drive: Driver) -> None:
    """Between the rows: four racks of 72 x 400 Gb/s against four, over leaves and spines in both rows."""
    drive.window.actions_["tool_cut"].trigger()
    tool = drive.window.tools["cut"]
    start, end = drive.point(9000, 5500), drive.point(15_500, 5500)
    drive.press(start)
    drive.move(end)
    drive.release(end)
    drive.settle()
    assert tool.found is not None
    assert {tool.found["cut_hosts"], tool.found["cut_other_hosts"]} == {4}
    # Of the frontend ports only those that reach a switch count; the compute fabric alone carries 4 x 72 x 400 Gb/s.
    assert tool.found["cut_bps"] >= 4 * 72 * 400e9
    assert "Tb/s across" in drive.window.hint.text()
    image = QImage(drive.floor.size(), QImage.Format.Format_RGB32)
    drive.floor.render(image)
    drive.press(drive.point(1000, 1000))
    drive.release(drive.point(1000, 1000))
    assert "one side" in tool.answer
    drive.key(Qt.Key.Key_Escape)
    assert tool.found is None


def test_a_link_in_full_and_a_medium_locked_by_hand(drive: Driver) -> None:
    drive.bridge.select([LINK])
    drive.window.actions_["link_detail"].trigger()
    drive.settle()
    detail = drive.window.charts.link_detail
    report = detail.values()
    assert report["id"] == LINK
    assert report["medium"] == "dac_400g_4x100"
    assert report["margin_db"] is not None
    media = {row["medium"]: row for row in report["media"]}
    force = media[report["medium"]]
    assert force["in_force"]
    assert force["added_w"] == pytest.approx(0.0)
    optical = media["sr4_400g"]
    assert optical["added_w"] == pytest.approx(4 * 2 * (8.0 - 0.1))
    assert optical["added_usd"] == pytest.approx(4 * (900.0 - 150.0))
    row = [row["medium"] for row in report["media"]].index("sr4_400g")
    detail._lock(row)
    drive.settle()
    assert drive.record(LINK).medium == "sr4_400g"
    assert detail.values()["chosen"] == "locked by hand"
    detail._lock([row["medium"] for row in detail.values()["media"]].index("sr4_400g"))
    drive.settle()
    assert drive.record(LINK).medium == "auto"


def test_cables_take_the_colours_of_load_and_of_reach(drive: Driver) -> None:
    from infraplanner.ui.canvas import link_colours  # noqa: PLC0415

    families = drive.floor.scene.cables.family.copy()
    fabric = drive.session.result.fabric
    for key in ("link_traffic", "link_margin"):
        drive.window.actions_[f"overlay_{key}"].trigger()
        drive.settle()
        codes = drive.floor.scene.cables.family
        assert (codes >= link_colours.FIRST).any()
        row = drive.floor.scene.cables.ids.index(LINK)
        at = fabric.link_ids.index(LINK)
        share = fabric.load_frac[at] if key == "link_traffic" else fabric.need_m[at] / fabric.reach_m[at]
        assert codes[row] == link_colours.FIRST + int(min(4, share // 0.2))
        assert drive.floor._media_rows()
        image = QImage(drive.floor.size(), QImage.Format.Format_RGB32)
        drive.floor.render(image)
    drive.window.actions_["overlay_none"].trigger()
    drive.settle()
    np.testing.assert_array_equal(drive.floor.scene.cables.family, families)


def test_ports_show_at_high_zoom_and_bundles_at_low(drive: Driver) -> None:
    from infraplanner.ui.canvas.paint_ports import port_groups  # noqa: PLC0415

    groups = port_groups(drive.floor.scene, drive.session.catalog.find)
    body = drive.floor.scene.bodies.index["A02"]
    assert ("compute", 72, 72) in groups[body]
    pictures = []
    for visible in (True, False):
        drive.floor.zoom_to(["A02"])
        while drive.floor.camera.px_per_m < 260:
            drive.floor.set_camera(drive.floor.camera.zoomed(1.3, QPointF(400, 300)))
        layers = set(drive.floor.layers)
        drive.floor.set_layers(frozenset(layers if visible else layers - {"links"}))
        image = QImage(drive.floor.size(), QImage.Format.Format_RGB32)
        painter = QPainter(image)
        drive.floor.paint_world(painter, drive.floor.camera)
        painter.end()
        pictures.append(image)
    assert pictures[0] != pictures[1]


def test_the_fabric_as_a_whole_is_a_table(drive: Driver) -> None:
    chart = drive.window.charts.fabric
    drive.window.charts.open_chart(chart)
    drive.settle()
    found = drive.session.result.fabric.figures
    assert chart.values()["bisection_bps"] == found.bisection_bps
    texts = [[chart.table.item(row, column).text() for column in range(4)] for row in range(chart.table.rowCount())]
    assert texts[0][0].startswith("Worst halves")
    assert (
        len(texts)
        == chart.values()["rows"]
        == len(found.halves)
        + len(found.tiers)
        + len(found.jobs)
        + len(found.pools)
        + bool(drive.session.result.fabric.scale_up.owner_ids)
    )
    assert any("all-reduce" in row[0] for row in texts)


def test_the_cable_schedule_is_written_from_the_menu(
    drive: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("csv", "xlsx"):
        target = tmp_path / f"cables.{kind}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, target=target, **_k: (str(target), ""))
        drive.window.actions_[f"export_{kind}"].trigger()
        assert target.stat().st_size > 1000
        assert "Written" in drive.window.hint.text()


def test_a_dragged_rack_shows_its_cables_turn_optical_while_the_button_is_down(drive: Driver) -> None:
    """Out of copper's reach the selected link's medium and the kilowatts of optics change before the mouse is released."""
    drive.window.charts.open_chart(drive.window.charts.media)
    drive.settle()
    before = dict(drive.window.charts.media.values())
    start = drive.at("A02").toPoint()
    QTest.mousePress(drive.floor, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 31):
        QTest.mouseMove(drive.floor, start - QPoint(step * 4, 0))
        drive.settle()
    during = dict(drive.window.charts.media.values())
    assert drive.session.result.provisional
    assert during["multimode"] > before["multimode"]
    assert during["dac"] < before["dac"]
    assert sum(during.values()) > sum(before.values())
    QTest.mouseRelease(drive.floor, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start - QPoint(120, 0))
    drive.settle()


def test_a_tray_is_drawn_corner_by_corner_and_cables_follow_it(drive: Driver) -> None:
    """A bridge between the rows beside the one at 12 m, drawn by three clicks, shortens cables of the racks near it."""
    key = "l-A01-leaf-18"
    fabric = drive.session.result.fabric
    before = fabric.length_m[fabric.link_ids.index(key)]
    drive.window.actions_["tool_tray"].trigger()
    for x, y in ((10_200, 6950), (10_200, 5500), (10_200, 4050)):
        drive.move(drive.point(x, y))
        drive.press(drive.point(x, y))
        drive.release(drive.point(x, y))
    drive.key(Qt.Key.Key_Return)
    drive.settle()
    made = drive.session.document.table("trays")["tray-1"]
    assert made.points_mm == ((10_200, 6950), (10_200, 5500), (10_200, 4050))
    assert made.tier == "data"
    after = drive.session.result.fabric
    # The leaf stands at 11.4 m: through the new bridge the way has no detour to 12 m and back.
    assert after.length_m[after.link_ids.index(key)] < before
    assert drive.history() == ["Place tray-1"]
    drive.press(drive.point(9000, 2000))
    drive.release(drive.point(9000, 2000))
    drive.key(Qt.Key.Key_T)
    assert drive.window.tools["tray"].tier == "fibre"
    drive.key(Qt.Key.Key_Escape)
    assert drive.window.tools["tray"].points == []


def test_optical_switches_stand_beside_packet_switches_and_turn_to_the_job(window) -> None:  # type: ignore[no-untyped-def]
    driver = Driver(window)
    driver.open(POD.with_name("tpu-ocs-pod.yaml"))
    chart = window.charts.optical
    window.charts.open_chart(chart)
    driver.settle()
    shown = chart.values()
    assert shown["light"]["power_kw"] < shown["packet"]["power_kw"]
    before = driver.session.document.table("devices")["t-ocs-x01"].light_paths
    window.actions_["reconfigure"].trigger()
    driver.settle()
    assert driver.history() == ["Optical switches for pretrain"]
    assert driver.session.document.table("devices")["t-ocs-x01"].light_paths != before
    driver.bridge.undo()
    assert driver.session.document.table("devices")["t-ocs-x01"].light_paths == before
