"""A whole fabric as one edit: switches put in cabinets, cabinets on the floor, every cable drawn with its ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal, Protocol

import msgspec

from infraplanner.catalog.types import Frame, Profile, System
from infraplanner.model.entities import Device, LightPath, Link, Port, Rack
from infraplanner.model.geometry import Rect, footprint_bounds

from .topologies import KINDS, Ask, Topology, TopologyError, build
from .transaction import EditError, Transaction

STEP_MM = 300
"""Grid on which a free place for a cabinet is looked for."""
ROW_RACKS = 20
ID_MAX = 64


class Catalogue(Protocol):
    """What the command needs of a catalogue."""

    def find(self, profile_id: str, /) -> Profile | None:
        """The profile of this id or alias, or None."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Machines to be joined: ids in plan order, ports each, their group and rate."""

    ids: tuple[str, ...]
    group: str
    ports: int
    rate_gbps: float


@dataclass(frozen=True, slots=True)
class GenerateFabric:
    """Join `hosts` (racks or devices with a port group for the fabric) by switches of one profile.

    `into` names cabinets whose free units are used first; further ones of the profile `frame` are placed in a row from
    (`x_mm`, `y_mm`), or where there is room when that is None. `switches_a_rack` of 0 fills cabinets to their height.
    `replace_links` takes out what is plugged into the hosts' port group before.
    """

    kind: str
    hosts: Sequence[str]
    switch: str
    catalogue: Catalogue = field(repr=False, compare=False)
    frame: str = ""
    into: Sequence[str] = ()
    hall: str = ""
    x_mm: int | None = None
    y_mm: int | None = None
    rotation_deg: int = 0
    switches_a_rack: int = 0
    ratio: float = 1.0
    top_ratio: float = 1.0
    pod_leaves: int = 0
    sides: tuple[int, int, int] = (0, 0, 0)
    group: str = ""
    prefix: str = "fab"
    replace_links: bool = False

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"{KINDS[self.kind][1] if self.kind in KINDS else self.kind} for {len(self.hosts)} hosts"

    def apply(self, edit: Transaction) -> None:
        """Place and cable it all. Raises EditError in one sentence; nothing is then placed."""
        hosts = find_hosts(edit.document, self.catalogue, self.hosts, self.group)
        made = self.topology(hosts)
        if self.replace_links:
            _unplug(edit, hosts)
        _check_free(edit, hosts, made)
        names = self._place(edit, made)
        switch = _switch(self.catalogue, self.switch)
        self._cable(edit, hosts, made, names, switch)

    def topology(self, hosts: Hosts) -> Topology:
        """The abstract fabric that is about to be built. Raises EditError."""
        switch = _switch(self.catalogue, self.switch)
        optical = switch.system_kind == "ocs"
        if optical != (self.kind == "ocs-torus"):
            wanted = "an optical circuit switch" if not optical else "a packet switch"
            raise EditError(f"The fabric {self.kind} is built of {wanted}s; {self.switch} is none.")
        ports = _switch_ports(switch)
        fan = 1
        if not optical:
            fan = round((ports.rate_gbps or 0.0) / hosts.rate_gbps)
            if fan < 1 or abs(fan * hosts.rate_gbps - (ports.rate_gbps or 0.0)) > 1e-9:
                text = (
                    f"Ports of {self.switch} have {ports.rate_gbps:g} Gb/s, those of the hosts {hosts.rate_gbps:g} Gb/s"
                )
                raise EditError(f"{text}; the first must be a multiple of the second.")
        ask = Ask(
            len(hosts.ids), hosts.ports, ports.count, fan, self.ratio, self.top_ratio, self.pod_leaves, self.sides
        )
        try:
            return build(self.kind, ask)
        except TopologyError as error:
            raise EditError(str(error)) from None

    def _place(self, edit: Transaction, made: Topology) -> dict[str, str]:
        """Put every switch into a cabinet; returns the device id of each."""
        switch = _switch(self.catalogue, self.switch)
        units = ceil(switch.rack_units or 0)
        if units < 1:
            raise EditError(f"The height of {self.switch} in rack units is unknown; it cannot be placed.")
        room = _Room(edit, self, units)
        names: dict[str, str] = {}
        taken = edit.document.ids()
        for name in made.switches:
            key = f"{self.prefix}-{name}"
            if key in taken or len(key) > ID_MAX:
                raise EditError(f"The id {key} is already used or too long; choose another prefix.")
            rack, unit = room.next()
            edit.put("devices", Device(id=key, rack=rack, profile=self.switch, u=unit))
            names[name] = key
        return names

    def _cable(self, edit: Transaction, hosts: Hosts, made: Topology, names: Mapping[str, str], switch: System) -> None:
        ports = _switch_ports(switch)
        for wire in made.wires:
            outer = isinstance(wire.a, int)
            a = hosts.ids[wire.a] if isinstance(wire.a, int) else names[wire.a]
            b = names[wire.b]
            rate = hosts.rate_gbps / made.planes if outer else ports.rate_gbps or hosts.rate_gbps
            key = f"{self.prefix}-{a}-{wire.b}" if outer else f"{self.prefix}-{wire.a}-{wire.b}"
            key = key if len(key) <= ID_MAX else f"{self.prefix}-l{len(edit.steps)}"
            edit.put(
                "links",
                Link(
                    id=key, a=a, b=b, rate_gbps=rate, count=wire.count,
                    a_port=hosts.group if outer else ports.group, b_port=ports.group,
                ),
            )  # fmt: skip
        paths: dict[str, list[LightPath]] = {}
        for circuit in made.circuits:
            path = LightPath(a=hosts.ids[circuit.a], b=hosts.ids[circuit.b], count=circuit.count)
            paths.setdefault(names[circuit.ocs], []).append(path)
        for key, held in paths.items():
            edit.change("devices", key, light_paths=tuple(held))


