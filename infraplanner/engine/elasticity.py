"""What one per cent more of a wall would buy, which wall binds, and what binds once it is relieved."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from infraplanner.compile.plan import Compiled
from infraplanner.kernels.frame import Pools, Served, serve_pools, set_activity
from infraplanner.kernels.inference import Layout
from infraplanner.kernels.serving import best_batch, configuration
from infraplanner.results.scopes import CAPACITIES, binding
from infraplanner.results.slopes import Slopes
from infraplanner.results.snapshot import WALLS

from . import bind
from .demand import with_rates
from .pools import Case
from .thermal_slope import clocks_at
from .workspace import Workspace

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
STEP = 0.01
FACTORS = (1.25, 1.5, 2.0, 2.5, 3.0, 4.0)
"""Growth of the binding wall that is tried, until something else binds."""
REFINEMENTS = 4


@dataclass(frozen=True, slots=True)
class Capacity:
    """Factors on all capacities of each wall, and on the compute rate."""

    power: float = 1.0
    memory: float = 1.0
    copper: float = 1.0
    compute: float = 1.0
    thermal: float = 1.0


@dataclass(frozen=True, slots=True)
class Elasticities:
    """d ln(tokens/s) / d ln(capacity) of each wall and of the compute rate; None where no model links the two."""

    power: float | None = None
    memory: float | None = None
    thermal: float | None = None
    copper: float | None = None
    compute: float | None = None
    demand_met: bool = False
    next: str | None = None
    next_factor: float | None = None
    pools: Slopes | None = None
    """The same by pool; what they become as walls grow is known where `next` is."""

    def with_next(self, before: Elasticities) -> Elasticities:
        """These slopes with what was found to bind next in an earlier state."""
        pools = self.pools
        if pools is not None and before.pools is not None:
            pools = replace(pools, grown=before.pools.grown)
        return replace(self, next=before.next, next_factor=before.next_factor, pools=pools)


class Model(ABC):
    """Tokens/s of a plan as a function of capacities, layouts kept."""

    power_limited: bool
    """True when some rack or power node has a cap; without one no power figure touches throughput."""
    heat_limited: bool
    """True when some chip's temperature is known or heat is managed; without that no cooling figure touches throughput."""
    managed: bool
    """True when racks may be held back by caps or by what cooling carries."""
    trains = False
    """True when tokens are trained on, not served."""
    _known_ends: dict[tuple[Capacity, str], tuple[Floats, Floats]]

    @abstractmethod
    def pool_tokens(self, at: Capacity) -> Floats:
        """Tokens/s of every pool with capacities scaled; NaN where a pool makes none or is not predicted."""

    @abstractmethod
    def met(self) -> Flags:
        """Which pools meet the demand that they are offered."""

    def tokens(self, at: Capacity) -> float:
        """Tokens/s of all pools; what is not predicted counts as nothing."""
        return float(np.nansum(self.pool_tokens(at)))

    def _ends(self, at: Capacity, name: str) -> tuple[Floats, Floats]:
        """Tokens/s by pool with 1 % more and less of one capacity."""
        key = at, name
        if key not in self._known_ends:
            here = getattr(at, name)
            up = self.pool_tokens(replace(at, **{name: here * (1.0 + STEP)}))
            self._known_ends[key] = up, self.pool_tokens(replace(at, **{name: here * (1.0 - STEP)}))
        return self._known_ends[key]

    def slope(self, at: Capacity, name: str) -> float | None:
        """Central difference of ln(tokens/s) for +-1 % of one capacity; None where nothing is made."""
        up, down = (float(np.nansum(end)) for end in self._ends(at, name))
        if not (up > 0.0 and down > 0.0):
            return None
        return math.log(up / down) / math.log((1.0 + STEP) / (1.0 - STEP))

    def slopes(self, at: Capacity) -> dict[str, float | None]:
        """All slopes at a point."""
        out = {
            item.name: self.slope(at, item.name) for item in fields(Capacity) if item.name not in ("power", "thermal")
        }
        out["power"] = self.slope(at, "power") if self.power_limited else 0.0
        out["thermal"] = self.slope(at, "thermal") if self.heat_limited else None
        return out

    def by_pool(self, at: Capacity) -> Slopes:
        """The same slopes for each pool alone."""
        tokens = self.pool_tokens(at)
        rows = np.full((len(CAPACITIES), tokens.size), np.nan)
        for row, name in enumerate(CAPACITIES):
            if name == "power" and not self.power_limited:
                rows[row] = 0.0
            elif name != "thermal" or self.heat_limited:
                up, down = self._ends(at, name)
                with np.errstate(all="ignore"):
                    rows[row] = np.log(up / down) / math.log((1.0 + STEP) / (1.0 - STEP))
        trains = np.full(tokens.size, self.trains)
        return Slopes(tokens, np.where(np.isfinite(rows), rows, np.nan), self.met(), trains)

    def grown_by_pool(self, bound: str, factor: float | None) -> Slopes:
        """Those slopes, and for every wall that binds the plan or a pool by itself what they become as it grows, until it
        binds neither any more; `factor`: where something else binds the plan.
        """
        now = self.by_pool(Capacity())
        grown = {}
        for wall in WALLS:
            steps: list[tuple[float, Slopes]] = []
            for at in sorted({*FACTORS, *((factor,) if factor and wall == bound else ())}):
                before = steps[-1][1] if steps else now
                if wall not in _bindings(before) and not (wall == bound and (factor is None or at <= factor)):
                    break
                steps.append((at, self.by_pool(replace(Capacity(), **{wall: at}))))
            if steps:
                grown[wall] = tuple(steps)
        return replace(now, grown=grown)


