"""Memory modules of servers in the air of their racks, bare and with solid-state modules on them."""

from __future__ import annotations

import json

import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.io.results_json import contract
from infraplanner.model.document import Document
from infraplanner.model.entities import Device, EmbeddedProfile, Rack
from infraplanner.results.snapshot import ResultSnapshot
from tests.engine.halls import add, pod
from tests.engine.test_evaluate import change


def served(**more: object) -> Document:
    """A server of eight H200 in a cabinet of its own beside two NVL72 racks."""
    doc = pod(racks=2, links=0)
    add(doc, "racks", Rack(id="cab", hall="hall", x_mm=6000, y_mm=3000, profile="eia-48u-dgx-700x1200"))
    add(doc, "devices", Device(id="srv", rack="cab", profile="dgx-h200", u=2, **more))
    doc.take_changes()
    return doc


def settled(doc: Document, catalog: Catalog) -> ResultSnapshot:
    result = evaluate(doc.snapshot(), catalog, check=run)
    assert result.failures == ()
    return result


def rules(result: ResultSnapshot) -> set[str]:
    return {finding.rule for finding in result.findings}


def test_memory_is_as_warm_as_its_watts_and_its_racks_air_make_it(catalog: Catalog) -> None:
    """By hand: 10 W over 4 K/W are 40 K. With two modules of 10 K/W beside it, 1 / (1/4 + 2/10) = 2.2222 K/W make 22.22 K, of
    which each module carries 2.222 W.
    """
    bare, helped = settled(served(), catalog), settled(served(cooler="airjet-mini", coolers=2), catalog)
    inlet = [float(r.thermal.air.rack_worst_c[r.power.rack_ids.index("cab")]) for r in (bare, helped)]
    assert bare.thermal.memory.device_ids == ("srv",)
    assert bare.thermal.memory.case_c[0] == pytest.approx(inlet[0] + 40.0)
    assert helped.thermal.memory.case_c[0] == pytest.approx(inlet[1] + 22.2222, abs=1e-3)
    assert helped.thermal.memory.module_w[0] == pytest.approx(4.4444, rel=1e-4)
    told = json.loads(json.dumps(contract(helped, {})))["thermal"]["memory_modules"]
    assert told["warmest"] == "srv"
    assert told["devices"][0]["case_c"] == pytest.approx(helped.thermal.memory.case_c[0])


def test_modules_draw_their_own_power(catalog: Catalog) -> None:
    bare, helped = settled(served(), catalog), settled(served(cooler="airjet-mini", coolers=2), catalog)
    row = bare.power.rack_ids.index("cab")
    more = helped.power.rack_power_w[row] - bare.power.rack_power_w[row]
    assert more == pytest.approx(2 * 1.0 * catalog.constant("memory.modules_per_device_count"))


def test_memory_above_its_limit_and_a_wrong_cooler_are_named(catalog: Catalog) -> None:
    data = {"name": "x", "confidence": "default", "sources": ["plan-default"], "value": 9.0, "unit": "K/W"}
    hot = served()
    add(hot, "profiles", EmbeddedProfile(id="thermal.memory_k_per_w", kind="constant", data=data))
    (said,) = (f for f in settled(hot, catalog).findings if f.rule == "memory.too-hot")
    assert said.targets == ("srv", "cab")
    assert "85 °C" in said.message
    assert "memory.too-hot" not in rules(settled(served(), catalog))
    odd = served()
    change(odd, "devices", "srv", cooler="cdu-rack-80")
    (wrong,) = (f for f in settled(odd, catalog).findings if f.rule == "memory.wrong-cooler")
    assert wrong.targets == ("srv",)
