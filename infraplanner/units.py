"""SI constants, parsing and formatting of quantities; the only place where a factor such as 1e3 or 8 appears.

Kernels take base units (W, m, s, B, bit/s, K); profiles and files use the unit in the field's name.
"""

from __future__ import annotations

import math
import re
from typing import Final

KILO: Final = 1e3
MEGA: Final = 1e6
GIGA: Final = 1e9
TERA: Final = 1e12
GIBI: Final = 2.0**30
MILLI: Final = 1e-3
MICRO: Final = 1e-6
NANO: Final = 1e-9
BITS_PER_BYTE: Final = 8.0
KELVIN_OFFSET: Final = 273.15
MM_PER_M: Final = 1000.0
MM2_PER_M2: Final = 1e6
L_PER_M3: Final = 1000.0
S_PER_MIN: Final = 60.0
S_PER_H: Final = 3600.0
H_PER_YEAR: Final = 8760.0
MONTHS_PER_YEAR: Final = 12.0
J_PER_KWH: Final = 3.6e6

FACTORS: Final[dict[str, dict[str, float]]] = {
    "mm": {"mm": 1, "cm": 10, "m": 1e3, "in": 25.4, '"': 25.4, "ft": 304.8, "'": 304.8},
    "m": {"mm": 1e-3, "cm": 1e-2, "m": 1, "km": 1e3, "in": 0.0254, "ft": 0.3048},
    "kw": {"w": 1e-3, "kw": 1, "mw": 1e3, "gw": 1e6},
    "w": {"w": 1, "kw": 1e3, "mw": 1e6},
    "uohm": {"": 1, "uohm": 1, "µohm": 1, "µω": 1, "mohm": 1e3},
    "kwh": {"wh": 1e-3, "kwh": 1, "mwh": 1e3},
    "kg": {"g": 1e-3, "kg": 1, "t": 1e3, "lb": 0.45359237},
    "kg_per_m2": {"kg/m2": 1, "psf": 4.88242764, "kpa": 101.97162},
    "gbps": {"mb/s": 1e-3, "gb/s": 1, "g": 1, "gbps": 1, "tb/s": 1e3, "t": 1e3},
    "l_per_min": {"l/min": 1, "lpm": 1, "gpm": 3.785411784, "m3/h": 1000.0 / 60.0},
    "deg": {"deg": 1, "°": 1},
    "s": {"ms": 1e-3, "s": 1, "min": 60, "h": 3600},
    "frac": {"": 1, "%": 1e-2},
    "k": {"k": 1},
    "tokens": {"": 1, "tok": 1, "k": 1e3},
    "count": {"": 1},
    "w_per_m2": {"w/m2": 1, "kw/m2": 1e3, "w/ft2": 10.7639104},
    "usd_per_kw_month": {"": 1, "$/kw/month": 1, "usd/kw/month": 1},
    "usd_per_kwh": {"": 1, "$/kwh": 1, "usd/kwh": 1, "$/mwh": 1e-3},
    "usd": {"": 1, "$": 1, "usd": 1, "k$": 1e3, "m$": 1e6, "b$": 1e9},
    "usd_per_million": {"": 1, "$/m": 1, "usd/m": 1},
    "g_per_kwh": {"g/kwh": 1, "kg/kwh": 1e3, "kg/mwh": 1},
    "years": {"": 1, "years": 1, "year": 1, "y": 1, "months": 1 / 12},
}
"""Entry units a field of a given unit accepts, as factors to that unit (offsets such as °F are handled in `parse`)."""

_QUANTITY = re.compile(r"^\s*([-+\u2212]?(?:\d[\d\u202f ,_]*)?(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")
_FEET_INCHES = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:ft|')\s*(\d+(?:\.\d+)?)\s*(?:in|\")\s*$")
_THIN_SPACE = "\u202f"


class UnitError(ValueError):
    """A quantity that could not be understood; the message says what was found and what was expected."""


def parse(text: str, unit: str) -> float:
    """Parse a typed quantity such as `4ft`, `1.2 m`, `250 psf` into `unit` (a key of FACTORS, or `c` for °C).

    A number alone is taken in `unit`. Raises UnitError with one plain sentence.
    """
    feet = _FEET_INCHES.match(text)
    if feet and unit in ("mm", "m"):
        millimetres = float(feet.group(1)) * 304.8 + float(feet.group(2)) * 25.4
        return millimetres if unit == "mm" else millimetres / MM_PER_M
    match = _QUANTITY.match(text)
    digits = re.sub(r"[\u202f ,_]", "", match.group(1)).replace("\u2212", "-") if match else ""
    try:
        value = float(digits)
    except ValueError:
        raise UnitError(f"“{text.strip()}” is not a number with a unit; expected for example 1.5 {unit}.") from None
    if not math.isfinite(value):
        raise UnitError(f"“{text.strip()}” is not a finite number.")
    name = match.group(2).lower().replace("²", "2").replace("³", "3") if match else ""
    if unit == "c":
        return _to_celsius(value, name, text)
    factors = FACTORS[unit]
    if name in ("", unit):
        return value
    if name not in factors:
        known = ", ".join(key for key in factors if key)
        raise UnitError(f"“{name}” is not a unit for this field; expected one of {known}.")
    return float(f"{value * factors[name]:.14g}")  # 95 % is 0.95, not 0.9500000000000001


def _to_celsius(value: float, name: str, text: str) -> float:
    name = name.lstrip("°")
    if name in ("", "c"):
        return value
    if name == "f":
        return (value - 32.0) / 1.8
    if name == "k":
        return value - KELVIN_OFFSET
    raise UnitError(f"“{text.strip()}” is not a temperature; expected °C, °F or K.")


def number(value: float | None, digits: int = 3) -> str:
    """A number for people: `digits` significant, thin space between thousands, true minus; an en dash for unknown."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}".replace(",", _THIN_SPACE).replace("-", "\u2212")


def whole(value: float | None) -> str:
    """A whole number for people: thin space between thousands, true minus; an en dash for unknown."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.0f}".replace(",", _THIN_SPACE).replace("-", "\u2212")


def plain(value: float | None, digits: int = 6) -> str:
    """A number for an entry field: as many digits as it has, at most `digits` significant, no trailing zeros."""
    if value is None or not math.isfinite(value):
        return ""
    text = number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


_PREFIXES: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"))


def scaled(value: float | None, unit: str, digits: int = 3) -> tuple[str, str]:
    """Text and prefixed unit, such as (`2.06`, `MW`) for 2.06e6 W."""
    if value is None or not math.isfinite(value):
        return "–", unit
    size = abs(value)
    if size == 0:
        return "0", unit
    for factor, prefix in _PREFIXES:
        if size >= factor * (1 - 0.5 * 10.0**-digits) or factor == _PREFIXES[-1][0]:
            return number(value / factor, digits), prefix + unit
    return number(value, digits), unit
