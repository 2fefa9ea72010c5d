"""The fast way into a file of records: lines that each stand for themselves, decoded a table at a time."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec

from .emit import escape, needs_escape, raw_line
from .limits import Limits

_HEADER = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*:( .*)?")
# A record or a table's name with a comment behind it. Outside of strings JSON has no `#` and no single quote.
_REMARKED_RECORD = re.compile(rb"""(- \{(?:"(?:[^"\\]|\\.)*"|[^"#'])*\})[ \t]+(#.*)""")
_REMARKED_KEY = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*:)[ \t]+(#.*)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f]")
# A run of 16 digits may pass the largest integer we accept: the event reader has to look.
_LONG_NUMBER = re.compile(rb"[ \[]-?[0-9]{16}")


@dataclass(slots=True)
class Run:
    """Record lines of one table with nothing but comments between them; `first` is the file's line of the first.

    `above` and `beside` hold the comments of lines by their index, `skipped` the index that follows each line of comment.
    """

    table: str
    first: int
    lines: list[bytes]
    limits: Limits
    above: dict[int, list[str]] = field(default_factory=dict)
    beside: dict[int, list[str]] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)

    def number(self, index: int) -> int:
        """The file's line number of a line."""
        return self.first + index + bisect_right(self.skipped, index)

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


def _parted(line: bytes, tables: Container[str]) -> tuple[bytes, bytes]:
    """A line without the comment behind it, and the comment; header values are left to the event reader."""
    if b"#" not in line:
        return line, b""
    if line.startswith(b"#"):
        return b"", line
    record = _REMARKED_RECORD.fullmatch(line)
    if record is not None:
        return record[1], record[2]
    key = _REMARKED_KEY.fullmatch(line)
    if key is not None and key[1][:-1].decode() in tables:
        return key[1], key[2]
    return line, b""


def _comment(raw: bytes) -> str:
    """The text of a comment, "" when it holds what a YAML file may not hold."""
    try:
        text = raw.decode().rstrip()
    except UnicodeDecodeError:
        return ""
    return "" if needs_escape(raw) or _CONTROL.search(raw) else text


@dataclass(slots=True)
class Lines:
    """A file taken apart: header lines (number, text), the tables that it names, runs of record lines, and comments.

    Comments are kept `above` and `beside` keys, at the `top` and at the `foot`; `unkept` are the lines of those that no
    file may hold.
    """

    header: list[tuple[int, str]] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    top: list[str] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    above: dict[str, list[str]] = field(default_factory=dict)
    beside: dict[str, list[str]] = field(default_factory=dict)
    unkept: list[int] = field(default_factory=list)
    keys: set[bytes] = field(default_factory=set)
    table: str = ""

    @staticmethod
    def split(data: bytes, tables: Mapping[str, type[msgspec.Struct]], limits: Limits) -> Lines | None:
        """Take a file apart; None when any line might not stand for itself."""
        if data.count(b",") > limits.node_count // 3:
            return None
        out = Lines()
        table, run, comment = "", None, b""
        waiting: list[str] = []
        remarked = b"#" in data
        for index, line in enumerate(data.split(b"\n"), 1):
            if remarked:
                line, comment = _parted(line, tables)  # noqa: PLW2901
            if line.startswith(b'- {"') and line.endswith(b"}"):
                if not table:
                    return None
                if run is None:
                    run = Run(table, index, [], limits)
                    out.runs.append(run)
                if waiting:
                    run.above[len(run.lines)] = waiting
                    waiting = []
                if comment:
                    run.beside[len(run.lines)] = out.text(index, comment)
                run.lines.append(line)
                continue
            if comment and not line:
                waiting += out.text(index, comment)
                if run is not None:
                    run.skipped.append(len(run.lines))
                continue
            run = None
            if not line:
                continue
            if not out.take_key(index, line, comment, waiting, tables):
                return None
            table, waiting = out.table, []
        out.foot = waiting
        return out

    def take_key(
        self, index: int, line: bytes, comment: bytes, waiting: list[str], tables: Mapping[str, type[msgspec.Struct]]
    ) -> bool:
        """Take a line with a top-level key; False when it might not stand for itself. `table` is its table, if any."""
        name, _, value = line.partition(b":")
        if not _HEADER.fullmatch(line) or name in self.keys:
            return False
        key = name.decode()
        if self.keys:
            self.above[key] = waiting
        else:
            self.top = waiting
        self.keys.add(name)
        self.table = key if key in tables and not value else ""
        if self.table:
            self.tables.append(key)
            if comment:
                self.beside[key] = self.text(index, comment)
            return True
        try:
            self.header.append((index, line.decode()))
        except UnicodeDecodeError:
            return False
        return True

    def text(self, index: int, comment: bytes) -> list[str]:
        """The text of a comment, nothing when no YAML file may hold it."""
        text = _comment(comment)
        if not text:
            self.unkept.append(index)
        return [text] if text else []
