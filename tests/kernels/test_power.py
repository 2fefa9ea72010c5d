"""Power chain: worked numbers, plain Python as oracle, and energy balance over random graphs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.compile.chain import children_first, group
from infraplanner.kernels import power


def chain_of(nodes: int, edges: list[tuple[int, int, float]], loads: list[list[tuple[int, float, int]]]) -> power.Chain:
    """A chain of `nodes` with feeds (parent, child, weight) and for each load its feeds (node, weight, side)."""
    child = np.array([edge[1] for edge in edges], dtype=np.int64)
    start, rows = group(child, nodes)
    source = np.array([edge[0] for edge in edges], dtype=np.int64)[rows]
    flat = [(m, *feed) for m, feeds in enumerate(loads) for feed in feeds]
    load_start, load_rows = group(np.array([feed[0] for feed in flat], dtype=np.int64), len(loads))
    take = [flat[row] for row in load_rows]
    return power.Chain(
        order=children_first(start, source),
        rating_w=np.full(nodes, 1e6),
        loss_a_frac=np.full(nodes, 0.013),
        loss_b_frac=np.full(nodes, 0.006),
        loss_c_frac=np.full(nodes, 0.011),
        feed_start=start,
        feed_source=source,
        feed_weight=np.array([edge[2] for edge in edges], dtype=np.float64)[rows],
        load_start=load_start,
        load_source=np.array([feed[1] for feed in take], dtype=np.int64),
        load_weight=np.array([feed[2] for feed in take], dtype=np.float64),
        load_side=np.array([feed[3] for feed in take], dtype=np.int64),
    )


def flows_for(nodes: int, loads: int) -> power.Flows:
    def zeros(count: int) -> np.ndarray:
        return np.zeros(count)

    return power.Flows(
        zeros(nodes), zeros(nodes), zeros(nodes), np.zeros(nodes, bool),
        zeros(loads), zeros(loads), zeros(loads), np.zeros(loads, bool),
    )  # fmt: skip


def test_a_ups_at_half_load_is_96_4_percent_efficient() -> None:
    loss = power.stage_loss(625e3, 1.25e6, 0.013, 0.006, 0.011)
    assert loss == pytest.approx(23437.5)
    assert 625e3 / (625e3 + loss) == pytest.approx(0.964, abs=5e-4)


@pytest.mark.parametrize(("load", "efficiency"), [(0.25, 0.9427), (0.5, 0.9640), (0.75, 0.9690), (1.0, 0.9709)])
def test_the_quadratic_loss_gives_the_published_efficiencies(load: float, efficiency: float) -> None:
    loss = power.stage_loss(load, 1.0, 0.013, 0.006, 0.011)
    assert load / (load + loss) == pytest.approx(efficiency, abs=5e-4)


def test_a_loss_without_rating_is_unknown_unless_proportional() -> None:
    assert np.isnan(power.stage_loss(100.0, np.nan, 0.01, 0.0, 0.01))
    assert power.stage_loss(100.0, np.nan, 0.0, 0.02, 0.0) == pytest.approx(2.0)


def test_a_and_b_share_by_weight_and_a_dead_side_leaves_its_load_to_the_other() -> None:
    chain = chain_of(3, [(0, 1, 1.0), (0, 2, 1.0)], [[(1, 1.0, 1), (2, 3.0, 2)]])
    flows = flows_for(3, 1)
    load = np.array([100e3])
    power.energise(chain, np.ones(3, bool), flows)
    assert power.sweep(chain, load, flows) == 0.0
    assert flows.side_a_w[0] == pytest.approx(25e3)
    assert flows.side_b_w[0] == pytest.approx(75e3)
    power.energise(chain, np.array([True, False, True]), flows)
    power.sweep(chain, load, flows)
    assert flows.out_w.tolist()[1:] == pytest.approx([0.0, 100e3])
    assert flows.loss_w[1] == 0.0
    power.energise(chain, np.array([False, True, True]), flows)
    assert not flows.fed[0]
    assert power.sweep(chain, load, flows) == pytest.approx(100e3)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[power.Chain, np.ndarray, np.ndarray]:
    nodes = draw(st.integers(1, 12))
    weight = st.floats(0.1, 10.0)
    edges = [
        (parent, child, draw(weight))
        for child in range(1, nodes)
        for parent in draw(st.sets(st.integers(0, child - 1), max_size=2))
    ]
    feed = st.tuples(st.integers(0, nodes - 1), weight, st.integers(0, 3))
    loads = draw(st.lists(st.lists(feed, max_size=3), min_size=1, max_size=8))
    watts = np.array(draw(st.lists(st.floats(0.0, 3e5), min_size=len(loads), max_size=len(loads))))
    alive = np.array(draw(st.lists(st.booleans(), min_size=nodes, max_size=nodes)))
    return chain_of(nodes, edges, loads), watts, alive


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_sources_equal_loads_and_losses_to_twelve_digits(case: tuple[power.Chain, np.ndarray, np.ndarray]) -> None:
    chain, watts, alive = case
    flows = flows_for(chain.rating_w.size, watts.size)
    power.energise(chain, alive, flows)
    unserved = power.sweep(chain, watts, flows)
    roots, residual = power.balance(chain, flows)
    assert abs(residual) <= 1e-12 * max(roots, 1.0)
    assert flows.served_w.sum() + unserved == pytest.approx(watts.sum(), rel=1e-12, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_compiled_and_plain_python_agree(case: tuple[power.Chain, np.ndarray, np.ndarray]) -> None:
    chain, watts, alive = case
    fast, slow = flows_for(chain.rating_w.size, watts.size), flows_for(chain.rating_w.size, watts.size)
    power.energise(chain, alive, fast)
    power.energise.py_func(chain, alive, slow)
    assert power.sweep(chain, watts, fast) == power.sweep.py_func(chain, watts, slow)
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_array_equal(one, other)
