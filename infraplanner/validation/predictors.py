"""All predictors, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infraplanner.catalog import Catalog

from .catalogue_rows import catalogue_predictor
from .cluster_rows import cluster_predictor
from .collective_rows import collective_predictor
from .deployment_rows import deployment_predictor
from .economics_rows import economics_predictor
from .inference_rows import serving_predictor
from .measured import Row
from .plant_rows import plant_predictor
from .report import Predictor, Ratios
from .serving_ratios import ratio_predictor, serving_ratio_rows
from .supply_rows import supply_predictor
from .training_ratios import ratio_rows
from .training_rows import training_predictor


def all_predictors(catalog: Catalog) -> list[Predictor]:
    """The predictors of this version: serving, training, collective, thermal, power and closed-form rows."""
    return [
        deployment_predictor(catalog),
        cluster_predictor(catalog),
        ratio_predictor(catalog),
        serving_predictor(catalog),
        training_predictor(catalog),
        collective_predictor(catalog),
        plant_predictor(catalog),
        supply_predictor(catalog),
        economics_predictor(catalog),
        catalogue_predictor(catalog),
    ]


def all_ratios(catalog: Catalog) -> Ratios:
    """Rows that only mean something beside each other, compared: sizes of one training system, submissions of one round."""
    kinds = (ratio_rows(catalog), serving_ratio_rows(catalog))

    def compare(rows: Iterable[Row]) -> list[dict[str, Any]]:
        known = list(rows)
        return [pair for kind in kinds for pair in kind(known)]

    return compare
