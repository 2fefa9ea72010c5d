"""What trays must keep away from: data from power, every tray from the pipes of coolant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from infraplanner.model.entities import Pipe, Tray

from .context import Context, Message, Rule

PARALLEL = math.sin(math.radians(15.0))
"""What meets at a larger angle crosses, which nothing forbids."""
SHORTEST_M = 0.05
"""Ends that overlap by less only touch."""


def near_power(context: Context) -> Iterator[Message]:
    """Data trays that run along power trays closer than cables may; fibre does not mind."""
    gap_m = context.compiled.rule("cable.power_gap_m")
    trays = sorted(context.snapshot.table("trays").items())
    power = [(key, tray) for key, tray in trays if tray.tier == "power"]
    for key, tray in trays:
        for other, rival in power if tray.tier == "data" else ():
            above = _clear_m(tray, rival.elevation_mm, rival.elevation_mm + rival.height_mm)
            found = _along(tray, rival, tray.width_mm + rival.width_mm, gap_m) if above < gap_m else None
            if found is not None:
                text = (
                    f"Tray {key} runs closer than {1e3 * gap_m:.0f} mm to power tray {other}: {1e3 * found[1]:.0f} mm beside and "
                    f"{1e3 * max(0.0, above):.0f} mm above or below it, over {found[0]:.1f} m."
                )
                yield text, (key, other)


def near_pipe(context: Context) -> Iterator[Message]:
    """Trays that run along or under a pipe. A pipe without a height is judged as seen from above."""
    gap_m = context.compiled.rule("cable.pipe_gap_m")
    pipes = sorted(context.snapshot.table("pipes").items())
    for key, tray in sorted(context.snapshot.table("trays").items()):
        for other, pipe in pipes:
            if pipe.elevation_mm is not None and pipe.elevation_mm + pipe.dn_mm / 2 + 1e3 * gap_m <= tray.elevation_mm:
                continue  # well below the tray: what drips from it falls on no cable
            found = _along(tray, pipe, tray.width_mm + pipe.dn_mm, gap_m)
            if found is not None:
                height = "" if pipe.elevation_mm is not None else ", whose height the plan does not tell,"
                text = (
                    f"Tray {key} runs over {found[0]:.1f} m along pipe {other}{height} {1e3 * found[1]:.0f} mm beside it as seen "
                    f"from above; a leak spares the tray from {1e3 * gap_m:.0f} mm on, or with the pipe below it."
                )
                yield text, (key, other)


def _clear_m(tray: Tray, bottom_mm: float, top_mm: float) -> float:
    """Free height between a tray and what lies from one height to another; negative where they share one [m]."""
    return max(bottom_mm - tray.elevation_mm - tray.height_mm, tray.elevation_mm - top_mm) / 1e3


def _along(one: Tray, other: Tray | Pipe, widths_mm: float, gap_m: float) -> tuple[float, float] | None:
    """Over how many metres two polylines of one hall run side by side with less than a gap between their sides, and the
    least of these gaps; None where they do not.
    """
    if one.hall != other.hall:
        return None
    half = widths_mm / 2e3
    found = [_beside(*a, *b, half + gap_m) for a in _legs(one) for b in _legs(other)]
    near = [pair for pair in found if pair is not None]
    if not near:
        return None
    return sum(length for length, _ in near), max(0.0, min(far for _, far in near) - half)


Place = tuple[float, float]


def _beside(a: Place, b: Place, c: Place, d: Place, within_m: float) -> tuple[float, float] | None:
    """Length over which the legs a-b and c-d run side by side with their middles nearer than that, and how near."""
    own, rival = math.dist(a, b), math.dist(c, d)
    if own == 0.0 or rival == 0.0:
        return None
    ux, uy = (b[0] - a[0]) / own, (b[1] - a[1]) / own
    vx, vy = (d[0] - c[0]) / rival, (d[1] - c[1]) / rival
    if abs(ux * vy - uy * vx) > PARALLEL:
        return None
    along = [(x - a[0]) * ux + (y - a[1]) * uy for x, y in (c, d)]
    across = [(x - a[0]) * uy - (y - a[1]) * ux for x, y in (c, d)]
    start, end = max(0.0, min(along)), min(own, max(along))
    if end - start < SHORTEST_M:
        return None
    far = [across[0] + (across[1] - across[0]) * (at - along[0]) / (along[1] - along[0]) for at in (start, end)]
    near = 0.0 if far[0] * far[1] <= 0.0 else min(abs(far[0]), abs(far[1]))
    return (end - start, near) if near < within_m - 1e-9 else None


def _legs(line: Tray | Pipe) -> list[tuple[Place, Place]]:
    return list(pairwise((x / 1e3, y / 1e3) for x, y in line.points_mm))


RULES = (
    Rule("tray.near-power", "warning", "copper", "Data keeps away from power", near_power, objects_live=0),
    Rule("tray.near-pipe", "warning", "copper", "Trays keep away from pipes", near_pipe, objects_live=0),
)
