"""Roofline of one forward pass of a language model on one instance of accelerators (inference model, sections 5.1 to
5.6).
"""

from __future__ import annotations

from math import log2, sqrt
from typing import NamedTuple

import numpy as np

from ._jit import kernel


class Model(NamedTuple):
    """A model's shape. Weights are counts of parameters; `kv_elements` is per token and layer; `kv_shards_max` bounds
    how far tensor parallelism splits the cache (KV heads; 1 for latent attention); `window_tokens` 0 means no
    window; `window_seen_frac` is the mean share of a full window that a token sees (1 sliding, 0.5 in fixed blocks).
    `prefill_qkv_elements`, `decode_qkv_elements`: query-key plus value width of one head (absorbed latent in decode).
    `expert_domains_count`: groups of experts, each in one scale-up domain, to which a router sends one token at most
    (infinite: no limit).
    """

    layers: float
    dense_layers: float
    moe_layers: float
    window_layers: float
    hidden: float
    heads: float
    vocab: float
    attention_weights: float
    ffn_weights: float
    expert_count: float
    experts_per_token: float
    shared_count: float
    expert_weights: float
    kv_elements: float
    kv_shards_max: float
    window_tokens: float
    window_seen_frac: float
    prefill_qkv_elements: float
    decode_qkv_elements: float
    expert_domains_count: float


class Device(NamedTuple):
    """One accelerator in base units; NaN is unknown. `domain_count` accelerators share the scale-up fabric; rates of
    links are per accelerator and direction [B/s]. `peer_count`: in a full mesh without a switch, the neighbours among
    whom the links are divided (0: switched); a group of g uses (g - 1) / peers of them. `host_b_per_s`, `prefix_b_per_s`:
    rates at which host memory or storage feeds it, and its share of the host's memory is `host_memory_b` (infinite:
    not looked at).
    """

    flop_per_s: float
    attention_flop_per_s: float
    memory_b_per_s: float
    memory_b: float
    scale_up_b_per_s: float
    scale_out_b_per_s: float
    domain_count: float
    peer_count: float
    host_b_per_s: float
    prefix_b_per_s: float
    host_memory_b: float


class Tuning(NamedTuple):
    """Planning constants, all from the catalogue: efficiencies (0..1), fixed times [s], sizes [B].

    `launch_layer_s`, `launch_moe_layer_s`, `launch_latent_layer_s`: host time to start the kernels of one layer of a
    prefill pass, which no recorded graph replays, and what experts and latent attention add. `host_overlap_frac`: share
    of the shorter of host and device time that the scheduler hides. `admission_count`: decode steps that a request waits
    for before its own pass. `skew_frac`: by how much the busier of two devices exceeds the mean because some experts are
    asked more often than others. `attention_wide_frac` 1: attention weights of a 4-bit mixture stay wide.
    `routing_spread_ratio`: coefficient of variation of how often experts are asked for. `overlap_frac`: share of one half batch's
    computation that hides the other half's exchange (0: the batch is not split). `exchange_units_frac`: compute units
    that move tokens meanwhile in prefill. `redundant_count`: copies of asked-for experts, held beside all of them; at
    `redundant_even_frac` of the experts they even out the load. `cache_frac`: share of what is then free that the cache
    takes; `expert_buffers_frac` 1: the engine holds buffers for a full chunk of experts' rows. `window_held_frac`: share
    of a cache outside its window that stays in memory. `head_half_count`: head width at which
    attention reaches half of its rate (an exponential costs as much as so many products). `traffic_b`,
    `expert_traffic_b`: bytes moved between the matrix products per token or routed row and element. `draft_count` tokens
    are guessed a step, each kept with `draft_accept_frac` and costing `draft_step_frac` of a step. `weights_host_frac`,
    `kv_host_frac`: shares kept in host memory and streamed. `sram_layer_s` above 0: layers spread over chips that hold
    them, with `hop_s` between.
    """

    compute_eta: float
    attention_eta: float
    memory_eta: float
    attention_memory_eta: float
    expert_memory_eta: float
    link_eta: float
    moe_mu: float
    moe_half_tokens: float
    blend_exponent: float
    imbalance: float
    routing_spread_ratio: float
    skew_frac: float
    layer_s: float
    moe_layer_s: float
    host_s: float
    sequence_s: float
    request_s: float
    launch_layer_s: float
    launch_moe_layer_s: float
    launch_latent_layer_s: float
    host_overlap_frac: float
    admission_count: float
    all_reduce_s: float
    ring_s: float
    all_to_all_s: float
    overlap_frac: float
    exchange_units_frac: float
    redundant_count: float
    redundant_even_frac: float
    usable_frac: float
    cache_frac: float
    reserve_b: float
    expert_buffers_frac: float
    chunk_tokens: float
    kv_growth_frac: float
    window_held_frac: float
    weight_b: float
    attention_weight_b: float
    attention_wide_frac: float
    head_half_count: float
    kv_b: float
    activation_b: float
    traffic_b: float
    expert_traffic_b: float
    dispatch_b: float
    head_b: float
    batch_max: float
    draft_count: float
    draft_accept_frac: float
    draft_step_frac: float
    weights_host_frac: float
    kv_host_frac: float
    sram_layer_s: float
    hop_s: float


