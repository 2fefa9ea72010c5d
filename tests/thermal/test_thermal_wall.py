"""Cooling that carries too little costs tokens, smoothly: clocks settle with what cools them, and the thermal wall's
elasticity is what scaling every thermal capacity shows from outside.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Constant, CoolingUnit
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.engine.clocks import PASSES, ClockSearch
from infraplanner.kernels import cooling
from infraplanner.model.document import Document
from infraplanner.model.entities import Pool, Site, Workload
from infraplanner.results.snapshot import ResultSnapshot
from tests.engine.halls import add, pod
from tests.engine.test_evaluate import change

from .halls import air_hall

CONDUCTANCES = ("capacity_kw", "flow_l_per_min")
RESISTANCES = ("plate_a_k_per_w", "plate_b_k_per_w")


def air_plan(crahs: int = 3) -> Document:
    """1.5 MW of air-cooled servers that serve one pool, with so many CRAHs of 150 kW."""
    doc = air_hall(crahs=crahs)
    add(doc, "workloads", Workload(id="chat", profile="chat-1k-1k"))
    add(doc, "pools", Pool(id="serve", model="llama3.3-70b", workload="chat"))
    for key in doc.snapshot().table("racks"):
        change(doc, "racks", key, pool="serve")
    return doc


def liquid_plan(dry_bulb_c: float = 58.0) -> Document:
    """Eight NVL72 racks behind dry coolers on a day that is far too hot for them."""
    doc = pod()
    add(doc, "site", Site(id="site", dry_bulb_c=dry_bulb_c))
    return doc


def scaled(catalog: Catalog, factor: float) -> Catalog:
    """Every thermal capacity of the catalogue times a factor: heat, flow and with them UA of coolers, plates and sinks."""
    parts = []
    for part in catalog:
        if isinstance(part, CoolingUnit):
            held = {name: getattr(part, name) for name in (*CONDUCTANCES, *RESISTANCES)}
            moved = {
                name: value * factor if name in CONDUCTANCES else value / factor
                for name, value in held.items()
                if value is not None
            }
            parts.append(msgspec.structs.replace(part, **moved))
        elif isinstance(part, Constant) and part.id == "thermal.heatsink_k_per_w":
            parts.append(msgspec.structs.replace(part, value=part.value / factor))
        else:
            parts.append(part)
    return Catalog(parts, catalog.sources)


def tokens(result: ResultSnapshot) -> float:
    assert result.failures == ()
    assert result.summary.tokens_per_s is not None
    return result.summary.tokens_per_s


def test_fewer_air_units_always_cost_tokens(catalog: Catalog) -> None:
    served, clocks = [], []
    for crahs in (8, 5, 4, 3, 2, 1):
        result = evaluate(air_plan(crahs).snapshot(), catalog)
        served.append(tokens(result))
        clocks.append(float(np.nanmin(result.thermal.chips.rack_clock_frac)))
        assert result.thermal.air.halls[0].state == "settled"
    assert all(more > fewer for more, fewer in itertools.pairwise(served))
    assert clocks[0] == 1.0
    assert clocks == sorted(clocks, reverse=True)
    assert served[-1] < 0.8 * served[0]


@pytest.mark.parametrize(("plan", "within"), [(air_plan, 0.03), (liquid_plan, 0.03)])
def test_the_elasticity_is_what_scaled_capacities_show(
    catalog: Catalog, plan: Callable[[], Document], within: float
) -> None:
    doc = plan()
    here = evaluate(doc.snapshot(), catalog)
    up, down = (tokens(evaluate(doc.snapshot(), scaled(catalog, factor))) for factor in (1.01, 0.99))
    seen = math.log(up / down) / math.log(1.01 / 0.99)
    elasticity = here.walls["thermal"].elasticity
    assert elasticity is not None
    assert elasticity > 0.05
    assert elasticity == pytest.approx(seen, rel=within)


@pytest.mark.parametrize("plan", [air_plan, liquid_plan])
def test_tokens_rise_without_steps(catalog: Catalog, plan: Callable[[], Document]) -> None:
    """One per cent at a time over ten: every step gains, and no step is out of line with its neighbours."""
    doc = plan()
    served = [tokens(evaluate(doc.snapshot(), scaled(catalog, 0.95 + 0.01 * k))) for k in range(11)]
    gains = np.diff(np.log(served))
    assert (gains > 0.0).all()
    assert np.abs(np.diff(gains)).max() < 0.25 * gains.mean()


def test_plenty_of_cooling_has_no_elasticity(catalog: Catalog) -> None:
    result = evaluate(air_plan(8).snapshot(), catalog)
    assert result.walls["thermal"].elasticity == 0.0
    assert float(np.nanmin(result.thermal.chips.rack_clock_frac)) == 1.0


def test_a_pool_that_no_cooling_reaches_runs_at_its_lowest_clock(catalog: Catalog) -> None:
    """All air units out: no steady state, an error that says so, and tokens as at the lowest clock instead of all."""
    doc = air_plan(2)
    whole = evaluate(air_plan(8).snapshot(), catalog)
    result = evaluate(doc.snapshot(), catalog, check=run, failed=frozenset({"crah0", "crah1"}))
    assert {hall.hall: hall.state for hall in result.thermal.air.halls}["hall"] in ("no_supply", "runaway")
    assert "air.no-field" in {finding.rule for finding in result.findings}
    assert tokens(result) < 0.5 * tokens(whole)
    assert not np.isinf(result.thermal.chips.rack_case_c).any()


def test_a_loop_with_too_small_cdus_runs_warm(catalog: Catalog) -> None:
    doc = pod()
    change(doc, "cooling", "cdu1", profile="cdu-rack-80")
    change(doc, "cooling", "cdu2", profile="cdu-rack-80")
    small = evaluate(doc.snapshot(), catalog, check=run)
    assert "cooling.over-capacity" in {finding.rule for finding in small.findings}
    supply = dict(zip(small.thermal.loop_ids, small.thermal.loop_supply_c.tolist(), strict=True))
    assert supply["tcs"] > 32.0 + 10.0
    assert float(np.nanmin(small.thermal.chips.rack_clock_frac)) < 1.0
    assert tokens(small) < tokens(evaluate(pod().snapshot(), catalog))


def test_an_overloaded_chiller_warms_its_water_until_it_carries_the_heat() -> None:
    assert cooling.chiller_supply(18.0, 1.06, 0.03) == pytest.approx(20.0)
    assert cooling.chiller_supply(18.0, 0.9, 0.03) == -math.inf
    assert cooling.chiller_supply(math.nan, 1.5, 0.03) == -math.inf


def test_a_cooler_at_full_fans_strains_in_proportion() -> None:
    assert cooling.strained_approach(8.0, 1.25, True) == pytest.approx(10.0)
    assert cooling.strained_approach(8.0, 0.5, True) == pytest.approx(4.0)
    assert cooling.strained_approach(8.0, 0.5, False) == pytest.approx(8.0)
    assert cooling.strained_approach(8.0, math.nan, True) == pytest.approx(8.0)


@pytest.mark.parametrize("gain", [0.2, 1.0, 8.0, 40.0])
def test_clocks_settle_however_strongly_heat_answers(gain: float) -> None:
    """Allowed clock 0.9 - gain (s - 0.5), kept within its range: plain substitution would swing from gain 1 on."""
    search = ClockSearch(np.ones(1), 0.3)
    for _ in range(PASSES):
        if search.settled(np.clip(0.9 - gain * (search.clock - 0.5), 0.3, 1.0)):
            break
    assert search.misfit <= 1e-6
    assert search.clock[0] == pytest.approx(min(1.0, (0.9 + 0.5 * gain) / (1.0 + gain)), abs=2e-6)


def test_clocks_of_pools_that_warm_each_other_settle() -> None:
    """Pools of one hall: each warms all by its share of the heat, and itself by what comes back."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        share = rng.dirichlet(np.ones(3))
        heat = rng.uniform(0.2, 8.0) * np.outer(rng.uniform(0.6, 1.4, 3), share) + np.diag(rng.uniform(0.0, 1.5, 3))
        most = rng.uniform(0.4, 1.5, 3)
        search = ClockSearch(np.ones(3), 0.3)
        for _ in range(PASSES):
            allowed = np.clip(most - heat @ (search.clock**3 - 0.3), 0.3**3, 1.0) ** (1.0 / 3.0)
            if search.settled(allowed):
                break
        assert search.misfit <= 1e-6


def test_clocks_settle_where_slower_chips_get_less_coolant() -> None:
    """The allowed clock falls with the present one: only the lowest clock is left, and it is found."""
    search = ClockSearch(np.ones(1), 0.3)
    for _ in range(PASSES):
        if search.settled(np.clip(1.6 * search.clock - 0.7, 0.3, 1.0)):
            break
    assert search.clock[0] == pytest.approx(0.3)
