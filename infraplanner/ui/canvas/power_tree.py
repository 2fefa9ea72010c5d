"""The single-line view: sources at the left, what they feed to the right, coloured by load. A double click fails a node,
a drag from one box to another feeds it, a click on a line selects the feed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from infraplanner.edit import Connect
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Feed
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.units import scaled

from .ink import DASHES, cased, hatch, label, pen, pill, polyline
from .tree_lines import elbow, kind_word, near

BOX = QSize(96, 68)
CELL = QSize(48, 26)
GAP_X, GAP_Y, MARGIN, TOP = 18, 14, 16, 34
DRAG_PX = 6
CELLS_A_ROW = 3


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
    ids behind a line, by source and target.
    """

    boxes: dict[str, QRectF] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    feeds: dict[tuple[str, str], list[str]] = field(default_factory=dict)
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

    def feeds_at(self, point: QPointF) -> list[str]:
        """Ids of the feeds whose line passes here."""
        for source, target, side in self.lines:
            known = source in self.boxes and target in self.boxes
            if known and near(elbow(self.boxes[source], self.boxes[target], side, GAP_X), point):
                return self.feeds.get((source, target), [])
        for group in self.groups:
            for source, side in group.feeders:
                if source in self.boxes and near(elbow(self.boxes[source], group.box, side, GAP_X), point):
                    return [key for load in group.ids for key in self.feeds.get((source, load), [])]
        return []


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


MODES = {
    "none": "", "grid": "Fed by the grid", "parallel": "Own sources beside the grid", "island": "Island on own sources",
    "backup": "On back-up sources", "store": "On stores alone",
}  # fmt: skip


def worst_failure(result: ResultSnapshot) -> str:
    """One line: what feeds the plan, and what its worst single failure does at the present load."""
    outages = result.power.outages
    parts = [MODES[result.power.supply.mode]]
    row = outages.worst
    if row is not None:
        what = f"one unit of {outages.case_ids[row]}" if outages.case_unit[row] else outages.case_ids[row]
        lost = float(outages.case_unserved_w[row])
        effect = f"{' '.join(scaled(lost, 'W'))} go dark" if lost > 0.0 else "no load is lost"
        then = f", {outages.case_worst[row]} then at {100 * float(outages.case_worst_frac[row]):.0f} %"
        parts.append(f"worst single failure: {what}: {effect}{then if outages.case_worst[row] else ''}")
    return "   ·   ".join(part for part in parts if part)


