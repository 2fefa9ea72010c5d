"""One link in full: where it runs, what it carries, what its loss leaves, how often it fails, and every medium that could
take its place.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import CoolingUnit, LinkMedium
from infraplanner.compile.parts import Parts
from infraplanner.compile.rules import constants
from infraplanner.edit import EditError
from infraplanner.model.document import Snapshot
from infraplanner.results.plugs import PlugResult
from infraplanner.results.snapshot import FabricResult
from infraplanner.units import H_PER_YEAR

from .link_margins import log_errors

# ruff: noqa: PLC0415 - kernels, and with them Numba, are imported when first needed

WAYS = (
    "over the trays",
    "the trays of both ends do not meet",
    "no tray near its first end",
    "no tray near its second end",
)
FIT_HOURS = 1e9


def link_report(
    snapshot: Snapshot, catalog: Catalog, fabric: FabricResult, link: str, plugs: PlugResult | None = None
) -> dict[str, Any]:
    """State of a link and `media`, the choices in order of price with what each would add. Raises EditError.

    Unknown figures are None. The bit error rate before correction is the least that the loss left over [dB] allows, see
    `link_margins`.
    """
    if link not in snapshot.table("links") or link not in fabric.link_ids:
        raise EditError(f"There is no link {link} in the plan.")
    from infraplanner.engine import kernel_cache

    kernel_cache.prepare_once()
    from infraplanner.engine import bind

    record, row = snapshot.table("links")[link], fabric.link_ids.index(link)
    catalog = catalog.with_embedded(snapshot.table("profiles"))
    rule = constants(catalog)
    parts = Parts(catalog)
    media = bind.media(parts, rule)
    stock = bind.route(parts, rule)
    cable_c = _number(fabric.cable_c, row)
    mirror_db = _mirror_db(snapshot, catalog, record)
    fixed_db = record.panels * rule("link.optics.connector_db") + mirror_db
    part = catalog.find(fabric.medium[row])
    modules = 1.0 if mirror_db else 2.0
    loss = _losses(media, parts, part, fabric, row, fixed_db) if isinstance(part, LinkMedium) else (None, None)
    fit = part.fit * record.count if isinstance(part, LinkMedium) and part.fit is not None else None
    return {
        "id": link,
        "from": record.a,
        "to": record.b,
        "cables": record.count,
        "rate_gbps": record.rate_gbps,
        "medium": fabric.medium[row] or None,
        "chosen": "automatically" if record.medium == "auto" else "locked by hand",
        "route": WAYS[int(fabric.way[row])] if fabric.way.size else None,
        "length_m": _number(fabric.length_m, row),
        "ordered_m": _number(fabric.ordered_m, row),
        "reach_m": _number(fabric.reach_m, row),
        "margin_m": _number(fabric.margin_m, row),
        "load_frac": _number(fabric.load_frac, row),
        "load_bps": _number(fabric.load_bps, row),
        "power_w": _number(fabric.power_w, row),
        "pj_per_bit": _pj_per_bit(_number(fabric.power_w, row), record.rate_gbps * record.count),
        "latency_s": _number(fabric.latency_s, row),
        "price_usd": _number(fabric.price_usd, row),
        "cable_c": cable_c,
        "loss_db": loss[0],
        "budget_db": loss[1],
        "margin_db": None if None in loss else (loss[1] or 0.0) - (loss[0] or 0.0),
        "ber_before_correction": _errors(loss, media, parts, part, rule("link.fec_pre_ber_design")),
        "ber_corrected_up_to": rule("link.fec_pre_ber_design"),
        "fit": fit,
        "failures_per_year": None if fit is None else fit / FIT_HOURS * H_PER_YEAR,
        "panels": record.panels,
        **_plugs(plugs or PlugResult(), link),
        "media": _choices(media, stock, parts, record, fabric, row, fixed_db, modules, single_only=mirror_db > 0.0),
    }


def _errors(
    loss: tuple[float | None, float | None], media: Any, parts: Parts, part: Any, design_ber: float
) -> float | None:
    """Least bit error rate before correction, an estimate."""
    if loss[0] is None or loss[1] is None:
        return None
    fibre = np.array([media.fibre[parts.code(part.id, LinkMedium)] == 1])
    return float(10.0 ** log_errors(np.array([loss[1] - loss[0]]), fibre, design_ber)[0])


def _plugs(plugs: PlugResult, link: str) -> dict[str, Any]:
    """The warmer of its plugs, with and without the modules that sit on it [°C], and what these carry [W]."""
    row = plugs.link_ids.index(link) if link in plugs.link_ids else len(plugs.link_ids)
    return {
        "plug_w": _number(plugs.plug_w, row),
        "plug_case_c": _number(plugs.case_c, row),
        "plug_bare_c": _number(plugs.bare_c, row),
        "plug_limit_c": plugs.limit_c,
        "modules_carry_w": _number(plugs.module_w, row),
    }


def _number(values: Any, row: int) -> float | None:
    value = float(values[row]) if len(values) > row else math.nan
    return value if math.isfinite(value) else None


def _pj_per_bit(power_w: float | None, gbps: float) -> float | None:
    """Energy of both ends together for one bit in one direction."""
    return None if power_w is None or gbps <= 0.0 else power_w / gbps * 1e3


def _mirror_db(snapshot: Snapshot, catalog: Catalog, record: Any) -> float:
    devices = snapshot.table("devices")
    found = [catalog.find(devices[end].profile) for end in (record.a, record.b) if end in devices]
    return float(
        sum(getattr(p, "insertion_loss_db", None) or 0.0 for p in found if getattr(p, "system_kind", "") == "ocs")
    )


def _losses(
    media: Any, parts: Parts, part: LinkMedium, fabric: FabricResult, row: int, fixed_db: float
) -> tuple[float | None, float | None]:
    """What the cable loses at its length and temperature, and its budget [dB]; None where neither is modelled."""
    from infraplanner.kernels.links import REFERENCE_C

    m = parts.code(part.id, LinkMedium)
    if np.isnan(media.budget_db[m]):
        return None, None
    warm = math.sqrt(1.0 + media.per_k[m] * (float(fabric.cable_c[row]) - REFERENCE_C))
    per_m = media.conductor_db_per_m[m] * warm + media.other_db_per_m[m]
    loss = float(per_m * fabric.ordered_m[row] + (fixed_db if media.fibre[m] else 0.0))
    return (loss if math.isfinite(loss) else None), float(media.budget_db[m])


def _choices(
    media: Any, stock: Any, parts: Parts, record: Any, fabric: FabricResult, row: int, fixed_db: float, modules: float,
    *, single_only: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    from infraplanner.kernels.links import ordered_length, reach_of

    length, count = float(fabric.length_m[row]), record.count
    loops = 0.0 if fabric.need_m[row] <= length * (1.0 + stock.slack_frac) + 1e-9 else 2.0 * stock.service_loop_m
    rows = [
        m
        for m in media.by_cost.tolist()
        if parts.media[m].rate_gbps == record.rate_gbps and (not single_only or media.single[m])
    ]
    out = []
    cooler = parts.catalogue.find(record.cooler) if record.cooler else None
    cooler_w = (cooler.power_w or math.nan) * record.coolers if isinstance(cooler, CoolingUnit) else 0.0
    now_w, now_usd = _number(fabric.power_w, row), _number(fabric.price_usd, row)
    for m in rows:
        lengths = stock.fibre_stock_m if media.fibre[m] else stock.copper_stock_m
        ordered = float(ordered_length(length, loops, stock.slack_frac, lengths)) if math.isfinite(length) else None
        reach = float(reach_of(media, m, float(fabric.cable_c[row]), fixed_db))
        power = (float(media.end_w[m]) + cooler_w) * count * modules
        price = float(media.price_usd[m]) * count * 0.5 * modules
        out.append(
            {
                "medium": parts.media[m].id,
                "reaches": ordered is not None and reach >= ordered,
                "in_force": parts.media[m].id == fabric.medium[row],
                "ordered_m": ordered,
                "reach_m": reach,
                "power_w": power if math.isfinite(power) else None,
                "price_usd": price,
                "added_w": None if now_w is None or not math.isfinite(power) else power - now_w,
                "added_usd": None if now_usd is None else price - now_usd,
            }
        )
    return out
