"""Files of records: top-level header keys, then tables, each a sequence of mappings.

Two readers, one meaning. Canonical lines, as our own writer makes them, are decoded by msgspec a table at a time and
must encode to their own bytes again; any other line is read from YAML events; and a file whose lines do not each stand
for themselves is read from events as a whole. The event reader alone decides what is wrong.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from .comments import Comment
from .convert import FAILED, Unit, convert, converter
from .files import clean_bytes, decode
from .limits import LIMITS, Limits
from .lines import Lines, Run
from .nodes import Node, read_tree
from .problems import Problem, TextError, shown
from .remarks import FOOT, KEY, TOP, Remarks, add_above, add_beside, assign

Tables = Mapping[str, type[msgspec.Struct]]


@dataclass(slots=True)
class RecordFile:
    """What a file holds. `header` has every top-level key that is not a table, as plain data.

    `remarks` are the file's comments by what they belong to, where the reader was asked to keep them.
    """

    file: str
    header: dict[str, Any]
    tables: dict[str, list[Any]]
    warnings: list[Problem] = field(default_factory=list)
    remarks: Remarks = field(default_factory=dict)
    fast_count: int = 0
    _places: dict[str, list[tuple[int, Run | Node]]] = field(default_factory=dict)
    _header_places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def place(self, table: str, index: int, name: str = "") -> tuple[int, int]:
        """Line and column of a record of a table, or of one of its fields."""
        spans = self._places[table]
        start, where = spans[bisect_right(spans, index, key=_start) - 1]
        if isinstance(where, Run):
            text = where.lines[index - start]
            mark = f'"{name}": '.encode()
            at = text.find(mark) if name else -1
            return where.number(index - start), len(text[: at + len(mark)].decode()) + 1 if at >= 0 else 1
        node = where.entry(name) if name else None
        return (node.line, node.column) if node else (where.line, where.column)

    def header_place(self, key: str) -> tuple[int, int]:
        """Line and column of a header value."""
        return self._header_places.get(key, (1, 1))


def _start(span: tuple[int, Run | Node]) -> int:
    """Index of the first record of a span."""
    return span[0]


def read_records(
    data: bytes, file: str, tables: Tables, *, keep_unknown: bool = False, limits: Limits = LIMITS
) -> RecordFile:
    """Read a file of records. Raises TextError with every problem; nothing is half-loaded.

    With `keep_unknown` what this program does not understand is kept for writing it again: unknown fields and comments.
    """
    data = clean_bytes(data, file, limits)
    reader = _Reader(file, tables, keep_unknown, limits)
    result = reader.read_lines(data) or reader.read_whole(decode(data, file))
    if reader.unit.problems:
        raise TextError(reader.unit.problems, result, frozenset(reader.lost))
    result.warnings = reader.unit.warnings
    return result


class _Reader:
    def __init__(self, file: str, tables: Tables, keep_unknown: bool, limits: Limits) -> None:
        self.file = file
        self.tables = tables
        self.limits = limits
        # A record line read by itself lacks the level of the file's own mapping.
        self.line_limits = replace(limits, depth=limits.depth - 1)
        self.keep_unknown = keep_unknown
        self.reset()

    def reset(self) -> None:
        self.unit = Unit(self.file, [], [], self.keep_unknown)
        self.out = RecordFile(self.file, {}, {})
        self.lost: set[str] = set()

    def read_lines(self, data: bytes) -> RecordFile | None:
        """The line-by-line way; None when the file has to be read as a whole."""
        lines = Lines.split(data, self.tables, self.limits)
        if lines is None:
            return None
        for number, text in lines.header:
            root, complete = read_tree(text, self.file, [], number, self.limits)
            if not complete or root is None or root.kind != "map" or len(root.value) != 1:
                return None
        for number, text in lines.header:
            comments: list[Comment] = []
            root, _ = read_tree(text, self.file, self.unit.problems, number, self.limits, comments)
            assert root is not None
            self.take_header(root)
            lines.beside[root.value[0][0]] = [comment.text for comment in comments]
        for table in lines.tables:
            self.take_table(table, Node("scalar", "", 0, 0, True))
        for run in lines.runs:
            if not self.take_run(run):
                self.reset()
                return None
        if self.keep_unknown:
            self.take_remarks(lines)
        return self.out

    def take_remarks(self, lines: Lines) -> None:
        """Keep the comments of the keys and ends of a file read line by line, and tell of those that cannot be kept."""
        remarks = self.out.remarks
        add_above(remarks, TOP, *lines.top)
        add_above(remarks, FOOT, *lines.foot)
        for key, texts in lines.above.items():
            add_above(remarks, (KEY, key), *texts)
        for key, texts in lines.beside.items():
            add_beside(remarks, (KEY, key), *texts)
        if lines.unkept:
            count = len(lines.unkept)
            found = f"{count} comment{'s' * (count > 1)} with characters that YAML does not take, not kept on saving"
            expected = "comments in UTF-8 without control characters"
            self.unit.warnings.append(Problem(self.file, lines.unkept[0], 0, found, expected))

    def take_run(self, run: Run) -> bool:
        records = run.decode(self.tables[run.table])
        places = self.out._places.setdefault(run.table, [])
        into = self.out.tables.setdefault(run.table, [])
        if None not in records:
            for index in run.above.keys() | run.beside.keys():
                self.remark(run, index, records[index].id)
            places.append((len(into), run))
            into += records
            self.out.fast_count += len(records)
            return True
        self.out.fast_count += sum(record is not None for record in records)
        for offset, record in enumerate(records):
            number = run.number(offset)
            raw = run.lines[offset]
            if record is not None:
                places.append((len(into), Run(run.table, number, [raw], run.limits)))
                into.append(record)
            elif not self.take_odd_line(run, offset, number, raw):
                return False
            if offset in run.above or offset in run.beside:
                self.remark(run, offset, into[-1].id if into else "")
        return True

    def take_odd_line(self, run: Run, offset: int, number: int, raw: bytes) -> bool:
        """Read a record's line from events; False when it does not stand for itself."""
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return False
        scratch: list[Problem] = []
        comments: list[Comment] = []
        root, complete = read_tree(text, self.file, scratch, number, self.line_limits, comments)
        if not complete or root is None or root.kind != "seq" or len(root.value) != 1:
            return False
        if comments:
            run.beside[offset] = [comment.text for comment in comments]
        self.unit.problems.extend(scratch)
        self.take_node(run.table, root.value[0])
        return True

    def remark(self, run: Run, offset: int, record_id: str) -> None:
        """Keep the comments above and beside a line with the record that it holds."""
        if self.keep_unknown:
            add_above(self.out.remarks, (run.table, record_id), *run.above.get(offset, ()))
            add_beside(self.out.remarks, (run.table, record_id), *run.beside.get(offset, ()))

    def read_whole(self, text: str) -> RecordFile:
        comments: list[Comment] | None = [] if self.keep_unknown else None
        root, _ = read_tree(text, self.file, self.unit.problems, 1, self.limits, comments)
        if root is None:
            if not self.unit.problems:
                self.unit.problems.append(Problem(self.file, 1, 1, "an empty file", "a mapping"))
            return self.out
        if root.kind != "map":
            self.unit.fail(root, "a mapping")
            return self.out
        self.take_header(root)
        self.out.remarks = assign(comments or [], root, self.tables)
        return self.out

    def take_header(self, root: Node) -> None:
        for key, line, column, node in root.value:
            self.unit.record = ""
            if key in self.tables:
                self.take_table(key, node)
                continue
            self.unit.field = key
            value = convert(node, Any, self.unit)
            self.unit.field = ""
            if value is not FAILED:
                self.out.header[key] = value
                self.out._header_places[key] = (node.line or line, node.column or column)

    def take_table(self, table: str, node: Node) -> None:
        self.out.tables.setdefault(table, [])
        self.out._places.setdefault(table, [])
        if node.kind == "scalar" and node.plain and node.value in ("", "~", "null"):
            return
        if node.kind != "seq":
            self.unit.field = table
            self.unit.fail(node, "a list of records")
            self.unit.field = ""
            return
        for child in node.value:
            self.take_node(table, child)

    def take_node(self, table: str, node: Node) -> None:
        name = node.entry("id")
        self.unit.record = name.value if name is not None and name.kind == "scalar" else ""
        self.unit.field = ""
        before = len(self.unit.problems)
        record = converter(self.tables[table])(node, self.unit)
        if record is FAILED:
            self.lost.add(self.unit.record)
            if len(self.unit.problems) == before:
                self.unit.fail(node, f"a record of {shown(table)}")
            return
        into = self.out.tables.setdefault(table, [])
        self.out._places.setdefault(table, []).append((len(into), node))
        into.append(record)
