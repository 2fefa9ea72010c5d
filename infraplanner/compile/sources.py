"""Where electricity comes from: utility connections, generators, fuel cells, sun and stores, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from infraplanner.catalog.types import PowerUnit
from infraplanner.model.entities import PowerNode
from infraplanner.units import J_PER_KWH, KILO

from .fit import SOURCE_KINDS, UNKNOWN, Curve, fit_points
from .parts import Flags, Floats, Ints, Matrix, Parts
from .rules import Lookup
from .table import Table

UTILITY_KINDS = frozenset({"utility", "grid"})
STORE_KINDS = frozenset({"bess", "grid_buffer", "battery_backup", "capacitor_storage"})
SUN_KINDS = frozenset({"pv"})


@dataclass(frozen=True, slots=True)
class SourceArrays:
    """One row a source or store, in the order of `row` (rows of the table `power`).

    Fuel: heat taken per rating, `rating (x + loss)`, x = output over rating, loss as `losses.loss_frac` with
    `fuel_curves`; NaN without fuel or figure.
    `carbon_g_per_kwh` is per kWh of electricity and NaN for a utility: site and region know it. `fuel_usd_per_kwh` is per
    kWh of heat. `stored_j`: usable energy of a store.
    """

    row: Ints
    ids: tuple[str, ...]
    kind: tuple[str, ...]
    fuel: tuple[str, ...]
    utility: Flags
    store: Flags
    fuelled: Flags
    fuel_curves: Matrix
    fuel_carbon_g_per_kwh: Floats
    fuel_usd_per_kwh: Floats
    carbon_g_per_kwh: Floats
    start_s: Floats
    step_load_frac: Floats
    stored_j: Floats
    given_carbon_g_per_kwh: Floats
    given_usd_per_kwh: Floats


def build_sources(power: Table, parts: Parts, rule: Lookup, records: Mapping[str, Any]) -> SourceArrays:
    """Sources of a plan; `records` are those of the table `power`."""
    kinds = [parts.power[code].power_kind if code >= 0 else "" for code in power["unit"].tolist()]
    rows = [row for row, kind in enumerate(kinds) if kind in SOURCE_KINDS or kind in STORE_KINDS]
    units = [parts.power[power["unit"][row]] for row in rows]
    curves = np.array([fuel_curve(unit) for unit in units], dtype=np.float64).reshape(-1, len(UNKNOWN))

    def each(values: list[float | None]) -> Floats:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    own = [records[power.ids[row]] for row in rows]
    fuels = [unit.fuel.replace(" ", "-") for unit in units]
    stored = [stored_j(record, unit) for record, unit in zip(own, units, strict=True)]
    return SourceArrays(
        row=np.array(rows, dtype=np.int64),
        ids=tuple(power.ids[row] for row in rows),
        utility=np.array([kinds[row] in UTILITY_KINDS for row in rows], dtype=np.bool_),
        store=np.array([kinds[row] in STORE_KINDS for row in rows], dtype=np.bool_),
        fuelled=np.array([bool(unit.fuel) for unit in units], dtype=np.bool_),
        kind=tuple(kinds[row] for row in rows),
        fuel=tuple(unit.fuel for unit in units),
        fuel_curves=curves,
        fuel_carbon_g_per_kwh=each([rule(f"power.fuel_carbon_g_per_kwh.{fuel}") for fuel in fuels]),
        fuel_usd_per_kwh=each([rule(f"power.fuel_usd_per_kwh.{fuel}") for fuel in fuels]),
        carbon_g_per_kwh=each([unit.carbon_g_per_kwh for unit in units]),
        start_s=each([unit.start_s for unit in units]),
        step_load_frac=each([unit.step_load_frac for unit in units]),
        stored_j=each(stored),
        given_carbon_g_per_kwh=each([record.carbon_g_per_kwh for record in own]),
        given_usd_per_kwh=each([record.electricity_usd_per_kwh for record in own]),
    )


def stored_j(record: PowerNode, unit: PowerUnit) -> float | None:
    """Energy of a store: the plan's own, else its units' own, else what carries their rating as long as they last."""
    if record.energy_kwh is not None:
        return record.energy_kwh * J_PER_KWH
    if unit.energy_j is not None:
        return unit.energy_j * record.units
    if unit.ride_through_s is None or unit.capacity_kw is None:
        return None
    return unit.capacity_kw * KILO * record.units * unit.ride_through_s


def fuel_curve(unit: PowerUnit) -> Curve:
    """Loss curve of a generator's fuel: published efficiency points, else its best efficiency; NaN without."""
    if not unit.fuel:
        return UNKNOWN
    if unit.efficiency_points:
        return fit_points(tuple((point.load_frac, point.efficiency_frac) for point in unit.efficiency_points))
    best = unit.efficiency_max_frac
    return Curve(0.0, 1.0 / best - 1.0) if best is not None else UNKNOWN
