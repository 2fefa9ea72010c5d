"""What the findings on prices and budgets say would mend them, mended."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.checks.registry import run as run_checks
from infraplanner.engine.evaluate import evaluate
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Site
from infraplanner.places import resources_dir, shipped_profiles_dir
from infraplanner.results.snapshot import ResultSnapshot


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(shipped_profiles_dir())


def template(name: str, catalog: Catalog, **site: Any) -> Snapshot:
    tables = read_plan(resources_dir() / "templates" / name, catalog).document.snapshot().tables()
    tables["site"] = {"site": Site(id="site", region="us-virginia", **site)}
    return Snapshot(tables, 1, {})


def sentences(result: ResultSnapshot, rule: str) -> list[str]:
    return [finding.message for finding in result.findings if finding.rule == rule]


def test_as_many_racks_less_as_it_says_keep_the_budget(catalog: Catalog) -> None:
    plan = template("nvl72-pod.yaml", catalog, capex_budget_usd=32e6)
    told = sentences(evaluate(plan, catalog, check=run_checks), "budget.capital")
    assert len(told) == 1
    less, count = (int(text) for text in re.search(r"(\d+) of (\d+) gb200-nvl72 less would meet it", told[0]).groups())  # type: ignore[union-attr]
    assert 0 < less < count == 8
    tables = plan.tables()
    gone = [key for key, rack in sorted(tables["racks"].items()) if rack.profile == "gb200-nvl72"][:less]
    tables["racks"] = {key: rack for key, rack in tables["racks"].items() if key not in gone}
    for table, ends in (("links", ("a", "b")), ("feeds", ("target",))):
        tables[table] = {
            key: row for key, row in tables[table].items() if not any(getattr(row, end) in gone for end in ends)
        }
    after = evaluate(Snapshot(tables, 1, {}), catalog, check=run_checks)
    assert not sentences(after, "budget.capital")
    assert after.summary.capex_usd is not None
    assert after.summary.capex_usd <= 32e6


def test_a_budget_below_all_else_says_that_no_rack_less_meets_it(catalog: Catalog) -> None:
    told = sentences(
        evaluate(template("nvl72-pod.yaml", catalog, capex_budget_usd=1e5), catalog, check=run_checks), "budget.capital"
    )
    assert "Even without all 8 gb200-nvl72" in told[0]


def test_a_met_budget_is_silent(catalog: Catalog) -> None:
    plan = template("nvl72-pod.yaml", catalog, capex_budget_usd=1e9, usd_per_million_tokens_limit=100.0)
    result = evaluate(plan, catalog, check=run_checks)
    assert not sentences(result, "budget.capital")
    assert not sentences(result, "budget.token-cost")


def test_the_cost_limit_tells_both_ways_to_reach_it(catalog: Catalog) -> None:
    result = evaluate(template("nvl72-pod.yaml", catalog, usd_per_million_tokens_limit=0.2), catalog, check=run_checks)
    cost, total = result.summary.usd_per_million_tokens, result.economics.total_usd_per_year
    assert cost is not None
    assert total is not None
    told = sentences(result, "budget.token-cost")[0]
    assert f"{100 * (cost / 0.2 - 1):.3g} % more tokens" in told
    assert "a year less" in told


@pytest.mark.parametrize("name", ["sram-row.yaml", "nvl72-pod.yaml", "rubin-800v.yaml", "tpu-ocs-pod.yaml"])
def test_what_has_no_price_is_what_the_cost_lines_count(catalog: Catalog, name: str) -> None:
    """The rules look at profiles, the lines at prices; both must mean the same objects."""
    result = evaluate(template(name, catalog), catalog, check=run_checks)
    lines = {line.name: line.unknown_count for line in result.economics.capex_lines}
    for rule, names in (
        ("price.no-accelerator", ("Accelerator systems",)),
        ("price.missing", ("Switches", "Storage and support", "Power", "Cooling")),
    ):
        objects = [key for f in result.findings if f.rule == rule for key in f.targets]
        assert len(objects) == sum(lines.get(each, 0) for each in names), rule
        assert len(set(objects)) == len(objects)
    assert (result.summary.capex_usd is None) == bool(lines["Accelerator systems"])
    assert all(math.isfinite(line.usd) for line in result.economics.capex_lines)
