"""Every single failure of a power graph: load that is lost, nodes past their limit, loads left on one side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import inlined, kernel
from .arrays import Flags, Floats, Ints
from .legs import LegFlows, Legs, leg_loss
from .power import Chain, Flows, node_loss, roll_up, share_evenly, share_in_order


class FedBy(NamedTuple):
    """Loads by the node that feeds them: rows `start[i]:start[i+1]` of `load` are the loads of node i. `island[i]` is the
    part of the graph that node i is connected with, over nodes and loads; its nodes, children first, are rows
    `island_start[k]:island_start[k+1]` of `island_order`.
    """

    start: Ints
    load: Ints
    island: Ints
    island_start: Ints
    island_order: Ints


class Outages(NamedTuple):
    """One row a case: load that goes dark [W] and how many, loads that had two live feeds and keep one, nodes past their
    limit that were not before, and the most loaded node with its load over its limit. Per node: `peak_w`, its highest
    output over all cases.
    """

    unserved_w: Floats
    dark: Ints
    single: Ints
    overloaded: Ints
    worst_node: Ints
    worst_frac: Floats
    peak_w: Floats


@kernel
def run_outages(
    chain: Chain,
    legs: Legs,
    alive: Flags,
    load_w: Floats,
    limit_w: Floats,
    fed_by: FedBy,
    before: Flows,
    trial: Flows,
    state: LegFlows,
    trial_state: LegFlows,
    cases: Ints,
    first_case: int,
    last_case: int,
    seen: Ints,
    out: Outages,
) -> None:
    """Fail one node a case (or one unit of it, where it has several) and say what follows; `before` is the swept state
    with nothing failed and `state` its conductors. In `trial_state` they keep those voltages and temperatures while
    their currents follow the case.

    Only loads behind nodes that die with the failed one are split anew, and only its island is rolled up again. The
    arrays `rating_w`, `units_count`, `give_w` of the chain and `alive` are changed during a case and put back after it.
    """
    own_w = _own_load(chain, legs, before, state)
    base, base_leg_w = _rolled_anew(chain, legs, own_w, before, trial, trial_state)
    best, second = _fullest(fed_by, limit_w, before)
    for j in range(own_w.size):
        out.peak_w[j] = max(out.peak_w[j], before.out_w[j])
    for case in range(first_case, last_case):
        i = cases[case]
        island = fed_by.island[i]
        order = fed_by.island_order[fed_by.island_start[island] : fed_by.island_start[island + 1]]
        part = Chain(
            order, chain.rating_w, chain.curves, chain.units_count,
            chain.spare_count, chain.stage_frac, chain.standby_frac, chain.give_w, chain.backup, chain.ranked,
            chain.feed_start, chain.feed_source, chain.feed_weight, chain.feed_rank, chain.load_start,
            chain.load_source, chain.load_weight, chain.load_side, chain.load_rank, chain.load_ranked,
        )  # fmt: skip
        count, rating, give = chain.units_count[i], chain.rating_w[i], chain.give_w[i]
        if count > 1.0:
            chain.units_count[i] = count - 1.0
            chain.rating_w[i] = rating * (count - 1.0) / count
            chain.give_w[i] = give * (count - 1.0) / count
        else:
            alive[i] = False
        _energise_again(part, alive, i, before, trial)
        for k in range(order.size):
            trial.out_w[order[k]] = own_w[order[k]]
        _move_loads(part, legs, load_w, fed_by, before, trial, state, trial_state, case, seen, out)
        _roll_up_again(part, legs, i, before, base, base_leg_w, trial, trial_state)
        other = second if best >= 0 and fed_by.island[best] == island else best
        _judge(order, limit_w, count, i, other, before, trial, case, out)
        chain.units_count[i], chain.rating_w[i], chain.give_w[i] = count, rating, give
        alive[i] = True


@kernel
def _rolled_anew(
    chain: Chain, legs: Legs, own_w: Floats, before: Flows, trial: Flows, trial_state: LegFlows
) -> tuple[Flows, Floats]:
    """The state with nothing failed in the order of sums of the cases, and what its conductors lose [W]: a case that leaves
    a node as it is finds just these figures there.
    """
    trial.live[:] = before.live
    trial.reach_w[:] = before.reach_w
    trial.out_w[:] = own_w
    roll_up(chain, legs, trial, trial_state)
    base = Flows(
        trial.out_w.copy(), trial.in_w.copy(), trial.loss_w.copy(), trial.live.copy(), trial.reach_w.copy(),
        trial.served_w.copy(), trial.side_a_w.copy(), trial.side_b_w.copy(), trial.fed.copy(), trial.part_w.copy(),
    )  # fmt: skip
    return base, trial_state.leg_loss_w.copy()


@kernel
def _energise_again(part: Chain, alive: Flags, failed: int, before: Flows, trial: Flows) -> None:
    """`power.energise_nodes` where something above changed; all others are live and reach as far as before.

    The law stands there once more: a helper for both makes the pass over 20,000 nodes 0.44 ms instead of 0.29.
    """
    live, reach_w, was_live, was_reach_w = trial.live, trial.reach_w, before.live, before.reach_w
    order, feed_start, feed_source, give_w = part.order, part.feed_start, part.feed_source, part.give_w
    rating_w, curves = part.rating_w, part.curves
    units_count, spare_count = part.units_count, part.spare_count
    stage_frac, standby_frac = part.stage_frac, part.standby_frac
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        first, last = feed_start[i], feed_start[i + 1]
        same = i != failed
        for f in range(first, last):
            j = feed_source[f]
            same &= live[j] == was_live[j] and reach_w[j] == was_reach_w[j]
        if same:
            live[i], reach_w[i] = was_live[i], was_reach_w[i]
            continue
        live[i], reach_w[i] = False, 0.0
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


@kernel
def _roll_up_again(
    part: Chain, legs: Legs, failed: int, before: Flows, base: Flows, base_leg_w: Floats, trial: Flows, state: LegFlows
) -> None:
    """`power.roll_up` of a case: a node that gives what it gave, from sources as they were, takes what it took."""
    out_w, part_w, live, reach_w = trial.out_w, trial.part_w, trial.live, trial.reach_w
    was_out_w, was_in_w, was_part_w, was_live = base.out_w, base.in_w, base.part_w, before.live
    order, feed_start, feed_source = part.order, part.feed_start, part.feed_source
    feed_weight, ranked, feed_rank, backup = part.feed_weight, part.ranked, part.feed_rank, part.backup
    rating_w, curves = part.rating_w, part.curves
    units_count, spare_count = part.units_count, part.spare_count
    stage_frac, standby_frac = part.stage_frac, part.standby_frac
    wired = legs.cold_ohm.size > 0
    first_part = feed_start[0]
    for k in range(order.size):
        i = order[k]
        if not live[i]:
            continue
        first, last = feed_start[i], feed_start[i + 1]
        same = i != failed and out_w[i] == was_out_w[i]
        taken_w = was_in_w[i]
        if not same:
            loss = node_loss(i, out_w[i], rating_w, curves, units_count, spare_count, stage_frac, standby_frac)
            taken_w = out_w[i] if np.isnan(loss) else out_w[i] + loss
        for f in range(first, last):
            same &= live[feed_source[f]] == was_live[feed_source[f]]
        if same and not ranked[i]:
            for f in range(first, last):
                out_w[feed_source[f]] += was_part_w[f]
                if wired:
                    out_w[feed_source[f]] += base_leg_w[f]
            continue
        if ranked[i]:
            carried = share_in_order(
                first, last, feed_source, feed_weight, feed_rank, first_part, live, backup, reach_w, out_w, part_w,
                taken_w,
            )  # fmt: skip
        else:
            carried = share_evenly(first, last, feed_source, feed_weight, first_part, live, part_w, taken_w)
        for f in range(first, last):
            piece = part_w[f] if carried else 0.0
            out_w[feed_source[f]] += piece
            if wired:
                out_w[feed_source[f]] += leg_loss(legs, state, f, piece)


@kernel
def _own_load(chain: Chain, legs: Legs, before: Flows, state: LegFlows) -> Floats:
    """What every node gives to loads of its own, with the loss of their conductors [W]."""
    base, wired = chain.feed_source.size, legs.cold_ohm.size > 0
    own_w = np.zeros(chain.rating_w.size)
    for f in range(chain.load_source.size):
        own_w[chain.load_source[f]] += before.part_w[base + f]
        if wired:
            own_w[chain.load_source[f]] += state.leg_loss_w[base + f]
    return own_w


@kernel
def _move_loads(
    part: Chain, legs: Legs, load_w: Floats, fed_by: FedBy, before: Flows, trial: Flows, state: LegFlows,
    trial_state: LegFlows, case: int, seen: Ints, out: Outages,
) -> None:  # fmt: skip
    """Split anew the loads of the island behind whose nodes something changed; notes what is lost in the case's row."""
    live, was_live, reach_w, was_reach_w = trial.live, before.live, trial.reach_w, before.reach_w
    start, load, load_ranked = fed_by.start, fed_by.load, part.load_ranked
    base = part.feed_source.size
    lost, dark, single = 0.0, 0, 0
    for at in range(part.order.size):
        j = part.order[at]
        same = live[j] == was_live[j]
        if same and reach_w[j] == was_reach_w[j]:
            continue
        for k in range(start[j], start[j + 1]):
            m = load[k]
            if seen[m] == case + 1 or (same and not load_ranked[m]):
                continue
            seen[m] = case + 1
            carried, halved = _resplit(part, legs, m, base, load_w[m], before, trial, state, trial_state)
            if not carried and before.fed[m] and load_w[m] > 0.0:
                lost += load_w[m]
                dark += 1
            elif halved:
                single += 1
    out.unserved_w[case], out.dark[case], out.single[case] = lost, dark, single


