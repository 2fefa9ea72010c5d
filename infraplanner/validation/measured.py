"""Reader of measured rows: files laid out as a mapping with a list `rows` of records with `id`, `use`, `metric`, `value`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infraplanner.text import TextError, Unit, convert, read_file, read_tree
from infraplanner.text.convert import FAILED
from infraplanner.text.files import decode
from infraplanner.text.problems import Problem

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """The rows of one file, and (id, reason) of those that could not be read."""

    path: str
    rows: tuple[Row, ...]
    unreadable: tuple[tuple[str, str], ...]


def read_measured(path: Path) -> MeasuredFile:
    """Read a file of measured rows. Raises TextError when the file as a whole is no such file."""
    problems: list[Problem] = []
    root, _ = read_tree(decode(read_file(path), str(path)), str(path), problems)
    listing = root.entry("rows") if root is not None and root.kind == "map" else None
    if listing is None or listing.kind != "seq":
        raise TextError(
            problems or [Problem(str(path), 1, 1, "no list `rows`", "a mapping with a list `rows` of measured rows")]
        )
    rows: list[Row] = []
    unreadable: list[tuple[str, str]] = []
    for number, node in enumerate(listing.value, 1):
        faults: list[Problem] = []
        value = convert(node, Any, Unit(str(path), faults, []))
        if faults or value is FAILED or not isinstance(value, dict):
            reason = str(faults[0]) if faults else f"row {number} is no mapping"
            unreadable.append((f"row-{number}", reason))
        else:
            rows.append({"id": f"row-{number}", "use": "", "metric": ""} | value)
    return MeasuredFile(str(path), tuple(rows), tuple(unreadable))


def measured_value(row: Row) -> float | None:
    """The measured number, or None when the row carries none (a text, a range, nothing)."""
    value = row.get("value")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def not_positive(record: dict[str, Any], names: Iterable[str]) -> str:
    """The first of the named fields that holds a number of zero or less, in words; empty when none does."""
    for name in names:
        value = record.get(name)
        if isinstance(value, int | float) and value <= 0:
            return f"{name} is {value:g}; it must be positive"
    return ""
