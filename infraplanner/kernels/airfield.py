"""Air over a hall's floor, averaged over a height: which cells are open, what flows through their faces, how warm.

Cells are numbered row by row, `c = iy nx + ix`. Flow is a potential flow, `F = g (phi_c - phi_n)` through a face of
conductance ratio g (1 open, 0 closed, small where it leaks), so phi has the unit of a flow. Left out: jets, buoyancy
within a layer. Two layers are one field of twice the rows; `airlayers` says what they exchange.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints

PLAIN = 4
"""Passes before mixing begins: one costs half of a mixed one, and the first ones carry supply air through the hall."""
LANES = 16
"""Most cells along one face of a body."""
STEPS = 3
"""How far from its face a body looks for an open cell."""


class Faces(NamedTuple):
    """Conductance of the face towards x+1 and towards y+1, and into the ceiling plenum, one row a cell."""

    east_ratio: Floats
    north_ratio: Floats
    plenum_ratio: Floats


class Streams(NamedTuple):
    """Bodies that air passes through: cells where it enters (`in_start`, `in_cell`) and leaves (`out_start`,
    `out_cell`), in equal shares, its flow, and the rise that its heat gives it. A door behind it cools what leaves
    towards `door_c`, by at most `door_fall_k` (0: no door).
    """

    in_start: Ints
    in_cell: Ints
    out_start: Ints
    out_cell: Ints
    flow_m3_per_s: Floats
    rise_k: Floats
    door_c: Floats
    door_fall_k: Floats


class Coolers(NamedTuple):
    """Air units: cells they draw from (none: the ceiling plenum) and blow into, flow, set point, and what their coil can
    do: its effectiveness between the air and the water at `water_c`. `risen_frac` of what they draw comes along the
    ceiling from bodies that blow upwards.
    """

    in_start: Ints
    in_cell: Ints
    out_start: Ints
    out_cell: Ints
    flow_m3_per_s: Floats
    set_c: Floats
    effect_frac: Floats
    water_c: Floats
    risen_frac: Floats


class Stencil(NamedTuple):
    """One equation a cell, `own T = known + sum of part T_n + air that bodies blow in`.

    Row k belongs to the cell at `at[k]` of a field that has a frame of one cell around the hall, so that no neighbour
    has to be asked whether it exists; `place[c]` is the row of cell c. `part` holds, side by side, the weights of west,
    east, south and north and one over `own`.
    """

    at: Ints
    place: Ints
    part_ratio: Floats
    own_m3_per_s: Floats


class Mixing(NamedTuple):
    """Memory of `_mix`: last differences of changes and of results in rings, their products, the last change and
    result.
    """

    slopes_c: Floats
    rises_c: Floats
    products: Floats
    right: Floats
    step_c: Floats
    last_c: Floats


@kernel
def mixing_memory(size: int, depth: int) -> Mixing:
    """Empty memory for fields of a size."""
    return Mixing(
        np.zeros(depth * size), np.zeros(depth * size), np.zeros(depth * depth), np.zeros(depth), np.zeros(size),
        np.zeros(size),
    )  # fmt: skip


@kernel
def _replace(after_c: Floats, before_c: Floats) -> float:
    """Put one field in the place of another; returns the largest change."""
    worst = 0.0
    for p in range(before_c.size):
        worst = max(worst, abs(after_c[p] - before_c[p]))
        before_c[p] = after_c[p]
    return worst


@kernel
def mark_cells(
    nx: int, ny: int, cell_m: float, x_m: Floats, y_m: Floats, half_x_m: Floats, half_y_m: Floats, value: Ints,
    mark: Ints,
) -> None:  # fmt: skip
    """Write each box's value into the cells whose centre it covers (its left and lower edge included)."""
    for i in range(x_m.size):
        first_x, last_x = _span(x_m[i], half_x_m[i], cell_m, nx)
        first_y, last_y = _span(y_m[i], half_y_m[i], cell_m, ny)
        for iy in range(first_y, last_y):
            for ix in range(first_x, last_x):
                mark[iy * nx + ix] = value[i]


@kernel
def _span(centre_m: float, half_m: float, cell_m: float, count: int) -> tuple[int, int]:
    """First cell whose centre lies in [centre - half, centre + half), and one past the last."""
    if not (half_m > 0.0):
        return 0, 0
    first = int(np.ceil((centre_m - half_m) / cell_m - 0.5 - 1e-9))
    last = int(np.ceil((centre_m + half_m) / cell_m - 0.5 - 1e-9))
    return max(0, first), min(count, last)


