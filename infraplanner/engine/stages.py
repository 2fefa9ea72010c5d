"""The stages of one evaluation, live and settled; every stage is guarded, so that one failure leaves the rest alive."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

import numpy as np

from infraplanner.kernels.frame import Pools, Totals
from infraplanner.results.bursts import BurstResult
from infraplanner.results.chains import CoreResult
from infraplanner.results.economics import EconomicsResult
from infraplanner.results.fabric import FabricFigures
from infraplanner.results.findings import Finding
from infraplanner.results.jobs import JobResult
from infraplanner.results.outages import OutageResult
from infraplanner.results.routing import RoutingResult
from infraplanner.results.snapshot import (
    WALLS,
    Coverage,
    FabricResult,
    PoolResult,
    PowerResult,
    ResultSnapshot,
    Summary,
    ThermalResult,
    ThroughputResult,
    WallResult,
)
from infraplanner.results.year import YearResult
from infraplanner.units import J_PER_KWH, KILO, L_PER_M3

from . import assemble
from .air_field import WARM_CELLS
from .air_floor import air_cells
from .bursts import burst_result
from .cable_heat import warm_up_cables
from .chips import slowed
from .coverage import coverage
from .demand import pool_inputs
from .economics import economics_result
from .elasticity import Elasticities, binding_wall, elasticities
from .fabric_figures import fabric_figures
from .job_slopes import trained
from .job_traffic import job_routes, paced
from .jobs import JobCase, job_results, total_tokens_per_s, training_jobs
from .outages import outages_of
from .protocol import Check
from .routes import JobRoute, Routes, find_routes, together
from .routing import routing_result
from .scale_up import short_of_links
from .scopes import RackWalls, rack_walls
from .thermal import Thermal, couple
from .walls import Place, places, wall_results
from .workspace import Workspace
from .year import year_result

T = TypeVar("T")
Solved = tuple[Thermal, Pools, Totals]
LATER = ("single failures", "year", "walls by rack", "what binds next", "bisection and collectives")
"""What a first answer always leaves to the second one."""
FIRST_CELLS = 30_000
"""Cells of the halls' floors up to which a first answer has its own air field, and loops (about 8 ms)."""
SMALL_CELLS = 10_000
"""Cells up to which everything is told at once."""
UNKNOWN_SLOPES = Elasticities()


class Superseded(Exception):
    """A newer edit made this evaluation pointless."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a live frame takes over from the last settled state: fabric routes and elasticities."""

    routes: Routes = field(default_factory=Routes)
    slopes: Elasticities = UNKNOWN_SLOPES
    thermal: Thermal = field(default_factory=Thermal)
    year: YearResult = field(default_factory=YearResult)
    findings: tuple[Finding, ...] = ()
    outages: OutageResult = field(default_factory=OutageResult)
    bursts: BurstResult = field(default_factory=BurstResult)
    economics: EconomicsResult | None = None
    routing: RoutingResult = field(default_factory=RoutingResult)
    figures: FabricFigures = field(default_factory=FabricFigures)
    links: int = 0
    pools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """Who gets the first of two answers of a large plan, and the state whose heavy parts it shows meanwhile."""

    deliver: Callable[[ResultSnapshot], None]
    before: Settled


class Guard:
    """Runs stages; a failing one is named and replaced by what stands for unknown."""

    def __init__(self, stop: Callable[[], bool] | None = None) -> None:
        self.failures: list[str] = []
        self._stop = stop

    def pause(self) -> None:
        """Raise Superseded when a newer edit has come; called between chunks of at most 20 ms."""
        if self._stop is not None and self._stop():
            raise Superseded

    def run(self, name: str, stage: Callable[[], T], unknown: T) -> T:
        """The stage's value, or `unknown` after noting why it failed. Raises Superseded between stages on request."""
        self.pause()
        try:
            return stage()
        except Superseded:
            raise
        except Exception as error:
            self.failures.append(f"The {name} stage failed: {type(error).__name__}: {error}.")
            return unknown


def live_result(
    space: Workspace, settled: Settled, check: Check | None, failed: frozenset[str] = frozenset()
) -> ResultSnapshot:
    """Tier A: one fused frame; fabric load and elasticities are those of the last settled state."""
    guard = Guard()
    routes = settled.routes if _same_shape(space, settled) else Routes()
    return _result(space, routes, settled, failed, check, guard)[0]


