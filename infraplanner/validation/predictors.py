"""All predictors, in the order in which they are asked."""

from __future__ import annotations

from infraplanner.catalog import Catalog

from .collective_rows import collective_predictor
from .inference_rows import serving_predictor
from .report import Predictor
from .training_rows import training_predictor


def all_predictors(catalog: Catalog) -> list[Predictor]:
    """The predictors of this version: serving, training and collectives. Power, thermal and economics rows follow."""
    return [serving_predictor(catalog), training_predictor(catalog), collective_predictor(catalog)]
