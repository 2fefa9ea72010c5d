"""What a calibration leaves behind: error figures by group, the order of accelerators, and the profile file."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.rules import CALIBRATED
from infraplanner.text.emit import emit_line

from .calibrate import Fit, Sample
from .inference_rows import ServingRow

Floats = NDArray[np.float64]
TIE = 0.02
"""Measured figures closer than this have no order."""
UNITS = {"_s": "s", "_bytes": "B", "_tokens": "tokens", "_steps": "ratio"}
BANDS = {"dense": (10.0, 90.0), "moe": (10.0, 90.0), "unseen": (2.5, 97.5)}
"""Percentiles of measured over predicted that bound a band; `unseen` architectures take nearly all of the spread."""


IN_VIEW = (
    "Held out are the constants; the model's terms were chosen with all rows in view, so new kinds of rows err more."
)
"""What the cross-validation does not show."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Errors of one group of rows."""

    rows: int
    median_frac: float
    p90_frac: float
    bias_frac: float


def _first(known: ServingRow) -> bool:
    return str(known.row["metric"]) == "ttft_ms"


GROUPS: dict[str, Callable[[ServingRow], bool]] = {
    "throughput": lambda known: str(known.row["metric"]).startswith("output_tokens_per_s"),
    "tpot": lambda known: known.row["metric"] == "tpot_ms",
    "throughput_tpot": lambda known: not _first(known),
    "ttft": _first,
    "dense": lambda known: not _first(known) and not known.llm.experts,
    "moe": lambda known: not _first(known) and bool(known.llm.experts),
    "all": lambda _: True,
}
"""Groups that are reported; dense and moe are over throughput and time per token."""


def figures(sample: Sample, residuals: Floats) -> dict[str, Figures]:
    """Errors of every group; rows without a residual are left out."""
    errors = np.exp(residuals) - 1.0
    out: dict[str, Figures] = {}
    for name, belongs in GROUPS.items():
        mine = np.array([belongs(known) for known in sample.rows]) & np.isfinite(errors)
        found = errors[mine]
        if found.size:
            out[name] = Figures(
                int(found.size),
                float(np.median(np.abs(found))),
                float(np.percentile(np.abs(found), 90)),
                float(np.median(found)),
            )
    return out


def ranking(sample: Sample, residuals: Floats) -> tuple[int, int]:
    """(right, pairs): matched rows on two accelerators whose predicted order agrees with the measured one."""
    matched: dict[tuple[Any, ...], list[int]] = {}
    names = ("isl", "osl", "tp", "pp", "ep", "attention_dp", "n_accelerators", "concurrency_or_batch", "metric")
    for index, known in enumerate(sample.rows):
        if not _first(known) and math.isfinite(residuals[index]):
            key = (known.llm.id, known.software, *(known.row.get(name) for name in names))
            matched.setdefault(key, []).append(index)
    right = pairs = 0
    for members in matched.values():
        for one, two in combinations(members, 2):
            measured = float(sample.log_measured[one] - sample.log_measured[two])
            if sample.rows[one].part.id == sample.rows[two].part.id or abs(measured) < TIE:
                continue
            pairs += 1
            right += (measured + float(residuals[one] - residuals[two])) * measured > 0.0
    return right, pairs


def bands(sample: Sample, residuals: Floats) -> dict[str, tuple[float, float]]:
    """(low, high) of measured tokens over predicted ones, minus 1, by class; from rows that no fit saw."""
    out: dict[str, tuple[float, float]] = {}
    spread = np.array(
        [r if known.row["metric"] == "tpot_ms" else -r for known, r in zip(sample.rows, residuals, strict=True)]
    )
    for name, (low, high) in BANDS.items():
        belongs = GROUPS["throughput_tpot" if name == "unseen" else name]
        mine = np.array([belongs(known) for known in sample.rows]) & np.isfinite(spread)
        if mine.any():
            ends = np.exp(np.percentile(spread[mine], [low, high])) - 1.0
            out[name] = (float(min(0.0, ends[0])), float(max(0.0, ends[1])))
    return out


