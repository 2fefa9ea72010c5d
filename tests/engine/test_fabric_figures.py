"""The fabric as a whole: halves against the textbook, tiers, collectives of jobs, and what failures take from them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog
from infraplanner.cli.main import main
from infraplanner.compile.plan import compile_plan
from infraplanner.edit import GenerateFabric, UndoStack
from infraplanner.engine import evaluate
from infraplanner.explore.failures import cost_of, rank_failures
from infraplanner.model.document import Document
from infraplanner.model.entities import Device, Hall, Job, Link, Pool, Rack
from infraplanner.results.fabric import FabricFigures

from .halls import add, pod

TEMPLATES = places.resources_dir() / "templates"


def _clos(catalog: Catalog, ratio: float = 1.0, top_ratio: float = 1.0) -> Document:
    """16 racks of four DGX H100 in a three-tier Clos of pods of four leaves."""
    racks = {
        f"r{k:03d}": Rack(id=f"r{k:03d}", hall="h", x_mm=2000 + 600 * k, y_mm=3000, profile="dgx-h100-rack4", pool="p")
        for k in range(16)
    }
    tables = {
        "halls": {"h": Hall(id="h", width_mm=60_000, depth_mm=40_000)},
        "racks": racks,
        "pools": {"p": Pool(id="p", model="llama3.1-70b")},
        "jobs": {"run": Job(id="run", pool="p", model="llama3.1-70b", tp=8, pp=4, global_batch=256)},
    }
    stack = UndoStack(Document(tables))  # type: ignore[arg-type]
    stack.execute(
        GenerateFabric(
            kind="clos-3", hosts=tuple(racks), switch="qm9700", catalogue=catalog, pod_leaves=4, ratio=ratio,
            frame="eia-48u-600x1200", top_ratio=top_ratio,
        )
    )  # fmt: skip
    return stack.document


def _figures(plan: Document, catalog: Catalog, *failed: str) -> FabricFigures:
    found = evaluate(plan.snapshot(), catalog, failed=frozenset(failed))
    assert found.failures == ()
    return found.fabric.figures


def test_a_full_clos_has_full_bisection_and_even_tiers(catalog: Catalog) -> None:
    found = _figures(_clos(catalog), catalog)
    assert found.bisection_bps == pytest.approx(8 * 32 * 400e9)
    assert [half.share for half in found.halves] == pytest.approx([1.0] * 4)
    assert {half.name for half in found.halves} == {"plan order", "in turn", "hops", "spectral"}
    assert [tier.hop for tier in found.tiers] == [1, 2, 3]
    assert [tier.bandwidth_bps for tier in found.tiers] == pytest.approx([16 * 32 * 400e9] * 3)
    assert found.bandwidth_bps == pytest.approx(3 * 16 * 32 * 400e9)


def test_an_oversubscribed_top_shows_in_tier_and_worst_halves(catalog: Catalog) -> None:
    """1:4 above the pods: whole pods against whole pods pass a quarter, halves of every pod pass all."""
    found = _figures(_clos(catalog, top_ratio=4.0), catalog)
    assert found.tiers[2].oversubscription == pytest.approx(4.0)
    assert found.halves[0].share == pytest.approx(0.25)
    assert found.bisection_bps == pytest.approx(0.25 * 8 * 32 * 400e9)
    assert found.halves[-1].share > found.halves[0].share  # type: ignore[operator]


def test_the_spectral_halves_find_what_plan_order_hides(catalog: Catalog) -> None:
    """Two islands joined by one cable, their racks numbered in turn: only the graph tells them apart."""
    plan = pod(8, links=0)
    add(plan, "devices", Device(id="sw2", rack="leaf", profile="qm9700", u=38))
    for k in range(8):
        add(plan, "links", Link(id=f"l-{k}", a=f"r{k:03d}", b="sw1" if k % 2 else "sw2", rate_gbps=400.0, count=8))
    add(plan, "links", Link(id="l-between", a="sw1", b="sw2", rate_gbps=400.0))
    found = _figures(plan, catalog)
    assert found.halves[0].bandwidth_bps == pytest.approx(400e9)
    by_name = {half.name: half.bandwidth_bps for half in found.halves}
    assert by_name["spectral"] == pytest.approx(400e9)
    assert by_name["plan order"] > 400e9


def test_collectives_of_a_job_follow_bytes_and_bandwidth(catalog: Catalog) -> None:
    """Data groups ring over full-rate links: bytes over the rank's own cable, and 2 (n - 1) hops."""
    plan = _clos(catalog)
    found = {row.group: row for row in _figures(plan, catalog).jobs}
    assert set(found) == {"tensor", "pipeline", "data"}
    assert found["tensor"].scope == "domain"
    assert found["data"].scope == "fabric"
    data, rule = found["data"], catalog.constant
    assert data.ranks == 16
    bytes_s = data.sent_b / (400e9 / 8 * rule("training.scale_out_efficiency"))
    assert data.time_s == pytest.approx(bytes_s + 30 * rule("collective.scale_out_hop_s"), rel=1e-6)
    tensor, line = found["tensor"], 450e9 * rule("collective.ring_efficiency")
    hops = tensor.calls * 14 * rule("collective.scale_up_hop_s")
    assert tensor.time_s == pytest.approx(tensor.sent_b / line + hops, rel=1e-6)
    assert tensor.busbw_b_per_s == pytest.approx(tensor.sent_b / tensor.time_s)
    slow = {row.group: row for row in _figures(_clos(catalog, ratio=4.0), catalog).jobs}
    assert slow["data"].time_s > found["data"].time_s  # a step's own groups feel the leaves' oversubscription


