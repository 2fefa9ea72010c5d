import pytest

from infraplanner.text.scalars import NotANumber, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e9", 1e9),
        ("1E-3", 1e-3),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e+3", -1500.0),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("1.2.3", "1.2.3"),
        ("information", "information"),
        ("nano", "nano"),
        ("e5", "e5"),
        ("--1", "--1"),
    ],
)
def test_core_schema(text, value):
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", [".nan", ".NaN", ".inf", "-.Inf", "+.INF", "NaN", "Infinity", "-inf", "1e999", "-1e400"]
)
def test_no_number_that_is_not_finite(text):
    with pytest.raises(NotANumber):
        resolve(text)


def test_too_many_digits():
    with pytest.raises(NotANumber, match="5000 digits"):
        resolve("9" * 5000)
    assert resolve("9" * 30) == int("9" * 30)
