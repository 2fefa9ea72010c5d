"""The floor of a hall as cells: what stands where, what is contained, and where bodies breathe in and out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.compile.plant import AIR
from infraplanner.compile.rules import Lookup
from infraplanner.kernels.airfield import Faces, close_zone, face_cells, fill_faces, mark_cells
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Hall
from infraplanner.units import MM_PER_M

from .air_layers import Layers, build_layers
from .solvers.air_flow import FlowSolver
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
OPEN, RACK, UNIT, WALL = range(4)
LANES = 16
BESIDE = frozenset({"in_row", "rear_door"})
DOOR_REACH_M = 0.5
CELLS_MAX = 600_000
TILE_MIN_M, TILE_MAX_M = 0.3, 1.2
STANDARD_TILE_M = 0.6


@dataclass(frozen=True, slots=True)
class Ports:
    """Cells before a face of every body: `cell[start[i]:start[i + 1]]`."""

    start: Ints
    cell: Ints

    def count(self) -> Ints:
        """Cells of each body."""
        return np.diff(self.start)

    def pick(self, rows: Ints) -> Ports:
        """The ports of some bodies."""
        return _picked(self.cell, self.start[:-1][rows], self.count()[rows])

    def or_else(self, other: Ports) -> Ports:
        """These ports; where a body has none, those of its other face."""
        own, count = self.count() > 0, self.count()
        first = np.where(own, self.start[:-1], self.cell.size + other.start[:-1])
        return _picked(np.concatenate([self.cell, other.cell]), first, np.where(own, count, other.count()))


def _picked(cell: Ints, first: Ints, count: Ints) -> Ports:
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    place = np.repeat(first - start[:-1], count) + np.arange(start[-1])
    return Ports(start, cell[place])


def joined(parts: list[Ints]) -> Ports:
    """Lists of cells as ports."""
    start = np.concatenate([[0], np.cumsum([part.size for part in parts])]).astype(np.int64)
    return Ports(start, np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64))


@dataclass(frozen=True, slots=True)
class Floor:
    """One hall's geometry with its factored flow. Bodies are racks, then power nodes, then cooling units of the hall."""

    nx: int
    ny: int
    cell_m: float
    solid: Ints
    zone: Ints
    hot: NDArray[np.bool_]
    tiles: Ints
    racks: Ints
    nodes: Ints
    units: Ints
    door_of: Ints
    """For every unit the place in `racks` of the rack whose rear door it is; -1 for all others."""
    inlet: Ports
    outlet: Ports
    faces: Faces
    flow: FlowSolver
    plenum: bool
    contained_without_zone: bool
    blocked: tuple[tuple[int, int], ...]
    beside: NDArray[np.bool_]
    """Units (in their order) that draw air where their back stands; the others draw it from along the ceiling."""
    layers: Layers | None
    """Two layers of the same cells, in halls that ask for them; the flow is then that of both."""


def floor_key(snapshot: Snapshot, compiled: Compiled, hall: str) -> tuple[object, ...]:
    """What the geometry of a hall depends on, comparable and cheap."""
    row = compiled.tables["halls"].index[hall]
    arrays = []
    for name in ("racks", "power", "cooling"):
        table = compiled.tables[name]
        held = np.flatnonzero(table["hall@halls"] == row)
        arrays += [held.tobytes()]
        arrays += [table[c][held].tobytes() for c in ("x_m", "y_m", "rotation_deg", "width_m", "depth_m")]
    zones = tuple(zone for zone in snapshot.table("zones").values() if zone.hall == hall)
    columns = tuple(column for column in snapshot.table("columns").values() if column.hall == hall)
    return (snapshot.table("halls")[hall], zones, columns, tuple(arrays))


