"""Planning constants that compilation and the engine read from the catalogue, in base units; NaN when it has none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from infraplanner.catalog.catalog import Catalog
from infraplanner.catalog.types import Constant

from .parts import Catalogue

Lookup = Callable[[str], float]


CALIBRATED = "calibrated."
"""Prefix of fitted constants: `calibrated.inference.x` is used instead of `inference.x`, which stays the start value."""


def constants(catalogue: Catalogue, *, calibrated: bool = True) -> Lookup:
    """A reader of the catalogue's constants by dotted id; a fitted constant wins over the default of its name.

    What a catalogue that never changes said once is remembered; one that is moved between samples is asked each time.
    """
    known: dict[str, float] = {}
    keeps = type(catalogue) is Catalog

    def value(constant_id: str) -> float:
        if constant_id in known:
            return known[constant_id]
        found = read(constant_id)
        if keeps:
            known[constant_id] = found
        return found

    def read(constant_id: str) -> float:
        profile = catalogue.find(CALIBRATED + constant_id) if calibrated else None
        if not isinstance(profile, Constant):
            profile = catalogue.find(constant_id)
        return profile.value if isinstance(profile, Constant) else np.nan

    return value
