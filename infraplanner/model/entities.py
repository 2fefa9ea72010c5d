"""The records of a plan: frozen, slotted, one class a table.

Positions and sizes are integer millimetres; x right, y up, origin at the hall's lower-left corner; `x_mm, y_mm` is the
footprint's centre; `rotation_deg` is counter-clockwise, 0 has the front facing -y. Every other physical quantity carries its
unit in its name. `None` means unknown and is never read as zero. `unknown` keeps fields that a newer program wrote.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

AirClass = Literal["", "A1", "A2", "A3", "A4", "H1"]
UnknownFields = tuple[tuple[str, Any], ...]
Point = tuple[int, int]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What every record has: an id unique over the whole plan, a name for people, and fields we do not know."""

    id: str
    name: str = ""
    unknown: UnknownFields = ()


class Site(Record, frozen=True, kw_only=True):
    """Where the plan stands and what its energy costs. One record, id `site`. `weather` names a typical year's profile."""

    region: str = ""
    weather: str = ""
    altitude_m: float | None = None
    dry_bulb_c: float | None = None
    wet_bulb_c: float | None = None
    price_year: int | None = None
    electricity_usd_per_kwh: float | None = None
    carbon_g_per_kwh: float | None = None
    use_frac: float | None = None
    """Share of full output delivered over the year."""
    it_life_years: float | None = None
    discount_rate_frac: float | None = None
    capex_budget_usd: float | None = None
    usd_per_million_tokens_limit: float | None = None
    """What capital and a million output tokens may cost; above either a finding says what would meet it."""
    demand_usd_per_kw_month: float | None = None
    """Demand charge of the site's own tariff. Without it regional prices, averages of whole bills, have none on top."""
    peak_usd_per_kwh: float | None = None
    peak_hours: float | None = None
    """Last hours of the day's peak, every day of the year, that cost the peak price: the short form of one tariff period."""
    clean_frac: float | None = None
    clean_kind: Literal["flat", "sun", "wind"] = "flat"
    """Clean energy bought, as a share of the year's load, and when it comes."""
    uncertainty_seed: int | None = None
    """Which samples bands are drawn from, so that a report repeats."""


class TariffPeriod(Record, frozen=True, kw_only=True):
    """Hours in which energy has a price of its own, or the month's peak is charged, or both.

    `months` are numbers from 1, none of them means all; `days` goes by the calendar day that an hour lies in. The hours run
    from `start_h` up to `end_h`, over midnight where the end comes first. Hours in no period with an energy price pay the
    site's flat one; demand charges of several periods add up, each on the highest hour within it in a month. `profile`
    names the published tariff that the figures come from.
    """

    months: tuple[int, ...] = ()
    days: Literal["all", "weekday", "weekend"] = "all"
    start_h: int = 0
    end_h: int = 24
    usd_per_kwh: float | None = None
    demand_usd_per_kw_month: float | None = None
    profile: str = ""


class Hall(Record, frozen=True, kw_only=True):
    """A room with a rectangular envelope; `outline_mm` refines it when it is not a rectangle."""

    width_mm: int
    depth_mm: int
    height_mm: int = 4000
    tile_mm: int = 600
    raised_floor_mm: int = 0
    floor_rating_kg_per_m2: float | None = None
    design_density_w_per_m2: float | None = None
    containment: Literal["none", "cold", "hot"] = "none"
    supply_air_c: float | None = None
    air_class: AirClass = ""
    """Class of the equipment that the hall is run for; what a profile states and a rack's own class narrow it."""
    air_layers: Literal["one", "two"] = "one"
    """Two: a lower and an upper layer of air that exchange what physics lets them (stratification)."""
    manage_heat: bool = False
    """Slow the accelerators until the hall's air units, and the loops they reject to, carry its heat within their capacity."""
    outline_mm: tuple[Point, ...] = ()


