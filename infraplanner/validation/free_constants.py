"""Which constants a calibration may move, between which physical bounds, and how strongly each is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Constant

SHARED_LIMIT, LIMIT = 20, 40
MIN_ROWS = 4
PULL, FACTOR_PULL, MEASURED_PULL, MATURITY_PULL = 0.2, 0.5, 2.0, 0.5


@dataclass(frozen=True, slots=True)
class Free:
    """One free number: start value, bounds, and how strongly it is drawn to its start (p: as (p/s)^2 rows of sensitivity s)."""

    id: str
    kind: str
    start: float
    low: float
    high: float
    pull: float


SHARED = {
    "memory_efficiency": (0.8, 0.5, 0.95),
    "attention_memory_efficiency": (0.83, 0.3, 0.95),
    "link_efficiency": (0.75, 0.3, 0.95),
    "moe_utilisation": (0.8, 0.2, 1.0),
    "half_saturation_tokens": (13.0, 1.0, 300.0),
    "routing_skew": (0.25, 0.01, 0.5),
    "layer_time_s": (1e-5, 1e-6, 1e-4),
    "step_time_s": (2e-3, 1e-4, 1e-2),
    "sequence_time_s": (5e-6, 1e-7, 1e-4),
    "compiled_sequence_frac": (0.5, 0.05, 1.0),
    "host_slowness.grace": (1.3, 1.0, 4.0),
    "host_overlap": (0.5, 0.01, 1.0),
    "allreduce_latency_s": (3e-6, 5e-7, 3e-5),
    "ring_latency_s": (8.7e-6, 3e-6, 5e-5),
    "launch_layer_time_s": (1e-4, 1e-5, 5e-4),
    "launch_extra_layer_time_s": (3e-4, 1e-5, 8e-4),
    "activation_traffic_bytes": (8.0, 4.0, 60.0),
    "expert_traffic_bytes": (6.0, 4.0, 60.0),
}
MEASURED = frozenset({"memory_efficiency", "attention_memory_efficiency"})
"""Shared constants whose start values public kernel tables measured; they are held more firmly."""
FIRST_TOKEN = {
    "burst_share": (0.3, 0.05, 1.0),
    "admission_steps": (1.5, 0.5, 20.0),
}
"""Start value and bounds of the shared constants, `inference.` before each name; the second group only delays first tokens."""


def free_constants(settings: Iterable[tuple[str, str, str]], catalog: Catalog) -> tuple[Free, ...]:
    """The shared constants, one efficiency a (family, precision) and one maturity a software, where rows suffice.

    `settings` are (family, precision, software) of the rows. At most 40 in all: the rarest factors are left out.
    """
    rows = list(settings)
    found = [
        Free(f"inference.{name}", "shared", *bounds, MEASURED_PULL if name in MEASURED else PULL)
        for name, bounds in SHARED.items()
    ]
    found += [Free(f"inference.{name}", "first_token", *bounds, PULL) for name, bounds in FIRST_TOKEN.items()]
    pairs: dict[tuple[str, str], float] = {}
    for family, precision, _ in rows:
        pairs[family, precision] = pairs.get((family, precision), 0.0) + 1.0
        if precision != "bf16":  # attention runs in 16 bits beside them, which tells half as much
            pairs[family, "bf16"] = pairs.get((family, "bf16"), 0.0) + 0.5
    software = Counter(name for _, _, name in rows if name)
    factors = [
        (count, Free(_efficiency(*pair), "architecture", _start(pair, catalog), 0.15, 0.95, _pull(pair, catalog)))
        for pair, count in pairs.items()
        if count >= MIN_ROWS
    ]
    factors += [
        (count, Free(f"inference.software_maturity.{name}", "software", 1.0, 0.5, 1.5, MATURITY_PULL))
        for name, count in software.items()
        if count >= MIN_ROWS
    ]
    factors.sort(key=lambda pair: (-pair[0], pair[1].id))
    found += [free for _, free in factors[: LIMIT - len(found)]]
    return tuple(found)


def _efficiency(family: str, precision: str) -> str:
    return f"inference.compute_efficiency.{family}.{precision}"


def _start(pair: tuple[str, str], catalog: Catalog) -> float:
    for family in (pair[0], "other"):
        profile = catalog.find(_efficiency(family, pair[1]))
        if isinstance(profile, Constant):
            return profile.value
    return 0.5


def _pull(pair: tuple[str, str], catalog: Catalog) -> float:
    """Efficiencies that kernel tables measured are held more firmly than guesses."""
    profile = catalog.find(_efficiency(*pair))
    return MEASURED_PULL if isinstance(profile, Constant) and profile.confidence == "measured" else FACTOR_PULL
