"""Every rule: silent on a sound hall, and speaking with both numbers when its fault is put in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog
from infraplanner.checks import RULES, run
from infraplanner.checks.context import apart
from infraplanner.engine import evaluate
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Document
from infraplanner.model.entities import (
    Cooling,
    Device,
    EmbeddedProfile,
    Feed,
    Hall,
    Link,
    Loop,
    Pool,
    Port,
    PowerNode,
    Rack,
    Site,
    TariffPeriod,
    Waiver,
    Workload,
)
from infraplanner.results.findings import Finding
from tests.engine.halls import add, pod
from tests.engine.test_evaluate import change

from .copper_faults import FAULTS as COPPER_FAULTS
from .thermal_faults import FAULTS as THERMAL_FAULTS


def sound() -> Document:
    """The pod with enough air and room that no rule speaks."""
    document = pod(racks=4, links=8)
    change(document, "halls", "hall", supply_air_c=20.0)  # an open row breathes some of its own air
    add(document, "loops", Loop(id="chw", kind="facility", fluid="water", supply_c=6.0, rise_k=6.0))
    add(
        document, "cooling", Cooling(id="ch", hall="hall", x_mm=36000, y_mm=8000, profile="chiller-air-200", loop="chw")
    )
    for side in "ab":
        add(document, "feeds", Feed(id=f"f-ch-{side}", source=f"rpp-{side}", target="ch"))
    change(document, "cooling", "crah1", source_loop="chw")
    return document


def findings(document: Document, catalog: Catalog) -> list[Finding]:
    return list(evaluate(document.snapshot(), catalog, check=run).findings)


def rules_of(document: Document, catalog: Catalog) -> set[str]:
    return {finding.rule for finding in findings(document, catalog)}


def test_a_sound_hall_has_no_findings(catalog: Catalog) -> None:
    assert findings(sound(), catalog) == []


@pytest.mark.parametrize(
    "name",
    ["edge-site", "h100-pilot", "hall-20mw", "nvl72-pod", "rubin-800v", "sram-row", "tpu-ocs-pod", "training-16k-h100"],
)
def test_templates_open_without_errors_or_warnings(catalog: Catalog, name: str) -> None:
    plan = read_plan(places.resources_dir() / "templates" / f"{name}.yaml", catalog=catalog)
    open_ones = [f for f in findings(plan.document, catalog) if f.severity != "info" and not f.waived]
    assert open_ones == []


def ring(doc: Document) -> None:
    add(doc, "feeds", Feed(id="back", source="rpp-a", target="tx-a"))


def unfed(doc: Document) -> None:
    doc.remove("feeds", "f-r001-a")
    doc.remove("feeds", "f-r001-b")


def unfed_cooling(doc: Document) -> None:
    doc.remove("feeds", "f-cdu1-a")
    doc.remove("feeds", "f-cdu1-b")


def one_source(doc: Document) -> None:
    change(doc, "feeds", "f-r001-b", source="bus-a", side="b")


def through_the_other(doc: Document) -> None:
    change(doc, "feeds", "f-bus-b", source="bus-a")


def no_curve(doc: Document) -> None:
    change(doc, "power", "rpp-a", profile="estatcom-200")


def no_rating(doc: Document) -> None:
    change(doc, "power", "ups-a", profile="ups-mitsubishi-sic")


def overloaded(doc: Document) -> None:
    change(doc, "power", "bus-a", rating_kw=50.0)


def over_80(doc: Document) -> None:
    change(doc, "power", "bus-a", rating_kw=230.0)


def powerless(doc: Document) -> None:
    add(doc, "devices", Device(id="dark", rack="leaf", profile="sn6800", u=1))


def pumpless(doc: Document) -> None:
    add(doc, "loops", Loop(id="spare"))
    change(doc, "racks", "r001", loop="spare")


def loopless(doc: Document) -> None:
    change(doc, "racks", "r001", loop="")


def airless(doc: Document) -> None:
    doc.remove("cooling", "crah1")


def small_cdu(doc: Document) -> None:
    for unit in ("cdu1", "cdu2"):
        change(doc, "cooling", unit, profile="cdu-rack-80")


def kept_cool(doc: Document) -> None:
    """CDUs that are too small for the racks, on a loop that is kept to what they carry."""
    small_cdu(doc)
    change(doc, "loops", "tcs", manage_heat=True)


def grid_cap(cap_kw: float) -> Callable[[Document], None]:
    return lambda doc: change(doc, "power", "grid", power_cap_kw=cap_kw)


def warm(doc: Document) -> None:
    change(doc, "loops", "tcs", supply_c=46.0)


def too_cold(doc: Document) -> None:
    change(doc, "loops", "tcs", supply_c=15.0)


def loop_ring(doc: Document) -> None:
    add(
        doc,
        "cooling",
        Cooling(id="odd", hall="hall", x_mm=20000, y_mm=12500, profile="cdu-xdu450", loop="fws", source_loop="tcs"),
    )


def powerless_unit(doc: Document) -> None:
    change(doc, "cooling", "crah1", profile="crac-stulz-cyberair3")


def odd_rate(doc: Document) -> None:
    change(doc, "links", "l-r001-0", rate_gbps=333.0)


def too_far(doc: Document) -> None:
    change(doc, "halls", "hall", width_mm=900000)
    add(doc, "racks", Rack(id="far", hall="hall", x_mm=800000, y_mm=4000, profile="orv3-frame"))
    add(doc, "devices", Device(id="sw2", rack="far", profile="sn5600", u=10))
    add(doc, "links", Link(id="long", a="sw2", b="sw1", rate_gbps=1.0))


def pinned_far(doc: Document) -> None:
    change(doc, "links", "l-r003-0", medium="dac_400g_8x50")


def pinned_rate(doc: Document) -> None:
    change(doc, "links", "l-r001-0", medium="dac_800g_8x100")


def pinned_ghost(doc: Document) -> None:
    change(doc, "links", "l-r001-0", medium="no-such-cable")


def two_halls(doc: Document) -> None:
    add(doc, "halls", Hall(id="other", width_mm=9000, depth_mm=9000))
    change(doc, "racks", "r001", hall="other", x_mm=3000, y_mm=3000)


def many_ports(doc: Document) -> None:
    change(doc, "links", "l-r001-0", count=70)


def no_accelerators(doc: Document) -> None:
    add(doc, "pools", Pool(id="idle", model="llama3.1-70b", workload="chat"))


def too_large(doc: Document) -> None:
    change(doc, "pools", "serve", model="deepseek-r1", weights="bf16", tp=1, dp=1, ep=1)


def uneven(doc: Document) -> None:
    change(doc, "pools", "serve", tp=7)


def unknown_model(doc: Document) -> None:
    change(doc, "pools", "serve", model="no-such-model")


def no_path(doc: Document) -> None:
    add(doc, "pools", Pool(id="pre", model="llama3.3-70b", workload="chat", phase="prefill"))
    change(doc, "pools", "serve", phase="decode", prefill_pool="pre")
    change(doc, "racks", "r000", pool="pre")
    for k in range(8):
        doc.remove("links", f"l-r000-{k}")


def hasty(doc: Document) -> None:
    add(doc, "workloads", Workload(id="chat", input_tokens=1024, output_tokens=1024, tpot_limit_s=0.0001))


def too_clever(doc: Document) -> None:
    add(doc, "workloads", Workload(id="riddles", kind="agentic", profile="chat-1k-1k", complexity_b=900.0,
                                   offered_requests_per_s=1.0))  # fmt: skip


def crowd(doc: Document) -> None:
    add(doc, "workloads", Workload(id="crowd", kind="generative", profile="chat-1k-1k", pattern="office-hours",
                                   offered_requests_per_s=1e7))  # fmt: skip


def two_prices(doc: Document) -> None:
    add(doc, "tariff", TariffPeriod(id="day", start_h=8, end_h=20, usd_per_kwh=0.2))
    add(doc, "tariff", TariffPeriod(id="evening", start_h=18, end_h=22, usd_per_kwh=0.3))


def half_a_tariff(doc: Document) -> None:
    add(doc, "tariff", TariffPeriod(id="day", start_h=8, end_h=20, usd_per_kwh=0.2))


def stacked(doc: Document) -> None:
    change(doc, "racks", "r001", x_mm=2300)


def outside(doc: Document) -> None:
    change(doc, "racks", "r001", x_mm=100, y_mm=6000)


def crowded(doc: Document) -> None:
    add(doc, "devices", Device(id="server", rack="leaf", profile="dgx-h100", u=35))


def unrated(doc: Document) -> None:
    change(doc, "power", "rpp-a", rating_kw=0.0)


def in_maintenance(doc: Document) -> None:
    for node in ("bus-a", "bus-b"):
        change(doc, "power", node, maintenance=True)


def thin_bar(doc: Document) -> None:
    """132 kW over 60 m of a 54 V bar asks more than it can carry at any voltage."""
    change(doc, "feeds", "f-r001-a", conductor="bar-rack-54v", length_mm=1_000_000)
    change(doc, "feeds", "f-r001-b", weight=0.0)


def hot_cable(doc: Document) -> None:
    change(doc, "feeds", "f-r001-a", conductor="cable-cu-1-0-415v", length_mm=5000, ambient_c=74.0)


def busy_cable(doc: Document) -> None:
    """Half of a rack's power over a cable that it loads to between 80 and 100 %."""
    change(doc, "feeds", "f-r001-a", conductor="cable-cu-1-0-415v", length_mm=5000, ambient_c=62.0)


