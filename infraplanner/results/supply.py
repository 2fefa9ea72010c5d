"""What the sources of a plan give, burn and emit, and how its conductors and its worst failure stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SupplyMode = Literal["none", "grid", "parallel", "island", "backup", "store"]
"""grid: utilities alone | parallel: utilities and own sources together | island: own sources while no utility carries |
backup: own sources because every utility is dead | store: only stores carry, for as long as they last."""


def _floats() -> Floats:
    return np.empty(0)


def _flags() -> Flags:
    return np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True)
class SupplyResult:
    """Sources, one row each in `source_ids`. Rates are those of the present load, held for an hour.

    `source_firm_w` is what is left of the rating with the spare units out, `source_step_w` the largest step that the
    running units take, `source_covers_s` how long a store alone would carry the whole draw.
    """

    mode: SupplyMode = "none"
    source_ids: tuple[str, ...] = ()
    source_kind: tuple[str, ...] = ()
    source_fuel: tuple[str, ...] = ()
    source_out_w: Floats = field(default_factory=_floats)
    source_rating_w: Floats = field(default_factory=_floats)
    source_give_w: Floats = field(default_factory=_floats)
    source_firm_w: Floats = field(default_factory=_floats)
    source_units: Floats = field(default_factory=_floats)
    source_running: Floats = field(default_factory=_floats)
    source_live: Flags = field(default_factory=_flags)
    source_fuel_w: Floats = field(default_factory=_floats)
    source_carbon_kg_per_h: Floats = field(default_factory=_floats)
    source_usd_per_h: Floats = field(default_factory=_floats)
    source_start_s: Floats = field(default_factory=_floats)
    source_step_w: Floats = field(default_factory=_floats)
    source_covers_s: Floats = field(default_factory=_floats)
    carbon_kg_per_h: float | None = None
    carbon_g_per_kwh: float | None = None
    fuel_w: float | None = None
    energy_usd_per_h: float | None = None


@dataclass(frozen=True, slots=True)
class WiringResult:
    """Conductors, one row a feed that has one: amperes against what it may carry, volts at its end, loss (and the
    part of it in joints), temperature.
    """

    wire_ids: tuple[str, ...] = ()
    wire_w: Floats = field(default_factory=_floats)
    wire_a: Floats = field(default_factory=_floats)
    wire_allowed_a: Floats = field(default_factory=_floats)
    wire_length_m: Floats = field(default_factory=_floats)
    wire_loss_w: Floats = field(default_factory=_floats)
    wire_joint_w: Floats = field(default_factory=_floats)
    wire_end_v: Floats = field(default_factory=_floats)
    wire_drop_frac: Floats = field(default_factory=_floats)
    wire_c: Floats = field(default_factory=_floats)
    wire_collapse_w: Floats = field(default_factory=_floats)
    wire_collapsed: Flags = field(default_factory=_flags)
    wire_known: Flags = field(default_factory=_flags)
    loss_w: float = 0.0