def _boxes(compiled: Compiled, hall_row: int) -> tuple[Ints, Ints, Ints, Floats, Floats, Floats, Floats, Ints, Ints]:
    """Rows of racks, nodes and units, and of all of them centre, half sizes along x and y, quarter turns, kind."""
    rows: list[Ints] = []
    columns: dict[str, list[Floats]] = {name: [] for name in ("x_m", "y_m", "width_m", "depth_m", "rotation_deg")}
    kinds: list[Ints] = []
    for name, kind in (("racks", RACK), ("power", UNIT), ("cooling", UNIT)):
        table = compiled.tables[name]
        held = np.flatnonzero(table["hall@halls"] == hall_row)
        rows.append(held)
        kinds.append(np.full(held.size, kind, np.int64))
        for column, values in columns.items():
            values.append(table[column][held].astype(np.float64))
    x, y, width, depth, turned = (np.concatenate(columns[name]) for name in columns)
    turn = np.round(turned / 90.0).astype(np.int64) % 4
    across = turn % 2 == 0
    half_x = 0.5 * np.where(across, width, depth)
    half_y = 0.5 * np.where(across, depth, width)
    return rows[0], rows[1], rows[2], x, y, np.nan_to_num(half_x), np.nan_to_num(half_y), turn, np.concatenate(kinds)


def tile_m(hall: Hall) -> float:
    """Side of a cell [m]: the hall's tile where that is a size a field can be solved on."""
    own = hall.tile_mm / MM_PER_M
    return own if TILE_MIN_M <= own <= TILE_MAX_M else STANDARD_TILE_M


def air_cells(space: Workspace) -> int:
    """Cells of all halls together: how long the air field takes."""
    assert space.snapshot is not None
    halls = [hall for hall in space.snapshot.table("halls").values() if isinstance(hall, Hall)]
    return sum(layer_count(hall) * math.prod(grid(hall)) for hall in halls)


def layer_count(hall: Hall) -> int:
    """Layers of a hall's air."""
    return 2 if hall.air_layers == "two" else 1


def grid(hall: Hall) -> tuple[int, int]:
    """Cells along x and y of a hall."""
    cell_m = tile_m(hall)
    return round(hall.width_mm / MM_PER_M / cell_m), round(hall.depth_mm / MM_PER_M / cell_m)


def build_floor(snapshot: Snapshot, compiled: Compiled, hall: Hall, rule: Lookup) -> Floor | None:
    """Cells, faces and ports of a hall, with the flow factored; None when it has too few or too many cells."""
    cell_m = tile_m(hall)
    nx, ny = grid(hall)
    if nx < 2 or ny < 2 or layer_count(hall) * nx * ny > CELLS_MAX:
        return None
    racks, nodes, units, x, y, half_x, half_y, turn, kind = _boxes(compiled, compiled.tables["halls"].index[hall.id])
    door_of = _doors(compiled, units, racks, x, y, half_x, half_y, turn)
    hung = np.zeros(x.size, np.bool_)  # doors hang on racks and in-rack units stand in them: neither blocks the floor
    hung[x.size - units.size :] = (door_of >= 0) | _in_racks(compiled, units)
    half_x, half_y = np.where(hung, 0.0, half_x), np.where(hung, 0.0, half_y)
    solid = np.zeros(nx * ny, np.int64)
    if hall.outline_mm:
        solid[~_inside(hall, nx, ny, cell_m)] = WALL
    mark_cells(nx, ny, cell_m, x, y, half_x, half_y, kind, solid)
    _mark_records(snapshot, "columns", hall.id, nx, ny, cell_m, WALL, solid)
    bodies = x.size
    owner = np.where(solid == WALL, -1, 0)
    mark_cells(nx, ny, cell_m, x, y, half_x, half_y, np.arange(1, bodies + 1), owner)
    owner[solid == WALL] = -1
    front, back = (_ports(nx, ny, cell_m, x, y, half_x, half_y, way, owner, bodies) for way in (turn, (turn + 2) % 4))
    zone, hot, cold = _zones(snapshot, hall, nx, ny, cell_m)
    contained = hot if hall.containment == "hot" else cold if hall.containment == "cold" else np.zeros_like(hot)
    zone[~contained] = 0
    zone[(solid == WALL)] = 0
    if contained.any():
        way, ports = ((turn + 2) % 4, back) if hall.containment == "hot" else (turn, front)
        own = np.arange(racks.size)
        picked = ports.pick(own)
        close_zone(picked.start, picked.cell, way[: racks.size], nx, 1, zone)
        if hall.containment == "hot":
            hot = zone > 0
    faces = Faces(np.zeros(nx * ny), np.zeros(nx * ny), np.zeros(nx * ny))
    enclosed = bool(contained.any())
    over = rule("thermal.air_blanking_leak_ratio") if enclosed else rule("thermal.air_over_rack_ratio")
    leak = np.array([1.0, over, over, 0.0])
    fill_faces(nx, ny, solid, zone, leak, rule("thermal.air_containment_leak_ratio"), faces)
    outlet = back.or_else(front)
    beside = _draws_beside(compiled, units, bodies, outlet, hot)
    plenum = bool((~beside & (compiled.plant.kind[units] == AIR)).any())
    if plenum:
        rising = hot & (solid == OPEN)
        if not rising.any():
            rising[outlet.pick(np.arange(racks.size)).cell] = True
        faces.plenum_ratio[rising] = rule("thermal.air_plenum_return_ratio")
        plenum = bool(rising.any())
    perforated = _perforated(snapshot, hall, nx, ny, cell_m)
    tiles, blocked = _tiles(hall, perforated, cold, solid, front, racks, nx, ny, cell_m, x, y, half_x, half_y)
    two = hall.air_layers == "two"
    layers = build_layers(hall, nx, ny, cell_m, solid, zone, faces, rule, over) if two else None
    flow = FlowSolver(nx, ny, faces) if layers is None else layers.flow
    return Floor(
        nx, ny, cell_m, solid, zone, hot, tiles, racks, nodes, units, door_of, front.or_else(back), outlet, faces, flow,
        plenum, hall.containment != "none" and not enclosed, blocked, beside, layers,
    )  # fmt: skip


