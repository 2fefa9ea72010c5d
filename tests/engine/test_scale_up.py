"""Scale-up domains that profiles imply: their graph, their figures, and what a lost part costs."""

from __future__ import annotations

import json
import math

import msgspec
import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, LinkMedium, System
from infraplanner.cli.main import main
from infraplanner.compile.scale_up import cable_places, domain_edges, domain_of, has_part, kept_frac, split_name
from infraplanner.model.document import Document

from .halls import add, pod


def _domain(catalog: Catalog, name: str = "gb200-nvl72"):  # type: ignore[no-untyped-def]
    system = catalog.find(name)
    assert isinstance(system, System)
    domain = domain_of(system, catalog)
    assert domain is not None
    return domain


def test_wiring_gives_the_rate_that_the_accelerator_is_sold_with(catalog: Catalog) -> None:
    """Two published figures that are stated apart: links times their rate, and bytes a second of the accelerator."""
    seen = 0
    for system in catalog.of(System).values():
        domain = domain_of(system, catalog)
        if domain is None:
            continue
        part, medium = catalog.find(system.accelerators[0].id), catalog.find(domain.wiring.medium)
        assert isinstance(part, Accelerator)
        assert isinstance(medium, LinkMedium)
        each = domain.wiring.links_per_accelerator * (medium.rate_gbps or math.nan) / 8.0
        assert each == pytest.approx(part.scale_up_gb_per_s), system.id
        seen += 1
    assert seen >= 6


def test_the_graph_deals_every_cable_out_once(catalog: Catalog) -> None:
    """72 x 18 cables on nine switches of 144 ports: two from each accelerator to each; 5,184 pairs at four a cable."""
    domain = _domain(catalog)
    source, target, cables = domain_edges(domain)
    assert cables.sum() == domain.links == 1296
    assert np.bincount(target, cables)[72:].tolist() == [144.0] * 9
    assert np.bincount(source, cables)[:72].tolist() == [18.0] * 72
    tray = catalog.find(domain.wiring.switch)
    assert isinstance(tray, System)
    assert tray.port_groups[0].count == 144
    switch, box = cable_places(domain.wiring)
    assert np.bincount(switch).tolist() == [2] * 9
    assert np.bincount(box).tolist() == [5, 4, 5, 4]


def test_halves_of_a_domain_pass_all_that_they_send(catalog: Catalog) -> None:
    """Every switch sees every accelerator, so half of them send at full rate into the other half."""
    from infraplanner.engine.bisection import flow  # noqa: PLC0415 - kernels stay out of collection

    domain = _domain(catalog)
    nodes = np.arange(72)
    whole = flow(81, *domain_edges(domain), nodes[:36], nodes[36:], 1.0)
    assert whole == 36 * 18
    less = flow(81, *domain_edges(domain, [("switch", 0), ("switch", 5)]), nodes[:36], nodes[36:], 1.0)
    assert less == 36 * 14


def test_parts_that_fail_take_their_cables_along(catalog: Catalog) -> None:
    domain = _domain(catalog)
    assert kept_frac(domain, [("switch", 0)]) == pytest.approx(8 / 9)
    assert kept_frac(domain, [("cartridge", 0)]) == pytest.approx(13 / 18)
    both = kept_frac(domain, [("switch", 0), ("cartridge", 0)])
    assert both == pytest.approx(12 / 18)  # cable 0 is in both; cable 9 and cables 1 to 4 go too
    assert kept_frac(domain, [("switch", k) for k in range(9)]) == 0.0


def test_names_of_parts(catalog: Catalog) -> None:
    assert split_name("A01:switch-9") == ("A01", "switch", 8)
    for wrong in ("A01", "A01:switch-0", "A01:tray-1", ":switch-1", "A01:switch-"):
        assert split_name(wrong) is None
    plan = pod(2).snapshot()
    assert has_part(plan, catalog, "r000:switch-9")
    assert has_part(plan, catalog, "r000:cartridge-4")
    for wrong in ("r000:switch-10", "r000:cartridge-5", "nobody:switch-1"):
        assert not has_part(plan, catalog, wrong)


def test_the_result_counts_them_apart_from_the_plans_links(catalog: Catalog) -> None:
    from infraplanner.engine import evaluate  # noqa: PLC0415

    plan = pod(3)
    fabric = evaluate(plan.snapshot(), catalog).fabric
    inside = fabric.scale_up
    assert inside.owner_ids == ("r000", "r001", "r002")
    assert inside.count_by_family == {"cartridge": 3 * 1296}
    assert "cartridge" not in fabric.count_by_family
    assert len(fabric.link_ids) == len(plan.table("links"))
    assert inside.bandwidth_bps.tolist() == [7.2e12] * 3
    assert inside.bisection_bps.tolist() == [36 * 7.2e12] * 3
    assert inside.fit.tolist() == [1296 * 10.0] * 3
    assert inside.failures_per_year[0] == pytest.approx(1296 * 10.0 * 8760 / 1e9)
    assert inside.switch_power_w.tolist() == [9 * 900.0] * 3
    assert inside.switch_pj_per_bit[0] == pytest.approx(8100.0 / (1296 * 400e9) * 1e12)
    assert inside.margin_m[0] == pytest.approx(1.5 - catalog.constant("cable.in_rack_m"))
    assert np.isnan(inside.load_frac).all()  # nothing trains


