"""The command line: one parser, one function a command, nothing heavy imported before it is needed."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from infraplanner.version import __version__

from .errors import guarded

COMMANDS = {
    "evaluate": ("infraplanner.cli.evaluate", "all four walls of a plan, once"),
    "check": ("infraplanner.cli.check", "findings of a plan; exit 1 if an error is not waived"),
    "export": ("infraplanner.cli.export", "write a plan as yaml, png or svg"),
    "fabric": (
        "infraplanner.cli.fabric",
        "cuts, paths and media of the fabric; make one, reconfigure optical switches",
    ),
    "uncertainty": ("infraplanner.cli.uncertainty", "how sure the figures are, and what moves them"),
    "why": ("infraplanner.cli.why", "a headline figure traced back to inputs and sources"),
    "scenarios": ("infraplanner.cli.scenarios", "the named scenarios side by side, with what changes"),
    "levers": ("infraplanner.cli.levers", "what one more unit buys; the ladder of walls"),
    "growth": ("infraplanner.cli.growth", "phases and demand over years, and when the pools are full"),
    "chains": ("infraplanner.cli.chains", "supply chains side by side: AC, 54 V, ±400 V and 800 V DC"),
    "validate": ("infraplanner.cli.validate", "predictions against measured rows"),
    "calibrate": ("infraplanner.cli.calibrate", "fit of the named constants to measured rows"),
    "generate": ("infraplanner.cli.generate", "a deterministic synthetic hall"),
    "bench": ("infraplanner.cli.bench", "the program's own performance figures"),
    "schema": ("infraplanner.cli.schema", "JSON Schema of the plan file"),
    "profiles": ("infraplanner.cli.profiles", "list, show or verify profiles"),
    "weather": ("infraplanner.cli.weather", "an EnergyPlus weather file as a profile"),
    "doctor": ("infraplanner.cli.doctor", "check this machine"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `infraplanner [PLAN]` opens the window."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in COMMANDS:
        return _run_command(arguments[0], arguments[1:])
    return _run_window(arguments)


def _run_command(name: str, arguments: list[str]) -> int:
    module = importlib.import_module(COMMANDS[name][0])
    parser = argparse.ArgumentParser(prog=f"infraplanner {name}", description=module.__doc__)
    module.add_arguments(parser)
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    return guarded(lambda: int(module.run(options)))


def _run_window(arguments: list[str]) -> int:
    listing = "\n".join(f"  {name:<11} {text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="infraplanner",
        description="Open the window on PLAN, or on the welcome page.",
        epilog=f"commands (infraplanner COMMAND --help tells more):\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("plan", nargs="?", metavar="PLAN", help="a plan file (.yaml)")
    parser.add_argument("--theme", choices=("dark", "light"), help="look of this run; the last choice by default")
    parser.add_argument("--or-evaluate", action="store_true", help="without a display, evaluate PLAN instead")
    parser.add_argument("--version", action="version", version=f"infraplanner {__version__}")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    from .window import run  # noqa: PLC0415 - only now is it known that a window is wanted

    return guarded(lambda: run(options))
