"""N-1: every single failure costs what evaluating it alone says, and alike ones are evaluated once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.engine import evaluate
from infraplanner.explore.failures import FailureCost, alike, rank_failures
from infraplanner.io.plan_reader import PlanFile, read_plan
from infraplanner.model.document import Document
from infraplanner.validation.generate import generate_plan
from tests.engine.test_evaluate import change
from tests.thermal.halls import air_hall

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
    ids = [key for cost in costs if cost.table not in ("supplies", "scale_up") for key in cost.ids]
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


def test_supplies_inside_racks_are_one_row_a_class(costs: list[FailureCost]) -> None:
    """Eight racks of eight shelves: 64 failures that are alike and cost nothing, as four of eight are spare."""
    shelves = next(cost for cost in costs if cost.table == "supplies")
    assert (shelves.label, shelves.count, len(shelves.ids)) == ("power shelf in A01", 64, 8)
    assert (shelves.tokens_lost_per_s, shelves.it_lost_w) == (0.0, 0.0)


def test_a_supply_that_is_missed_costs_its_rack(pod: PlanFile) -> None:
    record = pod.catalog.get("rack_supply.nvl72")
    data = {**record.data, "count": 4, "unit_kw": 30.0}  # type: ignore[union-attr]
    thin = msgspec.structs.replace(record, data=data)
    other = Catalog([thin if p.id == record.id else p for p in pod.catalog], pod.catalog.sources)
    found = rank_failures(pod.document.snapshot(), other)
    assert found is not None
    shelves = next(cost for cost in found if cost.table == "supplies")
    rack = next(cost for cost in found if cost.table == "racks" and "A01" in cost.ids)
    assert shelves.count == 32
    assert shelves.it_lost_w == rack.it_lost_w > 0.0


def test_it_can_be_stopped(pod: PlanFile) -> None:
    seen: list[int] = []
    snapshot = pod.document.snapshot()
    stopped = rank_failures(
        snapshot, pod.catalog, progress=lambda done, _n: seen.append(done), stop=lambda: len(seen) > 3
    )
    assert stopped is None
    assert len(seen) == 4


def test_an_empty_plan_has_nothing_to_fail(catalog: Catalog) -> None:
    assert alike(Document().snapshot(), catalog) == []
    assert rank_failures(Document().snapshot(), catalog) == []


def test_air_units_are_failed_one_by_one_in_the_air_field(catalog: Catalog) -> None:
    document = air_hall(crahs=10)
    change(document, "halls", "hall", air_class="H1")
    snapshot = document.snapshot()
    costs = rank_failures(snapshot, catalog)
    assert costs is not None
    crahs = {cost.ids[0]: cost for cost in costs if cost.ids[0].startswith("crah")}
    assert len(crahs) == 10
    assert all(len(cost.ids) == 1 for cost in crahs.values())
    alone = evaluate(snapshot, catalog, failed=frozenset({"crah0"}))
    assert crahs["crah0"].inlet_c == pytest.approx(float(np.nanmax(alone.thermal.air.rack_inlet_c)), abs=1e-3)
    assert crahs["crah0"].warm_racks > 0
    order = [cost.ids[0] for cost in costs]
    others = [order.index(cost.ids[0]) for cost in costs if cost.table == "cooling" and not cost.warm_racks
              and not cost.tokens_lost_per_s and not cost.it_lost_w]  # fmt: skip
    assert all(order.index("crah0") < place for place in others)


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


def test_what_no_job_feels_costs_it_nothing_and_all_else_what_an_evaluation_says(catalog: Catalog) -> None:
    """Of a generated hall with a training job, one failure of every table: racks that train, switches, storage, others."""
    document = generate_plan(40)
    snapshot = document.snapshot()
    whole = evaluate(snapshot, catalog).summary.training_tokens_per_s
    assert whole
    costs = rank_failures(snapshot, catalog)
    assert costs is not None
    seen: dict[tuple[str, str], FailureCost] = {}
    for cost in costs:
        if cost.table != "supplies":
            profile = getattr((document.find(cost.ids[0].partition(":")[0]) or ("", None))[1], "profile", "")
            seen.setdefault((cost.table, profile), cost)
    assert {"racks", "devices", "power", "cooling"} <= {table for table, _ in seen}
    for cost in seen.values():
        alone = evaluate(snapshot, catalog, failed=frozenset({cost.ids[0]})).summary.training_tokens_per_s
        assert cost.training_lost_per_s == pytest.approx(whole - (alone or 0.0), abs=1e-6 * whole), cost.ids[0]


@pytest.mark.parametrize("name", ["nvl72-pod", "edge-site", "tpu-ocs-pod", ""])
def test_what_is_reused_changes_no_cost(catalog: Catalog, name: str) -> None:
    """Traffic, domains and figures that a failure leaves as they are: the same order and costs as routed anew for each."""
    if name:
        plan = read_plan(TEMPLATES / f"{name}.yaml", catalog)
        snapshot, known = plan.document.snapshot(), plan.catalog
    else:
        snapshot, known = generate_plan(40).snapshot(), catalog
    kept, anew = rank_failures(snapshot, known), rank_failures(snapshot, known, reuse=False)
    assert kept
    assert anew
    assert [cost.ids for cost in kept] == [cost.ids for cost in anew]
    for one, other in zip(kept, anew, strict=True):
        for field in dataclasses.fields(FailureCost):
            a, b = getattr(one, field.name), getattr(other, field.name)
            assert a == (pytest.approx(b, rel=1e-9, abs=1e-9) if isinstance(b, float) else b), (one.ids, field.name)
