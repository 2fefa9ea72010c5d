"""Time-to-train rows as ratios: two sizes of one submitter at equal batch need the same number of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.compile.rules import constants

from .measured import Row, measured_value
from .training_layouts import model_of
from .training_rows import Setting, setting


@dataclass(frozen=True, slots=True)
class RatioReport:
    """Time of the smaller system over that of the larger one, measured and predicted."""

    smaller: str
    larger: str
    measured_ratio: float
    predicted_ratio: float

    @property
    def error_frac(self) -> float:
        """Predicted over measured, less one."""
        return self.predicted_ratio / self.measured_ratio - 1.0


def ratio_reports(rows: Iterable[Row], catalog: Catalog) -> list[RatioReport]:
    """Every pair that can be compared. Fine-tuning of adapters trains other weights and is left out."""
    timed = [row for row in rows if row["metric"] == "time_to_train" and "LoRA" not in str(model_of(row).get("name"))]
    pairs = []
    for one, other in combinations(timed, 2):
        small, large = sorted((one, other), key=lambda row: int(row.get("n_accelerators") or 0))
        if _comparable(small, large):
            report = _report(small, large, catalog)
            if report is not None:
                pairs.append(report)
    return pairs


def _comparable(one: Row, other: Row) -> bool:
    same = all(one.get(name) == other.get(name) for name in ("accelerator", "global_batch", "precision", "notes"))
    different = one.get("n_accelerators") != other.get("n_accelerators")
    return same and different and one.get("global_batch") is not None and model_of(one) == model_of(other)


def _report(small: Row, large: Row, catalog: Catalog) -> RatioReport | None:
    from infraplanner.kernels.training import step  # noqa: PLC0415 - loads Numba, only when rows are predicted

    rule = constants(catalog)
    first, second = setting(small, catalog, rule), setting(large, catalog, rule)
    times = measured_value(small), measured_value(large)
    if not isinstance(first, Setting) or not isinstance(second, Setting) or not times[0] or not times[1]:
        return None
    predicted = [step(found.shape, found.job, found.device, found.tune).total_s for found in (first, second)]
    return RatioReport(str(small["id"]), str(large["id"]), times[0] / times[1], predicted[0] / predicted[1])


def ratio_rows(catalog: Catalog) -> Callable[[Iterable[Row]], list[dict[str, Any]]]:
    """The pairs of a file as plain data: ids of both rows, measured and predicted ratio of their times, and the error."""

    def compare(rows: Iterable[Row]) -> list[dict[str, Any]]:
        return [
            {
                "kind": "time to train between sizes",
                "smaller": pair.smaller,
                "larger": pair.larger,
                "measured": pair.measured_ratio,
                "predicted": pair.predicted_ratio,
                "error_frac": pair.error_frac,
            }
            for pair in ratio_reports((row for row in rows if "metric" in row), catalog)
        ]

    return compare
