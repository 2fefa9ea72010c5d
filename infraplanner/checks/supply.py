"""Limits of conductors, sources and redundancy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .context import Context, Message, Rule, kw, rows


def zero_rating(context: Context) -> Iterator[Message]:
    """Nodes rated for no power at all."""
    power = context.result.power
    for row in rows(power.node_rating_w == 0.0):
        node = power.node_ids[row]
        yield f"Node {node} has a rating of 0 kW and carries {kw(power.node_out_w[row])}.", (node,)


def unserved(context: Context) -> Iterator[Message]:
    """Racks with feeds of which none is live."""
    chain, power = context.compiled.chain, context.result.power
    feeds = np.diff(chain.load_start)[: len(power.rack_ids)]
    for row in rows((feeds > 0) & ~np.asarray(power.rack_powered) & (power.rack_nameplate_w > 0.0)):
        rack = power.rack_ids[row]
        if rack not in context.result.failed:
            yield f"Rack {rack} is dark: 0 of its {feeds[row]} feeds are live, or its loop stands still.", (rack,)


def conductor_unknown(context: Context) -> Iterator[Message]:
    """Feeds whose conductor has no resistance, voltage or length."""
    wiring = context.result.power.wiring
    for row in rows(~np.asarray(wiring.wire_known, dtype=np.bool_)):
        feed = wiring.wire_ids[row]
        yield f"The conductor of feed {feed} has no resistance, voltage or length; 0 W of loss are counted.", (feed,)


def collapse(context: Context) -> Iterator[Message]:
    """Feeds that ask more power than their resistance lets through at any voltage."""
    wiring = context.result.power.wiring
    for row in rows(np.asarray(wiring.wire_collapsed, dtype=np.bool_)):
        feed, load, limit = wiring.wire_ids[row], kw(wiring.wire_w[row]), kw(wiring.wire_collapse_w[row])
        yield f"Feed {feed} collapses: it should carry {load} of constant power and can carry {limit} at most.", (feed,)


def ampacity(context: Context) -> Iterator[Message]:
    """Conductors above what they may carry at their ambient and grouping."""
    wiring = context.result.power.wiring
    for row in rows(wiring.wire_a > wiring.wire_allowed_a * (1.0 + 1e-9)):
        feed, amperes, allowed = wiring.wire_ids[row], wiring.wire_a[row], wiring.wire_allowed_a[row]
        yield (
            f"Feed {feed} carries {amperes:.0f} A, more than the {allowed:.0f} A of its conductor where it lies.",
            (feed,),
        )


def ampacity_continuous(context: Context) -> Iterator[Message]:
    """Conductors above their continuous share, but not above their ampacity."""
    wiring = context.result.power.wiring
    share = context.compiled.rule("power.continuous_load_frac")
    limit = wiring.wire_allowed_a * share
    for row in rows((wiring.wire_a > limit) & (wiring.wire_a <= wiring.wire_allowed_a * (1.0 + 1e-9))):
        feed, amperes = wiring.wire_ids[row], wiring.wire_a[row]
        yield (
            f"Feed {feed} carries {amperes:.0f} A, more than {limit[row]:.0f} A, its {share:.0%} for continuous load.",
            (feed,),
        )


def voltage_drop(context: Context) -> Iterator[Message]:
    """Feeds at whose end too little voltage arrives."""
    wiring = context.result.power.wiring
    most = context.compiled.rule("power.voltage_drop_max_frac")
    for row in rows((wiring.wire_drop_frac > most) & ~np.asarray(wiring.wire_collapsed, dtype=np.bool_)):
        feed, lost, volts = wiring.wire_ids[row], wiring.wire_drop_frac[row], wiring.wire_end_v[row]
        yield (
            f"At the end of feed {feed} arrive {volts:.1f} V, {lost:.1%} below nominal; {most:.0%} are advised.",
            (feed,),
        )


def phase_balance(context: Context) -> Iterator[Message]:
    """Nodes whose single-phase feeds load the three phases unevenly: largest deviation from the mean, over the mean."""
    compiled, power = context.compiled, context.result.power
    feeds, most = compiled.tables["feeds"], compiled.rule("power.phase_imbalance_max_frac")
    phase = feeds["phase"]
    if not (phase > 0).any():
        return
    draw = np.append(power.rack_power_w, 0.0)[feeds["target@racks"]]
    used = (phase > 0) & (feeds["source@power"] >= 0) & (feeds["target@racks"] >= 0)
    # A rack on several feeds of one side shares its draw among them.
    load = np.zeros((len(power.node_ids), 3))
    owner = feeds["target@racks"][used]
    count = np.bincount(owner, minlength=len(power.rack_ids))
    np.add.at(load, (feeds["source@power"][used], phase[used] - 1), draw[used] / count[owner])
    mean = load.mean(axis=1)
    with np.errstate(all="ignore"):
        uneven = np.abs(load - mean[:, None]).max(axis=1) / mean
    for row in rows((mean > 0.0) & (uneven > most)):
        node = power.node_ids[row]
        phases = ", ".join(f"{kw(watts)}" for watts in load[row])
        yield f"The phases of {node} carry {phases}: {uneven[row]:.0%} off the mean, {most:.0%} are advised.", (node,)


def store_carries(context: Context) -> Iterator[Message]:
    """Stores that carry load in the steady state."""
    supply = context.result.power.supply
    stores = np.isin(np.array(supply.source_kind, dtype=np.str_), ["bess", "grid_buffer"])
    for row in rows(stores & (supply.source_out_w > 1.0)):
        source, load = supply.source_ids[row], supply.source_out_w[row]
        stored = context.compiled.sources.stored_j[row]
        lasts = f" for {stored / load / 60.0:.0f} min" if np.isfinite(stored) else ", for a time that is not known"
        yield f"Store {source} carries {kw(load)}{lasts}; it makes no power of its own.", (source,)


def firm_capacity(context: Context) -> Iterator[Message]:
    """Sources that need their spare units in normal running."""
    supply = context.result.power.supply
    spare = supply.source_firm_w < supply.source_give_w * (1.0 - 1e-9)
    for row in rows(spare & (supply.source_out_w > supply.source_firm_w * (1.0 + 1e-9))):
        source, load, firm = supply.source_ids[row], supply.source_out_w[row], supply.source_firm_w[row]
        yield (
            f"Source {source} gives {kw(load)}, more than the {kw(firm)} that are left without its spare units.",
            (source,),
        )


def step_load(context: Context) -> Iterator[Message]:
    """Own sources that run alone and cannot take the step of a burst."""
    power = context.result.power
    bursts, supply = power.bursts, power.supply
    if bursts.step_w is None or bursts.step_limit_w is None or bursts.step_w <= bursts.step_limit_w:
        return
    ids = tuple(key for key, out in zip(supply.source_ids, supply.source_out_w, strict=True) if out > 1.0)
    step, limit = kw(bursts.step_w), kw(bursts.step_limit_w)
    yield f"A burst of all accelerators steps by {step} within 1 s; the running sources take {limit}.", ids


def ride_through(context: Context) -> Iterator[Message]:
    """Stores that are empty before what they bridge to is there."""
    bursts = context.result.power.bursts
    stores = {"Site stores", "UPS batteries"}
    for ride in bursts.rides:
        if ride.enough is False and ride.name in stores:
            others = [r for r in bursts.rides if r.bridges == ride.bridges and r.enough]
            if not others:
                yield f"{ride.name} last {ride.lasts_s:.0f} s; the {ride.bridges} takes {ride.needed_s:.0f} s.", ()


def lost_diversity(context: Context) -> Iterator[Message]:
    """In a what-if: racks that keep one of several feeds."""
    if not context.result.failed:
        return
    power, chain = context.result.power, context.compiled.chain
    count = len(power.rack_ids)
    live = np.append(power.node_in_w > 0.0, False)
    owner = np.repeat(np.arange(count), np.diff(chain.load_start[: count + 1]))
    feeding = np.bincount(owner, live[chain.load_source[: owner.size]], count)
    has = np.diff(chain.load_start)[:count]
    left = rows((has > 1) & (feeding == 1) & (power.rack_power_w > 0.0))
    if left:
        ids = tuple(power.rack_ids[row] for row in left)
        names = ", ".join(ids[:4]) + (" ..." if len(ids) > 4 else "")
        yield f"{len(ids)} racks keep 1 of their feeds and no second source: {names}.", ids[:20]


def shared_path(context: Context) -> Iterator[Message]:
    """Nodes whose failure darkens racks that have feeds on two sides. A source itself is no path: one connection is a
    choice that the list of failures shows.
    """
    outages = context.result.power.outages
    if context.result.failed or not outages.case_ids:
        return
    chain, table = context.compiled.chain, context.compiled.tables["power"]
    racks = len(context.ids("racks"))
    owner = np.repeat(np.arange(racks), np.diff(chain.load_start[: racks + 1]))
    sides = np.zeros((racks, 4), dtype=np.bool_)
    sides[owner, chain.load_side[: owner.size]] = True
    paired = sides[:, 1] & sides[:, 2]
    if not paired.any():
        return
    above = _ancestors(chain.feed_start, chain.feed_source, chain.order)
    for row in rows(outages.case_dark > 0):
        node = table.index.get(outages.case_ids[row], -1)
        if node < 0 or outages.case_unit[row] or chain.feed_start[node] == chain.feed_start[node + 1]:
            continue
        behind = above[:, node]
        dark = np.ones(racks, dtype=np.bool_)
        np.logical_and.at(dark, owner, behind[chain.load_source[: owner.size]])
        hit = rows(dark & paired)
        if hit:
            name, lost = outages.case_ids[row], kw(outages.case_unserved_w[row])
            ids = tuple(context.ids("racks")[rack] for rack in hit)
            yield f"Sides A and B of {len(ids)} racks meet in {name}: if it fails, {lost} go dark.", (name, *ids[:10])


def _ancestors(start: np.ndarray, source: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Whether node i depends on node j alone: every path from a root to i runs through j."""
    nodes = start.size - 1
    through = np.zeros((nodes, nodes), dtype=np.bool_)
    for i in order[::-1].tolist():
        parents = source[start[i] : start[i + 1]]
        if parents.size:
            through[i] = through[parents].all(axis=0)
        through[i, i] = True
    return through


