"""Time of use: tariffs as people type them, the load of a year, and the bill that follows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from infraplanner import places
from infraplanner.catalog import Catalog
from infraplanner.engine.evaluate import evaluate
from infraplanner.engine.tariff import (
    Load,
    bill_of,
    day_shape,
    hours_covered,
    load_of,
    overlaps_of,
    rates_of,
    shares_of,
    slots_of,
    use_by_hour,
)
from infraplanner.io import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Site, TariffPeriod
from infraplanner.model.validate import problems
from infraplanner.results.tariff import ElectricityBill

HOURS = 8760
END_H = 21.0
THURSDAY = 3
STEADY = Load(np.full(HOURS, 1e6), np.full(HOURS, 1e6), shaped=False, hourly=False)
SUMMER = TariffPeriod(
    id="summer",
    months=(6, 7, 8, 9),
    days="weekday",
    start_h=16,
    end_h=21,
    usd_per_kwh=0.3,
    demand_usd_per_kw_month=20.0,
)


def _bill(
    periods: list[TariffPeriod], load: Load = STEADY, flat: float = 0.1, charge: float = 0.0, site: Any = None
) -> ElectricityBill:
    return bill_of(rates_of(site, periods, flat, charge, END_H), load, 1.0, 0.0, THURSDAY)


def test_a_summer_peak_by_hand() -> None:
    """122 days from June to September 2026, 88 of them weekdays (22, 23, 21 and 22 by the calendar): 440 hours."""
    found = _bill([SUMMER])
    peak = found.periods[1]
    assert peak.hours_count == 440.0
    assert peak.energy_kwh == pytest.approx(440.0 * 1e3)
    assert peak.energy_usd == pytest.approx(440.0 * 1e3 * 0.3)
    assert found.energy_usd == pytest.approx(440.0 * 300.0 + (HOURS - 440.0) * 100.0)
    assert peak.demand_usd == pytest.approx(4 * 1e3 * 20.0)
    assert [month + 1 for month, kw in enumerate(peak.month_peak_kw) if kw] == [6, 7, 8, 9]
    assert found.weekday_usd_per_kwh[5, 15:17].tolist() == pytest.approx([0.1, 0.3])
    assert found.weekend_usd_per_kwh[5, 16] == pytest.approx(0.1)


def test_a_night_goes_over_midnight() -> None:
    assert hours_covered(22, 6).tolist() == [1.0] * 6 + [0.0] * 16 + [1.0] * 2
    assert hours_covered(19.5, 21.0)[19:22].tolist() == [0.5, 1.0, 0.0]
    assert hours_covered(0, 24).sum() == 24.0


def test_the_short_form_is_a_period() -> None:
    """Six peak hours to 21 h all year: the mean price of a steady load as it always was, and the same as a typed period."""
    short = _bill([], flat=0.08, site=Site(id="site", peak_usd_per_kwh=0.2, peak_hours=6.0))
    typed = _bill([TariffPeriod(id="p", start_h=15, end_h=21, usd_per_kwh=0.2)], flat=0.08)
    assert short.mean_usd_per_kwh == pytest.approx(0.25 * 0.2 + 0.75 * 0.08)
    assert short.energy_usd == pytest.approx(typed.energy_usd)
    parted = _bill([], flat=0.08, site=Site(id="site", peak_usd_per_kwh=0.2, peak_hours=1.5))
    assert parted.mean_usd_per_kwh == pytest.approx((1.5 * 0.2 + 22.5 * 0.08) / 24.0)
    all_day = _bill([], flat=0.08, site=Site(id="site", peak_usd_per_kwh=0.2, peak_hours=24.0))
    assert all_day.mean_usd_per_kwh == pytest.approx(0.2)


def test_the_dearer_price_holds_where_two_overlap() -> None:
    day = TariffPeriod(id="day", start_h=8, end_h=20, usd_per_kwh=0.2)
    peak = TariffPeriod(id="peak-h", start_h=16, end_h=21, usd_per_kwh=0.3)
    found = _bill([day, peak])
    assert [row.energy_kwh / 365e3 for row in found.periods] == pytest.approx([11.0, 8.0, 5.0])
    assert [(o.first, o.second, o.hours_count) for o in found.overlaps] == [("day", "peak-h", 4 * 365.0)]
    only_demand = TariffPeriod(id="any", demand_usd_per_kw_month=9.0)
    assert _bill([day, only_demand]).overlaps == ()


periods = st.lists(
    st.builds(
        TariffPeriod,
        id=st.uuids().map(lambda key: f"p{key.hex[:12]}"),
        months=st.lists(st.integers(1, 12), unique=True, max_size=6).map(tuple),
        days=st.sampled_from(["all", "weekday", "weekend"]),
        start_h=st.integers(0, 23),
        end_h=st.integers(1, 24),
        usd_per_kwh=st.none() | st.floats(0.0, 1.0),
        demand_usd_per_kw_month=st.none() | st.floats(0.0, 50.0),
    ).filter(lambda row: row.start_h != row.end_h),
    max_size=6,
    unique_by=lambda row: row.id,
)


def _random_load(seed: int) -> Load:
    watts = np.random.default_rng(seed).uniform(0.0, 1e6, HOURS)
    return Load(watts, watts, shaped=True, hourly=True)


loads = st.integers(0, 2**32 - 1).map(_random_load)


@given(periods, loads, st.floats(0.0, 1.0), st.integers(0, 6))
def test_periods_sum_up_to_the_whole_and_their_order_says_nothing(
    rows: list[TariffPeriod], load: Load, flat: float, weekday: int
) -> None:
    found = bill_of(rates_of(None, rows, flat, 7.0, END_H), load, 1.0, 0.0, weekday)
    back = bill_of(rates_of(None, rows[::-1], flat, 7.0, END_H), load, 1.0, 0.0, weekday)
    assert sum(row.energy_kwh for row in found.periods) == pytest.approx(load.kwh)
    assert found.energy_usd == pytest.approx(sum(row.energy_usd for row in found.periods))
    assert found.demand_usd == pytest.approx(sum(row.demand_usd for row in found.periods))
    assert found.energy_usd == back.energy_usd
    assert found.demand_usd == back.demand_usd
    slot, _ = slots_of(weekday)
    prices = np.stack([found.weekday_usd_per_kwh, found.weekend_usd_per_kwh], axis=1).ravel()
    assert found.energy_usd == pytest.approx(float((prices[slot] * load.facility_w).sum()) / 1e3)
    assert found.periods[0].month_peak_kw[0] == pytest.approx(load.demand_w[: 31 * 24].max() / 1e3)


@given(periods, loads, st.floats(0.01, 1.0))
def test_periods_at_the_flat_price_change_nothing(rows: list[TariffPeriod], load: Load, flat: float) -> None:
    same = [
        TariffPeriod(
            id=row.id, months=row.months, days=row.days, start_h=row.start_h, end_h=row.end_h, usd_per_kwh=flat
        )
        for row in rows
    ]
    assert _bill(same, load, flat).energy_usd == pytest.approx(load.kwh * flat)
    assert _bill(same, load, flat).mean_usd_per_kwh == pytest.approx(flat)


@given(st.floats(1.0, 3.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 23.9), st.floats(0.05, 1.0))
def test_the_use_of_a_year_is_kept_whatever_its_shape(
    peak: float, trough: float, weekend: float, peak_h: float, use: float
) -> None:
    _, hours = slots_of(THURSDAY)
    kinds = hours.reshape(12, 2, 24).sum(axis=0)
    each = use_by_hour(np.maximum(0.05, day_shape(peak, trough, weekend, peak_h)), kinds, use)
    assert float((each * kinds).sum()) / HOURS == pytest.approx(use, rel=1e-6)
    assert each.max() <= 1.0


def test_a_day_goes_through_its_peak_and_its_trough() -> None:
    """Office hours: 2.2 times the mean at 14:30, 0.15 times at 02:30, a weekend at 0.3 of that."""
    day = day_shape(2.2, 0.15, 0.3, 14.5)
    assert day[0, 14] == pytest.approx(2.2)
    assert day[0, 2] == pytest.approx(0.15)
    assert day[0].mean() == pytest.approx(1.0)
    assert day[1, 14] == pytest.approx(0.66)


def test_without_a_pattern_the_load_is_steady_and_its_peak_is_the_output_shown() -> None:
    steady = load_of(facility_w=1.2e6, it_w=1e6, swing_w=5e5, use=0.5, shape=None, ratio=None, weekday=THURSDAY)
    assert steady.facility_w.tolist() == [pytest.approx(0.9e6)] * HOURS
    assert steady.demand_w.max() == pytest.approx(1.2e6)
    hot = np.ones(HOURS)
    hot[4000] = 1.1
    warm = load_of(facility_w=1.2e6, it_w=1e6, swing_w=5e5, use=0.5, shape=None, ratio=hot, weekday=THURSDAY)
    assert int(np.argmax(warm.facility_w)) == 4000
    assert warm.demand_w.max() == pytest.approx(1.32e6)


def test_periods_out_of_range_are_refused_in_one_sentence() -> None:
    def faults(**fields: Any) -> list[str]:
        return [f"{field}: {found}" for field, found, _ in problems("tariff", TariffPeriod(id="p", **fields))]

    assert faults(usd_per_kwh=0.1) == []
    assert faults() == ["usd_per_kwh: no price"]
    assert faults(usd_per_kwh=0.1, months=(1, 13)) == ["months: 1, 13"]
    assert faults(usd_per_kwh=0.1, months=(4, 4)) == ["months: 4, 4"]
    assert faults(usd_per_kwh=0.1, start_h=8, end_h=8) == ["end_h: 8"]
    assert faults(usd_per_kwh=0.1, end_h=25) == ["end_h: 25"]


@pytest.fixture(scope="module")
def edge() -> Any:
    return read_plan(places.resources_dir() / "templates" / "edge-site.yaml").document


def test_the_edge_site_pays_by_its_tariff(edge: Any, catalog: Catalog) -> None:
    """Energy by period adds up to the year; its demand charges are what the profile's charges make of the peaks."""
    found = evaluate(edge.snapshot(), catalog).economics
    bill = found.bill
    lines = {line.name: line.usd for line in found.year_lines}
    assert bill.shaped
    assert bill.hourly
    assert bill.overlaps == ()
    assert bill.periods[0].hours_count == 0.0
    assert sum(row.energy_kwh for row in bill.periods) == pytest.approx(found.energy_kwh_per_year)
    assert lines["Energy"] == pytest.approx(sum(row.energy_usd for row in bill.periods))
    rows = {row.id: row for row in bill.periods}
    expected = 10.481 * sum(rows["any-hour"].month_peak_kw)
    expected += 18.941 * (sum(rows["summer-peak"].month_peak_kw) + sum(rows["winter-peak"].month_peak_kw))
    assert lines["Demand charge"] == pytest.approx(expected)
    july = rows["any-hour"].month_peak_kw
    assert july[6] == max(july), "the cooler works hardest in July"
    assert any("Summer peak" in note for note in found.conventions)