def _bindings(slopes: Slopes) -> set[str]:
    """What binds the pools, each by itself."""
    names = set()
    for pool in np.flatnonzero(np.nan_to_num(slopes.tokens_per_s) > 0.0).tolist():
        own = {name: float(slopes.slope[row, pool]) for row, name in enumerate(CAPACITIES)}
        known = {name: None if math.isnan(value) else value for name, value in own.items()}
        names.add(binding(known, {}, met=bool(slopes.met[pool])))
    return names


def power_limited(compiled: Compiled) -> bool:
    """Whether some rack or power node has a cap."""
    return bind.power_managed(compiled) or bool(np.isfinite(compiled.tables["racks"]["cap_frac"]).any())


class Throughput(Model):
    """Output tokens/s of all pools, through the same kernels as the frame."""

    def __init__(self, space: Workspace, pools: Pools) -> None:
        assert space.compiled is not None
        self._space, self._pools = space, pools
        self._bodies = bind.bodies(space.compiled, np.empty(0, np.int64))
        self.power_limited = power_limited(space.compiled)
        self.heat_limited = bind.heat_managed(space.compiled) or clocks_at(space, 1.0) is not None
        self.managed = self.power_limited or bind.heat_managed(space.compiled)
        self._known_ends = {}
        self._rates: dict[tuple[int, Capacity], tuple[float, float]] = {}
        self._clocks: dict[float, Floats | None] = {}

    def met(self) -> Flags:
        """Pools whose demand is what limits them."""
        return np.array([int(limit) == 1 for limit in self._space.served.limit[: len(self._space.cases)]], np.bool_)

    def pool_tokens(self, at: Capacity) -> Floats:
        """Output tokens/s with capacities scaled."""
        space, pools = self._space, self._pools
        rate, compute = np.array([self._rate(row, at) for row in range(len(space.cases))]).reshape(-1, 2).T
        clock = self._at_clock(at.thermal)
        if clock is not None:
            slower = 1.0 / (compute / clock + 1.0 - compute)
            rate, compute = rate * slower, compute * slower / clock
        changed = with_rates(pools, rate, pools.link_per_s * at.copper, compute)
        served: Served = bind.buffers(Served, **{"": len(space.cases)})
        serve_pools(self._bodies, space.alive.powered, changed, served)
        if self.managed:
            set_activity(self._bodies, space.alive.powered, changed, served)
            space.try_caps(self._bodies, changed, at.power, at.thermal, served)
        return np.array(
            [
                served.rate_per_s[row] * case.case.request.output_tokens
                if case.case is not None and case.pool.phase != "prefill"
                else math.nan
                for row, case in enumerate(space.cases)
            ]
        )

    def _at_clock(self, factor: float) -> Floats | None:
        """The pools' clocks that scaled thermal capacities leave."""
        if factor not in self._clocks:
            self._clocks[factor] = clocks_at(self._space, factor)
        return self._clocks[factor]

    def _rate(self, row: int, at: Capacity) -> tuple[float, float]:
        """Requests/s of one instance at the best batch of real size (no rounding, so that it can be differentiated), and the
        share of the time in which it computes.
        """
        case = self._space.cases[row]
        if case.case is None or case.solution is None:
            return math.nan, 1.0
        key = (row, replace(at, power=1.0, thermal=1.0))
        if key not in self._rates:
            self._rates[key] = instance_point(scaled(case.case, at), case.solution.layout)
        return self._rates[key]


def scaled(case: Case, at: Capacity) -> Case:
    """A case with its device's rates and sizes scaled; links in and out of an island belong to copper."""
    device = case.device._replace(
        flop_per_s=case.device.flop_per_s * at.compute,
        attention_flop_per_s=case.device.attention_flop_per_s * at.compute,
        memory_b=case.device.memory_b * at.memory,
        memory_b_per_s=case.device.memory_b_per_s * at.memory,
        scale_up_b_per_s=case.device.scale_up_b_per_s * at.copper,
        scale_out_b_per_s=case.device.scale_out_b_per_s * at.copper,
    )
    return replace(case, device=device)


