"""How far every headline is modelled, one sentence each, from what this evaluation met."""

from __future__ import annotations

import numpy as np

from infraplanner.kernels.frame import Totals
from infraplanner.results.economics import EconomicsResult
from infraplanner.results.snapshot import Coverage, Summary

from .jobs import JobCase, job_notes
from .thermal import Thermal
from .workspace import Workspace


def coverage(
    space: Workspace,
    totals: Totals,
    summary: Summary,
    jobs: tuple[JobCase, ...],
    known: Thermal,
    economics: EconomicsResult | None = None,
) -> dict[str, Coverage]:
    """Coverage of every summary key, and of the load on links."""
    out = _money(summary, economics or EconomicsResult())
    it_notes = _it_notes(totals)
    chain_notes = it_notes + _chain_notes(space, totals)
    plant_notes = chain_notes + _plant_notes(space, totals)
    served = _served_notes(space)
    base = "Racks and cable ends; profiles' power is taken to be without pluggable ends, whose watts are added."
    out["it_power_kw"] = _entry(base, it_notes)
    out["facility_power_kw"] = _entry("Input of all sources: racks, losses of the chain, cooling.", chain_notes)
    out["pue"] = _entry("Facility over IT power at one outdoor state, not over a year.", [*plant_notes, ""])
    if summary.pue is None:
        out["pue"] = Coverage("not_modelled", " ".join(["A PUE needs a plan that is fed and cooled.", *plant_notes]))
    out["wue_l_per_kwh"] = _entry("Water of towers and adiabatic coolers at one outdoor state.", [*plant_notes, ""])
    out["heat_kw"] = _entry("Racks and losses of indoor power nodes.", it_notes)
    tokens = "Roofline steady state of all serving pools."
    out["tokens_per_s"] = _entry(tokens, served) if space.cases else Coverage("not_modelled", "The plan has no pools.")
    if summary.tokens_per_s is None and space.cases:
        out["tokens_per_s"] = Coverage("not_modelled", " ".join(served) or "No pool is predicted.")
    out["training_tokens_per_s"] = _training(jobs, summary)
    out["tokens_per_j"] = out["tokens_per_s"]
    if summary.tokens_per_j is not None:
        out["tokens_per_j"] = _entry("Tokens per second over facility power.", served + plant_notes)
    band = out["tokens_per_s"]
    if summary.tokens_per_s_low is not None:
        band = Coverage(
            "modelled", "Spread of held-out measurements about predictions of their class, all pools erring alike."
        )
    out["tokens_per_s_low"] = out["tokens_per_s_high"] = band
    walls = "From elasticities of memory, copper and compute; power through caps, cooling through throttled clocks."
    out["binding_wall"] = Coverage("partial", walls)
    out["air"] = _air(known)
    out["chips"] = _chips(known)
    load = "Cache transfer from prefill to decode pools, collectives, checkpoints and data reading of training jobs."
    if not space.trays.is_kept:
        load += " The tray graph is too large: cables are measured along x and y."
    out["fabric_load"] = Coverage("partial", load)
    out["error_count"] = out["warning_count"] = Coverage("partial", "Bad-input rules only; design rules follow.")
    return out


def _air(known: Thermal) -> Coverage:
    text = "Depth-averaged flow over the floor; without jets, buoyancy and layers over the height, leaks are planning values."
    if np.isfinite(known.air.rack_inlet_top_c).any():
        text = (
            "Flow over the floor in two layers, in halls that ask for them, that exchange what turbulence damped by warm air"
            " above, overturning and plumes give; without jets, leaks are planning values."
        )
    said = [hall.note for hall in known.air.halls if hall.state not in ("settled", "no_heat")]
    settled = any(hall.state == "settled" for hall in known.air.halls)
    return Coverage("partial" if settled else "not_modelled", " ".join([text, *said, *known.air.notes]))


