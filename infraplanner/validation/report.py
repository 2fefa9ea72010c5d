"""From predictions to the validation report: error per row, statistics per file and per group."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .measured import MeasuredFile, Row, measured_value, read_measured

SCHEMA = "infraplanner/validation"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a predictor says of one row: a value in the row's unit with its limiter and what had to be assumed, or why not."""

    predicted: float | None = None
    limiter: str = ""
    assumed: tuple[str, ...] = ()
    skipped: str = ""
    tags: tuple[str, ...] = ()


Predictor = Callable[[Row], Prediction | None]
"""Returns None when the row is none of its business."""


@dataclass(frozen=True, slots=True)
class RowReport:
    """One row of the report."""

    id: str
    use: str
    metric: str
    measured: float | None
    predicted: float | None
    unit: str
    error_frac: float | None
    limiter: str
    assumed: tuple[str, ...]
    skipped: str
    tags: tuple[str, ...] = field(default=(), repr=False)


Ratios = Callable[[Iterable[Row]], list[dict[str, Any]]]
Progress = Callable[[int, int], None]


def row_report(row: Row, predictors: Iterable[Predictor]) -> RowReport:
    """Ask the predictors in turn; the first that knows the row answers. A predictor's own failure skips the row with its reason."""
    prediction = Prediction(skipped="no model of this program predicts this metric yet")
    for predictor in predictors:
        try:
            answer = predictor(row)
        except (KeyError, TypeError, ValueError) as fault:
            answer = Prediction(skipped=f"the row cannot be understood: {type(fault).__name__} {fault}")
        if answer is not None:
            prediction = answer
            break
    measured = measured_value(row)
    predicted = None if prediction.skipped else prediction.predicted
    error = None if predicted is None or not measured else predicted / measured - 1.0
    tags = (f"use:{row['use']}", f"metric:{row['metric']}", *prediction.tags)
    return RowReport(
        str(row["id"]), str(row["use"]), str(row["metric"]), measured, predicted, str(row.get("unit") or ""), error,
        prediction.limiter, prediction.assumed, prediction.skipped, tags,
    )  # fmt: skip


def error_figures(rows: Iterable[RowReport]) -> dict[str, Any]:
    """Count, median and 90th percentile of the absolute error (linear interpolation), and median signed error."""
    errors = [row.error_frac for row in rows if row.error_frac is not None]
    if not errors:
        return {"covered": 0, "median_abs_error_frac": None, "p90_abs_error_frac": None, "bias_frac": None}
    sizes = [abs(error) for error in errors]
    return {
        "covered": len(errors),
        "median_abs_error_frac": statistics.median(sizes),
        "p90_abs_error_frac": float(np.percentile(sizes, 90)),
        "bias_frac": statistics.median(errors),
    }


def file_report(
    measured: MeasuredFile, predictors: list[Predictor], progress: Progress = lambda _done, _total: None
) -> dict[str, Any]:
    """The contract's object of one file. `covered` and the error figures are over rows with `use: gate`."""
    rows: list[RowReport] = []
    for found in measured.rows:
        rows.append(row_report(found, predictors))
        progress(len(rows), len(measured.rows))
    rows += [
        RowReport(key, "", "", None, None, "", None, "", (), f"unreadable: {reason}", ())
        for key, reason in measured.unreadable
    ]
    gate = [row for row in rows if row.use == "gate"]
    groups: dict[str, list[RowReport]] = {}
    for row in rows:
        for tag in row.tags:
            groups.setdefault(tag, []).append(row)
            if row.use == "gate" and tag.startswith("class:"):
                groups.setdefault(f"gate {tag}", []).append(row)
    keep = [f.name for f in RowReport.__dataclass_fields__.values() if f.name != "tags"]
    return {
        "path": measured.path,
        "total": len(rows),
        **error_figures(gate),
        "groups": {tag: {"total": len(members), **error_figures(members)} for tag, members in sorted(groups.items())},
        "rows": [
            {name: list(value) if isinstance(value := getattr(row, name), tuple) else value for name in keep}
            for row in rows
        ],
    }


def validate(
    paths: Iterable[Path],
    predictors: list[Predictor],
    ratios: Ratios | None = None,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Any]:
    """The whole report. `ratios` compares rows of a file that only mean something beside each other; it adds a list
    `ratios` and a group a kind to the file. Raises TextError for a file that is no list of measured rows.
    """
    files = []
    for path in paths:
        measured = read_measured(path)
        report = file_report(measured, predictors, progress)
        pairs = ratios(measured.rows) if ratios is not None else []
        report["ratios"] = pairs
        for kind in sorted({pair["kind"] for pair in pairs}):
            errors = [pair["error_frac"] for pair in pairs if pair["kind"] == kind]
            sizes = [abs(error) for error in errors]
            report["groups"][f"ratio:{kind}"] = {
                "total": len(errors),
                "covered": len(errors),
                "median_abs_error_frac": statistics.median(sizes),
                "p90_abs_error_frac": float(np.percentile(sizes, 90)),
                "bias_frac": statistics.median(errors),
            }
        files.append(report)
    return {"schema": SCHEMA, "version": VERSION, "files": files}
