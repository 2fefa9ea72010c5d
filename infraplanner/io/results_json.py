"""The `evaluate --format json` contract: every key always there, null where unknown, never NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np

from infraplanner.model.parts import Part
from infraplanner.results.air import HallAir
from infraplanner.results.bursts import BurstResult
from infraplanner.results.scale_up import ScaleUpResult
from infraplanner.results.scopes import scope
from infraplanner.results.snapshot import WALLS, FabricResult, ResultSnapshot, ThermalResult

SCHEMA = "infraplanner/results"
VERSION = 1


def plain(value: Any) -> Any:
    """Plain data for JSON: arrays become lists, NaN and infinity become None."""
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _rows(ids: tuple[str, ...], columns: dict[str, Any]) -> list[dict[str, Any]]:
    """Columns of arrays as one object a row."""
    lists = {name: plain(column) for name, column in columns.items()}
    return [{"id": key} | {name: column[row] for name, column in lists.items()} for row, key in enumerate(ids)]


def _columns(result: Any, prefix: str) -> dict[str, Any]:
    """The array fields of a result that start with `prefix`, without it; its ids left out."""
    return {
        field.name.removeprefix(prefix): getattr(result, field.name)
        for field in fields(result)
        if field.name.startswith(prefix) and not field.name.endswith("_ids")
    }


def _fabric(fabric: FabricResult) -> dict[str, Any]:
    names = (
        "medium", "length_m", "need_m", "ordered_m", "reach_m", "margin_m", "power_w", "price_usd", "load_frac",
        "load_bps", "latency_s", "way", "cable_c",
    )  # fmt: skip
    per_link = {name: list(fabric.medium) if name == "medium" else getattr(fabric, name) for name in names}
    return {
        "links": _rows(fabric.link_ids, per_link),
        "trays": _rows(fabric.tray_ids, {"fill_frac": fabric.tray_fill_frac, "kg_per_m": fabric.tray_kg_per_m}),
        "power_by_family_w": plain(fabric.power_by_family_w),
        "count_by_family": plain(fabric.count_by_family),
        "total_length_m": plain(fabric.total_length_m),
        "scale_up": _scale_up(fabric.scale_up),
        "bisection_bps": plain(fabric.figures.bisection_bps),
        "bandwidth_bps": plain(fabric.figures.bandwidth_bps),
        "collective_s": plain(fabric.figures.collective_s),
        "halves": plain(fabric.figures.halves),
        "tiers": plain(fabric.figures.tiers),
        "collectives": plain(fabric.figures.pools),
        "job_collectives": plain(fabric.figures.jobs),
    }


def _scale_up(found: ScaleUpResult) -> dict[str, Any]:
    """Domains inside racks and servers, implied by their profiles: no links of the plan."""
    arrays = {
        field.name: getattr(found, field.name)
        for field in fields(found)
        if isinstance(getattr(found, field.name), np.ndarray)
    }
    return {
        "domains": _rows(found.owner_ids, {"medium": list(found.medium), **arrays}),
        "unknown": list(found.unknown),
        "power_by_family_w": plain(found.power_by_family_w),
        "count_by_family": plain(found.count_by_family),
    }


def _power(result: ResultSnapshot) -> dict[str, Any]:
    power = result.power
    return {
        "nodes": _rows(power.node_ids, _columns(power, "node_")),
        "racks": _rows(power.rack_ids, _columns(power, "rack_")),
        "unserved_w": plain(power.unserved_w),
        "residual_w": plain(power.residual_w),
        "waterfall": [plain(step) for step in power.waterfall],
        "supply": {
            "mode": power.supply.mode,
            "sources": _rows(power.supply.source_ids, _columns(power.supply, "source_")),
            "carbon_kg_per_h": plain(power.supply.carbon_kg_per_h),
            "carbon_g_per_kwh": plain(power.supply.carbon_g_per_kwh),
            "fuel_w": plain(power.supply.fuel_w),
            "energy_usd_per_h": plain(power.supply.energy_usd_per_h),
        },
        "outages": _rows(power.outages.case_ids, _columns(power.outages, "case_")),
        "redundancy": plain(power.outages.schemes),
        "rack_supplies": plain(power.outages.supplies),
        "core": plain(power.core),
        "bursts": _bursts(power.bursts),
        "conductors": _rows(power.wiring.wire_ids, _columns(power.wiring, "wire_")),
    }


def _bursts(bursts: BurstResult) -> dict[str, Any]:
    """Levels without their curves: those are for a chart."""
    levels = [{key: value for key, value in plain(level).items() if key != "power_w"} for level in bursts.levels]
    return {
        "period_s": plain(bursts.period_s),
        "levels": levels,
        "ride_through": plain(bursts.rides),
        "step_w": plain(bursts.step_w),
        "step_limit_w": plain(bursts.step_limit_w),
    }


def _thermal(result: ResultSnapshot) -> dict[str, Any]:
    thermal = result.thermal
    return {
        "racks": _rows(result.power.rack_ids, _rack_columns(result)),
        "units": _rows(thermal.unit_ids, _unit_columns(thermal)),
        "halls": _rows(thermal.hall_ids, _columns(thermal, "hall_")),
        "air": [_hall_air(hall) for hall in thermal.air.halls],
        "loops": [plain(loop) for loop in thermal.loops.loops],
        "plugs": _plugs(thermal),
        "memory_modules": _memory_modules(thermal),
        "loss_of_cooling": [plain(row) for row in thermal.ride],
        "die_hot_spot_ratio": plain(thermal.die_hot_spot_ratio),
        "case_limit_c": plain(thermal.chips.case_limit_c),
    }


def _memory_modules(thermal: ThermalResult) -> dict[str, Any]:
    """Memory modules: watts and limit of one, the warmest device, and all devices that carry modules or pass the limit."""
    memory = thermal.memory
    known = np.flatnonzero(np.isfinite(memory.case_c))
    limit = np.inf if memory.limit_c is None else memory.limit_c
    told = known[(memory.module_w[known] > 0.0) | (memory.case_c[known] > limit)]
    warmest = int(known[np.argmax(memory.case_c[known])]) if known.size else -1
    return {
        "watts": plain(memory.memory_w),
        "limit_c": plain(memory.limit_c),
        "warmest": memory.device_ids[warmest] if known.size else None,
        "warmest_c": plain(memory.case_c[warmest]) if known.size else None,
        "devices": _rows(
            tuple(memory.device_ids[row] for row in told.tolist()),
            {name: getattr(memory, name)[told] for name in ("case_c", "bare_c", "module_w")},
        ),
    }


def _plugs(thermal: ThermalResult) -> dict[str, Any]:
    """Pluggable ends: the limit, the warmest link, and all links that carry modules or pass the limit."""
    plugs = thermal.plugs
    known = np.flatnonzero(np.isfinite(plugs.case_c))
    limit = np.inf if plugs.limit_c is None else plugs.limit_c
    told = known[(plugs.module_w[known] > 0.0) | (plugs.case_c[known] > limit)]
    names = ("case_c", "bare_c", "plug_w", "module_w")
    warmest = int(known[np.argmax(plugs.case_c[known])]) if known.size else -1
    return {
        "limit_c": plain(plugs.limit_c),
        "warmest": plugs.link_ids[warmest] if known.size else None,
        "warmest_c": plain(plugs.case_c[warmest]) if known.size else None,
        "links": _rows(
            tuple(plugs.link_ids[row] for row in told.tolist()), {name: getattr(plugs, name)[told] for name in names}
        ),
    }


def _rack_columns(result: ResultSnapshot) -> dict[str, Any]:
    """Heat, then what the air field and the chips add; null for all racks where there is neither."""
    thermal, count = result.thermal, len(result.power.rack_ids)
    columns = _columns(thermal, "rack_")
    for part in (thermal.air, thermal.chips, thermal.loops):
        for name, values in _columns(part, "rack_").items():
            columns[name] = values if len(values) == count else np.full(count, np.nan)
    return columns


def _unit_columns(thermal: ThermalResult) -> dict[str, Any]:
    """What units move, then the air they blow and their exchanger's approach."""
    columns, count = _columns(thermal, "unit_"), len(thermal.unit_ids)
    extra = {"air_m3_per_s": thermal.air.unit_air_m3_per_s, "approach_k": thermal.loops.unit_approach_k}
    return columns | {key: v if len(v) == count else np.full(count, np.nan) for key, v in extra.items()}


