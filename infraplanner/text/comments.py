"""Comments of a YAML text, which libyaml drops: found in the gaps between the scalars of which it tells the places."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

# What libyaml takes for the end of a line.
_END_OF_LINE = re.compile("[\n\r\x85\u2028\u2029]|\\Z")


class Comment(NamedTuple):
    """A comment from its `#` on; `alone` when nothing but white space or a dash stands before it on its line."""

    line: int
    column: int
    text: str
    alone: bool


class CommentFinder:
    """Finds the comments between scalars: outside of scalars nothing but a comment holds a `#`."""

    def __init__(self, text: str, first_line: int, ends: str, found: list[Comment]) -> None:
        self.text = text
        self.found = found
        self.ends = ends
        self.line = first_line
        self.counted = 0
        self.mark = self.find(0)

    def find(self, start: int) -> int:
        """Where the next `#` stands; past the end of the text when there is none."""
        at = self.text.find("#", start)
        return at if at >= 0 else len(self.text) + 1

    def pass_scalar(self, event: Any) -> None:
        """Take the comments before a scalar and leave out what stands in it."""
        if event.end_mark.index <= self.mark:
            return
        start = event.start_mark.index
        if event.style in ("|", ">"):  # its first line may end in a comment
            start = _END_OF_LINE.search(self.text, start).start()  # type: ignore[union-attr]
        self.take(start)
        if event.end_mark.index > self.mark:
            self.mark = self.find(event.end_mark.index)

    def take(self, stop: int) -> None:
        """Take the comments that start before `stop`."""
        while self.mark < stop:
            at, text = self.mark, self.text
            end = _END_OF_LINE.search(text, at).start()  # type: ignore[union-attr]
            for char in self.ends:
                self.line += text.count(char, self.counted, at)
            self.counted = at
            start = max(text.rfind(char, 0, at) for char in self.ends) + 1
            alone = not text[start:at].strip(" \t-")
            self.found.append(Comment(self.line, at - start + 1, text[at:end].rstrip(), alone))
            self.mark = self.find(end)
