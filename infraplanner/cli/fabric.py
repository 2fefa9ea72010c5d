"""`infraplanner fabric`: what the drawn fabric is worth, and fabrics made, cut and reconfigured without a window."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

from infraplanner.edit import GenerateFabric, SetLightPaths
from infraplanner.edit.topologies import KINDS
from infraplanner.io.save import save_plan
from infraplanner.session import Session, check_failures, evaluate_once
from infraplanner.text.dump import json_text
from infraplanner.units import number

from .errors import OK, UserError
from .evaluate import emit, open_plan
from .tables import columns

# ruff: noqa: PLC0415 - what loads Numba or scipy is imported when asked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner fabric`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--fail", metavar="ID", action="append", default=[], help="out of service (repeatable)")
    parser.add_argument("--cut", metavar="IDS", help="hosts on one side, separated by commas, against all others")
    parser.add_argument("--paths", metavar="A,B", help="how many ways lead from A to B that share no cable")
    parser.add_argument("--link", metavar="ID", help="one link: every medium that could be taken, and its state")
    parser.add_argument("--make", choices=sorted(KINDS), help="build a fabric of this kind (with -o)")
    parser.add_argument("--hosts", metavar="IDS", help="hosts to join: ids separated by commas, or pool:NAME")
    parser.add_argument("--switch", metavar="PROFILE", help="profile of the switches")
    parser.add_argument("--into", metavar="RACKS", default="", help="cabinets whose free units are used first")
    parser.add_argument("--frame", metavar="PROFILE", default="eia-48u-600x1200", help="profile of new cabinets")
    parser.add_argument(
        "--at", metavar="X,Y", help="where the first new cabinet stands, mm (default: where there is room)"
    )
    parser.add_argument("--ratio", type=float, default=1.0, help="downlink over uplink bandwidth of a leaf")
    parser.add_argument("--top-ratio", type=float, default=1.0, help="the same of the tier above")
    parser.add_argument("--pod-leaves", type=int, default=0, help="leaves that share an aggregation tier")
    parser.add_argument("--sides", metavar="X,Y,Z", default="0,0,0", help="cubes along the three axes of a torus")
    parser.add_argument("--prefix", default="fab", help="start of the ids that are made")
    parser.add_argument("--replace", action="store_true", help="take out what is plugged into these ports before")
    parser.add_argument(
        "--reconfigure", metavar="JOB", help="turn the mirrors of all optical switches to a job's demand"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file (a plan with --make and --reconfigure)")


def run(options: argparse.Namespace) -> int:
    """Do what is asked and print or write it."""
    session = open_plan(options.plan)
    try:
        if options.make or options.reconfigure:
            if not options.output:
                raise UserError("--make and --reconfigure write a plan; name its file with -o.")
            _edit(session, options)
            save_plan(Path(options.output), session.to_bytes())
            return OK
        report = _report(session, options)
    finally:
        session.close()
    emit(json_text(report) if options.format == "json" else _table(report), options.output)
    return OK


def _edit(session: Session, options: argparse.Namespace) -> None:
    if options.reconfigure:
        optics = importlib.import_module("infraplanner.explore.optics")
        paths = optics.paths_for_job(session.document.snapshot(), session.catalog, options.reconfigure)
        session.execute(SetLightPaths(paths, f"Optical switches for {options.reconfigure}"))
        return
    session.execute(_order(session, options))


def _order(session: Session, options: argparse.Namespace) -> GenerateFabric:
    if not options.hosts or not options.switch:
        raise UserError("--make needs --hosts and --switch.")
    x, y = (None, None) if options.at is None else _numbers(options.at, 2, "--at")
    sides = _numbers(options.sides, 3, "--sides")
    return GenerateFabric(
        kind=options.make,
        hosts=hosts_of(session, options.hosts),
        switch=options.switch,
        catalogue=session.catalog,
        frame=options.frame,
        into=tuple(part for part in options.into.split(",") if part),
        x_mm=x,
        y_mm=y,
        ratio=options.ratio,
        top_ratio=options.top_ratio,
        pod_leaves=options.pod_leaves,
        sides=(sides[0], sides[1], sides[2]),
        prefix=options.prefix,
        replace_links=options.replace,
    )


def _numbers(text: str, count: int, name: str) -> list[int]:
    try:
        values = [int(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count:
        raise UserError(f"{name} is “{text}”; expected {count} whole numbers separated by commas.")
    return values


def hosts_of(session: Session, text: str) -> tuple[str, ...]:
    """Ids as they are given, or the racks and devices of `pool:NAME` in plan order."""
    if not text.startswith("pool:"):
        return tuple(part for part in text.split(",") if part)
    pool, document = text.removeprefix("pool:"), session.document
    if pool not in document.table("pools"):
        raise UserError(f"There is no pool {pool} in the plan.")
    devices = [key for key, row in sorted(document.table("devices").items()) if row.pool == pool]
    racks = [key for key, row in sorted(document.table("racks").items()) if row.pool == pool]
    return tuple(devices or racks)


def _report(session: Session, options: argparse.Namespace) -> dict[str, Any]:
    from infraplanner.explore.fabric_report import fabric_report
    from infraplanner.explore.telemetry import link_report

    snapshot, failed = session.document.snapshot(), frozenset(options.fail)
    check_failures(session.document, session.catalog, failed)
    if options.link:
        result = evaluate_once(session, failed=failed)
        return link_report(snapshot, session.catalog, result.fabric, options.link, result.thermal.plugs)
    cut = tuple(part for part in options.cut.split(",") if part) if options.cut else None
    ends = tuple(options.paths.split(",")) if options.paths else None
    if ends is not None and len(ends) != 2:
        raise UserError(f"--paths is “{options.paths}”; expected two ids separated by a comma.")
    return fabric_report(snapshot, session.catalog, failed, cut, ends)


def _table(report: dict[str, Any]) -> str:
    rows = [(key.replace("_", " "), _cell(value)) for key, value in report.items() if not isinstance(value, list)]
    text = columns(rows) if rows else ""
    for key, value in report.items():
        if isinstance(value, list) and value:
            names = list(value[0])
            text += f"\n{key.replace('_', ' ')}\n" + columns(
                [tuple(names), *(tuple(_cell(row[name]) for name in names) for row in value)]
            )
    return text


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value, 4)
    return str(value)
