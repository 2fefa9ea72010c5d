"""Colour maps for data: Crameri's perceptual maps as 256-row tables."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from infraplanner.places import resources_dir

_LAYOUT = {
    ("power", True): ("batlow", 0, 256, False),
    ("power", False): ("batlow", 0, 256, False),
    ("link_load", True): ("batlow", 0, 256, False),
    ("link_load", False): ("batlow", 0, 256, False),
    ("tokens", True): ("batlow", 0, 256, False),
    ("tokens", False): ("batlow", 0, 256, False),
    ("cost", True): ("batlow", 0, 256, False),
    ("cost", False): ("batlow", 0, 256, False),
    ("heat_flux", True): ("lipari", 0, 256, False),
    ("heat_flux", False): ("lajolla", 51, 256, True),
    ("temperature", True): ("lipari", 0, 256, False),
    ("temperature", False): ("vik", 26, 230, False),
}


@lru_cache(maxsize=16)
def table(name: str) -> NDArray[np.uint8]:
    """One map as (256, 3) of sRGB bytes."""
    return np.loadtxt(resources_dir() / "maps" / f"{name}.csv", dtype=np.uint8)


@lru_cache(maxsize=16)
def overlay_map(overlay: str, dark: bool) -> NDArray[np.uint8]:
    """The (256, 3) map of an overlay in a theme, as the design tokens' `maps` say."""
    name, first, last, backwards = _LAYOUT[(overlay, dark)]
    rows = table(name)
    rows = rows[::-1] if backwards else rows
    picked = np.linspace(first, last - 1, 256) if not backwards else np.linspace(0, last - first - 1, 256)
    return rows[picked.round().astype(int)]


def colours(values: NDArray[np.float64], low: float, high: float, rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours of values between `low` and `high` (clipped), shape (n, 3); NaN gets mid grey, because unknown is not low."""
    span = high - low if high > low else 1.0
    index = np.nan_to_num(np.clip((values - low) / span, 0, 1), nan=0.0)
    out = rows[(index * 255).astype(int)].copy()
    out[np.isnan(values)] = 128
    return out
