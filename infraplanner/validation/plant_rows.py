"""Predictors of coolant rows: flow, pressure drop, exchangers, cold plates, pipes, pumps, fluids, die flux."""

from __future__ import annotations

import math
from types import ModuleType

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import CoolingUnit
from infraplanner.units import KILO

from .closed_form import LITRE_PER_MIN, PA_PER_PSI, Case, Law, predictor_of
from .report import Predictor

RACK_POINTS = "fit.gb300-nvl72"
PLATE_POINTS = "fit.oam-pg25"
SAME_FLOW_FRAC = 0.03
SAME_SUPPLY_K = 1.0
MM_PER_M = 1000.0
W_PER_CM2 = 1e4


def plant_predictor(catalog: Catalog) -> Predictor:
    """The predictor of thermal rows."""
    return predictor_of(catalog, LAWS, "thermal")


def fluid_at(case: Case, kernels: ModuleType, fluid: str, celsius: float, column: str) -> float:
    """A property of a coolant from its table, interpolated."""
    table = f"fluid-table.{fluid.lower()}"
    return float(kernels.exchange.table_at(celsius, case.points(table, "temperature_c"), case.points(table, column)))


def _heat_content(case: Case, kernels: ModuleType, fluid: str, celsius: float) -> tuple[float, float]:
    """Density and heat capacity."""
    return (
        fluid_at(case, kernels, fluid, celsius, "density_kg_per_m3"),
        fluid_at(case, kernels, fluid, celsius, "heat_capacity_j_per_kg_k"),
    )


def _fluid_of(case: Case, otherwise: str) -> str:
    stated = case.inputs.get("fluid")
    if stated is None:
        text = case.system.lower()
        stated = next((name for name in ("pg25", "eg25", "water") if name in text), None)
        if stated is None and "propylene glycol 25" in text:
            stated = "pg25"
        if stated is None:
            stated = otherwise
            case.assume(f"coolant {otherwise}")
    plain = str(stated).lower().replace("-", "").replace(" ", "")
    return "water" if "water" in plain else plain


def _return_c(case: Case, kernels: ModuleType, apart_c: float = math.nan) -> float:
    """Mean return temperature that the published points imply, without the point at `apart_c`."""
    heat = case.number(RACK_POINTS, "rack_kw") * KILO * case.number(RACK_POINTS, "liquid_frac")
    found: list[float] = []
    points = zip(case.points(RACK_POINTS, "supply_c"), case.points(RACK_POINTS, "flow_l_per_min"), strict=True)
    for supply, flow in points:
        if not abs(supply - apart_c) <= SAME_SUPPLY_K:
            rise = 0.0
            for _ in range(2):  # properties at the supply, then at the mean temperature
                density, capacity = _heat_content(case, kernels, "water", float(supply) + 0.5 * rise)
                rise = kernels.hydraulics.rise_of_flow(heat, float(flow) * LITRE_PER_MIN, density, capacity)
            found.append(float(supply) + rise)
    return sum(found) / len(found)


def _flow_to_return(case: Case, kernels: ModuleType, fluid: str, heat_w: float, supply_c: float, end_c: float) -> float:
    """Flow in L/min that a constant return temperature asks for."""
    density, capacity = _heat_content(case, kernels, fluid, 0.5 * (supply_c + end_c))
    return float(kernels.exchange.flow_for_return(heat_w, supply_c, end_c, density, capacity)) / LITRE_PER_MIN


def _rack_flow(case: Case, kernels: ModuleType) -> tuple[float, str]:
    supply = case.given("supply_c")
    heat = case.given("rack_tdp_kw") * KILO * case.given("liquid_fraction")
    end = _return_c(case, kernels, supply)
    fluid = _fluid_of(case, "water")
    case.assume(f"constant return of {end:.1f} °C, from the other published supply temperatures")
    if fluid == "water":
        other = _flow_to_return(case, kernels, "pg25", heat, supply, end)
        own = _flow_to_return(case, kernels, fluid, heat, supply, end)
        case.assume(f"with PG25 it would be {other:.1f} L/min, {100.0 * (other / own - 1.0):.1f} % more")
    return _flow_to_return(case, kernels, fluid, heat, supply, end), "return temperature"


def _tray_flow(case: Case, kernels: ModuleType) -> tuple[float, str]:
    supply = case.given("max_supply_c")
    processors = case.given_or("cpus", case.catalog.constant("server.processors_count"))
    heat = case.given("gpus") * case.given("gpu_w") + processors * case.given("cpu_w_max")
    end = _return_c(case, kernels)
    case.assume(
        f"{processors:.0f} processors; the heat of accelerators and processors, nothing else, is in the coolant"
    )
    case.assume(
        f"the return of {end:.1f} °C that the GB300 rack implies holds here too; published flows are whole litres"
    )
    return _flow_to_return(case, kernels, _fluid_of(case, "water"), heat, supply, end), "return temperature"


