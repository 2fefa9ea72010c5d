"""Everything that draws power in a rack, one row a body: integrated rack systems first, then devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infraplanner.catalog.types import Accelerator
from infraplanner.units import KILO, L_PER_M3, S_PER_MIN

from .parts import Floats, Ints, Parts, column
from .rules import Lookup
from .table import Table

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
    return BodyArrays(
        rack=rack,
        pool=pool,
        system=system,
        idle_w=np.where(np.isnan(idle), limit * rule("inference.idle_power_frac"), idle),
        typical_w=column(parts.systems, "power_typical_w")[system],
        max_w=limit,
        liquid_frac=np.where(np.isnan(liquid), 0.0, liquid),
        accelerator=kinds[system],
        accelerator_count=counts[system],
        node=np.concatenate([own, len(racks) + held]),
    )


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
