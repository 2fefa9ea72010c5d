"""Fabrics as one edit of a plan: placed, cabled, ports assigned, undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.cli.main import main
from infraplanner.edit import EditError, GenerateFabric, UndoStack
from infraplanner.io import plan_bytes, read_plan
from infraplanner.model.document import Document
from infraplanner.model.entities import Device, Hall, Pool, Rack

TEMPLATES = places.resources_dir() / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


def hall(profile: str, count: int, width: int = 600) -> UndoStack:
    """A row of racks and nothing else."""
    racks = [
        Rack(
            id=f"r{k:03d}",
            hall="h",
            x_mm=2000 + width * (k % 40),
            y_mm=3000 + 3000 * (k // 40),
            profile=profile,
            pool="p",
        )
        for k in range(count)
    ]
    tables = {
        "halls": {"h": Hall(id="h", width_mm=60_000, depth_mm=40_000)},
        "racks": {rack.id: rack for rack in racks},
        "pools": {"p": Pool(id="p", model="llama3.1-70b")},
    }
    return UndoStack(Document(tables))  # type: ignore[arg-type]


CASES = {
    "clos-2": ("gb200-nvl72", 8, {"switch": "qm9700"}),
    "clos-3": ("gb200-nvl72", 16, {"switch": "qm9700", "pod_leaves": 8, "top_ratio": 7.0}),
    "rail-optimised": ("gb200-nvl72", 8, {"switch": "qm9700"}),
    "rail-only": ("gb200-nvl72", 8, {"switch": "qm9700"}),
    "dual-plane": ("gb200-nvl72", 8, {"switch": "q3400"}),
    "dragonfly": ("dgx-h100-rack4", 8, {"switch": "q3400"}),
    "slim-fly": ("dgx-h100-rack4", 8, {"switch": "q3400"}),
    "ocs-torus": ("tpu-v4-rack", 8, {"switch": "palomar-ocs", "sides": (2, 2, 2)}),
}


@pytest.mark.parametrize("kind", CASES)
def test_every_kind_is_placed_cabled_and_undone_as_one_edit(kind: str, catalog: Catalog) -> None:
    profile, count, more = CASES[kind]
    stack = hall(profile, count, 800)
    if kind == "clos-2":
        more = {"switch": "q3400", "prefix": "two"}
    before = {name: dict(stack.document.table(name)) for name in ("racks", "devices", "links")}
    order = GenerateFabric(
        kind,
        sorted(before["racks"]),
        catalogue=catalog,
        frame="eia-48u-600x1200",
        **more,  # type: ignore[arg-type]
    )
    stack.execute(order)
    document = stack.document
    assert stack.history()[0] == [order.label]
    used: dict[str, float] = {}
    for link in document.table("links").values():
        for end in (link.a, link.b):
            used[end] = used.get(end, 0.0) + link.count * link.rate_gbps
    host = catalog.get(profile).port_groups[0]
    assert {used[key] for key in before["racks"]} == {host.count * host.rate_gbps}
    switch = catalog.get(more["switch"]).port_groups[0]
    if switch.rate_gbps is not None:
        assert max(used[key] for key in document.table("devices")) <= switch.count * switch.rate_gbps
    units: set[tuple[str, int]] = set()
    for device in document.table("devices").values():
        own = {
            (device.rack, unit) for unit in range(device.u, device.u + round(catalog.get(device.profile).rack_units))
        }
        assert units.isdisjoint(own)
        assert max(unit for _, unit in own) <= 48
        units |= own
    again = read_plan_bytes(plan_bytes(document, catalog), catalog)
    assert plan_bytes(again, catalog) == plan_bytes(document, catalog)
    stack.undo()
    assert {name: dict(stack.document.table(name)) for name in before} == before


def read_plan_bytes(data: bytes, catalog: Catalog) -> Document:
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.yaml"
        path.write_bytes(data)
        return read_plan(path, catalog).document


def test_new_cabinets_stand_free_and_given_ones_are_filled_first(catalog: Catalog) -> None:
    stack = hall("gb200-nvl72", 8)
    stack.document.put("racks", Rack(id="net", hall="h", x_mm=12_000, y_mm=3000, profile="eia-48u-600x1200"))
    stack.document.put("devices", Device(id="old", rack="net", profile="sn2201", u=48))
    hosts = [f"r{k:03d}" for k in range(8)]
    stack.execute(
        GenerateFabric(
            "rail-optimised", hosts, "qm9700", catalog, "eia-48u-600x1200", into=("net",), switches_a_rack=20
        )
    )
    devices = stack.document.table("devices")
    assert sum(device.rack == "net" for device in devices.values()) == 21
    assert devices["fab-block1-rail-1"].u == 47
    assert len(devices) > 21
    boxes = [
        (rack.x_mm, rack.y_mm) for rack in stack.document.table("racks").values() if rack.profile == "eia-48u-600x1200"
    ]
    assert len(boxes) > 1
    assert len(set(boxes)) == len(boxes)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"hosts": ("r000",)}, "at least 2 hosts"),
        ({"hosts": ("r000", "nobody")}, "nobody is no rack or device"),
        ({"switch": "gb200-nvl72"}, "is no switch"),
        ({"switch": "palomar-ocs"}, "is built of a packet switch"),
        ({"switch": "th6-7060xe7-64ps", "group": "frontend"}, "no ports frontend"),
        ({"frame": "nothing"}, "name a cabinet of known size"),
        ({"switch": "sn2201"}, "must be a multiple"),
        ({"kind": "star"}, "no fabric"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_sentence_and_nothing_is_left(
    change: dict[str, object], text: str, catalog: Catalog
) -> None:
    stack = hall("gb200-nvl72", 4)
    given = {
        "kind": "rail-optimised",
        "hosts": ("r000", "r001"),
        "switch": "qm9700",
        "frame": "eia-48u-600x1200",
    } | change
    before = plan_bytes(stack.document, catalog)
    with pytest.raises(EditError, match=text):
        stack.execute(GenerateFabric(catalogue=catalog, **given))  # type: ignore[arg-type]
    assert plan_bytes(stack.document, catalog) == before


def test_ports_in_use_are_refused_unless_their_links_are_replaced(catalog: Catalog) -> None:
    plan = read_plan(TEMPLATES / "nvl72-pod.yaml", catalog)
    stack = UndoStack(plan.document)
    hosts = ["A01", "A02", "B01", "B02"]
    order = GenerateFabric("rail-only", hosts, "qm9700", catalog, "eia-48u-600x1200", into=("A04", "B04"))
    with pytest.raises(EditError, match="A01 has 72 of its 72 ports compute in use"):
        stack.execute(order)
    from dataclasses import replace  # noqa: PLC0415

    stack.execute(replace(order, replace_links=True))
    plugged = [link for link in plan.document.table("links").values() if link.a == "A01" and link.a_port == "compute"]
    assert sum(link.count for link in plugged) == 72
    assert {link.b[:8] for link in plugged} == {"fab-rail"}


def test_from_the_command_line(tmp_path: Path, catalog: Catalog) -> None:
    stack = hall("gb200-nvl72", 8)
    source, target = tmp_path / "bare.yaml", tmp_path / "joined.yaml"
    source.write_bytes(plan_bytes(stack.document, catalog))
    assert (
        main(
            [
                "fabric",
                str(source),
                "--make",
                "rail-optimised",
                "--hosts",
                "pool:p",
                "--switch",
                "qm9700",
                "-o",
                str(target),
            ]
        )
        == 0
    )
    made = read_plan(target, catalog).document
    assert len(made.table("devices")) == 18 + 9
    assert len(made.table("links")) == 8 * 18 + 18 * 9
    assert (
        main(["fabric", str(source), "--make", "clos-2", "--hosts", "pool:x", "--switch", "qm9700", "-o", str(target)])
        == 2
    )
