"""Grid-to-core chains side by side, and where the power of the racks at hand ends up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ChainStage:
    """One stage for the load of its chain: power out, loss, current (None where none is defined), copper."""

    label: str
    out_w: float
    loss_w: float
    units: int | None = None
    current_a: float | None = None
    voltage_v: float | None = None
    copper_kg: float | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class ChainAlternative:
    """A chain that ends with the same useful power as its alternatives: `supply` from the grid to the racks' 12 V bus,
    `core` from there to the die. Parts without a curve make `grid_w` a lower bound.
    """

    id: str
    name: str
    part: Literal["supply", "core"]
    load_w: float
    grid_w: float
    efficiency_frac: float
    rack_current_a: float | None
    rack_voltage_v: float | None
    copper_kg: float
    stages: tuple[ChainStage, ...]


@dataclass(frozen=True, slots=True)
class CoreResult:
    """Inside what holds accelerators: losses by stage, what else it feeds, and what arrives in the dies [W].

    `bodies` servers or racks take `given_w`; all other IT equipment stands outside of this.
    """

    steps: tuple[tuple[str, float], ...] = ()
    other_w: float = 0.0
    die_w: float | None = None
    bodies: int = 0
    given_w: float = 0.0
    tokens_per_j_grid: float | None = None
    tokens_per_j_rack: float | None = None
    tokens_per_j_die: float | None = None