class Layout(NamedTuple):
    """Parallelism of one instance: tensor, pipeline, expert and attention-data; `n = tp pp dp` accelerators."""

    tp: float
    pp: float
    ep: float
    dp: float


class Pass(NamedTuple):
    """Time of one pass [s]: total, its pure compute and pure memory parts at achievable rates, and visible
    communication.
    """

    total_s: float
    compute_s: float
    memory_s: float
    network_s: float


@kernel
def blend(compute_s: float, memory_s: float, exponent: float) -> float:
    """Smooth roofline [s]: `(tc^q + tm^q)^(1/q)`, between max and sum; q = 2..4. Worked: 3 s and 4 s with q = 2 give
    5 s.
    """
    if exponent == 2.0:
        return sqrt(compute_s * compute_s + memory_s * memory_s)
    if exponent == 3.0:
        return float(np.cbrt(compute_s * compute_s * compute_s + memory_s * memory_s * memory_s))
    big = max(compute_s, memory_s)
    if big <= 0.0:
        return 0.0
    return float(big * ((compute_s / big) ** exponent + (memory_s / big) ** exponent) ** (1.0 / exponent))


@kernel
def kv_bytes(model: Model, tune: Tuning, context_tokens: float) -> float:
    """Cache of one sequence over all layers [B]: `kv_el b_kv (L_full ctx + L_window min(ctx, w))`.

    Worked: 80 layers, 2 * 8 * 128 elements of 1 B, 1,000 tokens: 163.84 MB.
    """
    full = (model.layers - model.window_layers) * context_tokens
    window = model.window_layers * min(context_tokens, model.window_tokens)
    return model.kv_elements * tune.kv_b * (full + window)


@kernel
def held_bytes(model: Model, tune: Tuning, context_tokens: float) -> float:
    """Memory that the cache of one sequence takes [B]: that of `kv_bytes`, and a share of what lies outside the window.

    An engine that gives blocks back only when a request ends holds all of it (`window_held_frac` 1).
    """
    outside = model.window_layers * max(0.0, context_tokens - model.window_tokens)
    held = model.kv_elements * tune.kv_b * tune.window_held_frac * outside
    return kv_bytes(model, tune, context_tokens) + held


@kernel
def weight_bytes(model: Model, tune: Tuning, layout: Layout) -> float:
    """Weights on one accelerator [B]: attention and dense parts over tp pp, experts over all n, two embedding tables
    over tp.

    `(b_a L Wa + b_w (Ld Wf + Lm s We))/(tp pp) + b_w Lm (E + R) We/n + 2 * 2 V d / tp`; attention is replicated over
    dp, experts are not but for R redundant ones. b_a differs from b_w where a 4-bit mixture keeps its attention in 16 bits.
    """
    n = layout.tp * layout.pp * layout.dp
    attention = model.layers * model.attention_weights * tune.attention_weight_b / (layout.tp * layout.pp)
    dense = model.dense_layers * model.ffn_weights + model.moe_layers * model.shared_count * model.expert_weights
    experts = model.moe_layers * (model.expert_count + tune.redundant_count) * model.expert_weights
    tables = 2.0 * tune.head_b * model.vocab * model.hidden
    if tune.sram_layer_s > 0.0:
        tables /= layout.pp
    return attention + tune.weight_b * (dense / (layout.tp * layout.pp) + experts / n) + tables / layout.tp


