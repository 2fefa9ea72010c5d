"""Power chain: one children-first sweep over the feed graph, with A/B parents, dispatch order, staged units, conductors
and dead nodes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints
from .legs import LegFlows, Legs, leg_loss, settle_legs


class Chain(NamedTuple):
    """Nodes 0..n-1 and loads 0..m-1. Feeds into node i are rows `feed_start[i]:feed_start[i+1]` of `feed_source` (node
    rows), `feed_weight` and `feed_rank`; loads likewise. `order` lists the nodes children first and leaves cyclic ones
    out.

    A node is `units_count` equal units, rated together; `spare_count` of them run beyond those that the load needs, and
    a unit starts when the others would pass `stage_frac` of their rating (0: all run). Feeds of a lower rank are used
    first, up to `give_w` of their source (infinite: no limit); a `backup` source only when none of lower rank is live.
    """

    order: Ints
    rating_w: Floats
    loss_a_frac: Floats
    loss_b_frac: Floats
    loss_c_frac: Floats
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
    for m in range(flows.fed.size):
        flows.fed[m] = False
        for f in range(chain.load_start[m], chain.load_start[m + 1]):
            if flows.live[chain.load_source[f]] and chain.load_weight[f] > 0.0:
                flows.fed[m] = True


@kernel
def energise_nodes(chain: Chain, alive: Flags, flows: Flows) -> None:
    """Mark nodes that some live root reaches, and what each can give.

    A node without feeds is a root and is live when it is alive; any other node needs one live parent. What a node can
    give is the least of its own limit and what its live parents give less the loss at that output.
    """
    flows.live[:] = False
    for k in range(chain.order.size - 1, -1, -1):
        i = chain.order[k]
        first, last = chain.feed_start[i], chain.feed_start[i + 1]
        reached = first == last
        above = np.inf if reached else 0.0
        for f in range(first, last):
            if flows.live[chain.feed_source[f]]:
                reached = True
                above += flows.reach_w[chain.feed_source[f]]
        flows.live[i] = reached and alive[i]
        give = chain.give_w[i]
        if above < np.inf:
            lost = node_loss(chain, i, min(above, give))
            above -= 0.0 if np.isnan(lost) else lost
        flows.reach_w[i] = max(0.0, min(give, above)) if flows.live[i] else 0.0


@kernel
def stage_loss(out_w: float, rating_w: float, a_frac: float, b_frac: float, c_frac: float) -> float:
    """Loss of a converter [W]: `rating (a + b x + c x^2)`, x = output / rating; valid for 0 <= x <= 1.2.

    Without a rating only a proportional loss (a = c = 0) is defined; anything else is NaN, which means unknown.
    Worked: 1.25 MW, (0.013, 0.006, 0.011), 625 kW out: 1.25e6 (0.013 + 0.003 + 0.00275) = 23.4 kW, so 96.4 %.
    Reference: quadratic UPS loss of open simulators; Pin = Pout + loss.
    """
    if a_frac == 0.0 and c_frac == 0.0:
        return out_w * b_frac
    if rating_w <= 0.0:
        return np.nan
    x = out_w / rating_w
    return rating_w * (a_frac + x * (b_frac + x * c_frac))


@kernel
def units_running(out_w: float, rating_w: float, units_count: float, spare_count: float, stage_frac: float) -> float:
    """How many of a node's equal units run: `clip(ceil(P / (P_unit x_set)) + spare, 1, n)`; all when x_set is 0.

    Worked: 8 units of 250 kW, 1 spare, next at 80 %, 900 kW: ceil(4.5) + 1 = 6.
    """
    if stage_frac <= 0.0 or not rating_w > 0.0:
        return units_count
    needed = np.ceil(out_w / (rating_w / units_count * stage_frac) - 1e-12)
    return float(min(units_count, max(1.0, needed + spare_count)))


@kernel
def node_loss(chain: Chain, i: int, out_w: float) -> float:
    """Loss of a node's running units and of those that stand by [W]: m f(P / m) + (n - m) s P_unit."""
    rating = chain.rating_w[i]
    count = chain.units_count[i]
    a, b, c = chain.loss_a_frac[i], chain.loss_b_frac[i], chain.loss_c_frac[i]
    if count == 1.0:
        return stage_loss(out_w, rating, a, b, c)
    running = units_running(out_w, rating, count, chain.spare_count[i], chain.stage_frac[i])
    unit = rating / count
    loss = running * stage_loss(out_w / running, unit, a, b, c)
    if running < count:
        loss += (count - running) * chain.standby_frac[i] * unit
    return loss


