"""Predictors of power rows: shelves, racks, converters' efficiency, hold-up, busbar copper."""

from __future__ import annotations

import re
from types import ModuleType

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import PowerUnit, System
from infraplanner.compile.fit import loss_curve
from infraplanner.units import KILO, MEGA

from .closed_form import Case, Law, predictor_of
from .report import Predictor

PERCENT = 100.0
A_PER_MM2 = 1e6


def supply_predictor(catalog: Catalog) -> Predictor:
    """The predictor of power rows."""
    return predictor_of(catalog, LAWS, "power")


def _shelf(case: Case, kernels: ModuleType) -> tuple[float, str]:
    units = round(case.given("psu_per_shelf"))
    return float(kernels.supplies.group_rating(units, case.given("psu_kw") * KILO, 0)) / KILO, "supplies"


def _spare(case: Case, kernels: ModuleType) -> tuple[float, str]:
    units = round(case.given("psus"))
    return float(kernels.supplies.group_rating(units, case.given("psu_kw") * KILO, 1)) / KILO, "one supply failed"


def _racks(case: Case, kernels: ModuleType) -> tuple[float, str]:
    rack = case.part(System)
    case.assume(f"{rack.name} at its highest power of {rack.power_max_w / KILO:g} kW; support racks are not counted")
    power = kernels.supplies.group_rating(round(case.given("racks")), rack.power_max_w, 0)
    return float(power) / MEGA, "racks"


def _servers(case: Case, kernels: ModuleType) -> tuple[float, str]:
    server = case.part(System)
    count = round(case.given("systems"))
    case.assume(f"{server.name} at {server.power_max_w / KILO:g} kW with its own AC supplies")
    other = [a.value for a in server.alternatives if a.field == "power_max_w" and "busbar" in a.note]
    if other:
        total = kernels.supplies.group_rating(count, other[0], 0) / KILO
        case.assume(f"on a DC busbar it would be {total:g} kW")
    return float(kernels.supplies.group_rating(count, server.power_max_w, 0)) / KILO, "servers"


def _least_efficiency(case: Case, kernels: ModuleType) -> tuple[float, str]:
    part = case.part(PowerUnit)
    case.assume("calibrated: the loss curve of the profile follows the same data sheet")
    low, high = case.given("load_min"), case.given("load_max")
    curve = tuple(loss_curve(part))
    found = kernels.supplies.least_efficiency(low, high, curve)
    at_low = found == kernels.supplies.efficiency(low, curve)
    return float(found) * PERCENT, "standby loss" if at_low else "resistance"


def _hold_up(case: Case, kernels: ModuleType) -> tuple[float, str]:
    load = case.given("rated_w") * case.given("load")
    return float(kernels.transients.ride_through(case.given("stored_j"), 1.0, 1.0, load)) * KILO, "stored energy"


def _busbar_mass(case: Case, kernels: ModuleType) -> tuple[float, str]:
    stated = re.search(r"(\d+(?:\.\d+)?)\s*V", case.system)
    if stated is None:
        raise KeyError("the voltage")
    volts = case.given_or("volts", float(stated.group(1)))
    constants = case.catalog.constant
    length = constants("rack.height_m")
    current = kernels.conductors.dc_current(case.given("rack_mw") * MEGA, volts)

    def mass(density: float) -> float:
        section = kernels.conductors.section_for_current(current, density * A_PER_MM2)
        return float(kernels.conductors.conductor_mass(section, length, 2, constants("power.copper_density_kg_per_m3")))

    rule = case.catalog.get("power.busbar_current_density_a_per_mm2")
    density, low, high = (float(getattr(rule, name)) for name in ("value", "low", "high"))
    case.assume(f"two bars over the rack's height of {length:g} m at {density:g} A/mm2, a planning default")
    case.assume(f"{low:g} to {high:g} A/mm2 gives {mass(high):.0f} to {mass(low):.0f} kg; the claim itself is not used")
    return mass(density), "current density"


LAWS: dict[str, Law] = {
    "shelf_rating": _shelf,
    "n_plus_1_power": _spare,
    "su_tdp": _racks,
    "rack_avg_power": _servers,
    "rack_power": _servers,
    "minimum_efficiency": _least_efficiency,
    "hold_up_time": _hold_up,
    "busbar_copper_max": _busbar_mass,
}
