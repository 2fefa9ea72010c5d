"""Predictions of published training and collective rows: targets by source, honest inputs, phrases."""

from __future__ import annotations

import copy
import statistics
from typing import Any

import pytest

from infraplanner.catalog import Catalog
from infraplanner.compile.rules import constants
from infraplanner.validation import fit_training, phrases, training_layouts
from infraplanner.validation.collective_rows import collective_predictor
from infraplanner.validation.measured import MeasuredFile, Row
from infraplanner.validation.report import RowReport, file_report, row_report
from infraplanner.validation.training_ratios import ratio_reports, ratio_rows
from infraplanner.validation.training_rows import training_predictor

COLLECTIVES = {"busbw", "busbw_per_nic", "p2p_bandwidth"}
MODEL_INPUTS = ("layers", "seq", "tokens", "params")
ROW_INPUTS = (
    "micro_batch", "global_batch", "tp", "pp", "dp", "interleave", "n_accelerators", "recompute", "accelerator",
)  # fmt: skip


@pytest.fixture(scope="module")
def reports(training_rows: list[Row], catalog: Catalog) -> dict[str, RowReport]:
    predictors = [training_predictor(catalog), collective_predictor(catalog)]
    return {str(row["id"]): row_report(row, predictors) for row in training_rows}


def errors(reports: dict[str, RowReport], *prefixes: str, metric: str = "", use: str = "gate") -> list[float]:
    return [
        abs(r.error_frac)
        for r in reports.values()
        if r.error_frac is not None and r.use == use and r.id.startswith(prefixes) and metric in r.metric
    ]


def test_one_set_of_constants_meets_every_korthikanti_row(reports: dict[str, RowReport]) -> None:
    assert len(errors(reports, "kor_", metric="iteration_time")) == 5
    assert max(errors(reports, "kor_")) <= 0.10


def test_the_other_training_rows_are_met_at_the_median(reports: dict[str, RowReport]) -> None:
    others = [e for key, e in _by_id(reports).items() if not key.startswith(("kor_", "nccl_"))]
    assert len(others) >= 45
    assert statistics.median(others) <= 0.12
    assert statistics.median(errors(reports, "nar")) <= 0.12
    assert statistics.median(errors(reports, "ms_")) <= 0.12
    assert statistics.median(errors(reports, "nemo_")) <= 0.12
    assert statistics.median(errors(reports, "l3_")) <= 0.12


def _by_id(reports: dict[str, RowReport]) -> dict[str, float]:
    return {r.id: abs(r.error_frac) for r in reports.values() if r.use == "gate" and r.error_frac is not None}


def test_collectives_are_met_at_the_median(
    training_rows: list[Row], reports: dict[str, RowReport], catalog: Catalog
) -> None:
    """The figure that `validate` prints for gate rows of collectives alone, apart from weak ones and from training."""
    found = errors(reports, "nccl_")
    assert len(found) == 12
    assert statistics.median(found) <= 0.08
    predictors = [training_predictor(catalog), collective_predictor(catalog)]
    file = file_report(MeasuredFile("rows", tuple(training_rows), ()), predictors)
    group = file["groups"]["gate class:collective"]
    assert group["total"] == group["covered"] == 12
    assert group["median_abs_error_frac"] == pytest.approx(statistics.median(found))
    assert file["groups"]["class:collective"]["total"] == 15


def test_memory_rows_equal_their_closed_form(reports: dict[str, RowReport]) -> None:
    found = errors(reports, "fig1_", use="unit")
    assert len(found) == 9
    assert max(found) < 1e-9


def test_every_gate_row_is_predicted_or_explained(reports: dict[str, RowReport]) -> None:
    gate = [r for r in reports.values() if r.use == "gate"]
    assert sum(r.predicted is not None for r in gate) >= 0.95 * len(gate)
    assert all(r.skipped for r in reports.values() if r.predicted is None)


