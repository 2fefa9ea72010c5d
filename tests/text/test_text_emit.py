import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplanner.text import Unit, convert, emit_line, emit_scalar, read_tree
from infraplanner.text.convert import Any
from infraplanner.text.emit import NotFiniteError
from infraplanner.text.limits import INTEGER_LIMIT

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_LIMIT, INTEGER_LIMIT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def read_back(line):
    problems = []
    root, complete = read_tree("- " + line.decode(), "f", problems)
    assert complete, problems
    value = convert(root, Any, Unit("f", problems, []))
    assert not problems
    return value[0]


@given(values)
def test_a_line_means_the_same_as_json_and_as_yaml(value):
    line = emit_line(value)
    assert b"\n" not in line
    assert json.loads(line) == value
    assert read_back(line) == value


@given(values)
def test_emission_is_a_fixed_point(value):
    line = emit_line(value)
    assert emit_line(json.loads(line)) == line


@pytest.mark.parametrize(
    "char", ["\x7f", "\x80", "\x85", "\x9f", "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", "\x00", "\n"]
)
def test_what_yaml_forbids_is_escaped(char):
    line = emit_line({"a": f"x{char}y"})
    assert char.encode() not in line
    assert read_back(line) == {"a": f"x{char}y"}


def test_half_a_surrogate_pair_is_mended():
    assert json.loads(emit_line({"a\ud800": ["b\udfff", 1]})) == {"a\ufffd": ["b\ufffd", 1]}


class Thing(msgspec.Struct):
    x: float


@pytest.mark.parametrize("value", [float("nan"), [1, {"a": float("inf")}], Thing(float("-inf")), (float("nan"),)])
def test_no_nan_is_written(value):
    with pytest.raises(NotFiniteError):
        emit_line(value)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (1e16, b"1e16"),
        (0.1, b"0.1"),
        (1e-7, b"1e-7"),
        (400.0, b"400.0"),
        ({"a": [1, 2]}, b'{"a": [1, 2]}'),
        ({}, b"{}"),
    ],
)
def test_shortest_form(value, line):
    assert emit_line(value) == line


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("infraplanner 0.1.0", b"infraplanner 0.1.0"),
        ("true", b'"true"'),
        ("1.0", b'"1.0"'),
        ("a: b", b'"a: b"'),
        ("", b'""'),
    ],
)
def test_header_values(value, line):
    assert emit_scalar(value) == line
