"""Bad input in cooling: loops, units, temperatures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from infraplanner.compile.plant import AIR

from .context import CAP_TOLERANCE, Context, Flags, Message, Rule, apart, kw, rows, spread


def unserved_loop(context: Context) -> Iterator[Message]:
    """Loops that take heat but have no unit, and so no pump, to move it."""
    thermal, plant = context.result.thermal, context.compiled.plant
    units = np.diff(plant.unit_start)
    for row in rows((units == 0) & (thermal.loop_heat_w > 0.0)):
        loop = thermal.loop_ids[row]
        yield f"Loop {loop} takes {kw(thermal.loop_heat_w[row])} but 0 CDUs, coolers or pumps serve it.", (loop,)


def dry_rack(context: Context) -> Iterator[Message]:
    """Liquid-cooled racks on no loop."""
    thermal, racks = context.result.thermal, context.compiled.tables["racks"]
    for row in rows((racks["loop@loops"] < 0) & (thermal.rack_liquid_w > 0.0)):
        rack = racks.ids[row]
        yield f"Rack {rack} gives {kw(thermal.rack_liquid_w[row])} to liquid but is on 0 loops; it needs 1.", (rack,)


def hall_without_air(context: Context) -> Iterator[Message]:
    """Halls whose racks heat the air with no air unit in them."""
    thermal, compiled = context.result.thermal, context.compiled
    hall = compiled.tables["racks"]["hall@halls"]
    held = hall >= 0
    heat = np.bincount(hall[held], thermal.rack_air_w[held], len(thermal.hall_ids))
    for row in rows((np.diff(compiled.plant.air_start) == 0) & (heat > 0.0)):
        name = thermal.hall_ids[row]
        yield f"Racks give {kw(heat[row])} to the air of hall {name}, which has 0 air units.", (name,)


def over_capacity(context: Context) -> Iterator[Message]:
    """Units that take more heat than they can."""
    thermal = context.result.thermal
    for row in rows(thermal.unit_heat_w > thermal.unit_capacity_w * (1.0 + CAP_TOLERANCE)):
        unit = thermal.unit_ids[row]
        heat, limit = apart(thermal.unit_heat_w[row] / 1e3, thermal.unit_capacity_w[row] / 1e3)
        yield f"Unit {unit} takes {heat} kW, more than its capacity of {limit} kW.", (unit,)


def held(context: Context) -> Iterator[Message]:
    """Racks that heat management slows, by the hall or loop whose fullest unit is at its capacity."""
    power, thermal, compiled = context.result.power, context.result.thermal, context.compiled
    plant, tables = compiled.plant, compiled.tables
    load = thermal.unit_heat_w / thermal.unit_capacity_w
    slowed = power.rack_powered & (power.rack_held_frac < 1.0 - CAP_TOLERANCE)
    for table, ids, start, units in (
        ("halls", thermal.hall_ids, plant.air_start, plant.air_unit),
        ("loops", thermal.loop_ids, plant.unit_start, plant.unit),
    ):
        for row in rows(tables[table]["managed"]):
            own = units[start[row] : start[row + 1]]
            full = own[np.abs(load[own] - 1.0) <= CAP_TOLERANCE]
            beneath = tables["racks"]["hall@halls"] == row if table == "halls" else _cooled_through(context, row)
            kept = power.rack_held_frac[slowed & beneath]
            if full.size and kept.size:
                unit = thermal.unit_ids[full[0]]
                yield (
                    f"{unit} carries all it can ({kw(thermal.unit_capacity_w[full[0]])}); {kept.size} racks of {ids[row]} hold "
                    f"their accelerators to {spread(kept)} of the clock.",
                    (ids[row], unit),
                )


def _cooled_through(context: Context, loop: int) -> Flags:
    """Racks whose heat passes a loop: those on it, and those on loops or in halls whose units reject to such a loop."""
    plant, tables = context.compiled.plant, context.compiled.tables
    through = np.arange(len(tables["loops"])) == loop
    source = tables["cooling"]["source_loop@loops"]
    for _ in range(through.size):
        to = (source >= 0) & through[source]
        inner = tables["cooling"]["loop@loops"][to]
        through[inner[inner >= 0]] = True
    halls = np.zeros(len(tables["halls"]) + 1, np.bool_)
    air = (plant.kind == AIR) & (source >= 0) & through[source]
    halls[tables["cooling"]["hall@halls"][air]] = True
    halls[-1] = False
    racks = tables["racks"]
    on: Flags = np.append(through, False)[racks["loop@loops"]] | halls[racks["hall@halls"]]
    return on


def over_flow(context: Context) -> Iterator[Message]:
    """Units asked for more flow than they pump."""
    thermal = context.result.thermal
    for row in rows(thermal.unit_flow_frac > 1.0 + 1e-9):
        unit = thermal.unit_ids[row]
        flow = thermal.unit_flow_l_per_min[row]
        limit = flow / thermal.unit_flow_frac[row]
        yield f"Unit {unit} is asked for {flow:.0f} L/min, more than the {limit:.0f} L/min it pumps.", (unit,)


def warm_supply(context: Context) -> Iterator[Message]:
    """Racks whose coolant is warmer than they allow."""
    thermal, compiled = context.result.thermal, context.compiled
    loop = compiled.tables["racks"]["loop@loops"]
    supply = np.append(thermal.loop_supply_c, np.nan)[loop]
    limit = compiled.plant.rack_supply_max_c
    for row in rows((loop >= 0) & (supply > limit + 1e-9)):
        rack = compiled.tables["racks"].ids[row]
        name = thermal.loop_ids[loop[row]]
        now, most = apart(supply[row], limit[row])
        text = f"Loop {name} supplies rack {rack} at {now} °C, warmer than its limit of {most} °C."
        yield text, (rack, name)


def missed_set_point(context: Context) -> Iterator[Message]:
    """Loops whose units cannot make the supply temperature that the plan asks for."""
    thermal = context.result.thermal
    wanted = context.compiled.tables["loops"]["supply_c"]
    for row in rows(thermal.loop_supply_c > wanted + 1e-6):
        loop = thermal.loop_ids[row]
        got, asked = apart(thermal.loop_supply_c[row], wanted[row])
        yield f"Loop {loop} is set to {asked} °C but its units reach only {got} °C.", (loop,)


def loop_cycle(context: Context) -> Iterator[Message]:
    """Loops that reject heat to each other in a ring."""
    ids = context.ids("loops")
    ring = tuple(ids[row] for row in rows(context.compiled.plant.cyclic))
    if ring:
        yield f"{len(ring)} loops reject their heat to each other in a ring; 0 are allowed.", ring


def unknown_unit_power(context: Context) -> Iterator[Message]:
    """Units that move heat and whose power is unknown."""
    thermal = context.result.thermal
    for row in rows(np.isnan(thermal.unit_power_w) & (thermal.unit_heat_w > 0.0)):
        unit = thermal.unit_ids[row]
        yield f"Unit {unit} moves {kw(thermal.unit_heat_w[row])} at unknown power; 0 W are counted.", (unit,)


RULES = (
    Rule("cooling.loop-cycle", "error", "thermal", "Loops form no ring", loop_cycle),
    Rule("cooling.unserved-loop", "error", "thermal", "Every loop has a unit that moves its heat", unserved_loop),
    Rule("cooling.rack-without-loop", "error", "thermal", "Every liquid-cooled rack is on a loop", dry_rack),
    Rule(
        "cooling.hall-without-air-unit",
        "warning",
        "thermal",
        "Halls with air heat have air units",
        hall_without_air,
    ),
    Rule("cooling.over-capacity", "error", "thermal", "No unit is above its capacity", over_capacity),
    Rule("cooling.held", "info", "thermal", "What heat management costs is said", held),
    Rule("cooling.over-flow", "error", "thermal", "No unit is asked for more than it pumps", over_flow),
    Rule("cooling.supply-too-warm", "error", "thermal", "Coolant is cool enough for its racks", warm_supply),
    Rule("cooling.set-point-missed", "warning", "thermal", "Units reach the set point of their loop", missed_set_point),
    Rule("cooling.unknown-power", "warning", "thermal", "Every unit has a power figure", unknown_unit_power),
)
