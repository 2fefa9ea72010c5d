"""The plan of a published fleet: what it evaluates to against the publisher's own accounts of the day.

Source of the figures: DeepSeek, open-infra-index, day 6 (27 to 28 February 2025). Demand, number of nodes, units and rent are
the plan's inputs; that the fleet carries the day at all, how busy it is, and how fast its users read are predictions.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
from msgspec import structs

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine.evaluate import evaluate
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.places import resources_dir, shipped_profiles_dir
from infraplanner.results.snapshot import PoolResult, ResultSnapshot

COST_DAY_USD, USD_PER_M_OUT = 87_072.0, 87_072.0 / 168_000.0
NODE_IN, NODE_OUT, USER = 73_700.0, 14_800.0, 21.0
ROW_TOLERANCE = 0.02
"""That of the published rates a node in the economics rows."""


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    return load_catalog(shipped_profiles_dir())


@lru_cache(maxsize=1)
def plan() -> Snapshot:
    return read_plan(resources_dir() / "templates" / "deepseek-day.yaml", catalog()).document.snapshot()


@lru_cache(maxsize=1)
def result() -> ResultSnapshot:
    return evaluate(plan(), catalog())


def pools(found: ResultSnapshot) -> dict[str, PoolResult]:
    return {pool.id: pool for pool in found.throughput.pools}


def test_the_cost_of_the_day() -> None:
    rent = next(row for row in result().economics.deployments if row.name == "cloud, fleet-operator")
    assert rent.usd_per_year / 365.0 == pytest.approx(COST_DAY_USD, rel=0.002)  # 227 nodes for a mean of 226.75
    assert rent.usd_per_million_tokens == pytest.approx(USD_PER_M_OUT, rel=0.002)


def test_tokens_a_node_over_the_day() -> None:
    found, day = pools(result()), plan().table("workloads")["day"]
    decode, prefill = found["decode"], found["prefill"]
    assert decode.tokens_per_s is not None
    assert prefill.requests_per_s is not None
    assert decode.tokens_per_s / (decode.accelerator_count / 8) == pytest.approx(NODE_OUT, rel=ROW_TOLERANCE)
    into = prefill.requests_per_s * day.input_tokens
    assert into / (prefill.accelerator_count / 8) == pytest.approx(NODE_IN, rel=ROW_TOLERANCE)
    assert decode.limiter == "demand"
    assert result().summary.binding_wall == "demand"


def test_users_read_about_as_fast_as_published() -> None:
    """20 to 22 tokens/s: within the band that the model states for such an accelerator and a mixture of experts."""
    decode = pools(result())["decode"]
    assert decode.load_tpot_s is not None
    assert decode.band_low_frac is not None
    assert decode.band_high_frac is not None
    speed = 1.0 / decode.load_tpot_s
    assert 1.0 + decode.band_low_frac <= USER / speed <= 1.0 + decode.band_high_frac


@pytest.mark.parametrize(("pool", "nodes"), [("prefill", 44), ("decode", 90)])
def test_a_fleet_too_small_in_one_phase_does_not_carry_the_day(pool: str, nodes: int) -> None:
    """The rates above are not the demand over the nodes whatever these are: capacity is predicted, and can fall short."""
    tables, kept = plan().tables(), 0
    for key, device in sorted(tables["devices"].items()):
        if getattr(device, "pool", "") == pool:
            kept += 1
            if kept > nodes:
                tables["devices"][key] = structs.replace(device, pool="")
    short = pools(evaluate(Snapshot(tables, 1, {}), catalog()))["decode"]
    assert short.tokens_per_s is not None
    assert short.tokens_per_s < 0.97 * (pools(result())["decode"].tokens_per_s or 0.0)
    assert short.limiter != "demand"
