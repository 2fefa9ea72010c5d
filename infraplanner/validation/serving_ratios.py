"""Serving rows that only mean something beside each other: submissions of one benchmark round, as ratios of throughput.

Such a row states accelerator, count, model and precision, but neither layout nor prompt length, so its value alone is not
predicted. Two rows of one round, model and scenario ran the same requests: their quotient is that of two predictions with
the same lengths, each in the best layout of its own. Rows under latency limits at a Poisson load stay out, as do those
whose power limit is not the part's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Llm, Record
from infraplanner.compile.rules import constants
from infraplanner.engine import kernel_cache
from infraplanner.model.entities import Pool, Workload

from .measured import Row, measured_value
from .report import Prediction, Predictor

kernel_cache.prepare_once()
from infraplanner.engine import tuning  # noqa: E402 - loads Numba, after its cache folder is chosen
from infraplanner.engine.pools import case_of, solve  # noqa: E402

from .inference_rows import METRICS, PRECISIONS  # noqa: E402

METRIC, POWER = "output_tokens_per_s", "system_power_w"
TOPIC = "benchmark_lengths"
LIMITED = ("server", "interactive")
CHANGED_POWER = ("MaxQ", "1000W")
"""Words of a source whose system ran at another power limit than its part's profile."""


@dataclass(frozen=True, slots=True)
class ServingRatio:
    """Throughput of `larger` over that of `smaller`, measured and predicted, both rows with the same lengths."""

    smaller: str
    larger: str
    model: str
    measured_ratio: float
    predicted_ratio: float
    assumed: str

    @property
    def error_frac(self) -> float:
        """Predicted over measured, less one."""
        return self.predicted_ratio / self.measured_ratio - 1.0


def scenario(row: Row) -> str:
    """`offline`, `server` or `interactive`, as the notes of a submission say; empty where they do not."""
    words = str(row.get("notes") or "").lower()
    return next((name for name in ("offline", *LIMITED) if f"{name} scenario" in words), "")


def ratio_predictor(catalog: Catalog) -> Predictor:
    """Says of every serving row that is meant as a ratio why it has no prediction of its own; None for other rows."""

    def predict(row: Row) -> Prediction | None:
        if row.get("use") != "ratio" or row["metric"] not in METRICS | {POWER} or row.get("isl") is not None:
            return None
        llm = catalog.find(str(row.get("model")))
        kind = "class:moe" if isinstance(llm, Llm) and llm.experts else "class:dense"
        tags = (f"accelerator:{row.get('accelerator')}", f"model:{row.get('model')}", kind)
        return Prediction(
            skipped=_left_out(row) or "compared with the other rows of its round: see the ratios", tags=tags
        )

    return predict


def serving_ratios(rows: Iterable[Row], catalog: Catalog) -> list[ServingRatio]:
    """Every pair that can be compared, the smaller measured throughput first."""
    known = [row for row in rows if row.get("use") == "ratio" and row["metric"] == METRIC and not _left_out(row)]
    pairs = []
    for one, other in combinations(known, 2):
        small, large = sorted((one, other), key=lambda row: measured_value(row) or 0.0)
        if _round(one) == _round(other) and one.get("model") == other.get("model"):
            pair = _ratio(small, large, catalog)
            if pair is not None:
                pairs.append(pair)
    return pairs


def _left_out(row: Row) -> str:
    """Why a row is in no pair; empty when it may be."""
    if row["metric"] == POWER:
        return "wall power of one server whose other parts, fans and supplies are not stated"
    if scenario(row) in LIMITED:
        return "throughput under 99th percentiles of latency at a Poisson load, without layout or prompt length"
    if any(word in str(row.get("source")) for word in CHANGED_POWER):
        return "ran at another power limit than the part's own, which the row does not state"
    return "" if scenario(row) else "neither layout, prompt length nor scenario are stated"


def _round(row: Row) -> str:
    """`MLPerf Inference v5.1` of a source that goes on with division and submitter."""
    return str(row.get("source")).partition(" closed")[0]


def _ratio(small: Row, large: Row, catalog: Catalog) -> ServingRatio | None:
    lengths = _lengths(small, large, catalog)
    rates = measured_value(small), measured_value(large)
    if lengths is None or not rates[0] or not rates[1]:
        return None
    found = [throughput(row, lengths, catalog) for row in (small, large)]
    if found[0] is None or found[1] is None:
        return None
    told = f"{lengths[0]:.0f} tokens in and {lengths[1]:.0f} out on both sides, KV cache in 8 bits, each in its best layout"
    return ServingRatio(
        str(small["id"]), str(large["id"]), str(small["model"]), rates[1] / rates[0], found[1] / found[0], told
    )


def _lengths(small: Row, large: Row, catalog: Catalog) -> tuple[float, float] | None:
    """Mean tokens in and out of the benchmark's requests: its record, answers as the rows state where they do; prompts of
    unknown length as long as the answers.
    """
    llm = catalog.find(str(small.get("model")))
    if not isinstance(llm, Llm):
        return None
    records = [found for found in catalog.of(Record).values() if found.topic == TOPIC and found.data["model"] == llm.id]
    if not records:
        return None
    data = records[0].data
    stated = [float(row["osl"]) for row in (small, large) if isinstance(row.get("osl"), int | float)]
    tokens_out = sum(stated) / len(stated) if stated else float(str(data["output_tokens"]))
    return float(str(data.get("input_tokens", tokens_out))), tokens_out


def throughput(row: Row, lengths: tuple[float, float], catalog: Catalog) -> float | None:
    """Tokens/s of all accelerators of a row in the layout that gives most; None when it is not predicted."""
    part, llm = catalog.find(str(row.get("accelerator"))), catalog.find(str(row.get("model")))
    weights: Any = PRECISIONS.get(str(row.get("precision") or "").lower())
    count = row.get("n_accelerators")
    if not isinstance(part, Accelerator) or not isinstance(llm, Llm) or weights is None or not isinstance(count, int):
        return None
    cache: Any = "bf16" if weights == "bf16" else "fp8"
    pool = Pool(id="row", model=llm.id, weights=weights, kv=cache)
    work = Workload(id="row", input_tokens=round(lengths[0]), output_tokens=round(lengths[1]), prefix_hit_frac=0.0)
    asked = tuning.request(pool, work, None)
    if asked is None:
        return None
    found = solve(case_of(pool, part, llm, asked, float(count), constants(catalog)))
    if isinstance(found, str):
        return None
    size = found.layout.tp * found.layout.pp * found.layout.dp
    return float(found.point.tokens_per_s * (count // size))


def serving_ratio_rows(catalog: Catalog) -> Callable[[Iterable[Row]], list[dict[str, Any]]]:
    """The pairs of a file as plain data, like those of training."""

    def compare(rows: Iterable[Row]) -> list[dict[str, Any]]:
        return [
            {
                "kind": "throughput between submissions",
                "smaller": pair.smaller,
                "larger": pair.larger,
                "measured": pair.measured_ratio,
                "predicted": pair.predicted_ratio,
                "error_frac": pair.error_frac,
                "assumed": pair.assumed,
            }
            for pair in serving_ratios((row for row in rows if "metric" in row), catalog)
        ]

    return compare
