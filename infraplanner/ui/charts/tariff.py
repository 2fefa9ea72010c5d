"""The electricity bill: what each period of the tariff costs in energy and demand, and the prices as a picture of the year."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.results.tariff import FLAT, BillPeriod, ElectricityBill
from infraplanner.ui.widgets.price_map import PriceMap
from infraplanner.units import KILO, MEGA, number, scaled

from .bars import Bars
from .base import Chart, short

ROW_PX = 17


class BillChart(Bars):
    """One row a period: energy, and behind it the demand charges of its months."""

    title = "Electricity bill"

    def draw(self, result: ResultSnapshot) -> None:
        """The dearest period first; what does not fit is summed up in the last row."""
        self.begin()
        bill = result.economics.bill
        self.plot.setToolTip("\n".join(result.economics.conventions))
        total = bill.energy_usd + bill.demand_usd
        if not total > 0.0:
            self.shown = {}
            self.scope.setText("")
            self.say(self.tr("Place racks to see what their electricity costs."))
            return
        rows = self._rows(bill)
        factor, unit = (MEGA, "M$") if total >= MEGA else (KILO, "k$") if total >= KILO else (1.0, "$")
        at = -np.arange(len(rows), dtype=float)
        energy = np.array([row[1] for row in rows]) / factor
        demand = np.array([row[2] for row in rows]) / factor
        nothing = pg.mkPen(None)
        self.bar(x0=0.0, y=at, height=0.62, width=energy, brush=self.colour("series.1"), brushes=None, pen=nothing)
        self.bar(x0=energy, y=at, height=0.62, width=demand, brush=self.colour("series.3"), brushes=None, pen=nothing)
        for y, value in zip(at.tolist(), (energy + demand).tolist(), strict=True):
            self.text(short(value), value, y, (0, 0.5))
        self.name_left(at, [row[0] for row in rows])
        mean = "" if bill.mean_usd_per_kwh is None else number(bill.mean_usd_per_kwh, 3)
        self.label_bottom(self.tr("{0} a year").format(unit))
        self.fix_range((0, 1.25 * max(1e-12, float((energy + demand).max()))), (0.4 - len(rows), 0.6))
        self.scope.setText(f"{short(total / factor)} {unit}")
        told = [self.tr("energy at {0} $/kWh in the mean").format(mean)]
        self.scope.setToolTip("\n".join([*told, *(_told(row) for row in bill.periods if row.hours_count)]))
        solid = Qt.PenStyle.SolidLine
        entries = [(self.tr("energy"), "series.1", solid)]
        if bill.demand_usd:
            entries.append((self.tr("demand"), "series.3", solid))
        self.legend.show_entries(entries)
        self.shown = {row.id or "flat": [row.energy_usd, row.demand_usd] for row in bill.periods}
        self.shown |= {"own_usd": bill.own_usd, "total_usd": total}
        self.show_plot()

    def _rows(self, bill: ElectricityBill) -> list[tuple[str, float, float]]:
        """Name, energy and demand [USD] of what costs anything, no more rows than there is room for."""
        found = []
        for row in bill.periods:
            name = row.name if row.id != FLAT or row.energy_usd else self.tr("All hours")
            if row.energy_usd or row.demand_usd:
                found.append((name, row.energy_usd, row.demand_usd))
        if bill.own_usd:
            found.append((self.tr("Own sources"), bill.own_usd, 0.0))
        found.sort(key=lambda row: -(row[1] + row[2]))
        room = max(2, (self.height() - 78) // ROW_PX)
        if len(found) > room:
            rest = found[room - 1 :]
            found = [*found[: room - 1], (self.tr("others"), sum(r[1] for r in rest), sum(r[2] for r in rest))]
        return found


def _told(row: BillPeriod) -> str:
    """One period in words."""
    parts = [f"{row.name}: {number(row.hours_count, 4)} h"]
    if row.usd_per_kwh is not None and row.energy_kwh:
        energy = " ".join(scaled(row.energy_kwh * KILO, "Wh"))
        parts.append(f"{energy} at {number(row.usd_per_kwh, 4)} $/kWh = {number(row.energy_usd, 4)} $")
    if row.demand_usd_per_kw_month is not None and row.month_peak_kw:
        parts.append(
            f"peaks of up to {number(max(row.month_peak_kw), 4)} kW at {number(row.demand_usd_per_kw_month, 4)} "
            f"$/kW a month = {number(row.demand_usd, 4)} $"
        )
    return "; ".join(parts)


class PriceChart(Chart):
    """Prices by month and hour, weekdays and weekends."""

    title = "Price by hour"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self.map = PriceMap(self)
        self.stack.addWidget(self.map)

    def draw(self, result: ResultSnapshot) -> None:
        """The prices in force."""
        bill = result.economics.bill
        self.map.show_prices(bill.weekday_usd_per_kwh, bill.weekend_usd_per_kwh)
        if not self.map.pictures:
            self.shown = {}
            self.scope.setText("")
            self.say(self.tr("Place racks to see what their electricity costs."))
            return
        low, high = self.map.span()
        self.shown = {"low_usd_per_kwh": low, "high_usd_per_kwh": high}
        if low == high:
            self.scope.setText("")
            price = number(low, 3)
            self.say(
                self.tr("All hours cost {0} $/kWh. Periods with prices of their own are typed at the site.").format(
                    price
                )
            )
            return
        self.scope.setText(self.tr("{0} periods").format(sum(1 for row in bill.periods if row.id != FLAT)))
        self.stack.setCurrentWidget(self.map)
