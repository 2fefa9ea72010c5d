"""Predictor of measured training rows: steps, utilisation, tokens, layer times, memory, failures and goodput."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator
from infraplanner.compile.rules import Lookup, constants
from infraplanner.engine import kernel_cache
from infraplanner.units import GIBI, H_PER_YEAR, KILO, S_PER_H, TERA

from . import phrases
from .measured import Row, not_positive
from .report import Prediction, Predictor

if TYPE_CHECKING:
    from infraplanner.kernels.training_types import Device, Job, Shape, Step, Tune

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when a row is first predicted

STEP_METRICS = frozenset(
    {
        "iteration_time",
        "mfu",
        "hfu",
        "hardware_tflops_per_gpu",
        "model_tflops_per_gpu",
        "tflops_per_gpu",
        "model_or_hw_tflops_per_gpu",
        "tokens_per_s_per_gpu",
        "throughput",
        "pretraining_gpu_hours",
        "gpu_hours_per_1e12_tokens",
    }
)
LAYER_METRICS = frozenset({"layer_forward_time", "layer_backward_time"})
MEMORY_METRICS = frozenset({"memory_params_grads_optimizer", "memory_activations"})
FAILURE_METRICS = frozenset({"effective_training_time_lower_bound", "mttf_projected_at_131072_gpus"})
COUNTS = ("n_accelerators", "tp", "cp", "pp", "dp", "ep", "micro_batch", "global_batch", "interleave")
WHOLE_SQUARE = 1.0  # papers count attention without the causal mask
FULL_RUN_TOKENS = 1e12


@dataclass(frozen=True, slots=True)
class Setting:
    """One row as kernel arguments: its best allowed layout, and what had to be assumed."""

    shape: Shape
    device: Device
    tune: Tune
    job: Job
    fits: bool
    assumed: tuple[str, ...]


def training_predictor(catalog: Catalog) -> Predictor:
    """A predictor of training rows; rows of other kinds are none of its business (None)."""
    rule = constants(catalog)

    def predict(row: Row) -> Prediction | None:
        metric = row["metric"]
        if metric in FAILURE_METRICS:
            return _failures(row, rule)
        if metric not in STEP_METRICS | LAYER_METRICS | MEMORY_METRICS | {"time_to_train"}:
            return None
        wrong = _wrong(row)
        if wrong:
            return Prediction(skipped=wrong, tags=tags_of(row))
        if metric == "time_to_train":
            return Prediction(
                skipped="the samples to the target are not stated: compared as ratios between sizes", tags=tags_of(row)
            )
        if phrases.read("feature_alone", row.get("notes")):
            return Prediction(
                skipped="one step of an ablation: such features are not modelled singly", tags=tags_of(row)
            )
        found = setting(row, catalog, rule)
        if isinstance(found, str):
            return Prediction(skipped=found, tags=tags_of(row))
        tags = tags_of(row, moe=found.shape.moe_layers > 0)
        value, limiter = evaluate(row, found)
        if not math.isfinite(value):
            return Prediction(skipped="a rate this needs is unknown: not predicted", assumed=found.assumed, tags=tags)
        return Prediction(value, limiter, found.assumed, tags=tags)

    return predict


def _wrong(row: Row) -> str:
    """What makes a row no training job, in words."""
    from .training_layouts import model_of

    if row.get("accelerator") is None:
        return "the row does not state accelerator"
    model = model_of(row)
    return not_positive(row, COUNTS) or not_positive(model, model)


def tags_of(row: Row, *, moe: bool = False) -> tuple[str, ...]:
    """Groups of the report that a training row belongs to."""
    from .training_layouts import model_of

    kind = "class:moe" if moe else "class:dense"
    return (f"accelerator:{row.get('accelerator')}", f"model:{model_of(row).get('name')}", kind)


def setting(row: Row, catalog: Catalog, rule: Lookup) -> Setting | str:
    """The row's model, part, constants and layout, or why there is none."""
    kernel_cache.prepare_once()
    from infraplanner.engine import training

    from . import training_layouts

    part = catalog.find(phrases.plain_name(str(row["accelerator"])))
    if not isinstance(part, Accelerator):
        return f"no profile of the accelerator {row['accelerator']}"
    assumed: list[str] = []
    row = training_layouts.published(row, catalog, part.id, assumed)
    shape = training_layouts.shape_of(row, catalog, assumed)
    if shape is None:
        return f"no shape of the model {training_layouts.model_of(row).get('name')}"
    precision = phrases.read("precision", row.get("precision"))
    if precision is None:
        precision = "bf16"
        assumed.append("computed in bf16")
    style: training.Software = phrases.read("software", row.get("notes")) or training.software(part)
    assumed.append(f"{style} training software")
    device, tune = training.device(part, precision), training.tune(part, precision, style, rule)
    tokens = training_layouts.sequence_tokens(row, catalog, assumed)
    table = training_layouts.layouts(row, shape, device, tokens, style, assumed)
    if not len(table):
        return "no layout has the row's numbers of accelerators and sequences"
    job, fits = _best(shape, table, device, tune)
    assumed += _chosen(row, job)
    if phrases.read("square_ratio", row.get("source")):
        assumed.append("FLOP of attention counted causally")
    if not fits:
        assumed.append("more memory than the model thinks there is")
    return Setting(shape, device, tune, job, fits, tuple(assumed))


