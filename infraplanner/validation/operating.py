"""What a year of running a large site costs its owner, from the price book: energy, people, upkeep of the house, water."""

from __future__ import annotations

from types import ModuleType

from infraplanner.catalog.types import System
from infraplanner.units import H_PER_YEAR, KILO, L_PER_M3, MEGA

from .closed_form import Case

RACK = "gb200-nvl72"
PUE, WUE, STAFF = "pue.design-dlc-warm-water-dry-cooler", "wue.dlc-dry-cooler", "staffing.hyperscale-100mw-plus"


def mean_share(case: Case) -> float:
    """Mean over rated power of the racks: idle power, and the rest by the use of a year."""
    rack = case.catalog.find(RACK)
    if not isinstance(rack, System) or rack.power_max_w is None:
        raise KeyError(f"power of {RACK}")
    idle = rack.power_idle_w
    share = case.catalog.constant("inference.idle_power_frac") if idle is None else idle / rack.power_max_w
    return share + (1.0 - share) * case.catalog.constant("cost.use_frac")


def operating_cost(case: Case, _kernels: ModuleType) -> tuple[float, str]:
    """Running cost of a year [USD]: a site of liquid-cooled racks whose owner keeps the machines up with its own people.

    Machines that fail are the warranty's and the spares' of the purchase, so that no share of their price is paid a year.
    """
    it_kw = case.given("it_mw") * KILO
    price = case.catalog.constant
    mean, pue, usd = mean_share(case), case.middle(PUE), price("site.default_electricity_usd_per_kwh")
    kwh = it_kw * mean * H_PER_YEAR
    energy = kwh * pue * usd
    people = case.middle(STAFF) * it_kw / KILO
    staff = people * price("cost.staff_usd_per_year")
    house = it_kw * price("cost.house_usd_per_kw") * price("cost.maintenance_plant_frac")
    water = kwh * case.middle(WUE) / L_PER_M3 * price("cost.water_usd_per_m3")
    machines = it_kw / _rack_kw(case) * _rack_usd(case) * price("cost.maintenance_it_frac")
    case.assume(
        f"energy {energy / MEGA:.0f} MUSD: mean IT at {mean:.3f} of its rating (use {price('cost.use_frac'):g}), "
        f"PUE {pue:g} of warm water and dry coolers, {usd:g} USD/kWh of a plan without a site, demand charges in it"
    )
    case.assume(
        f"staff {staff / MEGA:.0f} MUSD: {people:.0f} people of a site beyond 100 MW; "
        f"upkeep of the house {house / MEGA:.0f} MUSD: {price('cost.maintenance_plant_frac'):g} of "
        f"{price('cost.house_usd_per_kw'):g} USD/kW; water {water / MEGA:.1f} MUSD"
    )
    case.assume(
        f"no upkeep of IT: its owner repairs with these people, on warranty and spares; a contract at "
        f"{price('cost.maintenance_it_frac'):g} of the price would add {machines / MEGA:.0f} MUSD; no taxes, rent or software"
    )
    return energy + staff + house + water, "energy"


def _rack_kw(case: Case) -> float:
    rack = case.catalog.find(RACK)
    if not isinstance(rack, System) or rack.power_max_w is None:
        raise KeyError(f"power of {RACK}")
    return rack.power_max_w / KILO


def _rack_usd(case: Case) -> float:
    rack = case.catalog.find(RACK)
    if not isinstance(rack, System) or rack.price_usd_low is None or rack.price_usd_high is None:
        raise KeyError(f"price of {RACK}")
    return 0.5 * (rack.price_usd_low + rack.price_usd_high)
