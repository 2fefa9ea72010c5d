"""Every single failure, ranked by what it costs: N-1 over power, cooling, racks and fabric together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import System
from infraplanner.compile.plan import compile_plan
from infraplanner.compile.scale_up import CARTRIDGE, SWITCH, domain_of, has_part, split_name
from infraplanner.engine import evaluate_failures
from infraplanner.model.document import Snapshot
from infraplanner.results.outages import SupplyClass
from infraplanner.results.snapshot import ResultSnapshot

AIR_KINDS = frozenset({"crah", "crac", "crac_crah", "in_row", "rear_door"})
AIR_UNITS_APART = 200
"""Cooling units up to which every air unit is failed by itself."""
Floats = NDArray[np.float64]
TABLES = ("power", "cooling", "racks", "devices")
LINK_GROUPS = 40
"""Different bundles that are failed, those of most cables first: a large hall has tens of thousands."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FailureCost:
    """What is lost when one of `ids` fails; they are alike (same part, same connections), so one was evaluated for all.

    `tokens` are output tokens, `training` those that jobs learn from. `overloaded` names power nodes and cooling units
    that would then be past their rating; `warm_racks` more breathe air above what they allow, the warmest of all
    `inlet_c`. `bandwidth_lost_bps` is that of links and scale-up domains, `bisection_lost_bps` between the plan's worst
    halves, `collective_added_s` what the collectives of a step of all jobs take longer (without a job, an all-reduce of
    1 GiB in the slowest pool); None where there are none, or not all machines are joined any longer. For the supplies
    inside racks and servers, `table` is `supplies`, `ids` are what they stand in and `label` says what fails.
    """

    ids: tuple[str, ...]
    table: str
    tokens_lost_per_s: float
    tokens_lost_frac: float
    training_lost_per_s: float
    it_lost_w: float
    dark_racks: int
    overloaded: tuple[str, ...]
    warm_racks: int = 0
    inlet_c: float | None = None
    label: str = ""
    alike_count: int = 0
    bandwidth_lost_bps: float = 0.0
    bisection_lost_bps: float | None = None
    collective_added_s: float | None = None

    @property
    def count(self) -> int:
        """How many failures this row stands for."""
        return self.alike_count or len(self.ids)


def alike(snapshot: Snapshot, catalog: Catalog) -> list[tuple[str, tuple[str, ...]]]:
    """(table, ids) of everything that can fail, grouped by part and connections; deterministic order."""
    feeds: dict[str, list[tuple[str, ...]]] = {}
    for feed in snapshot.table("feeds").values():
        feeds.setdefault(feed.target, []).append(("from", feed.source, feed.side))
        feeds.setdefault(feed.source, []).append(("to", feed.target, feed.side))
    cables: dict[str, list[tuple[str, ...]]] = {}
    for link in snapshot.table("links").values():
        for own, other in ((link.a, link.b), (link.b, link.a)):
            cables.setdefault(own, []).append((other, str(link.rate_gbps), str(link.count)))
    groups: dict[tuple[Any, ...], list[str]] = {}
    for table in TABLES:
        for key, record in sorted(snapshot.table(table).items()):
            place = tuple(
                getattr(record, name, "") for name in ("profile", "hall", "loop", "source_loop", "pool", "standby")
            )
            joined = (tuple(sorted(feeds.get(key, ()))), tuple(sorted(cables.get(key, ()))))
            apart = table == "devices" or _holds_devices(snapshot, table, key) or _blows(snapshot, catalog, table, key)
            holds = key if apart else ""
            caps = tuple(getattr(record, name, None) for name in ("power_cap_frac", "power_cap_kw"))
            groups.setdefault((table, place, joined, holds, caps), []).append(key)
    named = [(str(code[0]), tuple(ids)) for code, ids in groups.items()]
    return named + _links_alike(snapshot) + _scale_up_alike(snapshot, catalog)


def _scale_up_alike(snapshot: Snapshot, catalog: Catalog) -> list[tuple[str, tuple[str, ...]]]:
    """The first switch and cartridge of every scale-up system, by profile and pool; nothing to lose without a pool."""
    known = catalog.with_embedded(snapshot.table("profiles"))
    racks = snapshot.table("racks")
    groups: dict[tuple[str, str, str], list[str]] = {}
    for table in ("racks", "devices"):
        for key, record in sorted(snapshot.table(table).items()):
            home = racks.get(getattr(record, "rack", ""))
            pool = record.pool or getattr(home, "pool", "")
            for part in (SWITCH, CARTRIDGE) if pool else ():
                if has_part(snapshot, known, name := f"{key}:{part}-1"):
                    groups.setdefault((part, record.profile, pool), []).append(name)
    return [("scale_up", tuple(ids)) for _, ids in sorted(groups.items())]


