"""Why is this number so: a headline figure traced back over its formula to inputs, and each input to its source.

Every step repeats the arithmetic of the figure above it from the result at hand, so that a reader can check it; a test
does. A source is a profile's, with its grade; `plan` is what the plan itself says, `solved` what a model found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infraplanner.catalog import Catalog
from infraplanner.catalog.types import Accelerator, Constant, Llm, Profile, System
from infraplanner.model.document import Snapshot
from infraplanner.results.economics import EconomicsResult
from infraplanner.results.snapshot import PoolResult, ResultSnapshot
from infraplanner.units import KILO, number, scaled

PLAN, SOLVED = "plan", "solved"
BIGGEST = 8
HELD = ("power.held", "cooling.held")
HELD_LEAST = 1e-6
"""Clocks nearer to full are full."""
OWN = {"cost.rate_frac": "discount_rate_frac", "cost.it_life_years": "it_life_years", "cost.use_frac": "use_frac"}
"""Constants that a plan may replace by a figure of its own, and the field of the site that holds it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a trace: a figure with unit, how it follows from the lines below it, and where it is known from."""

    label: str
    value: float | None
    unit: str
    formula: str = ""
    source: str = ""
    grade: str = ""
    steps: tuple[Step, ...] = ()
    target: str = ""
    """Id of the object that it belongs to, to be shown on the plan."""

    def text(self) -> str:
        """Value and unit for people."""
        if self.value is None or not math.isfinite(self.value):
            return "–"
        if self.unit in ("W", "$", "tok/s", "B", "B/s", "FLOP/s", "$/year"):
            return " ".join(scaled(self.value, self.unit)).strip()
        return f"{number(self.value, 4)} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class _Trace:
    """What a trace is made from."""

    snapshot: Snapshot
    catalog: Catalog
    result: ResultSnapshot

    def constant(self, key: str, label: str = "") -> Step:
        """A planning constant with its range and grade."""
        site, own = self.snapshot.table("site").get("site"), OWN.get(key, "")
        if own and getattr(site, own, None) is not None:
            return Step(label or own, float(getattr(site, own)), "", "the plan's own figure", "site", PLAN)
        found = self.catalog.find(f"calibrated.{key}") or self.catalog.find(key)
        if not isinstance(found, Constant):
            return Step(label or key, None, "")
        ends = "" if found.low is None or found.high is None else f"{number(found.low)} to {number(found.high)}"
        told = f"range {ends}" if ends else found.note
        return Step(label or found.name, found.value, found.unit, told, self._sources(found), found.confidence)

    def field(self, profile: Profile, name: str, label: str, unit: str, factor: float = 1.0) -> Step:
        """A number of a profile with its own provenance."""
        value = getattr(profile, name)
        known = self.catalog.provenance(profile, name)
        titles = ", ".join(self._title(key) for key in known.sources[:2])
        scaled_value = None if value is None else float(value) * factor
        return Step(
            label, scaled_value, unit, known.note, f"{profile.id}: {titles}" if titles else profile.id, known.confidence
        )

    def _sources(self, profile: Profile) -> str:
        titles = ", ".join(self._title(key) for key in profile.sources[:2])
        return f"{profile.id}: {titles}" if titles else profile.id

    def _title(self, key: str) -> str:
        source = self.catalog.sources.get(key)
        return source.title if source is not None else key


HOURLY = "facility power of 8,760 hours, summed"


def why(snapshot: Snapshot, catalog: Catalog, result: ResultSnapshot, figure: str) -> Step:
    """The trace of a headline figure. Raises KeyError for a figure that has none."""
    trace = _Trace(snapshot, catalog.with_embedded(snapshot.table("profiles")), result)
    return TRACES[figure](trace)


# --- power


def _it(trace: _Trace) -> Step:
    power = trace.result.power
    rows = sorted(zip(power.rack_power_w.tolist(), power.rack_ids, strict=True), reverse=True)
    known = [(watts, key) for watts, key in rows if math.isfinite(watts)]
    steps = [_rack(trace, key, watts) for watts, key in known[:BIGGEST]]
    rest = known[BIGGEST:]
    if rest:
        steps.append(Step(f"{len(rest)} more racks", sum(watts for watts, _ in rest), "W", "", "", SOLVED))
    in_racks = sum(watts for watts, _ in known)
    total = KILO * (trace.result.summary.it_power_kw or 0.0)
    if abs(total - in_racks) > 1.0:
        steps.append(Step("Cable ends", total - in_racks, "W", "watts of the links' ends", "", SOLVED))
    return Step("IT power", total, "W", "sum of all racks and cable ends", "", SOLVED, tuple(steps))


def _rack(trace: _Trace, key: str, watts: float) -> Step:
    found = trace.snapshot.table("racks").get(key)
    profile = trace.catalog.find(found.profile) if found is not None else None
    steps: list[Step] = []
    if isinstance(profile, System):
        steps = [
            trace.field(profile, "power_max_w", "Nameplate", "W"),
            trace.field(profile, "power_idle_w", "Idle", "W"),
        ]
        pool = next((p for p in trace.result.throughput.pools if found is not None and p.id == found.pool), None)
        if pool is not None and pool.compute_time_frac is not None:
            steps += [
                Step("Compute in use", pool.compute_time_frac, "of the time", "", "", SOLVED),
                Step("Memory in use", pool.memory_time_frac, "of the time", "", "", SOLVED),
                trace.constant("inference.activity_weight.compute"),
                trace.constant("inference.activity_weight.memory"),
            ]
    words = "idle + (nameplate - idle) x activity, as far as a cap allows" if len(steps) > 2 else ""
    return Step(key, watts, "W", words, "", SOLVED, tuple(steps), key)


def _facility(trace: _Trace) -> Step:
    bars = trace.result.power.waterfall
    totals = [index for index, bar in enumerate(bars) if bar.kind == "total"]
    bars = bars[: totals[1]] if len(totals) > 1 else bars  # beyond the second total the racks' own losses begin
    steps = [Step(bar.label, bar.power_w, "W", bar.kind, "", SOLVED) for bar in bars if bar.kind in ("loss", "cooling")]
    total = KILO * (trace.result.summary.facility_power_kw or 0.0)
    return Step(
        "Facility power", total, "W", "IT power, losses of the chain, cooling", "", SOLVED, (_it(trace), *steps)
    )


def _pue(trace: _Trace) -> Step:
    words = "facility power / IT power, at the outdoor state of the site"
    return Step("PUE", trace.result.summary.pue, "", words, "", SOLVED, (_facility(trace), _it(trace)))


# --- tokens


def _tokens(trace: _Trace) -> Step:
    pools = [pool for pool in trace.result.throughput.pools if pool.tokens_per_s is not None]
    total = trace.result.summary.tokens_per_s
    return Step(
        "Output tokens",
        total,
        "tok/s",
        "sum of all pools that decode",
        "",
        SOLVED,
        tuple(_pool(trace, p) for p in pools),
    )


def _held(trace: _Trace, pool: str) -> Iterator[Step]:
    """The clock that caps and cooling leave a pool's racks, with what they are held by; nothing where they are not."""
    racks, devices = trace.snapshot.table("racks"), trace.snapshot.table("devices")
    mine = {key for key, rack in racks.items() if rack.pool == pool}
    mine |= {device.rack for device in devices.values() if device.pool == pool}
    power = trace.result.power
    clocks = [float(c) for key, c in zip(power.rack_ids, power.rack_held_frac, strict=True) if key in mine]
    if clocks and min(clocks) < 1.0 - HELD_LEAST:
        by = [key for found in trace.result.findings if found.rule in HELD for key in found.targets]
        words = ", ".join(dict.fromkeys(by)) or "a cap or its cooling"
        yield Step("Clock that is left", min(clocks), "of full", f"held by {words}", "", SOLVED)


