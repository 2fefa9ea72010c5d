"""What one more unit buys: every gain is that of a plain evaluation of the changed plan, and the plan stays as it is."""

from __future__ import annotations

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.edit import SetFields
from infraplanner.engine.evaluate import evaluate
from infraplanner.explore.levers import Lever, applied, offers, rank_levers
from infraplanner.io.plan_reader import read_plan
from infraplanner.io.plan_writer import plan_bytes
from infraplanner.model.document import Document, Snapshot

POD = places.resources_dir() / "templates" / "nvl72-pod.yaml"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module")
def pod(catalog: Catalog) -> Snapshot:
    return read_plan(POD, catalog).document.snapshot()


@pytest.fixture(scope="module")
def levers(pod: Snapshot, catalog: Catalog) -> list[Lever]:
    found = rank_levers(pod, catalog)
    assert found is not None
    return found


def test_gains_are_those_of_the_changed_plan(levers: list[Lever], pod: Snapshot, catalog: Catalog) -> None:
    base = evaluate(pod, catalog).summary
    for lever in (levers[0], levers[-1]):
        changed = applied(pod, lever.offer.command)
        assert changed is not None
        after = evaluate(changed, catalog).summary
        gain = after.tokens_per_s - base.tokens_per_s
        assert lever.tokens_gained_per_s == pytest.approx(gain, abs=1e-4 * base.tokens_per_s)
        assert lever.capex_usd >= after.capex_usd - base.capex_usd - 1.0
    gains = [lever.tokens_gained_per_s for lever in levers]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 0


def test_faster_memory_is_priced_in_tokens_alone(levers: list[Lever], pod: Snapshot, catalog: Catalog) -> None:
    """What the memory wall is worth, by the same kernels: ten per cent more give about its elasticity's share."""
    shadow = next(lever for lever in levers if lever.offer.text.startswith("HBM +10 %"))
    assert shadow.capex_usd is None
    assert not shadow.offer.for_sale
    slope = evaluate(pod, catalog).walls["memory"].elasticity
    assert shadow.gain_frac == pytest.approx(1.1**slope - 1.0, rel=0.35)
    changed = applied(pod, shadow.offer.command)
    assert changed is not None
    assert pod.table("racks") == changed.table("racks")
    shorter = next(lever for lever in levers if lever.offer.text == "1 m less of every cable")
    before = evaluate(pod, catalog).fabric.ordered_m.sum()
    after = evaluate(applied(pod, shorter.offer.command), catalog).fabric.ordered_m.sum()  # type: ignore[arg-type]
    assert after < before


def test_a_cooler_costs_what_it_costs_though_the_house_does_not(catalog: Catalog) -> None:
    """A house is priced by the watt of IT, so parts take from its works; 300 $ a kW of cooler are paid all the same."""
    edge = read_plan(places.resources_dir() / "templates" / "edge-site.yaml", catalog).document.snapshot()
    found = {lever.offer.text: lever for lever in rank_levers(edge, catalog) or []}
    more = found["+1 In-row cooler chilled water 20 kW, half width"]
    assert more.capex_usd == pytest.approx(20 * 300.0)
    assert found["ir-1 as In-row cooler chilled water 30 kW, half width"].capex_usd == pytest.approx(10 * 300.0)
    assert more.tokens_gained_per_s > 0.03 * (evaluate(edge, catalog).summary.tokens_per_s or 0.0)
    assert found["+2.8 kW under the cap of utility"].tokens_gained_per_s == 0.0  # the cooler binds, not the feed
    changed = applied(edge, more.offer.command)
    assert changed is not None
    (new,) = set(changed.table("cooling")) - set(edge.table("cooling"))
    assert changed.table("cooling")[new].source_loop == "chw"
    assert sum(feed.target == new for feed in changed.table("feeds").values()) == 1


def test_one_more_rack_is_fed_cabled_and_cooled_like_its_model(levers: list[Lever], pod: Snapshot) -> None:
    """A pool that nothing else holds back gains its share: one rack more of two is half as much again."""
    lever = next(lever for lever in levers if lever.offer.text == "+1 GB200 NVL72 in llama-70b")
    changed = applied(pod, lever.offer.command)
    assert changed is not None
    new = set(changed.table("racks")) - set(pod.table("racks"))
    assert len(new) == 1
    rack = changed.table("racks")[new.pop()]
    assert rack.pool == "llama-70b"
    assert rack.loop
    model = next(key for key, old in pod.table("racks").items() if old.pool == "llama-70b")

    def ends(snapshot: Snapshot, key: str) -> tuple[int, int]:
        feeds = sum(feed.target == key for feed in snapshot.table("feeds").values())
        return feeds, sum(key in (link.a, link.b) for link in snapshot.table("links").values())

    assert ends(changed, rack.id)[0] == ends(pod, model)[0] > 0
    assert ends(changed, rack.id)[1] > 0
    share = next(p.tokens_per_s for p in [*evaluate_pools(pod)] if p.id == "llama-70b")
    assert lever.tokens_gained_per_s == pytest.approx(share / 2, rel=0.02)


def evaluate_pools(snapshot: Snapshot) -> tuple:  # type: ignore[type-arg]
    return evaluate(snapshot, load_catalog(places.shipped_profiles_dir())).throughput.pools


def test_the_plan_itself_is_not_touched(pod: Snapshot, catalog: Catalog) -> None:
    document = read_plan(POD, catalog).document
    before = plan_bytes(document)
    rank_levers(document.snapshot(), catalog)
    assert plan_bytes(document) == before


def test_a_command_that_refuses_is_left_out(pod: Snapshot) -> None:
    assert applied(pod, SetFields("pools", ["nobody"], {"kv": "fp8"})) is None


def test_a_stop_ends_it_and_an_empty_plan_has_none(pod: Snapshot, catalog: Catalog) -> None:
    assert rank_levers(pod, catalog, stop=lambda: True) is None
    assert rank_levers(Document().snapshot(), catalog) == []


def test_every_wall_has_its_offers(pod: Snapshot, catalog: Catalog) -> None:
    found = offers(pod, catalog, evaluate(pod, catalog))
    assert {offer.wall for offer in found} == {"power", "memory", "thermal", "copper"}
    assert len({offer.text for offer in found}) == len(found)