@kernel
def _share(
    first: int, last: int, source: Ints, weight: Floats, rank: Ints, base: int, ranked: bool, chain: Chain,
    flows: Flows, needed_w: float,
) -> bool:  # fmt: skip
    """Split a need over live feeds into `flows.part_w[base + f]`; False when no live feed carries.

    Equal ranks: w_k / sum w. Else rank by rank, each up to what its sources have left, the last one all that remains.
    """
    total = 0.0
    for f in range(first, last):
        flows.part_w[base + f] = 0.0
        if flows.live[source[f]]:
            total += weight[f]
    if total <= 0.0:
        return False
    if not ranked:
        for f in range(first, last):
            if flows.live[source[f]]:
                flows.part_w[base + f] = needed_w * weight[f] / total
        return True
    left, done = needed_w, -1
    used = not ranked  # False; a literal would give the helpers a second signature
    while True:
        here, later = -1, False
        for f in range(first, last):
            if _may(f, source, weight, used, chain, flows) and rank[f] > done and (here < 0 or rank[f] < here):
                here = rank[f]
        if here < 0:
            return used
        for f in range(first, last):  # once this rank carries, a backup does not help it out
            if rank[f] > here and flows.live[source[f]] and weight[f] > 0.0 and not chain.backup[source[f]]:
                later = True
        left = _fill(first, last, source, weight, rank, base, here, later, chain, flows, left, used)
        used, done = True, here
        if left <= 0.0 or not later:
            return True


@kernel
def _may(f: int, source: Ints, weight: Floats, used: bool, chain: Chain, flows: Flows) -> bool:
    """Whether a feed can carry: its source is live, and is no backup while another carries."""
    s = source[f]
    return bool(flows.live[s] and weight[f] > 0.0 and not (used and chain.backup[s]))


@kernel
def _fill(
    first: int, last: int, source: Ints, weight: Floats, rank: Ints, base: int, here: int, later: bool, chain: Chain,
    flows: Flows, needed_w: float, used: bool,
) -> float:  # fmt: skip
    """Give one rank its part by weight, each source up to what it has left; returns what remains for later ranks."""
    left = needed_w
    for _ in range(1 + last - first):
        total = 0.0
        for f in range(first, last):
            if _takes(f, source, weight, rank, base, here, chain, flows, used):
                total += weight[f]
        if total <= 0.0:
            break
        share, full = left, False
        for f in range(first, last):
            if not _takes(f, source, weight, rank, base, here, chain, flows, used):
                continue
            room = max(0.0, flows.reach_w[source[f]] - flows.out_w[source[f]])
            if share * weight[f] / total >= room:
                flows.part_w[base + f] = room
                left -= room
                full = True
        if not full:
            for f in range(first, last):
                if _takes(f, source, weight, rank, base, here, chain, flows, used):
                    flows.part_w[base + f] = left * weight[f] / total
            return 0.0
    if later:
        return max(0.0, left)
    total = 0.0
    for f in range(first, last):
        if rank[f] == here and _may(f, source, weight, used, chain, flows):
            total += weight[f]
    for f in range(first, last):  # nothing else is left to take it: an overload that a finding names
        if rank[f] == here and _may(f, source, weight, used, chain, flows):
            flows.part_w[base + f] += left * weight[f] / total
    return 0.0


