"""Predictor of measured serving rows: the row's own layout and batch through the kernels that the window uses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Constant, Llm
from infraplanner.engine import kernel_cache, tuning
from infraplanner.model.entities import Pool, Workload
from infraplanner.units import KILO

from .measured import Row
from .report import Prediction, Predictor

METRICS = frozenset(
    {
        "output_tokens_per_s",
        "output_tokens_per_s_per_gpu",
        "output_tokens_per_s_per_user",
        "tpot_ms",
        "ttft_ms",
        "prefill_input_tokens_per_s",
        "prefill_input_tokens_per_s_per_gpu",
        "decode_output_tokens_per_s",
        "decode_output_tokens_per_s_per_gpu",
    }
)
PRECISIONS = {
    "fp8": "fp8",
    "fp4": "fp4",
    "nvfp4": "fp4",
    "mxfp4": "fp4",
    "fp16": "bf16",
    "bf16": "bf16",
    "int8": "int8",
}
FIGURES = ("n_accelerators", "isl", "osl")


def serving_predictor(catalog: Catalog) -> Predictor:
    """A predictor of inference rows; rows of other kinds are none of its business (None)."""

    def predict(row: Row) -> Prediction | None:
        if row["metric"] not in METRICS or "accelerator" not in row:
            return None
        return _predict(row, catalog)

    return predict


def _predict(row: Row, catalog: Catalog) -> Prediction:
    part, llm = catalog.find(str(row["accelerator"])), catalog.find(str(row["model"]))
    tags = [f"accelerator:{row['accelerator']}", f"model:{row['model']}"]
    if not isinstance(part, Accelerator):
        return Prediction(skipped=f"no profile of the accelerator {row['accelerator']}", tags=tuple(tags))
    if not isinstance(llm, Llm):
        return Prediction(skipped=f"no profile of the model {row['model']}", tags=tuple(tags))
    sram = part.memory_bw_tb_per_s is None or "SRAM" in part.memory_type.upper()
    tags.append("class:sram" if sram else "class:moe" if llm.experts else "class:dense")
    missing = [name for name in FIGURES if not isinstance(row.get(name), int | float)]
    if missing:
        return Prediction(skipped=f"the row does not state {', '.join(missing)}", tags=tuple(tags))
    assumed: list[str] = []
    layout = _layout(row, llm, assumed)
    pool = _pool(row, part, layout, assumed)
    answer = _solve(row, catalog, part, llm, pool)
    if isinstance(answer, str):
        return Prediction(skipped=answer, assumed=tuple(assumed), tags=tuple(tags))
    value, limiter = answer
    return Prediction(value, limiter, tuple(assumed), tags=tuple(tags))


def _layout(row: Row, llm: Llm, assumed: list[str]) -> tuple[int, int, int, int]:
    """(tp, pp, ep, dp) in our terms: dp copies of the attention, each over tp devices, n = tp pp dp."""
    count = int(row["n_accelerators"])
    stages = int(row.get("pp") or 1)
    copies = int(row.get("attention_dp") or 1)
    tensor = max(1, count // (stages * copies))
    if row.get("tp") is None:
        assumed.append(f"tensor parallel over {tensor}")
    experts = int(row.get("ep") or 1) if llm.experts else 1
    if llm.experts and row.get("ep") is None:
        assumed.append("experts split by tensor parallelism")
    return tensor, stages, experts, copies


def _pool(row: Row, part: Accelerator, layout: tuple[int, int, int, int], assumed: list[str]) -> Pool:
    weights: Any = PRECISIONS.get(str(row.get("precision") or "").lower())
    if weights is None:
        weights = "fp8" if part.fp8_tflops is not None else "bf16"
        assumed.append(f"weights in {weights}")
    cache: Any = "fp8" if weights in ("fp8", "fp4") and row.get("framework") in ("trtllm", None) else "bf16"
    assumed.append(f"KV cache in {cache}")
    tensor, stages, experts, copies = layout
    batch = row.get("concurrency_or_batch")
    metric = str(row["metric"])
    phase: Any = "prefill" if metric.startswith("prefill") else "decode" if metric.startswith("decode") else "both"
    if batch is None:
        assumed.append("batch: the largest that the KV memory allows")
    return Pool(
        id="row", model=str(row["model"]), weights=weights, kv=cache, tp=tensor, pp=stages, ep=experts, dp=copies,
        batch=int(batch or 0), phase=phase,
    )  # fmt: skip


def _solve(row: Row, catalog: Catalog, part: Accelerator, llm: Llm, pool: Pool) -> tuple[float, str] | str:
    """The predicted value in the row's unit and what limits it, or why there is none."""
    kernel_cache.prepare_once()
    from infraplanner.engine.pools import Case, solve  # noqa: PLC0415 - loads Numba, only when a row is predicted

    rule = _constants(catalog)
    asked = tuning.request(
        pool,
        Workload(id="row", input_tokens=int(row["isl"]), output_tokens=int(row["osl"]), prefix_hit_frac=0.0),
        None,
    )
    if asked is None:
        return "the row's lengths are not positive"
    count = int(row["n_accelerators"])
    case = Case(
        model=tuning.model(llm),
        device=tuning.device(part, pool.weights, float(count)),
        tune=tuning.tuning(part, pool, rule),
        request=asked,
        pinned=(pool.tp, pool.pp, pool.ep, pool.dp, pool.batch),
        accelerators=count,
        weights=(0.0, 0.0, 0.0),
    )
    found = solve(case)
    if isinstance(found, str):
        return f"does not fit: {found}"
    point = found.point
    values = {
        "output_tokens_per_s": point.tokens_per_s,
        "output_tokens_per_s_per_gpu": point.tokens_per_s / count,
        "output_tokens_per_s_per_user": 1.0 / point.tpot_s if point.tpot_s else math.nan,
        "tpot_ms": point.tpot_s * KILO,
        "ttft_ms": point.ttft_s * KILO,
        "prefill_input_tokens_per_s": point.requests_per_s * asked.input_tokens,
        "prefill_input_tokens_per_s_per_gpu": point.requests_per_s * asked.input_tokens / count,
        "decode_output_tokens_per_s": point.tokens_per_s,
        "decode_output_tokens_per_s_per_gpu": point.tokens_per_s / count,
    }
    value = values[str(row["metric"])]
    if not math.isfinite(value):
        return f"{part.name} has no known rate for this: not predicted"
    return value, _busiest(found.state, point)


def _constants(catalog: Catalog) -> Callable[[str], float]:
    def value(key: str) -> float:
        profile = catalog.find(key)
        return profile.value if isinstance(profile, Constant) else math.nan

    return value


def _busiest(state: int, point: Any) -> str:
    """The resource that takes most of the step; the cache when it, and not compute, stopped the batch."""
    shares = {"compute": point.compute_frac, "memory_bandwidth": point.memory_frac, "network": point.network_frac}
    shares["fixed_time"] = 1.0 - sum(shares.values())
    busiest = max(shares, key=lambda key: shares[key])
    return "kv_capacity" if state == 1 and busiest != "compute" else busiest
