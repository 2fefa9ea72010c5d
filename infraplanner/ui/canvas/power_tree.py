"""The single-line view: sources at the left, what they feed to the right, coloured by load. A double click fails a node,
a drag from one box to another feeds it, a click on a line selects the feed, a drag of a line re-routes its nearer end.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from infraplanner.edit import Command, Connect, Reroute
from infraplanner.model.entities import Feed
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.units import scaled

from .ink import DASHES, cased, fits, hatch, label, pen, pill, polyline
from .tree_layout import MARGIN, Group, Tree, cells, lay_out
from .tree_lines import kind_word

DRAG_PX = 6
CHANGED_FRAC = 0.005
"""In a what-if a node says what it carried before when that was so much more or less."""

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
        self._grabbed: tuple[tuple[str, str, str], QPointF] | None = None
        self._before: dict[str, float] = {}
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
        healthy = self.bridge.healthy
        if healthy is not None and result.failed:
            old = healthy.power
            self._before = dict(zip(old.node_ids, map(float, old.node_load_frac), strict=True))
        else:
            self._before = {}
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
        for line, corners in self.tree.routes.items():
            self._line(painter, corners, line, self.tree.feeds_of(line))
        for key, box in self.tree.boxes.items():
            self._node(painter, key, box)
        for group in self.tree.groups:
            self._group(painter, group)
        fixed = self._fixed_end()
        if fixed is not None and self._pull is not None:
            cased(painter, theme, polyline([fixed, self._pull]), pen(theme.colour("selection.line"), 2, [4.0, 3.0]))
        self._headline(painter)
        if self.result is not None and self.result.failed:
            seen = QRectF(self.visibleRegion().boundingRect())
            first, _, second = self.bridge.what_if.partition("\n")
            pill(painter, theme, QPointF(seen.center().x(), 14), first, "status.error", "text.on_data", fonts.STRONG)
            if second:
                low = QPointF(seen.center().x(), seen.bottom() - 16)
                pill(painter, theme, low, second, "surface.overlay", "status.warning", fonts.STRONG)

    def _line(self, painter: QPainter, corners: list[QPointF], line: tuple[str, str, str], ids: list[str]) -> None:
        """One line; that of a dead source is red and dotted."""
        theme = current().theme
        source, _, side = line
        failed = source in self._dead
        name = f"feed.{side}" if side in ("a", "b") else "text.muted"
        path = polyline(corners)
        colour = theme.colour("status.error" if failed else name)
        cased(painter, theme, path, pen(colour, 2.0, [1.0, 3.0] if failed else DASHES.get(name)))
        if self._chosen(ids):
            cased(painter, theme, path, pen(theme.colour("selection.line"), 3))

    def _fixed_end(self) -> QPointF | None:
        """Where a pulled line starts: in the box, or at the end of the grabbed line that stays."""
        if self._pressed is not None:
            return self.tree.boxes[self._pressed[0]].center()
        if self._grabbed is None:
            return None
        line, at = self._grabbed
        corners = self.tree.routes[line]
        return corners[-1] if self._moved_end(line, at) == "source" else corners[0]

    def _moved_end(self, line: tuple[str, str, str], at: QPointF) -> Literal["source", "target"]:
        """The end nearer to where a line was grabbed; a line to several loads can only start elsewhere."""
        corners = self.tree.routes[line]
        nearer = (at - corners[0]).manhattanLength() <= (at - corners[-1]).manhattanLength()
        return "source" if nearer or len(self.tree.feeds_of(line)) > 1 else "target"

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
        dead = key in self._dead
        painter.setPen(pen(theme.colour("status.error"), 2, [3.0, 2.0]) if dead else pen(border, 2))
        painter.setBrush(theme.colour("obj.power_fill", 0.35 if dead else 1.0))
        painter.drawRect(box)
        self._mark(painter, key, box)
        strong, small = fonts.font(fonts.BODY, fonts.STRONG), fonts.font(fonts.CAPTION)
        inner = box.adjusted(6, 5, -3, -6)
        label(painter, QRectF(inner.left(), inner.top(), inner.width(), 17), key, theme.colour("obj.text"), strong)
        watts, share = self._load.get(key, (math.nan, math.nan))
        text = self.tr("no supply") if dead else " ".join(scaled(watts, "W"))
        if key in (self.result.failed if self.result is not None else ()):
            text = self.tr("failed")
        elif math.isfinite(share) and not dead:
            text += f" {100 * share:.0f} %"
        ink = theme.colour("status.error" if dead else "text.secondary")
        line = QRectF(inner.left(), inner.top() + 17, inner.width(), 15)
        kind, was = self._kinds.get(key, ""), self._before.get(key, math.nan)
        if not dead and abs(share - was) > CHANGED_FRAC:
            change = self.tr("was {0} %").format(f"{100 * was:.0f}")
            kind = f"{kind}, {change}" if fits(f"{kind}, {change}", small, line.width()) else change
        label(painter, line, kind, theme.colour("text.muted"), small)
        label(painter, line.translated(0, 16), text, ink, small)
        if not dead:
            self._bar(painter, QRectF(inner.left(), inner.bottom() - 5, inner.width(), 5), share)

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
        title = f"{group.title}   {' '.join(scaled(total, 'W'))}" if self._load else group.title
        lost = self._lost(group)
        ink = theme.colour("status.warning" if lost else "text.secondary")
        line = group.box.adjusted(8, 3, -8 - 19 * len(group.feeders), 0)
        tries = (f"{title}   {lost}", f"{group.title}   {lost}", lost) if lost else (title,)
        text = next((each for each in tries if fits(each, small, line.width())), tries[-1])
        label(painter, line, text, ink, small, Qt.AlignmentFlag.AlignTop)
        self._badges(painter, group)
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

    def _lost(self, group: Group) -> str:
        """In words what is left of a group's sides when one carries nothing."""
        left = sorted({side.upper() for source, side in group.feeders if source not in self._dead and side})
        gone = sorted({side.upper() for source, side in group.feeders if source in self._dead and side} - set(left))
        if not gone:
            return ""
        return self.tr("only {0} left").format(", ".join(left)) if left else self.tr("no side left")

    def _badges(self, painter: QPainter, group: Group) -> None:
        """At the end of a group's title: its sides, filled while they carry, struck through when they do not."""
        theme = current().theme
        right = group.box.right() - 6
        for source, side in reversed(group.feeders):
            live = source not in self._dead
            box = QRectF(right - 16, group.box.top() + 4, 16, 14)
            right -= 19
            name = f"feed.{side}" if side in ("a", "b") else "text.muted"
            colour = theme.colour(name if live else "status.error")
            painter.setPen(pen(colour, 1.5, None if live else [2.0, 2.0]))
            painter.setBrush(colour if live else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 3, 3)
            ink = theme.colour("surface.canvas") if live else colour
            face = fonts.font(fonts.CAPTION, fonts.STRONG)
            label(painter, box, side.upper() or "•", ink, face, Qt.AlignmentFlag.AlignCenter)
            if not live:
                painter.drawLine(box.bottomLeft(), box.topRight())

    def _mark(self, painter: QPainter, key: str, box: QRectF) -> None:
        """Failed: a cross; selected: the selection's outline."""
        theme = current().theme
        if self.result is not None and key in self.result.failed:
            cross = QPainterPath(box.topLeft())
            cross.lineTo(box.bottomRight())
            cross.moveTo(box.topRight())
            cross.lineTo(box.bottomLeft())
            cased(painter, theme, cross, pen(theme.colour("status.error", 0.5), 2))
        if key in self.bridge.selection:
            frame = QPainterPath()
            frame.addRect(box.adjusted(-3, -3, 3, 3))
            cased(painter, theme, frame, pen(theme.colour("selection.line"), 2))

    # --- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select; with Ctrl or Shift several. A line stands for its feeds."""
        key = self.tree.at(event.position())
        line = self.tree.line_at(event.position()) if key is None else None
        self._grabbed = (line, event.position()) if line and event.button() == Qt.MouseButton.LeftButton else None
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
        """The end of a drag: a box feeds what it was pulled to, a line starts or ends where it was pulled to."""
        pressed, grabbed, pulled = self._pressed, self._grabbed, self._pull
        self._pressed = self._grabbed = self._pull = None
        target = self.tree.at(event.position())
        if pulled is not None and target is not None:
            command = self._pulled(pressed, grabbed, target)
            if command is not None:
                self.bridge.execute(command)
        self.update()

    def _pulled(
        self, pressed: tuple[str, QPointF] | None, grabbed: tuple[tuple[str, str, str], QPointF] | None, target: str
    ) -> Command | None:
        """The command that a drag onto a box means."""
        document = self.bridge.session.document
        if pressed is not None and target != pressed[0]:
            free = next(key for number in range(1, 100_000) if (key := f"feed-{number:02d}") not in document.ids())
            return Connect(
                Feed(id=free, source=pressed[0], target=target, side=document.table("power")[pressed[0]].side)
            )
        if grabbed is None:
            return None
        line, at = grabbed
        end = self._moved_end(line, at)
        same = target == (line[0] if end == "source" else line[1])
        return None if same else Reroute(self.tree.feeds_of(line), end, target)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fail or repair."""
        key = self.tree.at(event.position())
        if key is not None:
            self.bridge.toggle_failed([key])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer; pull a new feed out of a box."""
        held = self._pressed or self._grabbed
        if held is not None and (self._pull or (event.position() - held[1]).manhattanLength() > DRAG_PX):
            self._pull = event.position()
            self.update()
            return
        key = self.tree.at(event.position())
        line = self.tree.line_at(event.position()) if key is None else None
        self.setCursor(Qt.CursorShape.PointingHandCursor if key or line else Qt.CursorShape.ArrowCursor)
        if line is not None:
            ids = self.tree.feeds_of(line)
            what = ids[0] if len(ids) == 1 else self.tr("{0} feeds of {1}").format(len(ids), line[0])
            self.setToolTip(what + self.tr("\nDrag an end to another box: re-route."))
            return
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
