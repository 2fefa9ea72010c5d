"""Loops that boil: vapour's share and the mixture's drop against worked examples, whole loops, and dry plates named."""

from __future__ import annotations

import math

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.kernels.hydraulics import friction_factor, pipe_drop
from infraplanner.kernels.two_phase import (
    Saturated,
    exit_quality,
    form_ratio,
    header_ratios,
    mixture_density,
    mixture_gradient,
)
from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, Hall, Loop, Pipe, Rack
from infraplanner.results.snapshot import ResultSnapshot
from tests.engine.halls import add
from tests.engine.test_evaluate import change

R1233ZD = Saturated(1238.39, 9.9926, 351.29e-6, 12.246e-6, 1207.81, 185779.0)
"""At 35 degC, as the profile has it."""


def test_vapour_at_the_exit_follows_from_latent_heat_and_flow() -> None:
    """1 kW at 0.4 L/min: 121,125 J/kg, 6,039 of them to reach boiling, 115,086 of 185,779 boil."""
    taken = 1000.0 / (0.4 / 60000.0 * 1238.39)
    assert taken == pytest.approx(121_125.0, rel=1e-5)
    assert exit_quality(taken, 5.0, R1233ZD) == pytest.approx(115_086.0 / 185_779.0, rel=1e-4)
    assert exit_quality(6000.0, 5.0, R1233ZD) == 0.0
    assert exit_quality(2.0 * taken, 5.0, R1233ZD) > 1.0


def test_a_mixture_in_a_pipe_follows_its_worked_example() -> None:
    """1.09 kg/s, 62 % vapour, 80 mm: 216.85 kg/(m2 s); alone as liquid 5.41, as vapour 514.4 Pa/m."""
    flux = 1.09 / (math.pi * 0.04**2)
    assert flux == pytest.approx(216.85, rel=1e-4)
    head = flux**2 / (2.0 * 0.08)
    wet = friction_factor(flux * 0.08 / 351.29e-6, 45e-6 / 0.08) * head / 1238.39
    dry = friction_factor(flux * 0.08 / 12.246e-6, 45e-6 / 0.08) * head / 9.9926
    assert (wet, dry) == pytest.approx((5.41, 514.2), rel=2e-3)
    by_hand = (5.41 + 2.0 * (514.2 - 5.41) * 0.62) * 0.38 ** (1.0 / 3.0) + 514.2 * 0.62**3
    assert mixture_gradient(1.09, 0.62, 0.08, 45e-6, R1233ZD) == pytest.approx(by_hand, rel=2e-3)
    assert mixture_density(0.62, R1233ZD) == pytest.approx(16.04, abs=0.01)
    assert form_ratio(0.62, R1233ZD) == pytest.approx(77.2, abs=0.1)


def test_a_mixture_of_one_phase_is_that_phase() -> None:
    flow = 1.09 / 1238.39
    assert mixture_gradient(1.09, 0.0, 0.08, 45e-6, R1233ZD) == pytest.approx(
        pipe_drop(flow, 0.08, 1.0, 45e-6, 1238.39, 351.29e-6), rel=1e-9
    )
    assert mixture_gradient(1.09, 1.0, 0.08, 45e-6, R1233ZD) == pytest.approx(
        pipe_drop(1.09 / 9.9926, 0.08, 1.0, 45e-6, 9.9926, 12.246e-6), rel=1e-9
    )


def friedel(x: float, flux: float, bore_m: float, surface_n_per_m: float) -> float:
    """Drop of the mixture by another correlation [Pa/m], written out here (Friedel 1979), with smooth-pipe friction."""
    f = R1233ZD
    liquid, vapour = (0.079 * (flux * bore_m / mu) ** -0.25 for mu in (f.liquid_pa_s, f.vapour_pa_s))
    e = (1 - x) ** 2 + x**2 * f.liquid_kg_per_m3 * vapour / (f.vapour_kg_per_m3 * liquid)
    h = (f.liquid_kg_per_m3 / f.vapour_kg_per_m3) ** 0.91 * (f.vapour_pa_s / f.liquid_pa_s) ** 0.19
    h *= (1 - f.vapour_pa_s / f.liquid_pa_s) ** 0.7
    rho = 1.0 / (x / f.vapour_kg_per_m3 + (1 - x) / f.liquid_kg_per_m3)
    froude, weber = flux**2 / (9.80665 * bore_m * rho**2), flux**2 * bore_m / (rho * surface_n_per_m)
    ratio = e + 3.24 * x**0.78 * (1 - x) ** 0.224 * h / (froude**0.045 * weber**0.035)
    return ratio * 4.0 * liquid * flux**2 / (2.0 * bore_m * f.liquid_kg_per_m3)


