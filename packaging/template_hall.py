"""hall-20mw: the 20 MW brief. 126 GB200 NVL72 racks among 400, about 30,000 cables, rows of 20, a rail-optimised fabric."""

from __future__ import annotations

from msgspec import structs
from template_parts import Bag

from infraplanner.model.document import Document
from infraplanner.model.entities import (
    Device,
    Job,
    Loop,
    Pool,
    Port,
    Rack,
    Scenario,
    ScenarioPatch,
    Site,
    Workload,
)
from infraplanner.validation.generate_hall import ROW_RACKS, HallPlan, Sizes

GPU, CABINET = "gb200-nvl72", "eia-48u-600x1200"
PROFILE = {
    "gpu": GPU, "leaf": CABINET, "spine": CABINET, "core": CABINET,
    "storage": "storage-flash", "cpu": "cpu-rack", "mgmt": "mgmt-rack",
}  # fmt: skip
# Sixteen rows around eight accelerator racks each, the last with six; four rows of spines, storage and management.
UNIT = (*("gpu",) * 4, *("leaf",) * 3, *("gpu",) * 4, *("storage",) * 4, "cpu", *("mgmt",) * 4)
LAST = (*("gpu",) * 3, *("leaf",) * 3, *("gpu",) * 3, *("storage",) * 4, *("cpu",) * 2, *("mgmt",) * 5)
SPINE = (*("spine",) * 5, "core", *("storage",) * 7, *("mgmt",) * 7)
UNIT_ROWS, SPINE_ROWS = 16, 4
ROWS = (*(UNIT,) * (UNIT_ROWS - 1), LAST, *(SPINE,) * SPINE_ROWS)
RAILS, SPINES_A_RAIL, CORES = 18, 8, 16
MGMT_CABLES = 30
POOLS = {"chat-70b": range(40), "r1-prefill": range(40, 62), "r1-decode": range(62, 94), "train-405b": range(94, 126)}
SIZES = Sizes(
    row_kw=1600.0, transformer_kw=1600.0, utility_kw=25_000.0, liquid_kw_a_rack=38.0, air_kw_a_rack=16.0,
    transformer="tx-mv-liquid-1600",
)  # fmt: skip


def hall_20mw() -> Document:
    """Two utilities of 25 MW, A and B to every rack, two CDUs a row, two served models and one that is trained."""
    bag = Bag()
    plan = HallPlan(len(ROWS) * ROW_RACKS, SIZES)
    racks = _racks(bag, plan)
    _switches(bag, racks)
    _rails(bag, racks)
    _ethernet(bag, racks)
    _management(bag, racks)
    placed = [record for record in bag.tables["racks"].values() if isinstance(record, Rack)]
    hall = structs.replace(plan.hall(), name="Hall 1", design_density_w_per_m2=3000.0)
    bag.add(
        Site(id="site", name="Leesburg", region="us-virginia", altitude_m=115.0, price_year=2026),
        hall,
        *plan.loops(),
        Loop(id="fws", name="Facility water", kind="facility", fluid="water", supply_c=32.0, rise_k=10.0),
        Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=18.0, rise_k=7.0),
        *plan.cooling(),
        *plan.power(),
        *plan.feeds(placed),
        *plan.trays(),
        *(structs.replace(zone, name="Hot aisle, contained") for zone in plan.zones()),
    )
    _serving(bag)
    return bag.document()


def _racks(bag: Bag, plan: HallPlan) -> list[dict[str, list[str]]]:
    """All racks; returns the ids of each row by kind."""
    pool_of = {number: name for name, numbers in POOLS.items() for number in numbers}
    rows: list[dict[str, list[str]]] = []
    gpus = 0
    for index, pattern in enumerate(ROWS):
        rows.append({})
        for slot, kind in enumerate(pattern):
            gpu = kind == "gpu"
            x, y, turn = plan.place(index * ROW_RACKS + slot, 1068 if gpu else 1200)
            name = f"{plan.row_name(index)}-{slot + 1:02d}"
            rows[index].setdefault(kind, []).append(name)
            bag.add(
                Rack(
                    id=name, hall="hall", x_mm=x, y_mm=y, rotation_deg=turn, profile=PROFILE[kind],
                    row=plan.row_name(index), loop=plan.loop_name(index) if gpu else "",
                    pool=pool_of[gpus] if gpu else "",
                )
            )  # fmt: skip
            if gpu:
                bag.add(Port(id=f"{name}-frontend", owner=name, group="frontend", count=8, rate_gbps=400.0))
                gpus += 1
            if kind != "mgmt":
                count = 32 if gpu else MGMT_CABLES
                bag.add(Port(id=f"{name}-management", owner=name, group="management", count=count, rate_gbps=1.0))
    return rows


