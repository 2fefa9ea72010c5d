"""Cooling units and loops as arrays: how each unit works, which loop feeds which, coolant flow of every rack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infraplanner.catalog.types import CoolingUnit
from infraplanner.units import J_PER_KWH, KILO, L_PER_M3, S_PER_MIN

from .bodies import BodyArrays, coolant_flow
from .chain import children_first, group
from .columns import BOILING, FLUIDS
from .parts import Flags, Floats, Ints, Parts, column
from .rules import Lookup
from .table import Table

CDU, AIR, DRY, WET, CHILLER, TO_AIR, OTHER = range(7)
UNIT_KINDS = {
    "cdu": CDU, "cdu_row": CDU, "cdu_in_rack": CDU,
    "crah": AIR, "crac": AIR, "crac_crah": AIR, "in_row": AIR, "rear_door": AIR,
    "dry_cooler": DRY, "adiabatic_cooler": WET, "cooling_tower": WET,
    "chiller": CHILLER, "chiller_air_cooled": CHILLER, "chiller_water_cooled": CHILLER,
    "liquid_to_air": TO_AIR,
}  # fmt: skip
"""How a cooling kind works; kinds that are parts of a rack (cold plates, baths) move no heat by themselves."""


@dataclass(frozen=True, slots=True)
class PlantArrays:
    """See `kernels.cooling.Units` and `.Loops`; `cyclic` marks loops that feed each other in a ring."""

    kind: Ints
    capacity_w: Floats
    flow_m3_per_s: Floats
    approach_k: Floats
    power_frac: Floats
    water_m3_per_j: Floats
    cop_start: Ints
    cop_c: Floats
    cop: Floats
    evaporator_c: Floats
    condenser_k: Floats
    lift_k: Floats
    capacity_per_k: Floats
    hot_w_per_k: Floats
    cold_w_per_k: Floats
    exponent: Floats
    first: Ints
    then: Ints
    unit_start: Ints
    unit: Ints
    air_start: Ints
    air_unit: Ints
    flow_m3_per_j: Floats
    rho_cp_j_per_m3_k: Floats
    liquid_j_per_m3_k: Floats
    """Heat content of a loop's coolant as a liquid; `rho_cp` counts what boils away as if it warmed to boiling."""
    rack_flow_m3_per_j: Floats
    rack_supply_max_c: Floats
    cyclic: Flags


