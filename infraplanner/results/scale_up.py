"""Scale-up domains that the profiles of racks and devices imply: their links are no records of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class ScaleUpResult:
    """One row a rack or device with scale-up wiring of its own; NaN where its profile or link does not tell.

    `link_count` cables of `rate_bps` a direction between its accelerators and switches. `bandwidth_bps` is what an
    accelerator sends at most with the parts in service, `bisection_bps` passes between the halves of one domain one way.
    `power_w` is that of the cables' ends, beside the draw of the rack; `switch_power_w` is part of that draw. `load_frac`
    is the traffic of training jobs inside the domains.
    """

    owner_ids: tuple[str, ...] = ()
    medium: Sequence[str] = ()
    accelerator_count: Floats = field(default_factory=_none)
    domain_count: Floats = field(default_factory=_none)
    switch_count: Floats = field(default_factory=_none)
    cartridge_count: Floats = field(default_factory=_none)
    link_count: Floats = field(default_factory=_none)
    rate_bps: Floats = field(default_factory=_none)
    length_m: Floats = field(default_factory=_none)
    reach_m: Floats = field(default_factory=_none)
    margin_m: Floats = field(default_factory=_none)
    latency_s: Floats = field(default_factory=_none)
    power_w: Floats = field(default_factory=_none)
    pj_per_bit: Floats = field(default_factory=_none)
    switch_power_w: Floats = field(default_factory=_none)
    switch_pj_per_bit: Floats = field(default_factory=_none)
    fit: Floats = field(default_factory=_none)
    failures_per_year: Floats = field(default_factory=_none)
    bandwidth_bps: Floats = field(default_factory=_none)
    bisection_bps: Floats = field(default_factory=_none)
    kept_frac: Floats = field(default_factory=_none)
    load_frac: Floats = field(default_factory=_none)
    unknown: tuple[str, ...] = ()
    """Racks and devices with accelerators whose profile names no scale-up wiring."""
    power_by_family_w: dict[str, float | None] = field(default_factory=dict)
    """None for a family of which one part's power is unknown."""
    count_by_family: dict[str, int] = field(default_factory=dict)

    @property
    def total_bps(self) -> float:
        """What all accelerators with known wiring send at most together [bit/s]."""
        return float(np.nansum(self.bandwidth_bps * self.accelerator_count))
