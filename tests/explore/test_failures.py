"""N-1: every single failure costs what evaluating it alone says, and alike ones are evaluated once."""

from __future__ import annotations

from pathlib import Path

import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.engine import evaluate
from infraplanner.explore.failures import FailureCost, alike, rank_failures
from infraplanner.io.plan_reader import PlanFile, read_plan
from infraplanner.model.document import Document

TEMPLATES = Path(__file__).resolve().parents[2] / "resources" / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def pod(catalog: Catalog) -> PlanFile:
    return read_plan(TEMPLATES / "nvl72-pod.yaml", catalog)


@pytest.fixture(scope="module")
def costs(pod: PlanFile) -> list[FailureCost]:
    found = rank_failures(pod.document.snapshot(), pod.catalog)
    assert found is not None
    return found


def test_everything_that_can_fail_is_there_once(pod: PlanFile, costs: list[FailureCost]) -> None:
    document = pod.document
    ids = [key for cost in costs for key in cost.ids]
    assert len(ids) == len(set(ids))
    assert set(ids) == {
        key for table in ("power", "cooling", "racks", "devices", "links") for key in document.table(table)
    }


def test_costs_equal_single_evaluations(pod: PlanFile, costs: list[FailureCost]) -> None:
    snapshot = pod.document.snapshot()
    whole = evaluate(snapshot, pod.catalog).summary
    for cost in (costs[0], costs[len(costs) // 2], next(c for c in costs if c.table == "power")):
        for key in cost.ids:  # alike means alike: each of them costs the same
            alone = evaluate(snapshot, pod.catalog, failed=frozenset({key})).summary
            lost = (whole.tokens_per_s or 0.0) - (alone.tokens_per_s or 0.0)
            assert cost.tokens_lost_per_s == pytest.approx(lost, abs=1e-3)
            watts = 1e3 * ((whole.it_power_kw or 0.0) - (alone.it_power_kw or 0.0))
            assert cost.it_lost_w == pytest.approx(watts, rel=1e-3, abs=50.0)


def test_the_worst_comes_first_and_two_feeds_survive_one(costs: list[FailureCost]) -> None:
    tokens = [cost.tokens_lost_per_s for cost in costs]
    assert tokens == sorted(tokens, reverse=True)
    assert tokens[0] > 0
    power = [cost for cost in costs if cost.table == "power"]
    assert all(cost.tokens_lost_per_s == 0 and cost.dark_racks == 0 for cost in power)


def test_it_can_be_stopped(pod: PlanFile) -> None:
    seen: list[int] = []
    snapshot = pod.document.snapshot()
    stopped = rank_failures(
        snapshot, pod.catalog, progress=lambda done, _n: seen.append(done), stop=lambda: len(seen) > 3
    )
    assert stopped is None
    assert len(seen) == 4


def test_an_empty_plan_has_nothing_to_fail(catalog: Catalog) -> None:
    assert alike(Document().snapshot()) == []
    assert rank_failures(Document().snapshot(), catalog) == []


def test_links_and_optical_switches_cost_what_their_job_loses() -> None:
    """A torus of eight cubes: a cable, and a switch with all its light paths, slow the job by what evaluating them says."""
    from infraplanner.edit import GenerateFabric, UndoStack  # noqa: PLC0415
    from infraplanner.model.document import Document  # noqa: PLC0415
    from infraplanner.model.entities import Hall, Job, Pool, Rack  # noqa: PLC0415

    catalog = load_catalog()
    cubes = [f"cube-{k}" for k in range(8)]
    document = Document(
        {
            "halls": {"h": Hall(id="h", width_mm=30_000, depth_mm=12_000)},
            "racks": {
                key: Rack(id=key, hall="h", x_mm=2000 + 1000 * k, y_mm=3000, profile="tpu-v4-rack", pool="p")
                for k, key in enumerate(cubes)
            },
            "pools": {"p": Pool(id="p", model="llama2-70b", weights="bf16")},
            "jobs": {"run": Job(id="run", pool="p", model="llama2-70b", tp=64, global_batch=64, sequence_tokens=4096)},
        }
    )
    UndoStack(document).execute(
        GenerateFabric("ocs-torus", cubes, "palomar-ocs", catalog, "eia-48u-600x1200", sides=(2, 2, 2))
    )
    snapshot = document.snapshot()
    whole = evaluate(snapshot, catalog).summary.training_tokens_per_s
    assert whole
    costs = rank_failures(snapshot, catalog)
    assert costs is not None
    by_table = {cost.table: cost for cost in costs}
    assert len(by_table["links"].ids) == 8 * 48
    for name in ("links", "devices"):
        cost = by_table[name]
        alone = evaluate(snapshot, catalog, failed=frozenset({cost.ids[0]})).summary.training_tokens_per_s
        assert cost.training_lost_per_s == pytest.approx(whole - (alone or 0.0), abs=1e-6 * whole)
