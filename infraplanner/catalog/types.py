"""Typed profiles: what a catalogue part is, with unit, source and confidence on every number.

A field's unit is in its name. `None` means not published or not found and is never read as zero. The record's
`sources` and `confidence` hold for all its numbers; `provenance` overrides them field by field.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Confidence = Literal["measured", "primary", "published", "secondary", "derived", "default", "unverified"]
"""measured: read off hardware | primary: primary text, data or code | published: primary figure via an extract |
secondary: press or third party | derived: computed from others | default: our planning value |
unverified: general knowledge."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a figure was read."""

    id: str
    title: str
    kind: str = ""
    url: str = ""


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How one number is known."""

    confidence: Confidence
    sources: tuple[str, ...] = ()
    note: str = ""


class Alternative(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A different figure for the same field, kept beside the one in force."""

    field: str
    value: float
    sources: tuple[str, ...] = ()
    note: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all profiles share."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    vendor: str = ""
    year: int | None = None
    status: str = ""
    confidence: Confidence
    sources: tuple[str, ...] = ()
    provenance: dict[str, Provenance] = {}
    alternatives: tuple[Alternative, ...] = ()
    doubtful: bool = False
    note: str = ""


class Accelerator(Profile, frozen=True, kw_only=True):
    """One accelerator package. Rates are dense, 1e12 op/s; `scale_up_gb_per_s` is per direction, all links summed.

    `scale_up_topology` `mesh`: the links are divided among all peers of the domain, so that a smaller group uses a part.
    `torus`: each joins its neighbours and passes on what is not for it.
    """

    bf16_tflops: float | None = None
    fp8_tflops: float | None = None
    fp4_tflops: float | None = None
    int8_tops: float | None = None
    memory_gb: float | None = None
    memory_unit: Literal["GB", "GiB"] = "GB"
    memory_type: str = ""
    memory_bw_tb_per_s: float | None = None
    sram_mb: float | None = None
    sram_bw_tb_per_s: float | None = None
    tdp_w: float | None = None
    idle_w: float | None = None
    die_area_mm2: float | None = None
    process: str = ""
    scale_up_link: str = ""
    scale_up_topology: Literal["", "switch", "mesh", "torus"] = ""
    scale_up_gb_per_s: float | None = None
    scale_up_domain_count: int | None = None
    pcie_gen: int | None = None
    scale_out_nic_gbps: float | None = None
    cooling: str = ""
    max_temp_c: float | None = None
    price_usd_low: float | None = None
    price_usd_high: float | None = None


class PortGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Equal ports: `scale_out` to the fabric, `uplink` of a switch, `frontend`, `management`, `scale_up`. Without a rate
    they pass any, as those of an optical circuit switch do.
    """

    group: str
    count: int
    rate_gbps: float | None = None
    role: Literal["scale_out", "frontend", "management", "scale_up", "switch", "uplink"] = "scale_out"
    cage: str = ""


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`count` pieces of another profile inside this one."""

    id: str
    count: int


class ScaleUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Wiring of the scale-up domains inside a system: `links_per_accelerator` cables of `medium` from every accelerator,
    dealt out evenly over the domain's `switch_count` switches (of profile `switch`, if it is known) and, where cables come
    in bundles, over its `cartridge_count` cartridges.
    """

    medium: str
    links_per_accelerator: int
    switch_count: int
    switch: str = ""
    cartridge_count: int = 0


class System(Profile, frozen=True, kw_only=True):
    """A server, an integrated rack, a switch, a storage or support rack. Power in W at its inlet, full box; memory of all
    its host processors together.
    """

    system_kind: Literal[
        "server", "rack", "pod", "storage", "cpu", "management", "network", "power", "switch", "scale_up_switch", "ocs"
    ]
    accelerators: tuple[Contents, ...] = ()
    rack_units: float | None = None
    width_mm: float | None = None
    depth_mm: float | None = None
    height_mm: float | None = None
    mass_kg: float | None = None
    power_max_w: float | None = None
    power_typical_w: float | None = None
    power_idle_w: float | None = None
    liquid_frac: float | None = None
    coolant_method: str = ""
    coolant_supply_c: float | None = None
    coolant_supply_max_c: float | None = None
    coolant_rise_k: float | None = None
    coolant_flow_l_per_min_per_kw: float | None = None
    inlet_min_c: float | None = None
    inlet_max_c: float | None = None
    port_groups: tuple[PortGroup, ...] = ()
    scale_up: ScaleUp | None = None
    nics: str = ""
    ports: str = ""
    feeds: str = ""
    trays: dict[str, int] = {}
    rack_count: int | None = None
    host_memory_gb: float | None = None
    latency_ns: float | None = None
    insertion_loss_db: float | None = None
    reconfigure_ms: float | None = None
    price_usd_low: float | None = None
    price_usd_high: float | None = None


class Frame(Profile, frozen=True, kw_only=True):
    """An empty rack or cabinet."""

    standard: str = ""
    unit_count: int | None = None
    unit_mm: float | None = None
    width_mm: float | None = None
    depth_mm: float | None = None
    height_mm: float | None = None
    mass_kg: float | None = None
    static_load_kg: float | None = None
    dynamic_load_kg: float | None = None
    mounting_depth_mm: float | None = None
    equipment_width_mm: float | None = None
    busbar: str = ""


class EfficiencyPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Efficiency at a load fraction."""

    load_frac: float
    efficiency_frac: float


