"""Conductors: current, resistance, voltage drop and loss, and a radial network of constant-power loads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._jit import kernel
from .arrays import Floats, Ints


class Radial(NamedTuple):
    """A radial feeder, parents before children; row i is the conductor from `parent` (-1: the source) and its load.

    DC: `resistance_ohm` of go and return together, no reactance. Three-phase: of one phase, with line-to-line volts and
    the power of all phases; the same equations then yield line-to-line drop and the loss of all phases.
    """

    parent: Ints
    resistance_ohm: Floats
    reactance_ohm: Floats
    load_w: Floats
    load_var: Floats


class RadialState(NamedTuple):
    """Results per row: voltage and current as real and imaginary part, and the loss of the row's conductor.

    Three-phase: the current is sqrt(3) times that of one phase.
    """

    real_v: Floats
    imag_v: Floats
    real_a: Floats
    imag_a: Floats
    loss_w: Floats


@kernel
def dc_current(power_w: float, voltage_v: float) -> float:
    """Current of a DC load [A]: P / V. Worked: 132 kW at 54 V: 2,444 A."""
    return power_w / voltage_v


@kernel
def three_phase_current(power_w: float, voltage_v: float, power_factor_frac: float) -> float:
    """Line current of a three-phase load [A]: P / (sqrt3 V pf), V line to line. Worked: 132 kW, 415 V, 0.98: 187 A."""
    return float(power_w / (np.sqrt(3.0) * voltage_v * power_factor_frac))


@kernel
def resistance(
    resistivity_ohm_m: float, coefficient_per_k: float, conductor_c: float, length_m: float, section_m2: float
) -> float:
    """Resistance at temperature [ohm]: rho20 (1 + alpha (T - 20)) L / A. Worked: copper, 75 degC, 1 m, 1,000 mm2: 21
    uohm.
    """
    return resistivity_ohm_m * (1.0 + coefficient_per_k * (conductor_c - 20.0)) * length_m / section_m2


@kernel
def conductor_temperature(
    ambient_c: float, rated_c: float, reference_c: float, current_a: float, rated_a: float
) -> float:
    """Conductor temperature [degC]: T_amb + (T_rated - T_ref) (I / I_rated)^2; the rating holds at ambient T_ref."""
    return ambient_c + (rated_c - reference_c) * (current_a / rated_a) ** 2


@kernel
def dc_drop(current_a: float, one_way_ohm: float, contacts_ohm: float) -> float:
    """Voltage lost on the way there and back and over the contacts [V]: I (2 R + n Rc)."""
    return current_a * (2.0 * one_way_ohm + contacts_ohm)


@kernel
def dc_loss(current_a: float, one_way_ohm: float, contacts_ohm: float) -> float:
    """Loss of a DC run [W]: I^2 (2 R + n Rc). Worked: 2,444 A, 21 uohm: 251 W; a 0.1 mohm contact at 2,500 A: 625 W."""
    return current_a * current_a * (2.0 * one_way_ohm + contacts_ohm)


@kernel
def three_phase_drop(current_a: float, phase_ohm: float, reactance_ohm: float, power_factor_frac: float) -> float:
    """Line-to-line drop [V], to first order: sqrt3 I (R pf + X sin phi)."""
    sine = np.sqrt(max(0.0, 1.0 - power_factor_frac * power_factor_frac))
    return float(np.sqrt(3.0) * current_a * (phase_ohm * power_factor_frac + reactance_ohm * sine))


@kernel
def three_phase_loss(current_a: float, phase_ohm: float) -> float:
    """Loss of the three phases [W]: 3 I^2 R."""
    return 3.0 * current_a * current_a * phase_ohm


@kernel
def collapse_power(source_v: float, loop_ohm: float) -> float:
    """Largest constant power at the end of a feeder [W]: V0^2 / (4 R), R of the loop in DC, of a phase at unity pf."""
    return source_v * source_v / (4.0 * loop_ohm)


@kernel
def end_voltage(source_v: float, loop_ohm: float, power_w: float) -> float:
    """Voltage at a constant-power load [V], the upper root of V (V0 - V) = P R; NaN beyond the collapse limit."""
    inside = 0.25 * source_v * source_v - power_w * loop_ohm
    return 0.5 * source_v + np.sqrt(inside) if inside >= 0.0 else np.nan


@kernel
def section_for_current(current_a: float, density_a_per_m2: float) -> float:
    """Section that carries a current at a current density [m2]. Worked: 18,519 A at 3.5 A/mm2: 5,291 mm2."""
    return current_a / density_a_per_m2


@kernel
def conductor_mass(section_m2: float, length_m: float, conductors_count: int, density_kg_per_m3: float) -> float:
    """Mass of parallel bars [kg]: n A L rho."""
    return conductors_count * section_m2 * length_m * density_kg_per_m3


@kernel
def radial_sweep(
    net: Radial, source_v: float, tolerance_v: float, passes: int, out: RadialState
) -> tuple[int, int, int]:
    """Solve a radial feeder with constant-power loads by backward and forward sweeps.

    Returns state, row, passes: state 0 solved, 1 collapse (row: the conductor that loses more than half its voltage, so
    that no solution exists), 2 not settled within `passes`. Currents I = conj(S / V) roll up children first, voltages
    V = V_parent - I Z down; stops when no voltage moves by `tolerance_v`. From a flat start DC voltages fall
    monotonically to the solution. Worked: V0 54 V, 132 kW behind 42 uohm: 53.897 V. Reference: ladder iteration of
    distribution-network texts.
    """
    rows = net.parent.size
    out.real_v[:] = source_v
    out.imag_v[:] = 0.0
    for done in range(passes):
        _currents(net, out)
        change = 0.0
        for i in range(rows):
            above = net.parent[i]
            from_real = source_v if above < 0 else out.real_v[above]
            from_imag = 0.0 if above < 0 else out.imag_v[above]
            r, x = net.resistance_ohm[i], net.reactance_ohm[i]
            real = from_real - out.real_a[i] * r + out.imag_a[i] * x
            imag = from_imag - out.real_a[i] * x - out.imag_a[i] * r
            # Written so that NaN counts as collapse.
            if not (4.0 * (real * real + imag * imag) >= from_real * from_real + from_imag * from_imag):
                return 1, i, done + 1
            change = max(change, abs(real - out.real_v[i]) + abs(imag - out.imag_v[i]))
            out.real_v[i] = real
            out.imag_v[i] = imag
        if change < tolerance_v:
            _losses(net, out)
            return 0, -1, done + 1
    return 2, -1, passes


@kernel
def _currents(net: Radial, out: RadialState) -> None:
    """Load currents at the present voltages, then sums of each subtree."""
    rows = net.parent.size
    for i in range(rows):
        v2 = out.real_v[i] * out.real_v[i] + out.imag_v[i] * out.imag_v[i]
        out.real_a[i] = (net.load_w[i] * out.real_v[i] + net.load_var[i] * out.imag_v[i]) / v2
        out.imag_a[i] = (net.load_w[i] * out.imag_v[i] - net.load_var[i] * out.real_v[i]) / v2
    for i in range(rows - 1, -1, -1):
        above = net.parent[i]
        if above >= 0:
            out.real_a[above] += out.real_a[i]
            out.imag_a[above] += out.imag_a[i]


@kernel
def _losses(net: Radial, out: RadialState) -> None:
    for i in range(net.parent.size):
        squared = out.real_a[i] * out.real_a[i] + out.imag_a[i] * out.imag_a[i]
        out.loss_w[i] = squared * net.resistance_ohm[i]