def profile_text(fit: Fit, files: Iterable[Path], start_names: Mapping[str, str]) -> str:
    """The file `calibrated.yaml`: fitted constants, their error figures and bands, each with its provenance."""
    names = ", ".join(path.name for path in files)
    today = datetime.date.today().isoformat()
    title = f"soft-L1 fit to {len(fit.sample.rows)} gate rows of {names}, {today}, {len(fit.free)} free constants"
    fitted, held = figures(fit.sample, fit.residuals), figures(fit.sample, fit.held_out)
    told = "; ".join(f"{name} {_pair(held.get(name))} held out, {_pair(fitted[name])} fitted" for name in fitted)
    rows = [_source(title), *_fitted(fit, start_names), *_errors(held, told), *_pairs(fit), *_bands(fit)]
    head = [
        "# Constants fitted by `infraplanner calibrate`. Each wins over the default of the same name without the prefix.",
        f"# {IN_VIEW}",
    ]
    head += ["format: infraplanner/profiles", "version: 1", "sources:", rows[0], "constant:"]
    return "\n".join([*head, *sorted(rows[1:])]) + "\n"


def _source(title: str) -> str:
    return _line({"id": "calibration", "title": title, "kind": "fitted by this program"})


def _line(record: Mapping[str, Any]) -> str:
    return "- " + emit_line(dict(record)).decode()


def _constant(key: str, name: str, value: float, unit: str, **more: Any) -> str:
    record = {"id": CALIBRATED + key, "name": name, "confidence": "derived", "sources": ["calibration"]}
    record |= {"note": more.pop("note")} if "note" in more else {}
    return _line(record | {"value": float(f"{value:.5g}"), "unit": unit} | more)


def _fitted(fit: Fit, start_names: Mapping[str, str]) -> list[str]:
    return [
        _constant(
            free.id,
            start_names.get(free.id, f"Fitted factor {free.id}"),
            fit.values[free.id],
            next((unit for end, unit in UNITS.items() if free.id.endswith(end)), "ratio"),
            note=f"{free.kind} constant, from {free.start:.4g} within {free.low:.4g} to {free.high:.4g}",
            low=free.low,
            high=free.high,
        )
        for free in fit.free
    ]


def _errors(held: Mapping[str, Figures], told: str) -> list[str]:
    out = []
    for name, found in held.items():
        for end, value in (("median", found.median_frac), ("p90", found.p90_frac)):
            key, label = f"calibration.{name}_{end}_frac", f"Held-out error, {name}, {end}"
            out.append(
                _constant(key, label, value, "fraction", **({"note": told} if key.endswith("all_median_frac") else {}))
            )
    return out


def _pairs(fit: Fit) -> list[str]:
    """Held-out median of each accelerator-model pair over throughput and time per token."""
    out = []
    for name in sorted(set(fit.sample.groups)):
        error = pair_median(fit.sample, fit.held_out, name)
        if math.isfinite(error):
            part, llm = name.split("|")
            key = f"calibration.pair.{part}.{llm}"
            out.append(_constant(key, f"Held-out median error, {llm} on {part}", error, "fraction"))
    return out


def pair_median(sample: Sample, residuals: Floats, group: str) -> float:
    """Median error of one accelerator-model pair over throughput and time per token; NaN without such rows."""
    mine = np.array([name == group for name in sample.groups]) & ~sample.first_token & np.isfinite(residuals)
    return float(np.median(np.abs(np.exp(residuals[mine]) - 1.0))) if mine.any() else math.nan


def _bands(fit: Fit) -> list[str]:
    out = []
    for name, ends in bands(fit.sample, fit.held_out).items():
        for end, value in zip(("low", "high"), ends, strict=True):
            key = f"inference.tokens_band_{end}_frac.{name}"
            out.append(_constant(key, f"Measured over predicted tokens, {end} end, {name}", value, "fraction"))
    return out


def _pair(found: Figures | None) -> str:
    return "-" if found is None else f"{100 * found.median_frac:.1f}/{100 * found.p90_frac:.1f} %"
