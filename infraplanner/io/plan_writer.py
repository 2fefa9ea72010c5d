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
from infraplanner.text.remarks import FOOT, KEY, NO_REMARK, TOP, Owner, Remarks
from infraplanner.version import __version__

from .embed import embedded_profiles
from .layout import FORMAT, HEADER, MIN_READER, VERSION

_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Tables whose records hold plain data of any kind, where a NaN may hide below the top.
_OPEN_TABLES = frozenset({"profiles", "scenarios"})


def plan_bytes(document: Snapshot, catalog: Catalog | None = None) -> bytes:
    """The canonical file of a document: UTF-8, LF, one record a line, tables and records in code-point order.

    Comments stand above and beside the records that they were read with. With a catalogue the plan carries a copy of
    every profile that it uses. Raises NotFiniteError for NaN, infinities.
    """
    remarks = document.remarks
    lines = [*_above(remarks, TOP), *_remarked(remarks, KEY, *_header(document.header))]
    for table in sorted(TABLES):
        records: Iterable[Record] = document.table(table).values()
        if table == "profiles" and catalog is not None:
            records = embedded_profiles(document, catalog)
        rows = sorted(records, key=_by_id)
        if rows:
            lines += _remarked(remarks, KEY, [table], [table.encode() + b":"])
            lines += _remarked(remarks, table, map(_by_id, rows), _lines(rows, table in _OPEN_TABLES))
        elif (KEY, table) in remarks:
            lines += _above(remarks, (KEY, table))
    lines += _above(remarks, FOOT)
    data = b"\n".join(lines)
    return (escape(data) if needs_escape(data) else data) + b"\n"


def _remarked(remarks: Remarks, table: str, names: Iterable[str], lines: list[bytes]) -> list[bytes]:
    """Lines with the comments above and beside what they hold."""
    if not remarks:
        return lines
    out = []
    for name, line in zip(names, lines, strict=True):
        above, beside = remarks.get((table, name), NO_REMARK)
        out += [text.encode() for text in above]
        out.append(line + b"  " + beside.encode() if beside else line)
    return out


def _above(remarks: Remarks, owner: Owner) -> list[bytes]:
    """All comments of an owner that has no line of its own."""
    above, beside = remarks.get(owner, NO_REMARK)
    return [text.encode() for text in (*above, beside) if text]


def _by_id(record: Record) -> str:
    return record.id


def _header(extras: dict[str, Any]) -> tuple[list[str], list[bytes]]:
    """The names of the header's keys and their lines."""
    values = {
        "format": FORMAT.encode(),
        "version": emit_line(extras.get("version", VERSION)),
        "min_reader": emit_line(extras.get("min_reader", MIN_READER)),
        "created_with": emit_scalar(f"infraplanner {__version__}"),
        **{key: emit_line(extras[key]) for key in sorted(extras) if key not in HEADER},
    }
    return list(values), [_header_key(key) + b": " + value for key, value in values.items()]


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
