"""The site's tariff in the inspector: its prices as a picture, its periods as rows, and ways to add, copy and remove them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from infraplanner.catalog.types import Record
from infraplanner.edit import Delete, PutRecords, ReplaceTable
from infraplanner.model.entities import TariffPeriod
from infraplanner.model.ids import next_free_id
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.ui.theme import icons
from infraplanner.ui.theme.current import current
from infraplanner.ui.widgets.elided_label import ElidedLabel
from infraplanner.ui.widgets.price_map import MONTHS, PriceMap
from infraplanner.ui.widgets.source_chip import CHIP_OF, SourceChip
from infraplanner.units import number, scaled

TOPIC = "tariff"
DAYS = {"all": "every day", "weekday": "Mon\u2013Fri", "weekend": "Sat, Sun"}
FIRST_ID = "period-1"
NEW_NAME, NEW_START_H, NEW_END_H = "New period", 16, 21
"""A first guess that shows at once in the picture: the evening."""


class TariffEditor(QWidget):
    """Below the site's fields. A click on a row opens the period's own page."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.map, self.note = PriceMap(self), QLabel()
        self.note.setObjectName("muted")
        self.note.setWordWrap(True)
        self.rows: dict[str, QPushButton] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(0, 1)
        self.add, self.take_over = QPushButton(self.tr("Add period")), QPushButton(self.tr("Take over \u2026"))
        self.add.setToolTip(self.tr("A period with hours and a price of its own"))
        self.take_over.setToolTip(self.tr("Copy the periods of a published tariff into this plan"))
        self.add.clicked.connect(self._add)
        menu = QMenu(self)
        for record in self._known():
            menu.addAction(record.name).triggered.connect(partial(self._take, record))
        self.take_over.setMenu(menu)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.add)
        buttons.addWidget(self.take_over)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.map)
        layout.addWidget(self.note)
        layout.addLayout(self._grid)
        layout.addLayout(buttons)
        self._fill()

    def _known(self) -> list[Record]:
        found = [row for row in self.bridge.session.catalog.of(Record).values() if row.topic == TOPIC]
        return sorted(found, key=lambda row: row.name)

    def _periods(self) -> list[TariffPeriod]:
        table = self.bridge.session.document.table(TOPIC)
        return [row for _, row in sorted(table.items()) if isinstance(row, TariffPeriod)]

    def _fill(self) -> None:
        periods = self._periods()
        for column, text in enumerate(("", "$/kWh", "$/kW month") if periods else ()):
            head = QLabel(text)
            head.setObjectName("muted")
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(head, 0, column)
        for line, row in enumerate(periods, 1):
            called = row.name or row.id
            name = QPushButton(called)
            name.setObjectName("link")
            name.setAccessibleName(f"{called}, {hours_of(row)}, {price_of(row)}")
            name.setToolTip(f"{called}\n{hours_of(row)}\n{price_of(row)}")
            name.clicked.connect(partial(self._open, row.id))
            self._grid.addWidget(name, line, 0)
            for column, value in ((1, row.usd_per_kwh), (2, row.demand_usd_per_kw_month)):
                figure = QLabel("" if value is None else number(value, 3))
                figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._grid.addWidget(figure, line, column)
            away = QToolButton()
            away.setIcon(icons.icon("close", current().theme.hex("text.secondary")))
            away.setToolTip(self.tr("Remove {0}").format(called))
            away.setAccessibleName(self.tr("Remove {0}").format(called))
            away.clicked.connect(partial(self._remove, row.id))
            self._grid.addWidget(away, line, 3)
            self.rows[row.id] = name
        if not periods:
            self.note.setText(self.tr("Periods give hours a price or a demand charge of their own."))

    def _open(self, key: str, _checked: bool = False) -> None:
        self.bridge.select([key])

    def _remove(self, key: str, _checked: bool = False) -> None:
        self.bridge.execute(Delete([key]))

    def _add(self) -> None:
        taken = self.bridge.session.document.ids()
        key = FIRST_ID if FIRST_ID not in taken else next_free_id(FIRST_ID, taken)  # type: ignore[arg-type]
        price = self._flat()
        made = TariffPeriod(id=key, name=NEW_NAME, start_h=NEW_START_H, end_h=NEW_END_H, usd_per_kwh=price)
        if self.bridge.execute(PutRecords(self.tr("Add tariff period"), [(TOPIC, made)])):
            self.bridge.select([key])

    def _flat(self) -> float:
        """The highest price in force, so that a new period is seen where it lies and changes no bill downwards."""
        return round(self.map.span()[1], 6)

    def _take(self, record: Record, _checked: bool = False) -> None:
        """Replace all periods by those of a profile, as one edit."""
        data: Any = record.data
        made = []
        taken = dict(self.bridge.session.document.ids())
        own = {row.id for row in self._periods()}
        for fields in data.get("periods", []):
            key = str(fields["id"])
            if key in taken and key not in own:
                key = next_free_id(key, taken)  # type: ignore[arg-type]
            taken[key] = TOPIC
            rest: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
            made.append(TariffPeriod(**(rest | {"id": key, "profile": record.id})))
        self.bridge.execute(ReplaceTable(self.tr("Take over {0}").format(record.name), TOPIC, made))

    def take(self, result: ResultSnapshot) -> None:
        """The prices in force."""
        bill = result.economics.bill
        if not result.provisional or bill.weekday_usd_per_kwh.size:
            self.map.show_prices(bill.weekday_usd_per_kwh, bill.weekend_usd_per_kwh)
        low, high = self.map.span()
        self.map.setVisible(high > low)  # one colour says less than one figure
        if self.map.pictures and not high > low:
            price = number(low, 3)
            self.note.setText(
                self.tr("All hours cost {0} $/kWh. Periods give hours a price or a demand charge of their own.").format(
                    price
                )
            )
        self.note.setVisible(not high > low)