@kernel
def face_cells(
    nx: int, ny: int, cell_m: float, x_m: Floats, y_m: Floats, half_x_m: Floats, half_y_m: Floats, turn: Ints,
    owner: Ints, start: Ints, cell: Ints,
) -> int:  # fmt: skip
    """Open cells before one face of every body, in `cell` from `start[i]` to `start[i + 1]`; returns how many.

    `turn`: 0 the face looks to -y, 1 to +x, 2 to +y, 3 to -x. Each lane of the face looks outwards for the first open
    cell (`owner` 0), past cells of the body itself (`owner` its number plus 1) and those it shares with a neighbour, for
    bodies rarely end on a tile's edge and some are narrower than one; a lane that meets something else yields none.
    """
    count = 0
    start[0] = 0
    for i in range(x_m.size):
        dx = 1 if turn[i] == 1 else (-1 if turn[i] == 3 else 0)
        dy = 1 if turn[i] == 2 else (-1 if turn[i] == 0 else 0)
        along_m, half_m, lanes = (y_m[i], half_y_m[i], ny) if dx != 0 else (x_m[i], half_x_m[i], nx)
        first, last = _span(along_m, half_m, cell_m, lanes)
        if last <= first:
            first = min(max(0, int(np.floor(along_m / cell_m))), lanes - 1)
            last = first + 1
        for lane in range(first, min(last, first + LANES)):
            for step in range(STEPS):
                out_m = (0.5 + step) * cell_m
                if dx != 0:
                    ix, iy = int(np.floor((x_m[i] + dx * (half_x_m[i] + out_m)) / cell_m)), lane
                else:
                    ix, iy = lane, int(np.floor((y_m[i] + dy * (half_y_m[i] + out_m)) / cell_m))
                if ix < 0 or iy < 0 or ix >= nx or iy >= ny:
                    break
                if owner[iy * nx + ix] == 0:
                    cell[count] = iy * nx + ix
                    count += 1
                    break
                edge_m = (ix + 0.5 - 0.5 * dx) * cell_m if dx != 0 else (iy + 0.5 - 0.5 * dy) * cell_m
                inside_m = half_x_m[i] + dx * (x_m[i] - edge_m) if dx != 0 else half_y_m[i] + dy * (y_m[i] - edge_m)
                shared = owner[iy * nx + ix] > 0 and inside_m > 1e-9
                if owner[iy * nx + ix] != i + 1 and not shared:
                    break
        start[i + 1] = count
    return count


@kernel
def fill_faces(nx: int, ny: int, solid: Ints, zone: Ints, leak_ratio: Floats, seal_ratio: float, faces: Faces) -> None:
    """Conductance of all faces: 1 between open cells of one zone, `seal_ratio` across the wall of a containment,
    `leak_ratio[solid]` (the smaller of both sides) at a cell that something stands in.
    """
    faces.east_ratio[:] = 0.0
    faces.north_ratio[:] = 0.0
    for iy in range(ny):
        for ix in range(nx):
            c = iy * nx + ix
            if ix + 1 < nx:
                faces.east_ratio[c] = _joint(c, c + 1, solid, zone, leak_ratio, seal_ratio)
            if iy + 1 < ny:
                faces.north_ratio[c] = _joint(c, c + nx, solid, zone, leak_ratio, seal_ratio)


@kernel
def _joint(a: int, b: int, solid: Ints, zone: Ints, leak_ratio: Floats, seal_ratio: float) -> float:
    if solid[a] == 0 and solid[b] == 0:
        return 1.0 if zone[a] == zone[b] else seal_ratio
    return float(min(leak_ratio[solid[a]], leak_ratio[solid[b]]))


@kernel
def add_flow(start: Ints, cell: Ints, flow_m3_per_s: Floats, sign_ratio: float, source_m3_per_s: Floats) -> None:
    """Add each body's flow, spread over its cells and times a sign, to the cells' sources."""
    for i in range(flow_m3_per_s.size):
        n = start[i + 1] - start[i]
        for k in range(start[i], start[i + 1]):
            source_m3_per_s[cell[k]] += sign_ratio * flow_m3_per_s[i] / n


