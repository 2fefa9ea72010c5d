"""Parts that are fitted and do not stand on the floor: plates and modules go on a rack's chips, modules also on the plugs
of links and the memory of devices, hoses into a loop.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infraplanner.catalog.types import CoolingUnit
from infraplanner.edit import SetFields
from infraplanner.ui.bridge import Bridge

from .base import tr

ON_CHIPS = frozenset({"cold_plate_1phase", "cold_plate_jet", "cold_plate_2phase", "mems_air"})
IN_BRANCHES = frozenset({"manifold", "hose", "valve"})


def is_fitted(profile: Any) -> bool:
    """Whether a catalogue part is fitted to a rack or a loop."""
    return isinstance(profile, CoolingUnit) and profile.cooling_kind in ON_CHIPS | IN_BRANCHES


def fit_part(bridge: Bridge, profile_id: str, ids: Iterable[str]) -> bool:
    """Fit a part to these racks or links, or to the loops of these racks; False, with the reason, where there are none."""
    profile, document = bridge.session.catalog.get(profile_id), bridge.session.document
    assert isinstance(profile, CoolingUnit)
    links = [key for key in ids if key in document.table("links")]
    if profile.cooling_kind == "mems_air" and links:
        return bridge.execute(SetFields("links", links, {"cooler": profile.id}))
    devices = [key for key in ids if key in document.table("devices")]
    if profile.cooling_kind == "mems_air" and devices:
        return bridge.execute(SetFields("devices", devices, {"cooler": profile.id}))
    racks = [key for key in ids if key in document.table("racks")]
    if profile.cooling_kind in ON_CHIPS:
        table, field, targets = "racks", "plate", racks
    else:
        named = {document.table("racks")[key].loop for key in racks} | set(ids)
        table, field, targets = "loops", profile.cooling_kind, sorted(named & document.table("loops").keys())
    if not targets:
        wanted = tr("a rack") if table == "racks" else tr("a rack on a loop")
        bridge.refused.emit(tr("{0} is fitted to {1}: 0 are selected or under it.").format(profile.name, wanted))
        return False
    return bridge.execute(SetFields(table, targets, {field: profile.id}))