def instance_rate(case: Case, layout: Layout) -> float:
    """Requests/s of one instance; see `instance_point`."""
    return instance_point(case, layout)[0]


def instance_point(case: Case, layout: Layout) -> tuple[float, float]:
    """Requests/s of one instance at the largest real batch that cache and limits allow, and the share of the time in which
    it computes; NaN when the weights do not fit.
    """
    batch, state = best_batch(case.model, case.device, layout, case.tune, case.request, float(case.pinned[4]), 0.0)
    if state == 0:
        return math.nan, 1.0
    point = configuration(case.model, case.device, layout, case.tune, case.request, batch)
    return float(point.requests_per_s), float(point.compute_frac)


def elasticities(
    space: Workspace, pools: Pools, utilisation: dict[str, float], jobs: Model | None = None, *, ahead: bool = True
) -> Elasticities:
    """Slopes of every wall, and (with `ahead`, for three quarters of the time) what binds next when the binding one
    grows. Unchanged pools are not computed again. A plan that serves nothing is judged by its training `jobs`.
    """
    if not any(case.solution is not None for case in space.cases):
        return _of(jobs, utilisation, met=False, ahead=ahead) if jobs is not None else Elasticities()
    serving = [
        row for row, case in enumerate(space.cases) if case.solution is not None and case.pool.phase != "prefill"
    ]
    met = bool(serving) and all(int(space.served.limit[row]) == 1 for row in serving)
    key = _key(space, pools, utilisation)
    known, last, whole = space.slopes or (None, None, False)
    held: Elasticities | None = last if known == key else None
    if held is not None and (whole or not ahead):
        return held
    found = _of(Throughput(space, pools), utilisation, met=met, ahead=ahead, held=held)
    if jobs is not None and ahead and found.pools is not None:
        found = replace(found, pools=found.pools.beside(jobs.grown_by_pool("", None)))
    space.slopes = (key, found, ahead)
    return found


def _of(
    model: Model, utilisation: dict[str, float], *, met: bool, ahead: bool, held: Elasticities | None = None
) -> Elasticities:
    found = held or Elasticities(**model.slopes(Capacity()), demand_met=met, pools=model.by_pool(Capacity()))  # type: ignore[arg-type]
    if not ahead:
        return found
    bound, later, factor = binding_wall(found, utilisation), None, None
    if bound in WALLS:
        later, factor = _next(model, bound, utilisation, met)
    return replace(found, next=later, next_factor=factor, pools=model.grown_by_pool(bound, factor))


def _key(space: Workspace, pools: Pools, utilisation: dict[str, float]) -> tuple[object, ...]:
    cases = tuple((case.case, case.solution.layout if case.solution else None) for case in space.cases)
    arrays = (*pools, space.alive.powered, space.served.rate_per_s, space.draw.nameplate_w)
    assert space.compiled is not None
    tables = space.compiled.tables
    managed = tables["halls"]["managed"], tables["loops"]["managed"]
    caps = np.concatenate([tables["racks"]["cap_frac"], tables["power"]["cap_w"], *managed])
    now = space.chips
    parts = () if now is None else (now.clock_frac, now.wanted, now.air_c, now.given, space.plant.loop_supply_c)
    heat = tuple(part.tobytes() for part in parts)
    order = tuple(sorted(utilisation, key=lambda wall: (utilisation[wall], wall)))  # all that breaking ties looks at
    return (cases, order, heat, caps.tobytes(), *(array.tobytes() for array in arrays))


def _next(model: Model, bound: str, utilisation: dict[str, float], met: bool) -> tuple[str | None, float | None]:
    """What binds after the binding wall grew by the smallest factor that changes it (4 at most), and that factor."""

    def at(factor: float) -> str:
        slopes = model.slopes(replace(Capacity(), **{bound: factor}))
        return binding_wall(Elasticities(**slopes, demand_met=met), utilisation)  # type: ignore[arg-type]

    low = 1.0
    for factor in FACTORS:
        found = at(factor)
        if found == bound:
            low = factor
            continue
        high = factor
        for _ in range(REFINEMENTS):
            middle = 0.5 * (low + high)
            name = at(middle)
            if name == bound:
                low = middle
            else:
                high, found = middle, name
        return found, round(high, 2)
    return None, None


def binding_wall(slopes: Elasticities, utilisation: dict[str, float]) -> str:
    """The wall of highest elasticity when that is at least 0.01; else `compute`, `demand` or `none`; ties by
    utilisation.
    """
    return binding({name: getattr(slopes, name) for name in CAPACITIES}, utilisation, met=slopes.demand_met)
