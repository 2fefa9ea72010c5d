"""Light paths: what the mirrors of optical circuit switches join becomes nodes of the fabric graph that pass all on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from infraplanner.model.entities import Device

from .parts import Flags, Floats, Ints
from .table import Table


@dataclass(frozen=True, slots=True)
class LightPaths:
    """One row a light path: the device node of its switch. `short` tells paths with fewer cables than they ask for:
    switch, ends, cables asked and cables there are; `dark` tells cables on each switch (by node) that no path uses.
    """

    device: Ints
    short: tuple[tuple[str, str, str, int, int], ...]
    dark: dict[int, int]


def add_paths(
    tables: Mapping[str, Table],
    records: Mapping[str, Device],
    nodes: tuple[Ints, Ints],
    optical: Flags,
    ends: Ints,
    others: Ints,
) -> tuple[LightPaths, Ints, Ints, Ints, Floats]:
    """Replace the rows at optical switches by their light paths.

    Returns the paths, both ends of every row of the graph, its bundle (plus the number of bundles for the way back), and
    the cables of rows that stand for a light path.
    """
    rows = np.arange(ends.size)
    own = np.full(ends.size, np.nan)
    at_mirror = (ends >= 0) & (optical[ends] | optical[others])
    if not at_mirror.any():
        return LightPaths(np.empty(0, np.int64), (), {}), ends, others, rows, own
    ends = np.where(at_mirror, -1, ends)
    free = _free(tables, nodes, optical)
    first = len(tables["racks"]) + len(tables["devices"])
    bundles = len(tables["links"])
    arcs: list[tuple[int, int, int, float]] = []
    devices: list[int] = []
    short: list[tuple[str, str, str, int, int]] = []
    index, racks = tables["devices"].index, len(tables["racks"])
    for key, record in sorted(records.items()):
        switch = racks + index.get(key, -racks - 1)
        if switch < 0 or not optical[switch]:
            continue
        for path in record.light_paths:
            sides = [free.get((switch, _node(tables, end)), []) for end in (path.a, path.b)]
            left = min(path.count, *(sum(int(entry[1]) for entry in side) for side in sides))
            if left < path.count:
                short.append((key, path.a, path.b, path.count, left))
            if left < 1:
                continue
            middle = first + len(devices)
            devices.append(switch)
            for end, side in zip((path.a, path.b), sides, strict=True):
                _join(arcs, _node(tables, end), middle, side, left, bundles)
    dark: dict[int, int] = {}
    for (switch, _), entries in free.items():
        dark[switch] = dark.get(switch, 0) + sum(int(entry[1]) for entry in entries)
    source, target, row, cables = (
        (np.array(column) for column in zip(*arcs, strict=True)) if arcs else [np.empty(0)] * 4
    )
    return (
        LightPaths(np.array(devices, dtype=np.int64), tuple(short), dark),
        np.concatenate([ends, source]).astype(np.int64),
        np.concatenate([others, target]).astype(np.int64),
        np.concatenate([rows, row]).astype(np.int64),
        np.concatenate([own, cables]).astype(np.float64),
    )


def _join(
    arcs: list[tuple[int, int, int, float]], end: int, middle: int, side: list[list[int]], count: int, bundles: int
) -> None:
    """Rows from an end to a light path and back, over as many of its cables as the path takes."""
    for entry in side:
        taken = min(entry[1], count)
        if not taken:
            continue
        entry[1] -= taken
        count -= taken
        row, way = entry[0], entry[2]
        arcs.append((end, middle, row + way * bundles, float(taken)))
        arcs.append((middle, end, row + (1 - way) * bundles, float(taken)))


def _node(tables: Mapping[str, Table], key: str) -> int:
    row = tables["racks"].index.get(key, -1)
    return row if row >= 0 else len(tables["racks"]) + tables["devices"].index.get(key, -len(tables["racks"]) - 1)


def _free(
    tables: Mapping[str, Table], nodes: tuple[Ints, Ints], optical: Flags
) -> dict[tuple[int, int], list[list[int]]]:
    """Cables between every optical switch and each end on it: bundle, cables, and way (0: the end is the bundle's a)."""
    count = tables["links"]["count"]
    a, b = nodes
    out: dict[tuple[int, int], list[list[int]]] = {}
    for row in np.flatnonzero((a >= 0) & (b >= 0) & (optical[a] ^ optical[b])).tolist():
        key = (int(b[row]), int(a[row])) if optical[b[row]] else (int(a[row]), int(b[row]))
        out.setdefault(key, []).append([row, int(count[row]), 0 if optical[b[row]] else 1])
    return out
