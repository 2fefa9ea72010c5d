"""Bills by time of use against sums made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.kernels import tariff

SLOTS = 576
J_PER_KWH = 3.6e6
JANUARY_H = 744


def _slots() -> np.ndarray:
    """A year whose hours all lie on weekdays: month by month, hour by hour."""
    days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    month = np.repeat(np.arange(12), np.array(days) * 24)
    return month * 48 + np.tile(np.arange(24), 365)


def _run(load_w: np.ndarray, share: np.ndarray, price: list[float], covers: np.ndarray, charge: list[float]) -> tuple:
    energy, peak = np.empty(SLOTS), np.empty(SLOTS)
    tariff.by_slot(load_w, _slots(), 3600.0, energy, peak)
    rows = len(price)
    period, cost, demand, peaks = np.empty(rows), np.empty(rows), np.empty(rows), np.empty(12 * rows)
    args = np.array(price) / J_PER_KWH, covers.ravel(), np.array(charge) / 1e3, period, cost, peaks, demand
    tariff.bill(energy, peak, share.ravel(), *args)
    return energy, period, cost, peaks.reshape(rows, 12), demand


def test_the_worked_example_of_the_docstring() -> None:
    """1 kW all January at 0.10 USD/kWh and 10 USD/kW: 744 kWh, 74.40 USD, 10 USD."""
    load = np.zeros(8760)
    load[:JANUARY_H] = 1e3
    share = np.ones((1, SLOTS))
    energy, period, cost, peaks, demand = _run(load, share, [0.1], share, [10.0])
    assert energy.sum() == pytest.approx(JANUARY_H * J_PER_KWH)
    assert period[0] / J_PER_KWH == pytest.approx(744.0)
    assert cost[0] == pytest.approx(74.4)
    assert peaks[0].tolist() == [1.0e3] + [0.0] * 11
    assert demand[0] == pytest.approx(10.0)


def test_a_peak_counts_only_within_its_hours() -> None:
    """2 kW from 16 to 17 h each day, 1 kW else: an afternoon charge sees 2 kW, a morning one 1 kW."""
    load = np.full(8760, 1e3)
    load[np.arange(8760) % 24 == 16] = 2e3
    covers = np.zeros((2, 12, 2, 24))
    covers[0, :, :, 15:20] = 1.0
    covers[1, :, :, 6:10] = 1.0
    share = np.zeros((2, SLOTS))
    _, period, cost, peaks, demand = _run(load, share, [0.1, 0.1], covers, [20.0, 5.0])
    assert period.tolist() == cost.tolist() == [0.0, 0.0]
    assert (peaks[0] == 2e3).all()
    assert (peaks[1] == 1e3).all()
    assert demand == pytest.approx([12 * 2 * 20.0, 12 * 1 * 5.0])


def test_compiled_and_plain_forms_agree() -> None:
    rng = np.random.default_rng(7)
    load, share, covers = (
        rng.uniform(0.0, 1e6, 8760),
        rng.uniform(size=(3, SLOTS)),
        rng.integers(0, 2, (3, SLOTS)) * 1.0,
    )
    compiled = _run(load, share, [0.05, 0.1, 0.2], covers, [0.0, 5.0, 10.0])
    energy, peak = np.empty(SLOTS), np.empty(SLOTS)
    tariff.by_slot.py_func(load, _slots(), 3600.0, energy, peak)
    np.testing.assert_allclose(compiled[0], energy)
    by_hand = [max(load[(_slots() == slot)], default=0.0) for slot in range(SLOTS)]
    np.testing.assert_allclose(peak, by_hand)
