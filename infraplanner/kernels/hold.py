"""Power and heat management: accelerators are slowed until nothing gives out, or takes up, more than it may."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints
from .cooling import Loops, Plant, Units
from .draw import Bodies, power_range
from .power import Chain, Flows

PASSES = 24


class Holds(NamedTuple):
    """Limits that management keeps, and the buffers that it takes; no rows at all when nothing is managed.

    `node_cap_w` is what a power node may give out [W], `hall_cap_frac` and `loop_cap_frac` the heat over capacity to which
    the fullest air unit of a hall or unit of a loop may come (all infinite: no limit). A row is a node, then a hall, then a
    loop: `row_ratio` its output over its cap (negative: none), `row_share_frac` the share of their dynamic power that it
    leaves the racks beneath, `row_tight_frac` the tightest on the way outwards and `row_tight_row` whose that is; `row_holds`
    says whether some rack is held by this very row; `row_last_*` belong to the pass before. Per rack: what it draws with idle
    accelerators and what it would draw [W], and the cap in force over its nameplate.
    """

    node_cap_w: Floats
    hall_cap_frac: Floats
    loop_cap_frac: Floats
    row_ratio: Floats
    row_share_frac: Floats
    row_tight_frac: Floats
    row_tight_row: Ints
    row_holds: Flags
    row_last_frac: Floats
    row_last_ratio: Floats
    rack_floor_w: Floats
    rack_wanted_w: Floats
    rack_cap_frac: Floats


@kernel
def start_holds(
    bodies: Bodies, cap_frac: Floats, nameplate_w: Floats, link_w: Floats, pool_activity_frac: Floats, holds: Holds
) -> None:
    """Nothing held yet: floor and wanted power of every rack, the latter under its own cap."""
    floor, wanted = holds.rack_floor_w, holds.rack_wanted_w
    power_range(bodies, link_w, pool_activity_frac, floor, wanted)
    for r in range(floor.size):
        wanted[r] = min(wanted[r], cap_frac[r] * nameplate_w[r])
        floor[r] = min(floor[r], wanted[r])
    holds.rack_cap_frac[:] = cap_frac
    holds.row_share_frac[:] = 1.0
    holds.row_holds[:] = False
    holds.row_last_frac[:] = 1.0
    holds.row_last_ratio[:] = 0.0


@kernel
def fullest(first: int, last: int, unit: Ints, running: Flags, capacity_w: Floats, heat_w: Floats) -> float:
    """Heat over capacity of the fullest running unit among rows of `unit`; negative without one of known capacity."""
    worst = -1.0
    for k in range(first, last):
        u = unit[k]
        if running[u] and capacity_w[u] > 0.0 and not np.isnan(heat_w[u]):
            worst = max(worst, heat_w[u] / capacity_w[u])
    return worst


@kernel
def load_rows(flows: Flows, units: Units, loops: Loops, plant: Plant, running: Flags, holds: Holds) -> None:
    """Output of every managed row over its cap."""
    ratio, nodes, halls = holds.row_ratio, holds.node_cap_w.size, holds.hall_cap_frac.size
    ratio[:] = -1.0
    for i in range(nodes):
        if holds.node_cap_w[i] < np.inf and flows.live[i]:
            ratio[i] = flows.out_w[i] / holds.node_cap_w[i]
    for h in range(halls):
        if holds.hall_cap_frac[h] < np.inf:
            first, last = loops.air_start[h], loops.air_start[h + 1]
            found = fullest(first, last, loops.air_unit, running, units.capacity_w, plant.unit_heat_w)
            ratio[nodes + h] = found / holds.hall_cap_frac[h]
    for n in range(holds.loop_cap_frac.size):
        if holds.loop_cap_frac[n] < np.inf:
            first, last = loops.unit_start[n], loops.unit_start[n + 1]
            found = fullest(first, last, loops.unit, running, units.capacity_w, plant.unit_heat_w)
            ratio[nodes + halls + n] = found / holds.loop_cap_frac[n]


@kernel
def excess(holds: Holds) -> float:
    """The furthest that any limit is from being kept, relative to it: output above it, or below it though it holds racks.

    A row that leaves its racks nothing but their idle draw has done all it can and does not count.
    """
    worst = 0.0
    for i in range(holds.row_ratio.size):
        over, share = holds.row_ratio[i] - 1.0, holds.row_share_frac[i]
        if over > -1.0 and ((over > 0.0 and share > 0.0) or (over < 0.0 and share < 1.0 and holds.row_holds[i])):
            worst = max(worst, abs(over))
    return worst


@kernel
def next_shares(holds: Holds) -> None:
    """Next share of every managed row, from its last two outputs.

    Output is nearly linear in the share (losses and cooling bend it), so that the secant through the last two passes lands
    within some 1e-3 and then within 1e-6; the first step takes output as proportional. A row under its limit that holds no
    rack, for others are tighter, stays as it is.
    """
    ratio, share, last, last_ratio = (
        holds.row_ratio, holds.row_share_frac, holds.row_last_frac, holds.row_last_ratio,
    )  # fmt: skip
    most = 0.0  # no rack keeps more than this
    for i in range(ratio.size):
        most = max(most, share[i]) if holds.row_holds[i] else most
    most = most if most > 0.0 else 1.0
    for i in range(ratio.size):
        if ratio[i] < 0.0:
            continue
        now = share[i]
        later = now
        if ratio[i] > 1.0 and not holds.row_holds[i]:
            later = min(now, most) / ratio[i]
        elif ratio[i] > 1.0 or (now < 1.0 and holds.row_holds[i]):
            slope = (ratio[i] - last_ratio[i]) / (now - last[i]) if abs(now - last[i]) > 1e-15 else 0.0
            later = now + (1.0 - ratio[i]) / slope if slope > 1e-9 else now / max(ratio[i], 1e-9)
        last[i], last_ratio[i] = now, ratio[i]
        share[i] = min(1.0, max(0.0, later))


@kernel
def tightest(chain: Chain, flows: Flows, units: Units, loops: Loops, holds: Holds) -> None:
    """The tightest share on the way from every row outwards: a node's parents, a loop's and a hall's sources of cold."""
    tight, of, nodes, halls = holds.row_tight_frac, holds.row_tight_row, holds.node_cap_w.size, holds.hall_cap_frac.size
    tight[:] = holds.row_share_frac
    for i in range(of.size):
        of[i] = i
    for k in range(chain.order.size - 1, -1, -1):
        i = chain.order[k]
        for f in range(chain.feed_start[i], chain.feed_start[i + 1]):
            if flows.part_w[f] > 0.0:
                tighten(i, chain.feed_source[f], tight, of)
    base = nodes + halls
    for k in range(loops.then.size - 1, -1, -1):
        n = loops.then[k]
        tighten_by(
            base + n, loops.unit_start[n], loops.unit_start[n + 1], loops.unit, units.source_loop, base, tight, of
        )
    for k in range(loops.first.size - 1, -1, -1):
        n = loops.first[k]
        tighten_by(
            base + n, loops.unit_start[n], loops.unit_start[n + 1], loops.unit, units.source_loop, base, tight, of
        )
    for h in range(halls):
        first, last = loops.air_start[h], loops.air_start[h + 1]
        tighten_by(nodes + h, first, last, loops.air_unit, units.source_loop, base, tight, of)


