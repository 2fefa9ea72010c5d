"""Weather and the plant over a year: psychrometrics, fans, chillers, a whole year against sums by hand, and its speed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.cli.main import main
from infraplanner.compile.weather import HOURS, typical_year, unpack
from infraplanner.engine import evaluate
from infraplanner.io.epw import pack, read_epw
from infraplanner.kernels import plant_year as k
from infraplanner.model.entities import Cooling, Feed, Site
from infraplanner.text import TextError
from tests.conftest import SHARED
from tests.engine.halls import add, pod
from tests.engine.test_evaluate import change

EPW = SHARED / "data" / "weather" / "USA_VA_Leesburg.Exec.epw"
needs_epw = pytest.mark.skipif(not EPW.exists(), reason="the weather files are not on this machine")


@pytest.mark.parametrize(
    ("dry", "dew", "pressure", "wet"),
    [
        (30.0, 15.0, 101325.0, 20.0),
        (20.0, 20.0, 101325.0, 20.0),
        (40.0, 5.0, 101325.0, 19.6),
        (30.0, 15.0, 84000.0, 19.5),
    ],
)
def test_wet_bulb_follows_the_psychrometric_chart(dry: float, dew: float, pressure: float, wet: float) -> None:
    assert k.wet_bulb(dry, dew, pressure) == pytest.approx(wet, abs=0.35)


def test_saturated_air_has_one_temperature() -> None:
    for t in (-5.0, 0.0, 12.5, 35.0):
        assert k.wet_bulb(t, t, 101325.0) == pytest.approx(t, abs=1e-4)


def test_fans_slow_down_with_load_and_cold_air() -> None:
    assert k.fan_speed(8.0, 0.5, 8.0, 0.2) == 0.5
    assert k.fan_speed(8.0, 1.0, 4.0, 0.2) == 1.0
    assert k.fan_speed(8.0, 0.1, 20.0, 0.2) == 0.2
    assert k.fan_speed(8.0, 0.0, 8.0, 0.2) == 0.0


def test_chillers_are_staged() -> None:
    part = np.array([0.033, 0.685, 0.282])
    assert k.chiller_power(0.5e6, 1e6, 1.0, 3.0, part) == pytest.approx(1e6 / 3 * (0.033 + 0.3425 + 0.0705))
    two = k.chiller_power(1.2e6, 2e6, 2.0, 3.0, part)
    assert two == pytest.approx(2e6 / 3 * (0.033 + 0.685 * 0.6 + 0.282 * 0.36))


def yards(**changes: Any) -> k.Yards:
    """One loop of 1 MW at 30 °C with a rise of 10 K and a dry cooler of 1.5 MW."""
    fields = {
        "heat_w": [1e6], "supply_c": [30.0], "rise_k": [10.0], "then": [-1],
        "dry_w": [1.5e6], "dry_approach_k": [8.0], "dry_fan_frac": [0.012],
        "wet_w": [0.0], "wet_approach_k": [0.0], "wet_fan_frac": [0.0], "wet_water_m3_per_j": [0.0],
        "wet_drift_m3_per_j": [0.0], "always_wet": [0], "chiller_w": [0.0], "chiller_count": [1.0], "chiller_cop": [4.0],
        "cop_start": [0, 0], "cop_c": [], "cop": [], "part_load": [0.0, 1.0, 0.0],
    } | changes  # fmt: skip
    n = len(fields["supply_c"])
    made = {"evaporator_c": fields["supply_c"], "condenser_k": [15.0] * n, "lift_k": [15.0] * n}  # as rated
    fields = made | fields
    ints = ("then", "always_wet", "cop_start")
    return k.Yards(*(np.array(fields[n], np.int64 if n in ints else np.float64) for n in k.Yards._fields))


def run(plant: k.Yards, dry: list[float], wet: list[float]) -> k.Hours:
    n = len(dry)
    out = k.Hours(np.zeros(n), np.zeros(n), np.zeros(n, np.int64), np.zeros(n))
    k.plant_year(plant, np.array(dry), np.array(wet), 0.2, plant.supply_c, np.zeros(plant.heat_w.size), out)
    return out


def test_a_dry_cooler_alone_lets_the_water_float() -> None:
    out = run(yards(), [0.0, 20.0, 28.0], [0.0, 15.0, 20.0])
    approach = 8.0 / 1.5
    assert out.power_w[0] == pytest.approx(0.012 * 1.5e6 * 0.2**3)
    assert out.power_w[1] == pytest.approx(0.012 * 1.5e6 * (approach / 10.0) ** 3)
    assert out.power_w[2] == pytest.approx(0.012 * 1.5e6)
    assert out.miss_k.tolist() == pytest.approx([max(0.0, t + approach - 30.0) for t in (0.0, 20.0, 28.0)])
    assert out.mode.tolist() == [0, 0, 0]


def test_a_series_economiser_hands_the_rest_to_the_chiller() -> None:
    plant = yards(chiller_w=[1e6])
    approach = 8.0 / 1.5
    dry = 35.0 - approach  # the cooler reaches 35 °C: half of the rise is free
    out = run(plant, [0.0, dry, 45.0], [0.0, 20.0, 25.0])
    assert out.mode.tolist() == [0, 1, 2]
    assert out.power_w[1] == pytest.approx(0.012 * 1.5e6 + 0.5e6 / 4.0)
    assert out.power_w[2] == pytest.approx(1e6 / 4.0)
    assert not out.miss_k.any()


def test_towers_evaporate_and_take_what_chillers_reject() -> None:
    plant = yards(
        heat_w=[1e6, 0.0], supply_c=[12.0, 30.0], rise_k=[6.0, 6.0], then=[1, -1], dry_w=[0.0, 0.0],
        dry_approach_k=[0.0, 0.0], dry_fan_frac=[0.0, 0.0], wet_w=[0.0, 2e6], wet_approach_k=[0.0, 4.0],
        wet_fan_frac=[0.0, 0.01], wet_water_m3_per_j=[0.0, 5e-10], wet_drift_m3_per_j=[0.0, 1e-11], always_wet=[0, 1],
        chiller_w=[1e6, 0.0], chiller_count=[1.0, 1.0], chiller_cop=[5.0, 1.0], cop_start=[0, 0, 0],
        part_load=[0.0, 1.0, 0.0] * 2,
    )  # fmt: skip
    out = run(plant, [25.0], [20.0])
    assert out.water_m3_per_s[0] == pytest.approx(1.2e6 * 5.1e-10)  # 1 MW and the 0.2 MW that moved it


def test_an_adiabatic_cooler_wets_its_pads_only_in_warm_air() -> None:
    plant = yards(dry_w=[0.0], wet_w=[1e6], wet_approach_k=[6.0], wet_fan_frac=[0.01], wet_water_m3_per_j=[1e-10])
    out = run(plant, [10.0, 35.0], [8.0, 20.0])
    assert out.water_m3_per_s.tolist() == pytest.approx([0.0, 1e-4])


@needs_epw
def test_the_packed_year_is_the_file(catalog: Catalog) -> None:
    year = read_epw(EPW)
    dry, dew, pressure = unpack(year.packed)
    rows = [line.split(",") for line in EPW.read_text("latin-1").splitlines()[8:]]
    np.testing.assert_allclose(dry, [float(row[6]) for row in rows], atol=0.051)
    np.testing.assert_allclose(dew, [float(row[7]) for row in rows], atol=0.051)
    np.testing.assert_allclose(pressure, [float(row[9]) for row in rows], atol=5.1)
    shipped = typical_year(catalog, Site(id="site", region="us-virginia"))
    assert shipped is not None
    np.testing.assert_array_equal(shipped.dry_bulb_c, dry)
    assert dry.mean() == pytest.approx(catalog.constant("site.default_dry_bulb_c"), abs=0.02)


def test_a_file_that_is_no_weather_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.epw"
    path.write_text("nothing\n")
    with pytest.raises(TextError, match="LOCATION"):
        read_epw(path)
    assert main(["weather", str(path)]) == 2
    assert "LOCATION" in capsys.readouterr().err


def test_three_climates_give_their_free_hours(catalog: Catalog) -> None:
    found = {}
    for region in ("us-washington", "us-virginia", "us-arizona"):
        document = pod()
        add(document, "site", Site(id="site", region=region))
        year = evaluate(document.snapshot(), catalog).year
        assert year.place
        assert not year.synthetic
        assert year.free_hours + year.partial_hours + year.chiller_hours == HOURS
        assert year.pue == pytest.approx(float(np.mean(year.month_pue)), rel=0.01)
        found[region] = year
    assert found["us-washington"].missed_hours < found["us-virginia"].missed_hours < found["us-arizona"].missed_hours
    assert (found["us-washington"].pue or 0) < (found["us-arizona"].pue or 0)
    steps = [c.missed_hours for c in found["us-arizona"].classes]
    assert steps == sorted(steps, reverse=True)  # warmer water is easier to make


def test_towers_trade_water_for_power(catalog: Catalog) -> None:
    dry, wet = pod(), pod()
    for document in (dry, wet):
        add(document, "site", Site(id="site", region="us-arizona"))
    for key in ("dry1", "dry2"):
        change(wet, "cooling", key, profile="tower")
    a, b = (evaluate(document.snapshot(), catalog).year for document in (dry, wet))
    assert a.wue_l_per_kwh == 0.0
    assert 1.5 < (b.wue_l_per_kwh or 0.0) < 2.6  # 1.84 L/kWh of heat at 5 cycles, over IT energy
    assert b.missed_hours < a.missed_hours


def test_without_a_typical_year_a_synthetic_one_keeps_the_means(catalog: Catalog) -> None:
    document = pod()
    add(document, "site", Site(id="site", dry_bulb_c=18.0, wet_bulb_c=14.0))
    first, again = (evaluate(document.snapshot(), catalog).year for _ in range(2))
    assert first.synthetic
    assert "means" in first.note
    assert first.pue == again.pue
    n = 8760
    dry, dew = np.empty(n), np.empty(n)
    noise = np.random.default_rng(1).standard_normal(n)
    k.synthetic_year(18.0, 11.0, 11.0, 5.0, 4.0, 0.97, 201 * 86400.0, noise, dry, dew)
    assert dry.mean() == pytest.approx(18.0, abs=0.8)
    assert (dew < dry).all()
    assert np.ptp(dry) > 30.0


def test_a_year_takes_milliseconds() -> None:
    plant = yards(chiller_w=[1e6])
    dry = (15.0 + 15.0 * np.sin(np.arange(HOURS) / 1394.0)).tolist()
    times = []
    for _ in range(7):
        start = time.perf_counter()
        run(plant, dry, dry)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02


def test_packing_rounds_to_a_tenth() -> None:
    dry = [20.04] * HOURS
    assert unpack(pack(dry, dry, [101325.0] * HOURS))[0][0] == pytest.approx(20.0)


def test_reused_heat_leaves_the_year_and_counts_in_ere(catalog: Catalog) -> None:
    plain, reuse = pod(), pod()
    for document in (plain, reuse):
        add(document, "site", Site(id="site", region="us-virginia"))
    at = {"hall": "hall", "x_mm": 33000, "y_mm": 4000}
    add(reuse, "cooling", Cooling(id="hr", profile="heat-reuse-1000", loop="fws", **at))
    add(reuse, "feeds", Feed(id="f-hr", source="rpp-a", target="hr"))
    a, b = (evaluate(document.snapshot(), catalog) for document in (plain, reuse))
    assert a.year.ere == a.year.pue
    moved = dict(zip(b.thermal.unit_ids, b.thermal.unit_heat_w.tolist(), strict=True))["hr"]
    assert moved > 100e3
    it_w = (b.summary.it_power_kw or 0.0) * 1e3
    assert (b.year.pue or 0.0) - (b.year.ere or 0.0) == pytest.approx(moved / it_w)
    assert b.year.missed_hours < a.year.missed_hours  # the coolers have less to do


@needs_epw
def test_the_command_makes_a_profile_that_a_site_can_name(tmp_path: Path) -> None:
    assert main(["weather", str(EPW), "--id", "weather.mine", "-o", str(tmp_path / "mine.yaml")]) == 0
    mine = load_catalog(places.shipped_profiles_dir(), tmp_path)
    assert mine.problems == ()
    year = typical_year(mine, Site(id="site", weather="weather.mine"))
    assert year is not None
    assert year.profile == "weather.mine"
