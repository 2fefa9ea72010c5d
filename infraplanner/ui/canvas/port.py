"""Geometry questions that tools ask the canvas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from infraplanner.model.geometry import Rect

from .paint_marks import frame_of
from .scene import Scene, footprint
from .snapping import Snapped, snap


class Geometry:
    """Mixed into the floor view; needs its `scene`, `camera` and `bridge`."""

    scene: Scene

    def frame_of(self, ids: Sequence[str]) -> tuple[float, float, float, float]:
        """World frame around bodies, mm."""
        index = self.scene.bodies.index
        return frame_of(self.scene.bodies, [index[key] for key in ids if key in index])

    def footprint_of(self, table: str, profile_id: str) -> tuple[float, float]:
        """Width and depth of a profile, mm."""
        return footprint(table, self.bridge.session.catalog.find(profile_id))  # type: ignore[attr-defined]

    def snap_shift(self, ids: Sequence[str], done: tuple[int, int], dx: float, dy: float, reach_px: float) -> Snapped:
        """Snap a shift of bodies that already stand `done` away from where the drag began."""
        bodies = self.scene.bodies
        rows = {bodies.index[key] for key in ids if key in bodies.index}
        left, bottom, right, top = frame_of(bodies, sorted(rows))
        start = (left - done[0], bottom - done[1], right - done[0], top - done[1])
        return snap(bodies, rows, start, dx, dy, reach_px / self.camera.scale)  # type: ignore[attr-defined]

    def snap_box(self, box: tuple[float, float, float, float], reach_px: float = 8) -> tuple[int, int]:
        """Shift that snaps a new box to its neighbours, mm."""
        found = snap(self.scene.bodies, set(), box, 0, 0, reach_px / self.camera.scale)  # type: ignore[attr-defined]
        return found.dx_mm, found.dy_mm

    def clashes(self, box: Rect) -> bool:
        """True when a box overlaps a body."""
        if not self.scene.bodies.ids:
            return False
        edges = self.scene.bodies.bounds()
        hit = (edges[:, 0] < box.right - 1) & (edges[:, 2] > box.left + 1) & (edges[:, 1] < box.top - 1)
        return bool(np.any(hit & (edges[:, 3] > box.bottom + 1)))