@kernel
def tighten(row: int, by: int, tight_frac: Floats, of: Ints) -> None:
    """What holds one row holds another too where it is tighter."""
    if tight_frac[by] < tight_frac[row]:
        tight_frac[row], of[row] = tight_frac[by], of[by]


@kernel
def tighten_by(
    row: int, first: int, last: int, unit: Ints, source_loop: Ints, base: int, tight_frac: Floats, of: Ints
) -> None:
    """A row is held by the loops that its units reject their heat to."""
    for k in range(first, last):
        if source_loop[unit[k]] >= 0:
            tighten(row, base + source_loop[unit[k]], tight_frac, of)


@kernel
def hold_racks(
    chain: Chain, cap_frac: Floats, hall: Ints, loop: Ints, nameplate_w: Floats, flows: Flows, holds: Holds
) -> None:
    """Caps of the racks: floor + share (wanted - floor), the share being the tightest of what feeds and cools each."""
    base, nodes = chain.feed_source.size, holds.node_cap_w.size
    loops = nodes + holds.hall_cap_frac.size
    tight, of = holds.row_tight_frac, holds.row_tight_row
    holds.row_holds[:] = False
    for r in range(cap_frac.size):
        share, row = 1.0, -1
        for f in range(chain.load_start[r], chain.load_start[r + 1]):
            source = chain.load_source[f]
            if flows.part_w[base + f] > 0.0 and tight[source] < share:
                share, row = tight[source], of[source]
        if hall[r] >= 0 and tight[nodes + hall[r]] < share:
            share, row = tight[nodes + hall[r]], of[nodes + hall[r]]
        if loop[r] >= 0 and tight[loops + loop[r]] < share:
            share, row = tight[loops + loop[r]], of[loops + loop[r]]
        holds.rack_cap_frac[r] = cap_frac[r]
        if row >= 0 and nameplate_w[r] > 0.0 and holds.rack_wanted_w[r] > holds.rack_floor_w[r]:
            held = holds.rack_floor_w[r] + share * (holds.rack_wanted_w[r] - holds.rack_floor_w[r])
            holds.rack_cap_frac[r] = min(cap_frac[r], held / nameplate_w[r])
            holds.row_holds[row] = True
