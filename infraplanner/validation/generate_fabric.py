"""The cables of a generated hall: accelerator racks to leaves, leaves to spines, storage, management."""

from __future__ import annotations

from collections.abc import Iterator

from infraplanner.model.entities import Device, Link, Rack

_POD_ROWS = 6
_PLANES = 6
_CABLES_TO_LEAF = 12
_CABLES_SHARED = 1
_CABLES_TO_SPINE = 7
_CABLES_BETWEEN_PODS = 4

Bundle = tuple[str, str, float, int, str, str]
"""Ends, rate in Gb/s, cables, and the port groups of the ends."""


class Fabric:
    """Bundles between racks and switches, which can be told apart into as many records as are asked for."""

    def __init__(self, racks: list[tuple[Rack, str]], devices: list[Device]) -> None:
        self.rows: list[dict[str, list[str]]] = []
        switches: dict[str, list[str]] = {}
        for device in devices:
            switches.setdefault(device.rack, []).append(device.id)
        names: dict[str, int] = {}
        for rack, kind in racks:
            row = names.setdefault(rack.row, len(names))
            if row == len(self.rows):
                self.rows.append({})
            ends = switches.get(rack.id, []) if kind in ("leaf", "spine") else [rack.id]
            self.rows[row].setdefault(kind, []).extend(ends)
        self.racks = [rack.id for rack, _ in racks]

    def bundles(self) -> Iterator[Bundle]:
        """All bundles in a fixed order."""
        for index, row in enumerate(self.rows):
            own = row.get("leaf", [])
            # A last row too short for switches of its own shares those of the row before, as far as they have ports.
            shared = self.rows[index - 1].get("leaf", []) if index and not own else []
            yield from self._to_leaves(row, own or shared, _CABLES_TO_LEAF if own else _CABLES_SHARED)
            yield from self._to_spines(index, row)
            yield from self._management(index, row)
        if not any("leaf" in row for row in self.rows):
            for a, b in zip(self.racks, self.racks[1:], strict=False):
                yield a, b, 400.0, 36, "compute", "compute"

    @staticmethod
    def _to_leaves(row: dict[str, list[str]], leaves: list[str], cables: int) -> Iterator[Bundle]:
        if not leaves:
            return
        half = max(1, min(_PLANES, len(leaves)))
        for number, rack in enumerate(row.get("gpu", ())):
            first = (number % 2) * half if len(leaves) >= 2 * half else 0
            for leaf in leaves[first : first + half]:
                yield rack, leaf, 400.0, cables, "compute", "ports"
        for kind, rate, group in (("storage", 400.0, "storage"), ("cpu", 200.0, "frontend")):
            for rack in row.get(kind, ()):
                for leaf in leaves[:4]:
                    yield rack, leaf, rate, 4, group, "ports"

    def _to_spines(self, index: int, row: dict[str, list[str]]) -> Iterator[Bundle]:
        first = index - index % _POD_ROWS
        pod = self.rows[first : first + _POD_ROWS]
        for number, leaf in enumerate(row.get("leaf", ())):
            plane = number % _PLANES
            spines = [other["spine"][plane] for other in pod if plane < len(other.get("spine", ()))]
            # A pod that is not full gives each leaf as many cables over fewer spines.
            cables = _CABLES_TO_SPINE * (_POD_ROWS // max(1, len(spines)))
            for spine in spines:
                yield leaf, spine, 800.0, cables, "ports", "ports"
        after = first + _POD_ROWS + index % _POD_ROWS
        if after < len(self.rows):
            for a, b in zip(row.get("spine", ()), self.rows[after].get("spine", ()), strict=False):
                yield a, b, 800.0, _CABLES_BETWEEN_PODS, "ports", "ports"

    def _management(self, index: int, row: dict[str, list[str]]) -> Iterator[Bundle]:
        homes = row.get("mgmt") or (self.rows[index - 1].get("mgmt", []) if index else [])
        for home in homes:
            for kind in ("gpu", "storage", "cpu"):
                for rack in row.get(kind, ()):
                    yield rack, home, 1.0, 1, "", "management"

    def links(self, count: int) -> Iterator[Link]:
        """`count` link records: bundles, then bundles told apart cable by cable until there are as many as asked."""
        bundles = list(self.bundles())[: max(0, count)]
        spare = count - len(bundles)
        width = len(str(max(count, 1)))
        number = 0
        for a, b, rate, cables, a_port, b_port in bundles:
            pieces = min(cables, 1 + spare)
            spare -= pieces - 1
            for piece in range(pieces):
                number += 1
                share = cables - pieces + 1 if piece == 0 else 1
                yield Link(
                    id=f"L{number:0{width}d}",
                    a=a,
                    b=b,
                    rate_gbps=rate,
                    count=share,
                    a_port=a_port,
                    b_port=b_port,
                )
