"""Failures of the supplies inside racks and servers, by class: alike ones behave alike and are counted once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.compile.series import chains_of
from infraplanner.results.outages import SupplyClass
from infraplanner.units import KILO

Floats = NDArray[np.float64]
TOPIC = "rack_supply"


def supply_classes(compiled: Compiled, body_w: Floats) -> tuple[SupplyClass, ...]:
    """One row a system of the plan whose supplies are known, in the order of their ids.

    With n equal supplies of P_u and a box that may draw P: n - ceil(P / P_u) are spare; without one of them, or without
    those on one of two sides, the rest carries (n - k) P_u. Worked: a DGX H100 of 10.2 kW with six of 3.3 kW needs four,
    so two are spare; three on one side carry 9.9 kW, which is 0.3 kW short. A rack on one side alone has no half to go on
    with: it goes dark, which is another failure's figure.
    """
    bodies, systems = compiled.bodies, compiled.parts.systems
    two_sided = _two_sided(compiled)
    found = []
    for record in chains_of(compiled.parts.catalogue, TOPIC):
        names: list[str] = record.data["systems"]  # type: ignore[assignment]
        count, unit_w = _number(record.data["count"]), _number(record.data["unit_kw"]) * KILO
        for code, system in enumerate(systems):
            rows = np.flatnonzero((bodies.system == code) & (bodies.rack >= 0))
            if system.id not in names or not rows.size or system.power_max_w is None:
                continue
            most = system.power_max_w
            drawn = float(np.nanmax(body_w[rows], initial=0.0))
            left, side = (count - 1.0) * unit_w, math.floor(0.5 * count) * unit_w
            split = two_sided[bodies.rack[rows]]
            halved = float(np.nanmax(body_w[rows][split], initial=0.0))
            found.append(
                SupplyClass(
                    system=system.id,
                    what=str(record.data["label"]),
                    ids=_ids(compiled, rows),
                    boxes=int(rows.size),
                    count=int(count),
                    unit_w=unit_w,
                    spare=int(count - math.ceil(most / unit_w - 1e-9)),
                    short_w=max(0.0, drawn - left),
                    short_nameplate_w=max(0.0, most - left),
                    side_short_w=max(0.0, halved - side),
                    side_short_nameplate_w=max(0.0, most - side) if split.any() else 0.0,
                    two_sided=int(split.sum()),
                )
            )
    return tuple(sorted(found, key=lambda row: row.system))


def _two_sided(compiled: Compiled) -> NDArray[np.bool_]:
    """Racks with feeds of side A and of side B."""
    chain, racks = compiled.chain, len(compiled.tables["racks"])
    fed = np.repeat(np.arange(racks), np.diff(chain.load_start[: racks + 1]))
    side = chain.load_side[: fed.size]
    held = [np.bincount(fed[side == number], minlength=racks) > 0 for number in (1, 2)]
    return np.logical_and(*held)


def _ids(compiled: Compiled, rows: NDArray[np.int64]) -> tuple[str, ...]:
    """Ids of the racks or devices that the bodies are."""
    racks, devices = compiled.tables["racks"].ids, compiled.tables["devices"].ids
    nodes = compiled.bodies.node[rows].tolist()
    return tuple(racks[node] if node < len(racks) else devices[node - len(racks)] for node in nodes)


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
