"""Open the window, or say why there is none."""

from __future__ import annotations

import argparse
import importlib
import sys

from .display import missing_display
from .errors import UserError


def run(options: argparse.Namespace) -> int:
    """Open the window on `options.plan`. Without a display: evaluate it when asked to, else exit 2 with one sentence."""
    reason = missing_display()
    if reason is None:
        # `ui` is loaded by name: the command line must work where Qt is not installed.
        app = importlib.import_module("infraplanner.ui.app")
        return int(app.run_window(options.plan, options.theme))
    if not (options.or_evaluate and options.plan):
        raise UserError(f"{reason} Use “infraplanner evaluate PLAN” for the figures without a window.")
    sys.stderr.write(f"{reason} Evaluating {options.plan} instead.\n")
    from . import evaluate  # noqa: PLC0415 - not needed when the window opens

    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    return evaluate.run(parser.parse_args([options.plan]))
