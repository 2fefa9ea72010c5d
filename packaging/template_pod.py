"""nvl72-pod: eight GB200 NVL72 racks, about 1.2 MW, two rows across a contained hot aisle."""

from __future__ import annotations

from template_parts import Bag
from template_pod_plant import cooling, power

from infraplanner.model.document import Document
from infraplanner.model.entities import (
    Column,
    Device,
    Door,
    Hall,
    Pool,
    Port,
    Rack,
    Scenario,
    ScenarioPatch,
    Site,
    Tray,
    Workload,
    Zone,
)

HALL = "hall-1"
GPU, CABINET = "gb200-nvl72", "eia-48u-600x1200"
# Slot by slot from the left; both rows alike, so that every accelerator rack has its leaves beside it.
PROFILES = {
    "A": (GPU, GPU, CABINET, CABINET, GPU, GPU, "storage-flash", "mgmt-rack"),
    "B": (GPU, GPU, CABINET, CABINET, GPU, GPU, "storage-flash", "cpu-rack"),
}
POOLS = {
    "A01": "llama-70b",
    "B01": "llama-70b",
    "A02": "deepseek-prefill",
    "B02": "deepseek-prefill",
    "A05": "deepseek-prefill",
    "A06": "deepseek-decode",
    "B05": "deepseek-decode",
    "B06": "deepseek-decode",
}
# Millimetres: where the racks start, and where their backs stand at the contained aisle.
ROW_X, BACK = 9900, {"A": 6400, "B": 4600}
LEAVES, SPINES = 18, 9


def nvl72_pod() -> Document:
    """The reference pod: power from two utility connections, liquid loops, InfiniBand, two served models."""
    bag = Bag()
    _room(bag)
    _racks(bag)
    _switches(bag)
    _compute_fabric(bag)
    _storage_fabric(bag)
    power(bag, HALL, [f"{row}{slot:02d}" for row in "AB" for slot in range(1, 9)])
    cooling(bag, HALL)
    _serving(bag)
    racks = [
        key for key, record in sorted(bag.tables["racks"].items()) if getattr(record, "profile", "") == "gb200-nvl72"
    ]
    bag.add(
        Scenario(
            id="gb300",
            name="GB300 instead of GB200",
            patches=(
                *(ScenarioPatch(target=key, field="profile", value="gb300-nvl72") for key in racks),
                # Half as many accelerators hold the weights.
                ScenarioPatch(target="deepseek-prefill", field="ep", value=4),
                ScenarioPatch(target="deepseek-prefill", field="dp", value=4),
            ),
        ),
        Scenario(
            id="fp4",
            name="Weights in FP4",
            patches=tuple(
                ScenarioPatch(target=key, field="weights", value="fp4") for key in sorted(bag.tables["pools"])
            ),
        ),
    )
    return bag.document()


def _room(bag: Bag) -> None:
    bag.add(
        Site(id="site", name="Leesburg", region="us-virginia", altitude_m=115.0, price_year=2026),
        Hall(
            id=HALL,
            name="Hall 1",
            width_mm=30_000,
            depth_mm=11_000,
            height_mm=4500,
            floor_rating_kg_per_m2=2500.0,
            design_density_w_per_m2=5000.0,
            containment="hot",
            supply_air_c=25.0,
        ),
        _zone("power-room", "Power room", 3500, 5500, 7000, 11_000, "room"),
        _zone("plant", "Plant yard", 24_650, 5500, 10_300, 11_000, "room"),
        _zone("hot-1", "Hot aisle, contained", 12_300, 5500, 6600, 1800, "hot_aisle"),
        _zone("cold-1", "Cold aisle 1", 12_300, 8500, 6600, 1800, "cold_aisle"),
        _zone("cold-2", "Cold aisle 2", 12_300, 2500, 6600, 1800, "cold_aisle"),
        Column(id="col-1", hall=HALL, x_mm=7600, y_mm=5500, width_mm=500, depth_mm=500),
        Column(id="col-2", hall=HALL, x_mm=16_800, y_mm=3900, width_mm=500, depth_mm=500),
        Door(id="door-1", hall=HALL, x_mm=6200, y_mm=0, width_mm=1200, height_mm=2400),
        Door(id="door-2", hall=HALL, x_mm=16_500, y_mm=0, width_mm=2400, height_mm=3000),
        Tray(id="tray-a", hall=HALL, points_mm=((9600, 6900), (15_000, 6900)), width_mm=600, elevation_mm=2700),
        Tray(id="tray-b", hall=HALL, points_mm=((9600, 4100), (15_000, 4100)), width_mm=600, elevation_mm=2700),
        Tray(id="tray-x", hall=HALL, points_mm=((12_000, 4100), (12_000, 6900)), width_mm=600, elevation_mm=2700),
        Tray(id="busway-a", hall=HALL, points_mm=((8650, 7300), (15_950, 7300)), elevation_mm=3200, tier="power"),
        Tray(id="busway-b", hall=HALL, points_mm=((8650, 3700), (15_950, 3700)), elevation_mm=3200, tier="power"),
    )


