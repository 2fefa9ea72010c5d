"""Loss of cooling: air of a hall with its solids, coolant of a loop, plates without flow; by exact steps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Frame, System
from infraplanner.compile.chain import group
from infraplanner.compile.plan import Compiled
from infraplanner.compile.plant import AIR, CDU
from infraplanner.kernels.transients import time_to_limit, two_node_time
from infraplanner.results.air import AirResult
from infraplanner.results.chips import ChipResult
from infraplanner.results.loops import LoopFlow, LoopsResult
from infraplanner.results.ride import Backing, RideRow
from infraplanner.units import L_PER_M3, MM_PER_M

from .air import air_at
from .backing import backed_units, backing, words
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HORIZON_S = 3600.0


def ride_rows(space: Workspace, air: AirResult, chips: ChipResult, loops: LoopsResult) -> tuple[RideRow, ...]:
    """One row a hall with a field, a loop with heat, and a loop's hottest chips."""
    compiled = space.compiled
    assert compiled is not None
    backed, cooling = backed_units(space), compiled.tables["cooling"]
    running, restart = space.alive.running, compiled.rule("power.cooling_restart_s")
    rows = []
    for hall in air.halls:
        if hall.state == "settled":
            place = compiled.tables["halls"].index[hall.hall]
            fans = np.flatnonzero((compiled.plant.kind == AIR) & running & (cooling["hall@halls"] == place))
            found = backing(backed, fans, restart) if fans.size else None
            rows += [_backed(row, found, "air units") for row in _air(space, compiled, hall.hall, air)]
    taking = np.where(space.plant.rack_flow_m3_per_s > 0.0, compiled.tables["racks"]["loop@loops"], -1)
    start, members = group(taking, len(compiled.tables["loops"]))
    flows = {flow.loop: flow for flow in loops.loops}
    for number, key in enumerate(compiled.tables["loops"].ids):
        racks = members[start[number] : start[number + 1]]
        if racks.size:
            pumps = np.flatnonzero((compiled.plant.kind == CDU) & running & (cooling["loop@loops"] == number))
            found = backing(backed, pumps, restart) if pumps.size else None
            rows += [
                _backed(row, found, "CDUs")
                for row in (
                    *_loop(space, compiled, number, key, racks, flows.get(key)), *_chips(compiled, key, racks, chips)
                )
            ]  # fmt: skip
    return tuple(rows)


def _row(kind: str, where: str, heat_w: float, throttle_s: float, trip_s: float, note: str) -> RideRow:
    times = [t if math.isfinite(t) and t < HORIZON_S else None for t in (throttle_s, trip_s)]
    return RideRow(kind, where, heat_w, times[0], times[1], note)  # type: ignore[arg-type]


def _backed(row: RideRow, found: Backing | None, what: str) -> RideRow:
    """The row with what feeds its fans or pumps, and whether it is what the plan does when its grid fails."""
    if found is None:
        return row
    stops = {"ride": False, "stop": True}.get(found.state)
    holds = None if stops is None else stops != (row.kind == "loop")
    spared = None
    if holds and row.kind != "loop" and found.back_s is not None:
        spared = row.throttle_s is None or found.back_s < row.throttle_s
    return replace(row, note=f"{row.note}; {words(found, what)}", backing=found, holds=holds, spared=spared)


