"""Plain scalars by the YAML 1.2 core schema: `yes` is text, `1e9` is a number, there is no base 60 and no date."""

from __future__ import annotations

import re

from .limits import DIGIT_LIMIT

Scalar = None | bool | int | float | str

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[-+]?(Infinity|NaN|inf|nan)")
_NUMERIC_START = frozenset("+-.0123456789IiNn")


class NotANumber(ValueError):
    """A plain scalar that stands for no finite number: NaN, an infinity, or more digits than we read."""


def resolve(text: str) -> Scalar:
    """The value of a plain scalar. Raises NotANumber for NaN, infinities and numbers out of range."""
    if text in _NULLS:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text[0] not in _NUMERIC_START:
        return text
    return _number(text)


def _number(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text):
        if len(text) > DIGIT_LIMIT:
            raise NotANumber(f"a number of {len(text)} digits")
        return int(text)
    if _BASED.fullmatch(text):
        if len(text) > DIGIT_LIMIT:
            raise NotANumber(f"a number of {len(text)} digits")
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _NOT_FINITE.fullmatch(text):
        raise NotANumber(text)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise NotANumber(f"{text[:40]}, which is too large")
        return value
    return text