def _zone(key: str, name: str, x: int, y: int, width: int, depth: int, kind: str) -> Zone:
    return Zone(id=key, name=name, hall=HALL, x_mm=x, y_mm=y, width_mm=width, depth_mm=depth, kind=kind)  # type: ignore[arg-type]


def _racks(bag: Bag) -> None:
    for row, profiles in PROFILES.items():
        for slot, profile in enumerate(profiles):
            name = f"{row}{slot + 1:02d}"
            half = 534 if profile == GPU else 600
            bag.add(
                Rack(
                    id=name,
                    hall=HALL,
                    x_mm=ROW_X + 300 + 600 * slot,
                    y_mm=BACK[row] + half if row == "A" else BACK[row] - half,
                    rotation_deg=180 if row == "A" else 0,
                    profile=profile,
                    row=row,
                    loop=f"tcs-{row.lower()}" if profile == GPU else "",
                    pool=POOLS.get(name, ""),
                )
            )
            if profile == GPU:
                bag.add(
                    Port(id=f"{name}-frontend", owner=name, group="frontend", count=8, rate_gbps=400.0),
                    Port(id=f"{name}-management", owner=name, group="management", count=32, rate_gbps=1.0),
                )


def _switches(bag: Bag) -> None:
    """Nine leaves in the third cabinet of each row; spines and the two storage switches in the fourth."""
    for number in range(LEAVES):
        rack = "A03" if number < LEAVES // 2 else "B03"
        bag.add(Device(id=f"leaf-{number + 1:02d}", rack=rack, profile="qm9700", u=44 - 2 * (number % (LEAVES // 2))))
    for number in range(SPINES):
        rack, place = ("A04", number) if number < 5 else ("B04", number - 5)
        bag.add(Device(id=f"spine-{number + 1}", rack=rack, profile="qm9700", u=44 - 2 * place))
    for number, unit in ((1, 30), (2, 26)):
        bag.add(Device(id=f"eth-{number}", rack="A04", profile="sn5600", u=unit))


def _compute_fabric(bag: Bag) -> None:
    """Full bisection: every leaf has 32 ports down (four to each accelerator rack) and 32 up over nine spines."""
    for rack in sorted(POOLS):
        for leaf in range(LEAVES):
            bag.link(rack, f"leaf-{leaf + 1:02d}", 400.0, 4, "compute", "ports")
    for leaf in range(LEAVES):
        for spine in range(SPINES):
            # 32 does not divide by nine: five spines get four cables and four get three, turned from leaf to leaf.
            count = 4 if (spine - 5 * leaf) % SPINES < 5 else 3
            bag.link(f"leaf-{leaf + 1:02d}", f"spine-{spine + 1}", 400.0, count, "ports", "ports")


def _storage_fabric(bag: Bag) -> None:
    bag.link("eth-1", "eth-2", 800.0, 8, "ports", "ports")
    for switch in ("eth-1", "eth-2"):
        for rack in sorted(POOLS):
            bag.link(rack, switch, 400.0, 2, "frontend", "ports")
        for rack in ("A07", "B07"):
            bag.link(rack, switch, 400.0, 8, "storage", "ports")
        bag.link("B08", switch, 200.0, 10, "frontend", "ports")
    for rack in sorted(POOLS):
        bag.link(rack, "A08", 1.0, 30, "management", "management")


def _serving(bag: Bag) -> None:
    bag.add(
        Workload(id="chat", name="Chat", profile="chat-1k-1k"),
        Workload(
            id="assist", name="Assistant with documents", profile="chat-1k-1k", input_tokens=3000, output_tokens=1000
        ),
        Pool(id="llama-70b", name="Llama 70B", model="llama3.1-70b", workload="chat"),
        # Pinned: on four accelerators the weights fit by a hair, and a figure at such an edge is no figure.
        Pool(
            id="deepseek-prefill",
            name="DeepSeek prefill",
            model="deepseek-r1",
            workload="assist",
            phase="prefill",
            tp=1,
            ep=8,
            dp=8,
        ),
        Pool(
            id="deepseek-decode",
            name="DeepSeek decode",
            model="deepseek-r1",
            workload="assist",
            phase="decode",
            prefill_pool="deepseek-prefill",
        ),
    )
