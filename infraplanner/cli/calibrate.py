"""Fit the named constants to measured rows and say, by holding rows out, how well they predict what they never saw."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infraplanner.catalog.loader import load_catalog
from infraplanner.catalog.types import Constant

from .errors import OK, UserError
from .progress import add_quiet
from .tables import columns

FILE = "calibrated.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `infraplanner calibrate`."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="a YAML file with a list `rows`")
    parser.add_argument("-o", "--output", metavar="PROFILES", required=True, help=f"folder for {FILE}, or a .yaml file")
    parser.add_argument("--folds", type=int, default=0, help="groups held out in turn; 0: every accelerator-model pair")
    add_quiet(parser)


def run(options: argparse.Namespace) -> int:
    """Fit, cross-validate, print both, write the profile file."""
    from infraplanner.validation.calibrate import calibrate  # noqa: PLC0415 - loads SciPy and Numba
    from infraplanner.validation.calibrated_file import profile_text  # noqa: PLC0415
    from infraplanner.validation.measured import read_measured  # noqa: PLC0415

    paths = [Path(name) for name in options.files]
    for path in paths:
        if not path.is_file():
            raise UserError(f"{path}: there is no such file; expected measured rows (.yaml).")
    if options.folds == 1 or options.folds < 0:
        raise UserError(f"--folds: found {options.folds}; expected 0, or 2 and more.")
    catalog = load_catalog()
    rows = [row for path in paths for row in read_measured(path).rows]

    def tell(text: str) -> None:
        if not options.quiet:
            print(text, file=sys.stderr)

    fit = calibrate(rows, catalog, folds=options.folds, report=tell)
    target = Path(options.output)
    target = target if target.suffix == ".yaml" else target / FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    names = {key: constant.name for key, constant in catalog.of(Constant).items()}
    target.write_text(profile_text(fit, paths, names), encoding="utf-8", newline="\n")
    sys.stdout.write(_table(fit))
    print(f"written: {target}")
    return OK


def _table(fit: object) -> str:
    from infraplanner.validation.calibrate import Fit  # noqa: PLC0415
    from infraplanner.validation.calibrated_file import IN_VIEW, figures, ranking  # noqa: PLC0415

    assert isinstance(fit, Fit)
    kinds = [free.kind for free in fit.free]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    text = f"{len(fit.free)} free constants ({counts}), {len(fit.sample.rows)} gate rows\n"
    fitted, held = figures(fit.sample, fit.residuals), figures(fit.sample, fit.held_out)
    rows = [("group", "rows", "held-out median", "p90", "bias", "fitted median", "p90", "bias")]
    for name, own in fitted.items():
        pair = [held.get(name), own]
        cells = [
            f"{100 * value:.1f} %"
            for found in pair
            for value in ((found.median_frac, found.p90_frac, found.bias_frac) if found else ())
        ]
        rows.append((name, str(own.rows), *(["–"] * (6 - len(cells))), *cells))  # type: ignore[arg-type]
    text += columns(rows, right=(1, 2, 3, 4, 5, 6, 7))
    for label, residuals in (("held out", fit.held_out), ("fitted", fit.residuals)):
        right, pairs = ranking(fit.sample, residuals)
        share = f"{100 * right / pairs:.1f} %" if pairs else "–"
        text += f"order of accelerators, {label}: {right} of {pairs} matched pairs ({share})\n"
    return f"{text}{IN_VIEW}\n"
