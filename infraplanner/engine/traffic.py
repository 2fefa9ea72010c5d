"""What a training job sends between machines in one step, from its layout and where its ranks stand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.kernels.training import rank_weights
from infraplanner.kernels.training_types import Job, Shape, Tune

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KINDS = ("tensor", "context", "pipeline", "data", "expert")


@dataclass(frozen=True, slots=True)
class Demand:
    """Bytes a step from machine to machine, targets in rising order as rows of a CSR matrix; own traffic left out."""

    targets: Ints
    start: Ints
    sources: Ints
    amount_b: Floats
    by_kind_b: dict[str, float]
    """What leaves machines, by the group that sends it."""
    inside_b: float = 0.0
    """What ranks send to others on their own machine."""


def rank_bytes(shape: Shape, job: Job, tune: Tune) -> dict[str, float]:
    """Bytes that one rank sends in one step, by group. Reference: interconnect model 3.2.

    tensor `8 (t-1)/t mb s h b / c L/p m` (four all-reduce equivalents a layer); context `4 (c-1)/c mb s kv/t b L/p m`;
    pipeline `2 mb s h b / (t c) v m`; data `2 (d-1)/d P b_g` over the data and context group; expert `4 k mb s h b (e-1)/e
    / (t c) L_moe/p m`. b is two bytes.
    """
    micro = job.batch / (job.dp * job.micro_batch)
    row = job.micro_batch * job.sequence_tokens * shape.hidden * WIDE_B
    stage = shape.layers / job.pp
    group = job.dp * job.cp
    dense, experts = rank_weights(shape, job)
    inner = max(1.0, group / job.ep)
    moe = shape.moe_layers / job.pp
    width = shape.kv_width / 2.0 / job.tp
    return {
        "tensor": 8.0 * (job.tp - 1.0) / job.tp * row / job.cp * stage * micro,
        "context": 4.0
        * (job.cp - 1.0)
        / job.cp
        * job.micro_batch
        * job.sequence_tokens
        * width
        * WIDE_B
        * stage
        * micro,
        "pipeline": 2.0 * row / (job.tp * job.cp) * job.interleave * micro if job.pp > 1.0 else 0.0,
        "data": 2.0 * tune.gradient_wire_b * ((group - 1.0) / group * dense + (inner - 1.0) / inner * experts),
        "expert": 4.0 * shape.experts_per_token * row * (job.ep - 1.0) / job.ep / (job.tp * job.cp) * moe * micro,
    }


WIDE_B = 2.0
"""Bytes of an activation on the wire."""


def job_demand(shape: Shape, job: Job, tune: Tune, machine: Ints, only: str = "") -> Demand:
    """The demand matrix of a step. `machine[r]` is where rank r stands; ranks count tensor first, then context, pipeline
    and data, so that neighbours of the inner groups stand together.

    Tensor, context and data groups are rings (each rank sends to the next), pipeline stages send half of their bytes each
    way, an expert group is even over its pairs; `only` leaves all groups but one out. Raises ValueError when ranks and
    layout disagree.
    """
    t, c, p, d = (int(size) for size in (job.tp, job.cp, job.pp, job.dp))
    if machine.size != t * c * p * d:
        raise ValueError(f"{machine.size} ranks; the layout has {t * c * p * d}.")
    ranks = np.arange(machine.size, dtype=np.int64).reshape(d, p, c, t)
    sent = rank_bytes(shape, job, tune)
    pairs: list[tuple[Ints, Ints, Floats]] = []
    kinds: dict[str, float] = {}
    inside = [0.0]

    def send(kind: str, source: Ints, target: Ints, each_b: float) -> None:
        if only not in ("", kind):
            return
        a, b = machine[source.ravel()], machine[target.ravel()]
        apart = a != b
        kinds[kind] = kinds.get(kind, 0.0) + each_b * float(apart.sum())
        inside[0] += each_b * float((~apart).sum())
        if each_b > 0.0 and apart.any():
            pairs.append((a[apart], b[apart], np.full(int(apart.sum()), each_b)))

    for kind, axis, size in (("tensor", 3, t), ("context", 2, c)):
        if size > 1:
            send(kind, ranks, np.roll(ranks, -1, axis=axis), sent[kind])
    if d * c > 1:
        ring = np.moveaxis(ranks, 2, 1).reshape(d * c, p, t)  # data and context together
        send("data", ring, np.roll(ring, -1, axis=0), sent["data"])
    if p > 1:
        send("pipeline", ranks[:, :-1], ranks[:, 1:], 0.5 * sent["pipeline"])
        send("pipeline", ranks[:, 1:], ranks[:, :-1], 0.5 * sent["pipeline"])
    e = int(job.ep)
    if e > 1:
        members = np.moveaxis(ranks, 2, 1).reshape(d * c // e, e, p, t)
        for away in range(1, e):
            send("expert", members, np.roll(members, -away, axis=1), sent["expert"] / (e - 1))
    return replace(_matrix(pairs, kinds), inside_b=inside[0])


def _matrix(pairs: list[tuple[Ints, Ints, Floats]], kinds: dict[str, float]) -> Demand:
    if not pairs:
        empty = np.empty(0, np.int64)
        return Demand(empty, np.zeros(1, np.int64), empty, np.empty(0), kinds)
    source, target, amount = (np.concatenate(column) for column in zip(*pairs, strict=True))
    span = int(max(source.max(), target.max())) + 1
    keys, where = np.unique(target * span + source, return_inverse=True)
    total = np.bincount(where, amount, keys.size).astype(np.float64)
    targets, first = np.unique(keys // span, return_index=True)
    start = np.append(first, keys.size).astype(np.int64)
    return Demand(targets.astype(np.int64), start, (keys % span).astype(np.int64), total, kinds)
