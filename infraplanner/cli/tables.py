"""Results as plain text tables for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from infraplanner.explore.failures import FailureCost
from infraplanner.results.findings import SEVERITIES, Finding
from infraplanner.results.snapshot import WALLS, ResultSnapshot, Summary
from infraplanner.session import Session
from infraplanner.units import KILO, number, scaled


def columns(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Rows aligned in columns two spaces apart; columns listed in `right` are right-aligned."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    flush = set(right)
    lines = [
        "  ".join(
            cell.rjust(w) if i in flush else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _summary(result: ResultSnapshot) -> str:
    s = result.summary
    facility = None if s.facility_power_kw is None else s.facility_power_kw * KILO
    load = None if s.it_power_kw is None else s.it_power_kw * KILO
    rows = [
        ("IT power", " ".join(scaled(load, "W"))),
        ("Facility power", " ".join(scaled(facility, "W"))),
        ("PUE", number(s.pue, 4)),
        ("WUE", f"{number(s.wue_l_per_kwh)} L/kWh"),
        ("Year of weather", _year(result)),
        ("Warmest inlet", _warmest(result)),
        ("Output tokens", " ".join(scaled(s.tokens_per_s, "tok/s")) + _band(s)),
        ("Tokens per joule", f"{number(s.tokens_per_j)} tok/J"),
        ("Capital", " ".join(scaled(s.capex_usd, "$"))),
        ("Running cost", " ".join(scaled(s.opex_usd_per_year, "$/year"))),
        ("Cost", f"{number(s.usd_per_million_tokens)} $/M tokens"),
        ("Carbon", f"{number(s.kg_co2e_per_million_tokens)} kg/M tokens"),
        ("Binding wall", s.binding_wall or "–"),
    ]
    return columns(rows)


def _year(result: ResultSnapshot) -> str:
    """PUE and WUE of the year as the pair that they are, and hours."""
    year = result.year
    if year.pue is None:
        return "–"
    pair = f"PUE {number(year.pue, 4)} with WUE {number(year.wue_l_per_kwh)} L/kWh"
    return f"{pair}, {year.free_hours} h free cooling, {year.missed_hours} h above set point, {year.place}"


def _warmest(result: ResultSnapshot) -> str:
    """The rack that breathes the warmest air, or why that is not known."""
    inlet = result.thermal.air.rack_inlet_c
    known = [
        (float(value), key) for value, key in zip(inlet, result.power.rack_ids, strict=False) if math.isfinite(value)
    ]
    if known:
        value, key = max(known)
        return f"{number(value)} °C at {key}"
    return next((hall.note for hall in result.thermal.air.halls if hall.note), "–")


def _band(summary: Summary) -> str:
    """The error band behind a figure of tokens, or nothing."""
    if not summary.tokens_per_s or summary.tokens_per_s_low is None or summary.tokens_per_s_high is None:
        return ""
    low, high = (
        100 * (end / summary.tokens_per_s - 1) for end in (summary.tokens_per_s_low, summary.tokens_per_s_high)
    )
    return f"  ({number(low, 2)} % to +{number(high, 2)} %)"


def _walls(result: ResultSnapshot) -> str:
    rows = [("wall", "used", "elasticity", "where")]
    for name in WALLS:
        wall = result.walls[name]
        rows.append((name, _percent(wall.utilisation), number(wall.elasticity), wall.where or "–"))
    return columns(rows, right=(1, 2))


def _bill(result: ResultSnapshot) -> str:
    """The electricity bill by period; nothing where one price holds in all hours and nothing else is charged."""
    bill = result.economics.bill
    rows = [("electricity", "hours", "energy", "$/kWh", "cost", "highest hour", "$/kW month", "demand")]
    for row in bill.periods:
        if row.energy_kwh > 0.0 or row.demand_usd > 0.0:
            priced, charged = row.usd_per_kwh is not None, row.demand_usd_per_kw_month is not None
            peak = " ".join(scaled(max(row.month_peak_kw) * KILO, "W")) if row.month_peak_kw else "–"
            rows.append((
                row.name, number(row.hours_count, 4),
                " ".join(scaled(row.energy_kwh * KILO, "Wh")) if priced else "–", number(row.usd_per_kwh, 4),
                " ".join(scaled(row.energy_usd, "$")) if priced else "–", peak, number(row.demand_usd_per_kw_month, 4),
                " ".join(scaled(row.demand_usd, "$")) if charged else "–",
            ))  # fmt: skip
    return "" if len(rows) < 3 and not bill.demand_usd else columns(rows, right=range(1, 8))


def _pools(result: ResultSnapshot) -> str:
    rows = [("pool", "model", "on", "layout", "batch", "tok/s", "TTFT s", "TPOT ms", "limit")]
    for pool in result.throughput.pools:
        layout = f"{pool.instance_count} x tp{pool.tp} pp{pool.pp} ep{pool.ep} dp{pool.dp}"
        on = f"{pool.accelerator_count} {pool.accelerator}"
        tpot_ms = None if pool.tpot_s is None else pool.tpot_s * KILO
        rows.append(
            (pool.id, pool.model, on, layout, str(pool.batch), number(pool.tokens_per_s, 4), number(pool.ttft_s),
             number(tpot_ms), pool.not_predicted or pool.limiter)
        )  # fmt: skip
    return columns(rows, right=(4, 5, 6, 7))


def findings_table(findings: Sequence[Finding]) -> str:
    """Findings by severity, then rule; waived ones say so."""
    if not findings:
        return "No findings.\n"
    order = {severity: index for index, severity in enumerate(SEVERITIES)}
    ranked = sorted(findings, key=lambda f: (f.waived, order[f.severity], f.rule))
    return columns(
        [("severity", "rule", "where", "finding")]
        + [(f.severity + " (waived)" * f.waived, f.rule, ", ".join(f.targets[:3]), f.message) for f in ranked]
    )


def failures_table(costs: Sequence[FailureCost], ranked: Sequence[FailureCost]) -> str:
    """What fails now, or what every single failure would cost; nothing for neither."""
    if not costs and not ranked:
        return ""
    rows = [
        ("out of service", "alike", "tok/s lost", "trained/s lost", "bandwidth lost", "bisection lost",
         "collectives longer", "IT lost", "racks dark")
    ]  # fmt: skip
    rows += [
        (cost.label or ", ".join(cost.ids[: 1 if ranked else 4]), str(cost.count if ranked else 1),
         number(cost.tokens_lost_per_s, 4), number(cost.training_lost_per_s, 4),
         " ".join(scaled(cost.bandwidth_lost_bps, "b/s")), _known(cost.bisection_lost_bps, "b/s"),
         _known(cost.collective_added_s, "s"), " ".join(scaled(cost.it_lost_w, "W")), str(cost.dark_racks))
        for cost in (*costs, *ranked)
    ]  # fmt: skip
    return "\n" + columns(rows, right=range(1, 9))


def _known(value: float | None, unit: str) -> str:
    return "–" if value is None else " ".join(scaled(value, unit))


def _jobs(result: ResultSnapshot) -> str:
    rows = [("job", "model", "on", "tok/s", "pace", "held back by", "sends")]
    for job in result.throughput.jobs:
        sent = ", ".join(f"{kind} {' '.join(scaled(b, 'B/s'))}" for kind, b in job.sent_b_per_s.items() if b > 0.0)
        rows.append(
            (job.id, job.model, f"{job.accelerator_count} of {job.pool}", number(job.tokens_per_s, 4),
             _percent(job.pace_frac), job.binding_link or job.not_predicted or "–", sent or "–")
        )  # fmt: skip
    return columns(rows, right=(3, 4))


def _fabric(result: ResultSnapshot) -> str:
    """Bisection, tiers and the collectives of jobs."""
    drawn, rows = result.fabric.figures, [("fabric", "")]
    for half in drawn.halves[:1]:
        share = "" if half.share is None else f", {100 * half.share:.3g} % of what they send"
        rows.append(("worst halves", f"{' '.join(scaled(half.bandwidth_bps, 'b/s'))}{share} ({half.name})"))
    for tier in drawn.tiers:
        over = "" if tier.oversubscription is None else f", {tier.oversubscription:.3g} : 1"
        rows.append(
            (f"tier {tier.hop}", f"{tier.cable_count} cables, {' '.join(scaled(tier.bandwidth_bps, 'b/s'))}{over}")
        )
    for row in drawn.jobs:
        rate = " ".join(scaled(row.busbw_b_per_s, "B/s")) + (" (estimate)" if row.estimate else "")
        rows.append((f"{row.job} {row.group}", f"{' '.join(scaled(row.time_s, 's'))} a step at {rate}, {row.scope}"))
    inside = result.fabric.scale_up
    if inside.owner_ids:
        cables = f"{inside.link_count.sum():.0f} cables in {len(inside.owner_ids)} racks and servers"
        rows.append(("scale-up domains", f"{cables}, {' '.join(scaled(inside.total_bps, 'b/s'))}"))
    return columns(rows) if len(rows) > 1 else ""


def result_table(session: Session, result: ResultSnapshot) -> str:
    """The whole result on one page."""
    name = str(session.path) if session.path else "plan"
    parts = [f"{name}\n", _summary(result), _walls(result)]
    if bill := _bill(result):
        parts.append(bill)
    if result.throughput.pools:
        parts.append(_pools(result))
    if result.throughput.jobs:
        parts.append(_jobs(result))
    if fabric := _fabric(result):
        parts.append(fabric)
    parts.append(findings_table(result.findings))
    missing = [f"{key}: {c.note}" for key, c in sorted(result.coverage.items()) if c.state != "modelled"]
    if missing:
        parts.append("Not or only partly modelled:\n" + "\n".join(f"  {line}" for line in missing) + "\n")
    if result.failures:
        parts.append("Failed:\n" + "\n".join(f"  {line}" for line in result.failures) + "\n")
    return "\n".join(parts)
