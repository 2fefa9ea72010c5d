"""What an optical circuit switch that fails costs the pod of 4,096: bandwidth, time of collectives, tokens."""

import pytest

from infraplanner.catalog import load_catalog
from infraplanner.engine import evaluate
from infraplanner.io import read_plan
from infraplanner.places import resources_dir, shipped_profiles_dir

AXIS = [f"t-ocs-x{number:02d}" for number in range(1, 17)]
"""The switches of one axis of the torus: each carries one of the sixteen lanes between all neighbours along it."""


@pytest.fixture(scope="module")
def answer():
    catalog = load_catalog(shipped_profiles_dir())
    snapshot = read_plan(resources_dir() / "templates" / "tpu-ocs-pod.yaml", catalog).document.snapshot()
    return lambda *failed: evaluate(snapshot, catalog, failed=frozenset(failed))


@pytest.fixture(scope="module")
def whole(answer):
    return answer()


def _data(result):
    return next(row.time_s for row in result.fabric.figures.jobs if row.group == "data")


def test_one_switch_takes_its_share_of_bandwidth_and_slows_what_crosses_it(answer, whole):
    """One of 48: a 48th of all cables' rate, and a 16th of the rate of every ring along its axis."""
    before, after = whole.fabric.figures, answer(AXIS[0]).fabric.figures
    assert after.bandwidth_bps == pytest.approx(before.bandwidth_bps * 47 / 48)
    assert after.collective_s > before.collective_s
    assert _data(answer(AXIS[0])) == pytest.approx(_data(whole) * 16 / 15, rel=1e-3)
    times = {row.name: row.time_s for row in before.pools}
    assert all(row.time_s > times[row.name] for row in after.pools)


def test_half_an_axis_halves_the_bisection_and_doubles_the_rings(answer, whole):
    after = answer(*AXIS[:8])
    assert after.fabric.figures.bisection_bps == pytest.approx(0.5 * whole.fabric.figures.bisection_bps)
    assert _data(after) == pytest.approx(2.0 * _data(whole), rel=1e-3)


def test_tokens_fall_when_the_links_left_are_full_and_stop_when_none_is(answer, whole):
    """Few switches lost hide behind the computation; one lane of sixteen does not, and no lane leaves no way."""
    (first,) = whole.throughput.jobs
    (one,) = answer(AXIS[0]).throughput.jobs
    (last,) = answer(*AXIS[:15]).throughput.jobs
    (none,) = answer(*AXIS).throughput.jobs
    assert one.tokens_per_s == pytest.approx(first.tokens_per_s)
    assert last.tokens_per_s == pytest.approx(first.tokens_per_s * last.pace_frac)
    assert last.pace_frac < 0.9
    assert "no drawn path" in none.not_predicted
