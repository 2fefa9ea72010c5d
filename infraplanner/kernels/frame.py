"""One call a frame: cables, pools, draw, plant and chain in order, so that a thread wins the interpreter lock back
only once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints
from .cooling import Loops, Plant, Units, collect, run_plant
from .draw import Bodies, Draw, cap_derate, draw_racks, held_work
from .hold import PASSES, Holds, excess, hold_racks, load_rows, next_shares, start_holds, tightest
from .legs import LegFlows, Legs, start_legs
from .links import Cables, CableSums, CableTotals, Ends, Media, Route, lay_cables, tally
from .power import Chain, Flows, balance, drop, energise, sweep
from .trays import Drops, Segments, Ways


class Racks(NamedTuple):
    """Racks, one row each: centre [m], liquid loop and hall (-1 none), power cap as a share of the nameplate
    (infinite = none), coolant flow per heat [m3/J].
    """

    x_m: Floats
    y_m: Floats
    loop: Ints
    hall: Ints
    cap_frac: Floats
    flow_m3_per_j: Floats


class Pools(NamedTuple):
    """Serving pools: accelerators an instance, requests/s an instance at full load, activity (0..1) at full load,
    requests/s offered (infinite = saturated) and that the fabric carries, share of the time in which they compute at the
    clock in force, the lowest clock that they go to, and the prefill pool that feeds a decode pool (-1 none).
    """

    instance_count: Floats
    rate_per_s: Floats
    activity_frac: Floats
    offered_per_s: Floats
    link_per_s: Floats
    compute_frac: Floats
    least_clock_frac: Floats
    prefill: Ints


class Served(NamedTuple):
    """Results per pool: powered accelerators, whole instances, requests/s, share of full load, activity in force,
    work kept under power caps, and the limit: 0 own rate, 1 demand, 2 prefill pool, 3 fabric, 4 nothing to run on,
    5 not predicted.
    """

    accelerators: Floats
    instances: Floats
    rate_per_s: Floats
    load_frac: Floats
    activity_frac: Floats
    derate_frac: Floats
    limit: Ints


class Alive(NamedTuple):
    """Which records have not failed, and the two derived marks: racks that draw power, units that run."""

    node: Flags
    rack: Flags
    unit: Flags
    powered: Flags
    running: Flags


class Totals(NamedTuple):
    """Sums of a frame [W] and how many inputs were unknown; `change_frac` is the last pass's relative change of input
    power, `missed_frac` how far a power cap of a node was missed relative to it.
    """

    it_w: float
    facility_w: float
    unconnected_w: float
    residual_w: float
    cooling_w: float
    heat_w: float
    water_m3_per_s: float
    link_w: float
    passes: int
    change_frac: float
    missed_frac: float
    unknown_bodies: int
    unknown_units: int
    capped: int
    cables: CableTotals


@kernel
def mark_running(chain: Chain, flows: Flows, racks: Racks, units: Units, loops: Loops, alive: Alive) -> None:
    """Who runs: not failed, fed when it has feeds at all, and for a rack: its loop can still move heat.

    A load that was never connected runs (a finding names it); one whose every feed is dead does not.
    """
    n = racks.x_m.size
    for u in range(alive.unit.size):
        m = n + u
        connected = chain.load_start[m] < chain.load_start[m + 1]
        alive.running[u] = alive.unit[u] and (flows.fed[m] or not connected)
    cools = np.ones(loops.supply_c.size, np.bool_)
    for k in range(loops.then.size - 1, -1, -1):
        cools[loops.then[k]] = _loop_works(loops.then[k], units, loops, alive.running, cools)
    for k in range(loops.first.size - 1, -1, -1):
        cools[loops.first[k]] = _loop_works(loops.first[k], units, loops, alive.running, cools)
    for r in range(n):
        connected = chain.load_start[r] < chain.load_start[r + 1]
        cooled = racks.loop[r] < 0 or cools[racks.loop[r]]
        alive.powered[r] = alive.rack[r] and cooled and (flows.fed[r] or not connected)


@kernel
def _loop_works(loop: int, units: Units, loops: Loops, running: Flags, cools: Flags) -> bool:
    first, last = loops.unit_start[loop], loops.unit_start[loop + 1]
    if first == last:
        return True
    for k in range(first, last):
        u = loops.unit[k]
        if running[u] and (units.source_loop[u] < 0 or cools[units.source_loop[u]]):
            return True
    return False


@kernel
def serve_pools(bodies: Bodies, powered: Flags, pools: Pools, served: Served) -> None:
    """Requests/s of every pool: whole instances on powered accelerators, then the least of own rate, demand, prefill,
    fabric.

    A pool that feeds decode pools runs as fast as they ask. Worked: 100 accelerators, 8 an instance at 3/s give 12 * 3
    = 36/s.
    """
    served.accelerators[:] = 0.0
    for b in range(bodies.rack.size):
        if bodies.pool[b] >= 0 and bodies.rack[b] >= 0 and powered[bodies.rack[b]]:
            served.accelerators[bodies.pool[b]] += bodies.accelerator_count[b]
    n = pools.prefill.size
    own_per_s = np.empty(n)
    asked = np.zeros(n)
    for p in range(n):
        served.instances[p] = np.floor(served.accelerators[p] / pools.instance_count[p] + 1e-9)
        own_per_s[p] = served.instances[p] * pools.rate_per_s[p] if served.instances[p] > 0.0 else 0.0
    for p in range(n):
        served.rate_per_s[p], served.limit[p] = _own_limit(p, own_per_s, pools, served)
        if pools.prefill[p] >= 0 and not np.isnan(served.rate_per_s[p]):
            asked[pools.prefill[p]] += served.rate_per_s[p]
    for p in range(n):
        if np.any(pools.prefill == p):
            if own_per_s[p] < asked[p]:
                _scale_down(p, pools, served, own_per_s[p] / asked[p])
            elif asked[p] < served.rate_per_s[p]:
                served.limit[p] = 1
            served.rate_per_s[p] = min(served.rate_per_s[p], asked[p])


@kernel
def _own_limit(p: int, own_per_s: Floats, pools: Pools, served: Served) -> tuple[float, int]:
    """Requests/s of one pool and what limits it, before several decode pools share one prefill pool."""
    source = pools.prefill[p]
    if np.isnan(own_per_s[p]) or (source >= 0 and np.isnan(own_per_s[source])):
        return np.nan, 5
    rate, limit = own_per_s[p], (0 if served.instances[p] > 0.0 else 4)
    if pools.offered_per_s[p] < rate:
        rate, limit = pools.offered_per_s[p], 1
    if source >= 0 and own_per_s[source] < rate:
        rate, limit = own_per_s[source], 2
    if source >= 0 and pools.link_per_s[p] < rate:
        rate, limit = pools.link_per_s[p], 3
    return rate, limit


@kernel
def _scale_down(prefill: int, pools: Pools, served: Served, share_frac: float) -> None:
    """Decode pools that ask more together than their prefill pool gives get a proportional share of it."""
    for p in range(pools.prefill.size):
        if pools.prefill[p] == prefill:
            served.rate_per_s[p] *= share_frac
            served.limit[p] = 2


@kernel
def set_activity(bodies: Bodies, powered: Flags, pools: Pools, served: Served) -> None:
    """Share of full load and mean activity of each pool's powered accelerators; left-over accelerators idle.

    An unpredicted pool counts as fully active for power, which errs on the safe side (stated in the coverage notes).
    """
    for p in range(pools.prefill.size):
        own = served.instances[p] * pools.rate_per_s[p]
        if np.isnan(own):
            served.load_frac[p] = np.nan
            served.activity_frac[p] = 1.0
            continue
        served.load_frac[p] = served.rate_per_s[p] / own if own > 0.0 else 0.0
        used = served.instances[p] * pools.instance_count[p]
        busy = used / served.accelerators[p] if served.accelerators[p] > 0.0 else 0.0
        served.activity_frac[p] = pools.activity_frac[p] * served.load_frac[p] * busy


@kernel
def apply_caps(
    bodies: Bodies, pools: Pools, cap_frac: Floats, powered: Flags, draw: Draw, link_w: Floats, served: Served,
    kept_frac: Floats,
) -> None:  # fmt: skip
    """Scale each pool's requests by the work that its racks' caps leave (mean over its accelerators); `kept_frac` becomes
    the share of its dynamic power that each rack keeps.
    """
    cap_derate(bodies, cap_frac, draw.nameplate_w, link_w, served.activity_frac, kept_frac)
    served.derate_frac[:] = 0.0
    for b in range(bodies.rack.size):
        p, r = bodies.pool[b], bodies.rack[b]
        if p >= 0 and r >= 0 and powered[r]:
            work = held_work(kept_frac[r], pools.compute_frac[p], pools.least_clock_frac[p])
            served.derate_frac[p] += bodies.accelerator_count[b] * work
    for p in range(served.rate_per_s.size):
        share = served.derate_frac[p] / served.accelerators[p] if served.accelerators[p] > 0.0 else 1.0
        served.derate_frac[p] = share
        served.rate_per_s[p] *= share


@kernel
def lower_bodies(bodies: Bodies, powered: Flags, kept_frac: Floats, draw: Draw) -> None:
    """Power of the accelerators' bodies under caps: idle + kept (power - idle)."""
    for b in range(bodies.rack.size):
        r = bodies.rack[b]
        if r >= 0 and powered[r] and kept_frac[r] < 1.0 and bodies.pool[b] >= 0 and bodies.accelerator_count[b] > 0.0:
            draw.body_w[b] = bodies.idle_w[b] + kept_frac[r] * (draw.body_w[b] - bodies.idle_w[b])


