"""Stages in series: worked numbers, up and down agree, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplanner.engine import bind
from infraplanner.kernels import losses, series
from tests.kernels import chains

BENDS = ((), (0.05, 0.3), (0.1, 0.2, 0.2, 0.5), (0.3, 0.2, 0.1, 0.2), (-0.02, 0.3, 0.04, 0.5))
"""Rises and knees; a small fall of slope among them."""

COPPER = series.Metal(1.724e-8, 0.00393, 8960.0, 30.0, 45.0)


def stages_of(*rows: dict[str, Any]) -> series.Series:
    base: dict[str, Any] = dict.fromkeys(series.Series._fields, 0.0)
    base |= {"unit_w": 1.0, "fill_frac": 1.0, "voltage_v": 1.0, "current_ratio": 1.0, "loss_count": 1.0}
    base |= {"density_a_per_m2": 1.0}
    base |= {"curves": (0.0,)}
    columns = {name: [(base | row)[name] for row in rows] for name in series.Series._fields}
    kind, curves = np.array(columns.pop("kind"), dtype=np.int64), chains.curves_of(*columns.pop("curves"))
    made = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    return series.Series(kind=kind, curves=curves, **made)


def up(stages: series.Series, load_w: float) -> tuple[float, series.SeriesFlows]:
    out = bind.buffers(series.SeriesFlows, **{"": stages.kind.size})
    return series.series_up(stages, COPPER, load_w, out), out


def test_132_kilowatts_at_54_volts_are_2444_amperes_over_two_bars_of_1000_square_millimetres() -> None:
    density = 132e3 / 54 / 1e-3  # that section at this current
    bar = {
        "kind": 1,
        "voltage_v": 54.0,
        "loss_count": 2.0,
        "length_m": 1.0,
        "density_a_per_m2": density,
        "metal_count": 2.0,
    }
    grid, out = up(stages_of(bar), 132e3)
    assert out.current_a[0] == pytest.approx(2444, abs=0.5)
    assert out.section_m2[0] == pytest.approx(1e-3)
    assert out.loss_w[0] == pytest.approx(251, rel=0.005)
    assert grid - 132e3 == pytest.approx(out.loss_w[0])
    assert out.mass_kg[0] == pytest.approx(2 * 1e-3 * 8960)


def test_a_regulator_of_1400_watts_loses_196_watts_at_1400_amperes() -> None:
    way = {"kind": 2, "unit_w": 1400.0, "voltage_v": 1.0, "way_ohm": 1e-4}
    _, out = up(stages_of(way), 1400.0 - 196.0)  # the die's share of 1 V times 1,400 A
    assert out.current_a[0] == pytest.approx(1400.0)
    assert out.loss_w[0] == pytest.approx(196.0)


@given(st.floats(0.01, 1.2), st.floats(0, 0.02), st.floats(0, 0.05), st.floats(0, 0.1), st.sampled_from(BENDS))
def test_output_undoes_loss(share: float, a: float, b: float, c: float, bends: tuple[float, ...]) -> None:
    rating = 5e3
    curve = chains.whole(a, b, c, *bends)
    put_in = share * rating + losses.stage_loss(share * rating, rating, curve)
    for entry in (losses.stage_output, losses.stage_output.py_func):
        assert entry(put_in, rating, curve) == pytest.approx(share * rating, rel=1e-9)
    assert losses.loss_fracs(np.array([share]), np.array([curve]))[0] == losses.loss_frac.py_func(share, curve)


def test_no_output_below_the_fixed_loss() -> None:
    assert losses.stage_output(10.0, 1e3, chains.whole(0.02)) == 0.0


def test_down_ends_with_what_up_began_with() -> None:
    """Two converters with a bar between them, sized alike both ways."""
    converter = {"kind": 0, "unit_w": 3e3, "fill_frac": 0.8, "curves": (0.0055, 0.0, 0.03)}
    stages = stages_of(converter, converter | {"unit_w": 6e3})
    grid, out = up(stages, 90e3)
    loss, rest = np.zeros((2, 1)), np.zeros(1)
    # Sizes follow the rating, so the number of units is given by the same load.
    rated = np.array([out.units_count[0] * 3e3 * 0.8])
    series.series_down(stages, COPPER, np.array([grid]), rated, np.ones(1), 2, np.zeros(1), loss, rest)
    assert rest[0] == pytest.approx(90e3, rel=2e-3)
    assert loss.sum() + rest[0] == pytest.approx(grid, rel=1e-12)


def test_down_splits_off_what_is_no_accelerator() -> None:
    converter = {"kind": 0, "unit_w": 1e3, "fill_frac": 1.0, "curves": (0.0, 0.1)}
    stages = stages_of(converter, converter)
    loss, rest = np.zeros((2, 2)), np.zeros(2)
    series.series_down(
        stages, COPPER, np.array([1.1e3, 0.0]), np.array([1.1e3, 1e3]), np.array([0.5, 0.5]), 1, np.zeros(2), loss, rest
    )
    assert loss[:, 0].tolist() == pytest.approx([100.0, 500 - 500 / 1.1])
    assert rest.tolist() == pytest.approx([500 / 1.1, 0.0])


def test_compiled_equals_plain() -> None:
    converter = {
        "kind": 0,
        "unit_w": 1e3,
        "fill_frac": 0.8,
        "curves": (0.01, 0.01, 0.02, 0.03, 0.5),
    }
    bar = {
        "kind": 1,
        "voltage_v": 54.0,
        "loss_count": 2.0,
        "length_m": 2.0,
        "density_a_per_m2": 3.5e6,
        "fill_frac": 0.8,
    }
    way = {"kind": 2, "unit_w": 1400.0, "voltage_v": 0.8, "way_ohm": 1e-5, "fill_frac": 0.8}
    stages = stages_of(converter, bar, converter, way)
    results = []
    for entry in (series.series_up, series.series_up.py_func):
        out = bind.buffers(series.SeriesFlows, **{"": 4})
        results.append((entry(stages, COPPER, 5e4, out), *out))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert len(series.series_up.signatures) == 1
