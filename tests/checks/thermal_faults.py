"""Faults of the thermal side: one for every rule of `checks.thermal`, each done to a hall that is sound."""

from __future__ import annotations

from collections.abc import Callable

from infraplanner.model.document import Document
from infraplanner.model.entities import Cooling, EmbeddedProfile, Loop, Rack, Site, Zone
from tests.engine.halls import add
from tests.engine.test_evaluate import change

Fault = tuple[str, Callable[[Document], None], str]


def constant(doc: Document, name: str, value: float, unit: str) -> None:
    """A constant of the plan's own."""
    data = {"name": name, "confidence": "default", "sources": ["plan-default"], "value": value, "unit": unit}
    add(doc, "profiles", EmbeddedProfile(id=name, kind="constant", data=data))


def no_air(doc: Document) -> None:
    doc.remove("cooling", "crah1")


def hot_air(doc: Document) -> None:
    change(doc, "halls", "hall", supply_air_c=33.0)


def warm_air(doc: Document) -> None:
    change(doc, "halls", "hall", supply_air_c=28.0)


def walled_in(doc: Document) -> None:
    rack = doc.remove("racks", "r001")
    for k in range(5):
        for n in range(9):
            x, y = 20000 + 600 * k, 1000 + 600 * n
            add(doc, "racks", Rack(id=f"w{k}{n}", hall="hall", x_mm=x, y_mm=y, profile="sn40l-rack"))
    doc.remove("racks", "w24")
    add(doc, "racks", type(rack)(id="r001", hall="hall", x_mm=21200, y_mm=3400, profile="sn40l-rack"))


def on_tiles(doc: Document) -> None:
    change(doc, "halls", "hall", raised_floor_mm=600)
    add(
        doc,
        "zones",
        Zone(id="cold", hall="hall", x_mm=3000, y_mm=2700, width_mm=6000, depth_mm=1800, kind="cold_aisle"),
    )


def capped_nothing(doc: Document) -> None:
    change(doc, "halls", "hall", containment="hot")


def runaway(doc: Document) -> None:
    constant(doc, "thermal.leakage_per_k", 0.2, "1/K")


def too_hot(doc: Document) -> None:
    change(doc, "loops", "tcs", supply_c=84.0)


def throttled(doc: Document) -> None:
    change(doc, "loops", "tcs", supply_c=72.0)


def starved(doc: Document) -> None:
    change(doc, "loops", "tcs", rise_k=None, flow_l_per_min_per_kw=0.1)


def frozen(doc: Document) -> None:
    change(doc, "loops", "tcs", supply_c=-15.0)


def twice(doc: Document) -> None:
    change(doc, "loops", "tcs", flow_l_per_min_per_kw=1.5)


def dry_server(doc: Document) -> None:
    add(doc, "loops", Loop(id="bath", fluid="water", supply_c=30.0, rise_k=10.0))
    add(doc, "cooling",
        Cooling(id="tank", hall="hall", x_mm=25000, y_mm=5000, profile="imm-1phase", loop="bath", source_loop="fws"))  # fmt: skip
    add(doc, "racks", Rack(id="air", hall="hall", x_mm=22000, y_mm=3000, profile="dgx-h100-rack4", loop="bath"))


def other_weather(doc: Document) -> None:
    add(doc, "site", Site(id="site", weather="weather.atlantis"))


def weak_pumps(doc: Document) -> None:
    change(doc, "loops", "tcs", rise_k=3.0)
    change(doc, "cooling", "cdu1", profile="cdu-jetcool-300")
    change(doc, "cooling", "cdu2", profile="cdu-jetcool-300")


def cold_air(doc: Document) -> None:
    change(doc, "halls", "hall", supply_air_c=12.0)


def warm_water(doc: Document) -> None:
    change(doc, "cooling", "crah1", source_loop="fws")


def plate_of_air(doc: Document) -> None:
    change(doc, "racks", "r001", plate="crah-cw")


