"""What eight-bit weights and cache gain Llama 3.1 405B over sixteen bits on eight H200: 1.4x at equal batch, 1.7x to 2.7x full.

At equal batch half the bytes are read, and collectives, attention and fixed times stay: less than 2x. Full, 16-bit weights
leave 36 of 141 GB an accelerator for the cache where 8-bit ones leave 86, and a cached token takes twice the bytes: 4.8 times
as many sequences share one reading of the weights. So a gain above 2x is memory at work, and no fault of the model. No row
of the validation files has this model in 16 bits on the same parts; what can be checked is the same effect of memory
between H100 and H200, which the last test does.
"""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine import kernel_cache
from infraplanner.validation.inference_rows import ServingRow, serving_value, understand
from infraplanner.validation.measured import Row, read_measured

kernel_cache.prepare_once()
MEASURED = [folder / "shared" / "validation" / "inference.yaml" for folder in Path(__file__).resolve().parents]
ROW: Row = {
    "id": "made-up", "use": "gate", "metric": "output_tokens_per_s", "accelerator": "H200-SXM-141GB", "n_accelerators": 8,
    "model": "llama-3.1-405b", "precision": "fp8", "tp": 8, "pp": 1, "isl": 2048, "osl": 2048,
    "concurrency_or_batch": None,
}  # fmt: skip
LENGTHS = ((128, 2048), (1000, 1000), (2048, 2048), (1000, 8000), (20_000, 2000))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


def understood(row: Row, catalog: Catalog) -> ServingRow:
    known = understand(row, catalog)
    assert isinstance(known, ServingRow)
    return known


def rate(row: Row, catalog: Catalog) -> float:
    found = serving_value(understood(row, catalog))
    assert not isinstance(found, str), found
    return found[0]


def gain(row: Row, catalog: Catalog) -> float:
    return rate(row, catalog) / rate(row | {"precision": "bf16"}, catalog)


def test_at_equal_batch_half_the_bytes_gain_less_than_twice(catalog: Catalog) -> None:
    for tokens_in, tokens_out in LENGTHS:
        row = ROW | {"isl": tokens_in, "osl": tokens_out, "concurrency_or_batch": 16}
        assert 1.3 < gain(row, catalog) < 1.7


def test_full_memory_holds_five_times_the_sequences(catalog: Catalog) -> None:
    from infraplanner.kernels.inference import Layout, kv_bytes, weight_bytes  # noqa: PLC0415
    from infraplanner.kernels.serving import best_batch, free_bytes  # noqa: PLC0415

    layout = Layout(8.0, 1.0, 1.0, 1.0)
    found = {}
    for precision in ("fp8", "bf16"):
        case = understood(ROW | {"precision": precision}, catalog).case
        batch, _ = best_batch(case.model, case.device, layout, case.tune, case.request, 0.0, 1.0)
        free = free_bytes(case.model, case.device, layout, case.tune)
        found[precision] = (
            batch,
            free,
            kv_bytes(case.model, case.tune, 1.0),
            weight_bytes(case.model, case.tune, layout),
        )
    few, many = found["bf16"], found["fp8"]
    assert many[3] == pytest.approx(405e9 / 8, rel=0.02)
    assert few[3] == pytest.approx(2.0 * many[3], rel=0.02)
    assert few[2] == 2.0 * many[2] == 2.0 * 126 * 2 * 8 * 128  # layers, K and V, eight heads of 128, two bytes
    assert many[0] / few[0] == pytest.approx((many[1] / many[2]) / (few[1] / few[2]), rel=0.02)
    assert 4.0 < many[0] / few[0] < 5.5


def test_the_gain_grows_with_what_the_cache_must_hold(catalog: Catalog) -> None:
    gains = [gain(ROW | {"isl": tokens_in, "osl": tokens_out}, catalog) for tokens_in, tokens_out in LENGTHS]
    assert all(1.4 < value < 3.0 for value in gains)
    assert gains[3] == max(gains)  # the longest answers: most tokens of cache for each that is read in
    roomy = ROW | {"isl": 128, "osl": 128, "concurrency_or_batch": None}
    assert gain(roomy, catalog) < min(gains)


def test_on_h100_sixteen_bits_need_sixteen(catalog: Catalog) -> None:
    found = serving_value(understood(ROW | {"accelerator": "H100-SXM-80GB", "precision": "bf16"}, catalog))
    assert isinstance(found, str)
    assert "too large" in found
    assert "the smallest tensor split that fits is 16" in found


def test_what_more_memory_gains_is_as_measured(catalog: Catalog) -> None:
    """H200 over H100, FP8, tensor parallel 8, full: same arithmetic, 2.3 times the cache; ten lengths were measured."""
    path = next((path for path in MEASURED if path.is_file()), None)
    if path is None:
        pytest.skip("the measured rows (shared/validation/inference.yaml) are not beside this checkout")
    rows = [
        row for row in read_measured(path).rows if str(row["id"]).startswith("trt10_h") and "_405b_tp8" in row["id"]
    ]
    by = {(row["accelerator"][:4], row["isl"], row["osl"]): row for row in rows}
    errors = []
    for (part, *lengths), row in by.items():
        less = by.get(("H100", *lengths))
        if part == "H200" and less is not None:
            errors.append(rate(row, catalog) / rate(less, catalog) / (row["value"] / less["value"]) - 1.0)
    assert len(errors) == 10
    assert statistics.median(map(abs, errors)) <= 0.08
    assert max(map(abs, errors)) <= 0.25