def _same_shape(space: Workspace, settled: Settled) -> bool:
    assert space.compiled is not None
    tables = space.compiled.tables
    return settled.links == len(tables["links"]) and settled.pools == tables["pools"].ids


def settled_result(
    space: Workspace,
    failed: frozenset[str],
    check: Check | None,
    stop: Callable[[], bool] | None = None,
    first: FirstAnswer | None = None,
) -> tuple[ResultSnapshot, Settled]:
    """Tier B: routes, elasticities and checks of this document, whatever came before.

    A large plan gives a `first` answer before: everything but the heavy parts, which it names.
    """
    guard = Guard(stop)
    assert space.compiled is not None
    compiled = space.compiled
    routes = guard.run(
        "fabric routing", lambda: find_routes(compiled, space.cases, failed, space.unit_loads, guard.pause), Routes()
    )
    solved = None
    if first is not None and takes_long(space):
        solved, routes = _first_answer(space, routes, first, failed, check, Guard(stop))
    result, slopes, thermal, routes = _result(space, routes, None, failed, check, guard, solved=solved)
    tables = compiled.tables
    power = result.power
    return result, Settled(
        routes=routes,
        slopes=slopes,
        thermal=thermal,
        year=result.year,
        findings=result.findings,
        outages=power.outages,
        bursts=power.bursts,
        economics=result.economics,
        routing=result.throughput.routing,
        figures=result.fabric.figures,
        links=len(tables["links"]),
        pools=tables["pools"].ids,
    )


def takes_long(space: Workspace) -> bool:
    """Whether a window gets a first answer before the settled one; a function of the plan alone."""
    return air_cells(space) > SMALL_CELLS


def _first_answer(
    space: Workspace,
    routes: Routes,
    first: FirstAnswer,
    failed: frozenset[str],
    check: Check | None,
    guard: Guard,
) -> tuple[Solved | None, Routes]:
    """Deliver an answer without the heavy parts; returns the solved frame when nothing of it was borrowed."""
    before = first.before
    cells = air_cells(space)
    quick, borrowed = FIRST_CELLS < cells <= WARM_CELLS, cells > WARM_CELLS
    borrows = LATER + (("air field", "loops") if borrowed else ("air field",) if quick else ())
    solved = solved_frame(space, routes, None, failed, guard, before.thermal if borrowed else None, quick=quick)
    lean = before if before.thermal.fits(space) else replace(before, outages=OutageResult(), year=YearResult())
    result, _, _, routes = _result(space, routes, lean, failed, check, guard, solved=solved, refreshing=borrows)
    first.deliver(result)
    return (None if guard.failures or quick or borrowed else solved), routes


def _result(
    space: Workspace,
    routes: Routes,
    settled: Settled | None,
    failed: frozenset[str],
    check: Check | None,
    guard: Guard,
    *,
    fresh: bool = False,
    solved: Solved | None = None,
    refreshing: tuple[str, ...] = (),
) -> tuple[ResultSnapshot, Elasticities, Thermal, Routes]:
    """All stages of one frame; with a `settled` state to lean on the result is provisional.

    The jobs' traffic is routed anew without such a state or when `fresh`; the routes come back with it. A first answer
    at rest leans on that state only for what it is `refreshing`.
    """
    started = time.perf_counter()
    provisional = settled is not None
    assert space.snapshot is not None
    assert space.compiled is not None
    snapshot, compiled = space.snapshot, space.compiled
    solved = solved or solved_frame(space, routes, settled, failed, guard)
    anew = settled is None or bool(refreshing)
    if solved is None:
        broken = ResultSnapshot(snapshot.revision, provisional, failures=tuple(guard.failures))
        return broken, UNKNOWN_SLOPES, settled.thermal if settled is not None else Thermal(), routes
    known, _, totals = solved
    parts = _parts(space, solved, routes, settled, failed, guard, anew=anew, fresh=fresh)
    judged = _judged(space, solved, parts, settled, failed, guard, anew=anew)
    result = ResultSnapshot(
        revision=snapshot.revision,
        provisional=provisional,
        refreshing=refreshing,
        failed=failed,
        passes=int(totals.passes),
        residual_frac=float(totals.change_frac) if np.isfinite(totals.change_frac) else 0.0,
        summary=judged.summary,
        walls=judged.walls,
        power=replace(parts.power, core=_per_joule(parts.power.core, judged.summary)),
        thermal=parts.thermal,
        fabric=parts.fabric,
        throughput=_with_jobs(space, parts, guard),
        economics=parts.economics,
        year=parts.year,
        rack_walls=judged.by_rack.used if judged.by_rack is not None else {},
        slopes=judged.slopes.pools,
        places=judged.by_rack.places if judged.by_rack is not None else None,
        findings=settled.findings if settled is not None else (),
        coverage=guard.run(
            "coverage",
            lambda: coverage(space, totals, judged.summary, parts.jobs, known, parts.economics),
            dict[str, Coverage](),
        ),
    )
    if check is not None:
        rules: Check = check
        result = with_findings(result, guard.run("check", lambda: rules(snapshot, compiled, result), ()))
    result = replace(result, failures=tuple(guard.failures), elapsed_s=time.perf_counter() - started)
    return result, judged.slopes, known, parts.routes


