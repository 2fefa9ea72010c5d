"""Supply chains side by side, and the power that reaches the dies."""

from __future__ import annotations

import json

import pytest

from infraplanner.catalog import Catalog
from infraplanner.cli.main import main
from infraplanner.engine import evaluate
from infraplanner.engine.chains import compare_chains
from tests.engine.halls import pod


@pytest.fixture(scope="module")
def chains(catalog: Catalog):
    return {row.id: row for row in compare_chains(catalog, 1e6)}


def test_every_chain_ends_with_the_same_power_and_adds_up(chains) -> None:
    for row in chains.values():
        assert row.stages[-1].out_w == row.load_w == 1e6
        lost = sum(stage.loss_w for stage in row.stages)
        assert row.grid_w == pytest.approx(1e6 + lost, rel=1e-12)
        assert row.efficiency_frac == pytest.approx(1e6 / row.grid_w)
        for before, after in zip(row.stages, row.stages[1:], strict=False):
            assert before.out_w == pytest.approx(after.out_w + after.loss_w)


def test_a_megawatt_takes_fifteen_times_the_current_at_54_volts(chains) -> None:
    low, high = chains["chain.dc-54v"], chains["chain.dc-800v-sst"]
    assert low.rack_voltage_v == 54.0
    assert high.rack_voltage_v == 800.0
    assert low.rack_current_a > 18_519  # 1 MW at 54 V, and the loss of the converters behind it
    assert low.rack_current_a / high.rack_current_a == pytest.approx(800 / 54, rel=0.02)
    assert low.copper_kg > 2 * high.copper_kg
    assert low.efficiency_frac < high.efficiency_frac


def test_more_volts_lose_less_and_need_less_copper(chains) -> None:
    low, high = chains["chain.ac-415v"], chains["chain.ac-480v"]
    assert high.copper_kg < low.copper_kg
    assert high.grid_w < low.grid_w


def test_conductor_losses_are_i_squared_r(chains) -> None:
    """By hand: copper at 80 % of its rated current, 30 + 45 * 0.64 degC."""
    stage = next(s for s in chains["chain.dc-800v-sst"].stages if s.label == "Busway 800 V")
    amperes = stage.out_w / 800
    section = amperes / 0.8 / 2.5e6
    ohm = 1.724e-8 * (1 + 0.00393 * (30 + 45 * 0.64 - 20)) * 40 / section
    assert stage.current_a == pytest.approx(amperes)
    assert stage.loss_w == pytest.approx(2 * amperes**2 * ohm, rel=1e-9)
    assert stage.copper_kg == pytest.approx(2 * section * 40 * 8960)


def test_the_command_prints_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chains", "--load-mw", "1", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "infraplanner/chains"
    assert {row["part"] for row in data["alternatives"]} == {"supply", "core"}
    assert main(["chains", "--stages"]) == 0
    assert "Last millimetres (no curve)" in capsys.readouterr().out
    assert main(["chains", "--load-mw", "0"]) == 2


def test_the_waterfall_goes_on_from_the_racks_to_the_dies(catalog: Catalog) -> None:
    result = evaluate(pod(racks=4).snapshot(), catalog)
    steps = {step.label: step.power_w for step in result.power.waterfall}
    core = result.power.core
    assert list(steps)[:6] == ["Grid", "MV", "UPS", "Distribution", "Cooling", "IT"]
    after = [step for step in result.power.waterfall if step.label not in list(steps)[:6]]
    falls = sum(step.power_w for step in after if step.kind != "total")
    assert steps["IT"] - falls == pytest.approx(steps["Die"], rel=1e-12)
    assert steps["Grid"] - sum(steps[key] for key in ("MV", "UPS", "Distribution", "Cooling")) == pytest.approx(
        steps["IT"]
    )
    assert core.tokens_per_j_grid < core.tokens_per_j_rack < core.tokens_per_j_die
