"""Two layers of a hall's air as one field of twice the rows: the lower cells first, the upper ones after them.

Each layer flows by itself, continuity joins them through the columns' open tops, and what columns exchange beyond that
are pairs of equal streams up and down, so that mass and heat close whatever the exchange is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.rules import Lookup
from infraplanner.kernels import airfield as k
from infraplanner.kernels.airlayers import add_plumes, exchange_flows
from infraplanner.model.entities import Hall
from infraplanner.units import MM_PER_M

from .solvers.air_flow import FlowSolver

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LOWEST_FRAC, HIGHEST_FRAC = 0.1, 0.6
"""Share of the hall's height that the lower layer may take."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Geometry of both layers: faces and factored flow of 2 x `cells` cells, columns that are open to each other
    (`low`, `column` by cell), and what exchange follows from.
    """

    cells: int
    low_frac: float
    faces: k.Faces
    flow: FlowSolver
    up_ratio: Floats
    low: Ints
    column: Ints
    cell_m: float
    gap_m: float
    rise_m: float
    diffusivity_m2_per_s: float
    entrainment_ratio: float
    exchange_ratio: float

    def rising(self, phi: Floats) -> Floats:
        """Air that flows up each column by continuity [m3/s], down where negative."""
        flow: Floats = (self.up_ratio * (phi[: self.cells] - phi[self.cells :]))[self.low]
        return flow

    def over_height(self, values: Floats) -> Floats:
        """Mean over the height of a field of both layers."""
        mean: Floats = self.low_frac * values[: self.cells] + (1.0 - self.low_frac) * values[self.cells :]
        return mean

    def speeds(self, nx: int, ny: int, phi: Floats, height_m: float) -> Floats:
        """Speed of the air in every cell of both layers [m/s]."""
        x, y = np.empty(phi.size), np.empty(phi.size)
        k.cell_velocity(nx, ny, self.cell_m * height_m, self.faces, phi, x, y)
        speed = np.hypot(x, y)
        speed[: self.cells] /= self.low_frac
        speed[self.cells :] /= 1.0 - self.low_frac
        return speed

    def columns(self, rising_m3_per_s: Floats, exchange_m3_per_s: Floats) -> k.Streams:
        """The columns as streams without a rise: first up, then down."""
        up = np.maximum(rising_m3_per_s, 0.0) + exchange_m3_per_s
        down = np.maximum(-rising_m3_per_s, 0.0) + exchange_m3_per_s
        high = self.low + self.cells
        n = 2 * self.low.size
        start = np.arange(n + 1, dtype=np.int64)
        none = np.zeros(n)
        return k.Streams(
            start, np.concatenate([self.low, high]), start, np.concatenate([high, self.low]),
            np.concatenate([up, down]), none, none, none,
        )  # fmt: skip

    def exchange(self, temperature_c: Floats, speed_m_per_s: Floats, streams: k.Streams) -> Floats:
        """Exchange of every column at a field [m3/s each way]; `streams` are the lower halves of the bodies."""
        out = np.zeros(self.low.size)
        high, area_m2 = self.low + self.cells, self.cell_m**2
        fastest = np.maximum(speed_m_per_s[self.low], speed_m_per_s[high])
        exchange_flows(self.low, high, temperature_c, fastest, area_m2, self.gap_m, self.diffusivity_m2_per_s, out)
        count = np.diff(streams.in_start)
        sums = np.bincount(np.repeat(np.arange(count.size), count), temperature_c[streams.in_cell], count.size)
        hot = sums / count + streams.rise_k
        leaving = hot - np.clip(hot - streams.door_c, 0.0, streams.door_fall_k)
        add_plumes(
            streams.out_start, streams.out_cell, streams.flow_m3_per_s, leaving, self.column, high, temperature_c,
            self.cell_m, self.rise_m, self.entrainment_ratio, out,
        )  # fmt: skip
        return self.exchange_ratio * out


def build_layers(
    hall: Hall,
    nx: int,
    ny: int,
    cell_m: float,
    solid: Ints,
    zone: Ints,
    faces: k.Faces,
    rule: Lookup,
    over_ratio: float,
) -> Layers:
    """Layers of a hall whose faces in one layer are `faces`. Passage over racks (`over_ratio`, in rows that bound no
    contained aisle) belongs to the upper layer; everything else is shared by height.
    """
    height_m = hall.height_mm / MM_PER_M
    low_frac = min(max(rule("thermal.air_layer_height_m") / height_m, LOWEST_FRAC), HIGHEST_FRAC)
    cells = nx * ny
    contained = bool((zone != 0).any())
    seal = rule("thermal.air_containment_leak_ratio")
    parts = []
    for share, over in ((low_frac, 0.0), (1.0 - low_frac, over_ratio / (1.0 - low_frac))):
        leak = np.full(4, over_ratio if contained else over)
        leak[0], leak[3] = 1.0, 0.0
        part = k.Faces(np.zeros(cells), np.zeros(cells), np.zeros(cells))
        k.fill_faces(nx, ny, solid, zone, leak, seal, part)
        parts.append((part.east_ratio * share, part.north_ratio * share))
    both = k.Faces(
        np.concatenate([parts[0][0], parts[1][0]]), np.concatenate([parts[0][1], parts[1][1]]),
        np.concatenate([np.zeros(cells), faces.plenum_ratio]),
    )  # fmt: skip
    gap_m = 0.5 * height_m  # between the middles of the layers, whatever their shares
    up_ratio = np.where(solid == 0, cell_m**2 / (gap_m * height_m), 0.0)
    low = np.flatnonzero(up_ratio > 0.0)
    column = np.full(cells, -1, np.int64)
    column[low] = np.arange(low.size)
    return Layers(
        cells, low_frac, both, FlowSolver(nx, 2 * ny, both, up_ratio), up_ratio, low, column, cell_m, gap_m,
        0.5 * low_frac * height_m, rule("thermal.air_mixing_m2_per_s"), rule("thermal.plume_entrainment_ratio"),
        rule("thermal.air_layer_exchange_ratio"),
    )  # fmt: skip


def _twice(start: Ints, cell: Ints, cells: int) -> tuple[Ints, Ints]:
    """The same ports for both layers, one body after the other: all lower ones, then all upper ones."""
    return np.concatenate([start, start[1:] + start[-1]]), np.concatenate([cell, cell + cells])


def halves(streams: k.Streams, cells: int) -> k.Streams:
    """Every body as a lower and an upper half with half of its flow each; the rise stays."""
    twice = [np.tile(part, 2) for part in streams[4:]]
    twice[0] = 0.5 * twice[0]
    return k.Streams(
        *_twice(streams.in_start, streams.in_cell, cells), *_twice(streams.out_start, streams.out_cell, cells), *twice
    )


def lifted(coolers: k.Coolers, from_tiles: bool, beside: NDArray[np.bool_], cells: int) -> k.Coolers:
    """Air units in two layers: those beside racks and those that blow from their front over both, tiles into the lower
    one; others draw from the upper one.
    """
    intake = _spread(coolers.in_start, coolers.in_cell, np.where(beside, 2, 1), cells)
    count = coolers.flow_m3_per_s.size
    outlet = _spread(coolers.out_start, coolers.out_cell, np.full(count, 0 if from_tiles else 2), cells)
    return coolers._replace(in_start=intake[0], in_cell=intake[1], out_start=outlet[0], out_cell=outlet[1])


def _spread(start: Ints, cell: Ints, layer: Ints, cells: int) -> tuple[Ints, Ints]:
    """Ports in the lower layer (0), the upper one (1) or both (2)."""
    found = []
    for i, where in enumerate(layer.tolist()):
        own = cell[start[i] : start[i + 1]]
        found.append(np.concatenate([own, own + cells]) if where == 2 else own + cells * where)
    begin = np.concatenate([[0], np.cumsum([part.size for part in found])]).astype(np.int64)
    return begin, np.concatenate([np.empty(0, np.int64), *found]).astype(np.int64)


def both_layers(streams: k.Streams, cells: int) -> k.Streams:
    """Bodies that draw from both layers at once (their outlets are of no account: they blow upwards)."""
    start, cell = _spread(streams.in_start, streams.in_cell, np.full(streams.flow_m3_per_s.size, 2), cells)
    return streams._replace(in_start=start, in_cell=cell)


def joined_streams(first: k.Streams, second: k.Streams) -> k.Streams:
    """Two sets of bodies as one."""
    return k.Streams(
        np.concatenate([first.in_start, second.in_start[1:] + first.in_start[-1]]),
        np.concatenate([first.in_cell, second.in_cell]),
        np.concatenate([first.out_start, second.out_start[1:] + first.out_start[-1]]),
        np.concatenate([first.out_cell, second.out_cell]),
        *(np.concatenate(pair) for pair in zip(first[4:], second[4:], strict=True)),
    )


def turned(streams: k.Streams) -> k.Streams:
    """The same streams backwards, for the adjoint field."""
    return streams._replace(
        in_start=streams.out_start, in_cell=streams.out_cell, out_start=streams.in_start, out_cell=streams.in_cell
    )


def after(streams: k.Streams, first: int) -> k.Streams:
    """The bodies from one on."""
    return k.Streams(
        streams.in_start[first:] - streams.in_start[first], streams.in_cell[streams.in_start[first] :],
        streams.out_start[first:] - streams.out_start[first], streams.out_cell[streams.out_start[first] :],
        *(part[first:] for part in streams[4:]),
    )  # fmt: skip


def lower_half(streams: k.Streams) -> k.Streams:
    """The lower halves of bodies that `halves` made."""
    n = streams.flow_m3_per_s.size // 2
    inlet, outlet = streams.in_start[: n + 1], streams.out_start[: n + 1]
    return k.Streams(
        inlet, streams.in_cell[: inlet[-1]], outlet, streams.out_cell[: outlet[-1]], *(part[:n] for part in streams[4:])
    )