def _pool(trace: _Trace, pool: PoolResult) -> Step:
    part, model = trace.catalog.find(pool.accelerator), trace.catalog.find(pool.model)
    layout = f"tp {pool.tp}, pp {pool.pp}, ep {pool.ep}, dp {pool.dp}"
    found = trace.snapshot.table("pools")[pool.id]
    pinned = any((found.tp, found.ep, found.dp, found.batch))
    each = None if not pool.requests_per_s or not pool.instance_count else pool.requests_per_s / pool.instance_count
    output = None if not pool.requests_per_s else (pool.tokens_per_s or 0.0) / pool.requests_per_s
    steps = [
        Step("Instances that run", float(pool.instance_count), "", layout, "", PLAN if pinned else SOLVED),
        Step("Requests of an instance", each, "req/s", f"at batch {pool.batch}, limited by {pool.limiter}", "", SOLVED),
        Step("Output of a request", output, "tokens", "length of the workload", pool_workload(trace, pool.id), PLAN),
        Step("Time in memory", pool.memory_time_frac, "of a step", "", "", SOLVED),
        Step("Time in compute", pool.compute_time_frac, "of a step", "", "", SOLVED),
        *_held(trace, pool.id),
    ]
    if isinstance(part, Accelerator):
        steps.append(Step("Accelerator", None, part.name, "", "", "", (
            trace.field(part, "memory_bw_tb_per_s", "Memory bandwidth", "TB/s"),
            trace.field(part, "memory_gb", "Memory", part.memory_unit),
            trace.field(part, "bf16_tflops", "Dense bf16", "TFLOP/s"),
            trace.field(part, "fp8_tflops", "Dense fp8", "TFLOP/s"),
            trace.field(part, "scale_up_gb_per_s", "Scale-up, a direction", "GB/s"),
        )))  # fmt: skip
    if isinstance(model, Llm):
        steps.append(Step("Model", None, model.name, f"weights in {pool.weights}", "", "", (
            trace.field(model, "params_total_b", "Parameters", "B"),
            trace.field(model, "params_active_b", "Active a token", "B"),
            trace.field(model, "layers", "Layers", ""),
        )))  # fmt: skip
    if pool.band_low_frac is not None and pool.band_high_frac is not None:
        words = f"{100 * pool.band_low_frac:.0f} % to +{100 * pool.band_high_frac:.0f} %"
        steps.append(
            Step(
                "Error band",
                None,
                words,
                "measured over predicted tokens of rows that no fit saw",
                "calibration",
                "derived",
            )
        )
    return Step(pool.id, pool.tokens_per_s, "tok/s", "instances x requests x output", "", SOLVED, tuple(steps), pool.id)


