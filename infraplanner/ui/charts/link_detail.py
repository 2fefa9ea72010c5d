"""The selected link: what it carries and loses, and every medium that could take its place, with what it would add."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from infraplanner.edit import PinMedium
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.units import number, scaled

from .base import Chart

COLUMNS = ("Medium", "Ordered m", "Reach m", "W", "$", "W more", "$ more")


class LinkDetail(Chart):
    """Follows the selection; a double click on a medium locks it, on the locked one gives the choice back."""

    title = "Link"
    picked = Signal(list)

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._bridge = bridge
        self.report: dict[str, Any] | None = None
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(10, 2, 6, 4)
        self.facts = QLabel("")
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.facts.setMinimumWidth(220)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels([self.tr(name) for name in COLUMNS])
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAccessibleName(self.tr("Media for this link"))
        self.table.setToolTip(self.tr("Double click locks a medium; on the locked one it gives the choice back"))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.itemDoubleClicked.connect(lambda item: self._lock(item.row()))
        row.addWidget(self.facts)
        row.addWidget(self.table, 1)
        self.stack.addWidget(page)
        self._page = page
        bridge.selection_changed.connect(self._again)

    def draw(self, result: ResultSnapshot) -> None:
        """The first selected link, at this result."""
        links = self._bridge.session.document.table("links")
        chosen = next((key for key in self._bridge.selection if key in links), None)
        if chosen is None or chosen not in result.fabric.link_ids:
            self.report = None
            self.shown = {}
            self.scope.setText("")
            self.say(self.tr("Choose a link in the table of links to see what it carries, loses and costs."))
            return
        if result.provisional and self.report is not None:
            return
        self.report = report = self._bridge.session.link_report(chosen)
        self.shown = report
        self.scope.setText(f"{report['id']}   {report['from']} \u2192 {report['to']}")
        self.facts.setText(_facts(report))
        self.table.setRowCount(len(report["media"]))
        for row, medium in enumerate(report["media"]):
            for column, text in enumerate(_cells(medium)):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if not medium["reaches"]:
                    item.setForeground(self.colour("text.disabled"))
                self.table.setItem(row, column, item)
        self.stack.setCurrentWidget(self._page)

    def _again(self) -> None:
        if self._result is not None and self.isVisible():
            self.draw(self._result)

    def _lock(self, row: int) -> None:
        if self.report is None:
            return
        medium = self.report["media"][row]["medium"]
        record = self._bridge.session.document.table("links")[self.report["id"]]
        self._bridge.execute(PinMedium([record.id], "auto" if record.medium == medium else medium))

    def values(self) -> dict[str, Any]:
        """The report."""
        return self.shown


def _facts(report: dict[str, Any]) -> str:
    load = report["load_frac"]
    rows = [
        ("Medium", f"{report['medium'] or 'none fits'}, {report['chosen']}"),
        ("Route", f"{number(report['length_m'])} m {report['route'] or ''}"),
        ("Margin", f"{number(report['margin_m'])} m of {number(report['reach_m'])} m"),
        (
            "Loss",
            f"{number(report['loss_db'])} of {number(report['budget_db'])} dB at {number(report['cable_c'])} \u00b0C",
        ),
        ("Load", f"{number(None if load is None else 100 * load)} %, {' '.join(scaled(report['load_bps'], 'b/s'))}"),
        ("Power", f"{number(report['power_w'])} W, {number(report['pj_per_bit'])} pJ/bit"),
        ("Plug", _plug(report)),
        ("Failures", f"{number(report['fit'])} FIT, {number(report['failures_per_year'])} a year"),
        ("Bit errors", _errors(report["ber_before_correction"], report["ber_corrected_up_to"])),
    ]
    return (
        "<table cellspacing=2>"
        + "".join(f"<tr><td>{a}&nbsp;&nbsp;</td><td>{b}</td></tr>" for a, b in rows)
        + "</table>"
    )


def _plug(report: dict[str, Any]) -> str:
    """How warm its case gets, of what it bears, and what it would be without the modules on it."""
    if report["plug_case_c"] is None:
        return "\u2013"
    text = f"{number(report['plug_case_c'])} of {number(report['plug_limit_c'])} \u00b0C"
    carried = report["modules_carry_w"]
    return f"{text}, {number(report['plug_bare_c'])} without modules" if carried else text


FLOOR = 1e-15
"""Fewer errors than this are told as fewer: what the model leaves out is more."""


def _errors(before: float | None, design: float) -> str:
    """How many before correction, and how many it copes with."""
    if before is None:
        return f"\u2013, up to {_power(design)} corrected"
    return f"{'below' if before < FLOOR else 'about'} {_power(max(before, FLOOR))}, up to {_power(design)} corrected"


def _power(value: float) -> str:
    """2e-4 as 2 x 10 to the minus 4."""
    digit, _, exponent = f"{value:.0e}".partition("e")
    head = "" if digit == "1" else f"{digit}\u00d7"
    return f"{head}10<sup>{int(exponent)}</sup>".replace("-", "\u2212")


def _cells(medium: dict[str, Any]) -> list[str]:
    mark = "\u25cf " if medium["in_force"] else ""
    more = [medium["added_w"], medium["added_usd"]]
    return [
        mark + medium["medium"] + ("" if medium["reaches"] else "  (out of reach)"),
        number(medium["ordered_m"]), number(medium["reach_m"]), number(medium["power_w"]), number(medium["price_usd"], 4),
        *("\u2013" if value is None else f"{'+' if value > 0 else ''}{number(value, 4)}" for value in more),
    ]  # fmt: skip
