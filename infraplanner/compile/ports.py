"""Bandwidth plugged into every rack and device, and bandwidth of its ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import attrgetter
from typing import Literal

import numpy as np

from infraplanner.catalog.types import PortGroup
from infraplanner.model.entities import Link, Port
from infraplanner.units import GIGA

from .parts import Flags, Floats, Parts
from .table import Table

BREAKOUT_MAX = 8


@dataclass(frozen=True, slots=True)
class PortArrays:
    """One row a rack, then one a device [bit/s]; `given_bps` is NaN where neither profile nor plan lists ports."""

    used_bps: Floats
    given_bps: Floats
    faults: tuple[PortFault, ...] = ()
    aside: Flags = field(default_factory=lambda: np.empty(0, np.bool_))
    """Bundles too slow for the ports that an end's profile lists, beside others that are not: management, which carries
    nothing of accelerators."""


@dataclass(frozen=True, slots=True)
class PortFault:
    """What is wrong at a port group: `twice` more cables than ports, `unknown` no such group, `rate` a link that its ports
    cannot run at. `links` are those plugged in there.
    """

    kind: Literal["twice", "unknown", "rate"]
    owner: str
    group: str
    links: tuple[str, ...]
    cables: int = 0
    ports: int = 0
    rate_gbps: float = 0.0
    port_gbps: float = 0.0


def build_ports(
    tables: Mapping[str, Table], parts: Parts, own_ports: Mapping[str, Port], records: Mapping[str, Link] | None = None
) -> PortArrays:
    """Add up links by end and ports by owner.

    A port may be broken out into eight at most; slower links than that (management) use ports that no profile lists and
    are left out of both sums.
    """
    links, racks = tables["links"], tables["racks"]
    given, slowest = _given(tables, parts, own_ports)
    used, slow = np.zeros(given.size), []
    usual = _usual(tables, parts)
    amount = links["rate_bps"] * links["count"]
    for end in "ab":
        for table, offset in (("racks", 0), ("devices", len(racks))):
            at = links[f"{end}@{table}"]
            held = np.flatnonzero(at >= 0)
            node = at[held] + offset
            listed = links["rate_bps"][held] >= slowest[node]
            used += np.bincount(node[listed], amount[held][listed], given.size)
            slow.append((held, node, links["rate_bps"][held] < usual[node]))
    aside, fast = np.zeros(len(links), np.bool_), np.zeros(given.size, np.bool_)
    for _, node, below in slow:
        fast[node[~below]] = True
    for rows, node, below in slow:
        aside[rows[below & fast[node]]] = True
    return PortArrays(used, given, port_faults(tables, parts, own_ports, records or {}), aside)


def _usual(tables: Mapping[str, Table], parts: Parts) -> Floats:
    """Slowest link of the ports that a profile lists for anything but management [bit/s]; NaN where it lists none."""
    own = [
        _listed(tuple(group for group in system.port_groups if group.role != "management"))[1] * GIGA
        for system in parts.systems
    ]
    codes = np.concatenate([tables["racks"]["system"], tables["devices"]["system"]])
    slowest: Floats = np.array([*own, np.nan])[codes]
    return slowest


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


SPLITS = (1.0, 2.0, 4.0, 8.0)
"""Into how many links a port may be broken out."""


def port_faults(
    tables: Mapping[str, Table], parts: Parts, own_ports: Mapping[str, Port], records: Mapping[str, Link]
) -> tuple[PortFault, ...]:
    """Groups with more cables than ports, groups that their owner does not have, and rates that no port there runs at.

    A link that names no group is not judged. Cables slower than a port share it (breakout).
    """
    used: dict[tuple[str, str], dict[float, int]] = {}
    links = list(records.values())
    for side in "ab":
        at, port = attrgetter(side, f"{side}_port", "rate_gbps", "count"), attrgetter(f"{side}_port")
        named = compress(links, map(port, links))
        for (owner, group, rate, count), times in Counter(map(at, named)).items():  # most links are alike
            rates = used.setdefault((owner, group), {})
            rates[rate] = rates.get(rate, 0) + count * times
    groups = _groups(tables, parts, own_ports)
    bad: dict[tuple[str, str], PortFault] = {}
    for key in sorted(used):
        # An owner without groups is one that nothing says anything about.
        fault = _fault(key, used[key], groups[key[0]]) if key[0] in groups else None
        if fault is not None:
            bad[key] = fault
    if not bad:
        return ()
    held: dict[tuple[str, str], list[str]] = {key: [] for key in bad}
    for name, link in sorted(records.items()):
        for end in ((link.a, link.a_port), (link.b, link.b_port)):
            if end in held:
                held[end].append(name)
    return tuple(replace(bad[key], links=tuple(held[key])) for key in sorted(bad))


def _fault(
    key: tuple[str, str], used: dict[float, int], given: dict[str, tuple[int, float | None]]
) -> PortFault | None:
    """What is wrong with cables by rate in a port group; None when they fit."""
    if key[1] not in given:
        return PortFault("unknown", *key, ())
    count, port_gbps = given[key[1]]
    cables = sum(used.values())
    taken = float(cables)
    if port_gbps is not None:
        wrong = [rate for rate in used if not any(abs(rate * n / port_gbps - 1.0) < 1e-6 for n in SPLITS)]
        if wrong:
            return PortFault("rate", *key, (), rate_gbps=max(wrong), port_gbps=port_gbps)
        taken = sum(number * rate / port_gbps for rate, number in used.items())
    if taken <= count * (1.0 + 1e-9):
        return None
    return PortFault("twice", *key, (), cables, count, max(used), port_gbps or 0.0)


def _groups(
    tables: Mapping[str, Table], parts: Parts, own_ports: Mapping[str, Port]
) -> dict[str, dict[str, tuple[int, float | None]]]:
    """Ports and rate of every group by owner; owners of unknown ports are left out. Port records add to their group."""
    by_system = [{g.group: (g.count, g.rate_gbps) for g in system.port_groups} for system in parts.systems]
    out: dict[str, dict[str, tuple[int, float | None]]] = {}
    for name in ("racks", "devices"):
        table = tables[name]
        for key, code in zip(table.ids, table["system"].tolist(), strict=True):
            if code >= 0 and by_system[code]:
                out[key] = dict(by_system[code])
    for key in sorted(own_ports):
        port = own_ports[key]
        held = out.setdefault(port.owner, {})
        before = held.get(port.group)
        held[port.group] = (port.count + (before[0] if before else 0), port.rate_gbps)
    return out
