"""The air field of every hall on the background thread: flow, then temperature, then what the racks breathe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.compile.plant import AIR
from infraplanner.kernels import airfield as k
from infraplanner.model.entities import Hall, Site
from infraplanner.results.air import AirResult, HallAir
from infraplanner.units import KILO

from .air_field import TOLERANCE_K, Air, Units, Warm, hall_field
from .air_floor import Floor, Ports, build_floor, floor_key, joined
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
QUICK_TOLERANCE_K = 1e-3
AGAIN_TOLERANCE_K = 1e-6
RISEN_MOST_FRAC = 0.9


class AirModel:
    """Fields of one workspace; keeps each hall's geometry, and nothing else that could colour a result."""

    def __init__(self) -> None:
        self.record: list[tuple[Any, ...]] | None = None
        self._floors: dict[str, tuple[object, Floor | None]] = {}
        self._warm = Warm()

    def solve(
        self, space: Workspace, pause: Callable[[], None] = lambda: None, *, quick: bool = False, again: bool = False
    ) -> AirResult:
        """All halls with racks, for the plant and draw that the workspace holds now.

        A `quick` answer starts from the last fields, keeps what they captured and settles to a wider tolerance; it is no
        settled result. `again`
        is a later pass of the same coupling: it starts from the field of the pass before and settles more closely, so
        that clocks can.
        """
        compiled, snapshot = space.compiled, space.snapshot
        assert compiled is not None
        assert snapshot is not None
        racks, units = len(compiled.tables["racks"]), len(compiled.tables["cooling"])
        found = {name: np.full(racks, np.nan) for name in ("inlet", "recirculation", "capture", "flow", "top")}
        found |= {name: np.full(units, np.nan) for name in ("supply", "return", "blown")}
        halls: list[HallAir] = []
        self._warm.use = quick or again
        tolerance_k = QUICK_TOLERANCE_K if quick else AGAIN_TOLERANCE_K if again else TOLERANCE_K
        air = replace(
            air_at(space), record=self.record, tolerance_k=tolerance_k, warm=self._warm, brief=space.brief, quick=quick
        )
        closed: list[str] = []
        blocked: list[tuple[str, int]] = []
        notes: list[str] = []
        ids = compiled.tables["racks"].ids
        for key, hall in sorted(snapshot.table("halls").items()):
            pause()
            floor = self._floor(space, hall)
            if floor is None:
                halls.append(HallAir(key, "no_room", f"Hall {key} has too few or too many tiles for an air field."))
                continue
            blocked += [(ids[row], n) for row, n in floor.blocked]
            if floor.contained_without_zone:
                kind = "hot" if hall.containment == "hot" else "cold"
                notes.append(f"Hall {key} is said to contain its {kind} aisles but draws 0 zones of them.")
            halls.append(_hall(space, compiled, hall, floor, air, found, closed, pause))
        self._floors = {key: held for key, held in self._floors.items() if key in snapshot.table("halls")}
        return AirResult(
            tuple(halls), found["inlet"], found["recirculation"], found["capture"], found["top"], found["flow"],
            found["supply"], found["return"], found["blown"], tuple(notes), tuple(closed), tuple(blocked),
        )  # fmt: skip

    def twin(self) -> AirModel:
        """A model that starts from the same floors and fields and leaves this one as it is."""
        other = AirModel()
        other._floors, other._warm.fields = self._floors, dict(self._warm.fields)
        return other

    def _floor(self, space: Workspace, hall: Hall) -> Floor | None:
        assert space.compiled is not None
        assert space.snapshot is not None
        key = floor_key(space.snapshot, space.compiled, hall.id)
        held = self._floors.get(hall.id)
        if held is None or held[0] != key:
            held = (key, build_floor(space.snapshot, space.compiled, hall, space.compiled.rule))
            self._floors[hall.id] = held
        return held[1]


