"""Conductors of the example plans: each feed gets the smallest cable or bar that carries what it may be asked for."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import CoolingUnit, System
from infraplanner.compile.rules import constants
from infraplanner.model.document import Document
from infraplanner.units import KILO

MEDIUM_VOLTAGE = "cable-mv-240-13k8"
TRANSFORMERS = frozenset({"mv_transformer", "solid_state_transformer"})
LADDER = (
    ("cable-cu-1-0-415v", 1), ("cable-cu-4-0-415v", 1), ("cable-cu-500-415v", 1), ("cable-cu-750-415v", 1),
    ("cable-cu-500-415v", 2), ("cable-cu-750-415v", 2), ("cable-cu-750-415v", 3), ("bar-ac-415v-4000a", 1),
)  # fmt: skip
WHIP_MM = 3000
"""From a tap of a busway down to the rack under it."""
JOINTS_CABLE, JOINTS_BAR = 2, 4


def wire(document: Document, catalog: Catalog) -> Document:
    """Name a conductor on every feed, for the continuous share of its ampacity. A utility with transformers feeds at
    medium voltage, cooling plant too (whose own transformers are not drawn).
    """
    rule, power = constants(catalog), document.table("power")
    per_ampere = math.sqrt(3.0) * rule("power.power_factor") * rule("power.continuous_load_frac")
    kinds = {key: catalog.get(node.profile).power_kind for key, node in power.items()}
    medium = {
        feed.source
        for feed in document.table("feeds").values()
        if kinds[feed.source] == "utility" and kinds.get(feed.target) in TRANSFORMERS
    }
    for _, feed in sorted(document.table("feeds").items()):
        kind = kinds[feed.source]
        if feed.source in medium:
            new: dict[str, Any] = {"conductor": MEDIUM_VOLTAGE, "contacts": JOINTS_CABLE}
        else:
            watts = most_w(document, catalog, feed.target)
            name, runs = next((step for step in LADDER if _carries(catalog, step, per_ampere) >= watts), LADDER[-1])
            joints = JOINTS_BAR if name.startswith("bar") else JOINTS_CABLE
            new = {"conductor": name, "runs": runs, "contacts": joints}
            if kind == "busway":
                new["length_mm"] = WHIP_MM
        document.put("feeds", msgspec.structs.replace(feed, **new))
    return document


def _carries(catalog: Catalog, step: tuple[str, int], per_ampere: float) -> float:
    part = catalog.get(step[0])
    return float(part.ampacity_a * part.voltage_v * step[1] * per_ampere)


def most_w(document: Document, catalog: Catalog, target: str) -> float:
    """The most a node, rack or cooling unit may draw."""
    nodes, racks = document.table("power"), document.table("racks")
    if target in nodes:
        node = nodes[target]
        capacity = catalog.get(node.profile).capacity_kw
        return KILO * (node.rating_kw if node.rating_kw is not None else capacity * node.units)
    if target in racks:
        inside = [row.profile for row in document.table("devices").values() if row.rack == target]
        parts = [catalog.get(name) for name in (racks[target].profile, *inside)]
        return sum(part.power_max_w or 0.0 for part in parts if isinstance(part, System))
    unit = catalog.get(document.table("cooling")[target].profile)
    assert isinstance(unit, CoolingUnit)
    heat = KILO * (unit.capacity_kw or 0.0)
    shares = [
        1.0 / unit.cop_rated if unit.cop_rated else 0.0,
        (unit.fan_w_per_kw or 0.0) / KILO,
        unit.power_frac or 0.0,
    ]
    return max(heat * max(shares), unit.power_w or 0.0)
