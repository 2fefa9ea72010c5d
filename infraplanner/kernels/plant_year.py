"""The outdoor side of the plant hour by hour over a year: economiser, chillers, towers, their fans and their water."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints
from .cooling import curve_at, warmer_water


class Yards(NamedTuple):
    """Loops with outdoor units, from the racks outwards. `heat_w` comes in from inside; `then` is the row that takes
    what this one's water-cooled chillers reject (-1: none). Dry coolers, wet coolers (towers, adiabatic coolers) and
    chillers stand side by side in a loop, each kind with its capacity, approach at capacity, fan power per capacity.
    `always_wet` is 1 for towers; adiabatic coolers run dry while the air is cold enough. For the last three see
    `cooling.Units`.
    """

    heat_w: Floats
    supply_c: Floats
    rise_k: Floats
    then: Ints
    dry_w: Floats
    dry_approach_k: Floats
    dry_fan_frac: Floats
    wet_w: Floats
    wet_approach_k: Floats
    wet_fan_frac: Floats
    wet_water_m3_per_j: Floats
    wet_drift_m3_per_j: Floats
    always_wet: Ints
    chiller_w: Floats
    chiller_count: Floats
    chiller_cop: Floats
    cop_start: Ints
    cop_c: Floats
    cop: Floats
    part_load: Floats
    evaporator_c: Floats
    condenser_k: Floats
    lift_k: Floats


class Hours(NamedTuple):
    """Results per hour: power of the outdoor units, water, state (0 all free, 1 partly, 2 chillers alone), and by how
    much the worst loop misses its set point.
    """

    power_w: Floats
    water_m3_per_s: Floats
    mode: Ints
    miss_k: Floats


@kernel
def vapour_pressure(t_c: float) -> float:
    """Saturation pressure of water vapour over water [Pa] by Magnus's formula. Worked: 20 degC: 2,333 Pa."""
    return float(610.94 * np.exp(17.625 * t_c / (t_c + 243.04)))


@kernel
def wet_bulb(dry_bulb_c: float, dew_point_c: float, pressure_pa: float) -> float:
    """Thermodynamic wet bulb [degC] from dry bulb, dew point and pressure, by bisection.

    Energy balance of adiabatic saturation (ASHRAE Fundamentals, psychrometrics). Worked: 30 degC, dew point 15, 101,325
    Pa: 20.0 degC.
    """
    partial = vapour_pressure(min(dew_point_c, dry_bulb_c))
    content = 0.621945 * partial / (pressure_pa - partial)
    low, high = min(dew_point_c, dry_bulb_c), dry_bulb_c
    for _ in range(24):
        middle = 0.5 * (low + high)
        full = vapour_pressure(middle)
        held = 0.621945 * full / (pressure_pa - full)
        reached = ((2501.0 - 2.326 * middle) * held - 1.006 * (dry_bulb_c - middle)) / (
            2501.0 + 1.86 * dry_bulb_c - 4.186 * middle
        )
        if reached > content:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


@kernel
def wet_bulbs(dry_bulb_c: Floats, dew_point_c: Floats, pressure_pa: Floats, out_c: Floats) -> None:
    """Wet bulb of every hour."""
    for h in range(out_c.size):
        out_c[h] = wet_bulb(dry_bulb_c[h], dew_point_c[h], pressure_pa[h])


@kernel
def fan_speed(approach_k: float, load_frac: float, head_k: float, least_frac: float) -> float:
    """Fan speed (0..1) at which a cooler's approach, rated at full load and speed and in inverse proportion to air,
    fits under the head between set point and air. Worked: 8 K at half load under 8 K: 0.5.
    """
    if load_frac <= 0.0:
        return 0.0
    if head_k <= 0.0:
        return 1.0
    return min(1.0, max(least_frac, approach_k * load_frac / head_k))


@kernel
def chiller_power(heat_w: float, capacity_w: float, count: float, cop: float, part_load: Floats) -> float:
    """Power of equal chillers of which as many run as needed [W]: capacity / COP x (c0 + c1 PLR + c2 PLR^2).

    Worked: 0.5 MW on one of 1 MW at COP 3, coefficients 0.033, 0.685, 0.282: 148 kW.
    """
    if heat_w <= 0.0:
        return 0.0
    each = capacity_w / count
    running = min(count, np.ceil(heat_w / each - 1e-9))
    ratio = heat_w / (running * each)
    return float(running * each / cop * (part_load[0] + part_load[1] * ratio + part_load[2] * ratio * ratio))


