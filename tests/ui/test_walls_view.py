"""The walls at full size: ladder and list come from the background, bands and tags from results, changes are commands."""

from __future__ import annotations

from typing import Any

import pytest

from infraplanner.edit import SetFields
from infraplanner.places import resources_dir
from infraplanner.results.snapshot import WALLS

EDGE = resources_dir() / "templates" / "edge-site.yaml"


@pytest.fixture
def opened(window: Any, qtbot: Any) -> Any:
    window.bridge.session.open(EDGE)
    window.bridge.announce_opened()
    window.bridge.flush()
    window.tabs.setCurrentIndex(window.views.index(window.walls_view))
    return window


def test_the_page_shows_what_binds_and_what_would_help(opened: Any, qtbot: Any) -> None:
    view = opened.walls_view
    assert view.cards["thermal"].tag == "BINDS"
    after = opened.bridge.session.result.walls["thermal"].next
    assert view.cards[after].tag == "NEXT"
    assert after in view.cards["thermal"].next_words
    view.ask()
    qtbot.waitUntil(lambda: view.ladder is not None and view.table.rowCount() > 0, timeout=20_000)
    assert next(rung.binding_wall for rung in view.ladder.rungs) == "thermal"
    gains = [view.table.item(row, 2).text() for row in range(view.table.rowCount())]
    assert all(text.startswith("+") for text in gains)
    view.per.button(1).setChecked(True)
    assert view.table.item(0, 2).text() == "free"
    view.per.button(2).setChecked(True)
    assert view.table.item(0, 2).text() == "at once"
    assert view.table.horizontalHeaderItem(2).text() == "tok/s a week"
    bought = [lever.lead_weeks for lever in view.ranked if lever.capex_usd]
    assert bought
    assert all(weeks is not None and weeks > 0.0 for weeks in bought)


def test_a_change_of_the_list_is_one_undo_step(opened: Any, qtbot: Any) -> None:
    view = opened.walls_view
    view.ask()
    qtbot.waitUntil(lambda: view.table.rowCount() > 0, timeout=20_000)
    before = opened.bridge.session.to_bytes()
    view._make(0)
    assert opened.bridge.session.to_bytes() != before
    opened.bridge.undo()
    assert opened.bridge.session.to_bytes() == before


def test_bands_follow_the_hands_rest(opened: Any, qtbot: Any) -> None:
    bridge, headline = opened.bridge, opened.headline
    bridge.find_uncertainty()
    qtbot.waitUntil(lambda: bool(headline.bands), timeout=20_000)
    assert headline.cells["usd_per_million_tokens"].note.endswith("%")
    assert {f"wall.{wall}" for wall in WALLS} <= set(headline.bands)
    assert opened.walls.rows["power"].band is not None
    chart = next(c for c in opened.charts.charts if getattr(c, "figure", "") == "usd_per_million_tokens")
    opened.charts.open_chart(chart)
    qtbot.waitUntil(lambda: "use" in chart.shown, timeout=5_000)


def test_why_on_a_headline_figure_opens_its_trace(opened: Any, qtbot: Any) -> None:
    opened.headline.cells["usd_per_million_tokens"].why_wanted.emit()
    chart = opened.charts.why
    qtbot.waitUntil(lambda: chart.shown.get("label") == "Cost", timeout=5_000)
    assert "Cost of a year" in chart.shown["steps"]
    opened.headline.why_wanted.emit("it_power_kw")
    assert chart.shown["label"] == "IT power"
    got: list[list[str]] = []
    chart.zoom_wanted.connect(got.append)
    chart._go(chart.tree.topLevelItem(0).child(0))
    assert got == [[chart.tree.topLevelItem(0).child(0).text(0)]]


def test_a_selected_rack_shows_its_own_walls(opened: Any, qtbot: Any) -> None:
    opened.bridge.select(["E02"])
    row = opened.walls.rows["power"]
    result = opened.bridge.session.result
    index = result.power.rack_ids.index("E02")
    assert row.result.utilisation == float(result.rack_walls["power"][index])
    assert row.result.where == result.power.node_ids[result.places.row["power"][index]]
    assert opened.walls.rows["thermal"].tag == "BINDS"
    assert "held to 74 % clock" in opened.inspector.outputs["draw"].text()
    assert opened.walls_dock.titleBarWidget().scope.text() == "E02"
    opened.bridge.select(["utility"])
    assert "% of its cap" in opened.inspector.outputs["load"].text()
    opened.bridge.select([])
    assert row.result.utilisation == result.walls["power"].utilisation
    assert opened.walls_dock.titleBarWidget().scope.text() == "whole hall"


def test_a_row_or_pool_is_chosen_from_the_header(opened: Any) -> None:
    header = opened.walls_dock.titleBarWidget()
    menu = header.scope.menu()
    menu.aboutToShow.emit()
    below = {action.text(): action.menu() for action in menu.actions() if action.menu() is not None}
    assert set(below) == {"Hall", "Row", "Pool"}
    next(action for action in below["Pool"].actions() if action.text() == "vision-8b").trigger()
    opened.bridge.flush()
    assert header.scope.text() in ("pool vision-8b", "E02", "E01")
    assert header.scope.property("part") is True
    slope = opened.walls.rows["memory"].result.elasticity
    assert slope is not None
    assert slope != opened.bridge.session.result.walls["memory"].elasticity
    menu.aboutToShow.emit()
    menu.actions()[0].trigger()
    assert header.scope.text() == "whole hall"
    assert header.scope.property("part") is False


def test_a_plan_that_only_trains_says_so_in_the_headline(window: Any) -> None:
    window.bridge.session.open(EDGE.parent / "tpu-ocs-pod.yaml")
    window.bridge.announce_opened()
    window.bridge.session.wait_idle()
    window.bridge.flush()
    cell = window.headline.cells["tokens_per_s"]
    assert cell.title == "Training"
    assert cell.value != "–"


def test_a_selected_server_shows_its_memory_and_takes_modules(opened: Any) -> None:
    opened.bridge.select(["server-1"])
    assert "of 85" in opened.inspector.outputs["memory"].text()
    assert "bare" not in opened.inspector.outputs["memory"].text()
    opened.bridge.execute(SetFields("devices", ["server-1"], {"cooler": "airjet-mini", "coolers": 2}))
    opened.bridge.session.wait_idle()
    opened.bridge.flush()
    assert "bare" in opened.inspector.outputs["memory"].text()
