"""Bursts of the accelerators through the stores on their way to the sources, and ride-through."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import PowerUnit, Record
from infraplanner.compile.chain import UPS_KINDS, eco_transfer
from infraplanner.compile.series import chains_of
from infraplanner.compile.sources import STORE_KINDS, UTILITY_KINDS
from infraplanner.kernels.frame import Totals
from infraplanner.kernels.transients import ride_through, smooth
from infraplanner.results.bursts import BurstLevel, BurstResult, RideThrough
from infraplanner.results.supply import SupplyResult

from .jobs import JobCase
from .workspace import Workspace

Floats = NDArray[np.float64]
STEP_S, COUNT, STEP_AT_S, WAVE_AT_S = 0.01, 2000, 1.0, 8.0
"""Twenty seconds: idle, a step to most, then synchronous steps; fine enough for 20 Hz."""
BAND_HZ = (0.1, 20.0)
CAPACITORS, RACK_BATTERIES = frozenset({"capacitor_storage"}), frozenset({"battery_backup"})
SITE_STORES = STORE_KINDS - CAPACITORS - RACK_BATTERIES


def burst_result(space: Workspace, totals: Totals, supply: SupplyResult, jobs: tuple[JobCase, ...]) -> BurstResult:
    """The burst of everything that holds accelerators, all at once: the worst the plan can do to its sources."""
    compiled = space.compiled
    assert compiled is not None
    bodies, rule = compiled.bodies, compiled.rule
    on = (bodies.accelerator_count > 0.0) & (bodies.rack >= 0)
    on[on] &= space.alive.powered[bodies.rack[on]]
    low = float(np.nansum(bodies.idle_w[on]))
    caps = compiled.tables["racks"]["cap_frac"][bodies.rack[on]]
    high = float(np.nansum(bodies.max_w[on] * np.minimum(1.0, caps)))
    if not high > low:
        return BurstResult()
    period = _period(jobs, rule("power.burst_period_s"))
    load = _wave(low, high, period, rule("power.burst_duty_frac"))
    levels = [_level("Racks", load, None, None)]
    stores = [
        ("Rack capacitors", *_with(_rack_stores(space, on), _drawn_stores(space, CAPACITORS))),
        ("Rack batteries", *_drawn_stores(space, RACK_BATTERIES)),
    ]
    longest = rule("power.store_tau_s")
    for name, stored, power in stores:
        if stored > 0.0:
            load = _filter(
                levels, f"After {name.lower()}", load, stored, min(longest, 0.5 * stored / (high - low)), power
            )
    # Losses of the chain swing with the load; cooling follows in minutes and counts as steady.
    scale = (totals.facility_w - totals.cooling_w) / totals.it_w if totals.it_w > 0.0 else 1.0
    rest = max(0.0, totals.facility_w - scale * float(np.nansum(space.draw.body_w[: on.size][on])))
    load = load * scale + rest
    levels.append(_level("Whole site", load, None, None))
    load = _through_ups(space, levels, load, on)
    stored, power = _drawn_stores(space, SITE_STORES)
    if stored > 0.0:
        load = _filter(levels, "After site stores", load, stored, min(longest, 0.5 * stored / (high - low)), power)
    step, limit = _step(load, supply)
    return BurstResult(STEP_S, period, tuple(levels), _rides(space, supply, stores, high), step, limit)


def _with(stored_j: float, drawn: tuple[float, float]) -> tuple[float, float]:
    """Stores that belong to racks and stores that are drawn, together; those of racks give any power."""
    return stored_j + drawn[0], math.inf if stored_j > 0.0 else drawn[1]


def _through_ups(space: Workspace, levels: list[BurstLevel], load: Floats, on: NDArray[np.bool_]) -> Floats:
    """The part of the load that runs over converters of a UPS, levelled by their intermediate circuit; one in eco mode
    passes bursts as they are.
    """
    compiled = space.compiled
    assert compiled is not None
    behind, rating = _behind_ups(space)
    drawn = np.zeros(len(compiled.tables["racks"]))
    np.add.at(drawn, compiled.bodies.rack[on], np.nan_to_num(compiled.bodies.max_w[on]))
    share = float((drawn * behind[: drawn.size]).sum() / drawn.sum()) if drawn.sum() > 0.0 else 0.0
    tau = compiled.rule("power.ups_tau_s")
    if not (share > 0.0 and rating > 0.0 and tau > 0.0):
        return load
    seen, energy = np.zeros(load.size), np.zeros(load.size)
    stored = rating * tau
    smooth(share * load, STEP_S, tau, stored, 0.5 * stored, seen, energy)
    load = (1.0 - share) * load + seen
    levels.append(_level("After UPS", load, stored, tau))
    return load


def _behind_ups(space: Workspace) -> tuple[Floats, float]:
    """Share of every load that comes over a UPS on its converters, and the rating of those that carry [W]."""
    compiled = space.compiled
    assert compiled is not None
    chain, flows, table = compiled.chain, space.flows, compiled.tables["power"]
    converts = np.array([kind in UPS_KINDS for kind in _kinds(space)], dtype=np.bool_) & ~table["eco"] & flows.live
    whole = converts.tolist()
    above = [0.0] * (len(table) + 1)
    start, source, part = chain.feed_start.tolist(), chain.feed_source.tolist(), flows.part_w.tolist()
    for node in chain.order[::-1].tolist():  # plain lists: thousands of nodes with one or two feeds each
        rows = range(start[node], start[node + 1])
        total = sum(part[row] for row in rows)
        over = sum(above[source[row]] * part[row] for row in rows)
        above[node] = 1.0 if whole[node] else over / total if total > 0.0 else 0.0
    share = np.array(above)
    loads = chain.load_start.size - 1
    parts = flows.part_w[chain.feed_source.size :][: chain.load_source.size]
    owner = np.repeat(np.arange(loads), np.diff(chain.load_start))
    over = np.bincount(owner, share[chain.load_source] * parts, loads)
    total = np.bincount(owner, parts, loads)
    carrying = converts & (flows.out_w > 0.0)
    with np.errstate(all="ignore"):
        behind = np.where(total > 0.0, over / total, 0.0)
    return behind, float(np.nansum(table["rating_w"][carrying]))


def _kinds(space: Workspace) -> list[str]:
    """Kind of every node."""
    assert space.compiled is not None
    parts = space.compiled.parts.power
    return [parts[code].power_kind if code >= 0 else "" for code in space.compiled.tables["power"]["unit"].tolist()]


def _period(jobs: tuple[JobCase, ...], otherwise: float) -> float:
    """Step time of the largest predicted job [s], else the planning value."""
    found = [
        (case.accelerator_count, case.job.global_batch * case.job.sequence_tokens / case.tokens_per_s)
        for case in jobs
        if case.tokens_per_s
    ]
    return max(found)[1] if found else otherwise


def _wave(low: float, high: float, period: float, duty: float) -> Floats:
    time = STEP_S * np.arange(COUNT)
    load = np.where(time < STEP_AT_S, low, high)
    wave = time >= WAVE_AT_S
    load[wave] = np.where(np.mod(time[wave] - WAVE_AT_S, period) < duty * period, high, low)
    return load


def _filter(
    levels: list[BurstLevel], name: str, load: Floats, stored_j: float, tau_s: float, power_w: float = math.inf
) -> Floats:
    """The load behind a store of this energy, half full at first; one of little power moves the load by that at most.

    With tau = E / (2 swing) half of the energy is just what one full step takes.
    """
    seen, energy = np.zeros(load.size), np.zeros(load.size)
    smooth(load, STEP_S, tau_s, stored_j, 0.5 * stored_j, seen, energy)
    if power_w < math.inf:
        seen = np.clip(seen, load - power_w, load + power_w)
    levels.append(_level(name, seen, stored_j, tau_s))
    return seen


def _level(name: str, power: Floats, stored_j: float | None, tau_s: float | None) -> BurstLevel:
    wave = power[int(WAVE_AT_S / STEP_S) :]
    window = np.hanning(wave.size)
    amplitude = 2.0 * np.abs(np.fft.rfft((wave - wave.mean()) * window)) / window.sum()
    hertz = np.fft.rfftfreq(wave.size, STEP_S)
    band = np.where((hertz >= BAND_HZ[0]) & (hertz <= BAND_HZ[1]), amplitude, 0.0)
    worst = int(band.argmax())
    return BurstLevel(
        name=name,
        peak_w=float(power.max()),
        swing_w=float(np.ptp(power)),
        ramp_w_per_s=float(np.abs(np.diff(power)).max() / STEP_S),
        band_w=float(band[worst]),
        band_hz=float(hertz[worst]) if band[worst] > 0.0 else None,
        stored_j=stored_j,
        tau_s=tau_s,
        power_w=power,
    )


def _rack_stores(space: Workspace, on: NDArray[np.bool_]) -> float:
    """Energy of capacitors in the shelves of all racks that have them [J]."""
    compiled = space.compiled
    assert compiled is not None
    bodies, catalogue = compiled.bodies, compiled.parts.catalogue
    total = 0.0
    for record in chains_of(catalogue, "rack_store"):
        part = catalogue.find(str(record.data["part"]))
        if not isinstance(part, PowerUnit) or part.energy_j is None:
            continue
        names = _names(record)
        rows = np.array([row.id in names for row in compiled.parts.systems] + [False])[bodies.system]
        total += part.energy_j * float(bodies.accelerator_count[rows & on].sum())
    return total


def _names(record: Record) -> frozenset[str]:
    names: list[str] = record.data["systems"]  # type: ignore[assignment]
    return frozenset(names)


def _drawn_stores(space: Workspace, kinds: frozenset[str]) -> tuple[float, float]:
    """Energy [J] and power [W] of the plan's live stores of these kinds."""
    assert space.compiled is not None
    sources, table = space.compiled.sources, space.compiled.tables["power"]
    store = np.array([kind in kinds for kind in sources.kind], dtype=np.bool_)
    use = store & space.flows.live[sources.row] & np.isfinite(sources.stored_j)
    power = table["rating_w"][sources.row[use]]
    return float(sources.stored_j[use].sum()), float(np.nansum(power)) if np.isfinite(power).any() else math.inf


