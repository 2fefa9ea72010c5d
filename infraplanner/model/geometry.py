"""Plan geometry in integer millimetres: footprints, bounds, overlap. Pure Python; the array side lives in `compile`."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rect:
    """An axis-parallel rectangle by its edges, mm."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Rect, slack_mm: float = 0.0) -> bool:
        """True when the interiors meet by more than `slack_mm` in both directions."""
        return (
            self.left + slack_mm < other.right
            and other.left + slack_mm < self.right
            and self.bottom + slack_mm < other.top
            and other.bottom + slack_mm < self.top
        )

    def contains(self, other: Rect) -> bool:
        """True when `other` lies inside or on the edge."""
        return (
            self.left <= other.left
            and self.bottom <= other.bottom
            and self.right >= other.right
            and self.top >= other.top
        )


def footprint_bounds(x_mm: float, y_mm: float, width_mm: float, depth_mm: float, rotation_deg: int) -> Rect:
    """Bounds of a width x depth footprint centred at (x, y) and turned counter-clockwise by `rotation_deg`.

    Exact for multiples of 90 degrees; 600 x 1200 at 90 degrees spans 1200 x 600.
    """
    turn = rotation_deg % 360
    if turn % 180 == 0:
        half_x, half_y = width_mm / 2, depth_mm / 2
    elif turn % 90 == 0:
        half_x, half_y = depth_mm / 2, width_mm / 2
    else:
        cos, sin = abs(math.cos(math.radians(turn))), abs(math.sin(math.radians(turn)))
        half_x = (width_mm * cos + depth_mm * sin) / 2
        half_y = (width_mm * sin + depth_mm * cos) / 2
    return Rect(x_mm - half_x, y_mm - half_y, x_mm + half_x, y_mm + half_y)


def rotate_point(x_mm: int, y_mm: int, centre_x_mm: int, centre_y_mm: int, degrees: int) -> tuple[int, int]:
    """Turn a point counter-clockwise about a centre; exact for multiples of 90 degrees, rounded to 1 mm otherwise."""
    dx, dy = x_mm - centre_x_mm, y_mm - centre_y_mm
    turn = degrees % 360
    if turn % 90 == 0:
        for _ in range(turn // 90):
            dx, dy = -dy, dx
        return centre_x_mm + dx, centre_y_mm + dy
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    return centre_x_mm + round(dx * cos - dy * sin), centre_y_mm + round(dx * sin + dy * cos)
