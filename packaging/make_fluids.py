#!/usr/bin/env python3
"""Write profiles/cooling/fluids.yaml: coolant properties at steps of 1 K, computed with CoolProp.

A maker's tool; CoolProp is needed here and in one test only. Run from the repository: python packaging/make_fluids.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import CoolProp.CoolProp as coolprop

OUT = Path(__file__).resolve().parent.parent / "profiles" / "cooling" / "fluids.yaml"
FLUIDS = {
    "dielectric": (
        "INCOMP::PMS2",
        "a dielectric liquid (silicone oil, PMS2)",
        "stands in for single-phase bath liquids",
    ),
    "water": ("Water", "water", "liquid water, 101.325 kPa"),
    "pg25": ("INCOMP::MPG[0.25]", "propylene glycol 25 % by mass", "aqueous solution without inhibitors"),
    "eg25": ("INCOMP::MEG[0.25]", "ethylene glycol 25 % by mass", "aqueous solution without inhibitors"),
}
PROPERTIES = {
    "density_kg_per_m3": ("D", 2),
    "heat_capacity_j_per_kg_k": ("C", 2),
    "viscosity_pa_s": ("V", 8),
    "conductivity_w_per_m_k": ("L", 5),
}
BOILING = {
    "r1233zd": (
        "R1233zd(E)",
        "R245fa",
        "CoolProp knows no viscosity of this fluid: that of R245fa stands in, on whose tenth to quarter power friction rests",
    ),
}
SATURATED = {
    "pressure_pa": ("P", 0, 0),
    "liquid_kg_per_m3": ("D", 0, 2),
    "vapour_kg_per_m3": ("D", 1, 4),
    "heat_j_per_kg_k": ("C", 0, 2),
    "liquid_pa_s": ("V", 0, 8),
    "vapour_pa_s": ("V", 1, 10),
}
STEPS_C = range(10, 61)
PRESSURE_PA = 101_325.0


def table(fluid: str) -> dict[str, list[float]]:
    """The temperatures and each property at them."""
    columns: dict[str, list[float]] = {"temperature_c": [float(t) for t in STEPS_C]}
    for name, (symbol, digits) in PROPERTIES.items():
        columns[name] = [
            round(coolprop.PropsSI(symbol, "T", 273.15 + t, "P", PRESSURE_PA, fluid), digits) for t in STEPS_C
        ]
    return columns


def saturated(fluid: str, stand_in: str) -> dict[str, list[float]]:
    """Properties of both phases at boiling."""
    columns: dict[str, list[float]] = {"temperature_c": [float(t) for t in STEPS_C]}
    for name, (symbol, quality, digits) in SATURATED.items():
        held = stand_in if symbol == "V" else fluid
        columns[name] = [round(coolprop.PropsSI(symbol, "T", 273.15 + t, "Q", quality, held), digits) for t in STEPS_C]
    heat = [[coolprop.PropsSI("H", "T", 273.15 + t, "Q", quality, fluid) for t in STEPS_C] for quality in (0, 1)]
    columns["latent_j_per_kg"] = [round(b - a, 1) for a, b in zip(*heat, strict=True)]
    return columns


def main() -> None:
    lines = [
        "# Coolant properties at 10 to 60 °C in steps of 1 K, made with CoolProp by packaging/make_fluids.py.",
        "format: infraplanner/profiles",
        "version: 1",
        "record:",
    ]
    for key, (fluid, words, note) in sorted(FLUIDS.items()):
        row = {
            "id": f"fluid-table.{key}",
            "name": f"Properties of {words}",
            "confidence": "derived",
            "sources": ["coolprop"],
            "note": note,
            "topic": "fluid_table",
            "data": table(fluid),
        }
        lines.append("- " + json.dumps(row, ensure_ascii=False))
    for key, (fluid, stand_in, note) in sorted(BOILING.items()):
        row = {
            "id": f"saturation-table.{key}",
            "name": f"Boiling properties of {fluid}",
            "confidence": "derived",
            "sources": ["coolprop"],
            "note": note,
            "topic": "saturation_table",
            "data": saturated(fluid, stand_in),
        }
        text = json.dumps(row, ensure_ascii=False)
        lines.append("- " + re.sub(r"[\d.]+e-\d+", lambda found: f"{float(found[0]):.10f}".rstrip("0"), text))
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
