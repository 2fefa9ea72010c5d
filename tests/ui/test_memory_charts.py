"""The charts of the memory wall on the pod: what they show is what the result holds."""

from __future__ import annotations

import pytest

from infraplanner import places
from infraplanner.results.diagnosis import LEVERS, LIMITS
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.main_window import MainWindow

POD = places.resources_dir() / "templates" / "nvl72-pod.yaml"


@pytest.fixture
def pod(window: MainWindow) -> MainWindow:
    window.files.open_path(str(POD))
    window.bridge.flush()
    return window


def test_every_memory_chart_shows_the_pods_figures(pod: MainWindow) -> None:
    charts = pod.charts
    result = pod.bridge.session.result
    found = {each.id: each for each in result.throughput.diagnoses}
    assert {"llama-70b", "deepseek-decode", "deepseek-prefill"} == set(found)
    charts.tabs.setCurrentIndex(2)
    for chart in (charts.roofline, charts.memory_map, charts.limits, charts.doubling, charts.gap):
        charts.open_chart(chart)
        assert chart.isVisible()
        assert "error" not in chart.values()
        assert chart.stack.currentIndex() == 1
    llama = found["llama-70b"]
    assert charts.roofline.values()["llama-70b.decode"]["mbu"] == llama.points[1].bandwidth_used_frac
    assert charts.memory_map.values()["llama-70b"]["weights"] == llama.weight_b
    assert charts.limits.values()["llama-70b"] == llama.saving_frac
    assert charts.doubling.values()["llama-70b"] == llama.doubling_gain_frac
    assert set(charts.limits.values()["llama-70b"]) == set(LIMITS)
    assert set(charts.doubling.values()["llama-70b"]) == set(LEVERS)
    assert charts.gap.values()["gap_after_10_years"] == pytest.approx((3.0 / 1.6) ** 5)


def test_a_click_turns_to_the_next_pool(pod: MainWindow) -> None:
    chart = pod.charts.limits
    pod.charts.open_chart(chart)
    first = chart.values()["pool"]
    assert first == pod.bridge.session.result.walls["memory"].where
    chart._turn(None)
    assert chart.values()["pool"] != first
    chart._turn(None)
    chart._turn(None)
    assert chart.values()["pool"] == first


def test_a_plan_without_pools_says_what_to_do(pod: MainWindow) -> None:
    chart = pod.charts.roofline
    pod.charts.open_chart(chart)
    chart.take(ResultSnapshot(1))
    assert chart.stack.currentIndex() == 0
    assert "pool" in chart.message.text()


def test_more_charts_than_fit_turn_their_pages(pod: MainWindow) -> None:
    dock = pod.charts
    dock.tabs.setCurrentIndex(2)
    group = dock.groups[1][1]
    seen = [chart for chart in group if chart.isVisible()]
    assert seen
    assert len(seen) < len(group)
    assert dock.more.isVisible()
    while not group[-1].isVisible():
        dock.more.click()
    dock.more.click()
    assert group[0].isVisible()


def test_the_band_stands_beside_the_tokens(pod: MainWindow) -> None:
    summary = pod.bridge.session.result.summary
    assert summary.tokens_per_s_low < summary.tokens_per_s < summary.tokens_per_s_high
    low = 100 * (summary.tokens_per_s_low / summary.tokens_per_s - 1)
    assert f"{abs(low):.0f}" in pod.headline.cells["tokens_per_s"].note
    assert "%" in pod.headline.cells["tokens_per_j"].note


def test_what_one_more_unit_buys_is_tried_made_and_undone(pod: MainWindow) -> None:
    """The button tries, the best stands first, a double click makes it as one edit."""
    walls, session = pod.walls, pod.bridge.session
    walls.find_levers()
    session.wait_idle()
    pod.bridge.flush()
    assert walls.levers
    best = walls.levers[0]
    assert best.lever.tokens_gained_per_s >= walls.levers[-1].lever.tokens_gained_per_s > 0
    before = session.result.summary.tokens_per_s
    gain = best.lever.tokens_gained_per_s
    best.wanted.emit(best.lever)
    session.wait_idle()
    pod.bridge.flush()
    assert session.result.summary.tokens_per_s == pytest.approx(before + gain, rel=1e-3)
    pod.bridge.undo()
    session.wait_idle()
    pod.bridge.flush()
    assert session.result.summary.tokens_per_s == pytest.approx(before, rel=1e-9)


def test_scenarios_stand_side_by_side(pod: MainWindow) -> None:
    chart = pod.charts.scenarios
    pod.charts.open_chart(chart)
    pod.bridge.session.wait_idle()
    pod.bridge.flush()
    assert set(chart.values()) == {"plan", "fp4", "gb300"}
    assert chart.table.columnCount() == 3
    heads = [chart.table.horizontalHeaderItem(column).text() for column in range(3)]
    assert heads == ["Plan as it stands", "Weights in FP4", "GB300 instead of GB200"]
    assert "%" in chart.table.item(2, 1).text()


def test_a_change_is_kept_as_a_scenario(pod: MainWindow) -> None:
    walls, session = pod.walls, pod.bridge.session
    walls.find_levers()
    session.wait_idle()
    pod.bridge.flush()
    row = next(row for row in walls.levers if "FP4" in row.lever.offer.text)
    before = session.document.table("pools")
    row.kept.emit(row.lever)
    assert row.lever.offer.text in {record.name for record in session.document.table("scenarios").values()}
    assert dict(before) == dict(session.document.table("pools"))
