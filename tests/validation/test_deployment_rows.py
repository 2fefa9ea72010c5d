"""Published deployments of wide expert parallelism: predicted from their settings alone, never from what they measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.catalog.types import Record
from infraplanner.compile.rules import constants
from infraplanner.engine import tuning
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


def test_the_mean_of_a_day_lies_below_a_saturated_unit(catalog: Catalog) -> None:
    """14,800 tokens/s out and 73,700 in are means over a day; in decode the mean lies within the band of a mixture."""
    rows = {row["id"]: row for row in read_measured(MONEY).rows if row["metric"] == "tokens_per_s_node"}
    out, into = (predicted(catalog, rows[key]) for key in ("deepseek_node_out", "deepseek_node_in"))
    low, high = tuning.band("h100-sxm", True, constants(catalog))
    assert 1.0 + low <= 14_800 / out <= 1.0 + high
    assert 1.0 < into / 73_700 < 2.0


def test_the_days_accounts_close_and_leave_idle_time_as_the_only_gap(catalog: Catalog) -> None:
    """Tokens of the day over the published rates are 95.5 nodes of prefill and 131.4 of decode, the 226.75 that were billed.

    So both rates are means over nodes in service, idle ones included, and prompts are counted with what the cache held,
    as the prediction counts them. The publisher's own profile of a busy prefill unit, 7,839 tokens/s a device computed,
    is 143,000 a node with the day's hits, which the prediction meets; how busy units were over the day is published
    nowhere, for neither phase, so it is not in the prediction.
    """
    day, unit = catalog.get("fact.deepseek-day"), catalog.get("deployment.deepseek-prefill")
    assert isinstance(day, Record)
    assert isinstance(unit, Record)
    spent, made, nodes = (float(str(day.data[name])) for name in ("input_tokens", "output_tokens", "nodes_mean"))
    hits = float(str(unit.data["hit_frac"]))
    assert hits == pytest.approx(342e9 / spent, rel=1e-3)
    assert spent / 86_400 / 73_700 + made / 86_400 / 14_800 == pytest.approx(nodes, rel=1e-3)
    rows = {row["id"]: row for row in read_measured(MONEY).rows if row["metric"] == "tokens_per_s_node"}
    into = predicted(catalog, rows["deepseek_node_in"])
    assert into == pytest.approx(8 * 7839.0 / (1.0 - hits), rel=0.05)
    assert 0.4 < 73_700 / into < 0.65  # what is left over: the share of the day that prefill units were busy


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
