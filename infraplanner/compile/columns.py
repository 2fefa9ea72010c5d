"""Columns of each table: what one record contributes, in base units, with profile codes and NaN for unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from infraplanner.catalog.types import CoolingUnit, Frame, LinkMedium, PowerUnit, System
from infraplanner.units import GIGA, KILO, MICRO, MM_PER_M

from .parts import Floats, Ints, Parts, column
from .table import Array, Maker, Spec

AIR_CLASSES = ("A1", "A2", "A3", "A4", "H1", "")
"""Classes of air-cooled equipment, in the order of their codes; the last is none."""
SIDES = {"": 0, "a": 1, "b": 2, "c": 3}
PHASES = {"": 0, "l1": 1, "l2": 2, "l3": 3}
REGULATORS = ("", "discrete", "vertical", "integrated", "package", "ondie")
"""How the last stage before the dies of a rack is built; empty: as its profile has it."""
PINNED_UNKNOWN = -2
AUTO = -1


def _floats(rows: Sequence[Any], get: Callable[[Any], float | None], factor: float = 1.0) -> Floats:
    return np.array([np.nan if (value := get(row)) is None else value * factor for row in rows], dtype=np.float64)


def _ints(rows: Sequence[Any], get: Callable[[Any], int]) -> Ints:
    return np.array([get(row) for row in rows], dtype=np.int64)


def _place(rows: Sequence[Any]) -> dict[str, Array]:
    """Centre and rotation; millimetres are divided after conversion so that the same integer gives the same metre."""
    return {
        "x_m": _ints(rows, lambda row: row.x_mm) / MM_PER_M,
        "y_m": _ints(rows, lambda row: row.y_mm) / MM_PER_M,
        "rotation_deg": _ints(rows, lambda row: row.rotation_deg),
    }


def _sizes(profiles: Sequence[Any]) -> dict[str, Array]:
    return {
        f"{name}_m": np.array([_metres(profile, f"{name}_mm") for profile in profiles], dtype=np.float64)
        for name in ("width", "depth", "height")
    }


def _metres(profile: Any, name: str) -> float:
    value = getattr(profile, name, None)
    return np.nan if value is None else value / MM_PER_M


def _profile(parts: Sequence[Any], code: int) -> Any:
    return parts[code] if code >= 0 else None


def _racks(rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
    systems = [parts.code(row.profile, System) for row in rows]
    frames = [parts.code(row.profile, Frame) for row in rows]
    profiles = [
        _profile(parts.systems, system) or _profile(parts.frames, frame)
        for system, frame in zip(systems, frames, strict=True)
    ]
    caps = [np.inf if row.power_cap_frac is None else row.power_cap_frac for row in rows]
    return {
        **_place(rows),
        **_sizes(profiles),
        "system": np.array(systems, dtype=np.int64),
        "frame": np.array(frames, dtype=np.int64),
        "cap_frac": np.array(caps, dtype=np.float64),
        "regulator": _ints(rows, lambda row: REGULATORS.index(row.regulator)),
        "air_class": _ints(rows, lambda row: AIR_CLASSES.index(row.air_class)),
        "plate": _ints(rows, lambda row: _part(parts, row.plate)),
    }


def _devices(rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
    return {
        "system": _ints(rows, lambda row: parts.code(row.profile, System)),
        "u": _ints(rows, lambda row: row.u),
        **_coolers(rows, parts),
    }


def _cooling(rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
    codes = _ints(rows, lambda row: parts.code(row.profile, CoolingUnit))
    return {
        **_place(rows),
        **_sizes([_profile(parts.cooling, code) for code in codes]),
        "unit": codes,
        "standby": np.array([row.standby for row in rows], dtype=np.bool_),
    }


MODES = {"": 0, "parallel": 1, "backup": 2}


def _power(rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
    codes = _ints(rows, lambda row: parts.code(row.profile, PowerUnit))
    profiles = [_profile(parts.power, code) for code in codes]
    unit_kw = [getattr(profile, "capacity_kw", None) for profile in profiles]
    ratings = [
        row.rating_kw if row.rating_kw is not None else None if unit is None else unit * row.units
        for row, unit in zip(rows, unit_kw, strict=True)
    ]
    return {
        **_place(rows),
        **_sizes(profiles),
        "unit": codes,
        "rating_w": _floats(ratings, lambda value: value, KILO),
        "side": _ints(rows, lambda row: SIDES[row.side]),
        "units": _floats(rows, lambda row: row.units),
        "spare": _floats(rows, lambda row: row.spare),
        "stage_frac": _floats(rows, lambda row: row.stage_frac or 0.0),
        "cap_w": _floats(rows, lambda row: np.inf if row.power_cap_kw is None else row.power_cap_kw * KILO),
        "available_frac": _floats(rows, lambda row: 1.0 if row.available_frac is None else row.available_frac),
        "dispatch": _ints(rows, lambda row: row.dispatch),
        "mode": _ints(rows, lambda row: MODES[row.mode]),
        "maintenance": np.array([row.maintenance for row in rows], dtype=np.bool_),
        "eco": np.array([row.eco for row in rows], dtype=np.bool_),
    }


def _links(rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
    media = list(map(attrgetter("medium"), rows))
    pinned = {text: _pinned(text, parts) for text in set(media)}
    return {
        "rate_bps": np.fromiter(map(attrgetter("rate_gbps"), rows), np.float64, len(rows)) * GIGA,
        "count": np.fromiter(map(attrgetter("count"), rows), np.float64, len(rows)),
        "panels": np.fromiter(map(attrgetter("panels"), rows), np.float64, len(rows)),
        "pinned": np.fromiter(map(pinned.__getitem__, media), np.int64, len(rows)),
        **_coolers(rows, parts),
    }


def _coolers(rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
    """Modules on the plugs of every bundle or the memory of every device, and what those of one plug or memory module draw
    [W]; most plans name none.
    """
    names = list(map(attrgetter("cooler"), rows))
    if not any(names):
        return {"cooler": np.full(len(rows), -1), "coolers": np.zeros(len(rows)), "cooler_w": np.zeros(len(rows))}
    codes = {text: _part(parts, text) for text in set(names)}
    cooler = np.fromiter(map(codes.__getitem__, names), np.int64, len(rows))
    count = np.where(cooler >= 0, _floats(rows, lambda row: row.coolers), 0.0)
    drawn = column(parts.cooling, "power_w")[cooler]
    return {"cooler": cooler, "coolers": count, "cooler_w": np.where(cooler >= 0, count * drawn, 0.0)}


def _pinned(medium: str, parts: Parts) -> int:
    if medium == "auto":
        return AUTO
    code = parts.code(medium, LinkMedium)
    return code if code >= 0 else PINNED_UNKNOWN


FLUIDS = ("air", "dielectric", "eg25", "pg25", "r1233zd", "water")
BOILING = frozenset({"r1233zd"})
"""Coolants that boil in the plates; a record `saturation-table.<name>` tells their properties."""
BRANCH_PARTS = ("manifold", "hose", "valve")
"""What a loop puts between its headers and every rack."""
LOOP_KINDS = ("air", "facility", "technology")


def _part(parts: Parts, name: str) -> int:
    return parts.code(name, CoolingUnit) if name else -1


def _loops(rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
    return {
        "kind": _ints(rows, lambda row: LOOP_KINDS.index(row.kind)),
        "fluid": _ints(rows, lambda row: FLUIDS.index(row.fluid)),
        "supply_c": _floats(rows, lambda row: row.supply_c),
        "rise_k": _floats(rows, lambda row: row.rise_k),
        "flow_l_per_min_per_kw": _floats(rows, lambda row: row.flow_l_per_min_per_kw),
        "reverse": _ints(rows, lambda row: int(row.return_path == "reverse")),
        "balanced": np.array([row.balanced for row in rows], dtype=np.bool_),
        "spare": _ints(rows, lambda row: row.spare),
        "managed": np.array([row.manage_heat for row in rows], dtype=np.bool_),
        **{name: _ints(list(map(attrgetter(name), rows)), partial(_part, parts)) for name in BRANCH_PARTS},
    }


def _feeds(rows: Sequence[Any], parts: Parts) -> dict[str, Array]:
    """Most feeds name no conductor: what belongs to one is then not looked at record by record."""
    count = len(rows)
    conductors = list(map(attrgetter("conductor"), rows))
    wired = any(conductors)
    codes = {text: parts.code(text, PowerUnit) for text in set(conductors)}
    missing = np.full(count, np.nan)
    return {
        "side": _ints(rows, lambda row: SIDES[row.side]),
        "weight": np.fromiter(map(attrgetter("weight"), rows), np.float64, count),
        "rank": np.array([-1 if order is None else order for order in map(attrgetter("order"), rows)], dtype=np.int64),
        "conductor": np.fromiter(map(codes.__getitem__, conductors), np.int64, count),
        "length_m": _floats(rows, lambda row: row.length_mm if row.conductor else None) / MM_PER_M
        if wired
        else missing,
        "runs": _floats(rows, lambda row: row.runs if row.conductor else 1.0) if wired else np.ones(count),
        "ambient_c": _floats(rows, lambda row: row.ambient_c if row.conductor else None) if wired else missing.copy(),
        "grouped": _floats(rows, lambda row: row.grouped if row.conductor else 3.0) if wired else np.full(count, 3.0),
        "contacts": _floats(rows, lambda row: row.contacts if row.conductor else 0.0) if wired else np.zeros(count),
        "contact_ohm": _floats(rows, lambda row: row.contact_uohm, MICRO) if wired else missing.copy(),
        "phase": np.array([PHASES[row.phase] for row in rows], dtype=np.int64),
    }


def _halls(rows: Sequence[Any], _parts: Parts) -> dict[str, Array]:
    return {
        "width_m": _ints(rows, lambda row: row.width_mm) / MM_PER_M,
        "depth_m": _ints(rows, lambda row: row.depth_mm) / MM_PER_M,
        "supply_air_c": _floats(rows, lambda row: row.supply_air_c),
        "managed": np.array([row.manage_heat for row in rows], dtype=np.bool_),
        "air_class": _ints(rows, lambda row: AIR_CLASSES.index(row.air_class)),
    }


def _trays(rows: Sequence[Any], _parts: Parts) -> dict[str, Array]:
    return {
        "elevation_m": _ints(rows, lambda row: row.elevation_mm) / MM_PER_M,
        "width_m": _ints(rows, lambda row: row.width_mm) / MM_PER_M,
        "height_m": _ints(rows, lambda row: row.height_mm) / MM_PER_M,
        "carries_data": np.array([row.tier != "power" for row in rows], dtype=np.bool_),
    }


def _nothing(_rows: Sequence[Any], _parts: Parts) -> dict[str, Array]:
    return {}


def _spec(make: Maker, **refs: tuple[str, ...]) -> Spec:
    return Spec(make, refs)


SPECS: dict[str, Spec] = {
    "cooling": _spec(_cooling, hall=("halls",), loop=("loops",), source_loop=("loops",)),
    "devices": _spec(_devices, rack=("racks",), pool=("pools",)),
    "feeds": _spec(_feeds, source=("power",), target=("power", "racks", "cooling")),
    "halls": _spec(_halls),
    "links": _spec(_links, a=("racks", "devices"), b=("racks", "devices")),
    "loops": _spec(_loops),
    "pools": _spec(_nothing, workload=("workloads",), prefill_pool=("pools",)),
    "power": _spec(_power, hall=("halls",)),
    "racks": _spec(_racks, hall=("halls",), loop=("loops",), pool=("pools",)),
    "trays": _spec(_trays, hall=("halls",)),
    "workloads": _spec(_nothing),
}
"""Tables that become arrays; the others hold nothing that a kernel reads."""
