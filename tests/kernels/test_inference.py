"""Inference: closed forms, worked numbers, published shapes, and the speed of one configuration."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Llm
from infraplanner.compile.rules import constants
from infraplanner.engine import tuning
from infraplanner.engine.pools import candidate_layouts, case_of, solve
from infraplanner.kernels import inference, serving
from infraplanner.model.entities import Pool

CHAT = serving.Request(1024.0, 0.0, 1024.0, math.inf, math.inf, 0.0, 0.0)
ONE = inference.Layout(1.0, 1.0, 1.0, 1.0)
TP4 = inference.Layout(4.0, 1.0, 1.0, 1.0)

Parts = tuple[inference.Model, inference.Device, inference.Tuning]


def parts(catalog: Catalog, accelerator: str, llm: str, *, weights: str = "fp8", count: float = 8.0) -> Parts:
    """Model, device and constants of one pool."""
    part, shape = catalog.get(accelerator), catalog.get(llm)
    assert isinstance(part, Accelerator)
    assert isinstance(shape, Llm)
    pool = Pool(id="p", model=llm, weights=weights)  # type: ignore[arg-type]
    return (
        tuning.model(shape),
        tuning.device(part, weights, count),
        tuning.tuning(part, pool, constants(catalog)),
    )


def ideal(tune: inference.Tuning) -> inference.Tuning:
    """Constants without fixed times, so that only rates remain."""
    return tune._replace(
        layer_s=0.0,
        moe_layer_s=0.0,
        host_s=0.0,
        sequence_s=0.0,
        all_reduce_s=0.0,
        ring_s=0.0,
        all_to_all_s=0.0,
        blend_exponent=4.0,
    )


def total_parameters(model: inference.Model, llm: Llm) -> float:
    tables = 1 if llm.tied_embeddings else 2
    layers = model.layers * model.attention_weights + model.dense_layers * model.ffn_weights
    experts = model.moe_layers * (model.shared_count + model.expert_count) * model.expert_weights
    return layers + experts + tables * model.vocab * model.hidden


def test_every_models_weights_add_up_to_its_published_count(catalog: Catalog) -> None:
    far = {}
    for llm in catalog.of(Llm).values():
        share = total_parameters(tuning.model(llm), llm) / (llm.params_total_b * 1e9)
        if abs(share - 1.0) > 0.03:
            far[llm.id] = round(share, 3)
    assert len(far) <= 0.15 * len(catalog.of(Llm)), far


def test_cache_bytes_agree_with_the_published_figure(catalog: Catalog) -> None:
    for name in ("llama3.1-70b", "deepseek-r1", "gpt-oss-120b", "llama2-7b"):
        llm = catalog.get(name)
        assert isinstance(llm, Llm)
        model, _, tune = parts(catalog, "h100-sxm", name)
        one = inference.kv_bytes(model, tune._replace(kv_b=2.0), 1.0)
        assert one == pytest.approx(llm.kv_bytes_per_token_bf16, rel=0.01), name


def test_blend_of_three_and_four_is_five() -> None:
    assert inference.blend(3.0, 4.0, 2.0) == 5.0
    assert inference.blend(3.0, 4.0, 3.0) == pytest.approx((27.0 + 64.0) ** (1 / 3))
    assert inference.blend(0.0, 0.0, 3.0) == 0.0


def test_deepseek_touches_63_percent_of_its_experts_at_32_tokens() -> None:
    assert inference.touched_share(8.0, 256.0, 32.0, 0.0) == pytest.approx(0.638, abs=5e-4)
    assert inference.touched_share(8.0, 256.0, 128.0, 0.0) == pytest.approx(0.983, abs=5e-4)


def test_a_router_with_favourites_touches_fewer_experts() -> None:
    """The closed form is the mean over experts whose popularity is gamma distributed; checked by drawing them."""
    assert inference.touched_share(8.0, 256.0, 32.0, 1e-4) == pytest.approx(0.638, abs=5e-4)
    assert inference.touched_share(8.0, 256.0, 32.0, 0.8) == pytest.approx(0.543, abs=5e-4)
    rate = -math.log(1.0 - 8.0 / 256.0)
    drawn = np.random.default_rng(7).gamma(1.0 / 0.64, 0.64, 400_000)
    for tokens in (1.0, 32.0, 128.0, 1000.0):
        sampled = float(np.mean(1.0 - np.exp(-rate * tokens * drawn)))
        assert inference.touched_share(8.0, 256.0, tokens, 0.8) == pytest.approx(sampled, rel=5e-3)


def wide(catalog: Catalog, count: float, **options: Any) -> Parts:
    """DeepSeek on H800 nodes of eight, attention data-parallel."""
    part, shape = catalog.get("h800"), catalog.get("deepseek-r1")
    assert isinstance(part, Accelerator)
    assert isinstance(shape, Llm)
    pool = Pool(id="p", model="deepseek-r1", weights="fp8", dp=int(count), ep=int(count), **options)
    tune = tuning.tuning(part, pool, constants(catalog), moe=True, layers=shape.layers)
    return tuning.model(shape), tuning.device(part, "fp8", count), tune._replace(all_to_all_s=0.0)


def test_experts_beside_tensor_parallel_attention_exchange_nothing(catalog: Catalog) -> None:
    """Every device holds all tokens; the all-reduce that tensor parallelism needs anyway adds up what its experts yield."""
    model, device, tune = parts(catalog, "h200", "deepseek-r1")
    split, whole = inference.Layout(8.0, 1.0, 8.0, 1.0), inference.Layout(8.0, 1.0, 1.0, 1.0)
    assert inference.expert_exchange_time(model, device, split, tune, 64.0, 1.0) == 0.0
    assert inference.forward(model, device, split, tune, 64.0, 64.0, 1024.0, 1.0).network_s == pytest.approx(
        inference.forward(model, device, whole, tune, 64.0, 64.0, 1024.0, 1.0).network_s
    )
    assert inference.expert_exchange_time(model, device, inference.Layout(1.0, 1.0, 8.0, 8.0), tune, 64.0, 1.0) > 0.0


def test_prefill_sends_a_token_once_a_node_and_decode_once_an_expert(catalog: Catalog) -> None:
    """32 devices in 4 nodes of 8: eight experts in at most four groups lie in 3.6 nodes on average, 2.7 of them away."""
    model, device, tune = wide(catalog, 32.0)
    layout, tokens = inference.Layout(1.0, 1.0, 32.0, 32.0), 32.0 * 8192.0
    each = 8192.0 * model.hidden * 3.0
    nic = device.scale_out_b_per_s * tune.link_eta
    landed = 4.0 * (1.0 - 0.75**8)
    assert landed * 0.75 == pytest.approx(2.70, abs=0.005)
    prefill = inference.expert_exchange_time(model, device, layout, tune, tokens, 0.0)
    assert prefill == pytest.approx(model.moe_layers * each * landed * 0.75 / nic)
    decode = inference.expert_exchange_time(model, device, layout, tune, tokens, 1.0)
    away, inside = each * 8.0 * 31.0 / 32.0 * 24.0 / 32.0 / nic, each * 8.0 * 31.0 / 32.0 * 8.0 / 32.0
    assert decode == pytest.approx(
        model.moe_layers * (away + inside / (device.scale_up_b_per_s * tune.link_eta)), rel=1e-9
    )


def test_two_batches_hide_the_exchange_behind_each_other(catalog: Catalog) -> None:
    """Two halves, each its own time and what of the other's exchange is longer; prefill lends compute units to it."""
    layout = inference.Layout(1.0, 1.0, 32.0, 32.0)
    for decode, tokens, sequences in ((1.0, 32.0 * 128.0, 32.0 * 128.0), (0.0, 32.0 * 8192.0, 64.0)):
        model, device, tune = wide(catalog, 32.0, two_batch=True)
        run = (tokens, sequences, 2048.0, decode)
        found = inference.forward(model, device, layout, tune, *run)
        plain = inference.forward(model, device, layout, tune._replace(overlap_frac=0.0), *run)
        halves = (0.5 * tokens, 0.5 * sequences, 2048.0, decode)
        half = inference.forward(model, device, layout, tune._replace(overlap_frac=0.0), *halves)
        travel = inference.expert_exchange_time(model, device, layout, tune, halves[0], decode)
        own = (half.total_s - travel) / (1.0 if decode else 1.0 - tune.exchange_units_frac)
        assert found.total_s == pytest.approx(2.0 * (own + max(0.0, travel - tune.overlap_frac * own)))
        assert found.total_s < plain.total_s
    dense, part, constant = parts(catalog, "h100-sxm", "llama3.1-70b")
    assert inference.forward(dense, part, TP4, constant._replace(overlap_frac=1.0), 64.0, 64.0, 512.0, 1.0) == (
        inference.forward(dense, part, TP4, constant, 64.0, 64.0, 512.0, 1.0)
    )