class Parts(NamedTuple):
    """What the stages yield, wall by wall, and the routes and jobs that they were found with."""

    routes: Routes
    jobs: tuple[JobCase, ...]
    power: PowerResult
    thermal: ThermalResult
    fabric: FabricResult
    throughput: ThroughputResult
    year: YearResult
    economics: EconomicsResult


class Judged(NamedTuple):
    """What follows from all parts together: headline figures, walls and their slopes; walls by rack at rest only."""

    summary: Summary
    walls: dict[str, WallResult]
    slopes: Elasticities
    by_rack: RackWalls | None


def _parts(
    space: Workspace, solved: Solved, routes: Routes, settled: Settled | None, failed: frozenset[str], guard: Guard, *,
    anew: bool, fresh: bool,
) -> Parts:  # fmt: skip
    """The walls one by one, then the year and money; of the `settled` state what a drag does not touch."""
    known, _, totals = solved
    jobs = guard.run("training", lambda: training_jobs(space, failed), tuple[JobCase, ...]())
    if anew or fresh:
        found = guard.run("job traffic", lambda: job_routes(space, jobs, failed, guard.pause), tuple[JobRoute, ...]())
        routes = replace(routes, jobs=found, jobs_bps=together(found))
    jobs = paced(jobs, routes.jobs)
    power = guard.run("power", lambda: assemble.power_result(space, totals), PowerResult())
    power = _swings(space, totals, power, jobs, settled, guard, anew=anew)
    thermal = guard.run("thermal", lambda: assemble.thermal_result(space, known), ThermalResult())
    fabric = _fabric(space, totals, routes, jobs, failed, settled, guard, fresh=fresh)
    throughput = _throughput(space, routes, None if anew else settled, guard)
    year = settled.year if settled is not None else None
    if year is None:
        fed = _fed(thermal, totals)
        year = guard.run("year", lambda: year_result(space, totals, fed), YearResult())
    economics = settled.economics if settled is not None and not anew else None
    if economics is None or not _same_racks(
        economics, power
    ):  # a drag changes prices by some cable: that waits for rest
        hours = year.hour_ratio if year.hour_ratio.size else None
        economics = guard.run(
            "economics", lambda: economics_result(space, totals, throughput, hours=hours), EconomicsResult()
        )
    return Parts(routes, jobs, power, thermal, fabric, throughput, year, economics)


def _fed(thermal: ThermalResult, totals: Totals) -> bool:
    """Whether all heat finds its way to cooling that is drawn."""
    return bool(thermal.unit_ids) and totals.unconnected_w <= 0.0