def pool_workload(trace: _Trace, pool_id: str) -> str:
    """What a pool serves, in words."""
    return str(trace.snapshot.table("pools")[pool_id].workload)


def _per_joule(trace: _Trace) -> Step:
    return Step(
        "Tokens per joule", trace.result.summary.tokens_per_j, "tok/J", "output tokens a second / facility power", "", SOLVED,
        (_tokens(trace), _facility(trace)),
    )  # fmt: skip


# --- money and carbon


def _cost(trace: _Trace) -> Step:
    money = trace.result.economics
    if money.usd_per_million_tokens is None:
        return Step("Cost", None, "$/M tok", "a price is missing: " + " ".join(money.conventions))
    words = "cost of a year x share that serves / (output tokens/s x use x seconds of a year)"
    use = trace.constant("cost.use_frac", "Use over the year")
    share = Step("Share that serves", money.serving_share_frac, "", "by rated power; the rest trains", "", SOLVED)
    return Step(
        "Cost",
        money.usd_per_million_tokens,
        "$/M tok",
        words,
        "",
        SOLVED,
        (_year(trace, money), share, use, _tokens(trace)),
    )


def _year(trace: _Trace, money: EconomicsResult) -> Step:
    capital = {line.name: line for line in money.capex_lines}
    steps = []
    for line in sorted(money.year_lines, key=lambda row: -row.usd):
        once = capital.get(line.name) if not line.running else None
        below = tuple(_prices(trace, line.name, once.usd, once.low_usd, once.high_usd)) if once is not None else ()
        words = "capital x capital recovery over its life" if once is not None else "paid every year"
        steps.append(
            Step(line.name, line.usd, "$/year", words, "", SOLVED, below or tuple(_running(trace, line.name, money)))
        )
    return Step("Cost of a year", money.total_usd_per_year, "$/year", "sum of its lines", "", SOLVED, tuple(steps))