def test_copies_of_experts_even_out_the_load_and_take_memory(catalog: Catalog) -> None:
    layout = inference.Layout(1.0, 1.0, 32.0, 32.0)
    time, held = {}, {}
    for copies in (0, 16, 32, 64):
        model, device, tune = wide(catalog, 32.0, redundant_experts=copies)
        time[copies] = inference.expert_time(model, device, layout, tune, 32.0 * 8192.0)[0]
        held[copies] = inference.weight_bytes(model, tune, layout)
    assert time[0] > time[16] > time[32] == pytest.approx(time[64], rel=0.02)
    assert held[32] - held[0] == pytest.approx(58 * 32 * 3 * 7168 * 2048 / 32)


def test_small_batch_decode_follows_memory_bandwidth_from_h100_to_h200(catalog: Catalog) -> None:
    step = {}
    for name in ("h100-sxm", "h200"):
        model, device, tune = parts(catalog, name, "llama3.1-70b")
        step[name] = inference.forward(model, device, TP4, ideal(tune), 1.0, 1.0, 1024.0, 1.0)
    model, device, _ = parts(catalog, "h200", "llama3.1-70b")
    _, slow, _ = parts(catalog, "h100-sxm", "llama3.1-70b")
    exchanged = step["h200"].network_s
    ratio = (step["h100-sxm"].total_s - exchanged) / (step["h200"].total_s - exchanged)
    assert ratio == pytest.approx(device.memory_b_per_s / slow.memory_b_per_s, rel=1e-3)
    # weights of one quarter at the achievable share of 4.8 TB/s
    assert step["h200"].memory_s == pytest.approx(70.6e9 / 4 / (4.8e12 * tune.memory_eta), rel=0.05)


