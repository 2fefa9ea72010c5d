"""Chips by rack, as data: the hottest accelerator of each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class ChipResult:
    """One row a rack, NaN without a chip whose power and cooling are known. `sink` is case to inlet."""

    rack_case_c: Floats = field(default_factory=_none)
    rack_junction_c: Floats = field(default_factory=_none)
    rack_clock_frac: Floats = field(default_factory=_none)
    rack_chip_inlet_c: Floats = field(default_factory=_none)
    rack_chip_w: Floats = field(default_factory=_none)
    rack_plate_flow_l_per_min: Floats = field(default_factory=_none)
    rack_sink_k_per_w: Floats = field(default_factory=_none)
    rack_most_w: Floats = field(default_factory=_none)
    """The most heat that one chip can give away, by critical heat flux or by its modules; infinite without such a limit."""
    case_limit_c: float | None = None
    throttled: tuple[str, ...] = ()
    """Racks whose chips lower their clock to hold the limit."""
    too_hot: tuple[str, ...] = ()
    """Racks too hot even at the lowest clock."""
    runaway: tuple[str, ...] = ()
    """Racks whose chips find no balance: leakage grows faster than their cooling."""
    held: tuple[str, ...] = ()
    """Racks whose chips are slowed to what boils away on them or what their modules carry."""
    dry: tuple[str, ...] = ()
    """Racks whose chips give off more than that even at the lowest clock."""
