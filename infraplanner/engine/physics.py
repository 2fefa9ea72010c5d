"""The closed-form kernels by name, for callers outside the engine. Importing this module loads Numba."""

from __future__ import annotations

from infraplanner.kernels import (
    conductors,
    cooling,
    economics,
    exchange,
    hydraulics,
    power,
    reliability,
    supplies,
    transients,
)

__all__ = [
    "conductors",
    "cooling",
    "economics",
    "exchange",
    "hydraulics",
    "power",
    "reliability",
    "supplies",
    "transients",
]
