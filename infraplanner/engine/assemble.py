"""From a frame's buffers to the result types: copies, sums by kind, nothing computed anew."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.parts import column
from infraplanner.compile.plan import Compiled
from infraplanner.compile.plant import AIR
from infraplanner.kernels.frame import Totals
from infraplanner.kernels.inference import kv_bytes
from infraplanner.results.cable_ways import CableWays
from infraplanner.results.chains import CoreResult
from infraplanner.results.coded import CodedText
from infraplanner.results.snapshot import (
    FabricResult,
    PoolResult,
    PowerResult,
    Refusal,
    ThermalResult,
    ThroughputResult,
    WaterfallStep,
)
from infraplanner.units import L_PER_M3, MILLI, S_PER_MIN

from . import tuning
from .bind import family_names
from .cable_plant import tray_figures
from .chains import CoreChains
from .diagnosis import diagnose
from .load import best_split, load_point
from .pools import PoolCase
from .routes import NO_PATH_FRAC, Routes, link_load
from .scale_up import scale_up_of
from .supply import energy_mix, supply_result, wiring_result
from .thermal import Thermal
from .workspace import Workspace

Floats = NDArray[np.float64]
CM2_PER_MM2 = 1e-2
LIMITERS = {1: "demand", 2: "prefill_pool", 3: "fabric", 4: "no_powered_accelerators"}


def optional(value: float) -> float | None:
    """None for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def power_result(space: Workspace, totals: Totals) -> PowerResult:
    """Nodes, racks and the waterfall."""
    compiled = _compiled(space)
    keep = space.recycler.copy
    racks = len(compiled.tables["racks"])
    rating = compiled.tables["power"]["rating_w"]
    with np.errstate(all="ignore"):
        load = space.flows.out_w / rating
    core = _core(compiled, space)
    supply = supply_result(space, float(totals.facility_w))
    space.mix = energy_mix(compiled.sources, supply)
    return PowerResult(
        node_ids=compiled.tables["power"].ids,
        node_out_w=keep("node_out_w", space.flows.out_w),
        node_in_w=keep("node_in_w", space.flows.in_w),
        node_loss_w=keep("node_loss_w", space.flows.loss_w),
        node_rating_w=keep("node_rating_w", rating),
        node_load_frac=keep("node_load_frac", load),
        node_live=keep("node_live", space.flows.live),
        node_cap_w=keep("node_cap_w", compiled.tables["power"]["cap_w"]),
        rack_held_frac=keep("rack_held_frac", _held_clocks(space)),
        rack_ids=compiled.tables["racks"].ids,
        rack_power_w=keep("rack_power_w", space.draw.rack_w),
        rack_nameplate_w=keep("rack_nameplate_w", space.draw.nameplate_w),
        rack_a_w=keep("rack_a_w", space.flows.side_a_w[:racks]),
        rack_b_w=keep("rack_b_w", space.flows.side_b_w[:racks]),
        rack_powered=keep("rack_powered", space.alive.powered),
        unserved_w=float(totals.unconnected_w),
        residual_w=float(totals.residual_w),
        waterfall=_waterfall(compiled, space, totals, core),
        core=core,
        supply=supply,
        wiring=wiring_result(space),
    )


def _core(compiled: Compiled, space: Workspace) -> CoreResult:
    """The way on inside the racks; its chains are kept while the bodies stay the same."""
    stamp = (compiled.bodies, compiled.tables["racks"]["regulator"].tobytes())
    if space.core is None or space.core.bodies is not stamp[0] or space.core.chosen != stamp[1]:
        space.core = CoreChains(compiled)
    return space.core.result(space.draw.body_w[: compiled.bodies.rack.size])


