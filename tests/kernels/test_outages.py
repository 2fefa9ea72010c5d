"""Single failures: equal to failing each node by itself, and the limits of the usual redundancy schemes."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.engine.outages import loads_by_node
from infraplanner.kernels import outages

from . import chains

NO_LOSS = (0.0, 0.0, 0.0)


def fail_all(net: chains.Net, limit_w: float = 1e6) -> tuple[outages.Outages, np.ndarray, Any]:
    """All single failures of a net without conductors."""
    done = chains.run(net)
    chain = done.chain
    nodes, loads = net.nodes, len(net.loads)
    cases = np.flatnonzero(done.flows.live)

    def floats(count: int) -> np.ndarray:
        return np.zeros(count)

    def ints(count: int) -> np.ndarray:
        return np.zeros(count, np.int64)

    count = cases.size
    out = outages.Outages(
        floats(count), ints(count), ints(count), ints(count), ints(count), floats(count), floats(nodes)
    )
    trial = type(done.flows)(*(np.zeros_like(array) for array in done.flows))
    outages.run_outages(
        chain, done.legs, np.ones(nodes, bool), net.watts, np.full(nodes, limit_w), loads_by_node(chain),
        done.flows, trial, done.state, type(done.state)(*(array.copy() for array in done.state)), cases, 0, count, ints(loads), out,
    )  # fmt: skip
    return out, cases, done


@st.composite
def trees(draw: st.DrawFn) -> chains.Net:
    nodes = draw(st.integers(1, 10))
    edges = [
        (parent, child, 1.0, draw(st.integers(0, 1)))
        for child in range(1, nodes)
        for parent in draw(st.sets(st.integers(0, child - 1), max_size=2))
    ]
    feed = st.tuples(st.integers(0, nodes - 1), st.floats(0.5, 2.0), st.integers(1, 2), st.just(0))
    loads = draw(st.lists(st.lists(feed, max_size=3), min_size=1, max_size=8))
    watts = np.array(draw(st.lists(st.floats(1e3, 3e5), min_size=len(loads), max_size=len(loads))))
    return chains.Net(nodes, edges, loads, watts)


@settings(max_examples=100, deadline=None)
@given(trees())
def test_every_case_equals_a_sweep_with_that_node_dead(net: chains.Net) -> None:
    out, cases, healthy = fail_all(net)
    assert (out.unserved_w.size, cases.size) == (cases.size,) * 2
    for row, node in enumerate(cases.tolist()):
        alive = np.arange(net.nodes) != node
        one = chains.run(net, alive)
        lost = one.unserved_w - healthy.unserved_w
        assert out.unserved_w[row] == pytest.approx(lost, rel=1e-9, abs=1e-6)
        dark = np.count_nonzero(healthy.flows.fed & ~one.flows.fed & (net.watts > 0))
        assert out.dark[row] == dark
        worst = max((float(w) for w, on in zip(one.flows.out_w, one.flows.live, strict=True) if on), default=0.0)
        assert out.worst_frac[row] == pytest.approx(worst / 1e6, rel=1e-9, abs=1e-9)
        assert np.all(out.peak_w >= one.flows.out_w * one.flows.live - 1e-6)


@settings(max_examples=60, deadline=None)
@given(trees(), st.integers(0, 2**31))
def test_conductors_follow_the_current_of_every_case(net: chains.Net, seed: int) -> None:
    """At the voltages and temperatures of the running state: next to the settled sweep as long as drops are small."""
    rows = len(net.edges) + sum(map(len, net.loads))
    ohms = np.random.default_rng(seed).uniform(1e-7, 2e-6, rows)
    net.ohm = dict(enumerate(ohms.tolist()))
    out, cases, _ = fail_all(net)
    for row, node in enumerate(cases.tolist()):
        one = chains.run(net, np.arange(net.nodes) != node)
        worst = max((float(w) for w, on in zip(one.flows.out_w, one.flows.live, strict=True) if on), default=0.0)
        assert out.worst_frac[row] == pytest.approx(worst / 1e6, rel=1e-4, abs=1e-7)


def modules(count: int, pairs: list[tuple[int, int]], watts: float = 100e3) -> chains.Net:
    """Modules without losses, a two-corded load on each pair."""
    loads = [[(a, 1.0, 1, 0), (b, 1.0, 2, 0)] for a, b in pairs]
    return chains.Net(count, [], loads, np.full(len(pairs), watts), curve=NO_LOSS)


@pytest.mark.parametrize(
    ("count", "pairs", "limit"),
    [
        (2, [(0, 1)], 0.5),
        (3, [(0, 1), (1, 2), (2, 0)], 2 / 3),
        (4, list(combinations(range(4), 2)), 0.75),
        (4, [(0, 1), (1, 2), (2, 3), (3, 0)], 2 / 3),
    ],
    ids=["2N", "3N/2", "4N/3 over all pairs", "4 modules in a ring"],
)
def test_the_share_that_a_scheme_allows_follows_from_its_failures(count: int, pairs: Any, limit: float) -> None:
    out, _, done = fail_all(modules(count, pairs))
    assert (done.flows.out_w / out.peak_w) == pytest.approx(limit)
    assert out.unserved_w.sum() == 0.0


def test_four_thirds_over_a_ring_overloads_two_modules_to_112_percent() -> None:
    """Loaded to 75 %, a ring of four pairs leaves two neighbours with 112.5 %."""
    pairs = [(0, 1), (1, 2), (2, 3), (3, 0)]
    out, _, _ = fail_all(modules(4, pairs, watts=75e3), limit_w=100e3)
    assert out.worst_frac == pytest.approx(1.125)
    assert out.overloaded.tolist() == [2, 2, 2, 2]


def test_a_catcher_idles_until_one_block_fails_and_then_carries_it_whole() -> None:
    """Three blocks and a reserve behind transfer switches: each switch is a node with the reserve as its second rank."""
    edges = [(block, 4 + block, 1.0, 0) for block in range(3)] + [(3, 4 + block, 1.0, 1) for block in range(3)]
    loads = [[(4 + block, 1.0, 0, 0)] for block in range(3)]
    net = chains.Net(7, edges, loads, np.full(3, 1e6), curve=NO_LOSS, more={"backup": np.arange(7) == 3})
    out, cases, done = fail_all(net)
    assert done.flows.out_w[:4].tolist() == [1e6, 1e6, 1e6, 0.0]
    assert out.peak_w[:4].tolist() == [1e6, 1e6, 1e6, 1e6]
    assert out.unserved_w[cases <= 3].sum() == 0.0
    assert out.unserved_w[cases > 3].tolist() == [1e6, 1e6, 1e6]  # the switches themselves are single


def test_a_node_of_several_units_loses_one() -> None:
    """Five units of 250 kW at 1 MW: four are left and full; a sixth per cent more and they are over."""
    more = {"units_count": np.array([5.0])}
    for watts, over in ((1.0e6, 0), (1.06e6, 1)):
        net = chains.Net(1, [], [[(0, 1.0, 0, 0)]], np.array([watts]), rating_w=1.25e6, curve=NO_LOSS, more=more)
        out, _, _ = fail_all(net, limit_w=1.25e6)
        assert out.worst_frac[0] == pytest.approx(watts / 1e6)
        assert (out.unserved_w[0], out.overloaded[0]) == (0.0, over)


def test_arrays_are_as_before_after_all_cases() -> None:
    net = chains.Net(2, [(0, 1, 1.0, 0)], [[(1, 1.0, 0, 0)]], np.array([1e5]))
    _, _, done = fail_all(net)
    assert done.chain.units_count.tolist() == [1.0, 1.0]
    assert done.chain.rating_w.tolist() == [1e6, 1e6]
