"""What a training job holds and counts: memory of one rank, FLOP of a token, and the search over layouts.

Reference: interconnect and training model, section 5; Korthikanti et al., arXiv:2205.05198, table 2 (activations);
Narayanan et al., arXiv:2104.04473, appendix (FLOP); Rajbhandari et al., arXiv:1910.02054 (ZeRO).
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from ._jit import kernel
from .arrays import Floats
from .training import RECOMPUTE_CORE, RECOMPUTE_LAYER, rank_weights, step
from .training_types import Device, Job, Shape, Tune


class Memory(NamedTuple):
    """Bytes on one rank of the fullest stage [B]: parameters with gradients and optimizer state, activations, total."""

    state_b: float
    activation_b: float
    total_b: float


@kernel
def state_bytes(shape: Shape, job: Job, tune: Tune) -> float:
    """Parameters, gradients and optimizer state of one rank [B]: `P (w/z3 + g/z2 + o/z1)`, zi = d c from ZeRO stage i.

    Worked: 22B without embeddings over t = 8 at 2 + 4 + 12 B: 45.56 GiB. Experts are cut over their own smaller group.
    """
    dense, experts = rank_weights(shape, job)
    total = 0.0
    for weights, members in ((dense, job.dp * job.cp), (experts, max(1.0, job.dp * job.cp / job.ep))):
        each = tune.weight_b / (members if job.zero_stage >= 3.0 else 1.0)
        each += tune.gradient_b / (members if job.zero_stage >= 2.0 else 1.0)
        each += tune.optimizer_b / (members if job.zero_stage >= 1.0 else 1.0)
        total += weights * each
    return total


@kernel
def layer_activation_bytes(shape: Shape, job: Job, tune: Tune, recompute: float) -> float:
    """Activations of one microbatch and layer on one rank [B].

    `T h (10 + 24/t + 5 a s/(h t))` for an ordinary layer, T tokens: 10 is norms, dropouts and inputs, over t with
    sequence parallelism; 24 is q, k, v, the context and both sides of the activation function; the last is the scores
    (dropped by selective recompute and by a fused core). Inputs of linear layers are kept in their operand width.
    Software with a fused core uses no dropout (2 T h less) and derives the activation function's output again.
    Layer recompute keeps `2 T h`.
    """
    tokens = job.micro_batch * job.sequence_tokens / job.cp
    if recompute == RECOMPUTE_LAYER:
        return 2.0 * tokens * shape.hidden
    kept_b = tune.operand_b
    fused = job.fused_attention > 0.0
    plain = ((4.0 if fused else 6.0) + 2.0 * kept_b) * shape.hidden / (job.tp if job.sequence_parallel > 0.0 else 1.0)
    share = shape.moe_layers / shape.layers
    wide = (1.0 - share) * shape.ffn_width
    wide += share * (shape.experts_per_token + shape.shared_count) * shape.expert_width
    cut = 2.0 * (shape.qk_width + shape.kv_width) + kept_b * shape.value_width
    cut += (2.0 * (shape.ffn_matrices - 1.0) + (0.0 if fused else kept_b)) * wide
    if share > 0.0:
        cut += 2.0 * share * shape.experts_per_token * shape.hidden
    if recompute != RECOMPUTE_CORE and not fused:
        cut += 5.0 * shape.heads * job.sequence_tokens
    return tokens * (plain + cut / job.tp)


@kernel
def activation_bytes(shape: Shape, job: Job, tune: Tune) -> float:
    """Activations of the first stage [B]: min(p, m) microbatches of L/p layers, times `1 + (p-1)/(p v)` interleaved.

    Layer recompute adds the working set of one layer. Worked: 175B, t = p = 8, v = 3, nothing recomputed: 66.84 GiB.
    """
    one = layer_activation_bytes(shape, job, tune, job.recompute)
    micro = job.batch / (job.dp * job.micro_batch)
    kept = shape.layers / job.pp * min(job.pp, micro)
    if job.interleave > 1.0:
        kept *= 1.0 + (job.pp - 1.0) / (job.pp * job.interleave)
    working = layer_activation_bytes(shape, job, tune, 0.0) if job.recompute == RECOMPUTE_LAYER else 0.0
    return one * kept + working


@kernel
def memory(shape: Shape, job: Job, tune: Tune) -> Memory:
    """All of one rank [B]; the last stage holds `4 s b V/t` of logits beside one microbatch, and so does a lone stage."""
    state, first = state_bytes(shape, job, tune), activation_bytes(shape, job, tune)
    logits = 4.0 * job.micro_batch * job.sequence_tokens / job.cp * shape.vocab / job.tp
    if job.pp == 1.0:
        first += logits
    else:
        first = max(
            first, logits + layer_activation_bytes(shape, job, tune, job.recompute) * ceil(shape.layers / job.pp)
        )
    return Memory(state, first, state + first)


@kernel
def flop_per_token(shape: Shape, sequence_tokens: float, square_ratio: float) -> tuple[float, float]:
    """Model FLOP of one token, forward and backward, in linear layers with the head, and in the attention core.

    `6 (W_active + V h)` and `6 s (d_qk + d_v) L x`, x = 1 for the whole square (the papers' usual count), 0.5 causal.
    Worked: 175B at 2,048: 72 L h^2 (1 + s/6h + V/12hL) = 1.077e12. Reference: arXiv:2104.04473, appendix.
    """
    expert = shape.ffn_matrices * shape.hidden * shape.expert_width
    active = shape.layers * shape.attention_weights
    active += (shape.layers - shape.moe_layers) * shape.ffn_matrices * shape.hidden * shape.ffn_width
    active += shape.moe_layers * (shape.experts_per_token + shape.shared_count) * expert
    core = 6.0 * sequence_tokens * (shape.qk_width + shape.value_width) * shape.layers * square_ratio
    return 6.0 * (active + shape.vocab * shape.hidden), core


@kernel
def hardware_flop_per_token(shape: Shape, sequence_tokens: float, square_ratio: float, recompute: float) -> float:
    """FLOP of one token with what is repeated, as papers count it.

    Layer: a third more without the head (arXiv:2104.04473: 96 L h^2 (1 + s/6h + V/16hL)). Core: the core counts twice
    (arXiv:2205.05198: 72 L h^2 (1 + s/3h + V/12hL), more than its forward part).
    """
    linear, core = flop_per_token(shape, sequence_tokens, square_ratio)
    if recompute == RECOMPUTE_LAYER:
        return (linear + core) * 4.0 / 3.0 - 2.0 * shape.vocab * shape.hidden
    if recompute == RECOMPUTE_CORE:
        return linear + 2.0 * core
    return linear + core


@kernel
def read_job(table: Floats, row: int) -> Job:
    """One row of a table of layouts, columns in the order of `Job`."""
    line = table[row]
    return Job(
        line[0], line[1], line[2], line[3], line[4], line[5], line[6], line[7], line[8], line[9], line[10], line[11],
        line[12], line[13],
    )  # fmt: skip


@kernel
def search(shape: Shape, table: Floats, device: Device, tune: Tune, out: Floats) -> int:
    """The fastest layout that fits: its row, or -1. Writes time [s] and bytes [B] of every row to `out`.

    Rows of one table serve the same batch, so the shortest step is the highest rate.
    """
    best, best_s = -1, 1e300
    room = device.memory_b * tune.usable_frac - tune.reserve_b
    for row in range(table.shape[0]):
        job = read_job(table, row)
        out[row, 0] = step(shape, job, device, tune).total_s
        out[row, 1] = memory(shape, job, tune).total_b
        if out[row, 1] <= room and out[row, 0] < best_s:
            best, best_s = row, out[row, 0]
    return best
