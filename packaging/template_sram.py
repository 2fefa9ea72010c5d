"""sram-row: GPUs beside three kinds of accelerators that keep a model in on-chip memory, in one row."""

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
    Waiver,
    Workload,
    Zone,
)

HALL = "row"
ROW_Y_MM = 4000
ROW_START_MM = 6000
# Left to right: GPU cabinets, switches, a rack of LPUs, cards with memory beside their logic, a wafer and its CDU.
ROW = (
    ("A01", "eia-48u-dgx-700x1200", 700),
    ("ir-1", "inrow-cw", 600),
    ("A02", "eia-48u-dgx-700x1200", 700),
    ("N01", "eia-48u-dgx-700x1200", 700),
    ("ir-2", "inrow-cw", 600),
    ("B01", "groqrack", 600),
    ("ir-3", "inrow-cw", 600),
    ("B02", "eia-48u-dgx-700x1200", 700),
    ("ir-4", "inrow-cw", 600),
    ("B03", "eia-48u-dgx-700x1200", 700),
    ("cdu-1", "cdu-xdu450", 900),
)
RACKS = [name for name, _, _ in ROW if name[0] in "ABN"]
UNITS = [name for name, _, _ in ROW if name[0] not in "ABN"]


def sram_row() -> Document:
    """One small model on three SRAM-centric systems, a large one on GPUs beside them, a sparse one on processors."""
    bag = Bag()
    _room(bag)
    _row(bag)
    _fabric(bag)
    _power(bag)
    _plant(bag)
    _classes(bag)
    _pools(bag)
    return bag.document()


def _classes(bag: Bag) -> None:
    """What the pools serve by themselves, and classes that are routed over all pools by what they need."""
    bag.add(
        Workload(id="chat", name="Chat", profile="chat-1k-1k"),
        Workload(
            id="answers",
            name="Answers with thought",
            kind="generative",
            profile="chat-1k-1k",
            complexity_b=60.0,
            offered_requests_per_s=30.0,
            pattern="diurnal-consumer",
        ),
        Workload(
            id="agents",
            name="Agents at work",
            kind="agentic",
            profile="agent-32k-1k",
            complexity_b=60.0,
            offered_requests_per_s=1.0,
            pattern="office-hours",
        ),
        Workload(
            id="robots",
            name="Robots on the floor",
            kind="physical",
            input_tokens=256,
            output_tokens=64,
            complexity_b=7.0,
            deterministic=True,
            ttft_limit_s=0.05,
            tpot_limit_s=0.005,
            offered_requests_per_s=100.0,
        ),
        Workload(
            id="nightly",
            name="Nightly summaries",
            kind="batch",
            profile="batch-offline",
            complexity_b=7.0,
            offered_requests_per_s=20.0,
        ),
        Workload(
            id="digests",
            name="Digests of the day",
            kind="batch",
            profile="batch-offline",
            complexity_b=25.0,
            offered_requests_per_s=8.0,
            pattern="office-hours",
        ),
        Workload(id="background", name="Background work", profile="batch-offline"),
        Workload(id="fast", name="Fast chat", input_tokens=1024, output_tokens=512, tpot_limit_s=0.005),
    )


def _pools(bag: Bag) -> None:
    """A pool a kind of part, what is known to be missing, and two scenarios."""
    bag.add(
        Pool(id="gpu", name="GPUs", model="llama3.1-70b", workload="chat", weights="auto"),
        Pool(id="lpu", name="LPUs", model="llama3.1-8b", workload="fast", weights="int8"),
        Pool(id="cards", name="Digital in-memory cards", model="llama3.1-8b", workload="fast", weights="fp8"),
        Pool(id="wafer", name="Wafer", model="llama3.1-8b", workload="fast", weights="bf16"),
        Pool(id="processors", name="Processors", model="qwen3-30b-a3b", workload="background", weights="int8"),
        Waiver(
            id="cards-price",
            rule="price.no-accelerator",
            target="cards-1",
            reason="The maker names prices on request only; capital stays open until an offer is at hand.",
        ),
        Waiver(
            id="wafer-rate",
            rule="pool.not-predicted",
            target="wafer",
            reason="The maker states no dense compute rate; the rack stands here for its power, heat and space.",
        ),
        Scenario(
            id="drafts",
            name="Three drafted tokens a step on GPUs",
            patches=(ScenarioPatch(target="gpu", field="draft_tokens", value=3),),
        ),
        Scenario(
            id="pruned",
            name="A quarter of the small model pruned away",
            patches=tuple(ScenarioPatch(target=key, field="pruned_frac", value=0.25) for key in ("cards", "lpu")),
        ),
    )


def _room(bag: Bag) -> None:
    bag.add(
        Site(id="site", name="Trial site", region="us-virginia", altitude_m=120.0, price_year=2026),
        Hall(
            id=HALL,
            name="Row of many kinds",
            width_mm=20_000,
            depth_mm=9000,
            height_mm=3600,
            floor_rating_kg_per_m2=1500.0,
            design_density_w_per_m2=1500.0,
            containment="hot",
            supply_air_c=24.0,
        ),
        Zone(id="power-room", name="Power room", hall=HALL, x_mm=2200, y_mm=4500, width_mm=4400, depth_mm=9000),
        Zone(id="plant", name="Plant yard", hall=HALL, x_mm=17_700, y_mm=4500, width_mm=4600, depth_mm=9000),
        Zone(
            id="cold-1", name="Cold aisle", hall=HALL, x_mm=9700, y_mm=2500, width_mm=7400, depth_mm=1800,
            kind="cold_aisle",
        ),
        Zone(
            id="hot-1", name="Hot aisle, contained", hall=HALL, x_mm=9700, y_mm=5350, width_mm=7400, depth_mm=1500,
            kind="hot_aisle",
        ),
        Door(id="door-1", hall=HALL, x_mm=12_800, y_mm=0, width_mm=1200, height_mm=2400),
        Door(id="door-2", hall=HALL, x_mm=3600, y_mm=0, width_mm=1200, height_mm=2400),
        Tray(id="tray-1", hall=HALL, points_mm=((ROW_START_MM, ROW_Y_MM), (13_400, ROW_Y_MM)), elevation_mm=2500),
    )  # fmt: skip