@dataclass(frozen=True, slots=True)
class SetLightPaths:
    """Turn the mirrors of optical circuit switches: another logical topology over the same cables."""

    paths: Mapping[str, Sequence[LightPath]]
    text: str = "Reconfigure optical switches"

    @property
    def label(self) -> str:
        """What the history calls it."""
        return self.text

    def apply(self, edit: Transaction) -> None:
        """Set the light paths of each switch."""
        for key in sorted(self.paths):
            edit.change("devices", key, light_paths=tuple(self.paths[key]))


def find_hosts(document: Any, catalogue: Catalogue, ids: Sequence[str], group: str = "") -> Hosts:
    """The port group that all hosts share: the named one, else the one with the role `scale_out`. Raises EditError."""
    if len(set(ids)) < 2:
        raise EditError("A fabric joins at least 2 hosts; choose racks or devices with ports.")
    shapes: set[tuple[str, int, float]] = set()
    own: dict[str, list[Port]] = {}
    for port in document.table("ports").values():
        own.setdefault(port.owner, []).append(port)
    known = document.ids()
    for key in ids:
        table = known.get(key)
        if table not in ("racks", "devices"):
            raise EditError(f"{key} is no rack or device, so that no cable can end on it.")
        profile = catalogue.find(document.table(table)[key].profile)
        groups = list(profile.port_groups) if isinstance(profile, System) else []
        named = [g for g in groups if (g.group == group if group else g.role == "scale_out")]
        extra = [p for p in own.get(key, ()) if p.group == (group or (named[0].group if named else ""))]
        if not named and not extra:
            raise EditError(f"{key} has no ports {group or 'for a fabric between machines'}.")
        name, rate = (named[0].group, named[0].rate_gbps) if named else (extra[0].group, extra[0].rate_gbps)
        count = sum(p.count for p in extra) if extra else named[0].count
        if rate is None:
            raise EditError(f"The rate of the ports {name} of {key} is unknown.")
        shapes.add((name, count, rate))
    if len(shapes) > 1:
        text = " and ".join(f"{count} x {rate:g} Gb/s {name}" for name, count, rate in sorted(shapes))
        raise EditError(f"The hosts differ in their ports ({text}); a fabric joins hosts that are alike.")
    name, count, rate = shapes.pop()
    return Hosts(tuple(dict.fromkeys(ids)), name, count, rate)


def _switch(catalogue: Catalogue, profile_id: str) -> System:
    profile = catalogue.find(profile_id)
    if not isinstance(profile, System) or profile.system_kind not in ("switch", "ocs"):
        raise EditError(f"{profile_id} is no switch of the catalogue.")
    return profile


