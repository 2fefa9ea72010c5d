"""Predictor of measured collectives: bus bandwidth of one node, of several, of one card, and point to point."""

from __future__ import annotations

from typing import Any

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator
from infraplanner.compile.rules import Lookup, constants
from infraplanner.engine import kernel_cache
from infraplanner.units import BITS_PER_BYTE, GIGA

from . import phrases
from .measured import Row, not_positive
from .report import Prediction, Predictor

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when a row is first predicted

METRICS = frozenset({"busbw", "busbw_per_nic", "p2p_bandwidth"})
LARGE_MESSAGE_B = 4.0 * 2.0**30
"""Assumed where a row names no size: published bus bandwidths are of large messages."""


def collective_predictor(catalog: Catalog) -> Predictor:
    """A predictor of collective rows; rows of other kinds are none of its business (None)."""
    rule = constants(catalog)

    def predict(row: Row) -> Prediction | None:
        if row["metric"] not in METRICS:
            return None
        kernel_cache.prepare_once()
        tags = (f"accelerator:{row.get('accelerator')}", "class:collective")
        wrong = not_positive(row, ("n_accelerators", "nodes"))
        if wrong:
            return Prediction(skipped=wrong, tags=tags)
        assumed: list[str] = []
        size = phrases.read("message_b", row.get("notes"))
        if size is None:
            size = LARGE_MESSAGE_B
            assumed.append("messages of 4 GiB")
        answer = _card(row, rule, size, assumed) if row["metric"] == "busbw_per_nic" else None
        if answer is None:
            part = catalog.find(str(row.get("accelerator")))
            if not isinstance(part, Accelerator) or part.scale_up_gb_per_s is None:
                return Prediction(skipped=f"no scale-up rate of {row.get('accelerator')}", tags=tags)
            answer = _bandwidth(row, part, rule, size)
        value, limiter = answer
        return Prediction(value / GIGA, limiter, tuple(assumed), tags=tags)

    return predict


def _card(row: Row, rule: Lookup, size: float, assumed: list[str]) -> tuple[float, str]:
    """Bus bandwidth of one card: a ring over the network as fast as a card at its achievable rate."""
    from infraplanner.kernels import collectives

    line = phrases.read("nic_b_per_s", row.get("accelerator"))
    if line is None:
        raise ValueError("the row names no card's rate")
    ranks = float(row.get("n_accelerators") or 2 * int(row.get("nodes") or 1))
    if row.get("n_accelerators") is None:
        assumed.append(f"{ranks:g} ranks")
    rate, hop = line * rule("collective.nic_efficiency"), rule("collective.scale_out_hop_s")
    time = collectives.ring_all_reduce(size, ranks, hop, rate)
    return collectives.busbw_ratio(collectives.ALL_REDUCE, ranks) * size / time, "network card"


def _bandwidth(row: Row, part: Accelerator, rule: Lookup, size: float) -> tuple[float, str]:
    """Bandwidth of a collective in one domain or over several nodes, by the row's algorithm or the fastest."""
    from infraplanner.kernels import collectives as c

    line = (part.scale_up_gb_per_s or 0.0) * GIGA
    ring, hop = line * rule("collective.ring_efficiency"), rule("collective.scale_up_hop_s")
    if row.get("collective") == "p2p":
        return size / c.point_to_point(size, hop, ring), "scale-up link"
    ranks, nodes = float(row["n_accelerators"]), float(row.get("nodes") or 1)
    bus = c.busbw_ratio(c.ALL_REDUCE, ranks)
    if nodes > 1:
        return bus * size / _across(row, part, rule, (size, ranks / nodes, nodes, ring)), "network card"
    times = {"ring": c.ring_all_reduce(size, ranks, hop, ring)}
    if "NVLS" in str(row.get("algorithm")):
        reduction = line * rule("collective.in_network_efficiency")
        # The library takes whichever is faster, and the ring moves fewer bytes a link in small groups.
        times["in-network"] = c.in_network_all_reduce(size, ranks, hop, reduction)
    best = min(times, key=lambda name: times[name])
    return bus * size / times[best], best


def _across(row: Row, part: Accelerator, rule: Lookup, group: tuple[float, float, float, float]) -> float:
    """Over several nodes [s]: scatter inside, all-reduce across all cards of the nodes, gather inside."""
    from infraplanner.kernels import collectives as c

    size, inner, nodes, ring = group
    stated: Any = phrases.read("node_b_per_s", row.get("accelerator"))
    per_rank = stated / inner if stated else (part.scale_out_nic_gbps or 0.0) * GIGA / BITS_PER_BYTE
    rate = per_rank * rule("collective.nic_efficiency")
    up_hop, out_hop = rule("collective.scale_up_hop_s"), rule("collective.scale_out_hop_s")
    return c.hierarchical_all_reduce(size, inner, nodes, up_hop, out_hop, ring, rate)
