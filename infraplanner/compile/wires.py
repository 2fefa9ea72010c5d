"""Conductors of the feeds: resistance, ampacity and limits of each, from its profile, its length and where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infraplanner.catalog.types import PowerUnit
from infraplanner.units import MICRO, MM2_PER_M2

from .parts import Flags, Floats, Ints, Parts, column
from .rules import Lookup
from .table import Table

PASSIVE_KINDS = frozenset(
    {
        "busway", "rpp", "rack_pdu", "pdu", "switchgear", "pdu_transformer", "mv_transformer", "contact", "feeder",
        "cable", "rack_busbar", "tap_box",
    }
)  # fmt: skip
"""Kinds whose output voltage follows their input; all others give nominal voltage."""

SYSTEMS = ("", "dc", "ac1", "ac3")


@dataclass(frozen=True, slots=True)
class WireArrays:
    """One row a feed, those into nodes first, then those into loads; `ohm_per_m` is of all runs together at 20 degC, of
    the loop (DC, single phase) or of one phase, 0 without a conductor, and `contacts_ohm` that of their joints.
    `length_m` is NaN where the plan gives none. `allowed_a` is the ampacity after ambient and grouping factors. `from_node`,
    `to_node`, `to_rack` and `to_unit` are rows of the tables where the ends stand (-1: not of this kind).
    """

    row: Ints
    known: Flags
    ohm_per_m: Floats
    reactance_per_m: Floats
    length_m: Floats
    contacts_ohm: Floats
    voltage_v: Floats
    current_ratio: Floats
    loss_count: Floats
    slope_frac: Floats
    sine_frac: Floats
    rated_a: Floats
    allowed_a: Floats
    rated_c: Floats
    reference_c: Floats
    ambient_c: Floats
    rise_frac: Floats
    from_node: Ints
    to_node: Ints
    to_rack: Ints
    to_unit: Ints


def build_wires(tables: Mapping[str, Table], parts: Parts, rule: Lookup, rows: Ints) -> WireArrays | None:
    """Arrays of the given feeds; None when none of them has a conductor."""
    feeds = tables["feeds"]
    code = feeds["conductor"][rows]
    if not (code >= 0).any():
        return None

    def of(name: str) -> Floats:
        return column(parts.power, name)[code]

    system = np.array([SYSTEMS.index(part.current_system) for part in parts.power] + [0], dtype=np.int64)[code]
    runs = feeds["runs"][rows]
    factor = rule("power.power_factor")
    pf = np.where(system >= 2, factor, 1.0)
    rated_c = np.where(np.isnan(of("conductor_c")), rule("power.conductor_c"), of("conductor_c"))
    reference_c = np.where(np.isnan(of("reference_c")), rule("power.conductor_ambient_c"), of("reference_c"))
    ambient = feeds["ambient_c"][rows]
    ambient = np.where(np.isnan(ambient), rule("power.conductor_ambient_c"), ambient)
    rise = rule("power.copper_temperature_coefficient_per_k")
    rho = rule("power.copper_resistivity_ohm_m")
    stated = of("resistance_uohm_per_m") * MICRO / (1.0 + rise * (rated_c - 20.0))
    per_m = np.where(np.isnan(of("section_mm2")), stated, rho * MM2_PER_M2 / of("section_mm2"))
    loop = np.where(system == 3, 1.0, 2.0)
    known = (code < 0) | (np.isfinite(per_m) & (system > 0) & (of("voltage_v") > 0.0))
    reactance = np.nan_to_num(of("reactance_uohm_per_m")) * MICRO
    fixed = np.where((code >= 0) & known, 1.0, 0.0)
    rated_a = of("ampacity_a") * runs
    joint = np.where(np.isnan(feeds["contact_ohm"][rows]), rule("power.contact_ohm"), feeds["contact_ohm"][rows])
    return WireArrays(
        row=rows,
        known=known,
        ohm_per_m=np.where(fixed > 0.0, per_m * loop / runs, 0.0),
        reactance_per_m=np.where((fixed > 0.0) & (system >= 2), reactance * loop / runs, 0.0),
        length_m=feeds["length_m"][rows],
        contacts_ohm=np.where(fixed > 0.0, feeds["contacts"][rows] * joint * loop / runs, 0.0),
        voltage_v=np.where(fixed > 0.0, of("voltage_v"), 1.0),
        current_ratio=np.where(system == 3, np.sqrt(3.0), 1.0) * pf,
        loss_count=np.where(system == 3, 3.0, 1.0),
        slope_frac=pf,
        sine_frac=np.sqrt(np.maximum(0.0, 1.0 - pf * pf)),
        rated_a=rated_a,
        allowed_a=rated_a
        * ambient_factor(ambient, rated_c, reference_c)
        * grouping_factor(feeds["grouped"][rows], rule),
        rated_c=rated_c,
        reference_c=reference_c,
        ambient_c=ambient,
        rise_frac=np.full(rows.size, rise),
        from_node=feeds["source@power"][rows],
        to_node=feeds["target@power"][rows],
        to_rack=feeds["target@racks"][rows],
        to_unit=feeds["target@cooling"][rows],
    )


def ambient_factor(ambient_c: Floats, rated_c: Floats, reference_c: Floats) -> Floats:
    """Ampacity at another ambient: sqrt((T_rated - T_amb) / (T_rated - T_ref)), 0 at and above the rated temperature.

    Worked: 75 degC conductor, 30 degC table: 0.943 at 35, 0.882 at 40, 0.816 at 45 degC.
    """
    found: Floats = np.sqrt(np.maximum(0.0, (rated_c - ambient_c) / (rated_c - reference_c)))
    return found


def grouping_factor(count: Floats, rule: Lookup) -> Floats:
    """Ampacity with more than three current-carrying conductors in one raceway."""
    steps = [1.0, rule("power.grouping_frac.04"), rule("power.grouping_frac.07"), rule("power.grouping_frac.10")]
    return np.array(steps)[np.digitize(count, (4.0, 7.0, 10.0))]


def lengths(wires: WireArrays, tables: Mapping[str, Table]) -> Floats:
    """Length of every feed [m]: the plan's own, else along the walls from one end to the other; NaN with an end missing."""
    if not np.isnan(wires.length_m).any():
        return wires.length_m
    power, racks, units = tables["power"], tables["racks"], tables["cooling"]

    def at(name: str) -> Floats:
        def pick(table: Table, rows: Ints) -> Floats:
            return np.append(table[name], np.nan)[rows]

        far = np.where(wires.to_rack >= 0, pick(racks, wires.to_rack), pick(units, wires.to_unit))
        far = np.where(wires.to_node >= 0, pick(power, wires.to_node), far)
        return np.abs(far - pick(power, wires.from_node))

    return np.where(np.isnan(wires.length_m), at("x_m") + at("y_m"), wires.length_m)


def is_conductor(part: PowerUnit) -> bool:
    """Whether a profile can be the conductor of a feed."""
    return bool(part.current_system) and (part.section_mm2 is not None or part.resistance_uohm_per_m is not None)
