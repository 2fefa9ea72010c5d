"""Flow over a hall's floor: the factored equations in half their memory, and the order in which air passes the cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._jit import kernel
from .airfield import Faces
from .arrays import Floats, Ints

Rows = NDArray[np.int32]
Halves = NDArray[np.float32]


@kernel
def solve_factored(
    start: Ints, row: Rows, lower_ratio: Halves, pivot_ratio: Floats, order: Ints, right: Floats
) -> Floats:
    """x of `L D L^T x = right`, with the unit lower triangle L by columns in single precision.

    `order[c]` is where unknown c stands in the factors. Good to about 1e-7 of the largest value: a second solve for
    what is left over reaches rounding.
    """
    size = pivot_ratio.size
    x = np.empty(size)
    for c in range(size):
        x[order[c]] = right[c]
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
def take_triangle(
    lower_start: Rows, lower_row: Rows, lower_ratio: Floats, upper_start: Rows, upper_row: Rows, upper_ratio: Floats, start: Ints,
    row: Rows, ratio: Halves, pivot_ratio: Floats,
) -> None:  # fmt: skip
    """The lower triangle by columns without its unit diagonal, in single precision, and the upper one's diagonal.

    `start[j]` is where column j begins in what is written. Both are given by columns, in any order of their rows.
    """
    for j in range(pivot_ratio.size):
        place = start[j]
        for i in range(lower_start[j], lower_start[j + 1]):
            if lower_row[i] != j:
                row[place] = lower_row[i]
                ratio[place] = lower_ratio[i]
                place += 1
        for i in range(upper_start[j + 1] - 1, upper_start[j] - 1, -1):  # it mostly comes last
            if upper_row[i] == j:
                pivot_ratio[j] = upper_ratio[i]
                break


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


@kernel
def downhill_order(nx: int, faces: Faces, phi_m3_per_s: Floats, order: Ints) -> int:
    """Cells in an order in which air never flows from a later one to an earlier one; returns how many (all).

    Level by level: cells without inflow, then those that only they flow into, and so on. Neighbours in the order then
    rarely need each other, so that a pass over them waits for memory half as long as in the order of the potential. The
    face at the right end of a row is closed, as `fill_faces` leaves it.
    """
    cells = phi_m3_per_s.size
    waits = np.zeros(cells, np.int64)
    for side in range(2):
        ratio, step = (faces.east_ratio, 1) if side == 0 else (faces.north_ratio, nx)
        for c in range(cells - step):
            if ratio[c] > 0.0:
                fall = phi_m3_per_s[c] - phi_m3_per_s[c + step]
                if fall > 0.0:
                    waits[c + step] += 1
                elif fall < 0.0:
                    waits[c] += 1
    order[:] = 0
    count = 0
    for c in range(cells):
        if waits[c] == 0:
            order[count] = c
            count += 1
    done = 0
    while done < count:
        c = order[done]
        done += 1
        own = phi_m3_per_s[c]
        for way in range(4):
            near = c + (1 if way == 0 else -1 if way == 1 else nx if way == 2 else -nx)
            if near < 0 or near >= cells or not own > phi_m3_per_s[near]:
                continue
            if (faces.east_ratio[min(c, near)] if way < 2 else faces.north_ratio[min(c, near)]) > 0.0:
                waits[near] -= 1
                if waits[near] == 0:
                    order[count] = near
                    count += 1
    return count
