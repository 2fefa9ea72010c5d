"""How measured serving runs were driven: published settings of the clients, none of them a result."""

from __future__ import annotations

import math
from typing import Any

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.compile.rules import constants
from infraplanner.validation.clients import client_of
from infraplanner.validation.inference_rows import ServingRow, serving_value, understand

OFFLINE: dict[str, Any] = {
    "id": "run", "use": "gate", "mode": "offline", "framework": "trtllm", "framework_version": "v1.0", "source": "made up",
    "metric": "output_tokens_per_s", "accelerator": "H200-SXM-141GB", "n_accelerators": 2, "model": "llama-3.1-70b",
    "precision": "fp8", "tp": 2, "pp": 1, "ep": 1, "attention_dp": 1, "isl": 2048, "osl": 2048,
    "concurrency_or_batch": None, "value": 1.0,
}  # fmt: skip
SERVING = OFFLINE | {
    "mode": "serving", "source": "InferenceX sweep", "metric": "ttft_ms", "isl": 1024, "osl": 1024,
    "concurrency_or_batch": 32,
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


def value(row: dict[str, Any], catalog: Catalog) -> float:
    known = understand(row, catalog)
    assert isinstance(known, ServingRow)
    found = serving_value(known)
    assert not isinstance(found, str), found
    return found[0]


def test_a_maximum_load_run_has_its_published_number_of_requests(catalog: Catalog) -> None:
    rule = constants(catalog)
    assert client_of(OFFLINE, rule).requests == 1500.0
    assert client_of(OFFLINE | {"isl": 2000}, rule).requests == 0.0
    assert client_of(OFFLINE | {"framework": "vllm"}, rule).requests == 0.0
    assert client_of(OFFLINE, rule).reserved


def test_a_sweep_draws_lengths_and_starts_with_a_wave(catalog: Catalog) -> None:
    rule = constants(catalog)
    client = client_of(SERVING, rule)
    assert (client.length_frac, client.burst_frac) == (0.9, 0.1)
    assert math.isnan(client.poll_count)
    assert client_of(SERVING | {"framework": "sglang"}, rule, four_bit=True).poll_count == 30.0
    assert (
        client_of(SERVING | {"framework": "sglang", "concurrency_or_batch": 8}, rule, four_bit=True).poll_count == 10.0
    )
    assert math.isnan(client_of(SERVING | {"isl": 1000}, rule).burst_frac)


def test_the_assumptions_are_told_and_move_the_prediction(catalog: Catalog) -> None:
    known = understand(OFFLINE, catalog)
    assert isinstance(known, ServingRow)
    assert "a run of 1500 requests" in known.assumed
    steady = OFFLINE | {"isl": 2049}  # no published run of this length: steady state
    assert value(OFFLINE, catalog) < value(steady, catalog)  # though the prompts are a token shorter
    assert value(SERVING, catalog) < value(SERVING | {"isl": 1025}, catalog)
