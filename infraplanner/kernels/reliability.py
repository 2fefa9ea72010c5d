"""Failures, checkpoints, availability and waiting in closed form."""

from __future__ import annotations

import numpy as np

from ._jit import kernel


@kernel
def job_interval(parts_count: float, failures_per_s: float) -> float:
    """Mean time between failures of a job that needs all its parts [s]: 1 / (N r)."""
    return 1.0 / (parts_count * failures_per_s)


@kernel
def checkpoint_interval(write_s: float, between_s: float) -> float:
    """Young's checkpoint interval [s]: sqrt(2 d M); good while d << M."""
    return float(np.sqrt(2.0 * write_s * between_s))


@kernel
def goodput(every_s: float, write_s: float, restart_s: float, between_s: float) -> float:
    """Useful share of time with exponential failures: tau / (e^((tau + d)/M) - 1) / (M + R)."""
    return float(every_s / np.expm1((every_s + write_s) / between_s) / (between_s + restart_s))


@kernel
def availability(down_s: float, span_s: float) -> float:
    """Share of a span that is up."""
    return 1.0 - down_s / span_s


@kernel
def waiting_probability(servers_count: int, use_frac: float) -> float:
    """Probability that a request must wait, Erlang C, by the stable recursion of Erlang B; 1 from full use on.

    Worked: 8 servers at 0.8: 0.45764.
    """
    if use_frac >= 1.0:
        return 1.0
    offered = servers_count * use_frac
    blocked = 1.0
    for k in range(1, servers_count + 1):
        blocked = offered * blocked / (k + offered * blocked)
    return blocked / (1.0 - use_frac * (1.0 - blocked))
