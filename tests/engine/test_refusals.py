"""Bad input of serving pools: one plain sentence that names what was found and what would do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from infraplanner.catalog import Catalog
from infraplanner.engine import evaluate
from infraplanner.model.document import Document
from infraplanner.results.snapshot import PoolResult

from .halls import pod


def served(catalog: Catalog, workload: dict[str, Any] | None = None, **pool: Any) -> PoolResult:
    doc: Document = pod(2)
    doc.put("pools", msgspec.structs.replace(doc.table("pools")["serve"], **pool))
    doc.put("workloads", msgspec.structs.replace(doc.table("workloads")["chat"], **(workload or {})))
    (result,) = evaluate(doc.snapshot(), catalog).throughput.pools
    return result


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tp": 7}, "tp 7 does not divide the 64 heads of Llama-3.1 / 3.3 70B; 8 would."),
        ({"batch": 0}, "The batch is 0 sequences; it must be 1 or more, or left empty for the engine to choose."),
        ({"ep": 4}, "ep 4 splits experts, but Llama-3.1 / 3.3 70B has none; it must be 0 or 1."),
        ({"pp": 81}, "pp 81 is more than the 80 layers of Llama-3.1 / 3.3 70B; at most one stage a layer."),
        ({"model": "deepseek-r1", "ep": 300}, "ep 300 is more than the 256 experts of DeepSeek-R1 671B."),
        (
            {"model": "deepseek-r1", "redundant_experts": 300},
            "redundant_experts 300 is more than the 256 experts of DeepSeek-R1 671B.",
        ),
        ({"redundant_experts": 4}, "redundant_experts copies experts, but Llama-3.1 / 3.3 70B has none; leave it out."),
        (
            {"two_batch": True},
            "two_batch hides the exchange of experts, but Llama-3.1 / 3.3 70B has none; leave it out.",
        ),
        (
            {"model": "deepseek-r1", "tp": 4, "dp": 2, "ep": 3},
            "ep 3 does not divide tp x dp = 8, the accelerators that hold one layer.",
        ),
        (
            {"model": "deepseek-r1", "tp": 4, "dp": 2, "ep": 4, "moe_tp": 4},
            "ep 4 x moe_tp 4 is not tp x dp = 8, the accelerators that hold one layer.",
        ),
    ],
)
def test_a_layout_that_cannot_be(catalog: Catalog, fields: dict[str, Any], sentence: str) -> None:
    result = served(catalog, **fields)
    assert result.refusal == "bad_layout"
    assert result.not_predicted == sentence
    assert result.tokens_per_s is None


def test_a_context_beyond_the_models(catalog: Catalog) -> None:
    result = served(catalog, {"input_tokens": 200_000, "output_tokens": 1000})
    assert result.refusal == "bad_layout"
    assert (
        result.not_predicted == "Requests of 201,000 tokens exceed the context of Llama-3.1 / 3.3 70B, 131,072 tokens."
    )


def test_what_does_not_fit_names_bytes_and_a_layout_that_does(catalog: Catalog) -> None:
    result = served(catalog, model="deepseek-r1", weights="bf16", tp=1, dp=1, ep=1)
    assert result.refusal == "does_not_fit"
    assert "GB an accelerator too large at tp 1, pp 1, dp 1; the smallest tensor split that fits is 8" in (
        result.not_predicted
    )


def test_slices_of_experts_pin_expert_parallelism(catalog: Catalog) -> None:
    result = served(catalog, model="deepseek-r1", tp=8, dp=1, moe_tp=2)
    assert (result.tp, result.dp, result.ep) == (8, 1, 4)


def test_halved_batches_and_copied_experts_reach_the_plan(catalog: Catalog) -> None:
    fields = {"model": "deepseek-r1", "weights": "fp8", "tp": 1, "dp": 8, "ep": 8, "pp": 1}
    plain, copied = served(catalog, **fields), served(catalog, **fields, redundant_experts=16)
    assert copied.weight_bytes_per_accelerator - plain.weight_bytes_per_accelerator == pytest.approx(
        58 * 16 * 3 * 7168 * 2048 / 8
    )
    assert copied.tokens_per_s != plain.tokens_per_s
    assert served(catalog, **fields, two_batch=True).tokens_per_s != plain.tokens_per_s


def test_open_precision_and_stages_are_told(catalog: Catalog) -> None:
    result = served(catalog, weights="auto", pp=0)
    assert result.weights == "fp4"
    assert result.pp >= 1
    assert result.split_prefill_frac is not None
    assert 0.0 < result.split_prefill_frac < 1.0


def test_latency_at_the_load_that_is_offered(catalog: Catalog) -> None:
    full = served(catalog)
    assert "Saturated" in full.load_note
    assert full.load_ttft_s is None
    half = served(catalog, {"offered_requests_per_s": 0.3 * (full.requests_per_s or 0.0)})
    assert half.load_ttft_s is not None
    assert half.load_ttft_p95_s is not None
    assert half.load_tpot_s is not None
    assert half.tpot_s is not None
    assert half.load_batch is not None
    assert half.load_batch < half.batch
    assert half.load_tpot_s < half.tpot_s
    assert half.load_ttft_s <= half.load_ttft_p95_s


def test_the_host_memory_beside_an_accelerator_is_that_of_its_rack(catalog: Catalog) -> None:
    """17 TB over 72: 236 GB each; a cache kept there in whole holds less when the rack has less."""
    rack = catalog.get("gb200-nvl72")
    batches = []
    for gigabytes in (rack.host_memory_gb, 0.02 * rack.host_memory_gb):
        thin = msgspec.structs.replace(rack, host_memory_gb=gigabytes)
        other = Catalog([thin if p.id == rack.id else p for p in catalog], catalog.sources)
        batches.append(served(other, kv_host_frac=1.0, tp=4, dp=1, pp=1).batch)
    assert 0 < batches[1] < 0.3 * batches[0]
