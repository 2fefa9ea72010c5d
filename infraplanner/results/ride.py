"""What happens when cooling stops, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Backing:
    """What pumps or fans do when the grid fails, by what feeds them in the plan: all `ride` through on a UPS, a battery or a
    source that already runs, a `part` does, they `stop`, or it is `unknown` because no feed is drawn. Of those that stop,
    `back_s`: the start of a generator and the restart of cooling [s]; None where none stops, or none comes back.
    """

    state: Literal["ride", "part", "stop", "unknown"]
    riding: int
    units: int
    back_s: float | None


@dataclass(frozen=True, slots=True)
class RideRow:
    """Time from the loss of cooling until machines throttle and until they trip [s]; None: not within the horizon.

    `air`: fans of the hall stop; `loop`: facility water stops while technology pumps run on; `chip`: those stop too.
    `backing` is of those fans or pumps. `holds`: this is what the plan does when its grid fails (None: not known, or in part).
    `spared`: what stops is back before machines throttle.
    """

    kind: Literal["air", "loop", "chip"]
    where: str
    heat_w: float
    throttle_s: float | None
    trip_s: float | None
    note: str
    backing: Backing | None = None
    holds: bool | None = None
    spared: bool | None = None
