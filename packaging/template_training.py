"""training-16k-h100: 16,384 H100 on RoCE, pods of 3,072 at full bisection, 1:7 above them, a 405B model in training."""

from __future__ import annotations

from template_parts import Bag
from template_rows import Feeding, LargeHall, Slot

from infraplanner.model.document import Document
from infraplanner.model.entities import Device, Job, Link, Loop, Pool, Scenario, ScenarioPatch

SERVER, LEAF, CABINET = "hgx-h100-oem", "th5-7060x6-64pe", "eia-48u-600x1200"
ROWS, ROW_RACKS, POD_ROWS = 64, 16, 12
RACKS = ROWS * ROW_RACKS
CLUSTERS, CORES = 8, 4
UP_A_CLUSTER = 28
"""Ports of 800G from each cluster switch to the cores: 192 down over 28 up is 1:7."""
CHILLERS = 30


def training_16k_h100() -> Document:
    """16 GPUs and a leaf in each of 1,024 racks; 192 racks under eight cluster switches make a pod."""
    bag = Bag()
    hall = LargeHall(bag, [_row(row) for row in range(ROWS)], columns=4)
    hall.room("Training hall", 3000.0, hall.plant_columns(CHILLERS), 22.0)
    hall.racks(loops=False)
    chillers = hall.cooling(
        "fanwall-600", "", None, Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=16.0, rise_k=6.0),
        CHILLERS,
    )  # fmt: skip
    hall.power(Feeding("tx-mv-liquid-1600", "ups-modern-dc", 1250.0, "busway-cu-1000a"), 60_000.0, chillers)
    _fabric(bag)
    bag.add(
        Pool(id="cluster", name="Cluster", model="llama3.1-405b", weights="bf16", kv="bf16"),
        Job(
            id="pretrain", name="Pretraining of 405B", pool="cluster", model="llama3.1-405b", tp=8, pp=16, micro_batch=1,
            global_batch=2048, sequence_tokens=8192, tokens_total=1.56e13, balancing="hash", flows_per_pair=16,
        ),
        Scenario(
            id="fp8", name="Linear layers in FP8",
            patches=(ScenarioPatch(target="pretrain", field="precision", value="fp8"),),
        ),
        Scenario(
            id="wide-tensor", name="Tensor groups of 32 across racks, 3 stages",
            patches=(
                ScenarioPatch(target="pretrain", field="tp", value=32),
                ScenarioPatch(target="pretrain", field="pp", value=3),
            ),
        ),
    )  # fmt: skip
    return bag.document()


def _row(row: int) -> list[Slot]:
    """Eight racks, four places for the pod's network and the hall's storage, eight racks."""
    first = row * ROW_RACKS
    racks = [Slot(f"g{first + n + 1:04d}", CABINET) for n in range(ROW_RACKS)]
    pod, place = divmod(row, POD_ROWS)
    middle: list[Slot] = []
    if place < 4:
        middle += [Slot(f"p{pod + 1}-c{2 * place + n}", "net-rack-leafspine") for n in (1, 2)]
    if pod == 2 and 4 <= place < 8:
        middle.append(Slot(f"core-{place - 3}", "net-rack-leafspine"))
    if place in (8, 9):
        middle.append(Slot(f"sto-{pod + 1}{'ab'[place - 8]}", "storage-flash"))
    if row % 4 == 0 or (row == ROWS - 1):
        middle.append(Slot(f"mgmt-{row // 4 + 1:02d}" if row % 4 == 0 else "mgmt-99", "mgmt-rack"))
    return [*racks[:8], *middle, *racks[8:]]


def _fabric(bag: Bag) -> None:
    for number in range(RACKS):
        rack = f"g{number + 1:04d}"
        leaf = f"t{number + 1:04d}"
        bag.add(Device(id=leaf, rack=rack, profile=LEAF, u=40))
        for place, unit in ((1, 2), (2, 12)):
            server = f"h{2 * number + place:04d}"
            bag.add(Device(id=server, rack=rack, profile=SERVER, u=unit, pool="cluster"))
            bag.add(
                Link(id=f"{server}-l", a=server, b=leaf, rate_gbps=400.0, count=8, a_port="compute", b_port="ports")
            )
        row = number // ROW_RACKS
        pod = row // POD_ROWS
        for cluster in range(CLUSTERS):
            bag.add(
                Link(
                    id=f"{leaf}-c{cluster + 1}", a=leaf, b=f"p{pod + 1}-c{cluster + 1}", rate_gbps=800.0,
                    a_port="ports", b_port="ports",
                )
            )  # fmt: skip
        bag.add(Link(id=f"{leaf}-m", a=leaf, b=f"mgmt-{row // 4 + 1:02d}", rate_gbps=1.0, count=3, b_port="management"))
    pods = -(-ROWS // POD_ROWS)
    for pod in range(pods):
        for cluster in range(CLUSTERS):
            name = f"p{pod + 1}-c{cluster + 1}"
            bag.link(name, f"core-{cluster // 2 + 1}", 800.0, UP_A_CLUSTER, "ports", "ports")
        for part in "ab":
            if f"sto-{pod + 1}{part}" in bag.tables["racks"]:
                for cluster in range(CLUSTERS):
                    bag.link(f"sto-{pod + 1}{part}", f"p{pod + 1}-c{cluster + 1}", 400.0, 2, "storage", "ports")
