"""Power chain: one children-first sweep over the feed graph, with A/B parents, dispatch order, staged units, conductors
and dead nodes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import inlined, kernel
from .arrays import Flags, Floats, Ints, Matrix
from .legs import LegFlows, Legs, leg_loss, settle_legs
from .losses import row_of, stage_loss


class Chain(NamedTuple):
    """Nodes 0..n-1 and loads 0..m-1. Feeds into node i are rows `feed_start[i]:feed_start[i+1]` of `feed_source` (node
    rows), `feed_weight` and `feed_rank`; loads likewise. `order` lists the nodes children first and leaves cyclic ones
    out; `curves` has the loss of each, see `losses.loss_frac`.

    A node is `units_count` equal units, rated together; `spare_count` of them run beyond those that the load needs, and
    a unit starts when the others would pass `stage_frac` of their rating (0: all run). Feeds of a lower rank are used
    first, up to `give_w` of their source (infinite: no limit); a `backup` source only when none of lower rank is live.
    """

    order: Ints
    rating_w: Floats
    curves: Matrix
    units_count: Floats
    spare_count: Floats
    stage_frac: Floats
    standby_frac: Floats
    give_w: Floats
    backup: Flags
    ranked: Flags
    feed_start: Ints
    feed_source: Ints
    feed_weight: Floats
    feed_rank: Ints
    load_start: Ints
    load_source: Ints
    load_weight: Floats
    load_side: Ints
    load_rank: Ints
    load_ranked: Flags


class Flows(NamedTuple):
    """What a sweep yields [W]: per node `out_w`, `in_w`, `loss_w`, whether it is `live` and what it could give,
    `reach_w`; per load what it was `served_w`, what came over side A and side B, and whether it is `fed` by a live
    node. `side` counts 1 = A, 2 = B. `part_w` is scratch, one row a feed as in `Legs`.
    """

    out_w: Floats
    in_w: Floats
    loss_w: Floats
    live: Flags
    reach_w: Floats
    served_w: Floats
    side_a_w: Floats
    side_b_w: Floats
    fed: Flags
    part_w: Floats


@kernel
def energise(chain: Chain, alive: Flags, flows: Flows) -> None:
    """Mark nodes that some live root reaches, and loads with at least one live source."""
    energise_nodes(chain, alive, flows)
    fed, live, load_start = flows.fed, flows.live, chain.load_start
    load_source, load_weight = chain.load_source, chain.load_weight
    for m in range(fed.size):
        fed[m] = False
        for f in range(load_start[m], load_start[m + 1]):
            if live[load_source[f]] and load_weight[f] > 0.0:
                fed[m] = True


@kernel
def energise_nodes(chain: Chain, alive: Flags, flows: Flows) -> None:
    """Mark nodes that some live root reaches, and what each can give.

    A node without feeds is a root and is live when it is alive; any other node needs one live parent. What a node can
    give is the least of its own limit and what its live parents give less the loss at that output.
    """
    live, reach_w, give_w = flows.live, flows.reach_w, chain.give_w
    order, feed_start, feed_source = chain.order, chain.feed_start, chain.feed_source
    rating_w, curves = chain.rating_w, chain.curves
    units_count, spare_count = chain.units_count, chain.spare_count
    stage_frac, standby_frac = chain.stage_frac, chain.standby_frac
    live[:] = False
    reach_w[:] = 0.0
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        first, last = feed_start[i], feed_start[i + 1]
        reached = first == last
        above = np.inf if reached else 0.0
        for f in range(first, last):
            if live[feed_source[f]]:
                reached = True
                above += reach_w[feed_source[f]]
        if not (reached and alive[i]):
            continue
        live[i] = True
        give = give_w[i]
        if above < np.inf:
            lost = node_loss(i, min(above, give), rating_w, curves, units_count, spare_count, stage_frac, standby_frac)
            above -= 0.0 if np.isnan(lost) else lost
        reach_w[i] = max(0.0, min(give, above))


@inlined
def units_running(out_w: float, rating_w: float, units_count: float, spare_count: float, stage_frac: float) -> float:
    """How many of a node's equal units run: `clip(ceil(P / (P_unit x_set)) + spare, 1, n)`; all when x_set is 0.

    Worked: 8 units of 250 kW, 1 spare, next at 80 %, 900 kW: ceil(4.5) + 1 = 6.
    """
    running = units_count
    if stage_frac > 0.0 and rating_w > 0.0:
        needed = np.ceil(out_w / (rating_w / units_count * stage_frac) - 1e-12)
        running = min(units_count, max(1.0, needed + spare_count))
    return running


@inlined
def node_loss(
    i: int, out_w: float, rating_w: Floats, curves: Matrix, units_count: Floats, spare_count: Floats,
    stage_frac: Floats, standby_frac: Floats,
) -> float:  # fmt: skip
    """Loss of a node's running units and of those that stand by [W]: m f(P / m) + (n - m) s P_unit."""
    count = units_count[i]
    running = units_running(out_w, rating_w[i], count, spare_count[i], stage_frac[i])
    unit = rating_w[i] / count
    loss = running * stage_loss(out_w / running, unit, row_of(curves, i))
    if running < count:
        loss += (count - running) * standby_frac[i] * unit
    return loss


