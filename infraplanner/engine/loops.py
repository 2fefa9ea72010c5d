"""Technology loops as branched pipe networks: headers along the racks, pumps of the CDUs, exchangers to facility water."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.chain import group
from infraplanner.compile.columns import BRANCH_PARTS, FLUIDS
from infraplanner.compile.plan import Compiled
from infraplanner.compile.plant import CDU
from infraplanner.kernels.cooling import operating_approach
from infraplanner.kernels.exchange import table_at
from infraplanner.kernels.hydraulics import (
    Branches,
    BranchFlows,
    flow_regime,
    pump_power,
    reynolds,
    velocity,
)
from infraplanner.kernels.ladder import balance, least_speed, throttle_valves
from infraplanner.model.entities import Pipe
from infraplanner.results.loops import LoopFlow, LoopsResult
from infraplanner.units import KILO, L_PER_M3, MM_PER_M, S_PER_MIN

from . import bind, loops_boiling
from .loops_boiling import Boiling, below_boiling, boils
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TOLERANCE_FRAC = 1e-6
PASSES = 60
SPEED_TOLERANCE_FRAC = 1e-7
BOILING_PASSES, BOILING_TOLERANCE_FRAC = 60, 1e-4
BAR_PA, S_PER_HOUR, WATER_KG_PER_M3 = 1e5, 3600.0, 1000.0
"""What a Kv is stated for: cubic metres of water an hour at a drop of one bar."""
TO_L_PER_MIN = L_PER_M3 * S_PER_MIN
BORES_MM = (25.0, 32.0, 40.0, 50.0, 65.0, 80.0, 100.0, 125.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 600.0)
"""Nominal pipe bores that a planning header is chosen from."""


@dataclass(frozen=True, slots=True)
class Header:
    """A loop's network with its fluid and pumps: dp of one pump = lift - slope Q^2."""

    net: Branches
    rows: Ints
    wanted_m3_per_s: Floats
    density_kg_per_m3: float
    viscosity_pa_s: float
    exponent: float
    lift_pa: float
    slope: float
    pumps: int
    bore_m: float
    reverse: int = 0
    parts_pa: float = 0.0
    boiling: Boiling | None = None


def loops_result(space: Workspace) -> LoopsResult:
    """Every loop with racks that take coolant; without a pump's head the flow stays unknown and says so."""
    compiled = space.compiled
    assert compiled is not None
    assert space.snapshot is not None
    reach, quality = np.full((2, len(compiled.tables["racks"])), np.nan)
    flows = []
    taking = np.where(space.plant.rack_flow_m3_per_s > 0.0, compiled.tables["racks"]["loop@loops"], -1)
    table, plant = compiled.tables["cooling"], compiled.plant
    pumping = (plant.kind == CDU) & space.alive.running & (space.plant.unit_heat_w > 0.0)
    rack_start, racks_by_loop = group(taking, len(compiled.tables["loops"]))
    unit_start, units_by_loop = group(np.where(pumping, table["loop@loops"], -1), len(compiled.tables["loops"]))
    pipes = tuple(space.snapshot.table("pipes").values())
    if space.loop_flows is None or space.loop_flows[0] != pipes or space.loop_flows[1] is not compiled:
        space.loop_flows = (pipes, compiled, {})
    known = space.loop_flows[2]
    for row, key in enumerate(compiled.tables["loops"].ids):
        racks = racks_by_loop[rack_start[row] : rack_start[row + 1]]
        if not racks.size:
            continue
        units = units_by_loop[unit_start[row] : unit_start[row + 1]]
        inputs = _inputs(space, compiled, row, racks, units)
        if known.get(key, (None,))[0] != inputs:  # a loop whose racks and pumps stand as before flows as before
            known[key] = (inputs, *_loop(space, compiled, row, key, racks, units))
        _, flow, share, vapour = known[key]
        flows.append(flow)
        if share is not None:
            reach[racks] = share
        if vapour is not None:
            quality[racks] = vapour
    return LoopsResult(tuple(flows), reach, _approaches(space, compiled), quality)


def _inputs(space: Workspace, compiled: Compiled, row: int, racks: Ints, units: Ints) -> tuple[object, ...]:
    """All that the flow of a loop follows from, to be compared."""
    rack, unit = compiled.tables["racks"], compiled.tables["cooling"]
    arrays = (
        racks, units, space.plant.rack_flow_m3_per_s[racks], rack["x_m"][racks], rack["y_m"][racks], unit["x_m"][units],
        unit["y_m"][units], unit["unit"][units], compiled.plant.flow_m3_per_s[units],
    )  # fmt: skip
    heat_w, supply_c = float(space.plant.loop_heat_w[row]), float(space.plant.loop_supply_c[row])
    loops = compiled.tables["loops"]
    own = tuple(int(loops[name][row]) for name in ("fluid", "reverse", "balanced", *BRANCH_PARTS))
    return (heat_w, None if math.isnan(supply_c) else supply_c, own, *(array.tobytes() for array in arrays))


