"""`infraplanner generate`: write a deterministic synthetic hall."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infraplanner.catalog import load_catalog
from infraplanner.io import SaveError, plan_bytes, save_plan
from infraplanner.validation.generate import generate_plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `infraplanner generate`."""
    parser.add_argument("--racks", type=int, required=True, metavar="N", help="number of racks")
    parser.add_argument(
        "--links", type=int, metavar="M", help="number of link records (default: 75 a rack up to 400 racks)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the variations (default 0)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PLAN", help="plan file to write")


def run(args: argparse.Namespace) -> int:
    """Write the plan. Returns 0, or 2 with one sentence on standard error."""
    if args.racks < 1 or (args.links is not None and args.links < 0):
        sys.stderr.write("The hall needs at least one rack and no negative number of links.\n")
        return 2
    document = generate_plan(args.racks, args.links, args.seed)
    try:
        save_plan(args.output, plan_bytes(document, load_catalog()))
    except SaveError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
