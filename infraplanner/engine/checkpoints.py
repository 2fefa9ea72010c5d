"""What saving a training job's state sends to the storage that the plan draws, evened out over its steps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Llm
from infraplanner.compile.plan import Compiled
from infraplanner.compile.rules import Lookup
from infraplanner.kernels.goodput import goodput
from infraplanner.units import GIGA, H_PER_YEAR, S_PER_H

from .reduced import Reduced
from .traffic import Demand

Ints = NDArray[np.int64]
STORAGE = "storage"


def saved_b_per_s(llm: Llm, accelerators: float, rule: Lookup) -> float:
    """Mean rate at which a job's whole state goes to storage [B/s]: its bytes over the interval that loses least."""
    size_b = llm.params_total_b * GIGA * rule("training.checkpoint_bytes")
    save_s = size_b / (accelerators * rule("training.checkpoint_b_per_s"))
    rate = rule("training.failures_per_year") / (H_PER_YEAR * S_PER_H)
    interval = goodput(accelerators, rate, save_s, rule("training.recover_s")).interval_s
    return size_b / interval if math.isfinite(interval) and interval > 0.0 else 0.0


def storage_nodes(compiled: Compiled, small: Reduced) -> Ints:
    """Storage in service that cables reach."""
    kinds = np.array([*(system.system_kind == "storage" for system in compiled.parts.systems), False], dtype=np.bool_)
    codes = np.concatenate([compiled.tables["racks"]["system"], compiled.tables["devices"]["system"]])
    held = kinds[codes] & compiled.network.linked
    nodes: Ints = np.flatnonzero(held & small.alive[: held.size]).astype(np.int64)
    return nodes


def with_checkpoints(demand: Demand, machines: Ints, storage: Ints, small: Reduced, bytes_a_step: float) -> Demand:
    """The demand with every machine's part of the state sent to one of the storage nodes that it reaches, in turn.

    Machines that reach none keep theirs: saving to disks of their own is no traffic.
    """
    nodes = np.unique(machines)
    if not storage.size or bytes_a_step <= 0.0 or not nodes.size:
        return demand
    target = storage[np.arange(nodes.size) % storage.size]
    plugged = {node: small.islands(node) for node in {*nodes.tolist(), *target.tolist()}}
    pairs = zip(nodes.tolist(), target.tolist(), strict=True)
    joined = np.array([not plugged[n].isdisjoint(plugged[t]) for n, t in pairs], dtype=np.bool_)
    nodes, target = nodes[joined], target[joined]
    each = np.full(nodes.size, bytes_a_step / np.unique(machines).size)
    span = int(
        max(demand.targets.max(initial=0), demand.sources.max(initial=0), target.max(initial=0), nodes.max(initial=0))
    )
    old = np.repeat(demand.targets, np.diff(demand.start)) * (span + 1) + demand.sources
    keys, where = np.unique(np.concatenate([old, target * (span + 1) + nodes]), return_inverse=True)
    amount = np.bincount(where, np.concatenate([demand.amount_b, each]), keys.size).astype(np.float64)
    targets, first = np.unique(keys // (span + 1), return_index=True)
    start = np.append(first, keys.size).astype(np.int64)
    kinds = demand.by_kind_b | {STORAGE: float(each.sum())}
    return Demand(targets.astype(np.int64), start, (keys % (span + 1)).astype(np.int64), amount, kinds)