def _loop(
    space: Workspace, compiled: Compiled, row: int, key: str, racks: Ints, units: Ints
) -> tuple[LoopFlow, Floats | None, Floats | None]:
    """Flow of a loop, what each of its racks gets of the flow it wants, and the vapour's share at each rack's exit; None
    where that is unknown, or nothing boils.
    """
    wanted = space.plant.rack_flow_m3_per_s[racks]
    plant = compiled.plant
    fluid = FLUIDS[compiled.tables["loops"]["fluid"][row]]
    supply = float(space.plant.loop_supply_c[row])
    rise = float(space.plant.loop_heat_w[row] / (plant.rho_cp_j_per_m3_k[row] * wanted.sum()))
    base = LoopFlow(key, fluid, int(racks.size), int(units.size), float(wanted.sum()) * TO_L_PER_MIN,
                    supply_c=supply if math.isfinite(supply) else None,
                    return_c=supply + rise if math.isfinite(supply + rise) else None)  # fmt: skip
    if not units.size:
        return replace(base, note=f"Loop {key} has 0 running pumps."), None, None
    header = _header(space, compiled, row, racks, wanted, units, fluid, supply)
    if header is None:
        note = f"Loop {key}: the head or flow of its pumps, or its coolant at this supply, is unknown."
        return replace(base, note=note), None, None
    full = _full(header, header.pumps)
    if full is None:
        return replace(base, note=f"The flows of loop {key} did not settle."), None, None
    share = full.rack_m3_per_s[header.rows] / wanted
    vapour = None
    if header.boiling is not None:
        vapour = np.array([header.boiling.quality(min(1.0, each)) for each in share.tolist()])
        base = _told(base, header, header.boiling, vapour, compiled.tables["racks"].ids[racks[int(vapour.argmax())]])
    if space.brief:
        return base, share, vapour
    speed, total = _speed(header)
    if math.isnan(total):
        return replace(base, note=f"The flows of loop {key} did not settle."), share, vapour
    head = header.lift_pa * speed**2 - header.slope / header.pumps**2 * total**2
    spared = _full(header, header.pumps - 1) if header.pumps > 1 else None
    number = reynolds(total, header.bore_m, header.density_kg_per_m3, header.viscosity_pa_s)
    flow = replace(
        base,
        flow_l_per_min=total * TO_L_PER_MIN,
        speed_frac=speed,
        head_kpa=head / KILO,
        pump_w=float(pump_power(total, head, compiled.rule("thermal.pump_efficiency"))),
        reach_frac=float(share.min()),
        spread_frac=float(share.max() / share.min()),
        worst=compiled.tables["racks"].ids[racks[int(share.argmin())]],
        spare=spared is not None and bool((spared.rack_m3_per_s[header.rows] >= wanted * (1.0 - 1e-6)).all()),
        between=int(flow_regime(number)) == 1,
        header_mm=header.bore_m * MM_PER_M,
        velocity_m_per_s=float(velocity(total, header.bore_m)),
        reverse=bool(header.reverse),
        balanced=bool(compiled.tables["loops"]["balanced"][row]),
        parts_kpa=header.parts_pa / KILO if header.parts_pa > 0.0 else None,
    )
    return flow, share, vapour


def _told(base: LoopFlow, header: Header, boiling: Boiling, vapour: Floats, rack: str) -> LoopFlow:
    """A loop with what is said of one that boils."""
    return replace(
        base, exit_quality_frac=float(vapour.max()), driest=rack, boils_c=boiling.boils_c, return_c=boiling.boils_c,
        return_mm=boiling.return_bore_m * MM_PER_M, return_m_per_s=boiling.speed(),
    )  # fmt: skip