class Placed(Record, frozen=True, kw_only=True):
    """Something that stands in a hall."""

    hall: str
    x_mm: int
    y_mm: int
    rotation_deg: int = 0
    locked: bool = False


class Column(Placed, frozen=True, kw_only=True):
    """A structural column."""

    width_mm: int
    depth_mm: int


class Door(Placed, frozen=True, kw_only=True):
    """A door in a wall."""

    width_mm: int
    height_mm: int | None = None


class Zone(Placed, frozen=True, kw_only=True):
    """A rectangle with a meaning: keep-out, aisle, perforated tiles of a raised floor, or a named room area."""

    width_mm: int
    depth_mm: int
    kind: Literal["keep_out", "cold_aisle", "hot_aisle", "perforated", "room"] = "room"


class Tray(Record, frozen=True, kw_only=True):
    """A cable tray or ladder along a polyline at one height."""

    hall: str
    points_mm: tuple[Point, ...]
    width_mm: int = 300
    height_mm: int = 100
    elevation_mm: int = 2600
    tier: Literal["data", "fibre", "power"] = "data"


class Pipe(Record, frozen=True, kw_only=True):
    """A coolant pipe run along a polyline; `elevation_mm` is the height of its middle (None: not known)."""

    hall: str
    points_mm: tuple[Point, ...]
    loop: str = ""
    dn_mm: int = 100
    side: Literal["supply", "return"] = "supply"
    elevation_mm: int | None = None


class Rack(Placed, frozen=True, kw_only=True):
    """A rack: a bare frame that holds `devices`, or an integrated rack system whose contents its profile implies.

    `loop` is the liquid loop that cools it, `pool` the serving pool its accelerators belong to. `power_cap_frac` limits draw
    to that fraction of the nameplate. Feeds to the rack are records of the table `feeds`.
    """

    profile: str
    row: str = ""
    loop: str = ""
    pool: str = ""
    power_cap_frac: float | None = None
    regulator: Literal["", "discrete", "vertical", "integrated", "package", "ondie"] = ""
    plate: str = ""
    """Profile of what sits on its chips: cold plate of one or two phases, or solid-state modules. Empty: the usual."""
    air_class: AirClass = ""