@inlined
def share_evenly(
    first: int, last: int, source: Ints, weight: Floats, base: int, live: Flags, part_w: Floats, needed_w: float
) -> bool:
    """Split a need over live feeds by weight, w_k / sum w, into `part_w[base + f]`; False when no live feed carries."""
    total = 0.0
    for f in range(first, last):
        if live[source[f]]:
            total += weight[f]
    for f in range(first, last):
        part_w[base + f] = needed_w * weight[f] / total if total > 0.0 and live[source[f]] else 0.0
    return total > 0.0


@kernel
def share_in_order(
    first: int, last: int, source: Ints, weight: Floats, rank: Ints, base: int, live: Flags, backup: Flags,
    reach_w: Floats, out_w: Floats, part_w: Floats, needed_w: float,
) -> bool:  # fmt: skip
    """Split a need rank by rank, each up to what its sources have left, the last one all that remains; False when no
    live feed carries. Arrays and no tuples are handed over, which compiles in half of the time.
    """
    for f in range(first, last):
        part_w[base + f] = 0.0
    nothing = 0 * first - 1  # -1; literals would give the helpers a second signature
    left, done, used = needed_w, nothing, first < 0
    while True:
        here, later = nothing, first < 0
        for f in range(first, last):
            if _may(f, source, weight, used, live, backup) and rank[f] > done and (here < 0 or rank[f] < here):
                here = rank[f]
        if here < 0:
            return used
        for f in range(first, last):  # once this rank carries, a backup does not help it out
            if rank[f] > here and live[source[f]] and weight[f] > 0.0 and not backup[source[f]]:
                later = rank[f] > here
        left = _fill(first, last, source, weight, rank, base, here, live, backup, reach_w, out_w, part_w, left, used)
        if not later and left > 0.0:  # an overload that a finding names
            _overload(first, last, source, weight, rank, base, here, live, backup, part_w, left, used)
            left = 0.0
        used, done = here >= 0, here
        if left <= 0.0:
            return True


@inlined
def _may(f: int, source: Ints, weight: Floats, used: bool, live: Flags, backup: Flags) -> bool:
    """Whether a feed can carry: its source is live, and is no backup while another carries."""
    return live[source[f]] and weight[f] > 0.0 and not (used and backup[source[f]])


