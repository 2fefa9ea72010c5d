"""What the inspector shows of each table: fields to edit, facts of the profile, and figures of the result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One editable field of a table: its name, caption, unit and kind."""

    name: str
    caption: str
    unit: str = ""
    kind: str = "number"
    """number, whole, text, flag, choice:a,b, reference:table or profile:kind"""
    optional: bool = False


ON_CHIPS = frozenset({"cold_plate_1phase", "cold_plate_jet", "cold_plate_2phase", "mems_air"})
"""Cooling parts that sit on chips."""
PLACEMENT = [Field("x_mm", "Position x", "mm", "whole"), Field("y_mm", "Position y", "mm", "whole"),
             Field("rotation_deg", "Rotation", "deg", "whole")]  # fmt: skip
FIELDS: dict[str, dict[str, list[Field]]] = {
    "racks": {
        "Placement": [*PLACEMENT, Field("row", "Row", "", "text")],
        "Power": [
            Field("power_cap_frac", "Power cap", "frac", optional=True),
            Field("regulator", "Regulators", "", "choice:,discrete,vertical,integrated,package,ondie"),
        ],
        "Connections": [
            Field("loop", "Coolant loop", "", "reference:loops"),
            Field("pool", "Serving pool", "", "reference:pools"),
        ],
        "Cooling": [
            Field("plate", "On its chips", "", "profile:plate"),
            Field("air_class", "Air class", "", "choice:,A1,A2,A3,A4,H1"),
        ],
    },
    "cooling": {
        "Placement": PLACEMENT,
        "Connections": [
            Field("loop", "Serves loop", "", "reference:loops"),
            Field("source_loop", "Rejects to", "", "reference:loops"),
        ],
    },
    "power": {
        "Placement": PLACEMENT,
        "Power": [
            Field("rating_kw", "Rating", "kw", optional=True),
            Field("power_cap_kw", "Power cap", "kw", optional=True),
            Field("side", "Side", "", "choice:,a,b,c"),
            Field("units", "Units", "count", "whole"),
            Field("spare", "Spare units", "count", "whole"),
            Field("stage_frac", "Next unit at", "frac", optional=True),
            Field("maintenance", "Maintenance", "", "flag"),
            Field("eco", "Eco mode", "", "flag"),
        ],
        "As a source": [
            Field("dispatch", "Order of use", "count", "whole"),
            Field("mode", "Mode", "", "choice:,parallel,backup"),
            Field("available_frac", "Available", "frac", optional=True),
            Field("energy_kwh", "Stored energy", "kwh", optional=True),
            Field("electricity_usd_per_kwh", "Price of energy", "usd_per_kwh", optional=True),
            Field("carbon_g_per_kwh", "Carbon", "g_per_kwh", optional=True),
        ],
    },
    "feeds": {
        "Feed": [
            Field("side", "Side", "", "choice:,a,b,c"),
            Field("weight", "Weight", "count"),
            Field("order", "Order of use", "count", "whole", optional=True),
            Field("phase", "Phase", "", "choice:,l1,l2,l3"),
        ],
        "Conductor": [
            Field("conductor", "Cable or bar", "", "profile:power"),
            Field("length_mm", "Length", "mm", "whole", optional=True),
            Field("runs", "Runs", "count", "whole"),
            Field("ambient_c", "Ambient", "c", optional=True),
            Field("grouped", "In one raceway", "count", "whole"),
            Field("contacts", "Joints", "count", "whole"),
            Field("contact_uohm", "Of a joint", "uohm", optional=True),
        ],
    },
    "devices": {
        "Mounting": [Field("u", "Lowest unit", "count", "whole")],
        "Memory": [
            Field("cooler", "On its memory", "", "profile:mems_air"),
            Field("coolers", "Modules on each", "count", "whole"),
        ],
    },
    "links": {
        "Link": [
            Field("rate_gbps", "Rate a cable", "gbps"),
            Field("count", "Cables", "count", "whole"),
            Field("medium", "Medium", "", "text"),
        ],
        "Cooling": [
            Field("cooler", "On its plugs", "", "profile:mems_air"),
            Field("coolers", "Modules a plug", "count", "whole"),
        ],
    },
    "loops": {
        "Loop": [
            Field("supply_c", "Supply", "c", optional=True),
            Field("rise_k", "Rise", "k", optional=True),
            Field("flow_l_per_min_per_kw", "Flow per kW", "l_per_min", optional=True),
            Field("fluid", "Fluid", "", "choice:water,pg25,eg25,dielectric,r1233zd,air"),
            Field("spare", "Units to spare", "count", "whole"),
            Field("manage_heat", "Keep to capacity", "", "flag"),
        ],
        "Branches": [
            Field("return_path", "Return", "", "choice:direct,reverse"),
            Field("balanced", "Valves set", "", "flag"),
            Field("manifold", "Manifold", "", "profile:manifold"),
            Field("hose", "Hoses", "", "profile:hose"),
            Field("valve", "Valve", "", "profile:valve"),
        ],
    },
    "pools": {
        "Served": [
            Field("model", "Model", "", "text"),
            Field("workload", "Workload", "", "reference:workloads"),
            Field("framework", "Software", "", "text"),
            Field("weights", "Weights", "", "choice:auto,bf16,fp8,fp4,mxfp4,int8,int4"),
            Field("activations", "Activations", "", "choice:,bf16,fp8,fp4,int8"),
            Field("kv", "KV cache", "", "choice:bf16,fp8,fp4"),
            Field("phase", "Phase", "", "choice:both,prefill,decode"),
            Field("prefill_pool", "Prefill pool", "", "reference:pools"),
        ],
        "Layout (0 = chosen)": [
            Field("tp", "Tensor", "count", "whole"),
            Field("pp", "Pipeline", "count", "whole"),
            Field("ep", "Expert", "count", "whole"),
            Field("moe_tp", "Expert slices", "count", "whole"),
            Field("dp", "Data", "count", "whole"),
            Field("redundant_experts", "Spare experts", "count", "whole"),
            Field("two_batch", "Two-batch overlap", "", "flag"),
            Field("batch", "Batch", "count", "whole", optional=True),
            Field("chunk_tokens", "Prefill chunk", "tokens", "whole"),
        ],
        "Model options": [
            Field("pruned_frac", "Pruned away", "frac"),
            Field("layers_kept_frac", "Layers kept", "frac"),
            Field("kv_kept_frac", "Cache kept", "frac"),
            Field("draft_tokens", "Drafted tokens", "count", "whole"),
            Field("draft_method", "Drafted by", "", "choice:mtp1,eagle3"),
            Field("draft_accept_frac", "Drafts kept", "frac", optional=True),
        ],
        "Beyond the accelerator": [
            Field("weights_host_frac", "Weights in host", "frac"),
            Field("kv_host_frac", "Cache in host", "frac"),
            Field("prefix_tier", "Prefixes in", "", "choice:hbm,host,storage"),
        ],
    },
    "halls": {
        "Hall": [
            Field("width_mm", "Width", "mm", "whole"),
            Field("depth_mm", "Depth", "mm", "whole"),
            Field("height_mm", "Height", "mm", "whole"),
            Field("tile_mm", "Tile", "mm", "whole"),
            Field("supply_air_c", "Supply air", "c", optional=True),
            Field("air_class", "Air class", "", "choice:,A1,A2,A3,A4,H1"),
            Field("air_layers", "Air layers", "", "choice:one,two"),
            Field("manage_heat", "Keep to capacity", "", "flag"),
            Field("floor_rating_kg_per_m2", "Floor rating", "kg_per_m2", optional=True),
        ]
    },
    "site": {
        "Site": [
            Field("dry_bulb_c", "Dry bulb", "c", optional=True),
            Field("wet_bulb_c", "Wet bulb", "c", optional=True),
            Field("electricity_usd_per_kwh", "Electricity", "usd_per_kwh", optional=True),
            Field("demand_usd_per_kw_month", "Demand charge", "usd_per_kw_month", optional=True),
            Field("peak_usd_per_kwh", "Peak price", "usd_per_kwh", optional=True),
            Field("peak_hours", "Peak hours a day", "count", optional=True),
            Field("carbon_g_per_kwh", "Grid carbon", "g_per_kwh", optional=True),
            Field("clean_frac", "Clean energy", "frac", optional=True),
            Field("use_frac", "Use of a year", "frac", optional=True),
            Field("it_life_years", "Life of IT", "years", optional=True),
            Field("discount_rate_frac", "Cost of capital", "frac", optional=True),
            Field("capex_budget_usd", "Capital budget", "usd", optional=True),
            Field("usd_per_million_tokens_limit", "Cost limit, 1M tokens", "usd_per_million", optional=True),
        ]
    },
    "tariff": {
        "Hours": [
            Field("name", "Name", "", "text"),
            Field("months", "Months", "", "months"),
            Field("days", "Days", "", "choice:all,weekday,weekend"),
            Field("start_h", "From hour", "count", "whole"),
            Field("end_h", "To hour", "count", "whole"),
        ],
        "Price": [
            Field("usd_per_kwh", "Energy", "usd_per_kwh", optional=True),
            Field("demand_usd_per_kw_month", "Demand charge", "usd_per_kw_month", optional=True),
        ],
    },
    "workloads": {
        "Requests": [
            Field("complexity_b", "Needs parameters, B", "count", optional=True),
            Field("input_tokens", "Input", "tokens", "whole", optional=True),
            Field("output_tokens", "Output", "tokens", "whole", optional=True),
            Field("prefix_hit_frac", "Prefix hits", "frac", optional=True),
            Field("offered_requests_per_s", "Offered, req/s", "count", optional=True),
            Field("arrival_cv", "Arrival variation", "count", optional=True),
            Field("ttft_limit_s", "First token", "s", optional=True),
            Field("tpot_limit_s", "Each token", "s", optional=True),
        ]
    },
}
PROFILE_FACTS = {
    "racks": [("power_max_w", "Rated, max", "W"), ("power_typical_w", "Typical", "W"), ("liquid_frac", "Liquid share", "%"),
              ("mass_kg", "Mass", "kg"), ("coolant_supply_max_c", "Supply, max", "°C")],
    "cooling": [("capacity_kw", "Capacity", "kW"), ("flow_l_per_min", "Rated flow", "L/min"), ("approach_k", "Approach", "K")],
    "power": [("capacity_kw", "Capacity", "kW"), ("start_s", "Start", "s"), ("step_load_frac", "Step it takes", "%"),
              ("carbon_g_per_kwh", "Carbon", "g/kWh"), ("ampacity_a", "Ampacity", "A")],
}  # fmt: skip

