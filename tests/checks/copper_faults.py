"""Faults of the copper wall: what is put into a sound hall, the rule that must speak, and words it must say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infraplanner.model.document import Document
from infraplanner.model.entities import Device, Job, LightPath, Link, Pipe, Pool, Port, Rack, Tray
from tests.engine.halls import add
from tests.engine.test_evaluate import change


def port_twice(doc: Document) -> None:
    add(doc, "links", Link(id="l-x", a="r000", b="sw1", rate_gbps=400.0, count=65, b_port="ports"))


def no_such_port(doc: Document) -> None:
    change(doc, "links", "l-r000-0", b_port="sockets")


def port_rate(doc: Document) -> None:
    change(doc, "links", "l-r000-0", rate_gbps=800.0, b_port="ports")


def tray_gap(doc: Document) -> None:
    change(doc, "trays", "tray", points_mm=((0, 3000), (2200, 3000)))
    add(doc, "trays", Tray(id="far", hall="hall", points_mm=((2600, 3000), (24_000, 3000)), elevation_mm=2700))


def unreachable(doc: Document) -> None:
    add(doc, "racks", Rack(id="lost", hall="hall", x_mm=30_000, y_mm=3000, profile="storage-flash"))
    add(doc, "links", Link(id="l-lost", a="lost", b="sw1", rate_gbps=400.0))


def overfull(doc: Document) -> None:
    change(doc, "trays", "tray", width_mm=40, height_mm=40)


def nearly_full(doc: Document) -> None:
    change(doc, "trays", "tray", width_mm=70, height_mm=40)


def heavy(doc: Document) -> None:
    change(doc, "trays", "tray", width_mm=10, height_mm=1000)


def bend(doc: Document) -> None:
    change(doc, "trays", "tray", points_mm=((0, 3000), (24_000, 3000), (24_000, 4000)), width_mm=50, height_mm=400)


def near_power(doc: Document) -> None:
    add(
        doc, "trays",
        Tray(id="bus", hall="hall", points_mm=((2000, 3100), (9000, 3100)), elevation_mm=2750, tier="power"),
    )  # fmt: skip


def near_power_aslant(doc: Document) -> None:
    """Not quite parallel, and beside it at the same height."""
    add(
        doc, "trays",
        Tray(id="bus", hall="hall", points_mm=((2000, 3320), (9000, 3400)), elevation_mm=2600, tier="power"),
    )  # fmt: skip


def _pipe(doc: Document, y_mm: int, elevation_mm: int | None = None) -> None:
    points = ((2000, y_mm), (9000, y_mm))
    add(doc, "pipes", Pipe(id="main", hall="hall", points_mm=points, dn_mm=100, elevation_mm=elevation_mm))


def near_pipe(doc: Document) -> None:
    _pipe(doc, 3300)


def under_pipe(doc: Document) -> None:
    _pipe(doc, 3000, 4000)


def _mirrors(doc: Document, *paths: LightPath, medium: str = "auto") -> None:
    add(doc, "devices", Device(id="ocs", rack="leaf", profile="palomar-ocs", u=2, light_paths=paths))
    for rack in ("r000", "r001"):
        add(doc, "links", Link(id=f"o-{rack}", a=rack, b="ocs", rate_gbps=400.0, count=2, medium=medium))


def short_path(doc: Document) -> None:
    _mirrors(doc, LightPath(a="r000", b="r001", count=3))


def dark(doc: Document) -> None:
    _mirrors(doc, LightPath(a="r000", b="r001", count=1))


def wrong_fibre(doc: Document) -> None:
    _mirrors(doc, LightPath(a="r000", b="r001", count=2), medium="sr4_400g")


def no_path(doc: Document) -> None:
    add(doc, "pools", Pool(id="train", model="llama3.1-70b", weights="bf16"))
    for rack in ("r002", "r003"):
        change(doc, "racks", rack, pool="train")
    add(doc, "jobs", Job(id="run", pool="train", model="llama3.1-70b", tp=8, global_batch=144))
    for key in [key for key in doc.table("links") if key.startswith("l-r003")]:
        doc.remove("links", key)
    add(doc, "racks", Rack(id="alone", hall="hall", x_mm=12_000, y_mm=3000, profile="eia-48u-600x1200"))
    add(doc, "devices", Device(id="sw2", rack="alone", profile="qm9700", u=40))
    add(doc, "links", Link(id="l-alone", a="r003", b="sw2", rate_gbps=400.0))


def job_refused(doc: Document) -> None:
    add(doc, "jobs", Job(id="run", pool="serve", model="llama3.1-405b", tp=8, pp=100, global_batch=64))


def own_ports(doc: Document) -> None:
    add(doc, "ports", Port(id="p", owner="leaf", group="odd", count=1, rate_gbps=100.0))
    add(doc, "links", Link(id="l-odd", a="r000", b="leaf", rate_gbps=100.0, count=2, b_port="odd"))


Fault = tuple[str, Callable[[Document], Any], tuple[str, ...]]
FAULTS: tuple[Fault, ...] = (
    ("link.port-used-twice", port_twice, ("64 ports ports of 400", "65 cables", "l-x")),
    ("link.port-used-twice", own_ports, ("1 ports odd", "2 cables")),
    ("link.no-such-port", no_such_port, ("sockets", "has 0", "l-r000-0")),
    ("link.port-rate", port_rate, ("800 Gbit/s", "400 Gbit/s")),
    ("link.tray-gap", tray_gap, ("0.40 m", "far", "tray", "24 links")),
    ("link.unreachable-rack", unreachable, ("lost", "1 links", "3.5 m")),
    ("tray.overfull", overfull, ("% full", "50 %")),
    ("tray.nearly-full", nearly_full, ("40 %",)),
    ("tray.heavy", heavy, ("kg/m",)),
    ("tray.bend", bend, ("25 mm", "tighter than")),
    ("tray.near-power", near_power, ("50 mm", "bus")),
    ("tray.near-power", near_power_aslant, ("50 mm", "bus", "20 mm beside", "7.0 m")),
    (
        "tray.near-pipe",
        near_pipe,
        ("7.0 m along pipe main", "100 mm beside", "150 mm on", "height the plan does not tell"),
    ),
    ("tray.near-pipe", under_pipe, ("0 mm beside", "main")),
    ("ocs.short-path", short_path, ("3 cables", "2 are free")),
    ("ocs.dark-cables", dark, ("2 cables on ocs",)),
    ("link.wrong-fibre", wrong_fibre, ("sr4_400g",)),
    ("job.no-path", no_path, ("no drawn path",)),
    ("job.not-predicted", job_refused, ("288 powered accelerators", "needs 800")),
)
