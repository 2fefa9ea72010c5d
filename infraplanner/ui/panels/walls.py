"""Four walls: what limits the hall, where, and where the next token comes from."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from infraplanner.results.snapshot import WALLS, ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.widgets.stack_bar import StackBar
from infraplanner.ui.widgets.wall_row import WallRow
from infraplanner.units import number


class WallsPanel(QScrollArea):
    """Rows always in the order power, memory, thermal, copper: position is memory."""

    where_wanted = Signal(str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(0)
        titles = {
            "power": self.tr("Power"),
            "memory": self.tr("Memory"),
            "thermal": self.tr("Thermal"),
            "copper": self.tr("Copper"),
        }
        self.rows = {wall: WallRow(wall, titles[wall]) for wall in WALLS}
        for row in self.rows.values():
            layout.addWidget(row)
            row.where_clicked.connect(self.where_wanted)
        self.caption = QLabel(self.tr("Where the next token comes from"))
        self.caption.setObjectName("section")
        self.bar = StackBar()
        self.text = QLabel("")
        self.text.setObjectName("muted")
        self.text.setWordWrap(True)
        inner = QVBoxLayout()
        inner.setContentsMargins(12, 8, 12, 0)
        inner.setSpacing(4)
        inner.addWidget(self.caption)
        inner.addWidget(self.bar)
        inner.addWidget(self.text)
        layout.addLayout(inner)
        layout.addStretch(1)
        self.setWidget(body)
        bridge.result.connect(self.take)
        bridge.opened.connect(self._forget)

    def _forget(self) -> None:
        for row in self.rows.values():
            row.trail = []

    def take(self, result: ResultSnapshot) -> None:
        """Show a result; elasticities as far as there are some, otherwise a sentence."""
        binding = result.summary.binding_wall
        next_wall = result.walls[binding].next if binding in result.walls else None
        for wall, row in self.rows.items():
            tag = "BINDS" if wall == binding else "NEXT" if wall == next_wall else ""
            row.show_result(result.walls[wall], tag, not result.provisional)
        known = {wall: result.walls[wall].elasticity for wall in WALLS}
        shares = {wall: value for wall, value in known.items() if value is not None and value > 0.005}
        if result.provisional:
            return
        self.bar.show_shares(shares)
        self.bar.setVisible(bool(shares))
        if shares:
            parts = [f"{wall} {number(value, 2)}" for wall, value in shares.items()]
            self.text.setText(self.tr("Elasticity of tokens/s: {0}.").format(", ".join(parts)))
        elif any(value is not None for value in known.values()):
            self.text.setText(self.tr("1 % more of any one wall's capacity changes tokens/s by less than 0.01 %."))
        else:
            self.text.setText(self.tr("Known once the plan serves a model."))
