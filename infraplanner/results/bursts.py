"""What a burst of the accelerators looks like after each store on its way to the sources, and who rides through what."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _floats() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class BurstLevel:
    """One place on the way up: highest, swing and steepest ramp of the power there, and the largest component between
    0.1 and 20 Hz with its frequency. `stored_j` and `tau_s` are those of the store that stands before it (None: none).
    """

    name: str
    peak_w: float
    swing_w: float
    ramp_w_per_s: float
    band_w: float
    band_hz: float | None
    stored_j: float | None = None
    tau_s: float | None = None
    power_w: Floats = field(default_factory=_floats)


@dataclass(frozen=True, slots=True)
class RideThrough:
    """How long a store carries what hangs on it, and what it has to bridge; `enough` is None when one is unknown."""

    name: str
    lasts_s: float | None
    bridges: str
    needed_s: float | None
    enough: bool | None


@dataclass(frozen=True, slots=True)
class BurstResult:
    """A step from idle to most and then a square wave of `period_s`; of the last settled state while dragging.

    `step_w` is the largest change within a second that reaches the running sources, `step_limit_w` what they take
    (None: grid, or not known).
    """

    step_s: float = 0.0
    period_s: float = 0.0
    levels: tuple[BurstLevel, ...] = ()
    rides: tuple[RideThrough, ...] = ()
    step_w: float | None = None
    step_limit_w: float | None = None
