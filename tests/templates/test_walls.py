"""Elasticity and next wall against plain re-evaluation of every template with the capacities of a wall scaled by hand.

The scaling knows nothing of how the engine takes its slopes: it edits records and profiles, and solves the plan anew with
layouts free to change. Batches are whole numbers there and real ones in the slopes, which is where the rest comes from.
"""

from __future__ import annotations

import math
from functools import lru_cache

import pytest
from msgspec import structs

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.catalog.types import Accelerator
from infraplanner.engine.evaluate import evaluate
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.places import resources_dir, shipped_profiles_dir
from infraplanner.results.snapshot import WALLS, ResultSnapshot

TEMPLATES = tuple(sorted(path.name for path in (resources_dir() / "templates").glob("*.yaml")))
MEMORY = ("memory_gb", "memory_bw_tb_per_s", "sram_mb", "sram_bw_tb_per_s")
COPPER = ("scale_up_gb_per_s", "scale_out_nic_gbps")
STEP = 0.01


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    return load_catalog(shipped_profiles_dir())


def grown(fields: tuple[str, ...], factor: float) -> Catalog:
    """The catalogue with these rates and sizes of every accelerator scaled."""
    base = catalog()
    out = []
    for profile in base:
        if isinstance(profile, Accelerator):
            values = {name: getattr(profile, name) * factor for name in fields if getattr(profile, name) is not None}
            out.append(structs.replace(profile, **values))
        else:
            out.append(profile)
    return Catalog(out, base.sources)


def scaled(plan: Snapshot, wall: str, factor: float) -> tuple[Snapshot, Catalog]:
    """A plan and a catalogue in which every capacity of one wall is scaled; the plan's own copies of profiles go."""
    tables = plan.tables()
    tables["profiles"] = {}
    used = catalog()
    if wall == "memory":
        used = grown(MEMORY, factor)
    elif wall == "copper":
        used = grown(COPPER, factor)
        tables["links"] = {
            key: structs.replace(row, rate_gbps=row.rate_gbps * factor) for key, row in tables["links"].items()
        }
    elif wall == "power":
        tables["racks"] = {
            key: structs.replace(row, power_cap_frac=min(1.0, row.power_cap_frac * factor))
            if row.power_cap_frac
            else row
            for key, row in tables["racks"].items()
        }
    return Snapshot(tables, 1, {}), used


@lru_cache(maxsize=16)
def base(name: str) -> tuple[Snapshot, ResultSnapshot]:
    plan = read_plan(resources_dir() / "templates" / name, catalog()).document.snapshot()
    return plan, evaluate(*scaled(plan, "", 1.0))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_fills_walls_and_summary(name: str) -> None:
    _, result = base(name)
    summary = result.summary
    for figure in ("it_power_kw", "facility_power_kw", "pue", "heat_kw", "opex_usd_per_year"):
        assert getattr(summary, figure) is not None, figure
    assert all(result.walls[wall].utilisation is not None for wall in WALLS if wall != "memory")
    if any(pool.tokens_per_s is not None for pool in result.throughput.pools):
        assert summary.binding_wall in (*WALLS, "compute", "demand", "none")
        assert result.walls["memory"].utilisation is not None


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_binding_walls_elasticity_is_that_of_a_plain_re_evaluation(name: str) -> None:
    plan, result = base(name)
    bound = result.summary.binding_wall
    if bound not in ("power", "memory", "copper"):
        pytest.skip(f"{name} is bound by {bound}")
    ends = [evaluate(*scaled(plan, bound, 1.0 + side * STEP)).summary.tokens_per_s for side in (1, -1)]
    change = math.log(ends[0] / ends[1])
    expected = 2 * STEP * result.walls[bound].elasticity
    assert change == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_next_wall_binds_after_its_factor(name: str) -> None:
    plan, result = base(name)
    bound = result.summary.binding_wall
    wall = result.walls.get(bound or "")
    if wall is None or wall.next is None or bound == "thermal":
        pytest.skip(f"{name}: nothing follows {bound}")
    after = evaluate(*scaled(plan, bound, wall.next_factor))
    assert after.summary.binding_wall == wall.next


def test_templates_are_bound_by_different_walls() -> None:
    bound = [base(name)[1].summary.binding_wall for name in TEMPLATES]
    assert sum(wall in WALLS for wall in bound) >= 5, dict(zip(TEMPLATES, bound, strict=True))
    assert {"power", "memory", "copper"} <= set(bound)
