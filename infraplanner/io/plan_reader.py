"""Reading a plan: the text becomes a document, or every fault is told at once and nothing is loaded."""

from __future__ import annotations

import gc
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import default_catalog
from infraplanner.model.document import Document
from infraplanner.model.entities import TABLES
from infraplanner.text import Problem, RecordFile, TextError, read_file, read_records
from infraplanner.text.comments import Comment
from infraplanner.text.convert import FAILED, Unit, convert
from infraplanner.text.emit import emit_line
from infraplanner.text.files import clean_bytes, decode
from infraplanner.text.nodes import read_tree
from infraplanner.text.remarks import FOOT, KEY, TOP, Remarks, add_above, assign
from infraplanner.text.suggest import closest

from .layout import FORMAT, HEADER, VERSION
from .migrations import STEPS, Step, migrate
from .references import check_references

_PEEK = re.compile(rb"^(format|version|min_reader):[ \t]*([^\r\n#]*)", re.MULTILINE)
_PEEK_BYTES = 4096


class PlanError(TextError):
    """A plan that cannot be opened. `problems` holds every fault; `newer` tells that a newer program wrote the file."""

    newer = False


class NewerPlanError(PlanError):
    """The file asks for a newer reader than this program."""

    newer = True


@dataclass(frozen=True, slots=True)
class PlanFile:
    """An opened plan. `catalog` is the catalogue with the plan's own profile copies in force."""

    document: Document
    catalog: Catalog
    path: Path | None = None
    version: int = VERSION
    created_with: str = ""
    warnings: tuple[Problem, ...] = ()
    migrated: bool = field(default=False)


def read_plan(
    source: Path | str | bytes,
    catalog: Catalog | None = None,
    *,
    name: str = "",
    steps: Mapping[int, Step] = STEPS,
) -> PlanFile:
    """Open a plan from a path, or from its text (a `str` with a line break, or `bytes`).

    `catalog` is where profiles are looked up that the plan does not embed; by default the shipped and personal ones.
    Raises PlanError with every problem of the file.
    """
    path, data, file = _source(source, name)
    # A plan is many small objects without cycles: collecting garbage while they are made doubles the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read(path, data, file, catalog, steps)
    finally:
        if collecting:
            gc.enable()


def _read(path: Path | None, data: bytes, file: str, catalog: Catalog | None, steps: Mapping[int, Step]) -> PlanFile:
    try:
        data = clean_bytes(data, file)
        version = _check_peek(_peek(data), file)
        migrated = 0 < version < VERSION
        if migrated:
            data, file, remarks = _migrated(data, file, version, steps)
        records = read_records(data, file, TABLES, keep_unknown=True)
        if migrated:
            records.remarks = _rehomed(remarks, records)
    except PlanError:
        raise
    except TextError as error:
        problems = list(error.problems)
        if error.readable is not None:  # the rest of the file may have faults of its own: tell all at once
            check_references(error.readable, catalog or default_catalog(), problems, error.lost)
        raise PlanError(sorted(problems, key=_by_place)) from None
    return _opened(records, path, catalog, migrated)


def _rehomed(remarks: Remarks, records: RecordFile) -> Remarks:
    """Comments of an older file; those of what has another name by now stand at the end."""
    known = {(table, row.id) for table, rows in records.tables.items() for row in rows}
    known |= {(KEY, key) for key in (*records.header, *records.tables)} | {TOP, FOOT}
    kept = {owner: remark for owner, remark in remarks.items() if owner in known}
    for owner, (above, beside) in remarks.items():
        if owner not in known:
            add_above(kept, FOOT, *above, *filter(None, [beside]))
    return kept


def _by_place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _source(source: Path | str | bytes, name: str) -> tuple[Path | None, bytes, str]:
    if isinstance(source, bytes):
        return None, source, name or "plan"
    if isinstance(source, str) and "\n" in source:
        return None, source.encode("utf-8", "surrogatepass"), name or "plan"
    path = Path(source)
    try:
        return path, read_file(path), name or str(path)
    except TextError as error:
        raise PlanError(error.problems) from None