def _chips(known: Thermal) -> Coverage:
    text = "Cold plates by the law of a published accelerator plate, heat sinks by a planning resistance; limits are defaults."
    if np.isfinite(known.chips.rack_most_w).any():
        text += (
            " Boiling plates, baths and solid-state modules have planning laws; a loop whose fluid is a refrigerant boils with its"
            " latent heat and the drop of its mixture, in others flows and returns are those of a liquid."
        )
    return Coverage("partial" if np.isfinite(known.chips.rack_case_c).any() else "not_modelled", text)


def _money(summary: Summary, economics: EconomicsResult) -> dict[str, Coverage]:
    """Capital, running cost, cost and carbon of a token; partial, because of what the price book leaves out."""
    lost = [f"Without {line.unknown_count} of {line.name}." for line in economics.capex_lines if line.unknown_count]
    rent = (
        "Installed prices are middles of wide ranges; land, tax, insurance, network transit and licences are left out."
    )
    texts = {
        "capex_usd": f"Systems, links, plant and building from the price book. {rent}",
        "opex_usd_per_year": "Energy by the hours of the weather year, demand charges, water, staff and maintenance; "
        f"tariffs without holidays, ratchets and power factor. {rent}",
        "usd_per_million_tokens": f"All costs of a year over its output tokens. {rent}",
        "kg_co2e_per_million_tokens": "Grid electricity by location, and accelerators made; without buildings, plant and fuel.",
    }
    return {
        key: Coverage("partial", " ".join([text, *lost]))
        if getattr(summary, key) is not None
        else Coverage("not_modelled", " ".join(["A price or the tokens are unknown.", *lost]))
        for key, text in texts.items()
    }


def _training(jobs: tuple[JobCase, ...], summary: Summary) -> Coverage:
    refused = job_notes(jobs)
    if summary.training_tokens_per_s is None:
        return Coverage("not_modelled", " ".join(refused) or "The plan has no jobs.")
    text = (
        "Steps of all jobs, no faster than the drawn links carry their collectives, without power caps; failures and "
        "checkpoints are in throughput.jobs."
    )
    return Coverage("partial", " ".join([text, *refused]))


def _entry(text: str, notes: list[str]) -> Coverage:
    said = [text, *(note for note in notes if note)]
    return Coverage("partial" if notes else "modelled", " ".join(said))


def _it_notes(totals: Totals) -> list[str]:
    notes = []
    if totals.unknown_bodies:
        notes.append(f"Without {totals.unknown_bodies} devices or racks of unknown power.")
    if totals.cables.unknown_power:
        notes.append(f"Without the ends of {totals.cables.unknown_power} bundles of unknown power.")
    if totals.capped:
        notes.append(
            f"{totals.capped} racks are held by power caps; work is taken as proportional to power above idle."
        )
    return notes


def _chain_notes(space: Workspace, totals: Totals) -> list[str]:
    notes = []
    unknown = int((space.flows.loss_w != space.flows.loss_w).sum())
    if unknown:
        notes.append(f"Without the losses of {unknown} power nodes that have no curve or rating.")
    if totals.unconnected_w > 0.0:
        notes.append(f"{totals.unconnected_w / 1e3:.1f} kW have no feed and count at no loss.")
    return notes


def _plant_notes(space: Workspace, totals: Totals) -> list[str]:
    notes = []
    if not space.plant.unit_heat_w.size:
        notes.append("The plan has no cooling units, so no cooling power is in it.")
    if totals.unknown_units:
        notes.append(f"Without the power of {totals.unknown_units} cooling units that have no figure.")
    if space.climate.assumed:
        notes.append("Outdoor state: planning climate, the plan gives none.")
    hall, loop = space.plant.hall_heat_w, space.plant.loop_heat_w
    unmet = float(hall[~space.plant.hall_served].sum() + loop[~space.plant.loop_served].sum())
    if unmet > 0.0 and space.plant.unit_heat_w.size:
        notes.append(f"{unmet / 1e3:.1f} kW of heat have no unit that removes them.")
    return notes


def _served_notes(space: Workspace) -> list[str]:
    refused = [case for case in space.cases if case.solution is None and case.code != "training"]
    notes = [f"Pool {case.pool.id}: {case.refusal}" for case in refused[:3]]
    if len(refused) > 3:
        notes.append(f"{len(refused) - 3} more pools are not predicted.")
    return notes