@kernel
def _takes(
    f: int, source: Ints, weight: Floats, rank: Ints, base: int, here: int, chain: Chain, flows: Flows, used: bool
) -> bool:
    """Whether a feed belongs to the rank at hand and is not full yet."""
    if rank[f] != here or not _may(f, source, weight, used, chain, flows):
        return False
    return bool(flows.part_w[base + f] == 0.0 and flows.reach_w[source[f]] > flows.out_w[source[f]])


@kernel
def sweep(chain: Chain, legs: Legs, load_w: Floats, flows: Flows, state: LegFlows) -> float:
    """Serve every fed load and roll outputs and losses up to the roots; returns the load that no live node serves
    [W].

    share to parent k = w_k live_k / sum_j w_j live_j;  out_parent += share (out + loss) + conductor loss. One pass is
    exact because a loss depends on the output alone; with conductors `drop` and another pass refine voltage and
    temperature. `energise` must have run. Unknown losses (NaN) are kept as NaN in `loss_w` and count as zero upstream,
    so totals are then a lower bound. Worked: 100 W split 1:1 over two lossless parents gives 50 W each.
    """
    flows.out_w[:] = 0.0
    unserved = 0.0
    base = chain.feed_source.size
    for m in range(load_w.size):
        flows.served_w[m] = 0.0
        flows.side_a_w[m] = 0.0
        flows.side_b_w[m] = 0.0
        first, last = chain.load_start[m], chain.load_start[m + 1]
        carried = _share(
            first, last, chain.load_source, chain.load_weight, chain.load_rank, base, chain.load_ranked[m], chain,
            flows, load_w[m],
        )  # fmt: skip
        if not carried:
            unserved += load_w[m]
            _rest(first, last, base, legs, state)
            continue
        flows.served_w[m] = load_w[m]
        for f in range(first, last):
            part = flows.part_w[base + f]
            if legs.cold_ohm.size > 0:
                lost = leg_loss(legs, state, base + f, part)
                flows.out_w[chain.load_source[f]] += lost
            flows.out_w[chain.load_source[f]] += part
            if chain.load_side[f] == 1:
                flows.side_a_w[m] += part
            elif chain.load_side[f] == 2:
                flows.side_b_w[m] += part
    _roll_up(chain, legs, flows, state)
    return unserved


@kernel
def _rest(first: int, last: int, base: int, legs: Legs, state: LegFlows) -> None:
    """Nothing flows over these feeds."""
    if legs.cold_ohm.size > 0:
        for f in range(first, last):
            leg_loss(legs, state, base + f, 0.0)


@kernel
def _roll_up(chain: Chain, legs: Legs, flows: Flows, state: LegFlows) -> None:
    """Children-first pass over the nodes; a dead node has neither output nor loss."""
    flows.in_w[:] = 0.0
    flows.loss_w[:] = 0.0
    wired = legs.cold_ohm.size > 0
    base = chain.feed_start[0]  # 0, and of the type that the other callers use
    for k in range(chain.order.size):
        i = chain.order[k]
        first, last = chain.feed_start[i], chain.feed_start[i + 1]
        if not flows.live[i]:
            _rest(first, last, base, legs, state)
            continue
        out_w = flows.out_w[i]
        loss = node_loss(chain, i, out_w)
        flows.loss_w[i] = loss
        in_w = out_w if np.isnan(loss) else out_w + loss
        flows.in_w[i] = in_w
        if _share(
            first, last, chain.feed_source, chain.feed_weight, chain.feed_rank, base, chain.ranked[i], chain, flows,
            in_w,
        ):  # fmt: skip
            for f in range(first, last):
                part = flows.part_w[f]
                flows.out_w[chain.feed_source[f]] += part + leg_loss(legs, state, f, part) if wired else part


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
