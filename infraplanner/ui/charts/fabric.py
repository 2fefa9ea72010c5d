"""The fabric as a whole: worst halves, tiers, scale-up domains, and collectives of jobs and pools on the drawn links."""

from __future__ import annotations

from typing import Any

from infraplanner.results.fabric import FabricFigures
from infraplanner.results.scale_up import ScaleUpResult
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.units import number, scaled

from .tables import TableChart

DASH = "\u2013"


class FabricChart(TableChart):
    """A row a figure; bandwidth one way, time of one collective, or of all of a group in a step of its job."""

    title = "Fabric"
    columns = ("What", "Bandwidth", "Time", "Detail")
    numbers = frozenset({1, 2})

    def draw(self, result: ResultSnapshot) -> None:
        """Halves first, then tiers, domains, jobs and pools."""
        drawn, inside = result.fabric.figures, result.fabric.scale_up
        rows = [*_drawn(drawn), *_domains(inside), *_collectives(drawn)]
        self.shown = {"bisection_bps": drawn.bisection_bps, "collective_s": drawn.collective_s, "rows": len(rows)}
        if not rows:
            self.scope.setText("")
            self.say(self.tr("No machines are joined by links yet."))
            return
        half = drawn.bisection_bps
        self.scope.setText("" if half is None else self.tr("bisection {0}").format(" ".join(scaled(half, "b/s"))))
        self.fill(rows)

    def values(self) -> dict[str, Any]:
        """Bisection, time of collectives, and how many rows are shown."""
        return self.shown


def _drawn(found: FabricFigures) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for rank, half in enumerate(found.halves):
        share = "" if half.share is None else f", {number(100 * half.share)} % of what they send"
        name = f"{'Worst halves' if rank == 0 else 'Halves'}: {half.name}"
        rows.append((name, _rate(half.bandwidth_bps), DASH, f"{half.left_count} + {half.right_count} machines{share}"))
    for tier in found.tiers:
        over = "" if tier.oversubscription is None else f", 1 : {number(tier.oversubscription)} of the tier below"
        rows.append((f"Tier {tier.hop}", _rate(tier.bandwidth_bps), DASH, f"{tier.cable_count} cables{over}"))
    return rows


def _domains(found: ScaleUpResult) -> list[tuple[str, ...]]:
    if not found.owner_ids:
        return []
    detail = f"{found.link_count.sum():.0f} cables in {len(found.owner_ids)} racks and servers"
    return [("Scale-up domains", _rate(found.total_bps), DASH, detail)]


def _collectives(found: FabricFigures) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for job in found.jobs:
        where = {"domain": "inside domains", "fabric": "over the fabric", "both": "in domains and over the fabric"}[
            job.scope
        ]
        rate = " ".join(scaled(job.busbw_b_per_s, "B/s"))
        about = " (estimate)" if job.estimate else ""
        calls = f"{number(job.calls)} a step, {job.ranks} ranks {where}"
        rows.append((f"{job.job}: {job.group}", rate, _seconds(job.time_s) + about, calls))
    for pool in found.pools:
        rate = " ".join(scaled(pool.busbw_b_per_s, "B/s"))
        machines = f"1 GiB each of {pool.accelerators} accelerators in {pool.machines} machines"
        rows.append((f"{pool.pool}: {pool.name}", rate, _seconds(pool.time_s), machines))
    return rows


def _rate(bps: float) -> str:
    return " ".join(scaled(bps, "b/s"))


def _seconds(value: float) -> str:
    return " ".join(scaled(value, "s"))
