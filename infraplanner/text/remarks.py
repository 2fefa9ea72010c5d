"""Remarks: comments in a file of records, kept with the record or key that they speak of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container
from typing import NamedTuple

from .comments import Comment
from .nodes import Node

Owner = tuple[str, str]
"""What a comment belongs to: table and id of a record, KEY and the name of a top-level key, or an end of the file."""
Remark = tuple[tuple[str, ...], str]
"""Comments on lines of their own above the owner, and the one beside it ("" for none), each from its `#` on."""
Remarks = dict[Owner, Remark]

KEY = "key"
TOP: Owner = ("file", "top")
FOOT: Owner = ("file", "foot")
NO_REMARK: Remark = ((), "")


class _Anchor(NamedTuple):
    """Something that may own comments, from its first line to its last."""

    owner: Owner
    node: Node
    line: int
    last_line: int


def assign(comments: list[Comment], root: Node, tables: Container[str]) -> Remarks:
    """Gives each comment to what follows it, or to what it stands beside or inside.

    The canonical form of a record is one line: what stood inside a record of several lines is moved above it, with the
    name of the field that it stood beside.
    """
    remarks: Remarks = {}
    if not comments:
        return remarks
    anchors, starts = _anchors(root, tables)
    for comment in comments:
        at = bisect_right(starts, (comment.line, comment.column))
        before = anchors[at - 1] if at else None
        if before is None:
            add_above(remarks, TOP, comment.text)
        elif comment.alone and before.last_line <= comment.line:
            add_above(remarks, anchors[at].owner if at < len(anchors) else FOOT, comment.text)
        elif before.line == before.last_line == comment.line:
            add_beside(remarks, before.owner, comment.text)
        else:
            name = "" if comment.alone or before.owner[0] == KEY else _field_at(before.node, comment)
            add_above(remarks, before.owner, f"# {name}: {comment.text[1:].strip()}" if name else comment.text)
    return remarks


def add_above(remarks: Remarks, owner: Owner, *texts: str) -> None:
    """Put comments on lines of their own above an owner, after those that stand there."""
    if not texts:
        return
    above, beside = remarks.get(owner, NO_REMARK)
    remarks[owner] = ((*above, *texts), beside)


def add_beside(remarks: Remarks, owner: Owner, *texts: str) -> None:
    """Put comments beside an owner."""
    if not texts:
        return
    above, beside = remarks.get(owner, NO_REMARK)
    remarks[owner] = (above, " ".join([beside, *texts] if beside else texts))


def _anchors(root: Node, tables: Container[str]) -> tuple[list[_Anchor], list[tuple[int, int]]]:
    """All that may own comments, in the order of the file, and where each starts."""
    anchors, starts = [], []
    for key, line, column, node in root.value:
        records = node.value if key in tables and node.kind == "seq" else None
        anchors.append(_Anchor((KEY, key), node, line, line if records else _last_line(node)))
        starts.append((line, column))
        for record in records or ():
            name = record.entry("id")
            owner = (key, name.value if name is not None and name.kind == "scalar" else "")
            anchors.append(_Anchor(owner, record, record.line, _last_line(record)))
            starts.append((record.line, record.column))
    return anchors, starts


def _last_line(node: Node) -> int:
    """The line on which the last thing inside a node starts."""
    while node.kind != "scalar" and node.value:
        node = node.value[-1][3] if node.kind == "map" else node.value[-1]
    return node.line


def _field_at(record: Node, comment: Comment) -> str:
    """The last field of a record that a comment stands beside, "" when there is none."""
    names = [name for name, line, _, node in record.value if line <= comment.line <= _last_line(node)]
    return names[-1] if names else ""