def _prices(trace: _Trace, name: str, usd: float, low: float, high: float) -> Iterator[Step]:
    yield Step("Capital", usd, "$", f"{' '.join(scaled(low, '$'))} to {' '.join(scaled(high, '$'))}", "price book", "")
    yield trace.constant("cost.rate_frac", "Cost of capital")
    life = {"Links": "cost.link_life_years", "Power": "cost.plant_life_years", "Cooling": "cost.plant_life_years"}
    building = "cost.building_life_years" if name in ("Building", "Works and services") else "cost.it_life_years"
    yield trace.constant(life.get(name, building), "Life")


def _running(trace: _Trace, name: str, money: EconomicsResult) -> Iterator[Step]:
    bill = money.bill
    if name == "Energy":
        yield Step("Energy of a year", money.energy_kwh_per_year, "kWh", HOURLY, "", SOLVED)
        energy, spent = money.energy_kwh_per_year, money.energy_usd_per_year
        mean = spent / energy if energy and spent is not None else None
        words = "by the periods of the tariff" if len(bill.periods) > 1 else "of site, region or sources"
        yield Step("Price", mean, "$/kWh", words, "", PLAN, tuple(
            Step(row.name, row.usd_per_kwh, "$/kWh", f"{number(row.energy_kwh, 4)} kWh at it", "", PLAN)
            for row in bill.periods if row.energy_kwh > 0.0 and len(bill.periods) > 1
        ))  # fmt: skip
    if name == "Demand charge":
        for row in bill.periods:
            if row.demand_usd_per_kw_month is not None:
                words = f"{number(row.demand_usd_per_kw_month, 4)} $/kW x each month's highest hour in it"
                yield Step(row.name if row.id else "All hours", row.demand_usd, "$/year", words, "", PLAN)
    keys = {
        "Demand charge": ("cost.demand_usd_per_kw_month",), "Water": ("cost.water_usd_per_m3",),
        "Staff": ("cost.staff_fixed_count", "cost.staff_count_per_mw", "cost.staff_usd_per_year"),
        "Maintenance of IT": ("cost.maintenance_it_frac",), "Maintenance of plant": ("cost.maintenance_plant_frac",),
    }  # fmt: skip
    for key in keys.get(name, ()):
        yield trace.constant(key)


def _carbon(trace: _Trace) -> Step:
    money = trace.result.economics
    words = "(electricity + made) x share that serves / output tokens of a year"
    energy = Step("Energy of a year", money.energy_kwh_per_year, "kWh", HOURLY, "", SOLVED)
    kwh, kilos = money.energy_kwh_per_year, money.located_kg_per_year
    factor = Step(
        "Carbon of a kWh",
        KILO * kilos / kwh if kwh and kilos is not None else None,
        "g/kWh",
        "of site, region or sources",
        "",
        PLAN,
    )
    steps = (
        Step("Electricity, by location", kilos, "kg/year", "energy x carbon of a kWh", "", SOLVED, (energy, factor)),
        Step("Accelerators made", money.embodied_kg_per_year, "kg/year", "each over its life", "", SOLVED, (
            trace.constant("cost.embodied_kg_per_accelerator"), trace.constant("cost.it_life_years"),
        )),
        _tokens(trace),
    )  # fmt: skip
    return Step("Carbon", money.kg_co2e_per_million_tokens, "kg/M tok", words, "", SOLVED, steps)


# --- walls


def _binding(trace: _Trace) -> Step:
    result = trace.result
    bound = result.summary.binding_wall or "none"
    steps = [
        Step(
            wall.title(), found.elasticity, "", f"{100 * (found.utilisation or 0.0):.0f} % used. {found.note}", "", SOLVED, (),
            found.where or "",
        )
        for wall, found in result.walls.items()
    ]  # fmt: skip
    words = "the highest elasticity: per cent more tokens for one per cent more of every capacity of a wall"
    return Step("Binding wall", None, bound, words, "", SOLVED, tuple(steps))


TRACES: dict[str, Callable[[_Trace], Step]] = {
    "it_power_kw": _it,
    "facility_power_kw": _facility,
    "pue": _pue,
    "tokens_per_s": _tokens,
    "tokens_per_j": _per_joule,
    "usd_per_million_tokens": _cost,
    "kg_co2e_per_million_tokens": _carbon,
    "binding_wall": _binding,
}
