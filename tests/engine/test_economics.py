"""Money and carbon of a plan against sums made by hand from the price book."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog
from infraplanner.edit import SetFields
from infraplanner.results.economics import EconomicsResult
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import Session

POD = places.resources_dir() / "templates" / "nvl72-pod.yaml"
INPUT_TOKENS = 1024
"""Of the chat class that the Llama pool serves."""
Evaluate = Callable[..., ResultSnapshot]


@pytest.fixture(scope="module")
def evaluate(catalog: Catalog) -> Evaluate:
    def run(**site: float) -> ResultSnapshot:
        session = Session(catalog, force_sync=True)
        session.open(POD)
        if site:
            session.execute(SetFields("site", ["site"], site))
        session.wait_idle()
        result = session.result
        session.close()
        assert result is not None
        assert not result.failures
        return result

    return run


@pytest.fixture(scope="module")
def pod(evaluate: Evaluate) -> ResultSnapshot:
    return evaluate()


def _line(found: EconomicsResult, name: str) -> float:
    return next(line.usd for line in found.year_lines if line.name == name)


def recovery(rate: float, years: float) -> float:
    return rate / (1.0 - (1.0 + rate) ** -years)


def test_capital_is_counted_object_by_object(pod: ResultSnapshot, catalog: Catalog) -> None:
    """Eight NVL72 racks at the middle of 3.0 to 3.5 M$; links as the fabric says; plant by installed kilowatts."""
    lines = {line.name: line for line in pod.economics.capex_lines}
    assert lines["Accelerator systems"].usd == pytest.approx(8 * 3.25e6)
    assert lines["Accelerator systems"].low_usd == pytest.approx(8 * 3.0e6)
    assert lines["Links"].usd == pytest.approx(sum(pod.fabric.price_usd))
    assert pod.summary.capex_usd == pytest.approx(sum(line.usd for line in lines.values()))
    assert pod.economics.capex_low_usd < pod.summary.capex_usd < pod.economics.capex_high_usd
    each = catalog.constant("cost.capex_usd_per_kw.ups_double_conversion")
    ups_w = sum(w for key, w in zip(pod.power.node_ids, pod.power.node_rating_w, strict=True) if key.startswith("ups-"))
    assert lines["Power"].usd > each * ups_w / 1e3 > 0.0
    nameplate_kw = float(pod.power.rack_nameplate_w.sum()) / 1e3
    assert lines["Building"].usd == pytest.approx(1750.0 * nameplate_kw, rel=0.02)


def test_a_year_is_annuities_and_running_cost(pod: ResultSnapshot) -> None:
    found = pod.economics
    capex = {line.name: line.usd for line in found.capex_lines}
    assert _line(found, "Accelerator systems") == pytest.approx(capex["Accelerator systems"] * recovery(0.07, 5.0))
    assert _line(found, "Cooling") == pytest.approx(capex["Cooling"] * recovery(0.07, 17.5))
    assert found.total_usd_per_year == pytest.approx(sum(line.usd for line in found.year_lines))
    assert found.opex_usd_per_year == pytest.approx(sum(line.usd for line in found.year_lines if line.running))
    made = pod.summary.tokens_per_s * 0.58 * 8760 * 3600 / 1e6
    assert pod.summary.usd_per_million_tokens == pytest.approx(found.total_usd_per_year / made)
    assert found.idle_usd_per_year == pytest.approx(0.42 * found.total_usd_per_year)


def test_the_plans_own_figures_win(evaluate: Evaluate, pod: ResultSnapshot) -> None:
    """At full use the energy is that of the plant's year; a shorter life and dearer capital cost what the annuity says."""
    full = evaluate(use_frac=1.0)
    kwh = full.year.energy_kwh
    assert kwh == pytest.approx(full.summary.it_power_kw * full.year.pue * 8760)
    assert full.economics.energy_kwh_per_year == pytest.approx(kwh, rel=1e-6)
    assert pod.economics.energy_kwh_per_year < kwh
    assert full.summary.usd_per_million_tokens < pod.summary.usd_per_million_tokens
    short = evaluate(it_life_years=3.0, discount_rate_frac=0.1)
    assert _line(short.economics, "Accelerator systems") == pytest.approx(26e6 * recovery(0.1, 3.0))
    dear = evaluate(electricity_usd_per_kwh=0.2, carbon_g_per_kwh=0.0)
    assert _line(dear.economics, "Energy") == pytest.approx(0.2 * dear.economics.energy_kwh_per_year)
    assert dear.economics.located_kg_per_year == 0.0
    assert dear.summary.kg_co2e_per_million_tokens > 0.0  # the accelerators were made


