"""What happens when cooling stops, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RideRow:
    """Time from the loss of cooling until machines throttle and until they trip [s]; None: not within the horizon.

    `air`: fans of the hall stop; `loop`: facility water stops while technology pumps run on; `chip`: those stop too.
    """

    kind: Literal["air", "loop", "chip"]
    where: str
    heat_w: float
    throttle_s: float | None
    trip_s: float | None
    note: str
