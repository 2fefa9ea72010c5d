"""Moving a CDU away, failing a panel and adding 800 G links each change what binds, and the walls panel says so."""

from __future__ import annotations

from typing import Any

import pytest

from infraplanner.edit import Move, SetFields

from .binding_plan import CDU_FAR_MM, CDU_NEAR_MM, binding_plan


@pytest.fixture
def plan(window: Any) -> Any:
    window.bridge.session.open_document(binding_plan())
    window.bridge.announce_opened()
    settled(window)
    return window


def settled(window: Any) -> Any:
    window.bridge.session.wait_idle()
    window.bridge.flush()
    return window.bridge.session.result


def told(window: Any) -> tuple[str, str]:
    """The wall that carries the tag, with what the headline says."""
    tagged = [wall for wall, row in window.walls.rows.items() if row.tag == "BINDS"]
    return tagged[0] if tagged else "", window.headline.binding.accessibleName()


def test_each_of_three_edits_changes_the_binding_wall(plan: Any) -> None:
    """One cable of 10 Gb/s between prefill and decode binds at first."""
    assert told(plan) == ("copper", "Binding wall: Copper")
    assert plan.walls.rows["copper"].result.where

    plan.bridge.execute(Move(["cdu"], CDU_FAR_MM - CDU_NEAR_MM, 0))
    far = settled(plan)
    assert far.thermal.chips.throttled == ("talk-1",)
    assert told(plan) == ("thermal", "Binding wall: Thermal")
    assert plan.walls.rows["thermal"].result.where == "talk-1"
    plan.bridge.undo()
    settled(plan)
    assert told(plan) == ("copper", "Binding wall: Copper")

    plan.bridge.toggle_failed(["pdu-pre"])
    settled(plan)
    assert told(plan) == ("memory", "Binding wall: Memory")
    plan.bridge.repair_all()
    settled(plan)
    assert told(plan)[0] == "copper"

    before = plan.bridge.session.result.summary.tokens_per_s
    plan.bridge.execute(SetFields("links", ["wire"], {"rate_gbps": 800.0, "count": 4}))
    faster = settled(plan)
    assert told(plan) == ("memory", "Binding wall: Memory")
    assert faster.summary.tokens_per_s > 3 * before
