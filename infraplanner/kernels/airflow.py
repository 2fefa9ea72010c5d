"""Flow over a hall's floor: the factored equations in half their memory, and the order in which air passes the cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import inlined, kernel
from .airfield import Faces
from .arrays import Floats, Ints

Rows = NDArray[np.int32]
Halves = NDArray[np.float32]


@kernel
def solve_factored(
    start: Ints, row: Rows, lower_ratio: Halves, pivot_ratio: Floats, order: Ints, known: Floats
) -> Floats:
    """x of `L D L^T x = known`, with the unit lower triangle L by columns in single precision.

    `order[c]` is where unknown c stands in the factors. Good to about 1e-7 of the largest value: a second solve for
    what is left over reaches rounding.
    """
    size = pivot_ratio.size
    x = np.empty(size)
    for c in range(size):
        x[order[c]] = known[c]
    for j in range(size):
        value = x[j]
        if value != 0.0:
            for i in range(start[j], start[j + 1]):
                x[row[i]] -= lower_ratio[i] * value
        x[j] = value / pivot_ratio[j]
    for j in range(size - 1, -1, -1):
        value = x[j]
        for i in range(start[j], start[j + 1]):
            value -= lower_ratio[i] * x[row[i]]
        x[j] = value
    out = np.empty(size)
    for c in range(size):
        out[c] = x[order[c]]
    return out


@kernel
def left_over(nx: int, ny: int, faces: Faces, pinned: Ints, phi_m3_per_s: Floats, source_m3_per_s: Floats) -> Floats:
    """What the flow through its faces leaves of every cell's source [m3/s]; pinned cells have a unit way out of their
    own.
    """
    out = source_m3_per_s - faces.plenum_ratio * phi_m3_per_s
    for c in pinned:
        out[c] -= phi_m3_per_s[c]
    for iy in range(ny):
        for ix in range(nx):
            c = iy * nx + ix
            if ix + 1 < nx:
                flow = faces.east_ratio[c] * (phi_m3_per_s[c] - phi_m3_per_s[c + 1])
                out[c] -= flow
                out[c + 1] += flow
            if iy + 1 < ny:
                flow = faces.north_ratio[c] * (phi_m3_per_s[c] - phi_m3_per_s[c + nx])
                out[c] -= flow
                out[c + nx] += flow
    return out


@inlined
def _neighbour(nx: int, ny: int, faces: Faces, c: int, way: int) -> int:
    """The cell behind the open face towards -x, +x, -y or +y (`way` 0 to 3); -1 where that is closed."""
    ix, iy = c % nx, c // nx
    near = -1
    if way == 0:
        if ix > 0 and faces.east_ratio[c - 1] > 0.0:
            near = c - 1
    elif way == 1:
        if ix + 1 < nx and faces.east_ratio[c] > 0.0:
            near = c + 1
    elif way == 2:
        if iy > 0 and faces.north_ratio[c - nx] > 0.0:
            near = c - nx
    elif iy + 1 < ny and faces.north_ratio[c] > 0.0:
        near = c + nx
    return near


@kernel
def downhill_order(nx: int, ny: int, faces: Faces, phi_m3_per_s: Floats, order: Ints) -> int:
    """Cells in an order in which air never flows from a later one to an earlier one; returns how many (all).

    Level by level: cells without inflow, then those that only they flow into, and so on. Neighbours in the order then
    rarely need each other, so that a pass over them waits for memory half as long as in the order of the potential.
    """
    cells = phi_m3_per_s.size
    waits = np.zeros(cells, np.int64)
    count = 0
    for c in range(cells):
        for way in range(4):
            near = _neighbour(nx, ny, faces, c, way)
            if near >= 0 and phi_m3_per_s[near] > phi_m3_per_s[c]:
                waits[c] += 1
        if waits[c] == 0:
            order[count] = c
            count += 1
    done = 0
    while done < count:
        c = order[done]
        done += 1
        for way in range(4):
            near = _neighbour(nx, ny, faces, c, way)
            if near >= 0 and phi_m3_per_s[c] > phi_m3_per_s[near]:
                waits[near] -= 1
                if waits[near] == 0:
                    order[count] = near
                    count += 1
    return count