def _step(load: Floats, supply: SupplyResult) -> tuple[float, float | None]:
    """Largest change within a second at the sources [W], and what running generators take; None with a grid beside."""
    second = int(1.0 / STEP_S)
    change = max(float(np.abs(load[k:] - load[:-k]).max()) for k in (1, second // 4, second))
    carrying = supply.source_out_w > 1.0
    utility = np.array([kind in UTILITY_KINDS for kind in supply.source_kind], dtype=np.bool_)
    if (carrying & utility).any() or not carrying.any():
        return change, None
    limits = supply.source_step_w[carrying]
    return change, float(limits.sum()) if np.isfinite(limits).all() else None


def _rides(
    space: Workspace, supply: SupplyResult, racks: list[tuple[str, float, float]], high_w: float
) -> tuple[RideThrough, ...]:
    """Stores from the chip up against what they have to bridge; `racks` are those beside the racks."""
    compiled = space.compiled
    assert compiled is not None
    rule, table = compiled.rule, compiled.tables["power"]
    ups = np.array([kind in UPS_KINDS for kind in _kinds(space)], dtype=np.bool_) & space.flows.live
    start = _start_s(supply)
    out = []
    if (ups & table["eco"]).any():
        gap = float(eco_transfer(table, compiled.parts, rule)[ups & table["eco"]].max())
        out.append(_ride("Racks' supplies", rule("power.supply_hold_up_s"), "transfer out of eco mode", gap))
    for name, stored, _ in racks:
        if stored > 0.0:
            lasts = float(ride_through(stored, 1.0, 1.0, high_w))
            out.append(_ride(name, lasts, "start of the first own source", start))
    if ups.any():
        autonomy = rule("power.ups_autonomy_s")
        out.append(_ride("UPS batteries", autonomy, "start of the first own source", start))
        out.append(_ride("UPS batteries", autonomy, "restart of cooling", rule("power.cooling_restart_s")))
    stored, _ = _drawn_stores(space, SITE_STORES)
    if stored > 0.0:
        facility = max(1.0, float(np.nansum(supply.source_out_w)))
        lasts = float(ride_through(stored, 1.0, 1.0, facility))
        out.append(_ride("Site stores", lasts, "start of the first own source", start))
    return tuple(out)


def _start_s(supply: SupplyResult) -> float | None:
    """The shortest start of a generator that stands by; None without one."""
    waiting = (supply.source_out_w <= 1.0) | np.array(
        [kind in UTILITY_KINDS for kind in supply.source_kind], dtype=np.bool_
    )
    starts = supply.source_start_s[np.isfinite(supply.source_start_s)]
    own = supply.source_start_s[waiting & np.isfinite(supply.source_start_s)]
    return float((own if own.size else starts).min()) if starts.size else None


def _ride(name: str, lasts_s: float | None, bridges: str, needed_s: float | None) -> RideThrough:
    enough = None if lasts_s is None or needed_s is None else lasts_s >= needed_s
    return RideThrough(name, lasts_s, bridges, needed_s, enough)
