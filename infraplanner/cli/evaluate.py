"""Evaluate a plan: power, memory, thermal and copper, once, without a window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infraplanner.catalog.loader import load_catalog
from infraplanner.explore.failures import FailureCost
from infraplanner.io.results_json import contract
from infraplanner.model.parts import parts
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import Session, evaluate_once, failure_cost, rank_once

from .errors import OK, UserError
from .progress import add_quiet, counter
from .tables import failures_table, result_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner evaluate`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--scenario", metavar="S", help="apply this scenario of the plan first")
    parser.add_argument(
        "--fail", metavar="ID", action="append", default=[], help="this object is out of service (repeatable)"
    )
    parser.add_argument("--failures", action="store_true", help="rank every single failure by what it costs")
    parser.add_argument("--format", choices=("table", "json", "yaml"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Print or write the result; exit code 0, or 2 on bad input."""
    session = open_plan(options.plan)
    try:
        failed = frozenset(options.fail)
        result = evaluate_once(session, scenario=options.scenario, failed=failed)
        cost = failure_cost(session, result, options.scenario) if failed else None
        ranked = single_failures(session, options.scenario, quiet=options.quiet) if options.failures else None
        text = render(session, result, options.format, cost, ranked)
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


def single_failures(session: Session, scenario: str | None, *, quiet: bool) -> list[FailureCost]:
    """Every single failure, the worst first, with a count on stderr."""
    return rank_once(session, scenario, counter("failing", quiet=quiet))


def render(
    session: Session, result: ResultSnapshot, form: str, cost: FailureCost | None = None,
    ranked: Sequence[FailureCost] | None = None,
) -> str:  # fmt: skip
    """The result as a table for people, or as the contract in JSON or YAML; with what a failure costs, if asked for."""
    if form == "table":
        return result_table(session, result) + failures_table([cost] if cost else [], ranked or ())
    from infraplanner.text.dump import json_text, yaml_text  # noqa: PLC0415

    named = parts(session.document.snapshot())
    data = contract(result, plan=session.describe(), cost=cost, ranked=ranked, parts=named)
    return json_text(data) if form == "json" else yaml_text(data)


def emit(text: str, output: str | None) -> None:
    """Write to stdout or to a file (UTF-8, LF)."""
    if output is None:
        sys.stdout.write(text)
    else:
        Path(output).write_text(text, encoding="utf-8", newline="\n")