def build_plant(tables: Mapping[str, Table], parts: Parts, bodies: BodyArrays, rule: Lookup) -> PlantArrays:
    """Join units, loops and racks."""
    cooling, loops = tables["cooling"], tables["loops"]
    units = [parts.cooling[code] if code >= 0 else None for code in cooling["unit"]]
    kind = np.array([UNIT_KINDS.get(unit.cooling_kind, OTHER) if unit else OTHER for unit in units], dtype=np.int64)
    points = [tuple(sorted(unit.cop_points)) if unit else () for unit in units]
    flat = np.array([pair for rows in points for pair in rows], dtype=np.float64).reshape(-1, 2)
    rho_cp = np.array(
        [rule(f"fluid.{name}.density_kg_per_m3") * rule(f"fluid.{name}.heat_capacity_j_per_kg_k") for name in FLUIDS]
    )
    of_loop = np.append(rho_cp, np.nan)[loops["fluid"]]
    rack_flow, supply_max = _rack_coolant(tables, parts, bodies, rho_cp[FLUIDS.index("pg25")], rule)
    flow = _loop_flow(loops, of_loop)
    liquid = of_loop.copy()
    for row in np.flatnonzero(np.isin(loops["fluid"], [FLUIDS.index(name) for name in BOILING])).tolist():
        flow[row], of_loop[row] = _boiling(FLUIDS[loops["fluid"][row]], loops, row, rule)
    planned = 1.0 / (of_loop * rule("thermal.facility_rise_k"))
    wet = np.where(kind == WET, column(parts.cooling, "approach_wet_bulb_k")[cooling["unit"]], np.nan)
    first, then, cyclic = _loop_order(cooling, loops, kind)
    served = np.where(kind == AIR, -1, cooling["loop@loops"])
    unit_start, unit = group(served, len(loops))
    air_start, air_unit = group(np.where(kind == AIR, cooling["hall@halls"], -1), len(tables["halls"]))
    loop_of_rack = tables["racks"]["loop@loops"]
    own = np.append(flow, np.nan)[loop_of_rack]
    each = np.ones(len(cooling))
    capacity = column(parts.cooling, "capacity_kw", KILO)[cooling["unit"]]
    pumped = column(parts.cooling, "flow_l_per_min", 1.0 / (L_PER_M3 * S_PER_MIN))[cooling["unit"]]
    hot = pumped * np.append(np.where(liquid == of_loop, of_loop, np.nan), np.nan)[cooling["loop@loops"]]
    boils = np.append(liquid != of_loop, False)[cooling["loop@loops"]]
    warmed = np.append(1.0 / (flow * of_loop), np.nan)[cooling["loop@loops"]]
    condensed = capacity / np.where(boils, warmed, rule("thermal.technology_rise_k"))
    return PlantArrays(
        kind=kind,
        capacity_w=capacity,
        flow_m3_per_s=pumped,
        approach_k=np.where(np.isnan(wet), column(parts.cooling, "approach_k")[cooling["unit"]], wet),
        power_frac=np.array([_power_frac(unit) for unit in units], dtype=np.float64),
        water_m3_per_j=np.array([_water(unit, rule) for unit in units], dtype=np.float64),
        cop_start=np.concatenate([[0], np.cumsum([len(rows) for rows in points])]).astype(np.int64),
        cop_c=flat[:, 0].copy(),
        cop=flat[:, 1].copy(),
        evaporator_c=each * rule("thermal.chiller_evaporator_c"),
        condenser_k=each * rule("thermal.chiller_condenser_k"),
        lift_k=each * rule("thermal.chiller_lift_least_k"),
        capacity_per_k=each * rule("thermal.chiller_capacity_per_k"),
        hot_w_per_k=np.where(np.isnan(hot), condensed, hot),
        cold_w_per_k=capacity / rule("thermal.facility_rise_k"),
        exponent=each * rule("thermal.film_exponent"),
        first=first,
        then=then,
        unit_start=unit_start,
        unit=unit,
        air_start=air_start,
        air_unit=air_unit,
        flow_m3_per_j=np.where(np.isnan(flow), planned, flow),
        rho_cp_j_per_m3_k=of_loop,
        liquid_j_per_m3_k=liquid,
        rack_flow_m3_per_j=np.where(np.isnan(own), rack_flow, own),
        rack_supply_max_c=supply_max,
        cyclic=cyclic,
    )


def _loop_flow(loops: Table, rho_cp: Floats) -> Floats:
    """Flow per heat of each loop [m3/J], from its rise or its specific flow; NaN when it gives neither."""
    given = loops["flow_l_per_min_per_kw"] / (L_PER_M3 * S_PER_MIN * KILO)
    return np.where(np.isnan(loops["rise_k"]), given, 1.0 / (rho_cp * loops["rise_k"]))


def _boiling(fluid: str, loops: Table, row: int, rule: Lookup) -> tuple[float, float]:
    """Flow per heat [m3/J] of a loop that boils, and heat that a cubic metre takes up per kelvin of its rise [J/(m3 K)].

    The rise is how far below boiling the coolant comes. Flow follows from the vapour's planned share at the exit, unless
    the loop states it; with more than boiling needs it only warms.
    """
    density, heat, latent = (
        rule(f"fluid.{fluid}.{name}") for name in ("density_kg_per_m3", "heat_capacity_j_per_kg_k", "latent_j_per_kg")
    )
    below = float(loops["rise_k"][row])
    below = rule("thermal.two_phase_subcooling_k") if np.isnan(below) else below
    flow = float(loops["flow_l_per_min_per_kw"][row]) / (L_PER_M3 * S_PER_MIN * KILO)
    if np.isnan(flow):
        flow = 1.0 / (density * (rule("thermal.two_phase_exit_quality_frac") * latent + heat * below))
    warmed = min(below, 1.0 / (flow * density * heat)) if flow > 0.0 else below
    return flow, (1.0 / (flow * warmed) if flow > 0.0 else density * heat)


