"""Predictor of measured serving rows: the row's own layout and batch through the kernels that the window uses."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Llm
from infraplanner.compile.rules import constants
from infraplanner.engine import kernel_cache
from infraplanner.model.entities import Pool, Workload
from infraplanner.units import KILO

from .measured import Row
from .report import Prediction, Predictor

kernel_cache.prepare_once()
from infraplanner.engine import tuning  # noqa: E402 - loads Numba, after its cache folder is chosen
from infraplanner.engine.pools import Case, operating_point  # noqa: E402

from .chip_rows import filled  # noqa: E402
from .clients import Client, client_of, drafts_of  # noqa: E402

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
COMMITS = {"77d24b5f": "0.6", "03e27c7d": "1.1"}
"""Versions of the framework that rows name by the commit of its tables."""
FIGURES = ("n_accelerators", "isl", "osl")


def serving_predictor(catalog: Catalog) -> Predictor:
    """A predictor of inference rows; rows of other kinds are none of its business (None)."""

    def predict(row: Row) -> Prediction | None:
        if row["metric"] not in METRICS or "accelerator" not in row:
            return None
        return _predict(row, catalog)

    return predict


@dataclass(frozen=True, slots=True)
class ServingRow:
    """A row understood: its case but for the constants, and what was assumed to get there."""

    row: Row
    part: Accelerator
    llm: Llm
    pool: Pool
    software: str
    case: Case
    client: Client
    assumed: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def family(self) -> str:
        """Architecture under which efficiencies are filed."""
        return tuning.architecture(self.part.id)

    @property
    def precision(self) -> str:
        """Precision that the weights are multiplied in."""
        return tuning.peak(self.part, self.pool.weights)[1]

    @property
    def kind(self) -> tuple[Any, ...]:
        """Rows of one kind share all constants."""
        return (
            self.part.id,
            self.pool.weights,
            self.pool.kv,
            bool(self.llm.experts),
            self.software,
            self.pool.batch is not None,
            self.pool.draft_tokens,
            self.client,
        )


def retuned(known: ServingRow, rule: Callable[[str], float]) -> ServingRow:
    """The row under another reader of constants."""
    llm = known.llm
    tune = tuning.tuning(
        known.part, known.pool, rule, moe=bool(llm.experts), software=known.software, layers=llm.layers
    )
    asked = known.case.request._replace(burst_frac=_burst(known.client, rule))
    return replace(known, case=replace(known.case, tune=known.client.tuned(tune), request=asked))


def understand(row: Row, catalog: Catalog) -> ServingRow | Prediction:
    """The row as a case of the serving kernels, or a skip with its reason."""
    part, llm = catalog.find(str(row["accelerator"])), catalog.find(str(row["model"]))
    tags = [f"accelerator:{row['accelerator']}", f"model:{row['model']}"]
    if not isinstance(part, Accelerator):
        return Prediction(skipped=f"no profile of the accelerator {row['accelerator']}", tags=tuple(tags))
    if not isinstance(llm, Llm):
        return Prediction(skipped=f"no profile of the model {row['model']}", tags=tuple(tags))
    sram = bool(tuning.sram_family(part)) or part.memory_bw_tb_per_s is None or "SRAM" in part.memory_type.upper()
    tags.append("class:sram" if sram else "class:moe" if llm.experts else "class:dense")
    assumed: list[str] = []
    row = filled(row, part, llm, assumed)
    missing = [name for name in FIGURES if not isinstance(row.get(name), int | float)]
    if missing:
        return Prediction(skipped=f"the row does not state {', '.join(missing)}", tags=tuple(tags))
    rule = constants(catalog)
    drafts = drafts_of(row, rule, llm)
    if drafts and row.get("draft_tokens") is None:
        assumed.append(f"{drafts} drafted tokens, as in the recipe of this framework version")
    pool = _pool(row, part, llm, _layout(row, llm, assumed), drafts, assumed)
    work = Workload(id="row", input_tokens=int(row["isl"]), output_tokens=int(row["osl"]), prefix_hit_frac=0.0)
    asked = tuning.request(pool, work, None)
    if asked is None:
        return Prediction(skipped="the row's lengths are not positive", tags=tuple(tags))
    software = software_of(row)
    client = client_of(row, rule, four_bit=part.fp4_tflops is not None)
    assumed += client.told
    asked = asked._replace(
        input_tokens=asked.input_tokens * client.length_frac,
        output_tokens=asked.output_tokens * client.length_frac,
        burst_frac=_burst(client, rule),
    )
    count = int(row["n_accelerators"])
    case = Case(
        model=tuning.model(llm),
        device=tuning.device(part, pool.weights, float(count)),
        tune=client.tuned(tuning.tuning(part, pool, rule, moe=bool(llm.experts), software=software, layers=llm.layers)),
        request=asked,
        pinned=(pool.tp, pool.pp, pool.ep, pool.dp, pool.batch or 0),
        accelerators=count,
        weights=(0.0, 0.0, 0.0),
    )
    return ServingRow(row, part, llm, pool, software, case, client, tuple(assumed), tuple(tags))


def software_of(row: Row) -> str:
    """Framework and generation of a row, such as `trtllm.1`; a framework without a version is its own generation."""
    framework = str(row.get("framework") or "").lower()
    version = str(row.get("framework_version") or "").lower().lstrip("v")
    number = COMMITS.get(version, version)
    digits = re.match(r"(\d+)\.(\d+)", number)
    if not framework or digits is None:
        return framework
    major, minor = int(digits[1]), int(digits[2])
    return f"{framework}.{major}" if major > 0 else f"{framework}.0_{minor // 10 * 10}"


def serving_value(known: ServingRow, like: ServingRow | None = None) -> tuple[float, str] | str:
    """The predicted value in the row's unit and what limits it, or why there is none; `like` lends its constants."""
    case = known.case
    if like is not None:
        asked = case.request._replace(burst_frac=like.case.request.burst_frac)
        case = replace(case, tune=like.case.tune, request=asked)
    found = operating_point(case, known.client.requests)
    if isinstance(found, str):
        return f"does not fit: {found}"
    point, state = found
    count, tokens_in = case.accelerators, case.request.input_tokens
    values = {
        "output_tokens_per_s": point.tokens_per_s,
        "output_tokens_per_s_per_gpu": point.tokens_per_s / count,
        "output_tokens_per_s_per_user": 1.0 / point.tpot_s if point.tpot_s else math.nan,
        "tpot_ms": point.tpot_s * KILO,
        "ttft_ms": point.ttft_s * KILO,
        "prefill_input_tokens_per_s": point.requests_per_s * tokens_in,
        "prefill_input_tokens_per_s_per_gpu": point.requests_per_s * tokens_in / count,
        "decode_output_tokens_per_s": point.tokens_per_s,
        "decode_output_tokens_per_s_per_gpu": point.tokens_per_s / count,
    }
    value = values[str(known.row["metric"])]
    if not math.isfinite(value):
        return f"{known.part.name} has no known rate for this: not predicted"
    return value, _busiest(state, point)


