"""The ladder: take the binding wall down by the cheapest change of the catalogue, see what binds then, and go on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from infraplanner.catalog import Catalog
from infraplanner.checks.registry import run as run_checks
from infraplanner.engine.evaluate import evaluate
from infraplanner.model.document import Snapshot
from infraplanner.results.economics import capital_added_usd
from infraplanner.results.snapshot import ResultSnapshot

from .levers import Offer, Progress, applied, offers, output

MOST_STEPS = 6
LEAST_GAIN = 0.005
"""A change that adds less than half a per cent of the output takes no wall down."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One state of the plan: its output with band, what binds it and where, and the change that led here (None: the plan
    itself) with its capital (None: unknown).
    """

    tokens_per_s: float
    low_per_s: float | None
    high_per_s: float | None
    binding_wall: str
    where: str
    change: Offer | None = None
    gain_frac: float = 0.0
    capex_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs from the plan upwards, and in words why it ends."""

    rungs: tuple[Rung, ...] = ()
    end: str = ""


def ladder(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    steps: int = MOST_STEPS,
    progress: Progress = lambda _done, _total: None,
    stop: Callable[[], bool] = lambda: False,
) -> Ladder | None:
    """Rung by rung; the plan itself is not touched. None when `stop` said so.

    Of the changes that work on the binding wall, gain at least half a per cent and raise no error-level finding, the one
    with the least capital is taken, of equal ones the one that gains most; when none does, changes on other walls are
    tried the same way.
    """
    now = evaluate(snapshot, catalog, check=run_checks)
    if not output(now):
        return Ladder(end="The plan serves no tokens and trains on none.")
    rungs = [_rung(now, None, now, None)]
    plan = snapshot
    for step in range(steps):
        found = _cheapest(plan, catalog, now, stop)
        if found is None:
            return None
        if not found:
            return Ladder(tuple(rungs), "No change of the catalogue moves what binds within this room and its rules.")
        offer, plan, after = found[0]
        capex = capital_added_usd(now.economics, after.economics)
        rungs.append(_rung(after, offer, now, capex))
        now = after
        progress(step + 1, steps)
    return Ladder(tuple(rungs), f"Ended after {steps} change{'s' if steps > 1 else ''}.")


def _cheapest(
    plan: Snapshot, catalog: Catalog, now: ResultSnapshot, stop: Callable[[], bool]
) -> list[tuple[Offer, Snapshot, ResultSnapshot]] | None:
    """The change to take as a list of one; empty when there is none, None when stopped."""
    bound = now.summary.binding_wall or ""
    found: list[tuple[tuple[bool, float, float], Offer, Snapshot, ResultSnapshot]] = []
    for offer in (each for each in offers(plan, catalog, now) if each.for_sale):
        if stop():
            return None
        changed = applied(plan, offer.command)
        if changed is None:
            continue
        after = evaluate(changed, catalog, check=run_checks)
        gain = _gain(now, after)
        if gain < LEAST_GAIN or after.summary.error_count > now.summary.error_count:
            continue
        capex = capital_added_usd(now.economics, after.economics)
        rank = (offer.wall != bound, math.inf if capex is None else capex, -gain)
        found.append((rank, offer, changed, after))
    if not found:
        return []
    _, offer, changed, after = min(found, key=lambda item: (item[0], item[1].text))
    return [(offer, changed, after)]


def _gain(before: ResultSnapshot, after: ResultSnapshot) -> float:
    old = output(before)
    return output(after) / old - 1.0 if old else 0.0


def _rung(result: ResultSnapshot, offer: Offer | None, before: ResultSnapshot, capex: float | None) -> Rung:
    bound = result.summary.binding_wall or "none"
    where = result.walls[bound].where if bound in result.walls else None
    summary = result.summary
    return Rung(
        output(result), summary.tokens_per_s_low, summary.tokens_per_s_high, bound, where or "", offer,
        _gain(before, result) if offer is not None else 0.0, capex,
    )  # fmt: skip