def _perforated(snapshot: Snapshot, hall: Hall, nx: int, ny: int, cell_m: float) -> NDArray[np.bool_]:
    """Cells with tiles that are drawn as perforated."""
    mark = np.zeros(nx * ny, np.int64)
    _mark_records(snapshot, "zones", hall.id, nx, ny, cell_m, 1, mark, kind="perforated")
    return mark > 0


def _kinds(compiled: Compiled, units: Ints) -> list[str]:
    codes = compiled.tables["cooling"]["unit"][units].tolist()
    return [compiled.parts.cooling[code].cooling_kind if code >= 0 else "" for code in codes]


def _in_racks(compiled: Compiled, units: Ints) -> NDArray[np.bool_]:
    return np.array([kind == "cdu_in_rack" for kind in _kinds(compiled, units)], dtype=np.bool_)


def _doors(
    compiled: Compiled, units: Ints, racks: Ints, x: Floats, y: Floats, half_x: Floats, half_y: Floats, turn: Ints
) -> Ints:
    """The rack that each rear door hangs on: the nearest whose rear face is within reach."""
    out = np.full(units.size, -1, np.int64)
    n = racks.size
    if not n:
        return out
    rear_x = x[:n] + np.where(turn[:n] == 1, -half_x[:n], np.where(turn[:n] == 3, half_x[:n], 0.0))
    rear_y = y[:n] + np.where(turn[:n] == 0, half_y[:n], np.where(turn[:n] == 2, -half_y[:n], 0.0))
    first = x.size - units.size
    for place, kind in enumerate(_kinds(compiled, units)):
        if kind == "rear_door":
            away = np.hypot(rear_x - x[first + place], rear_y - y[first + place])
            if away.min() <= DOOR_REACH_M:
                out[place] = int(away.argmin())
    return out


