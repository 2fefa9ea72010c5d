"""What one per cent more of a wall would buy, by pool, and what fills the walls of each rack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
    trains: NDArray[np.bool_]
    """Pools whose tokens are trained on. Beside tokens that are served they do not count."""
    grown: Mapping[str, tuple[tuple[float, Slopes], ...]] = field(default_factory=dict)
    """For walls that bind some pool: the slopes after that wall grew by a factor, smallest factor first."""

    def beside(self, other: Slopes) -> Slopes:
        """These pools, and the other's where these make nothing."""
        mine = np.nan_to_num(self.tokens_per_s) > 0.0
        grown = {}
        for wall in {*self.grown, *other.grown}:
            steps = dict(self.grown.get(wall, ())), dict(other.grown.get(wall, ()))
            both = sorted({*steps[0], *steps[1]})
            grown[wall] = tuple((at, steps[0].get(at, self)._with(steps[1].get(at, other), mine)) for at in both)
        return replace(self._with(other, mine), grown=grown)

    def _with(self, other: Slopes, mine: NDArray[np.bool_]) -> Slopes:
        return Slopes(
            np.where(mine, self.tokens_per_s, other.tokens_per_s), np.where(mine, self.slope, other.slope),
            np.where(mine, self.met, other.met), np.where(mine, self.trains, other.trains),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """What fills each rack's walls: row of the power node, the pool, the cooling unit (-1: the rack itself) and the link;
    -2 where nothing is known. And pairs of rack and pool with the share of the pool's accelerators that stand there.
    """

    row: Mapping[str, Ints]
    rack: Ints
    pool: Ints
    share_frac: Floats
