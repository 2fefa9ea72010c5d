"""Results as plain text tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
        ("Output tokens", " ".join(scaled(s.tokens_per_s, "tok/s")) + _band(s)),
        ("Tokens per joule", f"{number(s.tokens_per_j)} tok/J"),
        ("Capital", " ".join(scaled(s.capex_usd, "$"))),
        ("Running cost", " ".join(scaled(s.opex_usd_per_year, "$/year"))),
        ("Cost", f"{number(s.usd_per_million_tokens)} $/M tokens"),
        ("Carbon", f"{number(s.kg_co2e_per_million_tokens)} kg/M tokens"),
        ("Binding wall", s.binding_wall or "–"),
    ]
    return columns(rows)


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


def result_table(session: Session, result: ResultSnapshot) -> str:
    """The whole result on one page."""
    name = str(session.path) if session.path else "plan"
    parts = [f"{name}\n", _summary(result), _walls(result)]
    if result.throughput.pools:
        parts.append(_pools(result))
    parts.append(findings_table(result.findings))
    missing = [f"{key}: {c.note}" for key, c in sorted(result.coverage.items()) if c.state != "modelled"]
    if missing:
        parts.append("Not or only partly modelled:\n" + "\n".join(f"  {line}" for line in missing) + "\n")
    if result.failures:
        parts.append("Failed:\n" + "\n".join(f"  {line}" for line in result.failures) + "\n")
    return "\n".join(parts)
