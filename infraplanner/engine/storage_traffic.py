"""What a training job sends to and reads from the storage that the plan draws, evened out over its steps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Llm
from infraplanner.compile.plan import Compiled
from infraplanner.compile.rules import Lookup
from infraplanner.kernels.goodput import goodput
from infraplanner.model.entities import Job
from infraplanner.units import GIGA, H_PER_YEAR, S_PER_H

from .reduced import Reduced
from .traffic import Demand

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHECKPOINT, DATASET = "checkpoint", "dataset"
"""Kinds of traffic with storage, beside those between ranks."""


def saved_b_per_s(llm: Llm, accelerators: float, rule: Lookup) -> float:
    """Mean rate at which a job's whole state goes to storage [B/s]: its bytes over the interval that loses least."""
    size_b = llm.params_total_b * GIGA * rule("training.checkpoint_bytes")
    save_s = size_b / (accelerators * rule("training.checkpoint_b_per_s"))
    rate = rule("training.failures_per_year") / (H_PER_YEAR * S_PER_H)
    interval = goodput(accelerators, rate, save_s, rule("training.recover_s")).interval_s
    return size_b / interval if math.isfinite(interval) and interval > 0.0 else 0.0


def read_b(job: Job, rule: Lookup) -> float:
    """Bytes of the data set that a step reads [B]: tokens of the whole batch by the bytes that a token takes on disk.

    Worked: 2,048 sequences of 8,192 tokens at 4 B are 67.1 MB a step.
    """
    own = job.dataset_b_per_token
    each = rule("training.dataset_b_per_token") if own is None else own
    return job.global_batch * job.sequence_tokens * each


def storage_nodes(compiled: Compiled, small: Reduced) -> Ints:
    """Storage in service that cables reach."""
    kinds = np.array([*(system.system_kind == "storage" for system in compiled.parts.systems), False], dtype=np.bool_)
    codes = np.concatenate([compiled.tables["racks"]["system"], compiled.tables["devices"]["system"]])
    held = kinds[codes] & compiled.network.linked
    nodes: Ints = np.flatnonzero(held & small.alive[: held.size]).astype(np.int64)
    return nodes


def readers(line: tuple[float, ...], machine: Ints) -> tuple[Ints, Floats]:
    """Machines that read the data set, and the share of the batch that each reads.

    The first pipeline stage takes the tokens in; of each tensor group one rank reads and hands them on inside its domain.
    """
    tp, cp, pp, dp = (int(size) for size in line[:4])
    first = machine.reshape(dp, pp, cp, tp)[:, 0, :, 0].ravel()
    nodes, count = np.unique(first, return_counts=True)
    return nodes.astype(np.int64), count / first.size


def with_storage(
    demand: Demand,
    machine: Ints,
    reading: tuple[Ints, Floats],
    storage: Ints,
    small: Reduced,
    saved: float,
    read: float,
) -> Demand:
    """The demand with `saved` bytes a step on their way from all machines to storage, and `read` bytes from it to those
    that read.

    Every machine talks to one of the storage nodes, in turn. Machines that reach none of theirs use disks of their own,
    which is no traffic.
    """
    nodes = np.unique(machine)
    if not storage.size or not nodes.size:
        return demand
    partner = storage[np.arange(nodes.size) % storage.size]
    joined = small.joined(nodes, partner)
    each = np.full(nodes.size, saved / nodes.size)
    for kind, ends, amount in ((CHECKPOINT, nodes, each), (DATASET, reading[0], read * reading[1])):
        at = np.searchsorted(nodes, ends)
        keep = joined[at]
        mine, other = ends[keep], partner[at[keep]]
        pair = (mine, other) if kind == CHECKPOINT else (other, mine)
        demand = _added(demand, *pair, amount[keep], kind)
    return demand


def _added(demand: Demand, source: Ints, target: Ints, amount: Floats, kind: str) -> Demand:
    """The demand with more bytes between pairs of nodes."""
    if not amount.sum() > 0.0:
        return demand
    span = int(max(part.max(initial=0) for part in (demand.targets, demand.sources, source, target))) + 1
    old = np.repeat(demand.targets, np.diff(demand.start)) * span + demand.sources
    keys, where = np.unique(np.concatenate([old, target * span + source]), return_inverse=True)
    total = np.bincount(where, np.concatenate([demand.amount_b, amount]), keys.size).astype(np.float64)
    targets, first = np.unique(keys // span, return_index=True)
    start = np.append(first, keys.size).astype(np.int64)
    kinds = demand.by_kind_b | {kind: float(amount.sum())}
    return Demand(targets.astype(np.int64), start, (keys % span).astype(np.int64), total, kinds, demand.inside_b)