LIVE = 200
"""Objects up to which these rules speak during a drag; beyond, they wait for the mouse to rest."""

RULES = (
    Rule("power.zero-rating", "error", "power", "No node is rated 0", zero_rating, objects_live=LIVE),
    Rule("power.dark-rack", "error", "power", "Every rack has a live feed", unserved, objects_live=LIVE),
    Rule(
        "power.collapse", "error", "power", "No feed is asked for more than it can carry", collapse, objects_live=LIVE
    ),
    Rule("power.ampacity", "error", "power", "No conductor is above its ampacity", ampacity, objects_live=LIVE),
    Rule(
        "power.ampacity-continuous",
        "warning",
        "power",
        "Conductors within their continuous share",
        ampacity_continuous,
        objects_live=LIVE,
    ),
    Rule(
        "power.conductor-unknown", "warning", "power", "Every conductor is known", conductor_unknown, objects_live=LIVE
    ),
    Rule("power.voltage-drop", "warning", "power", "Enough voltage arrives", voltage_drop, objects_live=LIVE),
    Rule("power.phase-balance", "warning", "power", "Phases are loaded evenly", phase_balance, objects_live=LIVE),
    Rule(
        "power.store-carries", "warning", "power", "Stores rest in the steady state", store_carries, objects_live=LIVE
    ),
    Rule("power.firm-capacity", "warning", "power", "Sources keep their spare units", firm_capacity, objects_live=LIVE),
    Rule("power.step-load", "warning", "power", "Own sources take the step of a burst", step_load, objects_live=0),
    Rule("power.ride-through", "warning", "power", "Stores bridge to the next source", ride_through, objects_live=0),
    Rule("power.lost-diversity", "info", "power", "Every rack keeps two sources", lost_diversity),
    Rule("power.shared-path", "info", "power", "A and B share no node", shared_path, objects_live=0),
)
