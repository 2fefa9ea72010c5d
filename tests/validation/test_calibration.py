"""Calibrated constants: how many, within which bounds, from where; what they predict and for which rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.catalog.types import Constant
from infraplanner.compile.rules import CALIBRATED, constants
from infraplanner.engine import kernel_cache
from infraplanner.validation import calibrate as fitting
from infraplanner.validation.calibrated_file import pair_median, ranking
from infraplanner.validation.free_constants import LIMIT, SHARED_LIMIT, free_constants
from infraplanner.validation.inference_rows import ServingRow, serving_value, software_of, understand
from infraplanner.validation.measured import Row, read_measured
from infraplanner.validation.predictors import all_predictors
from infraplanner.validation.report import Prediction, validate

kernel_cache.prepare_once()
REPO = Path(__file__).resolve().parents[2]
MEASURED = [folder / "shared" / "validation" / "inference.yaml" for folder in REPO.parents]
ROW: Row = {
    "id": "made-up", "use": "gate", "metric": "output_tokens_per_s", "value": 9000.0, "unit": "tok/s",
    "accelerator": "H200-SXM-141GB", "n_accelerators": 2, "model": "llama-3.1-70b", "precision": "fp8", "tp": 2, "pp": 1,
    "ep": 1, "attention_dp": 1, "framework": "trtllm", "framework_version": "v1.0", "isl": 900, "osl": 700,
    "concurrency_or_batch": 96, "mode": "serving",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    path = next((path for path in MEASURED if path.is_file()), None)
    if path is None:
        pytest.skip("the measured rows (shared/validation/inference.yaml) are not beside this checkout")
    return read_measured(path).rows


@pytest.fixture(scope="module")
def sample(rows: tuple[Row, ...], catalog: Catalog) -> fitting.Sample:
    return fitting.sample_of(rows, catalog)


def fitted(catalog: Catalog) -> dict[str, Constant]:
    """The free constants in the shipped file: all but bands and error figures."""
    found = {key: value for key, value in catalog.of(Constant).items() if key.startswith(f"{CALIBRATED}inference.")}
    return {key: value for key, value in found.items() if "_band_" not in key}


def predicted(row: Row, catalog: Catalog) -> float:
    known = understand(row, catalog)
    assert isinstance(known, ServingRow), known
    answer = serving_value(known)
    assert not isinstance(answer, str), answer
    return answer[0]


def test_at_most_forty_numbers_are_free(catalog: Catalog) -> None:
    own = fitted(catalog)
    assert 0 < len(own) <= LIMIT == 40
    apart = [key for key in own if "software_maturity." in key or "compute_efficiency." in key]
    assert len(own) - len(apart) <= SHARED_LIMIT == 20
    many = [(f"family{k}", "fp8", f"framework.{k}") for k in range(30) for _ in range(5)]
    assert len(free_constants(many, catalog)) == LIMIT


def test_fitted_constants_keep_their_bounds_and_say_where_they_come_from(catalog: Catalog) -> None:
    for key, constant in fitted(catalog).items():
        assert constant.low is not None, key
        assert constant.high is not None, key
        assert constant.low * 0.999 <= constant.value <= constant.high * 1.001, key
        assert constant.sources == ("calibration",)
        assert constant.note
        if "efficiency" in key or "_factor" in key:
            assert constant.value <= 1.0, key
    assert "gate rows of inference.yaml" in catalog.sources["calibration"].title


def test_a_fitted_constant_wins_and_the_default_stays(catalog: Catalog) -> None:
    own, plain = constants(catalog), constants(catalog, calibrated=False)
    key = "inference.layer_time_s"
    assert own(key) == catalog.of(Constant)[CALIBRATED + key].value != plain(key)
    assert own("inference.chunk") != own("inference.chunk")  # NaN: neither is there
    assert own("inference.prefill_chunk_tokens") == plain("inference.prefill_chunk_tokens")


@pytest.mark.parametrize(
    ("framework", "version", "software"),
    [("trtllm", "v0.17", "trtllm.0_10"), ("trtllm", "03e27c7d", "trtllm.1"), ("vllm", "0.18.0", "vllm.0_10"),
     ("sglang", "0.5.9", "sglang.0_0"), ("vllm", None, "vllm"), (None, None, "")],
)  # fmt: skip
def test_framework_and_version_name_a_generation(framework: str | None, version: str | None, software: str) -> None:
    assert software_of({"framework": framework, "framework_version": version}) == software


@pytest.mark.parametrize(
    ("name", "value"),
    [("isl", 1500), ("osl", 300), ("concurrency_or_batch", 24), ("n_accelerators", 4), ("precision", "bf16"),
     ("model", "llama-3.1-8b"), ("accelerator", "H100-SXM-80GB"), ("framework_version", "v0.17")],
)  # fmt: skip
def test_every_input_moves_a_prediction(catalog: Catalog, name: str, value: Any) -> None:
    assert predicted(ROW | {name: value}, catalog) != pytest.approx(predicted(ROW, catalog), rel=1e-3)


def test_the_measured_value_moves_nothing(catalog: Catalog) -> None:
    assert predicted(ROW | {"value": 1.0}, catalog) == predicted(ROW, catalog)


def test_first_token_waits_longer_the_more_arrive_together(catalog: Catalog) -> None:
    late = [predicted(ROW | {"metric": "ttft_ms", "concurrency_or_batch": b}, catalog) for b in (1, 8, 64, 256)]
    assert late == sorted(late)
    assert late[-1] > 2.0 * late[0]


def test_more_requests_than_the_cache_holds_wait_for_a_place(catalog: Catalog) -> None:
    tight = ROW | {"metric": "ttft_ms", "isl": 20000, "concurrency_or_batch": 32}
    late = [predicted(tight | {"concurrency_or_batch": b}, catalog) for b in (32, 256, 512)]
    assert late[2] - late[1] > 5.0 * (late[1] - late[0]) / 8.0 > 0.0


def test_a_file_never_seen_before_is_predicted(catalog: Catalog, tmp_path: Path) -> None:
    rows = [ROW, ROW | {"id": "no-lengths", "isl": None}, ROW | {"id": "no-part", "accelerator": "abacus"}]
    lines = ["rows:"]
    for row in rows:
        lines += [f"- {{{', '.join(f'{key}: {_spell(value)}' for key, value in row.items())}}}"]
    path = tmp_path / "held-out.yaml"
    path.write_text("\n".join(lines) + "\n")
    report = validate([path], all_predictors(catalog))["files"][0]
    assert (report["total"], report["covered"]) == (3, 1)
    assert report["rows"][0]["error_frac"] == pytest.approx(report["rows"][0]["predicted"] / 9000.0 - 1.0)
    assert "does not state isl" in report["rows"][1]["skipped"]
    assert "abacus" in report["rows"][2]["skipped"]


def _spell(value: Any) -> str:
    return "null" if value is None else str(value)


def test_nearly_all_gate_rows_are_covered_and_each_skip_has_its_reason(rows: tuple[Row, ...], catalog: Catalog) -> None:
    covered = total = 0
    for row in rows:
        if row["use"] != "gate":
            continue
        total += 1
        known = understand(row, catalog)
        answer = known.skipped if isinstance(known, Prediction) else serving_value(known)
        assert answer
        covered += not isinstance(answer, str)
    assert covered >= 0.95 * total > 0


def test_each_covered_row_moves_with_its_input_length(sample: fitting.Sample, catalog: Catalog) -> None:
    still = []
    for known in sample.rows:
        moved = known.row | {"isl": int(known.row["isl"]) * 2 + 64}
        other = understand(moved, catalog)
        assert isinstance(other, ServingRow)
        if serving_value(other) == serving_value(known):
            still.append(known.row["id"])
    assert still == []


def test_shipped_constants_reach_what_their_file_says(sample: fitting.Sample, catalog: Catalog) -> None:
    logs = [math.log(float(serving_value(known)[0])) for known in sample.rows]
    residuals = np.array(logs) - sample.log_measured
    errors = np.abs(np.exp(residuals[~sample.first_token]) - 1.0)
    rule = constants(catalog)
    assert np.median(errors) < rule("calibration.throughput_tpot_median_frac")
    assert np.median(errors) < 0.10
    right, pairs = ranking(sample, residuals)
    assert pairs >= 50
    assert right >= 0.95 * pairs


@pytest.mark.parametrize(
    ("figure", "bar"),
    [("throughput_tpot_median", 0.09), ("throughput_tpot_p90", 0.25), ("dense_median", 0.07), ("moe_median", 0.14),
     ("ttft_median", 0.30)],
)  # fmt: skip
def test_held_out_errors_meet_their_bars(catalog: Catalog, figure: str, bar: float) -> None:
    """What the cross-validation left in the shipped file; the next test repeats one of its folds."""
    assert 0.0 < constants(catalog)(f"calibration.{figure}_frac") <= bar


def test_a_held_out_pair_is_predicted_as_the_file_says(sample: fitting.Sample, catalog: Catalog) -> None:
    """One fold of the cross-validation again, from the start values."""
    group = "gaudi3|llama2-7b"
    free = free_constants([(known.family, known.precision, known.software) for known in sample.rows], catalog)
    model = fitting.Model(sample, free, constants(catalog, calibrated=False))
    out = np.array([name == group for name in sample.groups])
    residuals = np.where(out, model.residuals(model.fit(~out, fitting.ROUNDS), out), np.nan)
    told = constants(catalog)(f"calibration.pair.{group.replace('|', '.')}")
    assert pair_median(sample, residuals, group) == pytest.approx(told, rel=0.1, abs=0.005)


def test_folds_keep_pairs_whole() -> None:
    groups = ("a|x", "a|x", "b|x", "b|y", "b|y", "b|y")
    folds = fitting.folds_of(groups, 2)
    assert len({(name, fold) for name, fold in zip(groups, folds, strict=True)}) == len(set(groups))
    assert sorted(np.bincount(folds)) == [3, 3]
