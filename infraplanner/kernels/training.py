"""Step time of one training job: compute by GEMM shape, exposed communication, bubble, optimizer and stragglers.

Reference: interconnect and training model, sections 3.2, 5 and 6; Narayanan et al., arXiv:2104.04473 (pipeline, tensor
parallelism); Korthikanti et al., arXiv:2205.05198 (sequence parallelism, recompute); Rajbhandari et al.,
arXiv:1910.02054 (ZeRO). Byte counts of vector operations are of 16-bit numbers with one-byte dropout masks.
"""

from __future__ import annotations

from math import ceil, log2

from ._jit import kernel
from .collectives import hierarchical_all_reduce, hierarchical_gather, point_to_point, reduce_scatter
from .training_types import Device, Job, Layer, Shape, Step, Tune

# Recompute modes; they name cases and are no parameters.
KEEP_ALL, RECOMPUTE_CORE, RECOMPUTE_LAYER = 0.0, 1.0, 2.0


@kernel
def gemm_time(
    m_count: float, n_count: float, k_count: float, rate_per_s: float, operand_b: float, device: Device, tune: Tune
) -> float:
    """One matrix product [s]: `2 m n k / F + r (w (m k + k n) + 2 m n) / B`, F achievable FLOP/s, w operand bytes.

    The second term is what makes thin shapes slow: per FLOP it falls with 1/m + 1/n + 1/k. r is how often operands
    move compared with once, fitted. Worked: 8192 x 3072 x 6144 at 250e12 and r B^-1 = 1/1.6e12: 1.24 + 0.12 ms.
    """
    moved = operand_b * (m_count * k_count + k_count * n_count) + 2.0 * m_count * n_count
    compute = 2.0 * m_count * n_count * k_count / rate_per_s
    return compute + tune.gemm_traffic_ratio * moved / (device.memory_b_per_s * tune.memory_eta)


@kernel
def dense_time(
    m_count: float, n_count: float, k_count: float, repeat_count: float, device: Device, tune: Tune
) -> tuple[float, float]:
    """Forward, and backward (input and weight gradient), of `repeat_count` equal linear layers [s]."""
    rate, width = device.flop_per_s * tune.gemm_eta, tune.operand_b
    forward = gemm_time(m_count, n_count, k_count, rate, width, device, tune)
    backward = gemm_time(m_count, k_count, n_count, rate, width, device, tune)
    backward += gemm_time(k_count, n_count, m_count, rate, width, device, tune)
    cast = tune.cast_b * m_count / (device.memory_b_per_s * tune.memory_eta)
    return repeat_count * (forward + cast * k_count), repeat_count * (backward + cast * n_count)


@kernel
def core_time(shape: Shape, job: Job, device: Device, tune: Tune, tokens: float) -> tuple[float, float]:
    """Attention core of one layer, forward and backward [s].

    FLOP forward `2 T s (d_qk + d_v)/t`. Unfused: the whole square, backward twice, and the scores move 13 and 19 B each
    (product, softmax, dropout with mask, and their gradients). Fused: half of the square (causal), backward 2.5 times
    because it repeats the product, nothing moves.
    """
    square = tokens * job.sequence_tokens / job.tp
    flop = 2.0 * square * (shape.qk_width + shape.value_width)
    if job.fused_attention > 0.0:
        forward = 0.5 * flop / (device.attention_flop_per_s * tune.attention_eta)
        return forward, 2.5 * forward
    compute = flop / (device.attention_flop_per_s * tune.head_eta)
    move = shape.heads * square / (device.memory_b_per_s * tune.memory_eta)
    return compute + 13.0 * move, 2.0 * compute + 19.0 * move


@kernel
def vector_time(shape: Shape, job: Job, device: Device, tune: Tune, tokens: float) -> tuple[float, float]:
    """Norms, residuals and dropouts (22 and 34 B an element of the hidden width, over t only with sequence
    parallelism) and the activation function (`2 k f` and `2 (2k - 1) f` B, k matrices) of one layer [s].

    Experts: `c k h` B a token to bring tokens into the order of their experts and back, each way, over t.
    """
    shards = job.tp if job.sequence_parallel > 0.0 else 1.0
    rows = tokens * shape.hidden / shards
    share = shape.moe_layers / shape.layers
    wide = (1.0 - share) * shape.ffn_width
    wide += share * (shape.experts_per_token + shape.shared_count) * shape.expert_width
    wide *= tokens / job.tp
    bandwidth = device.memory_b_per_s * tune.memory_eta
    forward = 22.0 * rows + 2.0 * shape.ffn_matrices * wide
    backward = 34.0 * rows + 2.0 * (2.0 * shape.ffn_matrices - 1.0) * wide
    routed = share * tune.routing_traffic_b * shape.experts_per_token * tokens * shape.hidden / job.tp
    forward, backward = forward + routed, backward + routed
    return forward / bandwidth, backward / bandwidth