def _draws_beside(
    compiled: Compiled, units: Ints, bodies: int, outlet: Ports, hot: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """In-row units and doors draw where their back stands, as does any unit whose whole back stands in a hot aisle.

    Other units take warm air from above, where it rises to: from a ceiling plenum, or from under the ceiling.
    """
    own = outlet.pick(np.arange(bodies - units.size, bodies))
    behind = np.repeat(np.arange(units.size), own.count())
    outside = np.bincount(behind, ~hot[own.cell], units.size) > 0
    near = [kind in BESIDE for kind in _kinds(compiled, units)]
    return (np.array(near, dtype=np.bool_) | ~outside) & (own.count() > 0)


def _ports(
    nx: int, ny: int, cell_m: float, x: Floats, y: Floats, half_x: Floats, half_y: Floats, turn: Ints, owner: Ints,
    bodies: int,
) -> Ports:  # fmt: skip
    start, cell = np.zeros(bodies + 1, np.int64), np.zeros(max(1, LANES * bodies), np.int64)
    count = face_cells(nx, ny, cell_m, x, y, half_x, half_y, turn, owner, start, cell)
    return Ports(start, cell[:count].copy())


def _mark_records(
    snapshot: Snapshot, table: str, hall: str, nx: int, ny: int, cell_m: float, value: int, mark: Ints, kind: str = ""
) -> None:
    rows = [row for row in snapshot.table(table).values() if row.hall == hall and getattr(row, "kind", "") == kind]
    if not rows:
        return
    box = np.array([(row.x_mm, row.y_mm, row.width_mm, row.depth_mm) for row in rows], dtype=np.float64) / MM_PER_M
    turned = np.array([round(row.rotation_deg / 90.0) % 2 == 1 for row in rows])
    half_x, half_y = np.where(turned, box[:, 3], box[:, 2]) / 2, np.where(turned, box[:, 2], box[:, 3]) / 2
    values = np.full(len(rows), value, np.int64)
    mark_cells(nx, ny, cell_m, box[:, 0].copy(), box[:, 1].copy(), half_x, half_y, values, mark)


def _zones(
    snapshot: Snapshot, hall: Hall, nx: int, ny: int, cell_m: float
) -> tuple[Ints, NDArray[np.bool_], NDArray[np.bool_]]:
    """Number of the aisle that each cell lies in (0 none), and which cells lie in hot and in cold aisles."""
    zone = np.zeros(nx * ny, np.int64)
    aisles = [z for z in snapshot.table("zones").values() if z.hall == hall.id and z.kind.endswith("_aisle")]
    for number, aisle in enumerate(sorted(aisles, key=lambda z: z.id), 1):
        wide, deep = aisle.width_mm / MM_PER_M / 2, aisle.depth_mm / MM_PER_M / 2
        if round(aisle.rotation_deg / 90.0) % 2 == 1:
            wide, deep = deep, wide
        place = (np.array([aisle.x_mm / MM_PER_M]), np.array([aisle.y_mm / MM_PER_M]))
        value = np.array([number if aisle.kind == "hot_aisle" else -number], np.int64)
        mark_cells(nx, ny, cell_m, *place, np.array([wide]), np.array([deep]), value, zone)
    return np.abs(zone), zone > 0, zone < 0


def _inside(hall: Hall, nx: int, ny: int, cell_m: float) -> NDArray[np.bool_]:
    """Cells whose centre lies within the hall's outline (even-odd rule)."""
    x = (np.arange(nx) + 0.5)[None, :] * cell_m * MM_PER_M
    y = (np.arange(ny) + 0.5)[:, None] * cell_m * MM_PER_M
    inside = np.zeros((ny, nx), np.bool_)
    corners = hall.outline_mm
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside.ravel()


def _tiles(
    hall: Hall, perforated: NDArray[np.bool_], cold: NDArray[np.bool_], solid: Ints, front: Ports, racks: Ints, nx: int,
    ny: int, cell_m: float, x: Floats, y: Floats, half_x: Floats, half_y: Floats,
) -> tuple[Ints, tuple[tuple[int, int], ...]]:  # fmt: skip
    """Perforated tiles of a raised floor: those drawn, else the cold aisles, or else one before every rack; and racks that
    cover some.
    """
    if hall.raised_floor_mm <= 0:
        return np.empty(0, np.int64), ()
    cold = perforated if perforated.any() else cold
    if not cold.any():
        return np.unique(front.pick(np.arange(racks.size)).cell), ()
    owner = np.full(nx * ny, -1, np.int64)
    count = racks.size
    numbers = np.arange(count, dtype=np.int64)
    mark_cells(nx, ny, cell_m, x[:count].copy(), y[:count].copy(), half_x[:count].copy(), half_y[:count].copy(), numbers,
               owner)  # fmt: skip
    covered, on = np.unique(owner[cold & (owner >= 0)], return_counts=True)
    blocked = tuple((int(racks[body]), int(n)) for body, n in zip(covered, on, strict=True))
    return np.flatnonzero(cold & (solid == OPEN)), blocked
