import argparse
import time

import plan_geometry as geometry
import pytest

from infraplanner.catalog.loader import default_catalog
from infraplanner.cli import generate as command
from infraplanner.io import plan_bytes, read_plan
from infraplanner.validation.generate import default_links, generate_plan


def opened(racks, **more):
    return read_plan(plan_bytes(generate_plan(racks, **more), default_catalog()), default_catalog())


@pytest.mark.parametrize(
    ("racks", "links"),
    [(1, 75), (100, 7500), (400, 30_000), (401, 30_000), (3000, 30_000), (3001, 30_010), (10_000, 100_000)],
)
def test_how_many_links(racks, links):
    assert default_links(racks) == links


@pytest.mark.parametrize("racks", [1, 2, 8, 9, 19, 20, 21, 39, 60, 401])
def test_any_size_gives_a_sound_plan(racks):
    plan = opened(racks)
    assert len(plan.document.table("racks")) == racks
    assert geometry.overlaps(plan) == []
    assert geometry.outside(plan) == []
    assert geometry.overbooked_ports(plan) == []
    assert not plan.warnings
    for rack in plan.document.table("racks"):
        assert {feed.side for feed in plan.document.table("feeds").values() if feed.target == rack} == {"a", "b"}


@pytest.mark.parametrize(("racks", "links"), [(40, 100), (40, 0), (40, 500), (400, None), (20, 1500)])
def test_as_many_links_as_asked(racks, links):
    found = generate_plan(racks, links).table("links")
    assert len(found) == (default_links(racks) if links is None else links)


def test_more_links_than_cables_gives_every_cable():
    document = generate_plan(20, 1_000_000)
    assert all(link.count == 1 for link in document.table("links").values())


def test_cables_stay_the_same_however_they_are_told_apart():
    def cables(links):
        out = {}
        for link in generate_plan(60, links).table("links").values():
            out[link.a, link.b] = out.get((link.a, link.b), 0) + link.count
        return out

    assert cables(600) == cables(4000)


def test_same_arguments_same_bytes():
    assert plan_bytes(generate_plan(45, seed=3)) == plan_bytes(generate_plan(45, seed=3))
    assert plan_bytes(generate_plan(45, seed=3)) != plan_bytes(generate_plan(45, seed=4))


def test_what_a_hall_holds():
    plan = opened(400)
    document = plan.document
    assert len({rack.row for rack in document.table("racks").values()}) == 20
    assert document.table("pools").keys() == {"serve", "train"}
    assert document.table("jobs")
    pools = geometry.pool_accelerators(plan)
    assert pools["serve"] > pools["train"] > 0
    assert {device.profile for device in document.table("devices").values()} == {"q3400"}
    supplies = geometry.rack_supplies(plan)
    assert all(sources == {"util-a", "util-b"} for sources in supplies.values())


def test_no_rack_is_refused():
    with pytest.raises(ValueError, match="at least one rack"):
        generate_plan(0)


def test_ten_thousand_racks_in_seconds():
    start = time.perf_counter()
    document = generate_plan(10_000)
    assert len(document.table("links")) == 100_000
    assert time.perf_counter() - start < 10


def test_command(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    path = tmp_path / "g.yaml"
    assert command.run(parser.parse_args(["--racks", "3", "--links", "7", "--seed", "2", "-o", str(path)])) == 0
    plan = read_plan(path)
    assert len(plan.document.table("links")) == 7
    assert command.run(parser.parse_args(["--racks", "0", "-o", str(path)])) == 2
    assert "at least one rack" in capsys.readouterr().err
    assert command.run(parser.parse_args(["--racks", "3", "-o", str(tmp_path / "no" / "g.yaml")])) == 2
    assert "was not saved" in capsys.readouterr().err