def _power_frac(unit: CoolingUnit | None) -> float:
    """Electric power per heat moved: fans, stated share, nameplate share, 1 / rated COP, else a planning share of the
    kind.
    """
    if unit is None:
        return np.nan
    if unit.fan_w_per_kw is not None:
        return unit.fan_w_per_kw / KILO
    if unit.power_frac is not None:
        return unit.power_frac
    if unit.power_w is not None and unit.capacity_kw:
        return unit.power_w / (unit.capacity_kw * KILO)
    if unit.cop_rated is not None:
        return 1.0 / unit.cop_rated
    return np.nan


def _water(unit: CoolingUnit | None, rule: Lookup) -> float:
    """Water per heat rejected [m3/J]; a tower without a figure evaporates, times `COC/(COC - 1)` for blow-down."""
    if unit is None:
        return 0.0
    if unit.water_l_per_kwh is not None:
        return unit.water_l_per_kwh / (L_PER_M3 * J_PER_KWH)
    if unit.cooling_kind != "cooling_tower":
        return 0.0
    cycles = float(unit.details.get("cycles", np.nan))
    return rule("thermal.evaporation_l_per_kwh") / (L_PER_M3 * J_PER_KWH) * cycles / (cycles - 1.0)


def _loop_order(cooling: Table, loops: Table, kind: Ints) -> tuple[Ints, Ints, Flags]:
    """Loops from the racks outwards, those with liquid-to-air units apart, and which stand on a ring (they come
    last).
    """
    source = np.where(cooling["loop@loops"] >= 0, cooling["source_loop@loops"], -1)
    pairs = np.unique(np.stack([cooling["loop@loops"], source])[:, source >= 0], axis=1)
    start, rows = group(pairs[0], len(loops))
    order = children_first(start, pairs[1][rows])
    cyclic = np.ones(len(loops), dtype=np.bool_)
    cyclic[order] = False
    order = np.concatenate([order, np.flatnonzero(cyclic)])
    to_air = np.isin(order, cooling["loop@loops"][kind == TO_AIR])
    return order[to_air], order[~to_air], cyclic


def _rack_coolant(
    tables: Mapping[str, Table], parts: Parts, bodies: BodyArrays, rho_cp: float, rule: Lookup
) -> tuple[Floats, Floats]:
    """Per rack, from its liquid-cooled bodies: flow per heat [m3/J] (at the planning rise where a profile states
    none), weighted by their liquid power, and the lowest of their highest supply temperatures [°C].
    """
    count = len(tables["racks"])
    wet = (bodies.liquid_frac > 0.0) & (bodies.rack >= 0) & ~np.isnan(bodies.max_w)
    rack, heat = bodies.rack[wet], (bodies.liquid_frac * bodies.max_w)[wet]
    flow = coolant_flow(parts, np.array(rho_cp))[bodies.system[wet]]
    flow = np.where(np.isnan(flow), 1.0 / (rho_cp * rule("thermal.technology_rise_k")), flow)
    total = np.bincount(rack, heat, count)
    mean = np.bincount(rack, heat * flow, count) / np.where(total > 0.0, total, np.nan)
    limit = np.full(count, np.inf)
    stated = column(parts.systems, "coolant_supply_max_c")[bodies.system[wet]]
    np.fmin.at(limit, rack, stated)
    return mean, np.where(np.isfinite(limit), limit, np.nan)