def test_dense_prefill_is_the_closed_form(catalog: Catalog) -> None:
    model, device, tune = parts(catalog, "h100-sxm", "llama3.1-70b")
    found = inference.forward(model, device, ONE, ideal(tune), 8192.0, 8.0, 512.0, 0.0)
    dense = 80 * model.attention_weights + 80 * model.ffn_weights
    linear = (2 * 8192 * dense + 2 * 8 * model.vocab * model.hidden) / (device.flop_per_s * tune.compute_eta)
    attention = 2 * 64 * 256 * 8192 * 80 * 512 / (device.attention_flop_per_s * tune.attention_eta)
    assert found.compute_s == pytest.approx(linear + attention, rel=1e-12)
    assert found.network_s == 0.0
    assert found.total_s >= max(found.compute_s, found.memory_s) * 0.999


def test_all_reduce_volume_by_hand(catalog: Catalog) -> None:
    model, device, tune = parts(catalog, "h100-sxm", "llama3.1-70b")
    tune = tune._replace(all_reduce_s=3e-6, ring_s=9e-6)
    for tokens in (8.0, 8192.0):
        seconds = inference.network_time(model, device, TP4, tune, tokens)
        row = tokens * 8192 * 2
        at_once = 3e-6 * 2 + 3 * row / (450e9 * tune.link_eta)
        ring = 9e-6 * 2 + 2 * 3 / 4 * row / (450e9 * tune.link_eta)
        assert (at_once < ring) == (tokens < 100.0)
        assert seconds == pytest.approx(2 * 80 * min(at_once, ring))


def test_a_pair_in_a_full_mesh_has_a_seventh_of_its_links(catalog: Catalog) -> None:
    _, device, tune = parts(catalog, "gaudi2", "llama3.1-70b")
    alone = inference.exchange_time(1e9, 2.0, device, tune)
    assert device.peer_count == 7.0
    assert alone == pytest.approx(1e9 / (262.5e9 / 7 * tune.link_eta))
    assert inference.exchange_time(1e9, 8.0, device, tune) == pytest.approx(alone / 7)


def test_traffic_beyond_the_island_goes_over_the_nic(catalog: Catalog) -> None:
    _, device, tune = parts(catalog, "h100-sxm", "llama3.1-70b")
    inside = inference.exchange_time(1e9, 8.0, device, tune)
    across = inference.exchange_time(1e9, 16.0, device, tune)
    assert inside == pytest.approx(1e9 / (450e9 * tune.link_eta))
    assert across == pytest.approx((0.5e9 / 450e9 + 0.5e9 / 50e9) / tune.link_eta)


def test_kv_batch_by_hand(catalog: Catalog) -> None:
    model, device, tune = parts(catalog, "h200", "llama3.1-70b")
    free = 0.92 * 141e9 - inference.weight_bytes(model, tune, ONE) - 2e9
    if device.memory_b > 142e9:
        free = 0.92 * device.memory_b - inference.weight_bytes(model, tune, ONE) - 2e9
    sequences = serving.kv_batch(model, device, ONE, tune, CHAT)
    assert sequences == pytest.approx(free / (163840.0 * 1024.0 * (1.0 + tune.kv_growth_frac)), rel=1e-9)
    assert serving.kv_batch(model, device._replace(memory_b=60e9), ONE, tune, CHAT) < 0.0


