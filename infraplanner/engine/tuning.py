"""Catalogue records of models, accelerators and workloads as the argument tuples of the inference kernels."""

from __future__ import annotations

import math
from collections.abc import Callable

from infraplanner.catalog.types import Accelerator, Llm, RequestShape
from infraplanner.kernels.inference import Device, Model, Tuning
from infraplanner.kernels.serving import Request
from infraplanner.model.entities import Pool, Workload
from infraplanner.units import BITS_PER_BYTE, GIBI, GIGA, MEGA, TERA

Lookup = Callable[[str], float]
WIDTH_BITS = {"bf16": 16, "fp8": 8, "int8": 8, "fp4": 4}
"""Bits of the formats that activations may have."""
PHASES = {"both": 0.0, "prefill": 1.0, "decode": 2.0}
ARCHITECTURES = {
    "ampere": ("a100", "a800"),
    "hopper": ("h100", "h200", "h800", "h20", "gh200"),
    "blackwell": ("b100", "b200", "b300", "gb200", "gb300"),
    "blackwell_pro": ("rtx",),
    "cdna3": ("mi300x", "mi325x"),
    "gaudi2": ("gaudi2",),
    "gaudi3": ("gaudi3",),
}
SRAM = {"wse3": ("wse3",), "groq": ("groq",), "dmatrix": ("dmatrix",)}
"""Families of parts whose weights stay on chip."""
HOSTS = {"grace": ("gb200", "gb300", "gh200")}


def architecture(accelerator_id: str) -> str:
    """Family under which measured efficiencies are filed; `other` when none is."""
    stem = accelerator_id.split("-", maxsplit=1)[0]
    return next((name for name, stems in ARCHITECTURES.items() if stem in stems), "other")


def sram_family(accelerator: Accelerator) -> str:
    """Family of a part whose weights stay in on-chip memory; empty for the others."""
    stem = accelerator.id.split("-", maxsplit=1)[0]
    return next((name for name, stems in SRAM.items() if stem in stems), "")


def weight_choices(accelerator: Accelerator, asked: str, published: str) -> list[str]:
    """Formats of the weights to try: the one asked for, or with `auto` every one that the part computes in; a model
    published in one format only has no other.
    """
    if asked != "auto":
        return [asked]
    if published:
        return [published]
    rates = {"bf16": accelerator.bf16_tflops, "fp8": accelerator.fp8_tflops, "fp4": accelerator.fp4_tflops}
    rates["int8"] = accelerator.int8_tops if accelerator.fp8_tflops is None else None
    return [name for name, rate in rates.items() if rate is not None] or ["bf16"]


def host_rate(accelerator: Accelerator, tier: str, rule: Lookup) -> float:
    """Rate at which host memory or storage feeds one accelerator [B/s]; infinite for its own memory."""
    if tier == "hbm":
        return math.inf
    if tier == "storage":
        return rule("inference.storage_b_per_s")
    stem = accelerator.id.split("-", maxsplit=1)[0]
    if any(stem in stems for stems in HOSTS.values()):
        return rule("inference.host_link_b_per_s.c2c")
    return rule(f"inference.host_link_b_per_s.pcie{accelerator.pcie_gen}") if accelerator.pcie_gen else math.nan


def host_slowness(accelerator_id: str, rule: Lookup) -> float:
    """Host time over that of an x86 server; 1 where nothing is known of the processor beside the accelerator."""
    stem = accelerator_id.split("-", maxsplit=1)[0]
    host = next((name for name, stems in HOSTS.items() if stem in stems), "")
    found = rule(f"inference.host_slowness.{host}") if host else math.nan
    return 1.0 if math.isnan(found) else found


def known(value: float | None, factor: float = 1.0) -> float:
    """A profile's number in base units; NaN when unknown."""
    return math.nan if value is None else value * factor


def peak(accelerator: Accelerator, weights: str, activations: str = "") -> tuple[float, str]:
    """Rate [FLOP/s] and the precision it is reached in. A width the part lacks is computed in bf16 (weights only are
    packed). MXFP4 weights meet 8-bit activations in the units that know 4 bits, at their 8-bit rate; wider activations
    decide the rate.
    """
    rates = {"fp8": accelerator.fp8_tflops, "fp4": accelerator.fp4_tflops, "int8": accelerator.int8_tops}
    if weights == "mxfp4" and accelerator.fp4_tflops is not None:
        weights = "fp8"
    if activations and WIDTH_BITS[activations] >= WIDTH_BITS.get(weights, 0):
        weights = activations
    rate = rates.get(weights)
    return (rate * TERA, weights) if rate is not None else (known(accelerator.bf16_tflops, TERA), "bf16")


