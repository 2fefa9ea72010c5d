"""Scenarios side by side on the shipped plans."""

from __future__ import annotations

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.explore.compare import compare_scenarios
from infraplanner.io.embed import used_profiles
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Document
from infraplanner.model.entities import Scenario, ScenarioPatch
from infraplanner.session import Session, evaluate_once

TEMPLATES = places.resources_dir() / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.mark.parametrize("name", ["h100-pilot.yaml", "nvl72-pod.yaml"])
def test_each_case_equals_its_own_evaluation(name: str, catalog: Catalog) -> None:
    session = Session(catalog, force_sync=True, idle=True)
    session.open(TEMPLATES / name)
    cases = compare_scenarios(session.document.snapshot(), session.catalog)
    assert cases is not None
    assert [case.id for case in cases] == ["", *sorted(session.document.table("scenarios"))]
    assert len(cases) == 3
    for case in cases:
        own = evaluate_once(session, case.id or None)
        assert case.result is not None
        assert case.result.summary.tokens_per_s == own.summary.tokens_per_s
        assert case.result.summary.capex_usd == own.summary.capex_usd
    plan, *others = (case.result.summary.tokens_per_s for case in cases if case.result)
    assert all(other != plan for other in others)
    session.close()


def test_more_memory_rate_serves_more(catalog: Catalog) -> None:
    """H200 for H100: more tokens for more money, as the bandwidths of the two say (4.8 over 3.35 TB/s at most)."""
    cases = compare_scenarios(read_plan(TEMPLATES / "h100-pilot.yaml", catalog).document.snapshot(), catalog)
    assert cases is not None
    found = {case.id: case.result.summary for case in cases if case.result}
    ratio = found["h200"].tokens_per_s / found[""].tokens_per_s
    assert 1.05 < ratio < 2.0
    assert found["h200"].capex_usd > found[""].capex_usd
    assert found["wide-cache"].tokens_per_s < found[""].tokens_per_s


def test_a_scenario_that_cannot_be_applied_says_why_and_the_rest_goes_on(catalog: Catalog) -> None:
    document = Document()
    document.put("scenarios", Scenario(id="s", name="Gone", patches=(ScenarioPatch(target="nobody", field="x"),)))
    cases = compare_scenarios(document.snapshot(), catalog)
    assert cases is not None
    assert cases[0].result is not None
    assert cases[1].result is None
    assert "nobody" in cases[1].refusal


def test_a_plan_carries_the_profiles_of_its_scenarios(catalog: Catalog) -> None:
    document = read_plan(TEMPLATES / "nvl72-pod.yaml", catalog).document
    assert "gb300-nvl72" in used_profiles(document)
    assert "gb300" in document.table("profiles")