class PeriodSource(QWidget):
    """Where a period's figures come from, and the way back to all periods."""

    def __init__(self, bridge: Bridge, ids: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        session = bridge.session
        profiles = {getattr(session.document.table(TOPIC).get(key), "profile", "") for key in ids}
        record = session.catalog.find(next(iter(profiles))) if len(profiles) == 1 else None
        text = ElidedLabel(record.name if record is not None else self.tr("Typed in this plan"))
        text.setObjectName("secondary")
        chip = SourceChip()
        if record is None:
            chip.show_chip("USER", self.tr("Typed in this plan."))
        else:
            known = session.catalog.provenance(record, "data.periods")
            titles = [session.catalog.sources[key].title for key in known.sources if key in session.catalog.sources]
            chip.show_chip(CHIP_OF.get(known.confidence, "EST"), "\n".join((known.confidence, *titles, known.note)))
            text.setToolTip(record.name)
        back = QPushButton(self.tr("All periods"))
        back.setObjectName("link")
        back.clicked.connect(lambda: bridge.select(["site"]))
        line = QHBoxLayout()
        line.addWidget(text, 1)
        line.addWidget(chip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(back)


def hours_of(row: TariffPeriod) -> str:
    """When a period holds, in words."""
    hours = f"{row.start_h}\u2013{row.end_h} h" if (row.start_h, row.end_h) != (0, 24) else "all day"
    return ", ".join(part for part in (months_of(row.months), DAYS[row.days], hours) if part)


def months_of(months: tuple[int, ...]) -> str:
    """Months in words, runs as from and to over the turn of the year; empty for all."""
    if not months:
        return ""
    held = set(months)
    starts = [month for month in sorted(held) if (month - 2) % 12 + 1 not in held]
    parts = []
    for start in starts:
        end = start
        while end % 12 + 1 in held and end % 12 + 1 != start:
            end = end % 12 + 1
        name = MONTHS[start - 1]
        parts.append(name if end == start else f"{name}\u2013{MONTHS[end - 1]}")
    return ", ".join(parts)


def price_of(row: TariffPeriod) -> str:
    """What a period costs, in words."""
    energy = "" if row.usd_per_kwh is None else f"{number(row.usd_per_kwh, 4)} $/kWh"
    demand = "" if row.demand_usd_per_kw_month is None else f"{number(row.demand_usd_per_kw_month, 4)} $/kW"
    return " + ".join(part for part in (energy, demand) if part)


def tariff_figures(result: ResultSnapshot, key: str) -> dict[str, str]:
    """What a result says of a period."""
    row = next((row for row in result.economics.bill.periods if row.id == key), None)
    if row is None:
        return {}
    peak = f"{number(max(row.month_peak_kw), 4)} kW" if row.month_peak_kw else "\u2013"
    return {
        "hours": f"{number(row.hours_count, 4)} h a year",
        "energy": f"{' '.join(scaled(1e3 * row.energy_kwh, 'Wh'))}, {' '.join(scaled(row.energy_usd, '$'))} a year",
        "peak": peak if peak == "\u2013" else f"{peak}, {' '.join(scaled(row.demand_usd, '$'))} a year",
    }
