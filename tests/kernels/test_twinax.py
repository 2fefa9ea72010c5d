"""Copper reach against the published products and the tabulated attenuations."""

from __future__ import annotations

import pytest

from infraplanner.catalog import load_catalog
from infraplanner.compile.parts import Parts
from infraplanner.compile.rules import constants
from infraplanner.engine.bind import derived_reach
from infraplanner.kernels import twinax

PAIR = twinax.Twinax(1.724e-8, 0.0039, 1.3, 1.6, 2e-4, 100.0)
TABLE = [  # lane, Nyquist GHz, dB/m at 26, 28, 30 AWG: interconnect model 2.3
    (25.0, 12.9, 2.92, 3.61, 4.47),
    (50.0, 13.3, 2.97, 3.67, 4.54),
    (100.0, 26.56, 4.38, 5.36, 6.61),
    (200.0, 53.1, 6.55, 7.95, 9.70),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]:g}G")
def test_attenuation_follows_the_table(row: tuple[float, ...]) -> None:
    for gauge, wanted in zip((26.0, 28.0, 30.0), row[2:], strict=True):
        found = twinax.attenuation(row[1] * 1e9, gauge, 20.0, PAIR)
        assert found == pytest.approx(wanted, rel=0.01)


def test_lanes_have_their_nyquist_frequency() -> None:
    assert twinax.nyquist(100e9, 2.0, 1.0625) == pytest.approx(26.5625e9)
    assert twinax.nyquist(25e9, 1.0, 1.03125) == pytest.approx(12.890625e9)
    assert twinax.wire_diameter(26.0) == pytest.approx(0.405e-3, rel=0.002)


def test_the_published_lengths_come_out_and_heat_shortens_them() -> None:
    """3 m at 26 AWG and 2 m at 30 AWG for 100 G a lane at the rating; 0.14 % less a kelvin above."""
    long = twinax.copper_reach(13.2, 26.5625e9, 26.0, 70.0, 70.0, PAIR)
    assert long == pytest.approx(3.0, rel=0.01)
    assert twinax.copper_reach(13.2, 26.5625e9, 30.0, 70.0, 70.0, PAIR) == pytest.approx(2.0, rel=0.01)
    assert twinax.copper_reach(13.2, 53.125e9, 26.0, 70.0, 70.0, PAIR) == pytest.approx(2.0, rel=0.02)
    hot = twinax.copper_reach(13.2, 26.5625e9, 26.0, 80.0, 70.0, PAIR)
    assert hot / long == pytest.approx(1.0 - 0.0014 * 10, abs=0.001)
    assert twinax.copper_reach(13.2, 26.5625e9, 26.0, 45.0, 70.0, PAIR) > long


def test_the_reach_in_force_is_never_more_than_physics_allows() -> None:
    catalog = load_catalog()
    parts, rule = Parts(catalog), constants(catalog)
    found = {row.id: value for row, value in zip(parts.media, derived_reach(parts, rule), strict=True)}
    assert found["dac_400g_4x100"] == pytest.approx(3.13, abs=0.05)
    assert found["dac_400g_4x100"] > 3.0  # sold to 3 m, with room at 45 degC
    assert found["dac_1600g_8x200"] == pytest.approx(2.1, abs=0.05)
    assert found["dr4_400g"] != found["dr4_400g"]  # optics have another law


def test_compiled_equals_plain() -> None:
    arguments = (13.2, 26.5625e9, 28.0, 50.0, 70.0, PAIR)
    assert twinax.copper_reach(*arguments) == twinax.copper_reach.py_func(*arguments)  # type: ignore[attr-defined]
