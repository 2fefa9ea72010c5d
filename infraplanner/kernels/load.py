"""Latency of one serving instance under a load that it can carry: batch by Little's law, prefill as a queue
(B2 of the economics, time and reliability model).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .inference import Device, Layout, Model, Tuning
from .serving import Request, accepted_tokens, configuration, decode_step, prefill_times


class Loaded(NamedTuple):
    """An instance at its offered load: sequences in flight, latencies [s], and how busy the prefill queue is (0..1)."""

    batch: float
    ttft_s: float
    ttft_p95_s: float
    tpot_s: float
    busy_frac: float


@kernel
def wait_time(busy_frac: float, service_s: float, arrival_cv_ratio: float, service_cv_ratio: float) -> float:
    """Mean wait of a queue with one server [s]: `r s / (1 - r) (Ca^2 + Cs^2) / 2`; infinite at r >= 1.

    Worked: r = 0.5, s = 0.2 s, Poisson arrivals and equal sizes: 0.1 s; exponential sizes: 0.2 s, as M/M/1 has it.
    Reference: Allen and Cunneen's form in B2.
    """
    if busy_frac >= 1.0:
        return np.inf
    spread = 0.5 * (arrival_cv_ratio * arrival_cv_ratio + service_cv_ratio * service_cv_ratio)
    return busy_frac * service_s / (1.0 - busy_frac) * spread


@kernel
def wait_percentile(busy_frac: float, mean_s: float, over_frac: float) -> float:
    """Wait that a share `over_frac` of requests exceeds [s], from `P(W > t) = r exp(-t r / W)`; 0 when fewer wait.

    Worked: r = 0.5, mean 0.1 s, 5 %: 0.2 ln(10) = 0.46 s.
    """
    if busy_frac <= over_frac or not mean_s < np.inf:
        return 0.0 if busy_frac <= over_frac else np.inf
    return float(mean_s / busy_frac * np.log(busy_frac / over_frac))


@kernel
def at_load(
    model: Model,
    device: Device,
    layout: Layout,
    tune: Tuning,
    request: Request,
    batch_max: float,
    rate_per_s: float,
    arrival_cv_ratio: float,
    service_cv_ratio: float,
) -> Loaded:
    """The instance at `rate_per_s` requests/s, which must not exceed what it serves at `batch_max`.

    Sequences in flight: the smallest B with X(B) = rate, by bisection (Little: B = X times the time in service). TTFT =
    own pass + wait of the prefill queue + admission; TPOT = D(B) + what others' prefill takes between two tokens. Valid
    up to a prefill load of about 0.9.
    """
    low, high = 1e-3, max(batch_max, 1.0)
    if rate_per_s < configuration(model, device, layout, tune, request, high).requests_per_s:
        for _ in range(60):
            middle = 0.5 * (low + high)
            if configuration(model, device, layout, tune, request, middle).requests_per_s < rate_per_s:
                low = middle
            else:
                high = middle
            if high - low <= 1e-6 * high:
                break
    prefill_s, alone_s, _ = prefill_times(model, device, layout, tune, request)
    step = decode_step(model, device, layout, tune, request, high)
    token_s = step.total_s / accepted_tokens(tune.draft_count, tune.draft_accept_frac)
    if request.phase == 2.0:
        return Loaded(high, np.nan, np.nan, token_s, 0.0)
    busy = rate_per_s * prefill_s
    wait_s = wait_time(busy, prefill_s, arrival_cv_ratio, service_cv_ratio)
    own_s = alone_s + tune.request_s
    if request.phase == 1.0:
        return Loaded(high, own_s + wait_s, own_s + wait_s + wait_percentile(busy, wait_s, 0.05), np.nan, busy)
    own_s += tune.admission_count * step.total_s * max(0.0, 1.0 - 1.0 / max(high, 1.0))
    tail_s = wait_percentile(busy, wait_s, 0.05)
    tpot = token_s + high * prefill_s / request.output_tokens
    return Loaded(high, own_s + wait_s, own_s + max(wait_s, tail_s), tpot, busy)
