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


def unserved(context: Context) -> Iterator[Message]:
    """Request classes that no pool can serve, and what would."""
    for found in context.result.throughput.routing.classes:
        if found.remedy:
            why = "; ".join(f"{pool}: {reason}" for pool, reason in sorted(found.refusals.items()))
            yield f"Class {found.id} is served by no pool ({why}); it needs {found.remedy}.", (found.id,)


def short_at_peak(context: Context) -> Iterator[Message]:
    """Request classes that the pools cannot take in full at the peak of the day."""
    for found in context.result.throughput.routing.classes:
        if found.peak_unserved_per_s > 0.0 and not found.remedy:
            able = ", ".join(sorted({route.pool for route in found.routes})) or "the pools that can serve it"
            yield (
                f"Class {found.id}: {found.peak_unserved_per_s:.3g} of {found.peak_per_s:.3g} requests/s at the peak are "
                f"more than {able} can take.",
                (found.id,),
            )


RULES = (
    Rule("class.no-pool", "error", "memory", "Some pool can serve every request class", unserved),
    Rule("class.short", "warning", "memory", "Pools take every class at its peak", short_at_peak),
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