@kernel
def workspace_bytes(model: Model, device: Device, tune: Tuning, layout: Layout) -> float:
    """Buffers of an expert layer on one accelerator [B], sized for the worst case: all rows of a full chunk end here.

    `e k n_c dp (w (d + f') + b (d + 2 f'))`: gathered inputs and activations in the width w that is dispatched, both halves
    of the gated product and the result in b; f' is an expert's width over the devices that share it, three matrices an
    expert. Attention-data ranks of one scale-up domain gather each other's tokens, so the buffer grows with them; e is 0
    for engines that work through a chunk in pieces. Worked: DeepSeek-R1, chunks of 8,192 on eight ranks: 524,288 rows of
    31.7 kB are 16.6 GB. Reference: TensorRT-LLM, mixture-of-experts plug-in (`moe_max_num_tokens`, by default
    `max_num_tokens` times the data-parallel size).
    """
    if model.moe_layers <= 0.0 or tune.expert_buffers_frac <= 0.0:
        return 0.0
    slices = layout.tp * layout.dp / layout.ep
    width = model.expert_weights / (3.0 * model.hidden) / slices
    row = tune.dispatch_b * (model.hidden + width) + tune.activation_b * (model.hidden + 2.0 * width)
    ranks = min(layout.dp, max(1.0, device.domain_count))
    return tune.expert_buffers_frac * model.experts_per_token * tune.chunk_tokens * ranks * row


@kernel
def touched_share(experts_per_token: float, expert_count: float, tokens: float, spread_ratio: float) -> float:
    """Expected share of distinct experts that `tokens` tokens visit: `1 - (1 - k/E)^n` when all are asked for alike.

    Real routers have favourites. With popularity spread as a gamma distribution of coefficient of variation v the mean is
    `1 - (1 + v^2 n ln(1/(1 - k/E)))^(-1/v^2)`, the former for v = 0. Worked: k/E = 8/256 touches 63.8 % at 32 tokens and
    98.3 % at 128; with v = 0.8 54.3 % and 86.5 %. Reference: inference model 5.5.
    """
    if spread_ratio <= 0.0:
        return float(1.0 - (1.0 - experts_per_token / expert_count) ** tokens)
    square = spread_ratio * spread_ratio
    asked = -tokens * np.log(1.0 - min(experts_per_token / expert_count, 0.999999))
    return float(1.0 - (1.0 + square * asked) ** (-1.0 / square))


