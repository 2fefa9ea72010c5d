"""Why a headline figure is what it is: its formula, inputs and sources."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from infraplanner.explore.why import TRACES, Step, why
from infraplanner.io.results_json import plain
from infraplanner.session import evaluate_once
from infraplanner.text.dump import json_text

from .errors import OK
from .evaluate import emit, open_plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner why`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("figure", metavar="FIGURE", choices=sorted(TRACES), help=", ".join(sorted(TRACES)))
    parser.add_argument("--scenario", metavar="S", help="apply this scenario of the plan first")
    parser.add_argument("--depth", type=int, default=9, metavar="N", help="levels to show")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")


def run(options: argparse.Namespace) -> int:
    """Print the trace."""
    session = open_plan(options.plan)
    try:
        result = evaluate_once(session, scenario=options.scenario)
        found = why(session.document.snapshot(), session.catalog, result, options.figure)
    finally:
        session.close()
    if options.format == "json":
        emit(
            json_text({"schema": "infraplanner/why", "version": 1, "figure": options.figure, **plain(asdict(found))}),
            options.output,
        )
    else:
        emit("\n".join(lines(found, options.depth)) + "\n", options.output)
    return OK


def lines(step: Step, depth: int, level: int = 0) -> list[str]:
    """The trace as indented lines."""
    told = [f"{'  ' * level}{step.label}: {step.text() if step.value is not None else step.unit or '–'}"]
    told += [part for part in (step.formula, step.source, step.grade if step.grade != "solved" else "") if part]
    out = ["  |  ".join(told)]
    if depth > 1:
        for below in step.steps:
            out += lines(below, depth - 1, level + 1)
    return out
