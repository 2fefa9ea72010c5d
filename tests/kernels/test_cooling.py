"""Cooling: worked numbers, conservation of heat, set points and curves."""

from __future__ import annotations

import numpy as np
import pytest

from infraplanner.kernels import cooling, draw
from infraplanner.kernels.warmup import tiny


def test_a_curve_is_linear_inside_and_flat_outside() -> None:
    xs, ys = np.array([10.0, 20.0, 40.0]), np.array([4.0, 3.5, 2.5])
    found = [cooling.curve_at(x, xs, ys, 0, 3) for x in (0.0, 10.0, 15.0, 30.0, 50.0)]
    assert found == pytest.approx([4.0, 4.0, 3.75, 3.0, 2.5])
    assert np.isnan(cooling.curve_at(1.0, xs, ys, 0, 0))


def test_power_of_a_unit_by_fans_and_by_cop() -> None:
    assert cooling.unit_power(1e6, 0.012, np.nan) == pytest.approx(12e3)
    assert cooling.unit_power(350e3, np.nan, 3.5) == pytest.approx(100e3)
    assert np.isnan(cooling.unit_power(1.0, np.nan, np.nan))
    assert cooling.unit_power(0.0, np.nan, np.nan) == 0.0


def plant(*, standby: bool = False) -> tuple[cooling.Units, cooling.Loops, cooling.Plant]:
    """Two CDUs on loop 0, which reject to loop 1, cooled by one dry cooler."""
    units = cooling.Units(
        kind=np.array([0, 0, 2]), hall=np.zeros(3, np.int64), source_loop=np.array([1, 1, -1]),
        capacity_w=np.array([1e6, 3e6, 5e6]), flow_m3_per_s=np.full(3, 0.02), approach_k=np.array([4.0, 5.0, 8.0]),
        power_frac=np.array([0.01, 0.01, 0.012]), water_m3_per_j=np.zeros(3), standby=np.array([False, standby, False]),
        cop_start=np.zeros(4, np.int64), cop_c=np.empty(0), cop=np.empty(0), evaporator_c=np.full(3, 6.67),
        condenser_k=np.full(3, 15.0), lift_k=np.full(3, 15.0), capacity_per_k=np.full(3, 0.03), hot_w_per_k=np.full(3, np.nan),
        cold_w_per_k=np.full(3, np.nan), exponent=np.full(3, 0.7),
    )  # fmt: skip
    loops = cooling.Loops(
        first=np.empty(0, np.int64), then=np.array([0, 1]), unit_start=np.array([0, 2, 3]), unit=np.array([0, 1, 2]),
        air_start=np.array([0, 0]), air_unit=np.empty(0, np.int64), supply_c=np.array([30.0, np.nan]),
        flow_m3_per_j=np.array([2.5e-8, 2.4e-8]), rho_cp_j_per_m3_k=np.array([4.0e6, 4.15e6]),
    )  # fmt: skip
    out = cooling.Plant(
        *(np.zeros(3) for _ in range(6)), *(np.zeros(2) for _ in range(3)), np.zeros(2, bool),
        np.zeros(1), np.zeros(1, bool), np.zeros(1),
    )  # fmt: skip
    return units, loops, out


def run(standby: bool = False, alive: tuple[bool, bool, bool] = (True, True, True)) -> cooling.Plant:
    units, loops, out = plant(standby=standby)
    one = np.zeros(1, np.int64)
    cooling.collect(one, one, np.array([20e3]), np.array([112.2e3]), np.array([2.5e-8]), out)
    cooling.run_plant(units, loops, np.array(alive), 14.0, 10.0, out)
    return out


def test_heat_is_shared_by_capacity_and_handed_on_with_pump_power() -> None:
    out = run()
    assert out.unit_heat_w.tolist() == pytest.approx([112.2e3 / 4, 112.2e3 * 3 / 4, 112.2e3 * 1.01])
    assert out.unit_power_w[2] == pytest.approx(112.2e3 * 1.01 * 0.012)
    assert out.hall_heat_w[0] == pytest.approx(20e3)
    assert out.rack_flow_m3_per_s[0] == pytest.approx(168.3 / 60e3)  # 10 K in 4.0 MJ/m3/K: 168 L/min
    assert out.unit_return_c[0] - out.unit_supply_c[0] == pytest.approx(10.0)


