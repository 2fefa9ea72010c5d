"""Loss of cooling: published seconds within a factor of two, exact steps, and what each row says of a plan."""

from __future__ import annotations

import pytest

from infraplanner.catalog import Catalog
from infraplanner.engine import evaluate
from infraplanner.kernels.transients import time_to_limit, two_node_step, two_node_time
from tests.engine.halls import pod
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