def _hall_air(hall: HallAir) -> dict[str, Any]:
    """A hall's field in figures; the cells themselves stay in the window."""
    left_out = ("temperature_c", "x_m_per_s", "y_m_per_s")
    figures = {item.name: plain(getattr(hall, item.name)) for item in fields(hall) if item.name not in left_out}
    known = hall.temperature_c[np.isfinite(hall.temperature_c)]
    return figures | {"warmest_c": plain(float(known.max())) if known.size else None}


def _without(part: Any, name: str) -> dict[str, Any]:
    """A result as plain data without one of its arrays."""
    return {field.name: plain(getattr(part, field.name)) for field in fields(part) if field.name != name}


def _racks(result: ResultSnapshot, name: str) -> list[dict[str, Any]]:
    """One figure of every rack; the field belongs to throughput or to economics."""
    part = result.throughput if name == "tokens_per_s" else result.economics
    return _rows(result.power.rack_ids, {name: getattr(part, f"rack_{name}")})


def _scope(result: ResultSnapshot, part: Part) -> list[dict[str, Any]]:
    """Walls of one part, as a list of one; none where nothing is known of its racks."""
    found = scope(result, part.racks)
    if found is None:
        return []
    head = {"kind": part.kind, "id": part.id, "rack_count": len(part.racks), "binding_wall": found.binding_wall}
    walls = {name: {key: value for key, value in plain(found.walls[name]).items() if key != "note"} for name in WALLS}
    return [head | {"tokens_per_s": plain(found.tokens_per_s), "walls": walls}]


