"""Predictor of latencies of whole clusters under a traced load: equal machines, each one instance, requests in parts.

Such a row names model, machines and trace in its source, separated by commas, and the rate of requests in its inputs. The
prediction is what the window shows for such a pool: step times of the inference model, and each instance a queue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Llm, Record, System
from infraplanner.compile.rules import constants
from infraplanner.engine import kernel_cache
from infraplanner.model.entities import Pool, Workload
from infraplanner.units import KILO

from .measured import Row
from .report import Prediction, Predictor

kernel_cache.prepare_once()
from infraplanner.engine import tuning  # noqa: E402 - loads Numba, after its cache folder is chosen
from infraplanner.engine.pools import case_of, solve  # noqa: E402
from infraplanner.kernels.load import at_load  # noqa: E402

METRIC = "ttft_mean"
_MACHINES = re.compile(r"(\d+)\s*x\s*(.+)", re.IGNORECASE)
SCALES = {"s": 1.0, "ms": KILO}


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a row's source names."""

    llm: Llm
    system: System
    count: int
    trace: Record


def cluster_predictor(catalog: Catalog) -> Predictor:
    """A predictor of mean times to the first token of clusters; other rows are none of its business (None)."""

    def predict(row: Row) -> Prediction | None:
        if row.get("metric") != METRIC:
            return None
        found = _cluster(str(row.get("source") or ""), catalog)
        if isinstance(found, str):
            return Prediction(skipped=found)
        return _predict(row, found, catalog)

    return predict


def _cluster(source: str, catalog: Catalog) -> Cluster | str:
    """Model, machines and trace among the parts of a source, or what is missing."""
    llm: Llm | None = None
    trace: Record | None = None
    machines: tuple[int, System] | None = None
    for part in (text.strip() for text in source.split(",")):
        counted = _MACHINES.fullmatch(part)
        found = catalog.find(counted.group(2) if counted else part)
        if counted and isinstance(found, System):
            machines = int(counted.group(1)), found
        elif isinstance(found, Llm):
            llm = found
        elif isinstance(found, Record) and found.topic == "trace":
            trace = found
    missing = [
        name for name, one in (("model", llm), ("machines", machines), ("trace", trace)) if one is None
    ]  # fmt: skip
    if llm is None or machines is None or trace is None:
        return f"the source names no known {' and no known '.join(missing)}"
    return Cluster(llm, machines[1], machines[0], trace)


def _predict(row: Row, found: Cluster, catalog: Catalog) -> Prediction:
    inputs = row.get("inputs")
    rate = inputs.get("rps") if isinstance(inputs, dict) else None
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not rate > 0.0:
        return Prediction(skipped="the row does not state rps, requests a second")
    if row.get("unit") not in SCALES:
        return Prediction(skipped=f"the unit {row.get('unit')} is not s or ms")
    part = catalog.find(found.system.accelerators[0].id) if found.system.accelerators else None
    if not isinstance(part, Accelerator):
        return Prediction(skipped=f"no accelerators are known in {found.system.name}")
    width = int(found.system.accelerators[0].count)
    prompts, answers = found.trace.data["isl"], found.trace.data["osl"]
    assert isinstance(prompts, dict)
    assert isinstance(answers, dict)
    pool = Pool(id="row", model=found.llm.id, weights="bf16", kv="bf16", tp=width, pp=1, dp=1)
    work = Workload(
        id="row",
        input_tokens=round(float(prompts["mean"])),
        output_tokens=round(float(answers["mean"])),
        prefix_hit_frac=0.0,
    )
    asked = tuning.request(pool, work, None)
    if asked is None:
        return Prediction(skipped="lengths are not positive")
    case = case_of(pool, part, found.llm, asked, float(width), constants(catalog))
    solved = solve(case)
    if isinstance(solved, str):
        return Prediction(skipped=f"does not fit: {solved}")
    each = float(rate) / found.count
    if each >= solved.point.requests_per_s:
        return Prediction(skipped=f"{found.count} machines do not serve {rate:g} requests/s: no mean exists")
    spread = variation(prompts)
    at = at_load(case.model, case.device, solved.layout, case.tune, case.request, solved.batch, each, 1.0, spread)
    assumed = (
        f"{width} accelerators of one machine an instance, weights and cache in 16 bits, no cached prefixes",
        f"mean lengths of the trace, {work.input_tokens} in and {work.output_tokens} out; prompts vary by {spread:.2f} of it",
        f"requests fall on the machines at random; {KILO * case.tune.request_s:.0f} ms of a real server's handling of one",
    )
    tags = ("class:dense", f"accelerator:{part.name}", f"model:{found.llm.id}")
    return Prediction(at.ttft_s * SCALES[str(row.get("unit"))], "compute", assumed, tags=tags)


def variation(percentiles: dict[str, float]) -> float:
    """Standard deviation over mean of a length whose percentiles p10 to p99 are known, straight lines between them.

    Below the first it begins at 0; above the last it is constant. Worked: p50 = 100 alone is a ramp from 0 to 100 and
    100 from there on: mean 75, mean square 6,667, hence 0.43.
    """
    known = sorted((float(key[1:]) / 100.0, float(value)) for key, value in percentiles.items() if key[0] == "p")
    share = np.array([0.0, *(at for at, _ in known), 1.0])
    length = np.array([0.0, *(value for _, value in known), known[-1][1]])
    width = np.diff(share)
    low, high = length[:-1], length[1:]
    mean = float((width * (low + high)).sum() / 2.0)
    square = float((width * (low * low + low * high + high * high)).sum() / 3.0)
    return float(np.sqrt(square - mean * mean) / mean)