class LossKnee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bend of a loss curve: above `load_frac` the loss over capacity grows by `rise_frac` more a unit of load."""

    load_frac: Annotated[float, msgspec.Meta(gt=0.0)]
    rise_frac: float


class PowerUnit(Profile, frozen=True, kw_only=True):
    """A power part. Loss is `capacity * (loss_a_frac + loss_b_frac x + loss_c_frac x^2)`, x = output over capacity.

    Each of up to two `loss_knees` adds `rise_frac * max(0, x - load_frac)`; the sum must not fall with load. Without any
    of these the curve is fitted to `efficiency_points`, with knees where a quadratic misses one of them.

    `step_load_frac`: load that a running unit takes in one step; `standby_frac`: loss of a unit that is switched off.
    `transfer_s`: gap in a UPS's output while it leaves eco mode.
    Conductors: `section_mm2` of one pole or phase, `ampacity_a` at an ambient of `reference_c` with `conductor_c` in the
    metal; `resistance_uohm_per_m` holds at `conductor_c` and is used where no section is given.
    """

    power_kind: str
    capacity_kw: float | None = None
    capacity_min_kw: float | None = None
    capacity_max_kw: float | None = None
    loss_a_frac: float | None = None
    loss_b_frac: float | None = None
    loss_c_frac: float | None = None
    loss_knees: Annotated[tuple[LossKnee, ...], msgspec.Meta(max_length=2)] = ()
    efficiency_points: tuple[EfficiencyPoint, ...] = ()
    efficiency_min_frac: float | None = None
    efficiency_max_frac: float | None = None
    eco_min_frac: float | None = None
    eco_max_frac: float | None = None
    input_volts: str = ""
    output_volts: str = ""
    voltage_v: float | None = None
    ampacity_a: float | None = None
    resistance_uohm: float | None = None
    resistance_uohm_per_m: float | None = None
    width_mm: float | None = None
    depth_mm: float | None = None
    height_mm: float | None = None
    mass_kg: float | None = None
    energy_j: float | None = None
    ride_through_s: float | None = None
    start_s: float | None = None
    transfer_s: float | None = None
    capex_usd_per_kw: float | None = None
    capex_eur_per_kw: float | None = None
    carbon_g_per_kwh: float | None = None
    fuel: str = ""
    step_load_frac: float | None = None
    round_trip_frac: float | None = None
    standby_frac: float | None = None
    current_system: Literal["", "dc", "ac1", "ac3"] = ""
    section_mm2: float | None = None
    reactance_uohm_per_m: float | None = None
    conductor_c: float | None = None
    reference_c: float | None = None
    details: dict[str, str] = {}

    def __post_init__(self) -> None:
        slope, bend = self.loss_b_frac or 0.0, self.loss_c_frac or 0.0
        for knee in sorted(self.loss_knees, key=lambda knee: knee.load_frac):
            slope += knee.rise_frac
            if slope + 2.0 * bend * knee.load_frac < 0.0:
                raise ValueError(f"loss_knees: expected a loss that does not fall with load above {knee.load_frac:g}")


class CoolingUnit(Profile, frozen=True, kw_only=True):
    """A cooling part; capacity is heat removed at its rating point."""

    cooling_kind: str
    capacity_kw: float | None = None
    capacity_min_kw: float | None = None
    capacity_max_kw: float | None = None
    approach_k: float | None = None
    approach_wet_bulb_k: float | None = None
    flow_l_per_min: float | None = None
    head_kpa: float | None = None
    power_w: float | None = None
    power_frac: float | None = None
    fan_w_per_kw: float | None = None
    supply_min_c: float | None = None
    supply_max_c: float | None = None
    facility_supply_c: float | None = None
    water_l_per_kwh: float | None = None
    cop_rated: float | None = None
    cop_points: tuple[tuple[float, float], ...] = ()
    part_load_poly: tuple[float, ...] = ()
    plate_a_k_per_w: float | None = None
    plate_b_k_per_w: float | None = None
    plate_exponent: float | None = None
    boil_c: float | None = None
    critical_w_per_cm2: float | None = None
    wetted_ratio: float | None = None
    module_count: int | None = None
    kv_m3_per_h: float | None = None
    """What boils: at which temperature, at which flux over the wetted surface it dries out, that surface over the die's.
    Solid-state modules: how many fit on one chip. What stands in a branch: flow of water at a drop of 1 bar."""
    fluid: str = ""
    width_mm: float | None = None
    depth_mm: float | None = None
    height_mm: float | None = None
    mass_kg: float | None = None
    details: dict[str, str] = {}


class LinkMedium(Profile, frozen=True, kw_only=True):
    """A cable or optical link at one rate. `latency_ns` is added by both ends together; `fit`: failures in 1e9 h."""

    family: Literal[
        "dac", "acc", "aec", "multimode", "single_mode", "co_packaged", "cartridge", "backplane", "optical_switch"
    ]
    medium: str
    rate_gbps: float | None = None
    lanes: int | None = None
    reach_m: float | None = None
    power_per_end_w: float | None = None
    latency_ns: float | None = None
    price_usd: float | None = None
    fit: float | None = None
    awg: int | None = None
    outer_diameter_mm: float | None = None
    mass_g_per_m: float | None = None
    loss_budget_db: float | None = None
    """What fibre, connectors and switches between two modules may lose together."""


class Llm(Profile, frozen=True, kw_only=True):
    """A language model's shape. For MLA `head_dim` is the query-key width (nope plus rope).

    `weight_format` names the format in which the weights are published when there is no other (`mxfp4`: 4-bit experts).
    `window_chunked`: windows are fixed blocks of the text, of which a token sees on average half, not a sliding view.
    """

    params_total_b: float
    params_active_b: float
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocab: int
    mlp_matrices: int = 3
    tied_embeddings: bool = False
    experts: int | None = None
    experts_per_token: int | None = None
    shared_experts: int | None = None
    expert_groups_max: int | None = None
    moe_ffn: int | None = None
    dense_layers_first: int | None = None
    moe_layer_step: int | None = None
    attention: str = "gqa"
    attention_details: dict[str, str] = {}
    q_lora_rank: int | None = None
    kv_lora_rank: int | None = None
    rope_head_dim: int | None = None
    nope_head_dim: int | None = None
    v_head_dim: int | None = None
    sliding_window: int | None = None
    sliding_every: int | None = None
    window_chunked: bool = False
    weight_format: Literal["", "mxfp4"] = ""
    full_attention_layers: int | None = None
    max_context: int
    kv_bytes_per_token_bf16: int | None = None


class RequestShape(Profile, frozen=True, kw_only=True):
    """A class of requests: mean lengths, prefix reuse, latency limits, arrival."""

    input_tokens: float
    output_tokens: float
    prefix_hit_frac: float | None = None
    turns: float | None = None
    think_time_s: float | None = None
    ttft_limit_s: float | None = None
    tpot_limit_s: float | None = None
    completion_limit_s: float | None = None
    arrival_process: str = ""
    arrival_cv: float | None = None


class Region(Profile, frozen=True, kw_only=True):
    """A site: what electricity costs and emits there, and its design weather."""

    electricity_usd_per_kwh: float | None = None
    electricity_low_usd_per_kwh: float | None = None
    electricity_high_usd_per_kwh: float | None = None
    electricity_eur_per_kwh: float | None = None
    carbon_g_per_kwh: float | None = None
    dry_bulb_mean_c: float | None = None
    wet_bulb_mean_c: float | None = None


class Constant(Profile, frozen=True, kw_only=True):
    """One named model constant: an efficiency, a time, a factor. `id` is dotted: `inference.memory_efficiency`."""

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    as_of: str = ""
    """Month that a price was taken in, such as `2026-11`; empty where none applies."""


class Record(Profile, frozen=True, kw_only=True):
    """A catalogue fact that nothing computes with yet (prices, traces, training jobs), kept as plain values."""

    topic: str
    data: dict[str, object] = {}


KINDS: dict[str, type[Profile]] = {
    "accelerator": Accelerator,
    "constant": Constant,
    "cooling": CoolingUnit,
    "frame": Frame,
    "link": LinkMedium,
    "llm": Llm,
    "power": PowerUnit,
    "record": Record,
    "region": Region,
    "request_shape": RequestShape,
    "system": System,
}
"""Kind name, as in `EmbeddedProfile.kind` and in the profile files, to class."""

RACK_SYSTEMS = frozenset({"rack", "storage", "cpu", "management", "network", "power"})
"""System kinds that stand on the floor by themselves; servers and switches are devices in a frame."""
