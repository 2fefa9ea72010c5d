"""A small plan on the edge of three walls: one loop with one pump, a bare link, a rack on one panel each."""

from __future__ import annotations

from infraplanner.model.document import Document
from infraplanner.model.entities import (
    TABLES,
    Cooling,
    Feed,
    Hall,
    Link,
    Loop,
    Pipe,
    Pool,
    PowerNode,
    Rack,
    Record,
    Site,
    Workload,
)

CDU_NEAR_MM, CDU_FAR_MM = 9_000, 290_000
TALKERS = 1


def binding_plan() -> Document:
    """A rack that serves chat, and two that prefill and decode across one cable of 10 Gb/s."""
    tables: dict[str, dict[str, Record]] = {}
    names = {cls: name for name, cls in TABLES.items()}

    def add(*records: Record) -> None:
        for record in records:
            tables.setdefault(names[type(record)], {})[record.id] = record

    add(
        Site(id="site", region="us-virginia"),
        Hall(id="hall", width_mm=300_000, depth_mm=12_000, containment="hot", supply_air_c=24.0),
        Loop(id="tcs", supply_c=45.0, rise_k=10.0),
        Loop(id="fws", kind="facility", fluid="water", supply_c=40.0, rise_k=10.0),
        Pipe(id="hose", hall="hall", points_mm=((3000, 6500), (CDU_NEAR_MM, 6500)), loop="tcs", dn_mm=32),
        Cooling(
            id="cdu", hall="hall", x_mm=CDU_NEAR_MM, y_mm=6000, profile="cdu-xdu1350", loop="tcs", source_loop="fws"
        ),
        Cooling(id="dc", hall="hall", x_mm=20_000, y_mm=10_000, profile="drycooler", loop="fws"),
        Cooling(id="fw", hall="hall", x_mm=6000, y_mm=9000, profile="fanwall-210"),
        PowerNode(id="util", hall="hall", x_mm=40_000, y_mm=3000, profile="utility-connection", rating_kw=2000.0),
        Workload(id="chat", input_tokens=3000, output_tokens=100),
        Workload(id="assist", profile="chat-1k-1k", input_tokens=3000, output_tokens=1000),
        Pool(id="chat-70b", model="llama3.1-70b", workload="chat"),
        Pool(id="prefill", model="deepseek-r1", workload="assist", phase="prefill", tp=1, ep=8, dp=8),
        Pool(id="decode", model="deepseek-r1", workload="assist", phase="decode", prefill_pool="prefill"),
        Link(id="wire", a="pre", b="dec", rate_gbps=10.0, count=1),
    )
    for number, key in enumerate((*(f"talk-{n + 1}" for n in range(TALKERS)), "pre", "dec")):
        panel = f"pdu-{key.partition('-')[0]}"
        pool = {"pre": "prefill", "dec": "decode"}.get(key, "chat-70b")
        add(
            Rack(
                id=key, hall="hall", x_mm=3000 + 600 * number, y_mm=6000, profile="gb300-nvl72", loop="tcs", pool=pool
            ),
            Feed(id=f"g-{key}", source=panel, target=key),
        )
    for number, panel in enumerate(("pdu-talk", "pdu-pre", "pdu-dec")):
        add(
            PowerNode(
                id=panel, hall="hall", x_mm=30_000 + 3000 * number, y_mm=6000, profile="pdu-rpp", rating_kw=1400.0
            ),
            Feed(id=f"f-{panel}", source="util", target=panel),
        )
    for unit in ("cdu", "dc", "fw"):
        add(Feed(id=f"f-{unit}", source="util", target=unit))
    return Document(tables)
