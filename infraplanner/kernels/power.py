"""Power chain: one children-first sweep over the feed graph, with A/B parents, weights and dead nodes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints


class Chain(NamedTuple):
    """Nodes 0..n-1 and loads 0..m-1. Feeds into node i are rows `feed_start[i]:feed_start[i+1]` of `feed_source` (node
    rows) and `feed_weight`; loads likewise. `order` lists the nodes children first and leaves cyclic ones out."""

    order: Ints
    rating_w: Floats
    loss_a_frac: Floats
    loss_b_frac: Floats
    loss_c_frac: Floats
    feed_start: Ints
    feed_source: Ints
    feed_weight: Floats
    load_start: Ints
    load_source: Ints
    load_weight: Floats
    load_side: Ints


class Flows(NamedTuple):
    """What a sweep yields [W]: per node `out_w`, `in_w`, `loss_w` and whether it is `live`; per load what it was
    `served_w`, what came over side A and side B, and whether it is `fed` by a live node. `side` counts 1 = A, 2 =
    B.
    """

    out_w: Floats
    in_w: Floats
    loss_w: Floats
    live: Flags
    served_w: Floats
    side_a_w: Floats
    side_b_w: Floats
    fed: Flags


@kernel
def energise(chain: Chain, alive: Flags, flows: Flows) -> None:
    """Mark nodes that some live root reaches, and loads with at least one live source.

    A node without feeds is a root and is live when it is alive; any other node needs one live parent.
    """
    flows.live[:] = False
    for k in range(chain.order.size - 1, -1, -1):
        i = chain.order[k]
        first, last = chain.feed_start[i], chain.feed_start[i + 1]
        reached = first == last
        for f in range(first, last):
            if flows.live[chain.feed_source[f]]:
                reached = True
        flows.live[i] = reached and alive[i]
    for m in range(flows.fed.size):
        flows.fed[m] = False
        for f in range(chain.load_start[m], chain.load_start[m + 1]):
            if flows.live[chain.load_source[f]] and chain.load_weight[f] > 0.0:
                flows.fed[m] = True


@kernel
def stage_loss(out_w: float, rating_w: float, a_frac: float, b_frac: float, c_frac: float) -> float:
    """Loss of a converter [W]: `rating (a + b x + c x^2)`, x = output / rating; valid for 0 <= x <= 1.2.

    Without a rating only a proportional loss (a = c = 0) is defined; anything else is NaN, which means unknown.
    Worked: 1.25 MW, (0.013, 0.006, 0.011), 625 kW out: 1.25e6 (0.013 + 0.003 + 0.00275) = 23.4 kW, so 96.4 %.
    Reference: quadratic UPS loss of open simulators; Pin = Pout + loss.
    """
    if a_frac == 0.0 and c_frac == 0.0:
        return out_w * b_frac
    x = out_w / rating_w
    return rating_w * (a_frac + x * (b_frac + x * c_frac))


@kernel
def sweep(chain: Chain, load_w: Floats, flows: Flows) -> float:
    """Serve every fed load and roll outputs and losses up to the roots; returns the load that no live node serves
    [W].

    share to parent k = w_k live_k / sum_j w_j live_j;  out_parent += share (out + loss). One pass is exact because a
    loss depends on the output alone. `energise` must have run. Unknown losses (NaN) are kept as NaN in `loss_w` and
    count as zero upstream, so totals are then a lower bound. Worked: 100 W split 1:1 over two lossless parents gives 50
    W each.
    """
    flows.out_w[:] = 0.0
    unserved = 0.0
    for m in range(load_w.size):
        flows.served_w[m] = 0.0
        flows.side_a_w[m] = 0.0
        flows.side_b_w[m] = 0.0
        total = 0.0
        for f in range(chain.load_start[m], chain.load_start[m + 1]):
            if flows.live[chain.load_source[f]]:
                total += chain.load_weight[f]
        if total <= 0.0:
            unserved += load_w[m]
            continue
        flows.served_w[m] = load_w[m]
        for f in range(chain.load_start[m], chain.load_start[m + 1]):
            source = chain.load_source[f]
            if flows.live[source]:
                part = load_w[m] * chain.load_weight[f] / total
                flows.out_w[source] += part
                if chain.load_side[f] == 1:
                    flows.side_a_w[m] += part
                elif chain.load_side[f] == 2:
                    flows.side_b_w[m] += part
    _roll_up(chain, flows)
    return unserved


@kernel
def _roll_up(chain: Chain, flows: Flows) -> None:
    """Children-first pass over the nodes; a dead node has neither output nor loss."""
    flows.in_w[:] = 0.0
    flows.loss_w[:] = 0.0
    for k in range(chain.order.size):
        i = chain.order[k]
        if not flows.live[i]:
            continue
        out_w = flows.out_w[i]
        loss = stage_loss(out_w, chain.rating_w[i], chain.loss_a_frac[i], chain.loss_b_frac[i], chain.loss_c_frac[i])
        flows.loss_w[i] = loss
        in_w = out_w if np.isnan(loss) else out_w + loss
        flows.in_w[i] = in_w
        total = 0.0
        for f in range(chain.feed_start[i], chain.feed_start[i + 1]):
            if flows.live[chain.feed_source[f]]:
                total += chain.feed_weight[f]
        if total > 0.0:
            for f in range(chain.feed_start[i], chain.feed_start[i + 1]):
                source = chain.feed_source[f]
                if flows.live[source]:
                    flows.out_w[source] += in_w * chain.feed_weight[f] / total


@kernel
def balance(chain: Chain, flows: Flows) -> tuple[float, float]:
    """Input of all live roots [W], and that input less served loads and known losses (zero but for rounding) [W]."""
    roots = 0.0
    losses = 0.0
    for i in range(flows.in_w.size):
        if flows.live[i]:
            if chain.feed_start[i] == chain.feed_start[i + 1]:
                roots += flows.in_w[i]
            if not np.isnan(flows.loss_w[i]):
                losses += flows.loss_w[i]
    return roots, roots - losses - flows.served_w.sum()
