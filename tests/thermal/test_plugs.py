"""Pluggable ends of links in the air of their racks: their case, solid-state modules on them, and what breaks the limit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.engine.plugs import plug_rise
from infraplanner.explore.telemetry import link_report
from infraplanner.io.results_json import contract
from infraplanner.model.document import Document
from infraplanner.model.entities import Device, EmbeddedProfile, Link
from infraplanner.results.snapshot import ResultSnapshot
from tests.engine.halls import add, pod


def hall(medium: str = "dr8_1600g_dsp", rate: float = 1600.0, **more: object) -> Document:
    """Four racks in the air of a hall and one bundle of two cables between the first two."""
    doc = pod(racks=4, links=0)
    add(doc, "links", Link(id="opt", a="r000", b="r001", rate_gbps=rate, count=2, medium=medium, **more))
    doc.take_changes()
    return doc


def settled(doc: Document, catalog: Catalog) -> ResultSnapshot:
    result = evaluate(doc.snapshot(), catalog, check=run)
    assert result.failures == ()
    return result


def rises(watts: float, modules: float, most_w: float = 4.5) -> tuple[float, float]:
    rise, carried = plug_rise(np.array([watts]), 1.1, np.array([10.0]), np.array([modules]), np.array([most_w]))
    return float(rise[0]), float(carried[0])


def test_sink_and_modules_take_the_heat_side_by_side() -> None:
    """By hand: 30 W over 1.1 K/W are 33 K. Beside four modules of 10 K/W it is 1 / (1/1.1 + 4/10) = 0.76389 K/W, so 22.917 K, of
    which each module carries 2.2917 W; modules of 2 W are full, and 22 W over the sink are 24.2 K."""
    assert rises(30.0, 0.0) == pytest.approx((33.0, 0.0))
    assert rises(30.0, 4.0) == pytest.approx((22.9167, 9.16667), rel=1e-5)
    assert rises(30.0, 4.0, 2.0) == pytest.approx((24.2, 8.0))


def test_a_plug_is_as_warm_as_its_watts_and_its_racks_air_make_it(catalog: Catalog) -> None:
    result = settled(hall(), catalog)
    plugs, air = result.thermal.plugs, result.thermal.air.rack_worst_c
    rows = [result.power.rack_ids.index(key) for key in ("r000", "r001")]
    at = plugs.link_ids.index("opt")
    own = catalog.constant("thermal.plug_k_per_w")
    assert plugs.case_c[at] == pytest.approx(max(air[rows]) + 30.0 * own)
    assert plugs.rack[at] == rows[int(np.argmax(air[rows]))]
    assert plugs.case_c[at] == plugs.bare_c[at]
    assert plugs.limit_c == 70.0


def test_modules_cool_a_plug_and_draw_their_own_power(catalog: Catalog) -> None:
    bare, helped = settled(hall(), catalog), settled(hall(cooler="airjet-mini", coolers=4), catalog)
    plugs, at = helped.thermal.plugs, helped.thermal.plugs.link_ids.index("opt")
    drop = 30.0 * 1.1 - 30.0 / (1.0 / 1.1 + 0.4)
    assert plugs.bare_c[at] - plugs.case_c[at] == pytest.approx(drop)
    more = helped.fabric.power_w[at] - bare.fabric.power_w[at]
    assert more == pytest.approx(2 * 2 * 4 * 1.0)  # two ends of two cables, four modules of 1 W
    # every watt is told once, in the racks that the ends are plugged in
    assert helped.power.rack_power_w.sum() - bare.power.rack_power_w.sum() == pytest.approx(more, rel=1e-6)


def hot(doc: Document) -> Document:
    """A cage that is worse than the usual one."""
    data = {"name": "plug", "confidence": "default", "sources": ["plan-default"], "value": 1.8, "unit": "K/W"}
    add(doc, "profiles", EmbeddedProfile(id="thermal.plug_k_per_w", kind="constant", data=data))
    return doc


def test_a_plug_above_its_limit_is_named_and_modules_clear_it(catalog: Catalog) -> None:
    bare, helped = settled(hot(hall()), catalog), settled(hot(hall(cooler="airjet-mini", coolers=4)), catalog)
    said = [f for f in bare.findings if f.rule == "link.plug-too-hot"]
    assert [f.targets[0] for f in said] == ["opt"]
    assert "30 W" in said[0].message
    assert "70 °C" in said[0].message
    assert "link.plug-too-hot" not in {f.rule for f in helped.findings}


def test_modules_that_are_full_and_coolers_in_the_wrong_place_are_named(catalog: Catalog) -> None:
    """By hand, at 1.8 K/W: one module leaves 30 / (1/1.8 + 1/10) = 45.8 K, 4.58 W of its 4.5; two leave 39.7 K, 3.97 W each."""
    one, two = (settled(hot(hall(cooler="airjet-mini", coolers=n)), catalog) for n in (1, 2))
    assert "link.modules-full" in {f.rule for f in one.findings}
    assert "link.modules-full" not in {f.rule for f in two.findings}
    for doc in (hall(cooler="crah-cw"), hall("dac_400g_4x100", 400.0, cooler="airjet-mini")):
        said = [f for f in settled(doc, catalog).findings if f.rule == "link.wrong-cooler"]
        assert [f.targets for f in said] == [("opt",)]


def test_copper_without_watts_and_air_that_is_unknown_stay_unknown(catalog: Catalog) -> None:
    passive = settled(hall("dac_400g_4x100", 400.0), catalog)
    assert np.isnan(passive.thermal.plugs.case_c).all()
    airless = hall()
    airless.remove("cooling", "crah1")
    assert np.isnan(settled(airless, catalog).thermal.plugs.case_c).all()


def test_the_mirror_of_an_optical_switch_has_no_plug(catalog: Catalog) -> None:
    doc = pod(racks=4, links=0)
    add(doc, "devices", Device(id="ocs", rack="r003", profile="palomar-ocs", u=1))
    add(doc, "links", Link(id="opt", a="r000", b="ocs", rate_gbps=400.0, medium="dr4_400g"))
    result = settled(doc, catalog)
    plugs = result.thermal.plugs
    assert result.power.rack_ids[plugs.rack[plugs.link_ids.index("opt")]] == "r000"


def test_report_and_results_tell_it(catalog: Catalog) -> None:
    doc = hall(cooler="airjet-mini", coolers=2)
    result = settled(doc, catalog)
    report = link_report(doc.snapshot(), catalog, result.fabric, "opt", result.thermal.plugs)
    assert report["plug_w"] == 30.0
    chosen = next(medium for medium in report["media"] if medium["in_force"])
    assert chosen["power_w"] == pytest.approx(2 * 2 * (30.0 + 2 * 1.0))
    assert chosen["added_w"] == pytest.approx(0.0)
    assert report["plug_case_c"] < report["plug_bare_c"]
    told = json.loads(json.dumps(contract(result, {})))["thermal"]["plugs"]
    assert told["warmest"] == "opt"
    assert [row["id"] for row in told["links"]] == ["opt"]
