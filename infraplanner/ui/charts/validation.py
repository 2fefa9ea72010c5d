"""Predicted against measured, log-log, by class, with the errors of every group beside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme.current import current

from .base import PlainAxis

SYMBOLS = ("o", "s", "t", "d", "x", "+")
COLUMNS = ("Group", "Rows", "Predicted", "Median error", "P90", "Bias")
NOTABLE = ("use:", "metric:", "class:", "accelerator:", "model:")
MOST_GROUPS = 6


class PowerAxis(PlainAxis):
    """Ticks of a logarithmic axis as plain numbers."""

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """1, 1 k, 1 M instead of exponents."""
        out = []
        for value in values:
            if abs(value - round(value)) > 1e-6:
                out.append("")
                continue
            number = 10.0 ** round(value)
            prefix = next(((f, p) for f, p in ((1e9, " G"), (1e6, " M"), (1e3, " k")) if number >= f), (1.0, ""))
            out.append(f"{number / prefix[0]:g}{prefix[1]}")
        return out


class ValidationView(QDialog):
    """A window of its own beside the plan: filled when the background has predicted all rows."""

    def __init__(self, bridge: Bridge, files: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Validation"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1120, 640)
        self.shown: dict[str, Any] = {}
        self.head = QLabel(self.tr("Predicting the measured rows ..."))
        self.head.setObjectName("title")
        self.head.setWordWrap(True)
        self.note = QLabel("")
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        self.plot = pg.PlotWidget(axisItems={"left": PowerAxis("left"), "bottom": PowerAxis("bottom")})
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels([self.tr(name) for name in COLUMNS])
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        body = QHBoxLayout()
        body.addWidget(self.plot, 3)
        body.addWidget(self.table, 2)
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addLayout(body, 1)
        layout.addWidget(self.note)
        bridge.validated.connect(self.show_report)
        bridge.failed.connect(self.head.setText)
        bridge.validate(files)

    def show_report(self, report: dict[str, Any]) -> None:
        """Draw one report of `validate`."""
        rows = [row for file in report["files"] for row in file["rows"]]
        known = [r for r in rows if r["predicted"] and r["measured"] and r["predicted"] > 0 and r["measured"] > 0]
        gate = [abs(r["error_frac"]) for r in known if r["use"] == "gate" and r["error_frac"] is not None]
        self.shown = {"rows": len(rows), "predicted": len(known), "gate": len(gate)}
        error = f"{100 * float(np.median(gate)):.1f} %" if gate else "–"
        text = self.tr("{0} of {1} rows predicted; median error of the {2} gate rows {3}")
        self.head.setText(text.format(len(known), len(rows), len(gate), error))
        self._draw(known)
        self._fill(report)
        skipped: dict[str, int] = {}
        for row in rows:
            if row["skipped"]:
                skipped[row["skipped"]] = skipped.get(row["skipped"], 0) + 1
        worst = sorted(skipped.items(), key=lambda item: -item[1])[:3]
        said = "; ".join(f"{count} rows: {why}" for why, count in worst)
        self.note.setText(self.tr("Not predicted: {0}.").format(said) if said else "")

    def _draw(self, rows: list[dict[str, Any]]) -> None:
        theme = current().theme
        item = self.plot.getPlotItem()
        item.clear()
        self.plot.setBackground(theme.colour("surface.panel"))
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        item.addLegend(offset=(10, 10), labelTextColor=theme.colour("text.secondary"))
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            groups.setdefault(str(row["metric"]), []).append(row)
        largest = sorted(groups, key=lambda name: -len(groups[name]))
        for slot, name in enumerate(largest[:MOST_GROUPS]):
            members = groups[name] if slot < MOST_GROUPS - 1 else [r for other in largest[slot:] for r in groups[other]]
            title = name if slot < MOST_GROUPS - 1 or len(largest) == MOST_GROUPS else self.tr("others")
            x = np.log10([row["measured"] for row in members])
            y = np.log10([row["predicted"] for row in members])
            colour = theme.colour(f"series.{slot}", 0.8)
            dots = pg.ScatterPlotItem(x, y, symbol=SYMBOLS[slot], size=7, brush=colour, pen=pg.mkPen(None), name=title)
            item.addItem(dots)
        if rows:
            logs = np.log10([row["measured"] for row in rows])
            low, high = float(logs.min()) - 0.3, float(logs.max()) + 0.3
            for shift, dash in (
                (0.0, Qt.PenStyle.SolidLine),
                (math.log10(1.2), Qt.PenStyle.DashLine),
                (-math.log10(1.2), Qt.PenStyle.DashLine),
            ):
                line = pg.mkPen(theme.colour("text.muted"), width=1, style=dash)
                item.addItem(pg.PlotCurveItem([low, high], [low + shift, high + shift], pen=line))
        for side, words in (("left", self.tr("predicted")), ("bottom", self.tr("measured, lines at equal and ±20 %"))):
            axis = item.getAxis(side)
            axis.setPen(theme.colour("border.control"))
            axis.setTextPen(theme.colour("text.secondary"))
            axis.setLabel(words, color=theme.hex("text.secondary"))

    def _fill(self, report: dict[str, Any]) -> None:
        entries = []
        for file in report["files"]:
            for tag, group in file["groups"].items():
                if group["covered"] and tag.startswith(NOTABLE):
                    entries.append((tag, group))
        self.table.setRowCount(len(entries))
        for line, (tag, group) in enumerate(entries):
            figures = [group[key] for key in ("median_abs_error_frac", "p90_abs_error_frac", "bias_frac")]
            texts = [
                tag,
                str(group["total"]),
                str(group["covered"]),
                *("–" if v is None else f"{100 * v:.1f} %" for v in figures),
            ]
            for column, text in enumerate(texts):
                cell = QTableWidgetItem(text.replace("-", "\u2212") if column > 2 else text)
                if column:
                    cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(line, column, cell)
        self.table.resizeColumnsToContents()
