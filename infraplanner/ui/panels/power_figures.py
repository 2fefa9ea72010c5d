"""What a result says of one power node or feed, as texts for the inspector."""

from __future__ import annotations

import math

from infraplanner.results.snapshot import PowerResult, ResultSnapshot
from infraplanner.units import number, scaled, whole


def _watts(value: float) -> str:
    return " ".join(scaled(float(value), "W"))


def node_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    """Load, loss, what its failure costs, and for a source what it burns and emits."""
    power = result.power
    if key not in power.node_ids:
        return {}
    row = power.node_ids.index(key)
    out = {
        "load": f"{number(100 * float(power.node_load_frac[row]))} %" + _under_cap(power, row),
        "out": _watts(power.node_out_w[row]),
        "loss": _watts(power.node_loss_w[row]),
        "fails": failure_text(result, key),
        "fuel": "–",
        "carbon": "–",
    }
    supply = power.supply
    if key in supply.source_ids:
        at = supply.source_ids.index(key)
        carbon = float(supply.source_carbon_kg_per_h[at])
        if supply.source_fuel[at]:
            out["fuel"] = f"{_watts(supply.source_fuel_w[at])} of {supply.source_fuel[at]}"
        if math.isfinite(carbon):
            out["carbon"] = f"{number(carbon)} kg/h"
    return out


def _under_cap(power: PowerResult, row: int) -> str:
    """Output over the cap that management keeps the node to; empty without one."""
    cap_w = float(power.node_cap_w[row]) if len(power.node_cap_w) else math.inf
    return f", {number(100 * float(power.node_out_w[row]) / cap_w)} % of its cap" if math.isfinite(cap_w) else ""


def failure_text(result: ResultSnapshot, key: str) -> str:
    """One line on the single failure of a node, at the load of the last settled state."""
    outages = result.power.outages
    if key not in outages.case_ids:
        return "–"
    row = outages.case_ids.index(key)
    what = "one unit: " if outages.case_unit[row] else ""
    lost, dark, single = outages.case_unserved_w[row], int(outages.case_dark[row]), int(outages.case_single[row])
    if lost > 0.0:
        return f"{what}{dark} loads dark, {_watts(lost)}"
    worst = float(outages.case_worst_frac[row])
    parts = [f"{single} loads keep one feed"] if single else ["nothing is lost"]
    if worst > 0.0:
        parts.append(f"{outages.case_worst[row]} at {number(100 * worst)} %")
    return what + ", ".join(parts)


def feed_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    """What flows over a feed's conductor; empty texts where it has none."""
    wiring = result.power.wiring
    if key not in wiring.wire_ids:
        return dict.fromkeys(("carries", "amperes", "volts", "loss", "heat"), "–")
    row = wiring.wire_ids.index(key)
    allowed = float(wiring.wire_allowed_a[row])
    of = f" of {whole(allowed)} A" if math.isfinite(allowed) else ""
    return {
        "carries": _watts(wiring.wire_w[row]),
        "amperes": f"{whole(float(wiring.wire_a[row]))} A{of}",
        "volts": f"{number(float(wiring.wire_end_v[row]), 4)} V, {number(100 * float(wiring.wire_drop_frac[row]), 2)} % down",
        "loss": f"{_watts(wiring.wire_loss_w[row])} over {number(float(wiring.wire_length_m[row]))} m",
        "heat": f"{number(float(wiring.wire_c[row]))} °C",
    }