@kernel
def mlp_time(shape: Shape, job: Job, device: Device, tune: Tune, tokens: float) -> tuple[float, float]:
    """Linear layers of the feed-forward part, forward and backward [s]: the mean over dense and expert layers.

    An expert sees `T k e / E` tokens of its group of e ranks, and a rank holds E/e experts; the busiest rank, for which
    the others wait, sees `1 + x` times as many.
    """
    up = shape.ffn_matrices - 1.0
    forward, backward = 0.0, 0.0
    share = shape.moe_layers / shape.layers
    if share < 1.0:
        f1, b1 = dense_time(tokens, up * shape.ffn_width / job.tp, shape.hidden, 1.0, device, tune)
        f2, b2 = dense_time(tokens, shape.hidden, shape.ffn_width / job.tp, 1.0, device, tune)
        forward, backward = (1.0 - share) * (f1 + f2), (1.0 - share) * (b1 + b2)
    if share > 0.0:
        width = shape.expert_width / job.tp
        rows, local = tokens * shape.experts_per_token * job.ep / shape.expert_count, shape.expert_count / job.ep
        if job.ep > 1.0:
            rows *= 1.0 + tune.expert_skew_frac
        f1, b1 = dense_time(rows, up * width, shape.hidden, local, device, tune)
        f2, b2 = dense_time(rows, shape.hidden, width, local, device, tune)
        f3, b3 = dense_time(tokens, up * width, shape.hidden, shape.shared_count, device, tune)
        f4, b4 = dense_time(tokens, shape.hidden, width, shape.shared_count, device, tune)
        forward, backward = forward + share * (f1 + f2 + f3 + f4), backward + share * (b1 + b2 + b3 + b4)
    return forward, backward


@kernel
def inner_count(group_count: float, stride_count: float, device: Device) -> float:
    """Members of a group that share one scale-up domain, when neighbours in the group stand `stride_count` apart."""
    return max(1.0, min(group_count, float(int(device.domain_count / stride_count))))


@kernel
def group_gather(size_b: float, group_count: float, stride_count: float, device: Device, tune: Tune) -> float:
    """All-gather or reduce-scatter of S over a group laid across domains [s]; half of an all-reduce."""
    inner = inner_count(group_count, stride_count, device)
    up, out = device.scale_up_b_per_s * tune.scale_up_eta, device.scale_out_b_per_s * tune.scale_out_eta
    outer = float(ceil(group_count / inner))
    return hierarchical_gather(size_b, inner, outer, tune.scale_up_hop_s, tune.scale_out_hop_s, up, out)


@kernel
def group_all_reduce(size_b: float, group_count: float, stride_count: float, device: Device, tune: Tune) -> float:
    """All-reduce of S over a group laid across domains [s]."""
    inner = inner_count(group_count, stride_count, device)
    up, out = device.scale_up_b_per_s * tune.scale_up_eta, device.scale_out_b_per_s * tune.scale_out_eta
    outer = float(ceil(group_count / inner))
    return hierarchical_all_reduce(size_b, inner, outer, tune.scale_up_hop_s, tune.scale_out_hop_s, up, out)


@kernel
def context_time(shape: Shape, job: Job, device: Device, tune: Tune, tokens: float) -> float:
    """Exposed exchange of keys and values over the context group for one layer, gathered and their gradients scattered [s]."""
    if job.cp <= 1.0:
        return 0.0
    size = 2.0 * tokens * job.cp * shape.kv_width / job.tp
    return 2.0 * group_gather(size, job.cp, job.tp, device, tune) * (1.0 - tune.cp_overlap_frac)


@kernel
def expert_exchange(shape: Shape, job: Job, device: Device, tune: Tune, tokens: float) -> float:
    """Tokens to and from experts in the mean layer, forward and backward, before anything hides it [s].

    Each way in moves the width w of GEMM inputs, each way out 16 bits: `2 (w + 2) T h / t` bytes a copy. A token goes once
    to every scale-up domain that holds an expert of its, `D (1 - (1 - 1/D)^k)` of D on average and at most as many as its
    router allows, and from there to k ranks. Worked: 8 of 256 experts over 8 domains: 5.25 of them, 4.6 over the NICs.
    Reference: DeepSeek-V3 report, arXiv:2412.19437, 2.1.2 and 3.2.
    """
    if not (job.ep > 1.0 and shape.moe_layers > 0.0):
        return 0.0
    inner = inner_count(job.ep, job.tp, device)
    domains = float(ceil(job.ep / inner))
    landed = domains * (1.0 - (1.0 - 1.0 / domains) ** shape.experts_per_token)
    away = min(landed, shape.expert_domains_count) * (domains - 1.0) / domains
    bytes_b = 2.0 * (tune.operand_b + 2.0) * tokens * shape.hidden / job.tp
    near = shape.experts_per_token * (job.ep - 1.0) / job.ep / (device.scale_up_b_per_s * tune.scale_up_eta)
    far = away / (device.scale_out_b_per_s * tune.scale_out_eta) if away > 0.0 else 0.0
    return (bytes_b * (near + far) + 4.0 * tune.scale_out_hop_s) * shape.moe_layers / shape.layers


