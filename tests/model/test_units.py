"""Typed quantities in, readable numbers out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplanner.units import UnitError, number, parse, scaled


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("4ft", "mm", 1219.2),
        ("1.2 m", "mm", 1200),
        ("6' 2\"", "mm", 1879.6),
        ("250 psf", "kg_per_m2", 1220.60691),
        ("132", "kw", 132),
        ("1.2 MW", "kw", 1200),
        ("95 %", "frac", 0.95),
        ("90 °F", "c", 32.2222222),
        ("300 K", "c", 26.85),
        ("\u22125", "c", -5),
        ("12\u202f345", "mm", 12345),
        ("10 gpm", "l_per_min", 37.85411784),
        ("1e3", "mm", 1000),
    ],
)
def test_parse(text: str, unit: str, value: float) -> None:
    assert parse(text, unit) == pytest.approx(value)


@pytest.mark.parametrize(("text", "unit"), [("abc", "mm"), ("5 kg", "mm"), ("", "mm"), ("1e999", "mm"), ("5 m", "c")])
def test_nonsense_is_refused_in_one_sentence(text: str, unit: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse(text, unit)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345.6, "12\u202f300"),
        (-0.012345, "\u22120.0123"),
        (0, "0"),
        (None, "–"),
        (float("nan"), "–"),
        (999.96, "1\u202f000"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.06e6, ("2.06", "MW")),
        (0, ("0", "W")),
        (999.9, ("1.00", "kW")),
        (None, ("–", "W")),
        (-1500, ("\u22121.50", "kW")),
    ],
)
def test_scaled(value: float | None, shown: tuple[str, str]) -> None:
    assert scaled(value, "W") == shown


@given(st.floats(-1e9, 1e9))
def test_what_is_shown_can_be_typed_back(value: float) -> None:
    assert parse(number(value, 6), "mm") == pytest.approx(value, rel=1e-5, abs=1e-300)
