"""Rows with `use: catalogue`: the profile that carries the figure is compared with it; nothing is predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Record

from .measured import Row, measured_value
from .report import Prediction, Predictor

TOPIC = "carried_figure"
EQUAL = "catalogue datum: equal to the profile that carries it, so not a prediction"


def catalogue_predictor(catalog: Catalog) -> Predictor:
    """Answers catalogue rows with a comparison, and rows that hold plain facts with why there is nothing to predict."""
    entries = [record.data for record in catalog.of(Record).values() if record.topic == TOPIC]

    def predict(row: Row) -> Prediction | None:
        if not isinstance(row.get("inputs"), dict):
            return None
        if row["use"] == "catalogue":
            return compare(row, catalog, entries)
        if row["use"] == "fact":
            return Prediction(skipped="a plain fact: nothing to predict it from")
        if row["use"] == "weak":
            return Prediction(skipped="weak: its own source is secondary or contradicts itself, so it judges no model")
        return None

    return predict


def compare(row: Row, catalog: Catalog, entries: Sequence[Mapping[str, Any]]) -> Prediction:
    """Whether a profile that carries the figure is equal to it, to the digits that the profile gives."""
    found = [_compare(row, catalog, entry) for entry in entries if _matches(entry, row)]
    equal = [answer for answer in found if answer.skipped == EQUAL]
    return (equal or found or [Prediction(skipped="catalogue datum: no profile is named for it")])[0]


def _compare(row: Row, catalog: Catalog, entry: Mapping[str, Any]) -> Prediction:
    inputs = {str(key): str(value) for key, value in row["inputs"].items()}
    path = [step.format_map(inputs) for step in str(entry["path"]).split("|")]
    profile = str(entry["profile"]).format_map(inputs)
    name = f"{profile} {'.'.join(path)}"
    found = _walk(catalog.find(profile), path)
    measured = measured_value(row)
    if found is None or measured is None:
        return Prediction(skipped=f"catalogue datum: {name} holds no figure")
    wanted = measured / float(entry.get("factor", 1.0))
    if abs(found - wanted) <= half_last_digit(found):
        return Prediction(skipped=EQUAL, assumed=(f"carried by {name} = {found:g}",))
    return Prediction(skipped=f"catalogue datum: {name} = {found:g} differs from {wanted:g}")


def half_last_digit(value: float) -> float:
    """Half a unit of the last digit that a figure is written with, at most half of one."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return 0.5 * 10.0 ** min(0, int(exponent)) + 1e-12


def _matches(entry: Mapping[str, Any], row: Row) -> bool:
    if entry.get("metric") != row["metric"] or entry.get("system") != row.get("system"):
        return False
    named = [(key.removeprefix("input."), value) for key, value in entry.items() if key.startswith("input.")]
    return all(str(row["inputs"].get(key)) == value for key, value in named)


def _walk(start: Any, path: Sequence[str]) -> float | None:
    here = start
    for step in path:
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, Sequence):
            here = here[int(step)] if int(step) < len(here) else None
        else:
            here = getattr(here, step, None)
    return float(here) if isinstance(here, int | float) else None
