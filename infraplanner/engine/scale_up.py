"""Scale-up domains in figures: what their links carry, draw and fail, and what a lost switch or cartridge costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import LinkMedium, System
from infraplanner.compile.plan import Compiled
from infraplanner.compile.scale_up import Domain, domain_edges, domain_of, kept_frac, split_name
from infraplanner.kernels.frame import Pools
from infraplanner.results.scale_up import ScaleUpResult
from infraplanner.units import BITS_PER_BYTE, GIGA, H_PER_YEAR, NANO

from .bisection import flow
from .elasticity import instance_rate
from .pools import PoolCase
from .routes import JobRoute
from .workspace import Workspace

Floats = NDArray[np.float64]
FIT_HOURS = 1e9
PICO = 1e-12
WIRED = frozenset({"server", "rack", "pod"})
Lost = dict[int, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class _Figures:
    """What is the same for every system of one profile."""

    medium: str
    family: str
    domain: Domain
    columns: dict[str, float]


def lost_parts(compiled: Compiled, failed: frozenset[str]) -> Lost:
    """Switches and cartridges out of service, by the graph node of what they stand in."""
    racks, devices = compiled.tables["racks"], compiled.tables["devices"]
    out: Lost = {}
    for name in sorted(failed):
        named = split_name(name)
        if named is None:
            continue
        owner, part, number = named
        node = racks.index.get(owner, -1)
        if node < 0 and owner in devices.index:
            node = len(racks) + devices.index[owner]
        if node >= 0:
            out[node] = (*out.get(node, ()), (part, number))
    return out


def kept_by_domain(domain: Domain, lost: tuple[tuple[str, int], ...]) -> Floats:
    """Share of its cables that an accelerator keeps in every domain of a system."""
    each = {"switch": domain.wiring.switch_count, "cartridge": max(1, domain.wiring.cartridge_count)}
    mine: list[list[tuple[str, int]]] = [[] for _ in range(domain.count)]
    for part, number in lost:
        at = number // each[part]
        if at < domain.count:
            mine[at].append((part, number % each[part]))
    return np.array([kept_frac(domain, parts) if parts else 1.0 for parts in mine])


class Domains:
    """All domains of the plan, body by body; what every system of one profile shares is worked out once."""

    def __init__(self, compiled: Compiled) -> None:
        bodies, parts = compiled.bodies, compiled.parts
        self.bodies = bodies
        names = compiled.tables["racks"].ids + compiled.tables["devices"].ids
        figures = {int(code): _figures(compiled, parts.systems[code]) for code in np.unique(bodies.system)}
        with_chips = np.flatnonzero((bodies.accelerator_count > 0.0) & (bodies.rack >= 0)).tolist()
        found = [(row, figures[int(bodies.system[row])]) for row in with_chips]
        self._known = [one for _, one in found if one is not None]
        rows = [row for row, one in found if one is not None]
        unknown = tuple(
            names[int(bodies.node[row])]
            for row, one in found
            if one is None and parts.systems[int(bodies.system[row])].system_kind in WIRED
        )
        self._rows, self._nodes = np.array(rows, dtype=np.int64), bodies.node[rows]
        columns = {
            name: np.array([one.columns[name] for one in self._known])
            for name in (self._known[0].columns if self._known else _COLUMNS)
        }
        watts: dict[str, float] = {}
        counts: dict[str, int] = {}
        for one in self._known:
            watts[one.family] = watts.get(one.family, 0.0) + one.columns["power_w"]
            counts[one.family] = counts.get(one.family, 0) + one.domain.links
        self._whole = ScaleUpResult(
            owner_ids=tuple(names[int(node)] for node in self._nodes),
            medium=tuple(one.medium for one in self._known),
            unknown=unknown,
            power_by_family_w={family: None if math.isnan(total) else total for family, total in watts.items()},
            count_by_family=counts,
            **columns,
        )
        self._last: tuple[tuple[JobRoute, ...], frozenset[str], ScaleUpResult] | None = None

    def result(self, compiled: Compiled, failed: frozenset[str], jobs: tuple[JobRoute, ...]) -> ScaleUpResult:
        """With what failed out of service, under the jobs' traffic; kept while both stay."""
        if self._last is not None and self._last[0] is jobs and self._last[1] == failed:
            return self._last[2]
        kept = self._kept(compiled, failed)
        bandwidth = self._whole.bandwidth_bps * kept
        found = replace(
            self._whole,
            kept_frac=kept,
            bandwidth_bps=bandwidth,
            bisection_bps=self._whole.bisection_bps * kept,
            load_frac=_load(compiled, self._rows, bandwidth, jobs),
        )
        self._last = jobs, failed, found
        return found

    def _kept(self, compiled: Compiled, failed: frozenset[str]) -> Floats:
        """Least share of its cables that an accelerator of each body keeps; nothing in what is out of service."""
        out = np.ones(len(self._known))
        racks, devices = compiled.tables["racks"], compiled.tables["devices"]
        for node, parts in lost_parts(compiled, failed).items():
            for row in np.flatnonzero(self._nodes == node).tolist():
                out[row] = kept_by_domain(self._known[row].domain, parts).min()
        dead_racks = [racks.index[key] for key in failed if key in racks.index]
        dead = dead_racks + [len(racks) + devices.index[key] for key in failed if key in devices.index]
        out[np.isin(self._nodes, dead) | np.isin(self.bodies.rack[self._rows], dead_racks)] = 0.0
        return out


