"""Predictor of published deployments of wide expert parallelism: prefill and decode units of many nodes.

Rows state tokens a second of one node or accelerator; how wide a unit is, how many experts it copies and whether it halves
its batches stand once in the publisher's overview. Those facts are records of the catalogue (topic `deployment`), none of
them a measured result. Prompt and answer lengths follow from the fleet's day: tokens in over tokens out, and the mean cache
that an output token sees.

A rate that is the mean of a day lies below that of a busy unit, by a share that nothing published gives. What was published
is the day's tokens and how many nodes were in service: nodes are then taken as divided between prefill and decode so that
both are busy for the same share of the day, and that share times the rate of a busy unit is the prediction.
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
from infraplanner.kernels.serving import Point  # noqa: E402

TOPIC, DAY = "deployment", "fact.deepseek-day"
DAY_S = 86_400.0
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
    return Unit(
        record.data["phase"], width, int(data["redundant"]), bool(data["two_batch"]), float(tokens_in), float(tokens_out),
        float(data.get("hit_frac", 0.0)), int(data.get("chunk_tokens", 0)), int(data.get("batch", 0)),
        float(data.get("user_tokens_per_s", math.nan)),
    )  # fmt: skip


def _predict(row: Row, record: Record, catalog: Catalog) -> Prediction:
    assumed: list[str] = []
    own = _saturated(row, record, catalog, assumed)
    if isinstance(own, str):
        return Prediction(skipped=own, assumed=tuple(assumed))
    each, point = own
    if record.data.get("mean_of_a_day"):
        busy = _busy_frac(record, each, catalog)
        if isinstance(busy, str):
            return Prediction(skipped=busy, assumed=tuple(assumed))
        assumed.append(
            f"tokens and nodes of the published day, both phases busy for the same share of it: {busy:.2f}; "
            f"a busy unit takes {each * NODE:.0f} tokens/s a node"
        )
        each *= busy
    part, llm = str(record.data["accelerator"]), str(record.data["model"])
    shares = {"compute": point.compute_frac, "memory_bandwidth": point.memory_frac, "network": point.network_frac}
    tags = ("class:moe", f"accelerator:{catalog.get(part).name}", f"model:{llm}")
    value = each * (NODE if row["metric"] in PER_NODE else 1)
    return Prediction(value, max(shares, key=lambda key: shares[key]), tuple(assumed), tags=tags)


def _saturated(row: Row, record: Record, catalog: Catalog, assumed: list[str]) -> tuple[float, Point] | str:
    """Tokens/s of one device of a busy unit (prompts with what the cache held, or answers), or why there are none."""
    unit = _unit(row, record, catalog, assumed)
    part, llm = catalog.find(str(record.data["accelerator"])), catalog.find(str(record.data["model"]))
    if not isinstance(part, Accelerator) or not isinstance(llm, Llm):
        return f"no profile of {record.data['model']} or {record.data['accelerator']}"
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
        return "lengths are not positive"
    found = operating_point(case_of(pool, part, llm, asked, float(unit.width), constants(catalog)))
    if isinstance(found, str):
        return f"does not fit: {found}"
    point, _ = found
    rate = point.requests_per_s * asked.input_tokens if unit.phase == "prefill" else point.tokens_per_s
    return rate / unit.width, point


def _busy_frac(record: Record, each: float, catalog: Catalog) -> float | str:
    """Share of the day for which a fleet of the published size is busy with the day's tokens, the same in both phases.

    `each` is the rate of one busy device of the phase at hand; the other phase is predicted from its own record.
    """
    day = catalog.find(DAY)
    phase = str(record.data["phase"])
    other = next(
        (
            one
            for one in catalog.of(Record).values()
            if one.topic == TOPIC
            and one.data["phase"] != phase
            and one.data["source_words"] == record.data["source_words"]
        ),
        None,
    )
    if not isinstance(day, Record) or other is None:
        return "the tokens and nodes of the day, or the unit of its other phase, are not in the catalogue"
    found = _saturated({"metric": ""}, other, catalog, [])
    if isinstance(found, str):
        return found
    rates = {phase: each, str(other.data["phase"]): found[0]}
    tokens = {"prefill": float(str(day.data["input_tokens"])), "decode": float(str(day.data["output_tokens"]))}
    nodes = sum(tokens[key] / DAY_S / (rates[key] * NODE) for key in tokens)
    return nodes / float(str(day.data["nodes_mean"]))