@kernel
def _leg_source(chain: Chain, e: int) -> int:
    """The node that a feed starts at; its conductor's heat is counted to that node's room."""
    base = chain.feed_source.size
    return int(chain.feed_source[e] if e < base else chain.load_source[e - base])


@kernel
def settle(
    racks: Racks,
    bodies: Bodies,
    draw: Draw,
    chain: Chain,
    legs: Legs,
    flows: Flows,
    leg_flows: LegFlows,
    units: Units,
    loops: Loops,
    plant: Plant,
    alive: Alive,
    node_hall: Ints,
    dry_bulb_c: float,
    wet_bulb_c: float,
    tolerance_frac: float,
    passes_max: int,
    load_w: Floats,
) -> tuple[int, float, float]:
    """Plant and chain until the losses of indoor power nodes, which warm the hall, agree with the plant that removes
    them, and conductors' voltages and temperatures with their currents.

    Returns passes, relative change of total input in the last one, and load without a feed [W]. Each pass shrinks the
    change by about (fan share x loss share) ~ 1e-3, so three passes give 1e-9. It goes on from the losses and
    temperatures that are there: none at first, later those of a draw that was a little different.
    """
    n = racks.x_m.size
    previous = 0.0
    change = np.inf
    unconnected = 0.0
    for step in range(1, passes_max + 1):
        plant.hall_heat_w[:] = 0.0
        for i in range(node_hall.size):
            if node_hall[i] >= 0 and not np.isnan(flows.loss_w[i]):
                plant.hall_heat_w[node_hall[i]] += flows.loss_w[i]
        for e in range(leg_flows.leg_loss_w.size):
            hall = node_hall[_leg_source(chain, e)]
            if hall >= 0:
                plant.hall_heat_w[hall] += leg_flows.leg_loss_w[e]
        collect(racks.loop, racks.hall, draw.air_w, draw.liquid_w, racks.flow_m3_per_j, plant)
        run_plant(units, loops, alive.running, dry_bulb_c, wet_bulb_c, plant)
        load_w[:n] = draw.rack_w
        for u in range(plant.unit_power_w.size):
            power = plant.unit_power_w[u]
            load_w[n + u] = 0.0 if np.isnan(power) else power
        unconnected = sweep(chain, legs, load_w, flows, leg_flows)
        moved = drop(chain, legs, flows, leg_flows)
        total = unconnected
        for i in range(flows.in_w.size):
            if flows.live[i] and chain.feed_start[i] == chain.feed_start[i + 1]:
                total += flows.in_w[i]
        change = abs(total - previous) / max(total, 1.0)
        previous = total
        if change <= tolerance_frac and moved <= tolerance_frac:
            return step, change, unconnected
    return passes_max, change, unconnected


