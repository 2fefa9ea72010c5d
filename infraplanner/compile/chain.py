"""The power graph as arrays: nodes children first, feeds grouped by target, loads = racks then cooling units."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .fit import SOURCE_KINDS, eco_curve, loss_curve
from .parts import Flags, Floats, Ints, Matrix, Parts, column
from .rules import Lookup
from .table import Table
from .wires import PASSIVE_KINDS, WireArrays, build_wires

OUTDOOR_KINDS = frozenset(
    {
        "utility", "grid", "mv_transformer", "solid_state_transformer", "diesel_genset", "gas_turbine",
        "combined_cycle", "gas_engine", "fuel_cell", "bess", "pv", "nuclear", "grid_buffer",
    }
)  # fmt: skip
"""Kinds whose losses do not warm the hall; all others do."""

BREAKER_KINDS = frozenset({"busway", "rpp", "rack_pdu", "pdu", "switchgear", "pdu_transformer", "tap_box"})
"""Kinds behind breakers that may carry only a share of their rating continuously."""

UPS_KINDS = frozenset({"ups_double_conversion", "ups_small", "ups"})
"""Kinds that may run in eco mode, and whose converters level load."""

STAGE_KINDS = (
    frozenset({"mv_transformer", "solid_state_transformer", "utility", "grid"}),
    frozenset({"ups_double_conversion", "ups_small", "ups", "battery_backup", "bess", "grid_buffer"}),
)
"""Kinds of the first two stages of the grid-to-core waterfall; everything else distributes."""


BACKUP_KINDS = frozenset({"diesel_genset", "bess", "battery_backup", "capacitor_storage", "grid_buffer"})
"""Kinds that, standing at the root of the tree, carry only when what comes before them is dead, unless the plan says
otherwise."""

BACKUP_RANK = 10_000
"""Added to the order of feeds from backups, so that they come last."""


@dataclass(frozen=True, slots=True)
class ChainArrays:
    """See `kernels.power.Chain`; `cyclic` lists nodes on a feed cycle, `hall` is where a node's losses go (-1
    outdoors), `wires` the conductors of the feeds in the order of their rows (None: no feed has one).
    """

    order: Ints
    curves: Matrix
    feed_start: Ints
    feed_source: Ints
    feed_weight: Floats
    feed_row: Ints
    feed_rank: Ints
    ranked: Flags
    backup: Flags
    load_start: Ints
    load_source: Ints
    load_weight: Floats
    load_side: Ints
    load_row: Ints
    load_rank: Ints
    load_ranked: Flags
    standby_frac: Floats
    passive: Flags
    hall: Ints
    cyclic: Ints
    stage: Ints
    source: Flags
    breaker: Flags
    wires: WireArrays | None


def build_chain(tables: Mapping[str, Table], parts: Parts, rule: Lookup) -> ChainArrays:
    """Group feeds by target and order the nodes; feeds with a missing end are left out."""
    power, feeds = tables["power"], tables["feeds"]
    source = feeds["source@power"]
    side = np.where(feeds["side"] > 0, feeds["side"], _side_of(power, source))
    nodes = len(power)
    to_node = np.where(source >= 0, feeds["target@power"], -1)
    racks = len(tables["racks"])
    to_unit = feeds["target@cooling"]
    to_load = np.where(feeds["target@racks"] >= 0, feeds["target@racks"], np.where(to_unit >= 0, racks + to_unit, -1))
    to_load = np.where(source >= 0, to_load, -1)
    feed_start, feed_row = group(to_node, nodes)
    load_start, load_row = group(to_load, racks + len(tables["cooling"]))
    order = children_first(feed_start, source[feed_row])
    fitted = np.array([*(loss_curve(part) for part in parts.power), loss_curve(None)])
    curves = fitted[power["unit"]]
    eco = power["eco"]
    if eco.any():
        bypass = np.array([*(eco_curve(part) for part in parts.power), eco_curve(None)])
        curves = np.where(eco[:, None], bypass[power["unit"]], curves)
    kinds = [parts.power[code].power_kind if code >= 0 else "" for code in power["unit"].tolist()]
    outdoor = _among(kinds, OUTDOOR_KINDS)
    roots = np.diff(feed_start) == 0
    backup = (power["mode"] == 2) | ((power["mode"] == 0) & roots & _among(kinds, BACKUP_KINDS))
    rank = np.where(feeds["rank"] >= 0, feeds["rank"], np.append(power["dispatch"], 0)[source])
    rank = rank + np.where(np.append(backup, False)[source], BACKUP_RANK, 0)
    makes = _among(kinds, SOURCE_KINDS)
    standby = column(parts.power, "standby_frac")[power["unit"]]
    return ChainArrays(
        order=order,
        curves=curves,
        feed_start=feed_start,
        feed_source=source[feed_row],
        feed_weight=feeds["weight"][feed_row],
        feed_row=feed_row,
        feed_rank=rank[feed_row],
        ranked=_differ(feed_start, rank[feed_row]),
        backup=backup,
        load_start=load_start,
        load_source=source[load_row],
        load_weight=feeds["weight"][load_row],
        load_side=side[load_row],
        load_row=load_row,
        load_rank=rank[load_row],
        load_ranked=_differ(load_start, rank[load_row]),
        standby_frac=np.where(np.isnan(standby), np.where(makes, 0.0, rule("power.standby_loss_frac")), standby),
        passive=_among(kinds, PASSIVE_KINDS) | eco,
        hall=np.where(outdoor, -1, power["hall@halls"]),
        cyclic=np.setdiff1d(np.arange(nodes), order),
        stage=np.array([_stage(kind) for kind in kinds], dtype=np.int64),
        source=makes,
        breaker=_among(kinds, BREAKER_KINDS),
        wires=build_wires(tables, parts, rule, np.concatenate([feed_row, load_row])),
    )


def eco_transfer(power: Table, parts: Parts, rule: Lookup) -> Floats:
    """How long what hangs on a node is without supply while it leaves eco mode [s]: the profile's figure, else the usual."""
    given = column(parts.power, "transfer_s")[power["unit"]]
    return np.where(np.isnan(given), rule("power.eco_transfer_s"), given)


