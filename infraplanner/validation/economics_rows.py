"""Predictors of rows in closed form: money, carbon, reliability, heating and ride-through."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import System
from infraplanner.units import H_PER_YEAR, J_PER_KWH, KILO, MEGA, S_PER_H

from .closed_form import Case, Law, predictor_of
from .operating import operating_cost
from .report import Predictor

MODEL_1GW = "fit.epoch-1gw"
FLEET_DAY = "fact.deepseek-day"
NODE_FAILURES = "reliability.node_failures_per_day"
NODE_GPUS = 8.0
PORTS_400G_A_GPU = 3
"""Of 400G an accelerator in two tiers without oversubscription: down and up at the leaf, one at the spine."""
ENDS_400G_A_GPU = 4
"""Ends with an optic: those ports and the adapter, too far from a leaf for copper."""
PORTS_400G_Q3400 = 288
J_PER_MWH = J_PER_KWH * KILO
J_PER_MMBTU = 1.05505585262e9
YEAR_S = H_PER_YEAR * S_PER_H
DAY_S = 24 * S_PER_H


def economics_predictor(catalog: Catalog) -> Predictor:
    """The predictor of closed-form rows of economics, reliability and time."""
    return predictor_of(catalog, LAWS, "economics")


def _recovery(case: Case, kernels: ModuleType) -> tuple[float, str]:
    return float(kernels.economics.capital_recovery(case.given("rate"), case.given("years"))), "rate and life"


def _yearly(case: Case, kernels: ModuleType) -> tuple[float, str]:
    keys = ("it_capex_usd", "facility_capex_usd", "rate", "opex_usd_yr")
    if "it_capex_usd" not in case.inputs:
        case.assume("calibrated: capital, rate and running cost are one fit to the totals of this source")
        it, facility, rate, running = (case.number(MODEL_1GW, key) for key in keys)
    else:
        it, facility, rate, running = (case.given(key) for key in keys)
    lives = np.array([case.given("it_life_yr"), case.given("facility_life_yr")])
    return float(kernels.economics.yearly_cost(np.array([it, facility]), lives, rate, running)), "capital of IT"


def _bill(case: Case, kernels: ModuleType) -> tuple[float, str]:
    lines = [case.given(name) for name in case.inputs if name not in ("gpus", "months", "setup_once")]
    case.assume("set-up cost in equal parts over the months")
    bill = kernels.economics.instalment(np.array(lines), case.given_or("setup_once", 0.0), case.given("months"))
    return float(bill), "accelerators"


def _cost_of_day(case: Case, kernels: ModuleType) -> tuple[float, str]:
    count = case.given("nodes_avg") * case.given("gpus_per_node")
    cost = kernels.economics.rental(count, case.given("usd_gpu_h") / S_PER_H, case.given("hours") * S_PER_H)
    return float(cost), "accelerator hours"


def _revenue(case: Case, kernels: ModuleType) -> tuple[float, str]:
    hit = case.given("in_cached")
    tokens = np.array([hit, case.given("in_tokens") - hit, case.given("out_tokens")])
    prices = np.array([case.given(name) for name in ("p_hit", "p_miss", "p_out")]) / MEGA
    case.assume("prices in USD a million tokens")
    return float(kernels.economics.revenue(tokens, prices)), "output tokens"


def _margin(case: Case, kernels: ModuleType) -> tuple[float, str]:
    return float(kernels.economics.profit_ratio(case.given("revenue_usd"), case.given("cost_usd"))), "revenue"


def _token_cost(case: Case, kernels: ModuleType) -> tuple[float, str]:
    """Cost of a published fleet day over its tokens; `allocation` says over which of them."""
    nodes, each, price, spent_in, made = (
        case.number(FLEET_DAY, key)
        for key in ("nodes_mean", "gpus_per_node", "usd_per_gpu_h", "input_tokens", "output_tokens")
    )
    cost = kernels.economics.rental(nodes * each, price / S_PER_H, DAY_S)
    tokens = made if "output" in str(case.inputs["allocation"]) else made + spent_in
    case.assume(
        f"{nodes:g} nodes of {each:g} at {price:g} USD an accelerator hour, the fleet day that the source reports"
    )
    return float(kernels.economics.token_cost(cost, tokens / DAY_S, 1.0, 1.0, DAY_S)) * MEGA, "accelerator hours"


def _levelised(case: Case, kernels: ModuleType) -> tuple[float, str]:
    cost = kernels.economics.levelised_energy(
        case.given("capex_usd_kw") / KILO,
        case.given("fom_usd_kw_yr") / KILO,
        case.given("rate"),
        case.given("years"),
        case.given("cf"),
        case.given("heat_rate_mmbtu_mwh") * J_PER_MMBTU / J_PER_MWH,
        case.given("fuel_usd_mmbtu") / J_PER_MMBTU,
        case.given("vom_usd_mwh") / J_PER_MWH,
        YEAR_S,
    )
    return float(cost) * J_PER_MWH, "fuel"


def _carbon(case: Case, kernels: ModuleType) -> tuple[float, str]:
    load, clean, factor = (np.array(case.inputs[key], dtype=np.float64) for key in ("load_mwh", "cfe_mwh", "ef_t_mwh"))
    found = kernels.economics.matched_carbon(load * J_PER_MWH, clean * J_PER_MWH, factor * KILO / J_PER_MWH)
    order = {"location_t": 0, "annual_matched_t": 1, "hourly_matched_t": 2}
    return float(found[order[str(case.row["metric"])]]) / KILO, "unmatched hours"


def _wait(case: Case, kernels: ModuleType) -> tuple[float, str]:
    return float(kernels.reliability.waiting_probability(round(case.given("c")), case.given("rho"))), "use"


def _job_interval(case: Case, kernels: ModuleType) -> tuple[float, str]:
    rate = case.catalog.constant(NODE_FAILURES)
    case.assume(f"{rate * KILO:g} failures a day in 1,000 nodes, from a published cluster of the same kind")
    nodes = case.given("gpus") / case.given("gpus_per_node")
    return float(kernels.reliability.job_interval(nodes, rate / DAY_S)) / S_PER_H, "node failures"


def _checkpoint(case: Case, kernels: ModuleType) -> tuple[float, str]:
    cost, between = case.given("ckpt_cost_h") * S_PER_H, case.given("mtbi_h") * S_PER_H
    return float(kernels.reliability.checkpoint_interval(cost, between)) / S_PER_H, "failures"


def _goodput(case: Case, kernels: ModuleType) -> tuple[float, str]:
    names = ("ckpt_every_h", "ckpt_cost_h", "restart_h", "mtbi_h")
    return float(kernels.reliability.goodput(*(case.given(name) * S_PER_H for name in names))), "failures"


def _availability(case: Case, kernels: ModuleType) -> tuple[float, str]:
    down = case.given_or("planned_h", 0.0) + case.given("failures_yr") * case.given("h_each")
    return float(kernels.reliability.availability(down * S_PER_H, YEAR_S)), "down time"


def _heating(case: Case, kernels: ModuleType) -> tuple[float, str]:
    if "water_kg" in case.inputs:
        capacity = case.given("water_kg") * case.given("c_kj_kgK") * KILO
    else:
        capacity = case.given("air_m3") * case.given("rho") * case.given("cp_kj_kgK") * KILO
    return float(kernels.transients.heating_rate(case.given("kw") * KILO, capacity)), "heat capacity"


def _ride_through(case: Case, kernels: ModuleType) -> tuple[float, str]:
    return float(kernels.transients.ride_through(
        case.given("kwh") * J_PER_KWH, case.given("usable"), case.given("inverter_eff"), case.given("mw") * MEGA
    )), "stored energy"  # fmt: skip


def _capex(case: Case, _kernels: ModuleType) -> tuple[float, str]:
    """Racks to the stated IT power at the middle of their price, and a finished house at that of a watt."""
    rack = case.catalog.find("gb200-nvl72")
    if (
        not isinstance(rack, System)
        or rack.power_max_w is None
        or rack.price_usd_low is None
        or rack.price_usd_high is None
    ):
        raise KeyError("price and power of gb200-nvl72")
    it_w = case.given("it_mw") * MEGA
    case.assume(
        "GB200 NVL72 racks at nameplate; two tiers of Q3400 switches at full rate, optics at all ends; middles of the price ranges"
    )
    count = it_w / rack.power_max_w
    racks = 0.5 * (rack.price_usd_low + rack.price_usd_high)
    fabric = rack.accelerators[0].count * (
        PORTS_400G_A_GPU * case.middle("price.switch-q3400") / PORTS_400G_Q3400
        + ENDS_400G_A_GPU * 0.5 * case.middle("price.osfp-800g-transceiver")
    )
    house = it_w / KILO * case.catalog.constant("cost.house_usd_per_kw")
    return count * (racks + fabric) + house, "prices"


def _interruptions(case: Case, kernels: ModuleType) -> tuple[float, str]:
    """Failures of a job over its days: those of its nodes, at the rate of another published cluster."""
    rate = case.catalog.constant(NODE_FAILURES)
    nodes, seconds = case.given("gpus") / NODE_GPUS, case.given("days") * DAY_S
    case.assume(
        f"{NODE_GPUS:g} accelerators a node; {rate * KILO:g} failures a day in 1,000 nodes, from the larger of two other "
        "clusters (the smaller had about a third); every failure of a node interrupts the job"
    )
    return seconds / float(kernels.reliability.job_interval(nodes, rate / DAY_S)), "node failures"


LAWS: dict[str, Law] = {
    "unexpected_interruptions": _interruptions,
    "capex_total": _capex,
    "opex_annual": operating_cost,
    "crf": _recovery,
    "tco_annual": _yearly,
    "tco_month": _bill,
    "cost_day": _cost_of_day,
    "revenue_day": _revenue,
    "profit_over_cost": _margin,
    **dict.fromkeys(("usd_per_m_output_tokens", "usd_per_m_tokens"), _token_cost),
    "lcoe": _levelised,
    **dict.fromkeys(("hourly_matched_t", "annual_matched_t", "location_t"), _carbon),
    "p_wait": _wait,
    "mttf": _job_interval,
    "ckpt_interval": _checkpoint,
    "goodput": _goodput,
    "availability": _availability,
    "dTdt": _heating,
    "ride_through": _ride_through,
}
