"""Failures, checkpoints and goodput of a training job, and the laws of loss over model and data size.

Reference: interconnect and training model, section 5; Young, "A first order approximation to the optimum checkpoint
interval" (1974); Daly, "A higher order estimate of the optimum checkpoint interval for restart dumps" (2006); Hoffmann
et al., arXiv:2203.15556; Besiroglu et al., arXiv:2404.10102 (refit).
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from ._jit import kernel
from .reliability import checkpoint_interval, job_interval


class Law(NamedTuple):
    """Loss law `L = E + A/N^a + B/D^b`: irreducible loss E, scales A and B, exponents a and b."""

    irreducible: float
    parameter_scale: float
    token_scale: float
    parameter_exponent: float
    token_exponent: float


class Optimum(NamedTuple):
    """Model and data that a FLOP budget trains best: parameters, tokens and the loss reached."""

    parameter_count: float
    token_count: float
    loss_ratio: float


class Goodput(NamedTuple):
    """Time between failures [s], checkpoint interval [s], shares of time lost to saving and to failures, share left."""

    mtbf_s: float
    interval_s: float
    saving_frac: float
    failure_frac: float
    goodput_frac: float


@kernel
def daly_interval(save_s: float, mtbf_s: float) -> float:
    """Checkpoint interval [s]: `sqrt(2 delta M) (1 + sqrt(delta/2M)/3 + delta/18M) - delta` below delta = 2M, else M.

    Worked: 30 s and 3.09 h: 797 s (Young: 817 s).
    """
    if save_s >= 2.0 * mtbf_s:
        return mtbf_s
    ratio = save_s / (2.0 * mtbf_s)
    return checkpoint_interval(save_s, mtbf_s) * (1.0 + sqrt(ratio) / 3.0 + ratio / 9.0) - save_s


@kernel
def goodput(accelerator_count: float, failures_per_s: float, save_s: float, recover_s: float) -> Goodput:
    """Share of time that makes progress, saving every Daly interval tau.

    Time between failures is `1/(n r)`: 16,384 at 0.173 a year fail every 3.09 h. Lost: `delta/tau` to saving and
    `(tau/2 + R)/M` to failures (half an interval redone, R to restart). Worked: that job with 30 s and 5 min loses
    3.8 + 6.3 %. `save_s` is the pause only where checkpoints are written asynchronously.
    """
    mtbf = job_interval(accelerator_count, failures_per_s)
    interval = daly_interval(save_s, mtbf)
    saving = save_s / interval
    failure = (0.5 * interval + recover_s) / mtbf
    return Goodput(mtbf, interval, saving, failure, max(0.0, 1.0 - saving - failure))


@kernel
def time_to_train(token_count: float, tokens_per_s: float, goodput_frac: float) -> float:
    """Wall-clock of a run [s]: `D / (X g)`. Worked: 15.6e12 tokens at 2.9e6 a second and 0.95: 65.5 days."""
    return token_count / (tokens_per_s * goodput_frac)


@kernel
def loss(law: Law, parameter_count: float, token_count: float) -> float:
    """Loss a token [nats]: `E + A/N^a + B/D^b`. Worked (refit): 70e9 parameters, 1.4e12 tokens: 1.973."""
    by_size = law.parameter_scale / parameter_count**law.parameter_exponent
    return float(law.irreducible + by_size + law.token_scale / token_count**law.token_exponent)


@kernel
def optimum(law: Law, total_flop: float) -> Optimum:
    """Best split of `C = 6 N D`: `N = G (C/6)^(b/(a+b))`, `G = (a A/b B)^(1/(a+b))`, `D = C/(6 N)`.

    Worked: 5.76e23 FLOP, refit: 72e9 parameters and 18.4 tokens each; the rounded original constants give 32e9 and 93.
    """
    a, b = law.parameter_exponent, law.token_exponent
    ratio = (a * law.parameter_scale / (b * law.token_scale)) ** (1.0 / (a + b))
    parameters = ratio * (total_flop / 6.0) ** (b / (a + b))
    tokens = total_flop / (6.0 * parameters)
    return Optimum(parameters, tokens, loss(law, parameters, tokens))
