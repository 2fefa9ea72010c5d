"""Evaluate a plan: power, memory, thermal and copper, once, without a window."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infraplanner.catalog.loader import load_catalog
from infraplanner.io.results_json import contract
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import Session, evaluate_once

from .errors import OK, UserError
from .tables import result_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner evaluate`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--scenario", metavar="S", help="apply this scenario of the plan first")
    parser.add_argument(
        "--fail", metavar="ID", action="append", default=[], help="this object is out of service (repeatable)"
    )
    parser.add_argument("--format", choices=("table", "json", "yaml"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def run(options: argparse.Namespace) -> int:
    """Print or write the result; exit code 0, or 2 on bad input."""
    session = open_plan(options.plan)
    try:
        result = evaluate_once(session, scenario=options.scenario, failed=frozenset(options.fail))
        text = render(session, result, options.format)
    finally:
        session.close()
    emit(text, options.output)
    return OK


def open_plan(path: str) -> Session:
    """Open a plan and print its warnings on stderr. Raises UserError for a missing file, PlanError for a bad one."""
    if not Path(path).is_file():
        raise UserError(f"{path}: there is no such file; expected a plan (.yaml).")
    session = Session(load_catalog(), force_sync=True, idle=True)
    session.open(path)
    for warning in session.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    return session


def render(session: Session, result: ResultSnapshot, form: str) -> str:
    """The result as a table for people, or as the contract in JSON or YAML."""
    if form == "table":
        return result_table(session, result)
    from infraplanner.text.dump import json_text, yaml_text  # noqa: PLC0415

    data = contract(result, plan=session.describe())
    return json_text(data) if form == "json" else yaml_text(data)


def emit(text: str, output: str | None) -> None:
    """Write to stdout or to a file (UTF-8, LF)."""
    if output is None:
        sys.stdout.write(text)
    else:
        Path(output).write_text(text, encoding="utf-8", newline="\n")
