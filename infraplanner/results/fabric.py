"""What the drawn fabric is worth as a whole: halves, tiers, and collectives of pools and jobs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Halves:
    """Bandwidth one way between two halves of the machines [bit/s], and its share of what the smaller half can send.

    `name` says how they were told apart: in plan order, in turn, by hops from the first machine, or by the graph's slowest
    mode (spectral).
    """

    name: str
    bandwidth_bps: float
    share: float | None
    left_count: int
    right_count: int


@dataclass(frozen=True, slots=True)
class Tier:
    """Links so many hops from the nearest machine (1: its own): bundles, cables, bandwidth one way [bit/s].

    `oversubscription` is the bandwidth of the tier below over its own; None for the first.
    """

    hop: int
    link_count: int
    cable_count: int
    bandwidth_bps: float
    oversubscription: float | None = None


@dataclass(frozen=True, slots=True)
class Collective:
    """One collective of 1 GiB an accelerator over a pool: seconds and bus bandwidth [B/s]."""

    pool: str
    machines: int
    accelerators: int
    name: str
    time_s: float
    busbw_b_per_s: float


@dataclass(frozen=True, slots=True)
class JobCollective:
    """What one group of a training job exchanges in a step, alone on the links and hidden behind nothing.

    `sent_b` is what a rank sends; `scope` tells whether that stays in the scale-up domain, crosses the fabric, or both.
    """

    job: str
    group: str
    scope: str
    ranks: int
    calls: float
    sent_b: float
    time_s: float
    busbw_b_per_s: float
    estimate: bool = False
    """True while only some destinations are routed, which makes the busiest link look busier than it is."""


@dataclass(frozen=True, slots=True)
class FabricFigures:
    """Halves (the worst first), tiers from the machines up, and collectives. Empty without two machines with links."""

    halves: tuple[Halves, ...] = ()
    tiers: tuple[Tier, ...] = ()
    pools: tuple[Collective, ...] = ()
    jobs: tuple[JobCollective, ...] = ()
    bandwidth_bps: float | None = None
    """Of all links in service together, one way."""

    @property
    def bisection_bps(self) -> float | None:
        """Of the worst halves that were tried."""
        return self.halves[0].bandwidth_bps if self.halves else None

    @property
    def collective_s(self) -> float | None:
        """Time of all groups of all jobs in a step, one after another; without a job, of the best all-reduce of 1 GiB in
        the slowest pool. None with neither.
        """
        if self.jobs:
            return sum(row.time_s for row in self.jobs)
        best: dict[str, float] = {}
        for row in self.pools:
            if row.name.endswith("all-reduce"):
                best[row.pool] = min(best.get(row.pool, row.time_s), row.time_s)
        return max(best.values()) if best else None
