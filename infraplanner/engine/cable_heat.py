"""Temperature of cables from the air field: copper loses more where the air behind its racks is hot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infraplanner.kernels.links import Media, reach_of

from .thermal import Thermal
from .workspace import Workspace

Floats = NDArray[np.float64]


def cable_temperatures(space: Workspace, known: Thermal) -> Floats:
    """Air behind the hotter of both racks, inlet and the rise over a rack; the planning value where the field tells none."""
    compiled = space.compiled
    assert compiled is not None
    rule, net = compiled.rule, compiled.network
    usual = rule("link.twinax.temperature_c")
    rear = np.full(len(compiled.tables["racks"]) + 1, np.nan)
    inlet = known.air.rack_inlet_c
    if inlet.size == rear.size - 1:
        rear[:-1] = inlet + rule("thermal.rack_air_rise_k")
    hotter = np.fmax(rear[net.a_rack], rear[net.b_rack])
    return np.where(np.isnan(hotter), usual, hotter)


def warm_up_cables(space: Workspace, known: Thermal) -> bool:
    """Take over the temperatures of the air field; True when a medium reaches less for it, so that cables are laid anew."""
    if space.cables_at is known.air:
        return False
    space.cables_at = known.air
    found = cable_temperatures(space, known)
    if np.array_equal(found, space.cable_c):
        return False
    coldest = min(float(found.min(initial=np.inf)), float(space.cable_c.min(initial=np.inf)))
    hottest = max(float(found.max(initial=-np.inf)), float(space.cable_c.max(initial=-np.inf)))
    assert space.compiled is not None
    rates = np.unique(space.compiled.tables["links"]["rate_bps"])
    if found.size and matters(space.media, rates, coldest, hottest):
        return space.warm_cables(found)
    space.cable_c = found
    return False


def matters(media: Media, rates_bps: Floats, coldest_c: float, hottest_c: float) -> bool:
    """Whether any medium of these rates reaches a different length at the two temperatures."""
    copper = np.flatnonzero((media.conductor_db_per_m > 0.0) & np.isin(media.rate_bps, rates_bps))
    return any(reach_of(media, m, coldest_c, 0.0) != reach_of(media, m, hottest_c, 0.0) for m in copper.tolist())
