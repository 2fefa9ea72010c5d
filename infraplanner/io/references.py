"""Do the names in a plan lead anywhere: ids, references, profiles and the tree of feeds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec

from infraplanner.catalog import Catalog
from infraplanner.catalog.catalog import KIND_OF_CLASS, decode_embedded
from infraplanner.catalog.types import KINDS, RACK_SYSTEMS, Accelerator, Frame, Profile, System
from infraplanner.model.entities import OWN_NAME_SPACE, PROFILE_FIELDS, REFERENCES, TABLES
from infraplanner.model.ids import ID_PATTERN, is_valid_id
from infraplanner.text import Problem, RecordFile
from infraplanner.text.problems import shown
from infraplanner.text.suggest import closest

_WORDS = {"rack": "a rack or cabinet", "system": "a server, switch or other device"}

_ALL_IDS = re.compile(rf"(?:{ID_PATTERN}(?:\n{ID_PATTERN})*)?")
_HINT_LIMIT = 20
_HINT_IDS = 5000


class _Checker:
    def __init__(
        self, records: RecordFile, catalog: Catalog, problems: list[Problem], lost: frozenset[str] = frozenset()
    ) -> None:
        self.records = records
        self.lost = lost
        self.problems = problems
        self.owner: dict[str, str] = {}
        self.ids: dict[str, set[str]] = {table: set() for table in TABLES}
        self.catalog = catalog
        # Many records name few profiles: each is looked up once.
        self.verdicts: dict[tuple[str, str], tuple[str, str] | None] = {}

    def note(self, table: str, index: int, name: str, found: str, expected: str) -> None:
        line, column = self.records.place(table, index, name)
        record = self.records.tables[table][index].id
        self.problems.append(Problem(self.records.file, line, column, found, expected, record, name))

    def rows(self) -> Iterator[tuple[str, list[Any]]]:
        for table in sorted(self.records.tables):
            yield table, self.records.tables[table]

    def check_ids(self) -> None:
        for table, rows in self.rows():
            own = self.ids[table]
            shared = table not in OWN_NAME_SPACE
            if self._all_well(table, rows, shared):
                continue
            for index, row in enumerate(rows):
                if not is_valid_id(row.id):
                    self.note(table, index, "id", f"the id {shown(row.id)}", f"an id of the form {ID_PATTERN}")
                if row.id in own:
                    self.note(table, index, "id", f"the id {row.id} a second time in {table}", "an id of its own")
                elif shared and row.id in self.owner:
                    other = self.owner[row.id]
                    self.note(table, index, "id", f"the id {row.id}, which {other} also has", "an id of its own")
                own.add(row.id)
                if shared:
                    self.owner.setdefault(row.id, table)
        for index, row in enumerate(self.records.tables.get("site", ())):
            if row.id != "site":
                self.note("site", index, "id", f"the id {row.id}", "one record with the id site")

    def _all_well(self, table: str, rows: list[Any], shared: bool) -> bool:
        """Take in the ids of a table at once when nothing is wrong with any; large plans spend their time here."""
        ids = [row.id for row in rows]
        unique = set(ids)
        if len(unique) != len(ids) or _ALL_IDS.fullmatch("\n".join(ids)) is None:
            return False
        if shared:
            if not self.owner.keys().isdisjoint(unique):
                return False
            self.owner.update(dict.fromkeys(ids, table))
        self.ids[table] = unique
        return True

    def check_references(self) -> None:
        for table, rows in self.rows():
            for name, targets in REFERENCES.get(table, {}).items():
                self._check_field(table, rows, name, targets)

    def _check_field(self, table: str, rows: list[Any], name: str, targets: tuple[str, ...]) -> None:
        groups = [self.ids[target] for target in targets]
        valid = groups[0].union(*groups[1:])
        if name not in _required(TABLES[table]):
            valid.add("")
        if {getattr(row, name) for row in rows} <= valid:
            return
        for index, row in enumerate(rows):
            value = getattr(row, name)
            if value in valid or value in self.lost:
                continue
            # Looking for a near name costs a pass over all ids: not for every line of a file that is wrong throughout.
            hint = len(self.problems) < _HINT_LIMIT and len(valid) < _HINT_IDS
            near = closest(value, valid, 1) if hint else []
            expected = f"the id of a record of {' or '.join(targets)}" + (f" (did you mean {near[0]}?)" if near else "")
            elsewhere = self.owner.get(value)
            found = f"{value}, a record of {elsewhere}" if elsewhere else f"{shown(value)}, which is not in the plan"
            self.note(table, index, name, found, expected)

    def check_profiles(self) -> None:
        for index, row in enumerate(self.records.tables.get("profiles", ())):
            try:
                profile = decode_embedded(row.id, row.kind, row.data)
                for part in profile.accelerators if isinstance(profile, System) else ():
                    if not isinstance(self.catalog.find(part.id), Accelerator):
                        self.note("profiles", index, "data", f"the unknown accelerator {shown(part.id)}", "a known one")
            except ValueError as error:
                name = "kind" if row.kind not in KINDS else "data"
                self.note("profiles", index, name, str(error), "a profile as this program writes it")
        for table, rows in self.rows():
            for name, kind in PROFILE_FIELDS.get(table, {}).items():
                self._check_profile_field(table, rows, name, kind)
        self._check_profile_field("links", self.records.tables.get("links", []), "medium", "link")

    def _check_profile_field(self, table: str, rows: list[Any], name: str, kind: str) -> None:
        for index, row in enumerate(rows):
            value = getattr(row, name)
            if (kind == "link" and value == "auto") or not (value or name in _required(TABLES[table])):
                continue
            key = (kind, value)
            if key not in self.verdicts:
                self.verdicts[key] = self._verdict(kind, value)
            verdict = self.verdicts[key]
            if verdict:
                self.note(table, index, name, *verdict)

    def _verdict(self, kind: str, value: str) -> tuple[str, str] | None:
        classes: tuple[type[Profile], ...] = (Frame, System) if kind == "rack" else (KINDS[kind],)
        profile = self.catalog.find(value)
        words = _WORDS.get(kind, f"a profile of kind {kind}")
        if kind == "link":
            words = "auto or " + words
        if profile is None:
            near = self.catalog.closest(value, classes)
            hint = f" (did you mean {' or '.join(near)}?)" if near else ""
            return f"the unknown profile {shown(value)}", words + hint
        fits = isinstance(profile, classes)
        if kind == "rack" and isinstance(profile, System):
            fits = profile.system_kind in RACK_SYSTEMS
        if fits:
            return None
        found = KIND_OF_CLASS[type(profile)]
        detail = profile.system_kind.replace("_", " ") if isinstance(profile, System) else found
        return f"the profile {value}, which is a {detail}", words

    def check_feeds(self) -> None:
        children: dict[str, list[str]] = {}
        place: dict[tuple[str, str], int] = {}
        power = self.ids["power"]
        for index, feed in enumerate(self.records.tables.get("feeds", ())):
            if feed.source in power and feed.target in power:
                children.setdefault(feed.source, []).append(feed.target)
                place.setdefault((feed.source, feed.target), index)
        for cycle in find_cycles(children):
            steps = " → ".join([*cycle, cycle[0]])
            self.note(
                "feeds",
                place[(cycle[-1], cycle[0])],
                "target",
                f"the cycle {steps}",
                "feeds that lead from source to load",
            )


@cache
def _required(cls: type[Any]) -> frozenset[str]:
    """Fields that have no default."""
    return frozenset(info.name for info in msgspec.structs.fields(cls) if info.required)


def find_cycles(children: dict[str, list[str]]) -> Iterable[list[str]]:
    """One cycle for every place where a walk bites its own tail; iterative, so that depth does not matter."""
    done: set[str] = set()
    found: list[list[str]] = []
    for root in sorted(children):
        if root in done:
            continue
        path: list[str] = []
        on_path: dict[str, int] = {}
        stack: list[tuple[str, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                done.add(node)
                on_path.pop(path.pop())
                continue
            if node in on_path:
                found.append(path[on_path[node] :])
                continue
            if node in done:
                continue
            on_path[node] = len(path)
            path.append(node)
            stack.append((node, True))
            stack += [(child, False) for child in children.get(node, ())]
    return found


def check_references(
    records: RecordFile, catalog: Catalog, problems: list[Problem], lost: frozenset[str] = frozenset()
) -> Catalog:
    """Note every name that leads nowhere; returns the catalogue with the plan's own copies in force.

    Records named in `lost` are in the file but could not be read: a name of theirs does lead somewhere.
    """
    embedded = {row.id: row for row in records.tables.get("profiles", ())}
    known = catalog.with_embedded(embedded)
    checker = _Checker(records, known, problems, lost)
    checker.check_ids()
    checker.check_references()
    checker.check_profiles()
    checker.check_feeds()
    return known
