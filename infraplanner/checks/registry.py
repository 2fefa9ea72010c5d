"""All rules in order, and the run that turns what they yield into findings."""

from __future__ import annotations

from itertools import islice

from infraplanner.compile.plan import Compiled
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Waiver
from infraplanner.results.findings import Finding
from infraplanner.results.snapshot import ResultSnapshot

from . import cooling, links, money, placement, plant, plugs, pools, power, power_parts, supply, tariff, thermal
from .context import Context, Message, Rule

RULES: tuple[Rule, ...] = (
    *power.RULES, *power_parts.RULES, *supply.RULES, *cooling.RULES, *thermal.RULES, *links.RULES, *plugs.RULES, *plant.RULES,
    *pools.RULES, *tariff.RULES, *placement.RULES, *money.RULES,
)  # fmt: skip
SPELLED_OUT = 100
"""Findings of one rule that are told one by one; the others share one more."""
COUNTED = 400
"""Findings beyond those that are counted and located; a drag must not write ten thousand sentences."""


def run(snapshot: Snapshot, compiled: Compiled, result: ResultSnapshot) -> tuple[Finding, ...]:
    """Apply every rule; a rule that fails is reported as a finding of its own and the others go on.

    A provisional result carries the findings of the last settled one: rules that wait keep theirs.
    """
    context = Context(snapshot, compiled, result)
    objects = sum(len(compiled.tables[name]) for name in ("racks", "cooling", "power"))
    waivers = {(w.rule, w.target): w for w in snapshot.table("waivers").values()}
    found: list[Finding] = []
    held: dict[str, list[Finding]] = {}
    for finding in result.findings if result.provisional else ():
        held.setdefault(finding.rule, []).append(finding)
    for rule in RULES:
        if result.provisional and rule.objects_live is not None and objects > rule.objects_live:
            found += held.get(rule.id, ())
            continue
        try:
            found += _apply(rule, context, waivers)
        except Exception as error:
            text = f"The rule {rule.id} failed: {type(error).__name__}: {error}."
            found.append(Finding("checks.failed", "warning", text))
    return tuple(found)


def _apply(rule: Rule, context: Context, waivers: dict[tuple[str, str], Waiver]) -> list[Finding]:
    messages = rule.find(context)
    out = [_finding(rule, message, waivers) for message in islice(messages, SPELLED_OUT)]
    rest = [targets[0] for _, targets in islice(messages, COUNTED) if targets]
    if rest:
        more = "More than " if len(rest) == COUNTED else ""
        text = f"{more}{len(rest)} more objects break the rule “{rule.title}”."
        out.append(Finding(rule.id, rule.severity, text, tuple(rest), rule.wall))
    return out


def _finding(rule: Rule, message: Message, waivers: dict[tuple[str, str], Waiver]) -> Finding:
    text, targets = message
    waiver = next((waivers[rule.id, target] for target in targets if (rule.id, target) in waivers), None)
    reason = waiver.reason if waiver is not None else ""
    return Finding(rule.id, rule.severity, text, targets, rule.wall, waiver is not None, reason)
