"""Roofline points, memory map, cost of every limit and gain of every doubling of one pool, by the kernels in force."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from infraplanner.kernels.inference import Device, Layout, Model, Tuning, forward
from infraplanner.results.diagnosis import LEVERS, LIMITS, PoolDiagnosis, RooflinePoint

from . import tuning
from .elasticity import instance_rate
from .pools import Case, PoolCase, Solution

ENDLESS = 1e9
"""Stands for a resource without limit: its time vanishes beside any other."""
DOUBLE = 2.0
PREFILL_ONLY, DECODE_ONLY = 1.0, 2.0
"""Phases of a request as `serving.Request` numbers them."""
DEVICE_OF_ONE = Device(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def diagnose(case: PoolCase) -> PoolDiagnosis | None:
    """The diagnosis of a pool; None when nothing is predicted. Equal cases and layouts are worked out once."""
    if case.case is None or case.solution is None or case.accelerator is None:
        return None
    spec, solution = case.case, case.solution
    precision = tuning.peak(case.accelerator, case.pool.weights)[1]
    saving, gains = _levers(spec, solution.layout)
    kept = spec.device.memory_b - solution.weight_b - max(solution.free_b, 0.0)
    return PoolDiagnosis(
        id=case.pool.id,
        peak_flop_per_s=spec.device.flop_per_s,
        peak_memory_b_per_s=spec.device.memory_b_per_s,
        precision=precision,
        ridge_flop_per_b=spec.device.flop_per_s / spec.device.memory_b_per_s,
        points=_points(spec, solution),
        memory_b=spec.device.memory_b,
        weight_b=solution.weight_b,
        kv_b=solution.kv_b,
        reserve_b=kept,
        free_b=max(0.0, solution.free_b - solution.kv_b),
        saving_frac=dict(saving),
        doubling_gain_frac=dict(gains),
    )


@lru_cache(maxsize=512)
def _levers(case: Case, layout: Layout) -> tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]:
    here = instance_rate(case, layout)

    def gain(changed: Case) -> float:
        return max(0.0, instance_rate(changed, layout) / here - 1.0)

    saving = tuple((name, 1.0 - 1.0 / (1.0 + gain(_without(case, name)))) for name in LIMITS)
    return saving, tuple((name, gain(_more(case, name, DOUBLE))) for name in LEVERS)


def _more(case: Case, name: str, factor: float) -> Case:
    """A case with `factor` times as much of one resource."""
    device = case.device
    grown = {
        "compute": {
            "flop_per_s": device.flop_per_s * factor,
            "attention_flop_per_s": device.attention_flop_per_s * factor,
        },
        "memory_bandwidth": {"memory_b_per_s": device.memory_b_per_s * factor},
        "memory_capacity": {"memory_b": device.memory_b * factor},
        "scale_up": {"scale_up_b_per_s": device.scale_up_b_per_s * factor},
        "scale_out": {"scale_out_b_per_s": device.scale_out_b_per_s * factor},
    }[name]
    return replace(case, device=device._replace(**grown))


def _without(case: Case, name: str) -> Case:
    """A case in which one limit is gone. Latency of exchanges goes with the fabric that the instance stays in."""
    tune = case.tune
    if name == "host":
        fixed = ("layer_s", "moe_layer_s", "host_s", "sequence_s", "request_s")
        launch = ("launch_layer_s", "launch_moe_layer_s", "launch_latent_layer_s")
        return replace(case, tune=tune._replace(**dict.fromkeys((*fixed, *launch), 0.0)))
    if name == "kv_capacity":
        return _more(case, "memory_capacity", ENDLESS)
    wider = _more(case, name, ENDLESS)
    if name == "scale_up":
        return replace(wider, tune=tune._replace(all_reduce_s=0.0, all_to_all_s=0.0))
    return wider


def _points(case: Case, solution: Solution) -> tuple[RooflinePoint, ...]:
    """One point a phase that the pool runs: tokens, sequences and context as in `serving.configuration`."""
    request, layout, batch = case.request, solution.layout, solution.batch
    misses = max(1.0, request.input_tokens * (1.0 - request.hit_frac))
    chunk = case.tune.chunk_tokens * layout.dp
    out = []
    if request.phase != DECODE_ONLY:
        seen = request.input_tokens - 0.5 * misses
        out.append(_point(case, layout, "prefill", (chunk, chunk / misses, seen, 0.0)))
    if request.phase != PREFILL_ONLY:
        context = request.input_tokens + 0.5 * request.output_tokens
        out.append(_point(case, layout, "decode", (batch / layout.pp, batch / layout.pp, context, 1.0)))
    return tuple(point for point in out if math.isfinite(point.intensity_flop_per_b))


def _point(case: Case, layout: Layout, phase: str, run: tuple[float, float, float, float]) -> RooflinePoint:
    device = case.device
    real = forward(case.model, device, layout, case.tune, *run)
    flop, moved = work(case.model, case.tune, layout, run)
    return RooflinePoint(
        phase=phase,
        intensity_flop_per_b=flop / moved,
        flop_per_s=flop / real.total_s,
        memory_b_per_s=moved / real.total_s,
        compute_used_frac=flop / real.total_s / device.flop_per_s,
        bandwidth_used_frac=moved / real.total_s / device.memory_b_per_s,
        pass_s=real.total_s,
    )


def work(model: Model, tune: Tuning, layout: Layout, run: tuple[float, float, float, float]) -> tuple[float, float]:
    """FLOP and bytes that one accelerator works through in a pass: its time on a device of one FLOP/s and one B/s
    without losses. `run`: tokens, sequences, mean context, decode (1) or prefill (0).
    """
    lossless = tune._replace(
        compute_eta=1.0, attention_eta=1.0, memory_eta=1.0, attention_memory_eta=1.0, expert_memory_eta=1.0,
        moe_mu=1.0, moe_half_tokens=0.0, imbalance=0.0,
    )  # fmt: skip
    ideal = forward(model, DEVICE_OF_ONE, layout, lossless, *run)
    return float(ideal.compute_s), float(ideal.memory_s)
