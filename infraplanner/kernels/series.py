"""Stages in series from the grid to the die: up from a load that is given, or down from an input that is given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import inlined, kernel
from .arrays import Floats, Ints, Matrix
from .losses import row_of, stage_loss, stage_output

CONVERTER, CONDUCTOR, DELIVERY = 0, 1, 2


class Series(NamedTuple):
    """Stages in the order of the power, one row each. `kind`: 0 converter, 1 conductor, 2 delivery network to the die.

    Converter: equal units of `unit_w`, as many as keep each below `fill_frac` of its rating, with the loss
    of its row of `curves` (see `losses.loss_frac`).
    Conductor: `voltage_v`, `current_ratio` (P = I V ratio), `loss_count` lines of `length_m`, sized for `density_a_per_m2`
    at the current over `fill_frac`; `metal_count` bars make its mass, `way_ohm` that of its contacts. Delivery:
    `way_ohm` between a regulator of `unit_w` at `voltage_v` and its die.
    """

    kind: Ints
    unit_w: Floats
    fill_frac: Floats
    curves: Matrix
    voltage_v: Floats
    current_ratio: Floats
    loss_count: Floats
    length_m: Floats
    density_a_per_m2: Floats
    metal_count: Floats
    way_ohm: Floats


class Metal(NamedTuple):
    """Copper and where it lies: resistivity at 20 degC, its slope, density, ambient, rise at the rated current."""

    resistivity_ohm_m: float
    slope_frac: float
    density_kg_per_m3: float
    ambient_c: float
    rise_k: float


class SeriesFlows(NamedTuple):
    """Results per stage: power out of it and lost in it, units that share it, current, section and copper."""

    out_w: Floats
    loss_w: Floats
    units_count: Floats
    current_a: Floats
    section_m2: Floats
    mass_kg: Floats


@inlined
def conductor_ohm(
    length_m: float, section_m2: float, resistivity_ohm_m: float, slope_frac: float, conductor_c: float
) -> float:
    """Resistance of one line of a run [ohm]: rho (1 + alpha (T - 20)) L / A."""
    return resistivity_ohm_m * (1.0 + slope_frac * (conductor_c - 20.0)) * length_m / section_m2


@kernel
def series_up(stages: Series, metal: Metal, load_w: float, out: SeriesFlows) -> float:
    """Input of the whole chain for a load at its end [W]; stages are sized for that load, copper for its current.

    Worked: 132 kW at 54 V: 2,444 A; two bars of 1,000 mm2 over 1 m at 75 degC: 42 uohm, 251 W.
    """
    power_w = load_w
    for k in range(stages.kind.size - 1, -1, -1):
        out.out_w[k] = power_w
        lost = 0.0
        if stages.kind[k] == CONVERTER:
            units = max(1.0, np.ceil(power_w / (stages.unit_w[k] * stages.fill_frac[k]) - 1e-9))
            lost = units * stage_loss(power_w / units, stages.unit_w[k], row_of(stages.curves, k))
            out.units_count[k] = units
        elif stages.kind[k] == CONDUCTOR:
            amperes = power_w / (stages.voltage_v[k] * stages.current_ratio[k])
            section = amperes / stages.fill_frac[k] / stages.density_a_per_m2[k]
            warm_c = metal.ambient_c + metal.rise_k * stages.fill_frac[k] * stages.fill_frac[k]
            line_ohm = conductor_ohm(stages.length_m[k], section, metal.resistivity_ohm_m, metal.slope_frac, warm_c)
            lost = stages.loss_count[k] * amperes * amperes * (line_ohm + stages.way_ohm[k])
            out.current_a[k], out.section_m2[k] = amperes, section
            out.mass_kg[k] = stages.metal_count[k] * section * stages.length_m[k] * metal.density_kg_per_m3
        else:
            units = max(1.0, np.ceil(power_w / (stages.unit_w[k] * stages.fill_frac[k]) - 1e-9))
            each = power_w / units
            # The regulator holds its own voltage: P = V I, and the die gets V I - I^2 R.
            inside = stages.voltage_v[k] * stages.voltage_v[k] - 4.0 * stages.way_ohm[k] * each
            amperes = (stages.voltage_v[k] - np.sqrt(max(0.0, inside))) / (2.0 * stages.way_ohm[k])
            lost = units * amperes * amperes * stages.way_ohm[k]
            out.units_count[k], out.current_a[k] = units, amperes
        out.loss_w[k] = lost
        power_w += lost
    return power_w


@kernel
def series_down(
    stages: Series, metal: Metal, input_w: Floats, rated_w: Floats, part_frac: Floats, part_stage: int, units_count: Floats,
    loss_w: Floats, rest_w: Floats,
) -> None:  # fmt: skip
    """Losses of every stage of many alike chains whose inputs are given: `loss_w[k, m]`, and `rest_w[m]` at the end.

    Stages are sized for `rated_w[m]`; from stage `part_stage` on only `part_frac[m]` of the power goes on (to
    accelerators), which takes at least `units_count[m]` regulators.
    """
    for m in range(input_w.size):
        power_w, rated = input_w[m], max(rated_w[m], input_w[m])
        for k in range(stages.kind.size):
            if k == part_stage:
                power_w *= part_frac[m]
                rated *= part_frac[m]
            if power_w <= 0.0:
                loss_w[k, m] = 0.0
                continue
            if stages.kind[k] == CONVERTER:
                count = max(1.0, np.ceil(rated / (stages.unit_w[k] * stages.fill_frac[k]) - 1e-9))
                if k >= part_stage and units_count[m] > 0.0:
                    count = max(count, units_count[m])
                after = stage_output(power_w, count * stages.unit_w[k], row_of(stages.curves, k))
                lost = power_w - after
            elif stages.kind[k] == CONDUCTOR:
                section = rated / (stages.voltage_v[k] * stages.current_ratio[k]) / stages.fill_frac[k]
                section /= stages.density_a_per_m2[k]
                share = power_w / rated * stages.fill_frac[k]
                warm_c = metal.ambient_c + metal.rise_k * share * share
                line_ohm = conductor_ohm(stages.length_m[k], section, metal.resistivity_ohm_m, metal.slope_frac, warm_c)
                amperes = power_w / (stages.voltage_v[k] * stages.current_ratio[k])
                lost = stages.loss_count[k] * amperes * amperes * (line_ohm + stages.way_ohm[k])
            else:
                count = max(units_count[m], np.ceil(rated / (stages.unit_w[k] * stages.fill_frac[k]) - 1e-9))
                amperes = power_w / count / stages.voltage_v[k]
                lost = count * amperes * amperes * stages.way_ohm[k]
            loss_w[k, m] = min(lost, power_w)
            power_w -= loss_w[k, m]
        rest_w[m] = power_w
