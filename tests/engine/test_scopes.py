"""Walls by rack: the hall's own figure is found again among its racks, and each is that of what serves the rack."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.catalog.types import Accelerator
from infraplanner.engine.evaluate import evaluate
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Document, Snapshot
from infraplanner.model.parts import parts
from infraplanner.results.scopes import CAPACITIES, binding, scope, weighted
from infraplanner.results.slopes import Slopes
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
    filled = result.power.node_ids[result.places.row["power"][row]]
    fed, above = {"A01"}, set()
    while fed:
        fed = {f.source for f in plan.table("feeds").values() if f.target in fed and f.source not in above}
        above |= fed
    assert filled in above
    over = result.rack_walls["power"][row] / load[filled]
    assert over == pytest.approx(1.0) or over == pytest.approx(1.25)  # of the rating, or of 80 % of it behind a breaker
    assert result.rack_walls["power"][row] >= max(load[key] for key in above)
    mine = [
        max(float(result.fabric.load_frac[i]), float(result.fabric.need_m[i] / result.fabric.reach_m[i]))
        for i, key in enumerate(result.fabric.link_ids)
        if "A01" in (plan.table("links")[key].a, plan.table("links")[key].b)
    ]
    assert result.rack_walls["copper"][row] == pytest.approx(max(mine))


def test_a_supply_at_its_limit_leaves_no_head_and_no_absurd_figure(catalog: Catalog) -> None:
    plan = read_plan(places.resources_dir() / "templates" / "edge-site.yaml", catalog).document.snapshot()
    tables = plan.tables()
    room = tables["halls"]["room"]
    used = []
    for supply_c in (29.99, 30.0, 34.0):
        tables["halls"] = {"room": structs.replace(room, supply_air_c=supply_c)}
        used.append(evaluate(Snapshot(tables, 1, {}), catalog).walls["thermal"].utilisation)
    assert all(value is not None and value < 10.0 for value in used), used
    assert used[2] == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize("name", ["nvl72-pod.yaml", "edge-site.yaml", "rubin-800v.yaml", "h100-pilot.yaml"])
def test_the_scope_of_all_racks_is_the_plan(catalog: Catalog, name: str) -> None:
    plan = read_plan(places.resources_dir() / "templates" / name, catalog).document.snapshot()
    result = evaluate(plan, catalog)
    whole = scope(result, result.power.rack_ids)
    assert whole is not None
    assert whole.binding_wall == result.summary.binding_wall
    assert whole.tokens_per_s == pytest.approx(result.summary.tokens_per_s, rel=1e-3)
    for wall in WALLS:
        found, own = whole.walls[wall], result.walls[wall]
        assert found.elasticity == pytest.approx(own.elasticity, abs=1e-3)
        assert (found.next, found.next_factor) == (own.next, own.next_factor)
        if wall not in ("copper", "thermal"):  # of the hall these count what no rack stands at, too
            assert found.utilisation == pytest.approx(own.utilisation)


def test_a_pools_racks_have_the_pools_own_slopes_and_make_its_tokens(pod: tuple[Snapshot, ResultSnapshot]) -> None:
    plan, result = pod
    made = 0.0
    for pool in result.throughput.pools:
        racks = next(part.racks for part in parts(plan) if part == ("pool", pool.id, part.racks))
        found = scope(result, racks)
        assert found is not None
        made += found.tokens_per_s
        assert found.tokens_per_s == pytest.approx(pool.tokens_per_s or 0.0, rel=1e-3)
        row = result.slopes.tokens_per_s.size and [p.id for p in result.throughput.pools].index(pool.id)
        if pool.tokens_per_s:
            for index, wall in enumerate(CAPACITIES[:4]):
                assert found.walls[wall].elasticity == pytest.approx(result.slopes.slope[index, row], nan_ok=True)
        else:  # prefill makes no tokens of its own
            assert found.binding_wall is None
    assert made == pytest.approx(result.summary.tokens_per_s, rel=1e-3)


def test_slopes_of_a_mixture_are_weighted_by_tokens() -> None:
    slope = np.array([[0.0, 0.0], [0.4, 0.8], [np.nan, np.nan], [0.0, 0.1], [0.1, 0.1]])
    held = Slopes(np.array([3.0, 1.0]), slope, np.array([False, False]), np.array([False, False]))
    found = weighted(held, np.array([1.0, 1.0]))
    assert found is not None
    assert found["memory"] == pytest.approx(0.5)
    assert found["thermal"] is None
    half = weighted(held, np.array([1.0 / 3.0, 1.0]))
    assert half is not None
    assert half["memory"] == pytest.approx(0.6)
    assert weighted(held, np.array([0.0, 0.0])) is None
    assert binding(found, {}, met=False) == "memory"
    assert binding({"memory": 0.001, "compute": 0.5}, {}, met=False) == "compute"
    assert binding({"memory": 0.001}, {}, met=True) == "demand"


def test_slopes_by_pool_equal_solving_anew(catalog: Catalog) -> None:
    """1 % more and less memory in one pool's accelerators alone, solved in full, moves its racks' tokens by their slope."""
    plan = read_plan(places.resources_dir() / "templates" / "nvl72-pod.yaml", catalog).document.snapshot()
    result = evaluate(plan, catalog)
    racks = next(part.racks for part in parts(plan) if part.kind == "pool" and part.id == "llama-70b")
    found = scope(result, racks)
    assert found is not None
    ends = []
    for factor in (1.01, 0.99):
        grown = [
            structs.replace(p, memory_gb=p.memory_gb * factor, memory_bw_tb_per_s=p.memory_bw_tb_per_s * factor)
            if isinstance(p, Accelerator) and p.memory_gb and p.memory_bw_tb_per_s
            else p
            for p in catalog
        ]
        tables = plan.tables()
        tables["profiles"] = {}
        after = evaluate(Snapshot(tables, 1, {}), Catalog(grown, catalog.sources))
        ends.append(next(p.tokens_per_s for p in after.throughput.pools if p.id == "llama-70b"))
    slope = np.log(ends[0] / ends[1]) / np.log(1.01 / 0.99)
    assert found.walls["memory"].elasticity == pytest.approx(slope, abs=0.03)  # batches are whole numbers there


def test_a_drag_and_unknown_racks_have_no_scope(pod: tuple[Snapshot, ResultSnapshot]) -> None:
    _, result = pod
    assert scope(result, ["nobody"]) is None
    assert scope(replace(result, rack_walls={}), result.power.rack_ids) is None


def test_parts_are_named_and_rows_of_several_halls_apart(pod: tuple[Snapshot, ResultSnapshot]) -> None:
    plan, _ = pod
    found = parts(plan)
    assert found[0].kind == "site"
    assert len(found[0].racks) == 16
    rows = {part.id: part.racks for part in found if part.kind == "row"}
    assert set(rows) == {"A", "B"}
    assert all(key.startswith("A") for key in rows["A"])
    assert [part.kind for part in found if part.kind == "rack"] == ["rack"] * 16
    tables = plan.tables()
    hall = next(iter(tables["halls"].values()))
    tables["halls"] = {**tables["halls"], "second": structs.replace(hall, id="second")}
    tables["racks"] = {
        key: structs.replace(rack, hall="second") if key == "B01" else rack for key, rack in tables["racks"].items()
    }
    assert {part.id for part in parts(Snapshot(tables, 1, {})) if part.kind == "row"} >= {"second/B"}
    assert parts(Document({}).snapshot()) == []
