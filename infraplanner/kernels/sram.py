"""Accelerators whose weights stay in on-chip memory: layers spread over many chips, bound by latency a layer
(inference model 5.10).
"""

from __future__ import annotations

from ._jit import kernel
from .inference import Device, Layout, Model, Tuning


@kernel
def active_weights(model: Model) -> float:
    """Parameters that one token meets, vocabulary head included: `L Wa + Ld Wf + Lm (k + s) We + V d`."""
    experts = model.moe_layers * (model.experts_per_token + model.shared_count) * model.expert_weights
    dense = model.layers * model.attention_weights + model.dense_layers * model.ffn_weights
    return dense + experts + model.vocab * model.hidden


@kernel
def token_time(
    model: Model, device: Device, layout: Layout, tune: Tuning, user_count: float, context_tokens: float
) -> tuple[float, float, float]:
    """One token of one user through all layers: (total, its compute part, its memory part) [s].

    `t_layer = max(m 2 w / F, (w b + m kv) / BW) + tau_l` on the chips that share a layer, plus a hop a stage; m users
    ride in one stage at a time once all stages are taken. Worked: 32 layers at 42 us each and 1 us a hop are 1.38 ms a
    token, 727 tokens/s for one user, whatever the rates. Reference: inference model 5.10.
    """
    chips = layout.tp * layout.pp
    stages = min(chips, model.layers)
    width = max(1.0, chips / model.layers)
    riding = max(1.0, user_count / stages)
    weights = active_weights(model) / model.layers
    cache = model.kv_elements * tune.kv_b * context_tokens
    rate = device.flop_per_s * tune.compute_eta * width
    bandwidth = device.memory_b_per_s * tune.memory_eta * width
    compute_s = 2.0 * weights * riding / rate
    memory_s = (weights * tune.weight_b + riding * cache) / bandwidth
    layer_s = max(compute_s, memory_s) + tune.sram_layer_s
    return model.layers * layer_s + stages * tune.hop_s, model.layers * compute_s, model.layers * memory_s


@kernel
def prompt_time(model: Model, device: Device, layout: Layout, tune: Tuning, tokens: float) -> float:
    """A prompt's tokens streamed through all chips [s]: compute on every chip at once, then the way through."""
    chips = layout.tp * layout.pp
    compute_s = 2.0 * active_weights(model) * tokens / (device.flop_per_s * tune.compute_eta * chips)
    return compute_s + model.layers * tune.sram_layer_s + min(chips, model.layers) * tune.hop_s
