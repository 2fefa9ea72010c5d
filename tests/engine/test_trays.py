"""Cables over the tray graph: lengths by hand and by networkx, gaps, racks without a tray, fill and weight."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.model.document import Document
from infraplanner.model.entities import Device, Hall, Link, Rack, Tray

from .halls import add


def room(trays: list[Tray], racks: list[tuple[int, int]], links: list[tuple[int, int, int]]) -> Document:
    """Cabinets at given points, a switch at U40 of each, links between switches."""
    doc = Document()
    add(doc, "halls", Hall(id="h", width_mm=60_000, depth_mm=40_000))
    add(doc, "trays", *trays)
    for k, (x, y) in enumerate(racks):
        add(doc, "racks", Rack(id=f"r{k}", hall="h", x_mm=x, y_mm=y, profile="eia-48u-600x1200"))
        add(doc, "devices", Device(id=f"s{k}", rack=f"r{k}", profile="sn5600", u=40))
    for k, (a, b, count) in enumerate(links):
        add(
            doc,
            "links",
            Link(id=f"l{k:03d}", a=f"s{a}", b=f"s{b}", rate_gbps=800.0, count=count, a_port="ports", b_port="ports"),
        )
    doc.take_changes()
    return doc


def tray(key: str, *points: tuple[int, int], **more: object) -> Tray:
    return Tray(id=key, hall="h", points_mm=points, **({"elevation_mm": 2700} | more))  # type: ignore[arg-type]


def drop_m(catalog: Catalog, height_m: float = 2.7) -> float:
    """From the middle of two units at U40 up to the tray."""
    unit = catalog.get("eia-48u-600x1200").unit_mm or 44.45  # type: ignore[attr-defined]
    return float(height_m - (39 + 1) * unit / 1e3)


def fabric(document: Document, catalog: Catalog):  # type: ignore[no-untyped-def]
    from infraplanner.engine import evaluate  # noqa: PLC0415

    return evaluate(document.snapshot(), catalog).fabric


def test_a_cable_follows_the_trays_around_the_corner(catalog: Catalog) -> None:
    """Up, 200 mm across to a tray along x, round a corner, along y, 100 mm across, down."""
    trays = [tray("x", (1000, 5000), (20_000, 5000)), tray("y", (20_000, 5000), (20_000, 15_000))]
    found = fabric(room(trays, [(4000, 5200), (19_900, 12_000)], [(0, 1, 1)]), catalog)
    assert found.length_m[0] == pytest.approx(0.2 + 16.0 + 7.0 + 0.1 + 2 * drop_m(catalog))
    assert found.way.tolist() == [0]


def test_the_shorter_way_round_is_taken_and_dead_ends_are_not(catalog: Catalog) -> None:
    """A ring with a stub: opposite corners are joined by its shorter half."""
    ring = tray("ring", (1000, 1000), (31_000, 1000), (31_000, 11_000), (1000, 11_000), (1000, 1000))
    stub = tray("stub", (16_000, 1000), (16_000, 6000))
    found = fabric(room([ring, stub], [(2000, 1000), (5000, 11_000), (16_000, 5000)], [(0, 1, 1), (0, 2, 1)]), catalog)
    assert found.length_m[0] == pytest.approx(1.0 + 10.0 + 4.0 + 2 * drop_m(catalog))
    assert found.length_m[1] == pytest.approx(14.0 + 4.0 + 2 * drop_m(catalog))


def test_trays_at_two_heights_meet_where_cables_can_change_over(catalog: Catalog) -> None:
    for height, way in ((3200, 0), (3600, 1)):
        trays = [
            tray("x", (1000, 5000), (20_000, 5000)),
            tray("y", (10_000, 1000), (10_000, 15_000), elevation_mm=height),
        ]
        found = fabric(room(trays, [(4000, 5000), (10_000, 12_000)], [(0, 1, 1)]), catalog)
        assert found.way.tolist() == [way]
        if way == 0:
            wanted = 6.0 + 0.5 + 7.0 + drop_m(catalog) + drop_m(catalog, 3.2)
            assert found.length_m[0] == pytest.approx(wanted)


def test_gaps_and_racks_without_a_tray_are_told_and_measured_along_x_and_y(catalog: Catalog) -> None:
    trays = [tray("one", (1000, 5000), (9000, 5000)), tray("two", (9400, 5000), (20_000, 5000))]
    found = fabric(
        room(trays, [(4000, 5000), (15_000, 5000), (30_000, 20_000)], [(0, 1, 1), (0, 2, 1), (2, 0, 1)]), catalog
    )
    assert found.way.tolist() == [1, 3, 2]
    assert found.length_m[0] == pytest.approx(11.0 + 2 * drop_m(catalog))
    # Wide trays that nearly touch do meet: 300 mm wide ones within 150 mm.
    close = [trays[0], tray("two", (9100, 5000), (20_000, 5000))]
    assert fabric(room(close, [(4000, 5000), (15_000, 5000)], [(0, 1, 1)]), catalog).way.tolist() == [0]


def test_power_trays_carry_no_data(catalog: Catalog) -> None:
    trays = [tray("p", (1000, 5000), (20_000, 5000), tier="power"), tray("d", (1000, 7000), (20_000, 7000))]
    found = fabric(room(trays, [(4000, 5000), (8000, 5000)], [(0, 1, 1)]), catalog)
    assert found.length_m[0] == pytest.approx(2.0 + 4.0 + 2.0 + 2 * drop_m(catalog))
    assert np.isnan(found.tray_fill_frac[found.tray_ids.index("p")])
    assert found.tray_fill_frac[found.tray_ids.index("d")] > 0.0


def test_random_grids_agree_with_networkx(catalog: Catalog) -> None:
    """Ladders of random bars: every pair of racks stands over a bar, so that only the graph decides."""
    random = np.random.default_rng(3)
    for _ in range(12):
        xs = np.sort(random.choice(np.arange(2, 50), 5, replace=False)) * 1000
        ys = np.sort(random.choice(np.arange(2, 35), 4, replace=False)) * 1000
        trays = [tray(f"x{k}", (int(xs[0]), int(y)), (int(xs[-1]), int(y))) for k, y in enumerate(ys)]
        for k, x in enumerate(xs):
            low, high = sorted(random.choice(4, 2, replace=False))
            trays.append(tray(f"y{k}", (int(x), int(ys[low])), (int(x), int(ys[high]))))
        graph = nx.Graph()
        points = sorted({(int(x), int(y)) for x in xs for y in ys})
        racks = [(int(random.integers(xs[0], xs[-1])), int(ys[random.integers(4)])) for _ in range(6)]
        for y in ys:
            row = sorted({*xs.tolist(), *(x for x, at in racks if at == y)})
            for a, b in pairwise(row):
                graph.add_edge((a, int(y)), (b, int(y)), weight=(b - a) / 1e3)
        for t in trays[len(ys) :]:
            (x, low), (_, high) = t.points_mm
            inside = [y for y in ys.tolist() if low <= y <= high]
            for a, b in pairwise(inside):
                graph.add_edge((x, a), (x, b), weight=(b - a) / 1e3)
        assert points
        pairs = [(a, b, 1) for a in range(6) for b in range(a + 1, 6)]
        found = fabric(room(trays, racks, pairs), catalog)
        for row, (a, b, _) in enumerate(pairs):
            joined = nx.has_path(graph, racks[a], racks[b])
            assert found.way[row] == (0 if joined else 1)
            if joined and racks[a] != racks[b]:
                way = nx.shortest_path_length(graph, racks[a], racks[b], weight="weight")
                assert found.length_m[row] == pytest.approx(way + 2 * drop_m(catalog))


def test_fill_and_weight_are_those_of_the_cables_inside(catalog: Catalog) -> None:
    trays = [tray("x", (1000, 5000), (20_000, 5000), width_mm=200, height_mm=100)]
    document = room(trays, [(4000, 5000), (6000, 5000), (12_000, 5000)], [(0, 1, 10), (0, 2, 4)])
    found = fabric(document, catalog)
    media = [catalog.get(found.medium[row]) for row in (0, 1)]
    area = sum(n * np.pi / 4 * m.outer_diameter_mm**2 for n, m in zip((10, 4), media, strict=True))  # type: ignore[attr-defined]
    mass = sum(n * m.mass_g_per_m / 1e3 for n, m in zip((10, 4), media, strict=True))  # type: ignore[attr-defined]
    assert found.tray_fill_frac[0] == pytest.approx(area / (200 * 100), rel=1e-6)
    assert found.tray_kg_per_m[0] == pytest.approx(mass)


def test_a_dragged_rack_leaves_nothing_behind_in_the_trays(catalog: Catalog) -> None:
    """After any moves fill and lengths are those of a fresh evaluation, bit for bit."""
    import msgspec  # noqa: PLC0415

    from infraplanner.engine.pools import PoolSolver  # noqa: PLC0415
    from infraplanner.engine.stages import settled_result  # noqa: PLC0415
    from infraplanner.engine.workspace import Workspace  # noqa: PLC0415

    trays = [
        tray("a", (1000, 5000), (40_000, 5000)), tray("b", (1000, 15_000), (40_000, 15_000)),
        tray("c", (8000, 5000), (8000, 15_000)), tray("d", (30_000, 5000), (30_000, 15_000)),
    ]  # fmt: skip
    spots = [(2000 + 3000 * k, 5000 if k % 2 else 15_000) for k in range(10)]
    links = [(a, b, 1 + a) for a in range(10) for b in range(a + 1, 10)]
    document = room(trays, spots, links)
    space = Workspace(catalog, PoolSolver())
    space.follow(document.snapshot(), None)
    settled_result(space, frozenset(), None)
    random = np.random.default_rng(8)
    for _ in range(20):
        for key in random.choice(10, 2, replace=False).tolist():
            rack = document.table("racks")[f"r{key}"]
            x, y = int(random.integers(1000, 39_000)), int(random.choice([5000, 15_000, 25_000]))
            document.put("racks", msgspec.structs.replace(rack, x_mm=x, y_mm=y))
        space.follow(document.snapshot(), document.take_changes())
        assert space.dirty_links < len(links)
        moved = settled_result(space, frozenset(), None)[0].fabric
    fresh = fabric(document, catalog)
    for name in ("length_m", "way", "tray_fill_frac", "tray_kg_per_m", "power_w", "ordered_m"):
        np.testing.assert_array_equal(getattr(moved, name), getattr(fresh, name))


def test_panels_use_up_an_optical_budget(catalog: Catalog) -> None:
    """A panel takes 0.35 dB. DR modules have 3 dB for fibre and panels, FR modules 4, then nothing is left."""
    import msgspec  # noqa: PLC0415

    document = room([tray("x", (1000, 5000), (40_000, 5000))], [(4000, 5000), (30_000, 5000)], [(0, 1, 1)])
    media = []
    for panels in (0, 8, 9, 11, 12):
        document.put("links", msgspec.structs.replace(document.table("links")["l000"], panels=panels))
        found = fabric(document, catalog)
        media.append(found.medium[0])
    assert media == ["dr8_800g_lpo", "dr8_800g_lpo", "fr4x2_800g_dsp", "fr4x2_800g_dsp", ""]
    assert found.flag.tolist() == [2]
    # 3 dB less eight panels leave 0.2 dB: 400 m of fibre, less than the 500 m that are sold.
    document.put("links", msgspec.structs.replace(document.table("links")["l000"], panels=8))
    assert fabric(document, catalog).reach_m[0] == pytest.approx((3.0 - 8 * 0.35) / 0.0005)