def bare_conductor(doc: Document) -> None:
    change(doc, "feeds", "f-r001-a", conductor="psu-orv3-3kw", length_mm=5000)


def long_cable(doc: Document) -> None:
    change(doc, "feeds", "f-r001-a", conductor="cable-cu-1-0-415v", length_mm=600_000)


def one_phase(doc: Document) -> None:
    change(doc, "feeds", "f-r001-a", phase="l1")


def battery_alone(doc: Document) -> None:
    change(doc, "power", "grid", profile="bess-dea", rating_kw=3000.0, energy_kwh=500.0)


def no_spare_left(doc: Document) -> None:
    change(doc, "power", "grid", profile="gt-ocgt", rating_kw=500.0, units=2, spare=1)


def small_turbine(doc: Document) -> None:
    change(doc, "power", "grid", profile="gt-ocgt", rating_kw=500.0)


def slow_start(doc: Document) -> None:
    """The UPS lasts five minutes, the turbine that should relieve it takes ten."""
    add(
        doc,
        "power",
        PowerNode(id="gt", hall="hall", profile="gt-ocgt", x_mm=30000, y_mm=13000, rating_kw=4000.0, mode="backup"),
    )
    add(doc, "feeds", Feed(id="f-gt", source="gt", target="tx-a"))