@kernel
def expert_wait(total_s: float, compute_s: float, tune: Tune) -> float:
    """What an exchange costs a layer [s]: the part that nothing hides, and what the hidden part takes from compute, whose
    units u move the tokens meanwhile: `u / (1 - u)` of the time, which is at most that of the compute itself.
    """
    hidden = total_s * tune.ep_overlap_frac
    units = tune.exchange_units_frac
    return total_s - hidden + units / (1.0 - units) * min(hidden, compute_s)


@kernel
def layer(shape: Shape, job: Job, device: Device, tune: Tune) -> Layer:
    """The mean layer for one microbatch on one stage.

    Linear layers: attention in (hidden to q, k, v), attention out, feed-forward; the tensor group does two all-reduces
    of `T h b` forward and two backward (one each when attention and feed-forward run side by side).
    """
    tokens = job.micro_batch * job.sequence_tokens / job.cp
    inner = shape.attention_weights / shape.hidden - shape.value_width
    f1, b1 = dense_time(tokens, inner / job.tp, shape.hidden, 1.0, device, tune)
    f2, b2 = dense_time(tokens, shape.hidden, shape.value_width / job.tp, 1.0, device, tune)
    f3, b3 = mlp_time(shape, job, device, tune, tokens)
    f4, b4 = vector_time(shape, job, device, tune, tokens)
    core_f, core_b = core_time(shape, job, device, tune, tokens)
    reductions = 1.0 if job.parallel_block > 0.0 else 2.0
    tensor = 0.0
    if job.tp > 1.0:
        tensor = reductions * group_all_reduce(2.0 * tokens * shape.hidden, job.tp, 1.0, device, tune)
    forward = f1 + f2 + f3 + f4 + core_f + tune.layer_s
    backward = b1 + b2 + b3 + b4 + core_b + 2.0 * tune.layer_s
    routed = expert_exchange(shape, job, device, tune, tokens)
    return Layer(
        forward,
        backward,
        0.0 if job.fused_attention > 0.0 else core_f,
        tensor * (1.0 - tune.tp_forward_overlap_frac),
        tensor * (1.0 - tune.tp_backward_overlap_frac),
        context_time(shape, job, device, tune, tokens) + expert_wait(routed, forward + backward, tune),
    )


@kernel
def recompute_time(one: Layer, job: Job) -> tuple[float, float]:
    """Compute and tensor communication that recompute repeats in the backward pass of one layer [s]."""
    if job.recompute == RECOMPUTE_LAYER:
        return one.forward_s, one.tp_forward_s
    if job.recompute == RECOMPUTE_CORE:
        return one.core_s, 0.0
    return 0.0, 0.0


@kernel
def head_time(shape: Shape, job: Job, device: Device, tune: Tune) -> float:
    """Vocabulary head of one microbatch, forward and backward, in 16 bit, and its loss (20 B a logit) [s]."""
    tokens = job.micro_batch * job.sequence_tokens / job.cp
    rate, columns = device.attention_flop_per_s * tune.head_eta, shape.vocab / job.tp
    time = gemm_time(tokens, columns, shape.hidden, rate, 2.0, device, tune)
    time += gemm_time(tokens, shape.hidden, columns, rate, 2.0, device, tune)
    time += gemm_time(shape.hidden, columns, tokens, rate, 2.0, device, tune)
    return time + 20.0 * tokens * columns / (device.memory_b_per_s * tune.memory_eta)


@kernel
def rank_weights(shape: Shape, job: Job) -> tuple[float, float]:
    """Parameters on one rank of the fullest stage: those replicated over the data group, and experts.

    Layers over t p, experts over e t p, one embedding table over t (both tables when there is one stage).
    """
    tables = shape.embedding_tables if job.pp == 1.0 else 1.0
    per_layer = shape.attention_weights
    share = shape.moe_layers / shape.layers
    expert = shape.ffn_matrices * shape.hidden * shape.expert_width
    per_layer += (1.0 - share) * shape.ffn_matrices * shape.hidden * shape.ffn_width
    per_layer += share * shape.shared_count * expert
    stage = float(ceil(shape.layers / job.pp))
    dense = (stage * per_layer + tables * shape.vocab * shape.hidden) / job.tp
    return dense, stage * share * shape.expert_count * expert / (job.ep * job.tp)