def _switches(bag: Bag, rows: list[dict[str, list[str]]]) -> None:
    """Six rails' leaves in each leaf cabinet and a row's two Ethernet leaves in the first two; eight spines a cabinet."""
    spine = 0
    for index, row in enumerate(rows):
        number = index + 1
        for rail in range(RAILS if "leaf" in row else 0):
            cabinet, place = row["leaf"][rail // 6], rail % 6
            bag.add(Device(id=_leaf(number, rail), rack=cabinet, profile="qm9700", u=40 - 2 * place))
        for cabinet in row.get("spine", ()):
            for place in range(8):
                if spine < RAILS * SPINES_A_RAIL:
                    bag.add(Device(id=f"spine-{spine + 1:03d}", rack=cabinet, profile="qm9700", u=40 - 2 * place))
                    spine += 1
        homes = row.get("leaf", ()) or row["core"] * 2
        for which in (1, 2):
            bag.add(Device(id=f"eth-{number:02d}-{which}", rack=homes[which - 1], profile="sn5600", u=24 - 4 * which))
        for place in range(CORES // SPINE_ROWS if "core" in row else 0):
            core = (index - UNIT_ROWS) * (CORES // SPINE_ROWS) + place + 1
            bag.add(Device(id=f"core-{core:02d}", rack=row["core"][0], profile="sn5600", u=42 - 4 * place))


def _leaf(row: int, rail: int) -> str:
    return f"leaf-{row:02d}-{rail + 1:02d}"


def _rails(bag: Bag, rows: list[dict[str, list[str]]]) -> None:
    """Four cables from every rack to each of its row's 18 leaves; each leaf on the eight spines of its rail."""
    for number, row in enumerate(rows[:UNIT_ROWS], 1):
        for rail in range(RAILS):
            for rack in row["gpu"]:
                bag.link(rack, _leaf(number, rail), 400.0, 4, "compute", "ports")
            for which in range(SPINES_A_RAIL):
                spine = rail * SPINES_A_RAIL + which + 1
                bag.link(_leaf(number, rail), f"spine-{spine:03d}", 400.0, 4, "ports", "ports")


def _ethernet(bag: Bag, rows: list[dict[str, list[str]]]) -> None:
    """Front end and storage: two leaves a row, each with 16 cables up to as many cores."""
    for number, row in enumerate(rows, 1):
        for which in (1, 2):
            leaf = f"eth-{number:02d}-{which}"
            for rack in row.get("gpu", ()):
                bag.link(rack, leaf, 400.0, 2, "frontend", "ports")
            for rack in row["storage"]:
                bag.link(rack, leaf, 400.0, 6, "storage", "ports")
            for rack in row.get("cpu", ()):
                bag.link(rack, leaf, 200.0, 4, "frontend", "ports")
            for core in range(CORES):
                bag.link(leaf, f"core-{core + 1:02d}", 800.0, 1, "ports", "ports")


def _management(bag: Bag, rows: list[dict[str, list[str]]]) -> None:
    """Every rack's controllers in the management racks of its row."""
    for row in rows:
        others = [name for kind, names in sorted(row.items()) if kind != "mgmt" for name in names]
        for turn, name in enumerate(others):
            bag.link(name, row["mgmt"][turn % len(row["mgmt"])], 1.0, MGMT_CABLES, "management", "management")


def _serving(bag: Bag) -> None:
    racks = sorted(key for key, record in bag.tables["racks"].items() if getattr(record, "profile", "") == GPU)
    loops = sorted(key for key in bag.tables["loops"] if key.startswith("tcs-"))
    bag.add(
        Workload(id="chat", name="Chat", profile="chat-1k-1k"),
        Workload(
            id="assist", name="Assistant with documents", profile="chat-1k-1k", input_tokens=3000, output_tokens=1000
        ),
        Pool(id="chat-70b", name="Chat on Llama 70B", model="llama3.1-70b", workload="chat"),
        # Pinned: on four accelerators the weights fit by a hair, and a figure at such an edge is no figure.
        Pool(
            id="r1-prefill", name="R1 prefill", model="deepseek-r1", workload="assist", phase="prefill", tp=1, ep=8, dp=8
        ),
        Pool(
            id="r1-decode", name="R1 decode", model="deepseek-r1", workload="assist", phase="decode",
            prefill_pool="r1-prefill",
        ),
        Pool(id="train-405b", name="Training 405B", model="llama3.1-405b", weights="bf16", kv="bf16"),
        Job(id="pretrain", pool="train-405b", model="llama3.1-405b", tp=8, pp=9, global_batch=2048),
        Scenario(
            id="gb300", name="GB300 instead of GB200",
            patches=(
                *(ScenarioPatch(target=key, field="profile", value="gb300-nvl72") for key in racks),
                ScenarioPatch(target="r1-prefill", field="ep", value=4),
                ScenarioPatch(target="r1-prefill", field="dp", value=4),
            ),
        ),
        Scenario(
            id="warm", name="Technology water at 45 °C",
            patches=tuple(ScenarioPatch(target=key, field="supply_c", value=45.0) for key in loops),
        ),
    )  # fmt: skip