def _judged(
    space: Workspace, solved: Solved, parts: Parts, settled: Settled | None, failed: frozenset[str], guard: Guard, *,
    anew: bool,
) -> Judged:  # fmt: skip
    """How full the walls are, which binds, and the headline."""
    _, pools, totals = solved
    power, thermal, fabric, throughput, jobs = parts.power, parts.thermal, parts.fabric, parts.throughput, parts.jobs
    spots: dict[str, Place] = dict.fromkeys(WALLS, (None, None))
    spots = guard.run("walls", lambda: places(space, totals, power, thermal, fabric, throughput, jobs), spots)
    used = {wall: spot[0] for wall, spot in spots.items() if spot[0] is not None}
    slopes = settled.slopes if settled is not None else UNKNOWN_SLOPES
    if anew:
        before, ahead = slopes, settled is None
        slopes = guard.run(
            "elasticity",
            lambda: elasticities(space, pools, used, trained(space, jobs, failed), ahead=ahead),
            UNKNOWN_SLOPES,
        )
        slopes = slopes if ahead else slopes.with_next(before)
    made = any(p.tokens_per_s is not None for p in throughput.pools) or any(job.tokens_per_s for job in jobs)
    bound = binding_wall(slopes, used) if made else None
    summary = with_money(summarise(totals, throughput, bound, whole=_fed(thermal, totals)), parts.economics, jobs)
    by_rack = None
    if settled is None:
        by_rack = guard.run(
            "walls by rack", lambda: rack_walls(space, power, thermal, fabric, throughput, jobs), by_rack
        )
    return Judged(summary, wall_results(spots, slopes, bound), slopes, by_rack)


def _with_jobs(space: Workspace, parts: Parts, guard: Guard) -> ThroughputResult:
    """Throughput with what is told of training jobs."""
    compiled, jobs = space.compiled, parts.jobs
    if not jobs or compiled is None:
        return parts.throughput
    told = guard.run(
        "jobs",
        lambda: job_results(jobs, compiled.parts.catalogue, compiled.rule, compiled.tables["links"].ids),
        tuple[JobResult, ...](),
    )
    return replace(parts.throughput, jobs=told)


def solved_frame(
    space: Workspace,
    routes: Routes,
    settled: Settled | None,
    failed: frozenset[str],
    guard: Guard,
    borrowed: Thermal | None = None,
    *,
    quick: bool = False,
    fresh_loops: bool = False,
) -> Solved | None:
    """The fused frame at the clocks that the chips' temperatures allow; at rest coupled to air and chips, with
    `borrowed` to an air field and loops of before. None when the frame failed.
    """
    assert space.compiled is not None
    known = settled.thermal if settled is not None else Thermal()
    space.clock_frac = known.clocks(space.compiled.tables["pools"].ids)
    asked = short_of_links(space.compiled, pool_inputs(space, routes), space.cases, failed)
    pools = slowed(asked, space.cases, space.clock_frac)
    totals = guard.run("fused frame", lambda: space.run(pools, failed), None)
    if totals is None:
        return None
    first = known, pools, totals
    if settled is None:
        first = guard.run(
            "air and chips",
            lambda: couple(space, pools, failed, totals, guard.pause, borrowed, quick=quick, fresh_loops=fresh_loops),
            first,
        )
        space.clock_frac = first[0].clocks(space.compiled.tables["pools"].ids)
    if guard.run("cable temperatures", lambda: warm_up_cables(space, first[0]), False):
        again = guard.run("fused frame", lambda: space.run(first[1], failed), first[2])
        return first[0], first[1], again
    return first


def _fabric(
    space: Workspace, totals: Totals, routes: Routes, jobs: tuple[JobCase, ...], failed: frozenset[str],
    settled: Settled | None, guard: Guard, *, fresh: bool,
) -> FabricResult:  # fmt: skip
    """Links, and the fabric as a whole: of the settled state that is leant on unless `fresh`, none beside an estimate,
    which the exact answer follows.
    """
    found = guard.run("fabric", lambda: assemble.fabric_result(space, totals, routes, failed), FabricResult())
    if settled is not None and not fresh:
        return replace(found, figures=settled.figures)
    if not fresh and not space.exact and any(job.estimate for job in routes.jobs):
        return found
    quick = fresh and bool(failed)
    figures = guard.run(
        "fabric figures", lambda: fabric_figures(space, jobs, failed, guard.pause, quick=quick), FabricFigures()
    )
    return replace(found, figures=figures)


def _throughput(space: Workspace, routes: Routes, settled: Settled | None, guard: Guard) -> ThroughputResult:
    """Pools, and request classes over them; the latter are those of the settled state while something is dragged."""
    found = guard.run("throughput", lambda: assemble.throughput_result(space, routes), ThroughputResult())
    if settled is not None:
        return replace(found, routing=settled.routing)
    return replace(found, routing=guard.run("request routing", lambda: routing_result(space), RoutingResult()))


