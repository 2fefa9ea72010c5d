"""Failures of one plan again and again: what they cannot reach is kept, and only that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from infraplanner.catalog import Catalog
from infraplanner.catalog.loader import load_catalog
from infraplanner.engine import evaluate, evaluate_failures
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.validation.generate import generate_plan

TEMPLATES = Path(__file__).resolve().parents[2] / "resources" / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def hall(catalog: Catalog) -> Snapshot:
    return read_plan(TEMPLATES / "hall-20mw.yaml", catalog).document.snapshot()


def test_switches_that_carry_nothing_of_a_job_are_not_felt_by_it(catalog: Catalog, hall: Snapshot) -> None:
    """Routed anew without it, a job's load is the same to rounding; without one that carries some it is not."""
    from infraplanner.engine.failing import Failures  # noqa: PLC0415 - kernels stay out of collection
    from infraplanner.engine.job_traffic import felt, job_loads  # noqa: PLC0415
    from infraplanner.engine.jobs import training_jobs  # noqa: PLC0415
    from infraplanner.engine.pools import PoolSolver  # noqa: PLC0415
    from infraplanner.engine.workspace import Workspace  # noqa: PLC0415

    space = Workspace(catalog, PoolSolver())
    space.follow(hall, None)
    Failures(space)
    jobs = training_jobs(space)
    whole = job_loads(space, jobs, frozenset())[0][1].load_b
    switches = [
        key for key, row in sorted(hall.table("devices").items()) if row.profile in ("qm9700", "sn5600")
    ][::40]  # fmt: skip
    kept = {key: not felt(space, jobs, frozenset({key})) for key in switches}
    assert len(set(kept.values())) == 2
    for key, idle in kept.items():
        load = job_loads(space, jobs, frozenset({key}))[0][1].load_b
        assert np.allclose(load, whole, rtol=1e-12, atol=1e-6) == idle, key
    assert not any(key[2] for key in space.job_loads if set(key[2]) - set(switches))
    space.forget_failures()
    assert all(not key[2] for key in space.job_loads)
    assert set(space.reduced) <= {frozenset()}


def test_each_result_has_what_a_full_evaluation_says(catalog: Catalog) -> None:
    """Loads of nodes and units, racks that run and the headlines of a plan of 40 racks, one failure of every table."""
    snapshot = generate_plan(40).snapshot()
    names = [sorted(snapshot.table(table))[-1] for table in ("power", "cooling", "racks", "devices", "links")]
    sets = [frozenset[str](), *(frozenset({name}) for name in names)]
    for failed, found in zip(sets, evaluate_failures(snapshot, catalog, sets), strict=True):
        whole = evaluate(snapshot, catalog, failed=failed)
        assert found.failures == ()
        assert found.power.node_ids == whole.power.node_ids
        assert np.array_equal(found.power.rack_powered, whole.power.rack_powered)
        assert np.allclose(found.power.node_load_frac, whole.power.node_load_frac, rtol=1e-6, equal_nan=True)
        assert found.thermal.unit_ids == whole.thermal.unit_ids
        assert np.allclose(found.thermal.unit_load_frac, whole.thermal.unit_load_frac, rtol=1e-6, equal_nan=True)
        assert found.fabric.scale_up.total_bps == whole.fabric.scale_up.total_bps
        for name in ("it_power_kw", "tokens_per_s", "training_tokens_per_s"):
            assert getattr(found.summary, name) == pytest.approx(getattr(whole.summary, name), rel=1e-6), failed
