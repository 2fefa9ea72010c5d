"""Collectives against step-by-step simulations, their worked numbers and each other's limits."""

from __future__ import annotations

import math

import pytest

from infraplanner.kernels import collectives as c

GB, US = 1e9, 1e-6


def ring_by_steps(size_b: float, ranks: int, hop_s: float, rate: float) -> float:
    """2 (n-1) rounds, in each of which every rank hands one n-th of the buffer to its neighbour."""
    return sum(hop_s + size_b / ranks / rate for _ in range(2 * (ranks - 1)))


@pytest.mark.parametrize("ranks", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("size_b", [1e3, 1e6, 4e9])
def test_a_ring_is_the_sum_of_its_rounds(ranks: int, size_b: float) -> None:
    want = ring_by_steps(size_b, ranks, 5 * US, 50 * GB)
    assert c.ring_all_reduce(size_b, float(ranks), 5 * US, 50 * GB) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(
    ("time_s", "worked_s"),
    [
        (c.point_to_point(GB, 10 * US, 50 * GB), 20.01e-3),
        (c.reduce_scatter(GB, 8.0, 0.0, 100 * GB), 8.75e-3),
        (c.ring_all_reduce(GB, 8.0, 0.0, 370 * GB), 4.73e-3),
        (c.tree_all_reduce(GB, 16.0, 10 * US, 50 * GB), 40.08e-3),
        (c.double_tree_all_reduce(1e6, 1024.0, 10 * US, 50 * GB), 240e-6),
        (c.in_network_all_reduce(GB, 8.0, 0.0, 275 * GB), 3.636e-3),
        (c.all_to_all(GB, 8.0, 0.0, 50 * GB, math.inf), 17.5e-3),
        (c.all_to_all(GB, 8.0, 0.0, 50 * GB, 100 * GB), 20e-3),
        (c.hierarchical_all_reduce(GB, 8.0, 2.0, 0.0, 0.0, 300 * GB, 25 * GB), 10.83e-3),
    ],
)
def test_the_worked_numbers_of_the_docstrings(time_s: float, worked_s: float) -> None:
    assert time_s == pytest.approx(worked_s, rel=1e-3)


def test_an_all_reduce_is_a_scatter_and_a_gather() -> None:
    parts = c.reduce_scatter(GB, 12.0, US, 40 * GB) + c.all_gather(GB, 12.0, US, 40 * GB)
    assert c.ring_all_reduce(GB, 12.0, US, 40 * GB) == pytest.approx(parts)


def test_one_domain_or_one_rank_a_domain_is_a_plain_ring() -> None:
    ring = c.ring_all_reduce(GB, 8.0, US, 40 * GB)
    assert c.hierarchical_all_reduce(GB, 8.0, 1.0, US, 9.0, 40 * GB, GB) == pytest.approx(ring)
    assert c.hierarchical_all_reduce(GB, 1.0, 8.0, 9.0, US, GB, 40 * GB) == pytest.approx(ring)
    half = c.hierarchical_gather(GB, 4.0, 8.0, US, US, 40 * GB, 40 * GB)
    assert 2 * half == pytest.approx(c.hierarchical_all_reduce(GB, 4.0, 8.0, US, US, 40 * GB, 40 * GB))


def test_equal_rates_move_the_same_bytes_in_one_ring_or_in_two_levels() -> None:
    two_levels = c.hierarchical_all_reduce(GB, 8.0, 4.0, 0.0, 0.0, 40 * GB, 40 * GB)
    assert two_levels == pytest.approx(c.ring_all_reduce(GB, 32.0, 0.0, 40 * GB))


def test_trees_win_small_messages_and_rings_large_ones() -> None:
    small, large = 1e4, 1e10
    assert c.double_tree_all_reduce(small, 256.0, US, 40 * GB) < c.ring_all_reduce(small, 256.0, US, 40 * GB)
    assert c.ring_all_reduce(large, 256.0, US, 40 * GB) < c.double_tree_all_reduce(large, 256.0, US, 40 * GB)


def test_a_group_of_one_takes_no_time() -> None:
    for kernel in (c.reduce_scatter, c.ring_all_reduce, c.tree_all_reduce, c.double_tree_all_reduce):
        assert kernel(GB, 1.0, US, GB) == 0.0
    assert c.in_network_all_reduce(GB, 1.0, US, GB) == 0.0
    assert c.all_to_all(GB, 1.0, US, GB, math.inf) == 0.0


def test_bus_bandwidth_of_a_ring_is_its_link_rate() -> None:
    for ranks in (2.0, 8.0, 512.0):
        busbw = c.busbw_ratio(c.ALL_REDUCE, ranks) * GB / c.ring_all_reduce(GB, ranks, 0.0, 370 * GB)
        assert busbw == pytest.approx(370 * GB)
        busbw = c.busbw_ratio(c.ALL_GATHER, ranks) * GB / c.all_gather(GB, ranks, 0.0, 370 * GB)
        assert busbw == pytest.approx(370 * GB)
    assert c.busbw_ratio(c.ALL_REDUCE, 8.0) * 275 == pytest.approx(481, abs=0.5)
    assert c.busbw_ratio(c.POINT_TO_POINT, 2.0) == 1.0


def test_compiled_equals_plain_python() -> None:
    for kernel, arguments in (
        (c.ring_all_reduce, (1e8, 24.0, US, 40 * GB)),
        (c.tree_all_reduce, (1e8, 24.0, US, 40 * GB)),
        (c.all_to_all, (1e8, 24.0, US, 40 * GB, 90 * GB)),
        (c.hierarchical_all_reduce, (1e8, 8.0, 3.0, US, 9 * US, 300 * GB, 40 * GB)),
    ):
        assert kernel(*arguments) == pytest.approx(kernel.py_func(*arguments), rel=1e-14)
