"""Scenarios side by side and what one more unit buys, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infraplanner.cli.main import main
from infraplanner.cli.progress import counter
from infraplanner.places import resources_dir

POD, EDGE = (str(resources_dir() / "templates" / name) for name in ("nvl72-pod.yaml", "edge-site.yaml"))


def test_scenarios_stand_beside_the_plan_with_their_changes(tmp_path: Path) -> None:
    out = tmp_path / "s.json"
    assert main(["scenarios", POD, "--format", "json", "-o", str(out), "--quiet"]) == 0
    found = json.loads(out.read_text())
    assert (found["schema"], found["version"]) == ("infraplanner/scenarios", 1)
    plan, fp4, gb300 = found["cases"]
    assert (plan["id"], fp4["id"], gb300["id"]) == (None, "fp4", "gb300")
    for case in (fp4, gb300):
        for key, change in case["change_frac"].items():
            if change:
                assert case["summary"][key] == pytest.approx((1.0 + change) * plan["summary"][key])
    assert fp4["change_frac"]["tokens_per_s"] > 0.1
    assert set(plan["walls"]) == {"power", "memory", "thermal", "copper"}
    assert not any(plan["change_frac"].values())


def test_scenarios_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", POD]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["figure", "as", "it", "stands", "fp4", "gb300"]
    throughput = next(line for line in lines if line.startswith("Throughput"))
    assert throughput.count("tok/s") == 3
    assert "%" in throughput
    assert not any(line.startswith("Training") for line in lines)


def test_a_scenario_that_cannot_be_applied_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        Path(EDGE).read_text().replace('"target": "ir-1", "field": "profile"', '"target": "ir-9", "field": "profile"')
    )
    plan = tmp_path / "broken.yaml"
    plan.write_text(text)
    assert main(["scenarios", str(plan)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "Scenario wide-cooler: there is no object ir-9." in told
    assert "wide-cooler" not in told[0]


def test_levers_are_ranked_by_what_they_buy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "l.json"
    assert main(["levers", EDGE, "--format", "json", "-o", str(out)]) == 0
    found = json.loads(out.read_text())
    gains = [lever["tokens_gained_per_s"] for lever in found["levers"]]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 0.0
    assert {"power", "thermal", "memory", "copper"} <= {lever["wall"] for lever in found["levers"]}
    assert all(lever["capex_usd"] is None for lever in found["levers"] if not lever["for_sale"])
    assert main(["levers", EDGE]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[1].split()[0] == found["levers"][0]["wall"]
    assert found["levers"][0]["change"] in table[1]


def test_the_bill_is_a_table_by_period(capsys: pytest.CaptureFixture[str]) -> None:
    """Energy and demand of every period of the edge site's tariff; a plan with one price has no such table."""
    assert main(["evaluate", EDGE]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("Summer", "Winter", "Any hour"))]
    assert len(rows) == 7
    assert "18.94" in next(row for row in rows if row.startswith("Summer peak"))
    assert main(["evaluate", EDGE.replace("edge-site", "h100-pilot")]) == 0
    assert "highest hour" not in capsys.readouterr().out


def test_growth_tells_what_phases_buy_and_what_a_week_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["growth", EDGE, "--years", "2"]) == 0
    told = capsys.readouterr().out
    assert "In-row cooler chilled water 50 kW" in told
    assert "Year 2: a week later costs" in told
    assert "order Utility connection 182 weeks ahead" in told


def test_the_ladder_climbs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "r.json"
    assert main(["levers", EDGE, "--ladder", "--format", "json", "-o", str(out)]) == 0
    found = json.loads(out.read_text())
    rates = [rung["tokens_per_s"] for rung in found["rungs"]]
    assert len(rates) > 2
    assert rates == sorted(rates)
    assert found["rungs"][0]["change"] is None
    assert found["rungs"][0]["binding_wall"] == "thermal"
    assert main(["levers", EDGE, "--ladder"]) == 0
    assert found["end"] in capsys.readouterr().out


@pytest.mark.parametrize("command", ["scenarios", "levers"])
def test_a_missing_plan_is_one_sentence(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "nowhere.yaml"]) == 2
    told = capsys.readouterr()
    assert "nowhere.yaml: there is no such file" in told.err
    assert not told.out


def test_progress_is_told_to_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counter("row", quiet=False)(1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    counter("row", quiet=True)(1, 2)
    assert capsys.readouterr().err == ""
    tell = counter("row", quiet=False)
    tell(1, 2)
    tell(2, 2)
    assert capsys.readouterr().err == "\rrow 1 / 2\rrow 2 / 2\n"
