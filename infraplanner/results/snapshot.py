"""What one evaluation yields: a revision, read-only arrays beside the ids they belong to, and summaries.

Unknown is `None` in scalars and NaN in arrays while inside; the JSON writer prints both as null. Units are in the
names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .air import AirResult
from .bursts import BurstResult
from .cable_ways import CableWays
from .chains import CoreResult
from .chips import ChipResult
from .diagnosis import PoolDiagnosis
from .economics import EconomicsResult
from .fabric import FabricFigures
from .findings import Finding
from .jobs import JobResult
from .loops import LoopsResult
from .outages import OutageResult
from .plugs import MemoryResult, PlugResult
from .ride import RideRow
from .routing import RoutingResult
from .scale_up import ScaleUpResult
from .slopes import Places, Slopes
from .supply import SupplyResult, WiringResult
from .year import YearResult

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Refusal = Literal[
    "", "no_accelerators", "mixed_accelerators", "does_not_fit", "unknown_model", "unknown_request", "unknown_rate",
    "unknown_prefill", "no_path", "training", "bad_layout",
]  # fmt: skip
"""Why a pool is not predicted."""
WALLS = ("power", "memory", "thermal", "copper")


def no_floats() -> Floats:
    """An empty array, for results that have no rows."""
    return np.empty(0)


def no_ints() -> Ints:
    """An empty integer array, for results that have no rows."""
    return np.empty(0, np.int64)


def no_flags() -> Flags:
    """An empty flag array, for results that have no rows."""
    return np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True)
class Summary:
    """The headline figures of `evaluate --format json`; None while no model backs one or an input is unknown."""

    it_power_kw: float | None = None
    facility_power_kw: float | None = None
    pue: float | None = None
    wue_l_per_kwh: float | None = None
    heat_kw: float | None = None
    tokens_per_s: float | None = None
    tokens_per_s_low: float | None = None
    tokens_per_s_high: float | None = None
    """Ends of the error band: each pool's held-out band, all pools erring the same way."""
    training_tokens_per_s: float | None = None
    tokens_per_j: float | None = None
    usd_per_million_tokens: float | None = None
    kg_co2e_per_million_tokens: float | None = None
    capex_usd: float | None = None
    opex_usd_per_year: float | None = None
    binding_wall: str | None = None
    error_count: int = 0
    warning_count: int = 0


@dataclass(frozen=True, slots=True)
class WallResult:
    """One wall: 1 = at the limit; `where` is the id that binds."""

    utilisation: float | None = None
    elasticity: float | None = None
    where: str | None = None
    next: str | None = None
    next_factor: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a headline is modelled."""

    state: Literal["modelled", "partial", "not_modelled"]
    note: str


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One bar of the grid-to-core waterfall: a total (grid, IT, die), a loss, cooling, or IT that is no accelerator."""

    label: str
    power_w: float
    kind: Literal["total", "loss", "cooling", "other"]


@dataclass(frozen=True, slots=True)
class PowerResult:
    """Loads and losses of the power tree. Racks: draw now and nameplate, and the share on feeds A and B."""

    node_ids: tuple[str, ...] = ()
    node_out_w: Floats = field(default_factory=no_floats)
    node_in_w: Floats = field(default_factory=no_floats)
    node_loss_w: Floats = field(default_factory=no_floats)
    node_rating_w: Floats = field(default_factory=no_floats)
    node_load_frac: Floats = field(default_factory=no_floats)
    node_live: Flags = field(default_factory=no_flags)
    node_cap_w: Floats = field(default_factory=no_floats)
    """What power management lets each node give out; infinite without a cap."""
    rack_held_frac: Floats = field(default_factory=no_floats)
    """Clock over full that power caps and heat management leave each rack's accelerators (1: they are not held)."""
    rack_ids: tuple[str, ...] = ()
    rack_power_w: Floats = field(default_factory=no_floats)
    rack_nameplate_w: Floats = field(default_factory=no_floats)
    rack_a_w: Floats = field(default_factory=no_floats)
    rack_b_w: Floats = field(default_factory=no_floats)
    rack_powered: Flags = field(default_factory=no_flags)
    unserved_w: float = 0.0
    residual_w: float = 0.0
    waterfall: tuple[WaterfallStep, ...] = ()
    supply: SupplyResult = field(default_factory=SupplyResult)
    wiring: WiringResult = field(default_factory=WiringResult)
    outages: OutageResult = field(default_factory=OutageResult)
    """Of the last settled state while something is dragged."""
    core: CoreResult = field(default_factory=CoreResult)
    bursts: BurstResult = field(default_factory=BurstResult)


