"""From a frame's buffers to sources, fuel, carbon and conductors: dispatch has happened, this reads it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.sources import SourceArrays
from infraplanner.compile.wires import lengths
from infraplanner.results.supply import SupplyMode, SupplyResult, WiringResult
from infraplanner.units import KILO

from .workspace import Workspace

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
CARRIES_W = 1e-6
"""Below this a source counts as idle: rounding, not load."""


def supply_result(space: Workspace, facility_w: float) -> SupplyResult:
    """Every source: what it gives, what it burns, emits and costs in an hour at this load."""
    compiled = space.compiled
    assert compiled is not None
    sources, table = compiled.sources, compiled.tables["power"]
    row = sources.row
    if not row.size:
        return SupplyResult()
    out, live = space.flows.out_w[row].copy(), space.flows.live[row].copy()
    rating, units, spare = table["rating_w"][row], table["units"][row], table["spare"][row]
    running = _running(out, rating, units, spare, table["stage_frac"][row])
    running = np.where(live & (out > CARRIES_W), running, 0.0)
    with np.errstate(all="ignore"):
        fuel = fuel_power(sources, out, rating, running, units)
        carbon = carbon_per_h(sources, out, fuel, space)
        cost = _cost_per_h(sources, out, fuel, space)
        covers = np.where(np.isnan(sources.stored_j), np.nan, sources.stored_j / facility_w)
        step = sources.step_load_frac * rating / units * np.maximum(running, 1.0)
    carried = out > CARRIES_W
    total_carbon = _sum_of(carbon, carried)
    delivered = float(out[carried].sum())
    return SupplyResult(
        mode=_mode(sources, carried, live),
        source_ids=sources.ids,
        source_kind=sources.kind,
        source_fuel=sources.fuel,
        source_out_w=out,
        source_rating_w=rating.copy(),
        source_give_w=np.where(live, rating * table["available_frac"][row], 0.0),
        source_firm_w=rating * (units - spare) / units * table["available_frac"][row],
        source_units=units.copy(),
        source_running=running,
        source_live=live,
        source_fuel_w=fuel,
        source_carbon_kg_per_h=carbon,
        source_usd_per_h=cost,
        source_start_s=sources.start_s,
        source_step_w=step,
        source_covers_s=covers if facility_w > 0.0 else np.full(row.size, np.nan),
        carbon_kg_per_h=total_carbon,
        carbon_g_per_kwh=None if total_carbon is None or delivered <= 0 else total_carbon * KILO / (delivered / KILO),
        fuel_w=_sum_of(fuel, carried & sources.fuelled),
        energy_usd_per_h=_sum_of(cost, carried),
    )


def fuel_power(sources: SourceArrays, out: Floats, rating: Floats, running: Floats, units: Floats) -> Floats:
    """Heat of the fuel that the running units take [W]: m P_unit (x + loss); 0 at rest, NaN without figure."""
    from infraplanner.kernels.losses import loss_fracs

    curves = sources.fuel_curves
    capacity = np.where(np.isnan(rating), 0.0, rating) / units * running
    share = np.where(capacity > 0.0, out / capacity, 0.0)
    curved = out + capacity * loss_fracs(share, curves)
    slope = curves[:, 1]
    proportional = (curves[:, [0, 2, 3, 5]] == 0.0).all(axis=1)
    burnt = np.where(proportional, out * (1.0 + slope), curved)
    return np.where(out > CARRIES_W, burnt, np.where(np.isnan(slope), np.nan, 0.0))


def carbon_per_h(sources: SourceArrays, out: Floats, fuel: Floats, space: Workspace) -> Floats:
    """Carbon of each source in an hour [kg]: the plan's own figure, else the fuel's, else the profile's, else the site's
    for a utility; a store gives back what it was charged with and counts as nothing here.
    """
    kwh, heat_kwh = out / KILO, fuel / KILO
    by_fuel = heat_kwh * sources.fuel_carbon_g_per_kwh
    found = np.where(np.isnan(by_fuel), kwh * sources.carbon_g_per_kwh, by_fuel)
    found = np.where(sources.utility, kwh * space.climate.carbon_g_per_kwh, found)
    found = np.where(sources.store, 0.0, found)
    found = np.where(np.isnan(sources.given_carbon_g_per_kwh), found, kwh * sources.given_carbon_g_per_kwh)
    return found / KILO


def _cost_per_h(sources: SourceArrays, out: Floats, fuel: Floats, space: Workspace) -> Floats:
    """Energy of each source in an hour [USD]: the plan's own tariff, else the site's for a utility, else its fuel."""
    kwh = out / KILO
    found = np.where(sources.utility, kwh * space.climate.usd_per_kwh, fuel / KILO * sources.fuel_usd_per_kwh)
    return np.where(np.isnan(sources.given_usd_per_kwh), found, kwh * sources.given_usd_per_kwh)


def energy_mix(sources: SourceArrays, supply: SupplyResult) -> tuple[float | None, float | None]:
    """Price [USD/kWh] and carbon [g/kWh] of what the sources give; None while the grid alone carries on site figures."""
    given = np.isfinite(sources.given_usd_per_kwh).any() or np.isfinite(sources.given_carbon_g_per_kwh).any()
    kwh = float(np.nansum(supply.source_out_w)) / KILO
    if kwh <= 0.0 or (supply.mode in ("none", "grid") and not given):
        return None, None
    cost = supply.energy_usd_per_h
    return None if cost is None else cost / kwh, supply.carbon_g_per_kwh


def _running(out: Floats, rating: Floats, units: Floats, spare: Floats, stage: Floats) -> Floats:
    """Units that run, as the kernel counts them."""
    with np.errstate(all="ignore"):
        needed = np.ceil(out / (rating / units * stage) - 1e-12)
        staged = np.minimum(units, np.maximum(1.0, needed + spare))
    return np.where((stage > 0.0) & (rating > 0.0), staged, units)


def _sum_of(values: Floats, carried: Flags) -> float | None:
    """Sum over what carries; None as soon as one of them is unknown."""
    total = float(values[carried].sum())
    return total if math.isfinite(total) else None


def _mode(sources: SourceArrays, carried: Flags, live: Flags) -> SupplyMode:
    utility, store = sources.utility, sources.store
    own = ~utility & ~store
    if (carried & utility).any():
        return "parallel" if (carried & own).any() else "grid"
    if (carried & own).any():
        return "backup" if utility.any() and not live[utility].any() else "island"
    return "store" if (carried & store).any() else "none"


def wiring_result(space: Workspace) -> WiringResult:
    """Conductors that the plan names; empty without any."""
    compiled = space.compiled
    assert compiled is not None
    wires = compiled.chain.wires
    if wires is None:
        return WiringResult()
    own = np.flatnonzero((wires.ohm_per_m > 0.0) | ~wires.known)
    state, feeds = space.leg_flows, compiled.tables["feeds"]
    length = lengths(wires, compiled.tables)[own]
    volts = wires.voltage_v[own]
    with np.errstate(all="ignore"):
        cold = wires.ohm_per_m[own] * np.nan_to_num(length) + wires.contacts_ohm[own]
        ohm = cold * (1.0 + wires.rise_frac[own] * (state.leg_c[own] - 20.0))
        lines = np.sqrt(wires.loss_count[own])
        per_w = lines * ohm * wires.slope_frac[own] / wires.current_ratio[own]
        limit = np.where(ohm > 0.0, volts * volts / (4.0 * per_w), np.nan)
        joints = np.where(cold > 0.0, state.leg_loss_w[own] * wires.contacts_ohm[own] / cold, 0.0)
    return WiringResult(
        wire_ids=tuple(feeds.ids[row] for row in wires.row[own].tolist()),
        wire_w=state.leg_w[own],
        wire_a=state.leg_a[own],
        wire_allowed_a=wires.allowed_a[own],
        wire_length_m=length,
        wire_loss_w=state.leg_loss_w[own],
        wire_joint_w=joints,
        wire_end_v=state.leg_end_frac[own] * volts,
        wire_drop_frac=1.0 - state.leg_end_frac[own],
        wire_c=state.leg_c[own],
        wire_collapse_w=limit,
        wire_collapsed=state.leg_collapsed[own],
        wire_known=wires.known[own] & np.isfinite(length),
        loss_w=float(state.leg_loss_w.sum()),
    )