def same_ups(doc: Document) -> None:
    change(doc, "feeds", "f-rpp-b", source="ups-a")


def eco_without_figures(doc: Document) -> None:
    change(doc, "power", "ups-a", eco=True)


def slow_bypass(doc: Document) -> None:
    """A small UPS of the catalogue, as a plan's own profile with a slow switch."""
    data = {"name": "UPS with a slow switch", "power_kind": "ups_small", "capacity_kw": 2000.0, "eco_max_frac": 0.99,
            "loss_b_frac": 0.04, "confidence": "default", "sources": ["eng"], "transfer_s": 0.05}  # fmt: skip
    doc.put("profiles", EmbeddedProfile(id="ups-slow", kind="power", data=data))
    change(doc, "power", "ups-a", profile="ups-slow", eco=True)


def spare_in_use(doc: Document) -> None:
    change(doc, "power", "ups-a", rating_kw=900.0, units=5, spare=4)


def distant_sidecar(doc: Document) -> None:
    add(doc, "power", PowerNode(id="side", hall="hall", profile="sidecar-1200", x_mm=20000, y_mm=12000, side="a"))
    change(doc, "feeds", "f-r001-a", source="side")
    add(doc, "feeds", Feed(id="f-side", source="ups-a", target="side"))


def few_supplies(doc: Document) -> None:
    """Shelves of 16 kW instead of 33 kW in every rack."""
    data = {"name": "Small shelves", "confidence": "default", "sources": ["eng"], "topic": "rack_supply",
            "data": {"systems": ["gb200-nvl72"], "label": "power shelf", "count": 8, "unit_kw": 16.0}}  # fmt: skip
    doc.put("profiles", EmbeddedProfile(id="rack_supply.nvl72", kind="record", data=data))


