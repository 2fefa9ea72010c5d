"""Catalogue records as the argument tuples of the training kernels."""

from __future__ import annotations

from typing import Literal

import numpy as np

from infraplanner.catalog.types import Accelerator, Llm
from infraplanner.compile.parts import Catalogue
from infraplanner.compile.rules import constants
from infraplanner.kernels.arrays import Floats
from infraplanner.kernels.goodput import Law
from infraplanner.kernels.training_types import Device, Job, Shape, Tune
from infraplanner.units import BITS_PER_BYTE, GIBI, GIGA, TERA

from .tuning import Lookup, architecture, known, moe_layers, peak

Software = Literal["plain", "tuned"]
"""`plain`: kernels one by one, unfused attention, little overlap (until 2022); `tuned`: fused attention and overlap."""


def shape(llm: Llm) -> Shape:
    """A model's shape for training: no latent cache, every key and value at full width."""
    value = llm.heads * (llm.v_head_dim or llm.head_dim)
    latent = llm.kv_lora_rank is not None
    if latent:
        rank, rope, nope = llm.kv_lora_rank or 0, llm.rope_head_dim or 0, llm.nope_head_dim or llm.head_dim
        ask = (
            llm.hidden * llm.q_lora_rank + llm.q_lora_rank * llm.heads * llm.head_dim
            if llm.q_lora_rank
            else llm.hidden * llm.heads * llm.head_dim
        )
        attention = ask + llm.hidden * (rank + rope) + rank * (llm.heads * nope + value) + value * llm.hidden
        kept = llm.heads * llm.head_dim + value
    else:
        attention = llm.hidden * llm.head_dim * (2 * llm.heads + 2 * llm.kv_heads)
        kept = 2 * llm.kv_heads * llm.head_dim
    experts = llm.experts or 0
    return Shape(
        layers=float(llm.layers),
        moe_layers=float(moe_layers(llm) if experts else 0),
        hidden=float(llm.hidden),
        heads=float(llm.heads),
        qk_width=float(llm.heads * llm.head_dim),
        value_width=float(value),
        kv_width=float(kept),
        attention_weights=float(attention),
        ffn_width=float(llm.ffn),
        ffn_matrices=float(llm.mlp_matrices),
        vocab=float(llm.vocab),
        embedding_tables=1.0 if llm.tied_embeddings else 2.0,
        expert_count=float(experts or 1),
        experts_per_token=float(llm.experts_per_token or 1),
        shared_count=float(llm.shared_experts or 0),
        expert_width=float(llm.moe_ffn or llm.ffn),
        expert_domains_count=float(llm.expert_groups_max or np.inf),
    )


def device(accelerator: Accelerator, precision: str) -> Device:
    """An accelerator in base units; `flop_per_s` in the precision of its linear layers, attention in 16 bit."""
    unit = GIBI if accelerator.memory_unit == "GiB" else GIGA
    return Device(
        flop_per_s=peak(accelerator, precision)[0],
        attention_flop_per_s=known(accelerator.bf16_tflops, TERA),
        memory_b_per_s=known(accelerator.memory_bw_tb_per_s, TERA),
        memory_b=known(accelerator.memory_gb, unit),
        scale_up_b_per_s=known(accelerator.scale_up_gb_per_s, GIGA),
        scale_out_b_per_s=known(accelerator.scale_out_nic_gbps, GIGA / BITS_PER_BYTE),
        domain_count=float(accelerator.scale_up_domain_count or 1),
    )


def software(accelerator: Accelerator) -> Software:
    """What training software an accelerator is run with unless told: parts up to Ampere came before fused attention."""
    return "plain" if architecture(accelerator.id) == "ampere" else "tuned"


def tune(accelerator: Accelerator, precision: str, style: Software, rule: Lookup) -> Tune:
    """All constants of one job's evaluation, from the catalogue."""
    family = architecture(accelerator.id)
    reached = peak(accelerator, precision)[1]
    narrow = reached != "bf16"
    return Tune(
        gemm_eta=rule(f"training.gemm_efficiency.{family}.{reached}"),
        head_eta=rule(f"training.gemm_efficiency.{family}.bf16"),
        attention_eta=rule(f"training.attention_efficiency.{family}"),
        memory_eta=rule("inference.memory_efficiency"),
        gemm_traffic_ratio=rule("training.gemm_traffic_ratio"),
        expert_skew_frac=rule("training.expert_skew"),
        routing_traffic_b=rule("training.routing_traffic_bytes"),
        scale_up_eta=rule("collective.ring_efficiency"),
        scale_out_eta=rule("training.scale_out_efficiency"),
        scale_up_hop_s=rule("collective.scale_up_hop_s"),
        scale_out_hop_s=rule("collective.scale_out_hop_s"),
        tp_forward_overlap_frac=rule(f"training.{style}.tensor_forward_overlap"),
        tp_backward_overlap_frac=rule(f"training.{style}.tensor_backward_overlap"),
        cp_overlap_frac=rule(f"training.{style}.context_overlap"),
        ep_overlap_frac=rule(f"training.{style}.expert_overlap"),
        exchange_units_frac=rule("training.exchange_units"),
        pp_overlap_frac=rule(f"training.{style}.pipeline_overlap"),
        dp_overlap_frac=rule(f"training.{style}.data_overlap"),
        zero3_overlap_frac=rule("training.zero3_overlap"),
        layer_s=rule(f"training.{style}.layer_time_s"),
        straggler_frac=rule("training.straggler"),
        straggler_doubling_frac=rule("training.straggler_per_doubling"),
        straggler_count=rule("training.straggler_from_count"),
        operand_b=1.0 if narrow else 2.0,
        cast_b=rule("training.cast_bytes") if narrow else 0.0,
        weight_b=rule("training.weight_bytes"),
        gradient_b=rule("training.gradient_bytes"),
        gradient_wire_b=rule(f"training.{style}.gradient_wire_bytes"),
        optimizer_b=rule("training.optimizer_bytes"),
        optimizer_traffic_b=rule("training.optimizer_traffic_bytes"),
        usable_frac=rule("training.memory_fraction"),
        reserve_b=rule("training.reserved_bytes"),
    )


def law(name: Literal["refit", "original"], rule: Lookup) -> Law:
    """A published loss law by name; the refit is the default everywhere."""
    fields = ("irreducible", "parameter_scale", "token_scale", "parameter_exponent", "token_exponent")
    return Law(*(rule(f"training.loss_law.{name}.{field}") for field in fields))


BENCH_PARTS = ("llama3.1-405b", "h100-sxm")
BENCH_JOB = Job(8.0, 1.0, 16.0, 64.0, 1.0, 4.0, 1.0, 2048.0, 8192.0, 0.0, 1.0, 1.0, 1.0, 0.0)
BENCH_STEPS = 4096


def bench_case(catalogue: Catalogue) -> tuple[Shape, Device, Tune, Floats] | None:
    """What `bench` times: one large job with a growing batch, so that no two evaluations are alike."""
    llm, part = (catalogue.find(name) for name in BENCH_PARTS)
    if not isinstance(llm, Llm) or not isinstance(part, Accelerator):
        return None
    table = np.tile(np.array(BENCH_JOB), (BENCH_STEPS, 1))
    table[:, Job._fields.index("batch")] += BENCH_JOB.dp * np.arange(BENCH_STEPS)
    return shape(llm), device(part, "bf16"), tune(part, "bf16", "tuned", constants(catalogue)), table
