"""Links as ribbons by medium, feeds A and B, coolant loops: lines between bodies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from infraplanner.ui.theme import fonts
from infraplanner.ui.theme.tokens import Theme

from . import routed
from .batch import draw_lines
from .camera import HALL, Camera
from .ink import DASHES, cased, label, pen, polyline
from .link_colours import FIRST, colour_of, name_of
from .routed import CODES, Runs
from .scene import FAMILIES, Bodies, Cables, Floats, Ints, Scene

NO_LANE = float("nan")
FEED_SHIFT_MM = {"a": -70.0, "b": 70.0}
LOOP_OFFSETS_MM = (("liquid.supply", 170.0), ("liquid.ret", 300.0))
OFFSET_MM = 55.0
"""Ribbons of different media run side by side, this far apart."""
UNKNOWN_LANE = len(FAMILIES)


@dataclass(frozen=True, slots=True)
class Ribbons:
    """Merged cable runs in mm: lines (n, 4), how many cables each carries, and the medium family of each."""

    lines: Floats
    count: Floats
    family: Ints


def _runs(x_from: Floats, x_to: Floats, count: Floats, y: float) -> tuple[list[list[float]], list[float]]:
    """Cables along one tray line, cut where the number of cables changes."""
    low, high = np.minimum(x_from, x_to), np.maximum(x_from, x_to)
    cuts = np.unique(np.concatenate([low, high]))
    change = np.zeros(len(cuts))
    np.add.at(change, np.searchsorted(cuts, low), count)
    np.add.at(change, np.searchsorted(cuts, high), -count)
    carried = np.cumsum(change)[:-1]
    rows = [[cuts[i], y, cuts[i + 1], y] for i in np.flatnonzero(carried > 0)]
    return rows, [float(n) for n in carried[carried > 0]]


def _risers(x: Floats, y_from: Floats, y_to: Floats, count: Floats) -> tuple[list[list[float]], list[float]]:
    """Drops from bodies to the tray line, merged where they coincide."""
    keys = np.stack([x, y_from, y_to], axis=1)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    totals = np.bincount(inverse.ravel(), weights=count, minlength=len(unique))
    moving = unique[:, 1] != unique[:, 2]
    rows = [[row[0], row[1], row[0], row[2]] for row in unique[moving]]
    return rows, [float(n) for n in totals[moving]]


def ribbons(scene: Scene, keep: Ints | None = None) -> Ribbons:
    """Runs of all cables (or of the rows `keep`) over the trays as the engine routed them.

    What it has not routed (yet) drops to the nearest level tray, goes along it, and down again; where the trays do not join
    the two racks it goes half-way between.
    """
    bodies, cables = scene.bodies, scene.cables
    rows = np.arange(len(cables.ids)) if keep is None else keep
    rows = rows[(cables.a[rows] >= 0) & (cables.b[rows] >= 0) & (cables.a[rows] != cables.b[rows])]
    if not len(rows):
        return Ribbons(np.empty((0, 4)), np.empty(0), np.empty(0, dtype=np.int64))
    runs = _bundled(cables, rows, len(bodies.ids))
    routes, levels = scene.routes, scene.tray_y_mm
    if routes is None or not routes.ways.grid.ends_m.size:
        return _straight(bodies, runs, levels)
    (lines, count, code), rest = routed.lay(bodies, runs, routes.ways, routes.row, _lane_mm(runs.code))
    other = _straight(bodies, rest, levels[:0])
    return Ribbons(
        np.concatenate([lines, other.lines]),
        np.concatenate([count, other.count]),
        np.concatenate([code, other.family]),
    )


def _lane_mm(code: Ints) -> Floats:
    """How far a colour's ribbon lies beside the middle of a tray: media and steps in fixed order, the unknown last."""
    return (np.where(code < 0, UNKNOWN_LANE, code % FIRST) - 2) * OFFSET_MM