def _burst(client: Client, rule: Callable[[str], float]) -> float:
    return rule("inference.burst_share") if math.isnan(client.burst_frac) else client.burst_frac


def _predict(row: Row, catalog: Catalog) -> Prediction:
    known = understand(row, catalog)
    if isinstance(known, Prediction):
        return known
    answer = serving_value(known)
    if isinstance(answer, str):
        return Prediction(skipped=answer, assumed=known.assumed, tags=known.tags)
    value, limiter = answer
    return Prediction(value, limiter, known.assumed, tags=known.tags)


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


def _pool(
    row: Row, part: Accelerator, llm: Llm, layout: tuple[int, int, int, int], drafts: int, assumed: list[str]
) -> Pool:
    weights: Any = PRECISIONS.get(str(row.get("precision") or "").lower())
    if weights is None:
        weights = "fp8" if part.fp8_tflops is not None else "bf16"
        assumed.append(f"weights in {weights}")
    if llm.weight_format:  # published in one format only, whatever the table's column is called
        weights = llm.weight_format
        assumed.append(f"weights in {weights}, as published")
    cache: Any = _cache(row, part, weights)
    assumed.append(f"KV cache in {cache}")
    tensor, stages, experts, copies = layout
    batch = row.get("concurrency_or_batch")
    metric = str(row["metric"])
    phase: Any = "prefill" if metric.startswith("prefill") else "decode" if metric.startswith("decode") else "both"
    if batch is None:
        assumed.append("batch: the largest that the KV memory allows")
    return Pool(
        id="row", model=str(row["model"]), weights=weights, kv=cache, tp=tensor, pp=stages, ep=experts, dp=copies,
        batch=int(batch) if batch else None, phase=phase, draft_tokens=drafts,
        draft_method="mtp1" if llm.kv_lora_rank else "eagle3",
    )  # fmt: skip


def _cache(row: Row, part: Accelerator, weights: str) -> str:
    """Precision of the KV cache as the frameworks' published recipes set it.

    8 bits with 8- and 4-bit weights, but 16 bits where a recipe leaves the choice to the engine: SGLang before
    Blackwell, and 4-bit experts on parts without 4-bit units.
    """
    native = part.fp4_tflops is not None
    if weights == "bf16" or (not native and (weights == "mxfp4" or row.get("framework") == "sglang")):
        return "bf16"
    return "fp8"


def _busiest(state: int, point: Any) -> str:
    """The resource that takes most of the step; the cache when it, and not compute, stopped the batch."""
    shares = {"compute": point.compute_frac, "memory_bandwidth": point.memory_frac, "network": point.network_frac}
    shares["fixed_time"] = 1.0 - sum(shares.values())
    busiest = max(shares, key=lambda key: shares[key])
    return "kv_capacity" if state == 1 and busiest != "compute" else busiest
