"""Scale-up domains as nodes and links, as the profiles of racks and servers imply them; nothing of it is in the plan.

Inside a domain every accelerator has so many cables, dealt out in turn over the switches and block by block over the
cartridges that hold them. What fails is named after what it stands in: `A01:switch-3`, `A01:cartridge-1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from infraplanner.catalog.types import Accelerator, ScaleUp, System
from infraplanner.model.document import Snapshot

from .parts import Catalogue, Floats, Ints

SWITCH, CARTRIDGE = "switch", "cartridge"
_NAME = re.compile(r"^(?P<owner>[^:]+):(?P<part>switch|cartridge)-(?P<number>[1-9][0-9]{0,3})$")


@dataclass(frozen=True, slots=True)
class Domain:
    """Equal scale-up domains inside one system: accelerators of each, how many there are, and their wiring."""

    accelerators: int
    count: int
    wiring: ScaleUp

    @property
    def switches(self) -> int:
        """In all domains of the system."""
        return self.count * self.wiring.switch_count

    @property
    def cartridges(self) -> int:
        """In all domains of the system."""
        return self.count * self.wiring.cartridge_count

    @property
    def links(self) -> int:
        """Cables in all domains of the system."""
        return self.count * self.accelerators * self.wiring.links_per_accelerator


def domain_of(system: System, catalogue: Catalogue) -> Domain | None:
    """The domains of a system; None when its profile names no wiring or has no accelerators."""
    if system.scale_up is None or not system.accelerators:
        return None
    part, count = catalogue.find(system.accelerators[0].id), system.accelerators[0].count
    if not isinstance(part, Accelerator):
        return None
    each = min(part.scale_up_domain_count or count, count)
    return Domain(each, count // each, system.scale_up)


def cable_places(wiring: ScaleUp) -> tuple[Ints, Ints]:
    """Switch and cartridge (-1 none) of each cable of an accelerator, counted from 0.

    Worked: 18 cables, 9 switches, 4 cartridges: switch 0 has cables 0 and 9, cartridge 0 has cables 0 to 4.
    """
    cables = np.arange(wiring.links_per_accelerator, dtype=np.int64)
    boxes = wiring.cartridge_count
    held = cables * boxes // wiring.links_per_accelerator if boxes else np.full(cables.size, -1)
    return cables % wiring.switch_count, held


def domain_edges(domain: Domain, lost: Iterable[tuple[str, int]] = ()) -> tuple[Ints, Ints, Floats]:
    """One domain as a graph: accelerators 0 to n - 1, then its switches; both ends of every bundle in service and its
    cables. `lost` are parts out of service, counted from 0 inside the domain.
    """
    alive = _alive(domain.wiring, lost)
    switch, _ = cable_places(domain.wiring)
    cables = np.bincount(switch[alive], minlength=domain.wiring.switch_count).astype(np.float64)
    source = np.repeat(np.arange(domain.accelerators), cables.size)
    target = domain.accelerators + np.tile(np.arange(cables.size), domain.accelerators)
    count = np.tile(cables, domain.accelerators)
    keep = count > 0.0
    return source[keep], target[keep], count[keep]


def kept_frac(domain: Domain, lost: Iterable[tuple[str, int]]) -> float:
    """Share of its cables that every accelerator of a domain keeps without these parts (counted inside the domain).

    Worked: one of nine switch trays out of service leaves 8/9 of 18 cables.
    """
    return float(_alive(domain.wiring, lost).mean())


def _alive(wiring: ScaleUp, lost: Iterable[tuple[str, int]]) -> np.ndarray:
    switch, cartridge = cable_places(wiring)
    gone = set(lost)
    dead_switch = [number for part, number in gone if part == SWITCH]
    dead_box = [number for part, number in gone if part == CARTRIDGE]
    return ~(np.isin(switch, dead_switch) | np.isin(cartridge, dead_box))


def split_name(text: str) -> tuple[str, str, int] | None:
    """Owner, kind of part and number from 0 of an implied part's name; None when it is no such name."""
    match = _NAME.match(text)
    return None if match is None else (match["owner"], match["part"], int(match["number"]) - 1)


def has_part(snapshot: Snapshot, catalogue: Catalogue, text: str) -> bool:
    """Whether a name is that of a switch or cartridge that a rack or device of the plan implies."""
    named = split_name(text)
    if named is None:
        return False
    owner, part, number = named
    record = snapshot.table("racks").get(owner) or snapshot.table("devices").get(owner)
    system = None if record is None else catalogue.find(record.profile)
    domain = domain_of(system, catalogue) if isinstance(system, System) else None
    if domain is None:
        return False
    return number < (domain.switches if part == SWITCH else domain.cartridges)
