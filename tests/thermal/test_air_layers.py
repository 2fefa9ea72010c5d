"""Two layers of a hall's air: what they exchange, what makes them differ, and an independent solver's answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import air, air_field, air_floor, evaluate
from infraplanner.engine.air import AirModel
from infraplanner.engine.air_layers import Layers, build_layers
from infraplanner.engine.pools import PoolSolver
from infraplanner.engine.stages import settled_result
from infraplanner.engine.workspace import Workspace
from infraplanner.kernels.airlayers import buoyancy, damping, overturning, plume_flow
from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, Hall, Loop, Rack, Zone
from infraplanner.results.air import AirResult
from tests.engine.halls import add
from tests.engine.test_evaluate import change

from .halls import air_hall


def test_exchange_follows_its_worked_examples() -> None:
    assert buoyancy(10.0, 20.0) == pytest.approx(0.3345, abs=1e-4)
    assert damping(20.0, 21.0, 1.5, 0.3) == pytest.approx(0.207, abs=1e-3)
    assert damping(21.0, 20.0, 1.5, 0.3) == 1.0
    assert damping(20.0, 21.0, 1.5, 0.0) == 0.0
    assert overturning(25.0, 20.0, 0.36) == pytest.approx(0.0085, abs=1e-4)
    assert overturning(20.0, 25.0, 0.36) == 0.0
    assert plume_flow(0.5, 10.0, 25.0, 0.6, 0.55, 0.13) == pytest.approx(0.0873, abs=1e-4)
    assert plume_flow(0.5, -1.0, 25.0, 0.6, 0.55, 0.13) == 0.0


def solved(document: Document, catalog: Catalog) -> tuple[AirModel, AirResult]:
    space = Workspace(catalog, PoolSolver())
    space.follow(document.snapshot(), None)
    settled_result(space, frozenset(), None)
    model = AirModel()
    model.record = []
    return model, model.solve(space)


def two_layers(document: Document) -> Document:
    change(document, "halls", "hall", air_layers="two")
    return document


def exchanging(monkeypatch: pytest.MonkeyPatch, ratio: float) -> None:
    """All halls from here on exchange so many times what physics gives."""

    def build(*arguments: Any) -> Layers:
        return replace(build_layers(*arguments), exchange_ratio=ratio)

    monkeypatch.setattr(air_floor, "build_layers", build)


def difference(result: AirResult) -> float:
    """Mean of what upper halves draw in above the whole inlets [K]."""
    return float(np.nanmean(result.rack_inlet_top_c - result.rack_inlet_c))


def test_supply_below_and_return_above_make_layers(catalog: Catalog) -> None:
    """Too little air comes up through the tiles: what lacks is drawn from above, where warm air lies."""
    _, one = solved(air_hall(crahs=9), catalog)
    _, two = solved(two_layers(air_hall(crahs=9)), catalog)
    hall = two.halls[0]
    assert hall.state == "settled"
    assert hall.mass_residual_frac is not None
    assert hall.mass_residual_frac < 1e-12
    assert np.isnan(one.rack_inlet_top_c).all()
    assert difference(two) > 0.5
    assert (two.rack_inlet_top_c > two.rack_inlet_c).mean() > 0.9
    assert hall.return_c == pytest.approx(one.halls[0].return_c, abs=1e-2)  # the same heat in the same air
    assert hall.temperature_c.shape == one.halls[0].temperature_c.shape
    assert two.rack_worst_c == pytest.approx(
        np.fmax(two.rack_inlet_top_c, 2.0 * two.rack_inlet_c - two.rack_inlet_top_c)
    )


def test_strong_exchange_makes_one_layer_of_two(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A given exchange in every column, up to far more than flows anywhere else; such need more passes."""
    monkeypatch.setattr(air_field, "SWEEPS", 50_000)
    apart = []
    for each_m3_per_s in (0.0, 0.05, 0.5, 50.0):
        monkeypatch.setattr(Layers, "exchange", lambda self, *_, each=each_m3_per_s: np.full(self.low.size, each))
        _, result = solved(two_layers(air_hall(crahs=9)), catalog)
        assert result.halls[0].state == "settled"
        apart.append(difference(result))
    assert apart == sorted(apart, reverse=True)
    assert abs(apart[-1]) < 0.02 * apart[0]


