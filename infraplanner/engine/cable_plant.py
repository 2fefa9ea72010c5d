"""The cable plant of one workspace: shortest ways over the trays, where racks drop in, and what the trays carry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from infraplanner.compile.plan import Compiled
from infraplanner.compile.trays import TrayArrays
from infraplanner.kernels.links import Cables, Ends, Media
from infraplanner.kernels.trays import Drops, Segments, Ways, drop_in, load_trays
from infraplanner.results.cable_ways import TrayGrid

from . import bind

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
JUNCTIONS_MAX = 2500
"""Junctions up to which all ways are kept (100 MB); a plan with more is measured along x and y."""


class CablePlant:
    """Follows racks that move: only their drops and their cables' shares of the trays change."""

    def __init__(self, compiled: Compiled) -> None:
        self.trays: TrayArrays = compiled.trays
        self.is_kept = self.trays.node_count <= JUNCTIONS_MAX
        self.segments: Segments = bind.segments(compiled)
        self.ways = shortest_ways(self.trays) if self.is_kept else no_ways()
        self.grid = tray_grid(self.trays, self.ways) if self.is_kept else TrayGrid()
        racks = len(compiled.tables["racks"])
        self.drops = Drops(np.full(racks, -2), np.zeros(racks), np.zeros(racks))
        pieces = self.segments.z_m.size
        self.filled, self.carried = np.zeros(pieces, np.int64), np.zeros(pieces, np.int64)
        self._has = self.trays.has_trays if self.is_kept else np.zeros_like(self.trays.has_trays)
        self._reach_m = compiled.rule("cable.drop_max_m")

    def move(self, compiled: Compiled, racks: Ints) -> None:
        """Find where these racks drop in now."""
        table = compiled.tables["racks"]
        drop_in(
            racks, table["x_m"], table["y_m"], table["hall@halls"], self.segments, self._has, self._reach_m, self.drops
        )

    def carry(self, rows: Ints, ends: Ends, media: Media, cables: Cables, sign: int) -> None:
        """Put the cables of these bundles into the trays (1), or take them out (-1) before they change."""
        if self.segments.z_m.size and rows.size:
            load_trays(
                rows, ends.a_rack, ends.b_rack, ends.cables, cables.medium, media.area_um2, media.mass_mg_per_m,
                self.trays.edge_start, self.trays.edge_node, self.trays.edge_piece, self.segments, self.ways, self.drops,
                sign, self.filled, self.carried,
            )  # fmt: skip

    def empty(self) -> None:
        """Nothing lies in the trays."""
        self.filled[:] = 0
        self.carried[:] = 0


def no_ways() -> Ways:
    """No junction at all."""
    return Ways(np.zeros(1, np.int64), np.empty(0), np.empty(0, np.int64))


def shortest_ways(trays: TrayArrays) -> Ways:
    """Dijkstra from every junction; of parallel pieces the shorter counts."""
    count = trays.node_count
    if not count:
        return no_ways()
    source = np.repeat(np.arange(count), np.diff(trays.edge_start))
    order = np.lexsort((trays.edge_m, trays.edge_node, source))
    u, v, way = source[order], trays.edge_node[order], trays.edge_m[order]
    first = np.ones(u.size, np.bool_)
    first[1:] = (u[1:] != u[:-1]) | (v[1:] != v[:-1])
    graph = csr_array((way[first], (u[first], v[first])), shape=(count, count))
    hop, before = dijkstra(graph, return_predecessors=True)
    last = np.where(before < 0, -1, before).astype(np.int64)
    return Ways(np.array([count]), np.ascontiguousarray(hop).ravel(), np.ascontiguousarray(last).ravel())


def tray_grid(trays: TrayArrays, ways: Ways) -> TrayGrid:
    """Pieces, junctions and ways as results show them."""
    start = np.repeat(np.arange(trays.node_count), np.diff(trays.edge_start))
    order = np.lexsort((trays.edge_m, trays.edge_node, start))
    return TrayGrid(
        np.stack([trays.x0_m, trays.y0_m, trays.x1_m, trays.y1_m], axis=1),
        np.stack([trays.node0, trays.node1], axis=1),
        trays.node_count,
        ways.hop_m,
        ways.before,
        start[order],
        trays.edge_node[order],
        trays.edge_piece[order],
    )


def tray_figures(plant: CablePlant, compiled: Compiled) -> tuple[Floats, Floats]:
    """Fill (0..1) of the fullest and weight [kg/m] of the heaviest piece of every tray; NaN for trays without data."""
    table = compiled.tables["trays"]
    fill, weight = np.full(len(table), np.nan), np.full(len(table), np.nan)
    row = plant.trays.tray
    if row.size and plant.is_kept:
        section_um2 = table["width_m"][row] * table["height_m"][row] * 1e12
        np.fmax.at(fill, row, plant.filled / section_um2)
        np.fmax.at(weight, row, plant.carried * 1e-6)
    return fill, weight