def test_supply_is_the_set_point_or_the_coldest_that_units_make() -> None:
    out = run()
    assert out.loop_supply_c[1] == pytest.approx(14.0 + 8.0)
    assert out.loop_supply_c[0] == pytest.approx(30.0)
    units, loops, warm = plant()
    one = np.zeros(1, np.int64)
    cooling.collect(one, one, np.zeros(1), np.array([1e5]), np.array([2.5e-8]), warm)
    cooling.run_plant(units, loops, np.ones(3, bool), 30.0, 20.0, warm)
    assert warm.loop_supply_c[0] == pytest.approx(30.0 + 8.0 + 5.0)


def test_an_exchanger_comes_nearer_at_part_load_and_the_plant_feels_it() -> None:
    units, loops, out = plant()
    units.hot_w_per_k[:] = [1e5, 3e5, np.nan]
    units.cold_w_per_k[:] = [1e5, 3e5, np.nan]
    one = np.zeros(1, np.int64)
    rated = cooling.operating_approach(units, 1, 3e6, 3e5, 3e5)
    assert rated == pytest.approx(5.0)
    half = cooling.operating_approach(units, 1, 1.5e6, 1.5e5, 1.5e5)
    assert half == pytest.approx(1.5e6 / 1.5e5 / (2.0 * 0.5**-0.3))  # equal flows: Q/C over NTU, 2 at rating
    cooling.collect(one, one, np.zeros(1), np.array([2e6]), np.array([2.5e-8]), out)
    cooling.run_plant(units, loops, np.ones(3, bool), 30.0, 20.0, out)
    near = [out.unit_heat_w[u] / (0.1 * units.capacity_w[u]) for u in range(2)]
    assert max(near) < 10.0
    assert 38.0 < out.loop_supply_c[0] < 38.0 + 5.0


def test_chillers_take_less_for_warmer_water() -> None:
    assert cooling.warmer_water(18.0, 25.0, 6.67, 15.0, 15.0) == pytest.approx(291.15 / 22.0 / (279.82 / 33.33))
    assert cooling.warmer_water(6.67, 25.0, 6.67, 15.0, 15.0) == pytest.approx(1.0)
    assert cooling.warmer_water(np.nan, 25.0, 6.67, 15.0, 15.0) == 1.0
    assert cooling.warmer_water(40.0, 10.0, 6.67, 15.0, 15.0) == pytest.approx(313.15 / 15.0 / (279.82 / 18.33))


def test_a_standby_unit_works_only_after_a_failure() -> None:
    assert run(standby=True).unit_heat_w[1] == 0.0
    out = run(standby=True, alive=(False, True, True))
    assert out.unit_heat_w[:2].tolist() == pytest.approx([0.0, 112.2e3])


def test_no_live_unit_is_reported() -> None:
    assert not run(alive=(False, False, True)).loop_served[0]


def test_draw_and_caps_by_hand() -> None:
    bodies = draw.Bodies(
        rack=np.array([0, 1]), pool=np.array([0, -1]), idle_w=np.array([30e3, 0.0]), typical_w=np.array([115e3, 800.0]),
        max_w=np.array([132e3, 1700.0]), liquid_frac=np.array([0.85, 0.0]), accelerator_count=np.array([72.0, 0.0]),
    )  # fmt: skip
    out = draw.Draw(np.zeros(2), *(np.zeros(2) for _ in range(4)))
    active = draw.activity(0.4, 0.8, 0.1, (0.7, 0.5, 0.1))
    assert active == pytest.approx(0.69)
    on, free, ends = np.ones(2, bool), np.full(2, np.inf), np.array([100.0, 50.0])
    draw.draw_racks(bodies, np.array([active]), free, on, ends, out)
    assert out.rack_w.tolist() == pytest.approx([30e3 + 102e3 * 0.69 + 100.0, 850.0])
    assert out.liquid_w[0] == pytest.approx(0.85 * (30e3 + 102e3 * 0.69))
    assert out.nameplate_w.tolist() == pytest.approx([132100.0, 1750.0])
    cap = np.array([0.6, np.inf])
    assert draw.draw_racks(bodies, np.array([active]), cap, on, ends, out)[1] == 1
    assert out.rack_w[0] == pytest.approx(0.6 * 132100.0)
    kept = np.zeros(2)
    draw.cap_derate(bodies, cap, out.nameplate_w, ends, np.array([active]), kept)
    floor, wanted = 30e3 + 100.0, 30e3 + 102e3 * 0.69 + 100.0
    assert kept.tolist() == pytest.approx([(0.6 * 132100.0 - floor) / (wanted - floor), 1.0])


def test_tiny_arguments_have_the_annotated_types() -> None:
    units = tiny(cooling.Units, 2)
    assert units.kind.dtype == np.int64
    assert units.standby.dtype == np.bool_
    assert units.capacity_w.dtype == np.float64
