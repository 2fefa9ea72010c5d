"""What a result says of one object, as texts for the inspector."""

from __future__ import annotations

import math

from infraplanner.results.snapshot import PoolResult, PowerResult, ResultSnapshot, ThermalResult
from infraplanner.units import number, scaled

from .power_figures import feed_figures, node_figures
from .tariff import tariff_figures


def _row(ids: tuple[str, ...], key: str) -> int | None:
    return ids.index(key) if key in ids else None


def object_figures(result: ResultSnapshot, table: str, key: str) -> dict[str, str]:
    """What a result says of one object, as texts."""
    if table == "racks":
        return _rack_figures(result, key)
    if table == "cooling":
        return _unit_figures(result, key)
    if table == "power":
        return node_figures(result, key)
    if table == "feeds":
        return feed_figures(result, key)
    if table == "links":
        return _link_figures(result, key)
    if table == "tariff":
        return tariff_figures(result, key)
    if table == "devices":
        return {"memory": _memory(result, key)}
    return _pool_figures(result, key) if table == "pools" else {}


def _rack_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    row = _row(result.power.rack_ids, key)
    if row is None:
        return {}
    power, thermal = result.power, result.thermal
    return {
        "draw": " ".join(scaled(float(power.rack_power_w[row]), "W")) + _held(power, row),
        "flux": f"{number(float(thermal.rack_heat_flux_w_per_m2[row]) / 1e3)} kW/m²",
        "die": _die(thermal, row),
        "inlet": _inlet(result, row),
        "chip": _chip(result, row),
        "flow": f"{number(float(thermal.rack_flow_l_per_min[row]))} L/min",
        "sides": f"{number(float(power.rack_a_w[row]) / 1e3)}, {number(float(power.rack_b_w[row]) / 1e3)} kW",
    }


def _memory(result: ResultSnapshot, key: str) -> str:
    """Case of a device's memory modules with its limit, and what it would be without modules on them."""
    memory = result.thermal.memory
    row = _row(memory.device_ids, key)
    if row is None or memory.limit_c is None or not math.isfinite(memory.case_c[row]):
        return "–"
    bare = f", bare {number(float(memory.bare_c[row]))} °C" if memory.module_w[row] > 0.0 else ""
    return f"{number(float(memory.case_c[row]))} of {number(memory.limit_c)} °C{bare}"


def _held(power: PowerResult, row: int) -> str:
    """The clock that a cap or its cooling leaves a rack's accelerators, where that is not all."""
    kept = float(power.rack_held_frac[row]) if len(power.rack_held_frac) else 1.0
    return f", held to {number(100 * kept, 2)} % clock" if kept < 1.0 - 1e-6 else ""


def _die(thermal: ThermalResult, row: int) -> str:
    """Mean heat flux of the hottest die, and the band that its hot spots are taken to lie in."""
    flux = float(thermal.rack_die_flux_w_per_cm2[row])
    if not math.isfinite(flux) or thermal.die_hot_spot_ratio is None:
        return "–"
    low, high = thermal.die_hot_spot_ratio
    return f"{number(flux)} W/cm², spots {number(low * flux, 2)}–{number(high * flux, 2)}"


def _inlet(result: ResultSnapshot, row: int) -> str:
    """Inlet temperature, and how much of the exhaust comes back; empty without a settled field."""
    air = result.thermal.air
    top = float(air.rack_inlet_top_c[row]) if len(air.rack_inlet_top_c) else math.nan
    above = f" ({number(top)} °C above)" if math.isfinite(top) else ""
    if not len(air.rack_inlet_c) or not math.isfinite(air.rack_inlet_c[row]):
        return "–"
    again = float(air.rack_recirculation_frac[row])
    return f"{number(float(air.rack_inlet_c[row]))} °C{above}, {number(100 * again, 2)} % recirculated"


def _chip(result: ResultSnapshot, row: int) -> str:
    """Case and junction of the hottest chip, and its clock where that is lowered."""
    chips = result.thermal.chips
    if not len(chips.rack_case_c) or not math.isfinite(chips.rack_case_c[row]):
        return "–"
    clock = float(chips.rack_clock_frac[row])
    slow = f", {number(100 * clock)} % clock" if clock < 1.0 else ""
    return f"{number(float(chips.rack_case_c[row]))}, {number(float(chips.rack_junction_c[row]))} °C{slow}"


def _unit_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    thermal = result.thermal
    row = _row(thermal.unit_ids, key)
    if row is None:
        return {}
    return {
        "load": f"{number(100 * float(thermal.unit_load_frac[row]))} % of {number(float(thermal.unit_capacity_w[row]) / 1e3)} kW",
        "flow": f"{number(float(thermal.unit_flow_l_per_min[row]))} L/min",
        "supply": f"{number(float(thermal.unit_supply_c[row]))}, {number(float(thermal.unit_return_c[row]))} °C",
        "power": " ".join(scaled(float(thermal.unit_power_w[row]), "W")),
    }


def _link_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    fabric = result.fabric
    row = _row(fabric.link_ids, key)
    if row is None:
        return {}
    return {
        "length": f"{number(float(fabric.ordered_m[row]))} m ordered, {number(float(fabric.length_m[row]))} m routed",
        "medium": fabric.medium[row] or "none reaches",
        "reach": f"{number(float(fabric.reach_m[row]))} m",
        "watts": " ".join(scaled(float(fabric.power_w[row]), "W")),
        "load": f"{number(100 * float(fabric.load_frac[row]))} %",
    }


def _band(pool: PoolResult) -> str:
    """The pool's error band in per cent, behind its figure."""
    if pool.tokens_per_s is None or pool.band_low_frac is None or pool.band_high_frac is None:
        return ""
    return f"  {number(100 * pool.band_low_frac, 2)} +{number(100 * pool.band_high_frac, 2)} %"


def _split(pool: PoolResult) -> str:
    """What the same accelerators would yield with prefill and decode apart."""
    if pool.split_prefill_frac is None or pool.split_tokens_per_s_per_accelerator is None:
        return "–"
    each = " ".join(scaled(pool.split_tokens_per_s_per_accelerator, "tok/s"))
    return f"{number(100 * pool.split_prefill_frac, 2)} % for prefill: {each} an accelerator"


def _pool_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    pool = next((pool for pool in result.throughput.pools if pool.id == key), None)
    if pool is None:
        return {}
    memory = "–" if pool.memory_used_frac is None else f"{number(100 * pool.memory_used_frac)} %"
    return {
        "tokens": " ".join(scaled(pool.tokens_per_s, "tok/s")) + _band(pool),
        "layout": f"{pool.instance_count} x tp {pool.tp}, pp {pool.pp}, ep {pool.ep}, dp {pool.dp}, {pool.weights}",
        "load": pool.load_note
        or ", ".join(
            " ".join(scaled(value, "s")) for value in (pool.load_ttft_s, pool.load_ttft_p95_s, pool.load_tpot_s)
        ),
        "split": _split(pool),
        "batch": str(pool.batch),
        "ttft": " ".join(scaled(pool.ttft_s, "s")),
        "tpot": " ".join(scaled(pool.tpot_s, "s")),
        "memory": memory,
        "limiter": pool.not_predicted or pool.limiter,
    }