def _switch_ports(switch: System) -> Any:
    group = next((g for g in switch.port_groups if g.role == "switch"), None)
    if group is None:
        raise EditError(f"The ports of {switch.id} are unknown.")
    return group


def _unplug(edit: Transaction, hosts: Hosts) -> None:
    own = set(hosts.ids)
    for key, link in list(edit.document.table("links").items()):
        if (link.a in own and link.a_port == hosts.group) or (link.b in own and link.b_port == hosts.group):
            edit.remove("links", key)


def _check_free(edit: Transaction, hosts: Hosts, made: Topology) -> None:
    """A port takes one cable: hosts whose group is in use are refused."""
    own, used = set(hosts.ids), dict.fromkeys(hosts.ids, 0)
    for link in edit.document.table("links").values():
        for end, port in ((link.a, link.a_port), (link.b, link.b_port)):
            if end in own and port == hosts.group:
                used[end] += link.count
    busy = next((key for key, count in used.items() if count), None)
    if busy is not None and made.wires:
        text = f"{busy} has {used[busy]} of its {hosts.ports} ports {hosts.group} in use"
        raise EditError(f"{text}; take these links out first, or replace them.")


class _Room:
    """Hands out rack units: those of given cabinets from the top, then of new ones."""

    def __init__(self, edit: Transaction, order: GenerateFabric, units: int) -> None:
        self.edit, self.order, self.units = edit, order, units
        self._slots = self._given()
        self._left: list[tuple[str, int]] = []
        self._spots: Iterator[tuple[int, int]] | None = None
        self._number = 0

    def next(self) -> tuple[str, int]:
        """Rack and lowest unit of the next place for a switch."""
        found = next(self._slots, None)
        if found is not None:
            return found
        if not self._left:
            self._left = self._new()
        return self._left.pop(0)

    def _given(self) -> Iterator[tuple[str, int]]:
        order, document = self.order, self.edit.document
        for key in order.into:
            rack = document.table("racks").get(key)
            frame = order.catalogue.find(rack.profile) if rack is not None else None
            if not isinstance(frame, Frame) or not frame.unit_count:
                raise EditError(f"{key} is no cabinet with free rack units.")
            taken: set[int] = set()
            for device in document.table("devices").values():
                if device.rack == key:
                    part = order.catalogue.find(device.profile)
                    high = ceil(getattr(part, "rack_units", None) or 1)
                    taken.update(range(device.u, device.u + high))
            yield from ((key, unit) for unit in self._free(frame.unit_count, taken))

    def _free(self, top: int, taken: set[int]) -> list[int]:
        out: list[int] = []
        unit = top - self.units + 1
        while unit >= 1 and not (self.order.switches_a_rack and len(out) >= self.order.switches_a_rack):
            if taken.isdisjoint(range(unit, unit + self.units)):
                out.append(unit)
                unit -= self.units
            else:
                unit -= 1
        return out

    def _new(self) -> list[tuple[str, int]]:
        order, edit = self.order, self.edit
        frame = order.catalogue.find(order.frame)
        if not isinstance(frame, Frame) or not frame.unit_count or not frame.width_mm or not frame.depth_mm:
            given = f" beyond those of {', '.join(order.into)}" if order.into else ""
            raise EditError(f"There are not enough rack units{given}; name a cabinet of known size for the others.")
        hall = order.hall or next(iter(sorted(edit.document.table("halls"))), "")
        if hall not in edit.document.table("halls"):
            raise EditError(f"There is no hall {hall or 'in the plan'} to place cabinets in.")
        if self._spots is None:
            self._spots = _free_spots(edit.document, order, hall, frame)
        spot = next(self._spots, None)
        if spot is None:
            raise EditError(f"The hall {hall} has no room for {self._number + 1} new cabinets.")
        self._number += 1
        key = f"{order.prefix}-r{self._number:02d}"
        if key in edit.document.ids():
            raise EditError(f"The id {key} is already used; choose another prefix.")
        edit.put(
            "racks",
            Rack(
                id=key, hall=hall, x_mm=spot[0], y_mm=spot[1], rotation_deg=order.rotation_deg % 360,
                profile=order.frame, row=order.prefix,
            ),
        )  # fmt: skip
        slots = self._free(frame.unit_count, set())
        if not slots:
            raise EditError(f"A cabinet of {frame.unit_count} units is too low for a switch of {self.units}.")
        return [(key, unit) for unit in slots]


