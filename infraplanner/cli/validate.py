"""Compare predictions with measured rows: published figures, your own measurements, any file of that layout."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from infraplanner.catalog.loader import load_catalog
from infraplanner.text.dump import json_text, yaml_text
from infraplanner.validation.predictors import all_predictors, all_ratios
from infraplanner.validation.report import validate

from .errors import OK, UserError
from .evaluate import emit
from .progress import add_quiet, counter
from .tables import columns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner validate`."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="a YAML file with a list `rows`")
    parser.add_argument("--format", choices=("table", "json", "yaml"), default="table")
    parser.add_argument("--rows", action="store_true", help="list every row in the table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Print the report; exit code 0 whatever the errors are, because they are the result."""
    paths = [Path(name) for name in options.files]
    for path in paths:
        if not path.is_file():
            raise UserError(f"{path}: there is no such file; expected measured rows (.yaml).")
    catalog = load_catalog()
    report = validate(paths, all_predictors(catalog), all_ratios(catalog), counter("row", quiet=options.quiet))
    if options.format == "table":
        text = "\n".join(_file_table(file, options.rows) for file in report["files"])
    else:
        text = json_text(report) if options.format == "json" else yaml_text(report)
    emit(text, options.output)
    return OK


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _file_table(file: dict[str, Any], with_rows: bool) -> str:
    head = f"{file['path']}: {file['covered']} gate rows predicted, {file['total']} rows in all\n"
    rows = [("group", "rows", "predicted", "median error", "p90", "bias")]
    figures = {"gate rows": file | {"total": sum(row["use"] == "gate" for row in file["rows"])}} | file["groups"]
    for tag, group in figures.items():
        errors = [_percent(group[key]) for key in ("median_abs_error_frac", "p90_abs_error_frac", "bias_frac")]
        rows.append((tag, str(group["total"]), str(group["covered"]), *errors))
    text = head + columns(rows, right=(1, 2, 3, 4, 5))
    reasons: dict[str, int] = {}
    for row in file["rows"]:
        if row["skipped"]:
            reasons[row["skipped"]] = reasons.get(row["skipped"], 0) + 1
    if reasons:
        text += "Not predicted:\n" + "".join(f"  {count:4d}  {why}\n" for why, count in sorted(reasons.items()))
    return text + (_row_table(file) if with_rows else "")


def _row_table(file: dict[str, Any]) -> str:
    rows = [("row", "use", "measured", "predicted", "unit", "error", "limit")]
    for row in file["rows"]:
        if row["predicted"] is not None:
            measured = "–" if row["measured"] is None else f"{row['measured']:.5g}"
            error = _percent(row["error_frac"])
            rows.append(
                (row["id"], row["use"], measured, f"{row['predicted']:.5g}", row["unit"], error, row["limiter"])
            )
    return columns(rows, right=(2, 3, 5))
