"""Commands that connect things: links, feeds, loops, pools, pinned media."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from infraplanner.model.entities import Feed, Link

from .transaction import EditError, Transaction


@dataclass(frozen=True, slots=True)
class Connect:
    """Add a link bundle or a power feed."""

    record: Link | Feed

    @property
    def label(self) -> str:
        """What the history calls it."""
        record = self.record
        ends = (record.a, record.b) if isinstance(record, Link) else (record.source, record.target)
        return f"{'Link' if isinstance(record, Link) else 'Feed'} {ends[0]} to {ends[1]}"

    def apply(self, edit: Transaction) -> None:
        """Add it; a feed that would close a cycle is refused, because power cannot run in a circle."""
        if isinstance(self.record, Link):
            edit.put("links", self.record)
            return
        _refuse_cycle(edit, self.record)
        edit.put("feeds", self.record)


def _refuse_cycle(edit: Transaction, feed: Feed) -> None:
    """Raise when this feed would close a ring with those that are there (its own record left out)."""
    parents: dict[str, list[str]] = {}
    for record in edit.document.table("feeds").values():
        if record.id != feed.id:
            parents.setdefault(record.target, []).append(record.source)
    pending, seen = [feed.source], set[str]()
    while pending:
        node = pending.pop()
        if node == feed.target:
            raise EditError(f"A feed from {feed.source} to {feed.target} would close a cycle of feeds.")
        if node not in seen:
            seen.add(node)
            pending += parents.get(node, ())


@dataclass(frozen=True, slots=True)
class Reroute:
    """Let feeds start at another node, or one feed end at another node, rack or cooling unit.

    What belongs to the feed stays: weight, order, conductor. Its side follows the new source where it was that of the
    old one, and a stated length goes, because it was that of the old way.
    """

    ids: Sequence[str]
    end: Literal["source", "target"]
    to: str

    @property
    def label(self) -> str:
        """What the history calls it."""
        what = f"feed {self.ids[0]}" if len(self.ids) == 1 else f"{len(self.ids)} feeds"
        return f"Re-route {what} {'from' if self.end == 'source' else 'to'} {self.to}"

    def apply(self, edit: Transaction) -> None:
        """Move the end of each; one that would close a cycle, or start at what is no power node, refuses all."""
        _table(edit, self.to, ("power",) if self.end == "source" else ("power", "racks", "cooling"))
        power = edit.document.table("power")
        for record_id in self.ids:
            feed = edit.document.table("feeds").get(record_id)
            if feed is None:
                raise EditError(f"There is no feed {record_id}.")
            changes: dict[str, str | None] = {self.end: self.to, "length_mm": None}
            old = power.get(feed.source)
            if self.end == "source" and old is not None and feed.side == old.side:
                changes["side"] = power[self.to].side
            moved = msgspec.structs.replace(feed, **changes)
            _refuse_cycle(edit, moved)
            edit.change("feeds", record_id, **changes)


@dataclass(frozen=True, slots=True)
class SetLoop:
    """Put racks or cooling units on a coolant loop (an empty id takes them off)."""

    ids: Sequence[str]
    loop: str

    @property
    def label(self) -> str:
        """What the history calls it."""
        return (
            f"Connect {len(self.ids)} to loop {self.loop}"
            if self.loop
            else f"Disconnect {len(self.ids)} from their loop"
        )

    def apply(self, edit: Transaction) -> None:
        """Set the loop of each."""
        for record_id in self.ids:
            edit.change(_table(edit, record_id, ("racks", "cooling")), record_id, loop=self.loop)


@dataclass(frozen=True, slots=True)
class AssignPool:
    """Give racks or devices to a serving pool (an empty id takes them out)."""

    ids: Sequence[str]
    pool: str

    @property
    def label(self) -> str:
        """What the history calls it."""
        return f"Assign {len(self.ids)} to pool {self.pool}" if self.pool else f"Take {len(self.ids)} out of their pool"

    def apply(self, edit: Transaction) -> None:
        """Set the pool of each."""
        for record_id in self.ids:
            edit.change(_table(edit, record_id, ("racks", "devices")), record_id, pool=self.pool)


@dataclass(frozen=True, slots=True)
class PinMedium:
    """Pin the medium of links to one link profile, or give the choice back with `auto`."""

    ids: Sequence[str]
    medium: str

    @property
    def label(self) -> str:
        """What the history calls it."""
        return (
            f"Pin {len(self.ids)} links to {self.medium}" if self.medium != "auto" else f"Unpin {len(self.ids)} links"
        )

    def apply(self, edit: Transaction) -> None:
        """Set the medium of each."""
        for record_id in self.ids:
            edit.change("links", record_id, medium=self.medium)


def _table(edit: Transaction, record_id: str, allowed: tuple[str, ...]) -> str:
    table = edit.document.ids().get(record_id)
    if table not in allowed:
        raise EditError(f"{record_id} is no record of {' or '.join(allowed)}.")
    return table
