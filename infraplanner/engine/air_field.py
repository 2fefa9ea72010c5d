"""One hall's air: flow that conserves mass, temperature on it, and what racks and units breathe; in one layer or two."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from infraplanner.kernels import airfield as k
from infraplanner.kernels.airflow import downhill_order
from infraplanner.model.entities import Hall
from infraplanner.results.air import HallAir
from infraplanner.units import KILO

from .air_floor import Floor
from .air_layers import Layers, after, both_layers, halves, joined_streams, lifted, lower_half, turned

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MASS_TOLERANCE_FRAC = 1e-9
"""Above this the flow is no solution, and temperatures on it would be invented."""
RUNAWAY_K = 150.0
TOLERANCE_K = 1e-4
WARM_CELLS = 100_000
"""Floors up to this size keep their last field for a quick answer (8,000 racks in a dense hall: 37,000 cells)."""
SWEEPS = 400
ROUNDS = 60
"""Times that the exchange between two layers is taken anew from their temperatures."""
PLAIN_ROUNDS = 6
"""Rounds before the exchange is taken as the mean of its last value and what follows from the field."""
SHARE_TOLERANCE_FRAC = 1e-4
DEPTH = 3
Breathing = TypeVar("Breathing", k.Streams, k.Coolers)


class Warm:
    """The last temperatures and captured shares of every hall's floor, from which a quick answer starts."""

    def __init__(self) -> None:
        self.fields: dict[str, tuple[Floor, Floats, Floats]] = {}
        self.use = False

    def start(self, hall: str, floor: Floor, rows: int, set_c: float) -> tuple[Floats, Floats]:
        """Framed temperatures and shares of so many rows of cells to begin with."""
        held = self.fields.get(hall)
        if self.use and held is not None and held[0] is floor:
            return held[1].copy(), held[2].copy()
        size = (floor.nx + 2) * (rows + 2)
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
    record: list[tuple[Any, ...]] | None = None
    """Arguments of the temperature kernel of each hall, when a measurement asks for them."""
    tolerance_k: float = TOLERANCE_K
    warm: Warm = field(default_factory=Warm)
    """Fields to start from and to leave behind."""
    brief: bool = False
    """Nobody asks how much of the exhaust is captured."""
    quick: bool = False
    """What is captured stays as in the last field: it follows the flow, which one rack's power hardly moves."""


@dataclass(frozen=True, slots=True)
class Units:
    """Running air units of a hall: their rows, flow, where they draw and blow, whether they draw beside racks; on a
    raised floor they are one.
    """

    rows: Ints
    flow_m3_per_s: Floats
    coolers: k.Coolers
    beside: NDArray[np.bool_]
    merged: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A hall's cells with all that flows between them; two layers are one field of twice the rows."""

    nx: int
    ny: int
    height_m: float
    faces: k.Faces
    phi: Floats
    order: Ints
    mixing_m3_per_s: float
    blown: Floats
    drawn: Floats
    streams: k.Streams
    rising: k.Streams
    coolers: k.Coolers
    inner: Ints

    def joined(self, columns: k.Streams) -> Case:
        """The same with columns between the layers as streams."""
        blown, drawn = self.blown.copy(), self.drawn.copy()
        k.add_flow(columns.out_start, columns.out_cell, columns.flow_m3_per_s, 1.0, blown)
        k.add_flow(columns.in_start, columns.in_cell, columns.flow_m3_per_s, 1.0, drawn)
        return replace(self, streams=joined_streams(self.streams, columns), blown=blown, drawn=drawn)


