"""Money in the window: the tariff at the site, its bill as charts, the price book, phases, and what the tornado is of."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from infraplanner.io import read_plan
from infraplanner.ui.charts.growth import PhaseChart
from infraplanner.ui.charts.tariff import BillChart, PriceChart
from infraplanner.ui.charts.tornado import TornadoChart
from infraplanner.ui.price_book import VALUE, PriceBook

from .conftest import TEMPLATES, Driver, settle

EDGE = TEMPLATES / "edge-site.yaml"


@pytest.fixture
def edge(window: Any) -> Driver:
    driver = Driver(window)
    driver.open(EDGE)
    driver.bridge.select(["site"])
    driver.settle()
    return driver


def chart(drive: Driver, kind: type, tab: str) -> Any:
    """The first chart of a kind, shown."""
    dock = drive.window.charts
    names = [dock.tabs.tabText(index) for index in range(dock.tabs.count())]
    dock.tabs.setCurrentIndex(names.index(tab))
    found = next(one for one in dock.charts if isinstance(one, kind))
    dock.open_chart(found)
    drive.settle()
    return found


def test_the_site_shows_its_prices_by_month_and_hour(edge: Driver) -> None:
    editor = edge.window.inspector.tariff
    assert [name for name, _ in editor.map.pictures] == ["Weekdays", "Weekends"]
    assert editor.map.span() == pytest.approx((0.04493, 0.07741))
    weekday = editor.map.pictures[0][1]
    assert weekday[6, 16] == pytest.approx(0.07741)
    assert weekday[0, 16] == pytest.approx(0.059)
    editor.map.resize(280, editor.map.heightForWidth(280))
    editor.map.grab()
    box, _ = editor.map._boxes[0]
    told = editor.map.price_at(box.left() + box.width() * 16.5 / 24, box.top() + box.height() * 6.5 / 12)
    assert told == ("Weekdays", 6, 16, pytest.approx(0.07741))
    assert list(editor.rows) == sorted(edge.session.document.table("tariff"))


def test_a_period_is_added_edited_and_taken_back(edge: Driver) -> None:
    """A new one opens its own page; months are pressed, hours typed; the bill follows, and undo takes all of it back."""
    before = edge.session.result.economics.bill
    edge.window.inspector.tariff.add.click()
    edge.settle()
    assert tuple(edge.bridge.selection) == ("period-1",)
    inspector = edge.window.inspector
    months = inspector.fields["months"]
    for letter in (0, 1, 2, 9, 10, 11):
        months.buttons[letter].click()
    edge.settle()
    assert edge.record("period-1").months == (4, 5, 6, 7, 8, 9)
    box = inspector.fields["usd_per_kwh"]
    box.edit.setFocus()
    box.edit.selectAll()
    QTest.keyClicks(box.edit, "0.5")
    QTest.keyClick(box.edit, Qt.Key.Key_Return)
    edge.settle()
    assert edge.record("period-1").usd_per_kwh == 0.5
    after = edge.session.result.economics.bill
    assert after.energy_usd > 1.2 * before.energy_usd
    assert any(finding.rule == "tariff.overlap" for finding in edge.session.result.findings)
    assert "h a year" in inspector.outputs["hours"].text()
    for _ in range(8):
        edge.bridge.undo()
    edge.settle()
    assert "period-1" not in edge.session.document.table("tariff")


def test_a_bad_hour_is_refused_in_the_field(edge: Driver) -> None:
    edge.bridge.select(["summer-peak"])
    edge.settle()
    box = edge.window.inspector.fields["end_h"]
    box.edit.setFocus()
    box.edit.selectAll()
    QTest.keyClicks(box.edit, "15")
    QTest.keyClick(box.edit, Qt.Key.Key_Return)
    edge.settle()
    assert edge.record("summer-peak").end_h == 20
    assert "another hour than start_h" in box.reason.text()


def test_a_published_tariff_is_taken_over_in_one_step(drive: Driver) -> None:
    drive.bridge.select(["site"])
    drive.settle()
    editor = drive.window.inspector.tariff
    assert [name for name, _ in editor.map.pictures] == ["Every day"]
    assert not editor.map.isVisible()
    assert editor.note.text().startswith("All hours cost 0.0892 $/kWh.")
    for action in editor.take_over.menu().actions():
        if action.text().startswith("Three prices"):
            action.trigger()
    drive.settle()
    assert len(drive.session.document.table("tariff")) == 6
    assert len(drive.history()) == 1
    assert len(drive.session.result.economics.bill.periods) == 7
    again = read_plan(drive.session.to_bytes())
    assert again.document.table("tariff") == drive.session.document.table("tariff")
    assert "tariff.us-planning-tou" in again.document.table("profiles")


def test_the_bill_and_the_prices_are_charts(edge: Driver) -> None:
    bill = chart(edge, BillChart, "Cost")
    found = edge.session.result.economics.bill
    assert bill.shown["summer-peak"] == [found.periods[3].energy_usd, found.periods[3].demand_usd]
    assert bill.shown["total_usd"] == pytest.approx(found.energy_usd + found.demand_usd)
    assert [name for name, _, _ in bill.legend.entries] == ["energy", "demand"]
    prices = chart(edge, PriceChart, "Cost")
    assert prices.shown == {"low_usd_per_kwh": pytest.approx(0.04493), "high_usd_per_kwh": pytest.approx(0.07741)}
    assert prices.scope.text() == "7 periods"


def test_a_price_of_the_plans_own_moves_the_cost_and_is_kept(drive: Driver) -> None:
    before = drive.session.result.summary.usd_per_million_tokens
    drive.window.actions_["price_book"].trigger()
    settle()
    book = next(one for one in QApplication.topLevelWidgets() if isinstance(one, PriceBook))
    rows = {book.table.item(line, 0).data(Qt.ItemDataRole.UserRole): line for line in range(book.table.rowCount())}
    line = rows["cost.it_life_years"]
    book.table.item(line, VALUE).setText("three")
    assert "is no price" in book.note.text()
    assert drive.history() == []
    book.table.item(line, VALUE).setText("3")
    drive.settle()
    assert drive.session.result.summary.usd_per_million_tokens > 1.2 * before
    assert book.table.item(line, 6).text() == "this plan"
    kept = read_plan(drive.session.to_bytes()).document.table("profiles")["cost.it_life_years"]
    assert kept.data["value"] == 3.0
    book.table.selectRow(line)
    book.back.click()
    drive.settle()
    assert drive.session.result.summary.usd_per_million_tokens == pytest.approx(before)
    assert "cost.it_life_years" not in read_plan(drive.session.to_bytes()).document.table("profiles")
    dated = [book.table.item(row, 5).text() for row in rows.values()]
    sourced = [book.table.item(row, 7).text() for row in rows.values()]
    assert "2026-11" in dated
    assert all(sourced)
    book.close()
    settle()


def test_phases_show_what_they_buy(edge: Driver, qtbot: Any) -> None:
    phases = chart(edge, PhaseChart, "Scenarios")
    edge.bridge.find_growth()
    qtbot.waitUntil(lambda: phases.found is not None and bool(phases.shown), timeout=60_000)
    assert set(phases.shown) == {"0", "2"}
    assert phases.shown["2"]["cooling"] == pytest.approx(15_000.0)
    assert phases.shown["2"]["IT"] > phases.shown["2"]["building works"] > 0.0


def test_a_tornado_is_turned_to_another_headline(edge: Driver, qtbot: Any) -> None:
    one = chart(edge, TornadoChart, "Bands")
    edge.bridge.find_uncertainty()
    qtbot.waitUntil(lambda: one.found is not None and bool(one.shown), timeout=60_000)
    assert one.figure == "usd_per_million_tokens"
    assert "use" in one.shown or len(one.shown) > 3
    one.choice.setCurrentIndex(one.choice.findData("capex_usd"))
    edge.settle()
    assert "price-accelerators" in one.shown
    assert "whole site" in one.bottom.labelText
    assert "whole site" in one.choice.toolTip()