def test_layouts_that_a_row_does_not_state_are_marked(reports: dict[str, RowReport]) -> None:
    said = " ".join(reports["ms_megatron_256_iter"].assumed)
    assert "shape of gpt3-175b" in said
    assert "best layout" in said
    assert not any("best layout" in text for text in reports["kor_175B_full_iter"].assumed)


def test_llama_trains_more_than_nine_tenths_of_the_time(reports: dict[str, RowReport]) -> None:
    assert 0.9 < (reports["l3_effective_time"].predicted or 0.0) < 1.0


def perturbed(row: Row) -> list[Row]:
    """Copies of a row with one input changed, most telling first."""
    out = []
    for name in MODEL_INPUTS:
        if isinstance(row.get("model"), dict) and row["model"].get(name):
            out.append(copy.deepcopy(row))
            out[-1]["model"][name] *= 2
    for name in ROW_INPUTS:
        value = row.get(name)
        if isinstance(value, int) and value > 0:
            out.append(row | {name: value * 2})
    if row.get("n_accelerators") is None:
        out.append(row | {"n_accelerators": 1000})
    if row["metric"] in COLLECTIVES:
        out += [row | {"accelerator": other} for other in ("A100", "any + ConnectX-7 NDR200")]
    return out


def test_a_changed_input_moves_every_prediction(
    training_rows: list[Row], reports: dict[str, RowReport], catalog: Catalog
) -> None:
    predictors: list[Any] = [training_predictor(catalog), collective_predictor(catalog)]
    still = []
    for row in training_rows:
        before = reports[str(row["id"])].predicted
        if before is None:
            continue
        after = (row_report(changed, predictors).predicted for changed in perturbed(row))
        if not any(value is not None and abs(value / before - 1.0) > 1e-6 for value in after):
            still.append(row["id"])
    assert still == []


def test_predictions_do_not_see_the_measured_value(
    training_rows: list[Row], reports: dict[str, RowReport], catalog: Catalog
) -> None:
    predictors: list[Any] = [training_predictor(catalog), collective_predictor(catalog)]
    for row in training_rows[::7]:
        blind = row | {"value": 1.0, "tflops": None}
        assert row_report(blind, predictors).predicted == reports[str(row["id"])].predicted


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("tp", 0, "tp is 0"),
        ("micro_batch", -1, "micro_batch is -1"),
        ("accelerator", None, "does not state accelerator"),
        ("accelerator", "abacus", "no profile of the accelerator abacus"),
        ("model", {"name": "unheard of"}, "no shape of the model"),
        ("dp", 3, ""),
        ("n_accelerators", 7, ""),
    ],
)
def test_bad_rows_are_skipped_with_a_reason(catalog: Catalog, field: str, value: object, reason: str) -> None:
    row: Row = {
        "id": "x", "use": "gate", "metric": "iteration_time", "value": 1.0, "unit": "s", "accelerator": "A100",
        "n_accelerators": 8, "model": {"name": "GPT-175B"}, "tp": 8, "pp": 1, "micro_batch": 1, "global_batch": 8,
    }  # fmt: skip
    report = row_report(row | {field: value}, [training_predictor(catalog)])
    assert (report.predicted is None) == bool(report.skipped)
    assert reason in report.skipped


def test_time_to_train_is_compared_between_sizes_of_one_submitter(training_rows: list[Row], catalog: Catalog) -> None:
    found = ratio_reports(training_rows, catalog)
    assert len(found) >= 3
    assert statistics.median(abs(report.error_frac) for report in found) <= 0.12
    plain = ratio_rows(catalog)(training_rows)
    assert [row["smaller"] for row in plain] == [pair.smaller for pair in found]
    assert plain[0]["error_frac"] == pytest.approx(plain[0]["predicted"] / plain[0]["measured"] - 1.0)


