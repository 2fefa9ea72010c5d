"""All predictors, in the order in which they are asked."""

from __future__ import annotations

from infraplanner.catalog import Catalog

from .inference_rows import serving_predictor
from .report import Predictor


def all_predictors(catalog: Catalog) -> list[Predictor]:
    """The predictors of this version: serving rows. Training, collective, power, thermal and economics rows follow."""
    return [serving_predictor(catalog)]
