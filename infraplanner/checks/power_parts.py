"""Rules of single parts of the chain: UPS in eco mode, spare units, sidecars, racks' own supplies, and failures at
nameplate.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from infraplanner.compile.chain import UPS_KINDS, eco_transfer
from infraplanner.units import KILO

from .context import Context, Message, Rule, kw, rows


def _eco_rows(context: Context) -> list[int]:
    return rows(context.compiled.tables["power"]["eco"])


def _kind(context: Context, row: int) -> str:
    code = int(context.compiled.tables["power"]["unit"][row])
    return context.compiled.parts.power[code].power_kind if code >= 0 else ""


def eco_unknown(context: Context) -> Iterator[Message]:
    """Nodes in eco mode that have none, or none that anyone has published."""
    table, parts = context.compiled.tables["power"], context.compiled.parts.power
    for row in _eco_rows(context):
        node, code = context.ids("power")[row], int(table["unit"][row])
        if _kind(context, row) not in UPS_KINDS:
            yield f"Node {node} is set to eco mode but is no UPS; 0 W are saved.", (node,)
        elif parts[code].eco_max_frac is None and parts[code].eco_min_frac is None:
            yield (
                f"UPS {node} is set to eco mode, but {parts[code].name} has 0 published efficiencies for it; its losses are "
                "counted as in double conversion.",
                (node,),
            )


def eco_gap(context: Context) -> Iterator[Message]:
    """UPS in eco mode whose gap on a grid failure is longer than the racks' supplies hold."""
    compiled = context.compiled
    hold, gaps = (
        compiled.rule("power.supply_hold_up_s"),
        eco_transfer(compiled.tables["power"], compiled.parts, compiled.rule),
    )
    for row in _eco_rows(context):
        node, gap = context.ids("power")[row], float(gaps[row])
        if gap > hold:
            yield (
                f"UPS {node} takes {gap * KILO:g} ms to leave its eco mode; the racks' supplies hold {hold * KILO:g} ms at "
                "their rating.",
                (node,),
            )


def spare_units(context: Context) -> Iterator[Message]:
    """UPS, shelves and other nodes of several units that need their spare ones in normal running."""
    table, power = context.compiled.tables["power"], context.result.power
    units, spare = table["units"], table["spare"]
    firm = power.node_rating_w * (units - spare) / units
    over = (spare > 0.0) & ~context.compiled.chain.source & (power.node_out_w > firm * (1.0 + 1e-9))
    for row in rows(over):
        node = power.node_ids[row]
        load, left = kw(power.node_out_w[row]), kw(firm[row])
        yield f"Node {node} carries {load}, more than the {left} that are left without its spare units.", (node,)


def far_sidecar(context: Context) -> Iterator[Message]:
    """Sidecars that feed a rack farther away than their bars reach."""
    compiled = context.compiled
    most, chain, racks = compiled.rule("power.sidecar_distance_m"), compiled.chain, compiled.tables["racks"]
    power = compiled.tables["power"]
    count = len(racks)
    owner = np.repeat(np.arange(count), np.diff(chain.load_start[: count + 1]))
    source = chain.load_source[: owner.size]
    sidecar = np.array([_kind(context, row) == "sidecar_power_rack" for row in range(len(power))], dtype=np.bool_)
    away = np.hypot(racks["x_m"][owner] - power["x_m"][source], racks["y_m"][owner] - power["y_m"][source])
    for edge in rows(sidecar[source] & (away > most)):
        node, rack = context.ids("power")[source[edge]], context.ids("racks")[owner[edge]]
        yield (
            f"Sidecar {node} stands {away[edge]:.1f} m from rack {rack}, which it feeds; its bars reach {most:g} m.",
            (node, rack),
        )


def weak_supplies(context: Context) -> Iterator[Message]:
    """Racks and servers that go short when one of their own supplies fails."""
    for row in context.result.power.outages.supplies:
        if row.short_nameplate_w > 0.0:
            yield (
                f"{row.boxes} {row.system} have {row.count} {row.what} units of {kw(row.unit_w)}; without one each is "
                f"{kw(row.short_nameplate_w)} short of its nameplate.",
                row.ids[:20],
            )


def one_sided_supplies(context: Context) -> Iterator[Message]:
    """Racks and servers on two sides that go short when one side is dead, as half of their supplies are then."""
    for row in context.result.power.outages.supplies:
        if row.side_short_nameplate_w > 0.0:
            left = row.count // 2
            yield (
                f"{row.two_sided} {row.system} keep {left} of {row.count} {row.what} units when a side fails, "
                f"{kw(left * row.unit_w)}: {kw(row.side_short_nameplate_w)} short of their nameplate.",
                row.ids[:20],
            )


def nameplate_failure(context: Context) -> Iterator[Message]:
    """Single failures that overload a node once every rack draws its nameplate, though not at the present load."""
    outages = context.result.power.outages
    if context.result.failed or not outages.case_ids:
        return
    worst: dict[str, tuple[float, str]] = {}
    for row in rows((outages.case_nameplate_worst_frac > 1.0 + 1e-9) & (outages.case_overloaded == 0)):
        over = outages.case_nameplate_worst[row]
        worst[over] = max(
            worst.get(over, (0.0, "")), (float(outages.case_nameplate_worst_frac[row]), outages.case_ids[row])
        )
    for over, (share, failed) in sorted(worst.items()):
        yield (
            f"If {failed} fails with all racks at nameplate, {over} carries {share:.0%} of its rating.",
            (over, failed),
        )


RULES = (
    Rule("power.eco-unknown", "warning", "power", "Eco mode has a published efficiency", eco_unknown, objects_live=0),
    Rule(
        "power.eco-transfer", "warning", "power", "Supplies hold while a UPS leaves eco mode", eco_gap, objects_live=0
    ),
    Rule("power.spare-units", "warning", "power", "Nodes keep their spare units", spare_units, objects_live=0),
    Rule(
        "power.sidecar-distance", "warning", "power", "Sidecars stand beside their racks", far_sidecar, objects_live=0
    ),
    Rule(
        "power.rack-supplies",
        "warning",
        "power",
        "A rack keeps running without one supply",
        weak_supplies,
        objects_live=0,
    ),
    Rule(
        "power.one-sided-supplies",
        "info",
        "power",
        "A rack keeps running on one side",
        one_sided_supplies,
        objects_live=0,
    ),
    Rule(
        "power.nameplate-failure",
        "info",
        "power",
        "Single failures are carried at nameplate",
        nameplate_failure,
        objects_live=0,
    ),
)