@dataclass(frozen=True, slots=True)
class ThermalResult:
    """Heat of racks and cooling units, one row a rack (in PowerResult.rack_ids' order) and one a cooling unit."""

    rack_air_w: Floats = field(default_factory=no_floats)
    rack_liquid_w: Floats = field(default_factory=no_floats)
    rack_flow_l_per_min: Floats = field(default_factory=no_floats)
    rack_heat_flux_w_per_m2: Floats = field(default_factory=no_floats)
    rack_die_flux_w_per_cm2: Floats = field(default_factory=no_floats)
    die_hot_spot_ratio: tuple[float, float] | None = None
    """Heat flux of a die's hot spots over its mean, from and to."""
    unit_ids: tuple[str, ...] = ()
    unit_heat_w: Floats = field(default_factory=no_floats)
    unit_capacity_w: Floats = field(default_factory=no_floats)
    unit_load_frac: Floats = field(default_factory=no_floats)
    unit_flow_l_per_min: Floats = field(default_factory=no_floats)
    unit_flow_frac: Floats = field(default_factory=no_floats)
    unit_supply_c: Floats = field(default_factory=no_floats)
    unit_return_c: Floats = field(default_factory=no_floats)
    unit_power_w: Floats = field(default_factory=no_floats)
    loop_ids: tuple[str, ...] = ()
    loop_heat_w: Floats = field(default_factory=no_floats)
    loop_supply_c: Floats = field(default_factory=no_floats)
    hall_ids: tuple[str, ...] = ()
    hall_heat_w: Floats = field(default_factory=no_floats)
    hall_heat_flux_w_per_m2: Floats = field(default_factory=no_floats)
    air: AirResult = field(default_factory=AirResult)
    chips: ChipResult = field(default_factory=ChipResult)
    loops: LoopsResult = field(default_factory=LoopsResult)
    ride: tuple[RideRow, ...] = ()
    plugs: PlugResult = field(default_factory=PlugResult)
    memory: MemoryResult = field(default_factory=MemoryResult)
    """All six are of the last settled state while something is dragged; empty when racks came or went."""
    outdoor_dry_c: float | None = None
    outdoor_wet_c: float | None = None


@dataclass(frozen=True, slots=True)
class FabricResult:
    """One row a link bundle. `medium` is the profile id in force (resolved when the plan says `auto`), empty when
    none fits.
    """

    link_ids: tuple[str, ...] = ()
    medium: Sequence[str] = ()
    length_m: Floats = field(default_factory=no_floats)
    need_m: Floats = field(default_factory=no_floats)
    """The run with slack and service loops; the ordered length is the next stock length."""
    ordered_m: Floats = field(default_factory=no_floats)
    reach_m: Floats = field(default_factory=no_floats)
    margin_m: Floats = field(default_factory=no_floats)
    power_w: Floats = field(default_factory=no_floats)
    price_usd: Floats = field(default_factory=no_floats)
    load_frac: Floats = field(default_factory=no_floats)
    load_bps: Floats = field(default_factory=no_floats)
    latency_s: Floats = field(default_factory=no_floats)
    flag: Ints = field(default_factory=no_ints)
    """0 fine, 1 no medium has the rate, 2 none reaches, 3 pinned out of reach, 4 wrong rate, 5 unknown, 6 no length."""
    way: Ints = field(default_factory=no_ints)
    """0 over the trays, 1 the trays of both ends do not meet, 2 no tray near end a, 3 none near end b."""
    cable_c: Floats = field(default_factory=no_floats)
    """Temperature that a cable was judged at."""
    tray_ids: tuple[str, ...] = ()
    tray_fill_frac: Floats = field(default_factory=no_floats)
    """Share of its section that cables fill where it is fullest; NaN for trays that carry no data."""
    tray_kg_per_m: Floats = field(default_factory=no_floats)
    ways: CableWays = field(default_factory=CableWays)
    power_by_family_w: dict[str, float] = field(default_factory=dict)
    count_by_family: dict[str, int] = field(default_factory=dict)
    total_length_m: float = 0.0
    scale_up: ScaleUpResult = field(default_factory=ScaleUpResult)
    """Domains inside racks and servers; their links are in no sum above."""
    figures: FabricFigures = field(default_factory=FabricFigures)
    """Of the last settled state while something is dragged."""


