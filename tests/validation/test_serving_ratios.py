"""Submissions of one benchmark round beside each other: quotients of two predictions, reported apart from the gate rows."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine import kernel_cache
from infraplanner.validation.measured import Row, read_measured
from infraplanner.validation.predictors import all_predictors, all_ratios
from infraplanner.validation.report import validate
from infraplanner.validation.serving_ratios import ServingRatio, ratio_predictor, serving_ratios, throughput

kernel_cache.prepare_once()
MEASURED = [folder / "shared" / "validation" / "inference.yaml" for folder in Path(__file__).resolve().parents]
OFFLINE: Row = {
    "id": "one", "use": "ratio", "metric": "output_tokens_per_s", "value": 100.0, "accelerator": "H200-SXM-141GB",
    "n_accelerators": 8, "model": "llama-2-70b", "precision": "fp8", "osl": 292, "notes": "Offline scenario",
    "source": "MLPerf Inference v5.1 closed datacenter, made up",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module")
def path() -> Path:
    found = next((path for path in MEASURED if path.is_file()), None)
    if found is None:
        pytest.skip("the measured rows (shared/validation/inference.yaml) are not beside this checkout")
    return found


@pytest.fixture(scope="module")
def pairs(path: Path, catalog: Catalog) -> list[ServingRatio]:
    return serving_ratios(read_measured(path).rows, catalog)


def test_offline_submissions_of_one_round_are_compared(pairs: list[ServingRatio]) -> None:
    assert len(pairs) >= 40
    assert statistics.median(abs(pair.error_frac) for pair in pairs) <= 0.15
    dense = [abs(pair.error_frac) for pair in pairs if "llama_2_70b" in pair.smaller]
    assert statistics.median(dense) <= 0.12
    assert len({pair.smaller for pair in pairs} | {pair.larger for pair in pairs}) >= 25


def test_twice_the_nodes_serve_twice_the_tokens(catalog: Catalog) -> None:
    twice = OFFLINE | {"id": "two", "n_accelerators": 16, "value": 195.0}
    (pair,) = serving_ratios([twice, OFFLINE], catalog)
    assert (pair.smaller, pair.larger) == ("one", "two")
    assert pair.predicted_ratio == pytest.approx(2.0)
    assert pair.error_frac == pytest.approx(2.0 / 1.95 - 1.0)


def test_the_unknown_prompt_length_hardly_matters(catalog: Catalog) -> None:
    """Half or twice the prompts that are assumed for Llama 2 70B moves the ratio of H200 to B200 by less than 6 %."""
    other = OFFLINE | {"accelerator": "B200-SXM-180GB", "precision": "fp4"}

    def ratio(tokens_in: float) -> float:
        first, second = (throughput(row, (tokens_in, 292.0), catalog) for row in (OFFLINE, other))
        assert first is not None
        assert second is not None
        return second / first

    assert ratio(146.0) == pytest.approx(ratio(292.0), rel=0.06)
    assert ratio(584.0) == pytest.approx(ratio(292.0), rel=0.06)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"notes": "Server scenario"}, "percentiles of latency"),
        ({"source": "MLPerf Inference v4.1 closed datacenter, NVIDIA MaxQ"}, "power limit"),
        ({"notes": ""}, "neither layout"),
        ({"metric": "system_power_w"}, "wall power"),
    ],
)
def test_what_cannot_be_compared_says_why(catalog: Catalog, changed: Row, reason: str) -> None:
    row = OFFLINE | changed
    assert serving_ratios([row, row | {"n_accelerators": 16, "value": 200.0}], catalog) == []
    found = ratio_predictor(catalog)(row)
    assert found is not None
    assert reason in found.skipped


def test_rounds_and_models_are_not_mixed_and_no_value_is_seen(catalog: Catalog) -> None:
    other = OFFLINE | {"id": "two", "n_accelerators": 16, "value": 200.0}
    assert serving_ratios([OFFLINE, other | {"source": "MLPerf Inference v4.1 closed datacenter"}], catalog) == []
    assert serving_ratios([OFFLINE, other | {"model": "mixtral-8x7b"}], catalog) == []
    assert serving_ratios([OFFLINE, other | {"accelerator": "abacus"}], catalog) == []
    first, second = (serving_ratios([OFFLINE, other | {"value": value}], catalog)[0] for value in (200.0, 900.0))
    assert first.predicted_ratio == second.predicted_ratio


def test_the_report_keeps_ratios_apart_from_gate_rows(path: Path, catalog: Catalog) -> None:
    with_ratios = validate([path], all_predictors(catalog), all_ratios(catalog))["files"][0]
    group = with_ratios["groups"]["ratio:throughput between submissions"]
    assert group["covered"] == len(with_ratios["ratios"])
    assert with_ratios["groups"]["use:ratio"]["covered"] == 0
    assert all(row["skipped"] for row in with_ratios["rows"] if row["use"] == "ratio")
    assert {"gate class:dense", "gate class:moe"} <= with_ratios["groups"].keys()
