"""Reading profile folders: canonical lines by msgspec, anything else by the event reader, which names every fault."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from infraplanner import places
from infraplanner.text import Problem, RecordFile, TextError, read_file, read_records

from .catalog import Catalog
from .types import KINDS, Profile, Source

FORMAT = "infraplanner/profiles"
VERSION = 1
_TABLES: dict[str, type[msgspec.Struct]] = {**KINDS, "sources": Source}
_HEADER = frozenset({"format", "version"})


class CatalogError(TextError):
    """Shipped profiles that cannot be used; holds every problem of every file."""


def load_catalog(*folders: Path) -> Catalog:
    """The catalogue of these folders, later ones win; without folders the shipped profiles and then the user's own.

    A fault in the first folder raises CatalogError; a faulty file of a later (personal) folder is left out and noted in
    `Catalog.problems`.
    """
    chosen = folders or (places.shipped_profiles_dir(), places.user_profiles_dir())
    profiles: dict[str, Profile] = {}
    sources: dict[str, Source] = {}
    origins: dict[str, str] = {}
    notes: list[str] = []
    for rank, folder in enumerate(chosen):
        problems: list[Problem] = []
        found = _read_folder(folder, sources, problems)
        if problems and rank == 0:
            raise CatalogError(problems)
        notes += [str(problem) for problem in problems]
        profiles.update(found)
        origins.update(dict.fromkeys(found, "user" if rank else "shipped"))
    return Catalog(profiles.values(), sources, origins, tuple(notes))


@cache
def default_catalog() -> Catalog:
    """The shipped and personal profiles, read once."""
    return load_catalog()


def _read_folder(folder: Path, sources: dict[str, Source], problems: list[Problem]) -> dict[str, Profile]:
    out: dict[str, Profile] = {}
    where: dict[str, str] = {}
    for path in sorted(folder.rglob("*.yaml")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        try:
            records = read_records(read_file(path), name, _TABLES)
        except TextError as error:
            problems += error.problems
            continue
        faults = _check_header(records)
        if faults:
            problems += faults
            continue
        for kind, rows in records.tables.items():
            for index, row in enumerate(rows):
                if kind == "sources":
                    sources[row.id] = row
                elif row.id in out:
                    line, column = records.place(kind, index, "id")
                    found = f"an id that {where[row.id]} already has"
                    problems.append(Problem(name, line, column, found, "an id of its own", row.id, "id"))
                else:
                    out[row.id] = row
                    where[row.id] = name
    return out


def _check_header(records: RecordFile) -> list[Problem]:
    def problem(key: str, found: str, expected: str) -> Problem:
        line, column = records.header_place(key)
        return Problem(records.file, line, column, found, expected, "", key)

    out: list[Problem] = []
    form, version = records.header.get("format"), records.header.get("version")
    if form != FORMAT:
        out.append(problem("format", f"{form!r}", FORMAT))
    if version != VERSION:
        found = f"version {version}"
        newer = isinstance(version, int) and version > VERSION
        out.append(problem("version", found, f"version {VERSION}" + (" (a newer program wrote this)" if newer else "")))
    out += [problem(key, f"the unknown key {key}", "a kind of profile") for key in records.header if key not in _HEADER]
    return out
