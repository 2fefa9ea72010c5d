"""`infraplanner profiles list|show|verify`: what the catalogue holds and how each number is known."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

from infraplanner.catalog import Catalog, CatalogError, UnknownProfileError, load_catalog
from infraplanner.catalog.catalog import KIND_OF_CLASS, profile_data
from infraplanner.catalog.types import KINDS, Profile
from infraplanner.catalog.verify import numbers

_OK, _FOUND, _BAD = 0, 1, 2
_DASH = "–"
_LIST_TITLES = ("id", "kind", "name", "vendor", "confidence", "origin")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `infraplanner profiles`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|verify")
    listing = actions.add_parser("list", help="list profiles, filtered by kind and text")
    listing.add_argument("text", nargs="*", help="words to search for")
    listing.add_argument("--kind", action="append", choices=sorted(KINDS), help="only this kind (may be repeated)")
    show = actions.add_parser("show", help="show one profile with unit, source and confidence of every number")
    show.add_argument("id", help="id or alias of the profile")
    verify = actions.add_parser("verify", help="check that every number has a source and every reference resolves")
    for action in (listing, show, verify):
        action.add_argument("--format", choices=("table", "json"), default="table", help="output format")


def run(args: argparse.Namespace) -> int:
    """Carry out the action. Returns 0, 1 for findings of `verify`, 2 for an unknown profile or unreadable files."""
    try:
        catalog = load_catalog()
    except CatalogError as error:
        sys.stderr.write(f"{error}\n")
        return _BAD
    if args.action == "verify":
        return _verify(catalog, args.format)
    if args.action == "show":
        try:
            profile = catalog.get(args.id)
        except UnknownProfileError as error:
            sys.stderr.write(f"{error}\n")
            return _BAD
        _print_profile(catalog, profile, args.format)
        return _OK
    _print_list(catalog, catalog.search(" ".join(args.text), args.kind, limit=len(catalog)), args.format)
    return _OK


def _verify(catalog: Catalog, form: str) -> int:
    faults = catalog.verify()
    if form == "json":
        _print_json({"profiles": len(catalog), "sources": len(catalog.sources), "problems": faults})
    else:
        for fault in faults:
            print(fault)
        print(f"{len(catalog)} profiles, {len(catalog.sources)} sources, {len(faults)} problems")
    return _FOUND if faults else _OK


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))


def _print_list(catalog: Catalog, profiles: list[Profile], form: str) -> None:
    rows = [
        {
            "id": profile.id,
            "kind": KIND_OF_CLASS[type(profile)],
            "name": profile.name,
            "vendor": profile.vendor,
            "confidence": profile.confidence,
            "doubtful": profile.doubtful,
            "origin": catalog.origin(profile.id),
        }
        for profile in profiles
    ]
    if form == "json":
        _print_json(rows)
        return
    cells = [[_cell(row, title) for title in _LIST_TITLES] for row in rows]
    _print_table(_LIST_TITLES, cells)
    print(f"{len(rows)} profiles" + ("; ? marks a doubtful entry" if any(row["doubtful"] for row in rows) else ""))


def _cell(row: dict[str, Any], title: str) -> str:
    return str(row[title]) + ("?" if title == "confidence" and row["doubtful"] else "")


def _print_table(titles: Iterable[str], rows: list[list[str]]) -> None:
    head = list(titles)
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, ["-" * min(width, 40) for width in widths], *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_profile(catalog: Catalog, profile: Profile, form: str) -> None:
    fields = _number_rows(catalog, profile)
    if form == "json":
        data = {"id": profile.id, "kind": KIND_OF_CLASS[type(profile)], "origin": catalog.origin(profile.id)}
        _print_json({**data, **profile_data(profile), "numbers": fields})
        return
    print(f"{profile.name} ({profile.id}), {KIND_OF_CLASS[type(profile)]}, {catalog.origin(profile.id)}")
    for label, text in (("vendor", profile.vendor), ("aliases", ", ".join(profile.aliases)), ("note", profile.note)):
        if text:
            print(f"{label}: {text}")
    if profile.doubtful:
        print("doubtful: check the sources before quoting")
    print()
    titles = ("field", "value", "unit", "confidence", "source")
    rows = [[str(row[title]) for title in titles] for row in fields]
    for other in profile.alternatives:
        label = f"{other.field} (alternative)"
        source = _titles(catalog, other.sources)
        rows.append([label, f"{other.value:.10g}", _unit(profile, other.field), other.note, source])
    _print_table(titles, rows)


def _number_rows(catalog: Catalog, profile: Profile) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    grouped: dict[str, list[float]] = {}
    for name, value in numbers(profile):
        grouped.setdefault(name, []).append(value)
    for name, values in grouped.items():
        known = catalog.provenance(profile, name)
        out.append(
            {
                "field": name,
                "value": ", ".join(f"{value:.10g}" for value in values),
                "unit": _unit(profile, name),
                "confidence": known.confidence,
                "source": _titles(catalog, known.sources) + (f" ({known.note})" if known.note else ""),
            }
        )
    return out


def _titles(catalog: Catalog, sources: Iterable[str]) -> str:
    return "; ".join(catalog.sources[key].title if key in catalog.sources else key for key in sources)


# The unit is the end of the field's name, as people write it.
_UNITS = {
    "tb_per_s": "TB/s",
    "gb_per_s": "GB/s",
    "l_per_min_per_kw": "L/min/kW",
    "l_per_min": "L/min",
    "w_per_kw": "W/kW",
    "l_per_kwh": "L/kWh",
    "g_per_kwh": "g/kWh",
    "usd_per_kwh": "USD/kWh",
    "eur_per_kwh": "EUR/kWh",
    "usd_per_kw": "USD/kW",
    "eur_per_kw": "EUR/kW",
    "uohm_per_m": "µohm/m",
    "k_per_w": "K/W",
    "frac": "fraction",
    "count": "count",
    "tflops": "TFLOP/s",
    "tops": "TOP/s",
    "gbps": "Gb/s",
    "mm2": "mm²",
    "mm": "mm",
    "kg": "kg",
    "mb": "MB",
    "kw": "kW",
    "kpa": "kPa",
    "uohm": "µohm",
    "usd": "USD",
    "ms": "ms",
    "ns": "ns",
    "db": "dB",
    "w": "W",
    "c": "°C",
    "k": "K",
    "s": "s",
    "v": "V",
    "a": "A",
    "j": "J",
    "m": "m",
    "tokens": "tokens",
    "b": "1e9",
}
_OWN_UNITS = {
    "accelerators": "count",
    "trays": "count",
    "rack_units": "U",
    "price_usd_low": "USD",
    "price_usd_high": "USD",
}


def _unit(profile: Profile, name: str) -> str:
    own = str(getattr(profile, "unit", ""))
    if own and name in ("value", "low", "high"):
        return own
    if name == "memory_gb":
        return str(getattr(profile, "memory_unit", "GB"))
    data = getattr(profile, "data", None)
    if name == "data" and isinstance(data, dict):
        return str(data.get("unit", _DASH))
    fitting = (unit for suffix, unit in _UNITS.items() if name.endswith("_" + suffix))
    return _OWN_UNITS.get(name) or next(fitting, _DASH)
