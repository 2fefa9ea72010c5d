"""What one more unit buys: changes that the catalogue offers, each solved with all models, the best first; or the ladder."""

from __future__ import annotations

import argparse

from infraplanner.explore.ladder import Ladder, Rung, ladder
from infraplanner.explore.levers import Lever, rank_levers
from infraplanner.text.dump import json_text
from infraplanner.units import number, scaled

from .errors import OK
from .evaluate import emit, open_plan
from .progress import add_quiet, counter
from .tables import columns

SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner levers`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--ladder", action="store_true", help="take the binding wall down step by step instead")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Print what the offers buy, or the rungs."""
    session = open_plan(options.plan)
    snapshot, catalog = session.document.snapshot(), session.catalog
    try:
        if options.ladder:
            climbed = ladder(snapshot, catalog, progress=counter("rung", quiet=options.quiet))
            assert climbed is not None
            text = json_text(_ladder_data(climbed)) if options.format == "json" else _ladder_table(climbed)
        else:
            levers = rank_levers(snapshot, catalog, progress=counter("offer", quiet=options.quiet))
            assert levers is not None
            text = json_text(_lever_data(levers)) if options.format == "json" else _lever_table(levers)
    finally:
        session.close()
    emit(text, options.output)
    return OK


def _lever_data(levers: list[Lever]) -> dict[str, object]:
    rows = [
        {
            "wall": lever.offer.wall, "change": lever.offer.text, "note": lever.offer.note,
            "for_sale": lever.offer.for_sale, "tokens_gained_per_s": lever.tokens_gained_per_s,
            "gain_frac": lever.gain_frac, "capex_usd": lever.capex_usd, "binding_wall": lever.binding_wall,
            "lead_weeks": lever.lead_weeks,
        }
        for lever in levers
    ]  # fmt: skip
    return {"schema": "infraplanner/levers", "version": 1, "levers": rows}


def _ladder_data(found: Ladder) -> dict[str, object]:
    rows = [
        {
            "change": rung.change.text if rung.change is not None else None, "tokens_per_s": rung.tokens_per_s,
            "low_per_s": rung.low_per_s, "high_per_s": rung.high_per_s, "gain_frac": rung.gain_frac,
            "capex_usd": rung.capex_usd, "binding_wall": rung.binding_wall, "where": rung.where,
        }
        for rung in found.rungs
    ]  # fmt: skip
    return {"schema": "infraplanner/ladder", "version": 1, "rungs": rows, "end": found.end}


def _money(usd: float | None, *, for_sale: bool = True) -> str:
    """A price; what only says what a wall is worth has none."""
    if not for_sale:
        return ""
    return "unknown" if usd is None else " ".join(scaled(usd, "$"))


def _rate(per_s: float) -> str:
    return " ".join(scaled(per_s, "tok/s")) if per_s else "nothing"


def _lever_table(levers: list[Lever]) -> str:
    if not levers:
        return "Nothing to rank: the plan serves no tokens and trains on none, or the catalogue offers no change.\n"
    rows = [("wall", "one more unit", "buys", "gain", "capital", "weeks", "then binds")]
    for lever in levers[:SHOWN]:
        gain = f"{100 * lever.gain_frac:+.2g} %" if lever.gain_frac else "–"
        price = _money(lever.capex_usd, for_sale=lever.offer.for_sale)
        rows.append(
            (
                lever.offer.wall,
                lever.offer.text,
                _rate(lever.tokens_gained_per_s),
                gain,
                price,
                "" if lever.lead_weeks is None else number(lever.lead_weeks),
                lever.binding_wall or "–",
            )
        )
    left = len(levers) - SHOWN
    return columns(rows, right=(2, 3, 4, 5)) + (f"and {left} more, in --format json.\n" if left > 0 else "")


def _ladder_table(found: Ladder) -> str:
    if not found.rungs:
        return found.end + "\n"
    rows = [("change", "tokens", "gain", "capital", "binds", "where"), *map(_rung_row, found.rungs)]
    return columns(rows, right=(1, 2, 3)) + found.end + "\n"


def _rung_row(rung: Rung) -> tuple[str, ...]:
    if rung.change is None:
        change, gain, price = "the plan as it stands", "", ""
    else:
        change, gain, price = rung.change.text, f"{100 * rung.gain_frac:+.2g} %", _money(rung.capex_usd)
    return change, _rate(rung.tokens_per_s), gain, price, rung.binding_wall, rung.where or "–"