def _parts_of(snapshot: Snapshot, catalog: Catalog, ids: tuple[str, ...]) -> int:
    """How many such parts there are in all of these systems."""
    named = split_name(ids[0])
    assert named is not None
    record = snapshot.table("racks").get(named[0]) or snapshot.table("devices")[named[0]]
    known = catalog.with_embedded(snapshot.table("profiles"))
    system = known.find(record.profile)
    domain = domain_of(system, known) if isinstance(system, System) else None
    assert domain is not None
    return len(ids) * (domain.switches if named[1] == SWITCH else domain.cartridges)


def _links_alike(snapshot: Snapshot) -> list[tuple[str, tuple[str, ...]]]:
    """Bundles between equal parts of equal pools, rate and cables; nothing to lose without a job or a split pool."""
    pools = snapshot.table("pools").values()
    if not snapshot.table("jobs") and not any(pool.prefill_pool for pool in pools):
        return []
    racks, devices = snapshot.table("racks"), snapshot.table("devices")

    def part(end: str) -> tuple[str, str]:
        record = devices.get(end) or racks.get(end)
        return ("", "") if record is None else (record.profile, record.pool)

    groups: dict[tuple[Any, ...], list[str]] = {}
    for key, link in sorted(snapshot.table("links").items()):
        ends = tuple(sorted((part(link.a), part(link.b))))
        groups.setdefault((ends, link.rate_gbps, link.count, link.medium), []).append(key)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]) * item[0][2], item[1]))
    return [("links", tuple(ids)) for _, ids in ranked[:LINK_GROUPS]]


def _blows(snapshot: Snapshot, catalog: Catalog, table: str, key: str) -> bool:
    """Air units are not alike, for it matters where they stand; in very many the field is not solved for each."""
    if table != "cooling" or len(snapshot.table("cooling")) > AIR_UNITS_APART:
        return False
    part = catalog.find(snapshot.table("cooling")[key].profile)
    return getattr(part, "cooling_kind", "") in AIR_KINDS


def _holds_devices(snapshot: Snapshot, table: str, key: str) -> bool:
    return table == "racks" and any(device.rack == key for device in snapshot.table("devices").values())


def rank_failures(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    progress: Progress = lambda _done, _total: None,
    stop: Callable[[], bool] = lambda: False,
    reuse: bool = True,
) -> list[FailureCost] | None:
    """Costs of all single failures, the worst first; None when `stop` said so. Ties are broken by id.

    `reuse` False works out anew for each failure what it leaves as it is, to the same costs.
    """
    groups = alike(snapshot, catalog)
    sets = [frozenset[str](), *(frozenset({ids[0]}) for _, ids in groups)]
    costs: list[FailureCost] = []
    limits = compile_plan(snapshot, catalog).inlet_limits()
    base: _Base | None = None
    supplies: tuple[SupplyClass, ...] = ()
    for step, result in enumerate(evaluate_failures(snapshot, catalog, sets, reuse=reuse)):
        if stop():
            return None
        if base is None:
            base, supplies = _Base.of(result, limits), result.power.outages.supplies
        else:
            table, ids = groups[step - 1]
            cost = base.cost(table, ids, result)
            if table == "scale_up":
                cost = replace(cost, label=_part_label(ids[0]), alike_count=_parts_of(snapshot, catalog, ids))
            costs.append(cost)
        progress(step, len(groups))
    costs += [_supply_cost(row, costs) for row in supplies]
    return sorted(
        costs,
        key=lambda cost: (
            -cost.tokens_lost_per_s,
            -cost.training_lost_per_s,
            -cost.it_lost_w,
            -(cost.bisection_lost_bps or 0.0),
            -cost.warm_racks,
            -len(cost.overloaded),
            -(cost.inlet_c or 0.0),
            cost.ids,
        ),
    )


def _part_label(name: str) -> str:
    owner, part, _ = split_name(name) or ("", "", 0)
    return f"scale-up {part} in {owner}"


def cost_of(snapshot: Snapshot, catalog: Catalog, healthy: ResultSnapshot, result: ResultSnapshot) -> FailureCost:
    """What a result with something out of service lost against that of the healthy plan."""
    base = _Base.of(healthy, compile_plan(snapshot, catalog).inlet_limits())
    return base.cost("", tuple(sorted(result.failed)), result)


