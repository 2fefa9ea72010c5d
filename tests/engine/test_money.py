"""Ways to house the same machines, own generation per MWh, carbon three ways, a price with peaks: against hand arithmetic."""

from __future__ import annotations

import math

import pytest
from msgspec import structs

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine.evaluate import evaluate
from infraplanner.engine.money import works
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.results.economics import CostLine, EconomicsResult

TEMPLATES = places.resources_dir() / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


def money(name: str, catalog: Catalog, **site: object) -> EconomicsResult:
    plan = read_plan(TEMPLATES / name, catalog).document.snapshot()
    tables = plan.tables()
    tables["site"] = {"site": structs.replace(tables["site"]["site"], **site)}
    return evaluate(Snapshot(tables, 1, {}), catalog).economics


def test_each_way_to_house_the_pod_adds_up(catalog: Catalog) -> None:
    found = money("nvl72-pod.yaml", catalog)
    rows = {row.name: row for row in found.deployments}
    assert rows["own hall"].usd_per_year == pytest.approx(found.total_usd_per_year)
    assert rows["own hall"].usd_per_million_tokens == pytest.approx(found.usd_per_million_tokens)
    machines = sum(line.usd for line in found.year_lines if line.category in ("it", "link") and not line.running)
    kept = next(line.usd for line in found.year_lines if line.name == "Maintenance of IT")
    colocation = rows["colocation"]
    rest = colocation.usd_per_year - machines - kept
    plan = read_plan(TEMPLATES / "nvl72-pod.yaml", catalog)
    nameplate_kw = (
        sum(
            getattr(plan.catalog.get(row.profile), "power_max_w", None) or 0.0
            for table in ("racks", "devices")
            for row in plan.document.table(table).values()
        )
        / 1e3
    )
    rent = 12 * catalog.constant("cost.colocation_usd_per_kw_month") * nameplate_kw
    assert rest > rent
    assert colocation.capex_usd < rows["own hall"].capex_usd < rows["edge"].capex_usd
    cloud = next(row for row in found.deployments if row.name.startswith("cloud"))
    hours = 576 * 8760 * found.use_frac
    assert cloud.usd_per_year == pytest.approx(hours * found.cloud[0].usd_per_accelerator_hour)
    assert cloud.break_even_use_frac == pytest.approx(found.cloud[0].break_even_use_frac)
    assert cloud.capex_usd == 0.0


def test_turbines_have_a_price_of_a_megawatt_hour(catalog: Catalog) -> None:
    """Capital recovery and upkeep of a rating that is mostly idle, plus the fuel of the present load."""
    found = money("rubin-800v.yaml", catalog)
    assert [row.id for row in found.sources] == ["gt-a", "gt-b"]
    row = found.sources[0]
    price, upkeep = (
        catalog.constant("cost.capex_usd_per_kw.gas_turbine"),
        catalog.constant("cost.maintenance_plant_frac"),
    )
    rate, years = catalog.constant("cost.rate_frac"), catalog.constant("cost.plant_life_years")
    annual = price * (rate / (1 - (1 + rate) ** -years) + upkeep)
    assert row.heat_ratio == pytest.approx(1 / 0.405)
    assert row.fuel_usd_per_mwh == pytest.approx(1000 / 0.405 * catalog.constant("power.fuel_usd_per_kwh.natural-gas"))
    assert row.usd_per_mwh == pytest.approx(1000 * annual / (row.load_frac * 8760) + row.fuel_usd_per_mwh)
    assert found.carbon.scope1_kg == pytest.approx(found.located_kg_per_year, rel=1e-9)
    assert found.carbon.location_kg == pytest.approx(0.0, abs=1e-3)


def test_carbon_by_market_and_by_the_hour(catalog: Catalog) -> None:
    """As much sun as load over the year leaves nothing by market, and the nights hour by hour."""
    plain = money("nvl72-pod.yaml", catalog).carbon
    assert plain.location_kg == pytest.approx(plain.market_kg)
    assert plain.location_kg == pytest.approx(plain.hourly_kg)
    sun = money("nvl72-pod.yaml", catalog, clean_frac=1.0, clean_kind="sun").carbon
    assert sun.location_kg == pytest.approx(plain.location_kg)
    assert sun.market_kg == pytest.approx(0.0, abs=1e-6 * plain.location_kg)
    # Half a sine of mean 1 over 24 h has a peak of pi: it lies above 1 from asin(1/pi) to its mirror.
    rise = math.asin(1 / math.pi)
    covered = (1 - math.cos(rise)) + (math.pi - 2 * rise) / (
        2 * math.pi
    )  # below the load all of it, above only the load
    assert sun.hourly_kg == pytest.approx((1 - covered) * plain.location_kg, rel=0.03)
    flat = money("nvl72-pod.yaml", catalog, clean_frac=0.5).carbon
    assert flat.market_kg == pytest.approx(0.5 * plain.location_kg)
    assert flat.hourly_kg == pytest.approx(flat.market_kg)


def test_peak_hours_raise_the_mean_price(catalog: Catalog) -> None:
    base = money("nvl72-pod.yaml", catalog)
    peaky = money("nvl72-pod.yaml", catalog, peak_usd_per_kwh=0.3, peak_hours=4.0)
    assert peaky.energy_usd_per_year > base.energy_usd_per_year
    assert peaky.energy_kwh_per_year == pytest.approx(base.energy_kwh_per_year)
    assert [row.id for row in peaky.bill.periods] == ["", "peak"]


def test_works_are_what_a_finished_house_costs_beyond_its_parts() -> None:
    parts = [CostLine("Power", "plant", 4e6, 3e6, 5e6), CostLine("Building", "building", 2e6, 1e6, 3e6)]
    found = works(parts, 1e6, (11.0, 7.0, 15.0))
    assert found is not None
    assert (found.usd, found.low_usd, found.high_usd) == (5e6, 3e6, 7e6)
    assert works([CostLine("Power", "plant", 2e7, 2e7, 2e7)], 1e6, (11.0, 7.0, 15.0)) is None