def scale_up_of(space: Workspace, failed: frozenset[str], jobs: tuple[JobRoute, ...]) -> ScaleUpResult:
    """The domains of a plan; what no failure and no traffic changes is kept while its bodies stay."""
    compiled = space.compiled
    assert compiled is not None
    if space.domains is None or space.domains.bodies is not compiled.bodies:
        space.domains = Domains(compiled)
    held: Domains = space.domains
    return held.result(compiled, failed, jobs)


_COLUMNS = (
    "accelerator_count", "domain_count", "switch_count", "cartridge_count", "link_count", "rate_bps", "length_m",
    "reach_m", "margin_m", "latency_s", "power_w", "pj_per_bit", "switch_power_w", "switch_pj_per_bit", "fit",
    "failures_per_year", "bandwidth_bps", "bisection_bps",
)  # fmt: skip


def _figures(compiled: Compiled, system: System) -> _Figures | None:
    domain = domain_of(system, compiled.parts.catalogue)
    medium = compiled.parts.catalogue.find(domain.wiring.medium) if domain is not None else None
    if domain is None or not isinstance(medium, LinkMedium):
        return None
    rule, links = compiled.rule, float(domain.links)
    rate = _float(medium.rate_gbps) * GIGA
    # Board traces have no length that anything tells; cables of a cartridge run inside the rack.
    length = rule("cable.in_rack_m") if medium.family == "cartridge" else math.nan
    reach, end_w = _float(medium.reach_m), _float(medium.power_per_end_w)
    switch = compiled.parts.catalogue.find(domain.wiring.switch) if domain.wiring.switch else None
    switch_w = domain.switches * _float(getattr(switch, "power_typical_w", None))
    fit = _float(medium.fit) * links
    source, target, cables = domain_edges(domain)
    nodes = np.arange(domain.accelerators)
    half = domain.accelerators // 2
    values = (
        domain.accelerators * domain.count, domain.count, domain.switches, domain.cartridges, links, rate, length, reach,
        reach - length, _float(medium.latency_ns) * NANO + rule("link.copper_delay_ns_per_m") * NANO * length,
        2.0 * end_w * links, 2.0 * end_w / rate / PICO, switch_w, switch_w / (links * rate) / PICO, fit,
        fit / FIT_HOURS * H_PER_YEAR, float(cables[source == 0].sum()) * rate,
        rate * flow(domain.accelerators + domain.wiring.switch_count, source, target, cables, nodes[:half],
                    nodes[half : 2 * half], 1.0),
    )  # fmt: skip
    return _Figures(medium.id, medium.family, domain, dict(zip(_COLUMNS, map(float, values), strict=True)))


def _float(value: float | None) -> float:
    return math.nan if value is None else value


def _load(compiled: Compiled, rows: NDArray[np.int64], bandwidth_bps: Floats, jobs: tuple[JobRoute, ...]) -> Floats:
    """Share of their scale-up links that training jobs use, by body; NaN where none trains."""
    index, bodies = compiled.tables["pools"].index, compiled.bodies
    each_bps = np.full(len(index) + 1, np.nan)
    for job in jobs:
        if job.pool in index:
            each_bps[index[job.pool]] = job.inside_b_per_s * job.pace_frac * BITS_PER_BYTE
    with np.errstate(all="ignore"):
        out: Floats = each_bps[bodies.pool[rows]] / bandwidth_bps
    return out


def pool_shares(compiled: Compiled, failed: frozenset[str]) -> dict[int, list[tuple[float, float]]]:
    """By pool row: share of their cables that accelerators keep, and how many do; only of domains that lost a part."""
    lost = lost_parts(compiled, failed)
    bodies, parts = compiled.bodies, compiled.parts
    out: dict[int, list[tuple[float, float]]] = {}
    for node, gone in lost.items():
        for row in np.flatnonzero((bodies.node == node) & (bodies.accelerator_count > 0.0)).tolist():
            domain = domain_of(parts.systems[int(bodies.system[row])], parts.catalogue)
            if domain is None or bodies.pool[row] < 0:
                continue
            shares = [(float(kept), float(domain.accelerators)) for kept in kept_by_domain(domain, gone) if kept < 1.0]
            out.setdefault(int(bodies.pool[row]), []).extend(shares)
    return out


def short_of_links(compiled: Compiled, pools: Pools, cases: list[PoolCase], failed: frozenset[str]) -> Pools:
    """Pools when domains lost switches or cartridges: instances that touch such a domain run at its rate.

    Accelerators count in order, so that instances larger than a domain are slowed as a whole.
    """
    shares = pool_shares(compiled, failed)
    if not shares:
        return pools
    rate = pools.rate_per_s.copy()
    for row, hit in shares.items():
        found = cases[row].case
        solution = cases[row].solution
        if found is None or solution is None or cases[row].accelerators <= 0.0:
            continue
        full = instance_rate(found, solution.layout)
        size = float(solution.layout.tp * solution.layout.pp * solution.layout.dp)
        slow = 0.0
        for kept, count in hit:
            device = found.device._replace(scale_up_b_per_s=found.device.scale_up_b_per_s * kept)
            now = instance_rate(replace(found, device=device), solution.layout) if kept > 0.0 else 0.0
            touched = min(cases[row].accelerators, math.ceil(count / size) * size)
            slow += touched / cases[row].accelerators * (1.0 - min(1.0, now / full if full > 0.0 else 0.0))
        rate[row] *= max(0.0, 1.0 - slow)
    return pools._replace(rate_per_s=rate)


def slowest_share(compiled: Compiled, pool: int, failed: frozenset[str]) -> float:
    """Least share of its scale-up cables that an accelerator of a pool keeps: a training step waits for the slowest."""
    return min((kept for kept, _ in pool_shares(compiled, failed).get(pool, ())), default=1.0)