@kernel
def carry(
    racks: Racks,
    bodies: Bodies,
    draw: Draw,
    chain: Chain,
    legs: Legs,
    flows: Flows,
    leg_flows: LegFlows,
    units: Units,
    loops: Loops,
    plant: Plant,
    pools: Pools,
    served: Served,
    alive: Alive,
    node_hall: Ints,
    holds: Holds,
    link_w: Floats,
    kept_frac: Floats,
    load_w: Floats,
    dry_bulb_c: float,
    wet_bulb_c: float,
    tolerance_frac: float,
    passes_max: int,
) -> tuple[int, int, int, float, float, float]:
    """Draw of the racks through plant and chain, slowed until every managed limit is kept; pools' requests follow.

    Returns bodies of unknown power, racks held by a cap, passes, relative change of total input in the last one, load
    without a feed [W], and how far caps were missed relative to them.
    """
    unknown, capped = draw_racks(bodies, served.activity_frac, racks.cap_frac, alive.powered, link_w, draw)
    flows.loss_w[:] = 0.0
    start_legs(legs, leg_flows)
    passes, change, unconnected = settle(
        racks, bodies, draw, chain, legs, flows, leg_flows, units, loops, plant, alive, node_hall,
        dry_bulb_c, wet_bulb_c, tolerance_frac, passes_max, load_w,
    )  # fmt: skip
    missed = 0.0
    if holds.row_ratio.size == 0:
        apply_caps(bodies, pools, racks.cap_frac, alive.powered, draw, link_w, served, kept_frac)
        lower_bodies(bodies, alive.powered, kept_frac, draw)
        return unknown, capped, passes, change, unconnected, missed
    start_holds(bodies, racks.cap_frac, draw.nameplate_w, link_w, served.activity_frac, holds)
    for _ in range(PASSES):
        load_rows(flows, units, loops, plant, alive.running, holds)
        missed = excess(holds)
        if missed <= tolerance_frac:
            break
        next_shares(holds)
        tightest(chain, flows, units, loops, holds)
        hold_racks(chain, racks.cap_frac, racks.hall, racks.loop, draw.nameplate_w, flows, holds)
        unknown, capped = draw_racks(bodies, served.activity_frac, holds.rack_cap_frac, alive.powered, link_w, draw)
        more, change, unconnected = settle(
            racks, bodies, draw, chain, legs, flows, leg_flows, units, loops, plant, alive, node_hall,
            dry_bulb_c, wet_bulb_c, tolerance_frac, passes_max, load_w,
        )  # fmt: skip
        passes += more
    apply_caps(bodies, pools, holds.rack_cap_frac, alive.powered, draw, link_w, served, kept_frac)
    lower_bodies(bodies, alive.powered, kept_frac, draw)
    return unknown, capped, passes, change, unconnected, missed


