"""Rows with `use: catalogue`: the profile that carries the figure is compared with it; nothing is predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Record

from .measured import Row, measured_value
from .report import Prediction, Predictor

TABLE = "validation.catalogue"


def catalogue_predictor(catalog: Catalog) -> Predictor:
    """Answers catalogue rows with a comparison, and rows that hold plain facts with why there is nothing to predict."""
    record = catalog.find(TABLE)
    listed = record.data.get("rows") if isinstance(record, Record) else None
    entries = listed if isinstance(listed, list) else []

    def predict(row: Row) -> Prediction | None:
        if not isinstance(row.get("inputs"), dict):
            return None
        if row["use"] == "catalogue":
            return Prediction(skipped=compare(row, catalog, entries))
        if row["use"] == "fact":
            return Prediction(skipped="a plain fact: nothing to predict it from")
        if row["use"] == "weak":
            return Prediction(skipped="weak: its own source is secondary or contradicts itself, so it judges no model")
        return None

    return predict


def compare(row: Row, catalog: Catalog, entries: Sequence[Mapping[str, Any]]) -> str:
    """One sentence: which profile carries the figure, and whether it is equal to the digits that the profile gives."""
    found = [_compare(row, catalog, entry) for entry in entries if _matches(entry, row)]
    equal = [sentence for sentence in found if "equal to" in sentence]
    return (equal or found or ["catalogue datum: no profile is named for it"])[0]


def _compare(row: Row, catalog: Catalog, entry: Mapping[str, Any]) -> str:
    name = f"{entry['profile']} {'.'.join(str(step) for step in entry['path'])}"
    found = _walk(catalog.find(str(entry["profile"])), entry["path"])
    measured = measured_value(row)
    if found is None or measured is None:
        return f"catalogue datum: {name} holds no figure"
    factor = float(entry.get("factor", 1.0))
    if abs(found - measured / factor) <= half_last_digit(found):
        return f"catalogue datum: equal to {name} = {found:g}, so not a prediction"
    return f"catalogue datum: {name} = {found:g} differs from {measured / factor:g}"


def half_last_digit(value: float) -> float:
    """Half a unit of the last digit that a figure is written with, at most half of one."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return 0.5 * 10.0 ** min(0, int(exponent)) + 1e-12


def _matches(entry: Mapping[str, Any], row: Row) -> bool:
    if entry.get("metric") != row["metric"] or entry.get("system") != row.get("system"):
        return False
    return all(str(row["inputs"].get(key)) == value for key, value in entry.get("inputs", {}).items())


def _walk(start: Any, path: Sequence[Any]) -> float | None:
    here = start
    for step in path:
        if isinstance(here, Mapping):
            here = here.get(step)
        elif isinstance(here, Sequence) and isinstance(step, int):
            here = here[step] if step < len(here) else None
        else:
            here = getattr(here, str(step), None)
    return float(here) if isinstance(here, int | float) else None
