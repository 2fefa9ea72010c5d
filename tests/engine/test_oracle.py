"""The whole evaluation in plain Python (no compilation) gives the same numbers as the compiled kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from infraplanner.catalog import Catalog
from infraplanner.engine import evaluate
from infraplanner.model.document import Snapshot

from .halls import pod

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json
from infraplanner import places
from infraplanner.catalog import load_catalog
from infraplanner.engine import evaluate
from tests.engine.test_oracle import figures, plans
catalog = load_catalog(places.shipped_profiles_dir())
print(json.dumps([figures(evaluate(plan, catalog)) for plan in plans()]))
"""


def plans() -> list[Snapshot]:
    """A small pod, one that power management holds at two nodes, and one that its cooling holds."""
    capped = pod(racks=2, links=2)
    for key, cap_kw in (("bus-a", 70.0), ("grid", 180.0)):
        capped.put("power", structs.replace(capped.table("power")[key], power_cap_kw=cap_kw))
    cooled = pod(racks=3, links=2)
    for unit, profile in (("cdu1", "cdu-rack-80"), ("cdu2", "cdu-rack-80")):
        cooled.put("cooling", structs.replace(cooled.table("cooling")[unit], profile=profile))
    cooled.put("loops", structs.replace(cooled.table("loops")["tcs"], manage_heat=True))
    return [pod(racks=2, links=2).snapshot(), capped.snapshot(), cooled.snapshot()]


def figures(result: object) -> dict[str, list[float]]:
    """Sums over every array of a result, and the headlines."""
    out: dict[str, list[float]] = {}
    for part in ("power", "thermal", "fabric"):
        holder = getattr(result, part)
        for name in holder.__slots__:
            value = getattr(holder, name)
            if hasattr(value, "dtype") and value.dtype.kind == "f":
                out[f"{part}.{name}"] = [float(x) for x in value[np.isfinite(value)]]
    summary = result.summary  # type: ignore[attr-defined]
    out["summary"] = [summary.it_power_kw, summary.facility_power_kw, summary.pue, summary.tokens_per_s]
    pool = result.throughput.pools[0]  # type: ignore[attr-defined]
    out["pool"] = [pool.tp, pool.batch, pool.ttft_s, pool.tpot_s, *pool.curve_tokens_per_s_per_user]
    return out


def test_plain_python_gives_the_same_numbers(catalog: Catalog) -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    free, held, cooled = (figures(evaluate(plan, catalog)) for plan in plans())
    assert held["summary"][0] < 0.99 * free["summary"][0]
    assert cooled["summary"][0] < 0.99 * 1.5 * free["summary"][0]
    for plain, compiled in zip(json.loads(run.stdout), (free, held, cooled), strict=True):
        assert plain.keys() == compiled.keys()
        for name, values in compiled.items():
            assert plain[name] == pytest.approx(values, rel=1e-9, abs=1e-9), name