def test_stable_layers_keep_apart_whatever_turbulence_would_do(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Warm air above cold air damps what would mix them, so three times the exchange changes little."""
    apart = []
    for ratio in (0.0, 1.0, 3.0):
        exchanging(monkeypatch, ratio)
        apart.append(difference(solved(two_layers(air_hall(crahs=9)), catalog)[1]))
    assert apart == pytest.approx([apart[0]] * 3, rel=0.02)


def rows_with_their_own_coolers() -> Document:
    """Every second place of two rows is an in-row cooler; the aisle behind them is contained and takes up their backs."""
    document = Document()
    add(document, "halls", Hall(id="hall", width_mm=12000, depth_mm=9600, height_mm=2200, containment="hot",
                                supply_air_c=22.0, raised_floor_mm=0))  # fmt: skip
    add(document, "loops", Loop(id="chw", kind="facility", fluid="water", supply_c=16.0, rise_k=6.0))
    add(
        document,
        "zones",
        Zone(id="hot", hall="hall", x_mm=6000, y_mm=4800, width_mm=7200, depth_mm=1200, kind="hot_aisle"),
    )
    for k in range(12):
        for name, y_mm, turned in (("a", 3600, 0), ("b", 6000, 180)):
            at = {"hall": "hall", "x_mm": 2700 + 600 * k, "y_mm": y_mm, "rotation_deg": turned}
            if k % 2:
                add(document, "cooling", Cooling(id=f"{name}{k:02d}", profile="inrow-cw", source_loop="chw", **at))
            elif k < 10:
                add(document, "racks", Rack(id=f"{name}{k:02d}", profile="dgx-h100-rack4", **at))
    add(document, "halls", Hall(id="yard", width_mm=30000, depth_mm=8000))
    add(document, "cooling", Cooling(id="ch", hall="yard", x_mm=6000, y_mm=4000, profile="chiller-air", loop="chw"))
    document.take_changes()
    return document


def test_equal_layers_without_exchange_are_the_field_of_one(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Units in the rows draw and blow over the whole height, so each half of a low hall is the hall again."""
    monkeypatch.setattr(air, "TOLERANCE_K", 1e-10)
    exchanging(monkeypatch, 0.0)
    _, one = solved(rows_with_their_own_coolers(), catalog)
    _, two = solved(two_layers(rows_with_their_own_coolers()), catalog)
    assert one.halls[0].state == two.halls[0].state == "settled"
    assert np.nanmax(one.halls[0].temperature_c) > 30.0
    assert two.rack_inlet_c == pytest.approx(one.rack_inlet_c, abs=1e-7, nan_ok=True)
    assert two.rack_inlet_top_c == pytest.approx(one.rack_inlet_c, abs=1e-7, nan_ok=True)
    assert two.rack_capture_frac == pytest.approx(one.rack_capture_frac, abs=1e-3, nan_ok=True)
    assert two.halls[0].temperature_c == pytest.approx(one.halls[0].temperature_c, abs=1e-7, nan_ok=True)


@pytest.mark.parametrize(("crahs", "raised"), [(10, 600), (12, 0)])
def test_an_independent_solver_finds_both_layers(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, crahs: int, raised: int
) -> None:
    """Mass from faces, columns, bodies and units alone, heat by sparse LU of the same equations, and the exchange again
    from the temperatures found.
    """
    monkeypatch.setattr(air, "TOLERANCE_K", 1e-11)
    model, result = solved(two_layers(air_hall(crahs=crahs, raised=raised)), catalog)
    hall = result.halls[0]
    assert abs(hall.heat_residual_frac or 1.0) < 1e-9
    assert model.record
    _, _, arguments = model.record[-1]
    nx, faces, phi, inner, _, streams, _, _, rising, units = arguments[:10]
    field_c = arguments[-1]
    assert rising.flow_m3_per_s.size == 0
    cells = phi.size
    plain = np.full(field_c.size, -1)
    plain[inner] = np.arange(cells)
    mixing = 0.02 * 4.0  # D times the height of the hall
    back_c = hall.return_c or 0.0
    supply_c = max(22.0, back_c - 12.0 / (12.0 + 6.0) * (back_c - 16.0))  # coils of 6 K approach on water of 16
    net = -faces.plenum_ratio * phi
    entries: list[tuple[int, int, float]] = []
    right = np.zeros(cells)
    for ratio, step in ((faces.east_ratio, 1), (faces.north_ratio, nx)):
        for c in np.flatnonzero(ratio > 0.0).tolist():
            f, g = float(ratio[c] * (phi[c] - phi[c + step])), float(ratio[c])
            net[c] -= f
            net[c + step] += f
            up, down = (c, c + step) if f > 0 else (c + step, c)
            entries += [(down, up, -abs(f)), (down, down, abs(f))]
            for a, b in ((c, c + step), (c + step, c)):
                entries += [(a, a, mixing * g), (a, b, -mixing * g)]
    assert (phi[faces.plenum_ratio > 0.0] > 0.0).all()  # nothing comes down from the ceiling
    for i, flow in enumerate(streams.flow_m3_per_s.tolist()):
        inlets = plain[streams.in_cell[streams.in_start[i] : streams.in_start[i + 1]]].tolist()
        outlets = plain[streams.out_cell[streams.out_start[i] : streams.out_start[i + 1]]].tolist()
        for a in inlets:
            net[a] -= flow / len(inlets)
        for b in outlets:
            part = flow / len(outlets)
            net[b] += part
            right[b] += part * streams.rise_k[i]
            entries += [(b, b, part), *((b, a, -part / len(inlets)) for a in inlets)]
    for i, flow in enumerate(units.flow_m3_per_s.tolist()):
        outlets = plain[units.out_cell[units.out_start[i] : units.out_start[i + 1]]].tolist()
        inlets = plain[units.in_cell[units.in_start[i] : units.in_start[i + 1]]].tolist()
        for a in inlets:
            net[a] -= flow / len(inlets)
        for b in outlets:
            net[b] += flow / len(outlets)
            entries.append((b, b, flow / len(outlets)))
            right[b] += flow / len(outlets) * supply_c
    assert np.abs(net).max() < 1e-9 * hall.supply_m3_per_s
    rows, columns, values = zip(*entries, strict=True)
    matrix = coo_matrix((values, (rows, columns)), shape=(cells, cells)).tocsc()
    reached = np.flatnonzero(matrix.diagonal() > 0.0)
    exact = spsolve(matrix[np.ix_(reached, reached)], right[reached])
    assert field_c[inner][reached] == pytest.approx(exact, rel=1e-6)


def test_an_exchange_that_never_settles_is_no_result(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(air_field, "ROUNDS", 1)
    result = evaluate(two_layers(air_hall(crahs=9)).snapshot(), catalog, check=run)
    hall = result.thermal.air.halls[0]
    assert hall.state == "unsettled"
    assert not hall.temperature_c.size
    assert np.isnan(result.thermal.air.rack_inlet_c).all()
    assert np.isnan(result.thermal.air.rack_inlet_top_c).all()
    assert "did not settle" in hall.note
