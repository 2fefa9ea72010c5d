"""deepseek-day: the fleet of 227 nodes behind the published day of DeepSeek V3/R1, with that day's tokens as its demand.

Taken from the publisher's overview: tokens in and out, the share of prompts that the cache held, the mean cache that an
output token sees, the mean number of nodes in service, units of 4 nodes for prefill and 18 for decode, FP8 with batches in
halves and 32 copied experts, two dollars an accelerator hour. Two things follow: lengths of requests (tokens in over tokens
out, and the mean cache), and their rate. The division of the nodes between the phases is that of the published rates a
node; what the program predicts from physics alone is told by `validate`. Floor, power, cooling and fabric are our own.
"""

from __future__ import annotations

from template_parts import Bag
from template_rows import Feeding, LargeHall, Slot

from infraplanner.model.document import Document
from infraplanner.model.entities import Device, Link, Loop, Pool, Scenario, ScenarioPatch, Site, Workload

SERVER, SWITCH, CABINET = "hgx-h800-oem", "qm9700", "eia-48u-600x1200"
PREFILL_NODES, DECODE_NODES = 96, 131
NODES = PREFILL_NODES + DECODE_NODES
ROW_RACKS = (15, 15, 14, 14, 14, 14, 14, 14)
RAILS, SPINES, SPINE_RACKS = 8, 32, 4
CHILLERS = 6
DAY_S = 86_400.0
TOKENS_IN, TOKENS_OUT, SEEN_TOKENS, HIT_FRAC = 608e9, 168e9, 4989.0, 0.5625


def deepseek_day() -> Document:
    """Racks of two nodes in eight rows, eight rail leaves a row, 32 spines."""
    bag = Bag()
    hall = LargeHall(bag, [_row(row) for row in range(len(ROW_RACKS))], columns=2)
    hall.room("Fleet of a published day", 4000.0, hall.plant_columns(CHILLERS), 22.0)
    hall.racks(loops=False)
    chillers = hall.cooling(
        "fanwall-600", "", None, Loop(id="chw", name="Chilled water", kind="facility", fluid="water", supply_c=16.0, rise_k=6.0),
        CHILLERS,
    )  # fmt: skip
    hall.power(Feeding("tx-mv-liquid-1600", "ups-modern-dc", 1250.0, "busway-cu-1000a"), 5000.0, chillers)
    _nodes(bag)
    _fabric(bag)
    _service(bag)
    return bag.document()


def _row(row: int) -> list[Slot]:
    """Racks of nodes with the row's leaves in the middle, and beside them spines, storage or management."""
    first = sum(ROW_RACKS[:row])
    racks = [Slot(f"n{first + n + 1:03d}", CABINET) for n in range(ROW_RACKS[row])]
    middle = [Slot(f"leaf-{row + 1}", CABINET)]
    if 2 <= row < 2 + SPINE_RACKS:
        middle.append(Slot(f"spine-{row - 1}", CABINET))
    elif row >= 2 + SPINE_RACKS:
        middle.append(Slot(f"sto-{row - 1 - SPINE_RACKS}", "storage-flash"))
    else:
        middle.append(Slot(f"mgmt-{row + 1}", "mgmt-rack"))
    half = len(racks) // 2
    return [*racks[:half], *middle, *racks[half:]]


def _nodes(bag: Bag) -> None:
    for number in range(NODES):
        bag.add(
            Device(
                id=f"node-{number + 1:03d}", rack=f"n{number // 2 + 1:03d}", profile=SERVER, u=2 if number % 2 == 0 else 14,
                pool="prefill" if number < PREFILL_NODES else "decode",
            )
        )  # fmt: skip


def _fabric(bag: Bag) -> None:
    """A leaf a rail in every row and one cable from each leaf to each spine; storage and management beside them."""
    for spine in range(SPINES):
        rack, place = divmod(spine, SPINES // SPINE_RACKS)
        bag.add(Device(id=f"s{spine + 1:02d}", rack=f"spine-{rack + 1}", profile=SWITCH, u=4 + 4 * place))
    for row in range(len(ROW_RACKS)):
        for rail in range(RAILS):
            leaf = f"l{row + 1}-{rail + 1}"
            bag.add(Device(id=leaf, rack=f"leaf-{row + 1}", profile=SWITCH, u=4 + 4 * rail))
            for spine in range(SPINES):
                bag.link(leaf, f"s{spine + 1:02d}", 400.0, 1, "ports", "ports")
    for number in range(NODES):
        row = _row_of(number // 2)
        for rail in range(RAILS):
            bag.add(
                Link(
                    id=f"node-{number + 1:03d}-r{rail + 1}", a=f"node-{number + 1:03d}", b=f"l{row + 1}-{rail + 1}",
                    rate_gbps=400.0, a_port="compute", b_port="ports",
                )
            )  # fmt: skip


def _row_of(rack: int) -> int:
    end = 0
    for row, count in enumerate(ROW_RACKS):
        end += count
        if rack < end:
            return row
    raise ValueError(rack)


def _service(bag: Bag) -> None:
    """The day's demand, the two pools, and what the rent was reckoned with."""
    each_out = SEEN_TOKENS / (TOKENS_IN / TOKENS_OUT + 0.5)
    site = bag.tables["site"]["site"]
    assert isinstance(site, Site)
    bag.tables["site"]["site"] = Site(
        id="site",
        name=site.name,
        region=site.region,
        altitude_m=site.altitude_m,
        price_year=site.price_year,
        use_frac=1.0,
    )
    shape = {"model": "deepseek-r1", "workload": "day", "weights": "fp8", "kv": "bf16", "redundant_experts": 32}
    bag.add(
        Workload(
            id="day", name="Tokens of the published day",
            input_tokens=round(each_out * TOKENS_IN / TOKENS_OUT), output_tokens=round(each_out), prefix_hit_frac=HIT_FRAC,
            offered_requests_per_s=round(TOKENS_OUT / DAY_S / round(each_out), 2), tpot_limit_s=0.0476,
        ),
        Pool(id="prefill", name="Prefill", phase="prefill", tp=1, ep=32, dp=32, two_batch=True, **shape),  # type: ignore[arg-type]
        Pool(
            id="decode", name="Decode", phase="decode", prefill_pool="prefill", tp=1, ep=144, dp=144, two_batch=True,
            **shape,  # type: ignore[arg-type]
        ),
        Scenario(
            id="one-batch", name="Without batches in halves",
            patches=(
                ScenarioPatch(target="prefill", field="two_batch", value=False),
                ScenarioPatch(target="decode", field="two_batch", value=False),
            ),
        ),
        Scenario(
            id="no-cache", name="Without the prefix cache",
            patches=(ScenarioPatch(target="day", field="prefix_hit_frac", value=0.0),),
        ),
    )  # fmt: skip