def _waterfall(compiled: Compiled, space: Workspace, totals: Totals, core: CoreResult) -> tuple[WaterfallStep, ...]:
    sums = np.bincount(compiled.chain.stage, np.nan_to_num(space.flows.loss_w), 3)
    wires = float(space.leg_flows.leg_loss_w.sum())
    steps = [
        WaterfallStep("Grid", float(totals.facility_w), "total"),
        WaterfallStep("MV", float(sums[0]), "loss"),
        WaterfallStep("UPS", float(sums[1]), "loss"),
        WaterfallStep("Distribution", float(sums[2]) + wires, "loss"),
        WaterfallStep("Cooling", float(totals.cooling_w), "cooling"),
        WaterfallStep("IT", float(totals.it_w), "total"),
    ]
    if core.die_w is not None:
        steps.append(WaterfallStep("Other IT", float(totals.it_w) - core.given_w + core.other_w, "other"))
        steps += [WaterfallStep(label, watts, "loss") for label, watts in core.steps]
        steps.append(WaterfallStep("Die", core.die_w, "total"))
    return tuple(steps)


def _held_clocks(space: Workspace) -> Floats:
    """Clock that each rack's share of dynamic power allows; below the lowest one the time at it is in the figure."""
    least = _compiled(space).rule("thermal.clock_min_frac")
    found: Floats = np.minimum(np.cbrt(space.kept_frac), space.kept_frac / least**2)
    return found


def thermal_result(space: Workspace, known: Thermal) -> ThermalResult:
    """Racks, units, loops and halls."""
    compiled = _compiled(space)
    plant, arrays, racks = space.plant, compiled.plant, compiled.tables["racks"]
    keep = space.recycler.copy
    to_l_per_min = L_PER_M3 * S_PER_MIN
    halls = compiled.tables["halls"]
    with np.errstate(all="ignore"):
        flux = space.draw.rack_w / (racks["width_m"] * racks["depth_m"])
        unit_load = plant.unit_heat_w / arrays.capacity_w
        flow_frac = plant.unit_flow_m3_per_s / arrays.flow_m3_per_s
        heat = _hall_heat(compiled, space)
        hall_flux = heat / (halls["width_m"] * halls["depth_m"])
    supply, back = _air_side(compiled, space)
    found = known if known.fits(space) else Thermal()
    if found.air.unit_supply_c.size:
        blown = np.isfinite(found.air.unit_supply_c)
        supply = np.where(blown, found.air.unit_supply_c, supply)
        back = np.where(blown, found.air.unit_return_c, back)
    return ThermalResult(
        rack_air_w=keep("rack_air_w", space.draw.air_w),
        rack_liquid_w=keep("rack_liquid_w", space.draw.liquid_w),
        rack_flow_l_per_min=keep("rack_flow_l_per_min", plant.rack_flow_m3_per_s * to_l_per_min),
        rack_heat_flux_w_per_m2=keep("rack_heat_flux_w_per_m2", flux),
        rack_die_flux_w_per_cm2=keep("rack_die_flux_w_per_cm2", _die_flux(compiled, space)),
        die_hot_spot_ratio=(compiled.rule("thermal.hot_spot_low_ratio"), compiled.rule("thermal.hot_spot_high_ratio")),
        unit_ids=compiled.tables["cooling"].ids,
        unit_heat_w=keep("unit_heat_w", plant.unit_heat_w),
        unit_capacity_w=keep("unit_capacity_w", arrays.capacity_w),
        unit_load_frac=keep("unit_load_frac", unit_load),
        unit_flow_l_per_min=keep("unit_flow_l_per_min", plant.unit_flow_m3_per_s * to_l_per_min),
        unit_flow_frac=keep("unit_flow_frac", flow_frac),
        unit_supply_c=keep("unit_supply_c", supply),
        unit_return_c=keep("unit_return_c", back),
        unit_power_w=keep("unit_power_w", plant.unit_power_w),
        loop_ids=compiled.tables["loops"].ids,
        loop_heat_w=keep("loop_heat_w", plant.loop_heat_w),
        loop_supply_c=keep("loop_supply_c", plant.loop_supply_c),
        hall_ids=halls.ids,
        hall_heat_w=keep("hall_heat_w", heat),
        hall_heat_flux_w_per_m2=keep("hall_heat_flux_w_per_m2", hall_flux),
        air=found.air,
        chips=found.chips,
        loops=found.loops,
        ride=found.ride,
        plugs=found.plugs,
        memory=found.memory,
        outdoor_dry_c=optional(space.climate.dry_bulb_c),
        outdoor_wet_c=optional(space.climate.wet_bulb_c),
    )


