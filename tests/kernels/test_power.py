"""Power chain: worked numbers, dispatch, staging, conductors, plain Python as oracle, and an audited energy balance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.kernels import losses, power

from . import chains

NO_LOSS = (0.0, 0.0, 0.0)
UPS = chains.whole(*chains.UPS)


def test_a_ups_at_half_load_is_96_4_percent_efficient() -> None:
    loss = losses.stage_loss(625e3, 1.25e6, UPS)
    assert loss == pytest.approx(23437.5)
    assert 625e3 / (625e3 + loss) == pytest.approx(0.964, abs=5e-4)


@pytest.mark.parametrize(("load", "efficiency"), [(0.25, 0.9427), (0.5, 0.9640), (0.75, 0.9690), (1.0, 0.9709)])
def test_the_quadratic_loss_gives_the_published_efficiencies(load: float, efficiency: float) -> None:
    loss = losses.stage_loss(load, 1.0, UPS)
    assert load / (load + loss) == pytest.approx(efficiency, abs=5e-4)


@pytest.mark.parametrize("entry", [losses.loss_frac, losses.loss_frac.py_func])
def test_a_knee_adds_to_the_slope_above_it(entry: Callable[..., float]) -> None:
    """Worked: 80 PLUS Titanium, straight between the losses of its four points."""
    for curve, points in ((chains.TITANIUM, [(0.1, 0.90), (0.2, 0.94), (0.5, 0.96), (1.0, 0.91)]),
                      (chains.ORV3, [(0.1, 0.94), (0.3, 0.965), (0.5, 0.975), (1.0, 0.965)])):  # fmt: skip
        x, efficiency = np.array(points).T
        for load in np.linspace(0.1, 1.0, 50):
            assert entry(load, curve) == pytest.approx(np.interp(load, x, x / efficiency - x), abs=1e-6)
    assert entry(0.0, chains.TITANIUM) == chains.TITANIUM[0]


def test_a_loss_without_rating_is_unknown_unless_proportional() -> None:
    fixed, share, bent = chains.whole(0.01, 0.0, 0.01), chains.whole(0.0, 0.02), chains.whole(0.0, 0.02, 0.0, 0.1, 0.5)
    assert np.isnan(losses.stage_loss(100.0, np.nan, fixed))
    assert np.isnan(losses.stage_loss(100.0, 0.0, fixed))
    assert losses.stage_loss(100.0, np.nan, share) == pytest.approx(2.0)
    assert np.isnan(losses.stage_loss(100.0, np.nan, bent))


def test_a_and_b_share_by_weight_and_a_dead_side_leaves_its_load_to_the_other() -> None:
    net = chains.Net(3, [(0, 1, 1.0, 0), (0, 2, 1.0, 0)], [[(1, 1.0, 1, 0), (2, 3.0, 2, 0)]], np.array([100e3]))
    flows = chains.run(net).flows
    assert flows.side_a_w[0] == pytest.approx(25e3)
    assert flows.side_b_w[0] == pytest.approx(75e3)
    flows = chains.run(net, np.array([True, False, True])).flows
    assert flows.out_w.tolist()[1:] == pytest.approx([0.0, 100e3])
    assert flows.loss_w[1] == 0.0
    dark = chains.run(net, np.array([False, True, True]))
    assert not dark.flows.fed[0]
    assert dark.unserved_w == pytest.approx(100e3)


def three_sources(watts: float, **more: object) -> chains.Net:
    """A bus (3) fed by three sources of 1, 2 and 5 MW in the order 0, 1, 2."""
    edges = [(0, 3, 1.0, 0), (1, 3, 1.0, 1), (2, 3, 1.0, 2)]
    give = np.array([1e6, 2e6, 5e6, np.inf])
    return chains.Net(4, edges, [[(3, 1.0, 0, 0)]], np.array([watts]), curve=NO_LOSS, more={"give_w": give, **more})


@pytest.mark.parametrize(
    ("watts", "shares"), [(0.4e6, (0.4, 0, 0)), (2.5e6, (1, 1.5, 0)), (4e6, (1, 2, 1)), (9e6, (1, 2, 6))]
)
def test_sources_are_used_in_order_up_to_what_they_give_and_the_last_takes_the_rest(watts, shares) -> None:
    found = chains.run(three_sources(watts)).flows.out_w[:3]
    assert found.tolist() == pytest.approx([1e6 * share for share in shares])


def test_a_backup_carries_only_when_all_before_it_are_dead() -> None:
    net = three_sources(2.5e6, backup=np.array([False, False, True, False]))
    assert chains.run(net).flows.out_w[:3].tolist() == pytest.approx([1e6, 1.5e6, 0])
    full = three_sources(9e6, backup=np.array([False, False, True, False]))
    assert chains.run(full).flows.out_w[:3].tolist() == pytest.approx([1e6, 8e6, 0])  # overload, not a start
    dead = chains.run(net, np.array([False, False, True, True])).flows
    assert dead.out_w[:3].tolist() == pytest.approx([0, 0, 2.5e6])


def test_equal_ranks_fill_up_like_water() -> None:
    edges = [(0, 3, 1.0, 0), (1, 3, 1.0, 0), (2, 3, 1.0, 1)]
    give = np.array([1e6, 2e6, 5e6, np.inf])
    net = chains.Net(4, edges, [[(3, 1.0, 0, 0)]], np.array([2.6e6]), curve=NO_LOSS, more={"give_w": give})
    assert chains.run(net).flows.out_w[:3].tolist() == pytest.approx([1e6, 1.6e6, 0])


def test_a_limit_above_counts_for_what_a_node_gives() -> None:
    # A 1 MW connection behind a lossy 5 MW transformer: the generator takes what the connection cannot give.
    edges = [(0, 1, 1.0, 0), (1, 3, 1.0, 0), (2, 3, 1.0, 1)]
    give = np.array([1e6, 5e6, 9e6, np.inf])
    net = chains.Net(4, edges, [[(3, 1.0, 0, 0)]], np.array([3e6]), rating_w=5e6, more={"give_w": give})
    flows = chains.run(net).flows
    assert flows.out_w[0] <= 1e6
    assert flows.out_w[2] > 1.9e6


def test_units_start_one_by_one_and_a_spare_runs_beyond() -> None:
    assert power.units_running(900e3, 2e6, 8.0, 1.0, 0.8) == 6.0
    assert power.units_running(0.0, 2e6, 8.0, 0.0, 0.8) == 1.0
    assert power.units_running(2e6, 2e6, 8.0, 1.0, 0.8) == 8.0
    assert power.units_running(900e3, 2e6, 8.0, 1.0, 0.0) == 8.0


def test_staging_saves_the_fixed_loss_of_units_that_are_off() -> None:
    more = {"units_count": np.array([8.0]), "standby_frac": np.array([0.002]), "stage_frac": np.array([0.0])}
    loads = [[(0, 1.0, 0, 0)]]
    apart = chains.run(chains.Net(1, [], loads, np.array([3e5]), rating_w=2e6, more=more)).flows.loss_w[0]
    more["stage_frac"] = np.array([0.8])
    staged = chains.run(chains.Net(1, [], loads, np.array([3e5]), rating_w=2e6, more=more)).flows.loss_w[0]
    # Two of eight units run at 150 kW each; six stand by.
    by_hand = 2 * 250e3 * (0.013 + 0.006 * 0.6 + 0.011 * 0.36) + 6 * 250e3 * 0.002
    assert staged == pytest.approx(by_hand)
    assert staged < apart


def test_a_54_volt_feed_of_132_kilowatts() -> None:
    """2,444 A; the voltage is the upper root of v (v0 - v) = P R; the loss is I^2 R at the voltage in force."""
    net = chains.Net(
        1, [], [[(0, 1.0, 0, 0)]], np.array([132e3]), curve=NO_LOSS, ohm={0: 42e-6 / (1 + 0.00393 * 10)}, volts=54.0
    )
    state = chains.run(net).state
    volts = 54 / 2 + np.sqrt(54**2 / 4 - 132e3 * 42e-6)
    assert 54 * state.leg_end_frac[0] == pytest.approx(volts, rel=1e-9)
    assert state.leg_a[0] == pytest.approx(132e3 / volts, rel=1e-9)
    assert pytest.approx(2444, abs=0.5) == 132e3 / 54
    assert state.leg_loss_w[0] == pytest.approx((132e3 / volts) ** 2 * 42e-6, rel=1e-9)


def test_a_constant_power_feed_beyond_its_limit_is_marked_and_stays_finite() -> None:
    limit = 54**2 / (4 * 0.01)
    for share, collapsed in ((0.99, False), (1.01, True)):
        net = chains.Net(
            1, [], [[(0, 1.0, 0, 0)]], np.array([share * limit]), curve=NO_LOSS, volts=54.0,
            ohm={0: 0.01 / (1 + 0.00393 * 10)},
        )  # fmt: skip
        state = chains.run(net).state
        assert state.leg_collapsed[0] == collapsed
        assert np.isfinite(state.leg_loss_w[0])


@st.composite
def nets(draw: st.DrawFn) -> tuple[chains.Net, np.ndarray]:
    nodes = draw(st.integers(1, 12))
    weight, rank = st.floats(0.1, 10.0), st.integers(0, 2)
    edges = [
        (parent, child, draw(weight), draw(rank))
        for child in range(1, nodes)
        for parent in draw(st.sets(st.integers(0, child - 1), max_size=3))
    ]
    feed = st.tuples(st.integers(0, nodes - 1), weight, st.integers(0, 3), rank)
    loads = draw(st.lists(st.lists(feed, max_size=3), min_size=1, max_size=8))
    watts = np.array(draw(st.lists(st.floats(0.0, 3e5), min_size=len(loads), max_size=len(loads))))
    alive = np.array(draw(st.lists(st.booleans(), min_size=nodes, max_size=nodes)))
    some = st.lists(st.booleans(), min_size=nodes, max_size=nodes)
    units = np.array(draw(st.lists(st.integers(1, 9), min_size=nodes, max_size=nodes)), dtype=float)
    give = st.sampled_from([np.inf, 1e5, 4e5, 1e6])
    more = {
        "units_count": units,
        "spare_count": np.minimum(units - 1, 1.0),
        "stage_frac": np.where(draw(some), 0.8, 0.0),
        "standby_frac": np.full(nodes, 0.002),
        "give_w": np.array(draw(st.lists(give, min_size=nodes, max_size=nodes))),
        "backup": np.array(draw(some)),
    }
    rows = len(edges) + sum(map(len, loads))
    ohm = draw(st.dictionaries(st.integers(0, max(0, rows - 1)), st.floats(1e-6, 2e-3), max_size=rows))
    ampacity = draw(st.sampled_from([np.nan, 2000.0]))
    kinds = st.sampled_from([chains.UPS, chains.TITANIUM, chains.ORV3, (0.01, 0.0, 0.02, 0.03, 0.4)])
    curves = draw(st.lists(kinds, min_size=nodes, max_size=nodes))
    return chains.Net(nodes, edges, loads, watts, curves=curves, more=more, ohm=ohm, ampacity=ampacity), alive


@settings(max_examples=200, deadline=None)
@given(nets())
def test_sources_equal_loads_and_losses_to_twelve_digits(case: tuple[chains.Net, np.ndarray]) -> None:
    """Over random graphs, failures, dispatch orders, staged units and conductors."""
    net, alive = case
    done = chains.run(net, alive)
    if done.passes >= 59 or done.state.leg_collapsed.any():
        return  # near collapse the passes creep; what a finding says then is tested apart
    roots, served, losses = chains.audit(net, done)
    assert roots == pytest.approx(served + losses, rel=1e-12, abs=1e-9)
    assert served + done.unserved_w == pytest.approx(net.watts.sum(), rel=1e-12, abs=1e-9)
    own_roots, residual = power.balance(done.chain, done.flows, done.state)
    assert own_roots == pytest.approx(roots, rel=1e-13)
    assert abs(residual) <= 1e-12 * max(roots, 1.0)


@settings(max_examples=40, deadline=None)
@given(nets())
def test_parts_of_all_feeds_add_up_to_the_outputs(case: tuple[chains.Net, np.ndarray]) -> None:
    """No part is negative or unknown, whatever the order, limits and dead nodes."""
    net, alive = case
    done = chains.run(net, alive)
    chain, flows = done.chain, done.flows
    assert np.isfinite(flows.part_w).all()
    assert (flows.part_w >= 0.0).all()
    live_sum = np.zeros(net.nodes)
    np.add.at(live_sum, chain.feed_source, flows.part_w[: chain.feed_source.size])
    np.add.at(live_sum, chain.load_source, flows.part_w[chain.feed_source.size :])
    if not net.ohm:
        assert live_sum == pytest.approx(flows.out_w, rel=1e-12, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(nets())
def test_compiled_and_plain_python_agree(case: tuple[chains.Net, np.ndarray]) -> None:
    net, alive = case
    fast, slow = chains.run(net, alive), chains.run(net, alive, plain=True)
    assert fast.unserved_w == pytest.approx(slow.unserved_w, rel=1e-12)
    for one, other in zip((*fast.flows, *fast.state), (*slow.flows, *slow.state), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
