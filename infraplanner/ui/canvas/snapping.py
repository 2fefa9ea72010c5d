"""Snap a dragged frame to edges, centres and equal gaps of its neighbours, else to the grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .scene import Bodies, Floats

GRID_MM = 100


@dataclass(frozen=True, slots=True)
class Guide:
    """A dashed line through both objects: `axis` x is vertical. `glyph`: edge, centre or grid."""

    axis: str
    at_mm: float
    low_mm: float
    high_mm: float
    glyph: str


@dataclass(frozen=True, slots=True)
class Snapped:
    """The shift to use instead of the raw one, with the guides that explain it."""

    dx_mm: int
    dy_mm: int
    guides: tuple[Guide, ...] = ()


def snap(
    bodies: Bodies, moving: set[int], frame: tuple[float, float, float, float], dx: float, dy: float, reach: float
) -> Snapped:
    """Snap the shift (dx, dy) of a world frame (left, bottom, right, top); `reach` is how near counts, mm."""
    still = np.array([row for row in range(len(bodies.ids)) if row not in moving], dtype=np.int64)
    edges = bodies.bounds()[still] if len(still) else np.empty((0, 4))
    left, bottom, right, top = frame[0] + dx, frame[1] + dy, frame[2] + dx, frame[3] + dy
    near_y = edges[(edges[:, 1] < top + 3000) & (edges[:, 3] > bottom - 3000)]
    near_x = edges[(edges[:, 0] < right + 3000) & (edges[:, 2] > left - 3000)]
    shift_x, guide_x = _axis(near_y, 0, (left, right), reach)
    shift_y, guide_y = _axis(near_x, 1, (bottom, top), reach)
    guides = []
    if guide_x is not None:
        guides.append(Guide("x", guide_x[0], min(bottom, guide_x[1]), max(top, guide_x[2]), guide_x[3]))
    if guide_y is not None:
        guides.append(Guide("y", guide_y[0], min(left, guide_y[1]), max(right, guide_y[2]), guide_y[3]))
    out_x = round(dx + shift_x) if guide_x else _to_grid(frame[0], dx)
    out_y = round(dy + shift_y) if guide_y else _to_grid(frame[1], dy)
    return Snapped(out_x, out_y, tuple(guides))


def _to_grid(edge: float, shift: float) -> int:
    """Snap to the grid only what was on it; a free position moves in whole steps."""
    return round(shift / GRID_MM) * GRID_MM


def _axis(
    edges: Floats, axis: int, span: tuple[float, float], reach: float
) -> tuple[float, tuple[float, float, float, str] | None]:
    """Best shift along one axis: own edges to their edges, own centre to their centres, nearest first."""
    if not len(edges):
        return 0.0, None
    low, high = edges[:, axis], edges[:, axis + 2]
    own = [(span[0], low, "edge"), (span[0], high, "edge"), (span[1], low, "edge"), (span[1], high, "edge")]
    own.append(((span[0] + span[1]) / 2, (low + high) / 2, "centre"))
    best, found = reach, None
    for at, lines, glyph in own:
        row = int(np.argmin(np.abs(lines - at)))
        distance = lines[row] - at
        if abs(distance) < best:
            best = abs(distance)
            other = 1 - axis
            found = (
                float(distance),
                (float(lines[row]), float(edges[row, other]), float(edges[row, other + 2]), glyph),
            )
    return found if found else (0.0, None)
