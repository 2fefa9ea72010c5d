"""Elasticity and next wall against plain re-evaluation of every template with the capacities of a wall scaled by hand.

The scaling knows nothing of how the engine takes its slopes: it edits records and profiles, and solves the plan anew with
layouts free to change. Batches are whole numbers there and real ones in the slopes, which is where the rest comes from.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import pytest
from msgspec import structs

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.catalog.types import Accelerator, Constant, CoolingUnit
from infraplanner.engine.evaluate import evaluate
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.places import resources_dir, shipped_profiles_dir
from infraplanner.results.snapshot import WALLS, ResultSnapshot

TEMPLATES = tuple(sorted(path.name for path in (resources_dir() / "templates").glob("*.yaml")))
MEMORY = ("memory_gb", "memory_bw_tb_per_s", "sram_mb", "sram_bw_tb_per_s")
COPPER = ("scale_up_gb_per_s", "scale_out_nic_gbps")
CARRIED = ("capacity_kw", "flow_l_per_min")
RESISTANCES = ("plate_a_k_per_w", "plate_b_k_per_w")
STEP = 0.01


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    return load_catalog(shipped_profiles_dir())


def grown(wall: str, factor: float) -> Catalog:
    """The catalogue with every capacity that belongs to a wall scaled: rates and sizes of accelerators, heat and flow that
    cooling units carry, and what chips' coolers and sinks conduct.
    """
    base = catalog()
    fields = MEMORY if wall == "memory" else COPPER if wall == "copper" else ()
    out = []
    for profile in base:
        if isinstance(profile, Accelerator):
            out.append(_times(profile, fields, factor))
        elif wall == "thermal" and isinstance(profile, CoolingUnit):
            out.append(_times(_times(profile, CARRIED, factor), RESISTANCES, 1.0 / factor))
        elif wall == "thermal" and isinstance(profile, Constant) and profile.id == "thermal.heatsink_k_per_w":
            out.append(structs.replace(profile, value=profile.value / factor))
        else:
            out.append(profile)
    return Catalog(out, base.sources)


def _times(profile: Any, names: tuple[str, ...], factor: float) -> Any:
    held = {name: getattr(profile, name) for name in names}
    return structs.replace(profile, **{name: value * factor for name, value in held.items() if value is not None})


def scaled(plan: Snapshot, wall: str, factor: float) -> tuple[Snapshot, Catalog]:
    """A plan and a catalogue in which every capacity of one wall is scaled; the plan's own copies of profiles go."""
    tables = plan.tables()
    tables["profiles"] = {}
    if wall == "copper":
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
        tables["power"] = {key: _times(row, ("power_cap_kw",), factor) for key, row in tables["power"].items()}
    return Snapshot(tables, 1, {}), catalog() if wall == "" else grown(wall, factor)


@lru_cache(maxsize=16)
def base(name: str) -> tuple[Snapshot, ResultSnapshot]:
    plan = read_plan(resources_dir() / "templates" / name, catalog()).document.snapshot()
    return plan, evaluate(*scaled(plan, "", 1.0))


def tokens(result: ResultSnapshot) -> float:
    """Tokens/s that are served; where none are, those that are trained on."""
    summary = result.summary
    return summary.tokens_per_s or summary.training_tokens_per_s or math.nan


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
    if bound not in WALLS:
        pytest.skip(f"{name} is bound by {bound}")
    ends = [tokens(evaluate(*scaled(plan, bound, 1.0 + side * STEP))) for side in (1, -1)]
    change = math.log(ends[0] / ends[1])
    expected = 2 * STEP * result.walls[bound].elasticity
    assert expected > 0.0
    assert change == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_next_wall_binds_after_its_factor(name: str) -> None:
    plan, result = base(name)
    bound = result.summary.binding_wall
    wall = result.walls.get(bound or "")
    if wall is None or wall.next is None:
        pytest.skip(f"{name}: nothing follows {bound}")
    after = evaluate(*scaled(plan, bound, wall.next_factor))
    assert after.summary.binding_wall == wall.next


def test_every_wall_binds_some_template() -> None:
    bound = {name: base(name)[1].summary.binding_wall for name in TEMPLATES}
    assert sum(wall in WALLS for wall in bound.values()) >= 5, bound
    assert set(WALLS) <= set(bound.values()), bound