def air_at(space: Workspace) -> Air:
    """Air at the site: density falls with height as in the standard atmosphere."""
    assert space.compiled is not None
    assert space.snapshot is not None
    rule = space.compiled.rule
    site = space.snapshot.table("site").get("site")
    height_m = site.altitude_m if isinstance(site, Site) and site.altitude_m is not None else 0.0
    thin = max(0.0, 1.0 - rule("air.lapse_per_m") * height_m) ** rule("air.pressure_exponent")
    density = rule("fluid.air.density_kg_per_m3") * thin
    return Air(
        density * rule("fluid.air.heat_capacity_j_per_kg_k"),
        rule("thermal.rack_air_rise_k"),
        rule("thermal.air_supply_margin_frac"),
        rule("thermal.air_mixing_m2_per_s"),
    )


def _hall(
    space: Workspace, compiled: Compiled, hall: Hall, floor: Floor, air: Air, found: dict[str, Floats],
    closed: list[str], pause: Callable[[], None],
) -> HallAir:  # fmt: skip
    rack_w = np.nan_to_num(space.draw.air_w[floor.racks])
    loss_w = np.nan_to_num(space.flows.loss_w[floor.nodes])
    loose = compiled.tables["racks"]["loop@loops"][floor.racks] < 0
    rack_w = rack_w + np.where(loose, np.nan_to_num(space.draw.liquid_w[floor.racks]), 0.0)
    heat = np.concatenate([rack_w, loss_w])
    bodies = np.flatnonzero(heat > 0.0)
    shut = floor.inlet.count()[bodies] == 0
    closed += [compiled.tables["racks"].ids[floor.racks[body]] for body in bodies[shut] if body < floor.racks.size]
    bodies = bodies[~shut]
    heat = heat[bodies]
    flow = heat / (air.rho_cp_j_per_m3_k * air.rise_k)
    demand = float(flow.sum())
    if demand <= 0.0:
        return HallAir(hall.id, "no_heat", f"Nothing in hall {hall.id} heats its air.")
    up = bodies >= floor.racks.size
    units = _air_units(space, compiled, hall, floor, air, demand)
    doors = _doors(space, compiled, floor, bodies[~up])
    blown = float(units.flow_m3_per_s.sum())
    if not blown > 0.0 and not doors.any():
        text = f"{heat.sum() / KILO:.1f} kW heat the air of hall {hall.id} and 0 running units blow cold air into it."
        return HallAir(hall.id, "no_supply", text, demand_m3_per_s=demand, heat_w=float(heat.sum()))
    set_c = supply_air(compiled, hall)
    fall = doors / (air.rho_cp_j_per_m3_k * flow[~up])
    streams = _streams(floor, bodies[~up], flow[~up], air.rise_k, set_c, fall)
    risen = float(flow[up].sum()) / blown if blown > 0.0 else 0.0
    thin = min(1.0, RISEN_MOST_FRAC / risen) if risen > 0.0 else 1.0  # fewer cubic metres, warmer
    rising = _streams(floor, bodies[up], flow[up] * thin, air.rise_k / thin, set_c, np.zeros(int(up.sum())))
    units.coolers.risen_frac[:] = risen * thin
    return hall_field(hall, floor, air, found, bodies[~up], float(heat.sum()), streams, rising, units, pause)


def supply_air(compiled: Compiled, hall: Hall) -> float:
    """Supply air that the hall asks for, else the planning value [degC]."""
    return float(compiled.rule("thermal.air_supply_c") if hall.supply_air_c is None else hall.supply_air_c)


def _doors(space: Workspace, compiled: Compiled, floor: Floor, bodies: Ints) -> Floats:
    """Heat that running rear doors can take from the exhaust of these racks [W]; a door without a rating takes all."""
    out = np.zeros(floor.racks.size)
    on = (floor.door_of >= 0) & space.alive.running[floor.units]
    capacity = compiled.plant.capacity_w[floor.units][on]
    np.add.at(out, floor.door_of[on], np.where(np.isnan(capacity), np.inf, capacity))
    return out[bodies]


def _streams(floor: Floor, bodies: Ints, flow: Floats, rise_k: float, door_c: float, fall_k: Floats) -> k.Streams:
    inlets, outlets = floor.inlet.pick(bodies), floor.outlet.pick(bodies)
    return k.Streams(
        inlets.start, inlets.cell, outlets.start, outlets.cell, flow, np.full(flow.size, rise_k),
        np.full(flow.size, door_c), fall_k,
    )  # fmt: skip


