"""Reach of passive copper from first principles: skin effect and dielectric loss of a twinaxial pair against a budget."""

from __future__ import annotations

from math import pi, sqrt
from typing import NamedTuple

from ._jit import kernel

LIGHT_M_PER_S = 299_792_458.0
VACUUM_H_PER_M = 4.0e-7 * pi
DB_PER_NEPER = 8.685889638065037
GAUGE_36_M, GAUGE_STEPS, GAUGE_RATIO = 0.127e-3, 39.0, 92.0
"""American wire gauge: diameter of gauge 36, and the ratio that 39 gauges span."""
REFERENCE_C = 20.0


class Twinax(NamedTuple):
    """Material and geometry: resistivity at 20 degC [ohm m] and its rise a kelvin, proximity factor of the pair, relative
    permittivity and loss tangent of the foam, and differential impedance [ohm].
    """

    resistivity_ohm_m: float
    resistivity_per_k: float
    proximity_ratio: float
    permittivity_ratio: float
    loss_tangent_ratio: float
    impedance_ohm: float


@kernel
def wire_diameter(gauge_count: float) -> float:
    """Diameter of an American wire gauge [m]: `0.127 mm 92^((36 - g)/39)`. Worked: 26 AWG is 0.405 mm."""
    return float(GAUGE_36_M * GAUGE_RATIO ** ((36.0 - gauge_count) / GAUGE_STEPS))


@kernel
def attenuation_parts(nyquist_hz: float, gauge_count: float, pair: Twinax) -> tuple[float, float]:
    """Loss of a pair at 20 degC [dB/m], conductor and dielectric apart: `2 Rs kp / (pi d) / (2 Z)` with Rs = sqrt(pi f mu
    rho), and `pi f sqrt(er) tan / c`, in nepers. Only the first grows with temperature.
    """
    skin = sqrt(pi * nyquist_hz * VACUUM_H_PER_M * pair.resistivity_ohm_m)
    conductor = 2.0 * skin * pair.proximity_ratio / (pi * wire_diameter(gauge_count)) / (2.0 * pair.impedance_ohm)
    dielectric = pi * nyquist_hz * sqrt(pair.permittivity_ratio) * pair.loss_tangent_ratio / LIGHT_M_PER_S
    return DB_PER_NEPER * conductor, DB_PER_NEPER * dielectric


@kernel
def attenuation(nyquist_hz: float, gauge_count: float, temperature_c: float, pair: Twinax) -> float:
    """Loss of a pair [dB/m] at the Nyquist frequency and a temperature.

    Copper gains 0.39 % resistivity a kelvin, so the conductor part 0.2 %. Worked: 26.56 GHz (100 Gb/s PAM4), 26 AWG, 20
    degC: 4.38 dB/m; 30 AWG: 6.61. Reference: interconnect model 2.3.
    """
    conductor, dielectric = attenuation_parts(nyquist_hz, gauge_count, pair)
    return float(conductor * sqrt(1.0 + pair.resistivity_per_k * (temperature_c - REFERENCE_C)) + dielectric)


@kernel
def copper_reach(
    budget_db: float, nyquist_hz: float, gauge_count: float, temperature_c: float, rated_c: float, pair: Twinax
) -> float:
    """Length [m] at which a pair uses up its loss budget at a temperature: `budget a(rated)/a(20) / a(T)`.

    The budget was fitted at 20 degC to lengths that vendors promise up to `rated_c`, so at that temperature the promised
    length comes out and hotter cable reaches less. Worked: 13.2 dB, 100 Gb/s PAM4, 26 AWG at its rating: 3.0 m; 30 AWG
    2.0 m; 200 Gb/s, 26 AWG 2.0 m.
    """
    promised = budget_db / attenuation(nyquist_hz, gauge_count, REFERENCE_C, pair)
    hotter = attenuation(nyquist_hz, gauge_count, temperature_c, pair)
    return promised * attenuation(nyquist_hz, gauge_count, rated_c, pair) / hotter


@kernel
def nyquist(lane_b_per_s: float, bits_count: float, overhead_ratio: float) -> float:
    """Nyquist frequency of a lane [Hz]: half its symbol rate, coding overhead included.

    Worked: 100 Gb/s in PAM4 (2 bits a symbol) with 106.25/100: 26.56 GHz; 25 Gb/s NRZ with 25.78/25: 12.89 GHz.
    """
    return 0.5 * lane_b_per_s * overhead_ratio / bits_count
