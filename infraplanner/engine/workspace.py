"""One thread's copy of the compiled plan with its buffers: follows edits and runs the fused frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Region
from infraplanner.compile.once import Once
from infraplanner.compile.parts import Catalogue
from infraplanner.compile.plan import Compiled, compile_plan
from infraplanner.kernels.cooling import Plant
from infraplanner.kernels.draw import Bodies, Draw
from infraplanner.kernels.frame import Alive, Pools, Served, Totals, apply_caps, carry, frame
from infraplanner.kernels.legs import LegFlows
from infraplanner.kernels.links import Cables, CableSums, Ends, Media, Route, rows_of_racks
from infraplanner.kernels.power import Flows
from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Site

from . import bind
from .cable_plant import CablePlant
from .chains import CoreChains
from .pools import PoolCase, PoolSolver
from .recycle import Recycler

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


PLAN_TABLES = frozenset({"jobs", "pools", "site", "workloads"})
"""Tables that decide pools and climate beside the bodies in the racks."""


@dataclass(frozen=True, slots=True)
class Climate:
    """Outdoor conditions and energy figures in force, and whether they were assumed."""

    dry_bulb_c: float
    wet_bulb_c: float
    usd_per_kwh: float
    carbon_g_per_kwh: float
    assumed: bool
    price_assumed: bool
    carbon_assumed: bool


class Workspace:
    """Compiled plan, buffers and pool solutions. Not shared between threads."""

    def __init__(self, catalogue: Catalogue, solver: PoolSolver, once: Once | None = None) -> None:
        self._catalogue = catalogue
        self._once = once
        """Who compiles, when another workspace follows the same plan."""
        self.solver = solver
        self.compiled: Compiled | None = None
        self.snapshot: Snapshot | None = None
        self._dirty: Ints = np.empty(0, np.int64)
        self._moved: Ints = np.empty(0, np.int64)
        self.cables_at: object = None
        """The air field that cables were judged at."""
        self._is_all = True
        self._stamp = 0
        self.cases: list[PoolCase] = []
        self.recycler = Recycler()
        self.unit_loads: dict[tuple[int, frozenset[str]], tuple[Floats, float]] = {}
        self.job_loads: dict[tuple[Any, ...], Any] = {}
        """By job, its layout, and what is out of service (see `job_traffic`)."""
        self.reduced: dict[frozenset[str], Any] = {}
        """The fabric made small, by what is out of service."""
        self.exact = False
        """Whether the load of jobs is worked out in full, however long it takes."""
        self.routing: Callable[[int, int], None] | None = None
        """Told how far that is: passes done and in all."""
        self.job_models: dict[str, tuple[Any, Any, frozenset[str], Any]] = {}
        """What training jobs are solved with, after the bodies, the record and the failures that it follows from."""
        self.slopes: tuple[object, Any, bool] | None = None
        self.kept: dict[str, Any] = {}
        """Heavy parts of the last settled state, with what they followed from (see `kept.Kept`)."""
        self.air_model: Any = None
        self.loop_flows: Any = None
        self.chips: Any = None
        self.pools: Any = None
        """Inputs of the pools in the frame in force."""
        self.wet_bulbs: Any = None
        self.brief = False
        """Only headline figures and walls are wanted: no ride-through, no capture of exhaust, no diagnosis of pools,
        no pump speeds."""
        self.clock_frac: Floats = np.empty(0)
        """Clock of every pool in the frame in force (empty: full)."""
        self.figures: dict[object, Any] = {}
        self.healthy: Any = None
        """Figures of the fabric by what is out of service and the jobs' layouts, and those of the whole plan."""
        self.core: CoreChains | None = None
        self.felt: dict[object, Any] = {}
        """Nodes whose failure the traffic between such pools can feel, and those that carry some."""
        self.domains: Any = None
        """Scale-up domains, kept while the bodies stay (see `scale_up.Domains`)."""
        self.mix: tuple[float | None, float | None] = (None, None)
        """Price and carbon of a kWh as the sources give it [USD, g]; None: that of the site."""
        self.tariff_ratio = 1.0
        """What a sample multiplies the energy prices of the tariff by."""

    def follow(self, snapshot: Snapshot, changes: ChangeSet | None) -> None:
        """Bring arrays and buffers up to a snapshot; None means that nothing of the past is known."""
        self.snapshot = snapshot
        if changes is None or changes.whole or changes.tables:
            self.kept.clear()
        if self.compiled is None or changes is None or changes.whole or "profiles" in changes.tables:
            compiling = compile_plan if self._once is None else self._once.compile
            self.compiled = compiling(snapshot, self._catalogue)
            self._media: Media = bind.media(self.compiled.parts, self.compiled.rule)
            self._route: Route = bind.route(self.compiled.parts, self.compiled.rule)
            self._allocate()
            self.trays = CablePlant(self.compiled)
            self._all_rows()
            self.forget_traffic()
            self.reduced.clear()
        else:
            if self._once is not None:
                self._once.forget()
            stale = self.compiled.patch(snapshot, changes)
            if stale.rows_moved:
                self._allocate()
            if stale.rows_moved or "trays" in stale.groups:
                self.trays = CablePlant(self.compiled)
            if stale.rows_moved or {"network", "trays"} & stale.groups:
                self._all_rows()
            else:
                self._mark(stale.moved_racks, stale.changed_links)
            if {"bodies", "network"} & stale.groups or stale.changed_links.size or "pools" in changes.tables:
                self.forget_traffic()
            if "network" in stale.groups or stale.rows_moved or stale.changed_links.size:
                self.reduced.clear()
            if "bodies" not in stale.groups and not changes.tables.keys() & PLAN_TABLES:
                return
        self.climate = climate(snapshot, self.compiled)
        self.cases = self.solver.cases(snapshot, self.compiled)

    def forget_failures(self) -> None:
        """Drop what was routed without something out of service; what holds with nothing failed stays."""
        self.job_loads = {key: load for key, load in self.job_loads.items() if not key[2]}
        self.reduced = {gone: small for gone, small in self.reduced.items() if not gone}

    def forget_routes(self) -> None:
        """Drop all that was routed, and the domains, but the whole plan's figures of the fabric."""
        healthy = self.healthy
        self.forget_traffic()
        self.reduced.clear()
        self.healthy, self.domains = healthy, None

    def forget_traffic(self) -> None:
        """Nothing that was routed holds any longer."""
        self.unit_loads.clear()
        self.job_loads.clear()
        self.figures.clear()
        self.felt.clear()
        self.healthy = None

    def refresh_constants(self) -> None:
        """Take over planning constants that changed while the plan did not; joined arrays must be new already."""
        assert self.compiled is not None
        assert self.snapshot is not None
        self._media = bind.media(self.compiled.parts, self.compiled.rule)
        self._route = bind.route(self.compiled.parts, self.compiled.rule)
        self.loop_flows = self.core = self.domains = None
        self.job_models.clear()
        self._all_rows()
        self.cases = self.solver.cases(self.snapshot, self.compiled)

    def _allocate(self) -> None:
        assert self.compiled is not None
        size = {name: len(table) for name, table in self.compiled.tables.items()}
        racks, units, nodes = size["racks"], size["cooling"], size["power"]
        self.cables = bind.buffers(Cables, **{"": size["links"]})
        self.cables_at = None
        self.cable_c = np.full(size["links"], self.compiled.rule("link.twinax.temperature_c"))
        families = len(bind.family_names(self.compiled.parts))
        self.sums = bind.buffers(CableSums, rack=racks, family=families)
        self.recycler.forget()
        self.no_load = np.zeros(size["links"])
        self.no_load.setflags(write=False)
        self.draw = bind.buffers(Draw, body=racks + size["devices"], **{"": racks})
        self.flows = bind.buffers(
            Flows, served=racks + units, side=racks + units, fed=racks + units, part=size["feeds"], **{"": nodes}
        )
        self.leg_flows = bind.buffers(LegFlows, **{"": 0})
        self.plant = bind.buffers(Plant, unit=units, loop=size["loops"], hall=size["halls"], rack=racks)
        self.served = bind.buffers(Served, **{"": size["pools"]})
        self.kept_frac = np.ones(racks)
        self.load_w = np.zeros(racks + units)
        self._seen = np.zeros(size["links"], np.int64)
        self._found = np.zeros(size["links"], np.int64)

    @property
    def dirty_links(self) -> int:
        """Bundles that the next frame lays anew."""
        return int(self._dirty.size)

    def _all_rows(self) -> None:
        self._dirty = np.arange(self.cables.length_m.size)
        self._is_all = True

    def _mark(self, moved_racks: Ints, links: Ints) -> None:
        assert self.compiled is not None
        if moved_racks.size:
            self._moved = np.union1d(self._moved, moved_racks)
        if self._is_all:
            return
        found = links
        if moved_racks.size:
            net = self.compiled.network
            self._stamp += 1
            count = rows_of_racks(moved_racks, net.rack_start, net.rack_link, self._seen, self._stamp, self._found)
            found = np.concatenate([links, self._found[:count]])
        self._dirty = np.union1d(self._dirty, found) if self._dirty.size else np.unique(found)

    @property
    def media(self) -> Media:
        """Link profiles as the kernels read them."""
        return self._media

    def warm_cables(self, cable_c: Floats) -> bool:
        """Take over other cable temperatures; True when the next frame has to lay cables anew because of them."""
        if np.array_equal(cable_c, self.cable_c):
            return False
        self.cable_c = cable_c
        self._all_rows()
        return True

    def _take_up(self, ends: Ends) -> Ints:
        """Lift the cables that are about to change out of the trays and let moved racks drop in anew; returns the rows."""
        assert self.compiled is not None
        rows = self._dirty
        if self._is_all:
            self.trays.empty()
            self.trays.move(self.compiled, np.arange(len(self.compiled.tables["racks"])))
        else:
            self.trays.carry(rows, ends, self._media, self.cables, -1)
            if self._moved.size:
                self.trays.move(self.compiled, self._moved)
        self._dirty, self._moved, self._is_all = np.empty(0, np.int64), np.empty(0, np.int64), False
        return rows

    @property
    def usd_per_kwh(self) -> float:
        """Price of energy from the sources in force, else the site's."""
        return self.climate.usd_per_kwh if self.mix[0] is None else self.mix[0]

    @property
    def carbon_g_per_kwh(self) -> float:
        """Carbon of energy from the sources in force, else the site's."""
        return self.climate.carbon_g_per_kwh if self.mix[1] is None else self.mix[1]

    def run(self, pools: Pools, failed: frozenset[str]) -> Totals:
        """One frame with the pools' inputs in force; failed records are dead."""
        assert self.compiled is not None
        compiled = self.compiled
        self.alive, self.pools = self._alive(failed), pools
        devices = self._rows("devices", failed)
        rule = compiled.rule
        legs = bind.legs(compiled)
        if self.leg_flows.leg_w.size != legs.cold_ohm.size:
            nodes = len(compiled.tables["power"])
            self.leg_flows = bind.buffers(LegFlows, leg=legs.cold_ohm.size, node=nodes)
        self.holds = bind.holds(compiled)
        ends, trays = bind.ends(compiled, self.cable_c), self.trays
        rows = self._take_up(ends)
        totals: Totals = frame(
            rows, ends, self._media, self._route, trays.segments, trays.ways, trays.drops, self.cables, self.sums,
            bind.racks(compiled), bind.bodies(compiled, devices), self.draw, bind.chain(compiled), legs, self.flows, self.leg_flows,
            bind.units(compiled), bind.loops(compiled), self.plant, pools, self.served, self.alive,
            compiled.chain.hall, self.holds, self.kept_frac, self.load_w, self.climate.dry_bulb_c, self.climate.wet_bulb_c,
            rule("engine.coupling_tolerance_frac"), int(rule("engine.coupling_passes_count")),
        )  # fmt: skip
        trays.carry(rows, ends, self._media, self.cables, 1)
        self.totals = totals
        return totals

    def try_caps(
        self, bodies: Bodies, pools: Pools, power_ratio: float, thermal_ratio: float, served: Served
    ) -> Floats:
        """Slow `served` by the caps of racks and nodes, and what cooling is kept to, times these ratios; returns the share
        of its dynamic power that each rack keeps. The last frame's figures stay.
        """
        compiled = self.compiled
        assert compiled is not None
        racks, holds = bind.racks(compiled), bind.holds(compiled, power_ratio, thermal_ratio)
        racks = racks._replace(cap_frac=racks.cap_frac * power_ratio)
        kept = np.ones(racks.x_m.size)
        if not holds.row_ratio.size:
            apply_caps(bodies, pools, racks.cap_frac, self.alive.powered, self.draw, self.sums.rack_w, served, kept)
            return kept
        draw, flows = bind.copied(self.draw), bind.copied(self.flows)
        leg_flows, plant = bind.copied(self.leg_flows), bind.copied(self.plant)
        rule = compiled.rule
        carry(
            racks, bodies, draw, bind.chain(compiled), bind.legs(compiled), flows, leg_flows, bind.units(compiled),
            bind.loops(compiled), plant, pools, served, self.alive, compiled.chain.hall, holds, self.sums.rack_w,
            kept, self.load_w.copy(), self.climate.dry_bulb_c, self.climate.wet_bulb_c,
            rule("engine.coupling_tolerance_frac"), int(rule("engine.coupling_passes_count")),
        )  # fmt: skip
        return kept

    def _rows(self, table: str, ids: frozenset[str]) -> Ints:
        assert self.compiled is not None
        index = self.compiled.tables[table].index
        return np.array(sorted(index[key] for key in ids if key in index), dtype=np.int64)

    def _alive(self, failed: frozenset[str]) -> Alive:
        assert self.compiled is not None
        flags = {}
        for name in ("power", "racks", "cooling"):
            flags[name] = np.ones(len(self.compiled.tables[name]), np.bool_)
            if failed:
                flags[name][self._rows(name, failed)] = False
        flags["power"] &= ~self.compiled.tables["power"]["maintenance"]
        return Alive(flags["power"], flags["racks"], flags["cooling"], flags["racks"].copy(), flags["cooling"].copy())


