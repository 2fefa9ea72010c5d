"""tpu-ocs-pod: 4,096 TPU v4 in 64 racks, each a cube of 4 x 4 x 4 chips, joined to a 3D torus by 48 optical switches."""

from __future__ import annotations

import msgspec
from template_parts import Bag
from template_rows import HALL, Feeding, LargeHall, Slot

from infraplanner.catalog import load_catalog
from infraplanner.edit import GenerateFabric, UndoStack
from infraplanner.edit.topologies import rings
from infraplanner.model.document import Document
from infraplanner.model.entities import Job, LightPath, Loop, Pool, Scenario, ScenarioPatch, Waiver
from infraplanner.places import shipped_profiles_dir

TPU, CABINET = "tpu-v4-rack", "eia-48u-600x1200"
SIDES, LONG = (4, 4, 4), (2, 4, 8)
ROWS, HALF_ROW = 8, 4
CHILLERS = 4


def tpu_ocs_pod() -> Document:
    """The pod with its torus, a training job on it, and a longer torus over the same cables as a scenario."""
    bag = Bag()
    rows = []
    cube = 0
    for row in range(ROWS):
        slots: list[Slot] = []
        for half in range(2):
            for _ in range(HALF_ROW):
                cube += 1
                slots.append(Slot(f"cube-{cube:02d}", TPU, 800, "torus", is_liquid=True))
            if half == 0:
                slots.append(Slot(f"ocs-r{row + 1}", CABINET))
        slots.append(Slot(f"sto-{row + 1}", "storage-flash") if row % 2 else Slot(f"mgmt-{row + 1}", "mgmt-rack"))
        rows.append(slots)
    hall = LargeHall(bag, rows, columns=2)
    hall.room("TPU pod", 3000.0, hall.plant_columns(CHILLERS), 22.0)
    hall.racks(loops=True)
    chillers = hall.cooling(
        "fanwall-210", "cdu-coolchip-600", Loop(id="x", fluid="pg25", supply_c=25.0, rise_k=8.0),
        Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=16.0, rise_k=6.0), CHILLERS,
    )  # fmt: skip
    hall.power(Feeding("tx-mv-liquid-1600", "ups-modern-dc", 1250.0, "busway-cu-1000a"), 6000.0, chillers)
    for row, slots in enumerate(rows):
        home = f"mgmt-{row - row % 2 + 1}"
        for slot in slots:
            if slot.profile in (TPU, "storage-flash"):
                bag.link(slot.id, home, 1.0, 4, "", "management")
    bag.add(
        Pool(id="torus", name="Torus", model="gpt3-175b", weights="bf16", kv="bf16"),
        Job(
            id="pretrain", name="Pretraining", pool="torus", model="gpt3-175b", tp=8, pp=16, micro_batch=1,
            global_batch=1536, sequence_tokens=2048, tokens_total=3e11,
        ),
        Waiver(
            id="not-for-sale", rule="price.no-accelerator", target="cube-01",
            reason="These parts are rented, not sold; capital stays open.",
        ),
    )  # fmt: skip
    document = bag.document()
    cubes = [f"cube-{n:02d}" for n in range(1, 65)]
    cabinets = [f"ocs-r{n}" for n in range(1, 9)]
    order = GenerateFabric(
        "ocs-torus", cubes, "palomar-ocs", load_catalog(shipped_profiles_dir()), into=cabinets, hall=HALL, sides=SIDES,
        prefix="t", switches_a_rack=6,
    )  # fmt: skip
    UndoStack(document).execute(order)
    document.put("scenarios", _longer(document, cubes))
    document.put(
        "scenarios",
        Scenario(
            id="pipeline",
            name="Eight pipeline stages",
            patches=(ScenarioPatch(target="pretrain", field="pp", value=8),),
        ),
    )
    document.take_changes()
    return document


def _longer(document: Document, cubes: list[str]) -> Scenario:
    """The same cables, mirrors turned: a torus of 2 x 4 x 8 cubes, whose bisection is half as wide."""
    patches = []
    for key in sorted(document.table("devices")):
        axis = "xyz".index(key.removeprefix("t-ocs-")[0])
        paths = [LightPath(a=cubes[a], b=cubes[b], count=count) for a, b, count in rings(LONG, axis)]
        patches.append(
            ScenarioPatch(target=key, field="light_paths", value=[msgspec.to_builtins(path) for path in paths])
        )
    return Scenario(id="longer-torus", name="Torus of 2 x 4 x 8 cubes", patches=tuple(patches))
