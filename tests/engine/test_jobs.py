"""Training jobs of a plan: tokens a second follow accelerators, layout and power; refusals say what is missing."""

from __future__ import annotations

import msgspec
import pytest

from infraplanner.catalog import Catalog
from infraplanner.engine import evaluate
from infraplanner.model.document import Document
from infraplanner.model.entities import Job, Pool
from infraplanner.results.snapshot import ResultSnapshot

from .halls import add, pod

NVL72 = 72


def training_pod(racks: int = 8, **changes: object) -> Document:
    """A pod that trains a model over all its racks."""
    plan = pod(racks)
    add(plan, "pools", Pool(id="serve", model="llama3.1-405b", weights="bf16"))
    fields: dict[str, object] = {"tp": 8, "pp": 9, "global_batch": 2048} | changes
    add(plan, "jobs", Job(id="run", pool="serve", model="llama3.1-405b", **fields))  # type: ignore[arg-type]
    return plan


def run(plan: Document, catalog: Catalog) -> ResultSnapshot:
    return evaluate(plan.snapshot(), catalog)


def refused(plan: Document, catalog: Catalog) -> str:
    result = run(plan, catalog)
    assert result.summary.training_tokens_per_s is None
    assert result.coverage["training_tokens_per_s"].state == "not_modelled"
    return result.coverage["training_tokens_per_s"].note


def test_a_job_yields_tokens_in_a_believable_range(catalog: Catalog) -> None:
    result = run(training_pod(), catalog)
    rate = result.summary.training_tokens_per_s
    assert rate is not None
    flop = 6 * 405e9 * rate / (8 * NVL72)
    assert 0.15 < flop / 2.5e15 < 0.6
    assert result.coverage["training_tokens_per_s"].state == "partial"
    assert result.summary.tokens_per_s is None


def test_more_racks_train_faster_and_a_dead_one_slower(catalog: Catalog) -> None:
    some, more = (run(training_pod(racks), catalog).summary.training_tokens_per_s or 0.0 for racks in (4, 8))
    assert 1.5 < more / some < 2.1
    plan = training_pod(8)
    lost = evaluate(plan.snapshot(), catalog, failed=frozenset({"r000"})).summary.training_tokens_per_s
    assert lost is not None
    assert lost < more


def test_refusals_say_what_is_missing(catalog: Catalog) -> None:
    assert "one copy of the model in this layout needs 1024" in refused(training_pod(pp=128), catalog)
    assert "GB short" in refused(training_pod(tp=1, pp=1), catalog)
    assert "does not divide" in refused(training_pod(ep=7), catalog)
    unknown = training_pod()
    add(unknown, "jobs", Job(id="run", pool="serve", model="no-such-model"))
    assert "not in the catalogue" in refused(unknown, catalog)
    add(unknown, "jobs", Job(id="run", pool="elsewhere", model="llama3.1-405b"))
    assert "not in the plan" in refused(unknown, catalog)
    assert refused(pod(), catalog) == "The plan has no jobs."


def test_a_pool_trains_one_job(catalog: Catalog) -> None:
    plan = training_pod()
    alone = run(plan, catalog).summary.training_tokens_per_s
    add(plan, "jobs", Job(id="second", pool="serve", model="llama3.1-405b", tp=8, pp=9, global_batch=2048))
    result = run(plan, catalog)
    assert result.summary.training_tokens_per_s == pytest.approx(alone)
    assert "already trains job run" in result.coverage["training_tokens_per_s"].note


def test_a_jobs_collectives_load_the_links_and_a_thin_fabric_slows_it(catalog: Catalog) -> None:
    """The pod's links carry the rings; a hundredth of their rate makes the busiest one the step's length."""
    plan = training_pod()
    wide = run(plan, catalog)
    assert 0.0 < float(wide.fabric.load_frac.max()) < 1.0
    for link in list(plan.table("links").values()):
        plan.put("links", msgspec.structs.replace(link, rate_gbps=1.0, medium="auto"))
    thin = run(plan, catalog)
    slow = thin.summary.training_tokens_per_s
    assert slow is not None
    assert slow < 0.5 * wide.summary.training_tokens_per_s
    busiest = float(thin.fabric.load_frac.max())
    assert busiest == pytest.approx(catalog.constant("training.scale_out_efficiency"), rel=1e-6)


def test_a_job_without_a_path_is_refused_and_one_without_links_is_not(catalog: Catalog) -> None:
    plan = training_pod()
    whole = run(plan, catalog).summary.training_tokens_per_s
    ends = {end for link in plan.table("links").values() for end in (link.a, link.b) if end == "r000"}
    assert ends == {"r000"}
    for key, link in list(plan.table("links").items()):
        if "r000" in (link.a, link.b):
            plan.remove("links", key)
    assert "no drawn path" in refused(plan, catalog)
    for key in list(plan.table("links")):
        plan.remove("links", key)
    bare = run(plan, catalog).summary.training_tokens_per_s
    assert bare is not None
    assert bare >= whole * 0.999