def tight_at_nameplate(doc: Document) -> None:
    """Each UPS carries all racks at their present draw, and not at their nameplate."""
    for side in "ab":
        change(doc, "power", f"ups-{side}", rating_kw=500.0)


def unpriced_rack(doc: Document) -> None:
    """A rack of which no price is published."""
    change(doc, "racks", "r000", profile="kyber-nvl576")


def unpriced_switch(doc: Document) -> None:
    """A switch of which no price is known."""
    add(doc, "devices", Device(id="sw-new", rack="leaf", profile="sn6800", u=30))


def poor(doc: Document) -> None:
    """Four racks of some three million each, and ten million to spend."""
    add(doc, "site", Site(id="site", capex_budget_usd=10e6))


def thrifty(doc: Document) -> None:
    """Tokens for a hundredth of a cent a million."""
    add(doc, "site", Site(id="site", usd_per_million_tokens_limit=1e-4))


FAULTS: list[tuple[str, Callable[[Document], None], str]] = [
    ("power.feed-cycle", ring, "rpp-a"),
    ("power.unfed-rack", unfed, "r001"),
    ("power.unfed-cooling", unfed_cooling, "cdu1"),
    ("power.false-diversity", one_source, "r001"),
    ("power.false-diversity", through_the_other, "r001"),
    ("power.missing-curve", no_curve, "rpp-a"),
    ("power.unknown-rating", no_rating, "ups-a"),
    ("power.overload", overloaded, "bus-a"),
    ("power.continuous-load", over_80, "bus-a"),
    ("power.unknown-power", powerless, "leaf"),
    ("power.zero-rating", unrated, "rpp-a"),
    ("power.dark-rack", in_maintenance, "r001"),
    ("power.collapse", thin_bar, "f-r001-a"),
    ("power.ampacity", hot_cable, "f-r001-a"),
    ("power.ampacity-continuous", busy_cable, "f-r001-a"),
    ("power.conductor-unknown", bare_conductor, "f-r001-a"),
    ("power.voltage-drop", long_cable, "f-r001-a"),
    ("power.phase-balance", one_phase, "bus-a"),
    ("power.store-carries", battery_alone, "grid"),
    ("power.firm-capacity", no_spare_left, "grid"),
    ("power.shared-path", same_ups, "ups-a"),
    ("power.step-load", small_turbine, "grid"),
    ("power.ride-through", slow_start, ""),
    ("power.eco-unknown", eco_without_figures, "ups-a"),
    ("power.eco-transfer", slow_bypass, "ups-a"),
    ("power.spare-units", spare_in_use, "ups-a"),
    ("power.sidecar-distance", distant_sidecar, "side"),
    ("power.rack-supplies", few_supplies, "r001"),
    ("power.one-sided-supplies", few_supplies, "r001"),
    ("power.nameplate-failure", tight_at_nameplate, "ups-a"),
    ("cooling.unserved-loop", pumpless, "spare"),
    ("cooling.rack-without-loop", loopless, "r001"),
    ("cooling.hall-without-air-unit", airless, "hall"),
    ("cooling.over-capacity", small_cdu, "cdu1"),
    ("cooling.over-flow", small_cdu, "cdu1"),
    ("cooling.held", kept_cool, "tcs"),
    ("power.held", grid_cap(210.0), "grid"),
    ("power.cap-missed", grid_cap(20.0), "grid"),
    ("power.cap-above-rating", grid_cap(9000.0), "grid"),
    ("cooling.supply-too-warm", warm, "r001"),
    ("cooling.set-point-missed", too_cold, "tcs"),
    ("cooling.loop-cycle", loop_ring, "fws"),
    ("cooling.unknown-power", powerless_unit, "crah1"),
    ("link.no-medium-of-rate", odd_rate, "l-r001-0"),
    ("link.out-of-reach", too_far, "long"),
    ("link.pinned-out-of-reach", pinned_far, "l-r003-0"),
    ("link.pinned-wrong-rate", pinned_rate, "l-r001-0"),
    ("link.pinned-unknown", pinned_ghost, "l-r001-0"),
    ("link.no-length", two_halls, "l-r001-0"),
    ("link.too-many-ports", many_ports, "sw1"),
    ("pool.no-accelerators", no_accelerators, "idle"),
    ("pool.does-not-fit", too_large, "serve"),
    ("pool.bad-layout", uneven, "serve"),
    ("pool.not-predicted", unknown_model, "serve"),
    ("pool.no-path", no_path, "serve"),
    ("pool.latency-limit", hasty, "serve"),
    ("price.no-accelerator", unpriced_rack, "r000"),
    ("price.missing", unpriced_switch, "sw-new"),
    ("budget.capital", poor, "site"),
    ("budget.token-cost", thrifty, "site"),
    ("class.no-pool", too_clever, "riddles"),
    ("class.short", crowd, "crowd"),
    ("tariff.overlap", two_prices, "day"),
    ("tariff.gap", half_a_tariff, "site"),
    ("placement.overlap", stacked, "r000"),
    ("placement.outside-hall", outside, "r001"),
    ("placement.same-units", crowded, "sw1"),
    *THERMAL_FAULTS,
]