@kernel
def _fill(
    first: int, last: int, source: Ints, weight: Floats, rank: Ints, base: int, here: int, live: Flags, backup: Flags,
    reach_w: Floats, out_w: Floats, part_w: Floats, needed_w: float, used: bool,
) -> float:  # fmt: skip
    """Give one rank its part by weight, each source up to what it has left; returns what remains."""
    left = needed_w
    for _ in range(1 + last - first):
        total = 0.0
        for f in range(first, last):
            open_ = rank[f] == here and _may(f, source, weight, used, live, backup)
            if open_ and part_w[base + f] == 0.0 and reach_w[source[f]] > out_w[source[f]]:
                total += weight[f]
        if total <= 0.0:
            break
        share, full = left, False
        for f in range(first, last):
            open_ = rank[f] == here and _may(f, source, weight, used, live, backup)
            if not (open_ and part_w[base + f] == 0.0 and reach_w[source[f]] > out_w[source[f]]):
                continue
            room = reach_w[source[f]] - out_w[source[f]]
            if share * weight[f] / total >= room:
                part_w[base + f] = room
                left -= room
                full = True
        if not full:
            for f in range(first, last):
                open_ = rank[f] == here and _may(f, source, weight, used, live, backup)
                if open_ and part_w[base + f] == 0.0 and reach_w[source[f]] > out_w[source[f]]:
                    part_w[base + f] = left * weight[f] / total
            left = 0.0
            break
    return max(0.0, left)


@kernel
def _overload(
    first: int, last: int, source: Ints, weight: Floats, rank: Ints, base: int, here: int, live: Flags, backup: Flags,
    part_w: Floats, left_w: float, used: bool,
) -> None:  # fmt: skip
    """Lay what no source has room for on the last rank, by weight."""
    total = 0.0
    for f in range(first, last):
        if rank[f] == here and _may(f, source, weight, used, live, backup):
            total += weight[f]
    for f in range(first, last):
        if rank[f] == here and _may(f, source, weight, used, live, backup):
            part_w[base + f] += left_w * weight[f] / total


@kernel
def sweep(chain: Chain, legs: Legs, load_w: Floats, flows: Flows, state: LegFlows) -> float:
    """Serve every fed load and roll outputs and losses up to the roots; returns the load that no live node serves
    [W].

    share to parent k = w_k live_k / sum_j w_j live_j;  out_parent += share (out + loss) + conductor loss. One pass is
    exact because a loss depends on the output alone; with conductors `drop` and another pass refine voltage and
    temperature. `energise` must have run. Unknown losses (NaN) are kept as NaN in `loss_w` and count as zero upstream,
    so totals are then a lower bound. Worked: 100 W split 1:1 over two lossless parents gives 50 W each.
    """
    # Fields are taken out of their tuples once: in a loop each access would count a reference.
    out_w, served_w, part_w, live = flows.out_w, flows.served_w, flows.part_w, flows.live
    side_a_w, side_b_w = flows.side_a_w, flows.side_b_w
    load_start, load_source, load_weight = chain.load_start, chain.load_source, chain.load_weight
    load_side, load_ranked = chain.load_side, chain.load_ranked
    load_rank, backup, reach_w = chain.load_rank, chain.backup, flows.reach_w
    out_w[:] = 0.0
    unserved = 0.0
    base = chain.feed_source.size
    wired = legs.cold_ohm.size > 0
    for m in range(load_w.size):
        served_w[m] = 0.0
        side_a_w[m] = 0.0
        side_b_w[m] = 0.0
        first, last = load_start[m], load_start[m + 1]
        if load_ranked[m]:
            carried = share_in_order(
                first, last, load_source, load_weight, load_rank, base, live, backup, reach_w, out_w, part_w, load_w[m]
            )
        else:
            carried = share_evenly(first, last, load_source, load_weight, base, live, part_w, load_w[m])
        if not carried:
            unserved += load_w[m]
            for f in range(first, last):
                if wired:
                    leg_loss(legs, state, base + f, 0.0)
            continue
        served_w[m] = load_w[m]
        for f in range(first, last):
            part = part_w[base + f]
            if wired:
                out_w[load_source[f]] += leg_loss(legs, state, base + f, part)
            out_w[load_source[f]] += part
            if load_side[f] == 1:
                side_a_w[m] += part
            elif load_side[f] == 2:
                side_b_w[m] += part
    roll_up(chain, legs, flows, state)
    return unserved


