"""Bandwidth plugged into every rack and device, and bandwidth of its ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infraplanner.catalog.types import PortGroup
from infraplanner.model.entities import Port
from infraplanner.units import GIGA

from .parts import Floats, Parts
from .table import Table

BREAKOUT_MAX = 8


@dataclass(frozen=True, slots=True)
class PortArrays:
    """One row a rack, then one a device [bit/s]; `given_bps` is NaN where neither profile nor plan lists ports."""

    used_bps: Floats
    given_bps: Floats


def build_ports(tables: Mapping[str, Table], parts: Parts, own_ports: Mapping[str, Port]) -> PortArrays:
    """Add up links by end and ports by owner.

    A port may be broken out into eight at most; slower links than that (management) use ports that no profile lists and
    are left out of both sums.
    """
    links, racks = tables["links"], tables["racks"]
    given, slowest = _given(tables, parts, own_ports)
    used = np.zeros(given.size)
    amount = links["rate_bps"] * links["count"]
    for end in "ab":
        for table, offset in (("racks", 0), ("devices", len(racks))):
            at = links[f"{end}@{table}"]
            held = np.flatnonzero(at >= 0)
            node = at[held] + offset
            listed = links["rate_bps"][held] >= slowest[node]
            used += np.bincount(node[listed], amount[held][listed], given.size)
    return PortArrays(used, given)


def _given(tables: Mapping[str, Table], parts: Parts, own_ports: Mapping[str, Port]) -> tuple[Floats, Floats]:
    """Bandwidth of all ports and the slowest link they take. Port records add to the profile's groups, or replace the
    group of the same name.
    """
    racks, devices = tables["racks"], tables["devices"]
    figures = np.array([*(_listed(system.port_groups) for system in parts.systems), _listed(())]) * GIGA
    codes = np.concatenate([racks["system"], devices["system"]])
    totals, slowest = figures[codes, 0], figures[codes, 1]
    own: dict[int, list[PortGroup]] = {}
    for key in sorted(own_ports):
        port = own_ports[key]
        row = racks.index.get(port.owner, -1)
        if row < 0 and port.owner in devices.index:
            row = len(racks) + devices.index[port.owner]
        if row >= 0:
            own.setdefault(row, []).append(PortGroup(port.group, port.count, port.rate_gbps))
    for row, groups in own.items():
        names = {group.group for group in groups}
        held = parts.systems[codes[row]].port_groups if codes[row] >= 0 else ()
        merged = (*groups, *(group for group in held if group.group not in names))
        totals[row], slowest[row] = (value * GIGA for value in _listed(merged))
    return totals, slowest


def _listed(groups: tuple[PortGroup, ...]) -> tuple[float, float]:
    """Bandwidth of ports [Gbit/s] and the slowest link that a breakout of them makes; scale-up ports do not count."""
    rates = [
        (group.count * group.rate_gbps, group.rate_gbps)
        for group in groups
        if group.role != "scale_up" and group.rate_gbps is not None
    ]
    if not rates:
        return np.nan, np.nan
    return sum(total for total, _ in rates), min(rate for _, rate in rates) / BREAKOUT_MAX
