"""Small hand-made halls for the tests."""

from __future__ import annotations

from infraplanner.model.document import Document
from infraplanner.model.entities import (
    Cooling,
    Device,
    Feed,
    Hall,
    Link,
    Loop,
    Pool,
    PowerNode,
    Rack,
    Record,
    Tray,
    Workload,
)


def add(document: Document, table: str, *records: Record) -> None:
    """Put records into one table."""
    for record in records:
        document.put(table, record)


def pod(racks: int = 8, model: str = "llama3.3-70b", links: int = 8) -> Document:
    """NVL72 racks on one technology loop, A/B fed from two UPSs, a leaf rack, dry coolers, an air handler and one
    pool.
    """
    doc = Document()
    add(doc, "halls", Hall(id="hall", width_mm=40000, depth_mm=15000, supply_air_c=22.0))
    add(doc, "trays", Tray(id="tray", hall="hall", points_mm=((0, 3000), (24000, 3000)), elevation_mm=2700))
    add(
        doc,
        "loops",
        Loop(id="tcs", rise_k=10.0, supply_c=32.0),
        Loop(id="fws", kind="facility", fluid="water", rise_k=10.0),
    )
    power(doc)
    add(doc, "workloads", Workload(id="chat", profile="chat-1k-1k"))
    add(doc, "pools", Pool(id="serve", model=model, workload="chat"))
    add(doc, "racks", Rack(id="leaf", hall="hall", x_mm=1000, y_mm=3000, profile="orv3-frame"))
    add(doc, "devices", Device(id="sw1", rack="leaf", profile="qm9700", u=40))
    for side in "ab":
        add(doc, "feeds", Feed(id=f"f-leaf-{side}", source=f"rpp-{side}", target="leaf"))
    for k in range(racks):
        name = f"r{k:03d}"
        x_mm, y_mm = 2000 + 700 * (k % 25), 3000 + 2400 * (k // 25)
        add(
            doc,
            "racks",
            Rack(id=name, hall="hall", x_mm=x_mm, y_mm=y_mm, profile="gb200-nvl72", loop="tcs", pool="serve"),
        )
        for side in "ab":
            add(doc, "feeds", Feed(id=f"f-{name}-{side}", source=f"bus-{side}", target=name))
        for j in range(links):
            add(doc, "links", Link(id=f"l-{name}-{j}", a=name, b="sw1", rate_gbps=400.0))
    cooling(doc)
    doc.take_changes()
    return doc


def power(doc: Document) -> None:
    """Utility, two transformers, two UPSs, two busways, two remote panels."""
    at = {"hall": "hall", "y_mm": 13000}
    add(doc, "power", PowerNode(id="grid", profile="utility-connection", rating_kw=4000.0, x_mm=2000, **at))
    for k, side in enumerate("ab"):
        x_mm = 5000 + 14000 * k
        add(
            doc,
            "power",
            PowerNode(id=f"tx-{side}", profile="tx-mv-liquid-2500", x_mm=x_mm, side=side, **at),
            PowerNode(id=f"ups-{side}", profile="ups-modular-2000", x_mm=x_mm + 4500, side=side, **at),
            PowerNode(id=f"bus-{side}", profile="busway-cu-2500a", rating_kw=1800.0, x_mm=x_mm + 8000, side=side, **at),
            PowerNode(id=f"rpp-{side}", profile="pdu-rpp", x_mm=x_mm + 10000, side=side, **at),
        )
        add(
            doc,
            "feeds",
            Feed(id=f"f-tx-{side}", source="grid", target=f"tx-{side}"),
            Feed(id=f"f-ups-{side}", source=f"tx-{side}", target=f"ups-{side}"),
            Feed(id=f"f-bus-{side}", source=f"ups-{side}", target=f"bus-{side}"),
            Feed(id=f"f-rpp-{side}", source=f"ups-{side}", target=f"rpp-{side}"),
        )


def cooling(doc: Document) -> None:
    """Two CDUs, two dry coolers, one air handler."""
    at = {"hall": "hall", "y_mm": 8000}
    add(
        doc,
        "cooling",
        Cooling(id="cdu1", profile="cdu-deschutes", x_mm=2000, loop="tcs", source_loop="fws", **at),
        Cooling(id="cdu2", profile="cdu-deschutes", x_mm=4000, loop="tcs", source_loop="fws", **at),
        Cooling(id="dry1", profile="drycooler", x_mm=9000, loop="fws", **at),
        Cooling(id="dry2", profile="drycooler", x_mm=20000, loop="fws", **at),
        Cooling(id="crah1", profile="crah-cw", x_mm=30000, source_loop="fws", **at),
    )
    for unit in ("cdu1", "cdu2", "dry1", "dry2", "crah1"):
        for side in "ab":
            add(doc, "feeds", Feed(id=f"f-{unit}-{side}", source=f"rpp-{side}", target=unit))