@kernel
def exposed(time_s: float, hidden_s: float) -> float:
    """What is left of a time behind another [s]; an unknown time stays unknown, which `max` would make zero."""
    left = time_s - hidden_s
    return 0.0 if left < 0.0 else left


@kernel
def data_time(shape: Shape, job: Job, device: Device, tune: Tune, stage_s: float) -> float:
    """Exposed exchange of gradients and parameters over the data and context group [s].

    ZeRO 0: all-reduce of gradients; 1 and 2: reduce-scatter of gradients and all-gather of weights; 3: one ring over all
    ranks gathers the weights twice a microbatch and scatters 16-bit gradients. Gradients are whole in the last
    microbatch only and weights are wanted in the first, so `o t_stage` (one microbatch on one stage, `stage_s`) hides
    them; ZeRO 3 hides behind every microbatch.
    """
    dense, experts = rank_weights(shape, job)
    group = job.dp * job.cp
    stride = job.tp * job.pp
    if job.zero_stage >= 3.0:
        rate = device.scale_out_b_per_s * tune.scale_out_eta
        if group * job.tp * job.pp <= device.domain_count:
            rate = device.scale_up_b_per_s * tune.scale_up_eta
        micro = job.batch / (job.dp * job.micro_batch)
        size = (dense + experts) * tune.weight_b
        time = (2.0 * micro + 1.0) * reduce_scatter(size, group, 0.0, rate)
        return exposed(time, tune.zero3_overlap_frac * stage_s * micro)
    time = 0.0
    for weights, members in ((dense, group), (experts, max(1.0, group / job.ep))):
        if job.zero_stage > 0.0:
            time += group_gather((tune.gradient_wire_b + tune.weight_b) * weights, members, stride, device, tune)
        else:
            time += group_all_reduce(tune.gradient_wire_b * weights, members, stride, device, tune)
    return exposed(time, tune.dp_overlap_frac * stage_s)


@kernel
def step(shape: Shape, job: Job, device: Device, tune: Tune) -> Step:
    """One optimizer step over the whole job.

    `T = (t_stage + t_pp)(m + (p-1)/v) + m t_head + t_dp + t_opt`, times 1 + straggler; m = B/(d b) microbatches,
    t_stage = ceil(L/p) layers. Where L is no multiple of p, the last stage has fewer layers and hides that much of the
    head. Worked: 22B on 8 A100, b = B = 4, selective: 1.03 s with the shipped constants (1.10 s measured).
    """
    one = layer(shape, job, device, tune)
    again_s, again_tp_s = recompute_time(one, job)
    stage = float(ceil(shape.layers / job.pp))
    micro = job.batch / (job.dp * job.micro_batch)
    compute = (one.forward_s + one.backward_s) * stage
    again = again_s * stage
    tensor = (one.tp_forward_s + one.tp_backward_s + again_tp_s) * stage
    exchange = one.exchange_s * stage
    hop = 0.0
    if job.pp > 1.0:
        size = 2.0 * job.micro_batch * job.sequence_tokens * shape.hidden / (job.tp * job.cp)
        near = job.tp * job.cp * job.pp <= device.domain_count
        rate = device.scale_up_b_per_s * tune.scale_up_eta if near else device.scale_out_b_per_s * tune.scale_out_eta
        wait = tune.scale_up_hop_s if near else tune.scale_out_hop_s
        hop = 2.0 * job.interleave * point_to_point(size, wait, rate) * (1.0 - tune.pp_overlap_frac)
    busy = compute + again + tensor + exchange
    spare = float(ceil((stage * job.pp - shape.layers) / 2.0)) * busy / stage if job.pp > 1.0 else 0.0
    head = micro * exposed(head_time(shape, job, device, tune), spare)
    bubble = (busy + hop) * (job.pp - 1.0) / job.interleave
    data = data_time(shape, job, device, tune, busy)
    dense, experts = rank_weights(shape, job)
    shards = job.dp * job.cp if job.zero_stage > 0.0 else 1.0
    optimizer = tune.optimizer_traffic_b * (dense + experts) / shards / (device.memory_b_per_s * tune.memory_eta)
    plain = (busy + hop) * micro + bubble + head + data + optimizer
    ranks = job.tp * job.cp * job.pp * job.dp
    wait_frac = tune.straggler_frac + tune.straggler_doubling_frac * max(0.0, log2(ranks / tune.straggler_count))
    return Step(
        plain * (1.0 + wait_frac), compute * micro, again * micro, tensor * micro, exchange * micro, hop * micro,
        bubble, head, data, optimizer, plain * wait_frac,
    )  # fmt: skip
