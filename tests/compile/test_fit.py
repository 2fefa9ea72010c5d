"""Loss curves fitted to published efficiencies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplanner.catalog.catalog import decode_embedded
from infraplanner.catalog.types import EfficiencyPoint, LossKnee, PowerUnit
from infraplanner.compile.fit import LOSSLESS, NEAR_FRAC, Curve, eco_curve, fit_points, least_loss, loss_curve

Points = tuple[tuple[float, float], ...]


def unit(**fields: object) -> PowerUnit:
    return PowerUnit(id="u", name="u", confidence="default", **{"power_kind": "ups", **fields})  # type: ignore[arg-type]


def loss_at(curve: Curve, x: float) -> float:
    a, b, c, rise_1, knee_1, rise_2, knee_2 = curve
    return a + b * x + c * x * x + rise_1 * max(0.0, x - knee_1) + rise_2 * max(0.0, x - knee_2)


def test_a_point_below_full_load_is_the_peak() -> None:
    a, b, c, *bends = fit_points(((0.35, 0.9894),))
    assert bends == [0.0, np.inf, 0.0, np.inf]
    assert (a, b, c) == pytest.approx((0.001875, 0.0, 0.01531), rel=1e-3)
    assert np.sqrt(a / c) == pytest.approx(0.35)


def test_a_point_at_full_load_is_proportional() -> None:
    assert fit_points(((1.0, 0.975),)) == pytest.approx(Curve(0.0, 1 / 0.975 - 1))


def test_points_near_a_quadratic_stay_smooth() -> None:
    true = Curve(0.013, 0.006, 0.011)
    points = tuple((x, round(x / (x + loss_at(true, x)), 3)) for x in (0.25, 0.5, 0.75, 1.0))
    found = fit_points(points)
    for x, eta in points:
        assert x / (x + loss_at(found, x)) == pytest.approx(eta, abs=NEAR_FRAC)
    assert found[3:] == (0.0, np.inf, 0.0, np.inf)


@pytest.mark.parametrize(
    ("points", "rises"),
    [
        (((0.1, 0.90), (0.2, 0.94), (0.5, 0.96), (1.0, 0.91)), (0.010343, 0.129244)),  # certificate
        (((0.1, 0.94), (0.3, 0.965), (0.5, 0.975), (1.0, 0.965)), (-0.012791, 0.037199)),  # data-sheet floors
    ],
)
def test_points_that_no_quadratic_follows_are_reproduced_with_knees(points: Points, rises: tuple[float, float]) -> None:
    found = fit_points(points)
    assert min(found[:3]) >= 0.0
    assert (found.knee_1_frac, found.knee_2_frac) == (points[1][0], points[2][0])
    assert (found.rise_1_frac, found.rise_2_frac) == pytest.approx(rises, abs=1e-6)
    for x, eta in points:
        assert x / (x + loss_at(found, x)) == pytest.approx(eta, abs=1e-12)


def test_three_points_with_a_bend_need_one_knee() -> None:
    points = ((0.2, 0.94), (0.5, 0.96), (1.0, 0.91))
    found = fit_points(points)
    assert (found.knee_1_frac, found.rise_2_frac) == (0.5, 0.0)
    for x, eta in points:
        assert x / (x + loss_at(found, x)) == pytest.approx(eta, abs=1e-12)


def test_a_loss_that_falls_with_load_is_never_fitted() -> None:
    """99 % at full load after 90 % at half: the loss would fall from 5.6 to 1.0 %; the quadratic stays."""
    found = fit_points(((0.25, 0.9), (0.5, 0.9), (1.0, 0.99)))
    assert min(found) >= 0.0
    assert found[3:] == (0.0, np.inf, 0.0, np.inf)


@given(
    st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0.5, 0.999)), min_size=2, max_size=6, unique_by=lambda p: p[0])
)
def test_any_points_give_a_loss_that_never_falls(points: list[tuple[float, float]]) -> None:
    found = fit_points(tuple(sorted(points)))
    losses = [loss_at(found, x) for x in np.linspace(0.0, 1.2, 61)]
    assert losses[0] >= 0.0
    assert np.diff(losses).min() >= -1e-12


@given(st.floats(0.002, 0.02), st.floats(0, 0.05), st.floats(0, 0.1), st.floats(-0.02, 0.1), st.floats(0.05, 0.6))
def test_the_least_loss_is_that_of_a_search(a: float, b: float, c: float, rise: float, knee: float) -> None:
    curve = Curve(a, 0.02 + b, c, rise, knee, 0.05, 0.6)
    x = np.linspace(0.001, 1.0, 20_001)
    found = a + x * (0.02 + b + c * x) + rise * np.maximum(0, x - knee) + 0.05 * np.maximum(0, x - 0.6)
    found = found / x
    assert least_loss(curve) == pytest.approx(found.min(), abs=1e-4)
    assert least_loss(Curve(0.0, b, c, rise, knee)) == pytest.approx(b + c + rise * max(0.0, 1.0 - knee))


def test_knees_may_be_stated() -> None:
    stated = unit(loss_a_frac=0.01, loss_knees=(LossKnee(0.5, 0.1),))
    assert loss_curve(stated) == Curve(0.01, 0.0, 0.0, 0.1, 0.5)
    eco = eco_curve(unit(loss_a_frac=0.01, loss_knees=(LossKnee(0.5, 0.1),), eco_max_frac=0.99))
    assert least_loss(eco) == pytest.approx(1 / 0.99 - 1)
    assert (eco.knee_1_frac, eco.rise_2_frac) == (0.5, 0.0)


@pytest.mark.parametrize(
    ("knees", "text"),
    [
        ([{"load_frac": 0.5, "rise_frac": -0.1}], "loss_knees: expected a loss that does not fall with load above 0.5"),
        ([{"load_frac": 0.1 * k, "rise_frac": 0.1} for k in (1, 2, 3)], "length <= 2"),
        ([{"load_frac": 0.0, "rise_frac": 0.1}], "> 0.0"),
    ],
)
def test_wrong_knees_are_refused(knees: list[dict[str, float]], text: str) -> None:
    data = {"name": "u", "confidence": "default", "power_kind": "ups", "loss_b_frac": 0.05, "loss_knees": knees}
    with pytest.raises(ValueError, match=text):
        decode_embedded("u", "power", data)


def test_published_coefficients_win_and_sources_lose_nothing() -> None:
    assert loss_curve(unit(loss_a_frac=0.01)) == Curve(0.01)
    assert loss_curve(unit(power_kind="gas_turbine", loss_b_frac=1.47)) == LOSSLESS
    assert loss_curve(unit(efficiency_max_frac=0.98)) == pytest.approx(Curve(0.0, 1 / 0.98 - 1))
    points = (EfficiencyPoint(1.0, 0.95),)
    assert loss_curve(unit(efficiency_points=points))[1] == pytest.approx(1 / 0.95 - 1)


def test_silence_is_unknown() -> None:
    assert np.isnan(loss_curve(unit())[:3]).all()
    assert np.isnan(loss_curve(None)[:3]).all()
    assert loss_curve(unit(power_kind="switchgear")) == LOSSLESS
