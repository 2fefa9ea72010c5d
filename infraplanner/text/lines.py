"""The fast way into a file of records: lines that each stand for themselves, decoded a table at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from .emit import escape, needs_escape, raw_line
from .limits import Limits

_HEADER = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*:( .*)?")
# A run of 16 digits may pass the largest integer we accept: the event reader has to look.
_LONG_NUMBER = re.compile(rb"[ \[]-?[0-9]{16}")


@dataclass(slots=True)
class Run:
    """Consecutive record lines of one table; `first` is the file's line number of the first."""

    table: str
    first: int
    lines: list[bytes]
    limits: Limits

    def decode(self, kind: type[msgspec.Struct]) -> list[Any]:
        """The records of the lines, None for each line that the event reader has to judge."""
        bodies = [line[2:] for line in self.lines]
        joined = b",".join(bodies)
        try:
            records = _decoder(kind).decode(b"[" + joined + b"]")
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            records = []
        if len(records) != len(bodies):
            records = [_single(kind, body) for body in bodies]
        suspects = self._suspects(joined, bodies)
        plain = "unknown" not in kind.__struct_fields__
        if not suspects and encodes_to(records, bodies) and (plain or all(record.unknown == () for record in records)):
            return records
        for index, (record, body) in enumerate(zip(records, bodies, strict=True)):
            if index in suspects or record is None or not (plain or record.unknown == ()):
                records[index] = None
                continue
            own = raw_line(record)
            if body not in (own, escape(own)):
                records[index] = None
        return records

    def _suspects(self, joined: bytes, bodies: list[bytes]) -> set[int]:
        """Lines that may break a limit, or that hold a character which YAML does not take raw."""
        out: set[int] = set()
        limits = self.limits
        nested = b"[" in joined or joined.count(b"{") > len(bodies)
        long = len(joined) > limits.string_bytes and max(map(len, bodies)) > limits.string_bytes
        keys = nested and len(joined) > limits.key_length and _long_key(limits.key_length).search(joined) is not None
        risky = keys or _LONG_NUMBER.search(joined) is not None or needs_escape(joined)
        if not (nested or long or risky):
            return out
        for index, body in enumerate(bodies):
            if len(body) > limits.string_bytes or (
                len(body) > limits.depth and body.count(b"[") + body.count(b"{") > limits.depth - 4
            ):
                out.add(index)
            if risky and (_LONG_NUMBER.search(body) or needs_escape(body) or _long_key(limits.key_length).search(body)):
                out.add(index)
        return out


@cache
def _long_key(length: int) -> re.Pattern[bytes]:
    """Finds a key of more than about `length` characters, so that the event reader may judge it."""
    return re.compile(rb'"[^"]{%d,}": ' % length)


def encodes_to(records: list[Any], bodies: list[bytes]) -> bool:
    """True when flat records encode to just these lines; False may also mean that they have to be compared one by one.

    One call for the whole table: with a single brace a line, the ends of lines can only be the ends of records.
    """
    joined = b", ".join(bodies)
    if joined.count(b"{") != len(records) or None in records:
        return False
    return raw_line(records) == b"[" + joined + b"]"


@cache
def _decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[list[Any]]:
    return msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]


@cache
def _single_decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _single(kind: type[msgspec.Struct], body: bytes) -> Any:
    try:
        return _single_decoder(kind).decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


@dataclass(slots=True)
class Lines:
    """A file taken apart: header lines (number, text), the tables that it names, and runs of record lines."""

    header: list[tuple[int, str]] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    @staticmethod
    def split(data: bytes, tables: Mapping[str, type[msgspec.Struct]], limits: Limits) -> Lines | None:
        """Take a file apart; None when any line might not stand for itself."""
        if data.count(b",") > limits.node_count // 3:
            return None
        out = Lines()
        table, run = "", None
        seen: set[bytes] = set()
        for index, line in enumerate(data.split(b"\n"), 1):
            if line.startswith(b'- {"') and line.endswith(b"}"):
                if not table:
                    return None
                if run is None:
                    run = Run(table, index, [], limits)
                    out.runs.append(run)
                run.lines.append(line)
                continue
            run = None
            if not line or line.startswith(b"#"):
                continue
            key, _, value = line.partition(b":")
            if not _HEADER.fullmatch(line) or key in seen:
                return None
            seen.add(key)
            table = key.decode() if key.decode() in tables and not value else ""
            if table:
                out.tables.append(table)
            else:
                try:
                    out.header.append((index, line.decode()))
                except UnicodeDecodeError:
                    return None
        return out
