"""What users see at the load that a pool really gets, and what splitting it into prefill and decode would give."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from infraplanner.kernels.inference import Layout, kv_bytes
from infraplanner.kernels.load import at_load

from .pools import Case, Solution, solve

VALID_FRAC = 0.9
"""Load of the prefill queue up to which its formula holds."""
FULL_FRAC = 1.0 - 1e-6
BOTH, PREFILL, DECODE = 0.0, 1.0, 2.0


@dataclass(frozen=True, slots=True)
class LoadPoint:
    """An instance at its load: sequences, latencies [s], load of the prefill queue (0..1); None where unknown, and why."""

    batch: float | None = None
    ttft_s: float | None = None
    ttft_p95_s: float | None = None
    tpot_s: float | None = None
    queue_frac: float | None = None
    note: str = ""


def load_point(case: Case, solution: Solution, rate_per_s: float, arrival_cv: float | None) -> LoadPoint:
    """Latencies of one instance at `rate_per_s`; an unknown variation of arrivals counts as that of independent users."""
    own = solution.point.requests_per_s
    if not (own > 0.0 and rate_per_s > 0.0):
        return LoadPoint()
    return _cached(case, solution.layout, solution.batch, min(rate_per_s, own) / own, own, arrival_cv)


@lru_cache(maxsize=512)
def _cached(
    case: Case, layout: Layout, batch: float, share: float, own_per_s: float, arrival_cv: float | None
) -> LoadPoint:
    cv = 1.0 if arrival_cv is None else arrival_cv
    found = at_load(case.model, case.device, layout, case.tune, case.request, batch, share * own_per_s, cv, 0.0)
    values = [value if math.isfinite(value) else None for value in found]
    if share >= FULL_FRAC and case.request.phase != DECODE:
        note = "Saturated: requests wait longer and longer, so a time to the first token has no mean."
        return LoadPoint(values[0], None, None, values[3], values[4], note)
    note = ""
    if found.busy_frac > VALID_FRAC:
        note = f"The prefill queue is {100 * found.busy_frac:.0f} % busy; the formula holds to 90 %, simulate above."
    return LoadPoint(values[0], values[1], values[2], values[3], values[4], note)


@dataclass(frozen=True, slots=True)
class Split:
    """The best split of a pool's accelerators: share for prefill, output tokens/s an accelerator, layouts and batch."""

    prefill_frac: float
    tokens_per_s_per_accelerator: float
    prefill: Solution
    decode: Solution


@lru_cache(maxsize=256)
def best_split(case: Case) -> Split | None:
    """Prefill and decode apart, in the ratio in which neither waits (inference model 5.9); None where one side cannot run.

    With x_p and x_d requests/s of an accelerator in each role, a share s of them prefills so that `s x_p = (1 - s) x_d`:
    `s = x_d / (x_p + x_d)`, and every accelerator yields `O x_p x_d / (x_p + x_d)`. The cache travels over the NICs of
    the prefill side, which bound x_p. Worked: x_p = 3/s, x_d = 1/s, O = 100: s = 1/4 and 75 tokens/s each.
    """
    if case.request.phase != BOTH or case.tune.sram_layer_s > 0.0:
        return None
    sides = []
    for phase in (PREFILL, DECODE):
        asked = case.request._replace(phase=phase)
        found = solve(replace(case, request=asked, pinned=(*case.pinned[:4], 0)))
        if isinstance(found, str) or found.state == 4:
            return None
        sides.append(found)
    prefill, decode = sides
    x_p, x_d = (found.point.requests_per_s / _size(found.layout) for found in sides)
    nic = case.device.scale_out_b_per_s * case.tune.link_eta
    if nic > 0.0:
        x_p = min(x_p, nic / kv_bytes(case.model, case.tune, case.request.input_tokens))
    if not (x_p > 0.0 and x_d > 0.0):
        return None
    rate = x_p * x_d / (x_p + x_d)
    return Split(x_d / (x_p + x_d), rate * case.request.output_tokens, prefill, decode)


def _size(layout: Layout) -> float:
    return layout.tp * layout.pp * layout.dp