def _rack_drop(case: Case, kernels: ModuleType) -> tuple[float, str]:
    flow = case.given("flow_lpm") if "flow_lpm" in case.inputs else case.given("rack_flow_lpm")
    hydraulics = kernels.hydraulics
    k, n = hydraulics.fit_power_drop(
        case.points(RACK_POINTS, "drop_flow_l_per_min") * LITRE_PER_MIN,
        case.points(RACK_POINTS, "drop_psi") * PA_PER_PSI,
        flow * LITRE_PER_MIN,
        SAME_FLOW_FRAC,
    )
    case.assume(f"dp = k Q^{n:.2f}, fitted to the other published flows of the GB300 rack")
    return float(hydraulics.power_drop(flow * LITRE_PER_MIN, k, n)) / PA_PER_PSI, "turbulent friction"


def _cdu(case: Case, kernels: ModuleType) -> tuple[float, float, float, float, float, float]:
    """Load, rated load, capacity flows of both loops, rated return and facility supply of the row's CDU."""
    unit = case.part(CoolingUnit)
    fluid = unit.details["it_fluid"]
    back = float(unit.details["it_return_c"])
    hot = float(unit.details["it_kg_s"]) * fluid_at(case, kernels, fluid, back - 8.0, "heat_capacity_j_per_kg_k")
    cold = float(unit.details["facility_kg_s"]) * fluid_at(
        case, kernels, "water", case.catalog.constant("thermal.coolant_reference_c"), "heat_capacity_j_per_kg_k"
    )
    case.assume(f"{fluid} in the technology loop, return at rating {back:g} °C, flows at rating, from the part's data")
    return case.given("load_kw") * KILO, unit.capacity_kw * KILO, hot, cold, back, unit.facility_supply_c


def _approach(case: Case, kernels: ModuleType) -> tuple[float, str]:
    heat, rated, hot, cold, back, facility = _cdu(case, kernels)
    ua = kernels.exchange.rated_conductance(rated, hot, cold, back, facility)
    case.assume(f"UA {ua / 1e6:.3f} MW/K from rated return and facility supply; the published approach is not used")
    return float(kernels.exchange.approach(heat, ua, hot, cold)), "exchanger"


def _facility_supply(case: Case, kernels: ModuleType) -> tuple[float, str]:
    heat, rated, hot, _, back, _ = _cdu(case, kernels)
    unit = case.part(CoolingUnit)
    case.assume("approach of the part's data, in proportion to the load; the published facility supply is not used")
    near = unit.approach_k * heat / rated
    return float(kernels.exchange.facility_supply(back, heat, hot, near)), "approach"


def _plate_of(case: Case, profile_id: str) -> tuple[float, float, float]:
    """(a, b, n) of a cold plate's profile."""
    part = case.catalog.find(profile_id)
    if not isinstance(part, CoolingUnit) or None in (part.plate_a_k_per_w, part.plate_b_k_per_w, part.plate_exponent):
        raise KeyError(f"the law of {profile_id}")
    return float(part.plate_a_k_per_w or 0.0), float(part.plate_b_k_per_w or 0.0), float(part.plate_exponent or 0.0)


def _plate(case: Case, kernels: ModuleType) -> tuple[float, str]:
    flow = case.given("flow_lpm") * LITRE_PER_MIN
    fluid = _fluid_of(case, "pg25")
    known = case.points(PLATE_POINTS, "flow_l_per_min") * LITRE_PER_MIN
    if fluid == "pg25" and known.min() <= flow <= known.max():
        resistances = case.points(PLATE_POINTS, "resistance_k_per_w")
        a, b, n = kernels.exchange.fit_plate(known, resistances, LITRE_PER_MIN, flow)
        case.assume(f"R = {a:.5f} + {b:.5f} V^{n:.3f}, fitted to the other published flows of this plate")
        kept = kernels.exchange.plate_resistance(flow, *_plate_of(case, "cp-oam-pg25"), LITRE_PER_MIN)
        case.assume(f"the constants of the profile, one fit to all its flows, give {kept:.4f} K/W")
    else:
        a, b, n = _plate_of(case, f"cp-oam-{fluid}")
        case.assume("calibrated: a, b and n of the profile are fitted to this table")
    return float(kernels.exchange.plate_resistance(flow, a, b, n, LITRE_PER_MIN)), "cold plate"


def _specific_flow(case: Case, kernels: ModuleType) -> tuple[float, str]:
    celsius = case.catalog.constant("thermal.coolant_reference_c")
    fluid = _fluid_of(case, "pg25")
    case.assume(f"properties at {celsius:g} °C")
    density, capacity = _heat_content(case, kernels, fluid, celsius)
    flow = kernels.hydraulics.flow_by_rise(KILO, case.given("delta_t_k"), density, capacity)
    return float(flow) / LITRE_PER_MIN, "temperature rise"