@kernel
def expert_time(
    model: Model, device: Device, layout: Layout, tune: Tuning, tokens: float
) -> tuple[float, float, float]:
    """One expert layer: (total, compute part, memory part) [s] for `tokens` tokens over the instance.

    compute `2 We (x k n_t + m_half E_t) / n_l / (F eta_c mu) + 2 We s t / tp`: with m = k n_t / E_t tokens an expert that
    is visited at all (E_t; untouched experts start no kernel, so one token costs k padded tiles, not E) this is the
    efficiency `m / (m + m_half)`, where an uneven load x adds tokens but no tiles. Memory =
    touched experts of one device, shared experts, activations. Devices that hold slices of the same experts all see the
    same rows at full width, so gathering, quantising and adding them up costs `c d k n_t / ep` bytes, not / n_l: that is
    why slicing fine-grained experts over tensor ranks makes prefill slow. x = 1 + a sqrt(ln ep / (k n_t / ep)) is the expected
    imbalance.
    """
    n_l = layout.tp * layout.dp
    routed = model.experts_per_token * tokens
    share = touched_share(model.experts_per_token, model.expert_count, tokens, tune.routing_spread_ratio)
    eta = tune.compute_eta * tune.moe_mu
    skew = 1.0
    if layout.ep > 1.0:
        spare = tune.redundant_count / (tune.redundant_even_frac * model.expert_count)
        skew += max(0.0, 1.0 - spare) * tune.imbalance * sqrt(np.log(layout.ep) * layout.ep / routed)
        skew += max(0.0, 1.0 - spare) * tune.skew_frac * log2(layout.ep)
    touched = (model.expert_count + tune.redundant_count) / layout.ep * share
    local = tokens / layout.dp
    shared = model.expert_weights * model.shared_count / layout.tp
    rows = skew * routed + tune.moe_half_tokens * model.expert_count * share
    routed_s = 2.0 * model.expert_weights * rows / n_l / (device.flop_per_s * eta)
    shared_s = 2.0 * shared * local / (device.flop_per_s * tune.compute_eta)
    b = model.expert_weights * tune.weight_b * touched / (n_l / layout.ep) + shared * tune.weight_b
    memory_s = b / (device.memory_b_per_s * tune.expert_memory_eta)
    rows_s = (
        skew * tune.expert_traffic_b * model.hidden * routed / layout.ep / (device.memory_b_per_s * tune.memory_eta)
    )
    total = blend(routed_s + shared_s, memory_s, tune.blend_exponent) + rows_s + tune.moe_layer_s
    return total, routed_s + shared_s, memory_s + rows_s


@kernel
def exchange_time(bytes_b: float, group_count: float, device: Device, tune: Tuning) -> float:
    """Time to move bytes inside a group [s]: what stays in the scale-up island at its rate, the rest `(g - u)/g` over
    the NIC.
    """
    domain = max(1.0, device.domain_count)
    inside = min(group_count, domain)
    rate = device.scale_up_b_per_s * tune.link_eta
    if 0.0 < inside - 1.0 < device.peer_count:
        rate *= (inside - 1.0) / device.peer_count
    if group_count <= domain:
        return bytes_b / rate
    outside = (group_count - domain) / group_count
    inside_s = bytes_b * (1.0 - outside) / rate if domain > 1.0 else 0.0
    return inside_s + bytes_b * outside / (device.scale_out_b_per_s * tune.link_eta)


@kernel
def all_reduce_time(row_b: float, group_count: float, device: Device, tune: Tuning) -> float:
    """One all-reduce of `row_b` bytes over g accelerators [s], the faster of two ways.

    At once, in one fused kernel that reads every peer: `a1 log2 g + (g-1) v / beta`; as a ring or in the switch by the
    library: `a2 log2 g + 2 (g-1)/g v / beta`. Worked: g = 8, a1 = 3 us, a2 = 9 us, 290 GB/s: they meet at 1 MB, where
    engines change over too. Reference: inference model 5.6 and the library floors of 6.1 (9, 14 and 26 us for 2, 4, 8).
    """
    g = group_count
    depth = log2(g)
    at_once = tune.all_reduce_s * depth + exchange_time((g - 1.0) * row_b, g, device, tune)
    ring = tune.ring_s * depth + exchange_time(2.0 * (g - 1.0) / g * row_b, g, device, tune)
    return min(at_once, ring)