def test_input_and_output_tokens_share_the_cost_by_device_time(pod: ResultSnapshot) -> None:
    pools = {pool.id: pool for pool in pod.economics.pools}
    assert pools["deepseek-prefill"].usd_per_million_output_tokens is None
    assert pools["deepseek-decode"].usd_per_million_input_tokens is None
    llama = pools["llama-70b"]
    served = next(pool for pool in pod.throughput.pools if pool.id == "llama-70b")
    inputs = 0.58 * served.requests_per_s * INPUT_TOKENS * 8760 * 3600 / 1e6
    outputs = 0.58 * served.tokens_per_s * 8760 * 3600 / 1e6
    paid = llama.usd_per_million_input_tokens * inputs + llama.usd_per_million_output_tokens * outputs
    assert paid == pytest.approx(llama.usd_per_year)
    shares = sum(pool.usd_per_year for pool in pools.values())
    assert shares == pytest.approx(pod.economics.total_usd_per_year)


def test_renting_is_compared_at_the_same_accelerators(pod: ResultSnapshot) -> None:
    offer = pod.economics.cloud[0]
    own = pod.economics.total_usd_per_year / (576 * 8760)
    assert offer.own_usd_per_accelerator_hour == pytest.approx(own)
    assert offer.break_even_use_frac == pytest.approx(own / offer.usd_per_accelerator_hour)


def test_an_unknown_price_gives_no_cost_of_a_token(catalog: Catalog) -> None:
    """A system without a price whose accelerators have none either is named, not guessed."""
    from infraplanner.engine.economics import system_prices  # noqa: PLC0415 - kernels stay out of collection

    prices, classes = system_prices(catalog, 1.2)
    ids = sorted(catalog.of(type(catalog.find("ironwood-rack"))))
    row = ids.index("ironwood-rack")
    assert classes[row] == "Accelerator systems"
    assert math.isnan(prices[row, 0])
    h100 = ids.index("dgx-h100-rack4")
    assert prices[h100, 0] == pytest.approx(32 * 32500.0 * 1.2)


def test_racks_carry_their_own_tokens_and_cost(pod: ResultSnapshot) -> None:
    """Racks' output adds up to the hall's; a rack costs its annuity, maintenance and energy."""
    tokens, usd = pod.throughput.rack_tokens_per_s, pod.economics.rack_usd_per_year
    index = {key: row for row, key in enumerate(pod.power.rack_ids)}
    assert np.nansum(tokens) == pytest.approx(pod.summary.tokens_per_s)
    assert math.isnan(tokens[index["A02"]])  # prefill only
    assert math.isnan(tokens[index["A08"]])
    storage = 0.8e6 * (recovery(0.07, 5.0) + 0.04)
    assert storage < usd[index["A07"]] < 1.1 * storage  # the middle of a planning range, and some energy
    capital = 3.25e6 * (recovery(0.07, 5.0) + 0.04)
    full_kwh = float(pod.power.rack_power_w[index["A01"]]) * pod.summary.pue * 8.76
    price = _line(pod.economics, "Energy") / pod.economics.energy_kwh_per_year
    assert capital < usd[index["A01"]] < capital + full_kwh * price
