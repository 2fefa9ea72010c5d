"""YAML events to a tree that knows the line and column of everything.

PyYAML's composing loaders are never used: they recurse (a nest of 30,000 brackets overflows the C stack), expand
aliases and drop duplicate keys in silence. Here the events drive a loop with an explicit stack and hard limits.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Literal

import yaml

from .comments import Comment, CommentFinder
from .limits import LIMITS, Limits
from .problems import Problem, shown

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Node:
    """A mapping (`value`: key, line, column, Node each), a sequence (Nodes) or a scalar (text; `plain` if unquoted)."""

    __slots__ = ("column", "kind", "line", "plain", "value")

    def __init__(
        self, kind: Literal["map", "seq", "scalar"], value: Any, line: int, column: int, plain: bool = False
    ) -> None:
        self.kind = kind
        self.value = value
        self.line = line
        self.column = column
        self.plain = plain

    def entry(self, key: str) -> Node | None:
        """The value of a key of a mapping, or None."""
        for name, _, _, node in self.value if self.kind == "map" else ():
            if name == key:
                found: Node = node
                return found
        return None


class _Fatal(Exception):
    """Reading cannot go on; the problem is already noted."""


class _Frame:
    """A collection being filled; `key` waits for its value, `keys` finds duplicates."""

    __slots__ = ("key", "keys", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.keys: set[str] | None = set() if node.kind == "map" else None
        self.key: tuple[str, int, int] | None = None


class _Builder:
    def __init__(
        self,
        text: str,
        file: str,
        problems: list[Problem],
        first_line: int,
        limits: Limits,
        comments: list[Comment] | None,
    ) -> None:
        # libyaml counts these characters as ends of lines, editors do not: then lines are counted here.
        odd = any(char in text for char in "\x85\u2028\u2029")
        self.breaks = [match.start() for match in re.finditer("\n", text)] if odd else None
        self.comments: CommentFinder | None = None
        if comments is not None and "#" in text:
            self.comments = CommentFinder(text, first_line, "\n" if odd else "\n\r", comments)
        self.file = file
        self.problems = problems
        self.offset = first_line
        self.limits = limits
        self.stack: list[_Frame] = []
        self.root: Node | None = None
        self.documents = 0
        self.count = 0

    def note(self, line: int, column: int, found: str, expected: str) -> None:
        if len(self.problems) >= self.limits.problem_count:
            raise _Fatal
        self.problems.append(Problem(self.file, line, column, found, expected))

    def fatal(self, line: int, column: int, found: str, expected: str) -> None:
        self.note(line, column, found, expected)
        raise _Fatal

    def feed(self, event: yaml.Event) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if self.comments is not None:
                self.comments.pass_scalar(event)
            self.scalar(event)
        elif kind is yaml.MappingStartEvent:
            self.open("map", event)
        elif kind is yaml.SequenceStartEvent:
            self.open("seq", event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self.stack.pop()
        elif kind is yaml.AliasEvent:
            line, column = self.place(event)
            self.note(line, column, "an alias", "the value written out (aliases and anchors are not accepted)")
            self.add(Node("scalar", "", line, column, True))
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                self.fatal(*self.place(event), "a second document", "one document a file")

    def place(self, event: yaml.Event) -> tuple[int, int]:
        mark = event.start_mark
        assert mark is not None
        if self.breaks is None:
            return mark.line + self.offset, mark.column + 1
        line = bisect_left(self.breaks, mark.index)
        start = self.breaks[line - 1] + 1 if line else 0
        return line + self.offset, mark.index - start + 1

    def common(self, event: Any) -> tuple[int, int]:
        line, column = self.place(event)
        self.count += 1
        if self.count > self.limits.node_count:
            self.fatal(line, column, "more values", f"at most {self.limits.node_count} values a file")
        if event.anchor is not None:
            self.note(line, column, "an anchor", "a value without anchor (aliases and anchors are not accepted)")
        if event.tag is not None:
            self.note(line, column, f"the tag {shown(event.tag)}", "a value without tag")
        return line, column

    def scalar(self, event: Any) -> None:
        line, column = self.common(event)
        text = event.value
        if len(text) > self.limits.string_bytes or (
            4 * len(text) > self.limits.string_bytes and len(text.encode()) > self.limits.string_bytes
        ):
            self.note(
                line, column, f"a text of {len(text)} characters", f"at most {self.limits.string_bytes} bytes a text"
            )
            text = ""
        self.add(Node("scalar", text, line, column, event.implicit[0]))

    def open(self, kind: Literal["map", "seq"], event: Any) -> None:
        line, column = self.common(event)
        if len(self.stack) >= self.limits.depth:
            self.fatal(line, column, "deeper nesting", f"at most {self.limits.depth} levels")
        node = Node(kind, [], line, column)
        self.add(node)
        self.stack.append(_Frame(node))

    def add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if frame.keys is None:
            frame.node.value.append(node)
        elif frame.key is None:
            self.take_key(frame, node)
        else:
            name, line, column = frame.key
            frame.key = None
            frame.node.value.append((name, line, column, node))

    def take_key(self, frame: _Frame, node: Node) -> None:
        if node.kind != "scalar":
            self.note(
                node.line, node.column, f"a {'mapping' if node.kind == 'map' else 'list'} as a key", "text as a key"
            )
            frame.key = ("", node.line, node.column)
            return
        name: str = node.value
        if len(name) > self.limits.key_length:
            # libyaml itself takes keys of up to 1,024 characters on a line: what is read must be writable again.
            self.note(
                node.line, node.column, f"a key of {len(name)} characters", f"at most {self.limits.key_length} a key"
            )
        if name == "<<" and node.plain:
            self.note(node.line, node.column, "a merge key", "the fields written out")
        elif frame.keys is not None and name in frame.keys:
            self.note(node.line, node.column, f"the key {shown(name)} a second time", "each key once")
        else:
            assert frame.keys is not None
            frame.keys.add(name)
        frame.key = (name, node.line, node.column)


def _events(text: str) -> Iterator[yaml.Event]:
    return iter(yaml.parse(text, Loader=_LOADER))


def read_tree(
    text: str,
    file: str,
    problems: list[Problem],
    first_line: int = 1,
    limits: Limits = LIMITS,
    comments: list[Comment] | None = None,
) -> tuple[Node | None, bool]:
    """The tree of one YAML document, and whether it was read to its end; faults are appended to `problems`.

    The tree of a text that was not read to its end is None. `first_line` is the file's line on which `text` starts.
    Comments are appended to `comments` in the order of the text, when somebody wants them.
    """
    builder = _Builder(text, file, problems, first_line, limits, comments)
    try:
        for event in _events(text):
            builder.feed(event)
        if builder.comments is not None:
            builder.comments.take(len(text))
    except _Fatal:
        return None, False
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + first_line, mark.column + 1) if mark else (0, 0)
        found = (error.problem or "a syntax error").removeprefix("found ")
        problems.append(Problem(file, line, column, f"a fault ({found})", "well-formed YAML"))
        return None, False
    except yaml.reader.ReaderError as error:
        line = text.encode()[: int(error.position)].count(b"\n") + first_line
        code = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
        problems.append(Problem(file, line, 0, f"the character U+{code:04X}", "text without control characters"))
        return None, False
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + first_line
        problems.append(Problem(file, line, 0, "half of a surrogate pair", "UTF-8 text"))
        return None, False
    return builder.root, True
