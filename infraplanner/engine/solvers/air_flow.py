"""Potential flow over a hall's floor: one sparse factorisation a geometry, one back-substitution a change of flows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import SuperLU, splu

from infraplanner.kernels.airfield import Faces
from infraplanner.kernels.airflow import left_over, solve_factored, take_triangle

from .allocator import give_back

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LARGE_CELLS = 100_000
"""Halls from here on keep one triangle in single precision, a quarter of the memory, and solve twice: 10,000 racks have
26 million entries in both triangles."""

NARROW = {"relax": 1, "panel_size": 1}
"""Columns of so sparse factors are taken one by one: the same factors as with wide panels in two thirds of the time."""


@dataclass(frozen=True, slots=True)
class Triangle:
    """L and D of `L D L^T`, and where each cell stands in them."""

    start: Ints
    row: NDArray[np.int32]
    lower_ratio: NDArray[np.float32]
    pivot_ratio: Floats
    order: Ints

    def solve(self, known: Floats) -> Floats:
        """The unknowns to about 1e-7 of the largest."""
        return solve_factored(self.start, self.row, self.lower_ratio, self.pivot_ratio, self.order, known)


class FlowSolver:
    """Factors `sum of g (phi_c - phi_n) + k phi_c = q` once; `solve` then answers for any sources q.

    A part of the floor that reaches no plenum has no level of its own: one of its cells is pinned to zero, which takes
    nothing away as long as what flows in there flows out again. The mass residual shows when it does not.
    """

    def __init__(self, nx: int, ny: int, faces: Faces, up_ratio: Floats | None = None) -> None:
        cells = nx * ny
        number = np.arange(cells)
        east = number[faces.east_ratio > 0.0]
        north = number[faces.north_ratio > 0.0]
        self._up = np.empty(0) if up_ratio is None else up_ratio
        below = np.flatnonzero(self._up > 0.0)
        a = np.concatenate([east, north, below])
        b = np.concatenate([east + 1, north + nx, below + cells // 2])
        g = np.concatenate([faces.east_ratio[east], faces.north_ratio[north], self._up[below]])
        own = np.bincount(a, g, cells) + np.bincount(b, g, cells) + faces.plenum_ratio
        self._shape, self._faces = (nx, ny), faces
        self._pinned = self._pins(cells, a, b, g, faces.plenum_ratio)
        own[self._pinned] += 1.0
        matrix = csc_matrix(
            coo_matrix(
                (np.concatenate([own, -g, -g]), (np.concatenate([number, a, b]), np.concatenate([number, b, a]))),
                shape=(cells, cells),
            )
        )
        factors = splu(
            matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}, **NARROW
        )
        self._factors: SuperLU | Triangle = factors
        if cells >= LARGE_CELLS and np.array_equal(factors.perm_r, factors.perm_c):
            self._factors = _triangle(factors)
            del factors
            give_back()

    @staticmethod
    def _pins(cells: int, a: Ints, b: Ints, g: Floats, plenum_ratio: Floats) -> Ints:
        """One pinned cell for each connected part of the floor without a way into the plenum."""
        graph = coo_matrix((g, (a, b)), shape=(cells, cells))
        count, part = connected_components(graph, directed=False)
        open_above = np.bincount(part, plenum_ratio, count)
        _, first = np.unique(part, return_index=True)
        return np.asarray(first[open_above <= 0.0], dtype=np.int64)

    def solve(self, source_m3_per_s: Floats) -> Floats:
        """The potential [m3/s] for these sources."""
        phi: Floats = self._factors.solve(source_m3_per_s)
        if isinstance(self._factors, Triangle):
            rest = left_over(*self._shape, self._faces, self._pinned, phi, source_m3_per_s)
            half = self._up.size
            upwards = self._up * (phi[:half] - phi[half : 2 * half])
            rest[:half] -= upwards
            rest[half : 2 * half] += upwards
            phi += self._factors.solve(rest)
        return phi


def _triangle(factors: SuperLU) -> Triangle:
    """The lower triangle of symmetric factors without its unit diagonal."""
    upper, lower = factors.U, factors.L
    size = factors.perm_c.size
    start, pivots = lower.indptr.astype(np.int64) - np.arange(size + 1), np.empty(size)
    row, ratio = np.empty(int(start[-1]), np.int32), np.empty(int(start[-1]), np.float32)
    take_triangle(
        lower.indptr, lower.indices, lower.data, upper.indptr, upper.indices, upper.data, start, row, ratio, pivots
    )
    return Triangle(start, row, ratio, pivots, factors.perm_c.astype(np.int64))
