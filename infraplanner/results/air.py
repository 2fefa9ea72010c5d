"""The air field of a hall, as data. An unsettled field has a state and a sentence, and no temperatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AirState = Literal["settled", "no_heat", "no_supply", "no_room", "unbalanced", "runaway", "unsettled"]
"""`settled` is the only one with a field. `no_room`: no open cell before or behind anything, or too many cells;
`unbalanced`: the flow does not conserve mass; `runaway`: temperatures grow without bound."""


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class HallAir:
    """One hall: cells of `cell_m` from its lower-left corner, row by row, `nx` in a row; NaN where something stands.

    `demand` is what racks and indoor power nodes draw, `supply` what the running units blow. Residuals are relative:
    mass of the worst cell over all supply, heat taken by the units over heat set free.
    """

    hall: str
    state: AirState
    note: str = ""
    nx: int = 0
    ny: int = 0
    cell_m: float = 0.0
    temperature_c: Floats = field(default_factory=_none)
    x_m_per_s: Floats = field(default_factory=_none)
    y_m_per_s: Floats = field(default_factory=_none)
    demand_m3_per_s: float = 0.0
    supply_m3_per_s: float = 0.0
    supply_c: float | None = None
    return_c: float | None = None
    heat_w: float = 0.0
    mass_residual_frac: float | None = None
    heat_residual_frac: float | None = None
    sweeps: int = 0


@dataclass(frozen=True, slots=True)
class AirResult:
    """All halls, and one row a rack and a cooling unit (NaN: not in a settled field).

    `recirculation` is (T_in - T_sup) / (T_ret - T_sup); `capture` the share of a rack's exhaust that reaches an air
    unit before any rack draws it in.
    """

    halls: tuple[HallAir, ...] = ()
    rack_inlet_c: Floats = field(default_factory=_none)
    rack_recirculation_frac: Floats = field(default_factory=_none)
    rack_capture_frac: Floats = field(default_factory=_none)
    rack_inlet_top_c: Floats = field(default_factory=_none)
    """Air that the upper half of a rack draws in, in halls of two layers; NaN in others."""
    rack_air_m3_per_s: Floats = field(default_factory=_none)
    unit_supply_c: Floats = field(default_factory=_none)
    unit_return_c: Floats = field(default_factory=_none)
    unit_air_m3_per_s: Floats = field(default_factory=_none)
    notes: tuple[str, ...] = ()
    no_port: tuple[str, ...] = ()
    """Racks before or behind which no floor is open, so that no air gets in or out."""
    blocked_tiles: tuple[tuple[str, int], ...] = ()
    """Racks that stand on perforated tiles, and on how many."""

    @property
    def rack_worst_c(self) -> Floats:
        """The warmest air that any half of a rack draws in: its inlet is the mean of both halves."""
        if not self.rack_inlet_top_c.size:
            return self.rack_inlet_c
        worst: Floats = self.rack_inlet_c + np.nan_to_num(np.abs(self.rack_inlet_top_c - self.rack_inlet_c))
        return worst