def _row(bag: Bag) -> None:
    x = ROW_START_MM
    for name, profile, width in ROW:
        at = x + width // 2
        x += width
        if name == "cdu-1":
            bag.add(
                Cooling(
                    id=name, hall=HALL, x_mm=at, y_mm=ROW_Y_MM, profile=profile, loop="tcs", source_loop="chw"
                )
            )  # fmt: skip
        elif name in UNITS:
            bag.add(Cooling(id=name, hall=HALL, x_mm=at, y_mm=ROW_Y_MM, profile=profile, source_loop="chw"))
        else:
            wet = {"loop": "tcs"} if name == "B03" else {}
            served = {"pool": "lpu"} if name == "B01" else {}
            bag.add(Rack(id=name, hall=HALL, x_mm=at, y_mm=ROW_Y_MM, profile=profile, row="A", **wet, **served))
    for number in (1, 2):
        bag.add(
            Device(id=f"cards-{number}", rack="B02", profile="corsair-server", u=2 + 6 * (number - 1), pool="cards")
        )
    for number in range(1, 5):
        bag.add(Device(id=f"cpu-{number}", rack="B02", profile="xeon6-2s", u=17 + 3 * number, pool="processors"))
    bag.add(Device(id="wafer-1", rack="B03", profile="cs3", u=2, pool="wafer"))


def _fabric(bag: Bag) -> None:
    """Two leaves and a spine for the GPUs; the other kinds have their own links inside."""
    for number, unit in (("1", 40), ("2", 38)):
        bag.add(Device(id=f"leaf-{number}", rack="N01", profile="qm9700", u=unit))
        bag.link(f"leaf-{number}", "spine-1", 400.0, 16, "ports", "ports")
    bag.add(
        Device(id="spine-1", rack="N01", profile="qm9700", u=36),
        Device(id="mgmt-1", rack="N01", profile="sn2201", u=42),
    )
    for number in range(1, 5):
        name = f"dgx-{number}"
        bag.add(
            Device(
                id=name, rack="A01" if number < 3 else "A02", profile="dgx-h200", u=2 if number % 2 else 14, pool="gpu"
            )
        )
        for leaf in ("leaf-1", "leaf-2"):
            bag.link(name, leaf, 400.0, 4, "compute", "ports")
        bag.add(Port(id=f"{name}-management", owner=name, group="management", count=2, rate_gbps=1.0))
        bag.link(name, "mgmt-1", 1.0, 2, "management", "ports")


def _power(bag: Bag) -> None:
    def node(key: str, name: str, x: int, y: int, profile: str, rating: float, side: str = "") -> PowerNode:
        return PowerNode(
            id=key, name=name, hall=HALL, x_mm=x, y_mm=y, profile=profile, rating_kw=rating,
            side=side,  # type: ignore[arg-type]
        )  # fmt: skip

    bag.add(
        node("utility", "Utility", 2000, 700, "utility-connection", 500.0),
        node("tx-1", "Transformer", 2000, 2200, "tx-mv-liquid-1000", 500.0),
        node("lv-1", "Switchboard", 2200, 3900, "switchgear-lv", 500.0),
        node("ups-a", "UPS A", 2000, 5600, "ups-modern-dc", 200.0, "a"),
        node("ups-b", "UPS B", 2000, 7300, "ups-modern-dc", 200.0, "b"),
        node("rpp-a", "Panel A", 5400, ROW_Y_MM, "pdu-rpp", 200.0, "a"),
        node("rpp-b", "Panel B", 14_100, ROW_Y_MM, "pdu-rpp", 200.0, "b"),
    )
    bag.feed("utility", "tx-1")
    bag.feed("tx-1", "lv-1")
    for side in ("a", "b"):
        bag.feed("lv-1", f"ups-{side}", side)
        bag.feed(f"ups-{side}", f"rpp-{side}", side)
        for name in (*RACKS, *UNITS):
            bag.feed(f"rpp-{side}", name, side)
    for chiller in ("ch-1", "ch-2"):
        bag.feed("lv-1", chiller)


def _plant(bag: Bag) -> None:
    """Two chillers of which one carries the room; the wafer's loop hangs on the chilled water by a CDU."""
    bag.add(
        Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=15.0, rise_k=6.0),
        Loop(id="tcs", name="Technology loop", fluid="pg25", supply_c=20.0, rise_k=10.0),
        Cooling(id="ch-1", name="Chiller 1", hall=HALL, x_mm=17_800, y_mm=2200, profile="chiller-air-200", loop="chw"),
        Cooling(
            id="ch-2", name="Chiller 2", hall=HALL, x_mm=17_800, y_mm=5200, profile="chiller-air-200", loop="chw",
            standby=True,
        ),
        Pipe(id="chw-s", hall=HALL, points_mm=((16_000, 6400), (ROW_START_MM, 6400)), loop="chw", dn_mm=80),
        Pipe(
            id="chw-r", hall=HALL, points_mm=((16_000, 6700), (ROW_START_MM, 6700)), loop="chw", dn_mm=80, side="return"
        ),
    )  # fmt: skip
