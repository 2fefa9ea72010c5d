"""Beyond one year's cost: other ways to house the same machines, own generation per MWh, carbon three ways.

Conventions as in `economics`. Reference: economics model A2 (break-even), A3 (levelised energy), A4 (carbon).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.kernels import economics as laws
from infraplanner.kernels.losses import loss_fracs
from infraplanner.model.entities import Site
from infraplanner.results.economics import WORKS, CarbonMethods, CloudOffer, CostLine, Deployment, LevelisedSource
from infraplanner.units import H_PER_YEAR, J_PER_KWH, KILO, MEGA, MONTHS_PER_YEAR, S_PER_H

from .workspace import Workspace

Floats = NDArray[np.float64]
Span = tuple[float, float, float]
capital_recovery: Callable[[float, float], float] = getattr(laws.capital_recovery, "py_func", laws.capital_recovery)
levelised: Callable[..., float] = getattr(laws.levelised_energy, "py_func", laws.levelised_energy)
matched: Callable[[Floats, Floats, Floats], tuple[float, float, float]] = getattr(
    laws.matched_carbon, "py_func", laws.matched_carbon
)
IT, LINKS = "it", "link"
HOURS = int(H_PER_YEAR)
DAY_H = 24
SUNRISE_H, SUNSET_H = 6.0, 18.0
"""A mean day of sun between the equinoxes: half a sine from six to six."""


def deployments(
    *, value: Callable[[str], float], capex: Sequence[CostLine], year: Sequence[CostLine], total_usd: float,
    rate: float, tokens_a_year: float, serving: float, it_w: float, mean_it_w: float, price_usd_per_kwh: float,
    accelerators: float, use: float, cloud: Sequence[CloudOffer],
) -> tuple[Deployment, ...]:  # fmt: skip
    """The same machines and tokens in one's own hall, in rented space, at the edge, and rented altogether.

    Colocation: machines and their maintenance, rent by the kW of rated IT load, metered energy at the house's PUE. Edge:
    machines, small rooms by the kW, energy at their PUE, nobody on site. Cloud: accelerator hours of the used share.
    """
    if not math.isfinite(total_usd):
        return ()
    machines = math.fsum(line.usd for line in year if not line.running and line.category in (IT, LINKS))
    kept = math.fsum(line.usd for line in year if line.running and line.name == "Maintenance of IT")
    once = math.fsum(line.usd for line in capex if line.category in (IT, LINKS))
    kwh = mean_it_w * H_PER_YEAR * S_PER_H / J_PER_KWH
    rows = [("own hall", total_usd, math.fsum(line.usd for line in capex))]
    rent = MONTHS_PER_YEAR * value("colocation_usd_per_kw_month") * it_w / KILO
    energy = kwh * price_usd_per_kwh * value("colocation_pue")
    rows.append(("colocation", machines + kept + rent + energy, once))
    rooms = value("edge_usd_per_kw") * it_w / KILO
    yearly = rooms * (float(capital_recovery(rate, value("plant_life_years"))) + value("maintenance_plant_frac"))
    rows.append(("edge", machines + kept + yearly + kwh * price_usd_per_kwh * value("edge_pue"), once + rooms))
    rows += [
        (f"cloud, {offer.tier}", accelerators * H_PER_YEAR * use * offer.usd_per_accelerator_hour, 0.0) for offer in cloud
    ]  # fmt: skip
    return tuple(
        Deployment(
            name, usd, each, usd * serving / tokens_a_year * MEGA if tokens_a_year > 0.0 else None,
            _break_even(name, usd, total_usd, use),
        )
        for name, usd, each in rows
        if math.isfinite(usd)
    )  # fmt: skip


def _break_even(name: str, usd: float, own_usd: float, use: float) -> float | None:
    """Use above which the own hall is cheaper than paying by the hour; None for what is paid whether used or not."""
    return own_usd / (usd / use) if name.startswith("cloud") and usd > 0.0 else None


def levelised_sources(space: Workspace, value: Callable[[str], float], rate: float) -> tuple[LevelisedSource, ...]:
    """Own generation that runs: cost of a MWh over its life at the present load, by capital, fuel and upkeep."""
    compiled = space.compiled
    assert compiled is not None
    sources = compiled.sources
    out = []
    for index, row in enumerate(sources.row.tolist()):
        if sources.utility[index] or sources.store[index]:
            continue
        given_w, rating_w = float(space.flows.out_w[row]), float(compiled.tables["power"]["rating_w"][row])
        price = value(f"capex_usd_per_kw.{sources.kind[index]}")
        if not (given_w > 0.0 and rating_w > 0.0) or not math.isfinite(price):
            continue
        used = given_w / rating_w
        heat = 0.0
        if sources.fuelled[index]:
            heat = (used + float(loss_fracs(np.array([used]), sources.fuel_curves[index : index + 1])[0])) / used
        fuel = float(sources.fuel_usd_per_kwh[index]) if sources.fuelled[index] else 0.0
        fixed = value("maintenance_plant_frac") * price / KILO
        args = (price / KILO, fixed, rate, value("plant_life_years"), used, heat, fuel / J_PER_KWH, 0.0)
        usd_per_mwh = float(levelised(*args, H_PER_YEAR * S_PER_H)) * J_PER_KWH * KILO
        burnt = heat * fuel * KILO
        if math.isfinite(usd_per_mwh):
            out.append(LevelisedSource(sources.ids[index], usd_per_mwh, burnt, used, heat or None))
    return tuple(out)


def carbon_methods(
    space: Workspace, site: object, kwh: float, located_kg: float, embodied_kg: float, scope1_kg: float
) -> CarbonMethods:
    """Scope 1, scope 2 by location, by market over the year and hour by hour, and embodied [kg/yr].

    Clean energy that the site buys covers `clean_frac` of the year's load, from sun, wind or around the clock; the load
    is steady. Hour by hour only what falls into the same hour counts.
    """
    bought_kg = max(0.0, located_kg - scope1_kg)
    clean = site.clean_frac if isinstance(site, Site) and site.clean_frac is not None else 0.0
    kind = site.clean_kind if isinstance(site, Site) else "flat"
    if not (kwh > 0.0 and math.isfinite(bought_kg)):
        return CarbonMethods(scope1_kg, None, None, None, embodied_kg, clean, kind)
    load = np.full(HOURS, kwh / HOURS)
    found = matched(load, clean * kwh * _shape(kind), np.full(HOURS, bought_kg / kwh))
    return CarbonMethods(
        scope1_kg, float(found[0]), float(found[1]), float(found[2]), embodied_kg, clean, kind
    )  # fmt: skip


def _shape(kind: str) -> Floats:
    """Share of a year's energy that falls into each hour."""
    hour = np.arange(HOURS) % DAY_H + 0.5
    if kind == "sun":
        day = np.clip(np.sin(np.pi * (hour - SUNRISE_H) / (SUNSET_H - SUNRISE_H)), 0.0, None)
        day[(hour < SUNRISE_H) | (hour > SUNSET_H)] = 0.0
    elif kind == "wind":  # weather fronts pass in about four days
        day = 1.0 + np.sin(2.0 * np.pi * np.arange(HOURS) / (4.0 * DAY_H))
    else:
        day = np.ones(HOURS)
    out: Floats = day / day.sum()
    return out


def works(lines: Sequence[CostLine], it_w: float, span: Span) -> CostLine | None:
    """What a finished house costs beyond its listed parts: the published price of a watt of IT less their sum."""
    listed = [line for line in lines if line.category in ("plant", "building")]
    if not listed or it_w <= 0.0 or not math.isfinite(span[0]):
        return None
    ends: list[Any] = []
    for own, field in zip(span, ("usd", "low_usd", "high_usd"), strict=True):
        ends.append(max(0.0, own * it_w - math.fsum(getattr(line, field) for line in listed)))
    if not max(ends) > 0.0:
        return None
    return CostLine(WORKS, "building", ends[0], min(ends), max(ends))
