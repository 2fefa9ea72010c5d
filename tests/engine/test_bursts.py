"""Bursts through the stores on their way up, and what rides through what."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog
from infraplanner.engine import evaluate
from infraplanner.io.plan_reader import read_plan
from tests.engine.halls import pod
from tests.engine.test_evaluate import change


def rubin(catalog: Catalog):
    return read_plan(places.resources_dir() / "templates" / "rubin-800v.yaml", catalog=catalog).document


def bursts_of(document, catalog: Catalog):
    return evaluate(document.snapshot(), catalog).power.bursts


def test_the_racks_swing_between_idle_and_most(catalog: Catalog) -> None:
    found = bursts_of(pod(racks=4), catalog)
    rack = catalog.get("gb200-nvl72")
    idle = rack.power_idle_w if rack.power_idle_w is not None else 0.15 * rack.power_max_w
    assert found.levels[0].swing_w == pytest.approx(4 * (rack.power_max_w - idle))
    assert found.levels[0].band_hz == pytest.approx(1.0, abs=0.1)
    # The first harmonic of a square wave of 70 % duty: 2/pi sin(0.7 pi) of its swing.
    first = 2 / np.pi * np.sin(0.7 * np.pi) * found.levels[0].swing_w
    assert found.levels[0].band_w == pytest.approx(first, rel=0.02)


def test_a_plan_without_accelerators_has_no_burst(catalog: Catalog) -> None:
    assert bursts_of(pod(racks=0), catalog).levels == ()


def test_capacitors_of_a_gb300_rack_flatten_its_steps(catalog: Catalog) -> None:
    document = pod(racks=4)
    for k in range(4):
        change(document, "racks", f"r{k:03d}", profile="gb300-nvl72")
    racks, behind, *_ = bursts_of(document, catalog).levels
    assert behind.stored_j == pytest.approx(4 * 72 * 65.0)
    assert behind.ramp_w_per_s < 0.5 * racks.ramp_w_per_s
    assert behind.peak_w <= racks.peak_w


def test_site_batteries_level_what_the_turbines_see(catalog: Catalog) -> None:
    document = rubin(catalog)
    found = bursts_of(document, catalog)
    head, seen = found.levels[-2:]
    assert seen.band_w < 0.1 * head.band_w
    assert found.step_w < found.step_limit_w
    for store in ("bess-a", "bess-b"):
        change(document, "power", store, maintenance=True)
    bare = bursts_of(document, catalog)
    assert bare.levels[-1].name == "Whole site"
    assert bare.step_w > 10 * found.step_w


def test_ride_through_is_energy_over_load(catalog: Catalog) -> None:
    document = rubin(catalog)
    result = evaluate(document.snapshot(), catalog)
    ride = next(row for row in result.power.bursts.rides if row.name == "Site stores")
    assert ride.lasts_s == pytest.approx(2 * 1000 * 3.6e6 / result.power.supply.source_out_w.sum())
    assert ride.needed_s == 600.0
    assert ride.enough
