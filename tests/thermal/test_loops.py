"""Loops of the plan as networks: sums, pump speed, spares, exchangers, what a weak pump costs, and speed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.engine.loops import _balance, _header, loops_result
from infraplanner.engine.pools import PoolSolver
from infraplanner.engine.stages import settled_result
from infraplanner.engine.workspace import Workspace
from infraplanner.kernels.exchange import exchanged_heat
from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, Hall, Loop, Rack
from tests.engine.halls import add, pod
from tests.engine.test_evaluate import change


def space_of(document: Document, catalog: Catalog) -> Workspace:
    space = Workspace(catalog, PoolSolver())
    space.follow(document.snapshot(), None)
    result, _ = settled_result(space, frozenset(), None)
    assert result.failures == ()
    return space


def header_of(space: Workspace) -> object:
    assert space.compiled is not None
    racks = np.flatnonzero(space.plant.rack_flow_m3_per_s > 0.0)
    units = np.flatnonzero(space.compiled.plant.kind == 0)
    wanted = space.plant.rack_flow_m3_per_s[racks]
    return _header(
        space, space.compiled, space.compiled.tables["loops"].index["tcs"], racks, wanted, units, "pg25", 32.0
    )


def test_branches_add_up_and_the_worst_rack_gets_what_it_wants(catalog: Catalog) -> None:
    space = space_of(pod(), catalog)
    loop = loops_result(space).loops[0]
    assert loop.pumps == 2
    header = header_of(space)
    total, out = _balance(header, loop.speed_frac, 2)  # type: ignore[arg-type, misc]
    given = out.rack_m3_per_s[header.rows]  # type: ignore[attr-defined]
    assert given.sum() == pytest.approx(total, rel=1e-9)
    share = given / header.wanted_m3_per_s  # type: ignore[attr-defined]
    assert share.min() == pytest.approx(1.0, abs=1e-3)
    assert loop.spread_frac == pytest.approx(share.max() / share.min(), rel=0.02)
    assert loop.flow_l_per_min == pytest.approx(total * 6e4, rel=1e-6)
    assert loop.pump_w == pytest.approx(total * (loop.head_kpa or 0) * 1e3 / 0.55, rel=1e-6)


def test_a_loop_says_whether_it_can_lose_a_pump(catalog: Catalog) -> None:
    strong = evaluate(pod().snapshot(), catalog).thermal.loops.loops[0]
    assert strong.spare is True
    document = pod()
    document.remove("cooling", "cdu2")
    alone = evaluate(document.snapshot(), catalog).thermal.loops.loops[0]
    assert alone.spare is False


def test_weak_pumps_starve_plates_and_warm_chips(catalog: Catalog) -> None:
    strong, weak = pod(), pod()
    for document in (strong, weak):
        change(document, "loops", "tcs", rise_k=5.0)
    for key in ("cdu1", "cdu2"):
        change(weak, "cooling", key, profile="cdu-jetcool-300")
    good, poor = (evaluate(document.snapshot(), catalog, check=run) for document in (strong, weak))
    assert (poor.thermal.loops.loops[0].reach_frac or 1.0) < 1.0
    assert np.nanmax(poor.thermal.chips.rack_case_c) > np.nanmax(good.thermal.chips.rack_case_c)
    assert np.nanmin(poor.thermal.chips.rack_plate_flow_l_per_min) < np.nanmin(
        good.thermal.chips.rack_plate_flow_l_per_min
    )
    assert "cooling.starved-loop" in {f.rule for f in poor.findings}


def test_the_approach_of_an_exchanger_falls_with_its_load(catalog: Catalog) -> None:
    full, half = pod(racks=16), pod(racks=8)
    near = [evaluate(document.snapshot(), catalog).thermal.loops.unit_approach_k[0] for document in (full, half)]
    assert 0.0 < near[1] < near[0] < 6.0
    heat = exchanged_heat(100e3, 130e3, 120e3, 45.0, 27.0)
    assert heat == pytest.approx(100e3 * ((45 - heat / 130e3 - 27) - (45 - 27 - heat / 120e3)) / np.log(
        (45 - heat / 130e3 - 27) / (45 - 27 - heat / 120e3)), rel=1e-6)  # fmt: skip


def test_an_unknown_pump_head_stays_unknown(catalog: Catalog) -> None:
    document = pod()
    for key in ("cdu1", "cdu2"):
        change(document, "cooling", key, profile="cdu-coolchip-2300")
    loop = evaluate(document.snapshot(), catalog).thermal.loops.loops[0]
    assert loop.flow_l_per_min is None
    assert "unknown" in loop.note


def thousand(catalog: Catalog) -> Workspace:
    doc = Document()
    add(doc, "halls", Hall(id="hall", width_mm=90000, depth_mm=60000))
    add(doc, "loops", Loop(id="tcs", rise_k=10.0, supply_c=32.0), Loop(id="fws", kind="facility", rise_k=10.0))
    for k in range(1000):
        x, y = 2000 + 700 * (k % 100), 3000 + 2400 * (k // 100)
        add(doc, "racks", Rack(id=f"r{k:04d}", hall="hall", x_mm=x, y_mm=y, profile="gb200-nvl72", loop="tcs"))
    for k in range(70):
        add(doc, "cooling", Cooling(id=f"c{k}", hall="hall", x_mm=1000 + 1000 * k, y_mm=40000, profile="cdu-deschutes",
                                    loop="tcs", source_loop="fws"))  # fmt: skip
    return space_of(doc, catalog)


def test_a_network_of_a_thousand_racks_takes_milliseconds(catalog: Catalog) -> None:
    space = thousand(catalog)
    header = header_of(space)
    header = replace(header, net=header.net._replace(bore_m=np.full(1000, 1.2)))  # type: ignore[attr-defined, type-var]
    times = []
    for _ in range(5):
        start = time.perf_counter()
        found = _balance(header, 1.0, 70)
        times.append(time.perf_counter() - start)
    assert found is not None
    assert min(times) < 0.01
