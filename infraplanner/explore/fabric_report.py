"""What the drawn fabric is worth, as plain data: cuts, paths, collectives, optical switches, and one link in full."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import LinkMedium, System
from infraplanner.edit import EditError
from infraplanner.engine.drawn_collectives import drawn_collectives
from infraplanner.model.document import Snapshot

from .optics import plugged, side_by_side, whole_saving


def fabric_report(
    snapshot: Snapshot,
    catalog: Catalog,
    failed: frozenset[str] = frozenset(),
    left: Sequence[str] | None = None,
    ends: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Bisection of the accelerators' halves, a cut of the user's, disjoint paths, collectives and optical switches.

    Raises EditError for an id that is not there.
    """
    from infraplanner.compile.plan import compile_plan  # noqa: PLC0415 - scipy is loaded when asked for
    from infraplanner.engine import bisection  # noqa: PLC0415

    compiled = compile_plan(snapshot, catalog)
    racks, devices = compiled.tables["racks"], compiled.tables["devices"]
    names = racks.ids + devices.ids
    index = {name: row for row, name in enumerate(names)}
    half = bisection.halves(compiled, failed)
    out: dict[str, Any] = {
        "links": len(compiled.tables["links"]),
        "cables": int(compiled.tables["links"]["count"].sum()),
        "machines": int(bisection.machines(compiled).size),
        "bisection_bps": None if half is None else half.bandwidth_bps,
        "bisection_share": None if half is None else half.share,
    }
    if left is not None:
        out |= _cut(compiled, index, left, failed)
    if ends is not None:
        for key in ends:
            if key not in index:
                raise EditError(f"There is no rack or device {key} in the plan.")
        out["disjoint_paths"] = bisection.disjoint_paths(compiled, index[ends[0]], index[ends[1]], failed)
    out["collectives"] = [asdict(row) for row in drawn_collectives(snapshot, catalog, failed)]
    out["optical"] = optical_rows(snapshot, catalog)
    return out


def cut_report(snapshot: Snapshot, catalog: Catalog, failed: frozenset[str], left: Sequence[str]) -> dict[str, Any]:
    """Bandwidth between the machines of some racks or devices and all others. Raises EditError for an unknown id."""
    from infraplanner.compile.plan import compile_plan  # noqa: PLC0415

    compiled = compile_plan(snapshot, catalog)
    names = compiled.tables["racks"].ids + compiled.tables["devices"].ids
    return _cut(compiled, {name: row for row, name in enumerate(names)}, left, failed)


def _cut(compiled: Any, index: dict[str, int], left: Sequence[str], failed: frozenset[str]) -> dict[str, Any]:
    from infraplanner.engine import bisection  # noqa: PLC0415

    for key in left:
        if key not in index:
            raise EditError(f"There is no rack or device {key} in the plan.")
    machines = set(bisection.machines(compiled).tolist())
    one = machines & set(nodes_under(compiled, [index[key] for key in left]))
    found = bisection.cut(compiled, sorted(one), sorted(machines - one), failed)
    return {
        "cut_bps": found.bandwidth_bps, "cut_share": found.share,
        "cut_hosts": found.left_count, "cut_other_hosts": found.right_count,
    }  # fmt: skip


def nodes_under(compiled: Any, nodes: Sequence[int]) -> list[int]:
    """The nodes, and the devices in those that are racks."""
    racks = len(compiled.tables["racks"])
    held = compiled.tables["devices"]["rack@racks"]
    inside = np.flatnonzero(np.isin(held, [node for node in nodes if node < racks])) + racks
    return sorted({*nodes, *inside.tolist()})


def optical_rows(snapshot: Snapshot, catalog: Catalog) -> list[dict[str, Any]]:
    """The plan's optical switches and the packet switches that would stand in their place; empty without any."""
    cables = plugged(snapshot, catalog)
    if not cables:
        return []
    profiles = {snapshot.table("devices")[key].profile for key in cables}
    ocs = catalog.find(sorted(profiles)[0])
    rate = max(
        (link.rate_gbps for link in snapshot.table("links").values() if link.a in cables or link.b in cables),
        default=0.0,
    )
    medium = cheapest(catalog, rate, ("single_mode",))
    packet = spine_switch(catalog)
    if not isinstance(ocs, System) or medium is None or packet is None:
        return []
    joined = sum(sum(own.values()) for own in cables.values())
    sides = side_by_side(joined, ocs, len(cables), packet, medium)
    power, capex = whole_saving(joined, ocs, len(cables), packet, medium)
    rows: list[dict[str, Any]] = [
        {
            "name": side.name, "devices": side.devices, "power_kw": side.power_w / 1e3, "capex_usd": side.capex_usd,
            "reconfigure_s": side.reconfigure_s,
        }
        for side in sides
    ]  # fmt: skip
    rows.append(
        {
            "name": "saved, share of blocks and spine", "devices": None, "power_kw": power, "capex_usd": capex,
            "reconfigure_s": None,
        }
    )  # fmt: skip
    return rows


def cheapest(catalog: Catalog, rate_gbps: float, families: Sequence[str]) -> LinkMedium | None:
    """The cheapest medium of a rate and of some families."""
    fitting = [
        medium
        for medium in catalog.of(LinkMedium).values()
        if medium.rate_gbps == rate_gbps and medium.family in families and medium.price_usd is not None
    ]
    return min(fitting, key=lambda medium: (medium.price_usd or math.inf, medium.id), default=None)


def spine_switch(catalog: Catalog) -> System | None:
    """The packet switch of known price and power with the most bandwidth a watt."""

    def worth(system: System) -> float:
        group = next(group for group in system.port_groups if group.role == "switch")
        return group.count * (group.rate_gbps or 0.0) / (system.power_typical_w or math.inf)

    known = [
        system
        for system in catalog.of(System).values()
        if system.system_kind == "switch"
        and system.price_usd_low is not None
        and system.power_typical_w
        and any(group.role == "switch" and group.rate_gbps for group in system.port_groups)
    ]
    return max(known, key=lambda system: (worth(system), system.id), default=None)
