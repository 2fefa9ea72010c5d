"""Transients: the exact step against SciPy's, stores, and a filtered sine against its closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from infraplanner.kernels import supplies, transients
from tests.kernels import chains


@given(st.floats(1e-3, 1e4), st.floats(10.0, 1e4), st.floats(0.0, 100.0), st.floats(0.0, 50.0))
@settings(deadline=None)
def test_the_step_is_the_matrix_exponential(step: float, second: float, link: float, sink: float) -> None:
    found = transients.two_node_step(60.0, 30.0, step, 700.0, 50.0, 400.0, second, link, sink, 25.0)
    rates = np.array(
        [
            [-link / 400, link / 400, 700 / 400],
            [link / second, -(link + sink) / second, (50 + sink * 25) / second],
            [0, 0, 0],
        ]
    )
    assert found == pytest.approx((expm(rates * step) @ [60.0, 30.0, 1.0])[:2], rel=1e-7)
    plain = transients.two_node_step.py_func(60.0, 30.0, step, 700.0, 50.0, 400.0, second, link, sink, 25.0)  # type: ignore[attr-defined]
    assert plain == pytest.approx(found, rel=1e-12)


def test_any_step_gives_the_same_end() -> None:
    once = transients.two_node_step(40.0, 30.0, 90.0, 700.0, 0.0, 400.0, 4e3, 40.0, 30.0, 25.0)
    many = (40.0, 30.0)
    for _ in range(90):
        many = transients.two_node_step(many[0], many[1], 1.0, 700.0, 0.0, 400.0, 4e3, 40.0, 30.0, 25.0)
    assert many == pytest.approx(once, rel=1e-10)


def test_time_to_a_limit() -> None:
    rate = transients.heating_rate(120e3, 40 * 4186.0)
    assert rate == pytest.approx(0.7167, abs=1e-4)
    assert transients.time_to_limit(120e3, 40 * 4186.0, 30.0, 50.0) == pytest.approx(20.0 / rate)
    assert transients.time_to_limit(0.0, 1.0, 30.0, 50.0) == np.inf
    end = transients.two_node_time(50.0, 30.0, 85.0, 600.0, 700.0, 0.0, 400.0, 4e3, 20.0, 0.0, 25.0)
    reached = transients.two_node_step(50.0, 30.0, end, 700.0, 0.0, 400.0, 4e3, 20.0, 0.0, 25.0)
    assert reached[0] == pytest.approx(85.0, abs=1e-6)
    assert transients.two_node_time(50.0, 30.0, 85.0, 600.0, 7.0, 0.0, 400.0, 4e3, 20.0, 30.0, 25.0) == np.inf
    assert transients.two_node_time(90.0, 30.0, 85.0, 600.0, 7.0, 0.0, 400.0, 4e3, 20.0, 30.0, 25.0) == 0.0


def test_stores() -> None:
    assert transients.ride_through(60.0, 1.0, 1.0, 3000.0) == pytest.approx(0.02)
    assert transients.ride_through(500 * 3.6e6, 0.8, 0.96, 5e6) == pytest.approx(276.48)
    assert transients.ride_through(1.0, 1.0, 1.0, 0.0) == np.inf


@pytest.mark.parametrize("frequency", [0.1, 0.5, 2.0])
def test_a_sine_is_damped_as_by_a_first_order_filter(frequency: float) -> None:
    step, tau = 1e-3, 1.0
    t = np.arange(0.0, 40.0, step)
    load = 100e3 + 30e3 * np.sin(2 * np.pi * frequency * t)
    grid, stored = np.zeros(t.size), np.zeros(t.size)
    transients.smooth(load, step, tau, 1e9, 5e8, grid, stored)
    late = grid[t > 20.0]
    expected = 30e3 / np.sqrt(1 + (2 * np.pi * frequency * tau) ** 2)
    assert 0.5 * np.ptp(late) == pytest.approx(expected, rel=2e-3)


@given(st.floats(0.0, 5e4), st.floats(0.01, 5.0))
@settings(deadline=None)
def test_a_small_store_is_never_over_or_under_run_and_energy_closes(capacity: float, tau: float) -> None:
    load = np.where(np.arange(400) // 50 % 2 == 0, 120e3, 60e3).astype(float)
    grid, stored = np.zeros(400), np.zeros(400)
    peak, swing, _ = transients.smooth(load, 0.05, tau, capacity, 0.5 * capacity, grid, stored)
    assert stored.min() >= 0.0
    assert stored.max() <= capacity
    assert peak <= 120e3 + 1e-6
    assert swing <= 60e3 + 1e-6
    assert (grid.sum() - load.sum()) * 0.05 == pytest.approx(stored[-1] - 0.5 * capacity, abs=1e-3)


def test_supplies() -> None:
    assert supplies.group_rating(6, 5500.0, 0) == 33e3
    assert supplies.group_rating(6, 3000.0, 1) == 15e3
    assert supplies.group_rating(2, 3000.0, 3) == 0.0
    smooth = chains.whole(0.0055, 0.0, 0.03)
    assert supplies.efficiency(1.0, smooth) == pytest.approx(1 / 1.0355)
    assert supplies.efficiency(0.0, smooth) == 0.0
    for curve in (smooth, chains.TITANIUM, chains.ORV3):
        for low in (0.1, 0.25):
            inside = [supplies.efficiency(x, curve) for x in np.linspace(low, 1.0, 1000)]
            assert supplies.least_efficiency(low, 1.0, curve) == pytest.approx(min(inside), abs=1e-5)
