"""The ladder climbs by plain evaluations of changed plans: every rung is what that plan gives, and the plan stays."""

from __future__ import annotations

import itertools

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine.evaluate import evaluate
from infraplanner.explore.ladder import LEAST_GAIN, ladder
from infraplanner.explore.levers import applied, offers
from infraplanner.io.plan_reader import read_plan
from infraplanner.io.plan_writer import plan_bytes
from infraplanner.model.document import Document, Snapshot

TEMPLATES = places.resources_dir() / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


def plan(name: str, catalog: Catalog) -> Snapshot:
    return read_plan(TEMPLATES / name, catalog).document.snapshot()


@pytest.mark.parametrize(("name", "least"), [("h100-pilot.yaml", 3), ("edge-site.yaml", 3), ("rubin-800v.yaml", 2)])
def test_each_rung_is_what_its_plan_gives(name: str, least: int, catalog: Catalog) -> None:
    start = plan(name, catalog)
    before = plan_bytes(Document(start.tables()), catalog)
    found = ladder(start, catalog)
    assert found is not None
    assert len(found.rungs) >= least
    state = start
    for rung in found.rungs:
        if rung.change is not None:
            changed = applied(state, rung.change.command)
            assert changed is not None
            state = changed
        result = evaluate(state, catalog).summary
        assert rung.tokens_per_s == pytest.approx(result.tokens_per_s)
        assert rung.binding_wall == result.binding_wall
    tokens = [rung.tokens_per_s for rung in found.rungs]
    assert all(later > now * (1 + LEAST_GAIN) for now, later in itertools.pairwise(tokens))
    assert plan_bytes(Document(start.tables()), catalog) == before


def test_a_change_on_the_binding_wall_comes_first_and_the_cheapest_of_them(catalog: Catalog) -> None:
    """The edge site is bound by its cooler: a larger one comes before anything else, though other changes gain more."""
    found = ladder(plan("edge-site.yaml", catalog), catalog, steps=1)
    assert found is not None
    change = found.rungs[1].change
    assert change is not None
    assert change.wall == found.rungs[0].binding_wall == "thermal"


def test_it_ends_with_a_reason_and_stops_when_told(catalog: Catalog) -> None:
    empty = ladder(Document().snapshot(), catalog)
    assert empty is not None
    assert empty.rungs == ()
    assert "no tokens" in empty.end
    assert ladder(plan("edge-site.yaml", catalog), catalog, stop=lambda: True) is None
    short = ladder(plan("edge-site.yaml", catalog), catalog, steps=1)
    assert short is not None
    assert short.end == "Ended after 1 change."


def test_servers_have_successors_and_pinned_layouts_can_be_freed(catalog: Catalog) -> None:
    start = plan("h100-pilot.yaml", catalog)
    texts = {offer.text for offer in offers(start, catalog, evaluate(start, catalog))}
    assert "llama-70b on DGX H200" in texts
    assert "Layout of llama-70b left to the engine" in texts
