"""Power management: caps of nodes are met by slowing accelerators, all by the same share of their dynamic power."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from msgspec import structs

from infraplanner.catalog import Catalog
from infraplanner.checks import run
from infraplanner.engine import evaluate
from infraplanner.explore.failures import rank_failures
from infraplanner.model.document import Document
from infraplanner.results.snapshot import ResultSnapshot

from .halls import pod
from .test_jobs import training_pod


def held(catalog: Catalog, plan: Document | None = None, **cap_kw: float) -> ResultSnapshot:
    """A pod with caps on nodes; underscores stand for dashes."""
    plan = plan or pod(4)
    for name, value in cap_kw.items():
        key = name.replace("_", "-")
        plan.put("power", structs.replace(plan.table("power")[key], power_cap_kw=value))
    return evaluate(plan.snapshot(), catalog, check=run)


def out_kw(result: ResultSnapshot, key: str) -> float:
    return float(result.power.node_out_w[result.power.node_ids.index(key)]) / 1e3


def tokens(result: ResultSnapshot) -> float:
    assert result.summary.tokens_per_s is not None
    return result.summary.tokens_per_s


def test_a_cap_is_met_and_one_that_is_wide_enough_changes_nothing(catalog: Catalog) -> None:
    free = held(catalog)
    wide = held(catalog, grid=1.01 * out_kw(free, "grid"))
    assert tokens(wide) == tokens(free)
    assert np.array_equal(wide.power.rack_power_w, free.power.rack_power_w)
    tight = held(catalog, grid=0.8 * out_kw(free, "grid"))
    assert out_kw(tight, "grid") == pytest.approx(0.8 * out_kw(free, "grid"), rel=1e-6)
    assert tight.summary.facility_power_kw == pytest.approx(0.8 * free.summary.facility_power_kw, rel=1e-3)  # type: ignore[operator]
    assert 0.8 * tokens(free) < tokens(tight) < tokens(free)  # a lower clock saves more power than it costs work


def work(result: ResultSnapshot, clock: float) -> float:
    """What a pool does at a clock, by its share of computing at full clock: the rest of a step takes as long as before."""
    share = result.throughput.pools[0].compute_time_frac
    assert share is not None
    return 1.0 / (share / clock + 1.0 - share)


def test_all_racks_beneath_hold_the_same_clock(catalog: Catalog) -> None:
    free = held(catalog)
    tight = held(catalog, bus_a=0.85 * out_kw(free, "bus-a"))
    clock = tight.power.rack_held_frac
    serving = np.array([key != "leaf" for key in tight.power.rack_ids])
    assert np.ptp(clock[serving]) < 1e-12
    assert 0.8 < clock[serving][0] < 0.95
    assert clock[~serving] == pytest.approx(1.0)
    assert tokens(tight) == pytest.approx(tokens(free) * work(free, clock[serving][0]), rel=1e-9)


def test_the_tighter_of_two_caps_on_one_way_holds(catalog: Catalog) -> None:
    free = held(catalog)
    inner = 0.7 * out_kw(free, "bus-a")
    alone = held(catalog, bus_a=inner)
    both = held(catalog, bus_a=inner, grid=0.95 * out_kw(free, "grid"))
    assert tokens(both) == pytest.approx(tokens(alone), rel=1e-6)
    assert out_kw(both, "grid") < 0.95 * out_kw(free, "grid")


def test_random_caps_are_met_wherever_they_lie(catalog: Catalog) -> None:
    free = held(catalog)
    dice = random.Random(7)
    for _ in range(12):
        caps = {
            key: dice.uniform(0.55, 1.1) * out_kw(free, key)
            for key in dice.sample(("grid", "tx-a", "ups-b", "bus-a", "bus-b"), 3)
        }
        result = held(catalog, **{key.replace("-", "_"): value for key, value in caps.items()})
        over = {key: out_kw(result, key) / cap for key, cap in caps.items()}
        assert max(over.values()) <= 1.0 + 1e-6
        if tokens(result) < tokens(free) * (1.0 - 1e-9):  # and no more is taken than the tightest asks
            assert max(over.values()) == pytest.approx(1.0, abs=1e-6)


def test_caps_on_both_sides_are_met_in_few_passes(catalog: Catalog) -> None:
    """Sides that share their racks bind one at a time: the other is left alone instead of creeping after it."""
    free = held(catalog)
    for share in (0.9, 0.7, 0.5):
        both = {f"bus_{side}": share * out_kw(free, f"bus-{side}") for side in "ab"}
        result = held(catalog, grid=0.99 * share * out_kw(free, "grid"), **both)
        assert result.passes <= 24
        assert not any(finding.rule == "power.cap-missed" for finding in result.findings)
        assert max(out_kw(result, "grid") / (0.99 * share * out_kw(free, "grid")),
                   *(out_kw(result, f"bus-{s}") / both[f"bus_{s}"] for s in "ab")) == pytest.approx(1.0, abs=1e-6)  # fmt: skip


def test_power_binds_by_the_slope_of_a_plain_re_evaluation(catalog: Catalog) -> None:
    cap = 0.6 * out_kw(held(catalog), "grid")
    result = held(catalog, grid=cap)
    assert result.summary.binding_wall == "power"
    assert result.walls["power"].where == "grid"
    assert result.walls["power"].utilisation == pytest.approx(1.0, abs=1e-6)
    more, less = (tokens(held(catalog, grid=cap * side)) for side in (1.01, 0.99))
    assert math.log(more / less) / math.log(1.01 / 0.99) == pytest.approx(result.walls["power"].elasticity, rel=1e-3)


def test_what_caps_cost_and_caps_that_cannot_be_met_are_findings(catalog: Catalog) -> None:
    free = held(catalog)
    tight = held(catalog, grid=0.8 * out_kw(free, "grid"))
    (said,) = (found for found in tight.findings if found.rule == "power.held")
    assert said.targets == ("grid",)
    assert "4 racks" in said.message
    low = held(catalog, grid=30.0)
    (missed,) = (found for found in low.findings if found.rule == "power.cap-missed")
    assert missed.severity == "error"
    assert missed.targets == ("grid",)
    assert low.summary.tokens_per_s == 0.0
    (above,) = (found for found in held(catalog, grid=5000.0).findings if found.rule == "power.cap-above-rating")
    assert above.targets == ("grid",)


def test_a_dead_side_leaves_the_other_its_cap(catalog: Catalog) -> None:
    """With one busway dead the other carries all, but no more than its cap: the racks slow down instead of going dark."""
    free = held(catalog)
    cap = 1.2 * out_kw(free, "bus-a")
    plan = pod(4)
    for key in ("bus-a", "bus-b"):
        plan.put("power", structs.replace(plan.table("power")[key], power_cap_kw=cap))
    whole = evaluate(plan.snapshot(), catalog)
    lost = evaluate(plan.snapshot(), catalog, failed=frozenset({"bus-b"}))
    assert tokens(whole) == tokens(free)
    assert out_kw(lost, "bus-a") == pytest.approx(cap, rel=1e-6)
    assert 0.0 < tokens(lost) < 0.95 * tokens(free)
    ranked = rank_failures(plan.snapshot(), catalog) or []
    assert any("bus-b" in row.ids and row.tokens_lost_per_s > 0.0 for row in ranked)


def test_a_synchronous_job_waits_for_its_slowest_rack(catalog: Catalog) -> None:
    free = held(catalog, training_pod())
    assert free.summary.training_tokens_per_s is not None
    plan = training_pod()
    rack = plan.table("racks")["r003"]
    plan.put("racks", structs.replace(rack, power_cap_frac=0.7))
    slow = evaluate(plan.snapshot(), catalog)
    clock = float(slow.power.rack_held_frac[slow.power.rack_ids.index("r003")])
    assert 0.7 < clock < 0.97
    assert slow.summary.training_tokens_per_s is not None
    assert clock < slow.summary.training_tokens_per_s / free.summary.training_tokens_per_s < 1.0
    for each in list(plan.table("racks").values()):
        if each.pool:
            plan.put("racks", structs.replace(each, power_cap_frac=0.7))
    assert evaluate(plan.snapshot(), catalog).summary.training_tokens_per_s == slow.summary.training_tokens_per_s


def test_a_training_plan_has_walls_with_the_slopes_of_a_plain_re_evaluation(catalog: Catalog) -> None:
    plan = training_pod()
    free = held(catalog, plan)
    assert free.summary.binding_wall in ("memory", "copper")
    assert free.walls["memory"].where == "run"
    cap = 0.85 * out_kw(free, "grid")
    result = held(catalog, training_pod(), grid=cap)
    assert result.summary.binding_wall == "power"
    more, less = (
        held(catalog, training_pod(), grid=cap * side).summary.training_tokens_per_s or 0.0 for side in (1.01, 0.99)
    )
    assert math.log(more / less) / math.log(1.01 / 0.99) == pytest.approx(result.walls["power"].elasticity, rel=1e-3)
