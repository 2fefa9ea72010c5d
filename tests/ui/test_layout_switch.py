"""A pool that takes another layout after an edit says so once the input rests."""

from __future__ import annotations

from pathlib import Path

from infraplanner.edit import SetFields
from infraplanner.ui.main_window import MainWindow

PILOT = Path(__file__).resolve().parents[2] / "resources" / "templates" / "h100-pilot.yaml"


def test_another_layout_is_named_at_rest(window: MainWindow) -> None:
    window.files.open_path(str(PILOT))
    bridge = window.bridge
    bridge.session.wait_idle()
    bridge.flush()
    told: list[str] = []
    bridge.noticed.connect(told.append)
    assert bridge.execute(SetFields("pools", ("llama-70b",), {"tp": 4}))
    bridge.session.wait_idle()
    bridge.flush()
    assert told == ["Layout switched: llama-70b: tp 8, pp 1, ep 1, dp 1, fp8 -> tp 4, pp 1, ep 1, dp 1, fp8"]
    assert window.hint.text() == told[0]
    assert bridge.execute(SetFields("racks", ("A01",), {"name": "First"}))
    bridge.session.wait_idle()
    bridge.flush()
    assert len(told) == 1