def _swings(
    space: Workspace,
    totals: Totals,
    power: PowerResult,
    jobs: tuple[JobCase, ...],
    settled: Settled | None,
    guard: Guard,
    *,
    anew: bool,
) -> PowerResult:
    """Power with its single failures, and with its bursts, both of the settled state that is leant on unless `anew`."""
    if settled is None:
        held = guard.run("single failures", lambda: outages_of(space, guard.pause), OutageResult())
    else:
        held = settled.outages
        power = replace(power, bursts=settled.bursts)
    if anew:
        bursts = guard.run("bursts", lambda: burst_result(space, totals, power.supply, jobs), BurstResult())
        power = replace(power, bursts=bursts)
    return replace(power, outages=held)


def with_money(summary: Summary, economics: EconomicsResult, jobs: tuple[JobCase, ...]) -> Summary:
    """The summary with what money, carbon and training jobs add."""
    return replace(
        summary,
        training_tokens_per_s=total_tokens_per_s(jobs),
        usd_per_million_tokens=economics.usd_per_million_tokens,
        kg_co2e_per_million_tokens=economics.kg_co2e_per_million_tokens,
        capex_usd=economics.capex_usd,
        opex_usd_per_year=economics.opex_usd_per_year,
    )


def _same_racks(economics: EconomicsResult, power: PowerResult) -> bool:
    return len(economics.rack_usd_per_year) == len(power.rack_ids)


def _per_joule(core: CoreResult, summary: Summary) -> CoreResult:
    """Tokens per joule at the grid, at the racks' inlets and in the dies."""
    tokens, watts = summary.tokens_per_s, summary.it_power_kw
    if tokens is None:
        return core
    return replace(
        core,
        tokens_per_j_grid=summary.tokens_per_j,
        tokens_per_j_rack=tokens / (watts * KILO) if watts else None,
        tokens_per_j_die=tokens / core.die_w if core.die_w else None,
    )


def with_findings(result: ResultSnapshot, findings: tuple[Finding, ...]) -> ResultSnapshot:
    """The result with findings and their counts."""
    errors = sum(1 for f in findings if f.severity == "error" and not f.waived)
    warnings = sum(1 for f in findings if f.severity == "warning" and not f.waived)
    summary = replace(result.summary, error_count=errors, warning_count=warnings)
    return replace(result, findings=findings, summary=summary)


def _band_end(pools: list[PoolResult], name: str) -> float | None:
    """Tokens/s if every pool missed its prediction by this end of its band; None where a band is unknown."""
    ends: list[float | None] = [getattr(pool, name) for pool in pools]
    known = [end for end in ends if end is not None]
    if not pools or len(known) < len(pools):
        return None
    return sum((pool.tokens_per_s or 0.0) * (1.0 + end) for pool, end in zip(pools, known, strict=True))


def summarise(totals: Totals, throughput: ThroughputResult, bound: str | None, *, whole: bool) -> Summary:
    """The headline figures; None where an input is unknown or nothing is there.

    `whole`: everything is fed and something cools. Without that facility over IT power would be a flattering figure of
    an unfinished plan, so there is no PUE.
    """
    pools = [pool for pool in throughput.pools if pool.tokens_per_s is not None]
    tokens = sum(pool.tokens_per_s or 0.0 for pool in pools) if pools else None
    facility, it_w = totals.facility_w, totals.it_w
    litres_per_kwh = totals.water_m3_per_s * L_PER_M3 / it_w * J_PER_KWH if it_w > 0.0 else np.nan
    return Summary(
        it_power_kw=float(it_w / KILO),
        facility_power_kw=float(facility / KILO),
        pue=float(facility / it_w) if it_w > 0.0 and whole else None,
        wue_l_per_kwh=assemble.optional(litres_per_kwh),
        heat_kw=float(totals.heat_w / KILO),
        tokens_per_s=tokens,
        tokens_per_s_low=_band_end(pools, "band_low_frac"),
        tokens_per_s_high=_band_end(pools, "band_high_frac"),
        tokens_per_j=tokens / facility if tokens is not None and facility > 0.0 else None,
        binding_wall=bound,
    )
