"""Loss of cooling: published seconds within a factor of two, exact steps, and what each row says of a plan."""

from __future__ import annotations

import pytest

from infraplanner.catalog import Catalog
from infraplanner.engine import evaluate
from infraplanner.engine.backing import words
from infraplanner.kernels.transients import time_to_limit, two_node_step, two_node_time
from infraplanner.model.document import Document
from infraplanner.model.entities import Feed, PowerNode
from infraplanner.results.ride import RideRow
from tests.engine.halls import add, pod
from tests.engine.test_evaluate import change

from .halls import air_hall


@pytest.mark.parametrize(("rack_w", "seconds", "factor"), [(5e3, 189.0, 2.0), (10e3, 60.0, 1.0)])
def test_air_halls_heat_up_as_measured(catalog: Catalog, rack_w: float, seconds: float, factor: float) -> None:
    """A published test: 189 s at 5 kW a rack, under 60 s at 10 kW; 7.5 m3 of air and 700 kg of machines a rack, from
    22 °C to a shutdown at 40 °C (not stated; A2 to A3 allow 35 to 40)."""
    solids = 700.0 * catalog.constant("thermal.rack_solids_j_per_kg_k")
    link = catalog.constant("thermal.rack_solids_w_per_k")
    found = two_node_time(22.0, 22.0, 40.0, 3600.0, rack_w, 0.0, 1190.0 * 7.5, solids, link, 0.0, 22.0)
    if factor > 1.0:
        assert seconds / factor < found < seconds * factor
    else:
        assert found < seconds


def test_steps_of_any_length_are_exact() -> None:
    arguments = (5e3, 0.0, 9e3, 315e3, 300.0, 50.0, 22.0)
    once = two_node_step(22.0, 22.0, 600.0, *arguments)
    first, second = 22.0, 22.0
    for _ in range(600):
        first, second = two_node_step(first, second, 1.0, *arguments)
    assert (first, second) == pytest.approx(once, rel=1e-9)


def test_every_way_of_losing_cooling_is_timed(catalog: Catalog) -> None:
    rows = {row.kind: row for row in evaluate(pod(racks=4).snapshot(), catalog).thermal.ride}
    assert set(rows) == {"air", "loop", "chip"}
    for row in rows.values():
        assert row.throttle_s is not None
        assert row.trip_s is None or row.trip_s >= row.throttle_s
    chip = rows["chip"]
    content = catalog.constant("thermal.plate_capacity_j_per_k")
    assert (chip.trip_s or 0) - (chip.throttle_s or 0) == pytest.approx(
        time_to_limit(chip.heat_w, content, 0.0, catalog.constant("thermal.trip_over_limit_k"))
    )
    assert "W in r00" in chip.note


def test_warmer_water_leaves_less_time(catalog: Catalog) -> None:
    cool, warm = pod(racks=4), pod(racks=4)
    change(warm, "loops", "tcs", supply_c=40.0)
    times = [
        next(row.throttle_s for row in evaluate(d.snapshot(), catalog).thermal.ride if row.kind == "loop")
        for d in (cool, warm)
    ]
    assert (times[1] or 0.0) < (times[0] or 0.0)


def test_a_hall_with_more_heat_throttles_sooner(catalog: Catalog) -> None:
    row = next(r for r in evaluate(air_hall(crahs=12).snapshot(), catalog).thermal.ride if r.kind == "air")
    assert row.throttle_s is not None
    assert row.throttle_s < 60.0  # 32 kW a rack


def rows_of(doc: Document, catalog: Catalog) -> dict[str, RideRow]:
    return {row.kind: row for row in evaluate(doc.snapshot(), catalog).thermal.ride}


def past_the_ups(doc: Document, *units: str) -> Document:
    """Feed these units from the transformers."""
    for unit in units:
        for side in "ab":
            change(doc, "feeds", f"f-{unit}-{side}", source=f"tx-{side}")
    return doc


def with_generator(doc: Document) -> Document:
    """A generator beside the grid on transformer A."""
    node = PowerNode(id="gen", profile=GENSET, rating_kw=3000.0, hall="hall", x_mm=2000, y_mm=14500)
    add(doc, "power", node)
    add(doc, "feeds", Feed(id="f-gen", source="gen", target="tx-a"))
    return doc


GENSET = "gen-diesel-2000"


def test_pumps_behind_a_ups_ride_through(catalog: Catalog) -> None:
    """Then coolant warms with the pumps on; standing coolant is not what this plan does."""
    rows = rows_of(pod(racks=4), catalog)
    assert (rows["loop"].holds, rows["chip"].holds, rows["air"].holds) == (True, False, False)
    assert rows["loop"].backing is not None
    assert (rows["loop"].backing.state, rows["loop"].backing.riding, rows["loop"].backing.units) == ("ride", 2, 2)
    assert "2 CDUs run on, fed through a UPS" in rows["loop"].note


def test_pumps_past_the_ups_stop_for_good_or_until_a_generator_runs(catalog: Catalog) -> None:
    """By hand: back after the generator's start and the restart of cooling."""
    alone = rows_of(past_the_ups(pod(racks=4), "cdu1", "cdu2"), catalog)
    assert (alone["loop"].holds, alone["chip"].holds) == (False, True)
    assert "for good" in alone["chip"].note
    backed = rows_of(with_generator(past_the_ups(pod(racks=4), "cdu1", "cdu2")), catalog)
    start = catalog.get(GENSET).start_s  # type: ignore[attr-defined]
    restart = catalog.constant("power.cooling_restart_s")
    assert backed["chip"].backing is not None
    assert backed["chip"].backing.back_s == pytest.approx(start + restart)
    assert backed["chip"].spared is (backed["chip"].throttle_s > start + restart)  # type: ignore[operator]
    assert f"for {start + restart:.0f} s" in backed["chip"].note
    assert backed["air"].holds is False  # the air handler hangs on the UPS still


def test_one_of_two_pumps_and_units_without_feeds(catalog: Catalog) -> None:
    half = rows_of(past_the_ups(pod(racks=4), "cdu1"), catalog)["loop"]
    assert half.holds is None
    assert half.backing is not None
    assert half.backing.state == "part"
    assert "1 of 2 CDUs run on" in half.note
    bare = pod(racks=4)
    for unit in ("cdu1", "cdu2"):
        for side in "ab":
            bare.remove("feeds", f"f-{unit}-{side}")
    unfed = rows_of(bare, catalog).get("loop")
    assert unfed is None or unfed.backing is None or "not drawn" in words(unfed.backing, "CDUs")
