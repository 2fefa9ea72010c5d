"""The canonical form of a record: one line, a flow mapping that is JSON and YAML at once."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

# What YAML does not allow raw in a file, or takes for a line break or a byte order mark, as UTF-8 bytes.
_FORBIDDEN = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_/.+-]*( [A-Za-z0-9_/.+-]+)*")
_WORDS = frozenset({"null", "true", "false", "nan", "inf", "infinity", "yes", "no", "on", "off", "y", "n"})

_encode = msgspec.json.Encoder().encode
_format = msgspec.json.format


class NotFiniteError(ValueError):
    """A number that cannot be written: NaN or an infinity."""


def escape(data: bytes) -> bytes:
    """JSON bytes with every character that YAML forbids raw written as an escape."""
    return _FORBIDDEN.sub(lambda match: f"\\u{ord(match.group().decode()):04x}".encode(), data)


def needs_escape(data: bytes) -> bool:
    """True when `escape` would change the bytes."""
    return _FORBIDDEN.search(data) is not None


def raw_line(value: Any) -> bytes:
    """One line of JSON with a space after colons and commas, not yet escaped. Numbers must be finite."""
    try:
        data = _encode(value)
    except UnicodeEncodeError:
        data = _encode(_mended(msgspec.to_builtins(value)))
    line: bytes = _format(data, indent=0)
    return line


def emit_line(value: Any) -> bytes:
    """The canonical line of a record or of plain data. Raises NotFiniteError for NaN and infinities."""
    check_finite(value)
    return escape(raw_line(value))


def emit_scalar(text: str) -> bytes:
    """A header value: bare where no reader can mistake it, else quoted."""
    if _BARE.fullmatch(text) and text.lower() not in _WORDS:
        return text.encode()
    return emit_line(text)


def check_finite(value: Any) -> None:
    """Raise NotFiniteError when plain data or a record holds NaN or an infinity (JSON would print null)."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotFiniteError(f"{value} cannot be written, every number must be finite")
    elif isinstance(value, dict):
        for item in value.values():
            check_finite(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_finite(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            check_finite(getattr(value, name))


def _mended(value: Any) -> Any:
    """Plain data with halves of surrogate pairs, which no UTF-8 file can hold, replaced by U+FFFD."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(item) for item in value]
    return value
