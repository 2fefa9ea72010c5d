"""The air field against what is known exactly: closed box, manufactured solution, one-dimensional transport, doublet,
an independent solver, perfect containment, and no supply at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from infraplanner.engine.solvers.air_flow import FlowSolver
from infraplanner.kernels import airfield as k

NOTHING = np.zeros(1, np.int64)


def ports(*groups: list[int]) -> tuple[Any, Any]:
    start = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)
    return start, np.array([c for group in groups for c in group], dtype=np.int64)


def box(nx: int, ny: int, plenum: float = 0.0) -> k.Faces:
    """An open floor."""
    faces = k.Faces(np.zeros(nx * ny), np.zeros(nx * ny), np.full(nx * ny, plenum))
    zero = np.zeros(nx * ny, np.int64)
    k.fill_faces(nx, ny, zero, zero, np.array([1.0, 0.0, 0.0, 0.0]), 0.0, faces)
    return faces


def streams(inlets: list[list[int]], outlets: list[list[int]], flow: list[float], rise: list[float]) -> k.Streams:
    n = len(flow)
    return k.Streams(*ports(*inlets), *ports(*outlets), np.array(flow), np.array(rise), np.zeros(n), np.zeros(n))


def coolers(inlets: list[list[int]], outlets: list[list[int]], flow: list[float], set_c: float = 20.0) -> k.Coolers:
    n = len(flow)
    return k.Coolers(
        *ports(*inlets), *ports(*outlets), np.array(flow), np.full(n, set_c), np.ones(n), np.full(n, set_c), np.zeros(n)
    )


class Field:
    """Flow and temperature of a small floor, by the program's own kernels."""

    def __init__(
        self, nx: int, ny: int, faces: k.Faces, bodies: k.Streams, units: k.Coolers, mixing: float = 0.0,
        tolerance_k: float = 1e-12, sweeps: int = 5000, highest_c: float = 500.0,
    ) -> None:  # fmt: skip
        cells = nx * ny
        self.blown, self.drawn = np.zeros(cells), np.zeros(cells)
        for part in (bodies, units):
            k.add_flow(part.out_start, part.out_cell, part.flow_m3_per_s, 1.0, self.blown)
            k.add_flow(part.in_start, part.in_cell, part.flow_m3_per_s, 1.0, self.drawn)
        self.phi = FlowSolver(nx, ny, faces).solve(self.blown - self.drawn)
        self.residual = k.mass_residual(nx, ny, faces, self.phi, self.blown - self.drawn)
        order = np.argsort(-self.phi, kind="stable")
        self.stencil = k.Stencil(
            np.empty(cells, np.int64), np.empty(cells, np.int64), np.empty(4 * cells), np.empty(cells)
        )
        k.fill_stencil(nx, ny, order, faces, self.phi, mixing, self.blown, self.drawn, False, self.stencil)
        self.inner = np.arange(cells) + 2 * (np.arange(cells) // nx) + nx + 3
        row, body = np.zeros(bodies.out_cell.size, np.int64), np.zeros(bodies.out_cell.size, np.int64)
        k.rows_of(self.stencil, bodies.out_start, bodies.out_cell, row, body)
        by = np.argsort(row, kind="stable")
        framed = [p._replace(in_cell=self.inner[p.in_cell], out_cell=self.inner[p.out_cell]) for p in (bodies, units)]
        count = units.flow_m3_per_s.size
        self.supply_c, self.return_c = np.zeros(count), np.zeros(count)
        none = k.Streams(NOTHING, NOTHING[:0], NOTHING, NOTHING[:0], *(np.empty(0) for _ in range(4)))
        start = float(units.set_c[0]) if count else 20.0
        field = np.full((nx + 2) * (ny + 2), start)
        self.state, self.sweeps, self.change = k.solve_temperature(
            nx, faces, self.phi, self.inner, self.stencil, framed[0], row[by], body[by], none, framed[1], start,
            highest_c, tolerance_k, sweeps, 4, self.supply_c, self.return_c, field,
        )  # fmt: skip
        self.t = field[self.inner]


def test_uniform_source_in_a_closed_box_balances_mass_and_heat() -> None:
    nx, ny, n = 12, 9, 108
    supply = coolers([[]], [list(range(n))], [2.7])
    heat = streams([[5]], [[100]], [0.4], [12.0])
    field = Field(nx, ny, box(nx, ny, plenum=0.3), heat, supply, mixing=0.05, tolerance_k=1e-13)
    assert field.residual < 1e-12
    assert field.state == 0
    risen = 0.3 * field.phi
    assert risen.sum() == pytest.approx(2.7, rel=1e-12)
    assert 2.7 * (field.return_c[0] - 20.0) == pytest.approx(0.4 * 12.0, rel=1e-12)


def manufactured_error(n: int) -> float:
    """Largest error of the flow for phi = cos(pi x / L) cos(pi y / W), with the source that makes it so."""
    wide, deep = 9.0, 6.0
    nx, ny = 3 * n, 2 * n
    h = wide / nx
    x, y = np.meshgrid((np.arange(nx) + 0.5) * h, (np.arange(ny) + 0.5) * h)
    exact = np.cos(np.pi * x / wide) * np.cos(np.pi * y / deep)
    source = exact * ((np.pi / wide) ** 2 + (np.pi / deep) ** 2) * h * h
    found = FlowSolver(nx, ny, box(nx, ny)).solve(source.ravel()).reshape(ny, nx)
    return float(np.abs((found - found.mean()) - (exact - exact.mean())).max())


def test_manufactured_flow_converges_with_second_order() -> None:
    errors = [manufactured_error(n) for n in (8, 16, 32)]
    orders = [np.log2(errors[i] / errors[i + 1]) for i in range(2)]
    assert orders == pytest.approx([2.0, 2.0], abs=0.15)


def transport_error(n: int) -> float:
    """1-D advection and diffusion between two fixed ends against (e^(Pe x) - 1) / (e^Pe - 1), by the same stencil."""
    peclet, flow = 4.0, 1.0
    faces = k.Faces(np.append(np.ones(n - 1), 0.0), np.zeros(n), np.zeros(n))
    phi = -np.arange(n) * flow
    stencil = k.Stencil(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(4 * n), np.empty(n))
    order = np.arange(n)
    mixing = flow / peclet * (n - 1)  # n - 1 faces over a unit length
    k.fill_stencil(n, 1, order, faces, phi, mixing, np.zeros(n), np.zeros(n), False, stencil)
    part = stencil.part_ratio.reshape(n, 4)
    matrix = np.eye(n)
    for i in range(1, n - 1):
        matrix[i, i - 1] -= part[i, 0]
        matrix[i, i + 1] -= part[i, 1]
    right = np.zeros(n)
    right[-1] = 1.0
    x = np.arange(n) / (n - 1)
    exact = np.expm1(peclet * x) / np.expm1(peclet)
    return float(np.abs(np.linalg.solve(matrix, right) - exact).max())


def test_upwind_transport_converges_with_first_order() -> None:
    errors = [transport_error(n) for n in (41, 81, 161, 321)]
    orders = [np.log2(errors[i] / errors[i + 1]) for i in range(3)]
    assert orders[-1] == pytest.approx(1.0, abs=0.1)
    assert errors[-1] < 0.01


def images(x: Any, y: Any, wide: float, deep: float, at: tuple[float, float], reach: int) -> Any:
    """Potential of a unit source in a box with closed walls: the source mirrored in all walls."""
    total = np.zeros_like(x)
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            for sx in (at[0], -at[0]):
                for sy in (at[1], -at[1]):
                    total -= np.log((x - 2 * i * wide - sx) ** 2 + (y - 2 * j * deep - sy) ** 2) / (4.0 * np.pi)
    return total


def test_source_and_sink_in_a_box_follow_the_image_series() -> None:
    nx, ny, h = 60, 40, 0.25
    wide, deep = nx * h, ny * h
    source = np.zeros((ny, nx))
    source[20, 12], source[20, 47] = 1.0, -1.0
    found = FlowSolver(nx, ny, box(nx, ny)).solve(source.ravel()).reshape(ny, nx)
    x, y = np.meshgrid((np.arange(nx) + 0.5) * h, (np.arange(ny) + 0.5) * h)
    ends = (x[20, 12], y[20, 12]), (x[20, 47], y[20, 47])
    far = np.minimum(np.hypot(x - ends[0][0], y - ends[0][1]), np.hypot(x - ends[1][0], y - ends[1][1])) > 4 * h
    xs, ys = x[far], y[far]
    exact = images(xs, ys, wide, deep, ends[0], 20) - images(xs, ys, wide, deep, ends[1], 20)
    error = (found[far] - found[far].mean()) - (exact - exact.mean())
    assert np.abs(error).max() < 0.005 * np.ptp(exact)


def small_hall(seed: int) -> tuple[int, int, k.Faces, k.Streams, k.Coolers]:
    rng = np.random.default_rng(seed)
    nx, ny = 31, 23
    solid, zero = np.zeros(nx * ny, np.int64), np.zeros(nx * ny, np.int64)
    solid.reshape(ny, nx)[8, 4:27] = 1
    solid.reshape(ny, nx)[14, 4:27] = 1
    faces = k.Faces(np.zeros(nx * ny), np.zeros(nx * ny), np.zeros(nx * ny))
    k.fill_faces(nx, ny, solid, zero, np.array([1.0, 0.02, 0.0, 0.0]), 0.0, faces)
    inlets, outlets = [], []
    for x in range(4, 27):
        inlets += [[7 * nx + x], [15 * nx + x]]
        outlets += [[9 * nx + x], [13 * nx + x]]
    flow = rng.uniform(0.3, 1.0, len(inlets))
    bodies = streams(inlets, outlets, flow.tolist(), [12.0] * len(inlets))
    total = float(flow.sum()) * 0.9
    units = coolers([[11 * nx + 1], [11 * nx + 29]], [[nx + 1], [21 * nx + 29]], [0.5 * total, 0.5 * total])
    return nx, ny, faces, bodies, units


@pytest.mark.parametrize("seed", [1, 2])
def test_an_independent_solver_finds_the_same_flow_and_temperatures(seed: int) -> None:
    nx, ny, faces, bodies, units = small_hall(seed)
    field = Field(nx, ny, faces, bodies, units, mixing=0.05)
    assert field.state == 0
    assert field.residual < 1e-12
    cells = nx * ny
    flow: list[tuple[int, int, float, float]] = []  # a -> b with m3/s, and the face's ratio
    for c in range(cells):
        if c % nx < nx - 1 and faces.east_ratio[c] > 0:
            flow.append((c, c + 1, faces.east_ratio[c] * (field.phi[c] - field.phi[c + 1]), faces.east_ratio[c]))
        if c < cells - nx and faces.north_ratio[c] > 0:
            flow.append((c, c + nx, faces.north_ratio[c] * (field.phi[c] - field.phi[c + nx]), faces.north_ratio[c]))
    net = np.zeros(cells)
    entries: list[tuple[int, int, float]] = []
    right = np.zeros(cells)
    for a, b, f, g in flow:
        net[a] += f
        net[b] -= f
        up, down = (a, b) if f > 0 else (b, a)
        entries += [(down, up, -abs(f)), (down, down, abs(f))]
        entries += [(a, a, 0.05 * g), (a, b, -0.05 * g), (b, b, 0.05 * g), (b, a, -0.05 * g)]
    assert np.abs(net - (field.blown - field.drawn)).max() < 1e-9  # the flow itself, from faces alone
    for i in range(bodies.flow_m3_per_s.size):
        inlet, outlet, q = bodies.in_cell[i], bodies.out_cell[i], bodies.flow_m3_per_s[i]
        entries += [(outlet, outlet, q), (outlet, inlet, -q)]
        right[outlet] += q * bodies.rise_k[i]
    for i in range(2):
        entries.append((units.out_cell[i], units.out_cell[i], units.flow_m3_per_s[i]))
        right[units.out_cell[i]] += units.flow_m3_per_s[i] * 20.0
    rows, columns, values = zip(*entries, strict=True)
    exact = spsolve(coo_matrix((values, (rows, columns)), shape=(cells, cells)).tocsc(), right)
    assert field.t == pytest.approx(exact, rel=1e-6)


def test_perfect_containment_gives_supply_air_to_every_rack() -> None:
    nx, ny = 20, 12
    solid, zone = np.zeros(nx * ny, np.int64), np.zeros(nx * ny, np.int64)
    zone.reshape(ny, nx)[6:, :] = 1  # the contained hot half
    solid.reshape(ny, nx)[5, :] = 1  # a row of racks from wall to wall, without a gap
    faces = k.Faces(np.zeros(nx * ny), np.zeros(nx * ny), np.zeros(nx * ny))
    k.fill_faces(nx, ny, solid, zone, np.array([1.0, 0.0, 0.0, 0.0]), 0.0, faces)
    faces.plenum_ratio[zone == 1] = 1.0
    racks = streams([[4 * nx + x] for x in range(nx)], [[6 * nx + x] for x in range(nx)], [0.5] * nx, [12.0] * nx)
    field = Field(nx, ny, faces, racks, coolers([[]], [[3]], [0.5 * nx]), mixing=0.05)
    assert field.state == 0
    assert np.abs(field.t[: 5 * nx] - 20.0).max() < 1e-12  # weights add up to 1 within rounding
    assert field.return_c[0] == pytest.approx(32.0, abs=1e-9)


def test_racks_without_any_supply_heat_up_without_bound() -> None:
    nx, ny = 10, 8
    racks = streams([[2 * nx + x] for x in range(nx)], [[5 * nx + x] for x in range(nx)], [0.5] * nx, [12.0] * nx)
    none = coolers([], [], [])
    field = Field(nx, ny, box(nx, ny), racks, none, mixing=0.05, highest_c=170.0)
    assert field.state == 2


def test_a_flow_with_no_way_out_is_not_balanced() -> None:
    nx, ny = 6, 5
    racks = streams([], [], [], [])
    field = Field(nx, ny, box(nx, ny), racks, coolers([[]], [[8]], [1.0]))
    assert field.residual > 0.5


def test_capture_is_whole_where_all_exhaust_reaches_the_unit() -> None:
    nx, ny, faces, bodies, units = small_hall(3)
    field = Field(nx, ny, faces, bodies, units, mixing=0.0)
    back = k.Stencil(np.empty(nx * ny, np.int64), np.empty(nx * ny, np.int64), np.empty(4 * nx * ny), np.empty(nx * ny))
    order = np.argsort(field.phi, kind="stable")
    k.fill_stencil(nx, ny, order, faces, field.phi, 0.0, field.blown, field.drawn, True, back)
    ends = np.zeros(nx * ny)
    k.add_flow(units.in_start, units.in_cell, units.flow_m3_per_s, 1.0, ends)
    none = k.Streams(NOTHING, NOTHING[:0], NOTHING, NOTHING[:0], *(np.empty(0) for _ in range(4)))
    share = np.zeros((nx + 2) * (ny + 2))
    assert k.solve_share(nx, back, ends, none, NOTHING[:0], NOTHING[:0], field.inner, 1e-13, 5000, share) < 5000
    at = share[field.inner]
    assert at.min() >= 0.0
    assert at.max() <= 1.0 + 1e-12
    # Each unit's whole draw is made of what bodies and units blow, weighted with the share that ends there.
    assert (field.blown * at).sum() == pytest.approx(float(units.flow_m3_per_s.sum()), rel=1e-9)
