"""edge-site: one small room on one feed. A half-width cooler carries the heat, the servers are held to what it does, and the
connection is not far off.
"""

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
    TariffPeriod,
    Tray,
    Workload,
    Zone,
)

HALL = "room"
ROW_Y_MM = 2700
CABINET = "eia-48u-dgx-700x1200"
# Left edge of everything in the row, millimetres: cabinet, cooler, cabinet.
ROW = (("E01", 2700), ("ir-1", 3400), ("E02", 3700))
UTILITY_KW = 40.0
CONTRACT_KW = 28.0
"""What the works let the room draw; the breaker would pass more."""

WIDE_COOLER = (
    ScenarioPatch(target="ir-1", field="profile", value="inrow-cw"),
    ScenarioPatch(target="ir-1", field="x_mm", value=3700),
    ScenarioPatch(target="E02", field="x_mm", value=4350),
    *(ScenarioPatch(target=aisle, field="x_mm", value=3700) for aisle in ("cold-1", "hot-1")),
    *(ScenarioPatch(target=aisle, field="width_mm", value=2000) for aisle in ("cold-1", "hot-1")),
)
"""50 kW in twice the width; the second cabinet moves aside."""


TARIFF = "tariff.aps-e-32-tou-l"
"""What the works pay for electricity, the room's share with it."""
SUMMER, WINTER = (5, 6, 7, 8, 9, 10), (1, 2, 3, 4, 11, 12)
PEAK_H = (15, 20)
ANY_HOUR_USD, PEAK_USD = 10.481, 18.941
ENERGY_USD = {"summer": (0.06334, 0.07741), "winter": (0.04493, 0.059)}
"""Demand charges a kW and month; energy off and on peak. As the profile has them."""


def _tariff(bag: Bag) -> None:
    bag.add(TariffPeriod(id="any-hour", name="Any hour", demand_usd_per_kw_month=ANY_HOUR_USD, profile=TARIFF))
    for season, months in (("summer", SUMMER), ("winter", WINTER)):
        off, peak = ENERGY_USD[season]
        start, end = PEAK_H
        name = season.capitalize()
        bag.add(
            TariffPeriod(
                id=f"{season}-peak", name=f"{name} peak", months=months, days="weekday", start_h=start, end_h=end,
                usd_per_kwh=peak, demand_usd_per_kw_month=PEAK_USD, profile=TARIFF,
            ),
            TariffPeriod(
                id=f"{season}-night", name=f"{name} off peak", months=months, days="weekday", start_h=end, end_h=start,
                usd_per_kwh=off, profile=TARIFF,
            ),
            TariffPeriod(
                id=f"{season}-weekend", name=f"{name} weekend", months=months, days="weekend", usd_per_kwh=off,
                profile=TARIFF,
            ),
        )  # fmt: skip


def edge_site() -> Document:
    """Five servers of eight H200 and two of eight L40S in two cabinets: at full clocks half as much heat again as the cooler
    between them carries.
    """
    bag = Bag()
    _room(bag)
    _row(bag)
    _power(bag)
    _plant(bag)
    bag.add(
        Workload(id="shop-floor", name="Assistant on the shop floor", profile="chat-1k-1k", ttft_limit_s=1.0),
        # What the works ask over the years; routed to the pools that can serve it.
        Workload(
            id="questions",
            name="Questions of the staff",
            kind="generative",
            profile="chat-1k-1k",
            complexity_b=60.0,
            offered_requests_per_s=6.0,
            pattern="office-hours",
            growth_frac_per_year=0.25,
            price_elasticity=0.5,
        ),
        Workload(
            id="checks",
            name="Checks at the line",
            kind="physical",
            complexity_b=7.0,
            input_tokens=1500,
            output_tokens=100,
            offered_requests_per_s=15.0,
            growth_frac_per_year=0.1,
        ),
        Workload(id="vision", name="Reading of pictures", profile="chat-1k-1k", input_tokens=1500, output_tokens=100),
        Pool(id="assist-70b", name="Llama 70B", model="llama3.1-70b", workload="shop-floor", tp=8),
        Pool(id="vision-8b", name="Llama 8B", model="llama3.1-8b", workload="vision", tp=1),
    )
    _tariff(bag)
    _scenarios(bag)
    return bag.document()


def _scenarios(bag: Bag) -> None:
    bag.add(
        Scenario(id="wide-cooler", name="A cooler of full width", patches=WIDE_COOLER),
        Scenario(
            id="wide-cooler-and-feed", name="That cooler and 45 kW", year=2,
            patches=(
                *WIDE_COOLER,
                *(ScenarioPatch(target=key, field="rating_kw", value=60.0) for key in ("utility", "board", "ups")),
                ScenarioPatch(target="ups", field="units", value=6),
                ScenarioPatch(target="utility", field="power_cap_kw", value=45.0),
            ),
        ),
        Scenario(
            id="sixth-server", name="A sixth server", year=2,
            patches=(
                ScenarioPatch(
                    target="server-8",
                    value={"table": "devices", "rack": "E01", "profile": "dgx-h200", "u": 38, "pool": "assist-70b"},
                ),
                ScenarioPatch(
                    target="l-server-8-switch-1",
                    value={
                        "table": "links", "a": "server-8", "b": "switch-1", "rate_gbps": 1.0, "count": 2, "b_port": "ports",
                    },
                ),
            ),
        ),
        Scenario(
            id="small-model", name="70B weights in int4",
            patches=(ScenarioPatch(target="assist-70b", field="weights", value="int4"),),
        ),
    )  # fmt: skip