@dataclass(frozen=True, slots=True)
class PoolResult:
    """One serving pool in steady state, with the layout that was used and the resource that limits it."""

    id: str
    model: str
    accelerator: str
    accelerator_count: int
    instance_count: int
    tp: int
    pp: int
    ep: int
    dp: int
    batch: int
    tokens_per_s: float | None = None
    tokens_per_s_per_accelerator: float | None = None
    ttft_s: float | None = None
    tpot_s: float | None = None
    requests_per_s: float | None = None
    memory_used_frac: float | None = None
    memory_time_frac: float | None = None
    compute_time_frac: float | None = None
    weight_bytes_per_accelerator: float | None = None
    kv_bytes_per_accelerator: float | None = None
    free_bytes_per_accelerator: float | None = None
    limiter: str = ""
    not_predicted: str = ""
    refusal: Refusal = ""
    limit_missed: str = ""
    band_low_frac: float | None = None
    band_high_frac: float | None = None
    weights: str = ""
    """Format of the weights, as given or chosen."""
    load_batch: float | None = None
    load_ttft_s: float | None = None
    load_ttft_p95_s: float | None = None
    load_tpot_s: float | None = None
    load_queue_frac: float | None = None
    load_note: str = ""
    """Sequences in flight, latencies and queue of an instance at the load it gets, and where these are not valid."""
    split_prefill_frac: float | None = None
    split_tokens_per_s_per_accelerator: float | None = None
    """Best split of the same accelerators into prefill and decode instances: share for prefill, output tokens/s each."""
    curve_tokens_per_s_per_user: Floats = field(default_factory=no_floats)
    curve_tokens_per_s_per_accelerator: Floats = field(default_factory=no_floats)


@dataclass(frozen=True, slots=True)
class ThroughputResult:
    """All pools, of those that are predicted why they are as fast as they are, and all training jobs."""

    pools: tuple[PoolResult, ...] = ()
    diagnoses: tuple[PoolDiagnosis, ...] = ()
    rack_tokens_per_s: Floats = field(default_factory=no_floats)
    """Output tokens/s of every rack in PowerResult.rack_ids' order; NaN where none of its accelerators decodes."""
    jobs: tuple[JobResult, ...] = ()
    routing: RoutingResult = field(default_factory=RoutingResult)
    """Request classes over pools; of the last settled state while something is dragged."""


@dataclass(frozen=True, slots=True)
class ResultSnapshot:
    """One consistent answer. `provisional`: computed during a drag, with field and fabric load from the last settled
    state; or the first of two answers at rest, whose heavy parts `refreshing` names.
    """

    revision: int
    provisional: bool = False
    refreshing: tuple[str, ...] = ()
    """Parts that the settled result, which follows by itself, will bring: until then those of the last settled state, or
    quickly found from them, or empty. Every other figure was computed anew, on those parts."""
    failed: frozenset[str] = frozenset()
    """Records that are out of service in this result: a what-if, or `evaluate --fail`."""
    elapsed_s: float = 0.0
    passes: int = 0
    residual_frac: float = 0.0
    summary: Summary = field(default_factory=Summary)
    walls: dict[str, WallResult] = field(default_factory=lambda: {wall: WallResult() for wall in WALLS})
    power: PowerResult = field(default_factory=PowerResult)
    thermal: ThermalResult = field(default_factory=ThermalResult)
    fabric: FabricResult = field(default_factory=FabricResult)
    throughput: ThroughputResult = field(default_factory=ThroughputResult)
    economics: EconomicsResult = field(default_factory=EconomicsResult)
    year: YearResult = field(default_factory=YearResult)
    rack_walls: dict[str, Floats] = field(default_factory=dict)
    """Use of each wall by rack, in PowerResult.rack_ids' order; empty in a provisional result."""
    slopes: Slopes | None = None
    """Slopes by pool, and `places`, what fills the walls of each rack: what `scopes.scope` judges a part of the plan by."""
    places: Places | None = None
    coverage: dict[str, Coverage] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    failures: tuple[str, ...] = ()
    """Kernels or checks that failed in this evaluation, one sentence each; everything else is still valid."""