def test_management_cables_carry_nothing_of_accelerators(catalog: Catalog) -> None:
    """A 1 Gb/s switch that joins all machines too would take a share of every ring and hold it back."""
    plan = _clos(catalog)
    before = _figures(plan, catalog)
    add(plan, "racks", Rack(id="m", hall="h", x_mm=30_000, y_mm=9000, profile="orv3-frame"))
    add(plan, "devices", Device(id="mgmt", rack="m", profile="qm9700", u=10))
    for k in range(16):
        add(plan, "links", Link(id=f"m-{k}", a=f"r{k:03d}", b="mgmt", rate_gbps=1.0))
    after = _figures(plan, catalog)
    assert after.collective_s == pytest.approx(before.collective_s)
    assert after.bisection_bps == before.bisection_bps
    assert compile_plan(plan.snapshot(), catalog).ports.aside.sum() == 16
    lone = pod(2, links=0)  # slow links that are all there is still count
    for k in range(2):
        add(lone, "links", Link(id=f"s-{k}", a=f"r{k:03d}", b="sw1", rate_gbps=25.0))
    assert not compile_plan(lone.snapshot(), catalog).ports.aside.any()


def test_failures_tell_bandwidth_bisection_and_collective_time(catalog: Catalog) -> None:
    plan = _clos(catalog)
    snapshot = plan.snapshot()
    ranked = rank_failures(snapshot, catalog)
    assert ranked is not None
    healthy = evaluate(snapshot, catalog)
    seen = set()
    for cost in ranked:
        if cost.table in ("supplies", "power", "cooling") or cost.table in seen:
            continue
        seen.add(cost.table)
        alone = evaluate(snapshot, catalog, failed=frozenset({cost.ids[0]}))
        single = cost_of(snapshot, catalog, healthy, alone)
        assert cost.bandwidth_lost_bps == pytest.approx(single.bandwidth_lost_bps)
        assert cost.training_lost_per_s == pytest.approx(single.training_lost_per_s)
        if single.collective_added_s is not None:
            assert cost.collective_added_s == pytest.approx(single.collective_added_s, rel=1e-6, abs=1e-12)
    assert seen >= {"racks", "devices", "links", "scale_up"}
    switch = next(cost for cost in ranked if cost.table == "devices")
    cables = sum(link.count for link in plan.table("links").values() if switch.ids[0] in (link.a, link.b))
    assert switch.bandwidth_lost_bps == pytest.approx(cables * 400e9)
    part = next(cost for cost in ranked if cost.label.startswith("scale-up switch"))
    assert part.count == 16 * 4 * 4  # sixteen racks of four servers of four switches
    assert part.collective_added_s is not None
    assert part.collective_added_s > 0.0
    assert part.bandwidth_lost_bps > 0.0


