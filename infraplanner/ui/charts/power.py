"""Power in four views: sources with fuel and carbon, balance of sides A and B, bursts, supply chains side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal

from infraplanner.results.bursts import BurstResult
from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.units import number, scaled, whole

from .base import SERIES_STYLE, Chart
from .tables import TableChart

if TYPE_CHECKING:
    from infraplanner.results.chains import ChainAlternative

MODES = {
    "none": "no source carries",
    "grid": "on the grid",
    "parallel": "own sources beside the grid",
    "island": "island: own sources alone",
    "backup": "back-up: every grid connection is dead",
    "store": "on stores alone, for as long as they last",
}
KINDS = {"pv": "solar", "bess": "battery", "utility": "grid connection", "combined_cycle": "combined cycle"}


def _watts(value: float) -> str:
    return " ".join(scaled(value, "W")) if math.isfinite(value) else "–"


class SourcesChart(TableChart):
    """One line a source: what it gives, burns, emits, costs, and how fast it could help."""

    title = "Sources"
    columns = (
        "Source", "Kind", "Gives", "Could give", "Units", "Share", "Fuel, heat", "Carbon", "Energy cost", "Start",
        "Step it takes",
    )  # fmt: skip
    numbers = frozenset(range(2, 11))
    picked = Signal(list)

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)
        self.table.itemSelectionChanged.connect(self._pick)

    def _pick(self) -> None:
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        self.picked.emit([item.text() for row in rows if (item := self.table.item(row, 0)) is not None])

    def draw(self, result: ResultSnapshot) -> None:
        """All sources in the order of the plan."""
        supply = result.power.supply
        if not supply.source_ids:
            self.say(self.tr("No source yet. Place a utility connection or a generator and feed something from it."))
            return
        total = float(np.nansum(supply.source_out_w))
        rows = []
        for row, key in enumerate(supply.source_ids):
            kind = supply.source_kind[row]
            out, units = float(supply.source_out_w[row]), int(supply.source_units[row])
            running = f"{int(supply.source_running[row])} of {units}" if units > 1 else "–"
            carbon, cost = float(supply.source_carbon_kg_per_h[row]), float(supply.source_usd_per_h[row])
            covers = float(supply.source_covers_s[row])
            start = float(supply.source_start_s[row])
            rows.append(
                (
                    key,
                    KINDS.get(kind, kind.replace("_", " ")),
                    _watts(out) if supply.source_live[row] else self.tr("dead"),
                    _watts(float(supply.source_give_w[row])),
                    running,
                    f"{100 * out / total:.0f} %" if total > 0 else "–",
                    _watts(float(supply.source_fuel_w[row])) if supply.source_fuel[row] else "–",
                    f"{number(carbon)} kg/h" if math.isfinite(carbon) else "–",
                    f"{number(cost)} $/h" if math.isfinite(cost) else "–",
                    self.tr("covers {0} min").format(whole(covers / 60)) if math.isfinite(covers) else _seconds(start),
                    _watts(float(supply.source_step_w[row])),
                )
            )
        self.shown = {key: float(out) for key, out in zip(supply.source_ids, supply.source_out_w, strict=True)}
        parts = [self.tr(MODES[supply.mode])]
        if supply.fuel_w:
            parts.append(self.tr("fuel {0} heat").format(_watts(supply.fuel_w)))
        if supply.carbon_kg_per_h is not None:
            parts.append(self.tr("carbon {0} kg/h").format(number(supply.carbon_kg_per_h)))
        if supply.energy_usd_per_h is not None:
            parts.append(self.tr("energy {0} $/h").format(number(supply.energy_usd_per_h)))
        self.scope.setText("  ·  ".join(parts))
        self.fill(rows)


def _seconds(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{whole(value)} s" if value < 120 else f"{whole(value / 60)} min"


class BalanceChart(Chart):
    """Two bars a row of racks: what comes over side A and over side B."""

    title = "Sides A and B"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._a = pg.BarGraphItem(x=[0], height=[0], width=0.34)
        self._b = pg.BarGraphItem(x=[0], height=[0], width=0.34)
        for item in (self._a, self._b):
            self.plot.addItem(item)
        self.rows: dict[str, str] = {}

    def draw(self, result: ResultSnapshot) -> None:
        """Racks grouped by row as the plan names them."""
        power = result.power
        sums: dict[str, list[float]] = {}
        for row, key in enumerate(power.rack_ids):
            name = self.rows.get(key, "") or "–"
            both = sums.setdefault(name, [0.0, 0.0])
            both[0] += float(power.rack_a_w[row])
            both[1] += float(power.rack_b_w[row])
        names = sorted(sums)
        a = np.array([sums[name][0] for name in names]) / 1e3
        b = np.array([sums[name][1] for name in names]) / 1e3
        if not names or a.sum() + b.sum() <= 0.0:
            self.say(self.tr("No rack is fed from a side A or B yet."))
            return
        x = np.arange(len(names), dtype=float)
        none = pg.mkPen(None)
        self._a.setOpts(x=x - 0.18, height=a, brush=self.colour("feed.a"), pen=none)
        self._b.setOpts(x=x + 0.18, height=b, brush=self.colour("feed.b"), pen=none)
        every = max(1, -(-len(names) * 48 // max(1, self.width() - 70)))
        ticks = [(float(i), name) for i, name in enumerate(names) if i % every == 0]
        self.bottom.names = dict(ticks)
        self.bottom.setTicks([ticks])
        self.label_left("kW")
        solid, dash = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
        self.legend.show_entries([(self.tr("side A"), "feed.a", solid), (self.tr("side B"), "feed.b", dash)])
        share = 100 * float(a.sum()) / float(a.sum() + b.sum())
        self.scope.setText(
            self.tr("A {0} %, B {1} % of what comes over sides").format(number(share), number(100 - share))
        )
        self.shown = {name: (sums[name][0], sums[name][1]) for name in names}
        self.fix_range((-0.6, len(names) - 0.4), (0.0, 1.12 * float(max(a.max(), b.max()))))
        self.show_plot()


class BurstChart(Chart):
    """The same burst at the racks and after each store: the last line is what the sources see."""

    title = "Bursts"

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._curves = [self.plot.plot([], []) for _ in range(4)]

    def draw(self, result: ResultSnapshot) -> None:
        """Twenty seconds: idle, one step of all accelerators, then synchronous steps."""
        bursts = result.power.bursts
        if not bursts.levels:
            self.say(self.tr("No accelerator is powered, so nothing bursts."))
            return
        entries = []
        factor, unit = (1e-6, "MW") if max(level.peak_w for level in bursts.levels) >= 1e6 else (1e-3, "kW")
        for index, curve in enumerate(self._curves):
            shown = index < len(bursts.levels)
            curve.setVisible(shown)
            if not shown:
                continue
            level, style = bursts.levels[index], SERIES_STYLE[index % len(SERIES_STYLE)]
            time = bursts.step_s * np.arange(level.power_w.size)
            curve.setData(time, level.power_w * factor)
            curve.setPen(pg.mkPen(self.colour(f"series.{index}"), width=1, style=style))
            entries.append((self.tr(level.name), f"series.{index}", style))
        self.legend.show_entries(entries)
        self.label_left(unit)
        self.label_bottom("s")
        self.scope.setText(self._scope(bursts))
        self.shown = {level.name: level.swing_w for level in bursts.levels}
        top = max(level.peak_w for level in bursts.levels) * factor
        self.fix_range((0.0, bursts.step_s * bursts.levels[0].power_w.size), (0.0, 1.08 * top))
        self.show_plot()

    def _scope(self, bursts: BurstResult) -> str:
        parts = [self.tr("sources see a swing of {0}").format(_watts(bursts.levels[-1].swing_w))]
        lasting = [ride for ride in bursts.rides if ride.lasts_s is not None]
        if lasting:
            parts.append(self.tr("{0} last {1}").format(lasting[-1].name, _seconds(lasting[-1].lasts_s or 0.0)))
        return "  ·  ".join(parts)


class ChainsChart(TableChart):
    """Supply chains with the same power at their ends, from curves and conductors, whatever the plan is."""

    title = "Supply chains"
    columns = ("Chain", "Takes", "Loses", "Efficiency", "Current at the rack", "Copper", "Most is lost in")
    numbers = frozenset(range(1, 6))

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._asked = False
        bridge.chains_compared.connect(self.show_chains)

    def draw(self, _result: ResultSnapshot) -> None:
        """Asked for once: the comparison does not depend on the plan."""
        if not self._asked:
            self._asked = True
            self.say(self.tr("Computing ..."))
            self._bridge.compare_chains()

    def show_chains(self, chains: tuple[ChainAlternative, ...]) -> None:
        """Fill the table: from the grid to the racks first, then on to the die."""
        rows = []
        for chain in chains:
            worst = max(chain.stages, key=lambda stage: stage.loss_w)
            most = "" if all(stage.known for stage in chain.stages) else "≤ "
            current = "–"
            if chain.rack_current_a is not None:
                current = f"{whole(chain.rack_current_a)} A, {whole(chain.rack_voltage_v)} V"
            rows.append(
                (
                    chain.name,
                    _watts(chain.grid_w),
                    _watts(chain.grid_w - chain.load_w),
                    f"{most}{100 * chain.efficiency_frac:.1f} %",
                    current,
                    f"{whole(chain.copper_kg)} kg" if chain.copper_kg else "–",
                    f"{worst.label}: {_watts(worst.loss_w)}",
                )
            )
        self.shown = {chain.id: chain.efficiency_frac for chain in chains}
        if chains:
            self.scope.setText(
                self.tr("each ends with {0}; lengths are planning values").format(_watts(chains[0].load_w))
            )
        self.fill(rows)
