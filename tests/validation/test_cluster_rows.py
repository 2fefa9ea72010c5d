"""Mean time to the first token of a published cluster simulation, from its machines, model, trace and rate alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.places import shipped_profiles_dir
from infraplanner.validation.cluster_rows import cluster_predictor, variation
from infraplanner.validation.report import Prediction

ROW: dict[str, Any] = {
    "id": "simulated", "use": "gate", "metric": "ttft_mean", "unit": "s", "inputs": {"rps": 5.53},
    "source": "SplitwiseSim, BLOOM-176B, 8x DGX-H100, token_jsq, Azure conv trace",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(shipped_profiles_dir())


def predicted(catalog: Catalog, **changed: Any) -> Prediction:
    found = cluster_predictor(catalog)({**ROW, **changed})
    assert found is not None
    return found


def seconds(catalog: Catalog, **changed: Any) -> float:
    value = predicted(catalog, **changed).predicted
    assert value is not None
    return value


def test_the_simulated_mean_is_met_within_half(catalog: Catalog) -> None:
    """0.1953 s of a simulator without request handling; ours are those of a real server, which handles each for a while."""
    assert seconds(catalog) == pytest.approx(0.1953, rel=0.5)
    assert seconds(catalog, unit="ms") == pytest.approx(1e3 * seconds(catalog))


def test_more_load_fewer_machines_and_larger_models_wait_longer(catalog: Catalog) -> None:
    base = seconds(catalog)
    assert seconds(catalog, inputs={"rps": 16.0}) > base
    assert seconds(catalog, source=ROW["source"].replace("8x", "2x")) > base
    assert seconds(catalog, source=ROW["source"].replace("BLOOM-176B", "llama2-7b")) < 0.7 * base


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"inputs": {}}, "does not state rps"),
        ({"inputs": {"rps": "many"}}, "does not state rps"),
        ({"inputs": {"rps": 5e4}}, "do not serve"),
        ({"source": "SplitwiseSim, Abacus-9B, 8x DGX-H100, Azure conv trace"}, "no known model"),
        ({"source": "SplitwiseSim, BLOOM-176B"}, "no known machines and no known trace"),
        ({"source": "BLOOM-176B, 8x qm9700, Azure conv trace"}, "no accelerators"),
        ({"unit": "fortnight"}, "unit"),
    ],
)
def test_what_cannot_be_predicted_says_why(catalog: Catalog, changed: dict[str, Any], reason: str) -> None:
    found = predicted(catalog, **changed)
    assert found.predicted is None
    assert reason in found.skipped


def test_rows_of_other_metrics_are_none_of_its_business(catalog: Catalog) -> None:
    assert cluster_predictor(catalog)({**ROW, "metric": "ttft_ms"}) is None


def test_variation_of_lengths_from_percentiles(catalog: Catalog) -> None:
    assert variation({"p50": 100.0}) == pytest.approx(np.sqrt(20_000.0 / 3.0 - 75.0**2) / 75.0)
    ramp = {f"p{n}": float(n) for n in range(1, 100)}
    assert variation(ramp) == pytest.approx(1.0 / np.sqrt(3.0), rel=0.01)
