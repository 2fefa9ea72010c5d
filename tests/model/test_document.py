"""Document, change sets and geometry."""

from __future__ import annotations

import pytest

from infraplanner.model.changes import ChangeSet, TableChange
from infraplanner.model.document import Document, DocumentError
from infraplanner.model.entities import REFERENCES, TABLES, Hall, Rack
from infraplanner.model.geometry import Rect, footprint_bounds, rotate_point
from infraplanner.model.ids import is_valid_id, next_free_id
from infraplanner.model.validate import problems


def _rack(key: str, x_mm: int = 0) -> Rack:
    return Rack(id=key, hall="h", profile="p", x_mm=x_mm, y_mm=0)


def test_a_snapshot_does_not_see_later_edits() -> None:
    document = Document()
    document.put("racks", _rack("A1"))
    before = document.snapshot()
    document.put("racks", _rack("A1", 5))
    document.put("racks", _rack("A2"))
    assert before.table("racks")["A1"].x_mm == 0
    assert "A2" not in before.table("racks")
    assert document.snapshot().table("racks")["A1"].x_mm == 5


def test_a_snapshot_copies_only_edited_tables() -> None:
    document = Document()
    document.put("racks", _rack("A1"))
    first = document.snapshot()
    document.put("halls", Hall(id="h", width_mm=1, depth_mm=1))
    second = document.snapshot()
    assert first._tables["racks"] is second._tables["racks"]
    assert first._tables["halls"] is not second._tables["halls"]


def test_ids_are_unique_over_tables() -> None:
    document = Document()
    document.put("racks", _rack("x"))
    with pytest.raises(DocumentError, match="already used in table racks"):
        document.put("halls", Hall(id="x", width_mm=1, depth_mm=1))


def test_changes_name_the_fields() -> None:
    document = Document()
    document.put("racks", _rack("A1"))
    document.take_changes()
    document.put("racks", _rack("A1", 7))
    assert document.take_changes() == ChangeSet(2, {"racks": TableChange(modified={"A1": {"x_mm"}})})
    assert document.take_changes().is_empty()


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        (TableChange(added={"a"}), TableChange(removed={"a"}), TableChange()),
        (TableChange(removed={"a"}), TableChange(added={"a"}), TableChange(added={"a"}, removed={"a"})),
        (
            TableChange(modified={"a": {"x"}}),
            TableChange(modified={"a": {"y"}}),
            TableChange(modified={"a": {"x", "y"}}),
        ),
        (TableChange(modified={"a": {"x"}}), TableChange(removed={"a"}), TableChange(removed={"a"})),
        (TableChange(added={"a"}), TableChange(modified={"a": {"x"}}), TableChange(added={"a"})),
    ],
)
def test_changes_merge(first: TableChange, second: TableChange, merged: TableChange) -> None:
    assert first.then(second) == merged


def test_touches_asks_for_fields() -> None:
    changes = ChangeSet(1, {"racks": TableChange(modified={"A1": {"x_mm"}})})
    assert changes.touches({"racks": frozenset({"x_mm"})})
    assert not changes.touches({"racks": frozenset({"profile"})})
    assert not changes.touches({"links": frozenset({"x_mm"})})


def test_geometry_turns_exactly_by_quarters() -> None:
    assert footprint_bounds(0, 0, 600, 1200, 90) == Rect(-600, -300, 600, 300)
    assert footprint_bounds(100, 0, 600, 1200, 180) == Rect(-200, -600, 400, 600)
    assert rotate_point(10, 0, 0, 0, 90) == (0, 10)
    assert rotate_point(10, 0, 0, 0, 270) == (0, -10)
    assert not Rect(0, 0, 1, 1).overlaps(Rect(1, 0, 2, 1))
    assert Rect(0, 0, 2, 1).overlaps(Rect(1, 0, 3, 1))


def test_ids() -> None:
    assert is_valid_id("A01.x-1_b")
    assert not is_valid_id("-a")
    assert not is_valid_id("a" * 65)
    assert next_free_id("A09", {"A10"}) == "A11"
    assert next_free_id("rack", {}) == "rack-1"


def test_ranges_are_checked() -> None:
    assert problems("racks", _rack("A1")) == []
    assert problems("racks", Rack(id="A1", hall="h", profile="p", x_mm=0, y_mm=0, power_cap_frac=float("nan")))
    assert problems("racks", Rack(id="A1", hall="h", profile="p", x_mm=0, y_mm=0, rotation_deg=360))
    assert problems("halls", Hall(id="h", width_mm=0, depth_mm=1))


def test_every_reference_names_a_field_and_tables() -> None:
    for table, names in REFERENCES.items():
        for name, targets in names.items():
            assert name in TABLES[table].__struct_fields__
            assert set(targets) <= set(TABLES)
