"""Supply chains side by side: the same power fed by 415 and 480 V AC, 54 V, ±400 V and 800 V DC, and on to the die."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from infraplanner.catalog.loader import load_catalog
from infraplanner.engine.chains import compare_chains
from infraplanner.io.results_json import plain
from infraplanner.results.chains import ChainAlternative
from infraplanner.text.dump import json_text
from infraplanner.units import MEGA, number, scaled, whole

from .errors import OK, UserError
from .evaluate import emit
from .tables import columns

HEAD = ("chain", "grid", "lost", "efficiency", "at the rack", "copper")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner chains`."""
    parser.add_argument("--load-mw", type=float, default=1.0, help="power at the end of every chain, in MW")
    parser.add_argument("--stages", action="store_true", help="every stage of every chain too")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")


def run(options: argparse.Namespace) -> int:
    """Print the comparison."""
    if not 0.0 < options.load_mw <= 1e4:
        raise UserError(f"--load-mw is {options.load_mw:g}; expected a power above 0 and up to 10000 MW.")
    found = compare_chains(load_catalog(), options.load_mw * MEGA)
    if options.format == "json":
        data = {"schema": "infraplanner/chains", "version": 1, "alternatives": [plain(asdict(row)) for row in found]}
        emit(json_text(data), options.output)
    else:
        emit(_table(found, options.stages), options.output)
    return OK


def _table(found: tuple[ChainAlternative, ...], stages: bool) -> str:
    parts = []
    for part, title in (("supply", "From the grid to the racks' 12 V bus"), ("core", "From the 12 V bus to the die")):
        rows = [row for row in found if row.part == part]
        if rows:
            parts.append(f"{title}, {' '.join(scaled(rows[0].load_w, 'W'))} at its end")
            parts.append(columns([HEAD, *map(_cells, rows)], right=(1, 2, 3, 4, 5)))
    if stages:
        parts += [f"{row.name}\n{_stages(row)}" for row in found]
    return "\n".join(parts) + "Losses follow from the parts' curves and from I²R; lengths are planning values.\n"


def _cells(row: ChainAlternative) -> tuple[str, ...]:
    at = "–" if row.rack_current_a is None else f"{whole(row.rack_current_a)} A, {whole(row.rack_voltage_v)} V"
    copper = f"{whole(row.copper_kg)} kg" if row.copper_kg else "–"
    lost = " ".join(scaled(row.grid_w - row.load_w, "W"))
    most = "" if all(stage.known for stage in row.stages) else "at most "
    return (
        row.name,
        " ".join(scaled(row.grid_w, "W", 4)),
        lost,
        f"{most}{100 * row.efficiency_frac:.1f} %",
        at,
        copper,
    )


def _stages(row: ChainAlternative) -> str:
    cells = [("  stage", "out", "lost", "share", "units", "current", "copper")]
    cells += [
        (
            f"  {stage.label}" + ("" if stage.known else " (no curve)"),
            " ".join(scaled(stage.out_w, "W", 4)),
            " ".join(scaled(stage.loss_w, "W")),
            f"{number(100 * stage.loss_w / row.grid_w, 2)} %",
            "–" if stage.units is None else whole(stage.units),
            "–" if stage.current_a is None else f"{whole(stage.current_a)} A",
            "–" if stage.copper_kg is None else f"{whole(stage.copper_kg)} kg",
        )
        for stage in row.stages
    ]
    return columns(cells, right=(1, 2, 3, 4, 5, 6))
