"""Years of a plan: phases stay once built, demand follows its formula, capacity is what the pools take at the peaks."""

from __future__ import annotations

import pytest
from msgspec import structs

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.edit import EditError
from infraplanner.engine.evaluate import evaluate
from infraplanner.explore.growth import growth
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Scenario, ScenarioPatch

TEMPLATES = places.resources_dir() / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module")
def edge(catalog: Catalog) -> Snapshot:
    return read_plan(TEMPLATES / "edge-site.yaml", catalog).document.snapshot()


def test_demand_grows_and_phases_stay(edge: Snapshot, catalog: Catalog) -> None:
    found = growth(edge, catalog, years=3)
    assert found is not None
    first, second, third, fourth = found.years
    assert (first.phases, second.phases, fourth.phases) == ((), (), ())
    assert set(third.phases) == {"That cooler and 45 kW", "A sixth server"}
    # 6 x 2.2 x 1,024 and 15 x 100 output tokens at the peak; 25 and 10 % a year; the price stays until year 2.
    assert first.demand_per_s == pytest.approx(6 * 2.2 * 1024 + 15 * 100)
    assert second.demand_per_s == pytest.approx(6 * 1.25 * 2.2 * 1024 + 15 * 1.1 * 100)
    assert third.capacity_per_s > 1.15 * second.capacity_per_s
    assert fourth.use_frac > third.use_frac
    assert third.capex_usd > 0.0
    assert second.capex_usd == fourth.capex_usd == 0.0
    assert found.years[0].capex_usd == pytest.approx(evaluate(edge, catalog).summary.capex_usd)


def test_the_present_cost_discounts(edge: Snapshot, catalog: Catalog) -> None:
    found = growth(edge, catalog, years=2)
    assert found is not None
    rate = catalog.constant("cost.rate_frac")
    expected = sum((row.capex_usd + row.running_usd) / (1 + rate) ** row.year for row in found.years)
    assert found.cost_usd == pytest.approx(expected)


def test_a_cheaper_token_raises_demand(edge: Snapshot, catalog: Catalog) -> None:
    """With the same growth, an elastic class asks more once the phase of year 2 makes tokens cheaper."""

    def at_two(elasticity: float) -> tuple[float, float]:
        tables = edge.tables()
        tables["workloads"] = {
            key: structs.replace(row, price_elasticity=elasticity) for key, row in tables["workloads"].items()
        }
        found = growth(Snapshot(tables, 1, {}), catalog, years=2)
        assert found is not None
        prices = [row.usd_per_million_tokens for row in found.years]
        return found.years[2].demand_per_s, prices[2] / prices[0]

    stiff, ratio = at_two(0.0)
    soft, _ = at_two(1.0)
    assert ratio != pytest.approx(1.0)
    assert soft == pytest.approx(stiff / ratio)


def test_no_classes_no_years_and_a_bad_phase_is_named(edge: Snapshot, catalog: Catalog) -> None:
    tables = edge.tables()
    tables["workloads"] = {key: structs.replace(row, kind="") for key, row in tables["workloads"].items()}
    nobody = growth(Snapshot(tables, 1, {}), catalog)
    assert nobody is not None
    assert nobody.years == ()
    assert "kind" in nobody.note
    bad = edge.tables()
    wrong = Scenario(id="bad", year=1, patches=(ScenarioPatch(target="nobody", field="name", value="x"),))
    bad["scenarios"] = bad["scenarios"] | {"bad": wrong}
    with pytest.raises(EditError, match="Phase bad of year 1"):
        growth(Snapshot(bad, 1, {}), catalog)
    assert growth(edge, catalog, stop=lambda: True) is None


def test_a_phase_pays_for_what_it_brings_object_by_object(edge: Snapshot, catalog: Catalog) -> None:
    """By hand: the wider cooler in full (50 kW at 300 USD/kW), the differences of what grows, the house by its kilowatts."""
    found = growth(edge, catalog, years=2)
    assert found is not None
    first, _, third = found.years
    assert first.capex_usd == pytest.approx(evaluate(edge, catalog).summary.capex_usd)
    rows = {item.what: item for item in third.purchases}
    assert rows["DGX H200"].count == 1
    assert rows["In-row cooler chilled water 50 kW"].usd == pytest.approx(50 * 300.0)
    assert rows["UPS GXT5 10 kW"].usd == pytest.approx((60 - 40) * 350.0)
    assert rows["Utility connection"].usd == pytest.approx((60 - 40) * 300.0)
    kw = catalog.get("dgx-h200").power_max_w / 1e3
    house = {item.what: item.usd for item in third.purchases if item.category == "building works"}
    assert house["Building"] == pytest.approx(1750.0 * kw)
    plant = sum(item.usd for item in third.purchases if item.category in ("power", "cooling"))
    assert third.capex_usd == pytest.approx(sum(item.usd for item in third.purchases))
    assert {item.category for item in third.purchases} == {"IT", "power", "cooling", "fabric", "building works"}
    assert plant > 0.0, "plant is its own line, whatever works shrink by"


def test_a_week_late_costs_idle_capital_and_tokens_that_only_the_phase_serves(edge: Snapshot, catalog: Catalog) -> None:
    found = growth(edge, catalog, years=2)
    assert found is not None
    late = found.years[2].delay
    assert late is not None
    rate = catalog.constant("cost.rate_frac")
    lives = {"IT": 5.0, "power": 17.5, "cooling": 17.5, "fabric": 5.0, "building works": 25.0}
    yearly = sum(item.usd * rate / (1 - (1 + rate) ** -lives[item.category]) for item in found.years[2].purchases)
    assert late.idle_usd == pytest.approx(yearly * 7 / 365)
    assert late.tokens == 0.0, "the pools are not full before the phase"
    assert (late.lead_part, late.lead_weeks) == ("Utility connection", catalog.constant("lead.weeks.utility"))
    assert found.years[0].delay is None
    assert found.cost_usd == pytest.approx(sum(row.present_usd for row in found.years))
    crowded = edge.tables()
    crowded["workloads"] = {
        key: structs.replace(row, offered_requests_per_s=12.0 * (row.offered_requests_per_s or 0.0) or None)
        for key, row in crowded["workloads"].items()
    }
    full = growth(Snapshot(crowded, 1, {}), catalog, years=2)
    assert full is not None
    lost = full.years[2].delay
    assert lost is not None
    assert lost.tokens > 0.0
    assert lost.tokens_usd == pytest.approx(lost.tokens * full.years[2].usd_per_million_tokens / 1e6)
    assert lost.usd == pytest.approx(lost.idle_usd + lost.tokens_usd)
