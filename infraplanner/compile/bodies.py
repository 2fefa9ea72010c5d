"""Everything that draws power in a rack, one row a body: integrated rack systems first, then devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infraplanner.catalog.types import Accelerator
from infraplanner.units import KILO, L_PER_M3, S_PER_MIN

from .parts import Flags, Floats, Ints, Parts, column
from .rules import Lookup
from .table import Table

IMMERSION = frozenset({"immersion_1phase", "immersion_2phase"})
FORWARDING_KINDS = frozenset({"switch", "scale_up_switch", "network"})
"""What passes packets on. An optical circuit switch does not: it joins cable with cable (`compile.optics`)."""


@dataclass(frozen=True, slots=True)
class BodyArrays:
    """See `kernels.draw.Bodies`; `accelerator` is a code (-1 none), `node` the endpoint in the fabric graph (racks,
    then devices), `domain` the accelerators of the body itself.
    """

    rack: Ints
    pool: Ints
    system: Ints
    idle_w: Floats
    typical_w: Floats
    max_w: Floats
    liquid_frac: Floats
    accelerator: Ints
    accelerator_count: Floats
    node: Ints


def build_bodies(tables: Mapping[str, Table], parts: Parts, rule: Lookup) -> BodyArrays:
    """Join racks and devices with their system profiles."""
    racks, devices = tables["racks"], tables["devices"]
    own = np.flatnonzero(racks["system"] >= 0)
    held = np.flatnonzero((devices["system"] >= 0) & (devices["rack@racks"] >= 0))
    rack = np.concatenate([own, devices["rack@racks"][held]])
    system = np.concatenate([racks["system"][own], devices["system"][held]])
    rack_pool = racks["pool@pools"]
    device_pool = devices["pool@pools"][held]
    inherited = rack_pool[rack[own.size :]]
    pool = np.concatenate([rack_pool[own], np.where(devices["pool?"][held], device_pool, inherited)])
    limit = column(parts.systems, "power_max_w")[system]
    idle = column(parts.systems, "power_idle_w")[system]
    liquid = column(parts.systems, "liquid_frac")[system]
    kinds, counts = accelerators(parts)
    liquid = np.where(np.isnan(liquid), 0.0, liquid)
    liquid = np.where((liquid > 0.0) & in_tanks(tables, parts)[rack], 1.0, liquid)
    modules = module_power(parts, racks["plate"][rack], kinds[system], counts[system])
    modules[own.size :] += np.nan_to_num(devices["cooler_w"][held]) * rule("memory.modules_per_device_count")
    return BodyArrays(
        rack=rack,
        pool=pool,
        system=system,
        idle_w=np.where(np.isnan(idle), limit * rule("inference.idle_power_frac"), idle) + modules,
        typical_w=column(parts.systems, "power_typical_w")[system] + modules,
        max_w=limit + modules,
        liquid_frac=liquid,
        accelerator=kinds[system],
        accelerator_count=counts[system],
        node=np.concatenate([own, len(racks) + held]),
    )


def in_tanks(tables: Mapping[str, Table], parts: Parts) -> Flags:
    """Racks on a loop that an immersion tank serves: all heat of what is made for liquid goes into the bath."""
    cooling = tables["cooling"]
    bath = np.array([part.cooling_kind in IMMERSION for part in parts.cooling] + [False])[cooling["unit"]]
    loops = np.unique(cooling["loop@loops"][bath])
    return np.isin(tables["racks"]["loop@loops"], loops[loops >= 0])


def module_power(parts: Parts, plate: Ints, accelerator: Ints, count: Floats) -> Floats:
    """What solid-state modules on the chips of every body draw [W]: as many as carry the chip's rating or fit on it."""
    out = np.zeros(plate.size)
    for code in np.unique(plate[plate >= 0]).tolist():
        part = parts.cooling[code]
        if part.cooling_kind == "mems_air" and part.capacity_kw and part.power_w:
            rows = np.flatnonzero((plate == code) & (accelerator >= 0) & (count > 0.0))
            chip_w = column(parts.accelerators, "tdp_w")[accelerator[rows]]
            wanted = np.ceil(np.nan_to_num(chip_w) / (part.capacity_kw * KILO))
            most = np.inf if part.module_count is None else part.module_count
            out[rows] = count[rows] * np.minimum(wanted, most) * part.power_w
    return out


def accelerators(parts: Parts) -> tuple[Ints, Floats]:
    """Accelerator code and count of every system profile (its first kind; -1 and 0 when it has none), plus one row
    for none.
    """
    kinds = [parts.code(s.accelerators[0].id, Accelerator) if s.accelerators else -1 for s in parts.systems]
    counts = [float(s.accelerators[0].count) if s.accelerators else 0.0 for s in parts.systems]
    return np.array([*kinds, -1], dtype=np.int64), np.array([*counts, 0.0])


def coolant_flow(parts: Parts, rho_cp_j_per_m3_k: Floats) -> Floats:
    """Flow per heat of every system [m3/J], from its specific flow or else its design rise; one NaN row more."""
    flow = column(parts.systems, "coolant_flow_l_per_min_per_kw", 1.0 / (L_PER_M3 * S_PER_MIN * KILO))
    rise = column(parts.systems, "coolant_rise_k")
    return np.where(np.isnan(flow), 1.0 / (rho_cp_j_per_m3_k * rise), flow)
