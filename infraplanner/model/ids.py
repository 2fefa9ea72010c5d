"""Identifiers: one name space over all tables of a plan, so that `--fail ID` needs no table name."""

from __future__ import annotations

import re

ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ID = re.compile(ID_PATTERN)
_TRAILING_NUMBER = re.compile(r"^(.*?)(\d+)$")


def is_valid_id(text: str) -> bool:
    """True when `text` may name a record: a letter or digit, then up to 63 letters, digits, dots, dashes, underscores."""
    return _ID.fullmatch(text) is not None


def next_free_id(stem: str, taken: set[str] | dict[str, object]) -> str:
    """The first free id after `stem`, keeping its digits' width: A07 gives A08, rack gives rack-1."""
    match = _TRAILING_NUMBER.match(stem)
    head, digits = (match.group(1), match.group(2)) if match else (stem + "-", "0")
    number = int(digits)
    while True:
        number += 1
        candidate = f"{head}{number:0{len(digits)}d}"
        if candidate not in taken:
            return candidate
