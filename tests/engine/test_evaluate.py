"""The whole evaluation on hand-made halls: plausible, conserving, deterministic, honest about what is unknown."""

from __future__ import annotations

import dataclasses
import importlib
import math
import pkgutil
from typing import Any

import msgspec
import numpy as np
import pytest

from infraplanner import kernels
from infraplanner.catalog import Catalog
from infraplanner.compile.rules import constants
from infraplanner.engine import evaluate, stages
from infraplanner.model.changes import ChangeSet
from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, Feed, Hall, Link, Pool, PowerNode, Rack, Site, Workload
from infraplanner.results.coded import CodedText
from infraplanner.results.snapshot import ResultSnapshot

from .halls import add, pod


def change(document: Document, table: str, key: str, **fields: Any) -> None:
    document.put(table, msgspec.structs.replace(document.table(table)[key], **fields))


def split(document: Document) -> None:
    """Half of the pod's racks prefill, the other half decode."""
    pre = Pool(id="pre", model="llama3.1-70b", workload="chat", phase="prefill")
    add(
        document,
        "pools",
        pre,
        Pool(id="serve", model="llama3.1-70b", workload="chat", phase="decode", prefill_pool="pre"),
    )
    for k in range(4):
        change(document, "racks", f"r{k:03d}", pool="pre")


