"""Money and carbon: what a year costs and why, owning against renting, and where the carbon comes from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from infraplanner.results.economics import CostLine, EconomicsResult
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.units import KILO, MEGA

from .bars import Bars
from .base import short

COLOURS = {
    "it": "series.0",
    "link": "series.0",
    "plant": "series.1",
    "building": "series.1",
    "running": "series.2",
    "": "text.muted",
}
ROW_PX = 17
LEAST_SHARE = 0.002
"""Lines below this share of the year are left out."""


class MoneyChart(Bars):
    """A chart of the economics; its tooltip says how the figures are counted."""

    def draw(self, result: ResultSnapshot) -> None:
        """Draw, or say what is missing."""
        self.begin()
        found = result.economics
        self.plot.setToolTip("\n".join(found.conventions))
        if found.total_usd_per_year is None or not found.year_lines:
            self.shown = {}
            lost = [note for note in found.conventions if note.startswith("No ")]
            self.say("\n".join(lost) or self.tr("Place racks to see what they cost."))
            return
        self.draw_money(found, result)
        self.show_plot()

    def draw_money(self, found: EconomicsResult, result: ResultSnapshot) -> None:
        """Draw what is known."""
        raise NotImplementedError

    def rows(self, names: Sequence[str], values: Sequence[float], colours: Sequence[str], unit: str) -> None:
        """One bar a row from the top, a figure at its end."""
        at = -np.arange(len(names), dtype=float)
        brushes = [self.colour(name) for name in colours]
        sizes = np.array(values, dtype=float)
        self.bar(x0=0.0, y=at, height=0.62, width=sizes, brushes=brushes, brush=None, pen=pg.mkPen(None))
        for y, value in zip(at.tolist(), values, strict=True):
            self.text(short(value, 3), value, y, (0, 0.5))
        self.name_left(at, list(names))
        self.label_bottom(unit)
        self.fix_range((0, 1.25 * max(1e-12, float(sizes.max()))), (0.4 - len(names), 0.6))


class YearChart(MoneyChart):
    """The cost of a year by line: annuities of capital, then what is paid every year."""

    title = "Cost of a year"

    def draw_money(self, found: EconomicsResult, result: ResultSnapshot) -> None:
        """The largest first; what does not fit is summed up in the last row."""
        total = found.total_usd_per_year or 1.0
        ranked = sorted(found.year_lines, key=lambda line: -line.usd)
        room = max(3, (self.height() - 78) // ROW_PX)
        lines: list[CostLine] = [line for line in ranked[: room - 1] if line.usd >= LEAST_SHARE * total]
        rest = total - sum(line.usd for line in lines)
        if rest >= LEAST_SHARE * total:
            lines.append(CostLine(self.tr("others"), "", rest, rest, rest))
        factor, unit = (MEGA, "M$") if total >= MEGA else (KILO, "k$")
        self.rows(
            [line.name for line in lines],
            [line.usd / factor for line in lines],
            [COLOURS[line.category] for line in lines],
            self.tr("{0} a year").format(unit),
        )
        self.shown = {line.name: line.usd for line in found.year_lines} | {"total_usd_per_year": total}
        self.scope.setText(f"{short(total / factor)} {unit}")
        solid = Qt.PenStyle.SolidLine
        self.legend.show_entries(
            [
                (self.tr("IT"), "series.0", solid),
                (self.tr("site"), "series.1", solid),
                (self.tr("running"), "series.2", solid),
            ]
        )


class RentChart(MoneyChart):
    """What an accelerator hour costs here and to rent, and from which use on owning is cheaper."""

    title = "Own or rent"

    def draw_money(self, found: EconomicsResult, result: ResultSnapshot) -> None:
        """The own hall first, then rented space, small rooms, and every tier of rented accelerators."""
        rows = [row for row in found.deployments if row.usd_per_million_tokens is not None]
        if not rows:
            self.shown = {}
            self.say(self.tr("Known once the plan serves tokens."))
            return
        colours = ["series.3" if row.name.startswith("cloud") else "series.1" for row in rows]
        colours[0] = "series.0"
        self.rows([row.name for row in rows], [row.usd_per_million_tokens or 0.0 for row in rows], colours, "$/M tok")
        even = [row.break_even_use_frac for row in rows if row.break_even_use_frac is not None]
        if not even:
            self.scope.setText(self.tr("no rental price for these accelerators"))
        elif min(even) <= 1.0:
            self.scope.setText(self.tr("owning pays above {0} % use").format(short(100 * min(even))))
        else:
            self.scope.setText(self.tr("renting is cheaper at any use"))
        self.shown = {row.name: row.usd_per_million_tokens for row in rows}
        self.legend.show_entries([])


class CarbonChart(MoneyChart):
    """Carbon of a year by where it comes from."""

    title = "Carbon of a year"

    def draw_money(self, found: EconomicsResult, result: ResultSnapshot) -> None:
        """Burnt on site, bought by three ways of counting, and accelerators made."""
        carbon = found.carbon
        self.shown = {
            "scope1_kg": carbon.scope1_kg,
            "location_kg": carbon.location_kg,
            "market_kg": carbon.market_kg,
            "hourly_kg": carbon.hourly_kg,
            "embodied_kg": found.embodied_kg_per_year,
            "kg_per_million_tokens": found.kg_co2e_per_million_tokens,
        }
        names = [
            self.tr("burnt on site"),
            self.tr("bought, by location"),
            self.tr("bought, by market"),
            self.tr("bought, hour by hour"),
            self.tr("accelerators made"),
        ]
        values = (carbon.scope1_kg, carbon.location_kg, carbon.market_kg, carbon.hourly_kg, carbon.embodied_kg)
        tonnes = [(value or 0.0) / KILO for value in values]
        self.rows(names, tonnes, ["series.1", "series.2", "series.2", "series.2", "series.0"], "t CO2e")
        each = found.kg_co2e_per_million_tokens
        self.scope.setText("" if each is None else self.tr("{0} g/M tok").format(short(KILO * each)))
        self.legend.show_entries([])