@kernel
def expert_exchange_time(
    model: Model, device: Device, layout: Layout, tune: Tuning, tokens: float, decode: float
) -> float:
    """All-to-all of all expert layers, dispatch and combine [s]: `2 a + (t/tp) c d (w + b) (g-1)/g / beta` a layer.

    c = min(k, ep) copies of a token. Without attention-data ranks (dp 1) every device holds all tokens already, and the
    all-reduce that follows adds up what its own experts yield: there is nothing to exchange. Experts cut into slices over
    attention-data ranks (ep < dp) need each token at every slice. Across D scale-up domains of u: a decode step sends
    every copy over the NIC; prefill sends one a domain, `min(groups, D (1 - (1 - 1/D)^k)) (D-1)/D`, and forwards it
    inside meanwhile, so that the slower of both counts. Worked: 8 of 256 experts in 4 groups over 4 domains of 8: 2.7
    copies over the NICs instead of 6. Reference: inference model 5.6; DeepEP, normal and low-latency kernels.
    """
    if not (layout.dp > 1.0 and model.moe_layers > 0.0):
        return 0.0
    g = max(layout.ep, layout.dp)
    slices = max(1.0, layout.dp / layout.ep)
    copies = min(model.experts_per_token, layout.ep) * slices
    each = tokens / (layout.tp * layout.dp) * model.hidden * (tune.dispatch_b + tune.activation_b)
    domain = max(1.0, device.domain_count)
    domains = g / domain
    if decode > 0.0 or domains <= 1.0 or slices > 1.0:
        time = exchange_time(each * copies * (g - 1.0) / g, g, device, tune)
    else:
        landed = min(model.expert_domains_count, domains * (1.0 - (1.0 - 1.0 / domains) ** model.experts_per_token))
        away_s = each * landed * (domains - 1.0) / domains / (device.scale_out_b_per_s * tune.link_eta)
        time = max(away_s, exchange_time(each * copies * (domain - 1.0) / domain, domain, device, tune))
    return model.moe_layers * (2.0 * tune.all_to_all_s + time)


@kernel
def network_time(model: Model, device: Device, layout: Layout, tune: Tuning, tokens: float) -> float:
    """Communication of one pass over all layers beside the experts' [s]: all-reduce (tp), twice a layer, and the
    pipeline's hand-over `(pp-1)(a + t d b / beta)`.
    """
    row = tokens / layout.dp * model.hidden * tune.activation_b
    time = 0.0
    if layout.tp > 1.0:
        time += 2.0 * model.layers * all_reduce_time(row, layout.tp, device, tune)
    if layout.pp > 1.0:
        n = layout.tp * layout.dp * layout.pp
        time += (layout.pp - 1.0) * (tune.all_reduce_s + exchange_time(row, n, device, tune))
    return time


@kernel
def launch_time(model: Model, tune: Tuning) -> float:
    """Host time to launch a prefill pass kernel by kernel [s]: `L tau_l + Lm tau_lm`, `+ L tau_la` with latent attention.

    The device works meanwhile, so a pass takes the blend of both: short prompts, and small models with many kernels, are
    bound by launches (DeepSeek-R1 needs about 0.1 s for 1,000 tokens on eight accelerators whose rates allow 0.03 s).
    """
    launch_s = model.layers * tune.launch_layer_s + model.moe_layers * tune.launch_moe_layer_s
    if model.decode_qkv_elements > model.prefill_qkv_elements:  # latent attention, absorbed in decode only
        launch_s += model.layers * tune.launch_latent_layer_s
    return float(launch_s)


