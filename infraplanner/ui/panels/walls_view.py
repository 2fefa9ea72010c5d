"""The four walls at full size: how full, how sure, what takes the binding one down, and what one more unit buys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from infraplanner.edit import SaveScenario
from infraplanner.results.snapshot import WALLS, ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.widgets.ladder_plot import LadderPlot
from infraplanner.ui.widgets.stack_bar import StackBar
from infraplanner.ui.widgets.wall_card import WallCard
from infraplanner.units import MEGA, number, scaled

if TYPE_CHECKING:
    from infraplanner.explore.ladder import Ladder
    from infraplanner.explore.levers import Lever
    from infraplanner.results.uncertainty import UncertaintyResult

MOST_RACKS = 200
REST_MS = 1200
NARROW_PX = 760
COLUMNS = ("", "Change", "tokens/s", "gain", "capital", "binds then")
NUMBERS = frozenset({2, 3, 4})


class WallsView(QScrollArea):
    """A page of the centre; the ladder and the list are solved in the background while it is open."""

    where_wanted = Signal(str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self._bridge = bridge
        self._last: ResultSnapshot | None = None
        self._asked = -1
        self.ladder: Ladder | None = None
        self.ranked: list[Lever] = []
        titles = {"power": "Power", "memory": "Memory", "thermal": "Thermal", "copper": "Copper"}
        self.cards = {wall: WallCard(wall, self.tr(titles[wall])) for wall in WALLS}
        body = QWidget(self)
        self.halves = QHBoxLayout(body)
        self.halves.setContentsMargins(16, 12, 16, 12)
        self.halves.setSpacing(20)
        self.halves.addLayout(self._left(), 1)
        self.halves.addLayout(self._right(), 1)
        self.setWidget(body)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._at_rest)
        bridge.result.connect(self.take)
        bridge.opened.connect(self._forget)
        bridge.uncertain.connect(self._bands)
        bridge.levers_ranked.connect(self.show_levers)
        bridge.ladder_found.connect(self.show_ladder)

    def _left(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(0)
        for card in self.cards.values():
            column.addWidget(card)
            card.where_clicked.connect(self.where_wanted)
        caption = QLabel(self.tr("Where the next token comes from"))
        caption.setObjectName("section")
        self.bar = StackBar()
        self.note = QLabel(self.tr("Relative gain in tokens/s for 1 % more of each wall's capacity, normalised."))
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        column.addSpacing(8)
        for widget in (caption, self.bar, self.note):
            column.addWidget(widget)
        column.addStretch(1)
        return column

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        head = QLabel(self.tr("Ladder: take the walls down one after another"))
        head.setObjectName("section")
        self.told = QLabel(
            self.tr("tokens/s; each step is the cheapest change, in the colour of the wall that then binds")
        )
        self.told.setObjectName("muted")
        self.told.setWordWrap(True)
        self.plot = LadderPlot()
        self.plot.wanted.connect(self._climb)
        row = QHBoxLayout()
        title = QLabel(self.tr("One more unit buys"))
        title.setObjectName("section")
        row.addWidget(title)
        row.addStretch(1)
        self.per = QButtonGroup(self)
        for index, name in enumerate((self.tr("per unit"), self.tr("per million $"), self.tr("per week"))):
            button = QPushButton(name)
            button.setCheckable(True)
            button.setObjectName("seg")
            button.setChecked(index == 0)
            self.per.addButton(button, index)
            row.addWidget(button)
        self.per.idToggled.connect(lambda _id, on: self.show_levers(self.ranked) if on else None)
        self._build_table()
        buttons = QHBoxLayout()
        self.make = QPushButton(self.tr("Make this change"))
        self.make.setObjectName("primary")
        self.keep = QPushButton(self.tr("Keep as a scenario"))
        self.again = QPushButton(self.tr("Try again"))
        self.make.clicked.connect(lambda: self._make(self.table.currentRow()))
        self.keep.clicked.connect(lambda: self._keep(self.table.currentRow()))
        self.again.clicked.connect(self.ask)
        self.state = QLabel("")
        self.state.setObjectName("muted")
        for button in (self.make, self.keep, self.again):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.state)
        for part in (head, self.told):
            column.addWidget(part)
        column.addWidget(self.plot, 1)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)
        return column

    def _build_table(self) -> None:
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels([self.tr(name) for name in COLUMNS])
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAccessibleName(self.tr("One more unit buys"))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.itemDoubleClicked.connect(lambda item: self._make(item.row()))

    # --- results

    def _forget(self) -> None:
        self.ladder, self.ranked, self._last, self._asked = None, [], None, -1
        for card in self.cards.values():
            card.trail = []
            card.show_band(None)
        self.plot.show_ladder(None, self.tr("Solved when this page is open and the hand rests."))
        self.show_levers([])

    def _bands(self, found: UncertaintyResult) -> None:
        for wall, card in self.cards.items():
            band = found.bands.get(f"wall.{wall}")
            if band is not None and band.value and band.p5 is not None and band.p95 is not None:
                card.show_band((band.p5 / band.value, band.p95 / band.value))

    def take(self, result: ResultSnapshot) -> None:
        """Show a result; ladder and list follow when the hand rests."""
        binding = result.summary.binding_wall
        for wall, card in self.cards.items():
            found = result.walls[wall]
            later = result.walls[binding].next if binding in result.walls else None
            tag = "BINDS" if wall == binding else "NEXT" if wall == later else ""
            words = ""
            if wall == binding and found.next is not None:
                words = self.tr("{0}, at {1} times as much").format(found.next, number(found.next_factor))
            card.show_wall(found, tag, not result.provisional, words)
        if result.provisional:
            return
        self._last = result
        slopes = {wall: result.walls[wall].elasticity for wall in WALLS}
        self.bar.show_shares({wall: value for wall, value in slopes.items() if value is not None and value > 0.005})
        self._rest.start()

    def showEvent(self, event: object) -> None:
        """Ask for what is not known yet."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._rest.start()

    def _at_rest(self) -> None:
        small = len(self._bridge.session.document.table("racks")) <= MOST_RACKS
        if self.isVisible() and self._last is not None and self._last.revision != self._asked:
            if small:
                self.ask()
            elif self.ladder is None:
                self.plot.show_ladder(
                    None, self.tr("A large plan: “Try again” solves every change, which takes a while.")
                )

    def ask(self) -> None:
        """Solve ladder and list anew in the background."""
        if self._last is None or self._last.failed:
            return
        self._asked = self._last.revision
        self.state.setText(self.tr("Solving every change ..."))
        if self.ladder is None:
            self.plot.show_ladder(None, self.tr("Solving every change ..."))
        self._bridge.rank_levers()
        self._bridge.find_ladder()

    def show_ladder(self, found: Ladder) -> None:
        """New rungs."""
        self.ladder = found
        self.plot.show_ladder(found, found.end)
        self.told.setText(
            self.tr(
                "tokens/s; each step is the cheapest change, in the colour of the wall that then binds. {0}"
            ).format(found.end)
        )

    def show_levers(self, levers: list[Lever]) -> None:
        """The list, by gain a unit, a million dollars or a week of lead time; changes that gain nothing stay out."""
        per = self.per.checkedId()
        each = MEASURES[per]
        self.ranked = list(levers)
        gains = [lever for lever in levers if lever.tokens_gained_per_s > 0.0]
        if per:
            gains = sorted((x for x in gains if each(x) is not None), key=lambda x: -(each(x) or 0.0))
        self._rows = gains
        self.table.setHorizontalHeaderItem(
            2, QTableWidgetItem((self.tr("tokens/s"), self.tr("tok/s a M$"), self.tr("tok/s a week"))[per])
        )
        self.table.setRowCount(len(gains))
        for row, lever in enumerate(gains):
            for column, text in enumerate(_cells(lever, each(lever), ENDLESS[per])):
                item = QTableWidgetItem(text)
                if column in NUMBERS:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip("\n".join(part for part in (lever.offer.note, _lead_told(lever)) if part))
                self.table.setItem(row, column, item)
        idle = len(levers) - len(gains)
        self.state.setText(self.tr("{0} solved, {1} gain nothing").format(len(levers), idle) if levers else "")
        for button in (self.make, self.keep):
            button.setEnabled(bool(gains))
        if gains:
            self.table.selectRow(0)

    # --- changes

    def _make(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self._bridge.execute(self._rows[row].offer.command)

    def _keep(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            offer = self._rows[row].offer
            self._bridge.execute(SaveScenario(offer.text, offer.command))

    def _climb(self, index: int) -> None:
        """Make all changes of the ladder up to a rung, one undo step each."""
        if self.ladder is not None:
            for rung in self.ladder.rungs[1 : index + 1]:
                if rung.change is not None:
                    self._bridge.execute(rung.change.command)


def _per_million(lever: Lever) -> float | None:
    """Tokens/s gained a million dollars; what costs nothing gains without end."""
    if lever.capex_usd is None:
        return None
    return lever.tokens_gained_per_s / (lever.capex_usd / MEGA) if lever.capex_usd > 1.0 else float("inf")


def _per_week(lever: Lever) -> float | None:
    """Tokens/s gained a week of lead time; what needs no delivery gains without end."""
    if lever.lead_weeks is None:
        return None
    return lever.tokens_gained_per_s / lever.lead_weeks if lever.lead_weeks > 0.0 else float("inf")


def _gain(lever: Lever) -> float | None:
    return lever.tokens_gained_per_s


MEASURES = (_gain, _per_million, _per_week)
"""What the list is in order of, as the buttons above it."""
ENDLESS = ("", "free", "at once")


def _lead_told(lever: Lever) -> str:
    if lever.lead_weeks is None:
        return ""
    return f"Lead time {number(lever.lead_weeks)} weeks." if lever.lead_weeks else "Nothing has to be delivered."


def _cells(lever: Lever, gain: float | None, endless: str) -> tuple[str, ...]:
    shown = endless if gain == float("inf") else "+" + " ".join(scaled(gain, "")).strip()
    price = (
        ("?" if lever.offer.for_sale else "–")
        if lever.capex_usd is None
        else "0"
        if abs(lever.capex_usd) < 1.0
        else " ".join(scaled(lever.capex_usd, "$"))
    )
    letter = {"power": "P", "memory": "M", "thermal": "T", "copper": "C"}[lever.offer.wall]
    return (
        letter, lever.offer.text, shown, f"{number(100 * lever.gain_frac, 2)} %", price, lever.binding_wall or "–",
    )  # fmt: skip
