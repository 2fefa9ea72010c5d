"""Optical circuit switching: light paths for a job's demand over the cables that are there, and what it saves.

An optical switch draws the same watts whatever passes, holds no module and is not bound to a rate; a packet switch in
its place needs a port and a module for every cable, and the ports inside its own tiers. Reference: Poutievski et al.,
"Jupiter evolving" (2022), whose 41 % of power and 30 % of capital are compared with and never used.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import LinkMedium, System
from infraplanner.edit import EditError
from infraplanner.engine.demands import demand_of_job
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import LightPath

Pair = tuple[str, str]


def plugged(snapshot: Snapshot, catalog: Catalog) -> dict[str, dict[str, int]]:
    """Cables of every machine on every optical switch: device id, then end."""
    devices = snapshot.table("devices")
    mirrors = {
        key
        for key, row in devices.items()
        if isinstance(part := catalog.find(row.profile), System) and part.system_kind == "ocs"
    }
    out: dict[str, dict[str, int]] = {key: {} for key in sorted(mirrors)}
    for link in snapshot.table("links").values():
        for own, other in ((link.a, link.b), (link.b, link.a)):
            if own in mirrors and other not in mirrors:
                out[own][other] = out[own].get(other, 0) + link.count
    return out


def paths_for_job(snapshot: Snapshot, catalog: Catalog, job: str) -> dict[str, tuple[LightPath, ...]]:
    """Light paths on every optical switch that give each pair of machines cables in proportion to what the job sends
    between them. Raises EditError when there is nothing to turn or the job is not predicted.
    """
    if job not in snapshot.table("jobs"):
        raise EditError(f"There is no job {job} in the plan.")
    cables = plugged(snapshot, catalog)
    if not cables:
        raise EditError("The plan has no optical circuit switch.")
    wanted = demand_of_job(snapshot, catalog, job)
    if isinstance(wanted, str):
        raise EditError(f"Job {job}: {wanted}")
    return apportion(cables, wanted)


def apportion(
    cables: Mapping[str, Mapping[str, int]], demand: Mapping[Pair, float]
) -> dict[str, tuple[LightPath, ...]]:
    """Give light paths one by one to the pair that has most demand a path (highest quotients), switch by switch.

    Both ways of a pair count together: a light path carries both. Where a switch has cables left that no demand asks for,
    they join the ends with most free cables, so that none stays dark. Worked: demands of 3 and 1 from A to B and C over 4
    cables: 3 and 1 light paths.
    """
    need: dict[Pair, float] = {}
    for (a, b), amount in demand.items():
        pair = (min(a, b), max(a, b))
        need[pair] = need.get(pair, 0.0) + amount
    given = dict.fromkeys(need, 0)
    out: dict[str, tuple[LightPath, ...]] = {}
    for switch in sorted(cables):
        free = dict(cables[switch])
        made: dict[Pair, int] = {}
        heap = [(-need[pair] / (given[pair] + 1), pair) for pair in sorted(need) if pair[0] in free and pair[1] in free]
        heapq.heapify(heap)
        while heap:
            worth, pair = heapq.heappop(heap)
            a, b = pair
            if free[a] < 1 or free[b] < 1:
                continue
            now = -need[pair] / (given[pair] + 1)
            if now > worth + 1e-12 * abs(worth):
                heapq.heappush(heap, (now, pair))
                continue
            free[a], free[b], given[pair] = free[a] - 1, free[b] - 1, given[pair] + 1
            made[pair] = made.get(pair, 0) + 1
            heapq.heappush(heap, (-need[pair] / (given[pair] + 1), pair))
        _use_rest(free, made)
        out[switch] = tuple(LightPath(a=a, b=b, count=count) for (a, b), count in sorted(made.items()))
    return out


def _use_rest(free: dict[str, int], made: dict[Pair, int]) -> None:
    while True:
        ends = sorted((end for end, count in free.items() if count), key=lambda end: (-free[end], end))
        if len(ends) < 2:
            return
        pair = (min(ends[:2]), max(ends[:2]))
        made[pair] = made.get(pair, 0) + 1
        for end in pair:
            free[end] -= 1


@dataclass(frozen=True, slots=True)
class Side:
    """One way of joining blocks: watts, capital [USD] (None: a price is unknown), and time to another topology [s] (None:
    cables would have to be moved).
    """

    name: str
    devices: int
    power_w: float
    capex_usd: float | None
    reconfigure_s: float | None


def side_by_side(
    cables: int, ocs: System, ocs_count: int, packet: System, medium: LinkMedium, tiers: int = 2
) -> tuple[Side, Side]:
    """Optical switches with so many cables, and packet switches that would join the same cables without blocking.

    A spine block of `tiers` tiers needs 2 tiers - 1 ports a cable (one outside, two for each tier inside), and a module
    at its end of each cable; the modules of the blocks are alike in both and left out. Watts are typical ones.
    """
    group = next(group for group in packet.port_groups if group.role == "switch")
    share = (medium.rate_gbps or 0.0) / (group.rate_gbps or 1.0) * (2 * tiers - 1)
    ports = cables * share
    count = -(-ports // group.count)
    price, module = _middle(packet), medium.price_usd
    capex = None if price is None or module is None else count * price + cables * 0.5 * module
    watts = count * (packet.power_typical_w or packet.power_max_w or 0.0) + cables * (medium.power_per_end_w or 0.0)
    mirror = _middle(ocs)
    return (
        Side(
            ocs.name, ocs_count, ocs_count * (ocs.power_typical_w or ocs.power_max_w or 0.0),
            None if mirror is None else ocs_count * mirror,
            None if ocs.reconfigure_ms is None else 1e-3 * ocs.reconfigure_ms,
        ),
        Side(packet.name, int(count), watts, capex, None),
    )  # fmt: skip


def whole_saving(
    cables: int, ocs: System, ocs_count: int, packet: System, medium: LinkMedium, tiers: int = 2
) -> tuple[float, float | None]:
    """Shares of power and of capital that the network of blocks and spine saves by optical switches in the spine's place.

    A block has as many tiers as a spine: 2 tiers ports a cable, and the module at its end.
    """
    light, spine = side_by_side(cables, ocs, ocs_count, packet, medium, tiers)
    group = next(group for group in packet.port_groups if group.role == "switch")
    boxes = cables * (medium.rate_gbps or 0.0) / (group.rate_gbps or 1.0) * 2 * tiers / group.count
    block_w = boxes * (packet.power_typical_w or 0.0) + cables * (medium.power_per_end_w or 0.0)
    power = 1.0 - (block_w + light.power_w) / (block_w + spine.power_w)
    price = _middle(packet)
    if price is None or medium.price_usd is None or light.capex_usd is None or spine.capex_usd is None:
        return power, None
    block = boxes * price + cables * 0.5 * medium.price_usd
    return power, 1.0 - (block + light.capex_usd) / (block + spine.capex_usd)


def _middle(part: System) -> float | None:
    if part.price_usd_low is None or part.price_usd_high is None:
        return None
    return 0.5 * (part.price_usd_low + part.price_usd_high)