def _header(
    space: Workspace, compiled: Compiled, row: int, racks: Ints, wanted: Floats, units: Ints, fluid: str, supply: float
) -> Header | None:
    """Racks in order along their row hang on a header that starts at the end nearest to the pumps."""
    rule = compiled.rule
    profiles = [compiled.parts.cooling[code] for code in compiled.tables["cooling"]["unit"][units].tolist()]
    heads = [profile.head_kpa for profile in profiles if profile.head_kpa is not None]
    rated = compiled.plant.flow_m3_per_s[units]
    if not heads or not np.isfinite(rated).any() or fluid == "air":
        return None
    celsius = supply if math.isfinite(supply) else rule("thermal.coolant_reference_c")
    liquid = _liquid(compiled, fluid, celsius)
    if liquid is None:
        return None
    density, viscosity = liquid
    head, flow = min(heads) * KILO, float(np.nanmean(rated))
    lift = rule("thermal.pump_shutoff_ratio") * head
    order, step = _along(space, compiled, racks, units)
    bore = _bore(space, compiled, row, float(wanted.sum()), "supply" if boils(fluid) else "")
    boiling = _boiling(space, compiled, row, fluid, celsius, wanted[order], step, bore) if boils(fluid) else None
    if boils(fluid) and boiling is None:
        return None
    exponent = rule("thermal.loop_flow_exponent")
    n = racks.size
    loops = compiled.tables["loops"]
    parts = _branch_parts(compiled, row, wanted[order], density)
    drop_pa = rule("thermal.rack_drop_kpa") * KILO
    if boiling is not None:
        parts, drop_pa = parts * boiling.parts_ratio(), rule("thermal.two_phase_rack_drop_kpa") * KILO
    net = Branches(
        parent=np.arange(-1, n - 1, dtype=np.int64),
        bore_m=np.full(n, bore),
        length_m=2.0 * step,  # supply and return
        roughness_m=np.full(n, rule("thermal.pipe_roughness_m")),
        fittings_ratio=np.full(n, 2.0 * rule("thermal.tee_loss_ratio")),
        coefficient=(drop_pa + parts) / wanted[order] ** exponent,
    )
    if boiling is not None:
        net = boiling.net(net, wanted[order])
    rows = np.empty(n, np.int64)
    rows[order] = np.arange(n)
    reverse = int(loops["reverse"][row])
    if loops["balanced"][row]:
        throttle_valves(net, wanted[order], reverse, exponent, density, viscosity, np.empty(n))
    return Header(net, rows, wanted, density, viscosity, exponent, lift, (lift - head) / flow**2, int(units.size), bore,
                  reverse, float(parts.max()), boiling)  # fmt: skip


def _liquid(compiled: Compiled, fluid: str, celsius: float) -> tuple[float, float] | None:
    """Density and viscosity of a coolant as a liquid; None where they are unknown."""
    boiling = loops_boiling.saturated(compiled, fluid, celsius) if boils(fluid) else None
    if boiling is not None:
        return boiling.liquid_kg_per_m3, boiling.liquid_pa_s
    data = getattr(compiled.parts.catalogue.find(f"fluid-table.{fluid}"), "data", {})
    temperatures = np.array(data.get("temperature_c", ()), dtype=np.float64)
    if not temperatures.size:
        return None
    density, viscosity = (
        float(table_at(celsius, temperatures, np.array(data[name], dtype=np.float64)))
        for name in ("density_kg_per_m3", "viscosity_pa_s")
    )
    return (density, viscosity) if density > 0.0 and viscosity > 0.0 else None


def _boiling(
    space: Workspace, compiled: Compiled, row: int, fluid: str, supply_c: float, wanted: Floats, step: Floats,
    bore: float,
) -> Boiling | None:  # fmt: skip
    """The return of a loop that boils, sized for the velocity of its mixture; None where its fluid is unknown there."""
    rule, below = compiled.rule, below_boiling(compiled, row)
    phases = loops_boiling.saturated(compiled, fluid, supply_c + below)
    if phases is None:
        return None
    made = Boiling(
        phases, supply_c + below, below, float(compiled.plant.flow_m3_per_j[row]), step, bore, bore,
        rule("thermal.pipe_roughness_m"), rule("thermal.tee_loss_ratio"), wanted,
    )  # fmt: skip
    volume = loops_boiling.return_flow(phases, made.quality(), float(wanted.sum()))
    back = _bore(space, compiled, row, volume, "return", "thermal.vapour_header_velocity_m_per_s")
    return replace(made, return_bore_m=back)


def _branch_parts(compiled: Compiled, row: int, wanted_m3_per_s: Floats, density_kg_per_m3: float) -> Floats:
    """Drop of manifold, hoses and valve at the flow that each rack wants [Pa]: (V / Kv)^2 bar, heavier coolant more."""
    out = np.zeros(wanted_m3_per_s.size)
    for name in BRANCH_PARTS:
        code = int(compiled.tables["loops"][name][row])
        kv = compiled.parts.cooling[code].kv_m3_per_h if code >= 0 else None
        if kv is not None:
            out += BAR_PA * (wanted_m3_per_s * S_PER_HOUR / kv) ** 2 * density_kg_per_m3 / WATER_KG_PER_M3
    return out


