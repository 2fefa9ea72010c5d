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
    from infraplanner.edit import GenerateFabric, UndoStack  # noqa: PLC0415
    from infraplanner.engine import bind, job_traffic  # noqa: PLC0415
    from infraplanner.engine.reduced import reduce_graph  # noqa: PLC0415
    from infraplanner.engine.routes import alive_nodes  # noqa: PLC0415
    from infraplanner.engine.traffic import job_demand  # noqa: PLC0415

    from .halls import pod  # noqa: PLC0415

    plan = pod(8, links=0)
    hosts = [f"r{k:03d}" for k in range(8)]
    UndoStack(plan).execute(GenerateFabric("rail-optimised", hosts, "qm9700", catalog, "eia-48u-600x1200"))
    compiled = compile_plan(plan.snapshot(), catalog)
    placed = job_traffic.machines(compiled, 0, 576, frozenset())
    assert placed is not None
    demand = job_demand(parts[0], _job(dp=72.0, tp=8.0, batch=72.0), parts[1], placed)
    exact = job_traffic.route_job(compiled, demand, frozenset())
    arcs = reduce_graph(bind.graph(compiled), alive_nodes(compiled, frozenset())).arcs
    sums = []
    for seed in range(40):
        monkeypatch.setattr(job_traffic, "SEED", seed)
        monkeypatch.setattr(job_traffic, "ARCS_EXACT", 4 * arcs)
        some = job_traffic.route_job(compiled, demand, frozenset())
        assert some.is_estimate
        assert some.routed_count == 4
        sums.append(some.load_b)
    np.testing.assert_allclose(np.mean(sums, axis=0).sum(), exact.load_b.sum(), rtol=0.05)
    whole = job_traffic.route_job(compiled, demand, frozenset(), exact=True)
    assert not whole.is_estimate
    np.testing.assert_array_equal(whole.load_b, exact.load_b)


def _two_jobs(catalog: Catalog, **more: object):  # type: ignore[no-untyped-def]
    """Two pools of four racks each on one switch with few cables, a job on each."""
    from infraplanner.model.entities import Job, Pool  # noqa: PLC0415

    from .halls import add, pod  # noqa: PLC0415

    plan = pod(8, links=2)
    for name in ("one", "two"):
        add(plan, "pools", Pool(id=name, model="llama3.1-70b", weights="bf16"))
        add(plan, "jobs", Job(id=f"run-{name}", pool=name, model="llama3.1-70b", tp=8, global_batch=288, **more))
    import msgspec  # noqa: PLC0415

    for k in range(8):
        rack = plan.table("racks")[f"r{k:03d}"]
        plan.put("racks", msgspec.structs.replace(rack, pool="one" if k % 2 else "two"))
    return plan


def test_jobs_share_links_max_min_fairly(catalog: Catalog) -> None:
    """Each job alone over its own cables: the pace is what the busiest of them lets through."""
    from infraplanner.engine import evaluate  # noqa: PLC0415

    result = evaluate(_two_jobs(catalog).snapshot(), catalog)
    jobs = {job.id: job for job in result.throughput.jobs}
    assert jobs["run-one"].pace_frac == pytest.approx(jobs["run-two"].pace_frac)
    assert 0.0 < jobs["run-one"].pace_frac < 1.0
    assert jobs["run-one"].binding_link.startswith("l-r00")
    full = result.fabric.load_frac[result.fabric.link_ids.index(jobs["run-one"].binding_link)]
    eta = 0.0 + catalog.constant("training.scale_out_efficiency")
    assert full == pytest.approx(eta)


def test_hashed_flows_slow_a_job_by_their_collisions(catalog: Catalog) -> None:
    from infraplanner.engine import evaluate  # noqa: PLC0415
    from infraplanner.kernels.traffic import collision_efficiency  # noqa: PLC0415

    spray = {j.id: j for j in evaluate(_two_jobs(catalog).snapshot(), catalog).throughput.jobs}["run-one"]
    slow = evaluate(_two_jobs(catalog, balancing="hash", flows_per_pair=4).snapshot(), catalog).throughput.jobs
    hashed = {j.id: j for j in slow}["run-one"]
    assert spray.collision_frac == 1.0
    # A ring: one neighbour sends its four flows over the two cables to the next.
    assert hashed.collision_frac == pytest.approx(collision_efficiency(4.0, 2.0))
    assert hashed.pace_frac == pytest.approx(spray.pace_frac * hashed.collision_frac)


def test_a_failed_cable_slows_the_job_that_used_it(catalog: Catalog) -> None:
    from infraplanner.engine import evaluate  # noqa: PLC0415

    plan = _two_jobs(catalog)
    whole = {j.id: j for j in evaluate(plan.snapshot(), catalog).throughput.jobs}
    one = {j.id: j for j in evaluate(plan.snapshot(), catalog, failed=frozenset({"l-r001-0"})).throughput.jobs}
    assert one["run-one"].pace_frac == pytest.approx(0.5 * whole["run-one"].pace_frac)
    assert one["run-two"].pace_frac == pytest.approx(whole["run-two"].pace_frac)
    both = evaluate(plan.snapshot(), catalog, failed=frozenset({"l-r001-0", "l-r001-1"})).throughput.jobs
    assert "no drawn path" in {j.id: j for j in both}["run-one"].not_predicted


