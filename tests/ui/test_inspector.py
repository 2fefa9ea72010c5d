"""The inspector: typed units, reasons, many objects at once, sources."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from infraplanner.ui.widgets.unit_field import UnitField

from .conftest import Driver


def field(drive: Driver, name: str) -> UnitField:
    """A number field of the selection."""
    found = drive.window.inspector.fields[name]
    assert isinstance(found, UnitField)
    return found


def type_into(drive: Driver, name: str, text: str) -> UnitField:
    """Select all, type, Enter."""
    box = field(drive, name)
    box.edit.setFocus()
    box.edit.selectAll()
    QTest.keyClicks(box.edit, text)
    QTest.keyClick(box.edit, Qt.Key.Key_Return)
    drive.settle()
    return box


@pytest.mark.parametrize(
    ("typed", "x_mm"), [("4ft", 1219), ("1.2 m", 1200), ("12 345", 12_345), ("5'6\"", 1676), ("120cm", 1200)]
)
def test_any_unit_is_taken_and_the_projects_unit_is_shown(drive: Driver, typed: str, x_mm: int) -> None:
    """Feet, metres, thin spaces; whole millimetres in the plan."""
    drive.click(drive.at("A01"))
    box = type_into(drive, "x_mm", typed)
    assert drive.record("A01").x_mm == x_mm
    box.edit.clearFocus()
    drive.window.inspector.refresh()
    assert box.edit.text().replace("\u202f", "") == str(x_mm)
    assert box.suffix.text() == "mm"
    assert drive.history() == ["Set x_mm of A01"]


def test_per_cent_becomes_a_fraction_and_lowers_the_draw(drive: Driver) -> None:
    """95 % of a power cap is 0.95 in the plan; the rack then draws no more than before."""
    drive.click(drive.at("A01"))
    row = drive.session.result.power.rack_ids.index("A01")
    before = float(drive.session.result.power.rack_power_w[row])
    type_into(drive, "power_cap_frac", "50 %")
    assert drive.record("A01").power_cap_frac == 0.5
    assert float(drive.session.result.power.rack_power_w[row]) < before
    type_into(drive, "power_cap_frac", "95 %")
    assert drive.record("A01").power_cap_frac == 0.95
    type_into(drive, "power_cap_frac", "80")
    assert drive.record("A01").power_cap_frac == 0.8


@pytest.mark.parametrize("bad", ["banana", "4 kg", "1e999", "--5"])
def test_a_bad_entry_tells_why_and_changes_nothing(drive: Driver, bad: str) -> None:
    """Red border, one sentence below, the old value in force; Escape brings the old text back."""
    drive.click(drive.at("A01"))
    before = drive.session.to_bytes()
    box = type_into(drive, "x_mm", bad)
    assert box.reason.isVisible()
    assert len(box.reason.text()) > 10
    assert box.edit.property("bad") is True
    assert drive.session.to_bytes() == before
    assert drive.history() == []
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert not box.reason.isVisible()


def test_many_objects_show_mixed_and_are_edited_at_once(drive: Driver) -> None:
    """Different values show `mixed`, equal ones their value; one entry sets all, one undo resets all."""
    before = drive.session.to_bytes()
    drive.bridge.select(["A01", "A02", "A05"])
    drive.settle()
    assert field(drive, "x_mm").edit.text() == ""
    assert field(drive, "x_mm").edit.placeholderText() == "mixed"
    assert field(drive, "y_mm").edit.text().replace("\u202f", "") == "6934"
    type_into(drive, "y_mm", "6.9 m")
    assert [drive.record(key).y_mm for key in ("A01", "A02", "A05")] == [6900] * 3
    assert drive.history() == ["Set y_mm of 3 objects"]
    drive.bridge.undo()
    assert drive.session.to_bytes() == before


def test_leaving_a_mixed_field_untouched_changes_nothing(drive: Driver) -> None:
    """Passing through with Tab is no edit."""
    drive.bridge.select(["A01", "A02"])
    drive.settle()
    box = field(drive, "x_mm")
    box.edit.setFocus()
    QTest.keyClick(box.edit, Qt.Key.Key_Tab)
    QTest.keyClick(box.edit, Qt.Key.Key_Return)
    assert drive.history() == []


def test_objects_of_several_kinds_are_counted_not_edited(drive: Driver) -> None:
    """No field that would mean two things."""
    drive.bridge.select(["A01", "cdu-1"])
    drive.settle()
    assert drive.window.inspector.fields == {}


def test_results_of_the_selection_follow_the_engine(drive: Driver) -> None:
    """Draw and flow of a rack are figures, and those of a CDU too."""
    drive.click(drive.at("A01"))
    drive.settle()
    outputs = drive.window.inspector.outputs
    assert "kW" in outputs["draw"].text()
    assert "L/min" in outputs["flow"].text()
    drive.click(drive.at("cdu-1"))
    drive.settle()
    assert "% of" in drive.window.inspector.outputs["load"].text()


def test_a_budget_typed_at_the_site_becomes_a_finding(drive: Driver) -> None:
    drive.bridge.select(["site"])
    drive.settle()
    type_into(drive, "capex_budget_usd", "20 M$")
    drive.settle()
    assert drive.record("site").capex_budget_usd == 20e6
    told = [f.message for f in drive.session.result.findings if f.rule == "budget.capital"]
    assert len(told) == 1
    assert "gb200-nvl72 less would meet it" in told[0]
    type_into(drive, "capex_budget_usd", "0.1 B$")
    drive.settle()
    assert not [f for f in drive.session.result.findings if f.rule == "budget.capital"]
