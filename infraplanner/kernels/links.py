"""Cables: routed length, ordered length, medium, watts and latency of every link bundle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints
from .trays import Drops, Segments, Ways, way_between

REFERENCE_C = 20.0
"""Temperature at which conductor losses are tabulated."""


class Ends(NamedTuple):
    """Link bundles, one row each: racks at both ends, heights of the ports above the floor [m], tray elevation [m],
    rate [bit/s], `cables` in the bundle, and the pinned medium (-1 auto, -2 pinned but not in the catalogue).

    `cable_c` is the temperature of the cable, `fixed_db` what patch panels and mirrors on the way take from an optical
    budget, `module_count` how many ends of a cable hold one, and `mirror` tells the end at an optical
    circuit switch (1 a, 2 b, 0 none), which takes single-mode fibre only and holds no module.
    """

    a_rack: Ints
    b_rack: Ints
    a_z_m: Floats
    b_z_m: Floats
    tray_z_m: Floats
    rate_bps: Floats
    cables: Floats
    pinned: Ints
    cable_c: Floats
    fixed_db: Floats
    module_count: Floats
    mirror: Ints
    cooler_w: Floats


class Media(NamedTuple):
    """Link profiles, one row each; `by_cost` lists the rows that `auto` may use, cheapest first; `fibre` is 1 for
    optics, `single` for single-mode ones.

    `reach_m` is the longest that is sold. What the loss allows is `budget_db` over `conductor_db_per_m sqrt(1 + per_k (T -
    20)) + other_db_per_m` (conductor at 20 degC); a NaN budget leaves the sold length. `area_um2` and `mass_mg_per_m` are
    those of one cable.
    """

    rate_bps: Floats
    reach_m: Floats
    end_w: Floats
    latency_s: Floats
    price_usd: Floats
    delay_s_per_m: Floats
    fibre: Ints
    family: Ints
    by_cost: Ints
    single: Ints
    budget_db: Floats
    conductor_db_per_m: Floats
    other_db_per_m: Floats
    per_k: Floats
    area_um2: Ints
    mass_mg_per_m: Ints


class Route(NamedTuple):
    """Planning rules of the cable plant: slack share, service loop at each end [m], and stock lengths [m] in rising
    order.
    """

    slack_frac: float
    service_loop_m: float
    copper_stock_m: Floats
    fibre_stock_m: Floats


class Cables(NamedTuple):
    """Results, one row a bundle; `need_m` is the run with slack and loops before it is rounded up to a stock length,
    which reach is judged by; power and price are of the whole bundle. `flag`: 0 fine, 1 no medium has this rate,
    2 none of this rate reaches, 3 the pinned medium does not reach, 4 it has another rate, 5 it is unknown, 6
    length unknown. `way`: 0 over the trays or without any, 1 the trays of both racks do not meet, 2 no tray near rack a, 3
    none near rack b; the length is then that of the run along x and y.
    """

    length_m: Floats
    need_m: Floats
    ordered_m: Floats
    medium: Ints
    reach_m: Floats
    margin_m: Floats
    end_w: Floats
    power_w: Floats
    price_usd: Floats
    latency_s: Floats
    flag: Ints
    way: Ints


@kernel
def reach_of(media: Media, m: int, cable_c: float, fixed_db: float) -> float:
    """Longest cable of a medium [m]: what is sold, or less when its loss uses up the budget before.

    Copper loses more when it is warm; fibre shares its budget with the panels and mirrors on the way. Worked: a budget of
    3 dB less 2 dB of a mirror over 0.0005 dB/m is 2 km, so the sold 500 m hold; a third panel of 0.7 dB leaves nothing.
    """
    sold = media.reach_m[m]
    if np.isnan(media.budget_db[m]):
        return float(sold)
    left = media.budget_db[m] - (fixed_db if media.fibre[m] == 1 else 0.0)
    warm = np.sqrt(1.0 + media.per_k[m] * (cable_c - REFERENCE_C))
    physics = max(0.0, left) / (media.conductor_db_per_m[m] * warm + media.other_db_per_m[m])
    return float(min(sold, physics))


@kernel
def stock_length(length_m: float, stock_m: Floats) -> float:
    """The shortest stock length [m] at or above a length; beyond the longest one, whole metres cut to order.

    Worked: 3.26 m gives 4 m from a stock of 3, 4 and 5 m; 5.2 m gives 6 m.
    """
    for k in range(stock_m.size):
        if length_m <= stock_m[k] * (1.0 + 1e-9):
            return float(stock_m[k])
    return float(np.ceil(length_m - 1e-9))


@kernel
def routed_length(
    same_rack: bool, run_m: float, a_tray_z_m: float, b_tray_z_m: float, a_z_m: float, b_z_m: float
) -> float:
    """Cable length [m]: the run along the trays, and `|tray - z|` at both ends; inside one rack only `|z_a - z_b|`.

    Worked: racks 6 m apart along x, ports at 2.2 m, tray at 2.6 m: 6 + 0.4 + 0.4 = 6.8 m. Moving one 3 m away adds 3 m.
    """
    if same_rack:
        return abs(a_z_m - b_z_m)
    return run_m + abs(a_tray_z_m - a_z_m) + abs(b_tray_z_m - b_z_m)


@kernel
def ordered_length(length_m: float, loops_m: float, slack_frac: float, stock_m: Floats) -> float:
    """Length to order [m]: `stock(L (1 + slack) + loops)`, loops = twice the service loop, none inside a rack.

    Worked: 6.8 m, slack 5 %, loops of 1 m in all: 6.8 * 1.05 + 1 = 8.14, so 10 m of fibre from a stock of 7 and 10 m.
    """
    return stock_length(length_m * (1.0 + slack_frac) + loops_m, stock_m)


@kernel
def check_pinned(rate_bps: float, ordered_m: float, medium_bps: float, reach_m: float) -> int:
    """Flag of a pinned medium: 4 wrong rate (NaN fits any), 6 length unknown, 3 out of reach, 0 fine."""
    if medium_bps != rate_bps and not np.isnan(medium_bps):
        return 4
    if np.isnan(ordered_m):
        return 6
    return 3 if ordered_m > reach_m else 0


@kernel
def choose_media(rows: Ints, ends: Ends, media: Media, route: Route, cables: Cables) -> None:
    """Medium, ordered length and flag of bundles whose lengths are known: the pinned medium, else the cheapest of the
    rate whose ordered length it reaches; row -1 when none fits.

    Copper and fibre come in different stock lengths, so the ordered length belongs to the medium; where none fits it is
    that of fibre. One call for all rows: handing the tables over costs more than one choice.
    """
    for k in range(rows.size):
        i = rows[k]
        length, rate, pinned = cables.length_m[i], ends.rate_bps[i], ends.pinned[i]
        loops = 0.0 if ends.a_rack[i] == ends.b_rack[i] else 2.0 * route.service_loop_m
        fibre = ordered_length(length, loops, route.slack_frac, route.fibre_stock_m)
        copper = ordered_length(length, loops, route.slack_frac, route.copper_stock_m)
        medium, ordered = -1, fibre
        flag = 5 if pinned == -2 else (6 if np.isnan(length) else 1)
        if pinned >= 0:
            medium, ordered = pinned, fibre if media.fibre[pinned] == 1 else copper
            reach = reach_of(media, pinned, ends.cable_c[i], ends.fixed_db[i])
            flag = check_pinned(rate, ordered, media.rate_bps[pinned], reach)
        elif flag == 1:
            for c in range(media.by_cost.size):
                m = media.by_cost[c]
                if media.rate_bps[m] == rate and (ends.mirror[i] == 0 or media.single[m] == 1):
                    flag = 2
                    reach = reach_of(media, m, ends.cable_c[i], ends.fixed_db[i])
                    if reach >= (fibre if media.fibre[m] == 1 else copper):
                        medium, ordered, flag = m, fibre if media.fibre[m] == 1 else copper, 0
                        break
        cables.medium[i], cables.ordered_m[i], cables.flag[i] = medium, ordered, flag


@kernel
def lay_cables(
    rows: Ints,
    ends: Ends,
    x_m: Floats,
    y_m: Floats,
    media: Media,
    route: Route,
    trays: Segments,
    ways: Ways,
    drops: Drops,
    cables: Cables,
) -> None:
    """Length, medium, watts, price and latency of the given bundle rows; rows not listed keep their values.

    latency = both ends of the medium + delay per metre * ordered length. A bundle with an end that stands nowhere has
    no length. The run is along the trays where both racks have one near and the trays meet, else along x and y.
    """
    for k in range(rows.size):
        i = rows[k]
        a, b = ends.a_rack[i], ends.b_rack[i]
        cables.length_m[i], cables.need_m[i], cables.way[i] = np.nan, np.nan, 0
        if a >= 0 and b >= 0:
            run = abs(x_m[a] - x_m[b]) + abs(y_m[a] - y_m[b])
            z_a, z_b = ends.tray_z_m[i], ends.tray_z_m[i]
            if a != b and not np.isnan(z_a):
                s, t = drops.piece[a], drops.piece[b]
                if s == -1 or t == -1:
                    cables.way[i] = 2 if s == -1 else 3
                elif s >= 0 and t >= 0:
                    along, _, _ = way_between(trays, ways, drops, a, b)
                    if along < np.inf:
                        run = drops.off_m[a] + along + drops.off_m[b]
                        z_a, z_b = trays.z_m[s], trays.z_m[t]
                    else:
                        cables.way[i] = 1
            cables.length_m[i] = routed_length(a == b, run, z_a, z_b, ends.a_z_m[i], ends.b_z_m[i])
            loops = 0.0 if a == b else 2.0 * route.service_loop_m
            cables.need_m[i] = cables.length_m[i] * (1.0 + route.slack_frac) + loops
    choose_media(rows, ends, media, route, cables)
    for k in range(rows.size):
        i = rows[k]
        m = cables.medium[i]
        cables.reach_m[i] = reach_of(media, m, ends.cable_c[i], ends.fixed_db[i]) if m >= 0 else np.nan
        cables.margin_m[i] = cables.reach_m[i] - cables.ordered_m[i]
        cables.end_w[i] = (media.end_w[m] + ends.cooler_w[i]) * ends.cables[i] if m >= 0 else np.nan
        cables.power_w[i] = ends.module_count[i] * cables.end_w[i]
        cables.price_usd[i] = 0.5 * ends.module_count[i] * media.price_usd[m] * ends.cables[i] if m >= 0 else np.nan
        cables.latency_s[i] = media.latency_s[m] + media.delay_s_per_m[m] * cables.ordered_m[i] if m >= 0 else np.nan


class CableSums(NamedTuple):
    """Where `tally` adds up: watts of the ends plugged into each rack, watts and cables of each family."""

    rack_w: Floats
    family_w: Floats
    family_cables: Floats


class CableTotals(NamedTuple):
    """Sums over all bundles: cable length [m], price [USD], bundles of unknown power and of unknown price, and the
    worst needed length over reach with its row (-1 none).
    """

    length_m: float
    price_usd: float
    unknown_power: int
    unknown_price: int
    worst_reach_ratio: float
    worst_row: int


@kernel
def tally(ends: Ends, media: Media, cables: Cables, sums: CableSums) -> CableTotals:
    """Add the watts of both ends to their racks and sum up lengths, prices and families, in row order."""
    sums.rack_w[:] = 0.0
    sums.family_w[:] = 0.0
    sums.family_cables[:] = 0.0
    unknown_power, unknown_price, worst_row = 0, 0, -1
    length, price, worst = 0.0, 0.0, -1.0
    for i in range(cables.medium.size):
        if not np.isnan(cables.length_m[i]):
            length += cables.length_m[i] * ends.cables[i]
        ratio = cables.need_m[i] / cables.reach_m[i]
        if ratio > worst:
            worst, worst_row = ratio, i
        if np.isnan(cables.price_usd[i]):
            unknown_price += 1
        else:
            price += cables.price_usd[i]
        if cables.medium[i] >= 0:
            sums.family_cables[media.family[cables.medium[i]]] += ends.cables[i]
        if np.isnan(cables.end_w[i]):
            unknown_power += 1
            continue
        sums.family_w[media.family[cables.medium[i]]] += cables.power_w[i]
        if ends.a_rack[i] >= 0 and ends.mirror[i] != 1:
            sums.rack_w[ends.a_rack[i]] += cables.end_w[i]
        if ends.b_rack[i] >= 0 and ends.mirror[i] != 2:
            sums.rack_w[ends.b_rack[i]] += cables.end_w[i]
    return CableTotals(length, price, unknown_power, unknown_price, worst, worst_row)


@kernel
def rows_of_racks(racks: Ints, start: Ints, rows: Ints, seen: Ints, stamp: int, out: Ints) -> int:
    """Bundles with an end in one of the racks, each once, into `out`; returns how many. `start`/`rows` is the CSR
    index of bundles by rack; `seen` holds the stamp of the last call that met a bundle.
    """
    found = 0
    for k in range(racks.size):
        for p in range(start[racks[k]], start[racks[k] + 1]):
            i = rows[p]
            if seen[i] != stamp:
                seen[i] = stamp
                out[found] = i
                found += 1
    return found