def _differ(start: Ints, rank: Ints) -> Flags:
    """Which groups of feeds hold more than one rank."""
    group_of = np.repeat(np.arange(start.size - 1), np.diff(start))
    low = np.full(start.size - 1, np.iinfo(np.int64).max)
    high = np.full(start.size - 1, -1)
    np.minimum.at(low, group_of, rank)
    np.maximum.at(high, group_of, rank)
    return low < high


def _among(kinds: list[str], wanted: frozenset[str]) -> Flags:
    return np.array([kind in wanted for kind in kinds], dtype=np.bool_)


def _stage(kind: str) -> int:
    """0 medium voltage and sources, 1 UPS and stores, 2 distribution."""
    return next((k for k, kinds in enumerate(STAGE_KINDS) if kind in kinds), len(STAGE_KINDS))


def _side_of(power: Table, source: Ints) -> Ints:
    sides = np.append(power["side"], 0)
    return sides[source]


def group(keys: Ints, count: int) -> tuple[Ints, Ints]:
    """Rows grouped by key: start of each group and the rows in (key, row) order; negative keys are left out."""
    rows = np.argsort(keys, kind="stable")
    rows = rows[np.searchsorted(keys[rows], 0) :]
    start = np.searchsorted(keys[rows], np.arange(count + 1))
    return start.astype(np.int64), rows.astype(np.int64)


def children_first(start: Ints, source: Ints) -> Ints:
    """Nodes so that each comes before every node that feeds it; nodes on a cycle, or fed only through one, come out
    last or not.

    `source[start[i]:start[i+1]]` are the nodes that feed i. Kahn's algorithm from the leaves; ties in row order.
    """
    count = start.size - 1
    children = np.bincount(source, minlength=count)
    ready = deque(np.flatnonzero(children == 0).tolist())
    parents, first = source.tolist(), start.tolist()
    left = children.tolist()
    order: list[int] = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for parent in parents[first[node] : first[node + 1]]:
            left[parent] -= 1
            if left[parent] == 0:
                ready.append(parent)
    return np.array(order, dtype=np.int64)