def hall_field(
    hall: Hall, floor: Floor, air: Air, found: dict[str, Floats], bodies: Ints, heat_w: float,
    streams: k.Streams, rising: k.Streams, units: Units, pause: Callable[[], None],
) -> HallAir:  # fmt: skip
    """The settled field of a hall, or in words why there is none; fills `found` for its racks and units."""
    pause()
    case = _case(hall, floor, air, streams, rising, units)
    streams, coolers, source = case.streams, case.coolers, case.blown - case.drawn
    supply = float(coolers.flow_m3_per_s.sum())
    demand = float(streams.flow_m3_per_s.sum() + rising.flow_m3_per_s.sum())
    residual = _residual(case, source, floor.layers)
    base = HallAir(
        hall.id, "unsettled", demand_m3_per_s=demand, supply_m3_per_s=supply, heat_w=heat_w, mass_residual_frac=residual
    )
    if not residual <= MASS_TOLERANCE_FRAC:
        text = f"The air of hall {hall.id} has no way back to its units: a cell misses {residual:.1e} of the supply."
        return replace(base, state="unbalanced", note=text)
    pause()
    set_c = float(streams.door_c[0]) if streams.door_c.size else float(coolers.set_c[0])
    framed, share = air.warm.start(hall.id, floor, case.ny, set_c)
    sup, back = np.zeros((2, coolers.flow_m3_per_s.size))
    if floor.layers is None:
        state, sweeps, stencil = _temperature(case, air, set_c, sup, back, framed, floor, source)
    else:
        state, sweeps, stencil, case = _both(case, air, set_c, sup, back, framed, floor, floor.layers, source, pause)
    if state != 0:
        text = (
            f"Inlet temperatures of hall {hall.id} grow without bound: its units take away less than "
            f"{heat_w / KILO:.0f} kW."
            if state == 2
            else f"The air field of hall {hall.id} did not settle in {sweeps} passes."
        )
        return replace(base, state="runaway" if state == 2 else "unsettled", note=text, sweeps=sweeps)
    pause()
    temperature = framed[case.inner]
    taken = air.rho_cp_j_per_m3_k * (
        float((coolers.flow_m3_per_s * (back - sup)).sum()) + _by_doors(streams, temperature)
    )
    mean_supply, mean_return = (
        float((coolers.flow_m3_per_s * side).sum() / supply) if supply > 0.0 else set_c for side in (sup, back)
    )
    if air.brief:
        captured = np.full(case.phi.size, np.nan)
    elif air.quick and share.any():
        captured = share[case.inner]
    else:
        captured = _capture(case, streams, share)
    air.warm.keep(hall.id, floor, framed, share)
    _tell_racks(floor, bodies, streams, temperature, captured, mean_supply, mean_return, found)
    found["supply"][units.rows] = sup[0] if units.merged else sup
    found["return"][units.rows] = back[0] if units.merged else back
    found["blown"][units.rows] = units.flow_m3_per_s
    temperature, x_speed, y_speed = _shown(floor, case, stencil, temperature)
    return replace(
        base, state="settled", nx=floor.nx, ny=floor.ny, cell_m=floor.cell_m, temperature_c=_frozen(temperature),
        x_m_per_s=_frozen(x_speed), y_m_per_s=_frozen(y_speed), supply_c=mean_supply, return_c=mean_return,
        heat_residual_frac=taken / heat_w - 1.0, sweeps=sweeps,
    )  # fmt: skip


