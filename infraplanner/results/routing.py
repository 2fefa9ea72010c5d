"""Which pool serves which request class, how full that makes the pools, and what no pool can serve."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Route:
    """One class on one pool: requests/s at mean and at peak load, latencies at the mean load, and their 95th percentile."""

    pool: str
    requests_per_s: float
    peak_requests_per_s: float
    ttft_s: float | None
    ttft_p95_s: float | None
    tpot_s: float | None


@dataclass(frozen=True, slots=True)
class ClassRoutes:
    """One request class. `refusals` says for every pool that does not serve it why it cannot."""

    id: str
    kind: str
    offered_per_s: float
    peak_per_s: float
    unserved_per_s: float
    """Of the mean load; `peak_unserved_per_s` at the peak of its day."""
    peak_unserved_per_s: float
    routes: tuple[Route, ...] = ()
    refusals: dict[str, str] = field(default_factory=dict)
    output_tokens: float = 0.0
    remedy: str = ""
    """What would serve it where no pool can."""


@dataclass(frozen=True, slots=True)
class PoolShare:
    """How full a pool is with what is routed to it, in shares of its own capacity for each class."""

    id: str
    use_frac: float
    peak_use_frac: float
    tokens_per_s: float
    execution: str
    """`deterministic`: passes of fixed time, planned by the compiler; `variable`: batches change from pass to pass."""
    by_class_frac: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoutingResult:
    """The assignment of all classes; empty when the plan names none.

    `headroom_ratio` is how often the whole demand at its peaks fits into the pools.
    """

    classes: tuple[ClassRoutes, ...] = ()
    pools: tuple[PoolShare, ...] = ()
    tokens_per_s: float | None = None
    headroom_ratio: float | None = None
