"""Options of a hall's air: classes of equipment, drawn perforated tiles, two layers."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.compile.plan import air_classes
from infraplanner.compile.rules import constants
from infraplanner.edit import SetFields
from infraplanner.engine import evaluate
from infraplanner.model.document import Document
from infraplanner.model.entities import Site, Zone
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.session import Session
from tests.engine.halls import add
from tests.engine.test_evaluate import change, comparable

from .halls import air_hall


def settled(document: Document, catalog: Catalog) -> ResultSnapshot:
    result = evaluate(document.snapshot(), catalog, check=run)
    assert result.failures == ()
    return result


def named(result: ResultSnapshot, rule: str) -> set[str]:
    return {target for finding in result.findings if finding.rule == rule for target in finding.targets}


@pytest.mark.parametrize(
    ("name", "most", "least"),
    [("A1", 32.0, 15.0), ("A2", 35.0, 10.0), ("A3", 40.0, 5.0), ("A4", 45.0, 5.0), ("H1", 25.0, 5.0)],
)
def test_classes_and_their_fall_with_height(catalog: Catalog, name: str, most: float, least: float) -> None:
    row = ("A1", "A2", "A3", "A4", "H1").index(name)
    low, high = air_classes(constants(catalog), 0.0)
    assert (low[row], high[row]) == (least, most)
    aloft = air_classes(constants(catalog), 900.0 + 600.0)[1]
    assert aloft[row] < most - 1.0


def test_a_class_narrows_what_equipment_may_breathe(catalog: Catalog) -> None:
    document = air_hall(crahs=12, containment="cold")
    change(document, "halls", "hall", supply_air_c=26.0)
    assert not named(settled(document, catalog), "air.inlet-over-limit")
    change(document, "halls", "hall", air_class="H1")
    assert "r0a00" in named(settled(document, catalog), "air.inlet-over-limit")
    change(document, "racks", "r0a00", air_class="A2")
    found = named(settled(document, catalog), "air.inlet-over-limit")
    assert "r0a00" not in found
    assert "r0a01" in found


def test_a_high_site_allows_less(catalog: Catalog) -> None:
    document = air_hall(crahs=12, containment="cold")
    change(document, "halls", "hall", supply_air_c=24.5, air_class="H1")
    assert not named(settled(document, catalog), "air.inlet-over-limit")
    add(document, "site", Site(id="site", altitude_m=1500.0))
    assert "r0a00" in named(settled(document, catalog), "air.inlet-over-limit")


def tiles(document: Document) -> None:
    """Perforated tiles before the first pair of rows only, one of them under a rack."""
    for key, y_mm in (("t0", 3000), ("t1", 7800)):
        add(document, "zones",
            Zone(id=key, hall="hall", x_mm=12000, y_mm=y_mm, width_mm=7200, depth_mm=1200, kind="perforated"))  # fmt: skip


def test_drawn_tiles_are_where_the_air_comes_up(catalog: Catalog) -> None:
    document = air_hall(crahs=12)
    before = settled(document, catalog).thermal.air.rack_inlet_c
    tiles(document)
    result = settled(document, catalog)
    after = dict(zip(result.power.rack_ids, result.thermal.air.rack_inlet_c.tolist(), strict=True))
    near = np.mean([t for key, t in after.items() if key.startswith("r0")])
    far = np.mean([t for key, t in after.items() if key.startswith("r1")])
    assert far > near + 1.0
    assert far > np.nanmean(before) + 1.0
    assert not named(result, "air.tile-under-rack")
    change(document, "zones", "t0", y_mm=4200)
    assert "r0a03" in named(settled(document, catalog), "air.tile-under-rack")


def test_a_hall_of_two_layers_shows_its_warm_upper_halves(catalog: Catalog) -> None:
    document = air_hall(crahs=9)
    one = settled(document, catalog)
    change(document, "halls", "hall", air_layers="two")
    two = settled(document, catalog)
    air = two.thermal.air
    assert np.isnan(one.thermal.air.rack_inlet_top_c).all()
    assert np.nanmax(air.rack_inlet_top_c - air.rack_inlet_c) > 0.5
    above = two.thermal.chips.rack_chip_inlet_c - air.rack_worst_c
    assert above == pytest.approx(one.thermal.chips.rack_chip_inlet_c - one.thermal.air.rack_inlet_c, abs=1e-6)


@pytest.mark.parametrize(
    ("table", "key", "fields"),
    [
        ("halls", "hall", {"air_class": "H1"}),
        ("racks", "r0a00", {"air_class": "A3"}),
        ("site", "site", {"altitude_m": 1800.0}),
        ("racks", "r0a00", {"plate": "airjet-mini"}),
        ("loops", "chw", {"return_path": "reverse", "spare": 1}),
        ("zones", "t0", {"y_mm": 4200}),
    ],
)
def test_an_edit_gives_what_the_edited_plan_gives(
    catalog: Catalog, table: str, key: str, fields: dict[str, object]
) -> None:
    document = air_hall(crahs=12)
    tiles(document)
    add(document, "site", Site(id="site"))
    change(document, "halls", "hall", supply_air_c=24.5)
    session = Session(catalog, force_sync=True)
    session.open_document(document)
    session.execute(SetFields(table, [key], fields))
    assert session.result is not None
    assert session.result.failures == ()
    whole = evaluate(session.document.snapshot(), catalog, check=run)
    assert comparable(session.result) == comparable(whole)
    session.close()