@kernel
def mass_residual(nx: int, ny: int, faces: Faces, phi_m3_per_s: Floats, source_m3_per_s: Floats) -> float:
    """Largest imbalance of a cell over the sum of all sources; 1 when nothing flows in but something should."""
    worst, total = 0.0, 0.0
    for iy in range(ny):
        for ix in range(nx):
            c = iy * nx + ix
            own = phi_m3_per_s[c]
            out = faces.plenum_ratio[c] * own
            if ix + 1 < nx:
                out += faces.east_ratio[c] * (own - phi_m3_per_s[c + 1])
            if ix > 0:
                out += faces.east_ratio[c - 1] * (own - phi_m3_per_s[c - 1])
            if iy + 1 < ny:
                out += faces.north_ratio[c] * (own - phi_m3_per_s[c + nx])
            if iy > 0:
                out += faces.north_ratio[c - nx] * (own - phi_m3_per_s[c - nx])
            worst = max(worst, abs(out - source_m3_per_s[c]))
            total += max(source_m3_per_s[c], 0.0)
    if total > 0.0:
        return float(worst / total)
    return 0.0 if worst == 0.0 else 1.0


@kernel
def fill_stencil(
    nx: int, ny: int, order: Ints, faces: Faces, phi_m3_per_s: Floats, mixing_m3_per_s: float, blown_m3_per_s: Floats,
    drawn_m3_per_s: Floats, backwards: bool, stencil: Stencil,
) -> None:  # fmt: skip
    """Upwind equations of the cells in the given order. Forwards a cell takes the temperature of what flows in;
    `backwards` (the adjoint) it takes the value of where its air goes.

    `mixing_m3_per_s` is the turbulent exchange with a neighbour through an open face (height times diffusivity), less
    where the face leaks. `blown`, `drawn`: what bodies and units blow into or draw from a cell. A cell without any
    exchange gets the value 0.
    """
    sign = -1.0 if backwards else 1.0
    for k in range(order.size):
        c = order[k]
        iy, ix = c // nx, c % nx
        stencil.place[c] = k
        stencil.at[k] = (iy + 1) * (nx + 2) + ix + 1
        own = phi_m3_per_s[c]
        west = east = south = north = 0.0
        if ix > 0:
            g = faces.east_ratio[c - 1]
            west = g * (mixing_m3_per_s + max(sign * (phi_m3_per_s[c - 1] - own), 0.0))
        if ix + 1 < nx:
            g = faces.east_ratio[c]
            east = g * (mixing_m3_per_s + max(sign * (phi_m3_per_s[c + 1] - own), 0.0))
        if iy > 0:
            g = faces.north_ratio[c - nx]
            south = g * (mixing_m3_per_s + max(sign * (phi_m3_per_s[c - nx] - own), 0.0))
        if iy + 1 < ny:
            g = faces.north_ratio[c]
            north = g * (mixing_m3_per_s + max(sign * (phi_m3_per_s[c + nx] - own), 0.0))
        ceiling = faces.plenum_ratio[c] * own  # into the plenum, or out of it where the aisle sucks
        ends = drawn_m3_per_s[c] + max(ceiling, 0.0) if backwards else blown_m3_per_s[c] + max(-ceiling, 0.0)
        total = west + east + south + north + ends
        share = 1.0 / total if total > 0.0 else 0.0
        stencil.part_ratio[4 * k] = west * share
        stencil.part_ratio[4 * k + 1] = east * share
        stencil.part_ratio[4 * k + 2] = south * share
        stencil.part_ratio[4 * k + 3] = north * share
        stencil.own_m3_per_s[k] = total


@kernel
def mean_over(start: Ints, cell: Ints, i: int, value_c: Floats) -> float:
    """Mean of a field over the cells of body i; NaN when it has none."""
    first, last = start[i], start[i + 1]
    if last <= first:
        return np.nan
    total = 0.0
    for k in range(first, last):
        total += value_c[cell[k]]
    return float(total / (last - first))


@kernel
def cooler_supply(coolers: Coolers, i: int, return_c: float) -> float:
    """Supply of a unit [degC]: its set point, or as cold as its whole coil makes the air: T - eps (T - T_water).

    Worked: return 40, water 16, effectiveness 2/3 (12 K of air over 6 K approach): 24 degC.
    """
    if np.isnan(return_c):
        return float(coolers.set_c[i])
    return float(max(coolers.set_c[i], return_c - coolers.effect_frac[i] * (return_c - coolers.water_c[i])))


@kernel
def leaving(streams: Streams, s: int, inlet_c: float) -> float:
    """Temperature at which air leaves a body, its door included [degC].

    Worked: in 24, rise 12, door set to 24 with room for 20 K: 24; with room for 5 K: 31.
    """
    hot = inlet_c + streams.rise_k[s]
    return float(hot - min(max(hot - streams.door_c[s], 0.0), streams.door_fall_k[s]))


