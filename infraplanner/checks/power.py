"""Bad input in the power tree."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .context import CAP_TOLERANCE, Context, Ints, Message, Rule, kw, rows, spread


def feed_cycle(context: Context) -> Iterator[Message]:
    """Nodes that feed each other in a ring."""
    ids = context.ids("power")
    ring = tuple(ids[row] for row in context.compiled.chain.cyclic)
    if ring:
        yield f"{len(ring)} power nodes feed each other in a ring; 0 are allowed.", ring


def unfed_rack(context: Context) -> Iterator[Message]:
    """Racks that draw power but have no feed."""
    chain, power = context.compiled.chain, context.result.power
    count = len(context.ids("racks"))
    feeds = np.diff(chain.load_start)[:count]
    for row in rows((feeds == 0) & (power.rack_nameplate_w > 0.0)):
        rack = power.rack_ids[row]
        yield f"Rack {rack} may draw {kw(power.rack_nameplate_w[row])} but has 0 power feeds; it needs 1.", (rack,)


def unfed_unit(context: Context) -> Iterator[Message]:
    """Cooling units that draw power but have no feed."""
    thermal = context.result.thermal
    feeds = np.diff(context.compiled.chain.load_start)[len(context.ids("racks")) :]
    for row in rows((feeds == 0) & (np.nan_to_num(thermal.unit_power_w) > 0.0)):
        unit = thermal.unit_ids[row]
        yield f"Cooling unit {unit} draws {kw(thermal.unit_power_w[row])} but has 0 power feeds; it needs 1.", (unit,)


def false_diversity(context: Context) -> Iterator[Message]:
    """Racks whose A and B feeds come from one node, or one straight through the other.

    Branches that meet higher up are a matter of redundancy class, not of bad input.
    """
    chain = context.compiled.chain
    racks, nodes = context.ids("racks"), context.ids("power")
    count = len(racks)
    owner = np.repeat(np.arange(count), np.diff(chain.load_start[: count + 1]))
    a, b = _first_source(context, owner, 1), _first_source(context, owner, 2)
    first = chain.feed_start[:-1]
    fed = np.append(np.where(np.diff(chain.feed_start) > 0, np.append(chain.feed_source, -1)[first], -1), -2)
    node = np.where((a == b) | (fed[a] == b), b, np.where(fed[b] == a, a, -1))
    for row in rows((a >= 0) & (b >= 0) & (node >= 0)):
        rack, shared = racks[row], nodes[node[row]]
        yield f"Feeds A and B of rack {rack} both come from {shared}: 2 sides, 1 source.", (rack, shared)


def _first_source(context: Context, owner: Ints, side: int) -> Ints:
    """The first node that feeds each rack on this side; -1 when none does."""
    chain = context.compiled.chain
    mine = np.flatnonzero(chain.load_side[: owner.size] == side)[::-1]
    sources = np.full(len(context.ids("racks")), -1, dtype=np.int64)
    sources[owner[mine]] = chain.load_source[mine]
    return sources


def missing_curve(context: Context) -> Iterator[Message]:
    """Nodes that carry load and whose profile says nothing about losses."""
    power = context.result.power
    chain = context.compiled.chain
    for row in rows(np.isnan(chain.curves[:, 0]) & (power.node_out_w > 0.0)):
        node = power.node_ids[row]
        load = kw(power.node_out_w[row])
        yield f"Node {node} carries {load} and has no loss curve; 0 W of loss are counted.", (node,)


def unknown_rating(context: Context) -> Iterator[Message]:
    """Nodes that carry load and have no rating (sources may be unlimited)."""
    power, source = context.result.power, context.compiled.chain.source
    for row in rows(np.isnan(power.node_rating_w) & (power.node_out_w > 0.0) & ~source):
        node = power.node_ids[row]
        yield f"Node {node} carries {kw(power.node_out_w[row])} but its rating is unknown.", (node,)


def overload(context: Context) -> Iterator[Message]:
    """Nodes above their rating."""
    power = context.result.power
    for row in rows(power.node_out_w > power.node_rating_w * (1.0 + 1e-9)):
        node = power.node_ids[row]
        load, rating = kw(power.node_out_w[row]), kw(power.node_rating_w[row])
        yield f"Node {node} carries {load}, more than its rating of {rating}.", (node,)


def continuous(context: Context) -> Iterator[Message]:
    """Nodes behind breakers above their continuous share, but not above their rating."""
    power, breaker = context.result.power, context.compiled.chain.breaker
    share = context.compiled.rule("power.continuous_load_frac")
    limit = power.node_rating_w * share
    for row in rows(breaker & (power.node_out_w > limit) & (power.node_out_w <= power.node_rating_w)):
        node = power.node_ids[row]
        load, allowed = kw(power.node_out_w[row]), kw(limit[row])
        yield f"Node {node} carries {load}, more than {allowed}, its {share:.0%} for continuous load.", (node,)


def cap_missed(context: Context) -> Iterator[Message]:
    """Nodes whose cap cannot be met: what runs beneath without its accelerators' work is already more."""
    power = context.result.power
    for row in rows(power.node_out_w > power.node_cap_w * (1.0 + CAP_TOLERANCE)):
        node = power.node_ids[row]
        least, cap = kw(power.node_out_w[row]), kw(power.node_cap_w[row])
        yield (
            f"Node {node} gives out {least} with every accelerator beneath it idle, more than its power cap of {cap}; "
            f"a cap above {least} or less under it would hold.",
            (node,),
        )