def test_figures_are_settled_ones_and_stay_while_something_moves(catalog: Catalog) -> None:
    """A drag shows those of the settled state; what rests equals a fresh evaluation."""
    from infraplanner.edit import Move  # noqa: PLC0415
    from infraplanner.session import Session  # noqa: PLC0415

    session = Session(catalog, force_sync=True)
    session.open_document(_clos(catalog))
    assert session.result is not None
    rest = session.result.fabric.figures
    drag = session.begin_drag("move")
    drag.update(Move(["r000"], 0, 500))
    assert session.result.provisional
    assert session.result.fabric.figures is rest
    drag.commit()
    assert session.result.fabric.figures == evaluate(session.document.snapshot(), catalog).fabric.figures
    one = next(key for key in sorted(session.document.table("links")) if "r000" in key)
    record = session.document.table("links")[one]
    from infraplanner.edit import SetFields  # noqa: PLC0415

    session.execute(SetFields("links", [one], {"count": record.count + 1}))
    assert session.result.fabric.figures != rest
    assert session.result.fabric.figures == evaluate(session.document.snapshot(), catalog).fabric.figures
    session.close()


def test_json_carries_them_and_what_a_failure_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from infraplanner.catalog.loader import load_catalog  # noqa: PLC0415
    from infraplanner.session import Session  # noqa: PLC0415

    catalog = load_catalog()
    session = Session(catalog, force_sync=True, idle=True)
    session.open_document(_clos(catalog))
    path = tmp_path / "clos.yaml"
    path.write_bytes(session.to_bytes())
    leaf = next(key for key in sorted(session.document.table("devices")) if "leaf" in key)
    session.close()
    assert main(["evaluate", str(path), "--format", "json", "--failures", "--quiet"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["fabric"]["bisection_bps"] == pytest.approx(8 * 32 * 400e9)
    assert len(whole["fabric"]["tiers"]) == 3
    assert {row["group"] for row in whole["fabric"]["job_collectives"]} == {"tensor", "pipeline", "data"}
    assert {row["pool"] for row in whole["fabric"]["collectives"]} == {"p"}
    assert whole["failed_cost"] is None
    names = {"bandwidth_lost_bps", "bisection_lost_bps", "collective_added_s", "tokens_lost_per_s"}
    assert all(names <= row.keys() for row in whole["single_failures"])
    assert main(["evaluate", str(path), "--format", "json", "--fail", leaf]) == 0
    hurt = json.loads(capsys.readouterr().out)
    assert hurt["fabric"]["bandwidth_bps"] < whole["fabric"]["bandwidth_bps"]
    lost = whole["fabric"]["bandwidth_bps"] - hurt["fabric"]["bandwidth_bps"]
    assert hurt["failed_cost"]["bandwidth_lost_bps"] == pytest.approx(lost)
    assert main(["evaluate", str(path), "--fail", leaf]) == 0
    table = capsys.readouterr().out
    assert "worst halves" in table
    assert "bisection lost" in table
    assert leaf in table


def test_a_plan_without_machines_has_none(catalog: Catalog) -> None:
    plan = Document({"halls": {"h": Hall(id="h", width_mm=9000, depth_mm=9000)}})
    found = _figures(plan, catalog)
    assert found == FabricFigures()
    assert found.bisection_bps is None
    assert found.collective_s is None


def test_halves_do_not_depend_on_the_order_of_edits(catalog: Catalog) -> None:
    plan = _clos(catalog, top_ratio=4.0)
    again = Document({name: dict(reversed(list(rows.items()))) for name, rows in plan.snapshot().tables().items()})
    assert _figures(plan, catalog).halves == _figures(again, catalog).halves
    assert np.isfinite([half.bandwidth_bps for half in _figures(plan, catalog).halves]).all()
    assert msgspec.to_builtins(_figures(plan, catalog).tiers) == msgspec.to_builtins(_figures(again, catalog).tiers)