def _air(space: Workspace, compiled: Compiled, hall: str, air: AirResult) -> list[RideRow]:
    """Air takes the heat, hands it to racks and their contents: steep first, then flatter."""
    assert space.snapshot is not None
    rule, record = compiled.rule, space.snapshot.table("halls")[hall]
    inside = compiled.tables["racks"]["hall@halls"] == compiled.tables["halls"].index[hall]
    rows = np.flatnonzero(inside & np.isfinite(air.rack_inlet_c))
    heat = float(np.nan_to_num(space.draw.air_w[rows]).sum())
    mass = float(np.nansum(_mass(compiled)[rows]))
    if not (heat > 0.0 and mass > 0.0):
        return []
    volume = record.width_mm * record.depth_mm * record.height_mm / MM_PER_M**3
    start = float(np.mean(air.rack_inlet_c[rows]))
    limit = float(compiled.inlet_limits()[rows].min())
    common = (
        HORIZON_S, heat, 0.0, air_at(space).rho_cp_j_per_m3_k * volume, mass * rule("thermal.rack_solids_j_per_kg_k"),
        rule("thermal.rack_solids_w_per_k") * rows.size, 0.0, start,
    )  # fmt: skip
    times = [float(two_node_time(start, start, end, *common)) for end in (limit, rule("thermal.air_trip_c"))]
    note = f"all fans of the hall stop; inlets start at {start:.1f} °C, throttle at {limit:.0f} °C"
    return [_row("air", hall, heat, times[0], times[1], note)]


def _mass(compiled: Compiled) -> Floats:
    """Mass of every rack with its devices [kg]; NaN where no profile says."""
    parts, table, devices = compiled.parts, compiled.tables["racks"], compiled.tables["devices"]

    def masses(profiles: tuple[System, ...] | tuple[Frame, ...]) -> Floats:
        return np.array([np.nan if p.mass_kg is None else p.mass_kg for p in profiles] + [np.nan], dtype=np.float64)

    total = np.fmax(masses(parts.systems)[table["system"]], masses(parts.frames)[table["frame"]])
    held = devices["rack@racks"] >= 0
    inside = np.nan_to_num(masses(parts.systems)[devices["system"][held]])
    return np.asarray(total + np.bincount(devices["rack@racks"][held], inside, len(table)))


def _loop(
    space: Workspace, compiled: Compiled, number: int, key: str, racks: Ints, found: LoopFlow | None
) -> list[RideRow]:
    """All coolant of the loop warms together while its pumps run; racks throttle when it leaves their limit."""
    rule, plant = compiled.rule, compiled.plant
    supply = float(space.plant.loop_supply_c[number])
    limits = plant.rack_supply_max_c[racks]
    limit = float(np.nanmin(limits)) if np.isfinite(limits).any() else math.nan
    if not math.isfinite(supply + limit) or found is None:
        return []
    bore = (found.header_mm or 0.0) / MM_PER_M
    table = compiled.tables["racks"]
    run = float(np.ptp(table["x_m"][racks]) + np.ptp(table["y_m"][racks]))
    volume = 2.0 * run * math.pi * bore * bore / 4.0 + racks.size * rule("thermal.rack_coolant_l") / L_PER_M3
    heat = float(space.draw.liquid_w[racks].sum())
    content = plant.liquid_j_per_m3_k[number] * volume
    times = [
        float(time_to_limit(heat, content, supply, end)) for end in (limit, limit + rule("thermal.trip_over_limit_k"))
    ]
    note = (
        f"facility water stops, pumps run on; {volume * L_PER_M3:.0f} L start at {supply:.1f} °C, limit {limit:.0f} °C"
    )
    return [_row("loop", key, heat, times[0], times[1], note)]


def _chips(compiled: Compiled, key: str, racks: Ints, chips: ChipResult) -> list[RideRow]:
    """Without flow a plate keeps its chip's heat: the hottest chip of the loop."""
    case = chips.rack_case_c[racks]
    if not np.isfinite(case).any() or chips.case_limit_c is None:
        return []
    worst = racks[int(np.nanargmax(case))]
    rule = compiled.rule
    start, power = float(chips.rack_case_c[worst]), float(chips.rack_chip_w[worst])
    content = rule("thermal.plate_capacity_j_per_k")
    ends = (chips.case_limit_c, chips.case_limit_c + rule("thermal.trip_over_limit_k"))
    times = [float(time_to_limit(power, content, start, end)) for end in ends]
    note = f"pumps stop; a chip of {power:.0f} W in {compiled.tables['racks'].ids[worst]} starts at {start:.0f} °C"
    return [_row("chip", key, power, times[0], times[1], note)]