def test_the_templates_tariff_is_that_of_its_profile(edge: Any, catalog: Catalog) -> None:
    record = catalog.find("tariff.aps-e-32-tou-l")
    told = {row["id"]: row for row in record.data["periods"]}  # type: ignore[union-attr, index, attr-defined]
    held = edge.table("tariff")
    assert set(told) == set(held)
    for key, row in told.items():
        for field, value in row.items():
            own = getattr(held[key], field)
            assert (list(own) if isinstance(own, tuple) else own) == value, f"{key}.{field}"
    rates = rates_of(None, list(held.values()), math.nan, 0.0, END_H)
    assert shares_of(rates)[0].max() == 0.0, "no hour is left to the flat price"
    assert overlaps_of(rates, slots_of(THURSDAY)[1]) == ()


def test_own_sources_stay_outside_the_tariff(catalog: Catalog) -> None:
    """An islanded plan buys nothing from the grid: a peak price changes no bill, and its energy is what its sources cost."""
    plan = read_plan(places.resources_dir() / "templates" / "rubin-800v.yaml").document
    before = evaluate(plan.snapshot(), catalog).economics
    plan.put("tariff", TariffPeriod(id="dear", usd_per_kwh=9.0, demand_usd_per_kw_month=99.0))
    after = evaluate(plan.snapshot(), catalog).economics
    assert before.bill.own_usd == pytest.approx(before.energy_usd_per_year)
    assert after.energy_usd_per_year == pytest.approx(before.energy_usd_per_year)
    assert after.bill.demand_usd == 0.0


def test_one_dearer_period_costs_its_own_energy_more(edge: Any, catalog: Catalog) -> None:
    tables = edge.snapshot().tables()
    dear = structs.replace(tables["tariff"]["summer-peak"], usd_per_kwh=0.3)
    tables["tariff"] = tables["tariff"] | {"summer-peak": dear}
    base = evaluate(edge.snapshot(), catalog).economics.bill
    found = evaluate(Snapshot(tables, 1, {}), catalog).economics.bill
    kwh = next(row.energy_kwh for row in base.periods if row.id == "summer-peak")
    assert found.energy_usd - base.energy_usd == pytest.approx((0.3 - 0.07741) * kwh)
    assert found.demand_usd == pytest.approx(base.demand_usd)