def contract(
    result: ResultSnapshot, plan: dict[str, Any], cost: object | None = None, ranked: Sequence[object] | None = None,
    parts: Sequence[Part] = (),
) -> dict[str, Any]:  # fmt: skip
    """The whole result as plain data in the contract's shape; `plan` says which plan at which revision it is of, `cost`
    what its failures lose, `ranked` is every single failure by its cost, `parts` are those whose walls are to be told.
    """
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "plan": plan,
        "summary": plain(asdict(result.summary)),
        "walls": {name: plain(result.walls[name]) for name in WALLS},
        "rack_walls": _rows(result.power.rack_ids, dict(result.rack_walls)) if result.rack_walls else [],
        "scopes": [row for part in parts for row in _scope(result, part)],
        "power": _power(result),
        "thermal": _thermal(result),
        "fabric": _fabric(result.fabric),
        "throughput": _without(result.throughput, "rack_tokens_per_s") | {"racks": _racks(result, "tokens_per_s")},
        "economics": _without(result.economics, "rack_usd_per_year") | {"racks": _racks(result, "usd_per_year")},
        "year": _without(result.year, "hour_ratio"),
        "coverage": {key: plain(value) for key, value in sorted(result.coverage.items())},
        "findings": [plain(finding) for finding in result.findings],
        "failed": sorted(result.failed),
        "failed_cost": plain(cost),
        "single_failures": None if ranked is None else [plain(row) for row in ranked],
        "failures": list(result.failures),
        "coupling": {"passes": result.passes, "residual_frac": plain(result.residual_frac)},
    }
