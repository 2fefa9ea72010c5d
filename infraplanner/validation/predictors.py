"""All predictors, in the order in which they are asked."""

from __future__ import annotations

from infraplanner.catalog import Catalog

from .catalogue_rows import catalogue_predictor
from .economics_rows import economics_predictor
from .inference_rows import serving_predictor
from .plant_rows import plant_predictor
from .report import Predictor
from .supply_rows import supply_predictor


def all_predictors(catalog: Catalog) -> list[Predictor]:
    """The predictors of this version: serving, thermal, power and closed-form rows. Training and collectives follow."""
    return [
        serving_predictor(catalog),
        plant_predictor(catalog),
        supply_predictor(catalog),
        economics_predictor(catalog),
        catalogue_predictor(catalog),
    ]
