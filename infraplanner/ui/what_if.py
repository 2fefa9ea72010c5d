"""What a failure costs, in words: what goes dark, what takes over, which redundancy is gone, what gets warm."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.results.switches import load_moved
from infraplanner.units import number

NAMES = 3
"""Names that are told before the rest is counted."""
LOST_W = 0.5
TAKEN_FRAC = 0.01
WARMER_K = 0.5


def _tr(text: str) -> str:
    return QCoreApplication.translate("WhatIf", text)


def _named(ids: list[str]) -> str:
    """Some names, and that there are more."""
    more = " ..." if len(ids) > NAMES else ""
    return ", ".join(ids[:NAMES]) + more


def what_if_text(result: ResultSnapshot, healthy: ResultSnapshot | None) -> str:
    """Two lines: what is lost and who carries it now; then what no longer has a second way, and the air. Everything is
    told against the plan without failures, where that is known.
    """
    names = ", ".join(sorted(result.failed)[:4]) + ("" if len(result.failed) <= 4 else " ...")
    first = [_tr("What-if: {0} failed").format(names), *_power(result, healthy)]
    before = healthy.summary.tokens_per_s if healthy else None
    if before and result.summary.tokens_per_s is not None:
        first.append(_tokens(result.summary.tokens_per_s / before - 1))
    second = [] if result.provisional else [*_redundancy(result), *_air(result, healthy)]
    return "\n".join("   ·   ".join(parts) for parts in (first, second) if parts)


def _power(result: ResultSnapshot, healthy: ResultSnapshot | None) -> list[str]:
    power = result.power
    fed_before = dict(zip(healthy.power.rack_ids, healthy.power.rack_powered, strict=True)) if healthy else {}
    dark = [
        key
        for key, fed in zip(power.rack_ids, power.rack_powered, strict=True)
        if not fed and fed_before.get(key, True)
    ]
    parts = [
        _tr("racks without power: {0}").format(f"{len(dark)} ({_named(dark)})") if dark else _tr("no rack loses power")
    ]
    lost = power.unserved_w - (healthy.power.unserved_w if healthy else 0.0)
    if lost > LOST_W:
        parts.append(_tr("load lost: {0} kW").format(number(lost / 1e3)))
    old = dict(zip(healthy.power.node_ids, healthy.power.node_load_frac, strict=True)) if healthy else {}
    over = [
        f"{key} {100 * float(share):.0f} %"
        for key, share in zip(power.node_ids, power.node_load_frac, strict=True)
        if share > 1.0 and not old.get(key, 0.0) > 1.0
    ]
    if over:
        parts.append(_tr("overloaded: {0}").format(_named(over)))
    moved = load_moved(healthy, result) if healthy is not None else None
    if moved is not None and moved[2] - moved[1] >= TAKEN_FRAC:
        key, before_frac, now_frac = moved
        text = _tr("{0} takes over, {1} to {2} %")
        parts.append(text.format(key, f"{100 * before_frac:.0f}", f"{100 * now_frac:.0f}"))
    return parts


def _redundancy(result: ResultSnapshot) -> list[str]:
    single = next((f for f in result.findings if f.rule == "power.lost-diversity"), None)
    if single is None:
        return []
    count = single.message.partition(" ")[0]
    text = _tr("{0} racks on one feed: {1}; a second failure there darkens them")
    return [text.format(count, _named(list(single.targets)))]


def _air(result: ResultSnapshot, healthy: ResultSnapshot | None) -> list[str]:
    """Supply that no longer covers what racks draw, and the warmest inlet where that rises."""
    parts = []
    had = {hall.hall: hall for hall in healthy.thermal.air.halls} if healthy else {}
    for hall in result.thermal.air.halls:
        old = had.get(hall.hall)
        if hall.state not in ("settled", "no_heat") and (old is None or old.state == "settled"):
            parts.append(hall.note.rstrip("."))
        elif old is not None and hall.supply_m3_per_s < min(old.supply_m3_per_s, hall.demand_m3_per_s) - 1e-6:
            share = 100 * hall.supply_m3_per_s / hall.demand_m3_per_s
            parts.append(_tr("air of {0} covers {1} % of what racks draw").format(hall.hall, f"{share:.0f}"))
    now, then = (each.thermal.air.rack_worst_c if each else np.empty(0) for each in (result, healthy))
    if now.size and then.size and np.isfinite(now).any() and np.isfinite(then).any():
        row = int(np.nanargmax(now))
        before_c = float(np.nanmax(then))
        if float(now[row]) > before_c + WARMER_K:
            text = _tr("warmest inlet {0}, {1} °C, before {2} °C")
            parts.append(text.format(result.power.rack_ids[row], number(float(now[row]), 3), number(before_c, 3)))
    return parts


def _tokens(change_frac: float) -> str:
    """How the throughput changed, in words where it did not."""
    if abs(change_frac) < 5e-4:
        return _tr("tokens unchanged")
    return _tr("tokens {0} %").format(number(100 * change_frac, 2))
