"""The table of links and the charts of the copper wall on the pod."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt

from infraplanner import places
from infraplanner.results.snapshot import FabricResult, ResultSnapshot
from infraplanner.ui.main_window import MainWindow
from infraplanner.ui.panels.link_table import COLUMNS, LinkModel, LinkTable

POD = places.resources_dir() / "templates" / "nvl72-pod.yaml"
KEYS = [key for key, _, _ in COLUMNS]


@pytest.fixture
def table(window: MainWindow) -> LinkTable:
    window.files.open_path(str(POD))
    window.bridge.flush()
    window.tabs.setCurrentIndex(2)
    return window.link_table


def _column(table: LinkTable, key: str) -> list[str]:
    model = table.model
    return [model.data(model.index(row, KEYS.index(key))) for row in range(model.rowCount())]


def test_it_shows_what_the_result_holds(table: LinkTable) -> None:
    result = table.bridge.session.result
    assert result is not None
    assert table.model.rowCount() == len(result.fabric.link_ids) == 337
    row = _column(table, "id").index("l-A01-A08")
    at = result.fabric.link_ids.index("l-A01-A08")
    assert _column(table, "medium")[row] == result.fabric.medium[at]
    assert float(_column(table, "length")[row]) == pytest.approx(float(result.fabric.length_m[at]), abs=0.01)
    assert f"{sum(result.fabric.count_by_family.values())} cables" in table.count.text()


def test_every_link_tells_what_its_ports_would_report(table: LinkTable) -> None:
    """Margin, bit errors, temperature, load and watts of each link; a dash where a medium's loss is not modelled."""
    result = table.bridge.session.result
    assert result is not None
    key = next(key for key, medium in zip(result.fabric.link_ids, result.fabric.medium, strict=True) if "dac" in medium)
    at = result.fabric.link_ids.index(key)
    row = _column(table, "id").index(key)
    report = table.bridge.session.link_report(key)
    assert float(_column(table, "margin")[row]) == pytest.approx(report["margin_db"], rel=0.01)
    assert float(_column(table, "cable")[row]) == pytest.approx(float(result.fabric.cable_c[at]), rel=0.01)
    assert float(_column(table, "energy")[row]) == pytest.approx(report["pj_per_bit"], rel=0.01)
    clear = np.log10(report["ber_corrected_up_to"] / report["ber_before_correction"])
    assert float(_column(table, "errors")[row].replace("\u2009", "")) == pytest.approx(clear, rel=0.01)
    unknown = np.isnan(table.model.columns["margin"][table.model.rows])
    assert {text for text, dash in zip(_column(table, "margin"), unknown, strict=True) if dash} <= {"\u2013"}


def test_cabling_and_telemetry_are_two_views_of_one_table(table: LinkTable) -> None:
    def shown() -> set[str]:
        return {key for column, key in enumerate(KEYS) if not table.view.isColumnHidden(column)}

    assert "ordered" in shown()
    assert "errors" not in shown()
    table.columns.setCurrentIndex(1)
    assert {"load", "margin", "errors", "cable", "power", "energy", "latency"} <= shown()
    assert "ordered" not in shown()
    table.columns.setCurrentIndex(2)
    assert shown() == set(KEYS)


def test_it_sorts_by_reach_used_first_and_by_any_column(table: LinkTable) -> None:
    used = [table.model.columns["used"][row] for row in table.model.rows]
    assert used == sorted(used, reverse=True)
    table.view.sortByColumn(KEYS.index("length"), Qt.SortOrder.AscendingOrder)
    lengths = [table.model.columns["length"][row] for row in table.model.rows]
    assert lengths == sorted(lengths)


def test_words_medium_and_nearness_filter(table: LinkTable) -> None:
    table.words.setText("leaf-01 a02")
    table._filter()
    assert _column(table, "id") == ["l-A02-leaf-01"]
    table.words.setText("")
    table.family.setCurrentIndex(table.family.findData("multimode"))
    assert table.model.rowCount() > 0
    assert set(table.model.families[table.model.rows]) == {"multimode"}
    table.family.setCurrentIndex(0)
    table.near.setCurrentIndex(1)
    worst = np.fmax(table.model.columns["used"], table.model.columns["load"])[table.model.rows]
    assert 0 < len(worst) < 337
    assert (worst >= 90).all()


def test_a_row_selects_and_zooms_to_both_ends(table: LinkTable, window: MainWindow) -> None:
    table.words.setText("l-A02-leaf-01")
    table._filter()
    table.view.selectRow(0)
    assert list(window.bridge.selection) == ["l-A02-leaf-01"]
    table._zoom(table.model.index(0, 0))
    assert window.tabs.currentIndex() == 0
    leaf = window.bridge.session.document.table("devices")["leaf-01"].rack
    assert set(window.bridge.selection) == {"A02", leaf}


def test_hidden_it_waits_and_keeps_only_the_last(table: LinkTable, window: MainWindow) -> None:
    window.tabs.setCurrentIndex(0)
    table.take(ResultSnapshot(1))
    assert table.model.rowCount() == 337
    window.tabs.setCurrentIndex(2)
    assert table.model.rowCount() == 0


def test_thirty_thousand_links_are_sorted_and_filtered_at_once() -> None:
    """Within a tenth of a second, unknown figures last."""
    count = 30_000
    ids = tuple(f"l-{i:05d}" for i in range(count))
    values = np.random.default_rng(1).random(count)
    values[::7] = np.nan
    columns = {key: values.copy() for key in KEYS} | {key: np.array(ids) for key in ("id", "a", "b", "medium")}
    model = LinkModel()
    model.take(FabricResult(link_ids=ids), columns, np.full(count, "dac"))
    assert model.rowCount() == count
    assert np.isnan(values[model.rows[-count // 7 + 1 :]]).all()
    best = np.inf
    for word in ("l-0001", "l-0002", "l-0003"):
        start = time.perf_counter()
        model.words = word
        model.arrange()
        best = min(best, time.perf_counter() - start)
    assert model.rowCount() == 10
    assert best < 0.5


def test_the_copper_charts_count_every_bundle(table: LinkTable, window: MainWindow) -> None:
    charts, result = window.charts, table.bridge.session.result
    assert result is not None
    charts.open_chart(charts.margin)
    assert sum(charts.margin.values()["bundles"]) == 337
    assert charts.margin.values()["without_reach"] == 0
    assert charts.margin.values()["worst_percent"] == pytest.approx(100 * result.walls["copper"].utilisation)
    charts.open_chart(charts.media)
    assert charts.media.values() == result.fabric.power_by_family_w
