"""Bytes a job sends between machines, against hand-made sums."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog


@pytest.fixture(scope="module")
def parts(catalog: Catalog) -> tuple:  # type: ignore[type-arg]
    from infraplanner.compile.rules import constants  # noqa: PLC0415 - kernels stay out of collection
    from infraplanner.engine import training  # noqa: PLC0415

    part = catalog.find("h100-sxm")
    llm = catalog.find("llama3.1-405b")
    return training.shape(llm), training.tune(part, "bf16", "tuned", constants(catalog))


def _job(**sizes: float):  # type: ignore[no-untyped-def]
    from infraplanner.kernels.training_types import Job  # noqa: PLC0415

    base = {
        "tp": 1.0, "cp": 1.0, "pp": 1.0, "dp": 1.0, "ep": 1.0, "interleave": 1.0, "micro_batch": 1.0, "batch": 16.0,
        "sequence_tokens": 8192.0, "recompute": 0.0, "sequence_parallel": 1.0, "zero_stage": 1.0,
        "fused_attention": 1.0, "parallel_block": 0.0,
    }  # fmt: skip
    return Job(**(base | sizes))


def test_tensor_groups_inside_a_machine_send_nothing_out(parts: tuple) -> None:  # type: ignore[type-arg]
    """Eight ranks a machine with tp 8: only data rings leave it."""
    from infraplanner.engine.traffic import job_demand, rank_bytes  # noqa: PLC0415

    shape, tune = parts
    job = _job(tp=8.0, dp=4.0)
    machine = np.arange(32) // 8
    found = job_demand(shape, job, tune, machine)
    assert found.by_kind_b["tensor"] == 0.0
    assert found.by_kind_b["data"] == pytest.approx(32 * rank_bytes(shape, job, tune)["data"])
    assert found.amount_b.sum() == pytest.approx(found.by_kind_b["data"])
    assert found.targets.tolist() == [0, 1, 2, 3]
    assert found.sources.tolist() == [3, 0, 1, 2]  # a ring: each machine hears from the one before


def test_all_reduce_bytes_follow_the_closed_form(parts: tuple) -> None:  # type: ignore[type-arg]
    """Llama 3.1 405B over tp 8, pp 16, dp 128: 2 (d-1)/d P/(t p) gradients in their wire width."""
    from infraplanner.engine.traffic import rank_bytes  # noqa: PLC0415
    from infraplanner.kernels.training import rank_weights  # noqa: PLC0415

    shape, tune = parts
    job = _job(tp=8.0, pp=16.0, dp=128.0, batch=2048.0)
    dense, _ = rank_weights(shape, job)
    sent = rank_bytes(shape, job, tune)
    assert sent["data"] == pytest.approx(2 * 127 / 128 * dense * tune.gradient_wire_b)
    assert sent["tensor"] == pytest.approx(8 * 7 / 8 * 8192 * 16384 * 2 * 126 / 16 * 16)
    assert sent["pipeline"] == pytest.approx(2 * 8192 * 16384 * 2 / 8 * 16)
    assert sent["context"] == sent["expert"] == 0.0


def test_pipeline_goes_both_ways_and_not_around(parts: tuple) -> None:  # type: ignore[type-arg]
    from infraplanner.engine.traffic import job_demand, rank_bytes  # noqa: PLC0415

    shape, tune = parts
    job = _job(pp=4.0)
    found = job_demand(shape, job, tune, np.arange(4))
    each = 0.5 * rank_bytes(shape, job, tune)["pipeline"]
    pairs = {
        (int(found.sources[k]), int(t)): float(found.amount_b[k])
        for row, t in enumerate(found.targets)
        for k in range(found.start[row], found.start[row + 1])
    }
    assert pairs == pytest.approx(dict.fromkeys(((0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)), each))


def test_experts_send_evenly_to_their_group(catalog: Catalog, parts: tuple) -> None:  # type: ignore[type-arg]
    from infraplanner.engine import training  # noqa: PLC0415
    from infraplanner.engine.traffic import job_demand, rank_bytes  # noqa: PLC0415

    shape = training.shape(catalog.find("mixtral-8x7b"))
    job = _job(dp=4.0, ep=4.0)
    found = job_demand(shape, job, parts[1], np.arange(4))
    sent = rank_bytes(shape, job, parts[1])
    assert sent["expert"] == pytest.approx(4 * 2 * 8192 * 4096 * 2 * 3 / 4 * 32 * 4)
    assert found.by_kind_b["expert"] == pytest.approx(4 * sent["expert"])
    assert found.start.tolist() == [0, 3, 6, 9, 12]  # everybody hears from the three others


def test_ranks_that_do_not_fit_the_layout_are_refused(parts: tuple) -> None:  # type: ignore[type-arg]
    from infraplanner.engine.traffic import job_demand  # noqa: PLC0415

    with pytest.raises(ValueError, match="5 ranks; the layout has 8"):
        job_demand(parts[0], _job(tp=8.0), parts[1], np.arange(5))


def test_a_jobs_load_on_the_pod_is_what_its_ring_says(catalog: Catalog, parts: tuple) -> None:  # type: ignore[type-arg]
    """Eight racks of 72, tp 8 and dp 72: every rack sends one ring's bytes to the next over its leaves."""
    from infraplanner.compile.plan import compile_plan  # noqa: PLC0415
    from infraplanner.engine.job_traffic import machines, route_job  # noqa: PLC0415
    from infraplanner.engine.traffic import job_demand  # noqa: PLC0415
    from infraplanner.model.entities import Job as Record  # noqa: PLC0415
    from infraplanner.model.entities import Pool  # noqa: PLC0415

    from .halls import add, pod  # noqa: PLC0415

    plan = pod(8)
    add(plan, "pools", Pool(id="serve", model="llama3.1-405b", weights="bf16"))
    add(plan, "jobs", Record(id="run", pool="serve", model="llama3.1-405b"))
    compiled = compile_plan(plan.snapshot(), catalog)
    shape, tune = parts
    job = _job(tp=8.0, dp=72.0, batch=72.0)
    placed = machines(compiled, compiled.tables["pools"].index["serve"], 576, frozenset())
    assert placed is not None
    demand = job_demand(shape, job, tune, placed)
    found = route_job(compiled, demand, frozenset())
    assert not found.is_estimate
    assert found.lost_frac == 0.0
    assert demand.targets.size == 8
    crossed = demand.by_kind_b["data"]
    hops = found.load_b.sum() / crossed
    assert hops == pytest.approx(round(hops))  # every byte crosses the same number of links, in a leaf-spine pod
    assert machines(compiled, compiled.tables["pools"].index["serve"], 577, frozenset()) is None
    dead = route_job(compiled, demand, frozenset({"r000"}))
    assert 0.0 < dead.lost_frac < 1.0


def test_an_estimate_is_unbiased_and_says_so(catalog: Catalog, parts: tuple, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[type-arg]
    from infraplanner.compile.plan import compile_plan  # noqa: PLC0415
    from infraplanner.engine import job_traffic  # noqa: PLC0415
    from infraplanner.engine.traffic import job_demand  # noqa: PLC0415

    from .halls import pod  # noqa: PLC0415

    compiled = compile_plan(pod(8).snapshot(), catalog)
    placed = job_traffic.machines(compiled, 0, 576, frozenset())
    assert placed is not None
    demand = job_demand(parts[0], _job(dp=72.0, tp=8.0, batch=72.0), parts[1], placed)
    exact = job_traffic.route_job(compiled, demand, frozenset())
    sums = []
    for seed in range(40):
        monkeypatch.setattr(job_traffic, "SEED", seed)
        monkeypatch.setattr(job_traffic, "ARCS_EXACT", 4 * compiled.network.neighbour.size)
        some = job_traffic.route_job(compiled, demand, frozenset())
        assert some.is_estimate
        assert some.routed_count == 4
        sums.append(some.load_b)
    np.testing.assert_allclose(np.mean(sums, axis=0).sum(), exact.load_b.sum(), rtol=0.05)