def _best(shape: Shape, table: np.ndarray, device: Device, tune: Tune) -> tuple[Job, bool]:
    """The fastest layout that fits, else the smallest."""
    from infraplanner.kernels.training_state import search
    from infraplanner.kernels.training_types import Job

    out = np.zeros((len(table), 2))
    best = search(shape, table, device, tune, out)
    chosen = best if best >= 0 else int(np.nanargmin(out[:, 1]))
    return Job(*table[chosen].tolist()), best >= 0


def _chosen(row: Row, job: Job) -> list[str]:
    """The layout taken where the row states none, in words."""
    names = ("tp", "pp", "dp", "micro_batch", "interleave", "recompute")
    open_ones = [f"{name} {getattr(job, name):g}" for name in names if row.get(name) is None]
    return [", ".join(open_ones)] if open_ones else []


def evaluate(row: Row, found: Setting) -> tuple[float, str]:
    """The predicted value in the row's unit and what takes most of the time."""
    metric = str(row["metric"])
    if metric in MEMORY_METRICS:
        return _memory(metric, found), "memory"
    if metric in LAYER_METRICS:
        return _layer(metric, found), "compute"
    from infraplanner.kernels.training import step

    result = step(found.shape, found.job, found.device, found.tune)
    return _step_value(row, found, result), busiest(result)


def _layer(metric: str, found: Setting) -> float:
    from infraplanner.kernels.training import layer, recompute_time

    one = layer(found.shape, found.job, found.device, found.tune)
    if metric == "layer_forward_time":
        return (one.forward_s + one.tp_forward_s) * KILO
    return (one.backward_s + one.tp_backward_s + sum(recompute_time(one, found.job))) * KILO


def _memory(metric: str, found: Setting) -> float:
    """As the paper counts: layers without embeddings; activations without the working set of a recomputed layer."""
    from infraplanner.kernels.training_state import activation_bytes, state_bytes

    if metric == "memory_params_grads_optimizer":
        return state_bytes(found.shape._replace(vocab=0.0), found.job, found.tune) / GIBI
    return activation_bytes(found.shape, found.job, found.tune) / GIBI


def _step_value(row: Row, found: Setting, result: Step) -> float:
    from infraplanner.kernels.training_state import flop_per_token, hardware_flop_per_token

    from .training_layouts import model_of

    job = found.job
    ranks = job.tp * job.cp * job.pp * job.dp
    rate = job.batch * job.sequence_tokens / result.total_s / ranks
    square = phrases.read("square_ratio", row.get("source")) or WHOLE_SQUARE
    model = sum(flop_per_token(found.shape, job.sequence_tokens, square))
    hardware = hardware_flop_per_token(found.shape, job.sequence_tokens, square, job.recompute)
    peak = found.device.flop_per_s
    sequences = "sequences" in str(row.get("unit"))
    tokens = float(model_of(row).get("tokens", math.nan))
    values: dict[str, Callable[[], float]] = {
        "iteration_time": lambda: result.total_s,
        "mfu": lambda: rate * model / peak,
        "hfu": lambda: rate * hardware / peak,
        "hardware_tflops_per_gpu": lambda: rate * hardware / TERA,
        "tflops_per_gpu": lambda: rate * hardware / TERA,
        "model_or_hw_tflops_per_gpu": lambda: rate * hardware / TERA,
        "model_tflops_per_gpu": lambda: rate * model / TERA,
        "tokens_per_s_per_gpu": lambda: rate,
        "throughput": lambda: rate * ranks / (job.sequence_tokens if sequences else 1.0),
        "pretraining_gpu_hours": lambda: tokens / rate / S_PER_H,
        "gpu_hours_per_1e12_tokens": lambda: FULL_RUN_TOKENS / rate / S_PER_H,
    }
    return float(values[str(row["metric"])]())


def busiest(result: Step) -> str:
    """The part of the step that takes longest."""
    parts = {name.removesuffix("_s"): value for name, value in result._asdict().items() if name != "total_s"}
    return max(parts, key=lambda name: parts[name])


def _failures(row: Row, rule: Lookup) -> Prediction:
    """Time between failures, and the share of time that makes progress, from rates a single accelerator."""
    kernel_cache.prepare_once()
    from infraplanner.kernels.goodput import goodput

    count = row.get("n_accelerators") or phrases.read("accelerators_in_name", row["metric"])
    if not isinstance(count, int | float) or count <= 0:
        return Prediction(skipped="the row does not state n_accelerators", tags=tags_of(row))
    model = row.get("model")
    weights = model.get("params") if isinstance(model, dict) else None
    save_s = float(weights or 0.0) * rule("training.checkpoint_bytes")
    save_s /= float(count) * rule("training.checkpoint_b_per_s")
    rate = rule("training.failures_per_year") / (H_PER_YEAR * S_PER_H)
    if str(row["metric"]).startswith("mttf"):
        mtbf = goodput(float(count), rate, 1.0, 0.0).mtbf_s
        return Prediction(mtbf / S_PER_H, "failures", ("failure rate of one published run",), tags=tags_of(row))
    if not weights:
        return Prediction(skipped="the row does not state the model's size", tags=tags_of(row))
    result = goodput(float(count), rate, save_s, rule("training.recover_s"))
    said = (f"{save_s:.1f} s a checkpoint, {rule('training.recover_s'):.0f} s to restart",)
    return Prediction(result.goodput_frac, "failures", said, tags=tags_of(row))