RESULTS = {
    "devices": [("memory", "Memory case")],
    "racks": [
        ("draw", "Draw now"),
        ("flux", "Heat flux"),
        ("die", "Die heat flux"),
        ("inlet", "Inlet air"),
        ("chip", "Case, junction"),
        ("flow", "Coolant flow"),
        ("sides", "Feeds A, B"),
    ],
    "cooling": [("load", "Load"), ("flow", "Flow"), ("supply", "Supply, return"), ("power", "Own power")],
    "power": [
        ("load", "Load"),
        ("out", "Output"),
        ("loss", "Loss"),
        ("fails", "If it fails"),
        ("fuel", "Fuel, heat"),
        ("carbon", "Carbon"),
    ],
    "feeds": [
        ("carries", "Carries"),
        ("amperes", "Current"),
        ("volts", "Arrives"),
        ("loss", "Loss"),
        ("heat", "Conductor"),
    ],
    "links": [
        ("length", "Length"),
        ("medium", "Medium in force"),
        ("reach", "Reach"),
        ("watts", "Power"),
        ("load", "Load"),
    ],
    "tariff": [("hours", "Covers"), ("energy", "Energy"), ("peak", "Highest hour")],
    "pools": [
        ("tokens", "Throughput"),
        ("layout", "Layout in force"),
        ("batch", "Batch"),
        ("ttft", "First token"),
        ("tpot", "Each token"),
        ("load", "First, 95 %, each at load"),
        ("split", "Prefill apart"),
        ("memory", "Memory used"),
        ("limiter", "Limited by"),
    ],
}
