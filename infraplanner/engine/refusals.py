"""Why a pool cannot be predicted: one code and one sentence each, naming what was found and what is needed."""

from __future__ import annotations

import math

from infraplanner.catalog.types import Accelerator, Llm
from infraplanner.kernels.serving import Request
from infraplanner.model.entities import Pool
from infraplanner.results.snapshot import Refusal

from . import tuning

Reason = tuple[Refusal, str]


def refusal(pool: Pool, kinds: int, llm: object, asked: Request | None, part: Accelerator | None) -> Reason:
    """Why a pool cannot be predicted, as a code and one sentence; both empty when it can."""
    if kinds == 0:
        return "no_accelerators", "0 accelerators belong to this pool; it needs 1."
    if kinds > 1:
        return "mixed_accelerators", f"The pool mixes {kinds} accelerator types; one instance needs 1."
    if not isinstance(llm, Llm):
        return "unknown_model", f"The model {pool.model} is not in the catalogue."
    if asked is None:
        return "unknown_request", "Input or output length of the requests is unknown."
    wrong = _batch(pool) or _layout(pool, llm) or _lengths(llm, asked)
    if wrong:
        return "bad_layout", wrong
    missing = _unknown_rates(part, pool) if part is not None else []
    if missing and part is not None:
        return "unknown_rate", f"The {' and '.join(missing)} of {part.name} is unknown, so nothing is predicted."
    return "", ""


def _batch(pool: Pool) -> str:
    """A batch of no sequences, in words."""
    return (
        "The batch is 0 sequences; it must be 1 or more, or left empty for the engine to choose."
        if pool.batch == 0
        else ""
    )


def _layout(pool: Pool, llm: Llm) -> str:
    """What in a pinned layout the model's shape does not allow; empty when nothing is."""
    if pool.tp > 1 and llm.heads % pool.tp:
        good = [n for n in range(1, llm.heads + 1) if llm.heads % n == 0]
        near = min(good, key=lambda n: (abs(n - pool.tp), n))
        return f"tp {pool.tp} does not divide the {llm.heads} heads of {llm.name}; {near} would."
    if pool.pp > llm.layers and llm.layers * pool.layers_kept_frac < pool.pp:
        return f"pp {pool.pp} is more than the {llm.layers} layers of {llm.name}; at most one stage a layer."
    if not llm.experts:
        if pool.ep > 1 or pool.moe_tp > 1:
            return f"ep {max(pool.ep, pool.moe_tp)} splits experts, but {llm.name} has none; it must be 0 or 1."
        if pool.redundant_experts or pool.two_batch:
            what = "redundant_experts copies" if pool.redundant_experts else "two_batch hides the exchange of"
            return f"{what} experts, but {llm.name} has none; leave it out."
        return ""
    if pool.redundant_experts > llm.experts:
        return f"redundant_experts {pool.redundant_experts} is more than the {llm.experts} experts of {llm.name}."
    if pool.ep > llm.experts:
        return f"ep {pool.ep} is more than the {llm.experts} experts of {llm.name}."
    width = pool.tp * pool.dp
    if width and pool.ep and width % pool.ep:
        return f"ep {pool.ep} does not divide tp x dp = {width}, the accelerators that hold one layer."
    if width and pool.ep and pool.moe_tp and pool.ep * pool.moe_tp != width:
        return f"ep {pool.ep} x moe_tp {pool.moe_tp} is not tp x dp = {width}, the accelerators that hold one layer."
    return ""


def _lengths(llm: Llm, asked: Request) -> str:
    """A request that is longer than the model's context, in words; empty when it fits."""
    asked_tokens = asked.input_tokens + asked.output_tokens
    if asked_tokens > llm.max_context:
        return f"Requests of {asked_tokens:,.0f} tokens exceed the context of {llm.name}, {llm.max_context:,} tokens."
    return ""


def _unknown_rates(part: Accelerator, pool: Pool) -> list[str]:
    if tuning.sram_family(part):
        figures: dict[str, float | None] = {
            "dense compute rate": _rate(part, pool),
            "on-chip memory size": part.sram_mb,
            "on-chip memory bandwidth": part.sram_bw_tb_per_s,
        }
    else:
        figures = {
            "compute rate": part.bf16_tflops,
            "memory size": part.memory_gb,
            "memory bandwidth": part.memory_bw_tb_per_s,
            "scale-up bandwidth": part.scale_up_gb_per_s if (part.scale_up_domain_count or 1) > 1 else 0.0,
        }
    if (
        pool.weights_host_frac > 0.0 or pool.kv_host_frac > 0.0 or pool.prefix_tier == "host"
    ) and part.pcie_gen is None:
        figures["link to host memory"] = None
    return [label for label, value in figures.items() if value is None]


def _rate(part: Accelerator, pool: Pool) -> float | None:
    weights = tuning.weight_choices(part, pool.weights, "")[0]
    found = tuning.peak(part, weights, pool.activations)[0]
    return None if math.isnan(found) else found
