"""The air field, the chips and the coolants: what is too warm, what cannot breathe, what cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from infraplanner.catalog.types import CoolingUnit
from infraplanner.compile.columns import BOILING, BRANCH_PARTS, FLUIDS
from infraplanner.compile.weather import typical_year

from .context import Context, Message, Rule, apart, kw, rows

IMMERSION = frozenset({"immersion_1phase", "immersion_2phase"})
FELT_K = 0.02
"""Excess of an inlet that counts: above what an air field settles to, below what anyone measures."""
BLOWN_K = 0.1
"""Excess of supply air that counts: what valves and sensors of units hold."""
ON_CHIPS = frozenset({"cold_plate_1phase", "cold_plate_jet", "cold_plate_2phase", "mems_air"})


def _racks(context: Context) -> tuple[str, ...]:
    return context.result.power.rack_ids


def no_field(context: Context) -> Iterator[Message]:
    """Halls whose air field is no result, and why."""
    for hall in context.result.thermal.air.halls:
        if hall.state not in ("settled", "no_heat"):
            yield hall.note, (hall.hall,)


def inlet_over_limit(context: Context) -> Iterator[Message]:
    """Racks that breathe warmer air than what stands in them allows."""
    inlet = context.result.thermal.air.rack_worst_c
    if inlet.size != len(_racks(context)):
        return
    limit = context.compiled.inlet_limits()
    for row in rows(inlet > limit + FELT_K):
        now, most = apart(inlet[row], limit[row])
        text = f"Rack {_racks(context)[row]} breathes {now} °C, more than the {most} °C it allows."
        yield text, (_racks(context)[row],)


def inlet_over_advice(context: Context) -> Iterator[Message]:
    """Racks above the recommended inlet temperature but within what they allow."""
    inlet = context.result.thermal.air.rack_worst_c
    if inlet.size != len(_racks(context)):
        return
    advice, limit = context.compiled.rule("thermal.air_inlet_recommended_max_c"), context.compiled.inlet_limits()
    for row in rows((inlet > advice + FELT_K) & ~(inlet > limit + FELT_K)):
        now, most = apart(inlet[row], advice)
        text = f"Rack {_racks(context)[row]} breathes {now} °C; {most} °C is recommended at most."
        yield text, (_racks(context)[row],)


def inlet_under_class(context: Context) -> Iterator[Message]:
    """Racks that breathe colder air than their class allows."""
    inlet = context.result.thermal.air.rack_inlet_c
    if inlet.size != len(_racks(context)):
        return
    least = context.compiled.inlet_least()
    for row in rows(inlet < least - FELT_K):
        now, fewest = apart(inlet[row], least[row])
        text = f"Rack {_racks(context)[row]} breathes {now} °C; its class allows {fewest} °C at least."
        yield text, (_racks(context)[row],)


def supply_missed(context: Context) -> Iterator[Message]:
    """Halls whose air units blow warmer air than the hall asks for: too warm water, or too small coils."""
    compiled = context.compiled
    halls = compiled.tables["halls"]
    for hall in context.result.thermal.air.halls:
        asked = halls["supply_air_c"][halls.index[hall.hall]]
        wanted = compiled.rule("thermal.air_supply_c") if np.isnan(asked) else asked
        if hall.state == "settled" and hall.supply_c is not None and hall.supply_c > wanted + BLOWN_K:
            made, set_c = apart(hall.supply_c, wanted)
            yield f"The air units of hall {hall.hall} blow {made} °C; the hall asks for {set_c} °C.", (hall.hall,)


def no_breath(context: Context) -> Iterator[Message]:
    """Racks before and behind which no floor is open."""
    for rack in context.result.thermal.air.no_port:
        yield f"Rack {rack} has 0 open tiles before and behind it; air needs 1 to get in and 1 to get out.", (rack,)


def tile_under_rack(context: Context) -> Iterator[Message]:
    """Racks that stand on perforated tiles, drawn or of a cold aisle."""
    for rack, count in context.result.thermal.air.blocked_tiles:
        yield f"Rack {rack} stands on {count} perforated tiles; 0 are allowed.", (rack,)


def containment_without_aisle(context: Context) -> Iterator[Message]:
    """Halls that are said to be contained but draw no aisle."""
    for note in context.result.thermal.air.notes:
        yield note, (note.split()[1],)


def throttled(context: Context) -> Iterator[Message]:
    """Racks whose chips lower their clock to stay at the case limit."""
    chips = context.result.thermal.chips
    index = context.compiled.tables["racks"].index
    for rack in chips.throttled:
        clock, _ = apart(100.0 * chips.rack_clock_frac[index[rack]], 100.0, 0)
        text = f"Chips in rack {rack} throttle to {clock} % of their clock to hold {chips.case_limit_c:.0f} °C."
        yield text, (rack,)


def too_hot(context: Context) -> Iterator[Message]:
    """Racks whose chips pass the limit even at the lowest clock."""
    chips = context.result.thermal.chips
    index = context.compiled.tables["racks"].index
    for rack in chips.too_hot:
        case, limit = apart(
            chips.rack_case_c[index[rack]], np.nan if chips.case_limit_c is None else chips.case_limit_c, 0
        )
        text = f"Chips in rack {rack} reach {case} °C at their lowest clock, over the limit of {limit} °C."
        yield text, (rack,)


def runaway(context: Context) -> Iterator[Message]:
    """Racks whose chips heat themselves: leakage rises faster than their cooling takes heat away."""
    for rack in context.result.thermal.chips.runaway:
        yield f"Chips in rack {rack} run away thermally: leakage grows faster than their plate cools.", (rack,)


def held_back(context: Context) -> Iterator[Message]:
    """Racks whose chips are slowed to what boils away on them or what their modules carry."""
    chips = context.result.thermal.chips
    index = context.compiled.tables["racks"].index
    for rack in chips.held:
        row = index[rack]
        text = (
            f"Chips in rack {rack} run at {100 * chips.rack_clock_frac[row]:.0f} % of their clock: what cools them "
            f"carries {chips.rack_most_w[row]:.0f} W each at most."
        )
        yield text, (rack,)


def dried_out(context: Context) -> Iterator[Message]:
    """Racks whose chips give off more than their boiling surface or modules carry, even at the lowest clock."""
    chips = context.result.thermal.chips
    index = context.compiled.tables["racks"].index
    for rack in chips.dry:
        row = index[rack]
        text = (
            f"Chips in rack {rack} give off {chips.rack_chip_w[row]:.0f} W each at their lowest clock; what cools them "
            f"carries {chips.rack_most_w[row]:.0f} W."
        )
        yield text, (rack,)


def wrong_plate(context: Context) -> Iterator[Message]:
    """Racks that name as their plate what is none, or a liquid plate where nothing gives heat to a liquid."""
    compiled = context.compiled
    racks = compiled.tables["racks"]
    for row in rows(racks["plate"] >= 0):
        part = compiled.parts.cooling[racks["plate"][row]]
        rack = racks.ids[row]
        if part.cooling_kind not in ON_CHIPS:
            yield (
                f"Rack {rack} names {part.id} on its chips; a cold plate or solid-state modules are expected.",
                (rack,),
            )
        elif part.cooling_kind != "mems_air" and not context.result.thermal.rack_liquid_w[row] > 0.0:
            yield f"Rack {rack} names the cold plate {part.id} but gives 0 W to a liquid.", (rack,)


def plate_that_cannot_boil(context: Context) -> Iterator[Message]:
    """Racks on a loop whose coolant boils, with plates that are not made for it."""
    compiled = context.compiled
    racks, loops = compiled.tables["racks"], compiled.tables["loops"]
    boiling = np.append(np.isin(loops["fluid"], [FLUIDS.index(name) for name in BOILING]), False)
    for row in rows(boiling[racks["loop@loops"]] & (context.result.thermal.rack_liquid_w > 0.0)):
        code, loop = int(racks["plate"][row]), int(racks["loop@loops"][row])
        part = compiled.parts.cooling[code] if code >= 0 else None
        fluid = FLUIDS[loops["fluid"][loop]]
        if part is None or part.cooling_kind != "cold_plate_2phase" or part.fluid != fluid:
            named = "no plate" if part is None else part.id
            text = (
                f"The {fluid} of loop {loops.ids[loop]} boils, and rack {racks.ids[row]} names {named}; a two-phase plate for"
                f" {fluid} is expected."
            )
            yield text, (racks.ids[row], loops.ids[loop])


def dry_out(context: Context) -> Iterator[Message]:
    """Loops that boil and whose driest rack gives back more vapour than plates bear."""
    most = context.compiled.rule("thermal.two_phase_dryout_frac")
    for loop in context.result.thermal.loops.loops:
        if loop.exit_quality_frac is not None and loop.exit_quality_frac > most:
            share, bound = apart(100.0 * min(loop.exit_quality_frac, 1.0), 100.0 * most, 0)
            text = f"Coolant of loop {loop.loop} leaves rack {loop.driest} as {share} % vapour; plates dry out above {bound} %."
            yield text, (loop.loop, loop.driest)


def frozen_coolant(context: Context) -> Iterator[Message]:
    """Loops whose supply lies below the freezing point of their coolant."""
    loops = context.compiled.tables["loops"]
    supply = np.fmin(loops["supply_c"], context.result.thermal.loop_supply_c)
    freezing = np.array([context.compiled.rule(f"fluid.{name}.freezing_c") for name in FLUIDS])
    point = freezing[loops["fluid"]]
    for row in rows(supply <= point):
        fluid = FLUIDS[loops["fluid"][row]]
        text = f"Loop {loops.ids[row]} supplies {fluid} at {supply[row]:.1f} °C; it freezes at {point[row]:.1f} °C."
        yield text, (loops.ids[row],)


def starved_plate(context: Context) -> Iterator[Message]:
    """Racks whose cold plates get less flow than their law was measured at."""
    flow = context.result.thermal.chips.rack_plate_flow_l_per_min
    plate = context.compiled.parts.catalogue.find("cp-oam-pg25")
    if flow.size != len(_racks(context)) or not isinstance(plate, CoolingUnit):
        return
    least = float(plate.details.get("flow_lpm", "nan").split(",")[0])
    boils = np.isfinite(context.result.thermal.loops.rack_exit_quality_frac)  # less flow, and a limit of their own
    for row in rows((flow > 0.0) & (flow < least) & ~(boils if boils.size == flow.size else np.zeros(flow.size, bool))):
        rack = _racks(context)[row]
        yield (
            f"Cold plates in rack {rack} get {flow[row]:.2f} L/min each; {least:g} L/min is the least they take.",
            (rack,),
        )


def both_flows(context: Context) -> Iterator[Message]:
    """Loops that set their flow twice."""
    loops = context.compiled.tables["loops"]
    for row in rows(np.isfinite(loops["rise_k"]) & np.isfinite(loops["flow_l_per_min_per_kw"])):
        name = loops.ids[row]
        rise, flow = loops["rise_k"][row], loops["flow_l_per_min_per_kw"][row]
        yield f"Loop {name} sets its flow by {rise:g} K and by {flow:g} L/min/kW; only one may be given.", (name,)


def air_only_in_bath(context: Context) -> Iterator[Message]:
    """Racks on the loop of an immersion tank whose servers give no heat to a liquid."""
    compiled, thermal = context.compiled, context.result.thermal
    cooling, racks = compiled.tables["cooling"], compiled.tables["racks"]
    baths = np.array([compiled.parts.cooling[code].cooling_kind in IMMERSION if code >= 0 else False
                      for code in cooling["unit"].tolist()], dtype=np.bool_)  # fmt: skip
    held = cooling["loop@loops"][baths]
    loops = {int(loop): cooling.ids[row] for row, loop in zip(rows(baths), held.tolist(), strict=True) if loop >= 0}
    for row in rows(np.isin(racks["loop@loops"], list(loops)) & (racks["loop@loops"] >= 0)):
        if not thermal.rack_liquid_w[row] > 0.0 and thermal.rack_air_w[row] > 0.0:
            tank = loops[int(racks["loop@loops"][row])]
            text = f"Immersion tank {tank} holds rack {racks.ids[row]}, whose air-cooled servers give 0 W to a liquid."
            yield text, (racks.ids[row], tank)


def starved_loop(context: Context) -> Iterator[Message]:
    """Loops whose pumps cannot give the worst-placed rack the coolant it wants."""
    for loop in context.result.thermal.loops.loops:
        if loop.reach_frac is not None and loop.reach_frac < 1.0 - 1e-6:
            share, _ = apart(100.0 * loop.reach_frac, 100.0, 0)
            text = f"Pumps of loop {loop.loop} at full speed give rack {loop.worst} {share} % of the coolant it wants."
            yield text, (loop.loop, loop.worst)


def no_pump(context: Context) -> Iterator[Message]:
    """Loops with racks and units of which none pumps; a tank moves its own bath."""
    compiled = context.compiled
    index, plant, units = compiled.tables["loops"].index, compiled.plant, compiled.tables["cooling"]["unit"]
    for loop in context.result.thermal.loops.loops:
        row = index[loop.loop]
        own = plant.unit[plant.unit_start[row] : plant.unit_start[row + 1]]
        kinds = {compiled.parts.cooling[code].cooling_kind for code in units[own].tolist() if code >= 0}
        if loop.pumps == 0 and own.size and not kinds & IMMERSION:
            yield (
                f"Loop {loop.loop} serves {loop.racks} racks, and 0 of its {own.size} units pump; a running CDU is expected.",
                (loop.loop,),
            )


def starved_branch(context: Context) -> Iterator[Message]:
    """Racks whose branch of the loop gets less than the least share of the coolant they want."""
    reach = context.result.thermal.loops.rack_reach_frac
    if reach.size != len(_racks(context)):
        return
    least = context.compiled.rule("thermal.branch_flow_least_frac")
    wanted = context.result.thermal.rack_flow_l_per_min
    for row in rows(reach < least):
        rack = _racks(context)[row]
        yield (
            f"The branch to rack {rack} gets {reach[row] * wanted[row]:.0f} L/min; {least * wanted[row]:.0f} L/min is the "
            f"least of the {wanted[row]:.0f} L/min it wants.",
            (rack,),
        )


def redundancy(context: Context) -> Iterator[Message]:
    """Loops that may not lose the units that the plan says may fail: capacity left, or flow with one pump less."""
    compiled, thermal = context.compiled, context.result.thermal
    loops, plant = compiled.tables["loops"], compiled.plant
    spared = rows(loops["spare"] > 0)
    flows = {loop.loop: loop for loop in thermal.loops.loops} if len(spared) else {}
    for row in spared:
        name, spare = loops.ids[row], int(loops["spare"][row])
        units = plant.unit[plant.unit_start[row] : plant.unit_start[row + 1]]
        capacity = np.sort(plant.capacity_w[units])
        left, heat = float(capacity[: max(0, units.size - spare)].sum()), float(thermal.loop_heat_w[row])
        if left < heat * (1.0 - 1e-9):
            text = f"Loop {name} may lose {spare} of {units.size} units; {kw(left)} are then left for {kw(heat)}."
            yield text, (name,)
        elif spare == 1 and name in flows and flows[name].spare is False:
            yield f"Loop {name} may lose 1 pump, but {units.size - 1} do not give every rack its coolant.", (name,)


def wrong_branch_part(context: Context) -> Iterator[Message]:
    """Loops that name as a branch's part what is none, or one whose Kv is unknown."""
    loops = context.compiled.tables["loops"]
    for name in BRANCH_PARTS:
        for row in rows(loops[name] >= 0):
            part = context.compiled.parts.cooling[loops[name][row]]
            if part.cooling_kind != name or part.kv_m3_per_h is None:
                yield (
                    f"Loop {loops.ids[row]} names {part.id} as its {name}; 1 {name} with a Kv is expected.",
                    (loops.ids[row],),
                )


