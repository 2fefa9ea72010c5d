"""Conductors: worked numbers, closed forms, collapse, speed, and pandapower on the same radial net."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplanner.kernels import conductors

COPPER_OHM_M = 1.724e-8
COPPER_PER_K = 0.00393


def test_the_worked_rack() -> None:
    current = conductors.dc_current(132e3, 54.0)
    assert current == pytest.approx(2444.4, abs=0.1)
    bar = conductors.resistance(COPPER_OHM_M, COPPER_PER_K, 75.0, 1.0, 1e-3)
    assert 2 * bar == pytest.approx(42e-6, rel=0.005)
    loss = conductors.dc_loss(current, bar, 0.0)
    assert loss == pytest.approx(251.0, rel=0.003)
    assert loss / 132e3 == pytest.approx(0.0019, abs=5e-5)
    assert conductors.dc_drop(current, bar, 0.0) * current == pytest.approx(loss)
    assert conductors.dc_loss(2500.0, 0.0, 1e-4) == pytest.approx(625.0)


def test_three_phase() -> None:
    assert conductors.three_phase_current(132e3, 415.0, 0.98) == pytest.approx(187.4, abs=0.1)
    assert conductors.three_phase_current(132e3, 480.0, 0.98) == pytest.approx(162.0, abs=0.1)
    assert conductors.three_phase_loss(100.0, 0.01) == pytest.approx(300.0)
    assert conductors.three_phase_drop(100.0, 0.01, 0.02, 0.8) == pytest.approx(np.sqrt(3) * 100 * (0.008 + 0.012))
    assert conductors.conductor_temperature(35.0, 75.0, 30.0, 50.0, 100.0) == pytest.approx(35.0 + 45.0 / 4)


def test_section_and_mass() -> None:
    section = conductors.section_for_current(1000.0, 2e6)
    assert section == pytest.approx(5e-4)
    assert conductors.conductor_mass(section, 2.0, 2, 8960.0) == pytest.approx(17.92)


def feeder(parent: list[int], load: list[float], ohm: list[float], var: float = 0.0, reactance: float = 0.0):
    rows = len(parent)
    net = conductors.Radial(
        np.array(parent, np.int64), np.array(ohm), np.full(rows, reactance), np.array(load), np.full(rows, var)
    )
    return net, conductors.RadialState(*(np.zeros(rows) for _ in range(5)))


@given(st.floats(0.01, 0.999))
@settings(deadline=None)
def test_one_feeder_is_the_upper_root_up_to_collapse(part: float) -> None:
    limit = conductors.collapse_power(54.0, 42e-6)
    net, out = feeder([-1], [part * limit], [42e-6])
    state, _, _ = conductors.radial_sweep(net, 54.0, 1e-10, 5000, out)
    assert state == 0
    assert out.real_v[0] == pytest.approx(conductors.end_voltage(54.0, 42e-6, part * limit), rel=1e-6)


def test_collapse_names_its_conductor() -> None:
    limit = conductors.collapse_power(54.0, 42e-6)
    assert limit == pytest.approx(54.0**2 / (8 * 21e-6))
    assert np.isnan(conductors.end_voltage(54.0, 42e-6, 1.01 * limit))
    net, out = feeder([-1, 0, 0], [0.0, 1e3, 1.01 * limit], [1e-9, 1e-6, 42e-6])
    assert conductors.radial_sweep(net, 54.0, 1e-4, 5000, out)[:2] == (1, 2)
    net, out = feeder([-1], [np.nan], [1e-6])
    assert conductors.radial_sweep(net, 54.0, 1e-4, 50, out)[0] == 1


@given(st.integers(0, 10_000), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_power_balances_over_random_trees(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    net, out = feeder(
        [-1] + [int(rng.integers(0, i)) for i in range(1, rows)], list(rng.uniform(0.0, 2e3, rows)),
        list(rng.uniform(0.0, 2e-3, rows)), 300.0, 5e-4,
    )  # fmt: skip
    state, _, _ = conductors.radial_sweep(net, 415.0, 1e-11, 400, out)
    assert state == 0
    roots = net.parent < 0
    assert 415.0 * out.real_a[roots].sum() == pytest.approx(net.load_w.sum() + out.loss_w.sum(), rel=1e-10)
    plain = conductors.RadialState(*(np.zeros(rows) for _ in range(5)))
    conductors.radial_sweep.py_func(net, 415.0, 1e-11, 400, plain)  # type: ignore[attr-defined]
    assert plain.real_v == pytest.approx(out.real_v, rel=1e-12)


def test_pandapower_agrees_on_a_small_net() -> None:
    warnings.filterwarnings("ignore")
    pp = pytest.importorskip("pandapower", reason="pandapower is an oracle of the tests only")
    parent = [-1, 0, 1, 1, 0, 4, 4, 6]
    load = [0.0, 20e3, 60e3, 40e3, 0.0, 90e3, 30e3, 50e3]
    net, out = feeder(parent, load, [0.004] * 8, 5e3, 0.002)
    assert conductors.radial_sweep(net, 415.0, 1e-10, 200, out)[0] == 0
    other = pp.create_empty_network(f_hz=50.0)
    source = pp.create_bus(other, vn_kv=0.415)
    pp.create_ext_grid(other, source)
    buses = []
    for above, watts in zip(parent, load, strict=True):
        bus = pp.create_bus(other, vn_kv=0.415)
        pp.create_line_from_parameters(
            other, source if above < 0 else buses[above], bus, length_km=1.0, r_ohm_per_km=0.004, x_ohm_per_km=0.002,
            c_nf_per_km=0.0, max_i_ka=10.0,
        )  # fmt: skip
        pp.create_load(other, bus, p_mw=watts / 1e6, q_mvar=5e3 / 1e6)
        buses.append(bus)
    pp.runpp(other, tolerance_mva=1e-12, numba=False)
    volts = np.hypot(out.real_v, out.imag_v)
    assert other.res_bus.vm_pu.to_numpy()[1:] * 415.0 == pytest.approx(volts, rel=1e-8)
    assert other.res_line.pl_mw.sum() * 1e6 == pytest.approx(out.loss_w.sum(), rel=1e-6)


def test_twenty_thousand_nodes_within_five_milliseconds() -> None:
    rows = 20_000
    parent = np.maximum(np.arange(rows) // 4 - 1, -1)
    parent[0] = -1
    parent[1:4] = 0
    net = conductors.Radial(parent, np.full(rows, 1e-5), np.full(rows, 1e-6), np.full(rows, 50.0), np.full(rows, 5.0))
    out = conductors.RadialState(*(np.zeros(rows) for _ in range(5)))
    assert conductors.radial_sweep(net, 415.0, 1e-4, 50, out)[0] == 0
    times = []
    for _ in range(7):
        start = time.perf_counter()
        state, _, passes = conductors.radial_sweep(net, 415.0, 1e-4, 50, out)
        times.append(time.perf_counter() - start)
    assert state == 0
    assert passes <= 6
    assert min(times) <= 0.005, times
