"""`infraplanner schema`: the JSON Schema of the plan file on standard output or in a file."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from infraplanner.io.save import SaveError, replace_file
from infraplanner.io.schema import plan_schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `infraplanner schema`."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to FILE instead of standard output")


def run(args: argparse.Namespace) -> int:
    """Print or write the schema. Returns 0, or 2 when the file cannot be written."""
    text = json.dumps(plan_schema(), indent=2, ensure_ascii=False, sort_keys=False) + "\n"
    output: Path | None = getattr(args, "output", None)
    if output is None:
        sys.stdout.write(text)
        return 0
    try:
        replace_file(output, text.encode())
    except SaveError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