@pytest.mark.parametrize(("rule", "fault", "target"), FAULTS)
def test_a_fault_is_found_named_and_numbered(
    catalog: Catalog, rule: str, fault: Callable[[Document], None], target: str
) -> None:
    document = sound()
    fault(document)
    mine = [finding for finding in findings(document, catalog) if finding.rule == rule]
    assert mine, rules_of(document, catalog)
    assert not target or any(target in finding.targets for finding in mine), mine
    for finding in mine:
        assert finding.message.endswith(".")
        assert "nan" not in finding.message
        if rule not in ("link.pinned-unknown", "pool.not-predicted"):
            assert sum(ch.isdigit() for ch in finding.message) >= 1


def test_a_what_if_names_the_racks_that_keep_one_side(catalog: Catalog) -> None:
    found = evaluate(sound().snapshot(), catalog, failed=frozenset({"ups-b"}), check=run).findings
    left = next(f for f in found if f.rule == "power.lost-diversity")
    assert left.severity == "info"
    assert left.message.startswith("5 racks keep 1 of their feeds")
    assert "r001" in left.targets


def test_every_rule_has_a_fault() -> None:
    assert {rule.id for rule in RULES} == {rule for rule, _, _ in (*FAULTS, *COPPER_FAULTS)} | {"power.lost-diversity"}
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.find.__doc__ for rule in RULES)


def test_plan_ports_add_to_the_profiles(catalog: Catalog) -> None:
    document = sound()
    many_ports(document)
    add(document, "ports", Port(id="more", owner="sw1", group="extra", count=80, rate_gbps=400.0))
    assert "sw1" not in {f.targets[0] for f in findings(document, catalog) if f.rule == "link.too-many-ports"}


