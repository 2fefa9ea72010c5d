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
