"""What racks and devices draw, and how their heat leaves: the load side of the power and thermal models."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Flags, Floats, Ints


class Bodies(NamedTuple):
    """Everything that draws power in a rack, one row a body: integrated rack systems and devices. `pool` is -1 when
    the body serves none; `liquid_frac` is the share of its heat that a coolant takes.
    """

    rack: Ints
    pool: Ints
    idle_w: Floats
    typical_w: Floats
    max_w: Floats
    liquid_frac: Floats
    accelerator_count: Floats


class Draw(NamedTuple):
    """Per body the power [W]; per rack power, nameplate, and heat to air and to liquid [W]."""

    body_w: Floats
    rack_w: Floats
    nameplate_w: Floats
    air_w: Floats
    liquid_w: Floats


@kernel
def activity(
    compute_frac: float, memory_frac: float, network_frac: float, weights: tuple[float, float, float]
) -> float:
    """Dynamic share of the power range, `min(1, wc uc + wm um + wn un)`; u are time shares at full rate, w weights
    (0..1).

    Worked: uc 0.4, um 0.8, un 0.1 with weights (0.7, 0.5, 0.1) give 0.28 + 0.40 + 0.01 = 0.69. Reference: inference
    energy model; a saturated server measured 63 to 73 % of its nameplate.
    """
    return min(1.0, weights[0] * compute_frac + weights[1] * memory_frac + weights[2] * network_frac)


@kernel
def body_power(idle_w: float, typical_w: float, max_w: float, pooled: bool, active_frac: float) -> float:
    """Power of a body [W]: `idle + (max - idle) activity` in a pool, else its typical power (its maximum when unknown).

    Worked: idle 30 kW, max 132 kW, activity 0.69 give 100.4 kW.
    """
    if pooled:
        return idle_w + (max_w - idle_w) * active_frac
    return max_w if np.isnan(typical_w) else typical_w


@kernel
def draw_racks(
    bodies: Bodies, pool_activity_frac: Floats, cap_frac: Floats, powered: Flags, link_w: Floats, draw: Draw
) -> tuple[int, int]:
    """Sum bodies into racks; returns how many powered bodies have unknown power, and how many racks a cap holds down.

    `link_w` [W] are the cable ends plugged into each rack (all air-cooled). A power cap scales every body of the rack
    so that rack power <= cap_frac * nameplate. A rack that is not `powered` draws nothing. Unknown bodies count as
    zero.
    """
    draw.rack_w[:] = 0.0
    draw.nameplate_w[:] = 0.0
    draw.liquid_w[:] = 0.0
    unknown = 0
    for b in range(bodies.rack.size):
        r = bodies.rack[b]
        if r < 0:
            continue
        pooled = bodies.pool[b] >= 0 and bodies.accelerator_count[b] > 0.0
        active = pool_activity_frac[bodies.pool[b]] if pooled else 0.0
        power = body_power(bodies.idle_w[b], bodies.typical_w[b], bodies.max_w[b], pooled, active)
        draw.body_w[b] = power if powered[r] else 0.0
        if powered[r] and np.isnan(power):
            unknown += 1
        elif powered[r]:
            draw.rack_w[r] += power
            draw.liquid_w[r] += power * bodies.liquid_frac[b]
        if not np.isnan(bodies.max_w[b]):
            draw.nameplate_w[r] += bodies.max_w[b]
    capped = 0
    for r in range(draw.rack_w.size):
        draw.nameplate_w[r] += link_w[r]
        limit = cap_frac[r] * draw.nameplate_w[r]
        total = draw.rack_w[r] + (link_w[r] if powered[r] else 0.0)
        if powered[r] and total > limit:
            capped += 1
            draw.liquid_w[r] *= limit / total
            total = limit
        draw.rack_w[r] = total
        draw.air_w[r] = total - draw.liquid_w[r]
    return unknown, capped


@kernel
def held_clock(power_frac: float, least_clock_frac: float) -> tuple[float, float]:
    """Clock of accelerators that keep a share of their dynamic power, and the share of the time in which they run at it.

    Dynamic power goes with the cube of the clock, as for a chip that throttles by its temperature; below the lowest clock
    they rest in between. Worked: 0.729 gives a clock of 0.9; 0.008 with a lowest clock of 0.4 gives 0.4 for an eighth of
    the time. Reference: power and thermal model, section 4 (throttle).
    """
    if power_frac >= 1.0:
        return 1.0, 1.0
    clock = max(max(power_frac, 0.0) ** (1.0 / 3.0), least_clock_frac)
    return clock, min(1.0, max(power_frac, 0.0) / clock**3)


@kernel
def held_work(power_frac: float, compute_frac: float, least_clock_frac: float) -> float:
    """Work that accelerators do with a share of their dynamic power, over what they do with all: only what they compute
    (`compute_frac` of the time) takes longer at a lower clock, what waits for memory does not.

    Worked: a clock of 0.9 and half of the time computing give 1/(0.5/0.9 + 0.5) = 0.947 for 0.729 of the power.
    """
    clock, time = held_clock(power_frac, least_clock_frac)
    return time / (compute_frac / clock + 1.0 - compute_frac)


@kernel
def power_range(bodies: Bodies, link_w: Floats, pool_activity_frac: Floats, floor_w: Floats, wanted_w: Floats) -> None:
    """Per rack what it draws with idle accelerators, and what it would draw at the activity of its pools [W]; bodies of
    unknown power count as zero.
    """
    floor_w[:] = link_w
    wanted_w[:] = link_w
    for b in range(bodies.rack.size):
        r = bodies.rack[b]
        if r < 0:
            continue
        pooled = bodies.pool[b] >= 0 and bodies.accelerator_count[b] > 0.0
        active = pool_activity_frac[bodies.pool[b]] if pooled else 0.0
        power = body_power(bodies.idle_w[b], bodies.typical_w[b], bodies.max_w[b], pooled, active)
        if not np.isnan(power):
            floor_w[r] += body_power(bodies.idle_w[b], bodies.typical_w[b], bodies.max_w[b], pooled, 0.0)
            wanted_w[r] += power


@kernel
def cap_derate(
    bodies: Bodies, cap_frac: Floats, nameplate_w: Floats, link_w: Floats, pool_activity_frac: Floats, out: Floats
) -> None:
    """Share of its dynamic power that each rack keeps under its power cap (0..1): `(limit - floor) / (wanted - floor)`.

    Worked: idle 30 kW, wanted 100 kW, cap 80 kW give 50/70 = 0.714.
    """
    floor, wanted = np.empty(out.size), np.empty(out.size)
    power_range(bodies, link_w, pool_activity_frac, floor, wanted)
    for r in range(out.size):
        limit = cap_frac[r] * nameplate_w[r]
        out[r] = 1.0
        if wanted[r] > limit and wanted[r] > floor[r]:
            out[r] = max(0.0, (limit - floor[r]) / (wanted[r] - floor[r]))
