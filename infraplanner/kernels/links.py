"""Cables: routed length, ordered length, medium, watts and latency of every link bundle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints


class Ends(NamedTuple):
    """Link bundles, one row each: racks at both ends, heights of the ports above the floor [m], tray elevation [m],
    rate [bit/s], `cables` in the bundle, and the pinned medium (-1 auto, -2 pinned but not in the catalogue)."""

    a_rack: Ints
    b_rack: Ints
    a_z_m: Floats
    b_z_m: Floats
    tray_z_m: Floats
    rate_bps: Floats
    cables: Floats
    pinned: Ints


class Media(NamedTuple):
    """Link profiles, one row each; `by_cost` lists the rows that `auto` may use, cheapest first; `fibre` is 1 for
    optics.
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


class Route(NamedTuple):
    """Planning rules of the cable plant: slack share, service loop at each end [m], and stock lengths [m] in rising
    order.
    """

    slack_frac: float
    service_loop_m: float
    copper_stock_m: Floats
    fibre_stock_m: Floats


class Cables(NamedTuple):
    """Results, one row a bundle; power and price are of the whole bundle. `flag`: 0 fine, 1 no medium has this rate,
    2 none of this rate reaches, 3 the pinned medium does not reach, 4 it has another rate, 5 it is unknown, 6
    length unknown.
    """

    length_m: Floats
    ordered_m: Floats
    medium: Ints
    reach_m: Floats
    margin_m: Floats
    end_w: Floats
    power_w: Floats
    price_usd: Floats
    latency_s: Floats
    flag: Ints


class Choice(NamedTuple):
    """A medium row (-1 none), its flag as in `Cables`, and the length to order [m]."""

    medium: int
    flag: int
    ordered_m: float


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
def routed_length(ends: Ends, i: int, x_m: Floats, y_m: Floats) -> float:
    """Cable length of bundle i [m]: `|dx| + |dy| + |tray - z_a| + |tray - z_b|`; inside one rack only `|z_a - z_b|`.

    Worked: racks 6 m apart along x, ports at 2.2 m, tray at 2.6 m: 6 + 0.4 + 0.4 = 6.8 m. Moving one 3 m away adds 3 m.
    """
    a, b = ends.a_rack[i], ends.b_rack[i]
    if a < 0 or b < 0:
        return np.nan
    if a == b:
        return float(abs(ends.a_z_m[i] - ends.b_z_m[i]))
    run = abs(x_m[a] - x_m[b]) + abs(y_m[a] - y_m[b])
    return float(run + abs(ends.tray_z_m[i] - ends.a_z_m[i]) + abs(ends.tray_z_m[i] - ends.b_z_m[i]))


@kernel
def ordered_length(length_m: float, same_rack: bool, stock_m: Floats, route: Route) -> float:
    """Length to order [m]: `stock(L (1 + slack) + 2 service)`; no service loops inside a rack.

    Worked: 6.8 m, slack 5 %, loops of 0.5 m: 6.8 * 1.05 + 1 = 8.14, so 10 m of fibre from a stock of 7 and 10 m.
    """
    loops = 0.0 if same_rack else 2.0 * route.service_loop_m
    return stock_length(length_m * (1.0 + route.slack_frac) + loops, stock_m)


@kernel
def check_pinned(rate_bps: float, ordered_m: float, medium: int, media: Media) -> int:
    """Flag of a pinned medium: 4 wrong rate, 6 length unknown, 3 out of reach, 0 fine."""
    if media.rate_bps[medium] != rate_bps and not np.isnan(media.rate_bps[medium]):
        return 4
    if np.isnan(ordered_m):
        return 6
    return 3 if ordered_m > media.reach_m[medium] else 0


@kernel
def choose_medium(rate_bps: float, length_m: float, same_rack: bool, pinned: int, media: Media, route: Route) -> Choice:
    """The pinned medium, else the cheapest of this rate whose ordered length it reaches; row -1 when none fits.

    Copper and fibre come in different stock lengths, so the ordered length belongs to the medium; where none fits it is
    that of fibre.
    """
    fallback = ordered_length(length_m, same_rack, route.fibre_stock_m, route)
    if pinned >= 0:
        stock_m = route.fibre_stock_m if media.fibre[pinned] == 1 else route.copper_stock_m
        ordered = ordered_length(length_m, same_rack, stock_m, route)
        return Choice(pinned, check_pinned(rate_bps, ordered, pinned, media), ordered)
    flag = 5 if pinned == -2 else (6 if np.isnan(length_m) else 1)
    if flag == 1:
        for k in range(media.by_cost.size):
            m = media.by_cost[k]
            if media.rate_bps[m] == rate_bps:
                flag = 2
                stock_m = route.fibre_stock_m if media.fibre[m] == 1 else route.copper_stock_m
                ordered = ordered_length(length_m, same_rack, stock_m, route)
                if media.reach_m[m] >= ordered:
                    return Choice(m, 0, ordered)
    return Choice(-1, flag, fallback)


@kernel
def lay_cables(rows: Ints, ends: Ends, x_m: Floats, y_m: Floats, media: Media, route: Route, cables: Cables) -> None:
    """Length, medium, watts, price and latency of the given bundle rows; rows not listed keep their values.

    latency = both ends of the medium + delay per metre * ordered length.
    """
    for k in range(rows.size):
        i = rows[k]
        length = routed_length(ends, i, x_m, y_m)
        same_rack = ends.a_rack[i] == ends.b_rack[i]
        m, flag, ordered = choose_medium(ends.rate_bps[i], length, same_rack, ends.pinned[i], media, route)
        cables.length_m[i] = length
        cables.ordered_m[i] = ordered
        cables.medium[i] = m
        cables.flag[i] = flag
        cables.reach_m[i] = media.reach_m[m] if m >= 0 else np.nan
        cables.margin_m[i] = cables.reach_m[i] - ordered
        cables.end_w[i] = media.end_w[m] * ends.cables[i] if m >= 0 else np.nan
        cables.power_w[i] = 2.0 * cables.end_w[i]
        cables.price_usd[i] = media.price_usd[m] * ends.cables[i] if m >= 0 else np.nan
        cables.latency_s[i] = media.latency_s[m] + media.delay_s_per_m[m] * ordered if m >= 0 else np.nan


class CableSums(NamedTuple):
    """Where `tally` adds up: watts of the ends plugged into each rack, watts and cables of each family."""

    rack_w: Floats
    family_w: Floats
    family_cables: Floats


class CableTotals(NamedTuple):
    """Sums over all bundles: cable length [m], price [USD], bundles of unknown power and of unknown price, and the
    worst ordered length over reach with its row (-1 none).
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
        ratio = cables.ordered_m[i] / cables.reach_m[i]
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
        if ends.a_rack[i] >= 0:
            sums.rack_w[ends.a_rack[i]] += cables.end_w[i]
        if ends.b_rack[i] >= 0:
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
