"""Money, carbon and reliability in closed form: worked figures and plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.kernels import economics, reliability

YEAR_S = 8760 * 3600.0


def test_annuities() -> None:
    assert economics.capital_recovery(0.1, 4.0) == pytest.approx(0.3154708, abs=1e-7)
    assert economics.capital_recovery(0.0, 4.0) == 0.25
    assert economics.capital_recovery(1e-9, 4.0) == pytest.approx(0.25, rel=1e-8)
    assert economics.annuity(100.0, 100.0, 0.07, 5.0) == pytest.approx(7.0)  # nothing is used up: interest only
    cost = economics.yearly_cost(np.array([26e9, 12e9]), np.array([5.0, 14.0]), 0.07, 0.9e9)
    assert cost == pytest.approx(8613.2e6, rel=1e-4)
    plain = economics.yearly_cost.py_func(np.array([26e9, 12e9]), np.array([5.0, 14.0]), 0.07, 0.9e9)  # type: ignore[attr-defined]
    assert plain == pytest.approx(cost, rel=1e-14)


def test_energy_tokens_and_bills() -> None:
    assert economics.energy_cost(1e6, 1.2e6, 0.08 / 3.6e6, 0.01, YEAR_S, 12.0) == pytest.approx(
        8760 * 1000 * 0.08 + 12 * 10 * 1200
    )
    assert economics.rental(1814.0, 2.0 / 3600.0, 86400.0) == pytest.approx(87072.0)
    assert economics.instalment(np.array([10.0, 5.0]), 36.0, 36.0) == 16.0
    assert economics.revenue(np.array([2e6, 1e6]), np.array([1e-6, 2e-6])) == pytest.approx(4.0)
    assert economics.token_cost(87072.0, 168e9 / 86400.0, 1.0, 1.0, 86400.0) * 1e6 == pytest.approx(0.51829, abs=1e-5)
    assert economics.token_cost(1.0, 0.0, 1.0, 1.0, 1.0) == np.inf
    assert economics.profit_ratio(562027.0, 87072.0) == pytest.approx(5.4547, abs=1e-4)


def test_levelised_energy_and_carbon() -> None:
    per_mwh = 3.6e9
    cost = economics.levelised_energy(
        2.0, 0.015, 0.08, 20.0, 0.85, 6.8 * 0.293071070, 4.0 / 1.05505585e9, 3.0 / per_mwh, YEAR_S
    )
    assert cost * per_mwh == pytest.approx(59.571, abs=0.002)
    load, clean = np.array([10.0, 10.0]) * per_mwh, np.array([20.0, 0.0]) * per_mwh
    factors = np.array([0.2, 0.6]) * 1000 / per_mwh
    assert economics.matched_carbon(load, clean, factors) == pytest.approx((8000.0, 0.0, 6000.0))


def test_reliability() -> None:
    assert reliability.waiting_probability(8, 0.8) == pytest.approx(0.45764, abs=1e-5)
    assert reliability.waiting_probability(1, 0.3) == pytest.approx(0.3)
    assert reliability.waiting_probability(4, 1.0) == 1.0
    assert reliability.checkpoint_interval(36.0, 2.78 * 3600) == pytest.approx(0.2358 * 3600, rel=1e-3)
    assert reliability.goodput(900.0, 36.0, 720.0, 2.78 * 3600) == pytest.approx(0.8557, abs=1e-4)
    assert reliability.job_interval(2048.0, 6.5e-3 / 86400) / 3600 == pytest.approx(1.803, abs=1e-3)
    assert reliability.availability(28.8 * 3600, YEAR_S) == pytest.approx(0.99671, abs=1e-5)