def no_nan(value: Any, where: str = "result") -> None:
    """Scalars outside arrays are never NaN or infinite."""
    if isinstance(value, float):
        assert math.isfinite(value), where
    elif dataclasses.is_dataclass(value):
        for item in dataclasses.fields(value):
            no_nan(getattr(value, item.name), f"{where}.{item.name}")
    elif isinstance(value, (tuple, list)):
        for k, item in enumerate(value):
            no_nan(item, f"{where}[{k}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            no_nan(item, f"{where}[{key}]")


def comparable(result: ResultSnapshot) -> dict[str, Any]:
    """Everything but time, revision and identity of arrays."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return (value.dtype.str, value.tobytes())
        if isinstance(value, CodedText):
            return tuple(value)
        if dataclasses.is_dataclass(value):
            return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
        if isinstance(value, tuple):
            return tuple(plain(item) for item in value)
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return value

    out: dict[str, Any] = plain(result)
    del out["elapsed_s"], out["revision"]
    return out


def test_a_pod_gives_plausible_headlines(catalog: Catalog) -> None:
    result = evaluate(pod().snapshot(), catalog)
    assert result.failures == ()
    summary = result.summary
    assert 8 * 60 < (summary.it_power_kw or 0) < 8 * 133
    assert 1.05 < (summary.pue or 0) < 1.5
    assert 1e6 < (summary.tokens_per_s or 0) < 1e7
    assert summary.tokens_per_j == pytest.approx(summary.tokens_per_s / summary.facility_power_kw / 1e3)
    assert summary.binding_wall in {"power", "memory", "thermal", "copper", "compute", "demand", "none"}
    assert not result.provisional
    assert set(result.coverage) == {field.name for field in dataclasses.fields(summary)} | {
        "fabric_load",
        "air",
        "chips",
    }
    no_nan(result)


def test_energy_balances_and_the_waterfall_adds_up(catalog: Catalog) -> None:
    power = evaluate(pod().snapshot(), catalog).power
    assert abs(power.residual_w) <= 1e-12 * power.waterfall[0].power_w
    total, *parts = [step.power_w for step in power.waterfall[:6]]  # from the grid to IT; the dies come after
    assert sum(parts) == pytest.approx(total, rel=1e-12)
    assert (power.rack_a_w + power.rack_b_w).sum() == pytest.approx(power.rack_power_w.sum(), rel=1e-12)


def test_heat_reaches_the_outdoors(catalog: Catalog) -> None:
    thermal = evaluate(pod().snapshot(), catalog).thermal
    unit = dict(zip(thermal.unit_ids, thermal.unit_heat_w + thermal.unit_power_w, strict=True))
    heat = dict(zip(thermal.unit_ids, thermal.unit_heat_w, strict=True))
    assert heat["dry1"] + heat["dry2"] == pytest.approx(unit["cdu1"] + unit["cdu2"] + unit["crah1"])
    crah = thermal.unit_ids.index("crah1")
    # 177 kW through a coil of 150: fans at full speed, and the air comes off the coil warmer than its set point of 22
    assert 22.0 < thermal.unit_supply_c[crah] < thermal.unit_return_c[crah]
    carried = 1184.0 * 1.006 * thermal.air.unit_air_m3_per_s[crah]  # W/K, air at 25 °C
    rise = thermal.unit_return_c[crah] - thermal.unit_supply_c[crah]
    assert carried * rise == pytest.approx(thermal.air.halls[0].heat_w, rel=0.01)
    assert thermal.rack_liquid_w.sum() == pytest.approx(heat["cdu1"] + heat["cdu2"])
    assert thermal.rack_die_flux_w_per_cm2[1] == pytest.approx(1200 / 16 * 0.77, rel=0.2)


def test_the_same_document_gives_the_same_result_whatever_its_history(catalog: Catalog) -> None:
    straight = pod()
    crooked = pod(racks=11)
    for name in ("r008", "r009", "r010"):
        for link in [key for key in crooked.table("links") if key.startswith(f"l-{name}-")]:
            crooked.remove("links", link)
        for side in "ab":
            crooked.remove("feeds", f"f-{name}-{side}")
        crooked.remove("racks", name)
    rack = crooked.remove("racks", "r003")
    crooked.put("racks", rack)
    assert comparable(evaluate(straight.snapshot(), catalog)) == comparable(evaluate(crooked.snapshot(), catalog))


def test_moving_a_rack_by_three_metres_moves_its_cables_by_three_metres(catalog: Catalog) -> None:
    document = pod(racks=2)
    before = evaluate(document.snapshot(), catalog).fabric
    change(document, "racks", "r001", x_mm=2700 + 3000)
    after = evaluate(document.snapshot(), catalog).fabric
    moved = np.array([key.startswith("l-r001") for key in before.link_ids])
    np.testing.assert_allclose((after.length_m - before.length_m)[moved], 3.0)
    assert not (after.length_m - before.length_m)[~moved].any()
    # |dx| 1.7 m, drop from the rack top 2.7 - 2.236, and to the middle of unit 40: 2.7 - 39.5 U of the frame
    unit_m = (catalog.get("orv3-frame").unit_mm or 44.45) / 1e3  # type: ignore[attr-defined]
    hand = 1.7 + (2.7 - 2.236) + (2.7 - 39.5 * unit_m)
    assert before.length_m[moved][0] == pytest.approx(hand)


def test_failing_nodes_units_and_racks(catalog: Catalog) -> None:
    snapshot = pod().snapshot()
    whole = evaluate(snapshot, catalog)
    one_side = evaluate(snapshot, catalog, failed=frozenset({"ups-a"}))
    assert one_side.power.rack_a_w.sum() == 0.0
    assert one_side.summary.tokens_per_s == pytest.approx(whole.summary.tokens_per_s)
    dark = evaluate(snapshot, catalog, failed=frozenset({"ups-a", "ups-b"}))
    assert dark.summary.it_power_kw == 0.0
    assert dark.summary.tokens_per_s == 0.0
    assert dark.summary.pue is None
    hot = evaluate(snapshot, catalog, failed=frozenset({"cdu1", "cdu2"}))
    assert not hot.power.rack_powered[1:].any()
    less = evaluate(snapshot, catalog, failed=frozenset({"r000", "r001"}))
    assert less.summary.tokens_per_s == pytest.approx(0.75 * whole.summary.tokens_per_s)
    spare = evaluate(snapshot, catalog, failed=frozenset({"cdu1"}))
    assert spare.thermal.unit_load_frac[1] == pytest.approx(2 * whole.thermal.unit_load_frac[1], rel=1e-9)


def test_a_power_cap_costs_tokens_by_the_clock_it_leaves_and_becomes_the_binding_wall(catalog: Catalog) -> None:
    document = pod()
    whole = evaluate(document.snapshot(), catalog)
    for k in range(8):
        change(document, "racks", f"r{k:03d}", power_cap_frac=0.42)
    capped = evaluate(document.snapshot(), catalog)
    assert capped.power.rack_power_w[1:].max() <= 0.42 * capped.power.rack_nameplate_w[1:].max() * (1 + 1e-12)
    wanted, got = whole.power.rack_power_w[3], capped.power.rack_power_w[3]
    kept = (got - 30e3) / (wanted - 30e3)
    clock, computing = kept ** (1 / 3), whole.throughput.pools[0].compute_time_frac
    work = 1.0 / (computing / clock + 1.0 - computing)
    assert capped.summary.tokens_per_s == pytest.approx(work * whole.summary.tokens_per_s, rel=0.01)
    assert capped.summary.binding_wall == "power"
    assert "caps" in capped.coverage["it_power_kw"].note


def test_demand_bounds_throughput_and_power_follows(catalog: Catalog) -> None:
    document = pod()
    full = evaluate(document.snapshot(), catalog)
    change(document, "workloads", "chat", offered_requests_per_s=100.0)
    quiet = evaluate(document.snapshot(), catalog)
    assert quiet.throughput.pools[0].limiter == "demand"
    assert quiet.summary.tokens_per_s == pytest.approx(100.0 * 1024)
    assert (quiet.summary.it_power_kw or 0) < (full.summary.it_power_kw or 0)
    assert quiet.summary.binding_wall == "demand"


def test_disaggregated_pools_send_their_cache_over_the_drawn_links(catalog: Catalog) -> None:
    document = pod(model="llama3.1-70b", links=1)
    split(document)
    result = evaluate(document.snapshot(), catalog)
    decode = next(pool for pool in result.throughput.pools if pool.id == "serve")
    assert decode.requests_per_s is not None
    # fp8 cache of 1,024 tokens: 80 layers x 2,048 elements, in bits, over the one link of each of four racks
    bits = 1024 * 80 * 2 * 8 * 128 * 8
    per_link = decode.requests_per_s * bits / 4
    np.testing.assert_allclose(result.fabric.load_bps, per_link, rtol=1e-9)
    assert result.fabric.load_frac.max() == pytest.approx(per_link / 400e9)
    assert decode.limiter == "fabric"
    assert result.fabric.load_frac.max() == pytest.approx(constants(catalog)("inference.link_efficiency"))
    for key in [key for key in document.table("links") if key.startswith("l-r00") and key[5] in "0123"]:
        document.remove("links", key)
    cut = evaluate(document.snapshot(), catalog)
    decode = next(pool for pool in cut.throughput.pools if pool.id == "serve")
    assert decode.refusal == "no_path"


def test_what_is_unknown_stays_unknown(catalog: Catalog) -> None:
    document = pod(model="no-such-model")
    add(document, "power", PowerNode(id="odd", hall="hall", x_mm=1, y_mm=1, profile="estatcom-200", rating_kw=100.0))
    add(document, "feeds", Feed(id="f-odd", source="odd", target="leaf"))
    result = evaluate(document.snapshot(), catalog)
    assert result.summary.tokens_per_s is None
    assert result.throughput.pools[0].limiter == "unknown"
    assert result.coverage["tokens_per_s"].state == "not_modelled"
    assert "curve" in result.coverage["facility_power_kw"].note
    no_nan(result)


def test_an_empty_plan_and_a_lonely_rack(catalog: Catalog) -> None:
    assert evaluate(Document().snapshot(), catalog).failures == ()
    document = Document()
    document.put("halls", Hall(id="hall", width_mm=9000, depth_mm=9000))
    document.put("racks", Rack(id="r1", hall="hall", x_mm=3000, y_mm=3000, profile="gb200-nvl72"))
    result = evaluate(document.snapshot(), catalog)
    assert result.failures == ()
    assert result.summary.it_power_kw == pytest.approx(115.0)
    assert result.power.unserved_w == pytest.approx(115e3)
    # neither fed nor cooled: facility over IT power would flatter an unfinished plan
    assert result.summary.pue is None
    assert "fed and cooled" in result.coverage["pue"].note
    no_nan(result)


def test_bad_references_and_rings_do_no_harm(catalog: Catalog) -> None:
    document = pod(racks=2)
    add(
        document,
        "feeds",
        Feed(id="loop-back", source="rpp-a", target="tx-a"),
        Feed(id="lost", source="?", target="r000"),
    )
    add(document, "links", Link(id="nowhere", a="r000", b="gone", rate_gbps=400.0))
    add(document, "cooling", Cooling(id="odd", hall="hall", x_mm=1, y_mm=1, profile="?", loop="tcs", source_loop="tcs"))
    result = evaluate(document.snapshot(), catalog)
    assert result.failures == ()
    assert result.fabric.flag[list(result.fabric.link_ids).index("nowhere")] == 6
    no_nan(result)


def test_climate_moves_the_chiller(catalog: Catalog) -> None:
    document = pod()
    for unit in ("dry1", "dry2"):
        change(document, "cooling", unit, profile="chiller-air")
    add(document, "site", Site(id="site", dry_bulb_c=10.0, wet_bulb_c=8.0))
    cold = evaluate(document.snapshot(), catalog)
    change(document, "site", "site", dry_bulb_c=35.0)
    warm = evaluate(document.snapshot(), catalog)
    heat, power = warm.thermal.unit_heat_w[3], warm.thermal.unit_power_w[3]
    assert heat / power == pytest.approx(2.96)
    assert (warm.summary.pue or 0) > (cold.summary.pue or 0)


def test_a_failing_stage_is_named_and_the_rest_lives_on(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise ValueError("no such luck")

    monkeypatch.setattr(stages.assemble, "thermal_result", broken)
    result = evaluate(pod().snapshot(), catalog)
    assert any("thermal" in text and "no such luck" in text for text in result.failures)
    assert result.summary.it_power_kw
    assert result.thermal.unit_ids == ()
    assert result.walls["thermal"].utilisation is None


def test_elasticities_add_up_to_what_a_change_does(catalog: Catalog) -> None:
    result = evaluate(pod().snapshot(), catalog)
    slopes = {wall: found.elasticity for wall, found in result.walls.items()}
    assert slopes["thermal"] == 0.0  # chips stand well below their limit
    assert slopes["power"] == 0.0
    assert 0.0 <= (slopes["memory"] or 0.0) <= 2.0
    bound = pod()
    add(bound, "workloads", Workload(id="chat", input_tokens=128, output_tokens=4096))
    assert (evaluate(bound.snapshot(), catalog).walls["memory"].elasticity or 0.0) > (slopes["memory"] or 0.0)


def test_results_are_read_only(catalog: Catalog) -> None:
    document = pod(links=1)
    split(document)
    result = evaluate(document.snapshot(), catalog)
    for part in (result.power, result.thermal, result.fabric, *result.throughput.pools):
        for item in dataclasses.fields(part):
            value = getattr(part, item.name)
            if isinstance(value, np.ndarray) and value.size:
                assert not value.flags.writeable, item.name


def test_real_plans_use_the_signatures_that_warm_up_compiled(catalog: Catalog) -> None:
    evaluate(pod().snapshot(), catalog)
    for info in pkgutil.iter_modules(kernels.__path__):
        module = importlib.import_module(f"infraplanner.kernels.{info.name}")
        for name, value in vars(module).items():
            if hasattr(value, "signatures"):
                assert len(value.signatures) <= 1, name


def test_routes_are_kept_until_the_network_changes(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplanner.engine import routes  # noqa: PLC0415 - kernels stay out of collection
    from infraplanner.engine.tiers import Tier  # noqa: PLC0415

    calls: list[int] = []
    real = routes.route_uniform

    def counted(*args: Any) -> float:
        calls.append(1)
        return real(*args)

    monkeypatch.setattr(routes, "route_uniform", counted)
    document = pod(links=1)
    split(document)
    document.take_changes()
    tier = Tier(catalog, None)
    tier.follow(document.snapshot(), ChangeSet(0, {}, whole=True))
    first = tier.settle()[0]
    change(document, "power", "bus-a", rating_kw=1700.0)
    change(document, "racks", "r001", x_mm=2750)
    tier.follow(document.snapshot(), document.take_changes())
    tier.settle()
    assert len(calls) == 1
    change(document, "links", "l-r001-0", count=3)
    tier.follow(document.snapshot(), document.take_changes())
    again = tier.settle()[0]
    assert len(calls) == 2
    assert not np.array_equal(first.fabric.load_frac, again.fabric.load_frac)
    assert comparable(again) == comparable(evaluate(document.snapshot(), catalog))
