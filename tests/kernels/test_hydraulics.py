"""Pipes and coolant networks: worked numbers, limits of the regimes, and a balanced network against an audit and SciPy."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import fsolve

from infraplanner.kernels import hydraulics

LITRE_PER_MIN = 1.0 / 60e3
FLOW = 150.0 * LITRE_PER_MIN


def test_the_published_pipe() -> None:
    assert hydraulics.velocity(FLOW, 0.05) == pytest.approx(1.27323954, rel=1e-8)
    assert hydraulics.reynolds(FLOW, 0.05, 1000.0, 1e-3) == pytest.approx(63661.977, rel=1e-8)
    assert hydraulics.friction_factor(63661.977, 0.0009) == pytest.approx(0.02298248, rel=1e-6)
    assert hydraulics.pipe_drop(FLOW, 0.05, 20.0, 4.5e-5, 1000.0, 1e-3) == pytest.approx(7451.557, rel=1e-6)
    assert hydraulics.fittings_drop(FLOW, 0.05, 3.0, 1000.0) == pytest.approx(1.5e3 * 1.27323954**2, rel=1e-8)
    assert hydraulics.pump_power(FLOW, 1e5, 0.65) == pytest.approx(384.61538, rel=1e-7)


@given(st.floats(4001.0, 1e8), st.floats(0.0, 0.05))
@settings(deadline=None)
def test_the_factor_solves_colebrook(reynolds: float, rough: float) -> None:
    x = hydraulics.friction_factor.py_func(reynolds, rough) ** -0.5  # type: ignore[attr-defined]
    assert x == pytest.approx(-2.0 * np.log10(rough / 3.7 + 2.51 * x / reynolds), rel=1e-9)
    assert hydraulics.friction_factor(reynolds, rough) == pytest.approx(x**-2.0, rel=1e-12)


def test_regimes_join_and_are_named() -> None:
    assert [hydraulics.flow_regime(x) for x in (100.0, 3000.0, 1e5)] == [0, 1, 2]
    for edge in (2300.0, 4000.0):
        below, above = (hydraulics.friction_factor(edge + d, 1e-4) for d in (-1e-6, 1e-6))
        assert below == pytest.approx(above, rel=1e-6)
    laminar = hydraulics.pipe_drop(1e-6, 0.01, 2.0, 0.0, 1000.0, 1e-3)
    assert laminar == pytest.approx(128.0 * 1e-3 * 2.0 * 1e-6 / (np.pi * 0.01**4))  # Hagen-Poiseuille
    assert hydraulics.pipe_drop(0.0, 0.01, 2.0, 0.0, 1000.0, 1e-3) == 0.0
    assert hydraulics.pipe_drop(-FLOW, 0.05, 20.0, 4.5e-5, 1000.0, 1e-3) == pytest.approx(-7451.557, rel=1e-6)


def test_power_law_and_its_fit() -> None:
    flow = np.array([1.0, 2.0, 4.0, 8.0]) * 1e-3
    drop = np.array([hydraulics.power_drop(q, 3e9, 1.9) for q in flow])
    assert hydraulics.power_drop(-2e-3, 3e9, 1.9) == pytest.approx(-drop[1])
    assert hydraulics.fit_power_drop(flow, drop, 0.0, 0.0) == pytest.approx((3e9, 1.9))
    drop[2] = 1.0  # a point that is left out does not count
    assert hydraulics.fit_power_drop(flow, drop, 4e-3, 0.03) == pytest.approx((3e9, 1.9))
    assert np.isnan(hydraulics.fit_power_drop(flow[:1], drop[:1], 0.0, 0.0)[0])


def test_heat_flow_and_rise_belong_together() -> None:
    assert hydraulics.pipe_heat(0.1082, 2.3, 10.0, 1012.48, 3956.7) == pytest.approx(847.2e3, rel=1e-3)
    flow = hydraulics.flow_by_rise(1e3, 10.0, 1012.48, 3956.7)
    assert flow / LITRE_PER_MIN == pytest.approx(1.498, abs=1e-3)
    assert hydraulics.rise_of_flow(1e3, flow, 1012.48, 3956.7) == pytest.approx(10.0)
    assert hydraulics.flow_by_specific(120e3, 2.5e-8) / LITRE_PER_MIN == pytest.approx(180.0)


@given(st.floats(1e3, 1e6), st.floats(0.0, 1e9), st.floats(1e5, 1e12), st.floats(1.2, 2.0))
@settings(deadline=None)
def test_the_pump_runs_where_the_curves_meet(lift: float, slope: float, k: float, n: float) -> None:
    flow = hydraulics.operating_flow(lift, slope, k, n)
    assert lift - slope * flow**2 == pytest.approx(k * flow**n, rel=1e-9)
    assert hydraulics.operating_flow(0.0, slope, k, n) == 0.0
    assert hydraulics.operating_flow(lift, slope, np.inf, n) == 0.0


def network(parents: list[int], rng: np.random.Generator) -> tuple[hydraulics.Branches, hydraulics.BranchFlows]:
    rows = len(parents)
    net = hydraulics.Branches(
        np.array(parents, np.int64), rng.uniform(0.1, 0.2, rows), rng.uniform(1.0, 6.0, rows), np.full(rows, 4.5e-5),
        rng.uniform(0.0, 2.0, rows), rng.uniform(2.5e9, 4e9, rows),
    )  # fmt: skip
    return net, hydraulics.BranchFlows(*(np.zeros(rows) for _ in range(4)))


def solve(net: hydraulics.Branches, out: hydraulics.BranchFlows) -> tuple[float, float, int]:
    return hydraulics.divide_flow(net, 1.9, 250e3, 1e6, 1012.0, 1.5e-3, 1e-10, 60, out)


def audit(net: hydraulics.Branches, out: hydraulics.BranchFlows, total: float) -> None:
    """Mass at every node and pressure along every path, computed apart from the solver."""
    rows = net.parent.size
    inflow = out.rack_m3_per_s.copy()
    for i in range(rows - 1, 0, -1):
        inflow[net.parent[i]] += out.main_m3_per_s[i]
    assert inflow == pytest.approx(out.main_m3_per_s, rel=1e-8)
    head = np.zeros(rows)
    for i in range(rows):
        q = float(out.main_m3_per_s[i])
        pipe = hydraulics.pipe_drop(
            q, float(net.bore_m[i]), float(net.length_m[i]), float(net.roughness_m[i]), 1012.0, 1.5e-3
        )
        loss = pipe + hydraulics.fittings_drop(q, float(net.bore_m[i]), float(net.fittings_ratio[i]), 1012.0)
        head[i] = (250e3 - 1e6 * total**2 if i == 0 else head[net.parent[i]]) - loss
    fed = np.isfinite(net.coefficient)
    rack = net.coefficient[fed] * out.rack_m3_per_s[fed] ** 1.9
    assert rack == pytest.approx(head[fed], rel=1e-7)


@given(st.integers(0, 10_000), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_a_random_network_closes(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    net, out = network([-1] + [int(rng.integers(0, i)) for i in range(1, rows)], rng)
    net.coefficient[rng.random(rows) < 0.2] = np.inf
    total, change, _ = solve(net, out)
    assert change <= 1e-10
    assert out.rack_m3_per_s.sum() == pytest.approx(total, rel=1e-9)
    if total > 0.0:
        closed = ~np.isfinite(net.coefficient)
        assert not out.rack_m3_per_s[closed].any()
        audit(net, out, total)


def test_a_small_network_agrees_with_scipy_and_plain_python() -> None:
    net, out = network([-1, 0, 0, 1], np.random.default_rng(3))
    total, _, _ = solve(net, out)

    def residual(flow: np.ndarray) -> list[float]:
        main = [flow.sum(), flow[1] + flow[3], flow[2], flow[3]]
        drop = [
            hydraulics.pipe_drop.py_func(main[i], net.bore_m[i], net.length_m[i], 4.5e-5, 1012.0, 1.5e-3)  # type: ignore[attr-defined]
            + hydraulics.fittings_drop.py_func(main[i], net.bore_m[i], net.fittings_ratio[i], 1012.0)  # type: ignore[attr-defined]
            for i in range(4)
        ]
        path = [drop[0], drop[0] + drop[1], drop[0] + drop[2], drop[0] + drop[1] + drop[3]]
        return [250e3 - 1e6 * main[0] ** 2 - path[i] - net.coefficient[i] * abs(flow[i]) ** 1.9 for i in range(4)]

    found = fsolve(residual, np.full(4, 1e-3), xtol=1e-12)
    assert out.rack_m3_per_s == pytest.approx(found, rel=1e-8)
    plain = hydraulics.BranchFlows(*(np.zeros(4) for _ in range(4)))
    hydraulics.divide_flow.py_func(net, 1.9, 250e3, 1e6, 1012.0, 1.5e-3, 1e-10, 60, plain)  # type: ignore[attr-defined]
    assert plain.rack_m3_per_s == pytest.approx(out.rack_m3_per_s, rel=1e-12)
    assert total == pytest.approx(out.main_m3_per_s[0])


def test_a_thousand_racks_within_ten_milliseconds() -> None:
    rng = np.random.default_rng(1)
    parents = [-1] + [0 if i % 20 == 1 else i - 1 for i in range(1, 1001)]
    net, out = network(parents, rng)
    net.bore_m[0] = 0.6
    solve(net, out)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        total, change, passes = solve(net, out)
        times.append(time.perf_counter() - start)
    assert change <= 1e-10
    assert passes < 60
    audit(net, out, total)
    assert min(times) <= 0.010, times