@kernel
def _sweep(
    nx: int, stencil: Stencil, given_c: Floats, streams: Streams, blow_row: Ints, blow_body: Ints, blow_frac: Floats,
    field_c: Floats,
) -> None:  # fmt: skip
    """One Gauss-Seidel pass in the stencil's order, the streams' passage inside it. `given_c` is what is blown in, in
    the stencil's order and already divided by the cell's exchange; `blow_row` rises; `blow_frac` is a body's part of
    that exchange.
    """
    part, at = stencil.part_ratio, stencil.at
    wide = nx + 2
    next_blow = 0
    for k in range(at.size):
        p = at[k]
        value = (
            given_c[k]
            + part[4 * k] * field_c[p - 1]
            + part[4 * k + 1] * field_c[p + 1]
            + part[4 * k + 2] * field_c[p - wide]
            + part[4 * k + 3] * field_c[p + wide]
        )
        while next_blow < blow_row.size and blow_row[next_blow] == k:
            s = blow_body[next_blow]
            inlet = mean_over(streams.in_start, streams.in_cell, s, field_c)
            value += blow_frac[next_blow] * leaving(streams, s, inlet)
            next_blow += 1
        field_c[p] = value


@kernel
def _solve_small(matrix: Floats, right: Floats, weight: Floats) -> bool:
    """Gauss's elimination without pivoting (the matrix is symmetric and positive); False when it is singular."""
    count = right.size
    for i in range(count):
        pivot = matrix[i, i]
        if not pivot > 0.0:
            return False
        for r in range(i + 1, count):
            factor = matrix[r, i] / pivot
            for j in range(i, count):
                matrix[r, j] -= factor * matrix[i, j]
            right[r] -= factor * right[i]
    for i in range(count - 1, -1, -1):
        total = right[i]
        for j in range(i + 1, count):
            total -= matrix[i, j] * weight[j]
        weight[i] = total / matrix[i, i]
    return True


@kernel
def _product(a: Floats, b: Floats) -> float:
    """Scalar product in four sums side by side: one running sum would wait for itself at every term."""
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    n = a.size - a.size % 4
    for p in range(0, n, 4):
        s0 += a[p] * b[p]
        s1 += a[p + 1] * b[p + 1]
        s2 += a[p + 2] * b[p + 2]
        s3 += a[p + 3] * b[p + 3]
    for p in range(n, a.size):
        s0 += a[p] * b[p]
    return s0 + s1 + s2 + s3


@kernel
def _mix(depth: int, done: int, after_c: Floats, state: Mixing, before_c: Floats) -> float:
    """Anderson's mixing: from the last passes' results and changes, the point whose change should be least, into
    `before_c`; returns the largest change of this pass [K].

    `after_c` is this pass's result from `before_c`. Keeps the last `depth` differences of results and of changes with
    the products of the latter, and solves the small least-squares problem with a trace of damping.
    """
    size = before_c.size
    row = (done - 1) % depth
    slope, rise = state.slopes_c[row * size : (row + 1) * size], state.rises_c[row * size : (row + 1) * size]
    worst = 0.0
    for p in range(size):
        step = after_c[p] - before_c[p]
        worst = max(worst, abs(step))
        slope[p] = step - state.step_c[p]
        rise[p] = after_c[p] - state.last_c[p]
        state.step_c[p] = step
        state.last_c[p] = after_c[p]
    count = min(done, depth)
    before_c[:] = after_c
    if count == 0:
        return worst
    for i in range(count):
        other = state.slopes_c[i * size : (i + 1) * size]
        product = _product(slope, other)
        state.products[row * depth + i] = product
        state.products[i * depth + row] = product
        state.right[i] = _product(other, state.step_c)
    matrix, right, weight = np.zeros((count, count)), np.zeros(count), np.zeros(count)
    for i in range(count):
        right[i] = state.right[i]
        for j in range(count):
            matrix[i, j] = state.products[i * depth + j]
        matrix[i, i] *= 1.0 + 1e-10
    if _solve_small(matrix, right, weight):
        for i in range(count):
            w = weight[i]
            if w != 0.0:
                part = state.rises_c[i * size : (i + 1) * size]
                for p in range(size):
                    before_c[p] -= w * part[p]
    return worst


