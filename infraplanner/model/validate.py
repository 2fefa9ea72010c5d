"""What a record may hold, beyond its types: the one table of ranges that reader and editor share."""

from __future__ import annotations

import math

from .entities import Record, TariffPeriod
from .ids import is_valid_id

Range = tuple[float, float]

MAX_MM = 10_000_000
"""Ten kilometres: beyond any site, and small enough that sums stay exact."""

MONTHS = 12

_RANGES: dict[str, Range] = {
    "x_mm": (-MAX_MM, MAX_MM),
    "y_mm": (-MAX_MM, MAX_MM),
    "width_mm": (1, MAX_MM),
    "depth_mm": (1, MAX_MM),
    "height_mm": (1, MAX_MM),
    "tile_mm": (1, 10_000),
    "raised_floor_mm": (0, 10_000),
    "elevation_mm": (0, 100_000),
    "dn_mm": (1, 10_000),
    "rotation_deg": (0, 359),
    "u": (1, 100),
    "count": (1, 1_000_000),
    "rate_gbps": (1e-3, 1e6),
    "weight": (0, 1e6),
    "power_cap_frac": (0, 1),
    "prefix_hit_frac": (0, 1),
    "rating_kw": (0, 1e8),
    "units": (1, 10_000),
    "spare": (0, 9_999),
    "stage_frac": (0.01, 1),
    "dispatch": (0, 1000),
    "order": (0, 1000),
    "available_frac": (0, 1),
    "energy_kwh": (0, 1e9),
    "power_cap_kw": (1e-3, 1e8),
    "length_mm": (0, MAX_MM),
    "runs": (1, 1000),
    "ambient_c": (-60, 70),
    "grouped": (1, 100),
    "contacts": (0, 1000),
    "contact_uohm": (0, 1e6),
    "supply_air_c": (-40, 100),
    "supply_c": (-40, 100),
    "dry_bulb_c": (-90, 65),
    "wet_bulb_c": (-90, 65),
    "rise_k": (0.1, 100),
    "flow_l_per_min_per_kw": (0.01, 100),
    "altitude_m": (-500, 9000),
    "electricity_usd_per_kwh": (0, 100),
    "demand_usd_per_kw_month": (0, 1000),
    "capex_budget_usd": (0, 1e13),
    "usd_per_million_tokens_limit": (0, 1e6),
    "carbon_g_per_kwh": (0, 5000),
    "floor_rating_kg_per_m2": (0, 1e6),
    "design_density_w_per_m2": (0, 1e7),
    "tp": (0, 1024),
    "pp": (0, 1024),
    "moe_tp": (0, 1024),
    "redundant_experts": (0, 4096),
    "chunk_tokens": (0, 1_000_000),
    "draft_tokens": (0, 64),
    "draft_accept_frac": (0, 1),
    "pruned_frac": (0, 0.95),
    "layers_kept_frac": (0.01, 1),
    "kv_kept_frac": (0.01, 1),
    "weights_host_frac": (0, 1),
    "kv_host_frac": (0, 0.99),
    "arrival_cv": (0, 1000),
    "cp": (1, 1024),
    "ep": (0, 4096),
    "dp": (0, 65536),
    "batch": (0, 1_000_000),
    "micro_batch": (1, 1_000_000),
    "global_batch": (1, 100_000_000),
    "sequence_tokens": (1, 100_000_000),
    "panels": (0, 20),
    "coolers": (1, 20),
    "flows_per_pair": (0, 100_000),
    "dataset_b_per_token": (0, 1e9),
    "input_tokens": (1, 100_000_000),
    "output_tokens": (1, 100_000_000),
    "offered_requests_per_s": (0, 1e9),
    "ttft_limit_s": (1e-6, 1e9),
    "tpot_limit_s": (1e-6, 1e9),
    "price_year": (1990, 2100),
    "use_frac": (1e-3, 1),
    "year": (0, 100),
    "clean_frac": (0, 10),
    "peak_hours": (0, 24),
    "start_h": (0, 23),
    "end_h": (1, 24),
    "usd_per_kwh": (-100, 100),
    "complexity_b": (0, 1e6),
    "growth_frac_per_year": (-1, 100),
    "price_elasticity": (0, 10),
    "it_life_years": (0.5, 50),
    "discount_rate_frac": (0, 1),
    "uncertainty_seed": (0, 2**31 - 1),
}


def problems(table: str, record: Record) -> list[tuple[str, str, str]]:
    """All (field, found, expected) of a record that is well typed but out of range; empty when it is fine."""
    found = _number_problems(table, record)
    if not is_valid_id(record.id):
        found.append(("id", repr(record.id), "a letter or digit, then up to 63 letters, digits, '.', '-' or '_'"))
    points = getattr(record, "points_mm", None)
    if points is not None and len(points) < 2:
        found.append(("points_mm", f"{len(points)} points", "at least 2 points"))
    outline = getattr(record, "outline_mm", ())
    if 0 < len(outline) < 3:
        found.append(("outline_mm", f"{len(outline)} points", "at least 3 points, or none"))
    if table == "loops" and _both(record, "rise_k", "flow_l_per_min_per_kw"):
        found.append(("flow_l_per_min_per_kw", "a flow and a rise", "either rise_k or flow_l_per_min_per_kw, not both"))
    if table == "power" and getattr(record, "spare", 0) >= getattr(record, "units", 1):
        found.append(("spare", f"{getattr(record, 'spare', 0)}", "fewer spare units than units"))
    if table == "links" and getattr(record, "a", 0) == getattr(record, "b", 1):
        found.append(("b", getattr(record, "b", ""), "another end than a"))
    found += _tariff_problems(record) if isinstance(record, TariffPeriod) else []
    for path in getattr(record, "light_paths", ()):
        if path.count < 1 or path.a == path.b:
            found.append(("light_paths", f"{path.count} from {path.a} to {path.b}", "1 or more, between two ends"))
    if table == "feeds" and getattr(record, "source", 0) == getattr(record, "target", 1):
        found.append(("target", getattr(record, "target", ""), "another node than the source"))
    return found


def _both(record: Record, first: str, second: str) -> bool:
    return getattr(record, first) is not None and getattr(record, second) is not None


def _tariff_problems(record: TariffPeriod) -> list[tuple[str, str, str]]:
    found = []
    months = record.months
    if len(set(months)) < len(months) or not all(1 <= month <= MONTHS for month in months):
        found.append(("months", ", ".join(map(str, months)), "numbers from 1 to 12, each once"))
    if record.start_h == record.end_h:
        found.append(("end_h", f"{record.end_h}", "another hour than start_h; 0 to 24 is the whole day"))
    if record.usd_per_kwh is None and record.demand_usd_per_kw_month is None:
        found.append(("usd_per_kwh", "no price", "usd_per_kwh, demand_usd_per_kw_month or both"))
    return found


def _number_problems(table: str, record: Record) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if not math.isfinite(value):
            found.append((name, repr(value), "a finite number"))
            continue
        low, high = _RANGES.get(name, (-math.inf, math.inf))
        if table == "jobs" and name in ("tp", "pp", "ep"):
            low = 1
        if not low <= value <= high:
            found.append((name, f"{value:g}", f"a number from {low:g} to {high:g}"))
    return found
