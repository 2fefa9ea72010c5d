"""Overlays: which figure colours the bodies, on what scale, and in what unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.theme import maps
from infraplanner.ui.theme.current import current
from infraplanner.ui.theme.tokens import Theme
from infraplanner.units import KILO

from .scene import Floats, Scene

TEMPERATURE_C = {True: (18.0, 42.0), False: (12.0, 42.0)}
RECOMMENDED_C = 27.0
"""Range of the temperature map in the dark and the light theme, and the recommended limit of inlet air, as the design says."""

OVERLAYS = (
    ("none", "None", ""),
    ("power", "Power", ""),
    ("temperature", "Inlet °C", ""),
    ("heat_flux", "Heat flux", ""),
    ("link_load", "Media", ""),
    ("link_traffic", "Load", ""),
    ("link_margin", "Reach", ""),
    ("tokens", "Tokens", ""),
    ("cost", "Cost", ""),
    ("findings", "Findings", ""),
)
"""Key, caption, and why it is not available (empty: it is)."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Values of the bodies (NaN: none), the fixed range, and what the legend says."""

    key: str
    title: str
    unit: str
    low: float
    high: float
    values: Floats
    lines: tuple[float, ...] = ()
    said: str = ""
    """What the lines mean."""

    def colours(self, theme: Theme) -> np.ndarray:
        """(n, 3) colour bytes of the bodies."""
        return maps.colours(self.values, self.low, self.high, maps.overlay_map(self.key, theme.is_dark))


def nice_top(value: float) -> float:
    """The next round number at or above a value: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    if not np.isfinite(value) or value <= 0:
        return 1.0
    base = 10.0 ** np.floor(np.log10(value))
    return float(next(step * base for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * base >= value * 0.999))


def build_overlay(key: str, scene: Scene, result: ResultSnapshot | None, top: float | None = None) -> Overlay | None:
    """The overlay of a result; None when there is nothing to colour. `top` keeps the range fixed during a drag."""
    if result is None or key in ("none", "findings", "link_load", "link_traffic", "link_margin"):
        return None
    if key == "power":
        values = _by_id(scene, result.power.rack_ids, result.power.rack_power_w / KILO)
        return _made(key, "Power", "kW", scene, values, top)
    if key == "heat_flux":
        values = _by_id(scene, result.power.rack_ids, result.thermal.rack_heat_flux_w_per_m2 / KILO)
        return _made(key, "Heat per rack footprint", "kW/m²", scene, values, top)
    if key == "temperature":
        return _inlet(scene, result)
    if key == "tokens":
        values = _by_id(scene, result.power.rack_ids, result.throughput.rack_tokens_per_s / KILO)
        return _made(key, "Output of a rack", "k tok/s", scene, values, top)
    if key == "cost":
        values = _by_id(scene, result.power.rack_ids, result.economics.rack_usd_per_year / KILO)
        return _made(key, "Rack and its energy", "k$ a year", scene, values, top)
    return None


def _inlet(scene: Scene, result: ResultSnapshot) -> Overlay:
    """Inlet of racks and supply of air units on a fixed scale, so that halls can be compared."""
    thermal, air = result.thermal, result.thermal.air
    values = _by_id(scene, result.power.rack_ids, air.rack_inlet_c)
    for key, blown, supply in zip(thermal.unit_ids, air.unit_air_m3_per_s, air.unit_supply_c, strict=False):
        row = scene.bodies.index.get(key)
        if row is not None and blown > 0.0:
            values[row] = supply
    return Overlay(
        "temperature",
        "Air and rack inlet",
        "°C",
        *TEMPERATURE_C[current().theme.is_dark],
        values,
        (RECOMMENDED_C,),
        f"advised to {RECOMMENDED_C:g}",
    )


def _by_id(scene: Scene, ids: tuple[str, ...], figures: Floats) -> Floats:
    values = np.full(len(scene.bodies.ids), np.nan)
    index = scene.bodies.index
    for key, figure in zip(ids, figures, strict=False):
        row = index.get(key)
        if row is not None:
            values[row] = figure
    return values


def _made(key: str, title: str, unit: str, _scene: Scene, values: Floats, top: float | None) -> Overlay:
    known = values[np.isfinite(values)]
    return Overlay(key, title, unit, 0.0, top or nice_top(float(known.max()) if len(known) else 1.0), values)