@kernel
def _blow_parts(stencil: Stencil, streams: Streams, blow_row: Ints, blow_body: Ints) -> Floats:
    """Part of a cell's exchange that each stream blows into it."""
    out = np.empty(blow_row.size)
    for j in range(blow_row.size):
        s = blow_body[j]
        share = streams.flow_m3_per_s[s] / (streams.out_start[s + 1] - streams.out_start[s])
        own = stencil.own_m3_per_s[blow_row[j]]
        out[j] = share / own if own > 0.0 else 0.0
    return out


@kernel
def solve_temperature(
    nx: int, faces: Faces, phi_m3_per_s: Floats, inner: Ints, stencil: Stencil, streams: Streams, blow_row: Ints,
    blow_body: Ints, rising: Streams, coolers: Coolers, start_c: float, highest_c: float, tolerance_k: float,
    sweeps: int, depth: int, supply_c: Floats, return_c: Floats, field_c: Floats,
) -> tuple[int, int, float]:  # fmt: skip
    """Temperature of all cells; returns state, sweeps and the last change [K].

    States: 0 settled, 1 sweeps used up, 2 it grows without bound (more heat than the units take away). `field_c` holds
    what to start from: one temperature for an answer that depends on nothing computed before, a field of nearly the
    same hall for a quick one. `start_c` stands for air where none flows. The stencil runs down the potential:
    along it upwind transport is exact in one pass; mixing and recirculation need more, and Anderson's mixing of the
    last `depth` passes gathers them. `inner[c]` is where cell c lies in the framed field, as do all cells of streams,
    coolers, and `rising` bodies, whose warm air goes up and back to the units.
    """
    size = field_c.size
    state = mixing_memory(size - field_c.size, depth)  # none yet; an integer and no literal, for one signature
    after, given = np.empty(size), np.zeros(stencil.at.size)
    roof = np.flatnonzero(faces.plenum_ratio > 0.0)
    blow_frac = _blow_parts(stencil, streams, blow_row, blow_body)
    out_row = np.empty(coolers.out_cell.size, np.int64)
    for j in range(out_row.size):
        p = coolers.out_cell[j]
        out_row[j] = stencil.place[(p // (nx + 2) - 1) * nx + p % (nx + 2) - 1]
    change = np.inf
    for done in range(sweeps):
        _give(
            faces, phi_m3_per_s, stencil, rising, coolers, inner, roof, out_row, start_c, supply_c, return_c, given,
            field_c,
        )  # fmt: skip
        after[:] = field_c
        _sweep(nx, stencil, given, streams, blow_row, blow_body, blow_frac, after)
        if done < PLAIN:
            change = _replace(after, field_c)
        else:
            if done == PLAIN:
                state = mixing_memory(size, depth)
            change = _mix(depth, done - PLAIN, after, state, field_c)
        if done % 8 == 7 and after.max() > highest_c:
            return 2, done + 1, change
        if change <= tolerance_k:
            field_c[:] = after
            _give(
                faces, phi_m3_per_s, stencil, rising, coolers, inner, roof, out_row, start_c, supply_c, return_c, given,
                field_c,
            )  # fmt: skip
            return 2 if after.max() > highest_c else 0, done + 1, change
    return 1, sweeps, change


@kernel
def _plenum_mix(
    faces: Faces, phi_m3_per_s: Floats, roof: Ints, inner: Ints, field_c: Floats, otherwise_c: float
) -> float:
    """Temperature of the ceiling plenum [degC]: that of the air that rises into it (from the cells `roof`), mixed."""
    flow, heat = 0.0, 0.0
    for c in roof:
        up = faces.plenum_ratio[c] * phi_m3_per_s[c]
        if up > 0.0:
            flow += up
            heat += up * field_c[inner[c]]
    return heat / flow if flow > 0.0 else otherwise_c


@kernel
def _give(
    faces: Faces, phi_m3_per_s: Floats, stencil: Stencil, rising: Streams, coolers: Coolers, inner: Ints, roof: Ints,
    out_row: Ints, start_c: float, supply_c: Floats, return_c: Floats, given_c: Floats, field_c: Floats,
) -> None:  # fmt: skip
    """What units blow into the cells, at the supply temperature that the present field lets them make."""
    given_c[:] = 0.0
    plenum_c = _plenum_mix(faces, phi_m3_per_s, roof, inner, field_c, start_c)
    flow, heat = 0.0, 0.0
    for s in range(rising.flow_m3_per_s.size):
        flow += rising.flow_m3_per_s[s]
        heat += rising.flow_m3_per_s[s] * (mean_over(rising.in_start, rising.in_cell, s, field_c) + rising.rise_k[s])
    risen_c = heat / flow if flow > 0.0 else start_c
    for i in range(coolers.flow_m3_per_s.size):
        inlet = mean_over(coolers.in_start, coolers.in_cell, i, field_c)
        inlet = plenum_c if np.isnan(inlet) else inlet
        return_c[i] = inlet + coolers.risen_frac[i] * (risen_c - inlet)
        supply_c[i] = cooler_supply(coolers, i, return_c[i])
        n = coolers.out_start[i + 1] - coolers.out_start[i]
        for j in range(coolers.out_start[i], coolers.out_start[i + 1]):
            k = out_row[j]
            given_c[k] += coolers.flow_m3_per_s[i] / n * supply_c[i] / stencil.own_m3_per_s[k]
    for c in roof:
        down = -faces.plenum_ratio[c] * phi_m3_per_s[c]
        if down > 0.0:
            k = stencil.place[c]
            given_c[k] += down * plenum_c / stencil.own_m3_per_s[k]


@kernel
def solve_share(
    nx: int, stencil: Stencil, ends_m3_per_s: Floats, streams: Streams, blow_row: Ints, blow_body: Ints, watch: Ints,
    tolerance_frac: float, sweeps: int, share_frac: Floats,
) -> int:  # fmt: skip
    """The adjoint field: of the air at each cell, which share ends at a unit (`ends`, by cell); returns sweeps used
    (the limit means: not settled). `streams` are what air passes on its way, turned round: columns between two layers,
    and no racks, for what a rack draws in ends there. `share_frac` is framed;
    it has settled when the cells of `watch` have, for still corners take long and are of no account. It holds what to
    start from, zeros or the shares of nearly the same hall.
    """
    given = np.zeros(stencil.at.size)
    last = np.zeros(watch.size)
    blow_frac = _blow_parts(stencil, streams, blow_row, blow_body)
    for c in range(ends_m3_per_s.size):
        k = stencil.place[c]
        given[k] = ends_m3_per_s[c] / stencil.own_m3_per_s[k] if stencil.own_m3_per_s[k] > 0.0 else 0.0
    for done in range(sweeps):
        _sweep(nx, stencil, given, streams, blow_row, blow_body, blow_frac, share_frac)
        change = 0.0
        for j in range(watch.size):
            change = max(change, abs(share_frac[watch[j]] - last[j]))
            last[j] = share_frac[watch[j]]
        if change <= tolerance_frac:
            return done + 1
    return sweeps


@kernel
def rows_of(stencil: Stencil, start: Ints, cell: Ints, row: Ints, body: Ints) -> None:
    """The stencil's row and the body of every cell that bodies blow into, not yet sorted; `cell` is unframed."""
    for i in range(start.size - 1):
        for j in range(start[i], start[i + 1]):
            row[j] = stencil.place[cell[j]]
            body[j] = i


@kernel
def cell_velocity(
    nx: int, ny: int, area_m2: float, faces: Faces, phi_m3_per_s: Floats, x_m_per_s: Floats, y_m_per_s: Floats
) -> None:
    """Velocity at the cells' centres [m/s]: mean of the flows through opposite faces over the face area."""
    for iy in range(ny):
        for ix in range(nx):
            c = iy * nx + ix
            own = phi_m3_per_s[c]
            x = y = 0.0
            if ix + 1 < nx:
                x += faces.east_ratio[c] * (own - phi_m3_per_s[c + 1])
            if ix > 0:
                x += faces.east_ratio[c - 1] * (phi_m3_per_s[c - 1] - own)
            if iy + 1 < ny:
                y += faces.north_ratio[c] * (own - phi_m3_per_s[c + nx])
            if iy > 0:
                y += faces.north_ratio[c - nx] * (phi_m3_per_s[c - nx] - own)
            x_m_per_s[c] = 0.5 * x / area_m2
            y_m_per_s[c] = 0.5 * y / area_m2


@kernel
def close_zone(start: Ints, cell: Ints, turn: Ints, nx: int, wanted: int, zone: Ints) -> None:
    """A cell before a body's face that lies one cell outside the containment belongs to it: bodies and zones rarely
    stand on tile edges.
    """
    for i in range(turn.size):
        step = 1 if turn[i] == 1 else (-1 if turn[i] == 3 else (nx if turn[i] == 2 else -nx))
        for k in range(start[i], start[i + 1]):
            beyond = cell[k] + step
            if 0 <= beyond < zone.size and zone[beyond] >= wanted and zone[cell[k]] < wanted:
                zone[cell[k]] = zone[beyond]