def unknown_weather(context: Context) -> Iterator[Message]:
    """A site that names a weather year which the catalogue has not."""
    site = context.snapshot.table("site").get("site")
    if site is not None and site.weather and typical_year(context.compiled.parts.catalogue, site) is None:
        yield f"The site names the weather {site.weather}; the catalogue has 0 typical years of that id.", (site.id,)


AT_REST = frozenset({
    no_field, inlet_over_limit, inlet_over_advice, inlet_under_class, supply_missed, dried_out, held_back, runaway, too_hot,
    throttled, plate_that_cannot_boil, starved_plate, starved_loop, starved_branch, dry_out, no_pump, redundancy,
    air_only_in_bath,
})  # fmt: skip
"""Rules that read air, chips and loops of the settled state, which stay as they are while something is dragged."""
_RULES = (
    Rule("air.no-field", "error", "thermal", "Every hall's air finds a steady state", no_field),
    Rule("air.inlet-over-limit", "error", "thermal", "No rack breathes air above its limit", inlet_over_limit),
    Rule("air.inlet-over-advice", "warning", "thermal", "Inlet air is within the recommended range", inlet_over_advice),
    Rule("air.supply-missed", "warning", "thermal", "Air units make the supply air that halls ask for", supply_missed),
    Rule("air.no-opening", "error", "thermal", "Every rack has open floor before and behind it", no_breath),
    Rule("air.tile-under-rack", "error", "thermal", "No rack stands on a perforated tile", tile_under_rack),
    Rule("air.containment-without-aisle", "warning", "thermal", "A contained hall draws its aisles",
         containment_without_aisle),
    Rule("air.inlet-under-class", "warning", "thermal", "No rack breathes air colder than its class", inlet_under_class),
    Rule("chip.dried-out", "error", "thermal", "No chip gives off more than boils away", dried_out),
    Rule("chip.held-back", "warning", "thermal", "Boiling and modules carry the chips at full clock", held_back),
    Rule("chip.wrong-plate", "error", "thermal", "Chips carry what can cool them", wrong_plate),
    Rule("chip.plate-cannot-boil", "error", "thermal", "Coolant that boils does so in plates made for it",
         plate_that_cannot_boil),
    Rule("chip.runaway", "error", "thermal", "No chip runs away thermally", runaway),
    Rule("chip.too-hot", "error", "thermal", "Chips stay below their limit", too_hot),
    Rule("chip.throttled", "warning", "thermal", "Chips run at their full clock", throttled),
    Rule("chip.starved-plate", "warning", "thermal", "Cold plates get their least flow", starved_plate),
    Rule("cooling.starved-loop", "error", "thermal", "Pumps give every rack its coolant", starved_loop),
    Rule("cooling.dry-out", "error", "thermal", "No coolant boils away in its plates", dry_out),
    Rule("cooling.no-pump", "error", "thermal", "Every loop with racks has a running pump", no_pump),
    Rule("cooling.starved-branch", "warning", "thermal", "Every branch gets its least flow", starved_branch),
    Rule("cooling.redundancy-missed", "error", "thermal", "Loops may lose the units they say", redundancy),
    Rule("cooling.wrong-part", "error", "thermal", "Branches are made of their parts", wrong_branch_part),
    Rule("site.unknown-weather", "warning", "", "The weather that the site names is known", unknown_weather),
    Rule("cooling.frozen", "error", "thermal", "No coolant freezes", frozen_coolant),
    Rule("cooling.flow-twice", "error", "thermal", "A loop's flow is set once", both_flows),
    Rule("cooling.air-only-in-bath", "error", "thermal", "What is immersed gives its heat to a liquid", air_only_in_bath),
)  # fmt: skip
RULES = tuple(replace(rule, objects_live=0) if rule.find in AT_REST else rule for rule in _RULES)