def device(
    accelerator: Accelerator, weights: str, accelerators: float, pool: Pool | None = None, rule: Lookup | None = None
) -> Device:
    """An accelerator in base units; its scale-up island is never larger than the pool. `pool` and `rule` tell where
    weights, cache and prefixes lie beside the accelerator's own memory.
    """
    unit = GIBI if accelerator.memory_unit == "GiB" else GIGA
    domain = accelerator.scale_up_domain_count or 1
    computed = peak(accelerator, weights, pool.activations if pool is not None else "")[0]
    on_chip = bool(sram_family(accelerator))
    wide = known(accelerator.bf16_tflops, TERA)
    return Device(
        flop_per_s=computed,
        attention_flop_per_s=computed if on_chip and math.isnan(wide) else wide,
        memory_b_per_s=known(accelerator.sram_bw_tb_per_s if on_chip else accelerator.memory_bw_tb_per_s, TERA),
        memory_b=known(accelerator.sram_mb, MEGA) if on_chip else known(accelerator.memory_gb, unit),
        scale_up_b_per_s=known(accelerator.scale_up_gb_per_s, GIGA),
        scale_out_b_per_s=known(accelerator.scale_out_nic_gbps, GIGA / BITS_PER_BYTE),
        domain_count=float(max(1.0, min(domain, accelerators))),
        peer_count=domain - 1.0 if accelerator.scale_up_topology == "mesh" else 0.0,
        host_b_per_s=host_rate(accelerator, "host", rule) if rule is not None else math.nan,
        prefix_b_per_s=host_rate(accelerator, pool.prefix_tier, rule)
        if pool is not None and rule is not None
        else math.inf,
        host_memory_b=rule("inference.host_memory_b") if rule is not None else math.inf,
    )


def model(llm: Llm, pool: Pool | None = None) -> Model:
    """A model's shape as counts; attention weights by kind (multi-head, grouped, latent), layers split into dense and
    expert. A pool's options cut it: pruning takes weights out of every layer, a distilled student has fewer layers,
    compression keeps a share of the cache.
    """
    latent = llm.kv_lora_rank is not None
    rope, nope, value = llm.rope_head_dim or 0, llm.nope_head_dim or llm.head_dim, llm.v_head_dim or llm.head_dim
    if latent:
        rank, query = llm.kv_lora_rank or 0, llm.q_lora_rank
        width = nope + rope
        ask = llm.hidden * query + query * llm.heads * width if query else llm.hidden * llm.heads * width
        attention = ask + llm.hidden * (rank + rope) + rank * llm.heads * (nope + value)
        attention += llm.heads * value * llm.hidden
        cached, shards, prefill, decode = rank + rope, 1, width + value, 2 * rank + rope
    else:
        attention = llm.hidden * llm.head_dim * (2 * llm.heads + 2 * llm.kv_heads)
        cached, shards = 2 * llm.kv_heads * llm.head_dim, llm.kv_heads
        prefill = decode = 2 * llm.head_dim
    experts = llm.experts or 0
    moe = moe_layers(llm) if experts else 0
    whole = Model(
        layers=float(llm.layers),
        dense_layers=float(llm.layers - moe),
        moe_layers=float(moe),
        window_layers=float(window_layers(llm)),
        hidden=float(llm.hidden),
        heads=float(llm.heads),
        vocab=float(llm.vocab),
        attention_weights=float(attention),
        ffn_weights=float(llm.mlp_matrices * llm.hidden * llm.ffn),
        expert_count=float(experts or 1),
        experts_per_token=float(llm.experts_per_token or 1),
        shared_count=float(llm.shared_experts or 0),
        expert_weights=float(llm.mlp_matrices * llm.hidden * (llm.moe_ffn or llm.ffn)),
        kv_elements=float(cached),
        kv_shards_max=float(shards),
        window_tokens=float(llm.sliding_window or 0),
        window_seen_frac=0.5 if llm.window_chunked else 1.0,
        prefill_qkv_elements=float(prefill),
        decode_qkv_elements=float(decode),
        expert_domains_count=float(llm.expert_groups_max or math.inf),
    )
    return whole if pool is None else _cut(whole, pool)


def _cut(whole: Model, pool: Pool) -> Model:
    kept, layers = 1.0 - pool.pruned_frac, pool.layers_kept_frac
    return whole._replace(
        layers=max(1.0, float(round(whole.layers * layers))) if layers < 1.0 else whole.layers,
        dense_layers=whole.dense_layers * layers,
        moe_layers=whole.moe_layers * layers,
        window_layers=whole.window_layers * layers,
        attention_weights=whole.attention_weights * kept,
        ffn_weights=whole.ffn_weights * kept,
        expert_weights=whole.expert_weights * kept,
        kv_elements=whole.kv_elements * pool.kv_kept_frac,
    )


