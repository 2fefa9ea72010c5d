"""Thermal figures of `bench`, in a process of their own: a hall of 8,000 air-cooled racks, 1,000 racks on liquid loops,
and a plant year. JSON on stdout.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.engine.measure_thermal import air_times, loop_times, network_ms, year_ms
from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, Hall, Loop, Rack, Site, Zone

from .generate import generate_plan

TILE_MM = 600
SIDE_CELLS, ROW_RACKS, PITCHES, PITCH_MM = 192, 168, 24, 4800
UNITS_A_SIDE = 24
CHILLERS = 36
"""Of 3.5 MW each, for 113 MW of racks."""


def _rack(key: str, x_mm: int, y_mm: int, turn: int) -> Rack:
    return Rack(id=key, hall="hall", profile="cpu-rack", x_mm=x_mm, y_mm=y_mm, rotation_deg=turn)


def air_hall() -> Document:
    """A square raised-floor hall of 192 by 192 tiles with 8,064 racks in 48 rows: 4.8 m a pair of rows, air units along two
    walls that draw from a ceiling plenum.
    """
    side = SIDE_CELLS * TILE_MM
    hall = Hall(id="hall", width_mm=side, depth_mm=side, raised_floor_mm=600, supply_air_c=22.0)
    records: dict[str, list[Any]] = {
        "site": [Site(id="site")],
        "halls": [hall, Hall(id="yard", width_mm=side, depth_mm=20_000)],
        "loops": [Loop(id="chw", kind="facility", fluid="water", supply_c=16.0, rise_k=6.0)],
        "racks": [], "zones": [],
        "cooling": [
            Cooling(id=f"ch{k:02d}", hall="yard", x_mm=3000 * (k + 1), y_mm=9000, profile="chiller-water", loop="chw")
            for k in range(CHILLERS)
        ],
    }  # fmt: skip
    first = (side - ROW_RACKS * TILE_MM) // 2 + TILE_MM // 2
    for pitch in range(PITCHES):
        low = pitch * PITCH_MM
        records["racks"] += [
            _rack(f"r{pitch:02d}a{k:03d}", first + k * TILE_MM, low + 1200, 0) for k in range(ROW_RACKS)
        ]
        records["racks"] += [
            _rack(f"r{pitch:02d}b{k:03d}", first + k * TILE_MM, low + 3600, 180) for k in range(ROW_RACKS)
        ]
        at: dict[str, Any] = {"hall": "hall", "x_mm": side // 2, "width_mm": ROW_RACKS * TILE_MM}
        records["zones"] += [
            Zone(id=f"cold{pitch:02d}", kind="cold_aisle", y_mm=low + 300, depth_mm=600, **at),
            Zone(id=f"hot{pitch:02d}", kind="hot_aisle", y_mm=low + 2400, depth_mm=1200, **at),
            Zone(id=f"far{pitch:02d}", kind="cold_aisle", y_mm=low + 4500, depth_mm=600, **at),
        ]
    for k in range(2 * UNITS_A_SIDE):
        left = k % 2 == 0
        records["cooling"].append(Cooling(
            id=f"u{k:02d}", hall="hall", x_mm=900 if left else side - 900, y_mm=2400 + 4800 * (k // 2),
            rotation_deg=90 if left else 270, profile="crac-stulz-cyberair3", source_loop="chw",
        ))  # fmt: skip
    tables = {name: {record.id: record for record in rows} for name, rows in records.items()}
    return Document(tables)


def measure(catalog: Catalog) -> dict[str, Any]:
    """Air field, loops and year."""
    plan = generate_plan(1000)
    return {
        "air": asdict(air_times(air_hall().snapshot(), catalog)),
        "loops": loop_times(plan.snapshot(), catalog),
        "network_ms": network_ms(),
        "year_ms": year_ms(plan.snapshot(), catalog),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(load_catalog())))
