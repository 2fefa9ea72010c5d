"""Predictor of published deployments of wide expert parallelism: prefill and decode units of many nodes.

Rows state tokens a second of one node or accelerator; how wide a unit is, how many experts it copies and whether it halves
its batches stand once in the publisher's overview. Those facts are records of the catalogue (topic `deployment`), none of
them a measured result. Prompt and answer lengths follow from the fleet's day: tokens in over tokens out, and the mean cache
that an output token sees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Llm, Record
from infraplanner.compile.rules import constants
from infraplanner.engine import kernel_cache
from infraplanner.model.entities import Pool, Workload

from .measured import Row
from .report import Prediction, Predictor

kernel_cache.prepare_once()
from infraplanner.engine import tuning  # noqa: E402 - loads Numba, after its cache folder is chosen
from infraplanner.engine.pools import case_of, operating_point  # noqa: E402

TOPIC, DAY = "deployment", "fact.deepseek-day"
NODE = 8
"""Accelerators of one node of these deployments."""
PER_NODE = frozenset({"tokens_per_s_node", "prefill_input_tokens_per_s", "decode_output_tokens_per_s"})
PER_DEVICE = frozenset({"prefill_input_tokens_per_s_per_gpu", "decode_output_tokens_per_s_per_gpu"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One deployed unit: `width` devices, each with the whole attention and its share of the experts; lengths in tokens."""

    phase: Any
    width: int
    redundant: int
    two_batch: bool
    input_tokens: float
    output_tokens: float
    hit_frac: float
    chunk_tokens: int
    batch: int
    user_tokens_per_s: float


def deployment_predictor(catalog: Catalog) -> Predictor:
    """A predictor of rows whose source has a deployment record; other rows are none of its business (None)."""

    def predict(row: Row) -> Prediction | None:
        record = _record(row, catalog)
        return None if record is None else _predict(row, record, catalog)

    return predict


def _phase(row: Row) -> str:
    inputs = row.get("inputs")
    stated = str(inputs.get("phase") or "") if isinstance(inputs, dict) else ""
    return "prefill" if (stated or str(row["metric"])).startswith("prefill") else "decode"


def _record(row: Row, catalog: Catalog) -> Record | None:
    if row["metric"] not in PER_NODE | PER_DEVICE or row.get("use") == "fact":
        return None
    source = str(row.get("source") or "").lower()
    for record in catalog.of(Record).values():
        if record.topic != TOPIC or record.data["phase"] != _phase(row):
            continue
        if any(str(word) in source for word in str(record.data["source_words"]).split("|")):
            return record
    return None


def _unit(row: Row, record: Record, catalog: Catalog, assumed: list[str]) -> Unit:
    data = {key: value for key, value in record.data.items() if isinstance(value, int | float)}
    inputs = row.get("inputs")
    seen = (
        float(inputs["kv_len_mean"])
        if isinstance(inputs, dict) and "kv_len_mean" in inputs
        else data.get("seen_tokens")
    )
    tokens_in, tokens_out = data.get("input_tokens"), data.get("output_tokens", 2.0)
    if tokens_in is None:
        day = catalog.find(DAY)
        if not isinstance(day, Record) or seen is None:
            raise KeyError(DAY)
        ratio = float(str(day.data["input_tokens"])) / float(str(day.data["output_tokens"]))
        tokens_out = float(seen) / (ratio + 0.5)
        tokens_in = ratio * tokens_out
    width = int(row.get("ep") or data["width"])
    assumed.append(
        f"{width} devices a unit, {data['redundant']:.0f} redundant experts, batches in halves, "
        f"{tokens_in:.0f} tokens in and {tokens_out:.0f} out, as the publisher's overview says or implies"
    )
    if data.get("mean_of_a_day"):
        assumed.append("a saturated unit, where the row is the mean of a day")
    return Unit(
        _phase(row), width, int(data["redundant"]), bool(data["two_batch"]), float(tokens_in), float(tokens_out),
        float(data.get("hit_frac", 0.0)), int(data.get("chunk_tokens", 0)), int(data.get("batch", 0)),
        float(data.get("user_tokens_per_s", math.nan)),
    )  # fmt: skip


def _predict(row: Row, record: Record, catalog: Catalog) -> Prediction:
    assumed: list[str] = []
    unit = _unit(row, record, catalog, assumed)
    part, llm = catalog.find(str(record.data["accelerator"])), catalog.find(str(record.data["model"]))
    if not isinstance(part, Accelerator) or not isinstance(llm, Llm):
        return Prediction(skipped=f"no profile of {record.data['model']} or {record.data['accelerator']}")
    pool = Pool(
        id="row", model=llm.id, weights="fp8", kv="bf16", tp=1, pp=1, ep=unit.width, dp=unit.width, phase=unit.phase,
        batch=unit.batch * unit.width or None, chunk_tokens=unit.chunk_tokens, redundant_experts=unit.redundant,
        two_batch=unit.two_batch,
    )  # fmt: skip
    limited = unit.phase == "decode" and math.isfinite(unit.user_tokens_per_s)
    work = Workload(
        id="row", input_tokens=round(unit.input_tokens), output_tokens=round(unit.output_tokens),
        prefix_hit_frac=unit.hit_frac, tpot_limit_s=1.0 / unit.user_tokens_per_s if limited else None,
    )  # fmt: skip
    if limited:
        assumed.append(f"the batch at which one user sees {unit.user_tokens_per_s:g} tokens/s")
    asked = tuning.request(pool, work, None)
    if asked is None:
        return Prediction(skipped="lengths are not positive")
    found = operating_point(case_of(pool, part, llm, asked, float(unit.width), constants(catalog)))
    if isinstance(found, str):
        return Prediction(skipped=f"does not fit: {found}", assumed=tuple(assumed))
    point, _ = found
    each = (point.requests_per_s * asked.input_tokens if unit.phase == "prefill" else point.tokens_per_s) / unit.width
    value = each * (NODE if row["metric"] in PER_NODE else 1)
    shares = {"compute": point.compute_frac, "memory_bandwidth": point.memory_frac, "network": point.network_frac}
    tags = ("class:moe", f"accelerator:{part.name}", f"model:{llm.id}")
    return Prediction(value, max(shares, key=lambda key: shares[key]), tuple(assumed), tags=tags)
