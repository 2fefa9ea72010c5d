"""Published deployments of wide expert parallelism: predicted from their settings alone, never from what they measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.catalog.types import Record
from infraplanner.places import shipped_profiles_dir
from infraplanner.validation.deployment_rows import deployment_predictor
from infraplanner.validation.measured import Row, read_measured

MONEY = Path(__file__).parent / "rows" / "economics.yaml"
PROFILED: Row = {
    "id": "profiled",
    "use": "bound",
    "source": "made up, after deepseek-ai/profile-data",
    "unit": "tok/s/gpu",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(shipped_profiles_dir())


def predicted(catalog: Catalog, row: Row) -> float:
    found = deployment_predictor(catalog)(row)
    assert found is not None
    assert found.predicted is not None, found.skipped
    assert found.assumed
    return found.predicted


def without(catalog: Catalog, **changed: Any) -> Catalog:
    """The catalogue with other settings of the deployed units."""
    profiles = [
        msgspec.structs.replace(one, data={**one.data, **changed})
        if isinstance(one, Record) and one.topic == "deployment"
        else one
        for one in catalog
    ]
    return Catalog(profiles, catalog.sources)


@pytest.mark.parametrize(
    ("metric", "measured"),
    [("prefill_input_tokens_per_s_per_gpu", 7839.0), ("decode_output_tokens_per_s_per_gpu", 2324.0)],
)
def test_profiled_units_are_predicted_within_20_percent(catalog: Catalog, metric: str, measured: float) -> None:
    """Balanced routing, EP32 and EP128, halved batches; figures of deepseek-ai/profile-data that no fit has seen."""
    assert predicted(catalog, {**PROFILED, "metric": metric, "value": None}) == pytest.approx(measured, rel=0.20)


def node_rates(catalog: Catalog) -> tuple[float, float]:
    """Predicted tokens/s in and out of a node, means of the day."""
    rows = {row["id"]: row for row in read_measured(MONEY).rows if row["metric"] == "tokens_per_s_node"}
    return predicted(catalog, rows["deepseek_node_in"]), predicted(catalog, rows["deepseek_node_out"])


def test_the_day_of_the_fleet_is_predicted_within_30_percent(catalog: Catalog) -> None:
    """73,700 tokens/s into a node and 14,800 out, from the day's tokens, its nodes and physics; neither figure is used."""
    into, out = node_rates(catalog)
    assert into == pytest.approx(73_700, rel=0.30)
    assert out == pytest.approx(14_800, rel=0.15)
    day = catalog.get("fact.deepseek-day")
    assert isinstance(day, Record)
    nodes = float(str(day.data["input_tokens"])) / into + float(str(day.data["output_tokens"])) / out
    assert nodes / 86_400 == pytest.approx(float(str(day.data["nodes_mean"])), rel=1e-9)


def test_a_larger_fleet_is_less_busy(catalog: Catalog) -> None:
    """The share of the day follows from tokens over nodes: twice the nodes, half the rate of each."""
    day = catalog.get("fact.deepseek-day")
    assert isinstance(day, Record)
    larger = msgspec.structs.replace(day, data={**day.data, "nodes_mean": 2.0 * float(str(day.data["nodes_mean"]))})
    other = Catalog([larger if one.id == day.id else one for one in catalog], catalog.sources)
    assert node_rates(other) == pytest.approx([0.5 * rate for rate in node_rates(catalog)])


def test_the_published_accounts_close_over_all_nodes_in_service(catalog: Catalog) -> None:
    """Tokens of the day over the published rates are 95.5 nodes of prefill and 131.4 of decode, the 226.75 that were billed.

    So both rates are means over nodes in service, idle ones included, and prompts are counted with what the cache held, as
    the prediction counts them. The publisher's own profile of a busy prefill unit, 7,839 tokens/s a device computed, is
    143,000 a node with the day's hits: twice the mean of the day.
    """
    day, unit = catalog.get("fact.deepseek-day"), catalog.get("deployment.deepseek-prefill")
    assert isinstance(day, Record)
    assert isinstance(unit, Record)
    spent, made, nodes = (float(str(day.data[name])) for name in ("input_tokens", "output_tokens", "nodes_mean"))
    hits = float(str(unit.data["hit_frac"]))
    assert hits == pytest.approx(342e9 / spent, rel=1e-3)
    assert spent / 86_400 / 73_700 + made / 86_400 / 14_800 == pytest.approx(nodes, rel=1e-3)
    busy = predicted(without(catalog, mean_of_a_day=0.0), {**PROFILED, "source": "deepseek day 6", "metric": "tokens_per_s_node",
                                                           "inputs": {"phase": "prefill"}})  # fmt: skip
    assert busy == pytest.approx(8 * 7839.0 / (1.0 - hits), rel=0.05)


def test_each_option_earns_its_place(catalog: Catalog) -> None:
    decode: Row = {**PROFILED, "metric": "decode_output_tokens_per_s_per_gpu"}
    prefill: Row = {**PROFILED, "metric": "prefill_input_tokens_per_s_per_gpu"}
    for row in (decode, prefill):
        whole = predicted(catalog, row)
        assert predicted(without(catalog, two_batch=0.0), row) < 0.9 * whole
        assert predicted(without(catalog, redundant=0.0), row) < 0.9 * whole


def test_rows_of_other_sources_are_none_of_its_business(catalog: Catalog) -> None:
    other: Row = {**PROFILED, "source": "elsewhere", "metric": "decode_output_tokens_per_s_per_gpu"}
    assert deployment_predictor(catalog)(other) is None
    assert deployment_predictor(catalog)({**PROFILED, "metric": "ttft_ms"}) is None
