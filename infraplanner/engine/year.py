"""The plan's plant through a year: what stands outdoors as the kernel's rows, the weather, and the year's figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.parts import column
from infraplanner.compile.plan import Compiled
from infraplanner.compile.plant import CHILLER, DRY, OTHER, WET
from infraplanner.compile.weather import HOURS, Weather, typical_year
from infraplanner.kernels.frame import Totals
from infraplanner.kernels.plant_year import Hours, Yards, plant_year, synthetic_year, wet_bulb, wet_bulbs
from infraplanner.model.entities import Site
from infraplanner.results.year import WaterClass, YearResult
from infraplanner.units import KILO, L_PER_M3

from . import bind
from .workspace import Workspace

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
S_PER_HOUR = 3600.0
FLAT_PART_LOAD = (0.0, 1.0, 0.0)
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
SEED = 1
CLASSES = ("W17", "W27", "W32", "W40", "W45")
SECONDS_A_DAY = 86400.0
CHILLED = ("evaporator_c", "condenser_k", "lift_least_k")


def year_result(space: Workspace, totals: Totals, whole: bool) -> YearResult:
    """The year of a plan that is fed and cooled; with the reason where there is none."""
    compiled = space.compiled
    assert compiled is not None
    if not whole or not totals.it_w > 0.0:
        return YearResult(note="A year needs a plan that is fed and cooled.")
    yards, rows = outdoor(space)
    if not rows.size:
        return YearResult(note="Nothing in the plan rejects heat outdoors.")
    weather, wet = climate_year(space)
    outside = outdoor_units(compiled, space)
    inside_w = float(totals.facility_w) - float(np.nan_to_num(space.plant.unit_power_w[outside]).sum())
    hours = _run(compiled, yards, weather, wet, yards.supply_c)
    facility = inside_w + hours.power_w
    it_kwh = float(totals.it_w) / KILO * HOURS
    months = np.repeat(np.arange(12), np.array(MONTH_DAYS) * 24)
    per_month = np.bincount(months)
    litres = hours.water_m3_per_s * L_PER_M3 * S_PER_HOUR
    it_month = float(totals.it_w) / KILO * per_month
    return YearResult(
        place=weather.place,
        synthetic=not weather.profile,
        note="" if weather.profile else "Weather made from two yearly means and planning swings, seed 1.",
        pue=float(facility.mean() / totals.it_w),
        ere=float((facility.mean() - reused_w(space)) / totals.it_w),
        wue_l_per_kwh=float(litres.sum() / it_kwh),
        water_m3=float(litres.sum() / L_PER_M3),
        energy_kwh=float(facility.sum() / KILO),
        free_hours=int((hours.mode == 0).sum()),
        partial_hours=int((hours.mode == 1).sum()),
        chiller_hours=int((hours.mode == 2).sum()),
        missed_hours=int((hours.miss_k > 1e-6).sum()),
        worst_miss_k=float(max(0.0, hours.miss_k.max())),
        month_pue=np.bincount(months, facility) / per_month / float(totals.it_w),
        month_wue_l_per_kwh=np.bincount(months, litres) / it_month,
        month_free_hours=np.bincount(months, hours.mode == 0).astype(np.float64),
        classes=tuple(_class(compiled, yards, weather, wet, name, inside_w, float(totals.it_w)) for name in CLASSES),
        hour_ratio=facility / float(totals.facility_w),
    )


def hour_ratio(space: Workspace, totals: Totals, whole: bool) -> Floats:
    """As in `YearResult`, without the rest of the year."""
    assert space.compiled is not None
    if not whole or not totals.it_w > 0.0:
        return np.empty(0)
    yards, rows = outdoor(space)
    if not rows.size:
        return np.empty(0)
    weather, wet = climate_year(space)
    outside = float(np.nan_to_num(space.plant.unit_power_w[outdoor_units(space.compiled, space)]).sum())
    hours = _run(space.compiled, yards, weather, wet, yards.supply_c)
    found: Floats = (totals.facility_w - outside + hours.power_w) / totals.facility_w
    return found


def _run(compiled: Compiled, yards: Yards, weather: Weather, wet: Floats, supply_c: Floats) -> Hours:
    hours: Hours = bind.buffers(Hours, **{"": HOURS})
    least = compiled.rule("thermal.fan_speed_min_frac")
    plant_year(yards, weather.dry_bulb_c, wet, least, supply_c, np.zeros(supply_c.size), hours)
    return hours


def _class(
    compiled: Compiled, yards: Yards, weather: Weather, wet: Floats, name: str, inside_w: float, it_w: float
) -> WaterClass:
    supply = float(name[1:])
    hours = _run(compiled, yards, weather, wet, np.full(yards.supply_c.size, supply))
    litres = float(hours.water_m3_per_s.sum()) * L_PER_M3 * S_PER_HOUR
    return WaterClass(
        name, supply, float((inside_w + hours.power_w).mean() / it_w), litres / (it_w / KILO * HOURS),
        int((hours.mode == 0).sum()), int((hours.mode > 0).sum()), int((hours.miss_k > 1e-6).sum()),
    )  # fmt: skip


def outdoor_units(compiled: Compiled, space: Workspace) -> NDArray[np.bool_]:
    """Units whose work depends on the weather and that carry heat now."""
    kind = compiled.plant.kind
    weathered = (kind == DRY) | (kind == WET) | (kind == CHILLER)
    on: NDArray[np.bool_] = weathered & (space.plant.unit_heat_w > 0.0) & space.alive.running
    return on


def outdoor(space: Workspace) -> tuple[Yards, Ints]:
    """Loops with such units as the kernel's rows, and their numbers; from the racks outwards."""
    compiled = space.compiled
    assert compiled is not None
    plant, cooling, loops = compiled.plant, compiled.tables["cooling"], compiled.tables["loops"]
    on = outdoor_units(compiled, space)
    loop = cooling["loop@loops"]
    served = np.zeros(len(loops), np.bool_)
    served[loop[on & (loop >= 0)]] = True
    order = np.concatenate([plant.first, plant.then]).astype(np.int64)
    rows = order[served[order]]
    place = np.full(len(loops) + 1, -1, np.int64)
    place[rows] = np.arange(rows.size)
    n = rows.size
    heat = space.plant.loop_heat_w.copy()
    then = np.full(n, -1, np.int64)
    source = cooling["source_loop@loops"]
    for unit in np.flatnonzero(on & (plant.kind == CHILLER) & (source >= 0)).tolist():
        if place[source[unit]] >= 0:
            then[place[loop[unit]]] = place[source[unit]]
        heat[source[unit]] -= space.plant.unit_heat_w[unit] + np.nan_to_num(space.plant.unit_power_w[unit])
    lasting = _lasting(compiled, space, on)
    heat -= np.bincount(loop[lasting], space.plant.unit_heat_w[lasting], len(loops))
    kinds = {
        name: on & (plant.kind == code) & (loop >= 0) for name, code in (("dry", DRY), ("wet", WET), ("ch", CHILLER))
    }
    capacity = np.where(np.isnan(plant.capacity_w), space.plant.unit_heat_w, plant.capacity_w)
    at = place[loop]

    def total(mask: NDArray[np.bool_], values: Floats) -> Floats:
        return np.bincount(at[mask], np.nan_to_num(values[mask]), n).astype(np.float64)

    def mean(mask: NDArray[np.bool_], values: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.nan_to_num(total(mask, values * capacity) / total(mask, capacity))

    part_load, cop_start, cop_c, cop = _chiller_curves(compiled, kinds["ch"], at, n)
    rise = 1.0 / (plant.rho_cp_j_per_m3_k * plant.flow_m3_per_j)
    tower = np.array([part.cooling_kind == "cooling_tower" for part in compiled.parts.cooling] + [False])
    drift = np.array([float(part.details.get("drift", 0.0)) for part in compiled.parts.cooling] + [0.0])
    supply = np.where(np.isnan(loops["supply_c"]), space.plant.loop_supply_c, loops["supply_c"])
    yards = Yards(
        heat[rows], supply[rows], rise[rows], then,
        total(kinds["dry"], capacity), mean(kinds["dry"], plant.approach_k), mean(kinds["dry"], plant.power_frac),
        total(kinds["wet"], capacity), mean(kinds["wet"], plant.approach_k), mean(kinds["wet"], plant.power_frac),
        mean(kinds["wet"], plant.water_m3_per_j),
        mean(kinds["wet"], drift[cooling["unit"]]) * plant.flow_m3_per_j[rows],
        (np.bincount(at[kinds["wet"]], tower[cooling["unit"]][kinds["wet"]], n) > 0).astype(np.int64),
        total(kinds["ch"], capacity), np.maximum(1.0, np.bincount(at[kinds["ch"]], minlength=n).astype(np.float64)),
        mean(kinds["ch"], column(compiled.parts.cooling, "cop_rated")[cooling["unit"]]),
        cop_start, cop_c, cop, part_load, *(np.full(n, compiled.rule(f"thermal.chiller_{name}")) for name in CHILLED),
    )  # fmt: skip
    return yards, rows


def _lasting(compiled: Compiled, space: Workspace, weathered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Units that send a loop's heat out of the plan whatever the weather: heat reuse."""
    cooling = compiled.tables["cooling"]
    leaves = (cooling["loop@loops"] >= 0) & (cooling["source_loop@loops"] < 0) & (compiled.plant.kind == OTHER)
    lasting: NDArray[np.bool_] = leaves & ~weathered & space.alive.running & (space.plant.unit_heat_w > 0.0)
    return lasting


def reused_w(space: Workspace) -> float:
    """Heat that leaves for use elsewhere [W]."""
    compiled = space.compiled
    assert compiled is not None
    kinds = compiled.parts.cooling
    codes = compiled.tables["cooling"]["unit"]
    reuse = np.array([code >= 0 and kinds[code].cooling_kind == "heat_reuse" for code in codes.tolist()], np.bool_)
    return float(np.nan_to_num(space.plant.unit_heat_w[reuse & space.alive.running]).sum())


def _chiller_curves(
    compiled: Compiled, mask: NDArray[np.bool_], at: Ints, n: int
) -> tuple[Floats, Ints, Floats, Floats]:
    """Part-load coefficients and COP curve of each loop's first chiller (a loop is taken to hold equal ones)."""
    plant, cooling = compiled.plant, compiled.tables["cooling"]
    part_load = np.tile(np.array(FLAT_PART_LOAD), n)
    start = [0]
    cop_c: list[float] = []
    cop: list[float] = []
    for row in range(n):
        units = np.flatnonzero(mask & (at == row))
        if units.size:
            unit = int(units[0])
            first, last = plant.cop_start[unit], plant.cop_start[unit + 1]
            cop_c += plant.cop_c[first:last].tolist()
            cop += plant.cop[first:last].tolist()
            poly = compiled.parts.cooling[cooling["unit"][unit]].part_load_poly
            if len(poly) == 3:
                part_load[3 * row : 3 * row + 3] = poly
        start.append(len(cop))
    return part_load, np.array(start, np.int64), np.array(cop_c), np.array(cop)


def climate_year(space: Workspace) -> tuple[Weather, Floats]:
    """The site's typical year, or a synthetic one from the means in force; and its wet bulbs."""
    compiled, snapshot = space.compiled, space.snapshot
    assert compiled is not None
    assert snapshot is not None
    site = snapshot.table("site").get("site")
    site = site if isinstance(site, Site) else None
    weather = typical_year(compiled.parts.catalogue, site)
    if weather is None:
        weather = _synthetic(space, site)
    key = (weather.profile, space.climate)
    if space.wet_bulbs is None or space.wet_bulbs[0] != key:
        wet = np.empty(HOURS)
        wet_bulbs(weather.dry_bulb_c, weather.dew_point_c, weather.pressure_pa, wet)
        space.wet_bulbs = (key, wet)
    return weather, space.wet_bulbs[1]


def _synthetic(space: Workspace, site: Site | None) -> Weather:
    assert space.compiled is not None
    rule, climate = space.compiled.rule, space.climate
    height = site.altitude_m if site is not None and site.altitude_m is not None else 0.0
    pressure = rule("air.pressure_pa") * max(0.0, 1.0 - rule("air.lapse_per_m") * height) ** rule(
        "air.pressure_exponent"
    )
    dry, dew = np.empty(HOURS), np.empty(HOURS)
    noise = np.random.default_rng(SEED).standard_normal(HOURS)
    synthetic_year(
        climate.dry_bulb_c, _dew_of(climate.dry_bulb_c, climate.wet_bulb_c, pressure), rule("weather.year_swing_k"),
        rule("weather.day_swing_k"), rule("weather.noise_k"), rule("weather.noise_memory_frac"),
        rule("weather.warmest_day") * SECONDS_A_DAY, noise, dry, dew,
    )  # fmt: skip
    return Weather("", "Synthetic year", dry, dew, np.full(HOURS, pressure))


def _dew_of(dry_bulb_c: float, wet_bulb_c: float, pressure_pa: float) -> float:
    """Dew point of a state given by its wet bulb, by bisection."""
    low, high = -60.0, dry_bulb_c
    for _ in range(50):
        middle = 0.5 * (low + high)
        if wet_bulb(dry_bulb_c, middle, pressure_pa) > wet_bulb_c:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)
