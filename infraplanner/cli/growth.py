"""A plan over years: phases that are built, demand that grows, and when the pools are full."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from infraplanner.explore.growth import YEARS, growth
from infraplanner.io.results_json import plain
from infraplanner.results.growth import GrowthResult, YearOfGrowth
from infraplanner.text.dump import json_text
from infraplanner.units import number, scaled

from .errors import OK, UserError
from .evaluate import emit, open_plan
from .tables import columns

MOST_YEARS = 50
HEAD = ("year", "built", "peak demand", "capacity", "used", "capital", "running", "$/M tok")
BOUGHT = ("year", "for", "what", "count", "capital", "lead weeks")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner growth`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--years", type=int, default=YEARS, metavar="N", help=f"years after the first ({YEARS})")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")


def run(options: argparse.Namespace) -> int:
    """Print the years."""
    if not 0 <= options.years <= MOST_YEARS:
        raise UserError(f"--years is {options.years}; expected a number from 0 to {MOST_YEARS}.")
    session = open_plan(options.plan)
    try:
        found = growth(session.document.snapshot(), session.catalog, years=options.years)
    finally:
        session.close()
    assert found is not None
    if options.format == "json":
        emit(json_text({"schema": "infraplanner/growth", "version": 1, **plain(asdict(found))}), options.output)
    else:
        emit(table(found), options.output)
    return OK


def table(found: GrowthResult) -> str:
    """A row a year."""
    if not found.years:
        return found.note + "\n"
    rows = [HEAD, *map(_cells, found.years)]
    phases = [line for row in found.years if row.purchases for line in _bought(row)]
    end = "The peaks fit in every year." if found.full_year is None else f"Full in year {found.full_year}."
    if found.cost_usd is not None:
        end += f" Present cost of all years {' '.join(scaled(found.cost_usd, '$'))}."
    years = columns(rows, right=(2, 3, 4, 5, 6, 7))
    return years + "\n" + columns([BOUGHT, *phases], right=(0, 3, 4, 5)) + "".join(_late(found)) + end + "\n"


def _bought(row: YearOfGrowth) -> list[tuple[str, ...]]:
    """What a year's phases pay, object by object."""
    return [
        (
            str(row.year), item.category, item.what, str(item.count),
            "price unknown" if item.unknown_count == item.count else " ".join(scaled(item.usd, "$")),
            number(item.lead_weeks),
        )
        for item in row.purchases
    ]  # fmt: skip


def _late(found: GrowthResult) -> list[str]:
    """What a week costs by which phases come late."""
    out = []
    for row in found.years:
        late = row.delay
        if late is None or late.usd is None:
            continue
        text = f"Year {row.year}: a week later costs {' '.join(scaled(late.usd, '$'))}"
        text += f" (idle capital {' '.join(scaled(late.idle_usd, '$'))}"
        text += f", {' '.join(scaled(late.tokens, 'tok'))} not served)" if late.tokens else ", all tokens still served)"
        if late.lead_weeks is not None:
            text += f"; order {late.lead_part} {number(late.lead_weeks)} weeks ahead"
        out.append(text + ".\n")
    return out


def _cells(row: YearOfGrowth) -> tuple[str, ...]:
    return (
        str(row.year), ", ".join(row.phases) or "–", " ".join(scaled(row.demand_per_s, "tok/s")),
        " ".join(scaled(row.capacity_per_s, "tok/s")), f"{number(100 * row.use_frac)} %",
        " ".join(scaled(row.capex_usd, "$")), " ".join(scaled(row.running_usd, "$")), number(row.usd_per_million_tokens),
    )  # fmt: skip
