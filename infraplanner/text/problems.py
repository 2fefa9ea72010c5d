"""What is wrong with a file: one plain sentence each, with the place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, what was found and what was expected. Lines and columns count from 1; 0 is unknown."""

    file: str
    line: int
    column: int
    found: str
    expected: str
    record: str = ""
    field: str = ""

    def __str__(self) -> str:
        """The problem as one sentence."""
        place = self.file
        if self.line:
            place += f", line {self.line}" + (f", column {self.column}" if self.column else "")
        if self.record:
            place += f", record {self.record}"
        if self.field:
            place += f", field {self.field}"
        return f"{place}: found {self.found}, expected {self.expected}."


class TextError(ValueError):
    """A file that could not be read. `problems` holds every fault that was found; nothing of the file is used.

    `readable` is what could be understood all the same, so that a caller can look for more faults in it; `lost` names the
    records that could not.
    """

    def __init__(self, problems: Iterable[Problem], readable: Any = None, lost: frozenset[str] = frozenset()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.readable = readable
        self.lost = lost
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shown(text: str, width: int = 40) -> str:
    """A found text for a message: quoted, control characters escaped, cut to `width`."""
    clean = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: width + 1])
    return f"“{clean[:width]}…”" if len(text) > width else f"“{clean}”"
