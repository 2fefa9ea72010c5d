"""From millimetres to pixels and back; y is up in the world and down on the screen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

MIN_PX_PER_M = 0.2
MAX_PX_PER_M = 2000.0
HALL, ROW, RACK = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Camera:
    """Centre of view in mm, scale in logical pixels a metre, and the size of the view in pixels."""

    x_mm: float = 0.0
    y_mm: float = 0.0
    px_per_m: float = 40.0
    width: float = 100.0
    height: float = 100.0

    @property
    def scale(self) -> float:
        """Pixels a millimetre."""
        return self.px_per_m / 1000.0

    def to_screen(self, x_mm: float, y_mm: float) -> QPointF:
        """Screen point of a world point."""
        return QPointF(
            self.width / 2 + (x_mm - self.x_mm) * self.scale, self.height / 2 - (y_mm - self.y_mm) * self.scale
        )

    def to_world(self, point: QPointF) -> tuple[float, float]:
        """World point (mm) of a screen point."""
        x_mm = self.x_mm + (point.x() - self.width / 2) / self.scale
        return x_mm, self.y_mm - (point.y() - self.height / 2) / self.scale

    def xs(self, x_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Screen x of world x, for arrays."""
        return self.width / 2 + (x_mm - self.x_mm) * self.scale

    def ys(self, y_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Screen y of world y, for arrays."""
        return self.height / 2 - (y_mm - self.y_mm) * self.scale

    def rect(self, left: float, bottom: float, right: float, top: float) -> QRectF:
        """Screen rectangle of a world rectangle in mm."""
        return QRectF(self.to_screen(left, top), self.to_screen(right, bottom))

    def world_bounds(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) of what is in view, mm."""
        half_x, half_y = self.width / 2 / self.scale, self.height / 2 / self.scale
        return self.x_mm - half_x, self.y_mm - half_y, self.x_mm + half_x, self.y_mm + half_y

    def resized(self, width: float, height: float) -> Camera:
        """The same view in another window size."""
        return replace(self, width=max(1.0, width), height=max(1.0, height))

    def panned(self, dx_px: float, dy_px: float) -> Camera:
        """Shifted so that the paper follows the hand."""
        return replace(self, x_mm=self.x_mm - dx_px / self.scale, y_mm=self.y_mm + dy_px / self.scale)

    def zoomed(self, factor: float, about: QPointF) -> Camera:
        """Zoomed by a factor with the world point under `about` kept in place."""
        before = self.to_world(about)
        limited = min(MAX_PX_PER_M, max(MIN_PX_PER_M, self.px_per_m * factor))
        zoomed = replace(self, px_per_m=limited)
        after = zoomed.to_world(about)
        return replace(zoomed, x_mm=zoomed.x_mm + before[0] - after[0], y_mm=zoomed.y_mm + before[1] - after[1])

    def fitted(self, left: float, bottom: float, right: float, top: float, margin_px: float = 40.0) -> Camera:
        """A view of a world rectangle with a margin."""
        across = max(1.0, self.width - 2 * margin_px) / max(1.0, right - left)
        along = max(1.0, self.height - 2 * margin_px) / max(1.0, top - bottom)
        px_per_m = min(MAX_PX_PER_M, max(MIN_PX_PER_M, 1000.0 * min(across, along)))
        return replace(self, x_mm=(left + right) / 2, y_mm=(bottom + top) / 2, px_per_m=px_per_m)


def detail_level(
    px_per_m: float, before: int, hall_below: float = 35.0, row_below: float = 200.0, slack: float = 0.1
) -> int:
    """Level of detail with hysteresis, so that it does not flicker at a threshold."""
    low = hall_below * (1 + slack if before == HALL else 1 - slack)
    high = row_below * (1 + slack if before <= ROW else 1 - slack)
    if px_per_m < low:
        return HALL
    return ROW if px_per_m < high else RACK
