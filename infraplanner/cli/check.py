"""Check a plan: print its findings; exit 1 if an error is not waived."""

from __future__ import annotations

import argparse

from infraplanner.session import evaluate_once
from infraplanner.text.dump import json_text, yaml_text

from .errors import FINDINGS, OK
from .evaluate import emit, open_plan
from .tables import findings_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner check`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--format", choices=("table", "json", "yaml"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")


def run(options: argparse.Namespace) -> int:
    """Print the findings; exit code 1 when an error-level one is not waived."""
    session = open_plan(options.plan)
    try:
        findings = evaluate_once(session).findings
    finally:
        session.close()
    plain = [
        {"rule": f.rule, "severity": f.severity, "message": f.message, "targets": list(f.targets), "waived": f.waived}
        for f in findings
    ]
    forms = {
        "table": lambda: findings_table(findings),
        "json": lambda: json_text(plain),
        "yaml": lambda: yaml_text(plain),
    }
    emit(forms[options.format](), options.output)
    return FINDINGS if any(f.severity == "error" and not f.waived for f in findings) else OK
