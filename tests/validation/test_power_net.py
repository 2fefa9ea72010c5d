"""The large power graph of the benchmark: what it says of itself, and pandapower on the same radial side."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.engine.power_net import RadialSide, fail_all, radial_side, solve_radial, sweep_once
from infraplanner.validation import bench_power


@pytest.fixture(scope="module")
def net():
    return bench_power.ab_graph(4000)


def test_the_graph_has_as_many_nodes_as_asked_for(net) -> None:
    assert net.parent.size + net.load_w.size == 4000
    assert (net.feeders[:, 0] != net.feeders[:, 1]).all()


def test_a_pass_ends_with_a_little_more_than_the_loads(net) -> None:
    load = net.load_w.sum()
    assert load < sweep_once(net) < 2 * load + net.parent.size * 50e6 * 0.01


def test_no_single_failure_of_two_sides_darkens_a_load(net) -> None:
    assert fail_all(net, 500).max() == 0.0


def test_losses_and_voltages_agree_with_pandapower_to_a_tenth_of_a_per_cent(net) -> None:
    pytest.importorskip("pandapower", reason="pandapower is an extra")
    side = radial_side(net, bench_power.VOLTAGE_V, 5 * bench_power.LOAD_W, bench_power.POWER_FACTOR)
    found = bench_power.compare(side, 1.0)
    assert found.loss_error_frac < 1e-3
    assert found.voltage_error_frac < 1e-3
    assert 1.0 - solve_radial(side).volts.min() / side.source_v > 0.005  # there is a drop to compare


def test_a_net_without_solution_is_an_error_and_no_number() -> None:
    one = np.array([1.0])
    side = RadialSide(np.array([-1]), one, 0 * one, np.array([54.0**2]), 0 * one, 54.0)
    with pytest.raises(ArithmeticError, match="no solution"):
        solve_radial(side)
