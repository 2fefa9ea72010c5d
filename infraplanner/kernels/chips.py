"""Temperatures of the chips in every rack: cold plate or heat sink, leakage, and the clock that the limit leaves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints
from .exchange import plate_resistance, throttle


class Chips(NamedTuple):
    """Bodies with accelerators, one row each: rack, accelerators in it, watts of one at full load and idle, whether a
    law cools them (1) or the usual heat sink (0), and that law R = a + b V^n (V in reference flows) of plates, baths
    and modules.
    """

    rack: Ints
    chip_count: Floats
    full_w: Floats
    idle_w: Floats
    plated: Ints
    plate_a_k_per_w: Floats
    plate_b_k_per_w: Floats
    plate_exponent: Floats


class Limits(NamedTuple):
    """What holds for all chips: case limit, sink and junction resistance, leakage per kelvin and its reference, lowest
    clock, and the flow in which plates' laws are written.
    """

    case_c: float
    sink_k_per_w: float
    junction_k_per_w: float
    leakage_per_k: float
    leakage_c: float
    clock_min_frac: float
    reference_m3_per_s: float


class ChipState(NamedTuple):
    """Results per body: what the chip breathes or is flushed with, plate flow, case and junction temperature, watts
    of one chip, clock, resistance from case to inlet, and state (0 free, 1 throttled, 2 too hot at the lowest clock,
    3 runaway, 4 unknown, 5 slowed to what its surface boils away or its modules carry, 6 more than that at the lowest
    clock).
    """

    inlet_c: Floats
    flow_m3_per_s: Floats
    case_c: Floats
    junction_c: Floats
    chip_w: Floats
    clock_frac: Floats
    sink_k_per_w: Floats
    most_w: Floats
    state: Ints


@kernel
def _hold(
    idle_w: float, dynamic_w: float, most_w: float, leakage_ratio: float, clock_min_frac: float, inlet_c: float,
    resistance_k_per_w: float,
) -> tuple[float, float, float, int]:  # fmt: skip
    """Clock, power, case temperature and state of a chip held to the most heat it can give away."""
    cube = (most_w / leakage_ratio - idle_w) / dynamic_w if dynamic_w > 0.0 else 0.0
    clock = min(1.0, max(clock_min_frac, max(cube, 0.0) ** (1.0 / 3.0)))
    power = (idle_w + dynamic_w * clock**3) * leakage_ratio
    return clock, power, inlet_c + resistance_k_per_w * power, 5 if power <= most_w * (1.0 + 1e-9) else 6


@kernel
def chip_temperatures(
    chips: Chips, limits: Limits, load_frac: Floats, flow_m3_per_s: Floats, inlet_c: Floats, most_w: Floats,
    margin_ratio: float, out: ChipState,
) -> None:  # fmt: skip
    """Clock, power and temperatures of every body's chips at their wanted load.

    `load_frac` is the wanted share of dynamic power (0..1), `flow_m3_per_s` the coolant of the body (all plates in
    parallel), `inlet_c` what flushes its chips, `most_w` the most heat that one of them can give away whatever its
    temperature (critical heat flux, modules; infinity: no such limit). `margin_ratio` scales that and the conductance of the sinks
    (1: as they are). Leakage follows the case temperature. Worked: 1,400 W at 1.65 L/min of PG25 and 40 degC:
    R 0.0212 K/W, case 69.7 degC.
    """
    for i in range(chips.rack.size):
        plate = chips.plated[i] == 1
        inlet = inlet_c[i]
        flow = flow_m3_per_s[i] / chips.chip_count[i]
        if plate:
            resistance = plate_resistance(
                flow, chips.plate_a_k_per_w[i], chips.plate_b_k_per_w[i], chips.plate_exponent[i],
                limits.reference_m3_per_s,
            )  # fmt: skip
        else:
            resistance = limits.sink_k_per_w
        resistance /= margin_ratio
        dynamic = (chips.full_w[i] - chips.idle_w[i]) * load_frac[i]
        out.inlet_c[i], out.flow_m3_per_s[i], out.sink_k_per_w[i] = inlet, flow, resistance
        out.most_w[i] = most_w[i]
        most = most_w[i] * margin_ratio
        if np.isnan(inlet + resistance + dynamic + most) or not np.isfinite(resistance):
            out.case_c[i] = out.junction_c[i] = out.chip_w[i] = np.nan
            out.clock_frac[i] = 1.0
            out.state[i] = 4
            continue
        clock, power, case, state = throttle(
            inlet, limits.case_c, resistance, chips.idle_w[i], dynamic, limits.leakage_per_k, limits.leakage_c,
            limits.clock_min_frac,
        )  # fmt: skip
        if power > most:
            factor = 1.0 + limits.leakage_per_k * (inlet - limits.leakage_c + resistance * most)
            clock, power, case, state = _hold(chips.idle_w[i], dynamic, most, factor, limits.clock_min_frac, inlet,
                                              resistance)  # fmt: skip
        out.clock_frac[i], out.chip_w[i], out.case_c[i], out.state[i] = clock, power, case, state
        out.junction_c[i] = case + limits.junction_k_per_w * power
