"""What takes the heat off every chip: heat sink, cold plate of one or two phases, bath, boiling bath, solid-state modules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import CoolingUnit
from infraplanner.compile.bodies import IMMERSION
from infraplanner.compile.columns import FLUIDS
from infraplanner.compile.parts import Catalogue, column
from infraplanner.compile.plan import Compiled
from infraplanner.kernels.exchange import critical_flux
from infraplanner.units import KILO

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PLATES = {"water": "cp-oam-water", "pg25": "cp-oam-pg25", "eg25": "cp-oam-pg25"}
"""The plate whose law stands in for a product's own, by coolant: no vendor publishes its own."""
SINK, PLATE, BOILING_PLATE, BATH, BOILING_BATH, MODULES = range(6)
KINDS = {
    "cold_plate_1phase": PLATE, "cold_plate_jet": PLATE, "cold_plate_2phase": BOILING_PLATE,
    "immersion_1phase": BATH, "immersion_2phase": BOILING_BATH, "mems_air": MODULES,
}  # fmt: skip
MM2_PER_CM2 = 100.0
W_PER_M2 = 1e4
"""Watts per square metre in one watt per square centimetre."""


@dataclass(frozen=True, slots=True)
class Sinks:
    """One row a body with chips: what kind takes its heat, the law R = a + b V^n of the whole package, where its liquid
    boils (NaN: it does not), the most heat one chip can give away (infinity: no such limit), and the heat that a cubic
    metre of coolant takes when it boils away (NaN: it does not).
    """

    kind: Ints
    a_k_per_w: Floats
    b_k_per_w: Floats
    exponent: Floats
    boil_c: Floats
    most_w: Floats
    latent_j_per_m3: Floats


def plate_laws(catalogue: Catalogue) -> Floats:
    """(a, b, n) of the plate for each coolant in `FLUIDS`' order, then for none; NaN where the catalogue has none."""
    laws = np.full((len(FLUIDS) + 1, 3), np.nan)
    for code, fluid in enumerate(FLUIDS):
        part = catalogue.find(PLATES.get(fluid, ""))
        if isinstance(part, CoolingUnit):
            laws[code] = _law(part)
    return laws


def _law(part: CoolingUnit) -> list[float]:
    law = (part.plate_a_k_per_w, part.plate_b_k_per_w, part.plate_exponent)
    return [np.nan if value is None else value for value in law]


def sinks(compiled: Compiled, rack: Ints, wet: NDArray[np.bool_], tdp_w: Floats, accelerator: Ints) -> Sinks:
    """Plates and modules named by racks, baths by the tank on a rack's loop, otherwise the usual plate or heat sink."""
    n = rack.size
    fluid = np.append(compiled.tables["loops"]["fluid"], -1)[compiled.tables["racks"]["loop@loops"][rack]]
    law = plate_laws(compiled.parts.catalogue)[np.where(wet, fluid, -1)]
    kind = np.where(wet, PLATE, SINK)
    area_mm2 = die_area(compiled, tdp_w, accelerator)
    wide = np.maximum(1.0, area_mm2 / compiled.rule("thermal.plate_die_mm2"))
    out = Sinks(kind, law[:, 0].copy(), law[:, 1].copy(), law[:, 2].copy(), *_none(n))
    part_of = np.where(wet | _modules(compiled, rack), compiled.tables["racks"]["plate"][rack], -1)
    bath = _tank_of(compiled)[rack]
    part_of = np.where(wet & (bath >= 0), bath, part_of)
    for code in np.unique(part_of[part_of >= 0]).tolist():
        _put(compiled, compiled.parts.cooling[code], np.flatnonzero(part_of == code), area_mm2, out)
    pads = (out.kind != SINK) & (out.kind != MODULES)
    return Sinks(
        out.kind,
        np.where(pads, out.a_k_per_w / wide, out.a_k_per_w),
        np.where(pads, out.b_k_per_w * wide ** (-out.exponent - 1.0), out.b_k_per_w),
        *(out.exponent, out.boil_c, out.most_w, out.latent_j_per_m3),
    )