def test_the_fit_reproduces_its_shipped_constants(training_rows: list[Row], catalog: Catalog) -> None:
    stage = fit_training.STAGES[1]
    rows = fit_training.stage_rows(training_rows, stage)
    found = fit_training.fit(rows, catalog, constants(catalog), stage)
    for name, value in found.items():
        assert value == pytest.approx(catalog.constant(name), rel=0.02)
    assert sum(len(stage.constants) for stage in fit_training.STAGES) == 6


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("batch_tokens", "16M tokens", 16 * 2**20),
        ("batch_tokens", 2048, None),
        ("recompute", "selective+seqpar", phrases.CORE),
        ("recompute", "none_noseq", phrases.KEEP_ALL),
        ("recompute", "n/a", phrases.KEEP_ALL),
        ("recompute", "full", phrases.LAYER),
        ("recompute", None, None),
        ("sequence_parallel", "selective+seqpar", 1.0),
        ("sequence_parallel", "full_noseq", 0.0),
        ("sequence_parallel", "full", None),
        ("precision", "fp16 mixed", "bf16"),
        ("precision", "fp8 mixed", "fp8"),
        ("precision", "nvfp4", "fp4"),
        ("zero_stage", "ZeRO-3, no model parallelism", 3.0),
        ("zero_stage", "cp=1, FSDP without resharding after forward", 2.0),
        ("model_parallel", "model-parallel size 96; 84 days", 96),
        ("model_parallel", "about 150, 48 GPUs per replica at 60 GB used", 48),
        ("software", "system megascale; strong scaling", "tuned"),
        ("software", "system megatron", "plain"),
        ("parallel_block", "system megascale", 1.0),
        ("square_ratio", "arXiv:2407.21783 table 4", 0.5),
        ("feature_alone", "cumulative ablation: +TP overlap", True),
        ("feature_alone", "cumulative ablation: baseline", None),
        ("nic_b_per_s", "any + ConnectX-7 NDR400", 50e9),
        ("nic_b_per_s", "any + 100G NIC", 12.5e9),
        ("node_b_per_s", "A100-40GB p4d (4x100G EFA)", 50e9),
        ("message_b", "1 GiB message; plugin of 2022", 2**30),
        ("message_b", "2-4 GiB messages; ring stays", 4 * 2**30),
        ("accelerators_in_name", "mttf_projected_at_131072_gpus", 131072),
    ],
)
def test_phrases(field: str, text: object, value: object) -> None:
    assert phrases.read(field, text) == value


def test_the_first_text_that_says_it_wins() -> None:
    assert phrases.read("precision", None, "says nothing", "fp8", "bf16") == "fp8"
    assert phrases.plain_name("H100 (not named in the excerpt read)") == "H100"
    assert phrases.plain_name("B200 (nyx)") == "B200 (nyx)"


def test_groups_that_a_publisher_states_once_fill_what_a_row_leaves_open(catalog: Catalog) -> None:
    row: Row = {"model": {"name": "DeepSeek-V3"}, "tp": None, "pp": 8, "ep": None}
    assumed: list[str] = []
    found = training_layouts.published(row, catalog, "h800", assumed)
    assert (found["tp"], found["pp"], found["ep"]) == (1, 8, 64)
    assert assumed == ["as the publisher states for this run: tp 1, ep 64"]
    assert training_layouts.published(row, catalog, "h100-sxm", []) == row


def test_training_of_mixtures_is_within_a_tenth(training_rows: list[Row], catalog: Catalog) -> None:
    """Two rows of one run, so one check. No constant is fitted to them, but the layout is the publisher's own statement of
    the whole run, added after the error without it (-30 %) had been seen: a reproduction rather than a blind prediction.
    """
    found = [row_report(row, [training_predictor(catalog)]) for row in training_rows if "dsv3" in str(row["id"])]
    errors = [report.error_frac for report in found if report.use == "gate" and report.error_frac is not None]
    assert len(errors) == 2
    assert max(map(abs, errors)) < 0.10
