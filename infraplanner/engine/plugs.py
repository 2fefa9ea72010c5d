"""Case temperature of low-power parts in the air that their racks breathe: pluggable ends of links, memory modules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.bodies import accelerators
from infraplanner.compile.parts import column
from infraplanner.results.air import AirResult
from infraplanner.results.plugs import PLUGS, MemoryResult, PlugResult
from infraplanner.units import KILO

from .workspace import Workspace

Floats = NDArray[np.float64]


def plug_rise(
    watts: Floats, own_k_per_w: float, module_k_per_w: Floats, modules: Floats, most_w: Floats
) -> tuple[Floats, Floats]:
    """How far a plug's case is above the air before it [K], and what its modules carry [W].

    The cage's heat sink and the modules take the heat side by side; a module takes `most_w` at most, and the sink the
    rest. Worked: 30 W over 1.1 K/W alone are 33 K; four modules of 10 K/W beside it make 1 / (1/1.1 + 4/10) = 0.764 K/W,
    so 22.9 K, of which the modules carry 9.2 W. At 2 W each they would be full: (30 - 8) 1.1 = 24.2 K.
    """
    with np.errstate(all="ignore"):
        rise = watts / (1.0 / own_k_per_w + np.where(modules > 0.0, modules / module_k_per_w, 0.0))
        carried = np.where(modules > 0.0, modules * rise / module_k_per_w, 0.0)
        most = np.where(modules > 0.0, modules * most_w, 0.0)
    full = carried > most
    return np.where(full, (watts - most) * own_k_per_w, rise), np.where(full, most, carried)


def plug_result(space: Workspace, air: AirResult) -> PlugResult:
    """The warmer plug of every link, in the warmest air that its rack breathes."""
    compiled = space.compiled
    assert compiled is not None
    links, net, parts, rule = compiled.tables["links"], compiled.network, compiled.parts, compiled.rule
    breathed = np.append(air.rack_worst_c, np.nan)
    if breathed.size != len(compiled.tables["racks"]) + 1:
        return PlugResult()
    ends = (np.where(net.mirror == 1, -1, net.a_rack), np.where(net.mirror == 2, -1, net.b_rack))
    at_a, at_b = breathed[ends[0]], breathed[ends[1]]
    plugged = np.array([part.family in PLUGS for part in parts.media] + [False], dtype=np.bool_)
    own = np.where(plugged, column(parts.media, "power_per_end_w"), np.nan)
    watts = own[space.cables.medium]
    watts[~(watts > 0.0)] = np.nan
    resistance = column(parts.cooling, "plate_a_k_per_w")[links["cooler"]]
    most = column(parts.cooling, "capacity_kw", KILO)[links["cooler"]]
    sink = rule("thermal.plug_k_per_w")
    rise, carried = plug_rise(watts, sink, resistance, links["coolers"], most)
    warm = np.fmax(at_a, at_b)
    return PlugResult(
        links.ids, warm + rise, warm + watts * sink, watts, carried,
        np.where(np.isnan(warm), -1, np.where(at_b > np.nan_to_num(at_a, nan=-np.inf), ends[1], ends[0])),
        rule("thermal.plug_case_limit_c"),
    )  # fmt: skip


def memory_result(space: Workspace, air: AirResult) -> MemoryResult:
    """Memory modules of the devices that have accelerators or name modules for them, in the air before their rack."""
    compiled = space.compiled
    assert compiled is not None
    devices, parts, rule = compiled.tables["devices"], compiled.parts, compiled.rule
    rack, cooler = devices["rack@racks"], devices["cooler"]
    counted = accelerators(parts)[1][devices["system"]] > 0.0
    rows = np.flatnonzero((rack >= 0) & (counted | (cooler >= 0)))
    if air.rack_inlet_c.size != len(compiled.tables["racks"]) or not rows.size:
        return MemoryResult()
    watts, sink = rule("memory.module_w"), rule("thermal.memory_k_per_w")
    resistance = column(parts.cooling, "plate_a_k_per_w")[cooler[rows]]
    most = column(parts.cooling, "capacity_kw", KILO)[cooler[rows]]
    rise, carried = plug_rise(np.full(rows.size, watts), sink, resistance, devices["coolers"][rows], most)
    warm = air.rack_worst_c[rack[rows]]
    return MemoryResult(
        tuple(devices.ids[row] for row in rows.tolist()), warm + rise, warm + watts * sink, carried, watts,
        rule("thermal.memory_case_limit_c"),
    )  # fmt: skip
