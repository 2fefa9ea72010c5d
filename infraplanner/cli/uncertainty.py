"""How sure the headline figures are: bands, and what moves them most."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from infraplanner.io.results_json import plain
from infraplanner.results.uncertainty import UncertaintyResult
from infraplanner.text.dump import json_text
from infraplanner.units import number

from .errors import OK, UserError
from .evaluate import emit, open_plan
from .progress import add_quiet, counter
from .tables import columns

MOST_SAMPLES = 1 << 16
SHOWN = (
    ("tokens_per_s", "Output tokens/s"), ("tokens_per_j", "Tokens per joule"), ("usd_per_million_tokens", "$ a million tokens"),
    ("kg_co2e_per_million_tokens", "kg CO2e a million tokens"), ("it_power_kw", "IT power, kW"), ("pue", "PUE"),
    ("capex_usd", "Capital, $"), ("opex_usd_per_year", "Running cost, $ a year"), ("wall.power", "Power wall, used"),
    ("wall.memory", "Memory wall, used"), ("wall.thermal", "Thermal wall, used"), ("wall.copper", "Copper wall, used"),
)  # fmt: skip
TORNADO = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner uncertainty`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--samples", type=int, default=1024, metavar="N", help="samples, a power of two (1024)")
    parser.add_argument("--full", action="store_true", help="solve every sample; else the response to each input alone")
    parser.add_argument("--seed", type=int, metavar="S", help="another seed than the plan's")
    parser.add_argument("--figure", default="usd_per_million_tokens", metavar="F", help="figure of the tornado")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Print the bands and the tornado of one figure."""
    from infraplanner.explore.uncertainty import uncertainty  # noqa: PLC0415 - loads SciPy

    if not 2 <= options.samples <= MOST_SAMPLES:
        raise UserError(f"--samples is {options.samples}; expected a number from 2 to {MOST_SAMPLES}.")
    if options.seed is not None and options.seed < 0:
        raise UserError(f"--seed is {options.seed}; expected a number from 0.")
    session = open_plan(options.plan)
    try:
        found = uncertainty(
            session.document.snapshot(), session.catalog, samples=options.samples, full=options.full, seed=options.seed,
            progress=counter("sample", quiet=options.quiet),
        )  # fmt: skip
    finally:
        session.close()
    assert found is not None
    if options.figure not in found.bands:
        known = ", ".join(found.bands)
        raise UserError(f"--figure is {options.figure}; expected one that this plan has: {known}.")
    if options.format == "json":
        data = {"schema": "infraplanner/uncertainty", "version": 1, **plain(asdict(found))}
        emit(json_text(data), options.output)
    else:
        emit(table(found, options.figure), options.output)
    return OK


def table(found: UncertaintyResult, figure: str) -> str:
    """Bands of all figures, then what moves one of them."""
    rows = [("figure", "in force", "5 %", "50 %", "95 %")]
    for name, words in SHOWN:
        band = found.bands.get(name)
        if band is not None:
            value, *ends = (number(value, 4) for value in (band.value, band.p5, band.p50, band.p95))
            rows.append((words, value, ends[0], ends[1], ends[2]))
    names = {item.id: item for item in found.inputs}
    moved = [("what moves " + dict(SHOWN).get(figure, figure), "from", "to", "gives", "gives")]
    for swing in found.swings.get(figure, ())[:TORNADO]:
        item = names[swing.input]
        span = f"{number(item.high)} {item.unit}"
        moved.append((item.name, number(item.low), span, number(swing.at_low, 4), number(swing.at_high, 4)))
    text = columns(rows, right=(1, 2, 3, 4))
    if len(moved) > 1:
        text += "\n" + columns(moved, right=(3, 4))
    solved = f"{found.sample_count} samples, seed {found.seed}"
    if found.check_error_frac:
        worst = max(found.check_error_frac.values())
        solved += "; by the response to each input alone, "
        solved += f"{found.solved_count} solved in full differ by at most {100 * worst:.1f} %"
    else:
        solved += ", each solved in full"
    if found.binding_frac:
        solved += ". Binding wall: " + ", ".join(
            f"{name} {100 * share:.0f} %" for name, share in found.binding_frac.items()
        )
    return text + "\n" + solved + ".\n"
