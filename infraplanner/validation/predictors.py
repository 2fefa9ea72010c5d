"""All predictors, in the order in which they are asked."""

from __future__ import annotations

from infraplanner.catalog import Catalog

from .catalogue_rows import catalogue_predictor
from .collective_rows import collective_predictor
from .deployment_rows import deployment_predictor
from .economics_rows import economics_predictor
from .inference_rows import serving_predictor
from .plant_rows import plant_predictor
from .report import Predictor
from .supply_rows import supply_predictor
from .training_rows import training_predictor


def all_predictors(catalog: Catalog) -> list[Predictor]:
    """The predictors of this version: serving, training, collective, thermal, power and closed-form rows."""
    return [
        deployment_predictor(catalog),
        serving_predictor(catalog),
        training_predictor(catalog),
        collective_predictor(catalog),
        plant_predictor(catalog),
        supply_predictor(catalog),
        economics_predictor(catalog),
        catalogue_predictor(catalog),
    ]
