"""Air-cooled halls for the tests: rows back to back over a raised floor, CRAHs along the walls."""

from __future__ import annotations

from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, Hall, Loop, Rack, Zone
from tests.engine.halls import add

ROW = 12
RACK_KW = 32.0


def air_hall(crahs: int = 8, containment: str = "none", raised: int = 600, profile: str = "crah-cw") -> Document:
    """Two pairs of rows of 12 racks of four air-cooled servers (32 kW typical each), 24 m by 16.8 m."""
    doc = Document()
    add(
        doc, "halls",
        Hall(id="hall", width_mm=24000, depth_mm=16800, containment=containment, supply_air_c=22.0, raised_floor_mm=raised),
    )  # fmt: skip
    add(doc, "loops", Loop(id="chw", kind="facility", fluid="water", supply_c=16.0, rise_k=6.0))
    for pair in range(2):
        y = 3600 + 6000 * pair
        for k in range(ROW):
            x = 8700 + 600 * k
            at = {"hall": "hall", "x_mm": x, "profile": "dgx-h100-rack4"}
            add(doc, "racks", Rack(id=f"r{pair}a{k:02d}", y_mm=y + 600, **at))
            add(doc, "racks", Rack(id=f"r{pair}b{k:02d}", y_mm=y + 3000, rotation_deg=180, **at))
        middle = 8400 + 300 * ROW
        for name, at, kind in (
            ("cold0", -600, "cold_aisle"),
            ("hot", 1800, "hot_aisle"),
            ("cold1", 4200, "cold_aisle"),
        ):
            size = {"width_mm": 600 * ROW, "depth_mm": 1200}
            add(doc, "zones", Zone(id=f"{name}-{pair}", hall="hall", x_mm=middle, y_mm=y + at, kind=kind, **size))
    for k in range(crahs):
        left = k % 2 == 0
        add(doc, "cooling", Cooling(
            id=f"crah{k}", hall="hall", x_mm=900 if left else 23100, y_mm=1400 + 2800 * (k // 2),
            rotation_deg=90 if left else 270, profile=profile, source_loop="chw",
        ))  # fmt: skip
    add(doc, "halls", Hall(id="yard", width_mm=30000, depth_mm=8000))
    for name, x in (("ch", 6000), ("ch2", 18000)):
        add(doc, "cooling", Cooling(id=name, hall="yard", x_mm=x, y_mm=4000, profile="chiller-air", loop="chw"))
    doc.take_changes()
    return doc
