"""Links as arrays: racks and heights of their ends, an index of links by rack, and the fabric graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infraplanner.catalog.types import Accelerator, System
from infraplanner.model.entities import Device
from infraplanner.units import MM_PER_M

from .bodies import FORWARDING_KINDS
from .chain import group
from .optics import LightPaths, add_paths
from .parts import Flags, Floats, Ints, Parts, column
from .rules import Lookup
from .table import Table


@dataclass(frozen=True, slots=True)
class NetworkArrays:
    """See `kernels.links.Ends` and `kernels.fabric.Graph`. Nodes are racks, then devices, then light paths through optical
    circuit switches; `rack_start`/`rack_link` index the bundles by rack; `linked` marks racks and devices that carry a
    link. `own_weight` is NaN where a row of the graph carries all cables of its bundle. `mirror`, `modules` and
    `fixed_db` as in `Ends`.
    """

    a_rack: Ints
    b_rack: Ints
    a_z_m: Floats
    b_z_m: Floats
    tray_z_m: Floats
    rack_start: Ints
    rack_link: Ints
    graph_start: Ints
    neighbour: Ints
    link: Ints
    side: Ints
    forwards: Flags
    linked: Flags
    own_weight: Floats
    mirror: Ints
    modules: Floats
    fixed_db: Floats
    paths: LightPaths


def build_network(
    tables: Mapping[str, Table], parts: Parts, rule: Lookup, records: Mapping[str, Device] | None = None
) -> NetworkArrays:
    """Resolve the ends of every bundle and index them."""
    racks, devices, links = tables["racks"], tables["devices"], tables["links"]
    heights = _heights(tables, parts, rule)
    a_node, a_rack = _end(tables, "a")
    b_node, b_rack = _end(tables, "b")
    count, bundles = len(racks) + len(devices), len(links)
    both = np.arange(bundles)
    keys = np.concatenate([a_rack, np.where(b_rack == a_rack, -1, b_rack)])
    rack_start, place = group(keys, len(racks))
    drawn = (a_node >= 0) & (b_node >= 0) & (a_node != b_node)
    ends = np.concatenate([np.where(drawn, a_node, -1), np.where(drawn, b_node, -1)])
    others = np.concatenate([b_node, a_node])
    mirrors = np.append(_of_kind(tables, parts, frozenset({"ocs"}))[1], False)
    optical = np.concatenate([np.zeros(len(racks), np.bool_), mirrors])
    a_optical, b_optical = optical[a_node], optical[b_node]
    lost = np.concatenate([np.zeros(len(racks)), _mirror_loss(tables, parts), [0.0]])
    paths, ends, others, links_of, own = add_paths(
        tables, records or {}, (np.where(drawn, a_node, -1), np.where(drawn, b_node, -1)), optical, ends, others
    )
    graph_start, rows = group(ends, count + paths.device.size)
    linked = np.zeros(count, dtype=np.bool_)
    plugged = np.concatenate([a_node, b_node])[np.concatenate([drawn, drawn])]
    linked[plugged] = True
    return NetworkArrays(
        a_rack=a_rack,
        b_rack=b_rack,
        a_z_m=heights[a_node],
        b_z_m=heights[b_node],
        tray_z_m=_tray_heights(tables, a_rack, b_rack, rule),
        rack_start=rack_start,
        rack_link=np.concatenate([both, both])[place],
        graph_start=graph_start,
        neighbour=others[rows],
        link=links_of[rows] % max(bundles, 1),
        side=links_of[rows] // max(bundles, 1),
        forwards=np.concatenate([_forwards(tables, parts), np.ones(paths.device.size, np.bool_)]),
        linked=linked,
        own_weight=own[rows],
        mirror=np.where(a_optical, 1, np.where(b_optical, 2, 0)).astype(np.int64),
        modules=2.0 - a_optical - b_optical,
        fixed_db=links["panels"] * rule("link.optics.connector_db") + lost[a_node] + lost[b_node],
        paths=paths,
    )


def _end(tables: Mapping[str, Table], end: str) -> tuple[Ints, Ints]:
    """Graph node and rack of one end of every bundle; -1 when the record it names is not there."""
    links = tables["links"]
    rack, device = links[f"{end}@racks"], links[f"{end}@devices"]
    rack_of = np.append(tables["devices"]["rack@racks"], -1)
    node = np.where(rack >= 0, rack, np.where(device >= 0, len(tables["racks"]) + device, -1))
    return node, np.where(rack >= 0, rack, rack_of[device])


def _heights(tables: Mapping[str, Table], parts: Parts, rule: Lookup) -> Floats:
    """Port height of every node above the floor [m]: the top of a rack, the middle of a device; one NaN row more.

    Middle of a device: `(u - 1 + units / 2)` times the frame's unit (or the standard one).
    """
    racks, devices = tables["racks"], tables["devices"]
    standard = rule("rack.unit_mm")
    unit_mm = column(parts.frames, "unit_mm")[racks["frame"]]
    unit_m = np.append(np.where(np.isnan(unit_mm), standard, unit_mm), standard) / MM_PER_M
    units = column(parts.systems, "rack_units")[devices["system"]]
    units = np.where(np.isnan(units), 1.0, units)
    middle = (devices["u"] - 1 + 0.5 * units) * unit_m[devices["rack@racks"]]
    top = np.where(np.isnan(racks["height_m"]), rule("rack.height_m"), racks["height_m"])
    return np.concatenate([top, middle, [np.nan]])


def _tray_heights(tables: Mapping[str, Table], a_rack: Ints, b_rack: Ints, rule: Lookup) -> Floats:
    """Elevation of the data trays of each bundle's hall [m] (the lowest one; a planning height without trays).

    NaN between two halls: no route is drawn from one to the other.
    """
    trays, halls = tables["trays"], tables["halls"]
    lowest = np.full(len(halls) + 1, np.inf)
    use = trays["carries_data"] & (trays["hall@halls"] >= 0)
    np.minimum.at(lowest, trays["hall@halls"][use], trays["elevation_m"][use])
    lowest[~np.isfinite(lowest)] = rule("cable.tray_elevation_m")
    hall = np.append(tables["racks"]["hall@halls"], -1)
    return np.where(hall[a_rack] == hall[b_rack], lowest[hall[a_rack]], np.nan)


def _forwards(tables: Mapping[str, Table], parts: Parts) -> Flags:
    """Nodes that pass traffic on: switches, and racks that are one or hold one."""
    of_rack, of_device = _of_kind(tables, parts, FORWARDING_KINDS)
    held = tables["devices"]["rack@racks"]
    of_rack[held[of_device & (held >= 0)]] = True
    torus = np.array([*(_is_torus(system, parts) for system in parts.systems), False], dtype=np.bool_)
    return np.concatenate([of_rack | torus[tables["racks"]["system"]], of_device | torus[tables["devices"]["system"]]])


def _is_torus(system: System, parts: Parts) -> bool:
    """Whether its accelerators pass traffic on that is not for them."""
    found = [parts.catalogue.find(part.id) for part in system.accelerators]
    return any(isinstance(part, Accelerator) and part.scale_up_topology == "torus" for part in found)


def _mirror_loss(tables: Mapping[str, Table], parts: Parts) -> Floats:
    """Insertion loss of every device that is an optical circuit switch [dB]; 0 for all others."""
    loss = np.nan_to_num(column(parts.systems, "insertion_loss_db"))
    return loss[tables["devices"]["system"]]


def _of_kind(tables: Mapping[str, Table], parts: Parts, wanted: frozenset[str]) -> tuple[Flags, Flags]:
    """Racks and devices whose system is of one of these kinds."""
    kinds = np.array([*(s.system_kind in wanted for s in parts.systems), False], dtype=np.bool_)
    return kinds[tables["racks"]["system"]], kinds[tables["devices"]["system"]]
