"""Loop diagram: from racks through CDUs and loops to the sky, with heat, flow and temperatures on every line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.current import current
from infraplanner.units import KILO, number, scaled

from .base import Chart

BOX_W, BOX_H, MARGIN = 112.0, 44.0, 12.0
GAP_W, LINE_H = 92.0, 50.0
"""Least room for what is written on a pipe, and least height of a box with its gap: a smaller view scrolls."""


@dataclass(slots=True)
class Box:
    """A group of equal things: racks of a loop, a hall's air, units that serve a loop. `column` 0 is at the racks."""

    key: str
    title: str
    lines: list[str]
    column: int
    colour: str
    failed: bool = False


@dataclass(slots=True)
class Pipe:
    """A line between two boxes, with what flows in it."""

    start: str
    end: str
    text: str
    below: str = ""


@dataclass(slots=True)
class Diagram:
    """Boxes by column and the pipes between them."""

    boxes: dict[str, Box] = field(default_factory=dict)
    pipes: list[Pipe] = field(default_factory=list)


def _c(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else number(value, 3)


def diagram(snapshot: Snapshot, result: ResultSnapshot) -> Diagram:
    """Racks -> units of their loop -> the loop that these reject to -> its units -> the sky."""
    thermal, out = result.thermal, Diagram()
    heat = dict(zip(thermal.loop_ids, thermal.loop_heat_w.tolist(), strict=True))
    supply = dict(zip(thermal.loop_ids, thermal.loop_supply_c.tolist(), strict=True))
    flows = {loop.loop: loop for loop in thermal.loops.loops}
    racks: dict[str, int] = {}
    for rack in snapshot.table("racks").values():
        if rack.loop:
            racks[rack.loop] = racks.get(rack.loop, 0) + 1
    groups = _groups(snapshot, result)
    for (served, _), (source, ids, watts) in groups.items():
        unit = f"units {served} {source}"
        live = sum(key not in result.failed for key in ids)
        inner = served in racks or served.startswith("hall ")
        column = 1 if inner else 3
        out.boxes[unit] = Box(unit, f"{live} of {len(ids)} units", [_names(ids), " ".join(scaled(watts, "W"))], column,
                              "liquid.supply", live < len(ids))  # fmt: skip
        start = served
        if served in racks:
            loop = flows.get(served)
            out.boxes[served] = Box(served, f"{racks[served]} racks", [f"loop {served}"], 0, "wall.thermal")
            flow = f"{number(loop.wanted_l_per_min)} L/min" if loop else ""
            out.pipes.append(
                Pipe(served, unit, flow, f"{_c(supply.get(served))} → {_c(loop.return_c if loop else None)} °C")
            )
        elif served.startswith("hall "):
            hall = next((h for h in thermal.air.halls if f"hall {h.hall}" == served), None)
            out.boxes[served] = Box(served, served.capitalize(), ["air"], 0, "air.hot")
            flow = f"{number(hall.supply_m3_per_s)} m³/s" if hall and hall.supply_m3_per_s else ""
            temperatures = f"{_c(hall.supply_c)} → {_c(hall.return_c)} °C" if hall else ""
            out.pipes.append(Pipe(served, unit, flow, temperatures))
        else:
            out.boxes.setdefault(
                start, Box(start, f"Loop {served}", [" ".join(scaled(heat.get(served, 0.0), "W"))], 2, "liquid.ret")
            )
            out.pipes.append(Pipe(start, unit, "", f"{_c(supply.get(served))} °C"))
        if source:
            title = [" ".join(scaled(heat.get(source, 0.0), "W"))]
            out.boxes.setdefault(source, Box(source, f"Loop {source}", title, 2, "liquid.ret"))
            out.pipes.append(Pipe(unit, source, "", f"{_c(supply.get(source))} °C"))
        else:
            sky = [f"{_c(thermal.outdoor_dry_c)} °C", f"wet {_c(thermal.outdoor_wet_c)} °C"]
            out.boxes.setdefault("sky", Box("sky", "Outdoor air", sky, 4, "text.muted"))
            out.pipes.append(Pipe(unit, "sky", ""))
    return out


def _groups(snapshot: Snapshot, result: ResultSnapshot) -> dict[tuple[str, str], tuple[str, list[str], float]]:
    """Units by what they serve (a loop, or the air of a hall) and what they reject to."""
    watts = dict(zip(result.thermal.unit_ids, result.thermal.unit_heat_w.tolist(), strict=True))
    blown = dict(zip(result.thermal.unit_ids, result.thermal.air.unit_air_m3_per_s.tolist(), strict=False))
    out: dict[tuple[str, str], tuple[str, list[str], float]] = {}
    for key, unit in sorted(snapshot.table("cooling").items()):
        airy = not unit.loop or blown.get(key, math.nan) > 0.0
        served = f"hall {unit.hall}" if airy else unit.loop
        source, ids, total = out.get((served, unit.source_loop), (unit.source_loop, [], 0.0))
        out[(served, unit.source_loop)] = (source, [*ids, key], total + (watts.get(key) or 0.0))
    return out


def _names(ids: list[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]} … {ids[-1]}"


class DiagramView(QWidget):
    """Paints a diagram column by column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = Diagram()

    def show_diagram(self, made: Diagram) -> None:
        """Show this one."""
        self.shown = made
        columns = self._columns()
        most = max(map(len, columns), default=1)
        wide = 2 * MARGIN + len(columns) * BOX_W + max(0, len(columns) - 1) * GAP_W
        self.setMinimumSize(round(wide), round(2 * MARGIN + most * LINE_H))
        self.update()

    def _columns(self) -> list[list[str]]:
        """Boxes by column; columns without any take no room."""
        columns: dict[int, list[str]] = {}
        for key, box in self.shown.boxes.items():
            columns.setdefault(box.column, []).append(key)
        return [columns[number] for number in sorted(columns)]

    def places(self) -> dict[str, QRectF]:
        """Where each box stands: columns spread over the width, boxes of one column centred in it."""
        columns = self._columns()
        step = (self.width() - 2 * MARGIN - BOX_W) / max(1, len(columns) - 1)
        out = {}
        for column, keys in enumerate(columns):
            room = (self.height() - 2 * MARGIN) / len(keys)
            for place, key in enumerate(keys):
                height = min(BOX_H, room - 4.0)
                top = MARGIN + room * (place + 0.5) - height / 2
                out[key] = QRectF(MARGIN + column * step, top, BOX_W, height)
        return out

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Pipes below, boxes above."""
        theme, painter = current().theme, QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface.panel"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = self.places()
        for pipe in self.shown.pipes:
            self._pipe(painter, places, pipe)
        for key, box in self.shown.boxes.items():
            self._box(painter, places[key], box)
        painter.end()

    def _pipe(self, painter: QPainter, places: dict[str, QRectF], pipe: Pipe) -> None:
        theme = current().theme
        a, b = places[pipe.start], places[pipe.end]
        start, end = QPointF(a.right(), a.center().y()), QPointF(b.left(), b.center().y())
        for shift, colour, dash in (
            (-3.0, "liquid.ret", Qt.PenStyle.DashLine),
            (3.0, "liquid.supply", Qt.PenStyle.SolidLine),
        ):
            painter.setPen(QPen(theme.colour(colour), 2.0, dash))
            offset = QPointF(0.0, shift)
            painter.drawLine(start + offset, end + offset)
        painter.setPen(theme.colour("text.secondary"))
        painter.setFont(fonts.font(fonts.CAPTION))
        wide = QRectF(start.x(), start.y() - 21, end.x() - start.x(), 16)
        if painter.fontMetrics().horizontalAdvance(pipe.text) < wide.width():
            painter.drawText(wide, Qt.AlignmentFlag.AlignCenter, pipe.text)
        if painter.fontMetrics().horizontalAdvance(pipe.below) < wide.width():
            painter.drawText(wide.translated(0, 28), Qt.AlignmentFlag.AlignCenter, pipe.below)

    def _box(self, painter: QPainter, place: QRectF, box: Box) -> None:
        theme = current().theme
        painter.setPen(QPen(theme.colour("status.error" if box.failed else box.colour), 2.0))
        painter.setBrush(theme.colour("surface.raised"))
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(theme.colour("text.primary"))
        painter.setFont(fonts.font(fonts.CAPTION, fonts.STRONG))
        lines = [box.title, *box.lines][: max(1, int(place.height() // 14))]
        for row, text in enumerate(lines):
            painter.setFont(fonts.font(fonts.CAPTION, fonts.STRONG if row == 0 else fonts.MEDIUM))
            fitted = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(place.width() - 10))
            y = place.top() + (place.height() - 14.0 * len(lines)) / 2 + 14.0 * row
            painter.drawText(QRectF(place.left() + 5, y, place.width() - 10, 14), Qt.AlignmentFlag.AlignVCenter, fitted)


class LoopsChart(Chart):
    """The diagram in place of a plot."""

    title = "Loops"

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge = bridge
        self.view = DiagramView()
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.view)
        self.stack.addWidget(self.area)

    def draw(self, result: ResultSnapshot) -> None:
        """The whole plan."""
        made = diagram(self._bridge.session.document.snapshot(), result)
        if not made.boxes:
            self.say(self.tr("No cooling unit yet. Drag one from the catalogue onto the floor."))
            return
        self.shown = {
            loop.loop: loop.flow_l_per_min for loop in result.thermal.loops.loops
        } | {"kw": sum(w for w in result.thermal.loop_heat_w.tolist() if math.isfinite(w)) / KILO}  # fmt: skip
        notes = [self._said(loop) for loop in result.thermal.loops.loops[:3]]
        self.scope.setText("   ".join(note for note in notes if note))
        self.scope.setToolTip("\n".join(self._said(loop) for loop in result.thermal.loops.loops))
        self.legend.show_entries(
            [
                (self.tr("supply"), "liquid.supply", Qt.PenStyle.SolidLine),
                (self.tr("return"), "liquid.ret", Qt.PenStyle.DashLine),
            ]
        )
        self.view.show_diagram(made)
        self.stack.setCurrentWidget(self.area)

    def _said(self, loop: object) -> str:
        speed, head = getattr(loop, "speed_frac", None), getattr(loop, "head_kpa", None)
        if speed is None or head is None:
            return str(getattr(loop, "note", ""))
        spare = self.tr("spare") if getattr(loop, "spare", False) else self.tr("no spare")
        spread = getattr(loop, "spread_frac", None)
        parts = [f"{number(100 * speed)} % {self.tr('pump speed')}", f"{number(head)} kPa", spare]
        vapour, boils_c = getattr(loop, "exit_quality_frac", None), getattr(loop, "boils_c", None)
        if vapour is not None and boils_c is not None:
            text = self.tr("boils at {0} °C, {1} % vapour at its driest rack")
            parts.append(text.format(number(boils_c, 3), number(100 * vapour, 2)))
        parts += [self.tr("reverse return")] if getattr(loop, "reverse", False) else []
        parts += [self.tr("valves set")] if getattr(loop, "balanced", False) else []
        parts += [self.tr("best rack {0} % over worst").format(number(100 * (spread - 1.0), 2))] if spread else []
        return f"{getattr(loop, 'loop', '')}: {', '.join(parts)}"