@kernel
def roll_up(chain: Chain, legs: Legs, flows: Flows, state: LegFlows) -> None:
    """Children-first pass over the nodes; a dead node has neither output nor loss."""
    out_w, in_w, loss_w, part_w, live = flows.out_w, flows.in_w, flows.loss_w, flows.part_w, flows.live
    order, feed_start, feed_source = chain.order, chain.feed_start, chain.feed_source
    feed_weight, ranked, feed_rank = chain.feed_weight, chain.ranked, chain.feed_rank
    backup, reach_w = chain.backup, flows.reach_w
    rating_w, curves = chain.rating_w, chain.curves
    units_count, spare_count = chain.units_count, chain.spare_count
    stage_frac, standby_frac = chain.stage_frac, chain.standby_frac
    in_w[:] = 0.0
    loss_w[:] = 0.0
    wired = legs.cold_ohm.size > 0
    base = feed_start[0]  # 0, and of the type that the other callers use
    for k in range(order.size):
        i = order[k]
        first, last = feed_start[i], feed_start[i + 1]
        if not live[i]:
            for f in range(first, last):
                if wired:
                    leg_loss(legs, state, f, 0.0)
            continue
        given_w = out_w[i]
        loss = node_loss(i, given_w, rating_w, curves, units_count, spare_count, stage_frac, standby_frac)
        loss_w[i] = loss
        taken_w = given_w if np.isnan(loss) else given_w + loss
        in_w[i] = taken_w
        if ranked[i]:
            carried = share_in_order(
                first, last, feed_source, feed_weight, feed_rank, base, live, backup, reach_w, out_w, part_w, taken_w
            )
        else:
            carried = share_evenly(first, last, feed_source, feed_weight, base, live, part_w, taken_w)
        for f in range(first, last):
            part = part_w[f] if carried else 0.0
            out_w[feed_source[f]] += part
            if wired:
                out_w[feed_source[f]] += leg_loss(legs, state, f, part)


@kernel
def drop(chain: Chain, legs: Legs, flows: Flows, state: LegFlows) -> float:
    """Parents-first pass of the voltages after a sweep; returns the largest change of a feed's end voltage.

    Sources and regulated nodes (UPS, rectifier, solid-state transformer) give nominal voltage; passive ones (busway,
    panel, switchgear, transformer) pass on the mean of what arrives, weighted by power.
    """
    if legs.cold_ohm.size == 0:
        return 0.0
    moved = 0.0
    for k in range(chain.order.size - 1, -1, -1):
        i = chain.order[k]
        first, last = chain.feed_start[i], chain.feed_start[i + 1]
        total, mean = 0.0, 0.0
        for f in range(first, last):
            moved = max(moved, settle_legs(legs, state, f, state.node_frac[chain.feed_source[f]]))
            total += state.leg_w[f]
            mean += state.leg_w[f] * state.leg_end_frac[f]
        state.node_frac[i] = mean / total if legs.passive[i] and total > 0.0 else 1.0
    base = chain.feed_source.size
    for f in range(chain.load_source.size):
        moved = max(moved, settle_legs(legs, state, base + f, state.node_frac[chain.load_source[f]]))
    return moved


@kernel
def balance(chain: Chain, flows: Flows, state: LegFlows) -> tuple[float, float]:
    """Input of all live roots [W], and that input less served loads and known losses (zero but for rounding) [W]."""
    roots = 0.0
    losses = state.leg_loss_w.sum()
    for i in range(flows.in_w.size):
        if flows.live[i]:
            if chain.feed_start[i] == chain.feed_start[i + 1]:
                roots += flows.in_w[i]
            if not np.isnan(flows.loss_w[i]):
                losses += flows.loss_w[i]
    return roots, roots - losses - flows.served_w.sum()
