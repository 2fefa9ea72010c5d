"""Export a plan: canonical yaml, or a drawing as png or svg by the painter that draws the screen."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from infraplanner.io.save import save_plan

from .errors import OK
from .evaluate import open_plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner export`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--to", choices=("yaml", "png", "svg"), required=True)
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="file to write")
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="colours of a drawing")
    parser.add_argument("--overlay", default="none", help="overlay of a drawing, such as power or heat")


def run(options: argparse.Namespace) -> int:
    """Write the file."""
    session = open_plan(options.plan)
    try:
        if options.to == "yaml":
            save_plan(Path(options.output), session.to_bytes())
        else:
            drawing = importlib.import_module("infraplanner.cli.drawing")
            drawing.export_drawing(session, options.output, options.to, theme=options.theme, overlay=options.overlay)
    finally:
        session.close()
    return OK
