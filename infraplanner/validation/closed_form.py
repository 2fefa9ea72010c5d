"""What the predictors of closed-form rows share: reading a row's inputs, constants with their tables, lazy kernels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Record
from infraplanner.engine import kernel_cache

from .measured import Row
from .report import Prediction, Predictor

LITRE_PER_MIN = 1.0 / 60e3
PA_PER_PSI = 6894.757293168


@dataclass(slots=True)
class Case:
    """One row on its way to a prediction; `assume` collects what the row does not say."""

    row: Row
    catalog: Catalog
    assumed: list[str] = field(default_factory=list)

    def given(self, name: str) -> float:
        """An input of the row. Raises KeyError when it is missing, TypeError when it is no number."""
        value = self.inputs[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} is no number")
        return float(value)

    def given_or(self, name: str, otherwise: float) -> float:
        """An input of the row or, when it is missing, a value that the caller has noted as assumed."""
        return self.given(name) if name in self.inputs else otherwise

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The row's own settings."""
        found = self.row.get("inputs")
        return found if isinstance(found, dict) else {}

    @property
    def system(self) -> str:
        """The part that the row is about, as its source names it."""
        return str(self.row.get("system") or "")

    def assume(self, sentence: str) -> None:
        """Note what was taken although the row does not say it."""
        self.assumed.append(sentence)

    def points(self, profile_id: str, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """A column of numbers of a record. Raises KeyError when there is none."""
        record = self.catalog.find(profile_id)
        if not isinstance(record, Record):
            raise KeyError(profile_id)
        return np.array(record.data[column], dtype=np.float64)

    def number(self, profile_id: str, column: str) -> float:
        """One number of a record."""
        return float(self.points(profile_id, column))

    def middle(self, profile_id: str) -> float:
        """Middle of a record's range."""
        return 0.5 * (self.number(profile_id, "low") + self.number(profile_id, "high"))

    def part(self, kinds: type[Any]) -> Any:
        """The profile of this kind whose name, alias or id occurs in the row's `system`; the longest match wins."""
        wanted = _words(self.system)
        best: tuple[int, Any] | None = None
        for profile in self.catalog.of(kinds).values():
            for name in (profile.id, profile.name, *profile.aliases):
                words = _words(name)
                if words and words in wanted and (best is None or len(words) > best[0]):
                    best = (len(words), profile)
        if best is None:
            raise KeyError(f"no profile of {self.system}")
        return best[1]


Law = Callable[[Case, ModuleType], tuple[float, str]]
"""From a row to (value in the row's unit, what limits or governs it); the module is `engine.physics`."""


def _words(text: str) -> str:
    return " " + " ".join(re.findall(r"[a-z0-9.]+", text.lower())) + " "


def physics() -> ModuleType:
    """The kernels; Numba is loaded on the first call."""
    kernel_cache.prepare_once()
    from infraplanner.engine import physics as kernels  # noqa: PLC0415 - loads Numba, only when a row is predicted

    return kernels


def predictor_of(catalog: Catalog, laws: Mapping[str, Law], group: str) -> Predictor:
    """A predictor of the rows whose metric has a law; facts, catalogue data and other rows are none of its business."""

    def predict(row: Row) -> Prediction | None:
        law = laws.get(str(row["metric"]))
        if law is None or row["use"] in ("catalogue", "fact") or not isinstance(row.get("inputs"), dict):
            return None
        case = Case(row, catalog)
        try:
            value, limiter = law(case, physics())
        except KeyError as missing:
            if row["use"] != "gate":
                return None
            return Prediction(skipped=f"not stated: {missing.args[0]}", tags=(f"class:{group}",))
        if not np.isfinite(value):
            return Prediction(skipped="outside what the model covers", tags=(f"class:{group}",))
        return Prediction(float(value), limiter, tuple(case.assumed), tags=(f"class:{group}",))

    return predict
