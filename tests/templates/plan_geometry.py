"""What the tests of example plans and generated halls measure on a floor."""

from __future__ import annotations

from collections import defaultdict

from infraplanner.catalog.types import Accelerator, System
from infraplanner.io import PlanFile


def boxes(plan: PlanFile) -> list[tuple[str, str, float, float, float, float]]:
    """Footprints: id, hall, left, bottom, right, top; rotations are multiples of 90 degrees."""
    out = []
    for table in ("racks", "cooling", "power", "columns"):
        for row in plan.document.table(table).values():
            shape = row if table == "columns" else plan.catalog.get(row.profile)
            width, depth = shape.width_mm, shape.depth_mm
            assert width, row.id
            if getattr(row, "rotation_deg", 0) % 180:
                width, depth = depth, width
            out.append(
                (
                    row.id,
                    row.hall,
                    row.x_mm - width / 2,
                    row.y_mm - depth / 2,
                    row.x_mm + width / 2,
                    row.y_mm + depth / 2,
                )
            )
    return out


def overlaps(plan: PlanFile) -> list[tuple[str, str]]:
    """Pairs of things that stand in each other's way."""
    found = []
    rows = sorted(boxes(plan), key=lambda box: box[2])
    for index, one in enumerate(rows):
        for other in rows[index + 1 :]:
            if other[2] >= one[4]:
                break
            if one[1] == other[1] and other[3] < one[5] and one[3] < other[5]:
                found.append((one[0], other[0]))
    return found


def outside(plan: PlanFile) -> list[str]:
    """Things that do not stand wholly in their hall."""
    halls = plan.document.table("halls")
    return [
        key
        for key, hall, left, bottom, right, top in boxes(plan)
        if left < 0 or bottom < 0 or right > halls[hall].width_mm or top > halls[hall].depth_mm
    ]


def overbooked_ports(plan: PlanFile) -> list[tuple[str, str, int, int]]:
    """Port groups with more cables than ports: owner, group, cables, ports."""
    used: dict[tuple[str, str], int] = defaultdict(int)
    for link in plan.document.table("links").values():
        for owner, group in ((link.a, link.a_port), (link.b, link.b_port)):
            if group:
                used[owner, group] += link.count
    own: dict[tuple[str, str], int] = defaultdict(int)
    for port in plan.document.table("ports").values():
        own[port.owner, port.group] += port.count
    out = []
    for (owner, group), count in used.items():
        _, row = plan.document.find(owner)
        ports = own[owner, group] + sum(
            g.count for g in getattr(plan.catalog.get(row.profile), "port_groups", ()) if g.group == group
        )
        if count > ports:
            out.append((owner, group, count, ports))
    return out


def it_power_kw(plan: PlanFile) -> float:
    """Nameplate of all systems, racks and devices, where it is known."""
    total = 0.0
    for table in ("racks", "devices"):
        for row in plan.document.table(table).values():
            profile = plan.catalog.get(row.profile)
            if isinstance(profile, System):
                total += (profile.power_max_w or 0.0) / 1000.0
    return total


def pool_accelerators(plan: PlanFile) -> dict[str, int]:
    """Accelerators that each pool owns."""
    out: dict[str, int] = defaultdict(int)
    for table in ("racks", "devices"):
        for row in plan.document.table(table).values():
            if row.pool:
                for part in plan.catalog.get(row.profile).accelerators:
                    assert isinstance(plan.catalog.get(part.id), Accelerator)
                    out[row.pool] += part.count
    return dict(out)


def rack_supplies(plan: PlanFile) -> dict[str, set[str]]:
    """For every rack and cooling unit, the utility connections that can reach it."""
    parents: dict[str, list[str]] = defaultdict(list)
    for feed in plan.document.table("feeds").values():
        parents[feed.target].append(feed.source)

    def roots(node: str) -> set[str]:
        return set().union(*map(roots, parents[node])) if parents[node] else {node}

    targets = [*plan.document.table("racks"), *plan.document.table("cooling")]
    return {target: roots(target) - {target} for target in targets}
