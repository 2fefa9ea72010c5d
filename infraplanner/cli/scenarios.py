"""The named scenarios of a plan side by side, each solved with all models, with what changes against the plan."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from infraplanner.explore.compare import compare_scenarios
from infraplanner.io.results_json import plain
from infraplanner.results.comparison import Case, change_frac, known_figures, told
from infraplanner.text.dump import json_text

from .errors import OK
from .evaluate import emit, open_plan
from .progress import add_quiet, counter
from .tables import columns

BY_ITSELF = "as it stands"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner scenarios`."""
    parser.add_argument("plan", metavar="PLAN", help="a plan file")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("-o", "--output", metavar="F", help="write to this file")
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Print the comparison."""
    session = open_plan(options.plan)
    try:
        cases = compare_scenarios(
            session.document.snapshot(), session.catalog, progress=counter("scenario", quiet=options.quiet)
        )
    finally:
        session.close()
    assert cases is not None
    emit(json_text(data(cases)) if options.format == "json" else table(cases), options.output)
    return OK


def data(cases: list[Case]) -> dict[str, object]:
    """Summary and walls of each case, and the change of its figures against the plan as a share."""
    rows = []
    for case in cases:
        changes = {figure.field: change_frac(case, cases[0], figure) for figure in known_figures(cases)}
        known = case.result
        rows.append(
            {
                "id": case.id or None, "name": case.name, "refusal": case.refusal,
                "summary": None if known is None else plain(asdict(known.summary)),
                "walls": None if known is None else plain({wall: asdict(found) for wall, found in known.walls.items()}),
                "change_frac": plain(changes),
            }
        )  # fmt: skip
    return {"schema": "infraplanner/scenarios", "version": 1, "cases": rows}


def table(cases: list[Case]) -> str:
    """A row a figure, a column a case; what cannot be applied says so below."""
    solved = [case for case in cases if case.result is not None]
    rows = [("figure", *(case.id or BY_ITSELF for case in solved))]
    rows += [
        (figure.caption, *(told(case, figure) + _share(change_frac(case, cases[0], figure)) for case in solved))
        for figure in known_figures(cases)
    ]
    rows.append(("Binding wall", *(case.result.summary.binding_wall or "–" for case in solved if case.result)))
    text = columns(rows, right=range(1, len(solved) + 1))
    text += "".join(f"{case.refusal}\n" for case in cases if case.refusal)
    return text if len(cases) > 1 else text + "The plan has no scenarios.\n"


def _share(change: float | None) -> str:
    return f"  {100 * change:+.2g} %" if change else ""
