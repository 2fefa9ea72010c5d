"""Four walls: what limits the hall, where, and where the next token comes from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QScrollArea, QVBoxLayout, QWidget

from infraplanner.edit import SaveScenario
from infraplanner.model.parts import parts
from infraplanner.results.scopes import Scope, scope
from infraplanner.results.snapshot import WALLS, ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.widgets.lever_list import LeverRow
from infraplanner.ui.widgets.stack_bar import StackBar
from infraplanner.ui.widgets.wall_row import WallRow
from infraplanner.units import number

if TYPE_CHECKING:
    from infraplanner.explore.levers import Lever
    from infraplanner.results.uncertainty import UncertaintyResult

MOST_LEVERS = 5
MOST_RACKS = 200
MOST_RACKS_BANDS = 500
LEAST_DOUBT = 0.05
REST_MS = 800


class WallsPanel(QScrollArea):
    """Rows always in the order power, memory, thermal, copper: position is memory."""

    where_wanted = Signal(str)
    scope_changed = Signal(str, bool)

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
        self.units = QLabel(self.tr("One more unit buys"))
        self.units.setObjectName("section")
        self.ask = QPushButton(self.tr("Try what the catalogue offers"))
        self.ask.setToolTip(
            self.tr("Makes each change on a copy of the plan, solves it with all models and ranks the gain.")
        )
        self.ask.clicked.connect(self.find_levers)
        self.levers: list[LeverRow] = []
        self.list = QVBoxLayout()
        self.list.setSpacing(0)
        inner.addSpacing(6)
        inner.addWidget(self.units)
        inner.addLayout(self.list)
        inner.addWidget(self.ask)
        layout.addLayout(inner)
        layout.addStretch(1)
        self.setWidget(body)
        self._bridge = bridge
        self._asked = False
        self._last: ResultSnapshot | None = None
        bridge.selection_changed.connect(self._follow_selection)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._find_at_rest)
        bridge.result.connect(self.take)
        bridge.opened.connect(self._forget)
        bridge.levers_ranked.connect(self.show_levers)
        self.found: UncertaintyResult | None = None
        bridge.uncertain.connect(self.show_bands)

    def show_bands(self, found: UncertaintyResult) -> None:
        """Hatched bands, and which walls may bind when the samples disagree."""
        self.found = found
        for wall, row in self.rows.items():
            band = found.bands.get(f"wall.{wall}")
            known = band is not None and band.value and band.p5 is not None and band.p95 is not None
            row.show_band((band.p5 / band.value, band.p95 / band.value) if known else None)  # type: ignore[union-attr, operator]
        if self._last is not None:
            self.take(self._last)

    def _may_bind(self, wall: str) -> str:
        """A tag with the share of samples in which a wall binds, when others bind in some."""
        shares = self.found.binding_frac if self.found is not None else {}
        share = shares.get(wall, 0.0)
        return self.tr("MAY BIND {0} %").format(round(100 * share)) if LEAST_DOUBT <= share <= 1 - LEAST_DOUBT else ""

    def _forget(self) -> None:
        self.found = self._last = None
        for row in self.rows.values():
            row.show_band(None)
        for row in self.rows.values():
            row.trail = []
        self.show_levers([])
        self.ask.setText(self.tr("Try what the catalogue offers"))

    def find_levers(self) -> None:
        """Ask for what changes buy; the answer comes by the bridge."""
        self._asked = True
        self.ask.setText(self.tr("Trying ..."))
        self._bridge.rank_levers()

    def _find_at_rest(self) -> None:
        """Bands follow the hand's rest; what changes buy is tried again once somebody has asked. Small plans only."""
        racks = len(self._bridge.session.document.table("racks"))
        if self.isVisible() and self._last is not None and not self._last.failed and racks <= MOST_RACKS_BANDS:
            self._bridge.find_uncertainty()
        if self._asked and self.isVisible() and racks <= MOST_RACKS:
            self.find_levers()

    def show_levers(self, levers: list[Lever]) -> None:
        """The best few; what gains nothing is counted."""
        while (item := self.list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        best = [lever for lever in levers if lever.tokens_gained_per_s > 0.0][:MOST_LEVERS]
        top = best[0].tokens_gained_per_s if best else 0.0
        self.levers = [LeverRow(lever, top) for lever in best]
        for row in self.levers:
            row.wanted.connect(self._make)
            row.kept.connect(self._keep)
            self.list.addWidget(row)
        idle = sum(1 for lever in levers if lever.tokens_gained_per_s <= 0.0)
        if levers:
            self.ask.setText(self.tr("{0} tried, {1} gain nothing. Try again").format(len(levers), idle))

    def _keep(self, lever: Lever) -> None:
        """A change of existing records becomes a scenario of the plan."""
        self._bridge.execute(SaveScenario(lever.offer.text, lever.offer.command))

    def _make(self, lever: Lever) -> None:
        self._bridge.execute(lever.offer.command)

    def _racks(self) -> list[str]:
        """Racks of the selection: themselves, or those that hold selected devices; none for anything else."""
        document = self._bridge.session.document
        racks, devices = document.table("racks"), document.table("devices")
        chosen = [devices[key].rack if key in devices else key for key in self._bridge.selection]
        return list(dict.fromkeys(chosen)) if chosen and all(key in racks for key in chosen) else []

    def fill_scopes(self, menu: QMenu) -> None:
        """The whole plan, its halls, rows and pools; choosing one selects its racks."""
        menu.addAction(self.tr("whole hall"), lambda: self._bridge.select([]))
        titles = {"hall": self.tr("Hall"), "row": self.tr("Row"), "pool": self.tr("Pool")}
        held: dict[str, QMenu] = {}
        for part in parts(self._bridge.session.document.snapshot()):
            if part.kind in titles:
                if part.kind not in held:
                    held[part.kind] = menu.addMenu(titles[part.kind])
                held[part.kind].addAction(part.id, partial(self._bridge.select, list(part.racks)))

    def _named(self, racks: list[str]) -> str:
        """What these racks are called: a rack, a row, a hall, a pool, or so many racks."""
        if len(racks) == 1:
            return racks[0]
        chosen = set(racks)
        snapshot = self._bridge.session.document.snapshot()
        whole = (part for part in parts(snapshot) if part.kind in ("row", "hall", "pool") and chosen == set(part.racks))
        found = min(whole, key=lambda part: ("row", "hall", "pool").index(part.kind), default=None)
        return f"{found.kind} {found.id}" if found is not None else self.tr("{0} racks").format(len(racks))

    def _show_scope(self, result: ResultSnapshot) -> Scope | None:
        """Walls of the selected racks; None when the whole hall is to be shown."""
        racks, held = self._racks(), self._last
        found = scope(held, racks) if racks and held is not None and not result.provisional else None
        if found is None:
            self.scope_changed.emit(self.tr("whole hall"), False)
            return None
        later = found.walls[found.binding_wall].next if found.binding_wall in found.walls else None
        for wall, row in self.rows.items():
            tag = "BINDS" if wall == found.binding_wall else "NEXT" if wall == later else ""
            row.show_result(found.walls[wall], tag, False)
        self.scope_changed.emit(self._named(racks), True)
        return found

    def _follow_selection(self) -> None:
        if self._last is not None:
            self.take(self._last)

    def take(self, result: ResultSnapshot) -> None:
        """Show a result; elasticities as far as there are some, otherwise a sentence."""
        binding = result.summary.binding_wall
        next_wall = result.walls[binding].next if binding in result.walls else None
        fresh = not result.provisional and result is not self._last
        if not result.provisional:
            self._last = result
        part = self._show_scope(result)
        if part is None:
            for wall, row in self.rows.items():
                tag = self._may_bind(wall) or ("BINDS" if wall == binding else "NEXT" if wall == next_wall else "")
                row.show_result(result.walls[wall], tag, fresh)
        known = {wall: (result.walls if part is None else part.walls)[wall].elasticity for wall in WALLS}
        shares = {wall: value for wall, value in known.items() if value is not None and value > 0.005}
        if result.provisional:
            return
        self.ask.setVisible(bool(result.throughput.pools))
        self.units.setVisible(bool(result.throughput.pools))
        if fresh:
            self._rest.start()
        self.bar.show_shares(shares)
        self.bar.setVisible(bool(shares))
        if shares:
            parts = [f"{wall} {number(value, 2)}" for wall, value in shares.items()]
            self.text.setText(self.tr("Elasticity of tokens/s: {0}.").format(", ".join(parts)))
        elif any(value is not None for value in known.values()):
            self.text.setText(self.tr("1 % more of any one wall's capacity changes tokens/s by less than 0.01 %."))
        else:
            self.text.setText(self.tr("Known once the plan serves a model."))
