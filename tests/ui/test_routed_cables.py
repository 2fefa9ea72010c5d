"""Cables on the floor lie where the engine routed them: over the trays, down to their racks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.compile.plan import compile_plan
from infraplanner.edit import Delete, Move, UndoStack
from infraplanner.engine import evaluate
from infraplanner.engine.cable_plant import CablePlant
from infraplanner.io.plan_reader import read_plan
from infraplanner.kernels.trays import way_between
from infraplanner.model.document import Document
from infraplanner.ui.canvas import paint_far, paint_lines
from infraplanner.ui.canvas.scene import Scene, build_scene, moved, with_media, with_ways

from .conftest import POD, TEMPLATES, Driver


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


TRAINING = TEMPLATES / "training-16k-h100.yaml"


def _scene(plan: Document, catalog: Catalog) -> Scene:
    snapshot = plan.snapshot()
    fabric = evaluate(snapshot, catalog).fabric
    scene = with_media(
        build_scene(snapshot, catalog.find), catalog.find, dict(zip(fabric.link_ids, fabric.medium, strict=True))
    )
    return with_ways(scene, fabric.ways)


def _metres(runs: paint_lines.Ribbons) -> float:
    """Cable metres of all ribbons together."""
    lines = runs.lines
    return float((np.abs(lines[:, :2] - lines[:, 2:]).sum(axis=1) * runs.count).sum()) / 1e3


def _routed_m(plan: Document, catalog: Catalog, scene: Scene) -> float:
    """The same by the engine's own search, link after link."""
    compiled = compile_plan(plan.snapshot(), catalog)
    plant = CablePlant(compiled)
    rows = compiled.tables["racks"].index
    plant.move(compiled, np.arange(len(rows)))
    total, cables, ids = 0.0, scene.cables, scene.bodies.ids
    for a, b, count in zip(cables.a.tolist(), cables.b.tolist(), cables.count.tolist(), strict=True):
        if a != b and a >= 0 and b >= 0:
            one, other = rows[ids[a]], rows[ids[b]]
            along, _, _ = way_between(plant.segments, plant.ways, plant.drops, one, other)
            total += count * (plant.drops.off_m[one] + along + plant.drops.off_m[other])
    return total


@pytest.mark.parametrize("path", [POD, TRAINING], ids=lambda path: path.stem)
def test_drawn_metres_are_those_that_the_engine_measures(
    path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paint_lines, "OFFSET_MM", 0.0)  # lanes side by side make corners longer and shorter
    plan = read_plan(path, catalog).document
    scene = _scene(plan, catalog)
    assert _metres(paint_lines.ribbons(scene)) == pytest.approx(_routed_m(plan, catalog, scene), rel=1e-9)


def test_every_line_lies_in_a_tray_or_comes_down_to_a_rack(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paint_lines, "OFFSET_MM", 0.0)
    scene = _scene(read_plan(POD, catalog).document, catalog)
    assert scene.routes is not None
    ends = scene.routes.ways.grid.ends_m * 1e3

    def in_tray(x: float, y: float) -> set[int]:
        ax, ay, bx, by = ends.T
        way = np.hypot(x - ax, y - ay) + np.hypot(x - bx, y - by) - np.hypot(bx - ax, by - ay)
        return set(np.flatnonzero(np.abs(way) < 0.01).tolist())

    racks = set(zip(scene.bodies.x_mm.tolist(), scene.bodies.y_mm.tolist(), strict=True))
    runs = paint_lines.ribbons(scene)
    downs = 0
    for x0, y0, x1, y1 in runs.lines.tolist():
        if not in_tray(x0, y0) & in_tray(x1, y1):
            assert (x0, y0) in racks
            downs += 1
    assert downs
    between = scene.cables.a != scene.cables.b
    assert set(runs.family.tolist()) == set(scene.cables.family[between].tolist())


def test_rows_whose_trays_do_not_meet_are_joined_half_way_and_told(catalog: Catalog) -> None:
    """Without the tray between the rows no cable is painted into a tray that it does not lie in."""
    plan = read_plan(POD, catalog).document
    between = [key for key, tray in plan.table("trays").items() if len({x for x, _ in tray.points_mm}) == 1]
    assert between
    UndoStack(plan).execute(Delete(between))
    fabric = evaluate(plan.snapshot(), catalog).fabric
    apart = np.isin(fabric.way, [1])
    assert apart.any()
    scene = _scene(plan, catalog)
    pick = np.array([scene.cables.ids.index(key) for key, far in zip(fabric.link_ids, apart, strict=True) if far])
    runs = paint_lines.ribbons(scene, pick)
    level = runs.lines[runs.lines[:, 1] == runs.lines[:, 3]]
    trays = {point[1] for tray in plan.table("trays").values() for point in tray.points_mm}
    assert len(level)
    assert not set(np.round(level[:, 1]).tolist()) & {float(y) for y in trays}


def test_before_the_first_result_cables_go_to_the_nearest_tray(catalog: Catalog) -> None:
    plan = read_plan(POD, catalog).document
    scene = build_scene(plan.snapshot(), catalog.find)
    assert scene.routes is None
    assert len(paint_lines.ribbons(scene).count)


def test_ways_are_laid_out_anew_only_when_they_change(catalog: Catalog) -> None:
    plan = read_plan(POD, catalog).document
    scene = _scene(plan, catalog)
    first = paint_lines.all_ribbons(scene)
    assert scene.routes is not None
    assert with_ways(scene, scene.routes.ways) is scene
    UndoStack(plan).execute(Move(["A01"], 600, 0))
    snapshot = plan.snapshot()
    shifted = with_ways(moved(scene, snapshot, {"A01"}), evaluate(snapshot, catalog).fabric.ways)
    assert shifted.routes is not None
    assert shifted.routes.row is scene.routes.row
    assert paint_lines.all_ribbons(shifted) is not first


def test_slanted_trays_are_drawn_from_far_away_too() -> None:
    level, upright = paint_far._stairs(np.array([[0.0, 0.0, 300.0, 400.0]]))
    assert level.tolist() == [[0.0, 0.0, 300.0, 0.0]]
    assert upright.tolist() == [[300.0, 0.0, 300.0, 400.0]]


def test_the_window_shows_the_ways_of_its_result(drive: Driver) -> None:
    view = drive.window.floor
    routes = view.scene.routes
    assert routes is not None
    assert view.result is not None
    assert routes.ways is view.result.fabric.ways
    drive.bridge.execute(Move(["A01"], -300, 0))
    drive.settle()
    assert view.scene.routes is not None
    assert view.scene.routes.ways is not routes.ways