def _peek(data: bytes) -> dict[str, str]:
    """Header values as text, found without reading the file: a newer file may hold what we cannot read."""
    return {key.decode(): value.decode("utf-8", "replace").strip() for key, value in _PEEK.findall(data[:_PEEK_BYTES])}


def _check_peek(header: dict[str, str], file: str) -> int:
    """The file's version, 0 when the quick look did not find it. Raises NewerPlanError."""
    reader, version = header.get("min_reader", ""), header.get("version", "")
    if reader.isdecimal() and int(reader[:9]) > VERSION:
        raise _newer(file, reader[:9], 0, 0)
    return int(version[:9]) if version.isdecimal() else 0


def _newer(file: str, reader: str, line: int, column: int) -> NewerPlanError:
    found = f"a plan that needs a program which reads version {reader}"
    expected = f"at most version {VERSION} (a newer Infraplanner wrote this file; please update)"
    return NewerPlanError([Problem(file, line, column, found, expected, "", "min_reader")])


def _migrated(data: bytes, file: str, version: int, steps: Mapping[int, Step]) -> tuple[bytes, str, Remarks]:
    """The file in its present form, a name for messages about it, and the comments of the old one."""
    problems: list[Problem] = []
    comments: list[Comment] = []
    root, _ = read_tree(decode(data, file), file, problems, comments=comments)
    plain: Any = convert(root, dict[str, Any], Unit(file, problems, [])) if root is not None else FAILED
    if problems or plain is FAILED or root is None:
        raise PlanError(problems)
    try:
        plain = migrate(plain, version, VERSION, steps)
    except LookupError as error:
        raise PlanError([Problem(file, 0, 0, str(error), "a version that can be read", "", "version")]) from None
    lines = [f"{key}: ".encode() + emit_line(value) for key, value in plain.items() if key not in TABLES]
    for key, rows in plain.items():
        if key in TABLES:
            lines += [key.encode() + b":", *(b"- " + emit_line(row) for row in rows or ())]
    name = f"{file} (brought from version {version} to {VERSION})"
    return b"\n".join(lines) + b"\n", name, assign(comments, root, TABLES)


def _opened(records: RecordFile, path: Path | None, catalog: Catalog | None, migrated: bool) -> PlanFile:
    problems: list[Problem] = []
    extras = _check_header(records, problems)
    warnings = list(records.warnings)
    for key in extras:
        if key in ("version", "min_reader"):
            continue
        line, column = records.header_place(key)
        near = closest(key, TABLES, 1)
        expected = "a table or header key" + (f" (did you mean {near[0]}?)" if near else "")
        found = f"the unknown key {key}, which is kept"
        warnings.append(Problem(records.file, line, column, found, expected, "", key))
    known = check_references(records, catalog or default_catalog(), problems)
    if problems:
        raise PlanError(sorted(problems, key=_by_place))
    tables = {table: {row.id: row for row in rows} for table, rows in records.tables.items()}
    return PlanFile(
        document=Document(tables, extras, records.remarks),
        catalog=known,
        path=path,
        version=int(records.header.get("version", VERSION)),
        created_with=str(records.header.get("created_with", "")),
        warnings=tuple(warnings),
        migrated=migrated,
    )


def _check_header(records: RecordFile, problems: list[Problem]) -> dict[str, Any]:
    """Checks the header; returns the keys to be kept in the document."""
    header = records.header

    def note(key: str, found: str, expected: str) -> None:
        line, column = records.header_place(key)
        problems.append(Problem(records.file, line, column, found, expected, "", key))

    if header.get("format") != FORMAT:
        note("format", repr(header["format"]) if "format" in header else "no such key", FORMAT)
    for key in ("version", "min_reader"):
        value = header.get(key, 1 if key == "min_reader" else None)
        if isinstance(value, float) and value.is_integer():
            header[key] = value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            note(key, repr(value) if key in header else "no such key", "an integer from 1")
        elif key == "min_reader" and value > VERSION:
            raise _newer(records.file, str(value), *records.header_place(key))
    extras = {key: value for key, value in header.items() if key not in HEADER}
    version = header.get("version")
    if isinstance(version, int) and version > VERSION:
        # Written by a newer program that we may read: what it wrote must keep its version when we write it again.
        extras["version"], extras["min_reader"] = version, header.get("min_reader", 1)
    return extras
