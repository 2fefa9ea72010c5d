"""What is not for sale but worth knowing: faster memory in the same accelerators, a metre less of every cable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from infraplanner.catalog import Catalog
from infraplanner.catalog.catalog import KIND_OF_CLASS, profile_data
from infraplanner.catalog.types import Accelerator, Constant, Profile
from infraplanner.edit import Command, PutRecords
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import EmbeddedProfile
from infraplanner.results.snapshot import ResultSnapshot

MORE_MEMORY = 0.1
LESS_M = 1.0
LOOP = "cable.service_loop_m"
MEMORY_FIELDS = ("memory_gb", "memory_bw_tb_per_s")


@dataclass(frozen=True, slots=True)
class Shadow:
    """Wall, words, command and how to take them."""

    wall: str
    text: str
    command: Command
    note: str


def shadow_offers(snapshot: Snapshot, catalog: Catalog, result: ResultSnapshot) -> Iterator[Shadow]:
    """Changes that the catalogue does not sell, made to the plan's own copies of profiles."""
    known = catalog.with_embedded(snapshot.table("profiles"))
    count = Counter({pool.accelerator: 0 for pool in result.throughput.pools if pool.tokens_per_s is not None})
    for pool in result.throughput.pools:
        if pool.accelerator in count:
            count[pool.accelerator] += pool.accelerator_count
    for name, _ in sorted(count.most_common(), key=lambda item: (-item[1], item[0])):
        part = known.find(name)
        if isinstance(part, Accelerator) and part.memory_bw_tb_per_s is not None:
            grown = {
                field: getattr(part, field) * (1.0 + MORE_MEMORY)
                for field in MEMORY_FIELDS
                if getattr(part, field) is not None
            }
            text = f"HBM +{100 * MORE_MEMORY:g} % in {part.name.split(' (')[0]}"
            yield Shadow(
                "memory", text, _own(text, msgspec.structs.replace(part, **grown)), "size and rate; nobody sells it"
            )
    loop = known.find(LOOP)
    if snapshot.table("links") and isinstance(loop, Constant) and loop.value > 0.0:
        shorter = msgspec.structs.replace(loop, value=max(0.0, loop.value - LESS_M / 2))
        text = f"{LESS_M:g} m less of every cable"
        yield Shadow("copper", text, _own(text, shorter), "half of it at each end")


def _own(text: str, profile: Profile) -> Command:
    """Put the plan's own copy of a profile."""
    record = EmbeddedProfile(id=profile.id, kind=KIND_OF_CLASS[type(profile)], data=profile_data(profile))
    return PutRecords(text, [("profiles", record)])
