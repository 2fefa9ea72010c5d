"""Export a plan: canonical yaml, or a drawing as png or svg by the painter that draws the screen."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from infraplanner.io.cable_schedule import csv_bytes, schedule_rows, xlsx_bytes
from infraplanner.io.save import save_plan
from infraplanner.session import evaluate_once

from .errors import OK
from .evaluate import open_plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner export`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument(
        "--to", choices=("yaml", "csv", "xlsx", "png", "svg"), required=True, help="csv and xlsx: cable schedule"
    )
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="file to write")
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="colours of a drawing")
    parser.add_argument("--overlay", default="none", help="overlay of a drawing, such as power or heat")


def run(options: argparse.Namespace) -> int:
    """Write the file."""
    session = open_plan(options.plan)
    try:
        if options.to == "yaml":
            save_plan(Path(options.output), session.to_bytes())
        elif options.to in ("csv", "xlsx"):
            rows = schedule_rows(session.document.snapshot(), evaluate_once(session).fabric)
            save_plan(Path(options.output), csv_bytes(rows) if options.to == "csv" else xlsx_bytes(rows))
        else:
            drawing = importlib.import_module("infraplanner.cli.drawing")
            drawing.export_drawing(session, options.output, options.to, theme=options.theme, overlay=options.overlay)
    finally:
        session.close()
    return OK
