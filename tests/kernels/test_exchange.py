"""Exchangers, cold plates and throttling: inverses, limits, published points and the fixed point of leakage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.kernels import exchange

LITRE_PER_MIN = 1.0 / 60e3


def test_effectiveness_in_closed_form() -> None:
    assert exchange.effectiveness(4.0, 0.5) == pytest.approx((1 - np.exp(-2.0)) / (1 - 0.5 * np.exp(-2.0)))
    assert exchange.effectiveness(3.0, 1.0) == pytest.approx(0.75)
    assert exchange.effectiveness(3.0, 1.0 - 1e-8) == pytest.approx(0.75, rel=1e-6)
    assert exchange.effectiveness(2.0, 0.0) == pytest.approx(1 - np.exp(-2.0))


@given(st.floats(0.01, 8.0), st.floats(0.0, 1.0))
@settings(deadline=None)
def test_ntu_is_the_inverse(ntu: float, ratio: float) -> None:
    effect = exchange.effectiveness(ntu, ratio)
    assert exchange.effectiveness.py_func(ntu, ratio) == pytest.approx(effect, rel=1e-12)  # type: ignore[attr-defined]
    assert exchange.ntu_of_effectiveness(effect, ratio) == pytest.approx(ntu, rel=1e-6)
    assert np.isnan(exchange.ntu_of_effectiveness(1.0, ratio))


def test_a_rating_point_comes_back_and_approach_falls_with_heat() -> None:
    hot, cold = 31.48 * 4179.0, 32.3 * 4182.0
    ua = exchange.rated_conductance(2e6, hot, cold, 45.0, 26.8)
    assert exchange.exchanged_heat(ua, hot, cold, 45.0, 26.8) == pytest.approx(2e6)
    full = exchange.approach(2e6, ua, hot, cold)
    assert full == pytest.approx(45.0 - 2e6 / hot - 26.8)
    assert exchange.approach(1e6, ua, hot, cold) == pytest.approx(full / 2)
    assert exchange.facility_supply(45.0, 2e6, hot, full) == pytest.approx(26.8)
    assert exchange.film_conductance(ua, 1.0, 1.0, 0.7) == pytest.approx(ua)
    assert exchange.film_conductance(1.0, 0.5, 1.0, 0.7) == pytest.approx(2.0 / (0.5**-0.7 + 1.0))


def test_constant_return() -> None:
    flow = exchange.flow_for_return(121.5e3, 25.0, 55.0, 993.0, 4179.0)
    assert flow / LITRE_PER_MIN == pytest.approx(58.6, abs=0.1)
    assert exchange.flow_for_return(1.0, 55.0, 55.0, 993.0, 4179.0) == np.inf


def test_cold_plate_and_its_fit() -> None:
    flow = np.array([0.5, 0.8, 1.2, 1.8, 2.4]) * LITRE_PER_MIN
    points = np.array([exchange.plate_resistance(v, 0.0177, 0.0066, -1.25, LITRE_PER_MIN) for v in flow])
    assert points[0] == pytest.approx(0.0177 + 0.0066 * 0.5**-1.25)
    assert exchange.fit_plate(flow, points, LITRE_PER_MIN, 0.0) == pytest.approx((0.0177, 0.0066, -1.25), rel=1e-5)
    points[2] = 1.0
    assert exchange.fit_plate(flow, points, LITRE_PER_MIN, float(flow[2])) == pytest.approx(
        (0.0177, 0.0066, -1.25), rel=1e-5
    )
    assert exchange.case_temperature(40.0, 1400.0, 0.0212) == pytest.approx(69.68)
    assert exchange.die_flux(700.0, 814e-6) == pytest.approx(86.0e4, rel=1e-4)


@given(st.floats(15.0, 60.0), st.floats(0.01, 0.08), st.floats(100.0, 1500.0), st.floats(0.0, 0.01))
@settings(deadline=None)
def test_throttling_is_the_fixed_point(inlet: float, total: float, dynamic: float, leakage: float) -> None:
    clock, power, junction, state = exchange.throttle(inlet, 85.0, total, 100.0, dynamic, leakage, 60.0, 0.3)
    base = 100.0 + dynamic * clock**3
    if state == 3:
        assert leakage * total * base >= 1.0
        assert junction == np.inf
        return
    assert power == pytest.approx(base * (1 + leakage * (junction - 60.0)), rel=1e-9)
    assert junction == pytest.approx(inlet + total * power)
    if leakage * total * base < 0.9:  # the iteration that the closed form replaces
        t = inlet
        for _ in range(400):
            t = inlet + total * base * (1 + leakage * (t - 60.0))
        assert t == pytest.approx(junction, rel=1e-6)
    if state == 0:
        assert clock == 1.0
        assert junction <= 85.0 + 1e-6
    elif state == 1:
        assert junction == pytest.approx(85.0)
        assert 0.3 <= clock < 1.0
    else:
        assert clock == pytest.approx(0.3)
        assert junction > 85.0


def test_throttle_worked_and_runaway() -> None:
    clock, power, junction, state = exchange.throttle(40.0, 85.0, 0.05, 200.0, 1000.0, 0.0, 60.0, 0.3)
    assert (clock, power, junction, state) == (pytest.approx(0.7 ** (1 / 3)), pytest.approx(900.0), 85.0, 1)
    assert exchange.throttle(20.0, 85.0, 0.2, 0.0, 1000.0, 0.006, 60.0, 1.0)[3] == 3


def test_idle_power_alone_can_be_too_much() -> None:
    assert exchange.throttle(40.0, 85.0, 0.1, 600.0, 0.0, 0.0, 60.0, 0.3)[3] == 2
    assert exchange.throttle(40.0, 85.0, 0.1, 400.0, 0.0, 0.0, 60.0, 0.3)[3] == 0


def test_series_plates_heat_up_in_turn() -> None:
    inlet = np.zeros(3)
    out = exchange.plate_inlets(40.0, np.array([100.0, 200.0, 300.0]), 1e-5, 4e6, inlet)
    assert inlet.tolist() == pytest.approx([40.0, 42.5, 47.5])
    assert out == pytest.approx(55.0)


def test_a_table_is_linear_and_never_extrapolated() -> None:
    xs, ys = np.array([10.0, 20.0, 40.0]), np.array([1.0, 3.0, 2.0])
    assert [exchange.table_at(x, xs, ys) for x in (10.0, 15.0, 30.0, 40.0)] == pytest.approx([1.0, 2.0, 2.5, 2.0])
    assert np.isnan([exchange.table_at(x, xs, ys) for x in (9.9, 40.1, np.nan)]).all()
