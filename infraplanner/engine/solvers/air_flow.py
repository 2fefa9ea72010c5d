"""Potential flow over a hall's floor: one sparse factorisation a geometry, one back-substitution a change of flows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from infraplanner.kernels.airfield import Faces

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class FlowSolver:
    """Factors `sum of g (phi_c - phi_n) + k phi_c = q` once; `solve` then answers for any sources q.

    A part of the floor that reaches no plenum has no level of its own: one of its cells is pinned to zero, which takes
    nothing away as long as what flows in there flows out again. The mass residual shows when it does not.
    """

    def __init__(self, nx: int, ny: int, faces: Faces) -> None:
        cells = nx * ny
        number = np.arange(cells)
        east = number[faces.east_ratio > 0.0]
        north = number[faces.north_ratio > 0.0]
        a = np.concatenate([east, north])
        b = np.concatenate([east + 1, north + nx])
        g = np.concatenate([faces.east_ratio[east], faces.north_ratio[north]])
        own = np.bincount(a, g, cells) + np.bincount(b, g, cells) + faces.plenum_ratio
        own += self._pins(cells, a, b, g, faces.plenum_ratio)
        matrix = csc_matrix(
            coo_matrix(
                (np.concatenate([own, -g, -g]), (np.concatenate([number, a, b]), np.concatenate([number, b, a]))),
                shape=(cells, cells),
            )
        )
        self._factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})

    @staticmethod
    def _pins(cells: int, a: Ints, b: Ints, g: Floats, plenum_ratio: Floats) -> Floats:
        """One pinned cell for each connected part of the floor without a way into the plenum."""
        graph = coo_matrix((g, (a, b)), shape=(cells, cells))
        count, part = connected_components(graph, directed=False)
        open_above = np.bincount(part, plenum_ratio, count)
        _, first = np.unique(part, return_index=True)
        pins: Floats = np.zeros(cells)
        pins[first[open_above <= 0.0]] = 1.0
        return pins

    def solve(self, source_m3_per_s: Floats) -> Floats:
        """The potential [m3/s] for these sources."""
        phi: Floats = self._factors.solve(source_m3_per_s)
        return phi
