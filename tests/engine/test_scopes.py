"""Walls by rack: the hall's own figure is found again among its racks, and each is that of what serves the rack."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine.evaluate import evaluate
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.results.snapshot import WALLS, ResultSnapshot


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module")
def pod(catalog: Catalog) -> tuple[Snapshot, ResultSnapshot]:
    plan = read_plan(places.resources_dir() / "templates" / "nvl72-pod.yaml", catalog).document.snapshot()
    return plan, evaluate(plan, catalog)


def test_no_rack_stands_above_its_hall_and_memory_is_its_pool(pod: tuple[Snapshot, ResultSnapshot]) -> None:
    plan, result = pod
    assert set(result.rack_walls) == set(WALLS)
    for wall in WALLS:
        values = result.rack_walls[wall]
        assert len(values) == len(result.power.rack_ids)
        if wall != "copper":  # of the hall, copper also counts the visible time of communication
            assert np.nanmax(values) <= result.walls[wall].utilisation + 1e-9
    used = {pool.id: max(pool.memory_used_frac or 0, pool.memory_time_frac or 0) for pool in result.throughput.pools}
    for row, key in enumerate(result.power.rack_ids):
        pool = plan.table("racks")[key].pool
        found = result.rack_walls["memory"][row]
        assert found == pytest.approx(used[pool]) if pool else np.isnan(found)


def test_power_is_the_busways_load_and_copper_the_racks_own_links(pod: tuple[Snapshot, ResultSnapshot]) -> None:
    plan, result = pod
    load = dict(zip(result.power.node_ids, result.power.node_load_frac, strict=True))
    row = result.power.rack_ids.index("A01")
    over = result.rack_walls["power"][row] / max(load["bus-A-a"], load["bus-A-b"])
    assert over == pytest.approx(1.0) or over == pytest.approx(1.25)  # of the rating, or of 80 % of it behind a breaker
    mine = [
        max(float(result.fabric.load_frac[i]), float(result.fabric.need_m[i] / result.fabric.reach_m[i]))
        for i, key in enumerate(result.fabric.link_ids)
        if "A01" in (plan.table("links")[key].a, plan.table("links")[key].b)
    ]
    assert result.rack_walls["copper"][row] == pytest.approx(max(mine))
