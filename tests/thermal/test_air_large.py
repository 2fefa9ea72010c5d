"""Large halls: half of the factors in single precision with one correction, and the order in which air passes the cells."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.engine import evaluate
from infraplanner.engine.solvers import air_flow
from infraplanner.engine.solvers.air_flow import FlowSolver, Triangle
from infraplanner.kernels import airfield as k
from infraplanner.kernels.airflow import downhill_order, solve_factored
from infraplanner.validation import bench_thermal

from .test_air_ladder import box, small_hall


@pytest.mark.parametrize("plenum", [0.0, 0.2])
def test_half_of_the_factors_gives_the_same_flow(monkeypatch: pytest.MonkeyPatch, plenum: float) -> None:
    nx, ny = 67, 41
    faces = box(nx, ny, plenum)
    faces.east_ratio[200:400] *= 1e-3
    source = np.random.default_rng(3).normal(size=nx * ny)
    source -= source.mean()
    whole = FlowSolver(nx, ny, faces).solve(source)
    monkeypatch.setattr(air_flow, "LARGE_CELLS", 1)
    large = FlowSolver(nx, ny, faces)
    assert isinstance(large._factors, Triangle)
    found = large.solve(source)
    assert np.abs(found - whole).max() < 1e-9 * np.abs(whole).max()
    assert k.mass_residual(nx, ny, faces, found, source) < 1e-11
    held = large._factors
    once = held.solve(source)
    assert 1e-12 < np.abs(once - whole).max() / np.abs(whole).max() < 1e-4  # the correction is what makes it exact
    plain = solve_factored.py_func(held.start, held.row, held.lower_ratio, held.pivot_ratio, held.order, source)
    assert plain == pytest.approx(once, rel=1e-4, abs=1e-6 * float(np.abs(once).max()))


@pytest.mark.parametrize("seed", [1, 4])
def test_air_never_flows_back_in_the_order(seed: int) -> None:
    nx, ny, faces, bodies, units = small_hall(seed)
    source = np.zeros(nx * ny)
    for part in (bodies, units):
        k.add_flow(part.out_start, part.out_cell, part.flow_m3_per_s, 1.0, source)
        k.add_flow(part.in_start, part.in_cell, part.flow_m3_per_s, -1.0, source)
    phi = FlowSolver(nx, ny, faces).solve(source)
    order = np.empty(nx * ny, np.int64)
    assert downhill_order(nx, faces, phi, order) == nx * ny
    assert sorted(order.tolist()) == list(range(nx * ny))
    place = np.empty(nx * ny, np.int64)
    place[order] = np.arange(nx * ny)
    for ratio, step in ((faces.east_ratio, 1), (faces.north_ratio, nx)):
        a = np.flatnonzero(ratio > 0.0)
        fall = phi[a] - phi[a + step]
        assert (place[a][fall > 0.0] < place[a + step][fall > 0.0]).all()
        assert (place[a][fall < 0.0] > place[a + step][fall < 0.0]).all()


def test_the_hall_that_is_measured_has_a_field(catalog: Catalog) -> None:
    """Figures of a field that runs away would be figures of nothing."""
    hall = evaluate(bench_thermal.air_hall().snapshot(), catalog).thermal.air.halls[0]
    assert hall.state == "settled"