def _straight(bodies: Bodies, runs: Runs, tray_y_mm: Floats) -> Ribbons:
    a, b, family, count = runs.a, runs.b, runs.code, runs.count
    if not a.size:
        return Ribbons(np.empty((0, 4)), np.empty(0), np.empty(0, dtype=np.int64))
    ax, ay, bx, by = bodies.x_mm[a], bodies.y_mm[a], bodies.x_mm[b], bodies.y_mm[b]
    middle = (ay + by) / 2
    level = tray_y_mm[np.abs(tray_y_mm[None, :] - middle[:, None]).argmin(axis=1)] if len(tray_y_mm) else middle
    lines: list[list[float]] = []
    counts: list[float] = []
    families: list[int] = []
    for kind in np.unique(family):
        shift = float(_lane_mm(kind))
        of_kind = family == kind
        for y in np.unique(level[of_kind]):
            pick = of_kind & (level == y)
            lane = np.full(pick.sum(), y + shift)
            run, carried = _runs(ax[pick] + shift, bx[pick] + shift, count[pick], y + shift)
            rise_a, number_a = _risers(ax[pick] + shift, ay[pick], lane, count[pick])
            rise_b, number_b = _risers(bx[pick] + shift, by[pick], lane, count[pick])
            for part, numbers in ((run, carried), (rise_a, number_a), (rise_b, number_b)):
                lines += part
                counts += numbers
                families += [int(kind)] * len(part)
    return Ribbons(np.array(lines).reshape(-1, 4), np.array(counts), np.array(families, dtype=np.int64))


def all_ribbons(scene: Scene) -> Ribbons:
    """The runs of all cables, laid out once a scene."""
    if "ribbons" not in scene.memo:
        scene.memo["ribbons"] = ribbons(scene)
    made: Ribbons = scene.memo["ribbons"]
    return made