class PowerTree(QWidget):
    """Draws the tree of the plan at hand; selection and what-ifs are those of the floor."""

    context_wanted = Signal(object)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.tree = Tree()
        self.result: ResultSnapshot | None = None
        self._load: dict[str, tuple[float, float]] = {}
        self._dark: set[str] = set()
        self._dead: set[str] = set()
        self._kinds: dict[str, str] = {}
        self._pressed: tuple[str, QPointF] | None = None
        self._pull: QPointF | None = None
        self.setAccessibleName(self.tr("Power tree"))
        self.setMouseTracking(True)
        bridge.opened.connect(self.rebuild)
        bridge.changed.connect(self._take_changes)
        bridge.result.connect(self.take_result)
        bridge.selection_changed.connect(self.update)
        current().changed.connect(self.update)

    def _take_changes(self, changes: Any) -> None:
        if changes.whole or {"power", "feeds", "racks", "cooling"} & changes.tables.keys():
            self.rebuild()

    def rebuild(self) -> None:
        """Lay the plan out anew."""
        session = self.bridge.session
        self.tree = lay_out(session.document.snapshot())
        find = session.catalog.find
        kinds = {
            key: getattr(find(node.profile), "power_kind", "") for key, node in session.document.table("power").items()
        }
        self._kinds = {key: kind_word(kind) for key, kind in kinds.items()}
        self.setMinimumSize(self.tree.size)
        self.update()

    def take_result(self, result: ResultSnapshot) -> None:
        """Loads of nodes and racks."""
        self.result = result
        power, thermal = result.power, result.thermal
        rated = [max(float(watts), 1e-9) for watts in power.rack_nameplate_w]
        self._load = dict(zip(power.node_ids, zip(power.node_out_w, power.node_load_frac, strict=True), strict=True))
        for key, watts, top in zip(power.rack_ids, power.rack_power_w, rated, strict=True):
            self._load[key] = (float(watts), float(watts) / top)
        for key, watts, share in zip(thermal.unit_ids, thermal.unit_power_w, thermal.unit_load_frac, strict=True):
            self._load[key] = (float(watts), float(share))
        self._dead = set(result.failed) | {
            key for key, live in zip(power.node_ids, power.node_live, strict=True) if not live
        }
        self._dark = {key for key, fed in zip(power.rack_ids, power.rack_powered, strict=True) if not fed}
        self.update()

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Lines, boxes, groups; an empty plan gets a sentence."""
        theme = current().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("surface.canvas"))
        if not self.tree.boxes:
            painter.setPen(theme.colour("text.muted"))
            text = self.tr("No power unit yet. Drag a utility connection from the catalogue onto the floor.")
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
            return
        for source, target, side in self.tree.lines:
            if source in self.tree.boxes and target in self.tree.boxes:
                ids = self.tree.feeds.get((source, target), [])
                self._line(painter, self.tree.boxes[source], self.tree.boxes[target], side, source, ids)
        for group in self.tree.groups:
            for source, side in group.feeders:
                if source in self.tree.boxes:
                    ids = [key for load in group.ids for key in self.tree.feeds.get((source, load), [])]
                    self._line(painter, self.tree.boxes[source], group.box, side, source, ids)
        for key, box in self.tree.boxes.items():
            self._node(painter, key, box)
        for group in self.tree.groups:
            self._group(painter, group)
        if self._pressed is not None and self._pull is not None:
            start = self.tree.boxes[self._pressed[0]].center()
            cased(painter, theme, polyline([start, self._pull]), pen(theme.colour("selection.line"), 2, [4.0, 3.0]))
        self._headline(painter)
        if self.result is not None and self.result.failed:
            top = QPointF(self.visibleRegion().boundingRect().center().x(), 14)
            pill(painter, theme, top, self.bridge.what_if, "status.error", "text.on_data", fonts.STRONG)

    def _line(self, painter: QPainter, start: QRectF, end: QRectF, side: str, source: str, ids: list[str]) -> None:
        """An elbow; a dead source's line is red and dotted."""
        theme = current().theme
        failed = source in self._dead
        name = f"feed.{side}" if side in ("a", "b") else "text.muted"
        path = polyline(elbow(start, end, side, GAP_X))
        colour = theme.colour("status.error" if failed else name, 0.8 if failed else 1.0)
        cased(painter, theme, path, pen(colour, 1.5 if failed else 2.0, [2.0, 3.0] if failed else DASHES.get(name)))
        if self._chosen(ids):
            cased(painter, theme, path, pen(theme.colour("selection.line"), 3))

    def _chosen(self, ids: list[str]) -> bool:
        """Whether one of the feeds behind a line is selected."""
        return any(key in self.bridge.selection for key in ids)

    def _headline(self, painter: QPainter) -> None:
        """What feeds the plan, and the worst that one failure can do to it."""
        if self.result is None or self.result.failed:
            return
        text = worst_failure(self.result)
        if text:
            seen = self.visibleRegion().boundingRect()
            box = QRectF(seen.left() + MARGIN, seen.top() + 6, seen.width() - 2 * MARGIN, 18)
            label(painter, box, text, current().theme.colour("text.secondary"), fonts.font(fonts.CAPTION))

    def _node(self, painter: QPainter, key: str, box: QRectF) -> None:
        theme = current().theme
        side = self.tree.sides.get(key, "")
        border = theme.colour(f"feed.{side}") if side in ("a", "b") else theme.colour("obj.rack_line")
        painter.setPen(pen(border, 2))
        painter.setBrush(theme.colour("obj.power_fill"))
        painter.drawRect(box)
        strong, small = fonts.font(fonts.BODY, fonts.STRONG), fonts.font(fonts.CAPTION)
        inner = box.adjusted(6, 5, -3, -6)
        label(painter, QRectF(inner.left(), inner.top(), inner.width(), 17), key, theme.colour("obj.text"), strong)
        watts, share = self._load.get(key, (math.nan, math.nan))
        dead = key in self._dead
        text = self.tr("no supply") if dead else " ".join(scaled(watts, "W"))
        if key in (self.result.failed if self.result is not None else ()):
            text = self.tr("failed")
        elif math.isfinite(share) and not dead:
            text += f" {100 * share:.0f} %"
        ink = theme.colour("status.error" if dead else "text.secondary")
        line = QRectF(inner.left(), inner.top() + 17, inner.width(), 15)
        label(painter, line, self._kinds.get(key, ""), theme.colour("text.muted"), small)
        label(painter, line.translated(0, 16), text, ink, small)
        self._bar(painter, QRectF(inner.left(), inner.bottom() - 5, inner.width(), 5), share)
        self._mark(painter, key, box)

    def _bar(self, painter: QPainter, bar: QRectF, share: float) -> None:
        theme = current().theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("surface.canvas"))
        painter.drawRect(bar)
        if math.isfinite(share):
            colour = "status.error" if share > 1.0 else "wall.power"
            painter.setBrush(theme.colour(colour))
            painter.drawRect(QRectF(bar.left(), bar.top(), bar.width() * min(1.0, share), bar.height()))
            if share > 1.0:
                painter.setBrush(hatch(theme.colour("surface.canvas"), dense=True))
                painter.drawRect(bar)

    def _group(self, painter: QPainter, group: Group) -> None:
        theme = current().theme
        painter.setPen(pen(theme.colour("border.strong")))
        painter.setBrush(theme.colour("surface.panel"))
        painter.drawRect(group.box)
        small, strong = fonts.font(fonts.CAPTION), fonts.font(fonts.CAPTION, fonts.STRONG)
        total = sum(self._load.get(key, (0.0, 0.0))[0] for key in group.ids)
        title = f"{group.title}   {' '.join(scaled(total, 'W'))}"
        label(
            painter,
            group.box.adjusted(8, 3, -8, 0),
            title,
            theme.colour("text.secondary"),
            small,
            Qt.AlignmentFlag.AlignTop,
        )
        for key, cell in cells(group):
            watts, share = self._load.get(key, (math.nan, math.nan))
            painter.setPen(pen(theme.colour("obj.rack_line")))
            painter.setBrush(theme.colour("obj.rack_fill"))
            painter.drawRect(cell)
            text = QFontMetricsF(strong).elidedText(key, Qt.TextElideMode.ElideRight, cell.width() - 4)
            label(
                painter,
                cell.adjusted(0, 0, 0, -5),
                text,
                theme.colour("obj.text"),
                strong,
                Qt.AlignmentFlag.AlignCenter,
            )
            if math.isfinite(watts):
                self._bar(painter, QRectF(cell.left() + 4, cell.bottom() - 6, cell.width() - 8, 3), share)
            if key in self._dark:
                painter.fillRect(cell, hatch(theme.colour("status.error")))
            self._mark(painter, key, cell)

    def _mark(self, painter: QPainter, key: str, box: QRectF) -> None:
        """Failed: a cross; selected: the selection's outline."""
        theme = current().theme
        if self.result is not None and key in self.result.failed:
            cross = QPainterPath(box.topLeft())
            cross.lineTo(box.bottomRight())
            cross.moveTo(box.topRight())
            cross.lineTo(box.bottomLeft())
            cased(painter, theme, cross, pen(theme.colour("status.error"), 3))
        if key in self.bridge.selection:
            frame = QPainterPath()
            frame.addRect(box.adjusted(-3, -3, 3, 3))
            cased(painter, theme, frame, pen(theme.colour("selection.line"), 2))

    # --- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select; with Ctrl or Shift several. A line stands for its feeds."""
        key = self.tree.at(event.position())
        self._pressed = (key, event.position()) if key in self.tree.boxes and key is not None else None
        if event.button() != Qt.MouseButton.LeftButton:
            self._pressed = None
        if key is None:
            self.bridge.select(self.tree.feeds_at(event.position()))
        elif event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
            self.bridge.select([*self.bridge.selection, key])
        elif key not in self.bridge.selection:
            self.bridge.select([key])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a drag: what was pulled from feeds what it was pulled to."""
        pressed, pulled = self._pressed, self._pull
        self._pressed = self._pull = None
        if pressed is None or pulled is None:
            return
        target = self.tree.at(event.position())
        if target is not None and target != pressed[0]:
            session = self.bridge.session
            side = session.document.table("power")[pressed[0]].side
            free = next(
                key for number in range(1, 100_000) if (key := f"feed-{number:02d}") not in session.document.ids()
            )
            self.bridge.execute(Connect(Feed(id=free, source=pressed[0], target=target, side=side)))
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fail or repair."""
        key = self.tree.at(event.position())
        if key is not None:
            self.bridge.toggle_failed([key])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer; pull a new feed out of a box."""
        if self._pressed is not None and (event.position() - self._pressed[1]).manhattanLength() > DRAG_PX:
            self._pull = event.position()
            self.update()
            return
        key = self.tree.at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if key else Qt.CursorShape.ArrowCursor)
        watts, share = self._load.get(key or "", (math.nan, math.nan))
        tip = (
            f"{key}: {' '.join(scaled(watts, 'W'))}, {100 * share:.0f} %" if key and math.isfinite(share) else key or ""
        )
        self.setToolTip(tip + (self.tr("\nDouble click: fail or repair. Drag to another box: feed it.") if key else ""))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu as on the floor."""
        key = self.tree.at(QPointF(event.pos()))
        if key is not None and key not in self.bridge.selection:
            self.bridge.select([key])
        self.context_wanted.emit(event.globalPos())