def climate(snapshot: Snapshot, compiled: Compiled) -> Climate:
    """The site's own weather and energy price, else its region's, else the planning ones (said in coverage)."""
    site = snapshot.table("site").get("site")
    region = compiled.parts.catalogue.find(site.region) if isinstance(site, Site) and site.region else None
    region = region if isinstance(region, Region) else None
    rule = compiled.rule

    def pick(own: str, regional: str) -> float | None:
        value = getattr(site, own, None)
        return value if value is not None else getattr(region, regional, None)

    dry, wet = pick("dry_bulb_c", "dry_bulb_mean_c"), pick("wet_bulb_c", "wet_bulb_mean_c")
    price = pick("electricity_usd_per_kwh", "electricity_usd_per_kwh")
    carbon = pick("carbon_g_per_kwh", "carbon_g_per_kwh")
    return Climate(
        dry_bulb_c=rule("site.default_dry_bulb_c") if dry is None else dry,
        wet_bulb_c=rule("site.default_wet_bulb_c") if wet is None else wet,
        usd_per_kwh=rule("site.default_electricity_usd_per_kwh") if price is None else price,
        carbon_g_per_kwh=rule("site.default_carbon_g_per_kwh") if carbon is None else carbon,
        assumed=dry is None or wet is None,
        price_assumed=price is None,
        carbon_assumed=carbon is None,
    )
