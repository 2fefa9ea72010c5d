"""Scenarios beside the plan: the table says what each changes, the dots show the same numbers."""

from __future__ import annotations

from typing import Any

import pytest

from infraplanner.edit import Delete
from infraplanner.places import resources_dir
from infraplanner.ui.charts.scenarios import ScenarioChart, ScenarioDots

POD = resources_dir() / "templates" / "nvl72-pod.yaml"


def charts(window: Any) -> tuple[ScenarioChart, ScenarioDots]:
    row = window.charts.charts
    table = next(chart for chart in row if isinstance(chart, ScenarioChart))
    return table, next(chart for chart in row if isinstance(chart, ScenarioDots))


@pytest.fixture
def opened(window: Any, qtbot: Any) -> Any:
    window.bridge.session.open(POD)
    window.bridge.announce_opened()
    window.bridge.flush()
    table, dots = charts(window)
    window.charts.open_chart(table)
    qtbot.waitUntil(lambda: bool(table.values()), timeout=20_000)
    window.charts.open_chart(dots)
    qtbot.waitUntil(lambda: bool(dots.values()), timeout=20_000)
    return window


def test_the_dots_show_what_the_table_says(opened: Any) -> None:
    table, dots = charts(opened)
    rates, shown = table.values(), dots.values()
    assert set(shown) == {"fp4", "gb300"}
    for key, changes in shown.items():
        assert changes["tokens_per_s"] == pytest.approx(rates[key] / rates["plan"] - 1.0)
    drawn = sorted(point.pos().x() for item in dots._dots for point in item.points())
    assert drawn == pytest.approx(sorted(100.0 * change for changes in shown.values() for change in changes.values()))
    assert all(change != 0.0 for changes in shown.values() for change in changes.values())


def test_hollow_dots_are_for_the_worse(opened: Any) -> None:
    _, dots = charts(opened)
    senses = {"tokens_per_s": 1, "usd_per_million_tokens": -1}
    for item, changes in zip(dots._dots, dots.values().values(), strict=True):
        filled = {round(point.pos().x(), 6): point.brush().style().value != 0 for point in item.points()}
        for field, sense in senses.items():
            if field in changes:
                assert filled[round(100.0 * changes[field], 6)] == (changes[field] * sense > 0.0)


def test_without_scenarios_it_says_so(opened: Any) -> None:
    document = opened.bridge.session.document
    opened.bridge.session.execute(Delete(list(document.table("scenarios"))))
    opened.bridge.flush()
    _, dots = charts(opened)
    assert dots.values() == {}
    assert dots.stack.currentIndex() == 0
