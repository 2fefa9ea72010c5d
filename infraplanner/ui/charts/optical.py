"""Optical circuit switches beside the packet switches that would stand in their place."""

from __future__ import annotations

from typing import Any

from infraplanner.results.snapshot import ResultSnapshot
from infraplanner.ui.bridge import Bridge
from infraplanner.units import number, scaled

from .tables import TableChart


class OpticalChart(TableChart):
    """Watts, capital and time to another topology; empty in a plan without optical switches."""

    title = "Optical switching"
    columns = ("Joined by", "Devices", "Power", "Capital", "Other topology in")
    numbers = frozenset({1, 2, 3, 4})

    def __init__(self, bridge: Bridge, parent: object = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._revision = -1

    def draw(self, result: ResultSnapshot) -> None:
        """At rest only: parts and cables do not change while something moves."""
        if result.provisional or result.revision == self._revision:
            return
        self._revision = result.revision
        rows = self._bridge.session.optical_rows()
        if not rows:
            self.shown = {}
            self.say(self.tr("No optical circuit switch in this plan."))
            return
        light, packet, saved = rows
        self.shown = {"light": light, "packet": packet, "saved": saved}
        self.fill([_texts(light), _texts(packet)])
        power, capital = saved["power_kw"], saved["capex_usd"]
        self.scope.setText(
            self.tr("blocks and spine save {0} % of power, {1} % of capital").format(
                number(100 * power, 2), "\u2013" if capital is None else number(100 * capital, 2)
            )
        )

    def values(self) -> dict[str, Any]:
        """Both sides and the saving."""
        return self.shown


def _texts(row: dict[str, Any]) -> tuple[str, ...]:
    time = row["reconfigure_s"]
    return (
        row["name"], str(row["devices"]), " ".join(scaled(1e3 * row["power_kw"], "W")),
        " ".join(scaled(row["capex_usd"], "$")), "cables moved by hand" if time is None else f"{number(1e3 * time)} ms",
    )  # fmt: skip