def _bundled(cables: Cables, rows: Ints, size: int) -> Runs:
    """Runs with the bundles between the same two bodies added up."""
    code = (cables.a[rows] * size + cables.b[rows]) * CODES + cables.family[rows] + 1
    unique, inverse = np.unique(code, return_inverse=True)
    pair, family = np.divmod(unique.astype(np.int64), CODES)
    totals: Floats = np.bincount(inverse.ravel(), weights=cables.count[rows]).astype(np.float64)
    return Runs(pair // size, pair % size, family - 1, totals)


def ribbon_width(count: Floats, level: int) -> Floats:
    """Width on the screen in px: 1.5 + 1.2 log2(count), at most 8; thinner at hall level."""
    width = np.minimum(8.0, 1.5 + 1.2 * np.log2(np.maximum(1.0, count)))
    return width * 0.6 if level == HALL else width


def paint_ribbons(
    painter: QPainter,
    theme: Theme,
    camera: Camera,
    runs: Ribbons,
    level: int,
    opacity: float = 1.0,
    *,
    resolved: bool = True,
) -> None:
    """Draw merged runs, one painter call a family and width class, casing first.

    A link that no medium fits is red and dotted; before the first result (`resolved` false) media are simply not known.
    """
    if not len(runs.count):
        return
    screen = np.stack(
        [
            camera.xs(runs.lines[:, 0]),
            camera.ys(runs.lines[:, 1]),
            camera.xs(runs.lines[:, 2]),
            camera.ys(runs.lines[:, 3]),
        ],
        axis=1,
    )
    width = np.round(ribbon_width(runs.count, level) * 2) / 2
    painter.setOpacity(opacity)
    for casing in (True, False):
        for family in np.unique(runs.family):
            name = name_of(int(family)) if family >= 0 else ""
            dashes = DASHES.get(FAMILIES[family]) if 0 <= family < len(FAMILIES) else None
            for size in np.unique(width[runs.family == family]):
                pick = (runs.family == family) & (width == size)
                if casing:
                    painter.setPen(pen(theme.colour("selection.casing", theme.tint("casing")), size + 2))
                elif name:
                    painter.setPen(pen(colour_of(theme, name), size, dashes))
                else:
                    lost = theme.colour("status.error" if resolved else "border.control")
                    painter.setPen(pen(lost, size if resolved else 1.5, [1.0, 3.0] if resolved else None))
                draw_lines(painter, screen[pick])
    painter.setOpacity(1.0)


def paint_feeds(
    painter: QPainter,
    theme: Theme,
    camera: Camera,
    scene: Scene,
    level: int,
    only: set[int] | None = None,
    *,
    strong: bool = False,
) -> None:
    """Power feeds: A solid, B dashed, a letter at the start; to racks one line a row along the rear.

    Quiet until asked: feeds of cooling units are drawn only for `only` or when `strong`, the rest at half strength.
    """
    bodies = scene.bodies
    painter.setOpacity(1.0 if strong else 0.55)
    for (source, side, lane), targets in feed_groups(scene, only, strong=strong).items():
        name = f"feed.{side}" if side in ("a", "b") else "text.muted"
        line = pen(theme.colour(name), 1.5 if level == HALL else 2.0, DASHES.get(name))
        shift = FEED_SHIFT_MM.get(side, 0.0)
        if math.isnan(lane):
            for target in targets:
                _elbow(painter, theme, camera, bodies, source, target, shift, line)
        else:
            _comb(painter, theme, camera, bodies, source, comb_level(bodies, targets, side), shift, line, level)
        if level > HALL and side:
            _letter(painter, theme, camera, bodies, source, side)
    painter.setOpacity(1.0)


def feed_groups(
    scene: Scene, only: set[int] | None = None, *, strong: bool = False
) -> dict[tuple[int, str, float], list[int]]:
    """Target rows by source row, side and lane (y of the target in mm; NaN between power nodes)."""
    bodies = scene.bodies
    groups: dict[tuple[int, str, float], list[int]] = {}
    for source, target, side in scene.feeds:
        if only is not None and source not in only and target not in only:
            continue
        if bodies.tables[target] == "cooling" and not strong:
            continue
        lane = float(bodies.y_mm[target]) if bodies.tables[target] != "power" else NO_LANE
        groups.setdefault((source, side, lane), []).append(target)
    return groups


def comb_level(bodies: Bodies, targets: list[int], side: str) -> tuple[float, list[float]]:
    """Where a feed runs along a row of racks: y in mm, and the x of its tap-offs."""
    rear = [_rear(bodies, target) for target in targets]
    y = float(np.mean([point[1] for point in rear])) + 3 * FEED_SHIFT_MM.get(side, 0.0)
    return y, [point[0] for point in rear]


def _elbow(
    painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, source: int, target: int, shift: float, line: QPen
) -> None:
    """A feed between two power nodes: down or across, one corner."""
    x0, y0, x1, y1 = (
        bodies.x_mm[source] + shift,
        bodies.y_mm[source] + shift,
        bodies.x_mm[target] + shift,
        bodies.y_mm[target] + shift,
    )
    points = [
        camera.to_screen(x0, y0),
        camera.to_screen(x0, y1) if abs(x1 - x0) > abs(y1 - y0) else camera.to_screen(x1, y0),
    ]
    cased(painter, theme, polyline([*points, camera.to_screen(x1, y1)]), line)


def _comb(
    painter: QPainter,
    theme: Theme,
    camera: Camera,
    bodies: Bodies,
    source: int,
    run: tuple[float, list[float]],
    shift: float,
    line: QPen,
    level: int,
) -> None:
    """A feed to a row of racks: along the row's rear, with a tap-off square at each rack."""
    y, xs = run
    start = camera.to_screen(bodies.x_mm[source] + shift, bodies.y_mm[source])
    far = max(xs, key=lambda x: abs(x - bodies.x_mm[source]))
    cased(
        painter,
        theme,
        polyline([start, camera.to_screen(bodies.x_mm[source] + shift, y), camera.to_screen(far, y)]),
        line,
    )
    if level > HALL:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(line.color())
        for x in xs:
            point = camera.to_screen(x, y)
            painter.drawRect(round(point.x()) - 2, round(point.y()) - 2, 4, 4)


def _rear(bodies: Bodies, row: int) -> tuple[float, float]:
    turn = np.radians(bodies.turn_deg[row])
    reach = bodies.depth_mm[row] / 2
    return float(bodies.x_mm[row] - np.sin(turn) * reach), float(bodies.y_mm[row] + np.cos(turn) * reach)


def _letter(painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, row: int, side: str) -> None:
    half_x, half_y = bodies.half_sizes()
    at = camera.to_screen(bodies.x_mm[row] + half_x[row], bodies.y_mm[row] + half_y[row]) - QPointF(10, -10)
    box_colour = theme.colour(f"feed.{side}") if side in ("a", "b") else theme.colour("text.muted")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(box_colour)
    box = QRectF(at.x() - 7, at.y() - 7, 14, 14)
    painter.drawRoundedRect(box, 3, 3)
    label(
        painter,
        box,
        side.upper(),
        theme.colour("text.on_data"),
        fonts.font(fonts.CAPTION, fonts.TILE),
        Qt.AlignmentFlag.AlignCenter,
    )


def paint_loops(
    painter: QPainter, theme: Theme, camera: Camera, scene: Scene, level: int, only: set[int] | None = None
) -> None:
    """Coolant connections: a supply main along each row's front side and a return beside it, with flow triangles."""
    for same, others in loop_lanes(scene, only):
        _mains(painter, theme, camera, scene.bodies, same, others, level)


def loop_lanes(scene: Scene, only: set[int] | None = None) -> list[tuple[list[int], list[int]]]:
    """Rows that stand along one main, and rows of the same loop elsewhere, for every loop and lane; `only` restricts it
    to the connections of some bodies.
    """
    y_mm = scene.bodies.y_mm
    groups: dict[tuple[str, int], set[int]] = {}
    for loop, units, targets in scene.loops:
        near = units if only is None else [unit for unit in units if unit in only]
        for target in targets:
            sources = units if only is not None and target in only else near
            if sources:
                groups.setdefault((loop, int(y_mm[target])), set()).update((*sources, target))
    lanes = []
    for (_, lane), rows in groups.items():
        same = [row for row in rows if abs(y_mm[row] - lane) < 1500]
        lanes.append((same, [row for row in rows if abs(y_mm[row] - lane) >= 1500]))
    return lanes


def _mains(
    painter: QPainter, theme: Theme, camera: Camera, bodies: Bodies, same: list[int], others: list[int], level: int
) -> None:
    fronts = [front(bodies, row) for row in same]
    if not fronts:
        return
    y = float(np.median([point[1] for point in fronts]))
    away = 1.0 if y > float(np.median(bodies.y_mm[same])) else -1.0
    xs = [point[0] for point in fronts] + [float(bodies.x_mm[row]) for row in others]
    for name, offset in LOOP_OFFSETS_MM:
        dash = DASHES["return"] if name == "liquid.ret" else None
        line_y = y + away * offset
        line = pen(theme.colour(name), 1.5 if level == HALL else 2.5, dash)
        path = polyline([camera.to_screen(min(xs) - offset, line_y), camera.to_screen(max(xs) + offset, line_y)])
        for row in others:
            x = float(bodies.x_mm[row]) + (offset if away > 0 else -offset)
            path.moveTo(camera.to_screen(x, line_y))
            path.lineTo(camera.to_screen(x, float(bodies.y_mm[row])))
        if level > HALL:
            for x, front_y in fronts:
                path.moveTo(camera.to_screen(x + offset - 235, line_y))
                path.lineTo(camera.to_screen(x + offset - 235, front_y))
        cased(painter, theme, path, line)
        if level > HALL:
            _flow(painter, camera, min(xs), max(xs), line_y, 1.0 if name == "liquid.supply" else -1.0, line.color())


def _flow(painter: QPainter, camera: Camera, left: float, right: float, y: float, way: float, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    for x in np.arange(left + 900, right, 2400):
        at = camera.to_screen(x, y)
        painter.drawPolygon(
            QPolygonF([at + QPointF(way * 7, 0), at + QPointF(-way * 5, -5), at + QPointF(-way * 5, 5)])
        )


def front(bodies: Bodies, row: int) -> tuple[float, float]:
    """Middle of a body's front edge, mm."""
    turn = np.radians(bodies.turn_deg[row])
    reach = bodies.depth_mm[row] / 2
    return float(bodies.x_mm[row] + np.sin(turn) * reach), float(bodies.y_mm[row] - np.cos(turn) * reach)


def rubber_line(painter: QPainter, theme: Theme, a: QPointF, b: QPointF) -> None:
    """The line that follows the mouse while connecting."""
    path = QPainterPath(a)
    path.lineTo(b)
    cased(painter, theme, path, pen(theme.colour("accent.line"), 2, [4.0, 3.0]))