def _case(hall: Hall, floor: Floor, air: Air, streams: k.Streams, rising: k.Streams, units: Units) -> Case:
    """What flows where in a hall, and the order in which air passes its cells."""
    layers, coolers = floor.layers, units.coolers
    nx, ny, faces = floor.nx, floor.ny, floor.faces
    cells = nx * ny
    if layers is not None:
        ny, faces = 2 * ny, layers.faces
        streams, rising = halves(streams, cells), both_layers(rising, cells)
        coolers = lifted(coolers, floor.tiles.size > 0, units.beside, cells)
        cells *= 2
    blown, drawn = np.zeros((2, cells))
    k.add_flow(streams.out_start, streams.out_cell, streams.flow_m3_per_s, 1.0, blown)
    k.add_flow(coolers.out_start, coolers.out_cell, coolers.flow_m3_per_s, 1.0, blown)
    k.add_flow(streams.in_start, streams.in_cell, streams.flow_m3_per_s, 1.0, drawn)
    k.add_flow(rising.in_start, rising.in_cell, rising.flow_m3_per_s, 1.0, drawn)
    from_room = coolers.flow_m3_per_s * (1.0 - coolers.risen_frac)
    k.add_flow(coolers.in_start, coolers.in_cell, from_room, 1.0, drawn)
    phi = floor.flow.solve(blown - drawn)
    order = np.empty(cells, np.int64)
    if layers is None:
        downhill_order(nx, faces, phi, order)
    else:
        order = np.argsort(-phi, kind="stable")
    number = np.arange(cells)
    height_m = hall.height_mm / KILO
    mixing = air.diffusivity_m2_per_s * height_m
    return Case(
        nx, ny, height_m, faces, phi, order, mixing, blown, drawn, streams, rising, coolers,
        number + 2 * (number // nx) + nx + 3,
    )  # fmt: skip


def _shown(floor: Floor, case: Case, stencil: k.Stencil, temperature: Floats) -> tuple[Floats, Floats, Floats]:
    """Temperature (NaN where something stands or no air moves) and velocity of every place on the floor."""
    cells, layers = floor.nx * floor.ny, floor.layers
    x, y = np.empty(case.phi.size), np.empty(case.phi.size)
    k.cell_velocity(case.nx, case.ny, floor.cell_m * case.height_m, case.faces, case.phi, x, y)
    still = stencil.own_m3_per_s[stencil.place] <= 0.0
    if layers is not None:
        temperature = layers.over_height(temperature)
        x, y = x[:cells] + x[cells:], y[:cells] + y[cells:]
    temperature[(floor.solid != 0) | still[:cells]] = np.nan
    return temperature, x, y


def _residual(case: Case, source: Floats, layers: Layers | None) -> float:
    """Imbalance of the worst cell over all supply; what passes between layers is a source of both."""
    if layers is None:
        return float(k.mass_residual(case.nx, case.ny, case.faces, case.phi, source))
    whole = source.copy()
    rising = layers.rising(case.phi)
    whole[layers.low] -= rising
    whole[layers.low + layers.cells] += rising
    blown = float(np.maximum(source, 0.0).sum())
    worst = float(k.mass_residual(case.nx, case.ny, case.faces, case.phi, whole)) * float(np.maximum(whole, 0.0).sum())
    return worst / blown if blown > 0.0 else float(worst > 0.0)


def _temperature(
    case: Case, air: Air, set_c: float, sup: Floats, back: Floats, framed: Floats, floor: Floor, source: Floats
) -> tuple[int, int, k.Stencil]:
    """Temperatures of a case into `framed`, with what units blow and draw; the kernel's state and sweeps."""
    stencil = _stencil(case.phi.size)
    nx, streams = case.nx, case.streams
    k.fill_stencil(
        nx, case.ny, case.order, case.faces, case.phi, case.mixing_m3_per_s, case.blown, case.drawn, False, stencil
    )
    arguments = (
        nx, case.faces, case.phi, case.inner, stencil, _framed(streams, case.inner), *_blown_rows(stencil, streams),
        _framed(case.rising, case.inner), _framed(case.coolers, case.inner), set_c, set_c + RUNAWAY_K,
        air.tolerance_k, SWEEPS, DEPTH, sup, back, framed,
    )  # fmt: skip
    if air.record is not None:
        air.record.append((floor.flow, source, arguments))
    state, sweeps, _ = k.solve_temperature(*arguments)
    return int(state), int(sweeps), stencil


def _both(
    case: Case, air: Air, set_c: float, sup: Floats, back: Floats, framed: Floats, floor: Floor, layers: Layers,
    source: Floats, pause: Callable[[], None],
) -> tuple[int, int, k.Stencil, Case]:  # fmt: skip
    """Temperatures of two layers: what they exchange follows from them, so both are found in turns.

    The field that counts is the solution for one exchange, so its heat closes; it has settled when the exchange that
    follows from it leaves it where it is.
    """
    rising = layers.rising(case.phi)
    lower = lower_half(case.streams)
    speed = layers.speeds(case.nx, case.ny, case.phi, case.height_m)
    exchange = layers.exchange(framed[case.inner], speed, lower)
    sweeps = 0
    for number in range(ROUNDS):
        pause()
        joined = case.joined(layers.columns(rising, exchange))
        before = framed[case.inner]
        state, used, stencil = _temperature(joined, air, set_c, sup, back, framed, floor, source)
        sweeps += used
        if state != 0:
            break
        field_c = framed[case.inner]
        if number > 0 and float(np.abs(field_c - before).max()) <= air.tolerance_k:
            break
        wanted = layers.exchange(field_c, speed, lower)
        exchange = wanted if number < PLAIN_ROUNDS else 0.5 * (exchange + wanted)
    else:
        state = 1
    return state, sweeps, stencil, joined


def _by_doors(streams: k.Streams, temperature: Floats) -> float:
    """Flow times fall that rear doors take off [m3/s K]."""
    if not streams.door_fall_k.any():
        return 0.0
    hot = means(streams.in_start, streams.in_cell, temperature) + streams.rise_k
    return float((streams.flow_m3_per_s * np.clip(hot - streams.door_c, 0.0, streams.door_fall_k)).sum())


def _frozen(values: Floats) -> Floats:
    values.setflags(write=False)
    return values


def _capture(case: Case, racks: k.Streams, share: Floats) -> Floats:
    """Share of the air at every cell that reaches a unit before a rack draws it in; NaN when that did not settle. `share`
    is the framed field to start from and to leave behind. `racks` are the first of the case's streams, and others the
    columns between layers, which air passes on its way.
    """
    nx, cells, first = case.nx, case.phi.size, racks.flow_m3_per_s.size
    stencil = _stencil(cells)
    k.fill_stencil(
        nx, case.ny, case.order[::-1].copy(), case.faces, case.phi, case.mixing_m3_per_s, case.blown, case.drawn, True,
        stencil,
    )  # fmt: skip
    ends = case.faces.plenum_ratio * np.maximum(case.phi, 0.0)
    from_room = case.coolers.flow_m3_per_s * (1.0 - case.coolers.risen_frac)
    k.add_flow(case.coolers.in_start, case.coolers.in_cell, from_room, 1.0, ends)
    k.add_flow(case.rising.in_start, case.rising.in_cell, case.rising.flow_m3_per_s, 1.0, ends)
    columns = turned(after(case.streams, first))
    watch = case.inner[racks.out_cell]
    used = k.solve_share(
        nx, stencil, ends, _framed(columns, case.inner), *_blown_rows(stencil, columns), watch, SHARE_TOLERANCE_FRAC,
        SWEEPS, share,
    )  # fmt: skip
    return share[case.inner] if used < SWEEPS else np.full(cells, np.nan)


def _blown_rows(stencil: k.Stencil, streams: k.Streams) -> tuple[Ints, Ints]:
    """Rows of the stencil that streams blow into, rising, and which stream does."""
    row, body = np.zeros(streams.out_cell.size, np.int64), np.zeros(streams.out_cell.size, np.int64)
    k.rows_of(stencil, streams.out_start, streams.out_cell, row, body)
    by_row = np.argsort(row, kind="stable")
    return row[by_row], body[by_row]


def _stencil(cells: int) -> k.Stencil:
    return k.Stencil(np.empty(cells, np.int64), np.empty(cells, np.int64), np.empty(4 * cells), np.empty(cells))


def _framed(bodies: Breathing, inner: Ints) -> Breathing:
    """The same bodies with their cells numbered in a field that has a frame."""
    return bodies._replace(in_cell=inner[bodies.in_cell], out_cell=inner[bodies.out_cell])


def _tell_racks(
    floor: Floor, bodies: Ints, streams: k.Streams, temperature: Floats, share: Floats, supply_c: float,
    return_c: float, found: dict[str, Floats],
) -> None:  # fmt: skip
    """Inlet, recirculation and capture of the racks that draw air; in two layers also what their upper halves draw in."""
    own = np.flatnonzero(bodies < floor.racks.size)
    rows = floor.racks[bodies[own]]
    inlet = means(streams.in_start, streams.in_cell, temperature)
    capture = means(streams.out_start, streams.out_cell, share)
    flow = streams.flow_m3_per_s
    if floor.layers is not None:  # lower halves first, upper ones after them, each with half of the flow
        n = bodies.size
        found["top"][rows] = inlet[n:][own]
        inlet, capture, flow = 0.5 * (inlet[:n] + inlet[n:]), 0.5 * (capture[:n] + capture[n:]), flow[:n] + flow[n:]
    found["inlet"][rows] = inlet[own]
    if not math.isclose(return_c, supply_c):
        found["recirculation"][rows] = (inlet[own] - supply_c) / (return_c - supply_c)
    found["capture"][rows] = capture[own]
    found["flow"][rows] = flow[own]


def means(start: Ints, cell: Ints, values: Floats) -> Floats:
    """Mean of a field over the cells of each body; every body here has at least one."""
    sums = np.add.reduceat(values[cell], start[:-1]) if cell.size else np.empty(0)
    return np.asarray(sums / np.diff(start))