def moe_layers(llm: Llm) -> int:
    """Layers with experts: after the first dense ones, every `moe_layer_step`-th."""
    return (llm.layers - (llm.dense_layers_first or 0)) // max(1, llm.moe_layer_step or 1)


def window_layers(llm: Llm) -> int:
    """Layers whose attention sees only the sliding window (all of them when the profile names no full ones)."""
    if not llm.sliding_window:
        return 0
    if llm.full_attention_layers is not None:
        return llm.layers - llm.full_attention_layers
    return llm.layers - llm.layers // llm.sliding_every if llm.sliding_every else llm.layers


def width_bytes(precision: str, rule: Lookup) -> float:
    """Bytes of one stored number, block scales included for 4-bit formats."""
    wide = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0}
    return wide[precision] if precision in wide else rule(f"inference.{precision}_bytes")


def efficiency(family: str, precision: str, rule: Lookup) -> float:
    """Share of peak compute reached; a family or precision that nobody measured takes the cautious one of `other`."""
    found = rule(f"inference.compute_efficiency.{family}.{precision}")
    return rule(f"inference.compute_efficiency.other.{precision}") if math.isnan(found) else found


def memory_ratio(family: str, rule: Lookup) -> float:
    """Bandwidth efficiency of a family's small matrix products over the shared one, where kernel tables give it."""
    found = rule(f"inference.memory_ratio.{family}")
    return 1.0 if math.isnan(found) else found


def maturity(software: str, rule: Lookup) -> float:
    """Speed of one framework generation, such as `trtllm.1`, over the typical one; unknown software takes the general
    factor.
    """
    found = rule(f"inference.software_maturity.{software}") if software else math.nan
    return rule("inference.software_maturity") if math.isnan(found) else found


def runtime_frac(software: str, rule: Lookup) -> float:
    """Host work a sequence over that of a runtime in Python: less where the scheduler is compiled (known generations)."""
    compiled = software and rule(f"inference.compiled_runtime.{software}") > 0.0
    return rule("inference.compiled_sequence_frac") if compiled else 1.0


def expert_buffers(software: str, rule: Lookup) -> float:
    """1 where the engine holds buffers for all rows that a full chunk can send to one device's experts, else 0."""
    return 1.0 if software and rule(f"inference.expert_buffers.{software.split('.', maxsplit=1)[0]}") > 0.0 else 0.0


