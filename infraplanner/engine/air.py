"""The air field of every hall on the background thread: flow, then temperature, then what the racks breathe."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.compile.plant import AIR
from infraplanner.kernels import airfield as k
from infraplanner.kernels.airflow import downhill_order
from infraplanner.model.entities import Hall, Site
from infraplanner.results.air import AirResult, HallAir
from infraplanner.units import KILO

from .air_floor import Floor, Ports, build_floor, floor_key, joined
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MASS_TOLERANCE_FRAC = 1e-9
"""Above this the flow is no solution, and temperatures on it would be invented."""
RUNAWAY_K = 150.0
TOLERANCE_K = 1e-4
QUICK_TOLERANCE_K = 1e-3
AGAIN_TOLERANCE_K = 1e-6
WARM_CELLS = 100_000
"""Floors up to this size keep their last field for a quick answer (8,000 racks in a dense hall: 37,000 cells)."""
SWEEPS = 400
SHARE_TOLERANCE_FRAC = 1e-4
DEPTH = 3
RISEN_MOST_FRAC = 0.9
Breathing = TypeVar("Breathing", k.Streams, k.Coolers)


class Warm:
    """The last temperatures and captured shares of every hall's floor, from which a quick answer starts."""

    def __init__(self) -> None:
        self.fields: dict[str, tuple[Floor, Floats, Floats]] = {}
        self.use = False

    def start(self, hall: str, floor: Floor, set_c: float) -> tuple[Floats, Floats]:
        """Framed temperatures and shares to begin with."""
        held = self.fields.get(hall)
        if self.use and held is not None and held[0] is floor:
            return held[1].copy(), held[2].copy()
        size = (floor.nx + 2) * (floor.ny + 2)
        return np.full(size, set_c), np.zeros(size)

    def keep(self, hall: str, floor: Floor, temperature: Floats, share: Floats) -> None:
        """Remember the fields of a hall that is not too large."""
        if floor.solid.size <= WARM_CELLS:
            self.fields[hall] = floor, temperature, share


@dataclass(frozen=True, slots=True)
class Air:
    """Properties and rules in force: heat capacity of a cubic metre at the site's height, rises, exchange."""

    rho_cp_j_per_m3_k: float
    rise_k: float
    margin_frac: float
    diffusivity_m2_per_s: float
    layered_frac: float
    record: list[tuple[Any, ...]] | None = None
    """Arguments of the temperature kernel of each hall, when a measurement asks for them."""
    tolerance_k: float = TOLERANCE_K
    warm: Warm = field(default_factory=Warm)
    """Fields to start from and to leave behind."""


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

        A `quick` answer starts from the last fields and settles to a wider tolerance; it is no settled result. `again`
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
        air = replace(air_at(space), record=self.record, tolerance_k=tolerance_k, warm=self._warm)
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
        rule("thermal.air_layered_frac"),
    )


@dataclass(frozen=True, slots=True)
class _Units:
    """Running air units of a hall: their rows, flow, where they draw and blow; on a raised floor they are one."""

    rows: Ints
    flow_m3_per_s: Floats
    coolers: k.Coolers
    merged: bool


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
    return _field(hall, floor, air, found, bodies[~up], float(heat.sum()), streams, rising, units, pause)


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
) -> _Units:
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
    if floor.tiles.size and rows.size:
        cells = np.unique(intake.cell)
        total = float(flow.sum())
        coil = np.array([float((effect * flow).sum() / total)]), np.array([float((water * flow).sum() / total)])
        merged = k.Coolers(
            *_arrays(joined([cells])), *_arrays(joined([floor.tiles])), np.array([total]), np.array([set_c]),
            *coil, np.zeros(1),
        )  # fmt: skip
        return _Units(rows, flow, merged, True)
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
    return _Units(rows, flow, made, False)


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