def _rated_flow(case: Case, kernels: ModuleType) -> tuple[float, str]:
    celsius = case.catalog.constant("thermal.coolant_reference_c")
    rise = case.catalog.constant("thermal.technology_rise_k")
    heat = case.given("capacity_kw") if "capacity_kw" in case.inputs else case.given("load_kw")
    density, capacity = _heat_content(case, kernels, _fluid_of(case, "pg25"), celsius)
    case.assume(f"a rise of {rise:g} K in the technology loop")
    return float(kernels.hydraulics.flow_by_rise(heat * KILO, rise, density, capacity)) / LITRE_PER_MIN, "rise"


def _pipe_heat(case: Case, kernels: ModuleType) -> tuple[float, str]:
    celsius = case.catalog.constant("thermal.coolant_reference_c")
    bore = case.given_or("bore_mm", case.given_or("dn_mm", float("nan")))
    if "bore_mm" not in case.inputs:
        case.assume("bore equal to the nominal diameter")
    case.assume(f"properties at {celsius:g} °C")
    density, capacity = _heat_content(case, kernels, _fluid_of(case, "pg25"), celsius)
    heat = kernels.hydraulics.pipe_heat(
        bore / MM_PER_M, case.given("velocity_m_s"), case.given("delta_t_k"), density, capacity
    )
    return float(heat) / KILO, "velocity"


def _pipe(case: Case, kernels: ModuleType) -> tuple[float, str]:
    """The fixture's velocity, Reynolds number, factor and drops."""
    hydraulics = kernels.hydraulics
    flow, bore = case.given("flow_lpm") * LITRE_PER_MIN, case.given("bore_m")
    metric = str(case.row["metric"])
    if metric == "velocity":
        return float(hydraulics.velocity(flow, bore)), "continuity"
    density, viscosity = case.given("rho"), case.given("mu")
    number = hydraulics.reynolds(flow, bore, density, viscosity)
    regime = ("laminar", "between laminar and turbulent: a blend", "turbulent")[hydraulics.flow_regime(number)]
    if metric == "reynolds":
        return float(number), regime
    rough = case.given("roughness_m")
    if metric == "darcy_f":
        return float(hydraulics.friction_factor(number, rough / bore)), regime
    fittings = hydraulics.fittings_drop(flow, bore, case.given_or("k", 0.0), density)
    if metric == "minor_dp":
        return float(fittings), regime
    pipe = hydraulics.pipe_drop(flow, bore, case.given("length_m"), rough, density, viscosity)
    return float(pipe + (fittings if metric == "total_dp" else 0.0)), regime


def _pump(case: Case, kernels: ModuleType) -> tuple[float, str]:
    flow = case.given("flow_lpm") * LITRE_PER_MIN
    return float(
        kernels.hydraulics.pump_power(flow, case.given("dp_pa"), case.given("eta"))
    ), "wire-to-water efficiency"


def _property(case: Case, kernels: ModuleType) -> tuple[float, str]:
    columns = {
        "density": "density_kg_per_m3",
        "specific_heat": "heat_capacity_j_per_kg_k",
        "heat_capacity": "heat_capacity_j_per_kg_k",
        "viscosity": "viscosity_pa_s",
        "conductivity": "conductivity_w_per_m_k",
    }
    case.assume("calibrated: the property table was made with the library that the row cites")
    fluid = _fluid_of(case, "pg25")
    return fluid_at(case, kernels, fluid, case.given("t_c"), columns[str(case.row["metric"])]), "property table"


def _die_flux(case: Case, kernels: ModuleType) -> tuple[float, str]:
    area = case.given("die_mm2") / MM_PER_M**2
    return float(kernels.exchange.die_flux(case.given("tdp_w"), area)) / W_PER_CM2, "die area"


LAWS: dict[str, Law] = {
    "required_rack_flow": _rack_flow,
    "tray_flow": _tray_flow,
    "rack_pressure_drop": _rack_drop,
    "node_pressure_drop": _rack_drop,
    "approach_temperature": _approach,
    "facility_supply": _facility_supply,
    "case_to_inlet_resistance": _plate,
    "specific_flow": _specific_flow,
    "rated_flow": _rated_flow,
    "flow": _rated_flow,
    "pipe_heat_capacity": _pipe_heat,
    **dict.fromkeys(("velocity", "reynolds", "darcy_f", "pipe_dp", "minor_dp", "total_dp"), _pipe),
    "electrical_power": _pump,
    **dict.fromkeys(("density", "specific_heat", "heat_capacity", "viscosity", "conductivity"), _property),
    "average_die_heat_flux": _die_flux,
}
