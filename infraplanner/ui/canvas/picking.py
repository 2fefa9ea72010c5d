"""Finding bodies under a point or in a frame; plain vector tests, because 10,000 rows take microseconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .scene import Bodies


def at_point(bodies: Bodies, x_mm: float, y_mm: float, slack_mm: float = 0.0) -> str | None:
    """Id of the smallest body under a world point, or None."""
    if not bodies.ids:
        return None
    half_x, half_y = bodies.half_sizes()
    hit = (np.abs(bodies.x_mm - x_mm) <= half_x + slack_mm) & (np.abs(bodies.y_mm - y_mm) <= half_y + slack_mm)
    rows = np.flatnonzero(hit)
    if not len(rows):
        return None
    return bodies.ids[int(rows[np.argmin((half_x * half_y)[rows])])]


def in_frame(bodies: Bodies, left: float, bottom: float, right: float, top: float, *, touching: bool) -> list[str]:
    """Ids inside a world rectangle, or touched by it."""
    if not bodies.ids:
        return []
    edges = bodies.bounds()
    if touching:
        hit = (edges[:, 0] < right) & (edges[:, 2] > left) & (edges[:, 1] < top) & (edges[:, 3] > bottom)
    else:
        hit = (edges[:, 0] >= left) & (edges[:, 2] <= right) & (edges[:, 1] >= bottom) & (edges[:, 3] <= top)
    return [bodies.ids[row] for row in np.flatnonzero(hit)]


def overlaps(bodies: Bodies, rows: NDArray[np.int64], slack_mm: float = 1.0) -> list[tuple[int, int]]:
    """Pairs (moved row, other row) whose footprints overlap."""
    edges = bodies.bounds()
    pairs = []
    for row in rows:
        left, bottom, right, top = edges[row]
        hit = (
            (edges[:, 0] < right - slack_mm)
            & (edges[:, 2] > left + slack_mm)
            & (edges[:, 1] < top - slack_mm)
            & (edges[:, 3] > bottom + slack_mm)
        )
        hit[row] = False
        pairs += [(int(row), int(other)) for other in np.flatnonzero(hit) if other not in rows]
    return pairs
