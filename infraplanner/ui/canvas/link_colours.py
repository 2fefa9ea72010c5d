"""Cables coloured by what they carry or by the reach that they leave, in five steps, instead of by medium."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QColor

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.theme import maps
from infraplanner.ui.theme.tokens import Theme

from .scene import FAMILIES, Ints, Scene, without_links

MODES = {"link_traffic": "Load", "link_margin": "Reach in use"}
"""Overlays of this kind and what their legend is headed."""
FIRST = 10
"""Codes from here on are steps of a share, below it media families."""
EDGES = (0.2, 0.4, 0.6, 0.8)
STEPS = ("0 \u2013 20 %", "20 \u2013 40 %", "40 \u2013 60 %", "60 \u2013 80 %", "80 % and more")
_AT = (0.12, 0.35, 0.55, 0.75, 0.95)
"""Where on the map each step takes its colour."""


def link_codes(key: str, scene: Scene, result: ResultSnapshot | None) -> Ints | None:
    """Step of every cable of the scene (-1: unknown or no medium); None when the overlay is not of this kind."""
    if key not in MODES or result is None:
        return None
    fabric = result.fabric
    with np.errstate(all="ignore"):
        share = np.asarray(fabric.load_frac) if key == "link_traffic" else fabric.need_m / fabric.reach_m
    step = np.searchsorted(EDGES, np.nan_to_num(share), side="right") + FIRST
    step = np.where(np.isfinite(share), step, -1)
    rows = {name: row for row, name in enumerate(fabric.link_ids)}
    return np.array([step[rows[name]] if name in rows else -1 for name in scene.cables.ids], dtype=np.int64)


def with_codes(scene: Scene, codes: Ints) -> Scene:
    """The scene with cables in these colours."""
    return replace(scene, cables=replace(scene.cables, family=codes), memo=without_links(scene.memo))


def name_of(code: int) -> str:
    """Name of a cable's colour: a medium's token, a step, or the colour of what no medium fits."""
    if code < 0:
        return "status.error"
    return f"step.{code - FIRST}" if code >= FIRST else f"media.{FAMILIES[code]}"


def colour_of(theme: Theme, name: str) -> QColor:
    """The colour of such a name in a theme."""
    if not name.startswith("step."):
        return theme.colour(name)
    rows = maps.overlay_map("link_load", theme.is_dark)
    red, green, blue = rows[int(_AT[int(name[5:])] * 255)].tolist()
    return QColor(red, green, blue)


def legend_rows(scene: Scene, title: str) -> list[tuple[str, str, str]]:
    """Colour name, step and cables of every step in use, headed by what is shown."""
    code, count = scene.cables.family, scene.cables.count
    out = [
        (f"step.{step}", f"{title} {STEPS[step]}", f"{int(count[code == step + FIRST].sum())}")
        for step in range(len(STEPS))
        if (code == step + FIRST).any()
    ]
    unknown = int(count[code < 0].sum())
    return [*out, ("", "Unknown", f"{unknown}")] if unknown else out
