"""h100-pilot: four air-cooled racks of two DGX H100 each, one row, fat tree, UPS, a served 70B model."""

from __future__ import annotations

from template_parts import Bag

from infraplanner.model.document import Document
from infraplanner.model.entities import (
    Cooling,
    Device,
    Door,
    Hall,
    Loop,
    Pipe,
    Pool,
    Port,
    PowerNode,
    Rack,
    Scenario,
    ScenarioPatch,
    Site,
    Tray,
    Workload,
    Zone,
)

HALL = "pilot"
# The row, left to right: cabinets of 700 mm, in-row coolers of 600 mm between them, the switches in the middle.
ROW_Y_MM = 4000
ROW_START_MM = 6000
ROW = ("A01", "ir-1", "A02", "A03", "ir-2", "A04", "A05", "ir-3")
NETWORK = "A03"
WIDTH_MM = {"rack": 700, "cooler": 600}


def h100_pilot() -> Document:
    """The newcomer's first plan."""
    bag = Bag()
    _room(bag)
    _row(bag)
    _fabric(bag)
    _power(bag)
    _plant(bag)
    bag.add(
        Workload(id="chat", name="Chat", profile="chat-1k-1k"),
        Pool(id="llama-70b", name="Llama 70B", model="llama3.1-70b", workload="chat", weights="fp8", kv="fp8", tp=8),
    )
    _scenarios(bag)
    return bag.document()


def _scenarios(bag: Bag) -> None:
    """The same room with the next memory generation, and the same machines with the cache in full width."""
    servers = [
        key for key, record in sorted(bag.tables["devices"].items()) if getattr(record, "profile", "") == "dgx-h100"
    ]
    newer = [ScenarioPatch(target=key, field="profile", value="dgx-h200") for key in servers]
    bag.add(
        Scenario(id="h200", name="H200 instead of H100", patches=tuple(newer)),
        Scenario(
            id="wide-cache",
            name="KV cache in bf16",
            patches=(ScenarioPatch(target="llama-70b", field="kv", value="bf16"),),
        ),
    )


def _room(bag: Bag) -> None:
    bag.add(
        Site(id="site", name="Pilot site", region="us-virginia", altitude_m=120.0, price_year=2026),
        Hall(
            id=HALL,
            name="Pilot room",
            width_mm=18_000,
            depth_mm=9000,
            height_mm=3600,
            floor_rating_kg_per_m2=1500.0,
            design_density_w_per_m2=1500.0,
            containment="hot",
            supply_air_c=24.0,
        ),
        Zone(id="power-room", name="Power room", hall=HALL, x_mm=2200, y_mm=4500, width_mm=4400, depth_mm=9000),
        Zone(id="plant", name="Plant yard", hall=HALL, x_mm=15_700, y_mm=4500, width_mm=4600, depth_mm=9000),
        Zone(
            id="cold-1",
            name="Cold aisle",
            hall=HALL,
            x_mm=8650,
            y_mm=2500,
            width_mm=5300,
            depth_mm=1800,
            kind="cold_aisle",
        ),
        Zone(
            id="hot-1",
            name="Hot aisle, contained",
            hall=HALL,
            x_mm=8650,
            y_mm=5350,
            width_mm=5300,
            depth_mm=1500,
            kind="hot_aisle",
        ),
        Door(id="door-1", hall=HALL, x_mm=11_800, y_mm=0, width_mm=1200, height_mm=2400),
        Door(id="door-2", hall=HALL, x_mm=3600, y_mm=0, width_mm=1200, height_mm=2400),
        Tray(id="tray-1", hall=HALL, points_mm=((ROW_START_MM, ROW_Y_MM), (11_300, ROW_Y_MM)), elevation_mm=2500),
    )


def _row(bag: Bag) -> None:
    x = ROW_START_MM
    for name in ROW:
        cooler = name.startswith("ir-")
        width = WIDTH_MM["cooler" if cooler else "rack"]
        at = x + width // 2
        x += width
        if cooler:
            bag.add(Cooling(id=name, hall=HALL, x_mm=at, y_mm=ROW_Y_MM, profile="inrow-cw", source_loop="chw"))
            continue
        bag.add(Rack(id=name, hall=HALL, x_mm=at, y_mm=ROW_Y_MM, profile="eia-48u-dgx-700x1200", row="A"))


