"""What is solved many times over, measured: elasticities, every single failure, bands by response and in full."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine.evaluate import evaluate
from infraplanner.explore.failures import rank_failures
from infraplanner.explore.uncertainty import uncertainty
from infraplanner.io.plan_reader import read_plan
from infraplanner.places import resources_dir, shipped_profiles_dir
from infraplanner.units import KILO

POD, HALL = "nvl72-pod.yaml", "hall-20mw.yaml"


def measure(samples: int) -> dict[str, Any]:
    """Seconds of each, on the shipped pod and the shipped hall of 400 racks; kernels are warm."""
    catalog = load_catalog(shipped_profiles_dir())
    plans = {name: read_plan(resources_dir() / "templates" / name, catalog).document.snapshot() for name in (POD, HALL)}
    hall = plans[HALL]
    uncertainty(hall, catalog, samples=4, checked=2)
    _, failures_pod_s = _timed(lambda: rank_failures(plans[POD], catalog))
    ranked, failures_hall_s = _timed(lambda: rank_failures(hall, catalog))
    linear, linear_s = _timed(lambda: uncertainty(hall, catalog, samples=samples))
    _, full_s = _timed(lambda: uncertainty(hall, catalog, samples=samples, full=True))
    assert linear is not None
    return {
        "elasticities_ms": KILO * _elasticities_s(hall, catalog),
        "failures_pod_s": failures_pod_s,
        "failures_hall_s": failures_hall_s,
        "failures_hall": sum(len(row.ids) for row in ranked or ()),
        "samples": linear.sample_count,
        "bands_s": linear_s,
        "bands_error_frac": linear.check_error_frac.get("usd_per_million_tokens"),
        "bands_full_s": full_s,
    }


def _timed(job: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    out = job()
    return out, time.perf_counter() - started


def _elasticities_s(plan: Any, catalog: Catalog) -> float:
    """Slopes of all walls and what binds next, of a state that is solved."""
    from infraplanner.engine.demand import pool_inputs  # noqa: PLC0415 - loads Numba, only when measured
    from infraplanner.engine.elasticity import elasticities  # noqa: PLC0415
    from infraplanner.engine.pools import PoolSolver  # noqa: PLC0415
    from infraplanner.engine.routes import find_routes  # noqa: PLC0415
    from infraplanner.engine.thermal import couple  # noqa: PLC0415
    from infraplanner.engine.workspace import Workspace  # noqa: PLC0415

    evaluate(plan, catalog)
    space = Workspace(catalog, PoolSolver())
    space.follow(plan, None)
    assert space.compiled is not None
    nobody = frozenset[str]()
    inputs = pool_inputs(space, find_routes(space.compiled, space.cases, nobody, {}))
    _, pools, _ = couple(space, inputs, nobody, space.run(inputs, nobody), lambda: None)
    _, seconds = _timed(lambda: elasticities(space, pools, {}))
    return seconds


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1024)))
