"""The air field on the floor, what a failed unit does to it, and the charts of the thermal side."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from infraplanner.results.air import HallAir
from infraplanner.ui.canvas.paint_air import filled
from infraplanner.ui.theme.current import current

from .conftest import Driver


def picture(drive: Driver) -> np.ndarray:
    """What the floor shows, as (height, width, 4) bytes."""
    image = drive.floor.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def hall(drive: Driver) -> HallAir:
    assert drive.floor.result is not None
    return drive.floor.result.thermal.air.halls[0]


def test_the_inlet_overlay_paints_the_field_and_labels_racks(drive: Driver) -> None:
    drive.show_all()
    plain = picture(drive)
    drive.window.overlays.choose("temperature")
    drive.settle()
    overlay = drive.floor.overlay
    assert overlay is not None
    assert overlay.unit == "°C"
    rack = drive.floor.scene.bodies.index["A01"]
    assert 24.0 < overlay.values[rack] < 32.0
    assert hall(drive).state == "settled"
    assert (picture(drive) != plain).any(axis=2).mean() > 0.2  # floor, not only bodies


def test_the_scale_follows_the_theme(drive: Driver) -> None:
    drive.window.overlays.choose("temperature")
    drive.settle()
    seen = {}
    for _ in range(2):
        overlay = drive.floor.overlay
        assert overlay is not None
        seen[current().theme.is_dark] = (overlay.low, overlay.high)
        drive.window.toggle_theme()
        drive.settle()
    assert seen == {True: (18.0, 42.0), False: (12.0, 42.0)}


def test_failing_a_fan_wall_with_a_key_moves_the_field_and_repair_brings_it_back(drive: Driver) -> None:
    drive.window.overlays.choose("temperature")
    drive.settle()
    before = hall(drive).temperature_c.copy()
    drive.bridge.select(["fw-1"])
    drive.window.actions_["fail"].trigger()
    drive.settle()
    assert drive.session.failed == frozenset({"fw-1"})
    during = hall(drive).temperature_c.copy()
    assert np.nanmax(np.abs(during - before)) > 0.05
    drive.bridge.repair_all()
    drive.settle()
    np.testing.assert_array_equal(hall(drive).temperature_c, before)


def test_a_click_fails_a_cooling_unit_and_the_field_relaxes(drive: Driver) -> None:
    drive.window.overlays.choose("temperature")
    drive.settle()
    before = hall(drive).temperature_c.copy()
    unit = drive.session.document.table("cooling")["fw-1"]
    drive.window.use_tool("fail")
    at = drive.floor.camera.to_screen(unit.x_mm, unit.y_mm)
    drive.floor.tool.press(at, Qt.KeyboardModifier.NoModifier)
    drive.settle()
    assert drive.session.failed == frozenset({"fw-1"})
    assert np.nanmax(np.abs(hall(drive).temperature_c - before)) > 0.05
    drive.floor.tool.press(at, Qt.KeyboardModifier.NoModifier)
    drive.settle()
    assert drive.session.failed == frozenset()
    np.testing.assert_array_equal(hall(drive).temperature_c, before)


def test_gaps_in_the_field_are_filled_from_their_neighbours_only() -> None:
    field = np.full((3, 5), 20.0)
    field[1, 2] = np.nan
    assert filled(field)[1, 2] == 20.0
    assert np.isnan(filled(np.full((2, 2), np.nan))).all()


def test_thermal_charts_say_what_the_result_says(drive: Driver) -> None:
    charts, result = drive.window.charts, drive.session.result
    assert result is not None
    for chart in (charts.staircase, charts.loops, charts.plant_year, charts.techniques, charts.ride):
        charts.open_chart(chart)
        drive.settle()
        assert chart.isVisible()
        assert "error" not in chart.values(), chart.values()
        assert chart.values()
    steps = charts.staircase.values()
    assert next(iter(steps)) == "Sky"
    assert steps["Coolant"] < steps["Case"] < steps["Die"]
    assert charts.plant_year.values()["pue"] == result.year.pue
    assert charts.techniques.values()["Perimeter air, open aisles"] is False
    assert charts.techniques.values()["Cold plates, two phases"] is True
    assert charts.loops.values()["tcs-a"] == result.thermal.loops.loops[0].flow_l_per_min
    charts.open_chart(charts.loops)
    drive.settle()
    places = charts.loops.view.places()
    boxes = list(places.values())
    assert all(not a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_staircase_follows_the_selection(drive: Driver) -> None:
    charts = drive.window.charts
    charts.open_chart(charts.staircase)
    drive.bridge.select(["B05"])
    drive.settle()
    assert "B05" in charts.staircase.scope.text()


def test_the_inspector_tells_inlet_and_chip(drive: Driver) -> None:
    drive.bridge.select(["A01"])
    drive.settle()
    texts = " ".join(label.text() for label in drive.window.inspector.findChildren(type(drive.window.hint)))
    assert "recirculated" in texts


def test_a_plate_is_fitted_to_the_rack_under_it_and_hoses_to_its_loop(drive: Driver) -> None:
    document = drive.session.document
    key, rack = next((key, rack) for key, rack in document.table("racks").items() if rack.loop)
    drive.window._drop("cp-2phase", rack.x_mm, rack.y_mm)
    assert document.table("racks")[key].plate == "cp-2phase"
    drive.bridge.select([key])
    drive.window.take_part("hose-dn40")
    assert document.table("loops")[rack.loop].hose == "hose-dn40"
    drive.settle()
    assert drive.session.result is not None
    row = drive.session.result.power.rack_ids.index(key)
    assert drive.session.result.thermal.chips.rack_most_w[row] > 1000.0
    said: list[str] = []
    drive.bridge.refused.connect(said.append)
    drive.bridge.select([])
    drive.window.take_part("airjet-mini")
    assert said == ["MEMS AirJet Mini is fitted to a rack: 0 are selected or under it."]
    drive.bridge.undo()
    assert document.table("loops")[rack.loop].hose == ""


def test_modules_on_a_links_plugs_show_in_its_staircase(drive: Driver) -> None:
    charts, document = drive.window.charts, drive.session.document
    result = drive.session.result
    assert result is not None
    plugs = result.thermal.plugs
    key = plugs.link_ids[int(np.nanargmax(plugs.case_c))]
    drive.bridge.select([key])
    charts.open_chart(charts.staircase)
    drive.settle()
    assert key in charts.staircase.scope.text()
    bare = charts.staircase.shown["Plug"]
    assert "Bare plug" not in charts.staircase.shown
    drive.window.take_part("airjet-mini")
    assert document.table("links")[key].cooler == "airjet-mini"
    drive.settle()
    shown = charts.staircase.shown
    assert shown["Plug"] < shown["Bare plug"] == pytest.approx(bare, abs=0.1)


def test_the_loop_diagram_scrolls_before_its_boxes_meet(drive: Driver) -> None:
    """In a third of a small window there is no room for five columns beside each other."""
    charts = drive.window.charts
    charts.open_chart(charts.loops)
    drive.settle()
    view = charts.loops.view
    assert view.width() >= view.minimumWidth()
    view.resize(view.minimumSize())
    places = view.places()
    boxes = list(places.values())
    assert len(boxes) > 3
    assert all(not a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    for pipe in view.shown.pipes:  # so that what is written on them fits
        assert places[pipe.end].left() - places[pipe.start].right() >= 90.0