@pytest.mark.parametrize("x", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_another_correlation_says_about_the_same(x: float) -> None:
    """Both are quoted within 30 to 40 % of what was measured."""
    smooth = mixture_gradient(1.09, x, 0.08, 1e-7, R1233ZD)
    assert smooth / friedel(x, 1.09 / (math.pi * 0.04**2), 0.08, 0.0145) == pytest.approx(1.0, abs=0.4)


def test_a_return_carries_what_all_racks_behind_it_give_back() -> None:
    """Two racks: the piece at the pumps holds both, mixed by mass; the last one its own."""
    flow, quality = np.array([4e-4, 8e-4]), np.array([0.9, 0.3])
    pipe, fitting = np.empty(2), np.empty(2)
    header_ratios(flow, quality, 0.04, 0.08, 45e-6, 1238.39, 351.29e-6, R1233ZD, pipe, fitting)
    liquid = pipe_drop(12e-4, 0.04, 1.0, 45e-6, 1238.39, 351.29e-6)
    assert pipe[0] == pytest.approx(mixture_gradient(12e-4 * 1238.39, 0.5, 0.08, 45e-6, R1233ZD) / liquid, rel=1e-9)
    assert fitting.tolist() == pytest.approx([form_ratio(0.5, R1233ZD) / 16.0, form_ratio(0.3, R1233ZD) / 16.0])
    plain = np.empty(2), np.empty(2)
    header_ratios(flow, np.zeros(2), 0.04, 0.04, 45e-6, 1238.39, 351.29e-6, R1233ZD, *plain)
    assert np.concatenate(plain) == pytest.approx(np.ones(4))  # a return of liquid is the supply again


def hall(racks: int = 8, **loop: object) -> Document:
    """Racks in a row on a loop of R1233zd(E) that two CDUs pump and facility water condenses."""
    doc = Document()
    add(doc, "halls", Hall(id="hall", width_mm=18000, depth_mm=9000))
    add(doc, "halls", Hall(id="yard", width_mm=18000, depth_mm=6000))
    add(doc, "loops", Loop(id="tcs", **{"fluid": "r1233zd", "supply_c": 32.0} | loop))
    add(doc, "loops", Loop(id="fws", kind="facility", fluid="water", supply_c=22.0, rise_k=10.0))
    for k in range(racks):
        add(doc, "racks", Rack(id=f"r{k}", hall="hall", x_mm=4000 + 600 * k, y_mm=4000, profile="gb200-nvl72", loop="tcs",
                               plate="cp-2phase"))  # fmt: skip
    add(doc, "cooling", Cooling(id="wall", hall="hall", x_mm=1500, y_mm=4000, rotation_deg=90, profile="fanwall-210",
                                source_loop="fws"))  # fmt: skip
    for k in range(2):
        add(doc, "cooling", Cooling(id=f"cdu{k}", hall="hall", x_mm=1500, y_mm=6000 + 1200 * k, profile="cdu-xdu1350",
                                    loop="tcs", source_loop="fws"))  # fmt: skip
        add(
            doc,
            "cooling",
            Cooling(id=f"dry{k}", hall="yard", x_mm=6000 * (k + 1), y_mm=3000, profile="drycooler", loop="fws"),
        )
    doc.take_changes()
    return doc


def settled(doc: Document, catalog: Catalog) -> ResultSnapshot:
    result = evaluate(doc.snapshot(), catalog, check=run)
    assert result.failures == ()
    return result


def rules(result: ResultSnapshot) -> set[str]:
    return {finding.rule for finding in result.findings}


def test_flow_follows_from_latent_heat_and_planned_vapour(catalog: Catalog) -> None:
    result = settled(hall(), catalog)
    thermal = result.thermal
    loop = thermal.loops.loops[0]
    each = 0.6 * 185_779.0 + 5.0 * 1207.81  # joules a kilogram takes up
    wanted = thermal.rack_liquid_w / (each * 1238.39) * 60000.0
    assert thermal.rack_flow_l_per_min == pytest.approx(wanted, rel=1e-6)
    assert loop.boils_c == pytest.approx(37.0)
    assert loop.return_c == pytest.approx(37.0)
    assert loop.exit_quality_frac == pytest.approx(0.6, abs=0.01)
    assert loop.return_mm is not None
    assert loop.header_mm is not None
    assert loop.return_mm > loop.header_mm
    assert 0.0 < (loop.return_m_per_s or 0.0) <= 10.0
    assert thermal.chips.rack_chip_inlet_c == pytest.approx(np.full(8, 37.0))
    assert not rules(result) & {"cooling.dry-out", "chip.plate-cannot-boil", "chip.starved-plate"}
    liquid = settled(hall(fluid="pg25"), catalog).thermal.loops.loops[0]
    assert loop.wanted_l_per_min < 0.5 * liquid.wanted_l_per_min
    assert (loop.head_kpa or 0.0) > 0.0


def test_a_stated_flow_sets_the_vapour_instead(catalog: Catalog) -> None:
    loop = settled(hall(flow_l_per_min_per_kw=0.4), catalog).thermal.loops.loops[0]
    latent, heat, density = 181_800.0, 1220.0, 1233.0  # at 37 degC
    taken = 1000.0 / (0.4 / 60000.0 * density)
    assert loop.exit_quality_frac == pytest.approx((taken - 5.0 * heat) / latent, rel=0.02)


def test_a_narrow_return_starves_the_far_rack_until_it_dries_out(catalog: Catalog) -> None:
    wide, narrow = hall(), hall()
    for key, bore in (("p", 40), ("q", 50)):
        add(narrow, "pipes", Pipe(id=key, hall="hall", points_mm=((1500, 6000), (9000, 4600)), loop="tcs", dn_mm=bore,
                                  side="supply" if key == "p" else "return"))  # fmt: skip
    good, poor = settled(wide, catalog), settled(narrow, catalog)
    first, last = (each.thermal.loops.loops[0] for each in (good, poor))
    assert (last.return_mm, last.header_mm) == (50.0, 40.0)
    assert (last.exit_quality_frac or 0.0) > (first.exit_quality_frac or 1.0)
    found = [finding for finding in poor.findings if finding.rule == "cooling.dry-out"]
    assert len(found) == 1
    assert found[0].targets == ("tcs", "r7")
    assert "r7" in found[0].message
    assert "% vapour" in found[0].message


def test_too_little_flow_dries_out_and_too_much_does_not_boil(catalog: Catalog) -> None:
    assert "cooling.dry-out" in rules(settled(hall(flow_l_per_min_per_kw=0.25), catalog))
    cold = settled(hall(1, flow_l_per_min_per_kw=9.0), catalog).thermal.loops.loops[0]
    assert cold.exit_quality_frac == pytest.approx(0.0, abs=1e-4)
    assert (cold.return_c or 0.0) < 37.0


def test_plates_that_cannot_boil_are_named(catalog: Catalog) -> None:
    document = hall()
    change(document, "racks", "r3", plate="")
    found = [f for f in settled(document, catalog).findings if f.rule == "chip.plate-cannot-boil"]
    assert [f.targets for f in found] == [("r3", "tcs")]
    assert "no plate" in found[0].message


def test_heat_of_a_loop_that_boils_reaches_the_sky(catalog: Catalog) -> None:
    thermal = settled(hall(), catalog).thermal
    ids = list(thermal.loop_ids)
    assert thermal.loop_heat_w[ids.index("tcs")] == pytest.approx(float(thermal.rack_liquid_w.sum()), rel=1e-9)
    assert thermal.loop_heat_w[ids.index("fws")] >= thermal.loop_heat_w[ids.index("tcs")]