def test_limits_bound_the_batch_and_throughput_grows_with_it(catalog: Catalog) -> None:
    model, device, tune = parts(catalog, "b200", "llama3.1-70b")
    loose, state = serving.best_batch(model, device, ONE, tune, CHAT, 0.0, 1.0)
    tight = CHAT._replace(tpot_limit_s=0.02)
    small, reason = serving.best_batch(model, device, ONE, tune, tight, 0.0, 1.0)
    assert (state, reason) == (1, 2)
    assert 1.0 <= small < loose
    assert serving.configuration(model, device, ONE, tune, tight, small).tpot_s <= 0.02
    assert serving.configuration(model, device, ONE, tune, tight, small + 1.0).tpot_s > 0.02
    rates = [serving.configuration(model, device, ONE, tune, CHAT, b).tokens_per_s for b in (1.0, 8.0, 64.0, 256.0)]
    assert rates == sorted(rates)


def test_unknown_bandwidth_gives_nan_and_never_a_number(catalog: Catalog) -> None:
    model, device, tune = parts(catalog, "h100-sxm", "llama3.1-70b")
    point = serving.configuration(model, device._replace(memory_b_per_s=math.nan), ONE, tune, CHAT, 8.0)
    assert math.isnan(point.tokens_per_s)
    table = np.zeros((1, serving.COLUMNS))
    unknown = device._replace(memory_b=math.nan)
    assert serving.search(model, unknown, tune, CHAT, np.ones((1, 4)), 0.0, table) == -1


def test_passes_and_exchanges_agree_with_plain_python(catalog: Catalog) -> None:
    model, device, tune = wide(catalog, 32.0, two_batch=True, redundant_experts=16)
    tune = tune._replace(expert_buffers_frac=1.0)
    layout = inference.Layout(1.0, 1.0, 32.0, 32.0)
    assert inference.workspace_bytes(model, device, tune, layout) > 0.0
    for kernel, arguments in (
        (inference.forward, (model, device, layout, tune, 4096.0, 4096.0, 2048.0, 1.0)),
        (inference.forward, (model, device, layout, tune, 262144.0, 64.0, 2048.0, 0.0)),
        (inference.expert_exchange_time, (model, device, layout, tune, 4096.0, 0.0)),
        (inference.expert_exchange_time, (model, device, layout, tune, 4096.0, 1.0)),
        (inference.expert_time, (model, device, layout, tune, 4096.0)),
        (inference.workspace_bytes, (model, device, tune, layout)),
        (inference.touched_share, (8.0, 256.0, 64.0, 0.8)),
    ):
        assert kernel(*arguments) == pytest.approx(kernel.py_func(*arguments), rel=1e-13)


@pytest.mark.parametrize(("part", "llm", "count"), [("gb200", "deepseek-r1", 72.0), ("tpu-v5p", "deepseek-r1", 8960.0)])
def test_the_search_of_one_pool_takes_at_most_20_ms(catalog: Catalog, part: str, llm: str, count: float) -> None:
    """The best of several runs, so that other work on the machine does not count."""
    accelerator, shape = catalog.get(part), catalog.get(llm)
    assert isinstance(accelerator, Accelerator)
    assert isinstance(shape, Llm)
    asked = CHAT._replace(ttft_limit_s=2.0, tpot_limit_s=0.05)
    case = case_of(Pool(id="p", model=llm, weights="fp8", pp=0), accelerator, shape, asked, count, constants(catalog))
    assert len(candidate_layouts(case)) > 100
    took = []
    for _ in range(8):
        start = time.perf_counter()
        found = solve(case)
        took.append(time.perf_counter() - start)
        assert not isinstance(found, str)
    assert min(took) <= 0.020


def test_compiled_and_plain_python_agree(catalog: Catalog) -> None:
    for name in ("llama3.1-70b", "deepseek-r1", "gpt-oss-120b"):
        model, device, tune = parts(catalog, "gb200", name, count=72.0)
        layout = inference.Layout(1.0, 1.0, 8.0, 8.0) if model.moe_layers else TP4
        fast = serving.configuration(model, device, layout, tune, CHAT, 64.0)
        slow = serving.configuration.py_func(model, device, layout, tune, CHAT, 64.0)
        np.testing.assert_allclose(tuple(fast), tuple(slow), rtol=1e-12)


