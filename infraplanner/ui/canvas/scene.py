"""What the painter needs of a document, as arrays: bodies on the floor, and where lines run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import CoolingUnit, Frame, LinkMedium, PowerUnit, System
from infraplanner.model.document import Snapshot
from infraplanner.results.cable_ways import CableWays

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Find = Callable[[str], Any]

KINDS = ("rack", "net", "storage", "cooling", "power")
RACK_KINDS = 3
"""So many of KINDS are racks."""
LOOKS = ("obj.rack_line", "liquid.supply", "air.cold", "feed.a", "feed.b")
"""Token names of the borders of units."""
FAMILIES = ("dac", "aec", "multimode", "single_mode", "optical_switch")
"""Token names of link media in drawing order."""

_FAMILY_OF = {
    "dac": 0, "acc": 1, "aec": 1, "cartridge": 0, "backplane": 0, "multimode": 2, "single_mode": 3, "co_packaged": 3,
    "optical_switch": 4,
}  # fmt: skip
_DEFAULT_SIZE = {"racks": (600.0, 1200.0), "cooling": (900.0, 1200.0), "power": (1000.0, 800.0)}
TABLES = ("racks", "cooling", "power")


@dataclass(slots=True)
class Bodies:
    """Everything with a footprint on the floor; row i of each array belongs to `ids[i]`."""

    ids: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    icons: list[str] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    x_mm: Floats = field(default_factory=lambda: np.empty(0))
    y_mm: Floats = field(default_factory=lambda: np.empty(0))
    width_mm: Floats = field(default_factory=lambda: np.empty(0))
    depth_mm: Floats = field(default_factory=lambda: np.empty(0))
    turn_deg: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    kind: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    side: list[str] = field(default_factory=list)
    look: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Border of each body, an index into LOOKS."""
    _bounds: Floats | None = None

    def half_sizes(self, rows: Ints | slice = slice(None)) -> tuple[Floats, Floats]:
        """Half extents along x and y of the turned footprints, mm."""
        turn = np.radians(self.turn_deg[rows])
        cos, sin = np.abs(np.cos(turn)), np.abs(np.sin(turn))
        width, depth = self.width_mm[rows], self.depth_mm[rows]
        return (width * cos + depth * sin) / 2, (width * sin + depth * cos) / 2

    def bounds(self, rows: Ints | slice = slice(None)) -> Floats:
        """(n, 4) left, bottom, right, top in mm; worked out once, because bodies that move make new arrays (`moved`)."""
        if self._bounds is None:
            half_x, half_y = self.half_sizes()
            columns = (self.x_mm - half_x, self.y_mm - half_y, self.x_mm + half_x, self.y_mm + half_y)
            self._bounds = np.asfortranarray(np.stack(columns, axis=1))  # painters read it column by column
        return self._bounds[rows]


@dataclass(slots=True)
class Cables:
    """Link bundles by their end bodies (-1: not on the floor), cable count and medium family."""

    ids: list[str] = field(default_factory=list)
    a: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    b: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    count: Floats = field(default_factory=lambda: np.empty(0))
    family: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Routes:
    """Where the engine routed cables; `row` is each body's row there (-1: no rack). `bodies` tells which bodies these are."""

    ways: CableWays
    row: Ints
    bodies: list[str]


