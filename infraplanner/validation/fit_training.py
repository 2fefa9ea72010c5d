"""Fit of the shared training constants on published rows, with what is held out; writes them with their provenance.

`python -m infraplanner.validation.fit_training training_network.yaml [--write profiles/constants-training.yaml]`.
Soft-L1 least squares on log(predicted/measured), as the inference study demands in 6.3. Three stages, each fitted with
the earlier ones fixed, so that every number has one named origin.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.compile.rules import Lookup, constants
from infraplanner.text.emit import emit_line

from .measured import Row, measured_value, read_measured
from .training_rows import Setting, evaluate, setting

RELATIVE_STEP = 1e-3  # of the numerical derivative: rows are smooth but their layout choice is not
SOFT_SCALE = 0.03  # log error above which a row counts linearly


@dataclass(frozen=True, slots=True)
class Stage:
    """Constants fitted together on rows with one prefix and some metrics; `groups` split them for leave-one-out."""

    title: str
    constants: tuple[tuple[str, float, float], ...]  # id, lower and upper bound
    rows: str
    metrics: tuple[str, ...]
    groups: tuple[str, ...] = ()
    held_out: str = ""


STAGES = (
    Stage(
        "Korthikanti et al. 2022, iteration and layer times",
        (
            ("training.gemm_efficiency.ampere.bf16", 0.5, 1.0),
            ("training.gemm_traffic_ratio", 0.0, 4.0),
            ("training.plain.tensor_backward_overlap", 0.0, 1.0),
            ("training.plain.layer_time_s", 0.0, 1e-3),
        ),
        "kor_",
        ("iteration_time", "layer_forward_time", "layer_backward_time"),
        ("kor_22B", "kor_175B", "kor_530B"),
        "every other source",
    ),
    Stage(
        "Narayanan et al. 2021, ZeRO-3 rows of the 174.6B model",
        (("training.zero3_overlap", 0.0, 1.0),),
        "nar2_zero3_174.6B",
        ("hardware_tflops_per_gpu",),
        held_out="the 529.6B rows",
    ),
    Stage(
        "Megatron-LM, 175B on 96 H100",
        (("training.gemm_efficiency.hopper.bf16", 0.4, 0.9),),
        "mlm_h100_strong",
        ("mfu",),
        held_out="the Llama 3 rows",
    ),
)


def stage_rows(rows: Iterable[Row], stage: Stage) -> list[Row]:
    """The gate rows a stage is fitted on."""
    return [
        row
        for row in rows
        if str(row["id"]).startswith(stage.rows) and row["metric"] in stage.metrics and row["use"] == "gate"
    ]


def overlaid(base: Lookup, values: dict[str, float]) -> Lookup:
    """The catalogue's constants with some replaced."""
    return lambda key: values[key] if key in values else base(key)


def log_errors(rows: Iterable[Row], catalog: Catalog, rule: Lookup) -> np.ndarray:
    """log(predicted/measured) of every row."""
    return np.array([math.log(_predicted(row, catalog, rule) / (measured_value(row) or math.nan)) for row in rows])


def _predicted(row: Row, catalog: Catalog, rule: Lookup) -> float:
    found = setting(row, catalog, rule)
    if not isinstance(found, Setting):
        raise ValueError(f"{row['id']}: {found}")
    return evaluate(row, found)[0]


def fit(rows: list[Row], catalog: Catalog, base: Lookup, stage: Stage) -> dict[str, float]:
    """The stage's constants by soft-L1 least squares in their bounds, from the values that `base` has."""
    names = [name for name, _, _ in stage.constants]
    low = np.array([bound for _, bound, _ in stage.constants])
    high = np.array([bound for _, _, bound in stage.constants])
    start = np.clip([base(name) for name in names], low + 0.01 * (high - low), high - 0.01 * (high - low))

    def residuals(share: np.ndarray) -> np.ndarray:
        values = low + share * (high - low)
        return log_errors(rows, catalog, overlaid(base, dict(zip(names, values.tolist(), strict=True))))

    found = least_squares(
        residuals, (start - low) / (high - low), bounds=(0.0, 1.0), loss="soft_l1", f_scale=SOFT_SCALE,
        diff_step=RELATIVE_STEP, max_nfev=60,
    )  # fmt: skip
    values = low + found.x * (high - low)
    return {name: float(f"{value:.4g}") for name, value in zip(names, values.tolist(), strict=True)}


def left_out(rows: list[Row], catalog: Catalog, base: Lookup, stage: Stage) -> list[float]:
    """Absolute errors of each group of rows under constants fitted without it."""
    errors: list[float] = []
    for group in stage.groups:
        inside = [row for row in rows if not str(row["id"]).startswith(group)]
        outside = [row for row in rows if str(row["id"]).startswith(group)]
        rule = overlaid(base, fit(inside, catalog, base, stage))
        errors += np.abs(np.expm1(log_errors(outside, catalog, rule))).tolist()
    return errors


def calibrate(
    rows: list[Row], catalog: Catalog, say: Callable[[str], object] = lambda text: None
) -> dict[str, tuple[float, str]]:
    """All stages in turn: value and note of every fitted constant."""
    values: dict[str, float] = {}
    out: dict[str, tuple[float, str]] = {}
    base = constants(catalog)
    for stage in STAGES:
        chosen = stage_rows(rows, stage)
        rule = overlaid(base, values)
        found = fit(chosen, catalog, rule, stage)
        values |= found
        sizes = np.abs(np.expm1(log_errors(chosen, catalog, overlaid(base, values))))
        note = f"fitted by soft-L1 on log error: free numbers {len(found)}, rows {len(chosen)}, which therefore test it less"
        note += f" than others do: {stage.title}"
        note += f"; in-sample error median {np.median(sizes):.1%}, worst {sizes.max():.1%}"
        others = left_out(chosen, catalog, rule, stage)
        if others:
            note += f"; one model size left out in turn: median {np.median(others):.1%}, worst {max(others):.1%}"
        note += f"; held out: {stage.held_out}"
        out |= {name: (value, note) for name, value in found.items()}
        say(note)
    say(f"{len(out)} free numbers in all")
    return out


def write(path: Path, fitted: dict[str, tuple[float, str]]) -> None:
    """Put values, notes and the bounds of the fit into the profile's lines; everything else stays as it is."""
    bounds = {name: (low, high) for stage in STAGES for name, low, high in stage.constants}
    lines = []
    for line in path.read_text().splitlines():
        record = json.loads(line[2:]) if line.startswith("- {") else {}
        if record.get("id") in fitted:
            record["value"], record["note"] = fitted[record["id"]]
            record["low"], record["high"] = bounds[record["id"]]
            lines.append("- " + emit_line(record).decode())
        else:
            lines.append(line)
    path.write_text("\n".join(lines) + "\n")


def main(arguments: list[str]) -> int:
    """Fit on a file of measured rows; print what came out, and write it where asked."""
    parser = argparse.ArgumentParser(description="Fit the shared training constants.")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args(arguments)
    fitted = calibrate(list(read_measured(asked.rows).rows), load_catalog(), lambda text: sys.stdout.write(text + "\n"))
    for name, (value, _) in fitted.items():
        sys.stdout.write(f"{name} = {value:g}\n")
    if asked.write:
        write(asked.write, fitted)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
