"""Arguments and results of the training kernels: model, accelerator, job, constants, one layer, one step."""

from __future__ import annotations

from typing import NamedTuple


class Shape(NamedTuple):
    """A model's shape. Weights are parameters a layer; widths are summed over heads; `ffn_matrices` 2 (GELU) or 3
    (gated); `kv_width` keys and values of one token and layer; `embedding_tables` 1 when input and output are tied.
    `expert_domains_count`: scale-up domains to which a router sends one token at most (infinite: no limit).
    """

    layers: float
    moe_layers: float
    hidden: float
    heads: float
    qk_width: float
    value_width: float
    kv_width: float
    attention_weights: float
    ffn_width: float
    ffn_matrices: float
    vocab: float
    embedding_tables: float
    expert_count: float
    experts_per_token: float
    shared_count: float
    expert_width: float
    expert_domains_count: float


class Device(NamedTuple):
    """One accelerator in base units; links per accelerator and direction; `domain_count` share the scale-up fabric."""

    flop_per_s: float
    attention_flop_per_s: float
    memory_b_per_s: float
    memory_b: float
    scale_up_b_per_s: float
    scale_out_b_per_s: float
    domain_count: float


class Job(NamedTuple):
    """Layout and method: sizes of the tensor, context, pipeline, data and expert groups (tp cp pp dp accelerators; the
    expert group is cut out of dp cp), chunks a stage, sequences a microbatch and a step, recompute 0 none, 1 attention
    core, 2 layer; ZeRO stage 0..3; flags 0 or 1.
    """

    tp: float
    cp: float
    pp: float
    dp: float
    ep: float
    interleave: float
    micro_batch: float
    batch: float
    sequence_tokens: float
    recompute: float
    sequence_parallel: float
    zero_stage: float
    fused_attention: float
    parallel_block: float


class Tune(NamedTuple):
    """Constants from the catalogue: efficiencies and overlaps (0..1), fixed times [s], bytes a parameter [B].

    `expert_skew_frac`: by how much the busiest expert rank exceeds the mean; `routing_traffic_b`: bytes per routed token
    and element to gather tokens for their experts and to add them up; `exchange_units_frac`: compute units that a hidden
    exchange keeps busy. `operand_b` is the width of GEMM inputs, `cast_b` the traffic of narrowing one of them,
    `gradient_wire_b` the width in which gradients are sent.
    """

    gemm_eta: float
    head_eta: float
    attention_eta: float
    memory_eta: float
    gemm_traffic_ratio: float
    expert_skew_frac: float
    routing_traffic_b: float
    scale_up_eta: float
    scale_out_eta: float
    scale_up_hop_s: float
    scale_out_hop_s: float
    tp_forward_overlap_frac: float
    tp_backward_overlap_frac: float
    cp_overlap_frac: float
    ep_overlap_frac: float
    exchange_units_frac: float
    pp_overlap_frac: float
    dp_overlap_frac: float
    zero3_overlap_frac: float
    layer_s: float
    straggler_frac: float
    straggler_doubling_frac: float
    straggler_count: float
    operand_b: float
    cast_b: float
    weight_b: float
    gradient_b: float
    gradient_wire_b: float
    optimizer_b: float
    optimizer_traffic_b: float
    usable_frac: float
    reserve_b: float


class Layer(NamedTuple):
    """Mean layer of one microbatch [s]: compute forward and backward, the core that selective recompute repeats, and
    exposed communication of the tensor group (forward, backward) and of context and expert groups.
    """

    forward_s: float
    backward_s: float
    core_s: float
    tp_forward_s: float
    tp_backward_s: float
    exchange_s: float


class Step(NamedTuple):
    """One step [s]: total, and what it is made of; `straggler_s` is the wait for the slowest accelerator."""

    total_s: float
    compute_s: float
    recompute_s: float
    tensor_s: float
    exchange_s: float
    pipeline_s: float
    bubble_s: float
    head_s: float
    data_s: float
    optimizer_s: float
    straggler_s: float
