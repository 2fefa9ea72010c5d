"""Planning constants that compilation and the engine read from the catalogue, in base units; NaN when it has none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from infraplanner.catalog.types import Constant

from .parts import Catalogue

Lookup = Callable[[str], float]


def constants(catalogue: Catalogue) -> Lookup:
    """A reader of the catalogue's constants by dotted id."""

    def value(constant_id: str) -> float:
        profile = catalogue.find(constant_id)
        return profile.value if isinstance(profile, Constant) else np.nan

    return value
