"""A document compiled to arrays, and the patcher that follows its edits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Snapshot

from .bodies import BodyArrays, build_bodies
from .chain import ChainArrays, build_chain
from .columns import AIR_CLASSES, SPECS
from .network import NetworkArrays, build_network
from .parts import Catalogue, Floats, Ints, Parts, column
from .plant import PlantArrays, build_plant
from .ports import PortArrays, build_ports
from .rules import Lookup, constants
from .sources import SourceArrays, build_sources
from .table import Table
from .trays import TrayArrays, build_trays

NONE: Final[frozenset[str]] = frozenset()
GROUPS: Final[dict[str, dict[str, frozenset[str]]]] = {
    "bodies": {
        "racks": frozenset({"profile", "pool", "loop", "plate"}),
        "devices": frozenset({"rack", "profile", "pool"}),
        "pools": NONE,
        "cooling": frozenset({"profile", "loop"}),
    },
    "chain": {
        "power": frozenset({"profile", "side", "hall", "mode", "dispatch", "eco"}),
        "feeds": frozenset(
            {
                "source",
                "target",
                "side",
                "weight",
                "order",
                "conductor",
                "length_mm",
                "runs",
                "ambient_c",
                "grouped",
                "contacts",
                "contact_uohm",
            }
        ),
        "racks": NONE,
        "cooling": NONE,
        "halls": NONE,
    },
    "sources": {
        "power": frozenset({"profile", "energy_kwh", "electricity_usd_per_kwh", "carbon_g_per_kwh"}),
    },
    "network": {
        "links": frozenset({"a", "b", "count", "panels"}),
        "racks": frozenset({"profile", "hall"}),
        "devices": frozenset({"rack", "profile", "u", "light_paths"}),
        "trays": frozenset({"hall", "elevation_mm", "tier"}),
        "halls": NONE,
    },
    "trays": {
        "trays": frozenset({"hall", "elevation_mm", "tier", "points_mm", "width_mm"}),
        "halls": NONE,
    },
    "ports": {
        "links": frozenset({"a", "b", "rate_gbps", "count", "a_port", "b_port"}),
        "racks": frozenset({"profile"}),
        "devices": frozenset({"rack", "profile"}),
        "ports": frozenset({"owner", "group", "count", "rate_gbps"}),
    },
    "plant": {
        "cooling": frozenset({"profile", "hall", "loop", "source_loop"}),
        "loops": frozenset({"kind", "fluid", "rise_k", "flow_l_per_min_per_kw"}),
        "racks": frozenset({"profile", "loop", "pool"}),
        "devices": frozenset({"rack", "profile", "pool"}),
        "pools": NONE,
        "halls": NONE,
    },
}
"""Joined arrays by group: which tables they are made of, and which changed fields make them stale (any added or removed
record does)."""

AIR_CLASS_FIELDS: Final = {
    "racks": frozenset({"hall", "air_class"}), "halls": frozenset({"air_class"}), "site": frozenset({"altitude_m"}),
}  # fmt: skip
"""Fields that decide which air racks may breathe, beside what stands in them."""
PLACE_FIELDS: Final = frozenset({"x_mm", "y_mm"})
LINK_FIELDS: Final = frozenset({"rate_gbps", "count", "medium", "cooler", "coolers"})


@dataclass(frozen=True, slots=True)
class Stale:
    """What a patch left to recompute: groups rebuilt, racks that only moved, bundles whose own fields changed."""

    groups: frozenset[str]
    moved_racks: Ints
    changed_links: Ints
    rows_moved: bool


@dataclass(slots=True)
class Compiled:
    """Tables and joined arrays of one snapshot; the joined ones are rebuilt whole, the tables row by row."""

    parts: Parts
    rule: Lookup
    tables: dict[str, Table] = field(default_factory=dict)
    revision: int = -1
    bodies: BodyArrays = field(init=False)
    chain: ChainArrays = field(init=False)
    sources: SourceArrays = field(init=False)
    network: NetworkArrays = field(init=False)
    plant: PlantArrays = field(init=False)
    ports: PortArrays = field(init=False)
    trays: TrayArrays = field(init=False)
    altitude_m: float = 0.0
    _limits: tuple[BodyArrays, tuple[Floats, Floats]] | None = field(default=None, init=False)

    def twin(self) -> Compiled:
        """The same plan, to be patched by somebody else; joined arrays are never written to, and tables part when patched."""
        tables = {name: table.twin() for name, table in self.tables.items()}
        other = Compiled(self.parts, self.rule, tables, self.revision)
        for name in GROUPS:
            setattr(other, name, getattr(self, name))
        other.altitude_m = self.altitude_m
        return other

    def patch(self, snapshot: Snapshot, changes: ChangeSet) -> Stale:
        """Follow a change set to a later snapshot."""
        touched = {name: _touched(changes, name) for name in SPECS}
        rewritten: dict[str, Ints] = {}
        remaps: dict[str, Ints] = {}
        for name, ids in touched.items():
            if ids:
                rows, remap = self.tables[name].patch(snapshot.table(name), ids, self.parts)
                rewritten[name] = rows
                if remap is not None:
                    remaps[name] = remap
        for target, remap in remaps.items():
            for table in self.tables.values():
                table.follow(target, remap)
        for name, table in self.tables.items():
            if remaps:
                table.resolve(snapshot.table(name), self.tables)
            if name in rewritten:
                table.resolve(snapshot.table(name), self.tables, rewritten[name])
        stale = frozenset(name for name, fields in GROUPS.items() if changes.touches(fields))
        if changes.touches(AIR_CLASS_FIELDS):
            self._limits = None
        self.join(stale, snapshot)
        self.revision = snapshot.revision
        return Stale(stale, self._rows_with(changes, "racks", PLACE_FIELDS), self._own(changes), bool(remaps))

    def inlet_limits(self) -> Floats:
        """Warmest air that each rack may breathe [degC]: the lowest limit of what stands in it and of its class, or the
        hall's; of class A1 where nothing is said. Thin air takes away less heat: classes fall with the site's height.
        """
        return self._inlet_range()[1]

    def inlet_least(self) -> Floats:
        """Coldest air that the class in force allows each rack [degC]."""
        return self._inlet_range()[0]

    def _inlet_range(self) -> tuple[Floats, Floats]:
        if self._limits is None or self._limits[0] is not self.bodies:
            racks, halls = self.tables["racks"], self.tables["halls"]
            none = len(AIR_CLASSES) - 1
            own = np.append(halls["air_class"], none)[racks["hall@halls"]]
            code = np.where(racks["air_class"] < none, racks["air_class"], own)
            limit = np.full(len(racks), np.inf)
            held = self.bodies.rack >= 0
            stated = column(self.parts.systems, "inlet_max_c")[self.bodies.system[held]]
            np.fmin.at(limit, self.bodies.rack[held], stated)
            least, most = air_classes(self.rule, self.altitude_m)
            classed = np.where((code < none) | ~np.isfinite(limit), most[code], np.inf)
            self._limits = (self.bodies, (least[code], np.minimum(limit, classed)))
        return self._limits[1]

    def _own(self, changes: ChangeSet) -> Ints:
        return self._rows_with(changes, "links", LINK_FIELDS)

    def _rows_with(self, changes: ChangeSet, name: str, fields: frozenset[str]) -> Ints:
        index = self.tables[name].index
        modified = changes.table(name).modified
        return np.array(
            [index[key] for key, names in sorted(modified.items()) if key in index and not fields.isdisjoint(names)],
            dtype=np.int64,
        )

    def join(self, groups: frozenset[str], snapshot: Snapshot) -> None:
        """Rebuild the named groups of joined arrays."""
        site = snapshot.table("site").get("site")
        self.altitude_m = float(getattr(site, "altitude_m", None) or 0.0)
        with np.errstate(all="ignore"):  # unknown and zero inputs travel as NaN and infinity; findings name them
            self._build(groups, snapshot)

    def _build(self, groups: frozenset[str], snapshot: Snapshot) -> None:
        if "bodies" in groups:
            self.bodies = build_bodies(self.tables, self.parts, self.rule)
        if "chain" in groups:
            self.chain = build_chain(self.tables, self.parts, self.rule)
        if "sources" in groups:
            self.sources = build_sources(self.tables["power"], self.parts, self.rule, snapshot.table("power"))
        if "network" in groups:
            self.network = build_network(self.tables, self.parts, self.rule, snapshot.table("devices"))
        if "trays" in groups:
            self.trays = build_trays(self.tables, snapshot.table("trays"), self.rule)
        if "plant" in groups:
            self.plant = build_plant(self.tables, self.parts, self.bodies, self.rule)
        if "ports" in groups:
            self.ports = build_ports(self.tables, self.parts, snapshot.table("ports"), snapshot.table("links"))


def air_classes(rule: Lookup, altitude_m: float) -> tuple[Floats, Floats]:
    """Coldest and warmest inlet air of every class at a height [degC], in the order of their codes; none is as A1."""
    names = [name or "A1" for name in AIR_CLASSES]
    least = np.array([rule(f"thermal.air_class.{name}.min_c") for name in names])
    above_m = max(0.0, altitude_m - rule("thermal.air_class.level_m"))
    most = [rule(f"thermal.air_class.{n}.max_c") - above_m * rule(f"thermal.air_class.{n}.fall_k_per_m") for n in names]
    return least, np.array(most)


def compile_plan(snapshot: Snapshot, catalogue: Catalogue) -> Compiled:
    """Compile everything anew: the oracle of `Compiled.patch`, and its fallback."""
    parts = Parts(catalogue.with_embedded(snapshot.table("profiles")))
    tables = {name: Table(name, spec) for name, spec in SPECS.items()}
    for name, table in tables.items():
        table.fill(snapshot.table(name), parts)
    for name, table in tables.items():
        table.resolve(snapshot.table(name), tables, np.arange(len(table)))
    compiled = Compiled(parts, constants(parts.catalogue), tables, snapshot.revision)
    compiled.join(frozenset(GROUPS), snapshot)
    return compiled


def _touched(changes: ChangeSet, name: str) -> set[str]:
    change = changes.tables.get(name)
    return set() if change is None else change.added | change.removed | change.modified.keys()
