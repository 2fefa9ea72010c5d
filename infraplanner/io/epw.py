"""EnergyPlus weather files: the year's dry bulb, dew point and pressure, packed as a profile record carries them."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from infraplanner.text import Problem, TextError, read_file

HOURS = 8760
DRY_BULB, DEW_POINT, PRESSURE = 6, 7, 9
"""Columns of a data line, counted from 0."""
TENTHS, TENS_OF_PA = 10.0, 0.1
LIMITS = {DRY_BULB: (-70.0, 70.0, "dry bulb in °C"), DEW_POINT: (-70.0, 70.0, "dew point in °C"),
          PRESSURE: (50_000.0, 120_000.0, "pressure in Pa")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EpwYear:
    """A weather file's place and its three columns packed as `packed` says."""

    place: str
    latitude_deg: float
    longitude_deg: float
    height_m: float
    packed: str


def read_epw(path: Path) -> EpwYear:
    """Read a weather file. Raises TextError with what is wrong and where."""
    lines = read_file(path).decode("latin-1").splitlines()
    head = lines[0].split(",") if lines else []
    if len(head) < 10 or head[0] != "LOCATION":
        raise TextError([Problem(str(path), 1, 1, "no LOCATION line", "an EnergyPlus weather file")])
    rows = [(number, line.split(",")) for number, line in enumerate(lines[8:], 9) if line.strip()]
    rows = [row for row in rows if not (len(row[1]) > 2 and row[1][1].strip() == "2" and row[1][2].strip() == "29")]
    if len(rows) != HOURS:
        raise TextError([Problem(str(path), 9, 1, f"{len(rows)} hours", f"{HOURS} hours after the 8 header lines")])
    columns = {column: [_value(path, number, cells, column) for number, cells in rows] for column in LIMITS}
    return EpwYear(
        ", ".join(part for part in (head[1], head[2], head[3]) if part),
        float(head[6]), float(head[7]), float(head[9]),
        pack(columns[DRY_BULB], columns[DEW_POINT], columns[PRESSURE]),
    )  # fmt: skip


def _value(path: Path, line: int, cells: list[str], column: int) -> float:
    low, high, name = LIMITS[column]
    text = cells[column].strip() if len(cells) > column else ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise TextError([Problem(str(path), line, 1, f"“{text}” as {name}", f"{low:g} to {high:g}")])
    return value


def pack(dry_bulb_c: list[float], dew_point_c: list[float], pressure_pa: list[float]) -> str:
    """Tenths of a degree and tens of pascal as differences of little-endian 16-bit integers, deflated, in base 64."""
    out = b""
    for values, factor in ((dry_bulb_c, TENTHS), (dew_point_c, TENTHS), (pressure_pa, TENS_OF_PA)):
        whole = [round(value * factor) for value in values]
        steps = [whole[0], *(b - a for a, b in pairwise(whole))]
        out += struct.pack(f"<{len(steps)}h", *steps)
    return base64.b64encode(zlib.compress(out, 9)).decode("ascii")