def _field(
    hall: Hall, floor: Floor, air: Air, found: dict[str, Floats], bodies: Ints, heat_w: float,
    streams: k.Streams, rising: k.Streams, units: _Units, pause: Callable[[], None],
) -> HallAir:  # fmt: skip
    nx, ny, faces, coolers = floor.nx, floor.ny, floor.faces, units.coolers
    cells = nx * ny
    blown, drawn = np.zeros(cells), np.zeros(cells)
    k.add_flow(streams.out_start, streams.out_cell, streams.flow_m3_per_s, 1.0, blown)
    k.add_flow(coolers.out_start, coolers.out_cell, coolers.flow_m3_per_s, 1.0, blown)
    k.add_flow(streams.in_start, streams.in_cell, streams.flow_m3_per_s, 1.0, drawn)
    k.add_flow(rising.in_start, rising.in_cell, rising.flow_m3_per_s, 1.0, drawn)
    from_room = coolers.flow_m3_per_s * (1.0 - coolers.risen_frac)
    k.add_flow(coolers.in_start, coolers.in_cell, from_room, 1.0, drawn)
    pause()
    phi = floor.flow.solve(blown - drawn)
    supply, demand = float(coolers.flow_m3_per_s.sum()), float(streams.flow_m3_per_s.sum() + rising.flow_m3_per_s.sum())
    residual = float(k.mass_residual(nx, ny, faces, phi, blown - drawn))
    base = HallAir(
        hall.id, "unsettled", demand_m3_per_s=demand, supply_m3_per_s=supply, heat_w=heat_w, mass_residual_frac=residual
    )
    if not residual <= MASS_TOLERANCE_FRAC:
        text = f"The air of hall {hall.id} has no way back to its units: a cell misses {residual:.1e} of the supply."
        return replace(base, state="unbalanced", note=text)
    pause()
    order = np.empty(cells, np.int64)
    downhill_order(nx, faces, phi, order)
    stencil = _stencil(cells)
    mixing = air.diffusivity_m2_per_s * hall.height_mm / KILO
    k.fill_stencil(nx, ny, order, faces, phi, mixing, blown, drawn, False, stencil)
    inner = np.arange(cells) + 2 * (np.arange(cells) // nx) + nx + 3
    row, body = np.zeros(streams.out_cell.size, np.int64), np.zeros(streams.out_cell.size, np.int64)
    k.rows_of(stencil, streams.out_start, streams.out_cell, row, body)
    by_row = np.argsort(row, kind="stable")
    count = coolers.flow_m3_per_s.size
    sup, back = np.zeros(count), np.zeros(count)
    set_c = float(streams.door_c[0]) if streams.door_c.size else float(coolers.set_c[0])
    temperature, share = air.warm.start(hall.id, floor, set_c)
    arguments = (
        nx, faces, phi, inner, stencil, _framed(streams, inner), row[by_row], body[by_row],
        _framed(rising, inner), _framed(coolers, inner), set_c, set_c + RUNAWAY_K, air.tolerance_k, SWEEPS, DEPTH,
        sup, back, temperature,
    )  # fmt: skip
    if air.record is not None:
        air.record.append((floor.flow, blown - drawn, arguments))
    state, sweeps, _ = k.solve_temperature(*arguments)
    if state != 0:
        text = (
            f"Inlet temperatures of hall {hall.id} grow without bound: its units take away less than "
            f"{heat_w / KILO:.0f} kW."
            if state == 2
            else f"The air field of hall {hall.id} did not settle in {SWEEPS} passes."
        )
        return replace(base, state="runaway" if state == 2 else "unsettled", note=text, sweeps=sweeps)
    pause()
    framed, temperature = temperature, temperature[inner]
    taken = air.rho_cp_j_per_m3_k * (
        float((coolers.flow_m3_per_s * (back - sup)).sum()) + _by_doors(streams, temperature)
    )
    mean_supply, mean_return = (
        float((coolers.flow_m3_per_s * side).sum() / supply) if supply > 0.0 else set_c for side in (sup, back)
    )
    captured = _capture(floor, faces, phi, order, mixing, blown, drawn, coolers, rising, streams.out_cell, share)
    air.warm.keep(hall.id, floor, framed, share)
    layered = air.layered_frac if hall.air_layers == "two" else 0.0
    _tell_racks(floor, bodies, streams, temperature, captured, mean_supply, mean_return, layered, found)
    found["supply"][units.rows] = sup[0] if units.merged else sup
    found["return"][units.rows] = back[0] if units.merged else back
    found["blown"][units.rows] = units.flow_m3_per_s
    x_speed, y_speed = np.empty(cells), np.empty(cells)
    k.cell_velocity(nx, ny, floor.cell_m * hall.height_mm / KILO, faces, phi, x_speed, y_speed)
    temperature[(floor.solid != 0) | (stencil.own_m3_per_s[stencil.place] <= 0.0)] = np.nan
    return replace(
        base, state="settled", nx=nx, ny=ny, cell_m=floor.cell_m, temperature_c=_frozen(temperature),
        x_m_per_s=_frozen(x_speed), y_m_per_s=_frozen(y_speed), supply_c=mean_supply, return_c=mean_return,
        heat_residual_frac=taken / heat_w - 1.0, sweeps=sweeps,
    )  # fmt: skip


def _by_doors(streams: k.Streams, temperature: Floats) -> float:
    """Flow times fall that rear doors take off [m3/s K]."""
    if not streams.door_fall_k.any():
        return 0.0
    hot = _means(streams.in_start, streams.in_cell, temperature) + streams.rise_k
    return float((streams.flow_m3_per_s * np.clip(hot - streams.door_c, 0.0, streams.door_fall_k)).sum())


def _frozen(values: Floats) -> Floats:
    values.setflags(write=False)
    return values


def _capture(
    floor: Floor, faces: k.Faces, phi: Floats, order: Ints, mixing: float, blown: Floats, drawn: Floats,
    coolers: k.Coolers, rising: k.Streams, watch: Ints, share: Floats,
) -> Floats:  # fmt: skip
    """Share of the air at every cell that reaches a unit before a rack draws it in; NaN when that did not settle. `share`
    is the framed field to start from and to leave behind.
    """
    nx, cells = floor.nx, phi.size
    stencil = _stencil(cells)
    k.fill_stencil(nx, floor.ny, order[::-1].copy(), faces, phi, mixing, blown, drawn, True, stencil)
    ends = faces.plenum_ratio * np.maximum(phi, 0.0)
    from_room = coolers.flow_m3_per_s * (1.0 - coolers.risen_frac)
    k.add_flow(coolers.in_start, coolers.in_cell, from_room, 1.0, ends)
    k.add_flow(rising.in_start, rising.in_cell, rising.flow_m3_per_s, 1.0, ends)
    nothing = np.zeros(1, np.int64)
    none = k.Streams(nothing, nothing[:0], nothing, nothing[:0], *(np.empty(0) for _ in range(4)))
    inner = np.arange(cells) + 2 * (np.arange(cells) // nx) + nx + 3
    used = k.solve_share(nx, stencil, ends, none, inner[watch], SHARE_TOLERANCE_FRAC, SWEEPS, share)
    return share[inner] if used < SWEEPS else np.full(cells, np.nan)


def _stencil(cells: int) -> k.Stencil:
    return k.Stencil(np.empty(cells, np.int64), np.empty(cells, np.int64), np.empty(4 * cells), np.empty(cells))


def _framed(bodies: Breathing, inner: Ints) -> Breathing:
    """The same bodies with their cells numbered in a field that has a frame."""
    return bodies._replace(in_cell=inner[bodies.in_cell], out_cell=inner[bodies.out_cell])


def _tell_racks(
    floor: Floor, bodies: Ints, streams: k.Streams, temperature: Floats, share: Floats, supply_c: float,
    return_c: float, layered_frac: float, found: dict[str, Floats],
) -> None:  # fmt: skip
    """Inlet, recirculation and capture of the racks that draw air; in two layers also what their upper halves draw in."""
    own = np.flatnonzero(bodies < floor.racks.size)
    rows = floor.racks[bodies[own]]
    inlet = _means(streams.in_start, streams.in_cell, temperature)[own]
    found["inlet"][rows] = inlet
    if not math.isclose(return_c, supply_c):
        found["recirculation"][rows] = (inlet - supply_c) / (return_c - supply_c)
    found["capture"][rows] = _means(streams.out_start, streams.out_cell, share)[own]
    found["flow"][rows] = streams.flow_m3_per_s[own]
    if layered_frac > 0.0:
        found["top"][rows] = [k.upper_layer(each, supply_c, return_c, layered_frac) for each in inlet.tolist()]


def _means(start: Ints, cell: Ints, values: Floats) -> Floats:
    """Mean of a field over the cells of each body; every body here has at least one."""
    sums = np.add.reduceat(values[cell], start[:-1]) if cell.size else np.empty(0)
    return np.asarray(sums / np.diff(start))


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