def _air_units(
    space: Workspace, compiled: Compiled, hall: Hall, floor: Floor, air: Air, demand_m3_per_s: float
) -> Units:
    """Fans follow what the racks draw, with a margin, up to the flow that carries the unit's capacity."""
    plant = compiled.plant
    rows = floor.units
    held = (
        (plant.kind[rows] == AIR)
        & (floor.door_of < 0)
        & space.alive.running[rows]
        & (space.plant.unit_heat_w[rows] > 0.0)
    )
    offset = floor.racks.size + floor.nodes.size
    places = np.flatnonzero(held) + offset
    usable = floor.inlet.count()[places] > 0
    if floor.tiles.size:
        usable[:] = True
    rows, places = rows[held][usable], places[usable]
    rated = plant.capacity_w[rows] / (air.rho_cp_j_per_m3_k * air.rise_k)
    wanted = demand_m3_per_s * (1.0 + air.margin_frac)
    known = bool(np.isfinite(rated).all())
    if known:
        flow = rated * min(1.0, wanted / float(rated.sum())) if rows.size else rated
    else:  # of unknown rating: they share what is asked for
        flow = np.full(rows.size, wanted / rows.size)
    set_c = supply_air(compiled, hall)
    approach = plant.approach_k[rows]
    effect = np.where(np.isnan(approach), 1.0, air.rise_k / (air.rise_k + np.nan_to_num(approach)))
    water = _coil_water(space, rows, set_c - np.nan_to_num(approach))
    intake = _intakes(floor, places)
    beside = floor.beside[places - offset]
    if floor.tiles.size and rows.size:
        cells = np.unique(intake.cell)
        total = float(flow.sum())
        coil = np.array([float((effect * flow).sum() / total)]), np.array([float((water * flow).sum() / total)])
        merged = k.Coolers(
            *_arrays(joined([cells])), *_arrays(joined([floor.tiles])), np.array([total]), np.array([set_c]),
            *coil, np.zeros(1),
        )  # fmt: skip
        return Units(rows, flow, merged, np.array([bool(beside.all())]), True)
    outlets = floor.inlet.pick(places)  # a unit's front is its cold side, as a rack's
    made = k.Coolers(
        *_arrays(intake),
        *_arrays(outlets),
        flow,
        np.full(rows.size, set_c),
        effect,
        water,
        np.zeros(rows.size),
    )
    return Units(rows, flow, made, beside, False)


def _coil_water(space: Workspace, rows: Ints, wanted_c: Floats) -> Floats:
    """Water at the units' coils [degC]: as cold as their set point needs, or what their loop gives when that is warmer."""
    assert space.compiled is not None
    source = space.compiled.tables["cooling"]["source_loop@loops"][rows]
    given: Floats = np.fmax(wanted_c, np.append(space.plant.loop_supply_c, np.nan)[source])
    return given


def _intakes(floor: Floor, places: Ints) -> Ports:
    """Cells that units draw from: none for those that draw from along the ceiling."""
    own = floor.outlet.pick(places)
    if not floor.plenum:
        return own
    beside = floor.beside[places - floor.racks.size - floor.nodes.size]
    count = np.where(beside, own.count(), 0)
    kept = own.cell[np.repeat(beside, own.count())]
    return Ports(np.concatenate([[0], np.cumsum(count)]).astype(np.int64), kept)


def _arrays(ports: Ports) -> tuple[Ints, Ints]:
    return ports.start, ports.cell


def bench_case(space: Workspace) -> dict[str, tuple[Callable[[], object], list[object]]]:
    """What `bench` times on the first hall with a field: back-substitution of the flow, temperature from one start."""
    model = AirModel()
    model.record = []
    model.solve(space)
    if not model.record:
        return {}
    flow, source, arguments = model.record[0]
    touched = [array for part in arguments for array in (part if isinstance(part, tuple) else (part,))]
    return {
        "air_flow": (lambda: flow.solve(source), [source, source]),
        "air_temperature": (lambda: _from_start(arguments), touched),
    }


def _from_start(arguments: tuple[Any, ...]) -> object:
    """The temperature kernel again, from one temperature everywhere."""
    arguments[-1][:] = arguments[10]
    return k.solve_temperature(*arguments)
