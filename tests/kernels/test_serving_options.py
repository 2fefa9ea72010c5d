"""Options of a served model and of its memory: drafts, pruning, distillation, cache compression, offload, layers on chip."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Llm
from infraplanner.compile.rules import constants
from infraplanner.engine import tuning
from infraplanner.engine.load import best_split, load_point
from infraplanner.engine.pools import Case, candidate_layouts, case_of, solve
from infraplanner.kernels import inference, load, serving, sram
from infraplanner.model.entities import Pool

CHAT = serving.Request(1024.0, 0.0, 1024.0, math.inf, math.inf, 0.0, 0.0)
TP8 = inference.Layout(8.0, 1.0, 1.0, 1.0)


def case(catalog: Catalog, part: str, llm: str, count: float = 8.0, asked: Any = CHAT, **pool: Any) -> Case:
    accelerator, shape = catalog.get(part), catalog.get(llm)
    assert isinstance(accelerator, Accelerator)
    assert isinstance(shape, Llm)
    return case_of(Pool(id="p", model=llm, **pool), accelerator, shape, asked, count, constants(catalog))


def point(one: Case, batch: float, layout: inference.Layout = TP8) -> serving.Point:
    return serving.Point(*serving.configuration(one.model, one.device, layout, one.tune, one.request, batch))


def test_drafts_yield_a_geometric_sum() -> None:
    assert serving.accepted_tokens(0.0, 0.7) == 1.0
    assert serving.accepted_tokens(3.0, 0.7) == pytest.approx(2.533)
    assert serving.accepted_tokens(3.0, 1.0) == 4.0


def test_the_gain_of_drafts_shrinks_as_the_batch_grows(catalog: Catalog) -> None:
    plain = case(catalog, "h100-sxm", "llama3.1-70b")
    drafted = case(catalog, "h100-sxm", "llama3.1-70b", draft_tokens=3)
    gain = [point(plain, b).tpot_s / point(drafted, b).tpot_s for b in (1.0, 32.0, 512.0)]
    assert 1.8 < gain[0] < serving.accepted_tokens(3.0, 0.7)
    assert gain == sorted(gain, reverse=True)
    assert gain[2] < 0.7 * gain[0]


@pytest.mark.parametrize(
    ("change", "weights", "cache"),
    [({"pruned_frac": 0.5}, 0.5, 1.0), ({"layers_kept_frac": 0.5}, 0.5, 0.5), ({"kv_kept_frac": 0.25}, 1.0, 0.25)],
)
def test_options_cut_weights_and_cache(
    catalog: Catalog, change: dict[str, float], weights: float, cache: float
) -> None:
    plain, cut = (case(catalog, "h100-sxm", "llama3.1-70b", **options) for options in ({}, change))
    tables = 2 * 2 * plain.model.vocab * plain.model.hidden
    whole, left = (inference.weight_bytes(c.model, c.tune, inference.Layout(1.0, 1.0, 1.0, 1.0)) for c in (plain, cut))
    assert left - tables == pytest.approx(weights * (whole - tables))
    held, kept = (inference.kv_bytes(c.model, c.tune, 1000.0) for c in (plain, cut))
    assert kept == pytest.approx(cache * held)


def test_int4_and_activations_choose_bytes_and_rate(catalog: Catalog) -> None:
    packed = case(catalog, "b200", "llama3.1-70b", weights="int4")
    assert packed.tune.weight_b == pytest.approx(0.515625)
    assert packed.device.flop_per_s == case(catalog, "b200", "llama3.1-70b", weights="bf16").device.flop_per_s
    mixed = case(catalog, "b200", "llama3.1-70b", weights="fp4", activations="fp8")
    assert mixed.tune.weight_b == pytest.approx(0.5625)
    assert mixed.device.flop_per_s == case(catalog, "b200", "llama3.1-70b", weights="fp8").device.flop_per_s
    assert mixed.tune.activation_b == 1.0


def test_auto_takes_the_fastest_format_that_the_part_knows(catalog: Catalog) -> None:
    b200, h100 = catalog.get("b200"), catalog.get("h100-sxm")
    assert isinstance(b200, Accelerator)
    assert isinstance(h100, Accelerator)
    assert tuning.weight_choices(b200, "auto", "") == ["bf16", "fp8", "fp4"]
    assert tuning.weight_choices(h100, "auto", "") == ["bf16", "fp8"]
    assert tuning.weight_choices(h100, "auto", "mxfp4") == ["mxfp4"]
    assert tuning.weight_choices(h100, "fp4", "") == ["fp4"]


def test_weights_in_host_memory_free_room_and_bind_the_step_to_the_host_link(catalog: Catalog) -> None:
    near = case(catalog, "h100-sxm", "llama3.1-70b")
    far = case(catalog, "h100-sxm", "llama3.1-70b", weights_host_frac=1.0)
    weights = inference.weight_bytes(far.model, far.tune, TP8)
    free = [serving.free_bytes(c.model, c.device, TP8, c.tune) for c in (near, far)]
    assert free[1] - free[0] == pytest.approx(weights)
    step = serving.decode_step(far.model, far.device, TP8, far.tune, far.request, 1.0)
    assert step[0] == pytest.approx(weights / far.device.host_b_per_s)
    assert far.device.host_b_per_s == 6.3e10


def test_cache_in_host_memory_holds_more_sequences_and_slows_each(catalog: Catalog) -> None:
    near = case(catalog, "h100-sxm", "llama3.1-70b")
    far = case(catalog, "h100-sxm", "llama3.1-70b", kv_host_frac=0.5)
    rooms = [serving.kv_batch(c.model, c.device, TP8, c.tune, c.request) for c in (near, far)]
    assert rooms[1] == pytest.approx(2.0 * rooms[0])
    assert point(far, 400.0).tpot_s > 2.0 * point(near, 400.0).tpot_s


def test_a_prefix_in_storage_saves_compute_and_costs_its_transfer(catalog: Catalog) -> None:
    asked = CHAT._replace(input_tokens=16384.0, hit_frac=0.9)
    times = {
        tier: serving.prefill_times(c.model, c.device, TP8, c.tune, c.request)[1]
        for tier in ("hbm", "host", "storage")
        for c in [case(catalog, "h100-sxm", "llama3.1-70b", asked=asked, prefix_tier=tier)]
    }
    cold = case(catalog, "h100-sxm", "llama3.1-70b", asked=asked._replace(hit_frac=0.0))
    bytes_held = inference.kv_bytes(cold.model, cold.tune, 0.9 * 16384.0) / 8
    assert times["storage"] - times["hbm"] == pytest.approx(bytes_held / 1e10)
    assert times["hbm"] < times["host"] < times["storage"]
    assert times["host"] < serving.prefill_times(cold.model, cold.device, TP8, cold.tune, cold.request)[1]


def test_smaller_chunks_cost_prefill_throughput(catalog: Catalog) -> None:
    small, usual = (case(catalog, "h100-sxm", "llama3.1-70b", chunk_tokens=n) for n in (512, 0))
    one, other = (serving.prefill_times(c.model, c.device, TP8, c.tune, c.request)[0] for c in (small, usual))
    assert usual.tune.chunk_tokens == 8192.0
    assert one > 1.2 * other


def test_software_maturity_moves_tokens(catalog: Catalog) -> None:
    fast = case(catalog, "b200", "gpt-oss-120b", weights="mxfp4", framework="vllm.0_10")
    plain = case(catalog, "b200", "gpt-oss-120b", weights="mxfp4")
    factor = tuning.maturity("vllm.0_10", constants(catalog))
    assert factor != 1.0
    assert fast.tune.layer_s == pytest.approx(plain.tune.layer_s / factor)


def test_layers_on_chip_are_bound_by_time_a_layer(catalog: Catalog) -> None:
    groq = case(catalog, "groq-lpu1", "llama3.1-8b", 72.0, weights="int8")
    line = inference.Layout(1.0, 72.0, 1.0, 1.0)
    alone, _, _ = sram.token_time(groq.model, groq.device, line, groq.tune, 1.0, 1024.0)
    assert alone >= 32 * 42e-6 + 32 * 1e-6
    assert alone == pytest.approx(32 * 42e-6, rel=0.15)
    assert 600.0 < 1.0 / point(groq, 1.0, line).tpot_s < 760.0
    assert point(groq, 32.0, line).tokens_per_s > 20.0 * point(groq, 1.0, line).tokens_per_s


def test_chips_in_line_must_hold_the_weights(catalog: Catalog) -> None:
    few = case(catalog, "groq-lpu1", "llama3.1-8b", 16.0, weights="int8")
    told = solve(few)
    assert isinstance(told, str)
    assert "GB a chip too large on 16 chips" in told
    assert "chips in line would hold them" in told
    enough = solve(case(catalog, "groq-lpu1", "llama3.1-8b", 72.0, weights="int8"))
    assert not isinstance(enough, str)
    assert enough.layout.pp * 0.23e9 > 8.0e9
    rows = candidate_layouts(few)
    assert rows[-1].tolist() == [1.0, 16.0, 1.0, 1.0]


def test_open_stages_reach_beyond_the_island(catalog: Catalog) -> None:
    wide = case(catalog, "h100-sxm", "llama3.1-405b", 32.0, weights="bf16", pp=0)
    found = solve(wide)
    assert not isinstance(found, str)
    assert found.layout.pp > 1.0
    assert isinstance(solve(replace(wide, pinned=(0, 1, 0, 0, 0))), str)


def test_a_queue_with_one_server_by_hand() -> None:
    assert load.wait_time(0.5, 0.2, 1.0, 0.0) == pytest.approx(0.1)
    assert load.wait_time(0.5, 0.2, 1.0, 1.0) == pytest.approx(0.2)  # M/M/1: r s / (1 - r)
    assert load.wait_time(1.0, 0.2, 1.0, 0.0) == math.inf
    assert load.wait_percentile(0.5, 0.1, 0.05) == pytest.approx(0.2 * math.log(10.0))
    assert load.wait_percentile(0.04, 0.1, 0.05) == 0.0


def test_latency_at_load_follows_littles_law(catalog: Catalog) -> None:
    one = case(catalog, "h100-sxm", "llama3.1-70b", tp=8, dp=1)
    full = solve(one)
    assert not isinstance(full, str)
    half = load_point(one, full, 0.5 * full.point.requests_per_s, None)
    assert half.batch is not None
    assert half.tpot_s is not None
    assert half.ttft_s is not None
    assert half.ttft_p95_s is not None
    assert half.batch < full.batch
    assert point(one, half.batch).requests_per_s == pytest.approx(0.5 * full.point.requests_per_s, rel=1e-4)
    assert half.tpot_s < full.point.tpot_s
    assert half.ttft_s < half.ttft_p95_s
    rough = load_point(one, full, 0.5 * full.point.requests_per_s, 4.0)
    assert rough.ttft_s is not None
    assert rough.ttft_s > half.ttft_s
    assert "Saturated" in load_point(one, full, full.point.requests_per_s, None).note


def test_prefill_apart_balances_both_sides(catalog: Catalog) -> None:
    one = case(catalog, "b200", "deepseek-r1", 8.0, weights="fp8")
    split = best_split(one)
    assert split is not None
    sizes = [np.prod(side.layout) / side.layout.ep for side in (split.prefill, split.decode)]
    x_p, x_d = split.prefill.point.requests_per_s / sizes[0], split.decode.point.requests_per_s / sizes[1]
    assert split.prefill_frac * x_p == pytest.approx((1.0 - split.prefill_frac) * x_d)
    assert split.tokens_per_s_per_accelerator == pytest.approx(split.prefill_frac * x_p * 1024.0)


def test_a_finite_run_ends_with_a_part_filled_wave(catalog: Catalog) -> None:
    one = case(catalog, "h100-sxm", "llama3.1-70b")
    steady = point(one, 100.0).tokens_per_s
    even = serving.run_rate(one.model, one.device, TP8, one.tune, one.request, 100.0, 300.0)
    odd = serving.run_rate(one.model, one.device, TP8, one.tune, one.request, 100.0, 301.0)
    long = serving.run_rate(one.model, one.device, TP8, one.tune, one.request, 100.0, 30001.0)
    assert even == pytest.approx(steady)
    assert odd < 0.95 * steady
    assert long == pytest.approx(steady, rel=0.01)


def test_a_window_in_fixed_blocks_is_half_seen_on_average(catalog: Catalog) -> None:
    shape = catalog.get("llama4-maverick")
    assert isinstance(shape, Llm)
    model = tuning.model(shape)
    assert (model.window_layers, model.window_tokens, model.window_seen_frac) == (36.0, 8192.0, 0.5)
    slid = model._replace(window_seen_frac=1.0)
    one = case(catalog, "b200", "llama4-maverick", weights="fp4")
    long, short = (
        [inference.forward(m, one.device, TP8, one.tune, 8.0, 8.0, context, 1.0)[2] for m in (model, slid)]
        for context in (40000.0, 4000.0)
    )
    assert long[0] < long[1]
    assert short[0] == short[1]