def _air_side(compiled: Compiled, space: Workspace) -> tuple[Floats, Floats]:
    """Supply and return of all units [°C]; an air unit blows its hall's supply air and takes it back a planning rise
    warmer.
    """
    table = compiled.tables["cooling"]
    blown = np.append(compiled.tables["halls"]["supply_air_c"], np.nan)[table["hall@halls"]]
    air = compiled.plant.kind == AIR
    warm = np.where(space.plant.unit_heat_w > 0.0, blown + compiled.rule("thermal.rack_air_rise_k"), np.nan)
    return np.where(air, blown, space.plant.unit_supply_c), np.where(air, warm, space.plant.unit_return_c)


def _hall_heat(compiled: Compiled, space: Workspace) -> Floats:
    """All heat set free in each hall: racks by air and liquid, and losses of power nodes that stand indoors [W]."""
    hall = compiled.tables["racks"]["hall@halls"]
    count = len(compiled.tables["halls"])
    held = hall >= 0
    heat: Floats = np.bincount(hall[held], space.draw.rack_w[held], count).astype(np.float64)
    inside = compiled.chain.hall >= 0
    heat += np.bincount(compiled.chain.hall[inside], np.nan_to_num(space.flows.loss_w)[inside], count)
    return heat


def _die_flux(compiled: Compiled, space: Workspace) -> Floats:
    """Mean flux over the hottest die of each rack [W/cm2]: TDP scaled by the body's power over its maximum, over die
    area.
    """
    bodies = compiled.bodies
    flux = np.full(len(compiled.tables["racks"]), np.nan)
    has = (bodies.accelerator >= 0) & (bodies.rack >= 0)
    code = bodies.accelerator[has]
    area = column(compiled.parts.accelerators, "die_area_mm2", CM2_PER_MM2)[code]
    tdp = column(compiled.parts.accelerators, "tdp_w")[code]
    with np.errstate(all="ignore"):
        share = space.draw.body_w[: bodies.rack.size][has] / bodies.max_w[has]
    np.fmax.at(flux, bodies.rack[has], tdp * share / area)
    return flux


def fabric_result(
    space: Workspace, totals: Totals, routes: Routes, failed: frozenset[str] = frozenset()
) -> FabricResult:
    """One row a bundle, and sums by family; scale-up domains are kept while bodies, failures and jobs stay."""
    compiled = _compiled(space)
    keep = space.recycler.copy
    cables, links = space.cables, compiled.tables["links"]
    families = family_names(compiled.parts)
    load = share = space.no_load
    if routes.by_pool or routes.jobs:
        load = link_load(routes, space.served.rate_per_s, len(links))
        with np.errstate(all="ignore"):
            share = keep("load_frac", load / (links["rate_bps"] * links["count"]))
        load = keep("load_bps", load)
    fill, weight = tray_figures(space.trays, compiled)
    watts, counts = space.sums.family_w.tolist(), space.sums.family_cables.tolist()
    return FabricResult(
        link_ids=links.ids,
        medium=CodedText(keep("medium", cables.medium), [row.id for row in compiled.parts.media]),
        length_m=keep("length_m", cables.length_m),
        need_m=keep("need_m", cables.need_m),
        ordered_m=keep("ordered_m", cables.ordered_m),
        reach_m=keep("reach_m", cables.reach_m),
        margin_m=keep("margin_m", cables.margin_m),
        power_w=keep("power_w", cables.power_w),
        price_usd=keep("price_usd", cables.price_usd),
        load_frac=share,
        load_bps=load,
        latency_s=keep("latency_s", cables.latency_s),
        flag=keep("flag", cables.flag),
        way=keep("way", cables.way),
        cable_c=keep("cable_c", space.cable_c),
        tray_ids=compiled.tables["trays"].ids,
        tray_fill_frac=keep("tray_fill_frac", fill),
        tray_kg_per_m=keep("tray_kg_per_m", weight),
        ways=CableWays(
            compiled.tables["racks"].ids,
            keep("drop_piece", space.trays.drops.piece),
            keep("drop_along_m", space.trays.drops.along_m),
            space.trays.grid,
        ),
        power_by_family_w={name: w for name, w, n in zip(families, watts, counts, strict=True) if n},
        count_by_family={name: int(n) for name, n in zip(families, counts, strict=True) if n},
        total_length_m=float(totals.cables.length_m),
        scale_up=scale_up_of(space, failed, routes.jobs),
    )


