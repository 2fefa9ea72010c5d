"""Serving: KV-limited batch, latency, throughput, automatic layout and the throughput-latency curve of one pool."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats
from .inference import (
    Device,
    Layout,
    Model,
    Pass,
    Tuning,
    blend,
    forward,
    held_bytes,
    kv_bytes,
    launch_time,
    weight_bytes,
    workspace_bytes,
)
from .sram import prompt_time, token_time

# Column numbers of a candidate row; they name positions and are no parameters.
TP, PP, EP, DP, BATCH, TOKENS_PER_S, TTFT, TPOT, STATE, COLUMNS = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9


class Request(NamedTuple):
    """A request class: input tokens, prefix hits (0..1), output tokens, and latency limits [s] (infinite = none).

    `phase`: 0 prefill and decode together, 1 prefill only, 2 decode only. `burst_frac`: share of the requests that arrive
    together at the start of a closed loop (0 in steady state; a benchmark of ten waves 0.1).
    """

    input_tokens: float
    hit_frac: float
    output_tokens: float
    ttft_limit_s: float
    tpot_limit_s: float
    phase: float
    burst_frac: float


class Point(NamedTuple):
    """One configuration of one instance: output tokens/s, requests/s, latencies [s], time shares of the step (0..1)."""

    tokens_per_s: float
    requests_per_s: float
    ttft_s: float
    tpot_s: float
    compute_frac: float
    memory_frac: float
    network_frac: float


@kernel
def free_bytes(model: Model, device: Device, layout: Layout, tune: Tuning) -> float:
    """Memory left for the cache on one accelerator [B]: `g (phi C - weights - expert buffers - reserve)`; negative when the weights
    do not fit. Weights kept in host memory take none. g < 1 where an engine gives the cache a share of what is free after
    loading, phi < 1 where it takes a share of the whole.
    """
    weights = weight_bytes(model, tune, layout) * (1.0 - tune.weights_host_frac)
    taken = weights + workspace_bytes(model, device, tune, layout) + tune.reserve_b
    return tune.cache_frac * (tune.usable_frac * device.memory_b - taken)


@kernel
def kv_batch(model: Model, device: Device, layout: Layout, tune: Tuning, request: Request) -> float:
    """Sequences of one instance that the cache holds: `free dp pp shards / kv(I + u O)` (u = 0.5 paged, 1 reserved).

    A prefill instance holds I tokens a sequence. Worked: 40 GB free, 164 kB a token, 1,500 tokens: 162 sequences.
    """
    kept = request.input_tokens
    if request.phase != 1.0:
        kept += tune.kv_growth_frac * request.output_tokens
    one = held_bytes(model, tune, kept) / (min(layout.tp, model.kv_shards_max) * layout.pp)
    free = free_bytes(model, device, layout, tune)
    room = free * layout.dp / (one * (1.0 - tune.kv_host_frac))
    if tune.kv_host_frac > 0.0:
        beside = device.host_memory_b - weight_bytes(model, tune, layout) * tune.weights_host_frac
        room = min(room, beside * layout.dp / (one * tune.kv_host_frac))
    return room


@kernel
def accepted_tokens(draft_count: float, accept_frac: float) -> float:
    """Tokens that a step with drafts yields on average: `(1 - a^(g+1)) / (1 - a)`, and 1 without drafts.

    Worked: g = 3 drafts each kept with a = 0.7 yield 2.53 tokens. Reference: inference model 5.11.
    """
    if draft_count <= 0.0:
        return 1.0
    if accept_frac >= 1.0:
        return draft_count + 1.0
    return float((1.0 - accept_frac ** (draft_count + 1.0)) / (1.0 - accept_frac))


@kernel
def prefill_times(
    model: Model, device: Device, layout: Layout, tune: Tuning, request: Request
) -> tuple[float, float, Pass]:
    """Machine time that one request's prefill takes, time of its own pass when nobody else is there [s], and the pass
    of a full chunk.

    Weights kept in host memory stream in behind the pass. A cached prefix that lies in host memory or storage is read
    while others compute, and delays its own request by that time.
    """
    misses = request.input_tokens * (1.0 - request.hit_frac)
    if tune.sram_layer_s > 0.0:
        alone_s = prompt_time(model, device, layout, tune, max(misses, 1.0))
        way_s = model.layers * tune.sram_layer_s + min(layout.tp * layout.pp, model.layers) * tune.hop_s
        return alone_s - way_s, alone_s, Pass(alone_s, alone_s - way_s, 0.0, 0.0)
    chunk = tune.chunk_tokens * layout.dp
    seen = request.input_tokens - 0.5 * misses
    pre = forward(model, device, layout, tune, chunk, chunk / max(misses, 1.0), seen, 0.0)
    solo = forward(model, device, layout, tune, max(misses, 1.0) * layout.dp, layout.dp, seen, 0.0)
    launch_s = launch_time(model, tune)
    pass_s, alone_s = (
        blend(pre.total_s, launch_s, tune.blend_exponent),
        blend(solo.total_s, launch_s, tune.blend_exponent),
    )
    if tune.weights_host_frac > 0.0:
        stream_s = weight_bytes(model, tune, layout) * tune.weights_host_frac / device.host_b_per_s
        pass_s, alone_s = max(pass_s, stream_s), max(alone_s, stream_s)
    per_token = pass_s / (chunk * layout.pp)  # a full pipeline ends one chunk a stage; a pass sums all stages
    work_s = misses * per_token
    if request.hit_frac > 0.0 and device.prefix_b_per_s < np.inf:
        held = kv_bytes(model, tune, request.input_tokens * request.hit_frac)
        load_s = held / (min(layout.tp, model.kv_shards_max) * layout.pp) / device.prefix_b_per_s
        work_s, alone_s = max(work_s, load_s / layout.dp), alone_s + load_s
    return work_s + tune.request_s / layout.dp, alone_s, pre


@kernel
def decode_step(model: Model, device: Device, layout: Layout, tune: Tuning, request: Request, batch: float) -> Pass:
    """One decode step at `batch` sequences; drafts are checked in it, so it runs draft_count + 1 tokens a sequence.

    Drafting costs `g` times its share of the step; weights and cache in host memory are streamed beside it.
    """
    context = request.input_tokens + 0.5 * request.output_tokens
    if tune.sram_layer_s > 0.0:
        total_s, compute_s, memory_s = token_time(model, device, layout, tune, batch, context)
        return Pass(total_s, compute_s, memory_s, 0.0)
    held = batch / layout.pp
    step = forward(model, device, layout, tune, held * (tune.draft_count + 1.0), held, context, 1.0)
    total_s = step.total_s * (1.0 + tune.draft_count * tune.draft_step_frac)
    if tune.weights_host_frac > 0.0 or tune.kv_host_frac > 0.0:
        away = weight_bytes(model, tune, layout) * tune.weights_host_frac
        shards = min(layout.tp, model.kv_shards_max) * layout.pp * layout.dp
        away += kv_bytes(model, tune, context) * batch / shards * tune.kv_host_frac
        total_s = max(total_s, away / device.host_b_per_s)
    return Pass(total_s, step.compute_s, step.memory_s, step.network_s)


@kernel
def configuration(model: Model, device: Device, layout: Layout, tune: Tuning, request: Request, batch: float) -> Point:
    """Steady state of one instance at `batch` concurrent sequences.

    Together (phase 0): `X = B / (B s + O D(B) / n)`, `TPOT = D(B) / n + B s / O`, s = I' p + t_r / dp, I' = I (1 - hit),
    p = chunk time a token, t_r the fixed time a request costs, n the tokens that a step yields (1 without drafts).
    Prefill only: X = 1 / s. Decode only: X = B n / (O D(B)).

    TTFT of a closed loop of B users = own pass + t_r + admission `a D (1 - 1/B)` (the step in progress and the one the
    pass shares) + queue + burst. Queue: M/G/1 with equal sizes `r s / (2 (1 - r))`, r = X s, which a closed loop bounds
    by the other users, `(B - 1) s / 2`. Burst: B requests that arrive together wait (B - 1) s / 2 on average; f is the share
    of a run that arrives so (the first of ten waves 0.1, none in steady state). Worked: B = 64, s = 50 ms, f = 0.1 adds
    158 ms. Valid up to about r = 0.9. Reference: inference model 5.7 and 5.9, queueing B2 of the economics model.
    """
    output = request.output_tokens
    prefill_s, alone_s, pre = prefill_times(model, device, layout, tune, request)
    if request.phase == 1.0:
        rate = 1.0 / prefill_s
        share = 1.0 / pre.total_s
        return Point(
            rate * output,
            rate,
            alone_s + tune.request_s,
            np.nan,
            pre.compute_s * share,
            pre.memory_s * share,
            pre.network_s * share,
        )
    step = decode_step(model, device, layout, tune, request, batch)
    token_s = step.total_s / accepted_tokens(tune.draft_count, tune.draft_accept_frac)
    work = batch * prefill_s if request.phase == 0.0 else 0.0
    cycle = work + output * token_s
    rate = batch / cycle
    tpot = token_s + work / output
    busy = min(rate * prefill_s, 0.999) if request.phase == 0.0 else 0.0
    ttft = np.nan
    if request.phase == 0.0:
        others_s = 0.5 * max(batch - 1.0, 0.0) * prefill_s
        queue_s = min(busy * prefill_s / (2.0 * (1.0 - busy)), others_s)
        admission_s = tune.admission_count * step.total_s * max(0.0, 1.0 - 1.0 / batch)
        waits_s = (1.0 - request.burst_frac) * (admission_s + queue_s) + request.burst_frac * others_s
        ttft = alone_s + tune.request_s + waits_s
    pre_share = work / cycle / pre.total_s
    dec_share = output * token_s / cycle / step.total_s
    return Point(
        rate * output,
        rate,
        ttft,
        tpot,
        pre.compute_s * pre_share + step.compute_s * dec_share,
        pre.memory_s * pre_share + step.memory_s * dec_share,
        pre.network_s * pre_share + step.network_s * dec_share,
    )


@kernel
def run_rate(
    model: Model, device: Device, layout: Layout, tune: Tuning, request: Request, batch: float, run_count: float
) -> float:
    """Output tokens/s of one instance over a finite run of `run_count` equal requests that all wait at its start.

    Requests of one length, admitted together, also end together: the run is `floor(N/B)` full waves of `B s + O D(B)`
    and one of the rest r, `r s + O D(r)`, whose step is hardly shorter though fewer share it. Worked: 3,000 requests, B
    = 2,440: a full wave and one of 560; with D(560) = 0.6 D(2440) the run yields 77 % of the steady rate. Valid for
    lengths without spread; with spread the last wave fills and the steady rate is approached.
    """
    whole = np.floor(run_count / batch)
    rest = run_count - whole * batch
    total_s = 0.0
    if whole >= 1.0:
        full = configuration(model, device, layout, tune, request, batch)
        total_s += whole * batch * request.output_tokens / full.tokens_per_s
    if rest >= 1.0:
        part = configuration(model, device, layout, tune, request, rest)
        total_s += rest * request.output_tokens / part.tokens_per_s
    return run_count * request.output_tokens / total_s


@kernel
def meets(point: Point, request: Request) -> bool:
    """True when both latency limits hold (a phase without a figure has no limit)."""
    late_first = point.ttft_s > request.ttft_limit_s
    late_token = point.tpot_s > request.tpot_limit_s
    return not (late_first or late_token)


@kernel
def best_batch(
    model: Model, device: Device, layout: Layout, tune: Tuning, request: Request, pinned: float, step: float
) -> tuple[float, int]:
    """Largest batch that the cache holds and the limits allow, and what stopped it: 0 weights do not fit, 1 cache or
    batch limit, 2 latency limit, 3 pinned, 4 even one sequence misses a limit (then the batch is 1).

    A pinned batch is bounded by the cache only. Latency grows with the batch, so the limit is found by bisection.
    `step` 1 gives whole sequences, 0 a real number that can be differentiated.
    """
    limit = kv_batch(model, device, layout, tune, request)
    if not limit >= 1.0:
        return 0.0, 0
    if not pinned > 0.0:
        limit = min(limit, tune.batch_max * layout.dp)
    if request.phase == 1.0:  # a prefill instance holds the sequences of one chunk
        misses = max(1.0, request.input_tokens * (1.0 - request.hit_frac))
        limit = min(limit, max(1.0, tune.chunk_tokens * layout.dp / misses))
    top = np.floor(limit) if step > 0.0 else limit
    if pinned > 0.0:
        return (pinned, 3) if pinned <= top else (top, 1)
    if meets(configuration(model, device, layout, tune, request, top), request):
        return top, 1
    if not meets(configuration(model, device, layout, tune, request, 1.0), request):
        return 1.0, 4
    low, high = 1.0, top
    for _ in range(60):
        if high - low <= max(step, 1e-9 * high):
            break
        middle = np.floor(0.5 * (low + high)) if step > 0.0 else 0.5 * (low + high)
        if meets(configuration(model, device, layout, tune, request, middle), request):
            low = middle
        else:
            high = middle
    return low, 2


@kernel
def search(
    model: Model, device: Device, tune: Tuning, request: Request, layouts: Floats, pinned_batch: float, table: Floats
) -> int:
    """Fill one row of `table` for every candidate layout (columns TP..STATE) and return the best row, -1 when none
    fits.

    Best is the highest throughput per accelerator among layouts that meet the limits; when none does, the one with the
    lowest time per token (TTFT for a prefill pool).
    """
    best, best_value, best_late, late_value = -1, -1.0, -1, np.inf
    for k in range(layouts.shape[0]):
        layout = Layout(layouts[k, 0], layouts[k, 1], layouts[k, 2], layouts[k, 3])
        batch, state = best_batch(model, device, layout, tune, request, pinned_batch, 1.0)
        table[k, TP], table[k, PP], table[k, EP], table[k, DP] = layout.tp, layout.pp, layout.ep, layout.dp
        table[k, BATCH], table[k, STATE] = batch, float(state)
        table[k, TOKENS_PER_S], table[k, TTFT], table[k, TPOT] = np.nan, np.nan, np.nan
        if state == 0:
            continue
        point = configuration(model, device, layout, tune, request, batch)
        table[k, TOKENS_PER_S], table[k, TTFT], table[k, TPOT] = point.tokens_per_s, point.ttft_s, point.tpot_s
        if np.isnan(point.tokens_per_s):
            continue
        value = point.tokens_per_s / (layout.tp * layout.pp * layout.dp)
        if meets(point, request):
            if value > best_value * (1.0 + 1e-9):
                best, best_value = k, value
        else:
            late = point.ttft_s if request.phase == 1.0 else point.tpot_s
            if late < late_value:
                best_late, late_value = k, late
    return best if best >= 0 else best_late


@kernel
def curve(
    model: Model, device: Device, tune: Tuning, request: Request, layouts: Floats, steps: int, points: Floats
) -> int:
    """Speed per user and throughput per accelerator [tokens/s] of every layout at up to `steps` batches; returns how
    many.

    Batches are spaced geometrically from 1 to what the cache holds. `points` has two columns and layouts x steps rows.
    """
    found = 0
    for k in range(layouts.shape[0]):
        layout = Layout(layouts[k, 0], layouts[k, 1], layouts[k, 2], layouts[k, 3])
        top = np.floor(min(kv_batch(model, device, layout, tune, request), tune.batch_max * layout.dp))
        if not top >= 1.0:
            continue
        last = 0.0
        for j in range(steps):
            batch = np.floor(top ** (j / (steps - 1.0)) + 1e-9)
            if batch <= last:
                continue
            last = batch
            point = configuration(model, device, layout, tune, request, batch)
            if point.tpot_s > 0.0:
                points[found, 0] = 1.0 / point.tpot_s
                points[found, 1] = point.tokens_per_s / (layout.tp * layout.pp * layout.dp)
                found += 1
    return found
