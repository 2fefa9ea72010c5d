"""What one per cent more of a wall would buy, by pool, and what fills the walls of each rack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes of every pool: output [tokens/s] (P,), d ln(tokens/s) / d ln(capacity) (5, P) in the order of `CAPACITIES`,
    NaN where no model links the two, and whether a pool meets the demand that it is offered (P,).
    """

    tokens_per_s: Floats
    slope: Floats
    met: NDArray[np.bool_]
    grown: Mapping[str, tuple[tuple[float, Slopes], ...]] = field(default_factory=dict)
    """For walls that bind some pool: the slopes after that wall grew by a factor, smallest factor first."""


@dataclass(frozen=True, slots=True)
class Places:
    """What fills each rack's walls: row of the power node, the pool, the cooling unit (-1: the rack itself) and the link;
    -2 where nothing is known. And pairs of rack and pool with the share of the pool's accelerators that stand there.
    """

    row: Mapping[str, Ints]
    rack: Ints
    pool: Ints
    share_frac: Floats
