"""Power management: accelerators are slowed until no node gives out more than its cap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats
from .draw import Bodies, body_power
from .power import Chain, Flows

PASSES = 24


class Holds(NamedTuple):
    """Caps of power nodes, and the buffers that meeting them takes; caps have no rows when no node has one.

    `node_cap_w` what management lets a node give out [W] (infinite: all), `node_share_frac` the share of their dynamic
    power that it leaves the racks beneath (1: all), `node_tight_frac` the tightest on the way from the sources to it;
    `node_last_frac` and `node_last_w` belong to the pass before. Per rack: what it draws with idle accelerators and what it
    would draw [W], and the cap in force as a share of its nameplate.
    """

    node_cap_w: Floats
    node_share_frac: Floats
    node_tight_frac: Floats
    node_last_frac: Floats
    node_last_w: Floats
    rack_floor_w: Floats
    rack_wanted_w: Floats
    rack_cap_frac: Floats


@kernel
def start_holds(
    bodies: Bodies, cap_frac: Floats, nameplate_w: Floats, link_w: Floats, pool_activity_frac: Floats, holds: Holds
) -> None:
    """Nothing held yet: floor and wanted power of every rack, the latter under its own cap."""
    floor, wanted = holds.rack_floor_w, holds.rack_wanted_w
    floor[:] = link_w
    wanted[:] = link_w
    for b in range(bodies.rack.size):
        r = bodies.rack[b]
        if r < 0:
            continue
        pooled = bodies.pool[b] >= 0 and bodies.accelerator_count[b] > 0.0
        active = pool_activity_frac[bodies.pool[b]] if pooled else 0.0
        power = body_power(bodies.idle_w[b], bodies.typical_w[b], bodies.max_w[b], pooled, active)
        if not np.isnan(power):
            floor[r] += body_power(bodies.idle_w[b], bodies.typical_w[b], bodies.max_w[b], pooled, 0.0)
            wanted[r] += power
    for r in range(floor.size):
        wanted[r] = min(wanted[r], cap_frac[r] * nameplate_w[r])
        floor[r] = min(floor[r], wanted[r])
    holds.rack_cap_frac[:] = cap_frac
    holds.node_share_frac[:] = 1.0
    holds.node_last_frac[:] = 1.0
    holds.node_last_w[:] = 0.0


@kernel
def excess(flows: Flows, holds: Holds) -> float:
    """The furthest that any cap is from being met, relative to it: output above it, or below it though racks are held.

    A node that leaves its racks nothing but their idle draw has done all it can and does not count.
    """
    worst = 0.0
    for i in range(holds.node_cap_w.size):
        if not (holds.node_cap_w[i] < np.inf and flows.live[i]):
            continue
        over = flows.out_w[i] / holds.node_cap_w[i] - 1.0
        share = holds.node_share_frac[i]
        if (over > 0.0 and share > 0.0) or (over < 0.0 and share < 1.0):
            worst = max(worst, abs(over))
    return worst


@kernel
def tighten(chain: Chain, flows: Flows, holds: Holds) -> None:
    """Next share of every capped node, from its last two outputs, and the tightest share along the tree.

    Output is nearly linear in the share (losses and cooling bend it), so that the secant through the last two passes lands
    within some 1e-3 and then within 1e-6; the first step takes output as proportional.
    """
    cap, share, last, last_w = holds.node_cap_w, holds.node_share_frac, holds.node_last_frac, holds.node_last_w
    for i in range(cap.size):
        if not (cap[i] < np.inf and flows.live[i]):
            continue
        out, now = flows.out_w[i], share[i]
        if out <= cap[i] and now >= 1.0:
            last[i], last_w[i] = now, out
            continue
        slope = (out - last_w[i]) / (now - last[i]) if abs(now - last[i]) > 1e-15 else 0.0
        # Where something tighter holds the racks already the output does not follow: then this node need not hold.
        later = now + (cap[i] - out) / slope if slope > 1e-9 * cap[i] else now * cap[i] / max(out, 1e-9)
        last[i], last_w[i] = now, out
        share[i] = min(1.0, max(0.0, later))
    tight = holds.node_tight_frac
    for k in range(chain.order.size - 1, -1, -1):
        i = chain.order[k]
        tight[i] = share[i]
        for f in range(chain.feed_start[i], chain.feed_start[i + 1]):
            if flows.part_w[f] > 0.0:
                tight[i] = min(tight[i], tight[chain.feed_source[f]])


@kernel
def hold_racks(chain: Chain, cap_frac: Floats, nameplate_w: Floats, flows: Flows, holds: Holds) -> None:
    """Caps of the racks: floor + share (wanted - floor), the share being the tightest of the nodes that carry it."""
    base = chain.feed_source.size
    for r in range(cap_frac.size):
        share = 1.0
        for f in range(chain.load_start[r], chain.load_start[r + 1]):
            if flows.part_w[base + f] > 0.0:
                share = min(share, holds.node_tight_frac[chain.load_source[f]])
        if share < 1.0 and nameplate_w[r] > 0.0:
            held = holds.rack_floor_w[r] + share * (holds.rack_wanted_w[r] - holds.rack_floor_w[r])
            holds.rack_cap_frac[r] = min(cap_frac[r], held / nameplate_w[r])
        else:
            holds.rack_cap_frac[r] = cap_frac[r]