def _free_spots(document: Any, order: GenerateFabric, hall: str, frame: Frame) -> Iterator[tuple[int, int]]:
    """Centres for cabinets: side by side from the given point, or wherever nothing stands, row by row."""
    wide, deep = round(frame.width_mm or 0), round(frame.depth_mm or 0)
    room = document.table("halls")[hall]
    whole = Rect(0, 0, room.width_mm, room.depth_mm)
    blocks = _Blocks(document, order.catalogue, hall)
    turn = order.rotation_deg % 360
    across = footprint_bounds(0, 0, wide, deep, turn)
    pitch_x, pitch_y = round(across.right - across.left), round(across.top - across.bottom)

    def is_free(x: int, y: int) -> bool:
        here = footprint_bounds(x, y, wide, deep, turn)
        return whole.contains(here) and blocks.free(here)

    if order.x_mm is not None and order.y_mm is not None:
        # Rows of at most twenty with an aisle as deep as two cabinets between them; what is in the way is passed over.
        for row in range(1000):
            for place in range(ROW_RACKS):
                spot = order.x_mm + place * pitch_x, order.y_mm + row * 3 * pitch_y
                if is_free(*spot):
                    yield spot
            if order.y_mm + row * 3 * pitch_y > room.depth_mm:
                return
        return
    for y in range(pitch_y // 2, room.depth_mm, STEP_MM):
        x = pitch_x // 2
        while x < room.width_mm:
            if is_free(x, y):
                blocks.add(footprint_bounds(x, y, wide, deep, turn))
                yield x, y
                x += pitch_x
            else:
                x += STEP_MM


class _Blocks:
    """What stands in a hall, by cells of 2 m, so that looking for room does not ask every object."""

    CELL_MM = 2000

    def __init__(self, document: Any, catalogue: Catalogue, hall: str) -> None:
        self.cells: dict[tuple[int, int], list[Rect]] = {}
        for table in ("racks", "cooling", "power"):
            for record in document.table(table).values():
                if record.hall == hall:
                    part = catalogue.find(record.profile)
                    width, depth = getattr(part, "width_mm", None) or 600, getattr(part, "depth_mm", None) or 1200
                    self.add(footprint_bounds(record.x_mm, record.y_mm, width, depth, record.rotation_deg))
        for table in ("columns", "zones"):
            for record in document.table(table).values():
                if record.hall == hall:
                    self.add(
                        footprint_bounds(
                            record.x_mm, record.y_mm, record.width_mm, record.depth_mm, record.rotation_deg
                        )
                    )

    def _of(self, box: Rect) -> Iterator[tuple[int, int]]:
        for i in range(int(box.left // self.CELL_MM), int(box.right // self.CELL_MM) + 1):
            for j in range(int(box.bottom // self.CELL_MM), int(box.top // self.CELL_MM) + 1):
                yield i, j

    def add(self, box: Rect) -> None:
        """Something more stands here."""
        for cell in self._of(box):
            self.cells.setdefault(cell, []).append(box)

    def free(self, box: Rect) -> bool:
        """True when nothing stands in the box."""
        return not any(box.overlaps(other) for cell in self._of(box) for other in self.cells.get(cell, ()))


Summary = dict[Literal["switches", "cables", "bisection_gbps", "hosts"], float]


def outline(order: GenerateFabric, document: Any) -> Summary:
    """What a command would build, for a dialog: switches, cables, hosts and bisection [Gb/s]. Raises EditError."""
    hosts = find_hosts(document, order.catalogue, order.hosts, order.group)
    made = order.topology(hosts)
    cables = sum(wire.count for wire in made.wires)
    out: Summary = {"switches": len(made.switches), "cables": cables, "hosts": len(hosts.ids)}
    if made.bisection is not None:
        out["bisection_gbps"] = made.bisection * hosts.rate_gbps
    return out


def plain_paths(paths: Sequence[LightPath]) -> list[dict[str, Any]]:
    """Light paths as plain data."""
    return [msgspec.to_builtins(path) for path in paths]
