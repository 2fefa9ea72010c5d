"""Why a pool is as fast as it is: counted work, limits and doublings against hand-made figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infraplanner import places
from infraplanner.catalog import Catalog
from infraplanner.io.plan_reader import read_plan
from infraplanner.results.diagnosis import LEVERS, LIMITS

POOL = "llama-70b"


@pytest.fixture(scope="module")
def cases(catalog: Catalog) -> dict:
    """Solved cases of the pod by pool id."""
    from infraplanner.engine.demand import pool_inputs  # noqa: PLC0415 - kernels stay out of collection
    from infraplanner.engine.pools import PoolSolver  # noqa: PLC0415
    from infraplanner.engine.routes import Routes  # noqa: PLC0415
    from infraplanner.engine.workspace import Workspace  # noqa: PLC0415

    document = read_plan(places.resources_dir() / "templates/nvl72-pod.yaml", catalog=catalog).document
    space = Workspace(catalog, PoolSolver())
    space.follow(document.snapshot(), None)
    space.run(pool_inputs(space, Routes()), frozenset())
    return {case.pool.id: case for case in space.cases}


def test_decode_work_follows_from_the_shape(cases: dict) -> None:
    """One sequence, no context: 2 FLOP and one byte a weight (fp8), the vocabulary head in two bytes."""
    from infraplanner.engine.diagnosis import work  # noqa: PLC0415
    from infraplanner.kernels.inference import Layout  # noqa: PLC0415

    spec = cases[POOL].case
    m = spec.model
    tune = spec.tune._replace(traffic_b=0.0)
    flop, moved = work(m, tune, Layout(1.0, 1.0, 1.0, 1.0), (1.0, 1.0, 0.0, 1.0))
    layers = m.layers * m.attention_weights + m.dense_layers * m.ffn_weights
    head = m.vocab * m.hidden
    assert flop == pytest.approx(2.0 * (layers + head), rel=1e-12)
    assert moved == pytest.approx(layers * tune.weight_b + head * tune.head_b, rel=1e-12)
    halved, _ = work(m, tune, Layout(2.0, 1.0, 1.0, 1.0), (1.0, 1.0, 0.0, 1.0))
    assert halved == pytest.approx(flop / 2.0, rel=1e-12)


def test_the_points_lie_under_the_roof_and_the_map_adds_up(cases: dict) -> None:
    from infraplanner.engine.diagnosis import diagnose  # noqa: PLC0415

    for case in cases.values():
        found = diagnose(case)
        assert found is not None
        phases = {0.0: ["prefill", "decode"], 1.0: ["prefill"], 2.0: ["decode"]}[case.case.request.phase]
        assert [point.phase for point in found.points] == phases
        for point in found.points:
            roof = min(found.peak_flop_per_s, point.intensity_flop_per_b * found.peak_memory_b_per_s)
            assert 0.0 < point.flop_per_s < roof
            assert point.memory_b_per_s == pytest.approx(point.flop_per_s / point.intensity_flop_per_b)
        parts = found.weight_b + found.kv_b + found.reserve_b + found.free_b
        assert parts == pytest.approx(found.memory_b, rel=1e-9)


def test_levers_are_what_the_kernels_give(cases: dict) -> None:
    """Doubling is the ratio of two plain evaluations; a limit that costs nothing saves nothing; more never hurts."""
    from infraplanner.engine.diagnosis import diagnose  # noqa: PLC0415
    from infraplanner.engine.elasticity import instance_rate  # noqa: PLC0415

    case = cases[POOL]
    found = diagnose(case)
    assert found is not None
    assert set(found.saving_frac) == set(LIMITS)
    assert set(found.doubling_gain_frac) == set(LEVERS)
    device = case.case.device
    faster = replace(case.case, device=device._replace(memory_b_per_s=2.0 * device.memory_b_per_s))
    layout = case.solution.layout
    gain = instance_rate(faster, layout) / instance_rate(case.case, layout) - 1.0
    assert found.doubling_gain_frac["memory_bandwidth"] == pytest.approx(gain, rel=1e-12)
    assert gain > 0.05
    assert layout.tp * layout.pp * layout.dp == 1.0
    assert found.saving_frac["scale_up"] == found.saving_frac["scale_out"] == 0.0  # one accelerator moves nothing
    for name in ("memory_bandwidth", "compute"):
        assert found.saving_frac[name] > 1.0 - 1.0 / (1.0 + found.doubling_gain_frac[name])
    assert all(0.0 <= share < 1.0 for share in found.saving_frac.values())


def test_an_unpredicted_pool_has_no_diagnosis(cases: dict) -> None:
    from infraplanner.engine.diagnosis import diagnose  # noqa: PLC0415

    assert diagnose(replace(cases[POOL], case=None, solution=None, refusal="unknown")) is None