class LightPath(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`count` light paths from the cables of `a` to those of `b`, both plugged into one optical circuit switch."""

    a: str
    b: str
    count: int = 1


class Device(Record, frozen=True, kw_only=True):
    """A device mounted in a rack; `u` is its lowest unit, counted from 1 at the bottom.

    `light_paths` are the mirror settings of an optical circuit switch: whose cables it joins with whose. `cooler` is the
    profile of the solid-state air modules on each of its memory modules, `coolers` how many sit on one.
    """

    rack: str
    profile: str
    u: int
    pool: str = ""
    light_paths: tuple[LightPath, ...] = ()
    cooler: str = ""
    coolers: int = 1


class Cooling(Placed, frozen=True, kw_only=True):
    """A cooling unit. `loop` is the loop or air volume it serves, `source_loop` the loop it rejects its heat to."""

    profile: str
    loop: str = ""
    source_loop: str = ""
    standby: bool = False


class Loop(Record, frozen=True, kw_only=True):
    """A coolant loop. Set the flow by `rise_k` or by `flow_l_per_min_per_kw`, never by both.

    `return_path` reverse leads the return on to the far end of the row and back, so that every rack's way is as long;
    `balanced` sets a valve at every rack. `manifold`, `hose` and `valve` name the parts of every rack's branch. `spare` units
    may fail (N+1: 1). `manage_heat` slows the accelerators on it until its units carry their heat within their capacity. Of a
    fluid that boils in the plates (r1233zd), `rise_k` is how far below boiling it comes.
    """

    kind: Literal["technology", "facility", "air"] = "technology"
    fluid: Literal["water", "pg25", "eg25", "dielectric", "r1233zd", "air"] = "pg25"
    supply_c: float | None = None
    rise_k: float | None = None
    flow_l_per_min_per_kw: float | None = None
    return_path: Literal["direct", "reverse"] = "direct"
    balanced: bool = False
    manifold: str = ""
    hose: str = ""
    valve: str = ""
    spare: int = 0
    manage_heat: bool = False


class PowerNode(Placed, frozen=True, kw_only=True):
    """A node of the power tree: source, transformer, UPS, distribution unit, busway, store. `rating_kw` overrides the profile
    and holds for all its units together.

    `units` equal units of which `spare` may fail; `stage_frac` is the load of a unit at which the next one starts (None:
    all run). `dispatch` is the order in which nodes that feed the same target are used, lower first, each up to what it
    can give; a `backup` carries only while nothing before it is live (empty: as its kind does). `eco`: a UPS that passes
    the grid through its bypass and takes over only when it fails. `available_frac` is the
    share of its rating that a source gives on average, such as sun; `energy_kwh` what a store holds. `power_cap_kw` is
    what power management lets it give out: the accelerators beneath are slowed until it holds, all by the same share of
    their dynamic power.
    """

    profile: str
    rating_kw: float | None = None
    side: Literal["", "a", "b", "c"] = ""
    units: int = 1
    spare: int = 0
    stage_frac: float | None = None
    mode: Literal["", "parallel", "backup"] = ""
    dispatch: int = 0
    available_frac: float | None = None
    energy_kwh: float | None = None
    power_cap_kw: float | None = None
    electricity_usd_per_kwh: float | None = None
    carbon_g_per_kwh: float | None = None
    maintenance: bool = False
    eco: bool = False


class Feed(Record, frozen=True, kw_only=True):
    """A power connection from a node to a node, rack or cooling unit; load splits over live feeds by `weight`.

    `order` overrides the source's `dispatch`. `conductor` is the power profile of the cable or bar, `runs` of them side by
    side over `length_mm` (None: along the walls of the hall between both ends); without one the feed loses nothing.
    `ambient_c` and `grouped` (current-carrying conductors in one raceway) lower what it may carry. `contacts` are the
    joints in each pole or phase of `contact_uohm` (None: a good one). `phase` is that of a single-phase feed.
    """

    source: str
    target: str
    side: Literal["", "a", "b", "c"] = ""
    weight: float = 1.0
    order: int | None = None
    conductor: str = ""
    length_mm: int | None = None
    runs: int = 1
    ambient_c: float | None = None
    grouped: int = 3
    contacts: int = 0
    contact_uohm: float | None = None
    phase: Literal["", "l1", "l2", "l3"] = ""


class Port(Record, frozen=True, kw_only=True):
    """A group of equal ports on a rack or device, where the plan says more than the profile does."""

    owner: str
    group: str
    count: int
    rate_gbps: float


class Link(Record, frozen=True, kw_only=True):
    """A bundle of `count` equal cables from `a` to `b` (racks or devices). `medium` is `auto` or a pinned link profile.
    `panels` counts the patch panels on the way; each takes its part of an optical link's loss budget. `cooler` is the profile
    of the solid-state air modules on the plug at either end of every cable, `coolers` how many sit on one plug.
    """

    a: str
    b: str
    rate_gbps: float
    count: int = 1
    medium: str = "auto"
    a_port: str = ""
    b_port: str = ""
    panels: int = 0
    cooler: str = ""
    coolers: int = 1


class Pool(Record, frozen=True, kw_only=True):
    """Accelerators that serve one model. `tp`, `pp`, `ep`, `dp` of 0, no `batch` and weights `auto` mean: the engine
    chooses and says what it chose.

    `phase` splits prefill from decode; a decode pool names its `prefill_pool`, and the KV cache travels over the drawn links.
    `moe_tp`: devices among which one expert is cut (0: as `ep` leaves it). `redundant_experts`: copies of asked-for experts,
    which even out the load. `two_batch`: the batch is halved, and one half computes while the other's tokens travel.
    `framework`: software and generation whose maturity is known, such as `trtllm.1`. `activations` empty: as the weights.
    `chunk_tokens` 0: the usual prefill chunk.

    Options of the model: `pruned_frac` of every layer's weights is cut away, a distilled student keeps `layers_kept_frac`
    of the layers, compression keeps `kv_kept_frac` of the cache. `draft_tokens` are guessed a step by `draft_method`;
    `draft_accept_frac` overrides its usual acceptance. Shares `weights_host_frac` and `kv_host_frac` lie in the host's
    memory and stream in; cached prefixes lie in `prefix_tier`.
    """

    model: str
    workload: str = ""
    weights: Literal["auto", "bf16", "fp8", "fp4", "mxfp4", "int8", "int4"] = "fp8"
    activations: Literal["", "bf16", "fp8", "fp4", "int8"] = ""
    kv: Literal["bf16", "fp8", "fp4"] = "fp8"
    tp: int = 0
    pp: int = 1
    ep: int = 0
    moe_tp: int = 0
    dp: int = 0
    redundant_experts: int = 0
    two_batch: bool = False
    batch: int | None = None
    chunk_tokens: int = 0
    phase: Literal["both", "prefill", "decode"] = "both"
    prefill_pool: str = ""
    framework: str = ""
    draft_tokens: int = 0
    draft_method: Literal["mtp1", "eagle3"] = "eagle3"
    draft_accept_frac: float | None = None
    pruned_frac: float = 0.0
    layers_kept_frac: float = 1.0
    kv_kept_frac: float = 1.0
    weights_host_frac: float = 0.0
    kv_host_frac: float = 0.0
    prefix_tier: Literal["hbm", "host", "storage"] = "hbm"


class Workload(Record, frozen=True, kw_only=True):
    """A request class. Lengths not given come from the request shape named by `profile`.

    With a `kind` and an offered rate it is routed over all pools that can serve it: those whose model has at least
    `complexity_b` billion parameters, within the latency limits, and with fixed pass times where it is `deterministic`.
    `sticky` sessions stay where their prefix lies. `pattern` names the arrival pattern of its day. Demand grows by
    `growth_frac_per_year` and answers a fall of the token price with `price_elasticity`.
    """

    kind: Literal["", "generative", "agentic", "physical", "batch"] = ""
    profile: str = ""
    complexity_b: float | None = None
    sticky: bool = True
    deterministic: bool = False
    pattern: str = ""
    growth_frac_per_year: float | None = None
    price_elasticity: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    prefix_hit_frac: float | None = None
    offered_requests_per_s: float | None = None
    arrival_cv: float | None = None
    ttft_limit_s: float | None = None
    tpot_limit_s: float | None = None


class Job(Record, frozen=True, kw_only=True):
    """A training job on the accelerators of a pool.

    `balancing` tells how its traffic uses equal paths: `spray` packet by packet (the default), or `hash`, whole flows of
    which there are `flows_per_pair` between two machines (0: the usual number) and which collide. `dataset_b_per_token` is
    what a token takes on disk [B]; None: that of tokenised text.
    """

    pool: str
    model: str
    precision: Literal["bf16", "fp8"] = "bf16"
    tp: int = 1
    pp: int = 1
    cp: int = 1
    ep: int = 1
    micro_batch: int = 1
    global_batch: int = 1
    sequence_tokens: int = 8192
    tokens_total: float | None = None
    balancing: Literal["", "spray", "hash"] = ""
    flows_per_pair: int = 0
    dataset_b_per_token: float | None = None


class ScenarioPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change of a scenario: set `field` of record `target` to `value`. Without a field the record is deleted, or added
    when `value` holds its fields and, as `table`, where it belongs.
    """

    target: str
    field: str = ""
    value: Any = None

    @property
    def adds(self) -> bool:
        """True for a record that comes new."""
        return not self.field and isinstance(self.value, dict)


class Scenario(Record, frozen=True, kw_only=True):
    """A named set of changes on the one plan. With a `year` it is a phase of growth: it stays from that year on."""

    year: int | None = None
    patches: tuple[ScenarioPatch, ...] = ()


class Waiver(Record, frozen=True, kw_only=True):
    """Why a finding may stand."""

    rule: str
    target: str
    reason: str
    author: str = ""
    date: str = ""


class Comment(Record, frozen=True, kw_only=True):
    """A remark pinned to an object."""

    target: str
    text: str
    author: str = ""
    date: str = ""
    state: Literal["open", "resolved"] = "open"


class EmbeddedProfile(Record, frozen=True, kw_only=True):
    """The copy of a profile that the plan was made with, as canonical plain data."""

    kind: str
    data: dict[str, Any]


class View(Record, frozen=True, kw_only=True):
    """How the plan was last looked at; never part of a result."""

    hall: str = ""
    centre_x_mm: int = 0
    centre_y_mm: int = 0
    px_per_m: float = 0.0
    overlay: str = ""


TABLES: dict[str, type[Record]] = {
    "columns": Column,
    "comments": Comment,
    "cooling": Cooling,
    "devices": Device,
    "doors": Door,
    "feeds": Feed,
    "halls": Hall,
    "jobs": Job,
    "links": Link,
    "loops": Loop,
    "pipes": Pipe,
    "pools": Pool,
    "ports": Port,
    "power": PowerNode,
    "profiles": EmbeddedProfile,
    "racks": Rack,
    "scenarios": Scenario,
    "site": Site,
    "tariff": TariffPeriod,
    "trays": Tray,
    "views": View,
    "waivers": Waiver,
    "workloads": Workload,
    "zones": Zone,
}
"""Table name to record class, in code-point order as they stand in the file."""

# Profiles' ids are those of the catalogue and views are not content: neither shares the plan's name space.
OWN_NAME_SPACE = frozenset({"profiles", "views"})

REFERENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "columns": {"hall": ("halls",)},
    "cooling": {"hall": ("halls",), "loop": ("loops",), "source_loop": ("loops",)},
    "devices": {"rack": ("racks",), "pool": ("pools",)},
    "doors": {"hall": ("halls",)},
    "feeds": {"source": ("power",), "target": ("power", "racks", "cooling")},
    "jobs": {"pool": ("pools",)},
    "links": {"a": ("racks", "devices"), "b": ("racks", "devices")},
    "pipes": {"hall": ("halls",), "loop": ("loops",)},
    "pools": {"workload": ("workloads",), "prefill_pool": ("pools",)},
    "ports": {"owner": ("racks", "devices")},
    "power": {"hall": ("halls",)},
    "racks": {"hall": ("halls",), "loop": ("loops",), "pool": ("pools",)},
    "trays": {"hall": ("halls",)},
    "views": {"hall": ("halls",)},
    "zones": {"hall": ("halls",)},
}
"""Which field names a record of which tables; an empty text means no reference."""

PROFILE_FIELDS: dict[str, dict[str, str]] = {
    "cooling": {"profile": "cooling"},
    "devices": {"profile": "system", "cooler": "cooling"},
    "feeds": {"conductor": "power"},
    "jobs": {"model": "llm"},
    "links": {"cooler": "cooling"},
    "loops": {"manifold": "cooling", "hose": "cooling", "valve": "cooling"},
    "pools": {"model": "llm"},
    "power": {"profile": "power"},
    "racks": {"profile": "rack", "plate": "cooling"},
    "tariff": {"profile": "record"},
    "workloads": {"profile": "request_shape", "pattern": "record"},
}
"""Which field names a profile, and of what kind (`rack` stands for a frame or a system that is a whole rack)."""
