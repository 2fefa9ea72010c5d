"""Cables: routed length, ordered length, medium, watts and latency of every link bundle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints


class Ends(NamedTuple):
    """Link bundles, one row each: racks at both ends, heights of the ports above the floor [m], tray elevation [m],
    rate [bit/s], cables in the bundle, and the pinned medium (-1 auto, -2 pinned but not in the catalogue)."""

    a_rack: Ints
    b_rack: Ints
    a_z_m: Floats
    b_z_m: Floats
    tray_z_m: Floats
    rate_bps: Floats
    count: Floats
    pinned: Ints


class Media(NamedTuple):
    """Link profiles, one row each; `by_cost` lists the rows that `auto` may use, cheapest first."""

    rate_bps: Floats
    reach_m: Floats
    end_w: Floats
    latency_s: Floats
    price_usd: Floats
    delay_s_per_m: Floats
    by_cost: Ints


class Route(NamedTuple):
    """Planning rules of the cable plant: slack share, service loop at each end [m], and stock lengths: multiples of
    `fine_step_m` to `fine_limit_m`, of `mid_step_m` to `mid_limit_m`, of `coarse_step_m` beyond."""

    slack_frac: float
    service_loop_m: float
    fine_step_m: float
    fine_limit_m: float
    mid_step_m: float
    mid_limit_m: float
    coarse_step_m: float


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
    price_usd: Floats
    latency_s: Floats
    flag: Ints


@kernel
def stock_length(length_m: float, route: Route) -> float:
    """The next stock length [m] at or above a length. Worked: 3.26 m gives 3.5 m with a fine step of 0.5 m to 5 m."""
    step = route.coarse_step_m
    if length_m <= route.fine_limit_m:
        step = route.fine_step_m
    elif length_m <= route.mid_limit_m:
        step = route.mid_step_m
    return float(np.ceil(length_m / step - 1e-9) * step)


@kernel
def routed_length(ends: Ends, i: int, x_m: Floats, y_m: Floats) -> float:
    """Cable length of bundle i [m]: `|dx| + |dy| + |tray - z_a| + |tray - z_b|`; inside one rack only `|z_a - z_b|`.

    Worked: racks 6 m apart along x, ports at 2.2 m, tray at 2.6 m: 6 + 0.4 + 0.4 = 6.8 m. Moving one 3 m away adds 3 m.
    """
    a, b = ends.a_rack[i], ends.b_rack[i]
    if a < 0 or b < 0:
        return np.nan
    if a == b:
        return abs(ends.a_z_m[i] - ends.b_z_m[i])
    run = abs(x_m[a] - x_m[b]) + abs(y_m[a] - y_m[b])
    return run + abs(ends.tray_z_m[i] - ends.a_z_m[i]) + abs(ends.tray_z_m[i] - ends.b_z_m[i])


@kernel
def ordered_length(length_m: float, same_rack: bool, route: Route) -> float:
    """Length to order [m]: `stock(L (1 + slack) + 2 service)`; no service loops inside a rack.

    Worked: 6.8 m, slack 5 %, loops 0.5 m: 6.8 * 1.05 + 1 = 8.14, ordered 9 m when the step is 1 m between 5 and 10 m.
    """
    loops = 0.0 if same_rack else 2.0 * route.service_loop_m
    return stock_length(length_m * (1.0 + route.slack_frac) + loops, route)


@kernel
def choose_medium(rate_bps: float, ordered_m: float, pinned: int, media: Media) -> tuple[int, int]:
    """Medium row and flag: the pinned one, else the cheapest of this rate that reaches. Row -1 when none fits."""
    if pinned >= 0:
        if media.rate_bps[pinned] != rate_bps and not np.isnan(media.rate_bps[pinned]):
            return pinned, 4
        if np.isnan(ordered_m):
            return pinned, 6
        return pinned, 3 if ordered_m > media.reach_m[pinned] else 0
    if pinned == -2:
        return -1, 5
    if np.isnan(ordered_m):
        return -1, 6
    seen = False
    for k in range(media.by_cost.size):
        m = media.by_cost[k]
        if media.rate_bps[m] == rate_bps:
            seen = True
            if media.reach_m[m] >= ordered_m:
                return m, 0
    return -1, 2 if seen else 1


@kernel
def lay_cables(rows: Ints, ends: Ends, x_m: Floats, y_m: Floats, media: Media, route: Route, cables: Cables) -> None:
    """Length, medium, watts, price and latency of the given bundle rows; rows not listed keep their values.

    latency = both ends of the medium + delay per metre * ordered length.
    """
    for k in range(rows.size):
        i = rows[k]
        length = routed_length(ends, i, x_m, y_m)
        ordered = ordered_length(length, ends.a_rack[i] == ends.b_rack[i], route)
        m, flag = choose_medium(ends.rate_bps[i], ordered, ends.pinned[i], media)
        cables.length_m[i] = length
        cables.ordered_m[i] = ordered
        cables.medium[i] = m
        cables.flag[i] = flag
        cables.reach_m[i] = media.reach_m[m] if m >= 0 else np.nan
        cables.margin_m[i] = cables.reach_m[i] - ordered
        cables.end_w[i] = media.end_w[m] * ends.count[i] if m >= 0 else np.nan
        cables.price_usd[i] = media.price_usd[m] * ends.count[i] if m >= 0 else np.nan
        cables.latency_s[i] = media.latency_s[m] + media.delay_s_per_m[m] * ordered if m >= 0 else np.nan


@kernel
def end_watts(ends: Ends, end_w: Floats, rack_w: Floats) -> int:
    """Add the watts of both ends to the racks they are plugged into; returns the number of bundles of unknown power."""
    rack_w[:] = 0.0
    unknown = 0
    for i in range(end_w.size):
        if np.isnan(end_w[i]):
            unknown += 1
            continue
        if ends.a_rack[i] >= 0:
            rack_w[ends.a_rack[i]] += end_w[i]
        if ends.b_rack[i] >= 0:
            rack_w[ends.b_rack[i]] += end_w[i]
    return unknown


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
