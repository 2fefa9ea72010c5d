"""Where everything of the single-line view stands: columns of nodes, groups of loads, and lines that cross no box."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, QSize

from infraplanner.model.document import Snapshot

from .tree_lines import elbow, lane, near

BOX = QSize(96, 68)
CELL = QSize(48, 26)
GAP_X, GAP_Y, MARGIN, TOP = 18, 14, 16, 34
CELLS_A_ROW = 4
CLEAR = 5.0
"""Pixels that a line keeps from a box that it passes."""


@dataclass(slots=True)
class Group:
    """Loads on the same feeders, drawn as cells under one title."""

    title: str
    ids: list[str]
    feeders: tuple[tuple[str, str], ...]
    box: QRectF = field(default_factory=QRectF)


@dataclass(slots=True)
class Tree:
    """Where everything stands: node boxes, load groups, and (source, target, side) lines between nodes. `feeds` are the
    ids behind a line, by source and target, and `routes` the corners of every line by source, target (of a group: its
    first load) and side.
    """

    boxes: dict[str, QRectF] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    feeds: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    routes: dict[tuple[str, str, str], list[QPointF]] = field(default_factory=dict)
    size: QSize = field(default_factory=lambda: QSize(400, 200))

    def at(self, point: QPointF) -> str | None:
        """Id of the node or load under a point."""
        for key, box in self.boxes.items():
            if box.contains(point):
                return key
        for group in self.groups:
            for key, cell in cells(group):
                if cell.contains(point):
                    return key
        return None

    def line_at(self, point: QPointF) -> tuple[str, str, str] | None:
        """The line that passes here, as `routes` names it."""
        return next((key for key, corners in self.routes.items() if near(corners, point)), None)

    def feeds_of(self, line: tuple[str, str, str]) -> list[str]:
        """Ids of the feeds behind a line."""
        source, target, side = line
        for group in self.groups:
            if target == group.ids[0] and (source, side) in group.feeders:
                return [key for load in group.ids for key in self.feeds.get((source, load), [])]
        return self.feeds.get((source, target), [])

    def feeds_at(self, point: QPointF) -> list[str]:
        """Ids of the feeds whose line passes here."""
        line = self.line_at(point)
        return self.feeds_of(line) if line is not None else []


def cells(group: Group) -> list[tuple[str, QRectF]]:
    """The cell of every load of a group."""
    out = []
    for index, key in enumerate(group.ids):
        x = group.box.left() + 8 + (index % CELLS_A_ROW) * (CELL.width() + 4)
        y = group.box.top() + 22 + (index // CELLS_A_ROW) * (CELL.height() + 4)
        out.append((key, QRectF(x, y, CELL.width(), CELL.height())))
    return out


def lay_out(snapshot: Snapshot) -> Tree:
    """Columns by distance from the sources, side A above B; loads at the right, together when fed alike.

    Nodes in a ring keep the column at which the ring was entered: a drawing must not hang on bad input.
    """
    power = snapshot.table("power")
    parents: dict[str, list[str]] = {key: [] for key in power}
    fed: dict[str, list[tuple[str, str]]] = {}
    tree = Tree(sides={key: record.side for key, record in power.items()})
    for feed in sorted(snapshot.table("feeds").values(), key=lambda feed: feed.id):
        side = feed.side or tree.sides.get(feed.source, "")
        tree.feeds.setdefault((feed.source, feed.target), []).append(feed.id)
        if feed.target in power:
            parents[feed.target].append(feed.source)
            tree.lines.append((feed.source, feed.target, side))
        else:
            fed.setdefault(feed.target, []).append((feed.source, side))
    depth = _depths(parents)
    columns: dict[int, list[str]] = {}
    for key in sorted(power, key=lambda key: (tree.sides[key] or "~", key)):
        columns.setdefault(depth[key], []).append(key)
    tallest = max((len(keys) for keys in columns.values()), default=0)
    height = float(max(1, tallest) * (BOX.height() + GAP_Y))
    tree.groups = _groups(snapshot, fed)
    height = max(height, sum(_group_height(group) + GAP_Y for group in tree.groups))
    for column, keys in columns.items():
        step = height / len(keys)
        for index, key in enumerate(keys):
            y = TOP + step * (index + 0.5) - BOX.height() / 2
            tree.boxes[key] = QRectF(MARGIN + column * (BOX.width() + GAP_X), y, BOX.width(), BOX.height())
    x = MARGIN + (max(columns, default=-1) + 1) * (BOX.width() + GAP_X)
    free = (height - sum(_group_height(group) for group in tree.groups)) / max(1, len(tree.groups))
    y = TOP + free / 2
    width = CELLS_A_ROW * (CELL.width() + 4) + 12
    for group in tree.groups:
        group.box = QRectF(x, y, width, _group_height(group))
        y += _group_height(group) + free
    _route(tree, depth)
    tree.size = QSize(int(x + (width if tree.groups else 0) + MARGIN), int(height + TOP + MARGIN))
    return tree


def _depths(parents: dict[str, list[str]]) -> dict[str, int]:
    depth: dict[str, int] = {}

    def of(key: str, path: frozenset[str]) -> int:
        if key not in depth:
            known = [parent for parent in parents.get(key, ()) if parent in parents and parent not in path]
            depth[key] = 1 + max((of(parent, path | {key}) for parent in known), default=-1)
        return depth[key]

    for key in sorted(parents):
        of(key, frozenset())
    return depth


def _groups(snapshot: Snapshot, fed: dict[str, list[tuple[str, str]]]) -> list[Group]:
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], Group] = {}
    for table in ("racks", "cooling"):
        for key, record in sorted(snapshot.table(table).items()):
            feeders = tuple(sorted(set(fed.get(key, ()))))
            row = getattr(record, "row", "")
            title = f"Row {row}" if row else "Racks" if table == "racks" else "Cooling"
            title += "" if feeders else ", not fed"
            groups.setdefault((title, feeders), Group(title, [], feeders)).ids.append(key)
    return list(groups.values())


def _group_height(group: Group) -> float:
    return 28.0 + math.ceil(len(group.ids) / CELLS_A_ROW) * (CELL.height() + 4)


def _route(tree: Tree, depth: dict[str, int]) -> None:
    """Lay every line: straight over to the next column, farther ones in a lane that no box stands in."""
    last = max(depth.values(), default=-1) + 1
    lanes: list[float] = []
    ends = [(source, target, side, tree.boxes[target], depth[target]) for source, target, side in tree.lines
            if source in tree.boxes and target in tree.boxes]  # fmt: skip
    ends += [(source, group.ids[0], side, group.box, last) for group in tree.groups for source, side in group.feeders
             if source in tree.boxes]  # fmt: skip
    for source, target, side, end, column in ends:
        start = tree.boxes[source]
        between = [box for key, box in tree.boxes.items() if depth[source] < depth[key] < column]
        if not any(box.top() - CLEAR < start.center().y() < box.bottom() + CLEAR for box in between):
            tree.routes[source, target, side] = elbow(start, end, side, GAP_X)
            continue
        at = _lane(between, start.center().y(), end.center().y(), lanes)
        tree.routes[source, target, side] = lane(start, end, side, GAP_X, at)


def _lane(between: list[QRectF], start: float, end: float, taken: list[float]) -> float:
    """A height at which no box stands between two columns, near both ends, apart from lanes that are taken."""
    edges = [y for box in between for y in (box.top() - 2 * CLEAR, box.bottom() + 2 * CLEAR)]
    free = [y for y in edges if not any(box.top() - CLEAR < y < box.bottom() + CLEAR for box in between)]
    at = min(free or [start], key=lambda y: abs(y - start) + abs(y - end))
    while any(abs(at - other) < CLEAR for other in taken):
        at += CLEAR
    taken.append(at)
    return at
