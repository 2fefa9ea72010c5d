"""Branches of a loop: reverse return against direct return, balancing valves, manifolds and hoses, declared spares."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.kernels.hydraulics import Branches, BranchFlows, divide_flow
from infraplanner.kernels.ladder import balance, divide_ladder, least_speed, path_drops, throttle_valves
from infraplanner.model.document import Document
from infraplanner.results.loops import LoopFlow
from tests.engine.halls import pod
from tests.engine.test_evaluate import change

WATER = (1000.0, 1e-3)
PUMP = (1.6e5, 4e8)
FLOW = 2e-3


def net(racks: int = 12, bore_m: float = 0.08) -> Branches:
    each = np.ones(racks)
    return Branches(
        np.arange(-1, racks - 1, dtype=np.int64), bore_m * each, 4.0 * each, 4.5e-5 * each, 0.8 * each,
        6e4 / FLOW**1.9 * each,
    )  # fmt: skip


def flows(racks: int = 12) -> BranchFlows:
    return BranchFlows(*(np.zeros(racks) for _ in range(4)))


def test_the_ladder_divides_a_direct_return_as_the_tree_does() -> None:
    tree, ladder = flows(), flows()
    a = divide_flow(net(), 1.9, *PUMP, *WATER, 1e-10, 200, tree)
    b = divide_ladder(net(), 0, 1.9, *PUMP, *WATER, 1e-10, 400, ladder)
    assert b[0] == pytest.approx(a[0], rel=1e-8)
    assert ladder.rack_m3_per_s == pytest.approx(tree.rack_m3_per_s, rel=1e-7)


@pytest.mark.parametrize("reverse", [0, 1])
def test_pressures_close_around_every_rack(reverse: int) -> None:
    out = flows()
    total, change, _ = balance(net(), reverse, 1.9, *PUMP, *WATER, 1e-10, 200, out)
    assert change <= 1e-10
    assert out.rack_m3_per_s.sum() == pytest.approx(total, rel=1e-8)
    drops = np.empty(12)
    path_drops(net(), out.rack_m3_per_s, reverse, *WATER, drops)
    around = drops + net().coefficient * out.rack_m3_per_s**1.9
    assert around == pytest.approx(np.full(12, PUMP[0] - PUMP[1] * total**2), rel=1e-6)


def test_a_reverse_return_evens_the_racks_out() -> None:
    direct, reverse = flows(), flows()
    balance(net(), 0, 1.9, *PUMP, *WATER, 1e-9, 200, direct)
    balance(net(), 1, 1.9, *PUMP, *WATER, 1e-9, 200, reverse)
    spread = [out.rack_m3_per_s.max() / out.rack_m3_per_s.min() for out in (direct, reverse)]
    assert spread[0] > 1.1
    assert spread[1] - 1.0 < 0.5 * (spread[0] - 1.0)
    assert reverse.rack_m3_per_s == pytest.approx(reverse.rack_m3_per_s[::-1], rel=0.02)  # alike from both ends


@pytest.mark.parametrize("reverse", [0, 1])
def test_set_valves_give_every_rack_what_it_wants_at_once(reverse: int) -> None:
    wanted, made = np.full(12, 0.9 * FLOW), net()
    throttle_valves(made, wanted, reverse, 1.9, *WATER, np.empty(12))
    assert (made.coefficient >= net().coefficient * (1.0 - 1e-12)).all()
    out = flows()
    speed, total, _ = least_speed(made, reverse, 1.9, 3e5, 1e8, *WATER, wanted, 1e-9, 200, out)
    assert 0.1 < speed < 1.0
    assert out.rack_m3_per_s == pytest.approx(wanted, rel=1e-3)
    assert total == pytest.approx(wanted.sum(), rel=1e-3)


def loop_of(document: Document, catalog: Catalog) -> LoopFlow:
    return evaluate(document.snapshot(), catalog).thermal.loops.loops[0]


def test_a_plan_says_how_its_return_runs(catalog: Catalog) -> None:
    direct, reverse, valved = pod(racks=16), pod(racks=16), pod(racks=16)
    change(reverse, "loops", "tcs", return_path="reverse")
    change(valved, "loops", "tcs", balanced=True)
    found = [loop_of(document, catalog) for document in (direct, reverse, valved)]
    assert [(loop.reverse, loop.balanced) for loop in found] == [(False, False), (True, False), (False, True)]
    spread = [loop.spread_frac or 0.0 for loop in found]
    assert spread[1] < spread[0]
    assert spread[2] < spread[0]


def test_hoses_and_valves_cost_head(catalog: Catalog) -> None:
    plain, fitted = pod(racks=4), pod(racks=4)
    change(fitted, "loops", "tcs", manifold="manifold-44ou", hose="hose-dn25", valve="valve-balance-dn32")
    a, b = loop_of(plain, catalog), loop_of(fitted, catalog)
    wanted = b.wanted_l_per_min / 4 * 0.06
    drop = sum((wanted / kv) ** 2 for kv in (30.0, 9.0, 18.0)) * 100.0
    assert a.parts_kpa is None
    assert b.parts_kpa == pytest.approx(drop, rel=0.05)  # coolant is a little heavier than water
    assert (b.head_kpa or 0.0) > (a.head_kpa or 0.0) + 0.8 * drop


def test_a_declared_spare_is_checked(catalog: Catalog) -> None:
    document = pod()
    change(document, "loops", "tcs", spare=1)
    assert "cooling.redundancy-missed" not in {
        f.rule for f in evaluate(document.snapshot(), catalog, check=run).findings
    }
    document.remove("cooling", "cdu2")
    found = [
        f for f in evaluate(document.snapshot(), catalog, check=run).findings if f.rule == "cooling.redundancy-missed"
    ]
    assert found[0].message.startswith("Loop tcs may lose 1 of 1 units")