def test_a_server_without_published_wiring_is_named(catalog: Catalog) -> None:
    from infraplanner.engine import evaluate  # noqa: PLC0415
    from infraplanner.model.entities import Rack  # noqa: PLC0415

    plan = pod(1)
    add(plan, "racks", Rack(id="mi", hall="hall", x_mm=9000, y_mm=9000, profile="vr-nvl72"))
    inside = evaluate(plan.snapshot(), catalog).fabric.scale_up
    assert inside.owner_ids == ("r000",)
    assert inside.unknown == ("mi",)


def _training(catalog: Catalog, tp: int = 8) -> Document:
    from infraplanner.model.entities import Job, Pool  # noqa: PLC0415

    plan = pod(2, links=16)
    add(plan, "pools", Pool(id="one", model="llama3.1-70b", weights="bf16"))
    add(plan, "jobs", Job(id="run", pool="one", model="llama3.1-70b", tp=tp, global_batch=288))
    for key in ("r000", "r001"):
        plan.put("racks", msgspec.structs.replace(plan.table("racks")[key], pool="one"))
    return plan


def test_a_lost_switch_tray_costs_tokens_of_the_job_that_needs_it(catalog: Catalog) -> None:
    from infraplanner.engine import evaluate  # noqa: PLC0415

    snapshot = _training(catalog).snapshot()

    def trained(*failed: str) -> float:
        result = evaluate(snapshot, catalog, failed=frozenset(failed))
        assert result.failures == ()
        return result.summary.training_tokens_per_s or 0.0

    whole = trained()
    one, two = trained("r000:switch-1"), trained("r000:switch-1", "r000:switch-2")
    assert 0.0 < two < one < whole
    assert trained("r000:switch-1", "r001:switch-4") == one  # a step waits for the slowest: as slow there as here
    assert trained(*(f"r000:switch-{k}" for k in range(1, 10))) == 0.0
    alone = evaluate(_training(catalog, tp=4).snapshot(), catalog).fabric.scale_up
    busy = evaluate(snapshot, catalog).fabric.scale_up
    assert busy.load_frac[0] > alone.load_frac[0] > 0.0
    hurt = evaluate(snapshot, catalog, failed=frozenset({"r000:switch-1"})).fabric.scale_up
    assert hurt.kept_frac.tolist() == pytest.approx([8 / 9, 1.0])
    assert hurt.load_frac[0] > hurt.load_frac[1]


def test_a_serving_pool_is_slowed_where_its_instances_touch_the_domain(catalog: Catalog) -> None:
    """Rates fall by the share of the pool's accelerators that stand in the hurt rack."""
    from infraplanner.engine.pools import PoolSolver  # noqa: PLC0415
    from infraplanner.engine.routes import Routes  # noqa: PLC0415
    from infraplanner.engine.scale_up import short_of_links  # noqa: PLC0415
    from infraplanner.engine.stages import pool_inputs  # noqa: PLC0415
    from infraplanner.engine.workspace import Workspace  # noqa: PLC0415

    plan = pod(4, model="deepseek-v3")
    pool = next(iter(plan.table("pools").values()))
    plan.put("pools", msgspec.structs.replace(pool, tp=8, pp=1, dp=1))
    space = Workspace(catalog, PoolSolver())
    space.follow(plan.snapshot(), None)
    assert space.compiled is not None
    pools = pool_inputs(space, Routes())
    hurt = short_of_links(space.compiled, pools, space.cases, frozenset({"r000:cartridge-1"}))
    loss = 1.0 - hurt.rate_per_s[0] / pools.rate_per_s[0]
    twice = short_of_links(space.compiled, pools, space.cases, frozenset({"r000:cartridge-1", "r001:cartridge-1"}))
    assert 0.0 < loss < 0.25 * 5 / 18
    assert 1.0 - twice.rate_per_s[0] / pools.rate_per_s[0] == pytest.approx(2 * loss)
    assert short_of_links(space.compiled, pools, space.cases, frozenset({"r000"})) is pools


def test_the_command_line_fails_one_and_refuses_what_is_not_there(tmp_path, capsys) -> None:  # type: ignore[no-untyped-def]
    from infraplanner.catalog.loader import load_catalog  # noqa: PLC0415
    from infraplanner.session import Session  # noqa: PLC0415

    session = Session(load_catalog(), force_sync=True, idle=True)
    session.open_document(_training(load_catalog()))
    path = tmp_path / "plan.yaml"
    path.write_bytes(session.to_bytes())
    session.close()
    assert main(["evaluate", str(path), "--fail", "r000:switch-1", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {row["id"]: row for row in found["fabric"]["scale_up"]["domains"]}
    assert rows["r000"]["kept_frac"] == pytest.approx(8 / 9)
    assert rows["r001"]["kept_frac"] == 1.0
    assert found["failed"] == ["r000:switch-1"]
    assert main(["evaluate", str(path), "--fail", "r000:switch-10"]) == 2
    assert "r000:switch-10" in capsys.readouterr().err
