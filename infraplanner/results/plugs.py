"""Low-power parts, as data: how warm the pluggable ends of links and the memory modules of devices are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PLUGS = frozenset({"acc", "aec", "multimode", "single_mode"})
"""Families of links whose ends are pluggables that draw power; co-packaged optics and mirrors are none."""


@dataclass(frozen=True, slots=True)
class PlugResult:
    """One row a link: the warmer of its plugs, with the modules that sit on them and without; NaN for a link without a
    plug that draws power, or where the air before its racks is unknown. `module_w` is what the modules of that plug
    carry, `rack` the row of the rack it is plugged in (-1 none).
    """

    link_ids: tuple[str, ...] = ()
    case_c: Floats = field(default_factory=lambda: np.empty(0))
    bare_c: Floats = field(default_factory=lambda: np.empty(0))
    plug_w: Floats = field(default_factory=lambda: np.empty(0))
    module_w: Floats = field(default_factory=lambda: np.empty(0))
    rack: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    limit_c: float | None = None


@dataclass(frozen=True, slots=True)
class MemoryResult:
    """One row a device with accelerators, or one that names modules for its memory: case of its memory modules with the
    solid-state modules that sit on them and without; NaN where the air before its rack is unknown. `module_w` is what those
    of one memory module carry.
    """

    device_ids: tuple[str, ...] = ()
    case_c: Floats = field(default_factory=lambda: np.empty(0))
    bare_c: Floats = field(default_factory=lambda: np.empty(0))
    module_w: Floats = field(default_factory=lambda: np.empty(0))
    memory_w: float | None = None
    limit_c: float | None = None
