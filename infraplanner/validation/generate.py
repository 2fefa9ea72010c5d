"""A synthetic hall of any size, for benchmarks: the same arguments give the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from infraplanner.model.document import Document
from infraplanner.model.entities import (
    Device,
    Job,
    Loop,
    Pool,
    Rack,
    Record,
    Site,
    Workload,
)

from .generate_fabric import Fabric
from .generate_hall import ROW_PATTERN, HallPlan

LINKS_A_RACK = 75
LINKS_SMALL_RACKS = 400
LINKS_LARGE = 30_000
LINKS_A_RACK_LARGE = 10
_PROFILES = {
    "gpu": "gb200-nvl72",
    "leaf": "eia-48u-600x1200",
    "spine": "eia-48u-600x1200",
    "storage": "storage-flash",
    "cpu": "cpu-rack",
    "mgmt": "mgmt-rack",
}
_SWITCHES_A_RACK = 6
_SWITCH_PITCH_U = 7


def default_links(racks: int) -> int:
    """Link records of a generated hall when none are asked for."""
    if racks <= LINKS_SMALL_RACKS:
        return LINKS_A_RACK * racks
    return max(LINKS_LARGE, LINKS_A_RACK_LARGE * racks)


def generate_plan(racks: int, links: int | None = None, seed: int = 0) -> Document:
    """A hall of `racks` racks in rows of 20 with an A/B power tree, CDUs, leaf and spine, a serving pool and a job.

    `links` counts link records; when it is more than the fabric has cables, every cable is a record of its own and
    the rest is left out. `seed` varies power caps and the share of racks that train. Raises ValueError for no rack.
    """
    if racks < 1:
        raise ValueError(f"A hall needs at least one rack, not {racks}.")
    random = Random(seed)
    hall = HallPlan(racks)
    rows = list(_racks(hall, random))
    devices = list(_switches(rows))
    fabric = Fabric([(rack, _kind(index)) for index, rack in enumerate(rows)], devices)
    tables: dict[str, list[Record]] = {
        "site": [Site(id="site", region="us-virginia", price_year=2026)],
        "halls": [hall.hall()],
        "racks": list(rows),
        "devices": list(devices),
        "loops": [*hall.loops(), *_plant_loops()],
        "cooling": list(hall.cooling()),
        "power": list(hall.power()),
        "feeds": list(hall.feeds(rows)),
        "trays": list(hall.trays()),
        "zones": list(hall.zones()),
        "links": list(fabric.links(default_links(racks) if links is None else links)),
        "workloads": [Workload(id="chat", profile="chat-1k-1k")],
        "pools": _pools(),
        "jobs": [Job(id="pretrain", pool="train", model="llama3.1-405b", tp=8, pp=9, global_batch=2048)],
    }
    if not any(rack.pool == "train" for rack in rows):
        tables["jobs"], tables["pools"] = [], tables["pools"][:1]
    return Document({name: {record.id: record for record in records} for name, records in tables.items()})


def _kind(index: int) -> str:
    return ROW_PATTERN[index % len(ROW_PATTERN)]


def _racks(hall: HallPlan, random: Random) -> Iterator[Rack]:
    for index in range(hall.racks):
        kind = _kind(index)
        row = hall.row_name(index // len(ROW_PATTERN))
        x, y, turn = hall.place(index, 1068 if kind == "gpu" else 1200)
        gpu = kind == "gpu"
        train = gpu and index >= len(ROW_PATTERN) and random.random() < 0.25
        yield Rack(
            id=f"{row}-{index % len(ROW_PATTERN) + 1:02d}",
            hall="hall",
            x_mm=x,
            y_mm=y,
            rotation_deg=turn,
            profile=_PROFILES[kind],
            row=row,
            loop=hall.loop_name(index // len(ROW_PATTERN)) if gpu else "",
            pool=("train" if train else "serve") if gpu else "",
            power_cap_frac=round(0.8 + 0.01 * random.randrange(21), 2) if gpu else None,
        )


def _switches(rows: list[Rack]) -> Iterator[Device]:
    for index, rack in enumerate(rows):
        if _kind(index) in ("leaf", "spine"):
            for number in range(_SWITCHES_A_RACK):
                yield Device(
                    id=f"{rack.id}-s{number + 1}", rack=rack.id, profile="q3400", u=2 + number * _SWITCH_PITCH_U
                )


def _plant_loops() -> list[Record]:
    return [
        Loop(id="fws", kind="facility", fluid="water", supply_c=32.0, rise_k=10.0),
        Loop(id="chw", kind="facility", fluid="water", supply_c=18.0, rise_k=7.0),
    ]


def _pools() -> list[Record]:
    return [
        Pool(id="serve", model="llama3.1-70b", workload="chat"),
        Pool(id="train", model="llama3.1-405b", weights="bf16", kv="bf16"),
    ]