def test_pipeline_stages_keep_throughput_and_cost_latency(catalog: Catalog) -> None:
    model, device, tune = parts(catalog, "h100-sxm", "llama3.1-70b")
    tune = ideal(tune)
    two = serving.configuration(model, device, inference.Layout(2.0, 2.0, 1.0, 1.0), tune, CHAT, 128.0)
    one = serving.configuration(model, device, inference.Layout(2.0, 1.0, 1.0, 1.0), tune, CHAT, 64.0)
    assert two.tokens_per_s == pytest.approx(2.0 * one.tokens_per_s, rel=0.15)


def test_one_configuration_takes_about_a_microsecond(catalog: Catalog) -> None:
    """A ratio within one run: a thousand configurations against a thousand trivial Python calls, never a bare time."""
    model, device, tune = parts(catalog, "gb200", "deepseek-r1", count=72.0)
    layouts = np.tile(np.array([[1.0, 1.0, 72.0, 72.0]]), (2000, 1))
    table = np.zeros((2000, serving.COLUMNS))
    serving.search(model, device, tune, CHAT, layouts, 64.0, table)
    start = time.perf_counter()
    serving.search(model, device, tune, CHAT, layouts, 64.0, table)
    each = (time.perf_counter() - start) / 2000
    start = time.perf_counter()
    for _ in range(2000):
        math.isnan(math.sqrt(2.0))
    trivial = (time.perf_counter() - start) / 2000
    assert each < 200.0 * trivial


def test_a_cached_prefix_is_still_attended_to(catalog: Catalog) -> None:
    """With nine tenths of 100,000 tokens cached, the new tokens see 95,000 on average, not 50,000."""
    model, device, tune = parts(catalog, "h200", "llama3.1-70b")
    long = CHAT._replace(input_tokens=1e5, phase=1.0)
    cold = serving.configuration(model, device, TP4, ideal(tune), long, 1.0)
    warm = serving.configuration(model, device, TP4, ideal(tune), long._replace(hit_frac=0.9), 1.0)
    assert 0.1 < warm.ttft_s / cold.ttft_s < 0.2


def test_launches_bound_a_short_prefill_and_not_a_long_one(catalog: Catalog) -> None:
    """The host starts kernels one by one: a pass that the device ends sooner waits for it, alone or in a full engine."""
    model, device, tune = parts(catalog, "h200", "deepseek-r1")
    layout = inference.Layout(8.0, 1.0, 1.0, 1.0)
    none = tune._replace(launch_layer_s=0.0, launch_moe_layer_s=0.0, launch_latent_layer_s=0.0, request_s=0.0)
    slow = none._replace(launch_layer_s=1e-3, launch_moe_layer_s=1e-3, launch_latent_layer_s=1e-3)
    assert inference.launch_time(model, slow) == pytest.approx((2 * 61 + 58) * 1e-3)
    work, alone, chunk = serving.prefill_times(model, device, layout, none, CHAT)
    slow_work, slow_alone, _ = serving.prefill_times(model, device, layout, slow, CHAT)
    assert slow_alone > max(alone, 0.18)
    q = tune.blend_exponent
    assert slow_work / work == pytest.approx((chunk.total_s**q + 0.18**q) ** (1.0 / q) / chunk.total_s)
    long = none._replace(chunk_tokens=262_144.0), slow._replace(chunk_tokens=262_144.0)
    works = [serving.prefill_times(model, device, layout, one, CHAT)[0] for one in long]
    assert works[1] == pytest.approx(works[0], rel=0.01)


def test_what_lies_outside_a_window_takes_memory_while_it_is_held(catalog: Catalog) -> None:
    """gpt-oss: 18 of 36 layers see 128 tokens; held whole, 1,280 tokens take 2 / 1.1 as much."""
    model, device, tune = parts(catalog, "h100-sxm", "gpt-oss-120b")
    given_back, held = tune._replace(window_held_frac=0.0), tune._replace(window_held_frac=1.0)
    assert inference.held_bytes(model, given_back, 1280.0) == inference.kv_bytes(model, tune, 1280.0)
    whole = model.layers * model.kv_elements * tune.kv_b * 1280.0
    assert inference.held_bytes(model, held, 1280.0) == pytest.approx(whole)
    assert whole / inference.kv_bytes(model, tune, 1280.0) == pytest.approx(2 / 1.1)
    fewer = serving.kv_batch(model, device, TP4, held, CHAT)
    assert fewer < serving.kv_batch(model, device, TP4, given_back, CHAT)
