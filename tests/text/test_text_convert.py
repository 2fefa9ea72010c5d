from typing import Any, Literal

import msgspec
import pytest

from infraplanner.text.convert import FAILED, Unit, convert
from infraplanner.text.nodes import read_tree


class Inner(msgspec.Struct, frozen=True):
    a: int
    b: float | None = None


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    x_mm: int = 0
    ratio: float = 1.0
    on: bool = False
    mode: Literal["", "a", "b"] = ""
    points: tuple[tuple[int, int], ...] = ()
    names: list[str] = []
    inner: Inner | None = None
    counts: dict[str, int] = {}
    anything: Any = None
    unknown: tuple[tuple[str, Any], ...] = ()


def read(text, kind=Outer, keep=True):
    problems, warnings = [], []
    root, _ = read_tree(text, "f", problems)
    unit = Unit("f", problems, warnings, keep)
    return convert(root, kind, unit), [str(p) for p in problems], [str(w) for w in warnings]


def test_all_kinds_of_fields():
    value, problems, warnings = read(
        "{id: 007, x_mm: 1e3, ratio: 2, on: true, mode: b, points: [[1, 2], [3.0, 4]], names: [yes, 1.10],"
        " inner: {a: 5, b: null}, counts: {x: 1}, anything: [1, {y: .5}, null, no]}"
    )
    assert not problems
    assert not warnings
    assert value == Outer(
        id="007",
        x_mm=1000,
        ratio=2.0,
        on=True,
        mode="b",
        points=((1, 2), (3, 4)),
        names=["yes", "1.10"],
        inner=Inner(5),
        counts={"x": 1},
        anything=[1, {"y": 0.5}, None, "no"],
    )
    assert isinstance(value.ratio, float)
    assert isinstance(value.x_mm, int)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("x_mm: 1.5", "an integer of millimetres"),
        ("x_mm: '3'", "an integer"),
        ("x_mm: true", "an integer of millimetres"),
        ("x_mm: 1.2 m", "an integer of millimetres"),
        ("x_mm: 99999999999999999", "at most"),
        ("x_mm: .inf", "an integer of millimetres"),
        ("x_mm:", "an integer"),
        ("ratio: x", "a number"),
        ("ratio: .nan", "a number"),
        ("ratio: [1]", "a number"),
        ("on: yes", "true or false"),
        ("on: 1", "true or false"),
        ("mode: c", 'one of "", a, b'),
        ("mode: []", "one of"),
        ("points: 3", "a list"),
        ("points: [[1, 2, 3]]", "a list of 2 values"),
        ("points: [[1, x]]", "an integer"),
        ("names: [null]", "text"),
        ("names: [[a]]", "text"),
        ("inner: 3", "a mapping"),
        ("inner: {b: 3}", "the field a"),
        ("inner: {a: 1, q: 3}", "a known field"),
        ("counts: {x: y}", "an integer"),
        ("counts: []", "a mapping"),
        ("anything: .nan", "a finite number"),
        ("anything: [1, [99999999999999999999]]", "at most"),
    ],
)
def test_faults_name_what_was_expected(field, expected):
    value, problems, _ = read(f"id: A\n{field}\n")
    assert value is FAILED
    assert len(problems) == 1
    assert expected in problems[0]
    assert "line 2" in problems[0]


def test_every_fault_of_a_record_is_told():
    _, problems, _ = read("x_mm: a\nratio: b\non: c\n")
    assert len(problems) == 4


def test_unknown_fields_are_kept_with_a_warning_or_refused():
    value, problems, warnings = read("id: A\nzork: [1]\nmodee: a\n")
    assert not problems
    assert value.unknown == (("modee", "a"), ("zork", [1]))
    assert "did you mean mode?" in warnings[1]
    value, problems, _ = read("id: A\nzork: 1\n", keep=False)
    assert value is FAILED
    assert "zork" in problems[0]


@pytest.mark.parametrize("wrong", ["x_m", "x_cm", "x_ft", "x"])
def test_wrong_unit_is_an_error_with_a_hint(wrong):
    value, problems, _ = read(f"id: A\n{wrong}: 3\n")
    assert value is FAILED
    assert len(problems) == 1
    assert "did you mean x_mm?" in problems[0]


def test_a_field_named_unknown_is_an_unknown_field():
    value, _, _ = read("id: A\nunknown: [[a, 1]]\n")
    assert value.unknown == (("unknown", [["a", 1]]),)
