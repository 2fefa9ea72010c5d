"""Bad input in serving pools."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from infraplanner.results.snapshot import Refusal

from .context import Context, Message, Rule


def refused(context: Context, codes: tuple[Refusal, ...]) -> Iterator[Message]:
    """Pools that are not predicted for one of these reasons."""
    for pool in context.result.throughput.pools:
        if pool.refusal in codes:
            yield f"Pool {pool.id}: {pool.not_predicted}", (pool.id,)


def missed_limit(context: Context) -> Iterator[Message]:
    """Pools that miss a latency limit even with one sequence."""
    for pool in context.result.throughput.pools:
        if pool.limit_missed:
            yield f"Pool {pool.id}: {pool.limit_missed}", (pool.id,)


RULES = (
    Rule(
        "pool.no-accelerators", "error", "memory", "Every pool has accelerators",
        partial(refused, codes=("no_accelerators", "mixed_accelerators")),
    ),
    Rule("pool.does-not-fit", "error", "memory", "Every model fits", partial(refused, codes=("does_not_fit",))),
    Rule(
        "pool.not-predicted", "warning", "memory", "Every pool can be predicted",
        partial(refused, codes=("unknown_model", "unknown_request", "unknown_rate", "unknown_prefill")),
    ),
    Rule("pool.bad-layout", "error", "memory", "Layouts suit their models", partial(refused, codes=("bad_layout",))),
    Rule("pool.no-path", "error", "copper", "Prefill and decode are joined", partial(refused, codes=("no_path",))),
    Rule("pool.latency-limit", "warning", "memory", "Latency limits can be met", missed_limit),
)  # fmt: skip