def _fabric(bag: Bag) -> None:
    """Two-level fat tree: 32 ports down and 32 up on each leaf, one spine."""
    for number, unit in (("1", 40), ("2", 38)):
        bag.add(Device(id=f"leaf-{number}", rack=NETWORK, profile="qm9700", u=unit))
        bag.link(f"leaf-{number}", "spine-1", 400.0, 32, "ports", "ports")
    bag.add(
        Device(id="spine-1", rack=NETWORK, profile="qm9700", u=36),
        Device(id="mgmt-1", rack=NETWORK, profile="sn2201", u=42),
    )
    racks = [name for name in ROW if name.startswith("A") and name != NETWORK]
    for number in range(1, 9):
        name = f"dgx-{number}"
        bag.add(
            Device(
                id=name, rack=racks[(number - 1) // 2], profile="dgx-h100", u=2 if number % 2 else 14, pool="llama-70b"
            )
        )
        for leaf in ("leaf-1", "leaf-2"):
            bag.link(name, leaf, 400.0, 4, "compute", "ports")
        bag.add(Port(id=f"{name}-management", owner=name, group="management", count=2, rate_gbps=1.0))
        bag.link(name, "mgmt-1", 1.0, 2, "management", "ports")


def _power(bag: Bag) -> None:
    bag.add(
        PowerNode(
            id="utility", name="Utility", hall=HALL, x_mm=2000, y_mm=700, profile="utility-connection", rating_kw=400.0
        ),
        PowerNode(
            id="tx-1", name="Transformer", hall=HALL, x_mm=2000, y_mm=2200, profile="tx-mv-liquid-1000", rating_kw=400.0
        ),
        PowerNode(
            id="lv-1", name="Switchboard", hall=HALL, x_mm=2200, y_mm=3900, profile="switchgear-lv", rating_kw=400.0
        ),
        PowerNode(
            id="ups-a",
            name="UPS A",
            hall=HALL,
            x_mm=2000,
            y_mm=5600,
            profile="ups-modern-dc",
            rating_kw=160.0,
            side="a",
        ),
        PowerNode(
            id="ups-b",
            name="UPS B",
            hall=HALL,
            x_mm=2000,
            y_mm=7300,
            profile="ups-modern-dc",
            rating_kw=160.0,
            side="b",
        ),
        PowerNode(
            id="rpp-a",
            name="Panel A",
            hall=HALL,
            x_mm=5400,
            y_mm=ROW_Y_MM,
            profile="pdu-rpp",
            rating_kw=160.0,
            side="a",
        ),
        PowerNode(
            id="rpp-b",
            name="Panel B",
            hall=HALL,
            x_mm=11_900,
            y_mm=ROW_Y_MM,
            profile="pdu-rpp",
            rating_kw=160.0,
            side="b",
        ),
    )
    bag.feed("utility", "tx-1")
    bag.feed("tx-1", "lv-1")
    for side in ("a", "b"):
        bag.feed("lv-1", f"ups-{side}", side)
        bag.feed(f"ups-{side}", f"rpp-{side}", side)
        for name in ROW:
            bag.feed(f"rpp-{side}", name, side)
    for chiller in ("ch-1", "ch-2"):
        bag.feed("lv-1", chiller)


def _plant(bag: Bag) -> None:
    """Two chillers of which one carries the room; water warm enough to stay above the dew point."""
    bag.add(
        Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=16.0, rise_k=6.0),
        Cooling(id="ch-1", name="Chiller 1", hall=HALL, x_mm=15_800, y_mm=2200, profile="chiller-air-200", loop="chw"),
        Cooling(
            id="ch-2",
            name="Chiller 2",
            hall=HALL,
            x_mm=15_800,
            y_mm=5200,
            profile="chiller-air-200",
            loop="chw",
            standby=True,
        ),
        Pipe(id="chw-s", hall=HALL, points_mm=((14_000, 6400), (ROW_START_MM, 6400)), loop="chw", dn_mm=80),
        Pipe(
            id="chw-r", hall=HALL, points_mm=((14_000, 6700), (ROW_START_MM, 6700)), loop="chw", dn_mm=80, side="return"
        ),
    )
