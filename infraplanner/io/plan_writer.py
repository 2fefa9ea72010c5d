"""Writing a plan: the same document gives the same bytes, whatever made it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from infraplanner.catalog import Catalog
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import TABLES, Record
from infraplanner.text.emit import NotFiniteError, check_finite, emit_line, emit_scalar, escape, needs_escape, raw_line
from infraplanner.version import __version__

from .embed import embedded_profiles
from .layout import FORMAT, HEADER, MIN_READER, VERSION

_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Tables whose records hold plain data of any kind, where a NaN may hide below the top.
_OPEN_TABLES = frozenset({"profiles", "scenarios"})


def plan_bytes(document: Snapshot, catalog: Catalog | None = None) -> bytes:
    """The canonical file of a document: UTF-8, LF, one record a line, tables and records in code-point order.

    With a catalogue the plan carries a copy of every profile that it uses. Raises NotFiniteError for NaN, infinities.
    """
    lines = _header(document.header)
    for table in sorted(TABLES):
        records: Iterable[Record] = document.table(table).values()
        if table == "profiles" and catalog is not None:
            records = embedded_profiles(document, catalog)
        rows = sorted(records, key=_by_id)
        if rows:
            lines.append(table.encode() + b":")
            lines += _lines(rows, table in _OPEN_TABLES)
    data = b"\n".join(lines)
    return (escape(data) if needs_escape(data) else data) + b"\n"


def _by_id(record: Record) -> str:
    return record.id


def _header(extras: dict[str, Any]) -> list[bytes]:
    version = extras.get("version", VERSION)
    reader = extras.get("min_reader", MIN_READER)
    created = f"infraplanner {__version__}"
    lines = [
        b"format: " + FORMAT.encode(),
        b"version: " + emit_line(version),
        b"min_reader: " + emit_line(reader),
        b"created_with: " + emit_scalar(created),
    ]
    return lines + [_header_key(key) + b": " + emit_line(extras[key]) for key in sorted(extras) if key not in HEADER]


def _header_key(key: str) -> bytes:
    return key.encode() if _BARE_KEY.fullmatch(key) else emit_line(key)


def _lines(rows: list[Record], open_table: bool) -> list[bytes]:
    records = [canonical(row) for row in rows]
    if open_table:
        check_finite(records)
    if not any(record.unknown for record in records):
        joined = raw_line(records)
        # Flat records have one brace each: all at once, and taken apart where one ends and the next begins.
        if joined.count(b"{") == len(records):
            return [b"- {" + body + b"}" for body in joined[2:-2].split(b"}, {")]
    return [b"- " + raw_line(_with_unknown(record) if record.unknown else record) for record in records]


def _with_unknown(record: Record) -> dict[str, Any]:
    """A record as plain data with the fields of a newer program after its own."""
    check_finite(record.unknown)
    known = msgspec.to_builtins(msgspec.structs.replace(record, unknown=()))
    return {**known, **dict(sorted(record.unknown))}


@cache
def _rules(cls: type[Record]) -> tuple[tuple[tuple[str, Any], ...], tuple[str, ...]]:
    """Fields with a default that msgspec omits by identity only, and fields that hold floating-point numbers."""
    defaults: list[tuple[str, Any]] = []
    floats: list[str] = []
    for info in msgspec.structs.fields(cls):
        if not info.required and not _is_singleton(info.default):
            defaults.append((info.name, info.default))
        if "float" in str(info.type):
            floats.append(info.name)
    return tuple(defaults), tuple(floats)


def _is_singleton(value: Any) -> bool:
    """True for values of which Python keeps one object only, so that identity is equality."""
    return value is None or isinstance(value, bool) or value in ("", ()) or (type(value) is int and 0 <= value <= 256)


def canonical(record: Record) -> Record:
    """The record as a reader would make it: defaults are the defaults, floats are floats. Raises NotFiniteError."""
    defaults, floats = _rules(type(record))
    changes: dict[str, Any] = {}
    for name in floats:
        value = getattr(record, name)
        if value is not None:
            if type(value) is not float:
                changes[name] = value = float(value)
            if value - value != 0.0:
                raise NotFiniteError(f"Record {record.id}, field {name}: {value} cannot be written, it is not finite.")
    for name, default in defaults:
        value = getattr(record, name)
        if value is not default and value == default:
            changes[name] = default
    return msgspec.structs.replace(record, **changes) if changes else record
