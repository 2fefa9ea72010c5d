"""Draw links, power feeds and coolant connections: press on one body, release on the other (or click both)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, Qt

from infraplanner.catalog.types import LinkMedium
from infraplanner.edit import Connect, SetLoop
from infraplanner.model.entities import Feed, Link
from infraplanner.model.ids import next_free_id

from .base import Tool, tr


class ConnectTool(Tool):
    """Common part: pick a first body, then a second."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._first: str | None = None
        self._from: QPointF | None = None

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """First end, or the second when the first was clicked before."""
        key = self.view.body_at(point)
        if key is None:
            self.cancel()
        elif self._first is None:
            self._first, self._from = key, point
            self.hint_changed.emit(self.hint())
        else:
            self._finish(key)

    def move(self, point: QPointF, modifiers: Qt.KeyboardModifier, pressed: bool) -> None:
        """The rubber line follows."""
        self.view.hover = self.view.body_at(point)
        if self._from is not None:
            self.view.rubber = (self._from, point)

    def release(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Second end when the pointer was dragged there; a mere click waits for the next."""
        key = self.view.body_at(point)
        if self._first is not None and key is not None and key != self._first:
            self._finish(key)

    def _finish(self, second: str) -> None:
        first, self._first, self._from = self._first, None, None
        self.view.rubber = None
        if first is not None and first != second:
            self.connect_bodies(first, second)
        self.hint_changed.emit(self.hint())

    def connect_bodies(self, first: str, second: str) -> None:
        """Make the connection."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Escape: forget the first end."""
        self._first = self._from = None
        self.view.rubber = None

    def stop(self) -> None:
        """Another tool."""
        self.cancel()
        self.view.hover = None

    def _free_id(self, stem: str) -> str:
        taken: Any = self.bridge.session.document.ids()
        return next_free_id(stem, taken)


class LinkTool(ConnectTool):
    """A cable bundle; rate and medium follow the chosen link profile, or the ports of both ends."""

    name = "link"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.profile_id = ""

    def hint(self) -> str:
        """What the status bar says."""
        return (
            tr("Release on the other end.")
            if self._first
            else tr("Press on one rack and release on another to draw a link.")
        )

    def connect_bodies(self, first: str, second: str) -> None:
        """Add a link; the engine chooses the medium unless one was picked in the catalogue."""
        ids = self.bridge.session.document.ids()
        if not {ids.get(first), ids.get(second)} <= {"racks"}:
            self.bridge.refused.emit(
                tr("A link joins two racks; {0} and {1} are not both racks.").format(first, second)
            )
            return
        found = self.bridge.session.catalog.find(self.profile_id) if self.profile_id else None
        medium = found if isinstance(found, LinkMedium) else None
        rate = medium.rate_gbps if medium and medium.rate_gbps else self._usual_rate()
        link = Link(
            id=self._free_id("link-0"), a=first, b=second, rate_gbps=rate, medium=medium.id if medium else "auto"
        )
        self.bridge.execute(Connect(link))

    def _usual_rate(self) -> float:
        rates = [link.rate_gbps for link in self.bridge.session.document.table("links").values()]
        return max(set(rates), key=rates.count) if rates else 400.0


class FeedTool(ConnectTool):
    """A power feed from a power node to a node, rack or cooling unit."""

    name = "feed"

    def hint(self) -> str:
        """What the status bar says."""
        return (
            tr("Release on what is fed.") if self._first else tr("Press on a power unit and release on what it feeds.")
        )

    def connect_bodies(self, first: str, second: str) -> None:
        """Add a feed on the source's side."""
        power = self.bridge.session.document.table("power")
        if first not in power:
            self.bridge.refused.emit(tr("A feed starts at a power unit; {0} is none.").format(first))
            return
        self.bridge.execute(
            Connect(Feed(id=self._free_id("feed-0"), source=first, target=second, side=power[first].side))
        )


class LoopTool(ConnectTool):
    """Put a rack or unit on the coolant loop of a cooling unit."""

    name = "loop"

    def hint(self) -> str:
        """What the status bar says."""
        return (
            tr("Release on what it cools.")
            if self._first
            else tr("Press on a cooling unit and release on what it cools.")
        )

    def connect_bodies(self, first: str, second: str) -> None:
        """Set the loop of the second to the loop that the first serves."""
        cooling = self.bridge.session.document.table("cooling")
        if first not in cooling:
            first, second = second, first
        unit = cooling.get(first)
        if unit is None or not unit.loop:
            self.bridge.refused.emit(tr("Start at a cooling unit that serves a loop; {0} does not.").format(first))
            return
        self.bridge.execute(SetLoop([second], unit.loop))
