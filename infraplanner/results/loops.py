"""Liquid loops as pipe networks, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class LoopFlow:
    """One technology loop: what its racks want and what its pumps give.

    `speed` is the pump speed at which the worst-placed rack gets what it wants (1: full speed, which may fall short);
    `reach` what that rack gets at full speed over what it wants; `spread` the best- over the worst-placed rack.
    `spare`: with one pump unit less every rack still gets what it wants. `between`: some pipe flows neither laminar
    nor turbulent, where friction is a blend. `parts_kpa`: drop of manifold, hoses and valve of the worst-placed rack at
    the flow it wants. Of a loop that boils: vapour's share of the mass at the exit of its `driest` rack, where it boils,
    and the return header with the velocity of its mixture.
    """

    loop: str
    fluid: str
    racks: int
    pumps: int
    wanted_l_per_min: float
    flow_l_per_min: float | None = None
    speed_frac: float | None = None
    head_kpa: float | None = None
    pump_w: float | None = None
    reach_frac: float | None = None
    spread_frac: float | None = None
    worst: str = ""
    spare: bool | None = None
    between: bool = False
    header_mm: float | None = None
    velocity_m_per_s: float | None = None
    supply_c: float | None = None
    return_c: float | None = None
    reverse: bool = False
    balanced: bool = False
    parts_kpa: float | None = None
    exit_quality_frac: float | None = None
    driest: str = ""
    boils_c: float | None = None
    return_mm: float | None = None
    return_m_per_s: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LoopsResult:
    """All technology loops; per rack what it gets over what it wants (NaN: on none), per unit its operating approach
    from the counterflow law (NaN: no exchanger, or data missing), per rack the vapour's share of the mass that leaves it
    (NaN: its coolant does not boil).
    """

    loops: tuple[LoopFlow, ...] = ()
    rack_reach_frac: Floats = field(default_factory=_none)
    unit_approach_k: Floats = field(default_factory=_none)
    rack_exit_quality_frac: Floats = field(default_factory=_none)
