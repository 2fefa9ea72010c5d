"""Chains of the catalogue as stages in series: parts' curves, conductors sized by current, delivery to the die."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from infraplanner.catalog.types import PowerUnit, Record
from infraplanner.units import KILO, MICRO, MM2_PER_M2

from .fit import LOSSLESS, loss_curve, volts_of
from .parts import Catalogue, Floats, Ints, Matrix
from .rules import Lookup

CONVERTER, CONDUCTOR, DELIVERY = 0, 1, 2
LINES = {"dc": 2.0, "ac1": 2.0, "ac3": 3.0}
BARS = {"dc": 2.0, "ac1": 2.0, "ac3": 4.0}
"""Bars that are bought: a three-phase busway has a neutral of the same section."""


@dataclass(frozen=True, slots=True)
class SeriesArrays:
    """See `kernels.series.Series`; `known` is False where a part has no loss curve, and it then counts as lossless."""

    labels: tuple[str, ...]
    known: tuple[bool, ...]
    kind: Ints
    unit_w: Floats
    fill_frac: Floats
    curves: Matrix
    voltage_v: Floats
    current_ratio: Floats
    loss_count: Floats
    length_m: Floats
    density_a_per_m2: Floats
    metal_count: Floats
    way_ohm: Floats


def build_series(stages: Sequence[Mapping[str, Any]], catalogue: Catalogue, rule: Lookup) -> SeriesArrays:
    """Arrays of a record's stages. Raises KeyError when it names a part that the catalogue does not have."""
    rows = [_stage(stage, catalogue, rule) for stage in stages]

    def column(name: str) -> Floats:
        return np.array([row[name] for row in rows], dtype=np.float64)

    names = [name for name in SeriesArrays.__dataclass_fields__ if name not in ("labels", "known", "kind", "curves")]
    return SeriesArrays(
        labels=tuple(str(row["label"]) for row in rows),
        known=tuple(bool(row["known"]) for row in rows),
        kind=np.array([row["kind"] for row in rows], dtype=np.int64),
        curves=np.array([row["curves"] for row in rows], dtype=np.float64).reshape(-1, len(LOSSLESS)),
        **{name: column(name) for name in names},
    )


def _stage(stage: Mapping[str, Any], catalogue: Catalogue, rule: Lookup) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(SeriesArrays.__dataclass_fields__, 0.0)
    row |= {"label": stage["label"], "known": True, "curves": LOSSLESS, "current_ratio": 1.0}
    row |= {"loss_count": 1.0, "density_a_per_m2": 1.0}
    row |= {
        "voltage_v": 1.0,
        "unit_w": 1.0,
        "fill_frac": float(stage.get("fill_frac", rule("power.continuous_load_frac"))),
    }
    if "conductor" in stage:
        return row | _conductor(stage, rule)
    part = catalogue.find(stage.get("part") or stage["delivery"])
    if not isinstance(part, PowerUnit) or part.capacity_kw is None:
        raise KeyError(stage.get("part") or stage["delivery"])
    row["unit_w"] = part.capacity_kw * KILO
    if "part" in stage:
        curve = loss_curve(part)
        known = not np.isnan(curve.a_frac)
        return row | {"kind": CONVERTER, "curves": curve if known else LOSSLESS, "known": known}
    volts = volts_of(part.output_volts)
    known = volts is not None and part.resistance_uohm is not None
    return row | {
        "kind": DELIVERY,
        "voltage_v": volts or 1.0,
        "way_ohm": part.resistance_uohm * MICRO if part.resistance_uohm is not None else 1e-12,
        "known": known,
    }


def _conductor(stage: Mapping[str, Any], rule: Lookup) -> dict[str, Any]:
    system = stage["conductor"]
    three = system == "ac3"
    name = (
        "power.busbar_current_density_a_per_mm2"
        if stage["density"] == "rack"
        else "power.feeder_current_density_a_per_mm2"
    )
    factor = rule("power.power_factor") if system != "dc" else 1.0
    return {
        "kind": CONDUCTOR,
        "voltage_v": float(stage["voltage_v"]),
        "current_ratio": (np.sqrt(3.0) if three else 1.0) * factor,
        "loss_count": LINES[system],
        "length_m": float(stage["length_m"]),
        "density_a_per_m2": rule(name) * MM2_PER_M2,
        "metal_count": BARS[system],
        "way_ohm": 0.5 * float(stage["contacts"]) * rule("power.contact_ohm"),
    }


def chains_of(catalogue: Catalogue, topic: str) -> list[Record]:
    """Records of one topic by id."""
    return sorted((row for row in catalogue.of(Record).values() if row.topic == topic), key=lambda row: row.id)