@dataclass(slots=True)
class Scene:
    """One document ready to be painted. `feeds` are (source row, target row, side), `loops` (id, rows of the units that
    serve it, rows of what it cools)."""

    snapshot: Snapshot
    bodies: Bodies
    cables: Cables
    feeds: list[tuple[int, int, str]]
    loops: list[tuple[str, list[int], list[int]]]
    tray_y_mm: Floats
    memo: dict[str, Any] = field(default_factory=dict)
    """What painters lay out once for this scene, such as the lines of a far view."""
    routes: Routes | None = None

    def extent(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) of halls and bodies, mm; a 20 x 10 m default when there is nothing."""
        boxes = [
            (0.0, 0.0, float(hall.width_mm), float(hall.depth_mm)) for hall in self.snapshot.table("halls").values()
        ]
        if len(self.bodies.ids):
            edges = self.bodies.bounds()
            boxes.append((edges[:, 0].min(), edges[:, 1].min(), edges[:, 2].max(), edges[:, 3].max()))
        if not boxes:
            return 0.0, 0.0, 20_000.0, 10_000.0
        array = np.array(boxes)
        return array[:, 0].min(), array[:, 1].min(), array[:, 2].max(), array[:, 3].max()

    def working_extent(self) -> tuple[float, float, float, float]:
        """What one works on: the racks with their aisles, 1.6 m around them; the whole extent when there are few."""
        racks = np.array([table == "racks" for table in self.bodies.tables], dtype=bool)
        whole = self.extent()
        if racks.sum() < 2:
            return whole
        edges = self.bodies.bounds()[racks]
        left, bottom = edges[:, 0].min() - 1600, edges[:, 1].min() - 1600
        right, top = edges[:, 2].max() + 1600, edges[:, 3].max() + 1600
        return max(left, whole[0]), max(bottom, whole[1]), min(right, whole[2]), min(top, whole[3])


def build_scene(snapshot: Snapshot, find: Find, media: Mapping[str, str] | None = None) -> Scene:
    """The scene of a document; `find` looks profiles up, `media` tells the medium in force of links that say `auto`."""
    bodies = _bodies(snapshot, find)
    trays = [p[1] for tray in snapshot.table("trays").values() for p in tray.points_mm[:1] if _is_level(tray.points_mm)]
    return Scene(
        snapshot,
        bodies,
        _cables(snapshot, find, bodies, media or {}),
        _feeds(snapshot, bodies),
        _loops(snapshot, bodies),
        np.array(sorted(set(trays)), dtype=float),
    )


def moved(scene: Scene, snapshot: Snapshot, ids: set[str], *, keep_memo: bool = False) -> Scene:
    """The scene after some bodies were only shifted or turned: the drag's short way.

    `keep_memo` leaves the lines of a far view where they were until the drag ends.
    """
    old = scene.bodies
    x_mm, y_mm, turn = old.x_mm.copy(), old.y_mm.copy(), old.turn_deg.copy()
    for key in ids:
        row = old.index.get(key)
        if row is not None:
            record = snapshot.table(old.tables[row])[key]
            x_mm[row], y_mm[row], turn[row] = record.x_mm, record.y_mm, record.rotation_deg
    bodies = Bodies(
        old.ids, old.tables, old.titles, old.details, old.icons, old.index, x_mm, y_mm, old.width_mm, old.depth_mm, turn,
        old.kind, old.side, old.look,
    )  # fmt: skip
    memo = scene.memo if keep_memo else {}
    return Scene(snapshot, bodies, scene.cables, scene.feeds, scene.loops, scene.tray_y_mm, memo, scene.routes)


def with_media(scene: Scene, find: Find, media: Mapping[str, str]) -> Scene:
    """The scene after links got other media; nothing else is built anew."""
    families = {name: family_index(find(name)) if name else -1 for name in set(media.values())}
    family = np.array([families.get(media.get(key, ""), -1) for key in scene.cables.ids], dtype=np.int64)
    return replace(scene, cables=replace(scene.cables, family=family), memo=without_links(scene.memo))


def with_ways(scene: Scene, ways: CableWays, *, keep_memo: bool = False) -> Scene:
    """The scene with cables where this result routed them; the same scene when that is where they are."""
    old, ids = scene.routes, scene.bodies.ids
    if old is not None and old.bodies is ids and old.ways.rack_ids == ways.rack_ids:
        same = old.ways.grid is ways.grid and np.array_equal(old.ways.piece, ways.piece)
        if same and np.array_equal(old.ways.along_m, ways.along_m):
            return scene
        row = old.row
    else:
        rows = {key: row for row, key in enumerate(ways.rack_ids)}
        of_rack = (
            rows.get(key, -1) if table == "racks" else -1 for key, table in zip(ids, scene.bodies.tables, strict=True)
        )
        row = np.fromiter(of_rack, np.int64, len(ids))
    memo = scene.memo if keep_memo else without_links(scene.memo)
    return replace(scene, routes=Routes(ways, row, ids), memo=memo)


def without_links(memo: dict[str, Any]) -> dict[str, Any]:
    """What was laid out, but for cables."""
    return {key: value for key, value in memo.items() if not key.startswith(("ribbons", "links"))}


def footprint(table: str, profile: Any) -> tuple[float, float]:
    """Width and depth of a profile in mm, with the drawing default where the catalogue has none."""
    width, depth = getattr(profile, "width_mm", None), getattr(profile, "depth_mm", None)
    default = _DEFAULT_SIZE[table]
    return width or default[0], depth or default[1]


def kind_and_icon(table: str, profile: Any) -> tuple[int, str]:
    """Drawing kind (index into KINDS) and icon name of a profile."""
    if table == "cooling":
        cooling = profile.cooling_kind if isinstance(profile, CoolingUnit) else ""
        liquid = any(word in cooling for word in ("cdu", "liquid", "immersion"))
        return 3, "cooling" if liquid else "fan"
    if table == "power":
        kind = profile.power_kind if isinstance(profile, PowerUnit) else ""
        return 4, "battery" if "batt" in kind or "bess" in kind else "ups" if "ups" in kind else "power"
    if isinstance(profile, System):
        by_kind = {
            "storage": (2, "storage"),
            "management": (1, "management"),
            "network": (1, "network"),
            "cpu": (0, "cpu-rack"),
        }
        return by_kind.get(profile.system_kind, (0, "accelerator"))
    return 0, "rack"


def _rack_kind(profile: Any, devices: list[Any]) -> tuple[int, str]:
    """A bare frame takes the kind of what it mostly holds."""
    if not isinstance(profile, Frame) or not devices:
        return kind_and_icon("racks", profile)
    kinds = [device.system_kind for device in devices if isinstance(device, System)]
    if any(kind in ("switch", "scale_up_switch", "ocs") for kind in kinds):
        return 1, "network"
    return (2, "storage") if "storage" in kinds else (0, "accelerator")


def _bodies(snapshot: Snapshot, find: Find) -> Bodies:
    out = Bodies()
    contents: dict[str, list[Any]] = {}
    for device in snapshot.table("devices").values():
        contents.setdefault(device.rack, []).append(find(device.profile))
    rows: list[tuple[float, float, float, float, int, int]] = []
    for table in TABLES:
        for key, record in snapshot.table(table).items():
            profile = find(record.profile)
            kind, icon = (
                _rack_kind(profile, contents.get(key, [])) if table == "racks" else kind_and_icon(table, profile)
            )
            out.index[key] = len(out.ids)
            out.ids.append(key)
            out.tables.append(table)
            out.titles.append(key)
            out.details.append(record.name or getattr(profile, "name", record.profile))
            out.icons.append(icon)
            out.side.append(getattr(record, "side", ""))
            rows.append((record.x_mm, record.y_mm, *footprint(table, profile), record.rotation_deg, kind))
    if rows:
        columns = np.array(rows, dtype=float).T
        out.x_mm, out.y_mm, out.width_mm, out.depth_mm = (column.copy() for column in columns[:4])
        out.turn_deg, out.kind = columns[4].astype(np.int64), columns[5].astype(np.int64)
        out.look = np.array([_look(*row) for row in zip(out.kind.tolist(), out.icons, out.side, strict=True)])
    return out


def _look(kind: int, icon: str, side: str) -> int:
    """Index into LOOKS: coolant or air units by their medium, power units by their side."""
    if kind == 3:
        return 1 if icon == "cooling" else 2
    return {"a": 3, "b": 4}.get(side, 0) if kind == 4 else 0


def family_index(profile: Any) -> int:
    """Index into FAMILIES of a link profile; -1 when there is none."""
    return _FAMILY_OF.get(profile.family, 3) if isinstance(profile, LinkMedium) else -1


def _cables(snapshot: Snapshot, find: Find, bodies: Bodies, media: Mapping[str, str]) -> Cables:
    racks = {key: bodies.index.get(device.rack, -1) for key, device in snapshot.table("devices").items()}
    families: dict[str, int] = {}
    rows = []
    ids = []
    for key, link in snapshot.table("links").items():
        medium = link.medium if link.medium != "auto" else media.get(key, "")
        if medium not in families:
            families[medium] = family_index(find(medium)) if medium else -1
        a = bodies.index.get(link.a, racks.get(link.a, -1))
        b = bodies.index.get(link.b, racks.get(link.b, -1))
        ids.append(key)
        rows.append((a, b, link.count, families[medium]))
    if not rows:
        return Cables()
    columns = np.array(rows, dtype=float).T
    return Cables(
        ids, columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2], columns[3].astype(np.int64)
    )


def _feeds(snapshot: Snapshot, bodies: Bodies) -> list[tuple[int, int, str]]:
    power = snapshot.table("power")
    out = []
    for feed in snapshot.table("feeds").values():
        a, b = bodies.index.get(feed.source, -1), bodies.index.get(feed.target, -1)
        if a >= 0 and b >= 0:
            side = feed.side or getattr(power.get(feed.source), "side", "")
            out.append((a, b, side))
    return out


def _loops(snapshot: Snapshot, bodies: Bodies) -> list[tuple[str, list[int], list[int]]]:
    """Every loop that a unit serves, with the racks and units on it."""
    units: dict[str, list[int]] = {}
    targets: dict[str, list[int]] = {}
    for key, unit in snapshot.table("cooling").items():
        if unit.loop:
            units.setdefault(unit.loop, []).append(bodies.index[key])
        if unit.source_loop:
            targets.setdefault(unit.source_loop, []).append(bodies.index[key])
    for key, rack in snapshot.table("racks").items():
        if rack.loop:
            targets.setdefault(rack.loop, []).append(bodies.index[key])
    return [(loop, rows, targets[loop]) for loop, rows in units.items() if loop in targets]


def _is_level(points: tuple[tuple[int, int], ...]) -> bool:
    return len({y for _, y in points}) == 1