@kernel
def _alone(
    model: Model,
    device: Device,
    layout: Layout,
    tune: Tuning,
    tokens: float,
    sequences: float,
    context_tokens: float,
    decode: float,
) -> tuple[Pass, float]:
    """One pass without a split, and how much of it is the experts' exchange [s]; see `forward`.

    T_lin: linear layers and the vocabulary head; T_att: attention against the cache; T_moe and T_c as above; plus a
    fixed time a layer and a step. `context_tokens` is what a token sees on average: in prefill the cached prefix and
    half of the new tokens. `decode` is 1 in decode, 0 in prefill. Worked numbers are in the tests, which compare every
    term with the closed form. Reference: inference model 5.3 to 5.7.

    Between the matrix products, norms, rotations, residuals and quantisation stream the hidden state and the heads
    through memory in kernels of their own: `c L t (d + h w / tp) / BW` is added, not blended.

    Host time. A decode step replays a recorded graph; the host prepares it in `h = tau_host + tau_seq S'`, of which an
    overlapping scheduler hides `o min(h, T)`. What it takes to launch a prefill pass is in `launch_time`.
    """
    t = tokens / layout.dp
    local_sequences = sequences / layout.dp
    t_out = t if decode > 0.0 else local_sequences
    attention, ffn = model.layers * model.attention_weights, model.dense_layers * model.ffn_weights
    head = model.vocab * model.hidden
    rate = device.flop_per_s * tune.compute_eta
    wide_rate = device.attention_flop_per_s * tune.attention_eta if tune.attention_wide_frac > 0.0 else rate
    bandwidth = device.memory_b_per_s * tune.memory_eta
    linear_c = (2.0 * t * (ffn / rate + attention / wide_rate) + 2.0 * t_out * head / rate) / layout.tp
    linear_b = (ffn * tune.weight_b + attention * tune.attention_weight_b + head * tune.head_b) / layout.tp
    width = model.hidden + model.heads * model.prefill_qkv_elements / layout.tp
    linear_m = linear_b / bandwidth
    between_m = tune.traffic_b * model.layers * t * width / bandwidth
    shards = min(layout.tp, model.kv_shards_max)
    seen = (model.layers - model.window_layers) * context_tokens
    in_window = min(context_tokens, model.window_tokens)
    if context_tokens > model.window_tokens or decode <= 0.0:
        in_window = min(context_tokens, model.window_tokens * model.window_seen_frac)
    seen += model.window_layers * in_window
    pair = model.decode_qkv_elements if decode > 0.0 else model.prefill_qkv_elements
    width = 0.5 * model.prefill_qkv_elements
    att_eta = tune.attention_eta * (128.0 + tune.head_half_count) / 128.0 * width / (width + tune.head_half_count)
    att_c = 2.0 * model.heads * pair * t * seen / layout.tp / (device.attention_flop_per_s * att_eta)
    att_m = local_sequences * seen * model.kv_elements * tune.kv_b / shards
    att_m /= device.memory_b_per_s * tune.attention_memory_eta
    total = blend(linear_c, linear_m, tune.blend_exponent) + blend(att_c, att_m, tune.blend_exponent) + between_m
    compute = linear_c + att_c
    memory = linear_m + att_m + between_m
    moe_s = 0.0
    if model.moe_layers > 0.0:
        layer_s, layer_c, layer_m = expert_time(model, device, layout, tune, tokens)
        moe_s = model.moe_layers * layer_s
        compute += model.moe_layers * layer_c
        memory += model.moe_layers * layer_m
    plain_s = network_time(model, device, layout, tune, tokens)
    exchange_s = expert_exchange_time(model, device, layout, tune, tokens, decode)
    total += moe_s + plain_s + model.layers * tune.layer_s
    if decode > 0.0:
        host_s = tune.host_s + tune.sequence_s * local_sequences
        total += host_s - tune.host_overlap_frac * min(host_s, total)
    else:
        total += tune.host_s
    return Pass(total + exchange_s, compute, memory, plain_s + exchange_s), exchange_s


@kernel
def forward(
    model: Model,
    device: Device,
    layout: Layout,
    tune: Tuning,
    tokens: float,
    sequences: float,
    context_tokens: float,
    decode: float,
) -> Pass:
    """One pass of `tokens` tokens of `sequences` sequences at a mean context, summed over all layers and stages [s].

    With two-batch overlap each half computes while the other half's tokens travel: `2 (c + max(0, x - o c))`, c the half's
    time without its exchange x. Weights are then read twice, and in prefill the units u that move tokens are missing from
    the products, `c / (1 - u)`. Worked: c = 10 ms, x = 8 ms, o = 1, u = 0 in decode: 20 ms instead of 36 ms. Reference:
    DeepSeek open-infra-index, day 6 (dual-batch overlap); DeepEP (20 units in prefill, none in decode).
    """
    if tune.overlap_frac <= 0.0 or model.moe_layers <= 0.0 or max(layout.ep, layout.dp) <= 1.0:
        return _alone(model, device, layout, tune, tokens, sequences, context_tokens, decode)[0]
    half, exchange_s = _alone(model, device, layout, tune, 0.5 * tokens, 0.5 * sequences, context_tokens, decode)
    own_s = half.total_s - exchange_s
    if decode <= 0.0:
        own_s /= 1.0 - tune.exchange_units_frac
    seen_s = max(0.0, exchange_s - tune.overlap_frac * own_s)
    network_s = 2.0 * (half.network_s - exchange_s + seen_s)
    return Pass(2.0 * (own_s + seen_s), 2.0 * half.compute_s, 2.0 * half.memory_s, network_s)
