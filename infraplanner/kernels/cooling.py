"""Heat from racks to outdoors: air units and coolant loops share heat, move it on, draw power and set temperatures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints
from .exchange import approach, film_conductance, rated_conductance


class Units(NamedTuple):
    """Cooling units, one row each. `kind`: 0 CDU, 1 air unit, 2 dry cooler, 3 cooling tower, 4 chiller, 5 liquid to
    air, 6 none.

    `hall` is where it stands, `source_loop` takes the heat (-1: outdoors or not drawn). Electric power is `power_frac`
    of the heat, or heat / COP where a COP curve exists (`cop_start` rows of `cop_c`, `cop`), made at the evaporator
    temperature `evaporator_c` with a condenser `condenser_k` above the air and never less than `lift_k` between them; its
    capacity grows by `capacity_per_k` with the water it makes. An exchanger's approach is that of its rated capacity
    flows; `exponent` is that of its films over flow.
    """

    kind: Ints
    hall: Ints
    source_loop: Ints
    capacity_w: Floats
    flow_m3_per_s: Floats
    approach_k: Floats
    power_frac: Floats
    water_m3_per_j: Floats
    standby: Flags
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


class Loops(NamedTuple):
    """Coolant loops. The orders run from the racks outwards; `first` holds those that liquid-to-air units cool, which
    must come before the air units. `unit_start`/`unit` index the units by loop, `air_start`/`air_unit` the air
    units by hall. `flow_m3_per_j` is flow per heat (1 / (rho cp rise)), NaN when neither rise nor specific flow is
    known.
    """

    first: Ints
    then: Ints
    unit_start: Ints
    unit: Ints
    air_start: Ints
    air_unit: Ints
    supply_c: Floats
    flow_m3_per_j: Floats
    rho_cp_j_per_m3_k: Floats


class Plant(NamedTuple):
    """Results. Per unit: heat, power, flow, supply and return temperature, water; per loop: heat, flow, supply
    temperature, and whether any live unit serves it; per hall: heat to its air and whether an air unit is there.
    """

    unit_heat_w: Floats
    unit_power_w: Floats
    unit_flow_m3_per_s: Floats
    unit_supply_c: Floats
    unit_return_c: Floats
    unit_water_m3_per_s: Floats
    loop_heat_w: Floats
    loop_flow_m3_per_s: Floats
    loop_supply_c: Floats
    loop_served: Flags
    hall_heat_w: Floats
    hall_served: Flags
    rack_flow_m3_per_s: Floats


@kernel
def curve_at(x: float, xs: Floats, ys: Floats, first: int, last: int) -> float:
    """Linear interpolation in rows first..last-1, held flat outside; NaN when there are none."""
    if last <= first:
        return np.nan
    if x <= xs[first]:
        return float(ys[first])
    for k in range(first + 1, last):
        if x <= xs[k]:
            return float(ys[k - 1] + (ys[k] - ys[k - 1]) * (x - xs[k - 1]) / (xs[k] - xs[k - 1]))
    return float(ys[last - 1])


@kernel
def unit_power(heat_w: float, power_frac: float, cop: float) -> float:
    """Electric power of a unit [W]: `Q / COP` for a chiller (COP known), else `power_frac Q`. Unknown gives NaN.

    Worked: 350 kW at COP 3.5 takes 100 kW; fans of 12 W/kW take 12 kW for 1 MW.
    """
    if heat_w == 0.0:
        return 0.0
    return heat_w * power_frac if np.isnan(cop) else heat_w / cop


@kernel
def warmer_water(supply_c: float, ambient_c: float, rated_c: float, condenser_k: float, lift_k: float) -> float:
    """COP with chilled water at `supply_c` over the COP at `rated_c`, the same share of Carnot's: T_e / (T_c - T_e).

    The condenser is `condenser_k` above the air, the lift never below `lift_k`. 1 where the supply is unknown. Worked: 18
    over 6.67 degC in air of 25 degC, condenser 15 K above: 291.15/22 over 279.82/33.33: 1.576.
    """
    if np.isnan(supply_c):
        return 1.0
    condenser = ambient_c + condenser_k
    now, rated = max(lift_k, condenser - supply_c), max(lift_k, condenser - rated_c)
    return (supply_c + 273.15) / now * rated / (rated_c + 273.15)


@kernel
def operating_approach(units: Units, u: int, heat_w: float, hot_w_per_k: float, cold_w_per_k: float) -> float:
    """Approach of an exchanger at its present heat and capacity flows [K]: UA from its rating, films slower with less flow.

    That of the rating where its capacity or flows are unknown. Beyond its rated heat the flows grow no further, and the
    approach grows with the heat. Worked: half the heat and both flows at half, exponent 0.7, equal flows: UA 0.616, NTU
    1.231 times the rated one.
    """
    rated, hot, cold = units.approach_k[u], units.hot_w_per_k[u], units.cold_w_per_k[u]
    if not (min(heat_w, hot_w_per_k, cold_w_per_k, hot, cold, rated, units.capacity_w[u]) > 0.0):
        return float(rated)
    over = max(1.0, heat_w / units.capacity_w[u])
    ua = rated_conductance(units.capacity_w[u], hot, cold, rated + units.capacity_w[u] / hot, 0.0)
    ua = film_conductance(ua, hot_w_per_k / over / hot, cold_w_per_k / over / cold, units.exponent[u])
    found = approach(heat_w, ua, hot_w_per_k / over, cold_w_per_k / over)
    return found if found > 0.0 else float(rated)


@kernel
def share_heat(units: Units, alive: Flags, members: Ints, heat_w: float, plant: Plant) -> bool:
    """Spread heat over the live units of a group by capacity, evenly when one has no known capacity; False when none
    is live.

    Standby units take part only when no duty unit is live or when one of the group has failed.
    """
    duty = 0
    failed = 0
    for k in range(members.size):
        if not alive[members[k]]:
            failed += 1
        elif not units.standby[members[k]]:
            duty += 1
    use_standby = duty == 0 or failed > 0
    total = 0.0
    count = 0
    known = True
    for k in range(members.size):
        u = members[k]
        if alive[u] and (use_standby or not units.standby[u]):
            count += 1
            total += units.capacity_w[u]
            known = known and units.capacity_w[u] > 0.0
    for k in range(members.size):
        u = members[k]
        if alive[u] and (use_standby or not units.standby[u]):
            plant.unit_heat_w[u] += heat_w * (units.capacity_w[u] / total if known else 1.0 / count)
    return count > 0


@kernel
def reject(units: Units, loops: Loops, members: Ints, dry_bulb_c: float, supply_c: float, plant: Plant) -> None:
    """Power and water of a group of units; each one's heat plus power goes to the loop it rejects to, or to its hall.
    Chillers take less the warmer the water they are to make (`supply_c`, NaN: as rated).

    Handles a whole group in one call: passing many arrays costs more than the arithmetic of one unit.
    """
    for k in range(members.size):
        u = members[k]
        heat = plant.unit_heat_w[u]
        cop = curve_at(dry_bulb_c, units.cop_c, units.cop, units.cop_start[u], units.cop_start[u + 1])
        power_frac = units.power_frac[u]
        if units.kind[u] == 4:
            warmer = warmer_water(supply_c, dry_bulb_c, units.evaporator_c[u], units.condenser_k[u], units.lift_k[u])
            cop, power_frac = cop * warmer, power_frac / warmer
        power = unit_power(heat, power_frac, cop)
        plant.unit_power_w[u] = power
        plant.unit_water_m3_per_s[u] = heat * units.water_m3_per_j[u]
        passed = heat + (0.0 if np.isnan(power) else power)
        target = units.source_loop[u]
        if target >= 0:
            plant.loop_heat_w[target] += passed
            plant.loop_flow_m3_per_s[target] += passed * loops.flow_m3_per_j[target]
        elif units.kind[u] == 5 and units.hall[u] >= 0:
            plant.hall_heat_w[units.hall[u]] += passed


@kernel
def collect(
    rack_loop: Ints, rack_hall: Ints, air_w: Floats, liquid_w: Floats, rack_flow_m3_per_j: Floats, plant: Plant
) -> None:
    """Racks' heat into loops and halls, and each rack's coolant flow; coolant heat of a rack without a loop goes to
    its hall.

    rack flow = heat / (rho cp rise). Worked: 112.2 kW at 10 K in PG25 (4.0 MJ/m3/K): 2.8 L/s = 168 L/min. The caller
    has put other heat (losses of power nodes) into `hall_heat_w` before.
    """
    plant.loop_heat_w[:] = 0.0
    plant.loop_flow_m3_per_s[:] = 0.0
    for r in range(rack_loop.size):
        loop = rack_loop[r]
        air = air_w[r]
        plant.rack_flow_m3_per_s[r] = 0.0
        if loop >= 0:
            flow = liquid_w[r] * rack_flow_m3_per_j[r] if liquid_w[r] > 0.0 else 0.0
            plant.rack_flow_m3_per_s[r] = flow
            plant.loop_heat_w[loop] += liquid_w[r]
            plant.loop_flow_m3_per_s[loop] += flow
        else:
            air += liquid_w[r]
        if rack_hall[r] >= 0:
            plant.hall_heat_w[rack_hall[r]] += air


@kernel
def run_plant(units: Units, loops: Loops, alive: Flags, dry_bulb_c: float, wet_bulb_c: float, plant: Plant) -> None:
    """Carry the collected heat outdoors, loops from the racks outwards, then set temperatures from outdoors inwards.

    Every unit hands its heat plus its power on, so heat is conserved at each step.
    """
    plant.unit_heat_w[:] = 0.0
    plant.unit_power_w[:] = 0.0
    plant.unit_water_m3_per_s[:] = 0.0
    plant.unit_flow_m3_per_s[:] = np.nan
    plant.unit_supply_c[:] = np.nan
    plant.unit_return_c[:] = np.nan
    _serve_loops(loops.first, units, loops, alive, dry_bulb_c, plant)
    for h in range(plant.hall_heat_w.size):
        members = loops.air_unit[loops.air_start[h] : loops.air_start[h + 1]]
        plant.hall_served[h] = share_heat(units, alive, members, plant.hall_heat_w[h], plant)
        reject(units, loops, members, dry_bulb_c, np.nan, plant)
    _serve_loops(loops.then, units, loops, alive, dry_bulb_c, plant)
    for k in range(loops.then.size - 1, -1, -1):
        _set_temperature(loops.then[k], units, loops, alive, dry_bulb_c, wet_bulb_c, plant)
    for k in range(loops.first.size - 1, -1, -1):
        _set_temperature(loops.first[k], units, loops, alive, dry_bulb_c, wet_bulb_c, plant)


@kernel
def _serve_loops(order: Ints, units: Units, loops: Loops, alive: Flags, dry_bulb_c: float, plant: Plant) -> None:
    for k in range(order.size):
        loop = order[k]
        members = loops.unit[loops.unit_start[loop] : loops.unit_start[loop + 1]]
        heat = plant.loop_heat_w[loop]
        plant.loop_served[loop] = share_heat(units, alive, members, heat, plant)
        for j in range(members.size):
            u = members[j]
            part = plant.unit_heat_w[u] / heat if heat > 0.0 else 0.0
            plant.unit_flow_m3_per_s[u] = plant.loop_flow_m3_per_s[loop] * part if part > 0.0 else 0.0
        reject(units, loops, members, dry_bulb_c, loops.supply_c[loop], plant)


@kernel
def strained_approach(approach_k: float, load_ratio: float, asked: bool) -> float:
    """Approach of a cooler at full fans and a share of its rated heat [K]: in proportion, as its conductance stands.

    Below its rating its fans slow down and hold the rated approach unless a set point asks for colder water. NaN load:
    as rated. Worked: 8 K at 1.25: 10 K; 8 K at 0.5: 4 K where that is asked for, else 8 K.
    """
    if np.isnan(load_ratio):
        return approach_k
    return approach_k * (load_ratio if asked else max(1.0, load_ratio))


@kernel
def chiller_supply(set_c: float, load_ratio: float, capacity_per_k: float) -> float:
    """Coldest water of a chiller [degC]: any set point within its capacity (minus infinity); beyond, so much warmer that
    the capacity, which grows with the water it makes, carries the heat.

    Worked: 18 degC wanted at 1.06 of the capacity, 0.03 a kelvin: 20 degC.
    """
    if np.isnan(set_c + load_ratio) or load_ratio <= 1.0:
        return -np.inf
    return set_c + (load_ratio - 1.0) / capacity_per_k


@kernel
def coldest_supply(kind: int, approach_k: float, source_c: float, dry_bulb_c: float, wet_bulb_c: float) -> float:
    """Lowest supply temperature that a unit can make [°C]: its approach above the loop, or the air, it rejects to.

    A chiller makes any set point (minus infinity); NaN when the other side is unknown. Worked: dry cooler, 14 °C, 8 K:
    22 °C.
    """
    if kind == 4:
        return -np.inf
    if kind == 2:
        return dry_bulb_c + approach_k
    if kind == 3:
        return wet_bulb_c + approach_k
    return source_c + approach_k


@kernel
def _set_temperature(
    loop: int, units: Units, loops: Loops, alive: Flags, dry_bulb_c: float, wet_bulb_c: float, plant: Plant
) -> None:
    """Supply = the set point, or the coldest that the units can make when that is warmer; return = supply + Q / (rho
    cp V).
    """
    members = loops.unit[loops.unit_start[loop] : loops.unit_start[loop + 1]]
    wanted = loops.supply_c[loop]
    coldest = -np.inf
    for k in range(members.size):
        u = members[k]
        if alive[u] and plant.unit_heat_w[u] > 0.0:
            source = units.source_loop[u]
            source_c = plant.loop_supply_c[source] if source >= 0 else np.nan
            load = plant.unit_heat_w[u] / units.capacity_w[u]
            outdoors = units.kind[u] == 2 or units.kind[u] == 3
            near = strained_approach(units.approach_k[u], load, outdoors and not np.isnan(wanted))
            if units.kind[u] == 0 and source >= 0:
                hot = plant.unit_flow_m3_per_s[u] * loops.rho_cp_j_per_m3_k[loop]
                cold = plant.unit_heat_w[u] * loops.flow_m3_per_j[source] * loops.rho_cp_j_per_m3_k[source]
                near = operating_approach(units, u, plant.unit_heat_w[u], hot, cold)
            possible = coldest_supply(units.kind[u], near, source_c, dry_bulb_c, wet_bulb_c)
            if units.kind[u] == 4:
                possible = chiller_supply(wanted, load, units.capacity_per_k[u])
            if not np.isnan(possible):
                coldest = max(coldest, possible)
    supply = coldest if np.isnan(wanted) else max(wanted, coldest)
    plant.loop_supply_c[loop] = supply if supply > -np.inf else np.nan
    for k in range(members.size):
        u = members[k]
        plant.unit_supply_c[u] = plant.loop_supply_c[loop]
        flow = plant.unit_flow_m3_per_s[u]
        rise = plant.unit_heat_w[u] / (loops.rho_cp_j_per_m3_k[loop] * flow) if flow > 0.0 else np.nan
        plant.unit_return_c[u] = plant.unit_supply_c[u] + rise
