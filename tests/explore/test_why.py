"""A trace repeats the arithmetic of its figure: what stands below gives what stands above, down to named sources."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.checks import run
from infraplanner.engine.evaluate import evaluate
from infraplanner.explore.why import TRACES, Step, why
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import ResultSnapshot

TEMPLATES = places.resources_dir() / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module", params=["nvl72-pod.yaml", "edge-site.yaml", "h100-pilot.yaml"])
def solved(request: pytest.FixtureRequest, catalog: Catalog) -> tuple[Snapshot, ResultSnapshot]:
    plan = read_plan(TEMPLATES / request.param, catalog).document.snapshot()
    return plan, evaluate(plan, catalog)


def every(step: Step) -> Iterator[Step]:
    yield step
    for below in step.steps:
        yield from every(below)


def below(step: Step, label: str) -> Step:
    return next(found for found in step.steps if found.label == label)


def test_sums_and_products_hold(solved: tuple[Snapshot, ResultSnapshot], catalog: Catalog) -> None:
    plan, result = solved
    power = why(plan, catalog, result, "it_power_kw")
    assert sum(step.value for step in power.steps) == pytest.approx(power.value)
    pue = why(plan, catalog, result, "pue")
    assert pue.steps[0].value / pue.steps[1].value == pytest.approx(pue.value)
    facility = pue.steps[0]
    parts = sum(abs(step.value) for step in facility.steps[1:])
    assert facility.steps[0].value + parts == pytest.approx(facility.value, rel=1e-6)
    tokens = why(plan, catalog, result, "tokens_per_s")
    assert sum(step.value for step in tokens.steps) == pytest.approx(tokens.value)
    for pool in tokens.steps:
        product = 1.0
        for label in ("Instances that run", "Requests of an instance", "Output of a request"):
            product *= below(pool, label).value
        assert product == pytest.approx(pool.value)
    joule = why(plan, catalog, result, "tokens_per_j")
    assert joule.steps[0].value / joule.steps[1].value == pytest.approx(joule.value)


def test_a_pool_that_is_held_says_at_what_clock_and_by_what(catalog: Catalog) -> None:
    edge = read_plan(places.resources_dir() / "templates" / "edge-site.yaml", catalog).document.snapshot()
    result = evaluate(edge, catalog, check=run)
    for pool in why(edge, catalog, result, "tokens_per_s").steps:
        clock = below(pool, "Clock that is left")
        assert clock.value == pytest.approx(result.power.rack_held_frac.min())
        assert "ir-1" in clock.formula


def test_money_and_carbon_add_up(solved: tuple[Snapshot, ResultSnapshot], catalog: Catalog) -> None:
    plan, result = solved
    cost = why(plan, catalog, result, "usd_per_million_tokens")
    year, share, use, tokens = cost.steps
    assert sum(step.value for step in year.steps) == pytest.approx(year.value)
    made = tokens.value * use.value * 8760 * 3600
    assert 1e6 * year.value * share.value / made == pytest.approx(cost.value)
    machines = below(year, "Accelerator systems")
    capital, rate, life = (step.value for step in machines.steps)
    assert capital * rate / (1 - (1 + rate) ** -life) == pytest.approx(machines.value)
    energy = below(year, "Energy")
    assert energy.steps[0].value * energy.steps[1].value == pytest.approx(energy.value)
    carbon = why(plan, catalog, result, "kg_co2e_per_million_tokens")
    power, embodied, _ = carbon.steps
    assert power.steps[0].value * power.steps[1].value / 1000 == pytest.approx(power.value)
    assert 1e6 * (power.value + embodied.value) * share.value / made == pytest.approx(carbon.value)


def test_every_input_at_the_bottom_names_its_source(solved: tuple[Snapshot, ResultSnapshot], catalog: Catalog) -> None:
    plan, result = solved
    for figure in TRACES:
        for step in every(why(plan, catalog, result, figure)):
            if not step.steps and step.grade not in ("solved", "plan", ""):
                assert step.source, (figure, step.label)


def test_the_plans_own_figures_stand_before_the_price_book(catalog: Catalog) -> None:
    plan = read_plan(TEMPLATES / "edge-site.yaml", catalog).document.snapshot()
    use = why(plan, catalog, evaluate(plan, catalog), "usd_per_million_tokens").steps[2]
    assert (use.value, use.grade) == (0.35, "plan")


def test_a_missing_price_says_so(catalog: Catalog) -> None:
    plan = read_plan(TEMPLATES / "sram-row.yaml", catalog).document.snapshot()
    found = why(plan, catalog, evaluate(plan, catalog), "usd_per_million_tokens")
    assert found.value is None
    assert "price" in found.formula