def cap_above_rating(context: Context) -> Iterator[Message]:
    """Caps that let a node give out more than it may carry all the time."""
    power, breaker = context.result.power, context.compiled.chain.breaker
    share = np.where(breaker, context.compiled.rule("power.continuous_load_frac"), 1.0)
    limit = power.node_rating_w * share
    for row in rows(np.isfinite(power.node_cap_w) & (power.node_cap_w > limit * (1.0 + 1e-9))):
        node = power.node_ids[row]
        cap, most = kw(power.node_cap_w[row]), kw(limit[row])
        yield f"Node {node} has a power cap of {cap}, more than the {most} it may carry all the time.", (node,)


def held(context: Context) -> Iterator[Message]:
    """Racks that power management slows, by the node that holds them."""
    power = context.result.power
    slowed = power.rack_held_frac[power.rack_powered & (power.rack_held_frac < 1.0 - CAP_TOLERANCE)]
    full = rows(np.abs(power.node_out_w / power.node_cap_w - 1.0) <= CAP_TOLERANCE)
    if len(full) and slowed.size:
        nodes = tuple(power.node_ids[row] for row in full)
        caps = ", ".join(f"{power.node_ids[row]} ({kw(power.node_cap_w[row])})" for row in full)
        yield (
            f"Power caps are reached at {caps}; {slowed.size} racks hold their accelerators to {spread(slowed)} of the clock.",
            nodes,
        )


def unknown_power(context: Context) -> Iterator[Message]:
    """Devices and racks whose profile gives no power at all."""
    bodies, parts = context.compiled.bodies, context.compiled.parts
    racks = context.ids("racks")
    for row in rows(np.isnan(bodies.typical_w) & np.isnan(bodies.max_w) & (bodies.rack >= 0)):
        rack = racks[bodies.rack[row]]
        yield (
            f"The power of {parts.systems[bodies.system[row]].name} in rack {rack} is unknown; 0 W are counted.",
            (rack,),
        )


RULES = (
    Rule("power.feed-cycle", "error", "power", "Feeds form no ring", feed_cycle),
    Rule("power.unfed-rack", "error", "power", "Every rack has a feed", unfed_rack),
    Rule("power.unfed-cooling", "warning", "power", "Every cooling unit has a feed", unfed_unit),
    Rule("power.false-diversity", "error", "power", "A and B come from different sources", false_diversity),
    Rule("power.missing-curve", "warning", "power", "Every converter has a loss curve", missing_curve),
    Rule("power.unknown-rating", "warning", "power", "Every node has a rating", unknown_rating),
    Rule("power.overload", "error", "power", "No node is above its rating", overload),
    Rule("power.cap-missed", "error", "power", "Every power cap can be met", cap_missed),
    Rule("power.cap-above-rating", "warning", "power", "Power caps lie within ratings", cap_above_rating),
    Rule("power.held", "info", "power", "What power caps cost is said", held),
    Rule("power.continuous-load", "warning", "power", "Continuous load within its share", continuous),
    Rule("power.unknown-power", "warning", "power", "Every device has a power figure", unknown_power),
)