@kernel
def _cooled_free(
    yards: Yards, i: int, heat_w: float, dry_c: float, wet_c: float, supply_c: float
) -> tuple[float, float]:
    """Share of a loop's heat that its coolers take without chillers, and the coldest water they can make [degC]."""
    coldest = np.inf
    total = yards.dry_w[i] + yards.wet_w[i]
    if total <= 0.0:
        return 0.0, coldest
    load = heat_w / total
    if yards.dry_w[i] > 0.0:
        coldest = dry_c + yards.dry_approach_k[i] * load
    if yards.wet_w[i] > 0.0:
        wet = wet_c + yards.wet_approach_k[i] * load
        coldest = wet if yards.dry_w[i] <= 0.0 else max(coldest, wet)
    if yards.chiller_w[i] <= 0.0:
        return 1.0, coldest
    share = (supply_c + yards.rise_k[i] - coldest) / yards.rise_k[i]
    return min(1.0, max(0.0, share)), coldest


@kernel
def plant_year(
    yards: Yards, dry_bulb_c: Floats, wet_bulb_c: Floats, least_fan_frac: float, supply_c: Floats, heat_w: Floats,
    out: Hours,
) -> None:  # fmt: skip
    """Every hour: coolers first, as far as the air allows; chillers take the rest; without chillers the water floats.

    `supply_c` is the set point of each loop (those of the plan, or of a water class); `heat_w` is scratch. Fans follow
    the cube of their speed. Water evaporates where a wet cooler runs wet.
    """
    for h in range(dry_bulb_c.size):
        dry, wet = dry_bulb_c[h], wet_bulb_c[h]
        power, water, miss = 0.0, 0.0, 0.0
        some_free, some_chilled = False, False
        heat_w[:] = yards.heat_w
        for i in range(heat_w.size):
            q = heat_w[i]
            if q <= 0.0:
                continue
            share, coldest = _cooled_free(yards, i, q, dry, wet, supply_c[i])
            free = share * q
            total = yards.dry_w[i] + yards.wet_w[i]
            if free > 0.0:
                some_free = True
                load = free / total
                full = share < 1.0
                if yards.dry_w[i] > 0.0:
                    speed = 1.0 if full else fan_speed(yards.dry_approach_k[i], load, supply_c[i] - dry, least_fan_frac)
                    power += yards.dry_fan_frac[i] * yards.dry_w[i] * speed**3
                if yards.wet_w[i] > 0.0:
                    part = free * yards.wet_w[i] / total
                    runs_dry = yards.always_wet[i] == 0 and dry + yards.wet_approach_k[i] * load <= supply_c[i]
                    air = dry if runs_dry else wet
                    speed = 1.0 if full else fan_speed(yards.wet_approach_k[i], load, supply_c[i] - air, least_fan_frac)
                    power += yards.wet_fan_frac[i] * yards.wet_w[i] * speed**3
                    if not runs_dry:
                        water += part * (yards.wet_water_m3_per_j[i] + yards.wet_drift_m3_per_j[i])
            rest = q - free
            if rest > 0.0:
                some_chilled = True
                cop = curve_at(dry, yards.cop_c, yards.cop, yards.cop_start[i], yards.cop_start[i + 1])
                air = dry if yards.then[i] < 0 else wet
                cop = (yards.chiller_cop[i] if np.isnan(cop) else cop) * warmer_water(
                    supply_c[i], air, yards.evaporator_c[i], yards.condenser_k[i], yards.lift_k[i]
                )
                used = chiller_power(
                    rest, yards.chiller_w[i], yards.chiller_count[i], cop, yards.part_load[3 * i : 3 * i + 3]
                )
                power += used
                if yards.then[i] >= 0:
                    heat_w[yards.then[i]] += rest + used
            elif yards.chiller_w[i] <= 0.0:
                miss = max(miss, coldest - supply_c[i])
        out.power_w[h] = power
        out.water_m3_per_s[h] = water
        out.miss_k[h] = miss
        out.mode[h] = 0 if not some_chilled else (1 if some_free else 2)


@kernel
def synthetic_year(
    mean_c: float, dew_mean_c: float, year_swing_k: float, day_swing_k: float, noise_k: float, memory_frac: float,
    warmest_day_s: float, noise_ratio: Floats, dry_bulb_c: Floats, dew_point_c: Floats,
) -> None:  # fmt: skip
    """A year from two means: T = mean + A_y cos(2 pi (d - d0)/365) + A_d cos(2 pi (h - 15)/24) + AR(1); the dew point
    follows the season and is held below the dry bulb. `noise_ratio` are standard normal numbers, one an hour.
    """
    state = 0.0
    fresh = np.sqrt(1.0 - memory_frac * memory_frac)
    for h in range(dry_bulb_c.size):
        day = h / 24.0 - warmest_day_s / 86400.0
        season = np.cos(2.0 * np.pi * day / 365.0)
        state = memory_frac * state + fresh * noise_ratio[h]
        drift = noise_k * state
        dry_bulb_c[h] = (
            mean_c + year_swing_k * season + day_swing_k * np.cos(2.0 * np.pi * (h % 24 - 15) / 24.0) + drift
        )
        dew_point_c[h] = min(dew_mean_c + year_swing_k * season + drift, dry_bulb_c[h] - 0.1)