def _supply_cost(row: SupplyClass, costs: list[FailureCost]) -> FailureCost:
    """One of the supplies in one box: nothing while the others carry its present draw, else what the box itself costs."""
    label, count = f"{row.what} in {row.ids[0]}", row.boxes * row.count
    boxes = [cost for cost in costs if row.short_w > 0.0 and not set(cost.ids).isdisjoint(row.ids)]
    if not boxes:
        return FailureCost(row.ids, "supplies", 0.0, 0.0, 0.0, 0.0, 0, (), label=label, alike_count=count)
    worst = max(boxes, key=lambda cost: cost.tokens_lost_per_s)
    return replace(worst, ids=row.ids, table="supplies", label=label, alike_count=count)


@dataclass(frozen=True, slots=True)
class _Base:
    """The plan with nothing failed."""

    tokens_per_s: float
    training_per_s: float
    it_w: float
    dark_racks: int
    overloaded: frozenset[str]
    limits: Floats
    warm: int
    bandwidth_bps: float
    bisection_bps: float | None
    collective_s: float | None

    @staticmethod
    def of(result: ResultSnapshot, limits: Floats) -> _Base:
        it_w = 1e3 * (result.summary.it_power_kw or 0.0)
        return _Base(
            result.summary.tokens_per_s or 0.0,
            result.summary.training_tokens_per_s or 0.0,
            it_w,
            _dark(result),
            frozenset(_overloaded(result)),
            limits,
            _warm(result, limits)[0],
            *_fabric(result),
        )

    def cost(self, table: str, ids: tuple[str, ...], result: ResultSnapshot) -> FailureCost:
        lost = self.tokens_per_s - (result.summary.tokens_per_s or 0.0)
        lost = 0.0 if abs(lost) < 1e-9 * max(1.0, self.tokens_per_s) else lost
        it_w = 1e3 * (result.summary.it_power_kw or 0.0)
        bandwidth, bisection, collective = _fabric(result)
        learned = self.training_per_s - (result.summary.training_tokens_per_s or 0.0)
        return FailureCost(
            ids=ids,
            table=table,
            tokens_lost_per_s=lost,
            tokens_lost_frac=lost / self.tokens_per_s if self.tokens_per_s else 0.0,
            training_lost_per_s=0.0 if abs(learned) < 1e-9 * max(1.0, self.training_per_s) else learned,
            it_lost_w=self.it_w - it_w,
            dark_racks=max(0, _dark(result) - self.dark_racks),
            overloaded=tuple(sorted(set(_overloaded(result)) - self.overloaded)),
            warm_racks=max(0, _warm(result, self.limits)[0] - self.warm),
            inlet_c=_warm(result, self.limits)[1],
            bandwidth_lost_bps=max(0.0, self.bandwidth_bps - bandwidth),
            bisection_lost_bps=_added(bisection, self.bisection_bps),
            collective_added_s=_added(self.collective_s, collective),
        )


def _fabric(result: ResultSnapshot) -> tuple[float, float | None, float | None]:
    """Bandwidth of all links and domains, between the worst halves, and time of collectives."""
    drawn, inside = result.fabric.figures, result.fabric.scale_up
    return (drawn.bandwidth_bps or 0.0) + inside.total_bps, drawn.bisection_bps, drawn.collective_s


def _added(before: float | None, after: float | None) -> float | None:
    """What a figure grew by; None where one is unknown. What rounding leaves is nothing."""
    if before is None or after is None:
        return None
    return 0.0 if abs(after - before) <= 1e-9 * max(abs(before), abs(after)) else after - before


def _warm(result: ResultSnapshot, limits: Floats) -> tuple[int, float | None]:
    """How many racks breathe air above their limit, and the warmest inlet."""
    inlet = result.thermal.air.rack_worst_c
    if inlet.size != limits.size or not np.isfinite(inlet).any():
        return 0, None
    return int((inlet > limits + 1e-6).sum()), float(np.nanmax(inlet))


def _dark(result: ResultSnapshot) -> int:
    return int(np.count_nonzero(~np.asarray(result.power.rack_powered)))


def _overloaded(result: ResultSnapshot) -> list[str]:
    found = [key for key, load in zip(result.power.node_ids, result.power.node_load_frac, strict=True) if load > 1.0]
    found += [
        key for key, load in zip(result.thermal.unit_ids, result.thermal.unit_load_frac, strict=True) if load > 1.0
    ]
    return found