def throughput_result(space: Workspace, routes: Routes) -> ThroughputResult:
    """All pools."""
    found = (diagnose(case) for case in (() if space.brief else space.cases))
    pools = tuple(_pool(space, routes, row, case) for row, case in enumerate(space.cases))
    diagnoses = tuple(diagnosis for diagnosis in found if diagnosis is not None)
    return ThroughputResult(pools, diagnoses, space.recycler.copy("rack_tokens", _rack_tokens(space, pools)))


def _rack_tokens(space: Workspace, pools: tuple[PoolResult, ...]) -> Floats:
    """Each rack's share of its pools' output by powered accelerators."""
    compiled = _compiled(space)
    bodies, racks = compiled.bodies, len(compiled.tables["racks"])
    each = np.array(
        [math.nan if p.tokens_per_s is None else p.tokens_per_s_per_accelerator or 0.0 for p in pools] + [math.nan]
    )
    rate = each[bodies.pool] * bodies.accelerator_count
    decodes = (bodies.rack >= 0) & (bodies.accelerator_count > 0.0) & ~np.isnan(rate)
    decodes[decodes] &= space.alive.powered[bodies.rack[decodes]]
    made = np.bincount(bodies.rack[decodes], rate[decodes], racks)
    known = np.bincount(bodies.rack[decodes], minlength=racks) > 0
    return np.where(known, made, np.nan)


def pool_tokens(space: Workspace, row: int) -> float | None:
    """Output tokens a second of a pool; None when it is not predicted or only fills caches for another."""
    case = space.cases[row]
    if case.solution is None or case.case is None or case.pool.phase == "prefill":
        return None
    return optional(space.served.rate_per_s[row] * case.case.request.output_tokens)


def _pool(space: Workspace, routes: Routes, row: int, case: PoolCase) -> PoolResult:
    name = case.accelerator.id if case.accelerator is not None else ""
    powered = int(space.served.accelerators[row])
    solution, spec = case.solution, case.case
    if solution is None or spec is None:
        pool = case.pool
        return PoolResult(
            pool.id, pool.model, name, powered, 0, pool.tp, pool.pp, pool.ep, pool.dp, pool.batch or 0,
            limiter="unknown", not_predicted=case.refusal, refusal=case.code,
        )  # fmt: skip
    layout, point = solution.layout, solution.point
    rate = space.served.rate_per_s[row]
    tokens = pool_tokens(space, row)
    prefill = int(_compiled(space).tables["pools"]["prefill_pool@pools"][row])
    first = point.ttft_s
    if prefill >= 0 and case.pool.phase == "decode":
        source = space.cases[prefill].solution
        transfer_s = _transfer(space.cases[prefill], case)
        first = source.point.ttft_s + point.tpot_s + transfer_s if source is not None else math.nan
    usable = spec.tune.usable_frac * spec.device.memory_b
    code, refusal = _doubt(space, routes, row)
    count = int(space.served.instances[row])
    loaded = load_point(spec, solution, rate / count if count else 0.0, case.arrival_cv)
    split = None if space.brief else best_split(spec)
    low, high = (optional(end) for end in tuning.band(name, spec.model.moe_layers > 0.0, _compiled(space).rule))
    return PoolResult(
        id=case.pool.id,
        model=case.pool.model,
        accelerator=name,
        accelerator_count=powered,
        instance_count=int(space.served.instances[row]),
        tp=int(layout.tp),
        pp=int(layout.pp),
        ep=int(layout.ep),
        dp=int(layout.dp),
        batch=int(solution.batch),
        tokens_per_s=tokens,
        tokens_per_s_per_accelerator=tokens / powered if tokens is not None and powered else None,
        ttft_s=optional(first),
        tpot_s=optional(point.tpot_s),
        requests_per_s=optional(rate),
        memory_used_frac=optional(1.0 - (solution.free_b - solution.kv_b) / usable),
        memory_time_frac=optional(point.memory_frac),
        compute_time_frac=optional(point.compute_frac),
        weight_bytes_per_accelerator=optional(solution.weight_b),
        kv_bytes_per_accelerator=optional(solution.kv_b),
        free_bytes_per_accelerator=optional(solution.free_b - solution.kv_b),
        limiter=limiter(case, int(space.served.limit[row])),
        not_predicted=refusal,
        refusal=code,
        limit_missed=_missed(case),
        band_low_frac=low,
        band_high_frac=high,
        weights=case.pool.weights,
        load_batch=loaded.batch,
        load_ttft_s=loaded.ttft_s,
        load_ttft_p95_s=loaded.ttft_p95_s,
        load_tpot_s=loaded.tpot_s,
        load_queue_frac=loaded.queue_frac,
        load_note=loaded.note,
        split_prefill_frac=split.prefill_frac if split else None,
        split_tokens_per_s_per_accelerator=split.tokens_per_s_per_accelerator if split else None,
        curve_tokens_per_s_per_user=solution.curve_user,
        curve_tokens_per_s_per_accelerator=solution.curve_accelerator,
    )