def test_an_estimate_is_followed_by_the_exact_answer_with_progress(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settled first from some destinations and marked so, then from all, equal to `evaluate`."""
    from infraplanner.edit import GenerateFabric, UndoStack  # noqa: PLC0415
    from infraplanner.engine import Engine, evaluate, job_traffic  # noqa: PLC0415
    from infraplanner.model.changes import ChangeSet  # noqa: PLC0415
    from infraplanner.model.entities import Job, Pool  # noqa: PLC0415

    from .halls import add, pod  # noqa: PLC0415

    plan = pod(8, links=0)
    add(plan, "pools", Pool(id="serve", model="llama3.1-70b", weights="bf16"))
    add(plan, "jobs", Job(id="run", pool="serve", model="llama3.1-70b", tp=8, global_batch=576))
    hosts = [f"r{k:03d}" for k in range(8)]
    UndoStack(plan).execute(GenerateFabric("clos-2", hosts, "q3400", catalog, "eia-48u-600x1200"))
    monkeypatch.setattr(job_traffic, "ARCS_EXACT", 1)
    seen, told = [], []
    engine = Engine(catalog, on_result=seen.append, on_progress=lambda *step: told.append(step), force_sync=True)
    engine.submit(plan.snapshot(), ChangeSet(1, whole=True), dragging=False)
    engine.close()
    estimate, exact = (result.throughput.jobs[0] for result in seen[-2:])
    assert estimate.estimate
    assert not exact.estimate
    assert told
    assert all(what == "traffic" and done <= total for done, total, what in told)
    once = evaluate(plan.snapshot(), catalog)
    np.testing.assert_array_equal(once.fabric.load_bps, seen[-1].fabric.load_bps)
    assert once.throughput.jobs[0] == exact


def test_checkpoints_go_to_the_storage_that_cables_reach(catalog: Catalog) -> None:
    """The whole state every interval, evened out: bytes into the storage rack are parameters x bytes over the interval."""
    from infraplanner.engine import evaluate  # noqa: PLC0415
    from infraplanner.model.entities import Link, Rack  # noqa: PLC0415

    from .halls import add  # noqa: PLC0415

    plan = _two_jobs(catalog)
    before = evaluate(plan.snapshot(), catalog)
    add(plan, "racks", Rack(id="sto", hall="hall", x_mm=12_000, y_mm=3000, profile="storage-flash"))
    add(plan, "links", Link(id="l-sto", a="sto", b="sw1", rate_gbps=400.0, count=8))
    after = evaluate(plan.snapshot(), catalog)
    row = after.fabric.link_ids.index("l-sto")
    size = 70.6e9 * catalog.constant("training.checkpoint_bytes")
    jobs = {job.id: job for job in after.throughput.jobs}
    wanted = sum(8 * size / job.checkpoint_interval_s * job.pace_frac for job in jobs.values())
    assert after.fabric.load_bps[row] == pytest.approx(wanted, rel=0.01)
    old = {job.id: job for job in before.throughput.jobs}["run-one"]
    assert jobs["run-one"].pace_frac < old.pace_frac  # their own cables carry the state too
    plan.remove("links", "l-sto")
    cut = evaluate(plan.snapshot(), catalog)
    assert {job.id: job for job in cut.throughput.jobs}["run-one"].pace_frac == pytest.approx(old.pace_frac)


def test_training_data_comes_from_storage_to_those_that_read_it(catalog: Catalog) -> None:
    """Out of the storage rack: tokens a second by the bytes of a token, to the first pipeline stage alone."""
    from infraplanner.engine import evaluate  # noqa: PLC0415
    from infraplanner.engine.storage_traffic import readers  # noqa: PLC0415
    from infraplanner.model.entities import Link, Rack  # noqa: PLC0415

    from .halls import add  # noqa: PLC0415

    def sent(each_b: float | None) -> tuple[dict[str, float], float, float]:
        plan = _two_jobs(catalog, dataset_b_per_token=each_b)
        add(plan, "racks", Rack(id="sto", hall="hall", x_mm=12_000, y_mm=3000, profile="storage-flash"))
        add(plan, "links", Link(id="l-sto", a="sto", b="sw1", rate_gbps=400.0, count=8))
        found = evaluate(plan.snapshot(), catalog)
        row = found.fabric.link_ids.index("l-sto")
        job = next(job for job in found.throughput.jobs if job.id == "run-one")
        assert job.tokens_per_s is not None
        return job.sent_b_per_s, job.tokens_per_s, float(found.fabric.load_bps[row])

    usual, tokens, load = sent(None)
    assert usual["dataset"] == pytest.approx(tokens * catalog.constant("training.dataset_b_per_token"))
    assert usual["checkpoint"] > usual["dataset"] > 0.0
    heavy, tokens, busier = sent(40_000.0)
    assert heavy["dataset"] == pytest.approx(tokens * 40_000.0)
    assert busier > load  # reading is now the busier direction of the storage's cables
    assert "dataset" not in sent(0.0)[0]
    line = (2.0, 1.0, 2.0, 2.0)
    nodes, share = readers(line, np.arange(8))
    assert nodes.tolist() == [0, 4]  # ranks 2, 3, 6, 7 are the second stage; 1 and 5 get their tokens from 0 and 4
    assert share.tolist() == [0.5, 0.5]