def small_bath(doc: Document) -> None:
    constant(doc, "thermal.clock_min_frac", 0.3, "fraction")
    change(doc, "racks", "r001", plate="airjet-mini")


def slow_boil(doc: Document) -> None:
    data = {"name": "plate", "confidence": "default", "sources": ["plan-default"], "cooling_kind": "cold_plate_2phase",
            "plate_a_k_per_w": 0.01, "plate_b_k_per_w": 0.0, "plate_exponent": 1.0, "critical_w_per_cm2": 40.0,
            "wetted_ratio": 1.0}  # fmt: skip
    add(doc, "profiles", EmbeddedProfile(id="cp-thin", kind="cooling", data=data))
    change(doc, "racks", "r001", plate="cp-thin")


def weaker_pumps(doc: Document) -> None:
    weak_pumps(doc)
    change(doc, "loops", "tcs", rise_k=2.0)


def alone(doc: Document) -> None:
    change(doc, "loops", "tcs", spare=1)
    doc.remove("cooling", "cdu2")


def odd_hose(doc: Document) -> None:
    change(doc, "loops", "tcs", hose="crah-cw")


def pumpless(doc: Document) -> None:
    doc.remove("cooling", "cdu2")
    change(doc, "cooling", "cdu1", profile="drycooler")


def boils_dry(doc: Document) -> None:
    change(doc, "loops", "tcs", fluid="r1233zd", rise_k=None, flow_l_per_min_per_kw=0.2)


def hot_plugs(doc: Document) -> None:
    constant(doc, "thermal.plug_k_per_w", 20.0, "K/W")
    change(doc, "links", "l-r001-0", medium="dr4_400g", cooler="airjet-mini")


def odd_plug(doc: Document) -> None:
    change(doc, "links", "l-r001-0", medium="dac_400g_4x100", cooler="airjet-mini")


def hot_memory(doc: Document) -> None:
    constant(doc, "thermal.memory_k_per_w", 40.0, "K/W")
    change(doc, "devices", "sw1", cooler="airjet-mini")


def odd_memory(doc: Document) -> None:
    change(doc, "devices", "sw1", cooler="cdu-rack-80")


FAULTS: list[Fault] = [
    ("memory.too-hot", hot_memory, "sw1"),
    ("memory.wrong-cooler", odd_memory, "sw1"),
    ("link.plug-too-hot", hot_plugs, "l-r001-0"),
    ("link.modules-full", hot_plugs, "l-r001-0"),
    ("link.wrong-cooler", odd_plug, "l-r001-0"),
    ("cooling.no-pump", pumpless, "tcs"),
    ("cooling.dry-out", boils_dry, "tcs"),
    ("chip.plate-cannot-boil", boils_dry, "r001"),
    ("cooling.starved-branch", weaker_pumps, "r001"),
    ("cooling.redundancy-missed", alone, "tcs"),
    ("cooling.wrong-part", odd_hose, "tcs"),
    ("air.inlet-under-class", cold_air, "r001"),
    ("air.supply-missed", warm_water, "hall"),
    ("chip.wrong-plate", plate_of_air, "r001"),
    ("chip.dried-out", small_bath, "r001"),
    ("chip.held-back", slow_boil, "r001"),
    ("air.no-field", no_air, "hall"),
    ("air.inlet-over-limit", hot_air, "r001"),
    ("air.inlet-over-advice", warm_air, "r001"),
    ("air.no-opening", walled_in, "r001"),
    ("air.tile-under-rack", on_tiles, "r001"),
    ("air.containment-without-aisle", capped_nothing, "hall"),
    ("chip.runaway", runaway, "r001"),
    ("chip.too-hot", too_hot, "r001"),
    ("chip.throttled", throttled, "r001"),
    ("chip.starved-plate", starved, "r001"),
    ("cooling.starved-loop", weak_pumps, "tcs"),
    ("site.unknown-weather", other_weather, "site"),
    ("cooling.frozen", frozen, "tcs"),
    ("cooling.flow-twice", twice, "tcs"),
    ("cooling.air-only-in-bath", dry_server, "air"),
]
