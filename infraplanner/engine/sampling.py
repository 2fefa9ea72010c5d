"""One compiled plan, solved again and again with other values of what is not known exactly.

The same stages as a settled result, without what only its reader is asked for (single failures, the year, findings,
elasticities unless wanted): one sample of a 400-rack hall takes a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from infraplanner.catalog.types import Constant, Profile
from infraplanner.compile.parts import Catalogue
from infraplanner.kernels.frame import Pools
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Site
from infraplanner.results.snapshot import WALLS

from . import assemble
from .demand import pool_inputs
from .economics import economics_result
from .elasticity import binding_wall, elasticities
from .job_slopes import trained
from .job_traffic import job_routes, paced
from .jobs import training_jobs
from .pools import PoolSolver
from .routes import find_routes
from .shift import Sampled, Shift
from .stages import summarise, with_money
from .thermal import couple
from .tuning import band_class
from .walls import places
from .workspace import Climate, Workspace
from .year import hour_ratio

Floats = NDArray[np.float64]
P = TypeVar("P", bound=Profile)
JOINED = frozenset({"bodies", "chain", "sources", "plant"})
"""Arrays that planning constants go into."""


class Varied:
    """A catalogue whose constants can be moved; everything else is the catalogue's own."""

    def __init__(self, base: Catalogue, values: dict[str, float] | None = None) -> None:
        self._base = base
        self.values: dict[str, float] = {} if values is None else values

    def find(self, profile_id: str, /) -> Profile | None:
        """As the catalogue has it, a moved constant with its value of this sample."""
        found = self._base.find(profile_id)
        if self.values and isinstance(found, Constant) and found.id in self.values:
            return cast(Profile, _with_value(found, self.values[found.id]))
        return found

    def of(self, kind: type[P], /) -> Mapping[str, P]:
        """As the catalogue has it: no kind that is listed is ever moved."""
        return self._base.of(kind)

    def with_embedded(self, embedded: Mapping[str, Any], /) -> Varied:
        """With a plan's own copies, moved by the same values."""
        return Varied(self._base.with_embedded(embedded), self.values)


def _with_value(constant: Constant, value: float) -> Constant:
    held = {name: getattr(constant, name) for name in constant.__struct_fields__}
    return Constant(**(held | {"value": value}))


class Sampler:
    """Solves one plan under shifts. Not shared between threads."""

    def __init__(self, snapshot: Snapshot, catalogue: Catalogue) -> None:
        self._varied = Varied(catalogue)
        self._space = Workspace(self._varied, PoolSolver())
        self._space.brief = True
        self._snapshot = snapshot
        self._space.follow(snapshot, None)
        assert self._space.compiled is not None
        self._routes = find_routes(self._space.compiled, self._space.cases, frozenset(), {})
        self._jobs = job_routes(self._space, training_jobs(self._space), frozenset(), lambda: None)
        self._climate = self._space.climate
        self._held: Any = None
        self._physics: Shift | None = None
        self._hours: Floats | None = None
        """Facility power by hour over that at rest, of the plan itself: samples keep its shape."""

    def solve(self, shift: Shift, *, binding: bool = False) -> Sampled:
        """The plan's figures under a shift. Physics that stand as in the sample before are not solved again."""
        space = self._space
        physics = _physical(shift)
        if self._held is None:
            self._solve_physics(Shift())
        if self._held is None or physics != self._physics:
            self._solve_physics(physics)
        space.snapshot = _with_site(self._snapshot, shift.site)
        self._varied.values.clear()
        self._varied.values.update(shift.constants)
        space.climate = _moved(self._climate, shift.climate)
        totals, throughput, summary, used, mix, jobs, pools = self._held
        price, carbon = (shift.climate.get(name, 1.0) for name in ("usd_per_kwh", "carbon_g_per_kwh"))
        space.mix = _times(mix[0], price), _times(mix[1], carbon)
        space.tariff_ratio = price
        money = economics_result(space, totals, throughput, shift.lines, self._hours)
        bound = None
        if binding:
            known = {wall: value for wall, value in used.items() if value is not None}
            slopes = elasticities(space, pools, known, trained(space, jobs, frozenset()), ahead=False)
            bound = binding_wall(slopes, known)
        return Sampled(with_money(summary, money, jobs), used, bound)

    def _solve_physics(self, shift: Shift) -> None:
        space, nobody = self._space, frozenset[str]()
        assert space.compiled is not None
        before = self._physics.constants if self._physics is not None else {}
        self._varied.values.clear()
        self._varied.values.update(shift.constants)
        if shift.constants != before:
            space.compiled.join(JOINED, self._snapshot)
            space.refresh_constants()
        space.snapshot = self._snapshot
        space.climate = _moved(self._climate, shift.climate)
        pools = self._faster(pool_inputs(space, self._routes), shift.tokens)
        thermal, pools, totals = couple(space, pools, nobody, space.run(pools, nobody), lambda: None)
        jobs = paced(training_jobs(space), self._jobs)
        power = assemble.power_result(space, totals)
        throughput = assemble.throughput_result(space, self._routes)
        warm = assemble.thermal_result(space, thermal)
        fabric = assemble.fabric_result(space, totals, self._routes)
        fed = bool(warm.unit_ids) and totals.unconnected_w <= 0.0
        if self._hours is None:
            self._hours = hour_ratio(space, totals, fed)
        found = places(space, totals, power, warm, fabric, throughput, jobs)
        used = {wall: found[wall][0] for wall in WALLS}
        # Buffers are written anew by the next sample; what stays is read before.
        self._held = (totals, throughput, summarise(totals, throughput, None, whole=fed), used, space.mix, jobs, pools)
        self._physics = shift

    def _faster(self, pools: Pools, tokens: Mapping[str, float]) -> Pools:
        """Instances that serve more or less than predicted, by the class of their prediction."""
        if not tokens:
            return pools
        factor = np.ones(len(self._space.cases))
        for row, case in enumerate(self._space.cases):
            if case.case is not None and case.accelerator is not None:
                name = band_class(case.accelerator.id, case.case.model.moe_layers > 0.0)
                factor[row] = tokens.get(name, 1.0)
        return pools._replace(rate_per_s=pools.rate_per_s * factor)

    def classes(self) -> set[str]:
        """Classes of prediction that the plan's pools belong to."""
        return {
            band_class(case.accelerator.id, case.case.model.moe_layers > 0.0)
            for case in self._space.cases
            if case.case is not None and case.solution is not None and case.accelerator is not None
        }


def _times(own: float | None, by: float) -> float | None:
    return None if own is None else own * by


def _physical(shift: Shift) -> Shift:
    constants = {name: value for name, value in shift.constants.items() if not name.startswith("cost.")}
    climate = {name: value for name, value in shift.climate.items() if name.endswith("_c")}
    return Shift(constants=constants, climate=climate, tokens=dict(shift.tokens))


def _moved(climate: Climate, by: Mapping[str, float]) -> Climate:
    values: dict[str, Any] = {}
    for name, amount in by.items():
        own = getattr(climate, name)
        values[name] = own + amount if name.endswith("_c") else own * amount
    return replace(climate, **values)


def _with_site(snapshot: Snapshot, own: Mapping[str, float]) -> Snapshot:
    """The same plan with other figures of its site; nothing is copied but the site."""
    site = snapshot.table("site").get("site")
    if not own or not isinstance(site, Site):
        return snapshot
    tables = snapshot.tables()
    held = {name: getattr(site, name) for name in site.__struct_fields__}
    tables["site"] = {"site": Site(**(held | dict(own)))}
    return Snapshot(tables, snapshot.revision, snapshot.header)