def test_waivers_are_kept_with_their_reason_and_not_counted(catalog: Catalog) -> None:
    document = sound()
    unfed(document)
    before = evaluate(document.snapshot(), catalog, check=run).summary
    add(document, "waivers", Waiver(id="w1", rule="power.unfed-rack", target="r001", reason="delivered next month"))
    result = evaluate(document.snapshot(), catalog, check=run)
    finding = next(f for f in result.findings if f.rule == "power.unfed-rack")
    assert (finding.waived, finding.reason) == (True, "delivered next month")
    assert result.summary.error_count == before.error_count - 1


def test_a_broken_rule_does_not_silence_the_others(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplanner.checks import registry  # noqa: PLC0415

    def broken(_context: Any) -> Any:
        raise ZeroDivisionError

    rule = RULES[0].__class__("test.broken", "error", "", "x", broken)
    monkeypatch.setattr(registry, "RULES", (rule, *RULES))
    document = sound()
    unfed(document)
    assert {"checks.failed", "power.unfed-rack"} <= rules_of(document, catalog)


def test_thousands_of_faults_are_told_briefly(catalog: Catalog) -> None:
    document = Document()
    document.put("halls", Hall(id="hall", width_mm=200000, depth_mm=200000))
    for k in range(700):
        document.put(
            "racks",
            Rack(
                id=f"r{k}",
                hall="hall",
                x_mm=2000 * (k % 80) + 999,
                y_mm=3000 * (k // 80) + 999,
                profile="dgx-h100-rack4",
            ),
        )
    found = [f for f in findings(document, catalog) if f.rule == "power.unfed-rack"]
    assert len(found) == 101
    assert found[-1].message.startswith("More than 400 more")


def test_turned_boxes_overlap_only_when_they_touch(catalog: Catalog) -> None:
    document = Document()
    document.put("halls", Hall(id="hall", width_mm=20000, depth_mm=20000))
    for name, x_mm, turn in (("a", 5000, 0), ("b", 5600, 0), ("c", 8000, 45), ("d", 8900, 45)):
        document.put("racks", Rack(id=name, hall="hall", x_mm=x_mm, y_mm=5000, rotation_deg=turn, profile="orv3-frame"))
    node = PowerNode(id="tx", hall="hall", x_mm=5000, y_mm=6200, profile="tx-mv-liquid-2500")
    document.put("power", node)
    pairs = {f.targets for f in findings(document, catalog) if f.rule == "placement.overlap"}
    assert pairs == {("tx", "a"), ("tx", "b")}


def test_an_inlet_a_hair_over_its_limit_is_no_finding_and_one_clearly_over_shows_both_numbers(catalog: Catalog) -> None:
    """A field settles to a ten-thousandth of a kelvin: limits met exactly are met."""
    document = sound()
    inlet = evaluate(document.snapshot(), catalog).thermal.air.rack_worst_c
    warmest = float(inlet.max())
    supply = 20.0 + 32.0 - warmest  # class A1: 32 degC
    for more, speaks in ((0.0, False), (0.005, False), (0.04, True), (1.0, True)):
        change(document, "halls", "hall", supply_air_c=supply + more)
        mine = [f.message for f in findings(document, catalog) if f.rule == "air.inlet-over-limit"]
        assert bool(mine) == speaks, more
        for text in mine:
            breathed, allowed = re.findall(r"([\d.]+) °C", text)
            assert float(breathed) > float(allowed)


def test_two_numbers_that_differ_are_printed_differently() -> None:
    assert apart(30.02, 30.0) == ("30.02", "30.00")
    assert apart(31.4, 30.0) == ("31.4", "30.0")
    assert apart(99.7, 100.0, 0) == ("99.7", "100.0")
    assert apart(30.0, 30.0) == ("30.00000", "30.00000")