def _room(bag: Bag) -> None:
    bag.add(
        Site(id="site", name="Works 3", region="us-arizona", altitude_m=340.0, price_year=2026, use_frac=0.35),
        Hall(
            id=HALL, name="Edge room", width_mm=10_000, depth_mm=5000, height_mm=2800, floor_rating_kg_per_m2=1200.0,
            design_density_w_per_m2=1200.0, containment="hot", supply_air_c=26.0, manage_heat=True,
        ),
        Zone(id="yard", name="Yard", hall=HALL, x_mm=7900, y_mm=2500, width_mm=4200, depth_mm=5000),
        Zone(
            id="cold-1", name="Cold aisle", hall=HALL, x_mm=3550, y_mm=1300, width_mm=1700, depth_mm=1600,
            kind="cold_aisle",
        ),
        Zone(
            id="hot-1", name="Hot aisle, contained", hall=HALL, x_mm=3550, y_mm=3900, width_mm=1700, depth_mm=1200,
            kind="hot_aisle",
        ),
        Door(id="door-1", hall=HALL, x_mm=1200, y_mm=0, width_mm=1000, height_mm=2100),
        Tray(id="tray-1", hall=HALL, points_mm=((2700, ROW_Y_MM), (4400, ROW_Y_MM)), elevation_mm=2400),
    )  # fmt: skip


def _row(bag: Bag) -> None:
    for name, left in ROW:
        if name == "ir-1":
            at = left + 150
            bag.add(Cooling(id=name, hall=HALL, x_mm=at, y_mm=ROW_Y_MM, profile="inrow-cw-20", source_loop="chw"))
        else:
            at = left + 350
            bag.add(Rack(id=name, hall=HALL, x_mm=at, y_mm=ROW_Y_MM, profile=CABINET, row="E"))
    bag.add(
        Device(id="server-1", rack="E01", profile="dgx-h200", u=2, pool="assist-70b"),
        Device(id="server-2", rack="E01", profile="dgx-h200", u=14, pool="assist-70b"),
        Device(id="server-3", rack="E02", profile="l40s-8", u=2, pool="vision-8b"),
        Device(id="server-4", rack="E02", profile="l40s-8", u=8, pool="vision-8b"),
        Device(id="server-5", rack="E02", profile="dgx-h200", u=16, pool="assist-70b"),
        Device(id="server-6", rack="E01", profile="dgx-h200", u=26, pool="assist-70b"),
        Device(id="server-7", rack="E02", profile="dgx-h200", u=26, pool="assist-70b"),
        Device(id="switch-1", rack="E02", profile="sn2201", u=42),
    )
    for server in (f"server-{number}" for number in range(1, 8)):
        bag.add(Port(id=f"{server}-management", owner=server, group="management", count=2, rate_gbps=1.0))
        bag.link(server, "switch-1", 1.0, 2, "management", "ports")


def _power(bag: Bag) -> None:
    parts = (
        ("utility", "Connection", "utility-connection", 1200, 4400, UTILITY_KW, 1),
        ("board", "Board", "pdu-rpp", 1000, 3100, UTILITY_KW, 1),
        ("ups", "UPS of four modules", "ups-gxt5", 1000, 1700, UTILITY_KW, 4),
    )
    for key, name, profile, x, y, rating, units in parts:
        bag.add(
            PowerNode(
                id=key, name=name, hall=HALL, x_mm=x, y_mm=y, profile=profile, rating_kw=rating, units=units,
                power_cap_kw=CONTRACT_KW if key == "utility" else None,
            )
        )  # fmt: skip
    bag.feed("utility", "board")
    bag.feed("board", "ups")
    for name, _ in ROW:
        bag.feed("ups", name)
    bag.feed("board", "ch-1")


def _plant(bag: Bag) -> None:
    """One chiller, one cooler: whatever fails, the room stops."""
    bag.add(
        Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=18.0, rise_k=6.0),
        Cooling(id="ch-1", name="Chiller", hall=HALL, x_mm=7900, y_mm=2500, profile="chiller-air-200", loop="chw"),
        Pipe(id="chw-s", hall=HALL, points_mm=((6100, 4650), (3550, 4650)), loop="chw", dn_mm=50),
        Pipe(id="chw-r", hall=HALL, points_mm=((6100, 4800), (3550, 4800)), loop="chw", dn_mm=50, side="return"),
    )
