"""Failing something as a what-if: nothing is edited, everything answers, and it ends without a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infraplanner.edit import Delete, EditError
from infraplanner.session import evaluate_once
from infraplanner.ui.main_window import MainWindow

POD = Path(__file__).resolve().parents[2] / "resources" / "templates" / "nvl72-pod.yaml"


@pytest.fixture
def pod(window: MainWindow) -> MainWindow:
    window.files.open_path(str(POD))
    window.bridge.flush()
    return window


def _result(window: MainWindow) -> Any:
    window.bridge.session.wait_idle()
    window.bridge.flush()
    return window.bridge.session.result


def test_a_failed_ups_loads_the_other_and_edits_nothing(pod: MainWindow) -> None:
    session = pod.bridge.session
    before, healthy = session.to_bytes(), _result(pod)
    pod.bridge.select(["ups-a"])
    pod.actions_["fail"].trigger()
    broken = _result(pod)
    rows = {key: row for row, key in enumerate(broken.power.node_ids)}
    assert broken.failed == {"ups-a"}
    assert broken.power.node_out_w[rows["ups-a"]] == 0
    assert broken.power.node_out_w[rows["ups-b"]] > 1.8 * healthy.power.node_out_w[rows["ups-b"]]
    assert "ups-a failed" in pod.floor.banner
    assert session.to_bytes() == before
    assert not session.is_modified
    assert broken.summary == evaluate_once(session, failed=frozenset({"ups-a"})).summary
    pod.actions_["repair_all"].trigger()
    assert _result(pod).summary == healthy.summary
    assert pod.floor.banner == ""


def test_both_sides_failed_darken_the_racks(pod: MainWindow) -> None:
    healthy = _result(pod)
    pod.bridge.toggle_failed(["ups-a", "ups-b"])
    dark = _result(pod)
    assert not dark.power.rack_powered.all()
    assert (dark.summary.tokens_per_s or 0.0) < healthy.summary.tokens_per_s
    assert "racks without power" in pod.floor.banner
    pod.grab()  # paints crosses, pills and banner
    pod.bridge.repair_all()
    _result(pod)


def test_deleting_what_has_failed_ends_its_failure(pod: MainWindow) -> None:
    pod.bridge.toggle_failed(["A01"])
    pod.bridge.execute(Delete(["A01"]))
    pod.bridge.flush()
    assert pod.bridge.session.failed == frozenset()
    with pytest.raises(EditError, match="no object A01"):
        pod.bridge.session.set_failed({"A01"})
    pod.bridge.undo()


def test_opening_another_plan_ends_the_what_if(pod: MainWindow) -> None:
    pod.bridge.toggle_failed(["ups-a"])
    pod.files.open_path(str(POD.with_name("h100-pilot.yaml")))
    assert pod.bridge.session.failed == frozenset()
    assert not _result(pod).failed
