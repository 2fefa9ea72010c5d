"""A large hall from far away: fewer marks on the floor, the same picture of what is where."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog.loader import load_catalog
from infraplanner.ui.canvas import paint_bodies, paint_far, paint_lines
from infraplanner.ui.canvas.camera import Camera
from infraplanner.ui.canvas.scene import FAMILIES, RACK_KINDS, Scene, build_scene, moved, with_media
from infraplanner.validation.generate import generate_plan

from .conftest import Driver


@pytest.fixture(scope="module")
def hall() -> Scene:
    """Two hundred racks with all their lines."""
    return build_scene(generate_plan(200).snapshot(), load_catalog().find)


def covered_mm(lines: np.ndarray) -> float:
    """Length of the union of level lines on one track, by brute force at 10 mm."""
    marks: set[int] = set()
    for x0, _, x1, _ in lines:
        marks |= set(range(round(x0 / 10), round(x1 / 10)))
    return 10.0 * len(marks)


def test_lines_on_one_track_are_joined_to_their_union() -> None:
    """Overlaps and touching ends become one line, gaps stay, other tracks and upright lines are left apart."""
    lines = np.array(
        [
            [0, 0, 1000, 0], [800, 0, 1500, 0], [1500, 0, 2000, 0], [4000, 0, 3000, 0],
            [0, 5000, 900, 5000], [700, 0, 700, 2000], [700, 1500, 700, 3000],
        ],
        dtype=float,
    )  # fmt: skip
    joined = {tuple(row) for row in paint_far.joined(lines).tolist()}
    assert joined == {(0, 0, 2000, 0), (3000, 0, 4000, 0), (0, 5000, 900, 5000), (700, 0, 700, 3000)}


def test_joined_lines_cover_what_the_single_ones_cover() -> None:
    """Random runs on one track: the same union, never more lines than before."""
    rng = np.random.default_rng(7)
    for _ in range(20):
        start = rng.integers(0, 5000, 30) * 10.0
        lines = np.stack([start, np.zeros(30), start + rng.integers(1, 200, 30) * 10.0, np.zeros(30)], axis=1)
        joined = paint_far.joined(lines)
        gaps = paint_far.TRACK_MM * (len(lines) - len(joined))  # gaps under a track's width are closed
        assert covered_mm(lines) <= covered_mm(joined) <= covered_mm(lines) + gaps
        assert len(joined) <= len(lines)


def test_a_far_hall_has_few_marks_and_they_stay_where_the_bodies_are(hall: Scene) -> None:
    """Many thousand cables and feeds become some hundred bars, all inside the frame of the bodies."""
    left, bottom, right, top = hall.extent()
    total = 0
    for layer in ("links", "loops", "feeds", "trays"):
        for _, width, lines in paint_far.far_lines(hall, layer):
            total += len(lines)
            assert 1 <= width <= 3
            assert lines[:, 0].min() >= left - 1000
            assert lines[:, 1].min() >= bottom - 1000
            assert lines[:, 2].max() <= right + 1000
            assert lines[:, 3].max() <= top + 1000
    assert len(hall.cables.ids) > 10_000
    assert 50 < total < len(hall.cables.ids) / 10


def test_lines_are_laid_out_once_a_scene_and_anew_after_a_move(hall: Scene) -> None:
    """The same object twice; a moved rack has a scene with lines of its own."""
    assert paint_far.far_lines(hall, "links") is paint_far.far_lines(hall, "links")
    assert paint_lines.all_ribbons(hall) is paint_lines.all_ribbons(hall)
    after = moved(hall, hall.snapshot, {hall.bodies.ids[0]})
    assert paint_far.far_lines(after, "links") is not paint_far.far_lines(hall, "links")


def test_ribbons_carry_every_cable(hall: Scene) -> None:
    """Cables times run length along x are kept when bundles between the same racks are added up."""
    cables, bodies = hall.cables, hall.bodies
    ends = (cables.a >= 0) & (cables.b >= 0) & (cables.a != cables.b)
    expected = float((np.abs(bodies.x_mm[cables.a] - bodies.x_mm[cables.b]) * cables.count)[ends].sum())
    runs = paint_lines.all_ribbons(hall)
    along = np.abs(runs.lines[:, 2] - runs.lines[:, 0])
    assert float((along * runs.count).sum()) == pytest.approx(expected, rel=1e-9)


def test_blocks_cover_exactly_the_racks(hall: Scene) -> None:
    """The area of all blocks of a kind is the area of its racks; nothing is drawn twice."""
    edges = hall.bodies.bounds()
    area = (edges[:, 2] - edges[:, 0]) * (edges[:, 3] - edges[:, 1])
    for kind in range(RACK_KINDS):
        rows = hall.bodies.kind == kind
        blocks = paint_far.blocks(hall.bodies, kind)
        total = ((blocks[:, 2] - blocks[:, 0]) * (blocks[:, 3] - blocks[:, 1])).sum()
        assert total == pytest.approx(area[rows].sum(), rel=0.02)
        assert len(blocks) <= rows.sum()


def test_only_bodies_in_view_are_drawn(hall: Scene) -> None:
    """A camera on one rack sees that rack; one on the whole hall sees all, and rectangles have their sizes in pixels."""
    bodies = hall.bodies
    near = Camera(float(bodies.x_mm[3]), float(bodies.y_mm[3]), 400.0, 100, 100)
    rows, _ = paint_bodies.visible_bodies(near, bodies)
    assert 3 in rows
    assert len(rows) < 6
    far = Camera(width=1440, height=900).fitted(*hall.extent())
    rows, rects = paint_bodies.visible_bodies(far, bodies)
    assert len(rows) == len(bodies.ids)
    np.testing.assert_allclose(rects[:, 2], 2 * bodies.half_sizes()[0] * far.scale)


def test_the_far_view_of_a_plan_can_be_worked_on(drive: Driver) -> None:
    """Zoomed out, a rack still drags: the picture follows and one undo brings it back."""
    camera = drive.floor.camera
    drive.floor.set_camera(camera.fitted(-40_000, -30_000, 70_000, 45_000))
    assert paint_far.is_far(drive.floor.camera)
    before = drive.floor.grab().toImage()
    start = drive.at("A01")
    end = drive.point(10_200, 12_000)
    drive.drag(start, end)
    drive.release(end)
    drive.settle()
    assert abs(drive.record("A01").y_mm - 12_000) < 1500
    drive.bridge.select([])
    assert drive.floor.grab().toImage() != before
    drive.bridge.undo()
    drive.bridge.select([])
    drive.settle()
    drive.floor.leaveEvent(None)
    assert drive.record("A01").y_mm == 6934


def test_other_media_recolour_cables_and_build_nothing_else_anew(hall: Scene) -> None:
    """Families follow the media in force; bodies, feeds and loops are the same objects."""
    find = load_catalog().find
    media = dict.fromkeys(hall.cables.ids, "aoc_400g_sr") | {hall.cables.ids[0]: ""}
    after = with_media(hall, find, media)
    assert after.cables.family[0] == -1
    assert set(after.cables.family[1:].tolist()) == {FAMILIES.index("multimode")}
    assert after.bodies is hall.bodies
    assert after.loops is hall.loops
    assert after.cables.a is hall.cables.a
    rebuilt = build_scene(hall.snapshot, find, media)
    auto = [row for row, link in enumerate(hall.snapshot.table("links").values()) if link.medium == "auto"]
    np.testing.assert_array_equal(rebuilt.cables.family[auto], after.cables.family[auto])
