"""The validation view draws what `validate` reports."""

from __future__ import annotations

from pathlib import Path

from infraplanner.ui.charts.validation import ValidationView
from infraplanner.ui.main_window import MainWindow

ROWS = """rows:
- {id: a, use: gate, metric: tpot_ms, value: 20, unit: ms, accelerator: H100-SXM-80GB, n_accelerators: 1, model: llama-3.1-8b, precision: fp8, tp: 1, pp: 1, ep: 1, attention_dp: 1, framework: trtllm, isl: 1000, osl: 1000, concurrency_or_batch: 64, mode: serving}
- {id: b, use: gate, metric: output_tokens_per_s, value: 9000, unit: tok/s, accelerator: H200-SXM-141GB, n_accelerators: 1, model: llama-3.1-8b, precision: fp8, tp: 1, pp: 1, ep: 1, attention_dp: 1, framework: trtllm, isl: 1000, osl: 1000, concurrency_or_batch: null, mode: offline}
- {id: c, use: gate, metric: taste, value: 1, unit: "1"}
"""  # noqa: E501 - one measured row a line


def test_a_report_is_drawn_with_errors_by_group(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "rows.yaml"
    path.write_text(ROWS, encoding="utf-8")
    view = ValidationView(window.bridge, [str(path)], window)
    window.bridge.session.wait_idle()
    assert view.shown == {"rows": 3, "predicted": 2, "gate": 2}
    assert "2 of 3 rows predicted" in view.head.text()
    groups = {view.table.item(row, 0).text() for row in range(view.table.rowCount())}
    assert {"use:gate", "metric:tpot_ms", "class:dense"} <= groups
    assert "1 rows" in view.note.text()
    view.grab()
    view.close()


def test_a_file_that_is_no_list_of_rows_is_told(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "rows.yaml"
    path.write_text("just text", encoding="utf-8")
    said: list[str] = []
    window.bridge.failed.connect(said.append)
    view = ValidationView(window.bridge, [str(path)], window)
    window.bridge.session.wait_idle()
    assert "rows.yaml" in view.head.text()
    view.close()
    assert any("rows.yaml" in text for text in said)
