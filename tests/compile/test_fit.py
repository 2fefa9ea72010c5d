"""Loss curves fitted to published efficiencies."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.catalog.types import EfficiencyPoint, PowerUnit
from infraplanner.compile.fit import fit_points, loss_coefficients


def unit(**fields: object) -> PowerUnit:
    return PowerUnit(id="u", name="u", confidence="default", **{"power_kind": "ups", **fields})  # type: ignore[arg-type]


def test_a_point_below_full_load_is_the_peak() -> None:
    a, b, c = fit_points(((0.35, 0.9894),))
    assert (a, b, c) == pytest.approx((0.001875, 0.0, 0.01531), rel=1e-3)
    assert np.sqrt(a / c) == pytest.approx(0.35)


def test_a_point_at_full_load_is_proportional() -> None:
    assert fit_points(((1.0, 0.975),)) == pytest.approx((0.0, 1 / 0.975 - 1, 0.0))


def test_four_points_come_back_and_nothing_is_negative() -> None:
    points = ((0.1, 0.90), (0.2, 0.94), (0.5, 0.96), (1.0, 0.91))
    found = fit_points(points)
    assert min(found) >= 0.0
    for x, eta in points:
        loss = found[0] + found[1] * x + found[2] * x * x
        assert x / (x + loss) == pytest.approx(eta, abs=0.04)


def test_published_coefficients_win_and_sources_lose_nothing() -> None:
    assert loss_coefficients(unit(loss_a_frac=0.01)) == (0.01, 0.0, 0.0)
    assert loss_coefficients(unit(power_kind="gas_turbine", loss_b_frac=1.47)) == (0.0, 0.0, 0.0)
    assert loss_coefficients(unit(efficiency_max_frac=0.98)) == pytest.approx((0.0, 1 / 0.98 - 1, 0.0))
    points = (EfficiencyPoint(1.0, 0.95),)
    assert loss_coefficients(unit(efficiency_points=points))[1] == pytest.approx(1 / 0.95 - 1)


def test_silence_is_unknown() -> None:
    assert np.isnan(loss_coefficients(unit())).all()
    assert np.isnan(loss_coefficients(None)).all()
    assert loss_coefficients(unit(power_kind="switchgear")) == (0.0, 0.0, 0.0)
