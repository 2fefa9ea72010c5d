"""Where cables run over the trays, for drawing them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _no_floats() -> Floats:
    return np.empty(0)


def _no_ints() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class TrayGrid:
    """Straight pieces of data trays between junctions, and the shortest ways between these; the same object while no tray
    changes. Empty when there are no trays, or more junctions than ways are kept for.

    `ends_m` (n, 4): x and y of both ends of each piece; `nodes` (n, 2): junctions there, -1 for a dead end. `hop_m` and
    `before` are square, flat: metres from junction u to v (infinite: none), and the last junction before v on the way.
    `edge_from`, `edge_to`, `edge_piece` list the ways between neighbours, the shorter of parallel ones first, with the piece
    between (-1: a change of height).
    """

    ends_m: Floats = field(default_factory=lambda: np.empty((0, 4)))
    nodes: Ints = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    node_count: int = 0
    hop_m: Floats = field(default_factory=_no_floats)
    before: Ints = field(default_factory=_no_ints)
    edge_from: Ints = field(default_factory=_no_ints)
    edge_to: Ints = field(default_factory=_no_ints)
    edge_piece: Ints = field(default_factory=_no_ints)


@dataclass(frozen=True, slots=True)
class CableWays:
    """Where each rack's cables enter the trays: the piece (negative: none near, or no trays in its hall) and metres along
    it from its first end.
    """

    rack_ids: tuple[str, ...] = ()
    piece: Ints = field(default_factory=_no_ints)
    along_m: Floats = field(default_factory=_no_floats)
    grid: TrayGrid = field(default_factory=TrayGrid)