def _transfer(source: PoolCase, target: PoolCase) -> float:
    """What a request waits for its cache between pools [s]: all but the last layer's part travels behind the prefill, the
    rest over the NICs of one prefill instance.
    """
    if source.solution is None or target.case is None:
        return math.nan
    layout, spec = source.solution.layout, target.case
    moved = kv_bytes(spec.model, spec.tune, spec.request.input_tokens) / spec.model.layers
    nics = layout.tp * layout.pp * spec.device.scale_out_b_per_s * spec.tune.link_eta
    return float(spec.tune.all_to_all_s + moved / nics)


def _doubt(space: Workspace, routes: Routes, row: int) -> tuple[Refusal, str]:
    """Why a pool that could run by itself still is not predicted."""
    if int(space.served.limit[row]) == 5:
        return "unknown_prefill", "The prefill pool that feeds this pool is not predicted."
    if row in routes.by_pool and routes.by_pool[row].lost_frac > NO_PATH_FRAC:
        return "no_path", "0 drawn paths join the prefill pool's racks to this pool's racks; 1 is needed."
    return "", ""


def _missed(case: PoolCase) -> str:
    """The latency limit that even one sequence misses, with both numbers; empty when none is."""
    if case.solution is None or case.case is None or case.solution.state != 4:
        return ""
    point, asked = case.solution.point, case.case.request
    if point.tpot_s > asked.tpot_limit_s:
        got, limit = point.tpot_s / MILLI, asked.tpot_limit_s / MILLI
        return f"{got:.0f} ms a token with 1 sequence, over the limit of {limit:.0f} ms."
    got, limit = point.ttft_s / MILLI, asked.ttft_limit_s / MILLI
    return f"{got:.0f} ms to the first token with 1 sequence, over the limit of {limit:.0f} ms."


def limiter(case: PoolCase, limit: int) -> str:
    """What holds a pool back: another pool, demand or fabric; else its latency limit, its cache, or the busiest
    resource.
    """
    if limit in LIMITERS:
        return LIMITERS[limit]
    if case.solution is None or limit == 5:
        return "unknown"
    point, state = case.solution.point, case.solution.state
    if state in (2, 4):
        return "latency_limit"
    shares = {"compute": point.compute_frac, "memory_bandwidth": point.memory_frac, "network": point.network_frac}
    shares["fixed_time"] = 1.0 - sum(shares.values())
    busiest = max(shares, key=lambda key: shares[key])
    return "kv_capacity" if state == 1 and busiest != "compute" else busiest


def _compiled(space: Workspace) -> Compiled:
    if space.compiled is None:
        raise RuntimeError("The workspace has not seen a plan yet.")
    return space.compiled