def _none(n: int) -> tuple[Floats, Floats, Floats]:
    return np.full(n, np.nan), np.full(n, np.inf), np.full(n, np.nan)


def _modules(compiled: Compiled, rack: Ints) -> NDArray[np.bool_]:
    """Bodies whose rack names solid-state modules: they work on air."""
    mems = np.array([part.cooling_kind == "mems_air" for part in compiled.parts.cooling] + [False])
    named: NDArray[np.bool_] = mems[compiled.tables["racks"]["plate"][rack]]
    return named


def _tank_of(compiled: Compiled) -> Ints:
    """The profile of the immersion tank on every rack's loop; -1 without one."""
    cooling = compiled.tables["cooling"]
    bath = np.array([part.cooling_kind in IMMERSION for part in compiled.parts.cooling] + [False])[cooling["unit"]]
    by_loop = np.full(len(compiled.tables["loops"]) + 1, -1, np.int64)
    held = np.flatnonzero(bath & (cooling["loop@loops"] >= 0))
    by_loop[cooling["loop@loops"][held]] = cooling["unit"][held]
    return by_loop[compiled.tables["racks"]["loop@loops"]]


def _put(compiled: Compiled, part: CoolingUnit, rows: Ints, area_mm2: Floats, out: Sinks) -> None:
    """Write one part's law and limits to the bodies that carry it; a part without a law of its own keeps the usual one."""
    kind = KINDS.get(part.cooling_kind, PLATE)
    out.kind[rows] = kind
    if part.plate_a_k_per_w is not None:
        a, b, n = _law(part)
        out.a_k_per_w[rows], out.b_k_per_w[rows], out.exponent[rows] = a, np.nan_to_num(b), 1.0 if np.isnan(n) else n
    if kind == MODULES:
        count = np.inf if part.module_count is None else float(part.module_count)
        out.a_k_per_w[rows] /= count
        out.most_w[rows] = count * (np.nan if part.capacity_kw is None else part.capacity_kw * KILO)
        return
    if part.capacity_kw is not None and kind == PLATE:
        out.most_w[rows] = part.capacity_kw * KILO
    flux_w_per_m2, boil_c, latent = _boiling(compiled, part)
    if kind in (BOILING_PLATE, BOILING_BATH):
        wetted_m2 = area_mm2[rows] * 1e-6 * (1.0 if part.wetted_ratio is None else part.wetted_ratio)
        out.most_w[rows] = flux_w_per_m2 * wetted_m2
        out.boil_c[rows] = boil_c if kind == BOILING_BATH else np.nan
        out.latent_j_per_m3[rows] = latent if kind == BOILING_PLATE else np.nan


def _boiling(compiled: Compiled, part: CoolingUnit) -> tuple[float, float, float]:
    """Critical flux [W/m2], boiling point [degC] and latent heat of a cubic metre of liquid [J/m3]; NaN where unknown.

    A part that states no critical flux has that of a pool of its liquid.
    """
    record = compiled.parts.catalogue.find(f"boiling.{part.fluid}")
    data = getattr(record, "data", None) or {}
    boil_c = part.boil_c if part.boil_c is not None else float(data.get("boil_c", np.nan))
    latent = float(data.get("latent_j_per_kg", np.nan)) * float(data.get("liquid_kg_per_m3", np.nan))
    if part.critical_w_per_cm2 is not None:
        return part.critical_w_per_cm2 * W_PER_M2, boil_c, latent
    if not data:
        return np.nan, boil_c, latent
    flux = critical_flux(
        data["latent_j_per_kg"], data["liquid_kg_per_m3"], data["vapour_kg_per_m3"], data["surface_n_per_m"]
    )
    return float(flux), boil_c, latent


def die_area(compiled: Compiled, tdp_w: Floats, accelerator: Ints) -> Floats:
    """Die area of each chip [mm2]; one of unknown area is taken at a planning heat flux."""
    area_mm2 = column(compiled.parts.accelerators, "die_area_mm2")[accelerator]
    planned = tdp_w / compiled.rule("thermal.die_flux_w_per_cm2") * MM2_PER_CM2
    return np.where(np.isfinite(area_mm2), area_mm2, planned)