@kernel
def _fullest(fed_by: FedBy, limit_w: Floats, before: Flows) -> tuple[int, int]:
    """The most loaded node with nothing failed, and the most loaded one of any other island (-1: none)."""
    best, second = fed_by.start[0] - 1, fed_by.start[0] - 1
    for j in range(limit_w.size):
        if before.live[j] and limit_w[j] > 0.0:
            share = before.out_w[j] / limit_w[j]
            if best < 0 or share > before.out_w[best] / limit_w[best]:
                if best >= 0 and fed_by.island[best] != fed_by.island[j]:
                    second = best
                best = j
            elif fed_by.island[j] != fed_by.island[best] and (
                second < 0 or share > before.out_w[second] / limit_w[second]
            ):
                second = j
    return best, second


@inlined
def _resplit(
    chain: Chain, legs: Legs, m: int, base: int, needed_w: float, before: Flows, trial: Flows, state: LegFlows,
    trial_state: LegFlows,
) -> tuple[bool, bool]:  # fmt: skip
    """Move one load to its feeds that are still live; says whether it is carried, and whether two live feeds became one."""
    first, last = chain.load_start[m], chain.load_start[m + 1]
    were, are = 0, 0
    wired = legs.cold_ohm.size > 0
    for f in range(first, last):
        source = chain.load_source[f]
        left = trial.out_w[source] - before.part_w[base + f]
        if wired:
            left -= state.leg_loss_w[base + f]
        trial.out_w[source] = max(0.0, left)
        were += 1 if before.live[source] else 0
        are += 1 if trial.live[source] else 0
    if chain.load_ranked[m]:
        carried = share_in_order(
            first, last, chain.load_source, chain.load_weight, chain.load_rank, base, trial.live, chain.backup,
            trial.reach_w, trial.out_w, trial.part_w, needed_w,
        )  # fmt: skip
    else:
        carried = share_evenly(
            first, last, chain.load_source, chain.load_weight, base, trial.live, trial.part_w, needed_w
        )
    if carried:
        for f in range(first, last):
            trial.out_w[chain.load_source[f]] += trial.part_w[base + f]
            if wired:
                trial.out_w[chain.load_source[f]] += leg_loss(legs, trial_state, base + f, trial.part_w[base + f])
    return carried, were > 1 and are == 1


@kernel
def _judge(
    order: Ints, limit_w: Floats, units_count: float, failed: int, other: int, before: Flows, trial: Flows, case: int,
    out: Outages,
) -> None:  # fmt: skip
    """Loads of the island's nodes against their limits after a case; `other` is the fullest node elsewhere (-1: none)."""
    worst, where, over = 0.0, other, 0
    if other >= 0:
        worst = before.out_w[other] / limit_w[other]
    live, out_w, was_w, peak_w = trial.live, trial.out_w, before.out_w, out.peak_w
    for k in range(order.size):
        j = order[k]
        if not live[j]:
            continue
        peak_w[j] = max(peak_w[j], out_w[j])
        limit = limit_w[j]
        if j == failed and units_count > 1.0:
            limit *= (units_count - 1.0) / units_count
        if not limit > 0.0:
            continue
        share = out_w[j] / limit
        if share > worst:
            worst, where = share, j
        if share > 1.0 + 1e-9 and was_w[j] <= limit_w[j] * (1.0 + 1e-9):
            over += 1
    out.worst_frac[case], out.worst_node[case], out.overloaded[case] = worst, where, over