def _along(space: Workspace, compiled: Compiled, racks: Ints, units: Ints) -> tuple[Ints, Floats]:
    """Order of the racks from the pumps on, and the run of header before each [m]."""
    table, cooling = compiled.tables["racks"], compiled.tables["cooling"]
    x, y = table["x_m"][racks], table["y_m"][racks]
    from_x, from_y = float(cooling["x_m"][units].mean()), float(cooling["y_m"][units].mean())
    lead = x if np.ptp(x) >= np.ptp(y) else y
    start = from_x if np.ptp(x) >= np.ptp(y) else from_y
    order = np.argsort(lead if start <= lead.mean() else -lead, kind="stable")
    px, py = np.append(from_x, x[order]), np.append(from_y, y[order])
    return order, np.abs(np.diff(px)) + np.abs(np.diff(py))


def _bore(
    space: Workspace, compiled: Compiled, row: int, flow_m3_per_s: float, side: str = "",
    velocity_rule: str = "thermal.header_velocity_m_per_s",
) -> float:  # fmt: skip
    """The drawn main of this loop (of one side, where one is named), else the smallest nominal bore within the planning
    velocity [m].
    """
    assert space.snapshot is not None
    key = compiled.tables["loops"].ids[row]
    drawn = [
        pipe.dn_mm
        for pipe in space.snapshot.table("pipes").values()
        if isinstance(pipe, Pipe) and pipe.loop == key and side in ("", pipe.side)
    ]
    if drawn:
        return max(drawn) / MM_PER_M
    least = math.sqrt(4.0 * flow_m3_per_s / (math.pi * compiled.rule(velocity_rule))) * MM_PER_M
    return next((bore for bore in BORES_MM if bore >= least), least) / MM_PER_M


def _balance(header: Header, speed_frac: float, pumps: int) -> tuple[float, BranchFlows] | None:
    """Flow of the pumps and of every branch; None when it did not settle or no pump runs."""
    if pumps < 1:
        return None
    out: BranchFlows = bind.buffers(BranchFlows, **{"": header.net.parent.size})
    total, change, _ = balance(
        header.net, header.reverse, header.exponent, header.lift_pa * speed_frac**2, header.slope / pumps**2,
        header.density_kg_per_m3,
        header.viscosity_pa_s, TOLERANCE_FRAC, PASSES, out,
    )  # fmt: skip
    return (float(total), out) if change <= TOLERANCE_FRAC else None


def _full(header: Header, pumps: int) -> BranchFlows | None:
    """Flows at full speed of so many pumps. Where coolant boils, what the return loses follows from what the racks get,
    so both are found in turns.
    """
    flows = header.boiling.wanted_m3_per_s if header.boiling is not None else None
    for _ in range(BOILING_PASSES):
        found = _balance(header, 1.0, pumps)
        if found is None or header.boiling is None or flows is None:
            return None if found is None else found[1]
        change = float(np.abs(found[1].rack_m3_per_s / flows - 1.0).max())
        if change <= BOILING_TOLERANCE_FRAC:
            return found[1]
        flows = 0.5 * (flows + found[1].rack_m3_per_s)
        header = replace(header, net=header.boiling.net(header.net, flows))
    return None


def _speed(header: Header) -> tuple[float, float]:
    """Pump speed at which the worst-placed rack gets what it wants, full speed when even that falls short, and the pumps'
    flow there [m3/s]; NaN when it did not settle.
    """
    out: BranchFlows = bind.buffers(BranchFlows, **{"": header.net.parent.size})
    wanted = np.empty(header.rows.size)
    wanted[header.rows] = header.wanted_m3_per_s
    speed, total, change = least_speed(
        header.net, header.reverse, header.exponent, header.lift_pa, header.slope / header.pumps**2, header.density_kg_per_m3,
        header.viscosity_pa_s, wanted, SPEED_TOLERANCE_FRAC, PASSES, out,
    )  # fmt: skip
    return float(speed), float(total) if change <= SPEED_TOLERANCE_FRAC else math.nan


def _approaches(space: Workspace, compiled: Compiled) -> Floats:
    """Operating approach of every CDU [K]: UA from its rating point, less where flows are lower than rated."""
    plant, table = compiled.plant, compiled.tables["cooling"]
    out = np.full(len(table), np.nan)
    loop, source = table["loop@loops"], table["source_loop@loops"]
    units = bind.units(compiled)
    heat = space.plant.unit_heat_w
    hot = space.plant.unit_flow_m3_per_s * np.append(plant.rho_cp_j_per_m3_k, np.nan)[loop]
    cold = heat * (np.append(plant.flow_m3_per_j * plant.rho_cp_j_per_m3_k, np.nan)[source])
    rated = (plant.kind == CDU) & (loop >= 0) & (source >= 0) & (heat > 0.0) & (hot > 0.0)
    known = np.isfinite(plant.capacity_w + plant.hot_w_per_k + plant.cold_w_per_k)
    for unit in np.flatnonzero(rated & known).tolist():
        out[unit] = operating_approach(units, unit, heat[unit], hot[unit], cold[unit])
    return out
