"""Prices that are missing and budgets that are missed, with what would mend either."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from infraplanner.catalog.types import Accelerator, System
from infraplanner.units import number, scaled

from .context import Context, Message, Rule

NAMED = 4
"""Profiles that a sentence names before it counts the rest."""


def unpriced(context: Context, *, accelerated: bool) -> Iterator[tuple[System, list[str]]]:
    """Systems of the plan that have no price, of their own or by their accelerators, and the objects that are one."""
    compiled = context.compiled
    ids = context.ids("racks") + context.ids("devices")
    systems = compiled.parts.systems
    for index in np.unique(compiled.bodies.system[compiled.bodies.system >= 0]).tolist():
        if index < len(systems) and bool(systems[index].accelerators) == accelerated:
            system = systems[index]
            if not _priced(context, system):
                nodes = compiled.bodies.node[compiled.bodies.system == index]
                yield system, [ids[node] for node in nodes.tolist()]


def _priced(context: Context, system: System) -> bool:
    if system.price_usd_low is not None and system.price_usd_high is not None:
        return True
    parts = [context.compiled.parts.catalogue.find(item.id) for item in system.accelerators]
    return bool(parts) and all(
        isinstance(part, Accelerator) and part.price_usd_low is not None and part.price_usd_high is not None
        for part in parts
    )


def no_price_of_accelerators(context: Context) -> Iterator[Message]:
    """Systems with accelerators whose price nobody knows: they leave the plan without capital and cost of a token."""
    for system, ids in unpriced(context, accelerated=True):
        parts = ", ".join(sorted({item.id for item in system.accelerators}))
        yield (
            f"{system.name} has no price, so capital and the cost of tokens are unknown. It takes price_usd_low and "
            f"price_usd_high in its profile {system.id}, or in that of its accelerator {parts}.",
            tuple(ids),
        )


def no_price(context: Context) -> Iterator[Message]:
    """Other objects without a price: capital is counted without them."""
    found = list(unpriced(context, accelerated=False))
    if found:
        names = ", ".join(f"{len(ids)} of {system.id}" for system, ids in found[:NAMED])
        more = f" and {len(found) - NAMED} more kinds" if len(found) > NAMED else ""
        yield (
            f"{names}{more} have no price: capital is counted without them. It takes price_usd_low and price_usd_high in "
            "their profiles.",
            tuple(key for _, ids in found for key in ids),
        )
    for line in context.result.economics.capex_lines:
        if line.unknown_count and line.name == "Links":
            yield (
                f"{line.unknown_count} cables have no price: capital is counted without them. It takes a price in the profile of "
                "their medium, or another medium.",
                (),
            )
    plant = tuple(_unpriced_plant(context, "power", [unit.power_kind for unit in context.compiled.parts.power]))
    plant += tuple(_unpriced_plant(context, "cooling", [unit.cooling_kind for unit in context.compiled.parts.cooling]))
    if plant:
        kinds = sorted({f"cost.capex_usd_per_kw.{kind}" for _, kind in plant})
        yield (
            f"{len(plant)} units of the plant have no price: capital is counted without them. It takes {', '.join(kinds)} in "
            "the price book.",
            tuple(key for key, _ in plant),
        )


def _unpriced_plant(context: Context, table: str, kinds: list[str]) -> Iterator[tuple[str, str]]:
    """Units whose kind the price book does not know, with that kind."""
    codes = context.compiled.tables[table]["unit"].tolist()
    for key, code in zip(context.ids(table), codes, strict=True):
        if code >= 0 and context.compiled.parts.catalogue.find(f"cost.capex_usd_per_kw.{kinds[code]}") is None:
            yield key, kinds[code]


def over_capital(context: Context) -> Iterator[Message]:
    """Capital beyond the site's budget, and how much less of what costs most would keep it."""
    site, spent = context.snapshot.table("site").get("site"), context.result.summary.capex_usd
    budget = getattr(site, "capex_budget_usd", None)
    if budget is None or spent is None or spent <= budget:
        return
    over = spent - budget
    text = f"Capital of {_usd(spent)} is {_usd(over)} over the budget of {_usd(budget)}. "
    line = max(context.result.economics.capex_lines, key=lambda each: each.usd)
    if line.name == "Accelerator systems" and (dearest := _dearest(context)) is not None:
        system, count, each = dearest
        less = math.ceil(over / each)
        if less < count:
            yield f"{text}{less} of {count} {system.id} less would meet it, at {_usd(each)} each.", ("site",)
            return
        yield f"{text}Even without all {count} {system.id}, at {_usd(each)} each, it would not be met.", ("site",)
        return
    yield f"{text}{line.name} cost most, {_usd(line.usd)}.", ("site",)


def _dearest(context: Context) -> tuple[System, int, float] | None:
    """The accelerator system that most is spent on: its count and the middle of its price."""
    compiled = context.compiled
    best: tuple[System, int, float] | None = None
    for index, system in enumerate(compiled.parts.systems):
        count = int(np.count_nonzero(compiled.bodies.system == index))
        if not count or not system.accelerators or system.price_usd_low is None or system.price_usd_high is None:
            continue
        each = 0.5 * (system.price_usd_low + system.price_usd_high)
        if best is None or count * each > best[1] * best[2]:
            best = system, count, each
    return best


def over_token_cost(context: Context) -> Iterator[Message]:
    """Tokens dearer than the site's limit although pools run their best layouts, and what would reach it."""
    site, cost = context.snapshot.table("site").get("site"), context.result.summary.usd_per_million_tokens
    limit = getattr(site, "usd_per_million_tokens_limit", None)
    total = context.result.economics.total_usd_per_year
    if limit is None or cost is None or cost <= limit or total is None:
        return
    more, less = cost / limit - 1.0, total * (1.0 - limit / cost)
    yield (
        f"A million tokens costs {number(cost)} $, over the limit of {number(limit)} $, in the best layouts of all pools. It "
        f"takes {100 * more:.3g} % more tokens for the same money, or {_usd(less)} a year less.",
        ("site",),
    )


def _usd(value: float) -> str:
    return " ".join(scaled(value, "$"))


RULES = (
    Rule("price.no-accelerator", "warning", "", "Accelerators have a price", no_price_of_accelerators),
    Rule("price.missing", "info", "", "Everything has a price", no_price),
    Rule("budget.capital", "warning", "", "Capital keeps its budget", over_capital),
    Rule("budget.token-cost", "warning", "", "Tokens keep their cost limit", over_token_cost),
)  # fmt: skip