def tuning(
    accelerator: Accelerator, pool: Pool, rule: Lookup, *, moe: bool = False, software: str = "", layers: int = 1
) -> Tuning:
    """All constants of one pool's evaluation, from the catalogue. Maturity shortens every fixed time alike; rates are the
    hardware's. `layers` of the model tell what share of a step one drafted token costs.

    Four-bit weights are read less efficiently (short kernels); a 4-bit mixture keeps attention in 16 bits, as its
    published checkpoints do. The family's loss in small products does not touch experts, whose weights are one long read;
    packed weights that are widened on the way run in kernels with small tiles.
    """
    family = architecture(accelerator.id)
    precision = peak(accelerator, pool.weights, pool.activations)[1]
    speed = maturity(software or pool.framework, rule)
    chip = sram_family(accelerator)
    accept = rule(f"inference.speculation_acceptance.{pool.draft_method}")
    slow = 1.0 / speed
    host = slow * host_slowness(accelerator.id, rule)
    packed = pool.weights in ("fp4", "mxfp4", "int4")
    narrow = rule("inference.narrow_memory_factor") if packed else 1.0
    whole_eta = rule("inference.memory_efficiency")
    memory_eta = whole_eta * memory_ratio(family, rule)
    tile = rule("inference.packed_tile_ratio")
    weight_b = width_bytes(pool.weights, rule)
    return Tuning(
        compute_eta=efficiency(family, precision, rule),
        attention_eta=efficiency(family, "bf16", rule),
        memory_eta=memory_eta * (1.0 if packed and moe else narrow),
        attention_memory_eta=rule("inference.attention_memory_efficiency"),
        expert_memory_eta=whole_eta * rule("inference.expert_memory_factor") * narrow,
        link_eta=rule("inference.link_efficiency"),
        moe_mu=rule("inference.moe_utilisation"),
        moe_half_tokens=rule("inference.half_saturation_tokens") * (tile if packed and precision == "bf16" else 1.0),
        blend_exponent=rule("inference.blend_exponent"),
        imbalance=rule("inference.imbalance"),
        routing_spread_ratio=rule("inference.routing_spread"),
        skew_frac=rule("inference.routing_skew"),
        layer_s=rule("inference.layer_time_s") * slow,
        moe_layer_s=rule("inference.moe_layer_time_s") * slow,
        host_s=rule("inference.step_time_s") * host,
        sequence_s=rule("inference.sequence_time_s") * host * runtime_frac(software or pool.framework, rule),
        request_s=rule("inference.request_time_s") * host,
        launch_layer_s=rule("inference.launch_layer_time_s") * host,
        launch_moe_layer_s=rule("inference.launch_extra_layer_time_s") * host,
        launch_latent_layer_s=rule("inference.launch_extra_layer_time_s") * host,
        host_overlap_frac=rule("inference.host_overlap"),
        admission_count=rule("inference.admission_steps"),
        all_reduce_s=rule("inference.allreduce_latency_s") * slow,
        ring_s=rule("inference.ring_latency_s") * slow,
        all_to_all_s=rule("inference.link_latency_s") * slow,
        overlap_frac=rule("inference.two_batch_overlap") if pool.two_batch else 0.0,
        exchange_units_frac=rule("training.exchange_units"),
        redundant_count=float(pool.redundant_experts),
        redundant_even_frac=rule("inference.redundant_even_frac"),
        usable_frac=1.0 if chip else rule("inference.memory_fraction"),
        cache_frac=1.0,
        expert_buffers_frac=expert_buffers(software or pool.framework, rule),
        reserve_b=0.0 if chip else rule("inference.reserved_bytes"),
        chunk_tokens=float(pool.chunk_tokens or rule("inference.prefill_chunk_tokens")),
        kv_growth_frac=rule("inference.kv_occupancy_stated" if pool.batch else "inference.kv_occupancy"),
        window_held_frac=rule("inference.window_held_frac"),
        weight_b=weight_b,
        attention_weight_b=rule("inference.head_bytes") if packed and moe else weight_b,
        attention_wide_frac=1.0 if packed and moe else 0.0,
        head_half_count=rule("inference.attention_head_half"),
        kv_b=width_bytes(pool.kv, rule),
        activation_b=WIDTH_BITS[pool.activations] / BITS_PER_BYTE
        if pool.activations
        else rule("inference.bytes_per_activation"),
        traffic_b=rule("inference.activation_traffic_bytes"),
        expert_traffic_b=rule("inference.expert_traffic_bytes"),
        dispatch_b=rule("inference.bytes_per_dispatch"),
        head_b=weight_b if chip else rule("inference.head_bytes"),
        batch_max=rule("inference.batch_limit"),
        draft_count=float(pool.draft_tokens),
        draft_accept_frac=accept if pool.draft_accept_frac is None else pool.draft_accept_frac,
        draft_step_frac=rule("inference.draft_layers") / layers,
        weights_host_frac=pool.weights_host_frac,
        kv_host_frac=pool.kv_host_frac,
        sram_layer_s=rule(f"inference.sram_layer_time_s.{chip}") * slow if chip else 0.0,
        hop_s=rule("inference.sram_hop_time_s") * slow,
    )


def band_class(accelerator_id: str, moe: bool) -> str:
    """Which held-out measurements a prediction is like: `dense`, `moe`, or `unseen` where no row covers the architecture."""
    return "unseen" if architecture(accelerator_id) == "other" else "moe" if moe else "dense"


def band(accelerator_id: str, moe: bool, rule: Lookup) -> tuple[float, float]:
    """Ends of the error band of tokens/s as shares, such as (-0.2, 0.3): what held-out measurements spread over.

    Architectures that no measured row covers take the wide band.
    """
    name = band_class(accelerator_id, moe)
    return rule(f"inference.tokens_band_low_frac.{name}"), rule(f"inference.tokens_band_high_frac.{name}")


def request(pool: Pool, workload: Workload | None, shape: RequestShape | None) -> Request | None:
    """Lengths and limits: the workload's own, else its request shape's; None when a length is unknown."""

    def pick(name: str) -> float | None:
        own = getattr(workload, name, None)
        return own if own is not None else getattr(shape, name, None)

    tokens_in, tokens_out = pick("input_tokens"), pick("output_tokens")
    if tokens_in is None or tokens_out is None or tokens_in < 1 or tokens_out < 1:
        return None
    first, each, hits = pick("ttft_limit_s"), pick("tpot_limit_s"), pick("prefix_hit_frac")
    return Request(
        input_tokens=float(tokens_in),
        hit_frac=float(hits or 0.0),
        output_tokens=float(tokens_out),
        ttft_limit_s=math.inf if first is None else float(first),
        tpot_limit_s=math.inf if each is None else float(each),
        phase=PHASES[pool.phase],
        burst_frac=0.0,
    )