@kernel
def frame(
    rows: Ints,
    ends: Ends,
    media: Media,
    route: Route,
    trays: Segments,
    ways: Ways,
    drops: Drops,
    cables: Cables,
    sums: CableSums,
    racks: Racks,
    bodies: Bodies,
    draw: Draw,
    chain: Chain,
    legs: Legs,
    flows: Flows,
    leg_flows: LegFlows,
    units: Units,
    loops: Loops,
    plant: Plant,
    pools: Pools,
    served: Served,
    alive: Alive,
    node_hall: Ints,
    holds: Holds,
    kept_frac: Floats,
    load_w: Floats,
    dry_bulb_c: float,
    wet_bulb_c: float,
    tolerance_frac: float,
    passes_max: int,
) -> Totals:
    """All live stages for one edit; `rows` are the bundles whose ends moved (all of them after an edit of the
    network).

    Order: cables -> who is energised -> requests -> activity -> rack power -> plant and chain -> power caps. Everything but the
    cables is recomputed in full, so the result depends on the inputs alone and not on the history of edits.
    """
    lay_cables(rows, ends, racks.x_m, racks.y_m, media, route, trays, ways, drops, cables)
    cable_totals = tally(ends, media, cables, sums)
    link_w = sums.rack_w
    energise(chain, alive.node, flows)
    mark_running(chain, flows, racks, units, loops, alive)
    serve_pools(bodies, alive.powered, pools, served)
    set_activity(bodies, alive.powered, pools, served)
    unknown_bodies, capped, passes, change, unconnected, missed = carry(
        racks, bodies, draw, chain, legs, flows, leg_flows, units, loops, plant, pools, served, alive, node_hall,
        holds, link_w, kept_frac, load_w, dry_bulb_c, wet_bulb_c, tolerance_frac, passes_max,
    )  # fmt: skip
    roots, residual = balance(chain, flows, leg_flows)
    unknown_units = 0
    cooling = 0.0
    for u in range(plant.unit_power_w.size):
        if np.isnan(plant.unit_power_w[u]):
            unknown_units += 1
        else:
            cooling += plant.unit_power_w[u]
    heat = draw.rack_w.sum()
    for i in range(node_hall.size):
        if node_hall[i] >= 0 and not np.isnan(flows.loss_w[i]):
            heat += flows.loss_w[i]
    for e in range(leg_flows.leg_loss_w.size):
        if node_hall[_leg_source(chain, e)] >= 0:
            heat += leg_flows.leg_loss_w[e]
    return Totals(
        draw.rack_w.sum(), roots + unconnected, unconnected, residual, cooling, heat, plant.unit_water_m3_per_s.sum(),
        link_w.sum(), passes, change, missed, unknown_bodies, unknown_units, capped, cable_totals,
    )  # fmt: skip
