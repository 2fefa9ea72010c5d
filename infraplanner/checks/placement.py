"""Bad input in placement: objects in each other or outside their hall, devices in the same units."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np

from .context import Context, Flags, Floats, Ints, Message, Rule, rows

TABLES = ("cooling", "power", "racks")
TOLERANCE_M = 5e-4
CELL_M = 2.0


class Boxes:
    """All placed objects of known size: ids, hall, axis-aligned bounds, and the true rectangle."""

    def __init__(self, context: Context) -> None:
        tables = [context.compiled.tables[name] for name in TABLES]

        def join(column: str) -> Floats:
            return np.concatenate([table[column] for table in tables])

        self.ids = tuple(chain.from_iterable(table.ids for table in tables))
        self.hall: Ints = np.concatenate([table["hall@halls"] for table in tables])
        self.x, self.y = join("x_m"), join("y_m")
        self.half_w, self.half_d = join("width_m") / 2.0, join("depth_m") / 2.0
        angle = np.deg2rad(join("rotation_deg"))
        self.cos, self.sin = np.cos(angle), np.sin(angle)
        self.reach_x = np.abs(self.cos) * self.half_w + np.abs(self.sin) * self.half_d
        self.reach_y = np.abs(self.sin) * self.half_w + np.abs(self.cos) * self.half_d
        self.known = np.isfinite(self.reach_x) & (self.hall >= 0)

    def touching(self, a: Ints, b: Ints) -> Flags:
        """Which pairs overlap by more than the tolerance (separating axes of both rectangles)."""
        dx, dy = self.x[b] - self.x[a], self.y[b] - self.y[a]
        apart = self.hall[a] != self.hall[b]
        for one, other in ((a, b), (b, a)):
            cos, sin = self.cos[one], self.sin[one]
            turn_c = np.abs(cos * self.cos[other] + sin * self.sin[other])
            turn_s = np.abs(sin * self.cos[other] - cos * self.sin[other])
            along = np.abs(dx * cos + dy * sin)
            across = np.abs(dy * cos - dx * sin)
            wide, deep = self.half_w[other], self.half_d[other]
            apart |= along > self.half_w[one] + turn_c * wide + turn_s * deep - TOLERANCE_M
            apart |= across > self.half_d[one] + turn_s * wide + turn_c * deep - TOLERANCE_M
        joined: Flags = ~apart
        return joined


def _boxes(context: Context) -> Boxes:
    """The boxes of this plan, made once for all rules."""
    boxes = context.shared.get("boxes")
    if not isinstance(boxes, Boxes):
        boxes = context.shared["boxes"] = Boxes(context)
    return boxes


def overlap(context: Context) -> Iterator[Message]:
    """Objects that stand in each other."""
    boxes = _boxes(context)
    a, b = _candidates(boxes)
    hit = boxes.touching(a, b)
    for i, j in sorted(zip(a[hit].tolist(), b[hit].tolist(), strict=True)):
        gap = f"{np.hypot(boxes.x[i] - boxes.x[j], boxes.y[i] - boxes.y[j]):.2f} m"
        yield f"{boxes.ids[i]} and {boxes.ids[j]} overlap: their centres are {gap} apart.", (boxes.ids[i], boxes.ids[j])


def _candidates(boxes: Boxes) -> tuple[Ints, Ints]:
    """Pairs that may overlap: those that share a cell of a 2 m grid. A pair is met once, in its lowest shared cell."""
    known = np.flatnonzero(boxes.known)
    low_x, high_x = _cells(boxes.x[known], boxes.reach_x[known])
    low_y, high_y = _cells(boxes.y[known], boxes.reach_y[known])
    wide, deep = high_x - low_x + 1, high_y - low_y + 1
    entry = np.repeat(np.arange(known.size), wide * deep)
    place = np.arange(entry.size) - np.repeat(np.cumsum(wide * deep) - wide * deep, wide * deep)
    cell_x, cell_y = low_x[entry] + place % wide[entry], low_y[entry] + place // wide[entry]
    stride = int(high_y.max() - low_y.min() + 1) if known.size else 1
    key = cell_x * stride + cell_y
    order = np.argsort(key, kind="stable")
    entry, ranked = entry[order], key[order]
    first, second = [], []
    step = 1
    while True:  # neighbours in sorted order: a cell of n objects needs n - 1 steps
        same = np.flatnonzero(ranked[step:] == ranked[:-step])
        if not same.size:
            break
        i, j = entry[same], entry[same + step]
        home = np.maximum(low_x[i], low_x[j]) * stride + np.maximum(low_y[i], low_y[j])
        once = home == ranked[same]
        first.append(known[i[once]])
        second.append(known[j[once]])
        step += 1
    if not first:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate(first), np.concatenate(second)


def _cells(centre_m: Floats, reach_m: Floats) -> tuple[Ints, Ints]:
    low = np.floor((centre_m - reach_m) / CELL_M).astype(np.int64)
    return low, np.floor((centre_m + reach_m) / CELL_M).astype(np.int64)


def outside(context: Context) -> Iterator[Message]:
    """Objects that reach beyond the walls of their hall."""
    boxes = _boxes(context)
    halls = context.compiled.tables["halls"]
    width, depth = np.append(halls["width_m"], np.nan)[boxes.hall], np.append(halls["depth_m"], np.nan)[boxes.hall]
    over = np.maximum.reduce(
        [
            boxes.reach_x - boxes.x,
            boxes.x + boxes.reach_x - width,
            boxes.reach_y - boxes.y,
            boxes.y + boxes.reach_y - depth,
        ]
    )
    for row in rows(boxes.known & (over > TOLERANCE_M)):
        name = halls.ids[boxes.hall[row]]
        size = f"{width[row]:g} m x {depth[row]:g} m"
        text = f"{boxes.ids[row]} reaches {over[row]:.2f} m beyond hall {name} ({size})."
        yield text, (boxes.ids[row],)


def same_units(context: Context) -> Iterator[Message]:
    """Devices that share a unit of one rack."""
    devices, parts = context.compiled.tables["devices"], context.compiled.parts
    units = np.array([np.nan if s.rack_units is None else s.rack_units for s in parts.systems] + [np.nan])
    height = np.ceil(units[devices["system"]])
    rack, lowest = devices["rack@racks"], devices["u"]
    order = np.lexsort((lowest, rack))
    order = order[(rack[order] >= 0) & (lowest[order] > 0) & np.isfinite(height[order])]
    top = lowest[order] + height[order] - 1
    clash = (rack[order][1:] == rack[order][:-1]) & (lowest[order][1:] <= top[:-1])
    for place in rows(clash):
        below, above = devices.ids[order[place]], devices.ids[order[place + 1]]
        text = f"{above} starts at U{lowest[order[place + 1]]} but {below} fills up to U{top[place]:.0f}."
        yield text, (above, below)


RULES = (
    Rule("placement.overlap", "error", "", "Nothing stands in another object", overlap, objects_live=2000),
    Rule("placement.outside-hall", "error", "", "Everything stands inside its hall", outside),
    Rule("placement.same-units", "error", "", "Devices do not share rack units", same_units),
)
