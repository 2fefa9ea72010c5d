"""Why a serving pool is as fast as it is: its points under the roofline, its memory, and what each limit costs."""

from __future__ import annotations

from dataclasses import dataclass, field

LIMITS = ("compute", "memory_bandwidth", "kv_capacity", "scale_up", "scale_out", "host")
"""What may hold a pool back, in drawing order."""
LEVERS = ("memory_bandwidth", "memory_capacity", "compute", "scale_up", "scale_out")
"""What may be doubled, in drawing order."""


@dataclass(frozen=True, slots=True)
class RooflinePoint:
    """One phase of one instance, an accelerator's share: arithmetic intensity, rates while it runs, time of the pass."""

    phase: str
    """`prefill` or `decode`."""
    intensity_flop_per_b: float
    flop_per_s: float
    memory_b_per_s: float
    compute_used_frac: float
    """Share of the peak rate (model FLOP utilisation)."""
    bandwidth_used_frac: float
    """Share of the peak bandwidth (memory bandwidth utilisation): near 1 the pool is as fast as its memory allows."""
    pass_s: float


@dataclass(frozen=True, slots=True)
class PoolDiagnosis:
    """One pool with its layout in force. Sizes and rates are of one accelerator; shares are of the pool's own rate."""

    id: str
    peak_flop_per_s: float
    peak_memory_b_per_s: float
    precision: str
    """Number format in which the peak rate is reached."""
    ridge_flop_per_b: float
    """Intensity above which compute limits."""
    points: tuple[RooflinePoint, ...]
    memory_b: float
    weight_b: float
    kv_b: float
    reserve_b: float
    """Activations, buffers and what the software keeps free."""
    free_b: float
    saving_frac: dict[str, float] = field(default_factory=dict)
    """Per LIMITS: share of the time a token takes that would go if this limit alone did; overlap makes sums differ
    from 1."""
    doubling_gain_frac: dict[str, float] = field(default_factory=dict)
    """Per LEVERS: gain in the pool's own rate from twice as much, layout kept."""
