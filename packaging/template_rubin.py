"""rubin-800v: four 600 kW racks and two of the generation before on 800 V DC from solid-state transformers, gas turbines on
site, batteries, the grid in reserve. The air permit of the turbines is what power management keeps to.
"""

from __future__ import annotations

from template_parts import Bag

from infraplanner.model.document import Document
from infraplanner.model.entities import (
    Cooling,
    Device,
    Door,
    Feed,
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

HALL = "hall-1"
KYBER, CABINET, LEAF = "kyber-nvl576", "eia-48u-600x1200", "sn5600"
ROW_X, ROW_Y = 29_000, 10_700
RACKS = ("A01", "A02", "A03", "A04")
CABINETS = ("A05", "A06")
VERA, VERA_RACKS, VERA_CABLES = "vr-nvl72", ("A07", "A08"), 32
LEAVES, CABLES = 4, 16
PERMIT_KW = 800.0
"""What the air permit lets the turbines of one side give."""


def rubin_800v() -> Document:
    """An island of its own: turbines in parallel, grid and batteries behind them, two sides of 800 V DC."""
    bag = Bag()
    _room(bag)
    _racks(bag)
    _sources(bag)
    _direct_current(bag)
    _alternating_current(bag)
    _cooling(bag)
    _serving(bag)
    return bag.document()


def _room(bag: Bag) -> None:
    bag.add(
        Site(id="site", name="Leesburg", region="us-virginia", altitude_m=115.0, price_year=2026),
        Hall(
            id=HALL,
            name="Hall 1",
            width_mm=54_000,
            depth_mm=20_000,
            height_mm=5000,
            floor_rating_kg_per_m2=2500.0,
            design_density_w_per_m2=4000.0,
            containment="hot",
            supply_air_c=25.0,
        ),
        Zone(id="yard", name="Generation yard", hall=HALL, x_mm=8000, y_mm=10_000, width_mm=16_000, depth_mm=20_000),
        Zone(id="power-room", name="Power room", hall=HALL, x_mm=20_500, y_mm=10_000, width_mm=9000, depth_mm=20_000),
        Zone(id="plant", name="Plant yard", hall=HALL, x_mm=46_500, y_mm=10_000, width_mm=15_000, depth_mm=20_000),
        Zone(
            id="hot-1",
            name="Hot aisle, contained",
            hall=HALL,
            x_mm=32_600,
            y_mm=12_600,
            width_mm=7200,
            depth_mm=2200,
            kind="hot_aisle",
        ),
        Zone(
            id="cold-1",
            name="Cold aisle",
            hall=HALL,
            x_mm=32_600,
            y_mm=8600,
            width_mm=7200,
            depth_mm=2200,
            kind="cold_aisle",
        ),
        Door(id="door-1", hall=HALL, x_mm=27_000, y_mm=0, width_mm=2400, height_mm=3000),
        Tray(id="tray-a", hall=HALL, points_mm=((28_700, 11_000), (36_300, 11_000)), width_mm=600, elevation_mm=2900),
        Tray(id="busway-a", hall=HALL, points_mm=((25_500, 11_600), (36_300, 11_600)), elevation_mm=3400, tier="power"),
        Tray(id="busway-b", hall=HALL, points_mm=((25_500, 10_000), (36_300, 10_000)), elevation_mm=3400, tier="power"),
    )


def _racks(bag: Bag) -> None:
    for slot, name in enumerate(RACKS):
        bag.add(
            Rack(
                id=name,
                hall=HALL,
                x_mm=ROW_X + 600 + 1200 * slot,
                y_mm=ROW_Y,
                profile=KYBER,
                row="A",
                loop="tcs-1" if slot < 2 else "tcs-2",
                pool="ultra",
            ),
            Port(id=f"{name}-scale-out", owner=name, group="scale-out", count=LEAVES * CABLES, rate_gbps=800.0),
        )
    for slot, name in enumerate(CABINETS):
        at = ROW_X + 4 * 1200 + 300 + 600 * slot
        bag.add(Rack(id=name, hall=HALL, x_mm=at, y_mm=ROW_Y - 100, profile=CABINET, row="A"))
    for slot, name in enumerate(VERA_RACKS):
        at = ROW_X + 4 * 1200 + 2 * 600 + 300 + 600 * slot
        loop = f"tcs-{slot + 1}"
        bag.add(
            Rack(id=name, hall=HALL, x_mm=at, y_mm=ROW_Y - 166, profile=VERA, row="A", loop=loop, pool="deepseek"),
            Port(id=f"{name}-scale-out", owner=name, group="scale-out", count=VERA_CABLES, rate_gbps=800.0),
        )
    bag.add(Device(id="leaf-5", rack="A06", profile=LEAF, u=32))
    for name in VERA_RACKS:
        bag.link(name, "leaf-5", 800.0, VERA_CABLES, "scale-out", "ports")
    for number in range(LEAVES):
        bag.add(Device(id=f"leaf-{number + 1}", rack=CABINETS[number // 2], profile=LEAF, u=40 - 4 * (number % 2)))
        for name in RACKS:
            bag.link(name, f"leaf-{number + 1}", 800.0, CABLES, "scale-out", "ports")


def _node(bag: Bag, key: str, name: str, profile: str, x: int, y: int, **more: object) -> None:
    bag.add(PowerNode(id=key, name=name, hall=HALL, profile=profile, x_mm=x, y_mm=y, **more))  # type: ignore[arg-type]


def _wire(bag: Bag, source: str, target: str, side: str, conductor: str, length_mm: int, runs: int = 1) -> None:
    bag.add(
        Feed(
            id=f"f-{source}-{target}",
            source=source,
            target=target,
            side=side,  # type: ignore[arg-type]
            conductor=conductor,
            length_mm=length_mm,
            runs=runs,
            ambient_c=35.0,
        )
    )


def _sources(bag: Bag) -> None:
    """Each side: three turbines of which one may fail; then the grid, then a battery that bridges to it."""
    _node(
        bag,
        "util",
        "Grid in reserve",
        "utility-connection",
        14_300,
        10_000,
        rating_kw=3500.0,
        mode="backup",
        dispatch=1,
    )
    for side, low in (("a", 10_000), ("b", 0)):
        mark = {"side": side}
        turbines = {"units": 3, "spare": 1, "stage_frac": 0.8, "rating_kw": 4200.0, "power_cap_kw": PERMIT_KW}
        y = low + 7500 if side == "a" else low + 2500
        _node(bag, f"gt-{side}", f"Gas turbines {side.upper()}", "gt-ocgt", 7000, y, **mark, **turbines)
        store = {"rating_kw": 3500.0, "energy_kwh": 1000.0, "dispatch": 2}
        y = low + 3700 if side == "a" else low + 6300
        _node(bag, f"bess-{side}", f"Battery {side.upper()}", "bess-dea", 4500, y, **mark, **store)
        _node(bag, f"mv-{side}", f"MV board {side.upper()}", "switchgear-mv", 18_000, y, **mark)
        for source in ("util", f"gt-{side}", f"bess-{side}"):
            _wire(bag, source, f"mv-{side}", side, "cable-mv-240-13k8", 30_000)


def _direct_current(bag: Bag) -> None:
    """13.8 kV to 800 V in one step, and a busway over the row on each side."""
    for side, y, over in (("a", 17_000, 11_600), ("b", 3000, 10_000)):
        _node(bag, f"sst-{side}", f"Solid-state transformer {side.upper()}", "sst-mv-800v", 18_500, y, side=side)
        _node(bag, f"dc-{side}", f"800 V busway {side.upper()}", "busway-dc-800v-4000a", 26_000, over, side=side)
        _wire(bag, f"mv-{side}", f"sst-{side}", side, "cable-mv-240-13k8", 15_000)
        _wire(bag, f"sst-{side}", f"dc-{side}", side, "bar-dc-800v-4000a", 15_000)
        for slot, rack in enumerate(RACKS):
            _wire(bag, f"dc-{side}", rack, side, "bar-dc-800v-1000a", 4000 + 1200 * slot)
        for slot, rack in enumerate(VERA_RACKS):
            _wire(bag, f"dc-{side}", rack, side, "bar-dc-800v-1000a", 9700 + 600 * slot)


def _alternating_current(bag: Bag) -> None:
    """Network and cooling: a small transformer, a board and a UPS on each side."""
    for side in "ab":
        up = side == "a"

        def at(y: int, up: bool = up) -> int:
            return 10_000 + y if up else 10_000 - y

        mark = {"side": side}
        _node(bag, f"tx-{side}", f"Auxiliary transformer {side.upper()}", "tx-mv-liquid-1000", 22_500, at(8500), **mark)
        _node(bag, f"lv-{side}", f"Switchboard {side.upper()}", "switchgear-lv", 22_900, at(6500), **mark)
        _node(bag, f"ups-{side}", f"UPS {side.upper()}", "ups-modern-dc", 22_900, at(4700), rating_kw=500.0, **mark)
        _node(bag, f"rpp-{side}", f"Panel {side.upper()}", "pdu-rpp", 22_900, at(3000), **mark)
        for source, target in (("mv", "tx"), ("tx", "lv"), ("lv", "ups"), ("ups", "rpp")):
            bag.feed(f"{source}-{side}", f"{target}-{side}", side)
        for load in (*CABINETS, "cdu-1", "cdu-2", "cdu-3", "cdu-4", "fw-1", "fw-2"):
            bag.feed(f"rpp-{side}", load, side)
        for load in ("dry-1", "dry-2", "dry-3", "dry-4", "ch-1", "ch-2"):
            bag.feed(f"lv-{side}", load, side)


def _cooling(bag: Bag) -> None:
    """Warm water: two loops with two CDUs each of which one suffices, dry coolers, a little chilled water for air."""

    def unit(key: str, name: str, x: int, y: int, profile: str, **more: object) -> Cooling:
        return Cooling(id=key, name=name, hall=HALL, x_mm=x, y_mm=y, profile=profile, **more)  # type: ignore[arg-type]

    bag.add(
        Loop(id="tcs-1", name="Technology loop 1", fluid="pg25", supply_c=42.0, rise_k=10.0),
        Loop(id="tcs-2", name="Technology loop 2", fluid="pg25", supply_c=42.0, rise_k=10.0),
        Loop(id="fws", name="Facility water", kind="facility", fluid="water", supply_c=38.0, rise_k=9.0),
        Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=18.0, rise_k=7.0),
    )
    for number, (x, loop) in enumerate(((27_000, "tcs-1"), (29_200, "tcs-1"), (31_400, "tcs-2"), (33_600, "tcs-2")), 1):
        bag.add(
            unit(
                f"cdu-{number}",
                f"CDU {number}",
                x,
                16_800,
                "cdu-deschutes",
                loop=loop,
                source_loop="fws",
                rotation_deg=180,
            )
        )
    for number, x in enumerate((28_500, 33_500), 1):
        bag.add(unit(f"fw-{number}", f"Fan wall {number}", x, 4200, "fanwall-210", source_loop="chw"))
    for number, (x, y) in enumerate(((42_500, 3500), (42_500, 8000), (42_500, 12_500), (42_500, 17_000)), 1):
        bag.add(unit(f"dry-{number}", f"Dry cooler {number}", x, y, "drycooler", loop="fws"))
    bag.add(
        unit("ch-1", "Chiller 1", 50_000, 6000, "chiller-air-200", loop="chw"),
        unit("ch-2", "Chiller 2", 50_000, 14_000, "chiller-air-200", loop="chw", standby=True),
        Pipe(id="fws-s", hall=HALL, points_mm=((38_500, 18_300), (26_500, 18_300)), loop="fws", dn_mm=200),
        Pipe(
            id="fws-r", hall=HALL, points_mm=((38_500, 18_700), (26_500, 18_700)), loop="fws", dn_mm=200, side="return"
        ),
        Pipe(id="chw-s", hall=HALL, points_mm=((38_500, 2300), (27_500, 2300)), loop="chw", dn_mm=80),
        Pipe(id="chw-r", hall=HALL, points_mm=((38_500, 1900), (27_500, 1900)), loop="chw", dn_mm=80, side="return"),
    )


def _serving(bag: Bag) -> None:
    patch = ScenarioPatch
    bag.add(
        Scenario(
            id="on-the-grid",
            name="On the grid, turbines behind it",
            patches=(
                patch(target="util", field="mode", value="parallel"),
                patch(target="util", field="dispatch", value=0),
                patch(target="gt-a", field="mode", value="backup"),
                patch(target="gt-b", field="mode", value="backup"),
            ),
        ),
        Scenario(
            id="fuel-cells",
            name="Fuel cells instead of turbines",
            patches=tuple(patch(target=key, field="profile", value="sofc-bloom-65") for key in ("gt-a", "gt-b")),
        ),
        Scenario(
            id="second-permit",
            name="Air permit for half as much again",
            patches=tuple(patch(target=key, field="power_cap_kw", value=1.5 * PERMIT_KW) for key in ("gt-a", "gt-b")),
        ),
        Workload(id="chat", name="Chat", profile="chat-1k-1k"),
        Pool(id="deepseek", name="DeepSeek R1 on Vera Rubin", model="deepseek-r1", workload="chat"),
        Pool(id="ultra", name="DeepSeek R1 on Rubin Ultra", model="deepseek-r1", workload="chat"),
        Waiver(
            id="price-1",
            rule="price.no-accelerator",
            target="A01",
            reason="Nobody has published a price of this rack yet; capital stays open until an offer is at hand.",
        ),
        Waiver(
            id="waiver-1",
            rule="pool.not-predicted",
            target="ultra",
            reason="The compute rate and scale-up bandwidth of this package are not published yet.",
        ),
    )
