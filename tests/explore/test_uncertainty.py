"""Bands are samples through the same kernels: a reused plan gives what a fresh one gives, and the response what sampling gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from infraplanner import places
from infraplanner.catalog import Catalog, load_catalog
from infraplanner.engine.evaluate import evaluate, sampler
from infraplanner.engine.shift import Shift, figures
from infraplanner.explore.uncertainty import respond, shares, shift_of, uncertain_inputs, uncertainty
from infraplanner.io.plan_reader import read_plan
from infraplanner.model.document import Snapshot
from infraplanner.model.entities import Site
from infraplanner.results.uncertainty import FIGURES, UncertainInput, UncertaintyResult

TEMPLATES = places.resources_dir() / "templates"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(places.shipped_profiles_dir())


@pytest.fixture(scope="module")
def pod(catalog: Catalog) -> Snapshot:
    return read_plan(TEMPLATES / "nvl72-pod.yaml", catalog).document.snapshot()


@pytest.fixture(scope="module")
def bands(pod: Snapshot, catalog: Catalog) -> UncertaintyResult:
    found = uncertainty(pod, catalog)
    assert found is not None
    return found


def _own(found: Mapping[str, Any], name: str) -> float:
    return float(found[name].value)


def test_the_value_in_force_is_that_of_a_plain_evaluation(
    bands: UncertaintyResult, pod: Snapshot, catalog: Catalog
) -> None:
    plain = evaluate(pod, catalog)
    for name, band in bands.bands.items():
        expected = (
            plain.walls[name.removeprefix("wall.")].utilisation
            if name.startswith("wall.")
            else getattr(plain.summary, name)
        )
        assert band.value == pytest.approx(expected, rel=1e-9), name


def test_a_sample_on_a_reused_plan_is_that_of_a_fresh_one(pod: Snapshot, catalog: Catalog) -> None:
    """Every input alone, at its high end, after all the others went before: nothing of a former sample may linger."""
    used = sampler(pod, catalog)
    inputs = uncertain_inputs(pod, catalog, used.classes())
    for item in inputs:
        used.solve(shift_of([item], [item.low]))
        shift = shift_of([item], [item.high])
        reused = figures(used.solve(shift), FIGURES)
        fresh = figures(sampler(pod, catalog).solve(shift), FIGURES)
        np.testing.assert_allclose(reused, fresh, rtol=1e-6, err_msg=item.id)


def test_every_kind_of_input_moves_what_it_should(bands: UncertaintyResult) -> None:
    moved = {name: {swing.input for swing in found} for name, found in bands.swings.items()}
    assert {"use", "it-life", "tokens-moe", "price-accelerators", "electricity"} <= moved["usd_per_million_tokens"]
    assert moved["tokens_per_s"] <= {"tokens-moe", "tokens-dense"}
    assert {"compute-power", "dry-bulb"} <= moved["pue"]
    assert "price-accelerators" in moved["capex_usd"]
    assert "electricity" not in moved["capex_usd"]
    cost = {swing.input: swing for swing in bands.swings["usd_per_million_tokens"]}
    assert cost["use"].at_low > _own(bands.bands, "usd_per_million_tokens") > cost["use"].at_high


def test_bands_hold_the_middle_and_repeat_with_their_seed(
    bands: UncertaintyResult, pod: Snapshot, catalog: Catalog
) -> None:
    for name, band in bands.bands.items():
        assert band.p5 is not None, name
        assert band.p5 <= band.p50 <= band.p95, name  # type: ignore[operator]
    again = uncertainty(pod, catalog)
    assert again is not None
    assert again.bands == bands.bands
    other = uncertainty(pod, catalog, seed=7)
    assert other is not None
    assert other.bands["usd_per_million_tokens"] != bands.bands["usd_per_million_tokens"]
    assert other.bands["tokens_per_s"].p5 == pytest.approx(bands.bands["tokens_per_s"].p5, rel=0.03)


def test_the_response_stays_close_to_sampling_in_full(
    bands: UncertaintyResult, pod: Snapshot, catalog: Catalog
) -> None:
    """The same 256 samples both ways."""
    full = uncertainty(pod, catalog, samples=256, full=True)
    told = uncertainty(pod, catalog, samples=256)
    assert full is not None
    assert told is not None
    assert full.solved_count == 256
    for name in ("tokens_per_s", "usd_per_million_tokens", "tokens_per_j", "kg_co2e_per_million_tokens"):
        for end in ("p5", "p50", "p95"):
            one, two = getattr(full.bands[name], end), getattr(told.bands[name], end)
            assert two == pytest.approx(one, rel=0.03), (name, end)
    assert bands.check_error_frac["usd_per_million_tokens"] < 0.1


def test_the_plans_own_seed_and_use_are_taken(pod: Snapshot, catalog: Catalog) -> None:
    tables = pod.tables()
    tables["site"] = {"site": Site(id="site", use_frac=0.5, uncertainty_seed=11)}
    own = Snapshot(tables, 1, {})
    found = uncertainty(own, catalog, samples=64)
    assert found is not None
    assert found.seed == 11
    use = next(item for item in found.inputs if item.id == "use")
    assert (use.kind, use.mid, use.low) == ("site", 0.5, pytest.approx(0.35))
    swing = next(s for s in found.swings["usd_per_million_tokens"] if s.input == "use")
    assert swing.at_low > swing.at_high


def test_a_power_law_is_met_exactly() -> None:
    """y = a^-1 b^2: the response to each input alone gives every sample, also in the tails."""
    items = [
        UncertainInput(name, name, "constant", name, low, mid, high, "", "default")
        for name, low, mid, high in (("a", 0.5, 1.0, 1.5), ("b", 1.0, 2.0, 5.0))
    ]

    def law(a: float, b: float) -> float:
        return b * b / a

    base = np.array([law(1.0, 2.0)])
    ends = np.array([[[law(0.5, 2.0)], [law(1.5, 2.0)]], [[law(1.0, 1.0)], [law(1.0, 5.0)]]])
    z = np.array([[-1.0, 0.5], [1.2, -1.4], [0.0, 2.0], [1.64, 1.64]])
    told = respond(base, ends, shares(items, z))[:, 0]
    exact = [law(items[0].at(a), items[1].at(b)) for a, b in z]
    np.testing.assert_allclose(told, exact, rtol=1e-12)


def test_ends_are_the_stated_percentiles() -> None:
    item = UncertainInput("x", "x", "constant", "x", 2.0, 3.0, 7.0, "", "default", most=9.0)
    assert item.at(0.0) == 3.0
    assert item.at(-1.6449) == pytest.approx(2.0)
    assert item.at(1.6449) == pytest.approx(7.0)
    assert item.at(3.0) == 9.0
    assert item.at(-8.0) == 0.0


def test_it_stops_when_told_and_a_bare_plan_has_no_tokens(pod: Snapshot, catalog: Catalog) -> None:
    assert uncertainty(pod, catalog, stop=lambda: True) is None
    bare = Snapshot({name: {} for name in pod.tables()}, 1, {})
    found = uncertainty(bare, catalog, samples=16)
    assert found is not None
    assert "tokens_per_s" not in found.bands
    assert all(band.value is None or math.isfinite(band.value) for band in found.bands.values())


def test_money_alone_solves_no_physics(pod: Snapshot, catalog: Catalog) -> None:
    solver = sampler(pod, catalog)
    first = solver.solve(Shift())
    held = solver._held
    dear = solver.solve(Shift(constants={"cost.rate_frac": 0.14}, lines={"Power": 1.0}))
    assert solver._held is held
    assert dear.summary.usd_per_million_tokens > first.summary.usd_per_million_tokens  # type: ignore[operator]
