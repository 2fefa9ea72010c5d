"""Optical circuit switches: light paths for a demand, and what they save against packet switches."""

from __future__ import annotations

from pathlib import Path

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.cli.main import main
from infraplanner.explore.fabric_report import cheapest, optical_rows, spine_switch
from infraplanner.explore.optics import apportion, plugged, whole_saving
from infraplanner.io import read_plan

TORUS = places.resources_dir() / "templates" / "tpu-ocs-pod.yaml"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


def counts(paths) -> dict[tuple[str, str], int]:  # type: ignore[no-untyped-def]
    out: dict[tuple[str, str], int] = {}
    for held in paths.values():
        for path in held:
            out[path.a, path.b] = out.get((path.a, path.b), 0) + path.count
    return out


def test_light_paths_follow_the_demand() -> None:
    """Three parts to B and one to C over four cables: three paths and one; what asks for nothing gets what is left."""
    found = apportion({"o": {"A": 4, "B": 4, "C": 4}}, {("A", "B"): 3.0, ("C", "A"): 1.0})
    assert counts(found) == {("A", "B"): 3, ("A", "C"): 1, ("B", "C"): 1}


def test_several_switches_share_the_demand() -> None:
    cables = {f"o{k}": {"A": 2, "B": 2, "C": 2, "D": 2} for k in range(3)}
    found = apportion(cables, {("A", "B"): 2.0, ("C", "D"): 2.0, ("A", "C"): 1.0, ("B", "D"): 1.0})
    total = counts(found)
    assert total["A", "B"] == total["C", "D"] == 4
    assert total["A", "C"] == total["B", "D"] == 2
    for held in found.values():
        used: dict[str, int] = {}
        for path in held:
            for end in (path.a, path.b):
                used[end] = used.get(end, 0) + path.count
        assert max(used.values()) <= 2


def test_a_plan_is_reconfigured_to_its_job_without_moving_a_cable(tmp_path: Path, catalog: Catalog) -> None:
    target = tmp_path / "turned.yaml"
    assert main(["fabric", str(TORUS), "--reconfigure", "pretrain", "-o", str(target)]) == 0
    before, after = read_plan(TORUS, catalog).document, read_plan(target, catalog).document
    assert dict(after.table("links")) == dict(before.table("links"))
    old, new = before.table("devices"), after.table("devices")
    assert any(new[key].light_paths != old[key].light_paths for key in new)
    cables = plugged(after.snapshot(), catalog)
    for key, held in cables.items():
        used: dict[str, int] = {}
        for path in new[key].light_paths:
            for end in (path.a, path.b):
                used[end] = used.get(end, 0) + path.count
        assert used == held
    assert main(["fabric", str(TORUS), "--reconfigure", "nobody", "-o", str(target)]) == 2


def test_savings_agree_with_those_that_a_large_operator_published(catalog: Catalog) -> None:
    """41 % of power and 30 % of capital: computed from parts alone, within ten and eight points."""
    ocs, packet, medium = catalog.get("palomar-ocs"), spine_switch(catalog), cheapest(catalog, 400.0, ("single_mode",))
    assert packet is not None
    assert medium is not None
    power, capital = whole_saving(128 * 48, ocs, 48, packet, medium)  # type: ignore[arg-type]
    assert power == pytest.approx(0.41, abs=0.10)
    assert capital == pytest.approx(0.30, abs=0.08)
    # One tier less in the spine saves less: the figure is computed, not stored.
    assert whole_saving(128 * 48, ocs, 48, packet, medium, tiers=1)[0] != pytest.approx(power, abs=0.01)  # type: ignore[arg-type]


def test_optical_and_packet_switches_stand_side_by_side(catalog: Catalog) -> None:
    plan = read_plan(TORUS, catalog)
    light, packet, saved = optical_rows(plan.document.snapshot(), catalog)
    assert light["devices"] == 48
    assert light["reconfigure_s"] == pytest.approx(0.01)
    assert packet["reconfigure_s"] is None
    assert packet["power_kw"] > 10 * light["power_kw"]
    assert 0.0 < saved["capex_usd"] < 1.0
